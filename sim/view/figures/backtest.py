"""Figures of a backtest: its forecasts beside what happened, strand by strand and in all."""

from datetime import date

import numpy as np
import pandas as pd

from sim.inference.backtest import MODEL, Backtest
from sim.view.charts.intervals import intervals
from sim.view.figures.beside_truth import CAME, LOOKS, MEDIAN, beside_truth
from sim.view.figures.figure import Figure
from sim.view.figures.scores import scored
from sim.view.titles import NAMES
from sim.view.words import month_of


def forecasts(backtest: Backtest, origin: date | None = None) -> Figure | None:
    """Each strand in progress on a day: the model's median and 80% interval beside what happened.

    `origin`: the day; default: of several the one after which most of what was forecast happened. None if it is no
    origin of the backtest.
    """
    mine = backtest.table[backtest.table["forecaster"] == MODEL]
    happened = mine["truth"].notna().groupby(mine["origin"]).sum()
    origin = origin or happened.index[int(happened.to_numpy().argmax())]
    rows = mine[mine["origin"] == origin]
    if rows.empty:
        return None
    ends = rows[["q10", "median", "q90"]].replace(np.inf, np.nan).apply(np.floor)
    dated = ends.apply(lambda days: pd.Timestamp(origin) + pd.to_timedelta(days, unit="D"))
    of_several = f", of {len(backtest.origins)} days" if len(backtest.origins) > 1 else ""
    return beside_truth("backtest-forecasts", rows.assign(**dated), origin, backtest.truth, of_several)


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
        scored(backtest),
        "Counts until the last day, of strands in progress at the forecast, opened since, and in progress at the end."
        + _largest_miss(rows[~inside]),
        intervals(_counts(rows), {key: LOOKS[key] for key in (MEDIAN, CAME)}, apart=0),
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
