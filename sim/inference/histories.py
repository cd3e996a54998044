"""Histories of strands, real and simulated, in one form; and the statistics by which they are compared.

A history is what a record says: which strands were opened when, which of them had preliminary findings and which were
resolved by its last day. The same functions make the statistics of both kinds, so that a simulated record is looked
at exactly as the real one.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from sim.dates import YEAR_DAYS, days_between
from sim.inference.as_of import FINDINGS, OPENINGS, stages_of
from sim.record.model import Record
from sim.results.run import Run
from sim.results.summary import Floats, Layout
from sim.scenario.schema import Scenario

AGES = (200, 365, 545)
"""Days since the opening at which the share of strands still without findings or outcome is looked at."""
COUNTED = "openings"
"""The statistic of the openings."""
FEWEST = 4
"""Strands that must have been followed so long for that share to be told."""


@dataclass(frozen=True)
class Histories:
    """Several histories of the same strands, opened on the same days, from a first day to an end.

    Times are days since the first day. `opened`: (strands); `findings` and `resolved`: (histories, strands), infinite
    where not reached by the end; `openings`: (histories), proceedings opened after the first day, where simulated by
    the requests that led to one.
    """

    names: tuple[str, ...]
    opened: Floats
    findings: Floats
    resolved: Floats
    openings: Floats
    end: float

    def only(self, number: int) -> "Histories":
        """One of the histories."""
        here = slice(number, number + 1)
        return Histories(
            self.names, self.opened, self.findings[here], self.resolved[here], self.openings[here], self.end
        )


def findings_places(scenario: Scenario) -> list[str]:
    """Where a strand has its preliminary findings."""
    return [stages_of(scenario)[FINDINGS]]


def strands_of(layout: Layout) -> list[str]:
    """The listed cases that are strands of proceedings."""
    return [case for case in layout.listed if "/" in case]


def real_history(record: Record, past: Scenario) -> Histories:
    """The history that the record tells of the strands of a past, to the end of that past."""
    names, start, end = strands_of(Layout(past)), past.start, past.horizon
    known = record.known_on(end)
    strands = {f"{strand.proceeding}/{strand.strand}": strand for strand in known.strands}
    opened = {strand.proceeding for strand in known.strands if strand.opened > start}
    return Histories(
        names=tuple(names),
        opened=np.array([_days(start, strands[name].opened) for name in names]),
        findings=np.array([[_days(start, strands[name].preliminary_findings) for name in names]]),
        resolved=np.array([[_days(start, strands[name].outcome_date) for name in names]]),
        openings=np.array([float(len(opened))]),
        end=past.horizon_days,
    )


def _days(start: date, day: date | None) -> float:
    return np.inf if day is None else float(days_between(start, day))


def simulated_histories(run: Run) -> Histories:
    """The histories that the replications of a past tell."""
    scenario, layout = run.scenario, run.summary.layout
    names, found, opened = strands_of(layout), findings_places(scenario), []
    for name in names:
        probe = scenario.probes[name.partition("/")[0]]
        opened.append(_days(scenario.start, probe.arrives or probe.since))
    return Histories(
        names=tuple(names),
        opened=np.array(opened),
        findings=np.array([run.summary.first(name, found) for name in names]).T.reshape(-1, len(names)),
        resolved=np.array([run.summary.first(name, layout.resolving) for name in names]).T.reshape(-1, len(names)),
        openings=run.summary.total(f"reached:{OPENINGS}"),
        end=scenario.horizon_days,
    )


def statistics(histories: Histories) -> tuple[list[str], Floats]:
    """The statistics of each history: their names, and a table (histories, statistics).

    Logarithms of rates: acts so far over the time at risk, with half an act added so that none is infinite (findings;
    outcomes without findings; outcomes after them; openings); and the shares of strands that were still without any
    act at some ages, which is the Kaplan-Meier curve there, since strands are followed from their openings to one end.
    """
    h, end = histories, histories.end
    first = np.minimum(np.minimum(h.findings, h.resolved), end)
    at_risk = (first - h.opened).sum(axis=1) / YEAR_DAYS
    found, over = h.findings <= end, h.resolved <= end
    after = np.where(found, np.minimum(h.resolved, end) - np.where(found, h.findings, 0.0), 0.0).sum(axis=1)
    names = ["findings", "outcomes without findings", "outcomes after findings", COUNTED]
    columns = [
        _log_rate(found.sum(axis=1), at_risk),
        _log_rate((over & ~found).sum(axis=1), at_risk),
        _log_rate((over & found).sum(axis=1), after / YEAR_DAYS + 1.0),
        _log_rate(h.openings, np.full(len(h.openings), end / YEAR_DAYS)),
    ]
    for age in AGES:
        followed = end - h.opened >= age
        if followed.sum() >= FEWEST:
            names.append(f"still pending after {age} days")
            columns.append(((first - h.opened)[:, followed] >= age).mean(axis=1))
    return names, np.column_stack(columns)


def _log_rate(count: Floats, years: Floats) -> Floats:
    rate: Floats = np.log((count + 0.5) / np.maximum(years, 0.01))
    return rate
