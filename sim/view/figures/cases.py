"""Figures of single cases: timelines with forecasts, probabilities by date, and the replications of one case."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from math import inf, isfinite
from typing import Any

import numpy as np
import pandas as pd

from sim.dates import date_after
from sim.record.model import OUTCOMES, Record
from sim.results.run import Run
from sim.results.statistics import by_draw
from sim.results.store import has_events
from sim.results.summary import IN_PROGRESS, Floats
from sim.view import words
from sim.view.charts import cases as charts
from sim.view.charts.labels import apart, label, lines
from sim.view.charts.style import days
from sim.view.figures.figure import Figure
from sim.view.figures.listed import Name, chosen, milestone, names, of_cases, place_titles

MIN_PROBABILITY_FORECAST = 0.2
"""Probability by the horizon from which on the forecast of a milestone is drawn."""
MIN_PROBABILITY = 0.01
"""The same of a curve."""
OUTSTANDING = 3
"""Cases at either end that are coloured where there are too many curves to distinguish."""
LABEL = 0.11
"""Room for a label of two lines, as a share of the axis."""
NORMAL_95 = 1.96
"""Standard errors to either side of a 95% confidence interval."""
COLUMNS = ["case", "kind", "what", "low", "median", "high", "share", "hover"]
Row = tuple[str, str, str, date | None, date | None, date | None, float, str]
"""A row of a timeline, see `charts.timelines`."""


def timelines(run: Run, record: Record | None = None, cases: Sequence[str] | None = None) -> Figure | None:
    """What happened in each open case until the first day, and what is forecast from then on.

    `record`: its milestones are read as known on the first day, for the strands that it has; without them a row begins
    with the present stage. None if no such case is tracked.
    """
    wanted = chosen(run, cases)
    if not wanted:
        return None
    known = record.known_on(run.scenario.start) if record else None
    called = names(run)
    rows = [row for case in wanted for row in (*_past(run, known, case, called), *_ahead(run, case, called))]
    table = pd.DataFrame(rows, columns=COLUMNS)
    for column in ("low", "median", "high"):
        table[column] = pd.to_datetime(table[column]).dt.as_unit("s")
    return Figure(
        "timelines",
        _timelines_title(run, wanted, called),
        f"{words.of_run(run)} · hatched: central 80% of the replications; diamond: median",
        " ".join(_timelines_caption(run, table, called)),
        charts.timelines(table, _labels(wanted, called), run.scenario.start, run.scenario.horizon, place_titles(run)),
        _timelines_table(run, table, called),
    )


def _past(run: Run, known: Record | None, case: str, called: Mapping[str, Name]) -> Iterator[Row]:
    """What happened in a case, stage by stage, or when it comes."""
    scenario, (stage, since) = run.scenario, run.layout.present_stage(case)
    if since is None:
        comes = scenario.probes[case if case in scenario.probes else case.rpartition("/")[0]].arrives
        hover = f"{label(called[case].whole)}<br>{label(milestone(run, stage))}: {comes}"
        yield (case, "arrives", stage, comes, None, None, np.nan, hover)
        return
    begun = [(day, name) for day, name in _recorded(run, known, case) if day < since] + [(since, stage)]
    ends = [day for day, _ in begun[1:]] + [scenario.start]
    for (day, name), end in zip(begun, ends, strict=True):
        when = f"since {day}" if (day, name) == begun[-1] else f"from {day} to {end}"
        hover = f"{label(called[case].whole)}<br>{label(scenario.procedure.stages[name].title)}: {when}"
        yield (case, "past", name, day, None, end, np.nan, hover)


def _recorded(run: Run, known: Record | None, case: str) -> list[tuple[date, str]]:
    """The milestones of a strand in the record that are stages of the procedure, in the order of their days."""
    stage_of = {s.record_event: name for name, s in run.scenario.procedure.stages.items() if s.record_event}
    milestones = []
    for strand in known.strands if known else ():
        if f"{strand.proceeding}/{strand.strand}" != case:
            continue
        days_of = {"proceedings_opened": strand.opened, "preliminary_findings": strand.preliminary_findings}
        if strand.outcome:
            days_of[OUTCOMES[strand.outcome]] = strand.outcome_date
        milestones += [(day, stage_of[event]) for event, day in days_of.items() if day and event in stage_of]
    return sorted(milestones)


def _ahead(run: Run, case: str, called: Mapping[str, Name]) -> Iterator[Row]:
    """What is forecast of a case: milestones that it may well reach before it is resolved, and its resolution."""
    present, horizon = run.layout.present_stage(case)[0], run.scenario.horizon
    name = label(called[case].whole)
    milestones: Iterator[Any] = of_cases(run, "milestones", [case]).itertuples(index=False)
    for row in milestones:
        ahead = row.state in run.layout.open_stages and row.state != present and row.q10 > 0
        if not ahead or row.probability < MIN_PROBABILITY_FORECAST:
            continue
        low, median, high = (_date(run, time) for time in (row.q10, row.median, row.q90))
        hover = (
            f"{name}<br>{label(milestone(run, row.state))}: {words.share(row.probability)} by {horizon}"
            f"<br>if so, median {median}, 80% between {low} and {high}"
        )
        yield (case, "forecast", row.state, low, median, high, row.probability, hover)
    resolution, share = of_cases(run, "resolutions", [case]).iloc[0], _resolved(run, case)
    low, median, high = (_date(run, float(resolution[time])) for time in ("q10", "median", "q90"))
    hover = (
        f"{name}<br>resolved: {words.share(share)} by {horizon}<br>median {median or 'later'},"
        f" 80% between {low or 'later'} and {high or 'later'}"
    )
    yield (case, "forecast", charts.RESOLVED, low, median, high, share, hover)


def _date(run: Run, time: float) -> date | None:
    """A time as a date; None beyond the horizon."""
    return date_after(run.scenario.start, time) if isfinite(time) else None


def _resolved(run: Run, case: str) -> float:
    """The share of replications in which a case is resolved by the horizon."""
    return float(np.isfinite(run.first_reached(case, run.layout.resolving)).mean())


def _labels(cases: Sequence[str], called: Mapping[str, Name]) -> dict[str, str]:
    """The names of rows: the service at the first row of its probe, and the strand."""
    labels, before = {}, ""
    for case in cases:
        probe = case.rpartition("/")[0] or case
        head = "" if probe == before else f"<b>{lines(called[case].service, 24)}</b>"
        labels[case] = "<br>".join(part for part in (head, lines(called[case].strand, 24)) if part)
        before = probe
    return labels


def _medians(run: Run, cases: Sequence[str]) -> dict[str, float]:
    """The day since the start by which each case is resolved in half of the replications, the earliest first."""
    rows = of_cases(run, "resolutions", cases).sort_values("median", kind="stable")
    return dict(zip(rows["case"], rows["median"].astype(float), strict=True))


def _timelines_title(run: Run, cases: Sequence[str], called: Mapping[str, Name]) -> str:
    medians = _medians(run, cases)
    case, median = next(iter(medians.items()))
    if len(cases) == 1:
        return f"{called[case].whole} is {_by(run, median)}"
    soon, horizon = sum(map(isfinite, medians.values())), run.scenario.horizon
    if not soon:
        return f"None of the {len(cases)} open cases is more likely than not to be resolved by {horizon}"
    those = "All" if soon == len(cases) else f"{soon} of the"
    return (
        f"{those} {len(cases)} open cases will more likely than not be resolved by {horizon}; the first is"
        f" {called[case].whole}, by {words.day(run.scenario, median)}"
    )


def _by(run: Run, median: float) -> str:
    """When a case is resolved, as half of the replications have it."""
    if not isfinite(median):
        return f"more likely than not still in progress on {run.scenario.horizon}"
    return f"resolved by {words.day(run.scenario, median)} in half of the replications"


def _timelines_caption(run: Run, table: pd.DataFrame, called: Mapping[str, Name]) -> Iterator[str]:
    start, horizon = run.scenario.start, run.scenario.horizon
    yield (
        f"Left of the line at {start} stands what happened, right of it what is forecast. In eight of ten replications"
        " the milestone falls into the hatched bar, and in half of them before the diamond; an arrow at the right says"
        f" that half of them come later than {horizon}."
    )
    resolved = table["what"] == charts.RESOLVED
    shares = table[resolved].set_index("case")["share"]
    least, most = str(shares.idxmin()), str(shares.idxmax())
    if shares[least] < shares[most]:
        yield (
            f"By {horizon}, {called[most].whole} is resolved in {words.share(shares[most])} of the replications,"
            f" {called[least].whole} in {words.share(shares[least])}."
        )
    if ((table["kind"] == "forecast") & ~resolved).any():
        yield "Bars of a milestone are of those replications that reach it; point at one for their share."


def _timelines_table(run: Run, table: pd.DataFrame, called: Mapping[str, Name]) -> pd.DataFrame:
    whats = {place: milestone(run, place) for place in run.layout.states} | {charts.RESOLVED: "Resolved"}
    kinds = {"past": "happened", "arrives": "comes", "forecast": "forecast"}
    begins = table["low"].where(table["kind"] != "forecast")
    return pd.DataFrame(
        {
            "case": [called[case].whole for case in table["case"]],
            "milestone": table["what"].map(whats),
            "what": table["kind"].map(kinds),
            "date": begins.fillna(table["median"]),
            "80% from": table["low"].where(table["kind"] == "forecast"),
            "80% to": table["high"].where(table["kind"] == "forecast"),
            "probability by the horizon": table["share"].round(3),
        }
    )


def probabilities(run: Run, cases: Sequence[str] | None = None, place: str = "") -> Figure | None:
    """How likely it is that each open case is resolved by a date, or reaches a `state` (a stage or exit).

    None if no such case is tracked, or none of them can still reach it.
    """
    places = [place] if place else run.layout.resolving
    times = {case: run.first_reached(case, places) for case in chosen(run, cases)}
    if place:
        times = {case: first for case, first in times.items() if first.min() > 0 and np.isfinite(first).any()}
    if not times:
        return None
    called = {case: name.whole for case, name in names(run).items()}
    table, last = _curves(run, times), {case: float(np.isfinite(first).mean()) for case, first in times.items()}
    order = sorted(times, key=lambda case: -last[case])
    many = len(order) > charts.MAX_COLOURED
    shown = order[:OUTSTANDING] + order[-OUTSTANDING:] if many else order
    grey = (
        f" Coloured are the {OUTSTANDING} most and least likely of {len(order)}; point at a line for its name." * many
    )
    what = f"come to {words.quoted(milestone(run, place))}" if place else "been resolved, whichever way,"
    horizon = run.scenario.horizon
    rest = "that it comes later or ends in another way" if place else f"that it is still in progress on {horizon}"
    return Figure(
        f"probabilities-{place}" if place else "probabilities",
        _probabilities_title(run, order, last, called, place),
        f"{words.of_run(run)} · bands: 95% confidence intervals of the probabilities",
        f"Each curve is the share of the replications in which a case has {what} by a date: the earlier it rises, the"
        f" sooner.{grey} Where it ends below 100%, the rest is the probability {rest}.",
        charts.probabilities(table, called, _heights(shown, last)),
        _probabilities_table(table, called, "case"),
    )


def _curves(run: Run, times: Mapping[str, Floats]) -> pd.DataFrame:
    """The probability by date of each series of first times, with its confidence interval.

    Replications that share a draw of the uncertain parameters count as one value, see `sim.results.statistics`.
    """
    grid, parts = run.layout.times, []
    for series, first in times.items():
        reached = by_draw((first[:, None] <= grid[None, :]).astype(np.float64), run.scenario.replications_per_draw)
        mean = (first[:, None] <= grid[None, :]).mean(axis=0)
        error = reached.std(axis=0, ddof=1) / np.sqrt(len(reached)) if len(reached) > 1 else np.full(len(grid), inf)
        low, high = np.clip(mean - NORMAL_95 * error, 0, 1), np.clip(mean + NORMAL_95 * error, 0, 1)
        columns = {"date": days(run.scenario.start, grid.tolist()), "probability": mean, "low": low, "high": high}
        parts.append(pd.DataFrame({"series": series, **columns}))
    return pd.concat(parts, ignore_index=True)


def _heights(series: Sequence[str], last: Mapping[str, float]) -> dict[str, float]:
    """Where the labels of curves stand."""
    return dict(zip(series, apart([last[name] for name in series], LABEL), strict=True))


def _probabilities_title(
    run: Run, order: Sequence[str], last: Mapping[str, float], called: Mapping[str, str], place: str
) -> str:
    horizon, most, least = run.scenario.horizon, order[0], order[-1]
    act = words.quoted(milestone(run, place)) if place else ""
    if last[most] == last[least]:
        those = called[most] if len(order) == 1 else f"each of the {len(order)} open cases"
        does = f"comes to {act}" if place else "is resolved"
        return f"The probability that {those} {does} by {horizon} is {words.share(last[most])}"
    of = f"of {act}" if place else "of being resolved"
    return (
        f"The probability {of} by {horizon} goes from {words.share(last[least])} ({called[least]}) to"
        f" {words.share(last[most])} ({called[most]})"
    )


def _probabilities_table(table: pd.DataFrame, called: Mapping[str, str], what: str) -> pd.DataFrame:
    numbers = table[["probability", "low", "high"]].round(3)
    named = table.assign(**numbers, series=table["series"].map(dict(called)))
    return named.rename(columns={"series": what, "low": "95% from", "high": "95% to"})


def decisions(run: Run, case: str) -> Figure | None:
    """How likely it is that a tracked case reaches each milestone by a date; None if there is no such case."""
    if not chosen(run, [case]):
        return None
    layout, present = run.layout, run.layout.present_stage(case)[0]
    times = {place: run.first_reached(case, [place]) for place in (*layout.stages, *layout.exits)}
    ahead = {
        place: first
        for place, first in times.items()
        if place != present and np.isfinite(first).mean() >= MIN_PROBABILITY and first.min() > 0
    }
    ahead = {charts.RESOLVED: run.first_reached(case, layout.resolving), **ahead}
    called = {place: milestone(run, place) for place in times} | {charts.RESOLVED: "Resolved, whichever way"}
    last = {place: float(np.isfinite(first).mean()) for place, first in ahead.items()}
    shown = sorted(last, key=lambda place: -last[place])[: charts.MAX_COLOURED]
    table, name = _curves(run, {place: ahead[place] for place in shown}), names(run)[case].whole
    ends = {place: last[place] for place in layout.resolving if place in last}
    likeliest = [f"{called[place]} ({words.share(ends[place])})" for place in sorted(ends, key=lambda p: -ends[p])[:3]]
    outcome = f"; likeliest milestones: {words.listing(likeliest)}" if likeliest else ""
    return Figure(
        "decisions",
        f"{name}: resolved by {run.scenario.horizon} with probability {words.share(last[charts.RESOLVED])}{outcome}",
        f"{words.of_run(run)} · bands: 95% confidence intervals of the probabilities",
        "Each curve is the share of the replications in which the milestone has been reached by a date. A case can"
        " reach several of them one after the other.",
        charts.probabilities(table, called, _heights(shown, last)),
        _probabilities_table(table, called, "milestone"),
    )


def one_case(run: Run, case: str, replications: int = 60) -> Figure | None:
    """The stages of a tracked case in each of the first replications, the soonest resolved on top.

    None if there is no such case, or if the run was stored without its events. Raises UserError if these were changed.
    """
    if not chosen(run, [case]) or not has_events(run):
        return None
    events = run.case_events(case, replications)
    events = events[events["parent"].astype(str) != case]
    resolved = run.first_reached(case, run.layout.resolving)
    visits, ends = _visits(run, events, resolved)
    if visits.empty:
        return None
    titles, name = place_titles(run), names(run)[case].whole
    row = of_cases(run, "resolutions", [case]).iloc[0]
    low, median, high = (words.day(run.scenario, float(row[column])) for column in ("q10", "median", "q90"))
    finding = f"resolved by {median} in half of the replications, in eight of ten between {low} and {high}"
    if median == "later":
        finding = f"more likely than not still in progress on {run.scenario.horizon}"
    return Figure(
        "one-case",
        f"{name}: {finding}",
        f"{words.of_run(run)} · shown: {visits['row'].nunique()} of them",
        _one_case_caption(visits, ends, titles, run.layout.resolving),
        charts.replications(visits, ends, run.scenario.start, run.scenario.horizon, titles),
        _one_case_table(visits, ends, titles),
    )


def _visits(run: Run, events: pd.DataFrame, resolved: Floats) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The open visits of a case from the first day on, and what ended it; the replication soonest resolved first."""
    open_stages, scenario = run.layout.open_stages, run.scenario
    open_visits = events[events["stage"].isin(open_stages) & events["entered"].notna() & ~(events["left"] <= 0)]
    last = open_visits.sort_values("entered").groupby("replication").tail(1)
    end = dict(zip(last["replication"], last["left"].fillna(inf), strict=True))
    rows = {number: row for row, number in enumerate(sorted(end, key=lambda n: (resolved[n], end[n])))}
    low, high = open_visits["entered"].clip(lower=0), open_visits["left"].fillna(scenario.horizon_days)
    visits = pd.DataFrame(
        {
            "replication": open_visits["replication"],
            "row": open_visits["replication"].map(rows),
            "what": open_visits["stage"].astype(str),
            "low": pd.to_datetime(pd.Series(days(scenario.start, low.tolist()), index=open_visits.index)),
            "high": pd.to_datetime(pd.Series(days(scenario.start, high.tolist()), index=open_visits.index)),
        }
    ).sort_values(["row", "low"])
    ended = last[last["left"].notna()]
    ends = pd.DataFrame(
        {
            "row": ended["replication"].map(rows),
            "date": pd.to_datetime(pd.Series(days(scenario.start, ended["left"].tolist()), index=ended.index)),
            "what": ended["outcome"].astype(str),
        }
    )
    titles = {place: label(title) for place, title in place_titles(run).items()}
    hover = visits["what"].map(titles) + visits["low"].dt.strftime(": %Y-%m-%d to ")
    return visits.assign(hover=hover + visits["high"].dt.strftime("%Y-%m-%d")), ends.sort_values("row")


def _one_case_caption(
    visits: pd.DataFrame, ends: pd.DataFrame, titles: Mapping[str, str], resolving: Sequence[str]
) -> str:
    total, counts = visits["row"].nunique(), Counter(ends["what"])
    goes = {place: "end in" if place in resolving else "go on as strands in" for place in counts}
    endings = [f"{number} {goes[place]} “{titles[place]}”" for place, number in counts.most_common()]
    if total > len(ends):
        endings.append(f"{total - len(ends)} are still in progress at the horizon")
    return (
        "Each row is one way in which the case may go: the same case, with other random numbers and other values of"
        f" what is uncertain. Colours are stages, the mark is how it ends. Of the {total} shown,"
        f" {words.listing(endings)}."
    )


def _one_case_table(visits: pd.DataFrame, ends: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    outcome: dict[Any, str] = dict(zip(ends["row"], ends["what"].map(dict(titles)), strict=True))
    return pd.DataFrame(
        {
            "replication": visits["replication"].tolist(),
            "stage": visits["what"].map(dict(titles)).tolist(),
            "from": visits["low"].tolist(),
            "to": visits["high"].tolist(),
            "the case ends in": [outcome.get(row, IN_PROGRESS) for row in visits["row"]],
        }
    )
