"""Bars of parts on one another, with the interval of the whole: what something is made of, row by row."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, lines
from sim.view.charts.style import GRID, INK, PALETTE, PATTERNS, blank, styled


def stacked(table: pd.DataFrame, rows: Mapping[str, str], parts: Mapping[str, str], axis: str, hover: str) -> go.Figure:
    """A bar for each row of the table, from the top down, in patterned parts, with whiskers at its end.

    `table`: the rows' names in its first column, a column for each of `parts`, and q10 and q90 of the whole. `rows`,
    `parts`: their titles. `axis`: title of the axis; `hover`: how a value is written, such as "%{x:,.0f} days".
    """
    figure, labels = blank(), [lines(rows[name], 22) for name in table.iloc[:, 0]]
    for number, (name, title) in enumerate(parts.items()):
        figure.add_bar(
            y=labels, x=table[name].clip(lower=0).round(2).tolist(), name=lines(title, 44), orientation="h",
            marker={
                "color": PALETTE[number % 9], "line": {"color": "#ffffff", "width": 1},
                "pattern": {"shape": PATTERNS[number % 9], "solidity": 0.3, "size": 7, "fillmode": "overlay"},
            },
            hovertemplate=hover,
        )  # fmt: skip
    whole = table[list(parts)].clip(lower=0).sum(axis=1)
    figure.add_scatter(
        y=labels, x=whole.round(2).tolist(), mode="markers", marker={"color": INK, "symbol": "line-ns", "size": 9},
        error_x={
            "type": "data", "symmetric": False, "color": INK, "thickness": 1.5, "width": 5,
            "array": (table["q90"] - whole).clip(lower=0).round(2).tolist(),
            "arrayminus": (whole - table["q10"]).clip(lower=0).round(2).tolist(),
        },
        name="in all", showlegend=False, hovertemplate=f"{hover} in all",
    )  # fmt: skip
    styled(figure, x=axis, height=250 + 48 * len(table))
    figure.update_layout(barmode="stack", hovermode="y unified", bargap=0.35, legend=BELOW)
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(autorange="reversed", gridcolor=GRID, showgrid=False)
    return figure
