"""Figures of a backtest: forecasts beside what happened, whether intervals hold what they promise, and scores."""

from datetime import date
from math import isfinite

import numpy as np
import pandas as pd

from sim.dates import date_after
from sim.inference.backtest import FORECASTERS, MODEL, Backtest, Scored
from sim.inference.histories import MILESTONES
from sim.inference.scores import FEWEST_CLUSTERS, LEVELS, SEED, MeanInterval, clustered_mean
from sim.results.summary import Floats
from sim.view.charts import backtest as charts
from sim.view.figures.figure import Figure
from sim.view.titles import NAMES, TITLES
from sim.view.verdicts import MIN_DIFFERENCE, conclusion, few
from sim.view.words import listing, plural, share

BINS = 10
"""Classes of the PIT histogram."""
SIMULATED = 2000
"""Simulated histograms behind the band of sampling variation."""


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
    end = date_after(max(last), 30)
    panels = {TITLES[milestone]: rows[rows["milestone"] == milestone] for milestone in MILESTONES}
    return Figure(
        "backtest-forecasts",
        _forecasts_title(backtest, rows, origin),
        f"Forecast of {origin}{_of_several(backtest)}, looked up on {backtest.truth} · bars hold 80%",
        _forecasts_caption(backtest, rows),
        charts.forecasts({name: table for name, table in panels.items() if len(table)}, origin, backtest.truth, end),
        _forecast_table(rows, origin),
    )


def _forecast_rows(backtest: Backtest, mine: pd.DataFrame, origin: date) -> pd.DataFrame:
    """The forecasts of one day with dates and names, those most likely to come by the last day first."""
    platforms = {f"{strand.proceeding}/{strand.strand}": strand.platform for strand in backtest.basis.record.strands}
    names = [
        f"{listing(platforms[strand].split(';'))}: {strand.split('/', 1)[1].replace('-', ' ')}"
        for strand in mine["strand"]
    ]
    days = {name: [_date(origin, value) for value in mine[name]] for name in ("q10", "median", "q90")}
    dated = {name: pd.to_datetime(pd.Series(values, index=mine.index)) for name, values in days.items()}
    hover = [f"probability by {backtest.truth}: {share(value)}" for value in mine["probability"]]
    inside = (mine["days"] >= mine["q10"]) & (mine["days"] <= mine["q90"])
    rows = mine.assign(name=names, hover=hover, inside=inside, truth=pd.to_datetime(mine["truth"]), **dated)
    return rows.sort_values(["milestone", "probability"], ascending=[True, False], kind="stable")


def _date(origin: date, days: float) -> date | None:
    return date_after(origin, days) if isfinite(days) else None


def _forecasts_title(backtest: Backtest, rows: pd.DataFrame, origin: date) -> str:
    came = rows[rows["truth"].notna()]
    expected = (
        f"On {origin} the model expected {rows['probability'].sum():.1f} of {len(rows)} milestones by {backtest.truth}"
    )
    if came.empty:
        return f"{expected}; none came"
    return f"{expected}; {len(came)} came, {int(came['inside'].sum())} of them inside their 80% intervals"


def _forecasts_caption(backtest: Backtest, rows: pd.DataFrame) -> str:
    caption = (
        f"{plural(len(rows), 'forecast')} of {plural(rows['strand'].nunique(), 'strand')} in"
        f" {plural(rows['proceeding'].nunique(), 'proceeding')}, the likeliest first. A bar holds 80% of what the model"
        " held possible; one that ends in an arrow goes on beyond what is shown, as does a median that is missing."
        f" An open diamond had not come by {backtest.truth}, so that nobody knows yet whether its bar is right."
    )
    outside = rows[rows["truth"].notna() & ~rows["inside"]]
    if len(outside):
        named = listing(f"{row['name']} on {row['truth']:%Y-%m-%d}" for _, row in outside.iterrows())
        caption += f" Outside of their intervals came {named}."
    if rows["proceeding"].nunique() < len(rows):
        caption += " Strands of one proceeding move together: these are fewer trials than rows."
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
    return Figure(
        "backtest-coverage",
        f"The model's 80% intervals hold {share(model['held'])}{_between(model)} of the truth:"
        f" {_verdict(model, backtest.clusters)}",
        f"{_subtitle(backtest)} · {_whiskers(backtest)}",
        _coverage_caption(backtest),
        charts.coverage(table, NAMES),
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
    caption = (
        "An 80% interval should hold the truth 8 times in 10. A truth that had not come by the last day counts by how"
        " much of the forecast for later the interval holds."
    )
    model = backtest.scores.iloc[0]
    if model["happened"]:
        caption += (
            f" Of the {model['happened']} of {model['forecasts']} that came by then alone, the model's 80% intervals"
            f" hold {share(model['came80'])}; if its forecasts were true, {share(model['came80_expected'])} would be"
            " expected."
        )
    return caption + _few(backtest)


def pit(backtest: Scored) -> Figure:
    """Where the truth lay in the model's forecasts: flat is right; with the band of sampling variation."""
    held, (low, high) = backtest.pit_histogram(bins=BINS), _sampling_band(backtest)
    edges = np.linspace(0, 1, BINS + 1)
    table = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "held": held, "low": low, "high": high}).round(4)
    table["outside"] = (held < low) | (held > high)
    return Figure(
        "backtest-pit",
        _pit_title(table, backtest),
        f"{_subtitle(backtest)} · whiskers: true forecasts stay inside in 95 of 100 cases",
        "For each truth, the probability that the model gave to its coming earlier. If forecasts are right, every"
        " tenth of them holds a tenth of the truths; a hump in the middle means intervals that are too wide, high"
        " ends ones that are too narrow. A truth that had not come by the last day is spread over what was left. A"
        " strand counts as one, whatever is forecast of it and when, but strands of one proceeding as"
        f" several.{_few(backtest)}",
        charts.pit(table),
        table.rename(columns={"held": "share of truths", "low": "sampling band, from", "high": "sampling band, to"}),
    )


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
        "<b>CRPS</b> (0 is best)": _panel(rows, "crps"),
        "<b>Brier score</b> (0 is best)": _panel(rows, "brier"),
        "<b>Model better by</b> (CRPS)": _panel(rows[rows["forecaster"] != MODEL], "gain"),
    }
    names = {"crps": "CRPS", "brier": "Brier score", "gain": "model better by (CRPS)"}
    tables = [table.assign(measure=name) for table, name in zip(panels.values(), names.values(), strict=True)]
    table = pd.concat(tables, ignore_index=True)
    return Figure(
        "backtest-scores",
        conclusion(backtest).removesuffix("."),
        f"{_subtitle(backtest)} · {_whiskers(backtest)}",
        "CRPS: squared error of the probability of a milestone by each day, averaged over the days up to the last;"
        " Brier: of that day alone, where a coin has 0.25. The last panel compares forecast by forecast: where its"
        f" whisker does not reach zero, the difference is significant.{_few(backtest)}",
        charts.scores(panels, NAMES),
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
    intervals = [_of_day(backtest, day) for day in table["origin"]]
    low, high = [interval.low for interval in intervals], [interval.high for interval in intervals]
    best = int((table[list(FORECASTERS)].min(axis=1) >= table[MODEL] - MIN_DIFFERENCE).sum())
    beaten = {name: int((table[name] >= table[MODEL] + MIN_DIFFERENCE).sum()) for name in FORECASTERS if name != MODEL}
    digits = {name: table[name].round(4) for name in FORECASTERS}
    data = table.assign(
        origin=pd.to_datetime(table["origin"]),
        effective_draws=table["effective_draws"].round(1),
        prior_predictive_p=table["prior_predictive_p"].round(3),
        low=np.round(low, 4),
        high=np.round(high, 4),
        **digits,
    )
    few = sum(not isfinite(interval.low) for interval in intervals)
    named = {**NAMES, "origin": "forecast of", "effective_draws": "draws worth"}
    named["prior_predictive_p"] = "prior predictive p-value"
    interval_names = {"low": "the model: 95% interval, low", "high": "the model: 95% interval, high"}
    return Figure(
        "backtest-by-origin",
        f"The calibrated model scored best, or as well as the best, on {best} of {len(table)} days",
        f"{_subtitle(backtest)} · whiskers of the model: 95% confidence, whole proceedings drawn anew",
        f"It scored better than {listing(f'{NAMES[name]} on {days}' for name, days in beaten.items())}."
        " The mean score of the forecasts made on each day; 0 is best. Days nearer to the last one look less far ahead,"
        " so that their scores are smaller: compare the points of one day with each other."
        + (f" On {plural(few, 'day')} too few proceedings were in progress for an interval." if few else ""),
        charts.by_origin(table, NAMES, (MODEL, low, high)),
        _finite(data).rename(columns={**named, **interval_names}),
    )


def _of_day(backtest: Backtest, day: date) -> MeanInterval:
    mine = backtest.table[(backtest.table["origin"] == day) & (backtest.table["forecaster"] == MODEL)]
    return clustered_mean(mine["crps"].to_numpy(), mine["proceeding"].tolist(), SEED)


def totals(backtest: Backtest) -> Figure:
    """How many strands have findings, are resolved, opened and in progress by the last day: forecast and true."""
    rows = backtest.totals[backtest.totals["forecaster"] == MODEL]
    inside = (rows["q10"] <= rows["truth"]) & (rows["truth"] <= rows["q90"])
    single = len(backtest.origins) == 1
    named = rows.assign(name=rows["what"] if single else [f"forecast of {day}" for day in rows["origin"]])
    panels = {"": named} if single else {str(what): group for what, group in named.groupby("what", sort=False)}
    table = backtest.totals.assign(origin=pd.to_datetime(backtest.totals["origin"]))
    table["forecaster"] = table["forecaster"].map(NAMES)
    columns = ["origin", "what", "forecaster", "mean", "q10", "median", "q90", "truth"]
    return Figure(
        "backtest-totals",
        f"{int(inside.sum())} of {len(rows)} counts by {backtest.truth} lie inside the model's 80% intervals",
        f"{_subtitle(backtest)} · bars hold 80%",
        "Counts until the last day: preliminary findings and outcomes of the strands that were in progress when the"
        " forecast was made, strands opened since, and strands in progress at the end, old and new."
        + _largest_miss(rows[~inside])
        + _few(backtest),
        charts.totals(panels),
        table[columns]
        .round({"mean": 2})
        .rename(columns={**_INTERVAL, "origin": "forecast of", "truth": "what happened"}),
    )


_INTERVAL = {"q10": "80% interval, low", "q90": "80% interval, high"}


def _largest_miss(outside: pd.DataFrame) -> str:
    if outside.empty:
        return ""
    row = outside.iloc[int((outside["truth"] - outside["median"]).abs().to_numpy().argmax())]
    return (
        f" Farthest off: {row['what']}, forecast of {row['origin']}: {row['median']:.0f} ({row['q10']:.0f} to"
        f" {row['q90']:.0f}), and {row['truth']:.0f} happened."
    )


def _subtitle(backtest: Scored) -> str:
    model = backtest.table[backtest.table["forecaster"] == MODEL]
    cases = f"{plural(model['strand'].nunique(), 'strand')} in {plural(model['proceeding'].nunique(), 'proceeding')}"
    return f"{plural(len(model), 'forecast')} {backtest.days}, {cases}, scored on {backtest.truth}"


def _whiskers(backtest: Scored) -> str:
    if backtest.moving_apart < FEWEST_CLUSTERS:
        return f"no intervals, as there are too few {backtest.clusters}s for them"
    return f"whiskers: 95% confidence, whole {backtest.clusters}s drawn anew"


def _few(backtest: Scored) -> str:
    return few(backtest.moving_apart, backtest.clusters)


def _scored(table: pd.DataFrame, named: dict[str, str]) -> pd.DataFrame:
    """A table of scores with names for people."""
    numbers = table.select_dtypes("number").columns
    data = table.assign(forecaster=table["forecaster"].map(NAMES), **{name: table[name].round(4) for name in numbers})
    return _finite(data).rename(columns={**named, "low": "95% interval, low", "high": "95% interval, high"})


def _finite(table: pd.DataFrame) -> pd.DataFrame:
    return table.replace([np.inf, -np.inf], np.nan)
