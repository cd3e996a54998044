"""Figures of a backtest: forecasts beside what happened, whether intervals hold what they promise, and scores."""

from datetime import date
from itertools import pairwise
from math import isfinite

import numpy as np
import pandas as pd

from sim.dates import date_after
from sim.inference.backtest import FORECASTERS, MODEL, Backtest, Scored
from sim.inference.histories import MILESTONES
from sim.inference.scores import FEWEST_CLUSTERS, LEVELS, SEED, MeanInterval, clustered_mean
from sim.results.summary import Floats
from sim.view.charts.intervals import intervals
from sim.view.charts.looks import Look, looks
from sim.view.charts.style import INK, PALETTE
from sim.view.figures.figure import Figure
from sim.view.titles import NAMES, TITLES
from sim.view.verdicts import MIN_DIFFERENCE, conclusion, few
from sim.view.words import listing, month_of, plural, share

BINS = 10
"""Classes of the PIT histogram."""
SIMULATED = 2000
"""Simulated histograms behind the band of sampling variation."""
MOST_NAMED = 3
"""Forecasts that failed are named in a caption if they are no more than these."""
MEDIAN, CAME, WAITING = "median", "came", "waiting"
FORECAST = {
    MEDIAN: Look("forecast: median, and 80% of what was held possible", PALETTE[0], symbol="line-ns"),
    CAME: Look("what happened", PALETTE[5], symbol="diamond"),
    WAITING: Look("had not happened yet", PALETTE[5], symbol="diamond-open"),
}
"""A forecast beside the truth: drawn alike wherever one is."""
PROMISED = "promised"
SCORED = looks(NAMES) | {PROMISED: Look("as promised", INK, symbol="line-ns")}


def forecasts(backtest: Backtest, origin: date | None = None) -> Figure | None:
    """Each strand in progress on a day: the model's median and 80% interval beside what happened.

    `origin`: the day; default: of several the one after which most of what was forecast happened. None if it is no
    origin of the backtest.
    """
    mine = backtest.table[backtest.table["forecaster"] == MODEL]
    happened = mine["truth"].notna().groupby(mine["origin"]).sum()
    origin = origin or happened.index[int(happened.to_numpy().argmax())]
    rows_of_day = mine[mine["origin"] == origin]
    if rows_of_day.empty:
        return None
    rows = _forecast_rows(backtest, rows_of_day, origin)
    last = [backtest.truth, *(day.date() for column in ("median", "q90", "q10") for day in rows[column].dropna())]
    drawn = _beside_truth(rows, backtest.truth)
    return Figure(
        "backtest-forecasts",
        _forecasts_title(rows, origin, backtest.truth),
        f"Forecast of {origin}{_of_several(backtest)}, looked up on {backtest.truth}",
        _forecasts_caption(rows),
        intervals(
            {TITLES[one]: drawn[drawn["milestone"] == one] for one in MILESTONES if (rows["milestone"] == one).any()},
            FORECAST, end=date_after(max(last), 30), rule=backtest.truth, apart=0,
        ),
        _forecast_table(rows, origin),
    )  # fmt: skip


def _beside_truth(rows: pd.DataFrame, looked_up: date) -> pd.DataFrame:
    """The forecasts, and what happened or had not by the day on which that was looked up, as they are drawn."""
    came = rows[rows["truth"].notna()]
    parts = [
        rows.assign(series=MEDIAN, value=rows["median"], low=rows["q10"], high=rows["q90"]),
        came.assign(series=CAME, value=came["truth"], hover=[f"{when:%Y-%m-%d}" for when in came["truth"]]),
        rows[rows["truth"].isna()].assign(series=WAITING, value=pd.Timestamp(looked_up), hover=f"not by {looked_up}"),
    ]
    return pd.concat(parts, ignore_index=True)


def _forecast_rows(backtest: Backtest, mine: pd.DataFrame, origin: date) -> pd.DataFrame:
    """The forecasts of one day with dates and names, those most likely to come by the last day first."""
    platforms = {f"{strand.proceeding}/{strand.strand}": strand.platform for strand in backtest.basis.record.strands}
    names = [
        f"{listing(platforms[strand].split(';'))}: {strand.split('/', 1)[1].replace('-', ' ')}"
        for strand in mine["strand"]
    ]
    days = {name: [_date(origin, value) for value in mine[name]] for name in ("q10", "median", "q90")}
    dated = {name: pd.to_datetime(pd.Series(values, index=mine.index)) for name, values in days.items()}
    hover = [f"chance by {backtest.truth}: {share(value)}" for value in mine["probability"]]
    inside = (mine["days"] >= mine["q10"]) & (mine["days"] <= mine["q90"])
    rows = mine.assign(row=names, hover=hover, inside=inside, truth=pd.to_datetime(mine["truth"]), **dated)
    return rows.sort_values(["milestone", "probability"], ascending=[True, False], kind="stable")


def _date(origin: date, days: float) -> date | None:
    return date_after(origin, days) if isfinite(days) else None


def _forecasts_title(rows: pd.DataFrame, origin: date, looked_up: date) -> str:
    came = rows[rows["truth"].notna()]
    ahead = f"Of {plural(len(rows), 'milestone')} ahead in {month_of(origin)}"
    expected = f"{ahead}, {rows['probability'].sum():.0f} were expected by {month_of(looked_up)}"
    if came.empty:
        return f"{expected} and none came"
    inside = int(came["inside"].sum())
    return f"{expected} and {len(came)} came, {inside} of them inside their 80% intervals"


def _forecasts_caption(rows: pd.DataFrame) -> str:
    outside = rows[rows["truth"].notna() & ~rows["inside"]]
    named = listing(outside["row"])
    caption = "The likeliest come first. A line holds 80% of what the model held possible; an arrow: later, or never."
    if 0 < len(outside) <= MOST_NAMED:
        caption += f" Outside of their lines came {named}."
    if rows["proceeding"].nunique() < len(rows):
        caption += " Strands of one proceeding move together: fewer trials than rows."
    return caption


def _of_several(backtest: Backtest) -> str:
    return f", of {len(backtest.origins)} days" if len(backtest.origins) > 1 else ""


def _forecast_table(rows: pd.DataFrame, origin: date) -> pd.DataFrame:
    columns = {
        "milestone": rows["milestone"].map(TITLES),
        "proceeding": rows["proceeding"],
        "strand": rows["strand"],
        "probability by the last day": rows["probability"].round(3),
        "80% interval, low": rows["q10"],
        "median": rows["median"],
        "80% interval, high": rows["q90"],
        "what happened": rows["truth"],
        "inside": [
            ("yes" if inside else "no") if came else ""
            for inside, came in zip(rows["inside"], rows["truth"].notna(), strict=True)
        ],
    }
    return pd.DataFrame({"forecast of": pd.Timestamp(origin), **columns}).reset_index(drop=True)


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
        f"The model's 80% intervals hold {share(model['held'])}{_between(model)} of the truth:"
        f" {_verdict(model, backtest.clusters)}",
        f"{_subtitle(backtest)} · {_whiskers(backtest)}",
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
        return "significantly less than they promise"
    return (
        "significantly more than they promise"
        if row["low"] > row["level"]
        else "as they promise, within sampling error"
    )


def _coverage_caption(backtest: Scored) -> str:
    model = backtest.scores.iloc[0]
    caption = "An 80% interval should hold the truth 8 times in 10; what has not happened yet counts in part."
    if model["happened"]:
        caption += (
            f" Of the {model['happened']} of {model['forecasts']} that came, the model's hold {share(model['came80'])}."
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
        f"{_subtitle(backtest)} · grey: where 95 of 100 true forecasts have all their marks",
        "Rows: the chance that the forecast gave to coming earlier than it did. Of right forecasts each row holds a"
        " tenth; many in the middle mean intervals too wide, many at the ends too narrow."
        f"{_few(backtest)}",
        intervals(
            {"": pd.concat([band, truths], ignore_index=True)}, PLACES, tickformat=".0%", axis="share of truths",
            rule=1 / BINS, apart=0,
        ),
        table.rename(columns={"held": "share of truths", "low": "sampling band, from", "high": "sampling band, to"}),
    )  # fmt: skip


PLACES = {
    "band": Look("sampling variation", "#767676"),
    "held": Look("truths", PALETTE[0]),
    "outside": Look("truths, beyond sampling variation", PALETTE[5], symbol="diamond"),
}


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
        f"{_subtitle(backtest)} · {_whiskers(backtest)}",
        "CRPS: squared error of the chance of a milestone by each day, averaged over the days; Brier: of the last day"
        f" alone. Where a line of the last panel does not reach zero, the difference is significant.{_few(backtest)}",
        intervals(drawn, looks(NAMES), rule=0, apart=0),
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
        f"{_subtitle(backtest)} · {_whiskers(backtest)}",
        "Mean score of the forecasts of each day; 0 is best. Later days look less far ahead, so that their scores are"
        " smaller: compare the marks of one day with each other.",
        intervals({"": _finite(drawn)}, looks(NAMES), axis="CRPS (0 is best)", rule=0),
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


def totals(backtest: Backtest) -> Figure:
    """How many strands have findings, are resolved, opened and in progress by the last day: forecast and true."""
    rows = backtest.totals[backtest.totals["forecaster"] == MODEL]
    inside = (rows["q10"] <= rows["truth"]) & (rows["truth"] <= rows["q90"])
    table = backtest.totals.assign(origin=pd.to_datetime(backtest.totals["origin"]))
    table["forecaster"] = table["forecaster"].map(NAMES)
    columns = ["origin", "what", "forecaster", "mean", "q10", "median", "q90", "truth"]
    return Figure(
        "backtest-totals",
        f"{int(inside.sum())} of {len(rows)} counts by {month_of(backtest.truth)} lie inside the model's 80% intervals",
        _subtitle(backtest),
        "Counts until the last day, of strands in progress at the forecast, opened since, and in progress at the end."
        + _largest_miss(rows[~inside]),
        intervals(_counts(rows), {key: FORECAST[key] for key in (MEDIAN, CAME)}, apart=0),
        table[columns]
        .round({"mean": 2})
        .rename(columns={**_INTERVAL, "origin": "forecast of", "truth": "what happened"}),
    )


def _counts(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Forecast and true counts as they are drawn: a row for each, or a panel with a row for each day of several."""
    single = len(set(rows["origin"])) == 1
    named = rows.assign(row=rows["what"] if single else [f"{month_of(day)}" for day in rows["origin"]])
    forecast = named.assign(series=MEDIAN, value=named["median"], low=named["q10"], high=named["q90"])
    both = pd.concat([forecast, named.assign(series=CAME, value=named["truth"])], ignore_index=True)
    return {"": both} if single else {str(what): own for what, own in both.groupby("what", sort=False)}


_INTERVAL = {"q10": "80% interval, low", "q90": "80% interval, high"}


def _largest_miss(outside: pd.DataFrame) -> str:
    if outside.empty:
        return ""
    row = outside.iloc[int((outside["truth"] - outside["median"]).abs().to_numpy().argmax())]
    return (
        f" Farthest off: {row['what']}, forecast in {month_of(row['origin'])}: {row['median']:.0f} ({row['q10']:.0f} to"
        f" {row['q90']:.0f}), and {row['truth']:.0f} happened."
    )


def _subtitle(backtest: Scored) -> str:
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
