"""A forecast that is kept on a terminal: what it says, the cases in progress, and how many do what by when."""

from collections.abc import Iterator
from datetime import date

import pandas as pd
from rich.console import RenderableType
from rich.text import Text

from sim.inference.forecasts import Forecast
from sim.view.terminal.tables import between, columns, sections, table
from sim.view.titles import TITLES
from sim.view.words import date_of, listing, share

QUARTERS = 4
"""Whose totals are shown, beside those of the last day; the file has all."""


def summary(forecast: Forecast) -> RenderableType:
    """Everything that `sim forecast` prints."""
    return sections([_verdict(forecast), *_cases(forecast), _totals(forecast)])


def _verdict(forecast: Forecast) -> Text:
    """The totals by the last day, in a sentence."""
    content, totals = forecast.content, forecast.totals
    last = totals[totals["date"] == max(totals["date"])].to_dict("records")
    expected = listing(f"{row['q50']} {row['what']} ({row['q10']} to {row['q90']})" for row in last)
    by = f"from {date_of(content.made)} to {date_of(content.horizon)}, as likely as not at most (80% between)"
    return Text(f"Expected {by}: {expected}.", style="bold")


def _day(day: date | None) -> str:
    return "later or never" if pd.isna(day) else str(day)


def _cases(forecast: Forecast) -> Iterator[RenderableType]:
    content = forecast.content
    if not content.cases:
        return
    shown = columns({"case": "case"}) | columns({"probability": f"chance by {content.horizon}"}, share)
    shown |= columns({"q50": "median"}, _day) | between("q10", "q90", _day)
    rows = forecast.table
    rows = rows.assign(what=rows["milestone"].map(lambda name: TITLES.get(name, name)))
    rows = rows.sort_values("what", kind="stable", ascending=False)
    yield table(rows, shown, f"What was in progress on {content.made}", group="what")


def _totals(forecast: Forecast) -> RenderableType:
    shown = (
        columns({"date": "by"})
        | columns({"mean": "mean"}, "{:.1f}".format)
        | columns({"q50": "median"})
        | between("q10", "q90")
    )
    dates = sorted(set(forecast.totals["date"]))
    rows = forecast.totals[forecast.totals["date"].isin([*dates[:QUARTERS], dates[-1]])]
    return table(rows, shown, f"Totals since {forecast.content.made}", group="what")
