"""Figures of the caseload: cases in progress by stage, and how they grow old."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, lines
from sim.view.charts.looks import looks
from sim.view.charts.style import DASHES, INK, PALETTE, band, days, styled, subplots

PANEL = 132
"""Pixels of height of a panel of one stage."""


def pending(table: pd.DataFrame, start: date, titles: Mapping[str, str]) -> go.Figure:
    """Cases in progress over time, a panel for each stage: the mean, and bands of the central 50% and 80%.

    `table`: the table 'pending' of a run; `titles`: of all stages. Each panel has its own scale, from zero.
    """
    stages, look = list(table["stage"].unique()), looks(titles)
    figure = _panels([lines(look[stage].title, 60, 1) for stage in stages], [1.0] * len(stages))
    for row, (stage, rows_of_stage) in enumerate(table.groupby("stage", sort=False), start=1):
        _fan(figure, row, rows_of_stage, days(start, rows_of_stage["time"].tolist()), look[str(stage)].colour, "mean")
    figure.update_traces(showlegend=False)
    return styled(figure, height=70 + PANEL * len(stages))


def backlog(table: pd.DataFrame, age_at_end: tuple[float, float], start: date, titles: Mapping[str, str]) -> go.Figure:
    """Cases in progress and those beyond each target's time, and below them the mean age of the headline cases.

    `table`: the table 'backlog' of a run; `age_at_end`: the central 80% of the replications' mean ages at the
    horizon, in days; `titles`: of the series, the headline cases first.
    """
    headline = next(iter(titles))
    figure = _panels(["Cases in progress", lines(f"Mean age: {titles[headline].lower()}, days", 60, 1)], [0.64, 0.36])
    for number, (series, rows) in enumerate(table.groupby("series", sort=False)):
        x, name = days(start, rows["time"].tolist()), lines(titles[str(series)], 44)
        _fan(figure, 1, rows, x, PALETTE[number % 9], name, DASHES[number % 9])
    aged = table[table["age"].notna() & table["series"].eq(headline)]
    if len(aged):
        _age(figure, days(start, aged["time"].tolist()), aged["age"].round(0).tolist(), age_at_end)
    if len(titles) == 1:
        figure.update_traces(showlegend=False)
    styled(figure, height=470 + 24 * len(titles))
    return figure.update_layout(legend=BELOW, margin={"b": 40 + 24 * len(titles)})


def _panels(titles: Sequence[str], heights: Sequence[float]) -> go.Figure:
    """Panels below one another with one axis of time, each under its title (of one line) at the left."""
    figure = subplots(
        rows=len(titles), cols=1, shared_xaxes=True, row_heights=list(heights), subplot_titles=list(titles),
        vertical_spacing=0.3 / (len(titles) + 1),
    )  # fmt: skip
    for note in figure.layout.annotations:
        note.update(x=0, xanchor="left", align="left", font={"size": 14, "color": INK})
    figure.update_yaxes(rangemode="tozero", nticks=4)
    return figure


def _fan(
    figure: go.Figure, row: int, table: pd.DataFrame, x: Sequence[date], colour: str, name: str, dash: str = "solid"
) -> None:
    """A mean over time with its bands in a panel, and its last value beside its end."""
    before, mean = len(figure.data), table["mean"].round(2).tolist()
    for low, high in (("q10", "q90"), ("q25", "q75")):
        band(figure, x, table[low].tolist(), table[high].tolist(), colour)
    for trace in figure.data[before:]:
        trace.line.shape = "hvh"  # counts go by whole cases
    figure.add_scatter(
        x=list(x), y=mean, name=name, line={"color": colour, "dash": dash, "width": 2.5},
        customdata=table[["q10", "q90"]].to_numpy().tolist(),
        hovertemplate="%{y:.1f}, 80% between %{customdata[0]:.0f} and %{customdata[1]:.0f}",
    )  # fmt: skip
    figure.add_scatter(x=[x[-1]], y=mean[-1:], **_end(mean[-1]))
    for trace in figure.data[before:]:
        trace.update(xaxis=f"x{row}", yaxis=f"y{row}")


def _age(figure: go.Figure, x: Sequence[date], age: Sequence[float], at_end: tuple[float, float]) -> None:
    """The mean age in the second panel, with a whisker at the horizon."""
    figure.add_scatter(
        x=list(x), y=list(age), line={"color": INK, "width": 2}, name="mean age", showlegend=False,
        hovertemplate="%{y:.0f} days old on average", row=2, col=1,
    )  # fmt: skip
    spread = {"type": "data", "symmetric": False, "array": [at_end[1] - age[-1]], "arrayminus": [age[-1] - at_end[0]]}
    figure.add_scatter(x=[x[-1]], y=list(age[-1:]), error_y=spread, **_end(age[-1]), row=2, col=1)


def _end(value: float) -> dict[str, Any]:
    """A last value, written beside the end of its line."""
    label = f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
    return {
        "mode": "markers+text", "text": [f" {label}"], "textposition": "middle right", "cliponaxis": False,
        "marker": {"size": 5, "color": INK}, "textfont": {"size": 13}, "showlegend": False, "hoverinfo": "skip",
    }  # fmt: skip
