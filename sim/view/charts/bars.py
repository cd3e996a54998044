"""Bars with their intervals and their values written beside them."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, LEGEND, label, lines
from sim.view.charts.looks import Look
from sim.view.charts.style import INK, below, plain, whiskers

ROW, BAR = 26, 18
"""Pixels of a row, and of each bar in it."""
ROOM = 1.4
"""The axis goes on beyond the longest bar by this factor, for the values written there."""


def bars(
    panels: Mapping[str, pd.DataFrame], series: Mapping[str, Look], *, axis: str = "", tickformat: str = ""
) -> go.Figure:
    """Horizontal bars from zero, in panels below one another with an axis each.

    `panels`: by heading ("" for none); columns row (its name), series, value, low and high (missing: unknown) and text
    (the value in words, written at the bar's end). `series`: the looks of those that share a
    row; a legend names them if there are several. `axis`: its title; `tickformat`: of its values, which are left out
    without both.
    """
    names = [list(dict.fromkeys(table["row"])) for table in panels.values()]
    figure = below(list(panels), [len(rows) * (ROW + BAR * max(len(series), 1)) - 6 for rows in names])
    shown: set[str] = set()
    for place, (table, rows) in enumerate(zip(panels.values(), names, strict=True), start=1):
        for key, look in series.items():
            mine = table[table["series"] == key]
            if len(mine):
                _series(figure, mine.assign(key=key), look, place, key not in shown)
                shown.add(key)
        ends = [min(float(table[["value", "low"]].min().min()), 0.0), float(table[["value", "high"]].max().max())]
        figure.update_xaxes(range=[end * ROOM for end in ends] if ends[1] > ends[0] else [0, 1], row=place, col=1)
        figure.update_yaxes(
            type="category",
            categoryorder="array",
            categoryarray=[lines(row, 22) for row in rows],
            autorange="reversed",
            row=place,
            col=1,
        )
        figure.add_vline(x=0, line={"color": INK, "width": 1}, row=place, col=1)
    shown_axis = bool(axis or tickformat)  # otherwise the values that are written are enough
    figure.update_xaxes(tickformat=tickformat, nticks=5, tickangle=0, showticklabels=shown_axis)
    figure.update_xaxes(title_text=axis, row=len(panels), col=1)
    figure.update_yaxes(showgrid=False, tickfont={"size": 13})
    legend = len(shown) > 1
    figure.update_layout(barmode="group", bargap=0.35, hovermode="closest", legend=BELOW, showlegend=legend)
    return figure.update_layout(height=figure.layout.height + LEGEND * legend + 20 * bool(axis))


def _series(figure: go.Figure, table: pd.DataFrame, look: Look, place: int, legend: bool) -> None:
    """The bars of one series in a panel; values stand beyond the whiskers, where nothing crosses them."""
    beyond = table[["value", "high"]].max(axis=1).clip(lower=0)
    key, texts = str(table["key"].iloc[0]), [label(str(text)) for text in table["text"]]
    pattern = {"shape": look.pattern, "fillmode": "overlay", "fgcolor": "#ffffff", "solidity": 0.3, "size": 7}
    figure.add_bar(
        y=[lines(row, 22) for row in table["row"]], x=plain(table["value"]), orientation="h",
        name=lines(look.title, 44), offsetgroup=key, showlegend=legend,
        error_x=whiskers(table["value"], table["low"], table["high"]),
        marker={"color": look.colour, "pattern": pattern},
        customdata=texts, hovertemplate="%{customdata}<extra></extra>", row=place, col=1,
    )  # fmt: skip
    figure.add_bar(
        y=[lines(row, 22) for row in table["row"]], x=[0] * len(table), base=plain(beyond), orientation="h",
        offsetgroup=key, showlegend=False, hoverinfo="skip", text=[f" {text}" for text in texts],
        textposition="outside", textfont={"size": 13}, cliponaxis=False, row=place, col=1,
    )  # fmt: skip
