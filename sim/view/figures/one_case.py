"""The figure of the ways in which one case may go: it in many simulations, below one another."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import pandas as pd

from sim.results.run import Run
from sim.results.store import has_events
from sim.results.summary import IN_PROGRESS, Floats
from sim.view import words
from sim.view.charts.looks import SYMBOLS, Look, looks
from sim.view.charts.style import days
from sim.view.charts.timeline import timeline
from sim.view.figures.figure import Figure
from sim.view.figures.listed import as_shown, chosen, names, of_cases, place_titles

ROW = 8
"""Pixels of a simulation."""


def one_case(run: Run, case: str, replications: int = 60) -> Figure | None:
    """The stages of a tracked case in each of the first replications, the soonest resolved on top.

    None if there is no such case, or if the run was stored without its events. Raises UserError if these were changed.
    """
    if not chosen(run, [case]) or not has_events(run):
        return None
    events = run.case_events(case, replications)
    events = events[events["parent"].astype(str) != case]
    visits, ends = _visits(run, events, run.first_reached(case, run.layout.resolving))
    if visits.empty:
        return None
    row, titles = of_cases(run, "resolutions", [case]).iloc[0], place_titles(run)
    outcome = ends.set_index("row")["what"].map(titles).to_dict()
    return Figure(
        "one-case",
        f"{names(run)[case].whole}: {_finding(run, *(float(row[column]) for column in ('q10', 'median', 'q90')))}",
        f"{words.of_run(run)} · shown: {visits['row'].nunique()} of them",
        _caption(visits, ends, titles, run.layout.resolving),
        _chart(run, visits, ends),
        as_shown(
            visits.assign(
                stage=visits["what"].map(titles), end=[outcome.get(row, IN_PROGRESS) for row in visits["row"]]
            ),
            {"replication": "simulation", "stage": "stage", "low": "from", "high": "to", "end": "the case ends in"},
        ),
    )


def _finding(run: Run, low: float, median: float, high: float) -> str:
    """When it is resolved, the title without the name of the case."""
    horizon = words.month_of(run.scenario.horizon)
    if median == inf:
        return f"more likely than not still in progress in {horizon}"
    first, half, last = (words.month(run.scenario, time) for time in (low, median, high))
    nine = f"not by {horizon} in more than one in ten" if high == inf else f"by {last} in nine in ten"
    return f"resolved by {half} in half of the simulations, by {first} in one in ten, {nine}"


def _visits(run: Run, events: pd.DataFrame, resolved: Floats) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The open visits of a case from the first day on, and what ended it; the replication soonest resolved first."""
    open_stages, scenario = run.layout.open_stages, run.scenario
    open_visits = events[events["stage"].isin(open_stages) & events["entered"].notna() & ~(events["left"] <= 0)]
    last = open_visits.sort_values("entered").groupby("replication").tail(1)
    end = dict(zip(last["replication"], last["left"].fillna(inf), strict=True))
    rows = {number: row for row, number in enumerate(sorted(end, key=lambda n: (resolved[n], end[n])))}
    low, high = open_visits["entered"].clip(lower=0), open_visits["left"].fillna(scenario.horizon_days)
    visits = open_visits[["replication"]].assign(
        row=open_visits["replication"].map(rows), what=open_visits["stage"].astype(str),
        low=days(scenario.start, low), high=days(scenario.start, high),
    )  # fmt: skip
    ended = last[last["left"].notna()]
    day, row = days(scenario.start, ended["left"]), ended["replication"].map(rows)
    ends = pd.DataFrame({"row": row, "day": day, "what": ended["outcome"].astype(str)})
    return visits.sort_values(["row", "low"]).astype({"row": str}), ends.sort_values("row").astype({"row": str})


def _chart(run: Run, visits: pd.DataFrame, ends: pd.DataFrame) -> Any:
    """Rows without names: stages as bars, and a mark at the end."""
    titles, colours = place_titles(run), looks(place_titles(run))
    hover = visits["what"].map(titles) + visits["low"].dt.strftime(": %Y-%m-%d to ")
    visits = visits.assign(hover=hover + visits["high"].dt.strftime("%Y-%m-%d"), lane=0, ahead=False)
    hover = ends["what"].map(titles) + ends["day"].dt.strftime(", %Y-%m-%d")
    look = {place: one for place, one in colours.items() if visits["what"].eq(place).any()}
    ended = [place for place in titles if ends["what"].eq(place).any()]
    look |= {
        f"ends {place}": Look(f"ends in: {titles[place]}", colours[place].colour, symbol=SYMBOLS[(number + 1) % 9])
        for number, place in enumerate(ended)
    }
    ends = ends.assign(what="ends " + ends["what"], lane=0, hover=hover)
    rows, span = dict.fromkeys(visits["row"], ("", "")), (run.scenario.start, run.scenario.horizon)
    return timeline(rows, visits, ends, look, span, height=ROW)


def _caption(visits: pd.DataFrame, ends: pd.DataFrame, titles: Mapping[str, str], resolving: Sequence[str]) -> str:
    """How many of those that are shown end where."""
    total, counts = visits["row"].nunique(), Counter(ends["what"])
    goes = {place: "in" if place in resolving else "as strands in" for place in counts}
    endings = [f"{number} {goes[place]} {words.quoted(titles[place])}" for place, number in counts.most_common()]
    if total > len(ends):
        endings.append(f"{total - len(ends)} still in progress")
    return (
        f"Each row is one simulation, with its own luck and its own values of what is uncertain. How these"
        f" {total} end: {words.listing(endings)}."
    )
