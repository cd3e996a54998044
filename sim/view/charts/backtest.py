"""Figures of a backtest: forecasts beside the truth, coverage, where the truth lay, scores by forecaster."""

from collections.abc import Mapping, Sequence
from datetime import date
from math import isfinite
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, LEGEND, lines
from sim.view.charts.rows import ROW, headings, name_rows, rule, segments
from sim.view.charts.style import DASHES, INK, PALETTE, blank, styled, subplots

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
TRUTH = {"symbol": "diamond", "size": 11, "color": PALETTE[5], "line": {"color": INK, "width": 1}}
MEDIAN = {"symbol": "line-ns", "size": 14, "line": {"color": INK, "width": 2.5}}


def forecasts(panels: Mapping[str, pd.DataFrame], first: date, last: date, end: date) -> go.Figure:
    """Each forecast as its median and 80% interval on an axis of dates, beside what happened; a panel for each kind.

    `panels`: by heading; a row for each forecast: name, low, median, high and truth (days; missing: later, or not by
    the last day), hover (words); `first`: the day of the forecast; `last`: of the truth; `end`: how far
    is looked.
    """
    sizes = [len(table) + 1.0 for table in panels.values()]
    inside = ROW * sum(sizes) + 84 * len(sizes)
    figure = subplots(
        len(panels), 1, shared_xaxes=True, row_heights=sizes,
        subplot_titles=[f"<b>{lines(name, 22)}</b>" for name in panels],
        vertical_spacing=84 / inside if len(panels) > 1 else 0,
    )  # fmt: skip
    for row, table in enumerate(panels.values(), 1):
        _forecast_rows(figure, table.reset_index(drop=True), last, end, row)
    styled(figure, height=int(inside) + 90)
    headings(figure)
    figure.update_layout(hovermode="closest", margin={"t": 44})
    figure.update_xaxes(type="date", tickangle=0, tickformat="%b<br>%Y", nticks=4, showticklabels=True)
    figure.update_xaxes(range=[f"{first}", f"{end}"])
    figure.update_layout(legend=BELOW, height=figure.layout.height + LEGEND)
    return figure


def _forecast_rows(figure: go.Figure, table: pd.DataFrame, last: date, end: date, row: int) -> None:
    place, legend = (row, 1), row == 1
    where = {"row": row, "col": 1, "showlegend": legend}
    known = table[table["q10"].notna()]
    ends = zip(known.index, known["q10"], known["q90"].fillna(pd.Timestamp(end)), strict=True)
    shown = [(float(number), f"{low:%Y-%m-%d}", f"{high:%Y-%m-%d}") for number, low, high in ends]
    segments(figure, shown, colour=PALETTE[0], width=8, opacity=0.5, name="80% interval" if legend else "", place=place)
    open_ended = table[table["q90"].isna()]
    figure.add_scatter(
        x=[f"{end}"] * len(open_ended), y=open_ended.index.tolist(), mode="markers", name="later, or never",
        marker={"symbol": "triangle-right", "size": 11, "color": PALETTE[0]}, cliponaxis=False,
        customdata=open_ended["hover"].tolist(), hovertemplate="%{customdata}<extra></extra>", **where,
    )  # fmt: skip
    median = table[table["median"].notna()]
    figure.add_scatter(
        x=median["median"].dt.strftime("%Y-%m-%d").tolist(), y=median.index.tolist(), mode="markers", name="median",
        marker=MEDIAN, hovertemplate="median %{x|%Y-%m-%d}<extra></extra>", **where,
    )  # fmt: skip
    came = table[table["truth"].notna()]
    figure.add_scatter(
        x=came["truth"].dt.strftime("%Y-%m-%d").tolist(), y=came.index.tolist(), mode="markers", name="what happened",
        marker=TRUTH, cliponaxis=False, hovertemplate="happened %{x|%Y-%m-%d}<extra></extra>", **where,
    )  # fmt: skip
    waiting = table[table["truth"].isna()]
    figure.add_scatter(
        x=[f"{last}"] * len(waiting), y=waiting.index.tolist(), mode="markers", name=f"not by {last}",
        marker={"symbol": "diamond-open", "size": 10, "color": PALETTE[5], "line": {"width": 2}},
        hovertemplate="not by %{x|%Y-%m-%d}<extra></extra>", **where,
    )  # fmt: skip
    rule(figure, f"{last}", place=place)
    name_rows(figure, table["name"].tolist(), place=place)


def coverage(table: pd.DataFrame, names: Mapping[str, str]) -> go.Figure:
    """How much of the truth central intervals hold, by forecaster, beside what they promise.

    `table`: forecaster, level (0 to 1), held, low, high (of a confidence interval; infinite: unknown); `names`: of the
    forecasters, in their order.
    """
    figure = blank()
    levels = sorted(table["level"].unique())
    segments(figure, [], colour=INK, width=2, name="as promised", dash="dot")
    for place, level in enumerate(levels):
        figure.add_shape(
            type="line",
            x0=place - 0.45,
            x1=place + 0.45,
            y0=level,
            y1=level,
            line={"color": INK, "width": 2, "dash": "dot"},
        )
    for number, (forecaster, name) in enumerate(names.items()):
        rows = table[table["forecaster"] == forecaster].set_index("level").loc[levels]
        shift = (number - (len(names) - 1) / 2) * 0.16
        figure.add_scatter(
            x=[round(place + shift, 3) for place in range(len(levels))], y=rows["held"].round(4).tolist(),
            mode="markers", name=name,
            marker={"color": PALETTE[number], "symbol": SYMBOLS[number % len(SYMBOLS)], "size": 10},
            error_y=_whiskers(rows["held"], rows["low"], rows["high"]),
            hovertemplate=f"{name}: %{{y:.0%}}<extra></extra>",
        )  # fmt: skip
    styled(figure, x="central intervals", y="share of truth they hold")
    figure.update_layout(hovermode="closest")
    ticks = {"tickvals": list(range(len(levels))), "ticktext": [f"{level:.0%}" for level in levels]}
    figure.update_xaxes(**ticks, range=[-0.5, len(levels) - 0.5], showgrid=False)
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    figure.update_layout(legend=BELOW, height=figure.layout.height + LEGEND)
    return figure


def _whiskers(middle: "pd.Series[float]", low: "pd.Series[float]", high: "pd.Series[float]") -> dict[str, Any]:
    """Error bars; none where an interval is missing."""
    ends = [
        (top - value, value - bottom) if isfinite(top) and isfinite(bottom) else (0.0, 0.0)
        for value, bottom, top in zip(middle, low, high, strict=True)
    ]
    plus, minus = ([round(end[side], 5) for end in ends] for side in (0, 1))
    return {"type": "data", "symmetric": False, "array": plus, "arrayminus": minus, "thickness": 1.5, "width": 3}


def pit(table: pd.DataFrame) -> go.Figure:
    """The share of truths in each class of a forecaster's probability, with whiskers for sampling variation.

    `table`: from, to (of the class), held, low, high (of the band), outside (whether the bar is beyond it).
    """
    figure = blank()
    middles = ((table["from"] + table["to"]) / 2).round(4).tolist()
    for outside, name, colour, shape in (
        (False, "truths", PALETTE[0], ""),
        (True, "beyond sampling variation", PALETTE[5], "/"),
    ):
        rows = table["outside"] == outside
        figure.add_bar(
            x=[middle for middle, shown in zip(middles, rows, strict=True) if shown], y=table["held"][rows].tolist(),
            width=0.9 * float(table["to"].iloc[0] - table["from"].iloc[0]), name=name,
            marker={"color": colour, "pattern": {"shape": shape, "fillmode": "overlay", "fgcolor": INK}},
            hovertemplate="%{y:.1%}<extra></extra>",
        )  # fmt: skip
    even = 1 / len(table)
    figure.add_scatter(
        x=middles, y=[even] * len(table), mode="markers", name="sampling variation", hoverinfo="skip",
        marker={"symbol": "line-ew", "size": 9, "line": {"color": INK, "width": 2}},
        error_y={**_whiskers(pd.Series([even] * len(table)), table["low"], table["high"]), "color": INK, "width": 7},
    )  # fmt: skip
    figure.add_hline(y=even, line={"color": INK, "width": 1.5, "dash": "dot"})
    styled(figure, x="probability that the forecast gave to coming earlier", y="share of truths")
    figure.update_layout(hovermode="closest", bargap=0)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", title_font={"size": 13})
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_layout(legend=BELOW, height=figure.layout.height + LEGEND)
    return figure


def scores(panels: Mapping[str, pd.DataFrame], names: Mapping[str, str]) -> go.Figure:
    """Scores with their intervals, a row for each forecaster and a panel for each score.

    `panels`: by heading; forecaster, score, low, high (infinite: unknown). A panel whose scores are differences (they
    reach below zero) has a line at zero.
    """
    inside = sum(len(table) for table in panels.values()) * 38 + 56 * len(panels)
    figure = subplots(len(panels), 1, subplot_titles=list(panels), vertical_spacing=56 / inside)
    for row, table in enumerate(panels.values(), 1):
        for number, forecaster in enumerate(names):
            mine = table.reset_index(drop=True)
            mine = mine[mine["forecaster"] == forecaster]
            figure.add_scatter(
                x=mine["score"].round(4).tolist(), y=mine.index.tolist(), mode="markers", row=row, col=1,
                marker={"color": PALETTE[number], "symbol": SYMBOLS[number % len(SYMBOLS)], "size": 11},
                error_x=_whiskers(mine["score"], mine["low"], mine["high"]), showlegend=False, cliponaxis=False,
                hovertemplate=f"{names[forecaster]}: %{{x:.3f}}<extra></extra>",
            )  # fmt: skip
        name_rows(figure, [names[forecaster] for forecaster in table["forecaster"]], place=(row, 1))
        rule(figure, 0, place=(row, 1))
    styled(figure, height=inside + 60)
    headings(figure)
    figure.update_layout(hovermode="closest", margin={"t": 30})
    figure.update_xaxes(rangemode="tozero", nticks=4, tickangle=0)
    return figure


def by_origin(
    table: pd.DataFrame, names: Mapping[str, str], band: tuple[str, Sequence[float], Sequence[float]]
) -> go.Figure:
    """Mean scores of the forecasts of each day, a line for each forecaster.

    `table`: origin (days), then a column for each forecaster; `band`: the forecaster that has a confidence interval,
    and its ends (infinite: unknown).
    """
    figure = blank()
    days = [f"{day:%Y-%m-%d}" for day in table["origin"]]
    for number, (forecaster, name) in enumerate(names.items()):
        ends = _whiskers(table[forecaster], pd.Series(band[1]), pd.Series(band[2])) if forecaster == band[0] else None
        figure.add_scatter(
            x=days, y=table[forecaster].round(4).tolist(), name=name, mode="lines+markers", error_y=ends,
            line={"color": PALETTE[number], "dash": DASHES[number], "width": 3 if forecaster == band[0] else 1.8},
            marker={"symbol": SYMBOLS[number % len(SYMBOLS)], "size": 8}, hovertemplate="%{y:.3f}",
        )  # fmt: skip
    styled(figure, y="CRPS (0 is best)")
    figure.update_xaxes(type="date", hoverformat="%Y-%m-%d", tickangle=0, tickformat="%b<br>%Y", nticks=6)
    if (table[list(names)] > 0).all(axis=None):  # a forecaster far off would press the others together
        figure.update_yaxes(type="log", tickvals=[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0])
    figure.update_layout(legend=BELOW, height=figure.layout.height + LEGEND)
    return figure


def totals(panels: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Counts as forecast, with 80% intervals, beside the true ones; a panel for each heading.

    `panels`: name (of the row), q10, median, q90, truth.
    """
    counts = [len(table) for table in panels.values()]
    inside = ROW * (sum(counts) + len(counts)) + 60 * len(counts)
    figure = subplots(
        len(panels), 1, subplot_titles=[f"<b>{name}</b>" if name else "" for name in panels], row_heights=counts,
        vertical_spacing=60 / inside if len(panels) > 1 else 0,
    )  # fmt: skip
    for row, table in enumerate(panels.values(), 1):
        rows, where = list(range(len(table))), {"row": row, "col": 1, "showlegend": row == 1}
        ends = list(zip(rows, table["q10"], table["q90"], strict=True))
        segments(
            figure,
            ends,
            colour=PALETTE[0],
            width=8,
            opacity=0.5,
            name="80% interval" if row == 1 else "",
            place=(row, 1),
        )
        figure.add_scatter(
            x=table["median"].tolist(), y=rows, mode="markers", name="median", marker=MEDIAN,
            hovertemplate="median %{x:.0f}<extra></extra>", **where,
        )  # fmt: skip
        figure.add_scatter(
            x=table["truth"].tolist(), y=rows, mode="markers", name="what happened",
            marker=TRUTH, hovertemplate="happened %{x:.0f}<extra></extra>", **where,
        )  # fmt: skip
        name_rows(figure, table["name"].tolist(), place=(row, 1))
    styled(figure, height=inside + 60)
    headings(figure)
    figure.update_layout(hovermode="closest", margin={"t": 34})
    for row, table in enumerate(panels.values(), 1):
        most = max(float(table[["q90", "truth"]].to_numpy(dtype=float).max()), 1.0)
        figure.update_xaxes(range=[-0.04 * most, 1.06 * most], nticks=6, row=row, col=1)
    figure.update_layout(legend=BELOW, height=figure.layout.height + LEGEND)
    return figure
