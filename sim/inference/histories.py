"""When strands reach their milestones, in the record and in simulated runs, in one form.

A history is what a record says: which strands were opened when, which of them had preliminary findings, and which were
resolved by its last day and how. Records and runs are read into the same form, so that a simulated record is seen
exactly as the real one. Whatever inference reads of the summary of a run is read in this module.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sim.dates import days_between
from sim.inference.as_of import OPENINGS, stages_from, stages_of
from sim.record.model import OUTCOMES, Record, RecordedStrand
from sim.record.spans import FINDINGS, OPENED
from sim.results.run import Run
from sim.results.summary import Layout
from sim.scenario.schema import Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RESOLUTION = "resolution"
"""A decision, commitments or closure: the end of a strand, however it ends."""
MILESTONES = (FINDINGS, RESOLUTION)
CLOSED = "closed"
"""The outcome of a strand that ends in a way of which the record has no event of its own."""
KINDS = (*(kind for kind in OUTCOMES if kind != CLOSED), CLOSED)
"""How strands end."""
PENDING = -1
"""In place of the number of a kind: not resolved."""


@dataclass(frozen=True)
class Histories:
    """Several histories of the same strands, opened on the same days, from a first day to an end.

    Attributes
    ----------
    opened : (strands,)
        Days since the first day, as all times in this class.
    findings, resolved : (histories, strands)
        Infinite where not reached by the end.
    how : (histories, strands)
        How each was resolved, as a number in `KINDS`; `PENDING` where it was not.
    openings : (histories,)
        Proceedings opened after the first day; where simulated, by the requests that led to one.
    end : float
        The last day.
    """

    names: tuple[str, ...]
    opened: Floats
    findings: Floats
    resolved: Floats
    how: Ints
    openings: Floats
    end: float

    def without(self, strands: Collection[str]) -> "Histories":
        """The same without these strands; the openings are all of them."""
        others = np.array([name not in strands for name in self.names], dtype=bool)
        return replace(
            self,
            names=tuple(name for name in self.names if name not in strands),
            opened=self.opened[others],
            findings=self.findings[:, others],
            resolved=self.resolved[:, others],
            how=self.how[:, others],
        )

    def days_to(self, strand: str, milestone: str) -> Floats:
        """Days from a strand's opening to a milestone in each history; infinite where not reached by the end."""
        number = self.names.index(strand)
        days: Floats = (self.findings if milestone == FINDINGS else self.resolved)[:, number] - self.opened[number]
        return days


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
        how=np.array([[_kind(past, strands[name].outcome) for name in names]], dtype=np.int64),
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
        how=np.array([_how(run, name) for name in names]).reshape(len(names), run.replications).T,
        openings=run.data["went"].sel(state=OPENINGS).sum("stage").to_numpy(),
        end=scenario.horizon_days,
    )


def _kind(scenario: Scenario, outcome: str | None) -> int:
    """The number of an outcome; one for which the procedure has no stage counts as `CLOSED`, as strands end there."""
    if outcome is None:
        return PENDING
    return KINDS.index(outcome if OUTCOMES[outcome] in stages_of(scenario) else CLOSED)


def _how(run: Run, strand: str) -> Ints:
    """How a strand was resolved in each replication: by the state in which it first counted as resolved."""
    events, states = {event: kind for kind, event in OUTCOMES.items()}, run.layout.resolving
    stages = run.scenario.procedure.stages
    of_state = [events.get((stages[state].record_event if state in stages else None) or "", CLOSED) for state in states]
    times = np.array([run.first_reached(strand, [state]) for state in states])
    kinds = np.array([KINDS.index(kind) for kind in of_state])[times.argmin(axis=0)]
    how: Ints = np.where(np.isfinite(times.min(axis=0)), kinds, PENDING)
    return how


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
