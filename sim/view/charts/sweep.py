"""Figures of sweeps: an indicator against the headcount, or against whatever else was varied."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import label, lines
from sim.view.charts.style import INK, PALETTE, band, blank, styled, subplots


def response(rows: pd.DataFrame, axis: str, title: str, unit: str, stops: float | None = None) -> go.Figure:
    """An indicator along one column of the rows of `Sweep.table`, with its confidence band.

    `axis`: words for the axis, whose values are in the column `x`: numbers, or names side by side. `stops`: where one
    more of it stops helping, marked.
    """
    rows, figure = rows.sort_values("x", kind="stable"), blank()
    numbers = pd.api.types.is_numeric_dtype(rows["x"])
    x: list[Any] = rows["x"].tolist() if numbers else [label(str(x)) for x in rows["x"]]
    low, high, value = (rows[name].round(4) for name in ("low", "high", "value"))
    if numbers:
        band(figure, x, low.tolist(), high.tolist(), PALETTE[0])
    figure.add_scatter(
        x=x, y=value.tolist(), mode="lines+markers" if numbers else "markers", name=label(title), showlegend=False,
        error_y={"type": "data", "symmetric": False, "array": (high - value).tolist(),
                 "arrayminus": (value - low).tolist(), "visible": not numbers},
        line={"color": PALETTE[0], "width": 2.5}, marker={"size": 8},
        hovertemplate="%{y:.3g}<extra></extra>",
    )  # fmt: skip
    if stops is not None:
        figure.add_vline(x=stops, line={"color": PALETTE[5], "width": 2, "dash": "dash"})
        figure.add_annotation(
            x=stops, y=1, yref="paper", yanchor="top", xanchor="left" if stops <= (x[0] + x[-1]) / 2 else "right",
            text="one more stops helping", showarrow=False, font={"color": INK, "size": 13}, xshift=0,
            bgcolor="rgba(255,255,255,0.85)",
        )  # fmt: skip
    styled(figure, x=lines(axis, 44), y=lines(_with_unit(title, unit), 30))
    figure.update_yaxes(rangemode="tozero")
    return figure


def panels(parts: Sequence[tuple[str, pd.DataFrame]], title: str, unit: str) -> go.Figure:
    """An indicator at many points against each of the settings that vary, one panel below the other.

    `parts`: words for each axis, and the rows with its values in the column `x`.
    """

    figure = subplots(rows=len(parts), cols=1, vertical_spacing=0.28 / len(parts))
    for place, (axis, rows) in enumerate(parts, start=1):
        value = rows["value"].round(4)
        figure.add_scatter(
            x=rows["x"].tolist(), y=value.tolist(), mode="markers", showlegend=False,
            error_y={"type": "data", "symmetric": False, "array": (rows["high"] - value).round(4).tolist(),
                     "arrayminus": (value - rows["low"]).round(4).tolist(), "color": "#767676", "thickness": 1},
            marker={"color": PALETTE[0], "size": 7}, hovertemplate="%{y:.3g}<extra></extra>", row=place, col=1,
        )  # fmt: skip
        figure.update_xaxes(title_text=lines(axis, 44), row=place, col=1)
    styled(figure, height=60 + 300 * len(parts))
    for place, (axis, _) in enumerate(parts, start=1):
        figure.update_xaxes(title_text=lines(axis, 44), row=place, col=1)
    figure.update_yaxes(title_text=lines(_with_unit(title, unit), 30))
    return figure


def heat(rows: pd.DataFrame, axes: tuple[str, str]) -> go.Figure:
    """An indicator at all combinations of two settings: a map with the values and their intervals written in it.

    `rows`: columns x, y, value, low, high; `axes`: words for x and y.
    """
    columns, lines_of = list(dict.fromkeys(rows["x"])), list(dict.fromkeys(rows["y"]))
    at = {(row["x"], row["y"]): row for row in rows.to_dict("records")}
    cells = [[at.get((x, y)) for x in columns] for y in lines_of]
    figure = blank(
        go.Heatmap(
            x=[label(str(x)) for x in columns], y=[label(str(y)) for y in lines_of],
            z=[[None if cell is None else round(cell["value"], 4) for cell in row] for row in cells],
            text=[["" if cell is None else _value_text(cell) for cell in row] for row in cells],
            texttemplate="%{text}", textfont={"size": 13}, colorscale="Cividis", hovertemplate="%{text}<extra></extra>",
            showscale=False,
        )
    )  # fmt: skip
    styled(figure, x=lines(axes[0], 44), y=lines(axes[1], 36), height=150 + 84 * len(lines_of))
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", showgrid=False)
    figure.update_layout(hovermode="closest")
    return figure


def _value_text(cell: Mapping[Any, Any]) -> str:
    return f"<b>{cell['value']:.3g}</b><br>{cell['low']:.2g}<br>to {cell['high']:.2g}"


def _with_unit(title: str, unit: str) -> str:
    return f"{title} ({unit})" if unit else title
