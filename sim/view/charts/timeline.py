"""Timelines: a row for each case with what happened and what is forecast on an axis of dates, and how it ends."""

from collections.abc import Mapping, Sequence
from datetime import date
from math import ceil
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, hovers, label, lines
from sim.view.charts.looks import Look
from sim.view.charts.style import DATES, GRID, INK, blank, pale, plain, styled, subplots

ROW = 42
"""Pixels of a row with a name of two lines."""
LINE = 19
"""Pixels of a line of the legend, which has four entries or so."""
BAR, LANE, OFF, SHARE = 0.6, 0.28, 0.17, 0.84
"""Shares of a row: of a bar, of one in a lane, of how far the lanes are off the middle, and of a bar with numbers."""
SHARES, LETTER = 0.22, 0.0115
"""Shares of the width: of what stands beside the axis of dates, and of each letter between."""
SMALL = {"size": 11}
"""Letters of the legend, and of the words beside the rows."""
MILLISECONDS = 86_400_000
"""Of a day: lengths of bars on an axis of dates are in milliseconds."""

Rows = Mapping[str, tuple[str, str]]
"""By key, from the top: the group (in bold at its first row) and the name; either may be empty."""


class Beside(NamedTuple):
    """What stands at the right of the axis of dates, each with its heading.

    `words`: by row, a line, and further ones in bold. `shares`: parts that add up to one: row, what, share, hover.
    """

    words: Mapping[str, Sequence[str]]
    words_heading: str
    shares: pd.DataFrame
    shares_heading: str


def timeline(
    rows: Rows,
    bars: pd.DataFrame,
    marks: pd.DataFrame,
    looks: Mapping[str, Look],
    span: tuple[date, date],
    *,
    rules: Mapping[date, str] | None = None,
    beside: Beside | None = None,
    height: int = ROW,
) -> go.Figure:
    """Bars and marks by row.

    `bars`: row, what (a key of `looks`), low, high (days; missing: the end of the span), lane (-1 above, 1 below, 0 the
    whole row), ahead (whether it is forecast: pale and hatched), hover. `marks`: row, what, day (missing: an arrow at
    the end), lane, hover. `looks`: of all, in the order of the legend, where one title stands once, without a title not
    at all. `rules`: lines at days, solid at the first and dotted at the others, and what stands above them.
    `height`: pixels of a row.
    """
    place = {key: number for number, key in enumerate(rows)}
    figure = _panels(beside) if beside else blank()
    titles = {look.title for look in looks.values()}
    styled(figure, height=int(height * len(rows)) + 110 + LINE * ceil(len(titles) / 4))
    kinds = [(bars, _bars), (marks, _marks), *([(beside.shares, _shares)] if beside else [])]
    for key, look in looks.items():
        for table, draw in kinds:
            mine = table[table["what"] == key]
            if len(mine):
                draw(figure, mine.assign(y=mine["row"].map(place)), look, span[1])
    _once_in_the_legend(figure)
    if beside:
        _beside(figure, rows, beside)
    _rows(figure, rows)
    figure.update_layout(xaxis={**DATES, "range": plain(span)})
    for number, (day, text) in enumerate((rules or {}).items()):
        at = {"type": "line", "x0": str(day), "x1": str(day), "yref": "paper", "y0": 0, "y1": 1}
        figure.add_shape(line={"color": INK, "width": 1.5, "dash": "dot" if number else "solid"}, **at)
        figure.add_annotation(text=lines(text, 9), x=str(day), xanchor="center", **_ABOVE)
    legend = BELOW | {"font": SMALL, "traceorder": "grouped", "tracegroupgap": 0, "indentation": -7}
    return figure.update_layout(
        barmode="stack", hovermode="closest", legend=legend,
        margin={"t": 44 if rules or beside else 10, "r": 14, "b": 10}, uniformtext={"minsize": 9, "mode": "hide"},
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
        x=plain(table["share"]), y=table["y"].tolist(), orientation="h", width=SHARE, name=lines(look.title, 44),
        text=[f"{share:.0%}" for share in table["share"]], textposition="inside", insidetextanchor="middle",
        textangle=0, textfont={"size": 12},
        marker={"color": look.colour, "line": {"color": "#ffffff", "width": 1},
                "pattern": {"fillmode": "overlay", **pattern}},
        customdata=hovers(table["hover"]), hovertemplate="%{customdata}<extra></extra>", xaxis="x2", yaxis="y2",
    )  # fmt: skip


def _panels(beside: Beside) -> go.Figure:
    """The panel of dates, and the one of shares, with as much room between them as the words take."""
    longest = max((len(text) for said in beside.words.values() for text in said), default=0)
    widths = {"column_widths": [1 - SHARES, SHARES], "horizontal_spacing": 0.03 + LETTER * longest}
    return subplots(1, 2, shared_yaxes=True, **widths)


def _beside(figure: go.Figure, rows: Rows, beside: Beside) -> None:
    """The words beside the rows, as names of the rows of the shares, and what stands above both."""
    said = [
        [label(first), *(f"<b>{label(more)}</b>" for more in others)]
        for first, *others in map(beside.words.__getitem__, rows)
    ]
    figure.update_xaxes(range=[0, 1], showticklabels=False, showgrid=False, row=1, col=2)
    figure.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=["<br>".join(one) for one in said], showticklabels=True,
        tickfont=SMALL, automargin=False, row=1, col=2,
    )  # fmt: skip
    for heading, x in ((beside.words_heading, figure.layout.xaxis2.domain[0]), (beside.shares_heading, 1)):
        figure.add_annotation(text=lines(heading, 17), xref="paper", x=x, xanchor="right", align="right", **_ABOVE)


def _once_in_the_legend(figure: go.Figure) -> None:
    """Of several traces with one name the first stands for all. In groups they take no more room than needed."""
    names = [trace.name for trace in figure.data]
    for number, trace in enumerate(figure.data):
        trace.update(showlegend=bool(trace.name) and trace.name not in names[:number], legendgroup=trace.name)


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
