"""Figures of staffing: how busy each role is, who is waited for, and the staff beside the caseload in time."""

from collections.abc import Mapping
from datetime import date

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, lines
from sim.view.charts.looks import SLATE, looks
from sim.view.charts.stacks import stacked
from sim.view.charts.style import INK, PALETTE, PATTERNS, band, blank, days, styled, subplots


def utilisation(table: pd.DataFrame, roles: Mapping[str, str]) -> go.Figure:
    """Work done as a share of what the staff could do, by role, with the central 80%."""
    figure = _bars(table, roles, "value", "%{x:.0%}")
    figure.add_vline(x=1, line={"color": INK, "width": 1, "dash": "dot"})
    figure.update_xaxes(tickformat=".0%", range=[0, max(1.02, float(table["q90"].max()) * 1.02)])
    return styled(figure, x="share of the possible work", height=130 + 62 * len(table))


def delay_by_role(table: pd.DataFrame, roles: Mapping[str, str]) -> go.Figure:
    """Days that a case waits for each role, with their central 80%; columns role, value, q10, q90."""
    figure = _bars(table, roles, "value", "%{x:.1f} days")
    figure.update_xaxes(rangemode="tozero")
    return styled(figure, x="days of delay per case", height=130 + 62 * len(table))


def _bars(table: pd.DataFrame, roles: Mapping[str, str], column: str, hover: str) -> go.Figure:
    """One bar for each role with its interval; the longest in the colour that is looked at first."""
    longest, figure = table[column].max(), blank()
    for row in table.to_dict("records"):
        value = row[column]
        look = (PALETTE[5], "/") if value == longest else (PALETTE[4], "")
        figure.add_bar(
            y=[lines(roles[row["role"]], 22)], x=[round(value, 4)], orientation="h",
            error_x={
                "type": "data", "symmetric": False, "color": INK, "thickness": 1.5, "width": 5,
                "array": [round(max(row["q90"] - value, 0.0), 4)],
                "arrayminus": [round(max(value - row["q10"], 0.0), 4)],
            },
            marker={"color": look[0], "pattern": {"shape": look[1], "fillmode": "overlay", "solidity": 0.3, "size": 7}},
            hovertemplate=f"{hover}<extra></extra>", showlegend=False,
        )  # fmt: skip
    figure.update_layout(barmode="overlay", bargap=0.4)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def work(table: pd.DataFrame, stages: Mapping[str, str], roles: Mapping[str, str]) -> go.Figure:
    """The people at work in each stage, by role.

    `table`: columns stage, one for each role (FTE on average), and q10 and q90 of them all (the central 80%).
    """
    named = table.assign(row=table["stage"].map(dict(stages)), low=table["q10"], high=table["q90"])
    return stacked(named, looks(roles, SLATE), axis="people at work, FTE on average")


def staff_over_time(staff: pd.DataFrame, pending: pd.DataFrame, start: date, roles: Mapping[str, str]) -> go.Figure:
    """The staff by role as areas on one another, and above it, on the same time axis, the cases in progress.

    `staff`: columns role, time (days since start), heads. `pending`: columns time, mean, q10, q90.
    """
    figure = subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    x = days(start, pending["time"].tolist())
    above = blank()
    band(above, x, pending["q10"].tolist(), pending["q90"].tolist(), INK)
    above.add_scatter(
        x=x, y=pending["mean"].round(2).tolist(), name="cases in progress", line={"color": INK}, showlegend=False,
        hovertemplate="%{y:.1f}",
    )  # fmt: skip
    for trace in above.data:
        figure.add_trace(trace, row=1, col=1)
    for number, (role, rows) in enumerate(staff.groupby("role", sort=False)):
        figure.add_scatter(
            x=days(start, rows["time"].tolist()), y=rows["heads"].round(2).tolist(), stackgroup="staff",
            name=lines(roles[str(role)], 44), line={"color": PALETTE[number % 9], "width": 1},
            fillpattern={"shape": PATTERNS[number % 9], "fillmode": "overlay", "solidity": 0.25, "size": 8},
            hovertemplate="%{y:.0f} FTE", row=2, col=1,
        )  # fmt: skip
    styled(figure, height=560)
    figure.update_layout(legend=BELOW)
    figure.update_yaxes(title_text="cases in progress", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title_text="staff, FTE", rangemode="tozero", row=2, col=1)
    return figure
