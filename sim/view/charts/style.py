"""One house style: colours that the colour-blind tell apart, patterns as well as colours, dates on the axes."""

from collections.abc import Iterable, Sequence
from datetime import date
from math import isfinite
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sim.dates import date_after
from sim.view.charts.labels import lines

PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000", "#999999")
"""Okabe and Ito, Color Universal Design (2008): distinguishable with any colour vision."""
PATTERNS = ("", "/", "x", ".", "\\", "-", "|", "+", "")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash", "dot")
INK, GRID, PALE = "#1a1a1a", "#e3e3e3", 0.18
"""Text and axes, grid lines, and the opacity of bands."""
HEIGHT = 420
"""Pixels, unless a figure says otherwise."""

HEADING = 24
"""Characters in a line of a panel's heading: as much as a phone shows."""
AXIS = {"gridcolor": GRID, "zeroline": False, "automargin": True, "linecolor": INK, "ticks": ""}
"""Of all axes."""
DATES = {"type": "date", "tickformat": "%b<br>%Y", "nticks": 5, "tickangle": 0}
"""Of axes of dates: months over years, so few that they stand apart on a phone."""
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,  # plotly's mode bar would upload the figure otherwise
    "responsive": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "svg"},
}
"""Of every plotly output."""


def blank(*data: Any) -> go.Figure:
    """A figure with this data, if any, and no template: reading plotly's own takes longer than all else in it."""
    return go.Figure(data, layout={"template": "none"})


def subplots(*rows_and_columns: int, **how: Any) -> go.Figure:
    """Several panels, as of plotly's make_subplots."""
    return make_subplots(*rows_and_columns, figure=blank(), **how)


def below(headings: Sequence[str], heights: Sequence[float], *, gap: int = 52, shared_x: bool = False) -> go.Figure:
    """Panels of so many pixels of height below one another, each under its heading, if it has any, at the left."""
    titles = [f"<b>{lines(heading, HEADING)}</b>" if heading else "" for heading in headings]
    more = 16 * max(title.count("<br>") for title in titles)
    gap += more
    inside = sum(heights) + gap * (len(heights) - 1)
    spacing = gap / inside if len(heights) > 1 else 0
    figure = subplots(
        rows=len(heights), cols=1, shared_xaxes=shared_x, row_heights=list(heights), vertical_spacing=spacing,
        subplot_titles=titles,
    )  # fmt: skip
    figure.update_annotations(x=0, xanchor="left", align="left", font={"size": 13, "color": INK})
    styled(figure, height=int(inside) + 60 + more)
    return figure.update_layout(margin={"t": 34 + more if any(headings) else 10})


def styled(figure: go.Figure, *, x: str = "", y: str = "", height: int = HEIGHT) -> go.Figure:
    """A figure made by `blank` or `subplots` in the house style, with the titles of its axes."""
    figure.update_layout(
        font={"family": "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif", "size": 14, "color": INK},
        margin={"l": 60, "r": 20, "t": 20, "b": 50},
        height=height,
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        hovermode="x unified",
        colorway=list(PALETTE),
    )
    size = {"size": 13}
    figure.update_xaxes(title_text=x, title_font=size, **AXIS)
    figure.update_yaxes(title_text=y, title_font=size, **AXIS)
    return figure


def pale(colour: str, opacity: float = PALE) -> str:
    """A colour of the palette as it is drawn for bands."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def band(figure: go.Figure, x: Sequence[Any], low: Sequence[float], high: Sequence[float], colour: str) -> None:
    """An interval along a curve, as an area behind it; not in the legend."""
    edge = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
    figure.add_scatter(x=list(x), y=list(high), **edge)
    figure.add_scatter(x=list(x), y=list(low), fill="tonexty", fillcolor=pale(colour), **edge)


def plain(values: Iterable[Any]) -> list[Any]:
    """Values as figures hold them: days as text, numbers with five digits that count, None for what is not known."""
    return [_plain(value) for value in values]


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return None if pd.isna(value) else f"{value:%Y-%m-%d}"
    if isinstance(value, int | float):
        return float(f"{value:.5g}") if isfinite(value) else None
    return value


def whiskers(value: pd.Series, low: pd.Series, high: pd.Series) -> dict[str, Any]:
    """The interval of bars or marks as whiskers; none to a side where it is unknown, or the value beyond."""
    array, arrayminus = (plain(gaps.clip(lower=0)) for gaps in (high - value, value - low))
    return {
        "type": "data", "symmetric": False, "color": INK, "thickness": 1.5, "width": 4, "array": array,
        "arrayminus": arrayminus,
    }  # fmt: skip


def days(start: date, times: pd.Series) -> pd.Series:
    """Days since the start as days of the calendar."""
    return pd.to_datetime(times.map(lambda time: date_after(start, time)))
