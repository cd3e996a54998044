"""Figures of durations: how long the stages take, and why."""

from collections.abc import Sequence
from math import isfinite

import numpy as np
import pandas as pd

from sim.results.run import Run
from sim.view import words
from sim.view.charts import durations as charts
from sim.view.figures.figure import Figure

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
    curves = run.table("survival")
    observed = set(curves["stage"].unique())
    chosen = [stage for stage in shown_stages(run, stages) if stage in observed]
    if not chosen:
        return None
    titles = {name: stage.title for name, stage in run.scenario.procedure.stages.items()}
    known = run.table("durations").set_index("stage").loc[chosen]
    drawn = pd.concat([_thinned(curves[curves["stage"] == stage]) for stage in chosen], ignore_index=True)
    return Figure(
        "durations",
        _title(known, titles),
        f"{words.of_run(run)} · each curve is over all visits of all replications, by Kaplan-Meier",
        "Each curve starts with all visits to a stage and falls as they end; where it crosses the dotted line, half"
        " have ended. Visits still in progress at the horizon count as longer than what was seen of them.",
        charts.survival(drawn, titles),
        _table(known, titles),
    )


def _thinned(curve: pd.DataFrame) -> pd.DataFrame:
    """A curve from its beginning with as many of its steps as can be seen."""
    begin = pd.DataFrame({"stage": curve["stage"].iloc[:1], "age": 0.0, "survival": 1.0})
    if len(curve) > POINTS:
        ages = curve["age"].to_numpy()
        at = np.searchsorted(ages, np.linspace(ages[0], ages[-1], POINTS), side="right") - 1
        curve = curve.iloc[np.unique(np.clip(at, 0, len(ages) - 1))]
    return pd.concat([begin, curve[["stage", "age", "survival"]]])


def _title(known: pd.DataFrame, titles: dict[str, str]) -> str:
    """The two stages that take longest."""
    longest = known.sort_values("median", ascending=False).head(2)
    parts = [
        f"more than {words.count(median)} days in {titles[str(stage)]}"
        for stage, median in longest["median"].items()
        if isfinite(median)
    ]
    if not parts:
        return f"Of the visits to {titles[str(longest.index[0])]}, more than half outlast the time that is observed"
    return f"Half of the visits take {words.listing(parts)}"


def _table(known: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "stage": [titles[str(stage)] for stage in known.index],
            "visits per replication": known["visits"].round(1).tolist(),
            "share whose end is seen": known["ended"].round(3).tolist(),
            "median days": known["median"].round(0).tolist(),
            "80% from": known["q10"].round(0).tolist(),
            "80% to": known["q90"].round(0).tolist(),
        }
    )


def where_days_go(run: Run, stages: Sequence[str] | None = None) -> Figure | None:
    """What the days of a visit to each stage are spent on: work, waiting for staff, the party, procedure, holds."""
    chosen = shown_stages(run, stages)
    if not chosen:
        return None
    table = run.table("delay").set_index("stage").loc[chosen].reset_index()
    titles = {name: stage.title for name, stage in run.scenario.procedure.stages.items()}
    parts = {name: word for name, word in PARTS.items() if name in ("work", "staff") or table[name].max() > 0.05}
    return Figure(
        "where-days-go",
        _where_title(run),
        f"{words.of_run(run)} · whiskers hold the central 80% of the replications",
        _where_caption(table, titles),
        charts.where_days_go(table, titles, parts),
        table.assign(stage=[titles[stage] for stage in chosen])
        .round(1)
        .rename(columns={**PARTS, "q10": "80% from", "q90": "80% to"})[
            ["stage", "days", *parts.values(), "80% from", "80% to"]
        ],
    )


def shares_of_days(run: Run) -> dict[str, float]:
    """The share of the days of headline cases that each part takes, the largest first; empty without days."""
    return dict(run.table("share_of_days").set_index("part")["value"])


def _where_title(run: Run) -> str:
    """Why it takes so long: the shares of the days of headline cases."""
    first = run.scenario.procedure.stages[run.layout.headline_stages[0]].title
    where = f"From {first} on" if run.scenario.procedure.headline else "Of all days"
    shares = shares_of_days(run)
    if not shares:
        return f"{where}, no days are spent"
    named = [part for part in shares if shares[part] >= 0.01 or part == "staff"]
    in_words = [f"{words.share(shares[part])} {PARTS[part]}" for part in named]
    return f"Why it takes so long: {where[0].lower() + where[1:]}, {words.listing(in_words)}"


def _where_caption(table: pd.DataFrame, titles: dict[str, str]) -> str:
    worst = table.sort_values("staff").iloc[-1]
    waits = f"{words.count(max(worst['staff'], 0.0))} of {words.count(worst['days'])} days in {titles[worst['stage']]}"
    dormant = " Dormancy is time in which nobody was to work on the case." if table["dormancy"].max() > 0 else ""
    return (
        "Each bar is one visit to a stage, on average. Waiting for staff is what the visit takes beyond the time that"
        f" it would take with unlimited staff; it is longest with {waits}. Only that part can more people"
        f" shorten.{dormant}"
    )
