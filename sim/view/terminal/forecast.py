"""A forecast that is kept on a terminal: the cases in progress, and how many do what by the ends of quarters."""

from datetime import date

import pandas as pd
from rich.console import Group, RenderableType
from rich.padding import Padding

from sim.inference.forecasts import Forecast
from sim.view.terminal.tables import Column, table
from sim.view.titles import TITLES
from sim.view.words import share

QUARTERS = 4
"""Whose totals are shown, beside those of the last day; the file has all."""


def summary(forecast: Forecast) -> RenderableType:
    """Everything that `sim forecast` prints."""
    content = forecast.content
    parts = [_totals(forecast)]
    if content.cases:
        parts.insert(0, _cases(forecast))
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def _day(day: date | None) -> str:
    return "later or never" if pd.isna(day) else str(day)


def _cases(forecast: Forecast) -> RenderableType:
    content = forecast.content
    columns = {
        "case": Column("case"),
        "probability": Column(f"probability by {content.horizon}", share),
        "q50": Column("median", _day),
        "q10": Column("80% between", _day),
        "q90": Column("and", _day),
    }
    rows = forecast.table
    rows = rows.assign(what=rows["milestone"].map(lambda name: TITLES.get(name, name)))
    rows = rows.sort_values("what", kind="stable", ascending=False)
    return table(rows, columns, f"What was in progress on {content.made}", group="what")


def _totals(forecast: Forecast) -> RenderableType:
    columns = {
        "date": Column("by"),
        "mean": Column("mean", "{:.1f}".format),
        **{name: Column(title) for name, title in (("q50", "median"), ("q10", "80% between"), ("q90", "and"))},
    }
    dates = sorted(set(forecast.totals["date"]))
    shown = forecast.totals[forecast.totals["date"].isin([*dates[:QUARTERS], dates[-1]])]
    return table(shown, columns, f"Totals since {forecast.content.made}", group="what")
