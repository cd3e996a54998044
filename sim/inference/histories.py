"""When strands reach their milestones, in the record and in simulated runs, in one form; and statistics of that.

A history is what a record says: which strands were opened when, which of them had preliminary findings and which were
resolved by its last day. The same functions make the statistics of both kinds, so that a simulated record is seen
exactly as the real one. Whatever inference reads of the summary of a run is read in this module.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sim.dates import YEAR_DAYS, days_between
from sim.inference.as_of import OPENINGS, stages_from, stages_of
from sim.record.model import Record, RecordedStrand
from sim.record.spans import FINDINGS, OPENED
from sim.results.run import Run
from sim.results.summary import Layout
from sim.scenario.schema import Scenario

Floats = NDArray[np.float64]

RESOLUTION = "resolution"
"""A decision, commitments or closure: the end of a strand, however it ends."""
MILESTONES = (FINDINGS, RESOLUTION)
AGES = (200, 365, 545)
"""Days since the opening at which the share of strands still without findings or outcome is looked at."""
FEWEST_FOLLOWED = 4
"""Strands that must have been followed to such an age for its share to be a statistic."""
OPENINGS_RATE = "openings"
"""The statistic of the openings."""


@dataclass(frozen=True)
class Histories:
    """Several histories of the same strands, opened on the same days, from a first day to an end.

    Attributes
    ----------
    opened : (strands,)
        Days since the first day, as all times in this class.
    findings, resolved : (histories, strands)
        Infinite where not reached by the end.
    openings : (histories,)
        Proceedings opened after the first day; where simulated, by the requests that led to one.
    end : float
        The last day.
    """

    names: tuple[str, ...]
    opened: Floats
    findings: Floats
    resolved: Floats
    openings: Floats
    end: float


def name_of(strand: RecordedStrand) -> str:
    """A strand's name in the model: proceeding/strand."""
    return f"{strand.proceeding}/{strand.strand}"


def reached(strand: RecordedStrand, milestone: str) -> date | None:
    """The day on which a strand of the record came to a milestone."""
    return strand.preliminary_findings if milestone == FINDINGS else strand.outcome_date


def pending_strands(record: Record, day: date) -> list[RecordedStrand]:
    """The strands that were pending at the end of a day."""
    return [strand for strand in record.known_on(day).strands if not strand.outcome]


def real_history(record: Record, past: Scenario) -> Histories:
    """What the record says of the strands of a past, to the end of that past."""
    names, start = _strand_names(Layout(past)), past.start
    known = record.known_on(past.horizon)
    strands = {name_of(strand): strand for strand in known.strands}
    opened = {strand.proceeding for strand in known.strands if strand.opened > start}
    return Histories(
        names=tuple(names),
        opened=np.array([_days(start, strands[name].opened) for name in names]),
        findings=np.array([[_days(start, strands[name].preliminary_findings) for name in names]]),
        resolved=np.array([[_days(start, strands[name].outcome_date) for name in names]]),
        openings=np.array([float(len(opened))]),
        end=past.horizon_days,
    )


def simulated_histories(run: Run) -> Histories:
    """The histories of the replications of a past."""
    scenario, names = run.scenario, _strand_names(run.layout)
    probes = [scenario.probes[name.partition("/")[0]] for name in names]
    return Histories(
        names=tuple(names),
        opened=np.array([_days(scenario.start, probe.arrives or probe.since) for probe in probes]),
        findings=_times(run, names, FINDINGS).T,
        resolved=_times(run, names, RESOLUTION).T,
        openings=run.data["went"].sel(state=OPENINGS).sum("stage").to_numpy(),
        end=scenario.horizon_days,
    )


def _strand_names(layout: Layout) -> list[str]:
    """The tracked cases that are strands of proceedings."""
    return [case for case in layout.tracked if "/" in case]


def _days(start: date, day: date | None) -> float:
    return np.inf if day is None else float(days_between(start, day))


def milestone_times(run: Run, strand: str, milestone: str) -> Floats:
    """When a strand first came to a milestone in each replication, in days since the start; infinite: not seen."""
    states = [stages_of(run.scenario)[FINDINGS]] if milestone == FINDINGS else run.layout.resolving
    return run.first_reached(strand, states)


def _times(run: Run, strands: Sequence[str], milestone: str) -> Floats:
    """The same of several strands: (strands, replications)."""
    times = [milestone_times(run, strand, milestone) for strand in strands]
    return np.array(times).reshape(len(strands), run.replications)


COUNTS = ("findings of pending strands", "resolved of pending strands", "strands opened", "strands pending")
"""What a backtest counts by the day of scoring, of the strands pending on the day of the forecast and of all."""


def simulated_counts(run: Run, pending: Mapping[str, Sequence[str]]) -> dict[str, Floats]:
    """Each of `COUNTS` in every replication of a forecast that ends on the day of scoring.

    `pending`: for each milestone, the names of the strands that had not reached it. Strands are pending in the stages
    from the opening on: whatever a procedure calls its headline cases, requests are none.
    """
    came = [(_times(run, pending[m], m) <= run.scenario.horizon_days).sum(axis=0).astype(float) for m in MILESTONES]
    opened = stages_of(run.scenario)[OPENED]
    milestones = run.samples[f"milestones:{opened}"].by_replication
    stages = [stage for stage in stages_from(run.scenario, opened) if stage in run.layout.open_stages]
    left = run.data["remaining"].sel(stage=stages).sum("stage").to_numpy().astype(float)
    # A rate times the years is a whole number but for rounding, and is compared with one.
    counts = (*came, np.rint(milestones * run.data.years), left)
    return dict(zip(COUNTS, counts, strict=True))


def real_counts(truth: Record, as_of: date, scored: date, pending: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Each of `COUNTS` as the record has it on the day of scoring."""
    later = {name_of(strand): strand for strand in truth.strands}
    came = [sum(reached(later[name], m) is not None for name in pending[m]) for m in MILESTONES]
    opened = sum(strand.opened > as_of for strand in truth.strands)
    counts = (*came, opened, len(pending_strands(truth, scored)))
    return dict(zip(COUNTS, map(float, counts), strict=True))


def statistics(histories: Histories) -> tuple[list[str], Floats]:
    """The statistics of each history: their names, and a table (histories, statistics).

    Logarithms of rates: acts so far over the time at risk, with half an act added so that none is infinite (findings;
    outcomes without findings; outcomes after them; openings); and the shares of strands that were still without any
    act at some ages, which is the Kaplan-Meier curve at these ages, since strands are followed from their openings to
    one end.
    """
    h, end = histories, histories.end
    first = np.minimum(np.minimum(h.findings, h.resolved), end)
    at_risk = (first - h.opened).sum(axis=1) / YEAR_DAYS
    has_findings, resolved = h.findings <= end, h.resolved <= end
    since_findings = np.where(has_findings, np.minimum(h.resolved, end) - np.where(has_findings, h.findings, 0.0), 0.0)
    names = ["findings", "outcomes without findings", "outcomes after findings", OPENINGS_RATE]
    columns = [
        _log_rate(has_findings.sum(axis=1), at_risk),
        _log_rate((resolved & ~has_findings).sum(axis=1), at_risk),
        # One year more at risk: early on hardly any strand has findings, and the rate would be noise.
        _log_rate((resolved & has_findings).sum(axis=1), since_findings.sum(axis=1) / YEAR_DAYS + 1.0),
        _log_rate(h.openings, np.full(len(h.openings), end / YEAR_DAYS)),
    ]
    for age in AGES:
        followed = end - h.opened >= age
        if followed.sum() >= FEWEST_FOLLOWED:
            names.append(f"still pending after {age} days")
            columns.append(((first - h.opened)[:, followed] >= age).mean(axis=1))
    return names, np.column_stack(columns)


def _log_rate(count: Floats, years: Floats) -> Floats:
    rate: Floats = np.log((count + 0.5) / np.maximum(years, 0.01))
    return rate
