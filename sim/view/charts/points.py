"""Points with their intervals over one number or several: what comes out against what was put in."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import lines
from sim.view.charts.style import PALETTE, band, below, plain, whiskers

HEIGHT = 270
"""Pixels of a panel."""


def points(panels: Mapping[str, pd.DataFrame], y: str) -> go.Figure:
    """The same points against each of several numbers, one panel below the other; joined by a line in a single panel.

    `panels`: by title of the axis; columns x, value, low and high. `y`: title of the other axis.
    """
    figure, joined = below([""] * len(panels), [HEIGHT] * len(panels), gap=70), len(panels) == 1
    for place, (axis, table) in enumerate(panels.items(), start=1):
        rows = table.sort_values("x", kind="stable")
        x = plain(rows["x"])
        if joined:
            band(figure, x, plain(rows["low"]), plain(rows["high"]), PALETTE[0])
        figure.add_scatter(
            x=x, y=plain(rows["value"]), mode="lines+markers" if joined else "markers", showlegend=False,
            error_y=None if joined else whiskers(rows["value"], rows["low"], rows["high"]),
            line={"color": PALETTE[0], "width": 2.5}, marker={"size": 8}, hovertemplate="%{y:.3~g}<extra></extra>",
            row=place, col=1,
        )  # fmt: skip
        figure.update_xaxes(title_text=lines(axis, 44), showticklabels=True, row=place, col=1)
    figure.update_yaxes(title_text=lines(y, 30), rangemode="tozero")
    return figure.update_layout(height=figure.layout.height + 20)
