"""Figures of scenarios side by side: paired differences, the probes' resolutions, cases in progress."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, lines
from sim.view.charts.style import DASHES, INK, PALETTE, band, blank, days, styled, subplots

VERDICTS = {
    "better": {"color": PALETTE[0], "symbol": "triangle-up"},
    "worse": {"color": PALETTE[5], "symbol": "triangle-down"},
    "different": {"color": INK, "symbol": "diamond"},
    "not significant": {"color": "#767676", "symbol": "circle-open"},
}
"""How a difference is drawn: with a colour and a symbol, and its name is in words beside it."""
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "star")


def forest(table: pd.DataFrame, titles: Mapping[str, str]) -> go.Figure:
    """Paired differences with their confidence intervals, as shares of the first scenario's value; a panel a scenario.

    `table`: columns scenario, title, in_words (the difference), verdict (of `VERDICTS`), share, low, high.
    `titles`: of the scenarios.
    """
    names = list(titles)
    counts = [max(int((table["scenario"] == name).sum()), 1) for name in names]
    longest = max((_label(row).count("<br>") + 1 for row in table.to_dict("records")), default=1)
    height = (14 + 16 * longest) * sum(counts) + 56 * len(names)
    figure = subplots(
        rows=len(names), cols=1, shared_xaxes=True, row_heights=[float(count) for count in counts],
        vertical_spacing=0.0 if len(names) == 1 else 52 / height,
        subplot_titles=[lines(title, 60) for title in titles.values()],
    )  # fmt: skip
    figure.update_annotations(font={"size": 14, "color": INK}, x=0, xanchor="left")
    for place, name in enumerate(names, start=1):
        mine = table[table["scenario"] == name]
        order = [_label(row) for row in mine.to_dict("records")]
        for verdict, look in VERDICTS.items():
            _points(figure, mine[mine["verdict"] == verdict], verdict, look, place)
        figure.update_yaxes(categoryorder="array", categoryarray=order[::-1], row=place, col=1)
        figure.add_vline(x=0, line={"color": INK, "width": 1}, row=place, col=1)
    for verdict, look in VERDICTS.items():
        if (table["verdict"] == verdict).any():
            figure.add_scatter(x=[None], y=[None], mode="markers", marker={**look, "size": 11}, name=verdict)
    styled(figure, height=height + 110)
    figure.update_layout(hovermode="closest", legend=BELOW, margin={"t": 44})
    figure.update_xaxes(tickformat="+.0%", nticks=5, tickangle=0)
    figure.update_xaxes(title_text="change, % of the baseline", row=len(names), col=1)
    figure.update_yaxes(tickfont={"size": 12})
    return figure


def _label(row: Mapping[Any, Any]) -> str:
    """The indicator, and below it the difference in words, so that it is read without the axis."""
    return f"{lines(str(row['title']), 30)}<br><b>{lines(str(row['in_words']), 34)}</b>"


def _points(figure: go.Figure, rows: pd.DataFrame, verdict: str, look: Mapping[str, str], place: int) -> None:
    if rows.empty:
        return
    figure.add_scatter(
        y=[_label(row) for row in rows.to_dict("records")], x=rows["share"].round(5).tolist(), mode="markers",
        error_x={
            "type": "data", "symmetric": False, "color": look["color"], "thickness": 2, "width": 5,
            "array": (rows["high"] - rows["share"]).round(5).tolist(),
            "arrayminus": (rows["share"] - rows["low"]).round(5).tolist(),
        },
        marker={**look, "size": 11}, showlegend=False, hovertemplate=f"%{{x:+.1%}}, {verdict}<extra></extra>",
        row=place, col=1,
    )  # fmt: skip


def resolutions(table: pd.DataFrame, titles: Mapping[str, str], start: date, horizon: float) -> go.Figure:
    """When each probe is resolved in each scenario: the median as a symbol, the central 80% as a line.

    `table`: columns scenario, case, median, q10, q90, in days since the start; what is later than the horizon ends at
    it with an arrow. `titles`: of the scenarios.
    """
    figure, cases = blank(), list(dict.fromkeys(table["case"]))
    apart = 0.8 / len(titles)
    for number, (name, title) in enumerate(titles.items()):
        rows = table[table["scenario"] == name]
        y = [cases.index(case) + (number - (len(titles) - 1) / 2) * apart for case in rows["case"]]
        colour, symbol = PALETTE[number % 9], SYMBOLS[number % len(SYMBOLS)]
        x: list[date | None] = []
        lines_y: list[float | None] = []
        tips_x: list[date] = []
        tips_y: list[float] = []
        for at, low, high in zip(y, rows["q10"], rows["q90"], strict=True):
            x += [*days(start, [min(low, horizon), min(high, horizon)]), None]
            lines_y += [at, at, None]
            if high > horizon:
                tips_x.append(*days(start, [horizon]))
                tips_y.append(at)
        figure.add_scatter(
            x=x, y=lines_y, mode="lines", line={"color": colour, "width": 3, "dash": DASHES[number % len(DASHES)]},
            opacity=0.75, showlegend=False, hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(
            x=tips_x, y=tips_y, mode="markers", marker={"symbol": "triangle-right", "color": colour, "size": 9},
            showlegend=False, hovertemplate="80% reaches beyond the horizon<extra></extra>", cliponaxis=False,
        )  # fmt: skip
        later = [median > horizon for median in rows["median"]]
        figure.add_scatter(
            x=days(start, [min(median, horizon) for median in rows["median"]]), y=y, mode="markers",
            marker={"symbol": symbol, "color": colour, "size": 9, "line": {"color": "#ffffff", "width": 1}},
            name=lines(title, 44), cliponaxis=False, text=["later than the horizon" if one else "" for one in later],
            hovertemplate="median %{x|%-d %B %Y} %{text}",
        )  # fmt: skip
    styled(figure, height=150 + len(cases) * (20 + 10 * len(titles)))
    figure.update_layout(hovermode="closest", legend=BELOW)
    figure.update_yaxes(
        tickvals=list(range(len(cases))), ticktext=[lines(case, 24) for case in cases],
        range=[len(cases) - 0.4, -0.6], tickfont={"size": 12},
    )  # fmt: skip
    figure.update_xaxes(range=days(start, [0.0, horizon]))
    return figure


def pending(tables: Mapping[str, pd.DataFrame], titles: Sequence[str], start: date) -> go.Figure:
    """Cases in progress over time in each scenario: means with the central 80% of the replications.

    Of more than two scenarios only the first has its band, since bands on one another cannot be distinguished.
    `tables`: columns time, mean, q10, q90, by scenario; `titles`: theirs, in the same order.
    """
    figure = blank()
    for number, (rows, title) in enumerate(zip(tables.values(), titles, strict=True)):
        x, colour = days(start, rows["time"].tolist()), PALETTE[number % 9]
        if not number or len(tables) == 2:
            band(figure, x, rows["q10"].tolist(), rows["q90"].tolist(), colour)
        figure.add_scatter(
            x=x, y=rows["mean"].round(2).tolist(), name=lines(title, 44),
            line={"color": colour, "dash": DASHES[number % len(DASHES)], "width": 2.5}, hovertemplate="%{y:.1f}",
        )  # fmt: skip
    styled(figure, y="cases in progress")
    figure.update_layout(legend=BELOW)
    figure.update_yaxes(rangemode="tozero")
    return figure
