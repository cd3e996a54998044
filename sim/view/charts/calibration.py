"""Figures of a calibration: parameters before and after, and the record among the simulated ones."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, LEGEND
from sim.view.charts.rows import ROW, name_rows, rule, segments
from sim.view.charts.rows import headings as small_headings
from sim.view.charts.style import INK, PALETTE, blank, pale, styled, subplots

PRIOR, NOW, RECORD = "#999999", PALETTE[0], PALETTE[5]
CURVES = 330
"""Pixels of height of the panels with curves."""


def parameters(table: pd.DataFrame) -> go.Figure:
    """Medians and 80% intervals before and after, on the scale of what was thought possible before.

    `table`: a row for each parameter: title, informed (by the record), q10, median, q90 (of the
    posterior, as shares of the prior below it, 0 to 1), before and now (in words, for the hover).
    """
    figure, rows = blank(), list(range(len(table)))
    segments(figure, [(row - 0.14, 0.1, 0.9) for row in rows], colour=PRIOR, width=5, name="before, 80%")
    figure.add_scatter(
        x=[0.5] * len(rows), y=[row - 0.14 for row in rows], mode="markers", name="before, median",
        marker={"symbol": "line-ns", "size": 12, "line": {"color": INK, "width": 2}},
        customdata=table["before"].tolist(), hovertemplate="before: %{customdata}<extra></extra>",
    )  # fmt: skip
    informed = table.assign(row=rows)[table["informed"]]
    ends = list(zip(informed["row"] + 0.14, informed["q10"], informed["q90"], strict=True))
    segments(figure, ends, colour=NOW, width=5, name="now, 80%")
    figure.add_scatter(
        x=informed["median"].tolist(), y=(informed["row"] + 0.14).tolist(), mode="markers", name="now, median",
        marker={"symbol": "diamond", "size": 10, "color": NOW, "line": {"color": INK, "width": 1}},
        customdata=informed["now"].tolist(), hovertemplate="now: %{customdata}<extra></extra>",
    )  # fmt: skip
    for row in (row for row in rows if row not in set(informed["row"])):
        figure.add_annotation(
            x=0.5, y=row + 0.2, text="the record is silent", showarrow=False, font={"size": 12, "color": INK}
        )
    rule(figure, 0.5)
    styled(figure, x="share of the prior below", height=70 + int(1.6 * ROW * len(rows)))
    name_rows(figure, table["title"].tolist())
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(range=[0, 1], tickformat=".0%", dtick=0.25, title_font={"size": 13})
    figure.update_layout(legend=BELOW, height=figure.layout.height + LEGEND)
    return figure


def statistics(table: pd.DataFrame) -> go.Figure:
    """Where the record lies among the simulated ones, before and after it was known: as shares of them below it.

    `table`: a row for each statistic: title, prior_below, below (shares, 0 to 1), before and now (in words, for the
    hover).
    """
    figure, rows = blank(), list(range(len(table)))
    segments(figure, [(row, 0.1, 0.9) for row in rows], colour=PRIOR, width=12, opacity=0.35, name="central 80%")
    for column, words, name, mark in (
        ("prior_below", "before", "before (prior)", {"symbol": "circle", "size": 9, "color": PRIOR}),
        ("below", "now", "now (posterior)", {"symbol": "diamond", "size": 10, "color": NOW}),
    ):
        figure.add_scatter(
            x=table[column].round(4).tolist(), y=rows, mode="markers", name=name,
            marker={**mark, "line": {"color": INK, "width": 1}},
            customdata=table[words].tolist(), hovertemplate="%{x:.0%} below<br>%{customdata}<extra></extra>",
        )  # fmt: skip
    rule(figure, 0.5)
    styled(figure, x="share of the simulated records below the real one", height=70 + int(1.1 * ROW * len(rows)))
    name_rows(figure, table["title"].tolist())
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".0%", dtick=0.25, title_font={"size": 13})
    figure.update_layout(legend=BELOW, height=figure.layout.height + LEGEND)
    return figure


def curves(table: pd.DataFrame, headings: Mapping[str, str]) -> go.Figure:
    """The record's survival curves as steps among the bands of the simulated ones: one panel a stage.

    `table`: columns stage, age (days), record, prior_q10, prior_q90, q10, median, q90. `headings`: of the stages, in
    the order of the panels.
    """
    figure = subplots(
        1, len(headings), shared_yaxes=True, subplot_titles=list(headings.values()), horizontal_spacing=0.05
    )
    for number, stage in enumerate(headings):
        _curve(figure, table[table["stage"] == stage].round(4), number + 1)
    styled(figure, height=CURVES)
    small_headings(figure)
    figure.update_layout(hovermode="x unified", margin={"t": 44})
    figure.update_layout(legend=BELOW, height=figure.layout.height + LEGEND)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", dtick=0.25)
    figure.update_yaxes(title_text="still in it", col=1)
    figure.update_xaxes(title_text="days", rangemode="tozero", nticks=6)
    return figure


def _curve(figure: go.Figure, curve: pd.DataFrame, column: int) -> None:
    ages, first, at = curve["age"].tolist(), column == 1, {"row": 1, "col": column}
    for low, high, name, colour in (
        ("prior_q10", "prior_q90", "the model before (prior), 80%", pale(PRIOR)),
        ("q10", "q90", "the model now (posterior), 80%", pale(NOW, 0.3)),
    ):
        edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", **at}
        figure.add_scatter(x=ages, y=curve[high].tolist(), showlegend=False, **edge)
        figure.add_scatter(
            x=ages, y=curve[low].tolist(), fill="tonexty", fillcolor=colour, name=name, showlegend=first, **edge
        )
    for name, values, line in (
        ("the model now, median", curve["median"], {"color": NOW, "width": 2.5}),
        ("the record", curve["record"], {"color": RECORD, "width": 2.5, "shape": "hv"}),
    ):
        figure.add_scatter(
            x=ages, y=values.tolist(), mode="lines", line=line, name=name, showlegend=first,
            hovertemplate="%{y:.0%}", **at,
        )  # fmt: skip
