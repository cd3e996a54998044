"""Figures of durations: how long visits to each stage take, and what their days are spent on."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import lines
from sim.view.charts.looks import MUTED, looks
from sim.view.charts.stacks import stacked
from sim.view.charts.style import INK, PALETTE, styled, subplots

PANEL = 210
"""Pixels of height of one panel of the small multiples."""
STILL = "%{y:.0%} still in the stage after %{x:.0f} days"


def survival(curves: pd.DataFrame, titles: Mapping[str, str]) -> go.Figure:
    """The share of visits that are still in each stage after so many days: one panel a stage, each with its own days.

    `curves`: columns stage, age (days), survival. `titles`: of stages.
    """
    stages = list(curves["stage"].unique())
    columns = 2 if len(stages) > 1 else 1
    rows = -(-len(stages) // columns)
    figure = subplots(
        rows=rows, cols=columns, shared_yaxes=True, subplot_titles=[lines(titles[stage]) for stage in stages],
        horizontal_spacing=0.06, vertical_spacing=0.34 / max(rows, 2),
    )  # fmt: skip
    figure.update_annotations(font={"size": 13, "color": INK})
    for number, stage in enumerate(stages):
        at = {"row": number // columns + 1, "col": number % columns + 1}
        mine = curves[curves["stage"] == stage]
        figure.add_scatter(
            x=mine["age"].round(1).tolist(), y=mine["survival"].round(4).tolist(), showlegend=False,
            line={"color": PALETTE[0], "width": 2.5}, hovertemplate=f"{STILL}<extra></extra>", **at,
        )  # fmt: skip
    styled(figure, height=130 + PANEL * rows)
    halves = [_half(number) for number in range(1, len(stages) + 1)]  # all at once: add_hline takes its time
    figure.update_layout(hovermode="closest", margin={"t": 44}, shapes=halves)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", dtick=0.25)
    figure.update_xaxes(rangemode="tozero", nticks=5, tickangle=0)
    for column in range(1, columns + 1):
        figure.update_xaxes(title_text="days in the stage", row=rows, col=column)
    if len(stages) % columns:
        figure.update_xaxes(title_text="days in the stage", row=rows - 1, col=columns)
    return figure


def _half(panel: int) -> dict[str, Any]:
    """The line at one half across a panel, by its number from 1."""
    line = {"color": INK, "width": 1, "dash": "dot"}
    across = {"xref": f"x{panel if panel > 1 else ''} domain", "x0": 0, "x1": 1}
    return {"type": "line", **across, "yref": f"y{panel if panel > 1 else ''}", "y0": 0.5, "y1": 0.5, "line": line,
            "opacity": 0.5}  # fmt: skip


def where_days_go(table: pd.DataFrame, stages: Mapping[str, str], parts: Mapping[str, str]) -> go.Figure:
    """The mean days of a visit to each stage by what they are spent on.

    `table`: as the table 'delay' of a run. `stages`, `parts`: titles of the stages and of the columns shown.
    """
    named = table.assign(row=table["stage"].map(dict(stages)), low=table["q10"], high=table["q90"])
    return stacked(named, looks(parts, MUTED), axis="days per visit, on average")
