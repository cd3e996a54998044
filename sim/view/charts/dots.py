"""Cases as dots, a block for each stage, one date after the other."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import lines
from sim.view.charts.looks import looks
from sim.view.charts.style import INK, blank, days, styled

WIDE, SPREAD, ROW = 8, 0.76, 10
"""Dots in a row of a block, the share of its place that they take, and pixels from one row to the next."""
MOST_DOTS = 120
"""Dots of a stage at one time; beyond, a dot stands for several cases."""
MILLISECONDS = 900
"""From one date to the next when they are played."""

Dots = tuple[int, int]
"""Numbers of full and of hollow dots."""


def one_after_the_other(table: pd.DataFrame, start: date, titles: Mapping[str, str]) -> go.Figure:
    """Where the cases are: stages side by side, dates one after the other, to be played or chosen.

    `table`: columns stage, time (days since start), mean, q90 (the bound that one in ten replications exceeds), all
    stages at all times; `titles`: of all stages. A full dot is a case in the stage on average, a hollow one a further
    case up to `q90`; see `dot_size`. Nothing moves until somebody asks for it.
    """
    stages, each = list(table["stage"].unique()), dot_size(table)
    names, look = [f"{day:%b %Y}" for day in days(start, table["time"].drop_duplicates())], looks(titles)
    blocks = {stage: _numbers(mine, each) for stage, mine in table.groupby("stage", sort=False)}
    means = {stage: mine["mean"].tolist() for stage, mine in table.groupby("stage", sort=False)}
    figure = blank()
    frames: list[go.Frame] = []
    for time, name in enumerate(names):
        drawn = blank()
        for place, stage in enumerate(stages):
            _mark(drawn, look[stage].colour, [(place, -1.0, blocks[stage][time])])
        drawn.add_scatter(
            x=list(range(len(stages))), y=[0.4] * len(stages), mode="text", showlegend=False, hoverinfo="skip",
            text=[_mean_label(means[stage][time]) for stage in stages],
        )  # fmt: skip
        frames.append(go.Frame(name=name, data=drawn.data))
    figure.add_traces(frames[0].data)
    figure.frames = frames
    tall = max(_rows(dots) for dots in blocks.values())
    styled(figure, height=int(230 + ROW * (tall + 2)))
    figure.update_xaxes(tickvals=list(range(len(stages))), ticktext=[lines(look[s].title, 12) for s in stages],
                        range=[-0.5, len(stages) - 0.5], showgrid=False, fixedrange=True)  # fmt: skip
    figure.update_yaxes(range=[1.4, -tall - 1], visible=False, fixedrange=True)
    return figure.update_layout(margin={"l": 10, "r": 10, "t": 10, "b": 196}, hovermode=False, **_controls(names))


def _controls(names: Sequence[str]) -> dict[str, Any]:
    """Buttons that play and stop, and a slider of the dates."""
    at_once = {"frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}, "mode": "immediate"}
    playing = {"frame": {"duration": MILLISECONDS, "redraw": False}, "transition": {"duration": 0}, "fromcurrent": True}
    play = {"label": "Play", "method": "animate", "args": [None, playing]}
    stop = {"label": "Stop", "method": "animate", "args": [[None], at_once]}
    steps = [{"label": name, "method": "animate", "args": [[name], at_once]} for name in names]
    below: dict[str, Any] = {"x": 0, "xanchor": "left", "yanchor": "bottom", "bgcolor": "#ffffff", "bordercolor": INK}
    slider = below | {"y": 0, "yanchor": "top", "len": 1, "steps": steps, "currentvalue": {"font": {"size": 15}},
                      "pad": {"l": 34, "r": 34, "t": 60}}  # fmt: skip
    buttons = below | {"type": "buttons", "direction": "left", "showactive": False, "buttons": [play, stop], "y": 0,
                       "yanchor": "top", "pad": {"l": 10, "t": 148}}  # fmt: skip
    return {"sliders": [slider], "updatemenus": [buttons]}


def dot_size(table: pd.DataFrame) -> int:
    """How many cases a dot stands for, so that no block has more than some hundred dots: 1, 2, 5, 10, ..."""
    sizes = (int(digit * 10**power) for power in range(9) for digit in (1, 2, 5))
    most = float(table[["mean", "q90"]].to_numpy().max())
    return next(size for size in sizes if most / size <= MOST_DOTS)


def _numbers(table: pd.DataFrame, each: int) -> list[Dots]:
    """How many dots stand for the cases of a stage, at each time."""
    full, most = ((table[column] / each).round().astype(int).tolist() for column in ("mean", "q90"))
    return [(mean, max(high - mean, 0)) for mean, high in zip(full, most, strict=True)]


def _rows(dots: Sequence[Dots]) -> int:
    """How many rows the largest of the blocks takes."""
    return max(-(-sum(pair) // WIDE) for pair in dots)


def _mark(figure: go.Figure, colour: str, blocks: Sequence[tuple[int, float, Dots]]) -> None:
    """Blocks of dots of one colour, each at a place and with its lowest row at a height: the full, then the hollow."""
    spots: dict[str, list[tuple[float, float]]] = {colour: [], "#ffffff": []}
    for place, floor, (full, hollow) in blocks:
        for number in range(full + hollow):
            x = round(place + ((number % WIDE) / (WIDE - 1) - 0.5) * SPREAD, 3)
            spots[colour if number < full else "#ffffff"].append((x, floor - number // WIDE))
    for fill, points in spots.items():
        figure.add_scatter(
            x=[x for x, _ in points], y=[y for _, y in points], mode="markers", showlegend=False, hoverinfo="skip",
            marker={"size": 6, "color": fill, "line": {"color": colour, "width": 1}},
        )  # fmt: skip


def _mean_label(mean: float) -> str:
    return f"{mean:,.0f}" if mean >= 10 else f"{mean:.1f}"
