"""Timelines: a row for each case with what happened and what is forecast on an axis of dates, and how it ends."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, hovers, lines
from sim.view.charts.looks import Look
from sim.view.charts.style import DATES, GRID, INK, blank, pale, plain, styled, subplots

ROW = 42
"""Pixels of a row with a name of two lines."""
BAR, LANE, OFF = 0.6, 0.28, 0.17
"""Shares of a row: of a bar, of one in a lane, and of how far the lanes are off the middle."""
SHARES = 0.27
"""Share of the width that how cases end takes."""
MILLISECONDS = 86_400_000
"""Of a day: lengths of bars on an axis of dates are in milliseconds."""

Rows = Mapping[str, tuple[str, str]]
"""By key, from the top: the group (in bold at its first row) and the name; either may be empty."""


def timeline(
    rows: Rows,
    bars: pd.DataFrame,
    marks: pd.DataFrame,
    looks: Mapping[str, Look],
    span: tuple[date, date],
    *,
    rules: Mapping[date, str] | None = None,
    shares: pd.DataFrame | None = None,
    heading: str = "",
    height: int = ROW,
) -> go.Figure:
    """Bars and marks by row.

    `bars`: row, what (a key of `looks`), low, high (days; missing: the end of the span), lane (-1 above, 1 below, 0 the
    whole row), ahead (whether it is forecast: pale and hatched), hover. `marks`: row, what, day (missing: an arrow at
    the end), lane, hover. `looks`: of all, in the order of the legend, where one title stands once.
    `rules`: lines at days, solid at the first and dotted at the others, and what stands above them.
    `shares`: beside each row, under `heading`, parts that add up to one: row, what, share, hover.
    `height`: pixels of a row.
    """
    place = {key: number for number, key in enumerate(rows)}
    beside = shares is not None
    widths = {"shared_yaxes": True, "column_widths": [1 - SHARES, SHARES], "horizontal_spacing": 0.02}
    figure = subplots(1, 2, **widths) if beside else blank()
    styled(figure, height=int(height * len(rows)) + 110 + 13 * len(looks))
    kinds = [(bars, _bars), (marks, _marks), *([(shares, _shares)] if shares is not None else [])]
    for key, look in looks.items():
        for table, draw in kinds:
            mine = table[table["what"] == key]
            if len(mine):
                draw(figure, mine.assign(y=mine["row"].map(place)), look, span[1])
    _once_in_the_legend(figure)
    if beside:
        figure.add_annotation(text=lines(heading, 8), xref="paper", x=1, xanchor="right", align="right", **_ABOVE)
        figure.update_xaxes(range=[0, 1], showticklabels=False, showgrid=False, row=1, col=2)
    _rows(figure, rows)
    figure.update_layout(xaxis={**DATES, "range": plain(span)})
    for number, (day, text) in enumerate((rules or {}).items()):
        at = {"type": "line", "x0": str(day), "x1": str(day), "yref": "paper", "y0": 0, "y1": 1}
        figure.add_shape(line={"color": INK, "width": 1.5, "dash": "dot" if number else "solid"}, **at)
        figure.add_annotation(text=lines(text, 7), x=str(day), xanchor="center", **_ABOVE)
    return figure.update_layout(
        barmode="stack", hovermode="closest", legend=BELOW, margin={"t": 56 if rules or beside else 10, "r": 14},
        uniformtext={"minsize": 11, "mode": "hide"},
    )  # fmt: skip


_ABOVE: dict[str, Any] = {"yref": "paper", "y": 1, "yanchor": "bottom", "showarrow": False, "font": {"size": 12}}


def _bars(figure: go.Figure, table: pd.DataFrame, look: Look, end: date) -> None:
    """Bars in one look: solid where it happened, pale and hatched where it is forecast."""
    until = table["high"].fillna(pd.Timestamp(end))
    ahead = bool(table["ahead"].iloc[0])
    pattern = {"shape": look.pattern, "fgcolor": "#ffffff", "fgopacity": 0.8, "size": 6, "solidity": 0.2}
    hatched = {"shape": "/", "fgcolor": look.colour, "size": 5, "solidity": 0.25}
    figure.add_bar(
        base=plain(table["low"]), x=((until - table["low"]).dt.days * MILLISECONDS).tolist(),
        y=(table["y"] + table["lane"] * OFF).tolist(), orientation="h", name=lines(look.title, 44),
        width=table["lane"].ne(0).map({True: LANE, False: BAR}).tolist(),
        marker={"color": pale(look.colour, 0.28) if ahead else look.colour,
                "line": {"color": look.colour, "width": 0.5 if ahead else 0},
                "pattern": {"fillmode": "overlay", **(hatched if ahead else pattern)}},
        customdata=hovers(table["hover"]), hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _marks(figure: go.Figure, table: pd.DataFrame, look: Look, end: date) -> None:
    """Marks in one look; an arrow at the end for what comes later."""
    late = table["day"].isna()
    line = (look.colour, 3) if look.symbol.startswith("line") else (INK, 1)
    figure.add_scatter(
        x=plain(table["day"].fillna(pd.Timestamp(end))), y=(table["y"] + table["lane"] * OFF).tolist(), mode="markers",
        name=lines(look.title, 44), cliponaxis=False,
        marker={"symbol": late.map({True: "arrow-right", False: look.symbol}).tolist(), "size": 11,
                "color": look.colour, "line": {"color": line[0], "width": line[1]}},
        customdata=hovers(table["hover"]), hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _shares(figure: go.Figure, table: pd.DataFrame, look: Look, _: date) -> None:
    """A part of one beside each row, with its size written in it where there is room."""
    pattern = {"shape": look.pattern, "fgcolor": "#ffffff", "fgopacity": 0.45, "size": 6, "solidity": 0.2}
    figure.add_bar(
        x=plain(table["share"]), y=table["y"].tolist(), orientation="h", width=BAR, name=lines(look.title, 44),
        text=[f"{share:.0%}" for share in table["share"]], textposition="inside", insidetextanchor="middle",
        textangle=0, textfont={"size": 12},
        marker={"color": look.colour, "line": {"color": "#ffffff", "width": 1},
                "pattern": {"fillmode": "overlay", **pattern}},
        customdata=hovers(table["hover"]), hovertemplate="%{customdata}<extra></extra>", xaxis="x2", yaxis="y2",
    )  # fmt: skip


def _once_in_the_legend(figure: go.Figure) -> None:
    """Of several traces with one name the first stands for all."""
    names = [trace.name for trace in figure.data]
    for number, trace in enumerate(figure.data):
        trace.showlegend = trace.name not in names[:number]


def _rows(figure: go.Figure, rows: Rows) -> None:
    """The names of the rows, and a line above each group."""
    groups = [group for group, _ in rows.values()]
    first = [not number or group != groups[number - 1] for number, group in enumerate(groups)]
    names = [
        "<br>".join(
            part for part in (f"<b>{lines(group, 22)}</b>" if begins and group else "", lines(name, 24)) if part
        )
        for begins, (group, name) in zip(first, rows.values(), strict=True)
    ]
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "layer": "below", "line": {"color": GRID, "width": 1}}
    starts = [number for number, begins in enumerate(first) if begins and number and any(groups)]
    figure.update_layout(
        shapes=[{**line, "y0": number - 0.5, "y1": number - 0.5} for number in starts],
        yaxis={"tickvals": list(range(len(rows))), "ticktext": names, "range": [len(rows) - 0.4, -0.6],
               "showgrid": False, "tickfont": {"size": 12}, "showticklabels": any(names)},
    )  # fmt: skip
