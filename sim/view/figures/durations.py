"""Figures of durations: how long the stages take, and why."""

from collections.abc import Hashable, Sequence
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from sim.results.run import Run
from sim.view import words
from sim.view.charts.curves import curves
from sim.view.charts.looks import MUTED, looks
from sim.view.charts.stacks import stacked
from sim.view.figures.figure import Figure
from sim.view.figures.listed import BOUNDS, as_shown, place_titles, subject

POINTS = 120
"""Points of a curve that are drawn: more than a screen can show."""
MIN_VISITS_SHOWN = 0.05
"""Visits to a stage per replication below which it is not shown unless asked for."""
PARTS = {
    "work": "work",
    "staff": "waiting for staff",
    "party": "the party's time",
    "procedure": "procedure",
    "hold": "holds",
    "dormancy": "dormancy",
    "queue": "queue at a limit",
}
"""Where days go, in words."""
WAITING = {
    "staff": "for staff",
    "party": "for the party",
    "procedure": "for the procedure",
    "hold": "on hold",
    "dormancy": "lying dormant",
    "queue": "in a queue",
}
"""The same of days without work, in a sentence."""
VISITS = {
    "row": "stage", "visits": "visits per simulation", "ended": "share whose end is seen", "median": "median days",
    **BOUNDS,
}  # fmt: skip
"""Columns of the table of durations, as they are called."""
WHOLE = {"median": 0, "q10": 0, "q90": 0}
"""Digits of days in that table."""
LEAST = 0.01
"""Share of the days of a part that a sentence names."""
SHOWN, SELDOM = ("work", "staff"), 0.05
"""Parts that are always shown, and days below which the others are not."""


def shown_stages(run: Run, stages: Sequence[str] | None) -> list[str]:
    """The stages asked for in the procedure's order; by default those with cases in progress, seldom ones left out.

    Stages that no case visits are never among them.
    """
    visits = dict(run.data["visits"].mean("replication").to_series())
    if stages is not None:
        return [stage for stage in visits if stage in stages and visits[stage] > 0]
    open_stages = [stage for stage in run.layout.open_stages if visits[stage] > 0]
    return [stage for stage in open_stages if visits[stage] >= MIN_VISITS_SHOWN] or open_stages


def durations(run: Run, stages: Sequence[str] | None = None) -> Figure | None:
    """How long visits to the stages take: the share that lasts longer than so many days.

    The record's curves are not beside them: they are of past cases and of the staff of their time. A calibration
    compares like with like, in its figure `calibration-curves`.
    """
    survival = run.table("survival")
    observed = set(survival["stage"].unique())
    chosen = [stage for stage in shown_stages(run, stages) if stage in observed]
    if not chosen:
        return None
    titles = place_titles(run)
    known = run.table("durations").set_index("stage").loc[chosen]
    panels = {titles[stage]: _thinned(survival[survival["stage"] == stage]) for stage in chosen}
    solid = {stage: look._replace(dash="solid") for stage, look in looks(titles).items()}
    return Figure(
        "durations",
        _title(known, titles),
        f"{words.of_run(run)} · all visits in all of these, Kaplan-Meier estimates",
        "Each curve starts with all visits to a stage and falls as they end; at the dotted line half have ended. Visits"
        " in progress at the horizon count as lasting longer than was seen.",
        curves(panels, solid, shares=True, x="days in the stage"),
        as_shown(known.round(WHOLE).assign(row=[titles[name] for name in chosen]), VISITS, 2),
    )  # fmt: skip


def _thinned(curve: pd.DataFrame) -> pd.DataFrame:
    """A curve from its beginning with as many of its steps as can be seen."""
    begin = pd.DataFrame({"stage": curve["stage"].iloc[:1], "age": 0.0, "survival": 1.0})
    if len(curve) > POINTS:
        ages = curve["age"].to_numpy()
        at = np.searchsorted(ages, np.linspace(ages[0], ages[-1], POINTS), side="right") - 1
        curve = curve.iloc[np.unique(np.clip(at, 0, len(ages) - 1))]
    drawn = pd.concat([begin, curve[["stage", "age", "survival"]]])
    return drawn.set_axis(["series", "x", "y"], axis=1).assign(low=np.nan, high=np.nan)


def _title(known: pd.DataFrame, titles: dict[str, str]) -> str:
    """The two stages that take longest."""
    longest = known.sort_values("median", ascending=False).head(2)
    parts = [
        f"longer than {words.whole(median)} days in {titles[str(stage)]}"
        for stage, median in longest["median"].items()
        if isfinite(median)
    ]
    if not parts:
        return f"Of the visits to {titles[str(longest.index[0])]}, more than half outlast the time that is observed"
    return f"Half of all visits last {words.listing(parts)}"


def where_days_go(run: Run, stages: Sequence[str] | None = None) -> Figure | None:
    """What the days of a visit to each stage are spent on: work, waiting for staff, the party, procedure, holds."""
    chosen = shown_stages(run, stages)
    if not chosen:
        return None
    table = run.table("delay").set_index("stage").loc[chosen].reset_index()
    titles = place_titles(run)
    table["row"] = table["stage"].map(titles)
    parts = {name: look for name, look in looks(PARTS, MUTED).items() if name in SHOWN or table[name].max() > SELDOM}
    written = [words.count(days) for days in table[list(parts)].clip(lower=0).sum(axis=1)]
    return Figure(
        "where-days-go",
        why_so_long(run) or f"{subject(run)} take no time",
        f"{words.of_run(run)} · mean days of a visit to a stage; whiskers: middle 80%",
        _where_caption(table),
        stacked(table.assign(low=table["q10"], high=table["q90"], text=written), parts, axis="mean days of a visit"),
        as_shown(
            table,
            {"row": "stage", "days": "days"} | {part: PARTS[part] for part in parts} | BOUNDS,
        ),
    )


def shares_of_days(run: Run) -> dict[str, dict[Hashable, Any]]:
    """The rows of what the days of headline cases are spent on, by part, the largest first; empty without days."""
    return {row["part"]: row for row in run.table("share_of_days").to_dict("records")}


def why_so_long(run: Run) -> str:
    """How much of the time of headline cases is no work on them, and what it is, without a full stop; empty of none."""
    shares = {part: float(row["value"]) for part, row in shares_of_days(run).items()}
    if not shares:
        return ""
    waits = {part: share for part, share in shares.items() if part in WAITING and share >= LEAST}
    if not waits:
        return f"{subject(run)} wait less than {words.share(LEAST)} of their time"
    named = words.listing(f"{words.share(share)} {WAITING[part]}" for part, share in waits.items())
    return f"{subject(run)} wait {words.share(1 - shares['work'])} of their time: {named}"


def _where_caption(table: pd.DataFrame) -> str:
    worst = table.sort_values("staff").iloc[-1]
    waits = f"{words.count(max(worst['staff'], 0.0))} of {words.count(worst['days'])} days in {worst['row']}"
    return (
        "Waiting for staff is the time that a visit takes beyond what it would take with unlimited staff: at most"
        f" {waits}. More people can shorten only that part."
    )
