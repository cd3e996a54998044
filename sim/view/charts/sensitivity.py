"""Figures of sensitivity analyses: which parameters matter, and parameter uncertainty beside what is stochastic."""

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, lines
from sim.view.charts.style import INK, PALETTE, PATTERNS, blank, styled

ROW = 46


def _spread(value: pd.Series, low: pd.Series, high: pd.Series) -> dict[str, object]:
    """The interval of a bar; none below where the value is not within it."""
    return {
        "type": "data", "symmetric": False, "color": INK, "thickness": 1.5, "width": 4,
        "array": (high - value).clip(lower=0).round(5).tolist(),
        "arrayminus": (value - low).clip(lower=0).round(5).tolist(),
    }  # fmt: skip


def tornado(rows: pd.DataFrame, unit: str) -> go.Figure:
    """Mean sizes of the elementary effects, with their intervals: to the right where more of it raises the indicator.

    `rows`: of one indicator, of a Morris screening, the largest first.
    """
    figure = blank()
    up = rows["mu"] >= 0
    for name, mine, sign, colour, pattern in (
        ("raises it", rows[up], 1.0, PALETTE[5], "/"),
        ("lowers it", rows[~up], -1.0, PALETTE[0], ""),
    ):
        value, ends = mine["mu_star"] * sign, (mine["low"] * sign, mine["high"] * sign)
        low, high = ends if sign > 0 else ends[::-1]
        figure.add_bar(
            y=[lines(title, 26) for title in mine["parameter_title"]], x=value.round(5).tolist(), orientation="h",
            name=f"more of it {name}", error_x=_spread(value, low, high),
            marker={"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay", "solidity": 0.3, "size": 7}},
            hovertemplate="%{x:.3g}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": INK, "width": 1})
    order = [lines(title, 26) for title in rows["parameter_title"]]
    figure.update_yaxes(categoryorder="array", categoryarray=order[::-1], showgrid=False, tickfont={"size": 12})
    styled(figure, x=f"effect, {unit}" if unit else "effect", height=150 + ROW * len(rows))
    figure.update_layout(barmode="overlay", bargap=0.35, hovermode="closest", legend=BELOW)
    return figure


def sobol(rows: pd.DataFrame) -> go.Figure:
    """First and total Sobol indices with their intervals; `rows`: of one indicator."""
    figure, labels = blank(), [lines(title, 26) for title in rows["parameter_title"]]
    for name, value, low, high, look in (
        ("by itself (first)", "first", "first_low", "first_high", (PALETTE[4], "")),
        ("with its interactions (total)", "total", "low", "high", (PALETTE[0], "/")),
    ):
        values = rows[value].clip(0, 1)
        figure.add_bar(
            y=labels, x=values.round(4).tolist(), orientation="h", name=name,
            error_x=_spread(values, rows[low], rows[high]),
            marker={"color": look[0], "pattern": {"shape": look[1], "fillmode": "overlay", "solidity": 0.3, "size": 7}},
            hovertemplate="%{x:.0%}",
        )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False, tickfont={"size": 12})
    figure.update_xaxes(tickformat=".0%", range=[0, 1.02])
    styled(figure, x="share of the variance", height=150 + (ROW + 10) * len(rows))
    figure.update_layout(barmode="group", bargap=0.3, legend=BELOW)
    return figure


def split(rows: pd.DataFrame) -> go.Figure:
    """Parameter uncertainty and what is stochastic, as shares of the variance of each indicator, with its interval.

    `rows`: columns title, share_parameter, low, high.
    """
    figure, labels = blank(), [lines(title, 26) for title in rows["title"]]
    known = rows["share_parameter"]
    for name, value, number in (("parameter uncertainty", known, 5), ("stochastic", 1 - known, 4)):
        figure.add_bar(
            y=labels, x=value.round(4).tolist(), name=name, orientation="h", hovertemplate="%{x:.0%}",
            marker={
                "color": PALETTE[number], "line": {"color": "#ffffff", "width": 1},
                "pattern": {
                    "shape": PATTERNS[1] if number == 5 else "", "fillmode": "overlay", "solidity": 0.3, "size": 7,
                },
            },
        )  # fmt: skip
    figure.add_scatter(
        y=labels, x=known.round(4).tolist(), mode="markers", marker={"color": INK, "symbol": "line-ns", "size": 9},
        error_x=_spread(known, rows["low"], rows["high"]), showlegend=False, hoverinfo="skip",
    )  # fmt: skip
    figure.add_vline(x=0.5, line={"color": INK, "width": 1, "dash": "dot"})
    figure.update_yaxes(autorange="reversed", showgrid=False, tickfont={"size": 12})
    figure.update_xaxes(tickformat=".0%", range=[0, 1])
    styled(figure, x="share of the variance", height=150 + 40 * len(rows))
    figure.update_layout(barmode="stack", bargap=0.35, legend=BELOW)
    return figure
