"""Figures of a calibration: parameters before and after, and the record among the simulated ones."""

import pandas as pd
import plotly.graph_objects as go

from sim.view.figures.labels import BELOW, LEGEND
from sim.view.figures.rows import ROW, name_rows, rule, segments
from sim.view.figures.style import INK, PALETTE, blank, styled

PRIOR, NOW = "#999999", PALETTE[0]


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
    """The real record among the simulated ones: both as differences from the simulated mean, in standard deviations.

    `table`: a row for each statistic: title, difference, low95, low80, high80, high95 (of the simulated records).
    """
    figure, rows = blank(), list(range(len(table)))
    for level, width, opacity in ((95, 4, 0.35), (80, 10, 0.45)):
        ends = list(zip(rows, table[f"low{level}"], table[f"high{level}"], strict=True))
        segments(figure, ends, colour=PRIOR, width=width, opacity=opacity, name=f"{level}% of the simulated records")
    figure.add_scatter(
        x=table["difference"].tolist(), y=rows, mode="markers", name="the real record",
        marker={"symbol": "diamond", "size": 11, "color": NOW, "line": {"color": INK, "width": 1}},
        hovertemplate="%{x:+.2f} standard deviations<extra></extra>",
    )  # fmt: skip
    rule(figure, 0)
    styled(figure, x="standard deviations", height=70 + int(1.2 * ROW * len(rows)))
    name_rows(figure, table["title"].tolist())
    figure.update_layout(hovermode="closest")
    edges = [
        min(table["low95"].min(), table["difference"].min()),
        max(table["high95"].max(), table["difference"].max()),
    ]
    figure.update_xaxes(title_font={"size": 13}, range=[edges[0] - 0.2, edges[1] + 0.2])
    figure.update_layout(legend=BELOW, height=figure.layout.height + LEGEND)
    return figure
