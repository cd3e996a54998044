"""Named rows with intervals: the form in which forecasts, parameters and scores are drawn."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from sim.view.charts.labels import lines
from sim.view.charts.style import INK

ROW = 34
"""Pixels of a row with a name of two lines."""


def segments(
    figure: go.Figure,
    ends: Sequence[tuple[float, Any, Any]],
    *,
    colour: str,
    width: float,
    name: str = "",
    place: tuple[int, int] | None = None,
    opacity: float = 1.0,
    dash: str = "solid",
) -> None:
    """Thick horizontal lines: one for each (row, from, to). `place`: row and column of a figure of several panels."""
    x: list[Any] = []
    y: list[float | None] = []
    for row, low, high in ends:
        x += [low, high, None]
        y += [row, row, None]
    where = {"row": place[0], "col": place[1]} if place else {}
    figure.add_scatter(
        x=x, y=y, mode="lines", name=name, showlegend=bool(name), hoverinfo="skip", opacity=opacity,
        line={"color": colour, "width": width, "dash": dash}, **where,
    )  # fmt: skip


def name_rows(figure: go.Figure, names: Sequence[str], *, place: tuple[int, int] | None = None) -> None:
    """Names at the rows 0, 1, 2, ..., the first one on top."""
    where = {"row": place[0], "col": place[1]} if place else {}
    figure.update_yaxes(
        tickmode="array", tickvals=list(range(len(names))), ticktext=[lines(name) for name in names],
        range=[len(names) - 0.4, -0.6], showgrid=False, ticks="", tickfont={"size": 13}, **where,
    )  # fmt: skip


def rule(figure: go.Figure, x: Any, *, dash: str = "dot", place: tuple[int, int] | None = None) -> None:
    """A vertical line across a panel, behind what is drawn."""
    where = {"row": place[0], "col": place[1]} if place else {}
    figure.add_vline(x=x, line={"color": INK, "width": 1, "dash": dash}, layer="below", **where)


def headings(figure: go.Figure, size: int = 13) -> None:
    """The titles of panels in the size and ink of the text."""
    for note in figure.layout.annotations:
        note.update(font={"size": size, "color": INK})
