"""Heat tables: rows by columns with the number written in each cell, the darker the higher."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import label, lines
from sim.view.charts.style import INK, blank, plain, styled, subplots

ROW, COLUMNS, LINE = 32, 40, 16
"""Pixels of a row with a name of up to two lines, of the names of columns, and of a line of a heading."""
NAME = 24
"""Characters in a line of a row's name, fewer if there are more than two tables."""
SHADES = ((0.0, "#ffffff"), (1.0, "#5aa0d3"))
"""Evenly darker, so that it reads in grey, and never so dark that the text does not."""


def heat(panels: Mapping[str, pd.DataFrame], *, span: tuple[float, float] | None = None) -> go.Figure:
    """Tables side by side that share their rows; columns stand above them.

    `panels`: by heading ("" for none); columns row, column (both names), value, text (written in the cell, with line
    breaks; a missing cell is empty). `span`: the values of the lightest and the darkest shade, by default those drawn.
    """
    wide, every = NAME if len(panels) < 3 else NAME - 6, pd.concat(list(panels.values()))
    values, more = every["value"], every["text"].str.count("\n").max()
    low, high = span or (float(values.min()), float(values.max()))
    rows = list(dict.fromkeys(row for table in panels.values() for row in table["row"]))
    headings = [lines(heading, max(26 // len(panels), 12)) for heading in panels if heading]
    top = COLUMNS + LINE * max((heading.count("<br>") + 1 for heading in headings), default=0)
    figure = _beside(headings) if headings else blank()
    for place, table in enumerate(panels.values(), start=1):
        cells = {(line["row"], line["column"]): line for line in table.to_dict("records")}
        columns = list(dict.fromkeys(table["column"]))
        written = [[cells.get((row, column), {"value": None, "text": ""}) for column in columns] for row in rows]
        figure.add_heatmap(
            x=[lines(str(column), 6) for column in columns], y=[lines(row, wide) for row in rows],
            z=[plain(cell["value"] for cell in line) for line in written], zmin=low, zmax=high,
            text=[["<br>".join(map(label, cell["text"].split("\n"))) for cell in line] for line in written],
            texttemplate="%{text}", textfont={"size": 13, "color": INK}, colorscale=SHADES, showscale=False,
            xgap=2, ygap=2,
            hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
            xaxis=f"x{place if place > 1 else ''}", yaxis=f"y{place if place > 1 else ''}",
        )  # fmt: skip
    styled(figure, height=len(rows) * (ROW + 20 * more) + top + 10)
    figure.update_xaxes(type="category", side="top", showgrid=False, showline=False, tickangle=0, tickfont={"size": 11})
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, showline=False, tickfont={"size": 12})
    return figure.update_layout(hovermode="closest", margin={"t": top, "r": 10, "b": 10})


def _beside(headings: list[str]) -> go.Figure:
    figure = subplots(rows=1, cols=len(headings), shared_yaxes=True, horizontal_spacing=0.05)
    for number, heading in enumerate(headings, start=1):
        axis = f"x{number if number > 1 else ''} domain"
        figure.add_annotation(
            text=f"<b>{heading}</b>", xref=axis, x=0.5, yref="paper", y=1, yshift=34, yanchor="bottom",
            showarrow=False, font={"size": 12, "color": INK},
        )  # fmt: skip
    return figure
