"""A figure as a part of the page: its words, the graph, the data behind it, and buttons that save them."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from sim.view.charts.style import CONFIG, HEIGHT
from sim.view.figures.figure import Figure
from sim.view.tables import rows

MAX_ROWS = 200
"""Rows of a table that are shown; all of them are in the file."""
_CONFIG: Any = CONFIG
FILES = {"csv": "CSV", "xlsx": "Excel", "svg": "SVG", "png": "PNG"}
"""The kinds of files that a figure is saved as."""


class Card(NamedTuple):
    """A figure with the part of the page that shows it."""

    figure: Figure
    part: Component


def part_of(name: Any, part: str) -> dict[str, Any]:
    """The id of a part of a figure on the page, by the figure's name (or a wildcard for all of them)."""
    return {"figure": name, "part": part}


def card(figure: Figure, wide: bool = False) -> Card:
    """The figure and its part of the page; `wide`: over the whole width of a large screen."""
    name = figure.name
    aria: dict[str, Any] = {"aria-labelledby": f"caption-{name}"}
    part = html.Figure(
        [
            html.H3(figure.title, className="finding"),
            html.P(figure.subtitle, className="subtitle"),
            html.Div(
                dcc.Graph(
                    id=part_of(name, "graph"),
                    figure=figure.chart.to_plotly_json(),
                    config=_CONFIG,
                    responsive=True,
                    className="graph",
                ),
                style={"height": f"{figure.chart.layout.height or HEIGHT}px"},
            ),
            html.Figcaption(figure.caption, id=f"caption-{name}"),
            html.Details(
                [
                    html.Summary("Data behind the figure", id=part_of(name, "data"), n_clicks=0),
                    html.Div(id=part_of(name, "rows")),
                ]
            ),
            html.Div([_save(name, kind, figure.title) for kind in FILES], className="save"),
            dcc.Store(id=part_of(name, "words"), data={"name": name, "layout": figure.heading()}),
            dcc.Download(id=part_of(name, "file")),
        ],
        id=f"figure-{name}",
        className="figure wide" if wide else "figure",
        **aria,
    )
    return Card(figure, part)


def _save(name: str, kind: str, title: str) -> html.Button:
    aria: dict[str, Any] = {"aria-label": f"Save as {FILES[kind]}: {title}"}
    return html.Button(FILES[kind], id=part_of(name, kind), n_clicks=0, **aria)


def data_table(data: pd.DataFrame) -> list[Component]:
    """The first rows of the data behind a figure."""
    cut = f"The first {MAX_ROWS} of {len(data):,} rows; the CSV and Excel files have all."
    shown = table(data.columns, rows(data.head(MAX_ROWS)))
    return [html.P(cut), shown] if len(data) > MAX_ROWS else [shown]


def table(columns: Iterable[Any], cells: Sequence[Sequence[Any]]) -> Component:
    """A table of plain cells, numbers to the right."""
    head = html.Thead(html.Tr([html.Th(str(name), scope="col") for name in columns]))
    body = html.Tbody([html.Tr([_cell(value) for value in row]) for row in cells])
    return html.Div(html.Table([head, body]), className="table", tabIndex=0)


def _cell(value: Any) -> html.Td:
    if isinstance(value, (int, float)):
        return html.Td(f"{value:,.6g}" if isinstance(value, float) else str(value), className="number")
    return html.Td("" if value is None else str(value))
