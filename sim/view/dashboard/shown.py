"""A picture as a part of the page: its words, the graph, the data behind it, and buttons that save them."""

from typing import Any, NamedTuple

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from sim.view.figures.picture import Picture
from sim.view.figures.style import CONFIG, HEIGHT

ROWS = 200
"""Rows of a table that are shown; all of them are in the file."""
_CONFIG: Any = CONFIG
FILES = {"csv": "CSV", "xlsx": "Excel", "svg": "SVG", "png": "PNG"}
"""The kinds of files that a picture is saved as."""


class Shown(NamedTuple):
    """A picture with the part of the page that shows it."""

    picture: Picture
    part: Component


def part_of(name: Any, part: str) -> dict[str, Any]:
    """The id of a part of a picture on the page, by the picture's name (or a wildcard for all of them)."""
    return {"picture": name, "part": part}


def shown(found: Picture, wide: bool = False) -> Shown:
    """The picture and its part of the page; `wide`: over the whole width of a large screen."""
    name = found.name
    part = html.Figure(
        [
            html.H3(found.title, className="finding"),
            html.P(found.subtitle, className="subtitle"),
            html.Div(
                dcc.Graph(
                    id=part_of(name, "graph"),
                    figure=found.figure.to_plotly_json(),
                    config=_CONFIG,
                    responsive=True,
                    className="graph",
                ),
                style={"height": f"{found.figure.layout.height or HEIGHT}px"},
            ),
            html.Figcaption(found.caption, id=f"caption-{name}"),
            html.Details(
                [
                    html.Summary("Data behind the figure", id=part_of(name, "data"), n_clicks=0),
                    html.Div(id=part_of(name, "rows")),
                ]
            ),
            html.Div([_save(name, kind, found.title) for kind in FILES], className="save"),
            dcc.Store(id=part_of(name, "words"), data={"name": found.name, "layout": found.heading()}),
            dcc.Download(id=part_of(name, "file")),
        ],
        id=f"picture-{name}",
        className="picture wide" if wide else "picture",
        **_labelled(f"caption-{name}"),
    )
    return Shown(found, part)


def _labelled(by: str) -> dict[str, Any]:
    return {"aria-labelledby": by}


def _save(name: str, kind: str, title: str) -> html.Button:
    aria: dict[str, Any] = {"aria-label": f"Save as {FILES[kind]}: {title}"}
    return html.Button(FILES[kind], id=part_of(name, kind), n_clicks=0, **aria)


def table(data: pd.DataFrame) -> html.Div:
    """A table of plain cells, cut after some rows."""
    shown = data.head(ROWS)
    cut = (
        [html.P(f"The first {ROWS} of {len(data):,} rows; the CSV and Excel files have all.")]
        if len(data) > ROWS
        else []
    )
    head = html.Thead(html.Tr([html.Th(str(name), scope="col") for name in shown.columns]))
    rows = [html.Tr([_cell(value) for value in row]) for row in shown.itertuples(index=False)]
    return html.Div([*cut, html.Div(html.Table([head, html.Tbody(rows)]), className="table", tabIndex=0)])


def _cell(value: Any) -> html.Td:
    if isinstance(value, float):
        return html.Td("" if pd.isna(value) else f"{value:,.6g}", className="number")
    if isinstance(value, pd.Timestamp):
        return html.Td(f"{value.date()}")
    return html.Td(
        "" if value is None or value is pd.NaT else str(value), className="number" if isinstance(value, int) else ""
    )
