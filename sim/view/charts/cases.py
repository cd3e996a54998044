"""Figures of single cases: what happened and is forecast, how likely it is by when, and its replications."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, label, lines
from sim.view.charts.looks import Look, looks
from sim.view.charts.style import DASHES, GRID, INK, PALETTE, band, blank, pale, styled
from sim.view.words import share

ROW, BAR, LANE = 40, 0.6, 0.27
"""Pixels of a case's row; shares of it that a bar of the past and one of a forecast take."""
RESOLVED = "resolved"
"""What is forecast beside the milestones: that a case is resolved, whichever way."""
MAX_COLOURED = 9
"""Curves that colours and dashes can distinguish."""
UNCOLOURED = "#a8a8a8"
"""Of curves that only stand behind the others."""


def timelines(
    table: pd.DataFrame, names: Mapping[str, str], start: date, horizon: date, titles: Mapping[str, str]
) -> go.Figure:
    """What happened in each case and what is forecast, a row for each.

    `table`: columns case, kind ("past", "arrives" or "forecast"), what (a stage, or `RESOLVED`), low, median, high
    (dates; missing: later than the horizon), share (probability by the horizon), hover (for the hover). Of the past low
    and high are its ends. `names`: of the rows, from the top; one that begins in bold begins a group. `titles`: of all
    stages.
    """
    figure, rows = blank(), {case: number for number, case in enumerate(names)}
    look = looks(titles) | {RESOLVED: Look("Resolved", INK, "solid", "x")}
    table = table.assign(row=table["case"].map(rows))
    for (kind, what), rows_of_kind in table.groupby(["kind", "what"], sort=False):
        if kind == "past":
            _bars(figure, rows_of_kind, look[str(what)], rows_of_kind["row"].tolist(), BAR)
        elif kind == "forecast":
            _forecast(figure, rows_of_kind, look[str(what)], horizon, what == RESOLVED)
    coming = table[table["kind"] == "arrives"]
    if len(coming):
        figure.add_scatter(
            x=coming["low"].tolist(), y=coming["row"].tolist(), mode="markers", name="Is to come",
            marker={"symbol": "circle-open", "size": 10, "color": INK}, customdata=coming["hover"].tolist(),
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    groups = [number for number, name in enumerate(names.values()) if number and name.startswith("<b>")]
    _lines_and_notes(figure, groups, start, horizon)
    styled(figure, height=150 + ROW * len(names))
    figure.update_xaxes(type="date", range=[min([start, *table["low"].dropna().dt.date]), horizon])
    figure.update_yaxes(tickvals=list(rows.values()), ticktext=list(names.values()), range=[len(rows) - 0.4, -0.6],
                        showgrid=False, tickfont={"size": 12})  # fmt: skip
    return figure.update_layout(
        barmode="overlay", hovermode="closest", legend=BELOW, margin={"t": 44, "r": 56, "b": 110}
    )


def _bars(figure: go.Figure, table: pd.DataFrame, look: Look, rows: Sequence[float], width: float) -> None:
    """Solid bars from `low` to `high` in the look of a stage."""
    figure.add_bar(
        base=table["low"].tolist(), x=_milliseconds(table["low"], table["high"]), y=list(rows), orientation="h",
        width=width, name=lines(look.title, 44), legendgroup=look.title,
        marker={"color": look.colour, "line": {"width": 0}, "pattern": _pattern(look)},
        customdata=table["hover"].tolist(), hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip


def _pattern(look: Look) -> dict[str, Any]:
    return {"shape": look.pattern, "fillmode": "overlay", "fgcolor": "#ffffff", "fgopacity": 0.8, "size": 6,
            "solidity": 0.2}  # fmt: skip


def _milliseconds(low: "pd.Series[Any]", high: "pd.Series[Any]") -> list[float]:
    """The lengths of bars on an axis of dates."""
    lengths: list[float] = ((high - low).dt.total_seconds() * 1000).tolist()
    return lengths


def _forecast(figure: go.Figure, table: pd.DataFrame, look: Look, horizon: date, resolved: bool) -> None:
    """Pale, hatched intervals with the median as a diamond, or an arrow at the horizon where it is later."""
    until, lane = pd.Timestamp(horizon), 0.18 if resolved else -0.18
    title = f"Forecast: {look.title if resolved else f'{look.title}, if any'}"
    reached = table[table["low"].notna()]
    figure.add_bar(
        base=reached["low"].tolist(), x=_milliseconds(reached["low"], reached["high"].fillna(until)),
        y=(reached["row"] + lane).tolist(), orientation="h", width=LANE, name=lines(title, 44), legendrank=2000,
        marker={"color": pale(look.colour, 0.28), "line": {"color": look.colour, "width": 0.5},
                "pattern": {"shape": "/", "fillmode": "overlay", "fgcolor": look.colour, "size": 5, "solidity": 0.25}},
        customdata=reached["hover"].tolist(), hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    for late, symbol, what in ((False, "diamond", "Median"), (True, "arrow-right", "Median later")):
        mine = table[table["median"].isna() == late]
        if len(mine):
            figure.add_scatter(
                x=mine["median"].fillna(until).tolist(), y=(mine["row"] + lane).tolist(), mode="markers",
                name=what, showlegend=resolved, legendrank=3000, cliponaxis=False,
                marker={"symbol": symbol, "size": 10, "color": look.colour, "line": {"color": "#ffffff", "width": 1}},
                customdata=mine["hover"].tolist(), hovertemplate="%{customdata}<extra></extra>",
            )  # fmt: skip
    if resolved:
        shares = [f"  {share(value)}" for value in table["share"]]
        figure.add_scatter(
            x=[until] * len(table), y=table["row"].tolist(), mode="text", text=shares, textposition="middle right",
            cliponaxis=False, showlegend=False, hoverinfo="skip", textfont={"size": 12},
        )  # fmt: skip


def _lines_and_notes(figure: go.Figure, groups: Sequence[int], start: date, horizon: date) -> None:
    """The line at the first day, those before groups of rows, and what the column of shares is."""
    shapes: list[dict[str, Any]] = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": row - 0.5, "y1": row - 0.5, "layer": "below",
         "line": {"color": GRID, "width": 1}}
        for row in groups
    ]  # fmt: skip
    today = {"type": "line", "x0": str(start), "x1": str(start), "yref": "paper", "y0": 0, "y1": 1}
    figure.update_layout(shapes=[*shapes, {**today, "line": {"color": INK, "width": 1.5}}])
    above = {"yref": "paper", "y": 1, "yanchor": "bottom", "showarrow": False, "font": {"size": 12}}
    figure.add_annotation(text=f"{start}", x=start, xanchor="right", xshift=2, **above)
    figure.add_annotation(text=f"resolved by<br>{horizon}", xref="paper", x=1, xanchor="right", xshift=52,
                          align="right", **above)  # fmt: skip


def probabilities(table: pd.DataFrame, names: Mapping[str, str], labels: Mapping[str, float]) -> go.Figure:
    """Probabilities by date: a curve for each series, with the band of its confidence interval.

    `table`: columns series, date, probability, low, high. `names`: of all series. Those of `labels`, at most
    `MAX_COLOURED`, are coloured and have their name beside the end, at the height given there; the others are grey.
    """
    figure = blank()
    grey = {series: rows for series, rows in table.groupby("series", sort=False) if series not in labels}
    for series, rows in grey.items():
        figure.add_scatter(
            x=rows["date"].tolist(), y=rows["probability"].round(3).tolist(), mode="lines",
            name=label(names[str(series)]), line={"color": UNCOLOURED, "width": 1}, hoverlabel={"namelength": -1},
            hovertemplate="%{y:.0%} by %{x}",
        )  # fmt: skip
    for place, (series, height) in enumerate(labels.items()):
        _coloured_curve(figure, table[table["series"] == series], names[series], place, height)
    styled(figure, height=460)
    figure.update_xaxes(range=[table["date"].min(), table["date"].max()])
    figure.update_yaxes(tickformat=".0%", range=[-0.01, 1.02])
    return figure.update_layout(showlegend=False, margin={"l": 50, "r": 150}, hovermode="closest")


def _coloured_curve(figure: go.Figure, rows: pd.DataFrame, name: str, place: int, height: float) -> None:
    """One curve in colour, its band, and its name at a height beside its end."""
    colour, x = PALETTE[place], rows["date"].tolist()
    band(figure, x, rows["low"].round(3).tolist(), rows["high"].round(3).tolist(), colour)
    y = rows["probability"].round(3).tolist()
    figure.add_scatter(
        x=x, y=y, mode="lines", name=label(name), hoverlabel={"namelength": -1},
        line={"color": colour, "width": 2.5, "dash": DASHES[place % len(DASHES)]}, hovertemplate="%{y:.0%} by %{x}",
    )  # fmt: skip
    figure.add_annotation(
        text=lines(f"{share(y[-1])} {name}", 19), x=x[-1], y=y[-1], ax=16, ay=height, ayref="y", xanchor="left",
        arrowhead=0, arrowwidth=1, arrowcolor=colour, align="left", font={"size": 11, "color": INK},
    )  # fmt: skip
    figure.add_scatter(x=[x[-1]], y=[y[-1]], mode="markers", marker={"color": colour, "size": 7},
                       cliponaxis=False, hoverinfo="skip")  # fmt: skip


def replications(
    visits: pd.DataFrame, ends: pd.DataFrame, start: date, horizon: date, titles: Mapping[str, str]
) -> go.Figure:
    """One case in many replications: a thin row for each, its stages after one another, and how it ends.

    `visits`: columns row, what (a stage), low, high (dates), hover (text). `ends`: columns row, date, what (a stage or
    exit). `titles`: of all stages and exits.
    """
    figure, look = blank(), looks(titles)
    for stage in [name for name in titles if name in set(visits["what"])]:
        mine = visits[visits["what"] == stage]
        _bars(figure, mine, look[stage], mine["row"].tolist(), 0.84)
    symbols = ("diamond", "square", "x", "triangle-up", "star", "pentagon")
    for number, place in enumerate(name for name in titles if name in set(ends["what"])):
        mine = ends[ends["what"] == place]
        figure.add_scatter(
            x=mine["date"].tolist(), y=mine["row"].tolist(), mode="markers",
            name=lines(f"ends in: {titles[place]}", 44),
            marker={"symbol": symbols[number % len(symbols)], "size": 8, "color": INK,
                    "line": {"color": "#ffffff", "width": 1}},
            cliponaxis=False, hovertemplate=f"%{{x}}<extra>{label(titles[place])}</extra>",
        )  # fmt: skip
    rows = int(visits["row"].max()) + 1
    styled(figure, height=170 + 8 * rows, y="replications")
    figure.update_xaxes(type="date", range=[start, horizon])
    figure.update_yaxes(range=[rows - 0.4, -0.6], showticklabels=False, showgrid=False)
    figure.update_xaxes(gridcolor=GRID, layer="below traces")
    return figure.update_layout(barmode="overlay", hovermode="closest", legend=BELOW, margin={"b": 120, "l": 40})
