"""How good forecasts were: scores, whether intervals hold what they promise, and where the truth lay in them."""

from datetime import date
from itertools import pairwise
from math import isfinite

import numpy as np
import pandas as pd

from sim.inference.backtest import FORECASTERS, MODEL, Backtest, Scored
from sim.inference.scores import FEWEST_CLUSTERS, LEVELS, SEED, MeanInterval, clustered_mean
from sim.results.summary import Floats
from sim.view.charts.intervals import intervals
from sim.view.charts.looks import Look, looks
from sim.view.charts.style import INK, PALETTE
from sim.view.figures.figure import Figure
from sim.view.titles import NAMES
from sim.view.verdicts import MIN_DIFFERENCE, conclusion, few
from sim.view.words import listing, month_of, plural, share

BINS = 10
"""Classes of the PIT histogram."""
SIMULATED = 2000
"""Simulated histograms behind the band of sampling variation."""
PROMISED = "promised"
SCORED = looks(NAMES) | {PROMISED: Look("as promised", INK, symbol="line-ns")}
PLACES = {
    "band": Look("sampling variation", "#767676"),
    "held": Look("truths", PALETTE[0]),
    "outside": Look("truths, beyond sampling variation", PALETTE[5], symbol="diamond"),
}


def coverage(backtest: Scored) -> Figure:
    """How much of the truth the 50%, 80% and 95% intervals of each forecaster hold, with confidence intervals."""
    table = _coverage_table(backtest)
    model = table[(table["forecaster"] == MODEL) & (table["level"] == 0.8)].iloc[0]
    drawn = _finite(table).assign(row=table["forecaster"].map(NAMES), series=table["forecaster"], value=table["held"])
    promised = drawn.assign(series=PROMISED, value=drawn["level"], low=np.nan, high=np.nan)
    both = pd.concat([drawn, promised], ignore_index=True)
    panels = {f"{level:.0%} intervals": both[both["level"] == level] for level in LEVELS}
    return Figure(
        "backtest-coverage",
        f"The model's 80% intervals contain {share(model['held'])}{_between(model)} of the outcomes:"
        f" {_verdict(model, backtest.clusters)}",
        f"{scored(backtest)} · {_whiskers(backtest)}",
        _coverage_caption(backtest),
        intervals(panels, SCORED, tickformat=".0%", axis="share of the truth that they hold", apart=0),
        _scored(table, {"level": "interval", "held": "share of the truth that it holds"}),
    )


def _coverage_table(backtest: Scored) -> pd.DataFrame:
    rows = []
    for forecaster in FORECASTERS:
        mine = backtest.table[backtest.table["forecaster"] == forecaster]
        for level in LEVELS:
            held = clustered_mean(mine[f"cover{level * 100:.0f}"].to_numpy(), mine[backtest.clusters].tolist(), SEED)
            rows.append((forecaster, level, *held))
    return pd.DataFrame(rows, columns=["forecaster", "level", "held", "low", "high"])


def _between(row: "pd.Series[float]") -> str:
    return f" ({share(row['low'])} to {share(row['high'])})" if isfinite(row["low"]) else ""


def _verdict(row: "pd.Series[float]", clusters: str) -> str:
    if not isfinite(row["low"]):
        return f"too few {clusters}s to judge whether that is right"
    if row["high"] < row["level"]:
        return "significantly fewer than they should"
    return (
        "significantly more than they should" if row["low"] > row["level"] else "as they should, within sampling error"
    )


def _coverage_caption(backtest: Scored) -> str:
    model = backtest.scores.iloc[0]
    caption = "An 80% interval should contain the truth 8 times in 10; what has not yet happened counts in part."
    if model["happened"]:
        caption += (
            f" Of the {model['happened']} of {model['forecasts']} that happened, the model's contain"
            f" {share(model['came80'])}."
        )
    return caption + _few(backtest)


def pit(backtest: Scored) -> Figure:
    """Where the truth lay in the model's forecasts: flat is right; with the band of sampling variation."""
    held, (low, high) = backtest.pit_histogram(bins=BINS), _sampling_band(backtest)
    edges = np.linspace(0, 1, BINS + 1)
    table = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "held": held, "low": low, "high": high}).round(4)
    table["outside"] = (held < low) | (held > high)
    drawn = table.assign(row=[f"{begin:.0%} to {end:.0%}" for begin, end in pairwise(edges)])
    band = drawn.assign(series="band", value=np.nan)
    truths = drawn.assign(series=np.where(drawn["outside"], "outside", "held"), value=drawn["held"], low=np.nan)
    return Figure(
        "backtest-pit",
        _pit_title(table, backtest),
        f"{scored(backtest)} · grey: where 95 of 100 true forecasts have all their marks",
        "Rows: the chance given to coming earlier than it did. Right forecasts have a tenth in each; many in the middle"
        f" mean intervals too wide, at the ends too narrow.{_few(backtest)}",
        intervals(
            {"": pd.concat([band, truths], ignore_index=True)}, PLACES, tickformat=".0%", axis="share of truths",
            rule=1 / BINS, apart=0,
        ),
        table.rename(columns={"held": "share of truths", "low": "sampling band, from", "high": "sampling band, to"}),
    )  # fmt: skip


def _pit_title(table: pd.DataFrame, backtest: Scored) -> str:
    number = backtest.moving_apart
    if number < FEWEST_CLUSTERS:
        words = f"{plural(number, backtest.clusters)} {'is' if number == 1 else 'are'} too few to judge"
        return f"{words} whether the truths lie evenly in the model's forecasts"
    beyond = table[table["outside"]]
    if beyond.empty:
        return f"The truths lie evenly in the model's forecasts within sampling error, in all {len(table)} classes"
    parts = (f"{share(row['held'])} between {row['from']:.0%} and {row['to']:.0%}" for _, row in beyond.iterrows())
    even = f"and not {1 / len(table):.0%}"
    return f"The truths lie less evenly in the model's forecasts than sampling error explains: {listing(parts)}, {even}"


def _sampling_band(backtest: Scored) -> tuple[Floats, Floats]:
    """The band that holds all classes of the histogram together in 95 of 100 cases if the model's forecasts are true.

    Each strand has one uniform number, the rank of its truth in every forecast of it; where that is beyond what the
    forecast gave until the last day, the truth is spread over the rest, as the real ones are.
    """
    mine = backtest.table[backtest.table["forecaster"] == MODEL]
    probability = mine["probability"].to_numpy(dtype=float)[:, None]
    edges = np.linspace(0, 1, BINS + 1)
    rest = np.clip(np.minimum(edges[1:], 1.0) - np.maximum(edges[:-1], probability), 0, None) / np.maximum(
        1 - probability, 1e-12
    )
    codes = mine.groupby("strand").ngroup().to_numpy()
    drawn = np.random.default_rng(SEED).random((SIMULATED, int(codes.max()) + 1))[:, codes]
    shares = np.zeros((SIMULATED, BINS))
    for number, ranks in enumerate(drawn):
        came = ranks < probability[:, 0]
        counts = np.bincount((ranks[came] * BINS).astype(int), minlength=BINS)
        shares[number] = (counts + rest[~came].sum(axis=0)) / len(mine)
    spread = shares.std(axis=0)
    wide = np.quantile((np.abs(shares - 1 / BINS) / np.maximum(spread, 1e-12)).max(axis=1), 0.95)
    return np.maximum(1 / BINS - wide * spread, 0.0), 1 / BINS + wide * spread


def scores(backtest: Scored) -> Figure:
    """CRPS and Brier score of every forecaster, and by how much the model is better, with intervals."""
    rows = backtest.scores
    panels = {
        "CRPS (0 is best)": _panel(rows, "crps"),
        "Brier score (0 is best)": _panel(rows, "brier"),
        "the model is better by (CRPS)": _panel(rows[rows["forecaster"] != MODEL], "gain"),
    }
    table = pd.concat([own.assign(measure=measure) for measure, own in panels.items()], ignore_index=True)
    drawn = {
        heading: _finite(own).assign(row=own["forecaster"].map(NAMES), series=own["forecaster"], value=own["score"])
        for heading, own in panels.items()
    }
    return Figure(
        "backtest-scores",
        conclusion(backtest).removesuffix("."),
        f"{scored(backtest)} · {_whiskers(backtest)}",
        "CRPS: squared error of the chance of a milestone by each day, on average; Brier: of the last day alone. A line"
        f" of the last panel beyond zero: a significant difference.{_few(backtest)}",
        intervals(drawn, SCORED, rule=0, apart=0),
        _scored(table[["measure", "forecaster", "score", "low", "high"]], {}),
    )


def _panel(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    columns = {name: "score", f"{name}_ci_low": "low", f"{name}_ci_high": "high"}
    return rows[["forecaster", *columns]].rename(columns=columns).reset_index(drop=True)


def by_origin(backtest: Backtest) -> Figure | None:
    """The mean CRPS of the forecasts of each day, by forecaster; None for a backtest of one day."""
    if len(backtest.origins) == 1:
        return None
    table = backtest.by_origin
    days = [_of_day(backtest, day) for day in table["origin"]]
    table = table.assign(low=[one.low for one in days], high=[one.high for one in days])
    best = int((table[list(FORECASTERS)].min(axis=1) >= table[MODEL] - MIN_DIFFERENCE).sum())
    drawn = table.assign(row=[f"{month_of(day)}" for day in table["origin"]]).melt(
        ["row", "low", "high"], list(FORECASTERS), "series", "value"
    )
    drawn.loc[drawn["series"] != MODEL, ["low", "high"]] = np.nan
    digits = {name: table[name].round(4) for name in (*FORECASTERS, "low", "high")}
    data = table.assign(origin=pd.to_datetime(table["origin"]), **digits).round(
        {"effective_draws": 1, "prior_predictive_p": 3}
    )
    return Figure(
        "backtest-by-origin",
        f"The calibrated model scored best, or as well as the best, on {best} of {len(table)} days",
        f"{scored(backtest)} · {_whiskers(backtest)}",
        "Mean score of the forecasts of each day; 0 is best. Later days look less far ahead, so their scores are"
        " smaller: compare the marks of one day with each other.",
        intervals({"": _finite(drawn)}, SCORED, axis="CRPS (0 is best)", rule=0),
        _finite(data).rename(columns=NAMES | _BY_ORIGIN),
    )


_BY_ORIGIN = {
    "origin": "forecast of",
    "effective_draws": "draws worth",
    "prior_predictive_p": "prior predictive p-value",
    "low": "the model: 95% interval, low",
    "high": "the model: 95% interval, high",
}


def _of_day(backtest: Backtest, day: date) -> MeanInterval:
    mine = backtest.table[(backtest.table["origin"] == day) & (backtest.table["forecaster"] == MODEL)]
    return clustered_mean(mine["crps"].to_numpy(), mine["proceeding"].tolist(), SEED)


def scored(backtest: Scored) -> str:
    """What was forecast when, of how many cases, and when it was looked up: a subtitle."""
    model = backtest.table[backtest.table["forecaster"] == MODEL]
    cases = f"{plural(model['strand'].nunique(), 'strand')} in {plural(model['proceeding'].nunique(), 'proceeding')}"
    return f"{plural(len(model), 'forecast')} {backtest.days}, {cases}, scored on {backtest.truth}"


def _whiskers(backtest: Scored) -> str:
    if backtest.moving_apart < FEWEST_CLUSTERS:
        return f"no intervals, as there are too few {backtest.clusters}s for them"
    return f"lines: 95% confidence, whole {backtest.clusters}s drawn anew"


def _few(backtest: Scored) -> str:
    return few(backtest.moving_apart, backtest.clusters)


def _scored(table: pd.DataFrame, named: dict[str, str]) -> pd.DataFrame:
    """A table of scores with names for people."""
    numbers = table.select_dtypes("number").columns
    data = table.assign(forecaster=table["forecaster"].map(NAMES), **{name: table[name].round(4) for name in numbers})
    return _finite(data).rename(columns={**named, "low": "95% interval, low", "high": "95% interval, high"})


def _finite(table: pd.DataFrame) -> pd.DataFrame:
    return table.replace([np.inf, -np.inf], np.nan)
