"""Scores of forecasts on a terminal, whether they were made of the past or kept: in all, by milestone, and totals."""

from collections.abc import Iterator, Mapping
from math import isfinite, nan

import pandas as pd
from rich.console import RenderableType
from rich.text import Text

from sim.inference.backtest import FORECASTERS, MODEL, Scored
from sim.inference.histories import MILESTONES
from sim.inference.track_record import TrackRecord
from sim.view.terminal.tables import Column, Write, between, columns, table
from sim.view.titles import NAMES, TITLES
from sim.view.verdicts import few
from sim.view.words import share, spark


def written(form: str) -> Write:
    """How a score is written: with a dash where there is none."""
    return lambda value: f"{value:{form}}" if isfinite(value) else "-"


THREE, SIGNED, NUMBER = written(".3f"), written("+.3f"), written(".0f")
MEANS = columns({name: NAMES[name] for name in FORECASTERS}, THREE)
"""The mean score of each forecaster."""
SCORES = (
    columns({"forecaster": "forecast by"})
    | columns({"crps": "CRPS"}, THREE)
    | between("crps_ci_low", "crps_ci_high", THREE, "95%")
    | columns({"gain": "model better by"}, SIGNED)
    | between("gain_ci_low", "gain_ci_high", SIGNED, "95% ")
    | columns({"brier": "Brier"}, THREE)
    | columns({"cover50": "50%", "cover80": "80%", "cover95": "95%"}, share, over="intervals hold")
)
"""The scores of a forecaster."""
COVERAGE = between("cover80_ci_low", "cover80_ci_high", share, "80% hold") | columns(
    {"came80": "hold", "came80_expected": "expected"}, share, over="80%, of what came"
)
"""What is known besides of its 80% intervals."""
CRPS = (
    "CRPS: mean squared error of the probability by each day up to the last (0 is best; proper for censored times)."
    " Brier: of the probability on the last day. 50%, 80%, 95%: how much of the truth such intervals hold"
)


def scores(
    of: Scored | TrackRecord,
    milestone: str | None = None,
    names: Mapping[str, str] = NAMES,
    shown: Mapping[str, Column] = SCORES | COVERAGE,
    note: str = "",
) -> RenderableType:
    """The pooled scores of each forecaster by its name, over all forecasts or those of one milestone."""
    rows = of.scores_of(milestone)
    first, model = rows.iloc[0], rows["forecaster"] == MODEL
    rows = rows.assign(forecaster=rows["forecaster"].map(names))
    rows.loc[model, ["gain", "gain_ci_low", "gain_ci_high"]] = nan  # over itself
    which = TITLES[milestone] if milestone else "all forecasts together"
    title = f"Scores: {which} ({first['forecasts']} forecasts, {first['happened']} happened)"
    return table(rows, shown, title, note)


def forecast_milestones(of: Scored | TrackRecord) -> Iterator[str]:
    """The milestones that were forecast."""
    yield from (name for name in MILESTONES if (of.table["milestone"] == name).any())


def all_scores(of: Scored) -> RenderableType:
    """The scores of all forecasts of the past, with what the columns mean."""
    rest = (
        f"; then only of what came by then, and what a true forecast would. 'Between': 95% confidence, {of.clusters}s"
    )
    return scores(of, note=f"{CRPS}{rest} resampled.")


def truths(of: Scored) -> Text:
    """Where the truths lay, and how small the sample is."""
    bars = of.pit_histogram()
    flat = "Where the truth lay in the model's forecasts, from early to late (flat is right): "
    return Text(f"{flat}{spark(list(bars), bars.max())}.{few(of.moving_apart, of.clusters)}")


def with_came(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with how many of the forecasts came."""
    return rows.assign(came=rows["happened"].astype(str) + " of " + rows["forecasts"].astype(str))


def totals(rows: pd.DataFrame, day: str, title: str, note: str = "") -> RenderableType:
    """Counts that were forecast on a `day` beside what happened."""
    inside = rows["q10"].le(rows["truth"]) & rows["truth"].le(rows["q90"])
    rows = rows.assign(inside=inside.map({True: "yes", False: "no"}), of="Forecast of " + rows[day].astype(str))
    shown = columns({"what": "what"} | ({"date": "by"} if "date" in rows else {}))
    shown |= columns({"median": "median"}, NUMBER) | between("q10", "q90", NUMBER)
    shown |= columns({"truth": "what happened"}, NUMBER) | columns({"inside": "inside"})
    return table(rows, shown, title, note, group="of")
