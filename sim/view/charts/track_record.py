"""The figure of kept forecasts: how good each was, beside what needs no model."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, LEGEND
from sim.view.charts.rows import name_rows, rule
from sim.view.charts.style import PALETTE, blank, styled

SYMBOLS = ("circle", "square", "diamond", "triangle-up")
ROW = 56
"""Pixels of a forecast."""
APART = 0.17
"""Between forecasters in a row, of which each has its height, so that equal scores are both seen."""


def by_forecast(table: pd.DataFrame, names: Mapping[str, str]) -> go.Figure:
    """Mean scores, a row for each forecast and a sign for each forecaster.

    `table`: name (of the row; those of one row stand together), forecaster, score; `names`: of the forecasters.
    """
    figure, rows = blank(), list(dict.fromkeys(table["name"]))
    for number, (forecaster, name) in enumerate(names.items()):
        mine = table[table["forecaster"] == forecaster]
        shift = (number - (len(names) - 1) / 2) * APART
        figure.add_scatter(
            x=mine["score"].round(4).tolist(), y=[round(rows.index(row) + shift, 3) for row in mine["name"]],
            mode="markers", name=name, cliponaxis=False,
            marker={"color": PALETTE[number], "symbol": SYMBOLS[number % len(SYMBOLS)], "size": 11},
            hovertemplate=f"{name}: %{{x:.3f}}<extra></extra>",
        )  # fmt: skip
    styled(figure, x="CRPS (0 is best)", height=ROW * len(rows) + 90)
    name_rows(figure, rows)
    rule(figure, 0)
    figure.update_xaxes(rangemode="tozero", nticks=6, tickangle=0)
    figure.update_layout(hovermode="closest", legend=BELOW, height=figure.layout.height + LEGEND)
    return figure
