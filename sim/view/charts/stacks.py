"""Bars of parts on one another, with the interval of the whole: what something is made of, row by row."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, label, lines
from sim.view.charts.looks import Look
from sim.view.charts.style import INK, blank, plain, styled, whiskers

ROW = 46
"""Pixels of a row."""


def stacked(table: pd.DataFrame, parts: Mapping[str, Look], axis: str) -> go.Figure:
    """A bar for each row of the table, from the top down, in patterned parts, with whiskers at its end.

    `table`: columns row (its name), one for each of `parts` (at least 0), low and high (of the whole) and text (the
    whole in words, written at the bar's end). `parts`: their looks, in order. `axis`: title of the axis.
    """
    figure, rows = blank(), [lines(row, 26) for row in table["row"]]
    for name, look in parts.items():
        figure.add_bar(
            y=rows, x=plain(table[name].clip(lower=0)), name=lines(look.title, 44), orientation="h",
            marker={"color": look.colour, "line": {"color": "#ffffff", "width": 1},
                    "pattern": {"shape": look.pattern, "solidity": 0.3, "size": 7, "fillmode": "overlay"}},
            hovertemplate="%{x:,.3~g}",
        )  # fmt: skip
    whole = table[list(parts)].clip(lower=0).sum(axis=1)
    figure.add_scatter(
        y=rows, x=plain(whole), mode="markers", name="in all", showlegend=False,
        marker={"color": INK, "symbol": "line-ns", "size": 9},
        error_x=whiskers(whole, table["low"], table["high"]), hovertemplate="%{x:,.3~g} in all",
    )  # fmt: skip
    ends = table["high"].clip(lower=whole)
    figure.add_scatter(
        y=rows, x=plain(ends), mode="text", text=[f"  {label(text)}" for text in table["text"]],
        textposition="middle right", textfont={"size": 13}, cliponaxis=False, showlegend=False, hoverinfo="skip",
    )  # fmt: skip
    figure.update_xaxes(range=[0, (float(ends.max()) or 1.0) * 1.25])
    styled(figure, x=axis, height=110 + ROW * len(table) + 13 * len(parts))
    figure.update_layout(barmode="stack", hovermode="y unified", bargap=0.35, legend=BELOW, margin={"t": 10})
    figure.update_xaxes(rangemode="tozero", nticks=6)
    return figure.update_yaxes(autorange="reversed", showgrid=False, tickfont={"size": 13})
