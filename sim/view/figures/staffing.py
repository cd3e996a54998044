"""Figures of staffing: what more people change, where the days go, and how busy each role is."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from sim.view.figures.style import PALETTE, PATTERNS, band, styled


def response_curve(table: pd.DataFrame) -> go.Figure:
    """One indicator against the people there are, with its confidence band; `table`: its rows of `Sweep.table`."""
    rows, figure = table.sort_values("fte"), go.Figure()
    x, first = rows["fte"].round(1).tolist(), rows.iloc[0]
    band(figure, x, rows["low"].tolist(), rows["high"].tolist(), PALETTE[0])
    figure.add_scatter(
        x=x, y=rows["value"].tolist(), mode="lines+markers", name=first["title"], line={"color": PALETTE[0]},
        hovertemplate="%{y:.3g}",
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero")
    return styled(figure, x="FTE, all roles", y=f"{first['title']} ({first['unit']})".replace(" ()", ""))


def where_days_go(table: pd.DataFrame, stages: Mapping[str, str], parts: Mapping[str, str]) -> go.Figure:
    """The days of a visit to each stage by what they are spent on; `table`: of `sim.indicators.delay`."""
    figure = go.Figure()
    for number, (name, title) in enumerate(parts.items()):
        figure.add_bar(
            y=[stages[stage] for stage in table["stage"]],
            x=table[name].round(1).tolist(),
            name=title,
            orientation="h",
            marker={"color": PALETTE[number % 9], "pattern": {"shape": PATTERNS[number % 9]}},
            hovertemplate="%{x:.0f} days",
        )
    figure.update_layout(barmode="stack")
    figure.update_yaxes(autorange="reversed")
    return styled(figure, x="days")


def utilisation(table: pd.DataFrame, roles: Mapping[str, str]) -> go.Figure:
    """Work done as a share of what the staff could do, by role, with the central 80%; of `indicators.utilisation`."""
    figure = go.Figure()
    spread = {"array": (table["high"] - table["mean"]).tolist(), "arrayminus": (table["mean"] - table["low"]).tolist()}
    figure.add_bar(
        y=[roles[role] for role in table["role"]],
        x=table["mean"].round(4).tolist(),
        error_x={"type": "data", "symmetric": False, **spread},
        orientation="h",
        marker={"color": PALETTE[0]},
        hovertemplate="%{x:.0%}",
        showlegend=False,
    )
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    return styled(figure, height=320)


def forest(table: pd.DataFrame) -> go.Figure:
    """Paired differences with their confidence intervals, one row each; as `sim.comparison.compare` gives them.

    Differences are shares of the first scenario's value, so that all units stand on one axis.
    """
    rows, figure = table[table["base"] != 0], go.Figure()
    names = list(rows["scenario"].unique())
    for number, name in enumerate(names):
        mine = rows[rows["scenario"] == name]
        base = mine["base"].abs()
        share, low, high = (mine[column] / base for column in ("difference", "low", "high"))
        figure.add_scatter(
            y=mine["title"].tolist(),
            x=share.round(5).tolist(),
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (high - share).tolist(),
                "arrayminus": (share - low).tolist(),
            },
            mode="markers",
            marker={"color": PALETTE[number % 9], "symbol": number % 6, "size": 9},
            name=str(name),
            hovertemplate="%{x:+.1%}",
        )
    figure.add_vline(x=0, line={"color": "#1a1a1a", "width": 1})
    figure.update_xaxes(tickformat="+.0%")
    figure.update_yaxes(autorange="reversed")
    return styled(
        figure, x="difference, share of the first scenario's value", height=160 + 34 * rows["title"].nunique()
    )
