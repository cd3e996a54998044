"""What becomes of the tracked cases of a run, and what really happened to them."""

from collections import Counter
from datetime import date

import numpy as np
import pandas as pd

from sim.dates import days_between
from sim.record.model import Record
from sim.results.run import Run
from sim.results.statistics import CENTRAL
from sim.results.summary import Floats
from sim.results.tables import ALL_CASES
from sim.view import words
from sim.view.figures import listed
from sim.view.titles import OUTCOMES, cases_of

SPREAD = "in eight of ten simulations"


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
    return f"Where {whose} stand by {words.month_of(run.scenario.horizon)}{where}, on average: {words.listing(ways)}."


def happened(run: Run, record: Record | None) -> str:
    """What the record says of tracked cases since the first day, beside what was simulated, in a sentence."""
    tracked = listed.chosen(run, None)
    if record is None or not tracked:
        return ""
    until = listed.known_until(run, record)
    if until is None:
        return f"The public record used here ends on {words.date_of(record.last_day)}: it cannot say yet what happened."
    done = resolved_by(run, days_between(run.scenario.start, until))
    low, high = central(done)
    resolving = {*run.layout.resolving, *OUTCOMES}
    acts = (_title(run, state) for case in tracked for _, state in since(run, record, case) if state in resolving)
    ended = Counter(acts)
    ways = f" ({words.listing(f'{way}: {number}' for way, number in ended.most_common())})" if ended else ""
    return (
        f"What really happened: by {words.date_of(until)}, {ended.total()} of the {len(tracked)} had been"
        f" resolved{ways}; the simulations expected {words.whole(float(done.mean()))} ({words.whole(low)} to"
        f" {words.whole(high)} {SPREAD})."
    )


def since(run: Run, record: Record | None, case: str) -> list[tuple[date, str]]:
    """What the record says of a case after the first day, up to the horizon: days with stages or exits."""
    until = listed.known_until(run, record)
    if until is None:
        return []
    return [(day, what) for day, what in listed.recorded(run, record, case) if run.scenario.start < day <= until]


def _title(run: Run, what: str) -> str:
    """What a milestone is called within a sentence."""
    title = listed.place_titles(run).get(what) or OUTCOMES[what]
    return f"{title[0].lower()}{title[1:]}"


def cases(run: Run, record: Record | None = None) -> pd.DataFrame:
    """A row for each tracked case in progress on the first day, in the order in which cases are listed.

    Columns: case (its key), name, median, low, high (days since the first, infinite beyond the horizon; the central
    80% of replications), within_1y, within_2y, within_3y (probability; missing beyond the horizon), ends (a dict of the
    title of each way to end, and 'still in progress', to its probability by the horizon), happened (what the record
    says of it since the first day, in words).
    """
    wanted, called = listed.in_order(run, record), listed.names(run)
    table = run.table("endings")
    at_end = table[table["date"] == run.scenario.horizon]
    rows = listed.of_cases(run, "resolutions", wanted).rename(columns={"q10": "low", "q90": "high"})
    rows.insert(1, "name", [called[case].whole for case in rows["case"]])
    ends_of = {case: dict(zip(mine["title"], mine["value"], strict=True)) for case, mine in at_end.groupby("case")}
    rows["ends"] = rows["case"].map(ends_of)
    rows["happened"] = [
        "; ".join(f"{_title(run, what)}, {words.month_of(day)}" for day, what in since(run, record, case))
        for case in rows["case"]
    ]
    return rows.reset_index(drop=True)
