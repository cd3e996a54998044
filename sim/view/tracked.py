"""What becomes of the tracked cases of a run, and what really happened to them."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from sim.dates import days_between
from sim.record.model import OUTCOMES, Record, RecordedStrand
from sim.record.spans import FINDINGS
from sim.results.run import Run
from sim.results.statistics import CENTRAL
from sim.results.summary import Floats
from sim.results.tables import ALL_CASES
from sim.view import words
from sim.view.figures import listed
from sim.view.titles import OUTCOMES as OUTCOME_TITLES
from sim.view.titles import cases_of

SPREAD = "in eight of ten simulations"
MOST_NAMED = 3
"""Outcomes named in a sentence; the others are counted."""


def resolved_by(run: Run, days: float) -> Floats:
    """How many of the tracked cases are resolved within so many days, in each replication."""
    times = [run.first_reached(case, run.layout.resolving) for case in listed.chosen(run, None)]
    resolved: Floats = np.sum([time <= days for time in times], axis=0, dtype=np.float64)
    return resolved


def central(values: Floats) -> tuple[float, float]:
    """The central 80% of values of single replications."""
    low, high = np.quantile(values, CENTRAL)
    return float(low), float(high)


def ends(run: Run, where: str = "") -> str:
    """How tracked cases end on average, or all headline cases where none is tracked, by the horizon, in a sentence."""
    table = run.table("endings")
    table = table[table["date"] == run.scenario.horizon]
    tracked = listed.chosen(run, None)
    rows = table[table["case"].isin(tracked or [ALL_CASES])]
    if rows.empty:
        return ""
    shares = rows.groupby("title", sort=False)["value"].sum().sort_values(ascending=False) / max(len(tracked), 1)
    ways = [f"{words.share(value)} {str(title)[0].lower()}{str(title)[1:]}" for title, value in shares.items()]
    whose = f"the {len(tracked)} {cases_of(run.scenario)}" if tracked else f"all {cases_of(run.scenario)}"
    return f"How {whose} stand by {words.month_of(run.scenario.horizon)}{where}, on average: {words.listing(ways)}."


def happened(run: Run, record: Record | None) -> str:
    """What the record says of tracked cases since the first day, beside what was simulated, in a sentence."""
    if record is None or not listed.chosen(run, None):
        return ""
    known = _since(run, record)
    until = min(record.last_day, run.scenario.horizon)
    if until <= run.scenario.start:
        return f"The record ends on {words.date_of(record.last_day)}; what happened since is not known yet."
    done = resolved_by(run, days_between(run.scenario.start, until))
    low, high = central(done)
    ended = [(case, strand) for case, strand in known.items() if strand.outcome_date and strand.outcome_date <= until]
    named = [
        f"{listed.names(run)[case].whole}: {_outcome(run, strand)}"
        for case, strand in sorted(ended, key=lambda pair: pair[1].outcome_date or date.max)
        if strand.outcome_date
    ]
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    those = f" ({'; '.join(named[:MOST_NAMED])}{more})" if named else ""
    tracked = len(listed.chosen(run, None))
    return (
        f"What really happened: by {words.date_of(until)}, {len(ended)} of the {tracked} had been resolved{those};"
        f" the simulations had {words.whole(float(done.mean()))} ({words.whole(low)} to {words.whole(high)} {SPREAD})."
    )


def _since(run: Run, record: Record) -> dict[str, RecordedStrand]:
    """The strands of the record that are tracked cases in progress on the first day."""
    strands = {f"{strand.proceeding}/{strand.strand}": strand for strand in record.strands}
    return {case: strands[case] for case in listed.chosen(run, None) if case in strands}


def cases(run: Run, record: Record | None = None) -> pd.DataFrame:
    """A row for each tracked case in progress on the first day, in the order of the record.

    Columns: case (its key), name, median, low, high (days since the first, infinite beyond the horizon; the central
    80% of replications), within_1y, within_2y, within_3y (probability; missing beyond the horizon), ends (a dict of the
    title of each way to end, and 'still in progress', to its probability by the horizon), happened (what the record
    says of it since the first day, in words).
    """
    wanted = listed.chosen(run, None)
    called = listed.names(run)
    known = _since(run, record) if record else {}
    table = run.table("endings")
    at_end = table[table["date"] == run.scenario.horizon]
    rows = listed.of_cases(run, "resolutions", wanted).rename(columns={"q10": "low", "q90": "high"})
    rows.insert(1, "name", [called[case].whole for case in rows["case"]])
    ends_of = {case: dict(zip(mine["title"], mine["value"], strict=True)) for case, mine in at_end.groupby("case")}
    rows["ends"] = rows["case"].map(ends_of)
    rows["happened"] = ["; ".join(_events(run, known[case])) if case in known else "" for case in rows["case"]]
    return rows.reset_index(drop=True)


def _events(run: Run, strand: RecordedStrand) -> Iterator[str]:
    """What happened in a strand after the first day, in words."""
    found, start = strand.preliminary_findings, run.scenario.start
    if found and found > start:
        yield f"{_stage_of(run, FINDINGS) or 'findings'}, {words.month_of(found)}"
    if strand.outcome_date and strand.outcome_date > start:
        yield _outcome(run, strand)


def _outcome(run: Run, strand: RecordedStrand) -> str:
    """How and when a strand of the record ended; called as in the procedure, or as in the record."""
    event = OUTCOMES[strand.outcome] if strand.outcome else ""
    when = f", {words.month_of(strand.outcome_date)}" if strand.outcome_date else ""
    return f"{_stage_of(run, event) or OUTCOME_TITLES.get(event, event)}{when}"


def _stage_of(run: Run, event: str) -> str:
    """The title of the stage that an event of the record begins, to stand within a sentence; empty without one."""
    titles = [stage.title for stage in run.scenario.procedure.stages.values() if stage.record_event == event]
    return f"{titles[0][0].lower()}{titles[0][1:]}" if titles else ""
