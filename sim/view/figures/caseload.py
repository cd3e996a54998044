"""Figures of the caseload: how many cases are in progress, where, and beyond which target; and as dots."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sim.results.estimates import subjects
from sim.results.run import Run
from sim.results.summary import BEFORE, HEADLINE
from sim.view import words
from sim.view.charts import dots
from sim.view.charts.curves import curves
from sim.view.charts.looks import Look, looks
from sim.view.charts.style import INK, days
from sim.view.figures.figure import Figure
from sim.view.figures.listed import BOUNDS, as_shown, change, headline_change, place_titles, subject

FRAMES = 13
"""Dates at which it is shown where the cases are, one after the other; fewer in fewer months."""
OWN_SCALE = "Each panel has its own scale."
MIN_CASES_SHOWN = 0.5
"""A stage that never has more cases in progress on average is left out unless asked for."""


def pending(run: Run, stages: Sequence[str] | None = None) -> Figure | None:
    """Cases in progress over time: the headline cases and their stages, those beyond a target's time, and the others.

    `stages`: those shown, by default all in which cases are in progress. None if no case is ever in progress in them.
    A case is beyond a target's time if it is in progress, has not reached the target's milestone, and more days than
    the target allows have passed since the stage from which it counts.
    """
    by_stage, left_out = shown(run, stages)
    if by_stage.empty:
        return None
    panels = _panels(run, by_stage, whole=stages is None)
    table = pd.concat([rows.assign(of=heading) for heading, rows in panels.items()], ignore_index=True)
    series = _looks(run)
    return Figure(
        "pending",
        _title(run, by_stage, chosen=stages is not None),
        f"{words.of_run(run)} · lines: mean; bands: middle 80%",
        _caption(run, left_out) if stages is None else OWN_SCALE,
        curves(panels, series),
        as_shown(
            table.assign(series=[series[key].title for key in table["series"]], date=table["x"].dt.date),
            {"of": "of", "series": "series", "date": "date", "y": "mean", **BOUNDS},
        ),
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


def _panels(run: Run, by_stage: pd.DataFrame, *, whole: bool) -> dict[str, pd.DataFrame]:
    """What each panel shows, by its heading; `whole`: also the headline cases together, and those beyond a target."""
    layout, backlog = run.layout, _series(run, run.table("backlog"))
    stages = _series(run, by_stage)
    headline = stages[stages["series"].isin(layout.headline_stages)]
    before = stages[~stages["series"].isin(layout.headline_stages)]
    if whole:
        total = backlog[backlog["series"] == HEADLINE]
        several = len(set(headline["series"])) > 1
        headline = pd.concat([total, _without_bands(headline)], ignore_index=True) if several else total
    late = backlog[backlog["series"].isin(layout.targets)]
    panels = {
        subject(run): headline,
        "Of these, beyond a target's time": _without_bands(late if whole else late.iloc[:0]),
    }
    if BEFORE in layout.populations:
        panels[subjects(layout)["population"][BEFORE].capitalize()] = before
    return {heading: rows for heading, rows in panels.items() if len(rows) and rows["y"].any()}


def _series(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """A table of numbers over time as curves, with its bands; whole numbers of cases in the bands."""
    day, end = days(run.scenario.start, table["time"]), table["mean"].map(words.count)
    own = table[["mean", "q10", "q90"]].rename(columns={"mean": "y"})
    return own.assign(series=table.iloc[:, 0], x=day, low=own["q10"], high=own["q90"], end=end)


def _without_bands(table: pd.DataFrame) -> pd.DataFrame:
    """Bands on one another cannot be told apart: they are in the table only."""
    return table.assign(low=np.nan, high=np.nan)


def _looks(run: Run) -> dict[str, Look]:
    """How the headline cases, the targets and the stages are drawn."""
    late = {key: look._replace(colour=INK) for key, look in looks(_targets(run)).items()}
    return {HEADLINE: Look("in all"), **late, **looks(place_titles(run))}


def _ends(table: pd.DataFrame) -> pd.DataFrame:
    """The mean number on the first day and at the horizon, of each stage or series of a table."""
    return table.groupby(table.columns[0], sort=False)["mean"].agg(["first", "last"])


def _title(run: Run, table: pd.DataFrame, *, chosen: bool) -> str:
    """How the headline cases in progress change and how many are late, or those in the stages that were asked for."""
    horizon, ends = words.month_of(run.scenario.horizon), _ends(table)
    if chosen:
        where, both = words.listing(place_titles(run)[stage] for stage in ends.index), ends.sum()
        return f"The number of cases in progress in {where} {change(both['first'], both['last'])} by {horizon}"
    ends = _ends(run.table("backlog"))
    late = ends.loc[run.layout.targets, "last"]
    said = f"{words.sentence(headline_change(run))} by {horizon}"
    if not late.any():
        return said
    worst = words.quoted(_targets(run)[str(late.idxmax())])
    return f"{said}, {words.whole(late.max())} of them beyond the time of the target {worst}"


def _targets(run: Run) -> dict[str, str]:
    """The titles of the targets, by key."""
    pairs = zip(run.layout.targets, run.scenario.targets, strict=True)
    return {key: target.title or key for key, target in pairs}


def _caption(run: Run, left_out: Sequence[str]) -> str:
    """How old the headline cases grow, and what is left out."""
    said = f"{OWN_SCALE}{age(run)}"
    if left_out:
        few = words.listing(place_titles(run)[stage] for stage in left_out)
        said += f" Left out, as there is less than half a case: {few}."
    return said


def age(run: Run) -> str:
    """How old headline cases in progress grow, as a further sentence; nothing if none ever is."""
    table = run.table("backlog")
    ages = table.loc[table["series"] == HEADLINE, "age"].dropna()
    if ages.empty:
        return ""
    first, last = words.count(ages.iloc[0]), words.count(ages.iloc[-1])
    return f" The mean age of those in progress goes from {first} to {last} days."


def where_cases_go(run: Run, stages: Sequence[str] | None = None) -> Figure | None:
    """Where the cases are, as dots, one date after the other, to be played or chosen; it stands still until then.

    `stages`: those shown, by default all in which cases are in progress. None if none ever is.
    """
    table, _ = shown(run, stages)
    if table.empty:
        return None
    times = run.layout.times
    chosen = times[np.unique(np.linspace(0, len(times) - 1, min(FRAMES, len(times))).round().astype(int))]
    table = table[table["time"].isin(chosen)][["stage", "time", "mean", "q10", "q90"]]
    each = dots.dot_size(table)
    return Figure(
        "where-cases-go",
        _where_title(run, table),
        f"{words.of_run(run)} · full dots: mean; with the hollow ones: what one in ten exceeds",
        f"A full dot stands for {f'{each:,} cases' if each > 1 else 'a case'} in progress in a stage on average, a"
        " hollow one for what one in ten simulations has beyond that. Play or the slider goes from date to date.",
        dots.one_after_the_other(table, run.scenario.start, place_titles(run)),
        as_shown(
            table.assign(stage=table["stage"].map(place_titles(run)), date=days(run.scenario.start, table["time"])),
            {"stage": "stage", "date": "date", "mean": "mean", **BOUNDS},
        ),
    )


def _where_title(run: Run, table: pd.DataFrame) -> str:
    """The stage with more cases than any other at the horizon."""
    last, horizon = _ends(table)["last"], words.date_of(run.scenario.horizon)
    if not last.any():
        return f"No case is in progress on {horizon}"
    most = str(last.idxmax())
    of_all = f"{words.whole(last[most])} of {words.whole(last.sum())}"
    return f"On {horizon} the largest number in progress is in {place_titles(run)[most]}: {of_all}"
