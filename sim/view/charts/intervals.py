"""Interval rows: named rows with a mark at a value and a line over its interval.

Forecasts beside what happened, scores, parameters, paired differences (a forest).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, LEGEND, hovers, lines
from sim.view.charts.looks import Look
from sim.view.charts.style import DATES, INK, below, pale, plain

ROW, LINE, WIDTH = 30, 17, 8
"""Pixels of a row of one line, of each further line of its name, and of the thickness of an interval."""
SERIES = 15
"""Pixels of one of the series of a row that stand apart."""
GAP = 44
"""Pixels between panels: of the dates or numbers of an axis, and of the heading of the next panel."""
AXIS = 34
"""Characters in a line of the title of the axis."""
NAME = 24
"""Characters in a line of a row's name: so few that a phone has room for the row."""
FEWEST = 4
"""Rows of which one can be far out."""


def intervals(
    panels: Mapping[str, pd.DataFrame],
    series: Mapping[str, Look],
    *,
    axis: str = "",
    tickformat: str = "",
    end: Any = None,
    rule: Any = None,
    apart: float = 0.24,
    clip: bool = False,
) -> go.Figure:
    """Rows with marks and intervals, in panels below one another.

    `panels`: by heading ("" for none); columns row (its name), series, value, low and high (missing: unknown), and, if
    wanted, note (in bold below the row's name) and hover (words). Values are numbers or days.
    `series`: the looks of those that a row can hold; they stand `apart` by a share of a row, 0 to lie on one another.
    `end`: where the axis ends: a missing value (of a series with an interval) or upper bound lies beyond it, and is
    drawn as an arrow there. `rule`: where a line crosses all rows. `axis`: its title; `tickformat`: of its values.
    `clip`: values far out do not stretch the axis, but are arrows at its end; their `note` has the number.
    """
    names = [_names(table) for table in panels.values()]
    tall = SERIES * len(series) if apart else 0
    heights = [sum(max(ROW + LINE * text.count("<br>"), tall) for text in rows.values()) + 14 for rows in names]
    figure = below(list(panels), heights, gap=GAP, shared_x=end is not None)
    shown: set[str] = set()
    for place, (table, rows) in enumerate(zip(panels.values(), names, strict=True), start=1):
        spanned = table if end is None else pd.concat(panels.values())  # panels that end alike share their axis
        ends = _range(_clipped(spanned) if clip else spanned, end, rule)
        here = [key for key in series if table["series"].eq(key).any()]
        for number, key in enumerate(here):
            mine = table[table["series"] == key]
            y = [list(rows).index(row) + round((number - (len(here) - 1) / 2) * apart, 3) for row in mine["row"]]
            _series(figure, mine.assign(y=y), series[key], end, (place, key not in shown))
            if clip:
                _far_out(figure, mine.assign(y=y), series[key], ends, place)
            shown.add(key)
        figure.update_yaxes(
            tickvals=list(range(len(rows))), ticktext=list(rows.values()), range=[len(rows) - 0.4, -0.6],
            showgrid=False, tickfont={"size": 13}, row=place, col=1,
        )  # fmt: skip
        if rule is not None:
            figure.add_vline(x=rule, line={"color": INK, "width": 1, "dash": "dot"}, layer="below", row=place, col=1)
        figure.update_xaxes(range=plain(ends), row=place, col=1)
    figure.update_xaxes(**DATES if _dates(panels) else {"tickformat": tickformat, "nticks": 5, "tickangle": 0})
    figure.update_xaxes(title_text=lines(axis, AXIS), row=len(panels), col=1)
    legend = len(shown) > 1
    figure.update_layout(hovermode="closest", legend=BELOW, showlegend=legend, margin_b=10)
    return figure.update_layout(
        height=figure.layout.height + LEGEND * legend + 20 * bool(axis) + LINE * lines(axis, AXIS).count("<br>") - 20
    )


def _dates(panels: Mapping[str, pd.DataFrame]) -> bool:
    """Whether values are days."""
    return any(pd.api.types.is_datetime64_any_dtype(table["value"]) for table in panels.values())


def _range(table: pd.DataFrame, end: Any, rule: Any) -> list[Any]:
    """From where to where the axis of a panel goes: a little beyond what is drawn, or to the end."""
    day: Any = pd.Timestamp if _dates({"": table}) else float
    known = table[["value", "low", "high"]].replace([-np.inf, np.inf], np.nan)
    through = [] if rule is None else [day(rule)]
    low: Any = min([known[["value", "low"]].min().min(), *through])
    high: Any = max([known[["value", "high"]].max().max(), *through])
    room = (high - low) * 0.05
    return [low - room, high + room if end is None else day(end)]


def _clipped(table: pd.DataFrame) -> pd.DataFrame:
    """The rows without those far out: that reach more than three quartile ranges beyond the quartiles.

    Tukey, Exploratory Data Analysis (1977), section 2D. Of fewer than four rows none is far out.
    """
    reach = table[["value", "low", "high"]].abs().max(axis=1)
    lower, upper = np.quantile(reach, (0.25, 0.75), method="lower")
    return table if len(table) < FEWEST else table[reach <= upper + 3 * (upper - lower)]


def _far_out(figure: go.Figure, table: pd.DataFrame, look: Look, ends: list[Any], place: int) -> None:
    """Arrows at the ends of the axis for values beyond them."""
    for beyond, at, symbol in (
        (table["value"] < ends[0], ends[0], "triangle-left"),
        (table["value"] > ends[1], ends[1], "triangle-right"),
    ):
        figure.add_scatter(
            x=[at] * int(beyond.sum()), y=table["y"][beyond].tolist(), mode="markers", cliponaxis=False,
            marker={"symbol": f"{symbol}-open", "size": 12, "color": look.colour, "line": {"width": 2}},
            showlegend=False, hoverinfo="skip", row=place, col=1,
        )  # fmt: skip


def _names(table: pd.DataFrame) -> dict[str, str]:
    """The rows as they are called at the axis, by their names, in the order in which they come."""
    notes = dict(zip(table["row"], table["note"], strict=True)) if "note" in table else {}
    names = {row: lines(row, NAME) for row in dict.fromkeys(table["row"])}
    return {
        row: f"{name}<br><b>{lines(notes[row], NAME)}</b>" if notes.get(row) else name for row, name in names.items()
    }


def _series(figure: go.Figure, table: pd.DataFrame, look: Look, end: Any, at: tuple[int, bool]) -> None:
    """One series of a panel: its intervals, its marks, and arrows where either goes on beyond the end."""
    where = {"row": at[0], "col": 1, "showlegend": False}
    x: list[Any] = []
    y: list[float | None] = []
    known, told = table[table["low"].notna()], table[table["value"].notna()]
    for row, low, high in zip(known["y"], plain(known["low"]), plain(known["high"]), strict=True):
        x += [low, *plain([end] if high is None else [high]), None]
        y += [row, row, None]
    line, name = {"color": pale(look.colour, 0.45), "width": WIDTH}, lines(look.title, 44)
    alone = {"name": name, "showlegend": at[1]} if told.empty else {}
    figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", **where | alone)
    if end is not None:
        beyond = known[known["high"].isna()]
        arrow = {"symbol": "triangle-right", "size": 11, "color": look.colour}
        figure.add_scatter(
            x=plain([end] * len(beyond)), y=beyond["y"].tolist(), mode="markers", marker=arrow, cliponaxis=False,
            **_pointed_at(beyond), **where,
        )  # fmt: skip
    thin = look.symbol.startswith("line") or look.symbol.endswith("open")
    edge = {"color": look.colour, "width": 2.5} if thin else {"color": "#ffffff", "width": 1}
    size = 14 if look.symbol.startswith("line") else 10
    figure.add_scatter(
        x=plain(told["value"]), y=told["y"].tolist(), mode="markers", name=name,
        marker={"symbol": look.symbol, "size": size, "color": look.colour, "line": edge},
        **_pointed_at(told), **where | {"showlegend": at[1] and len(told) > 0},
    )  # fmt: skip


def _pointed_at(table: pd.DataFrame) -> dict[str, Any]:
    """The words that are read when pointing at marks, if there are any."""
    if "hover" not in table:
        return {"hovertemplate": "%{x}<extra></extra>"}
    return {"customdata": hovers(table["hover"]), "hovertemplate": "%{customdata}<extra></extra>"}
