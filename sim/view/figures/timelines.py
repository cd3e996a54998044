"""The figure of the cases in progress: what happened, what is forecast, how each ends, and what really came of it."""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from datetime import date
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from sim.dates import date_after
from sim.record.model import Record
from sim.results.run import Run
from sim.results.summary import GOES_ON, IN_PROGRESS
from sim.view import words
from sim.view.charts.looks import GREY, Look, looks
from sim.view.charts.style import INK
from sim.view.charts.timeline import Beside, timeline
from sim.view.figures.figure import Figure
from sim.view.figures.listed import (
    Name,
    as_shown,
    at_horizon,
    in_order,
    known_until,
    milestone,
    names,
    of_cases,
    place_titles,
    recorded,
)
from sim.view.titles import OUTCOMES as OUTCOME_TITLES
from sim.view.titles import cases_of

MIN_PROBABILITY = 0.2
"""Probability by the horizon from which on the forecast of a milestone is drawn."""
PAST, COMES, FORECAST, SINCE, ENDS = "happened", "comes", "forecast", "happened since", "ends"
"""Kinds of rows of the table."""
MEDIAN, TRUTH = "median", "\N{BLACK DIAMOND}"
RESOLVED = "resolved"
"""What is forecast beside the milestones: that a case is resolved, whichever way."""
COLUMNS = ["row", "kind", "what", "low", "median", "high", "share"]
AS_SHOWN = {
    "row": "case", "what": "milestone", "kind": "what", "date": "date", "low": "80% from", "high": "80% to",
    "share": "probability by the horizon",
}  # fmt: skip
"""Columns of the table behind the figure, as they are called."""
Row = tuple[str, str, str, date | None, date | None, date | None, float]


def timelines(run: Run, record: Record | None = None, cases: Sequence[str] | None = None) -> Figure | None:
    """What happened in each open case until the first day, what is forecast from then on, and how it ends.

    `record`: its milestones are read as known on the first day, for the strands that it has (without them a row begins
    with the present stage), and what it knows beyond is marked. None if no such case is tracked.
    """
    rows = in_order(run, record, cases)
    if not rows:
        return None
    table = _events(run, record, rows)
    until = known_until(run, record)
    called, ahead = names(run), table["kind"] == FORECAST
    return Figure(
        "timelines",
        _title(run, rows, until, table),
        f"{words.of_run(run)} · right of the line, bars: middle 80%; tick: median{_arrow(table)}",
        _caption(until),
        _chart(run, table, {case: called[case] for case in rows}, until),
        as_shown(
            table.assign(
                row=table["row"].map({case: name.whole for case, name in called.items()}),
                what=[_act(run, what) for what in table["what"]],
                date=table["low"].where(~ahead).fillna(table["median"]),
                low=table["low"].where(ahead),
                high=table["high"].where(ahead),
                share=table["share"].astype(float),
            ),
            AS_SHOWN,
            3,
        ),
    )


def _arrow(table: pd.DataFrame) -> str:
    """What an arrow means, if there is one."""
    return "; arrow: later" if table.loc[table["kind"] == FORECAST, "median"].isna().any() else ""


def _events(run: Run, record: Record | None, cases: Sequence[str]) -> pd.DataFrame:
    """A row for each thing that is drawn; days missing where they are later than the horizon."""
    ends = at_horizon(run)
    rows = [row for case in cases for row in _past(run, recorded(run, record, case), case)]
    rows += _ahead(run, cases, ends)
    rows += [(case, ENDS, state, None, None, None, share) for case in cases for state, share in ends[case].items()]
    table = pd.DataFrame(rows, columns=COLUMNS)
    for column in ("low", "median", "high"):
        table[column] = pd.to_datetime(table[column]).dt.as_unit("s")
    return table


def _past(run: Run, events: Sequence[tuple[date, str]], case: str) -> Iterator[Row]:
    """What happened in a case, stage by stage, or when it comes; and what came since."""
    scenario, (stage, since) = run.scenario, run.layout.present_stage(case)
    if since is None:
        comes = scenario.probes[run.layout.probe_of(case)[0]].arrives
        yield (case, COMES, stage, comes, None, None, np.nan)
    else:
        begun = [(day, name) for day, name in events if day < since and name in scenario.procedure.stages]
        begun.append((since, stage))
        ends = [day for day, _ in begun[1:]] + [scenario.start]
        for (day, name), end in zip(begun, ends, strict=True):
            yield (case, PAST, name, day, None, end, np.nan)
    for day, name in events:
        if scenario.start < day <= scenario.horizon:
            yield (case, SINCE, name, day, None, None, np.nan)


def _ahead(run: Run, cases: Sequence[str], ends: Mapping[str, Mapping[str, float]]) -> Iterator[Row]:
    """What is forecast of cases: milestones that they may well reach before they are resolved, and the resolution."""
    for row in of_cases(run, "milestones", cases).to_dict("records"):
        other = row["state"] in run.layout.open_stages and row["state"] != run.layout.present_stage(row["case"])[0]
        if other and row["q10"] > 0 and row["probability"] >= MIN_PROBABILITY:
            low, median, high = (_date(run, row[column]) for column in ("q10", "median", "q90"))
            yield (row["case"], FORECAST, row["state"], low, median, high, row["probability"])
    for row in of_cases(run, "resolutions", cases).to_dict("records"):
        low, median, high = (_date(run, row[column]) for column in ("q10", "median", "q90"))
        still = ends[row["case"]].get(IN_PROGRESS, 0.0) + ends[row["case"]].get(GOES_ON, 0.0)
        yield (row["case"], FORECAST, RESOLVED, low, median, high, 1 - still)


def _date(run: Run, time: float) -> date | None:
    """A time as a date; None beyond the horizon."""
    return date_after(run.scenario.start, time) if isfinite(time) else None


def _chart(run: Run, table: pd.DataFrame, called: Mapping[str, Name], until: date | None) -> go.Figure:
    """The timelines of the cases `called`, in their order; `until`: the last day of a record that knows more."""
    scenario, kind = run.scenario, table["kind"]
    said = {case: list(_words(run, table[table["row"] == case])) for case in called}
    hover = [_hover(run, called, row) for row in table.to_dict("records")]
    lane = table["what"].map(lambda what: 1 if what == RESOLVED else -1).where(kind == FORECAST, 0)
    table = table.assign(hover=hover, lane=lane, ahead=kind == FORECAST, what=kind + " " + table["what"])
    forecast = table[table["ahead"]]
    marks = [forecast.assign(what=MEDIAN, day=forecast["median"])]
    marks.append(table[kind.isin([COMES, SINCE])].assign(day=table["low"]))
    rules = {scenario.start: f"{scenario.start.day} {scenario.start:%b %Y}"}
    if until and until < scenario.horizon:
        rules[until] = f"record to {until:%b %Y}"
    return timeline(
        {case: (name.service, name.strand) for case, name in called.items()},
        table[(kind == PAST) | (table["ahead"] & table["low"].notna())],
        pd.concat(marks, ignore_index=True),
        _looks(run, {*table["what"], MEDIAN}),
        (min(table["low"].min().date(), scenario.start), scenario.horizon),
        rules=rules,
        beside=Beside(
            said, "as likely as not resolved by", table[kind == ENDS], f"how it ends by {scenario.horizon:%b %Y}"
        ),
    )


def _words(run: Run, mine: pd.DataFrame) -> Iterator[str]:
    """When a case is more likely than not resolved, and when it really was, and how, if it is."""
    for median in mine.loc[(mine["kind"] == FORECAST) & (mine["what"] == RESOLVED), "median"]:
        yield f"after {run.scenario.horizon:%b %Y}" if pd.isna(median) else f"{median:%b %Y}"
    ended = mine[(mine["kind"] == SINCE) & mine["what"].isin([*run.layout.resolving, *OUTCOME_TITLES])]
    for row in ended.head(1).to_dict("records"):
        stage = run.scenario.procedure.stages.get(row["what"])
        outcome = str(stage.record_event if stage else row["what"])
        yield f"{TRUTH} {OUTCOME_TITLES[outcome]}, {row['low']:%b %Y}"


def _looks(run: Run, drawn: Collection[str]) -> dict[str, Look]:
    """How everything is drawn, in the order of the legend: what happened, the forecast, the ends, the truth."""
    stages = looks(place_titles(run))
    rest = {IN_PROGRESS: Look("Still in progress", GREY), GOES_ON: Look("Goes on as strands", GREY, pattern="/")}
    every = {f"{PAST} {place}": look for place, look in stages.items()}
    every |= {f"{COMES} {place}": Look("Is to come", symbol="circle-open") for place in stages}
    every |= {f"{FORECAST} {place}": look for place, look in stages.items()}
    every[f"{FORECAST} {RESOLVED}"] = Look("Resolved")
    every[MEDIAN] = Look("", symbol="line-ns")
    every |= {f"{ENDS} {place}": look for place, look in (stages | rest).items()}
    every |= {
        f"{SINCE} {place}": Look(
            "What really happened", stages[place].colour if place in stages else INK, symbol="diamond"
        )
        for place in (*stages, *OUTCOME_TITLES)
    }
    return {key: look for key, look in every.items() if key in drawn}


def _hover(run: Run, called: Mapping[str, Name], row: Mapping[Hashable, Any]) -> str:
    """What is read when pointing at something."""
    kind, what, horizon = row["kind"], row["what"], run.scenario.horizon
    low, median, high = (None if pd.isna(row[day]) else row[day].date() for day in ("low", "median", "high"))
    title = place_titles(run).get(what, what)
    said = {
        PAST: f"{title}: {low} to {high}",
        COMES: f"Comes on {low}",
        SINCE: f"What really happened: {_act(run, what)}, {low}",
        ENDS: f"{title}: {words.share(row['share'])} by {horizon}",
        FORECAST: f"{_act(run, what)}: {words.share(row['share'])} by {horizon}\nmedian {median or 'later'},"
        f" middle 80% from {low or 'later'} to {high or 'later'}",
    }
    return f"{called[row['row']].whole}\n{said[kind]}"


def _act(run: Run, what: str) -> str:
    """What a stage, an exit, or an event of the record is called that happens or is forecast."""
    return milestone(run, what) if what in run.layout.states else OUTCOME_TITLES.get(what, what).capitalize()


def _title(run: Run, cases: Sequence[str], until: date | None, table: pd.DataFrame) -> str:
    """How many cases are resolved more likely than not, which first, and how many really were."""
    rows, horizon = of_cases(run, "resolutions", cases), words.month_of(run.scenario.horizon)
    median = dict(zip(rows["case"], rows["median"], strict=True))
    first, soon = min(cases, key=lambda case: median[case]), sum(map(isfinite, median.values()))
    since = table[(table["kind"] == SINCE) & table["what"].isin([*run.layout.resolving, *OUTCOME_TITLES])]
    came = len(set(since["row"]))
    truth = f"; {came} really {'was' if came == 1 else 'were'} by {words.month_of(until)}" if until else ""
    if len(cases) == 1:
        when = f"resolved by {words.month(run.scenario, median[first])}" if soon else f"not resolved by {horizon}"
        return f"{names(run)[first].whole} is more likely than not {when}"
    tracked = set(cases) == set(run.layout.open_cases)
    those = cases_of(run.scenario) if tracked else "cases"
    if not soon:
        return f"None of the {len(cases)} {those} is more likely than not to be resolved by {horizon}{truth}"
    many = "Each of the" if soon == len(cases) else f"{soon} of the"
    are = "is" if soon in {1, len(cases)} else "are each"
    return (
        f"{many} {len(cases)} {those} {are} more likely than not to be resolved by {horizon}, the first"
        f" being {names(run)[first].whole} ({words.month(run.scenario, median[first])}){truth}"
    )


def _caption(until: date | None) -> str:
    """How to read it, in a few words."""
    truth = f" Diamonds: what really happened by {words.month_of(until)}." if until else ""
    return (
        "Left of the line is what happened; right of it is the forecast, the middle 80% of the simulations (for a"
        f" milestone, of those that reach it). Beside it: how the case ends.{truth}"
    )
