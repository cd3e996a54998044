"""How good forecasts were: scores, whether intervals hold what they promise, and where the truth lay in them."""

from math import isfinite

import numpy as np
import pandas as pd

from sim.inference.backtest import FORECASTERS, MODEL, Backtest, Scored
from sim.inference.scores import FEWEST_CLUSTERS, LEVELS
from sim.view.charts.intervals import intervals
from sim.view.charts.looks import Look, looks
from sim.view.charts.style import INK, PALETTE
from sim.view.figures.figure import Figure
from sim.view.titles import NAMES
from sim.view.verdicts import MIN_DIFFERENCE, conclusion, few
from sim.view.words import interval, listing, month_of, plural, share

PROMISED = "promised"
SCORED = looks(NAMES) | {PROMISED: Look("as promised", INK, symbol="line-ns")}
PLACES = {
    "band": Look("sampling variation", "#767676"),
    "held": Look("truths", PALETTE[0]),
    "outside": Look("truths, beyond sampling variation", PALETTE[5], symbol="diamond"),
}
BOUNDS = {"low": "95% interval, low", "high": "95% interval, high"}


def coverage(backtest: Scored) -> Figure:
    """How much of the truth the 50%, 80% and 95% intervals of each forecaster hold, with confidence intervals."""
    rows = backtest.scores
    table = pd.concat([_score(rows, f"cover{level * 100:.0f}").assign(level=level) for level in LEVELS])
    table = table.sort_index(kind="stable").reset_index(drop=True)
    model = table[(table["forecaster"] == MODEL) & (table["level"] == 0.8)].iloc[0]
    drawn = _drawn(table)
    promised = drawn.assign(series=PROMISED, value=drawn["level"], low=np.nan, high=np.nan)
    both = pd.concat([drawn, promised], ignore_index=True)
    return Figure(
        "backtest-coverage",
        f"The model's 80% intervals contain {_held(model)} of the outcomes: {_verdict(model, backtest.clusters)}",
        _subtitle(backtest),
        _coverage_caption(rows.iloc[0], backtest),
        intervals(
            {f"{level:.0%} intervals": both[both["level"] == level] for level in LEVELS}, SCORED,
            tickformat=".0%", axis="share of the truth that they hold", apart=0,
        ),
        _named(
            table[["forecaster", "level", "score", "low", "high"]],
            {"level": "interval", "score": "share of the truth that it holds"},
        ),
    )  # fmt: skip


def _held(row: "pd.Series[float]") -> str:
    ends = row["score"], row["low"], row["high"]
    return interval(*ends, share) if isfinite(row["low"]) else share(row["score"])


def _verdict(row: "pd.Series[float]", clusters: str) -> str:
    if not isfinite(row["low"]):
        return f"too few {clusters}s to judge whether that is right"
    if row["high"] < row["level"]:
        return "significantly fewer than they should"
    return (
        "significantly more than they should" if row["low"] > row["level"] else "as they should, within sampling error"
    )


def _coverage_caption(model: "pd.Series[float]", backtest: Scored) -> str:
    caption = "An 80% interval should contain the truth 8 times in 10; what has not yet happened counts in part."
    if model["happened"]:
        caption += (
            f" Of the {model['happened']} of {model['forecasts']} that happened, the model's contain"
            f" {share(model['came80'])}."
        )
    return caption + _few(backtest)


def pit(backtest: Scored) -> Figure:
    """Where the truth lay in the model's forecasts: flat is right; with the band of sampling variation."""
    table = backtest.pit_classes
    drawn = table.assign(row=[f"{begin:.0%} to {end:.0%}" for begin, end in table[["from", "to"]].to_numpy()])
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
            rule=1 / len(table), apart=0,
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


def scores(backtest: Scored) -> Figure:
    """CRPS and Brier score of every forecaster, and by how much the model is better, with intervals."""
    rows = backtest.scores
    panels = {
        "CRPS (0 is best)": _score(rows, "crps"),
        "Brier score (0 is best)": _score(rows, "brier"),
        "the model is better by (CRPS)": _score(rows[rows["forecaster"] != MODEL], "gain"),
    }
    table = pd.concat([own.assign(measure=measure) for measure, own in panels.items()], ignore_index=True)
    return Figure(
        "backtest-scores",
        conclusion(backtest).removesuffix("."),
        _subtitle(backtest),
        "CRPS: squared error of the chance of a milestone by each day, on average; Brier: of the last day alone. A line"
        f" of the last panel beyond zero: a significant difference.{_few(backtest)}",
        intervals({heading: _drawn(own) for heading, own in panels.items()}, SCORED, rule=0, apart=0),
        _named(table[["measure", "forecaster", "score", "low", "high"]], {}),
    )


def _score(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """One of the scores with its interval; columns forecaster, score, low, high."""
    columns = {name: "score", f"{name}_ci_low": "low", f"{name}_ci_high": "high"}
    return rows[["forecaster", *columns]].rename(columns=columns)


def _drawn(table: pd.DataFrame) -> pd.DataFrame:
    """Scores as rows with a mark, one for each forecaster."""
    return table.assign(row=table["forecaster"].map(NAMES), series=table["forecaster"], value=table["score"])


def by_origin(backtest: Backtest) -> Figure | None:
    """The mean CRPS of the forecasts of each day, by forecaster; None for a backtest of one day."""
    if len(backtest.origins) == 1:
        return None
    table = backtest.by_origin
    best = int((table[list(FORECASTERS)].min(axis=1) >= table[MODEL] - MIN_DIFFERENCE).sum())
    drawn = table.assign(row=[month_of(day) for day in table["origin"]]).melt(
        ["row", "low", "high"], list(FORECASTERS), "series", "value"
    )
    drawn.loc[drawn["series"] != MODEL, ["low", "high"]] = np.nan
    digits = {"effective_draws": 1, "prior_predictive_p": 3, **dict.fromkeys([*FORECASTERS, "low", "high"], 4)}
    return Figure(
        "backtest-by-origin",
        f"The calibrated model scored best, or as well as the best, on {best} of {len(table)} days",
        _subtitle(backtest),
        "Mean score of the forecasts of each day; 0 is best. Later days look less far ahead, so their scores are"
        " smaller: compare the marks of one day with each other.",
        intervals({"": drawn}, SCORED, axis="CRPS (0 is best)", rule=0),
        table.assign(origin=pd.to_datetime(table["origin"])).round(digits).rename(columns=NAMES | _BY_ORIGIN),
    )


_BY_ORIGIN = {
    "origin": "forecast of",
    "effective_draws": "draws worth",
    "prior_predictive_p": "prior predictive p-value",
    **{bound: f"the model: {title}" for bound, title in BOUNDS.items()},
}


def scored(backtest: Scored) -> str:
    """What was forecast when, of how many cases, and when it was looked up: a subtitle."""
    model = backtest.table[backtest.table["forecaster"] == MODEL]
    cases = f"{plural(model['strand'].nunique(), 'strand')} in {plural(model['proceeding'].nunique(), 'proceeding')}"
    return f"{plural(len(model), 'forecast')} {backtest.days}, {cases}, scored on {backtest.truth}"


def _subtitle(backtest: Scored) -> str:
    if backtest.moving_apart < FEWEST_CLUSTERS:
        return f"{scored(backtest)} · no intervals, as there are too few {backtest.clusters}s for them"
    return f"{scored(backtest)} · lines: 95% confidence, whole {backtest.clusters}s drawn anew"


def _few(backtest: Scored) -> str:
    return few(backtest.moving_apart, backtest.clusters)


def _named(table: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    """A table of scores with names for people."""
    return table.assign(forecaster=table["forecaster"].map(NAMES)).round(4).rename(columns=titles | BOUNDS)
