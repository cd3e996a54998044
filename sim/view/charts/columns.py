"""Columns over time: counts by month, side by side, with the ones that stand out named."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, LEGEND, hovers, lines
from sim.view.charts.looks import Look
from sim.view.charts.style import blank, plain, styled


def columns(table: pd.DataFrame, series: Mapping[str, Look], notes: Sequence[tuple[Any, str]]) -> go.Figure:
    """Columns by month.

    `table`: columns x (the first day of the month), series and value. `series`: their looks; they stand side by side.
    `notes`: months with what is written above their columns, with line breaks.
    """
    figure = blank()
    for key, look in series.items():
        mine = table[table["series"] == key]
        figure.add_bar(
            x=plain(mine["x"]), y=mine["value"].tolist(), name=lines(look.title, 44), hovertemplate="%{y}",
            xperiod="M1", marker={"color": look.colour, "pattern": {"shape": look.pattern, "fillmode": "overlay",
                                  "fgcolor": "#ffffff", "solidity": 0.3, "size": 6}},
        )  # fmt: skip
    highest = table.groupby("x")["value"].max()
    above: dict[Any, list[str]] = {}
    for month, text in notes:
        above.setdefault(month, []).append(text)
    for month, texts in above.items():
        figure.add_annotation(
            x=f"{month:%Y-%m}-15", y=int(highest[month]), text="<br>".join(hovers(texts)),
            yanchor="bottom", showarrow=False, font={"size": 12},
        )  # fmt: skip
    styled(figure)
    figure.update_xaxes(type="date", hoverformat="%B %Y", tickangle=0, tickformat="%b<br>%Y", nticks=6)
    figure.update_yaxes(range=[0, max(float(highest.max()), 1.0) * 1.3])
    figure.update_layout(barmode="group", bargap=0.15, bargroupgap=0, legend=BELOW)
    return figure.update_layout(height=figure.layout.height + LEGEND)
