"""Figures of the caseload: how many are in progress, where, how old, and beyond which target."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.results.estimates import subjects
from sim.results.run import Run
from sim.results.statistics import CENTRAL
from sim.results.summary import BEFORE, HEADLINE
from sim.view import words
from sim.view.charts import caseload as charts
from sim.view.charts import dots
from sim.view.charts.style import days
from sim.view.figures.figure import Figure
from sim.view.titles import cases_of

MOMENTS, FRAMES = 7, 13
"""Dates at which it is shown where the cases are, side by side and one after the other; fewer in fewer months."""
MIN_CASES_SHOWN = 0.5
"""A stage that never has more cases in progress on average is left out unless asked for."""
ALIKE = 0.05
"""Relative change of a number of cases that counts as none."""


def pending(run: Run, stages: Sequence[str] | None = None) -> Figure | None:
    """Cases in progress by stage over time; `stages`: those shown, by default all in which cases are in progress.

    In stages in which a case counts as resolved none is in progress. None if no case is ever in progress in the stages.
    """
    table, left_out = shown(run, stages)
    if table.empty:
        return None
    titles = {name: stage.title for name, stage in run.scenario.procedure.stages.items()}
    return Figure(
        "pending",
        _pending_title(run, table, titles, stages is not None),
        f"{words.of_run(run)} · line: mean; bands: central 50% and 80% of the replications",
        " ".join(_pending_caption(run, table, titles, left_out)),
        charts.pending(table, run.scenario.start, titles),
        _dated(run, table.assign(stage=table["stage"].map(titles))),
    )


def shown(run: Run, stages: Sequence[str] | None) -> tuple[pd.DataFrame, list[str]]:
    """Cases in progress of the stages to show, as in the table of a run, and stages with few cases that are left out.

    Of stages that are asked for none is left out but those without any case.
    """
    table = run.table("pending")
    most = table.groupby("stage", sort=False)["mean"].max()
    if stages is not None:
        wanted = [stage for stage in most.index if stage in stages and most[stage] > 0]
        return table[table["stage"].isin(wanted)].reset_index(drop=True), []
    some = [str(stage) for stage in most.index if most[stage] > 0]
    many = [stage for stage in some if most[stage] >= MIN_CASES_SHOWN] or some
    return table[table["stage"].isin(many)].reset_index(drop=True), [stage for stage in some if stage not in many]


class Ends(NamedTuple):
    """A mean number of cases on the first day and at the horizon."""

    first: float
    last: float


def _ends(table: pd.DataFrame) -> dict[str, Ends]:
    """Both ends of each stage or series of a table, by its key."""
    grouped = table.groupby(table.columns[0], sort=False)["mean"]
    return {str(name): Ends(float(mean.iloc[0]), float(mean.iloc[-1])) for name, mean in grouped}


def _together(ends: Iterable[Ends]) -> Ends:
    """The ends of several stages together."""
    return Ends(*(sum(column) for column in zip(*ends, strict=True)))


def change(first: float, last: float) -> str:
    """How a number of cases changes, in words: 'grow from 3 to 5'."""
    ends = words.count(first), words.count(last)
    if ends[0] == ends[1] or (first and abs(last / first - 1) < ALIKE):
        return f"stay at about {ends[1]}"
    return f"{'grow' if last > first else 'fall'} from {ends[0]} to {ends[1]}"


def _all(run: Run) -> list[Ends]:
    """Cases in progress at both ends, of each population."""
    ends = _ends(run.table("backlog"))
    return [ends[population] for population in run.layout.populations]


def _pending_title(run: Run, table: pd.DataFrame, titles: dict[str, str], chosen: bool) -> str:
    """How the headline cases in progress change, or those in the stages that were asked for."""
    if not chosen:
        return f"{_subject(run)} {change(*_ends(run.table('backlog'))[HEADLINE])} by {run.scenario.horizon}"
    ends = _ends(table)
    where = words.listing(titles[stage] for stage in ends)
    return f"Cases in progress in {where} {change(*_together(ends.values()))} by {run.scenario.horizon}"


def _pending_caption(run: Run, table: pd.DataFrame, titles: dict[str, str], left_out: list[str]) -> Iterator[str]:
    ends = _ends(table)
    stage = max(ends, key=lambda name: abs(ends[name].last - ends[name].first))
    yield (
        f"The number changes most in {titles[stage]}, where cases"
        f" {change(*ends[stage])} on average between {run.scenario.start} and"
        f" {run.scenario.horizon}; in eight of ten replications they are then"
        f" {_between(table[table['stage'] == stage].iloc[-1])}."
    )
    yield (
        "Each panel has its own scale. The further into the future, the wider the bands: half of the replications lie"
        " in the dark one, eight of ten in the pale one."
    )
    if left_out:
        names = words.listing(titles[name] for name in left_out)
        yield f"Left out, with never more than half a case on average: {names}."


def _between(row: pd.Series) -> str:
    """The central 80% of a number of cases, in words."""
    low, high = words.count(row["q10"]), words.count(row["q90"])
    return f"between {low} and {high}" if low != high else low


def backlog(run: Run) -> Figure | None:
    """All cases in progress, those beyond each target's time, and the mean age of the headline cases.

    None if no case ever is. A case is beyond a target's time if it is in progress, has not reached the target's
    milestone, and more days than the target allows have passed since the stage from which it counts.
    """
    table = run.table("backlog")
    if not table["mean"].any():
        return None
    titles = {HEADLINE: _subject(run)}
    if BEFORE in run.layout.populations:
        titles[BEFORE] = subjects(run.layout)["population"][BEFORE]
    for key, target in zip(run.layout.targets, run.scenario.targets, strict=True):
        titles[key] = f"Beyond the time of: {target.title or key}"
    return Figure(
        "backlog",
        _backlog_title(run, table, titles),
        f"{words.of_run(run)} · bands: central 50% and 80% of the replications; whisker: 80% of their mean ages",
        " ".join(_backlog_caption(run, table)),
        charts.backlog(table, _age_at_end(run), run.scenario.start, titles),
        _dated(run, table.assign(series=table["series"].map(titles))),
    )


def _subject(run: Run) -> str:
    """What the cases are called that the headline is of, to begin a sentence."""
    title = cases_of(run.scenario)
    return title[0].upper() + title[1:]


def _age_at_end(run: Run) -> tuple[float, float]:
    """The central 80% of the mean ages of headline cases at the horizon, in days; of replications with any."""
    ages = run.samples["age_end"].singles
    low, high = np.quantile(ages, CENTRAL) if len(ages) else (np.nan, np.nan)
    return float(low), float(high)


def _backlog_title(run: Run, table: pd.DataFrame, titles: dict[str, str]) -> str:
    """The target with most cases beyond its time; without one, how old the headline cases grow."""
    horizon, ends = run.scenario.horizon, _ends(table)
    late = {name: ends[name] for name in ends if name in run.layout.targets and ends[name].last > 0}
    if late:
        worst = max(late, key=lambda name: late[name].last)
        was, now = late[worst]
        return (
            f"{words.count(now)} of {words.count(ends[HEADLINE].last)} {cases_of(run.scenario)} have missed the target"
            f" “{titles[worst].partition(': ')[2]}” by {horizon}, {'up' if now > was else 'down'} from"
            f" {words.count(was)} of {words.count(ends[HEADLINE].first)}"
        )
    ages = table.loc[table["series"] == HEADLINE, "age"].dropna()
    if ages.empty or ends[HEADLINE].last == 0:
        return f"{_subject(run)} {change(*ends[HEADLINE])} by {horizon}"
    return f"Those in progress are {words.count(ages.iloc[-1])} days old on average on {horizon}"


def _backlog_caption(run: Run, table: pd.DataFrame) -> Iterator[str]:
    every = table[table["series"] == HEADLINE]
    ages = every["age"].dropna()
    yield (
        f"{_subject(run)} {change(*_ends(every)[HEADLINE])} between {run.scenario.start} and {run.scenario.horizon};"
        f" in eight of ten replications they are then {_between(every.iloc[-1])}."
    )
    if len(ages):
        yield (
            f"Their mean age goes from {words.count(ages.iloc[0])} to {words.count(ages.iloc[-1])} days. Age counts"
            " from a case's first act, and falls when old cases are resolved or many new ones come in."
        )
    if run.scenario.targets:
        yield "A case stays beyond a target's time until it reaches the target's milestone or ends."


def where_cases_are(run: Run, stages: Sequence[str] | None = None) -> Figure | None:
    """Where the cases are, as dots, at some dates side by side: for print, and at a glance.

    `stages`: those shown, by default all in which cases are in progress. None if none ever is.
    """
    return _where(run, stages, MOMENTS, moving=False)


def where_cases_go(run: Run, stages: Sequence[str] | None = None) -> Figure | None:
    """The same, one date after the other, to be played or chosen; it stands still until then."""
    return _where(run, stages, FRAMES, moving=True)


def _where(run: Run, stages: Sequence[str] | None, moments: int, moving: bool) -> Figure | None:
    table, _ = shown(run, stages)
    if table.empty:
        return None
    times = run.layout.times
    chosen = times[np.unique(np.linspace(0, len(times) - 1, min(moments, len(times))).round().astype(int))]
    table = table[table["time"].isin(chosen)][["stage", "time", "mean", "q10", "q90"]]
    titles = {name: stage.title for name, stage in run.scenario.procedure.stages.items()}
    each, drawn = dots.dot_size(table), dots.one_after_the_other if moving else dots.side_by_side
    how = (
        "Stages stand side by side; Play or the slider shows one date after the other."
        if moving
        else "Dates stand side by side; stages below one another, in the order in which a case goes through them."
    )
    return Figure(
        "where-cases-go" if moving else "where-cases-are",
        _where_title(run, table, titles, stages is not None),
        f"{words.of_run(run)} · full dots: mean; with the hollow ones: what one in ten replications exceeds",
        f"A full dot stands for {f'{each:,} cases' if each > 1 else 'a case'} in progress in a stage on average, a"
        f" hollow one for more that one in ten replications exceeds; the number is the mean. {how}",
        drawn(table, run.scenario.start, titles),
        _dated(run, table.assign(stage=table["stage"].map(titles))),
    )


def _where_title(run: Run, table: pd.DataFrame, titles: dict[str, str], chosen: bool) -> str:
    """The stage with most cases at the horizon, and on the first day."""
    ends, start, horizon = _ends(table), run.scenario.start, run.scenario.horizon
    before, after = max(ends, key=lambda name: ends[name].first), max(ends, key=lambda name: ends[name].last)
    if not ends[after].last:
        return f"No case is in progress on {horizon}"
    total = _together(ends.values() if chosen else _all(run))
    of_all = f"{words.count(ends[after].last)} of {words.count(total.last)}"
    where = f"On {horizon} most cases in progress are at the stage “{titles[after]}”: {of_all}"
    if before == after or not ends[before].first:
        return where
    return f"{where}; on {start} they are at “{titles[before]}”"


def _dated(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """A series over time as it is shown: dates, names in words, few digits."""
    table = table.assign(time=days(run.scenario.start, table["time"].tolist()))
    numbers = table.select_dtypes("number").columns
    names = {"time": "date", "q10": "80% from", "q90": "80% to", "q25": "50% from", "q75": "50% to",
             "age": "mean age, days"}  # fmt: skip
    return table.assign(**table[numbers].round(1)).dropna(axis="columns", how="all").rename(columns=names)
