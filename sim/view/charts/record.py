"""Figures of the public record: curves with their censoring, timelines, cases in progress, requests, clearance."""

from collections.abc import Mapping, Sequence
from datetime import date
from math import ceil

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, LEGEND, label
from sim.view.charts.rows import headings as small_headings
from sim.view.charts.style import DASHES, INK, PALETTE, PATTERNS, blank, pale, styled, subplots

DAY_MS = 86_400_000
"""Milliseconds of a day: the unit of the length of a bar on an axis of dates."""
SYMBOLS = ("diamond", "square", "x", "cross", "star", "hexagon")
BARS = 22
"""Pixels of a row of the timelines."""


def _pattern(number: int) -> dict[str, object]:
    """The pattern of the bars of a series, over their colour."""
    return {"shape": PATTERNS[number], "fgcolor": INK, "fgopacity": 0.7, "fillmode": "overlay", "size": 6}


def survival(table: pd.DataFrame, headings: Mapping[str, str]) -> go.Figure:
    """The Kaplan-Meier curve of each stage as steps, with its bands; a tick where a case in progress was last seen.

    `table`: as `sim.record.tables.survival` gives it; `headings`: of the stages, in the order of the panels.
    """
    columns = 2 if len(headings) > 1 else 1
    rows = ceil(len(headings) / columns)
    figure = subplots(
        rows, columns, shared_yaxes=True, subplot_titles=list(headings.values()), horizontal_spacing=0.07,
        vertical_spacing=0.36 / rows,
    )  # fmt: skip
    for number, stage in enumerate(headings):
        _curve(figure, table[table["stage"] == stage], number // columns + 1, number % columns + 1, not number)
    styled(figure, height=90 + 240 * rows)
    small_headings(figure)
    figure.update_layout(hovermode="closest", margin={"t": 44})
    figure.update_layout(legend=BELOW, height=figure.layout.height + LEGEND)
    figure.update_yaxes(range=[0, 1.04], tickformat=".0%", dtick=0.25)
    figure.update_xaxes(rangemode="tozero", nticks=5)
    figure.update_yaxes(title_text="still in it", col=1)
    figure.update_xaxes(title_text="days", row=rows)
    return figure


def _curve(figure: go.Figure, curve: pd.DataFrame, row: int, column: int, legend: bool) -> None:
    place = {"row": row, "col": column}
    known = curve[curve["low95"].notna()]
    days = [*known["days"].tolist()]
    for level, opacity in ((95, 0.14), (80, 0.26)):
        edge = {"line": {"width": 0, "shape": "hv"}, "mode": "lines", "hoverinfo": "skip"}
        figure.add_scatter(x=days, y=known[f"high{level}"].round(4).tolist(), showlegend=False, **edge, **place)
        figure.add_scatter(
            x=days, y=known[f"low{level}"].round(4).tolist(), fill="tonexty", fillcolor=pale(PALETTE[0], opacity),
            name=f"{level}% confidence", showlegend=legend, legendrank=1000 + 100 - level, **edge, **place,
        )  # fmt: skip
    figure.add_scatter(
        x=[0.0, *curve["days"].tolist()], y=[1.0, *curve["survival"].round(4).tolist()], mode="lines",
        line={"color": PALETTE[0], "shape": "hv", "width": 2.5}, name="share still in it", showlegend=legend,
        customdata=[int(curve["at_risk"].iloc[0]), *curve["at_risk"].tolist()],
        hovertemplate="after %{x:.0f} days %{y:.0%}<br>%{customdata} followed so long<extra></extra>", legendrank=900,
        **place,
    )  # fmt: skip
    pending = _censored(curve)
    figure.add_scatter(
        x=pending["days"].tolist(), y=pending["survival"].round(4).tolist(), mode="markers", showlegend=legend,
        marker={"symbol": "line-ns", "size": 9, "line": {"color": INK, "width": 1.5}},
        name="in progress, followed so long", customdata=pending["pending"].tolist(),
        hovertemplate="%{customdata} in progress after %{x:.0f} days<extra></extra>", **place,
    )  # fmt: skip


def _censored(curve: pd.DataFrame) -> pd.DataFrame:
    """The steps at which cases in progress were last seen, and how many were (`pending`)."""
    left = curve["at_risk"] - curve["at_risk"].shift(-1, fill_value=0) - curve["ended"]
    return curve.assign(pending=left)[left > 0]


def timelines(
    table: pd.DataFrame, last: date, stages: Sequence[str], findings: str, outcomes: Mapping[str, str]
) -> go.Figure:
    """All strands from their opening on, grouped by proceeding; those in progress are open at the last day.

    `table`: a row for each strand in the order from top to bottom: proceeding, heading (of the proceeding), label,
    opened, findings, outcome, ended; `stages`: names of the parts before and after findings; `findings`: what the
    milestone between them is called; `outcomes`: names by outcome, '' for those in progress.
    """
    rows, names, headings = _places(table)
    data = table.assign(row=rows, end=table["ended"].fillna(pd.Timestamp(last)))
    figure = blank()
    seen = data["findings"].notna()
    _bars(figure, data, data["opened"], data["findings"].where(seen, data["end"]), stages[0], 0)
    _bars(figure, data[seen], data["findings"][seen], data["end"][seen], stages[1], 1)
    _marks(figure, data[seen], "findings", findings, "triangle-down")
    for number, (outcome, title) in enumerate(outcomes.items()):
        mine = data[data["outcome"] == outcome]
        symbol = SYMBOLS[number % len(SYMBOLS)] if outcome else "triangle-right-open"
        _marks(figure, mine, "end", title, symbol)
    styled(figure, height=90 + BARS * len(names))
    figure.update_layout(legend=BELOW, height=figure.layout.height + LEGEND)
    for row, heading in headings:
        figure.add_annotation(
            x=0, xref="paper", y=row, text=f"<b>{label(heading)}</b>", showarrow=False, xanchor="left",
            font={"size": 12}, bgcolor="rgba(255,255,255,0.8)", borderpad=1,
        )  # fmt: skip
    figure.update_layout(barmode="overlay", bargap=0.35, hovermode="closest")
    figure.update_yaxes(
        tickvals=rows, ticktext=[*map(label, table["label"])], range=[len(names) - 0.3, -0.7], showgrid=False,
        tickfont={"size": 12},
    )  # fmt: skip
    figure.update_xaxes(type="date", tickangle=0, tickformat="%b<br>%Y", nticks=6)
    return figure


def _places(table: pd.DataFrame) -> tuple[list[int], list[str], list[tuple[int, str]]]:
    """The row of each strand, all names from top to bottom, and the rows that hold headings."""
    rows: list[int] = []
    names: list[str] = []
    headings: list[tuple[int, str]] = []
    for _, group in table.groupby("proceeding", sort=False):
        headings.append((len(names), str(group["heading"].iloc[0])))
        names.append("")
        for name in group["label"]:
            rows.append(len(names))
            names.append(str(name))
    return rows, names, headings


def _bars(figure: go.Figure, data: pd.DataFrame, since: pd.Series, until: pd.Series, name: str, number: int) -> None:
    lengths = (until - since).dt.days
    figure.add_bar(
        y=data["row"].tolist(), base=since.dt.strftime("%Y-%m-%d").tolist(), x=(lengths * DAY_MS).tolist(),
        orientation="h", name=name, customdata=lengths.tolist(),
        hovertemplate=f"{name}: %{{customdata}} days<extra></extra>",
        marker={
            "color": pale(PALETTE[number], 0.55 if number == 0 else 0.75),
            "line": {"color": PALETTE[number], "width": 1},
            "pattern": _pattern(number),
        },
    )  # fmt: skip


def _marks(figure: go.Figure, data: pd.DataFrame, column: str, name: str, symbol: str) -> None:
    if data.empty:
        return
    days = data[column].dt.strftime("%Y-%m-%d").tolist()
    figure.add_scatter(
        x=days, y=data["row"].tolist(), mode="markers", name=name,
        hovertemplate=f"{name} %{{x|%Y-%m-%d}}<extra></extra>",
        marker={"symbol": symbol, "size": 10, "color": INK, "line": {"color": INK, "width": 1}},
    )  # fmt: skip


def pending(table: pd.DataFrame, titles: Mapping[str, str]) -> go.Figure:
    """Cases in progress at the end of each month, by stage; `table`: as `sim.record.tables.pending` gives it."""
    figure = blank()
    for number, (stage, title) in enumerate(titles.items()):
        rows = table[table["stage"] == stage]
        figure.add_scatter(
            x=rows["day"].dt.strftime("%Y-%m-%d").tolist(), y=rows["cases"].tolist(), name=title, mode="lines+markers",
            line={"color": PALETTE[number], "dash": DASHES[number], "width": 2.5},
            marker={"symbol": ("circle", "square", "diamond")[number % 3], "size": 5}, hovertemplate="%{y}",
        )  # fmt: skip
    figure.update_xaxes(type="date", hoverformat="%Y-%m-%d")
    figure.update_yaxes(rangemode="tozero")
    return styled(figure, y="cases in progress")


def requests(table: pd.DataFrame, marked: Sequence[tuple[date, int]]) -> go.Figure:
    """Services asked and letters sent by month; `marked`: days of mass mailings with the number of services.

    `table`: as `sim.record.tables.requests` gives it.
    """
    figure = blank()
    months = table["month"].dt.strftime("%Y-%m-%d").tolist()
    for number, (column, name) in enumerate((("services", "services asked"), ("letters", "letters"))):
        figure.add_bar(
            x=months, y=table[column].tolist(), name=name, hovertemplate="%{y}", xperiod="M1",
            marker={"color": PALETTE[number], "pattern": _pattern(number)},
        )  # fmt: skip
    tallest = table.set_index("month")["services"]
    for day, services in marked:
        month = pd.Timestamp(day.replace(day=1))
        figure.add_annotation(
            x=f"{day:%Y-%m}-15", y=int(tallest[month]), text=f"{services} on<br>{day.day} {day:%b}", yanchor="bottom",
            showarrow=False, font={"size": 11},
        )  # fmt: skip
    figure.update_layout(barmode="group", bargap=0.15, bargroupgap=0)
    figure.update_xaxes(type="date", hoverformat="%B %Y")
    figure.update_yaxes(rangemode="tozero", range=[0, max(int(tallest.max()), 1) * 1.25])
    return styled(figure, y="requests")


def clearance(table: pd.DataFrame, headings: Mapping[str, str]) -> go.Figure:
    """Incoming, resolved and in progress by year, a panel for each unit; `table`: of `sim.record.tables.clearance`."""
    figure = subplots(len(headings), 1, subplot_titles=list(headings.values()), vertical_spacing=0.3 / len(headings))
    series = {"incoming": "came in", "resolved": "resolved", "pending": "in progress at the end"}
    for row, unit in enumerate(headings, 1):
        rows = table[table["unit"] == unit]
        for number, (column, name) in enumerate(series.items()):
            figure.add_bar(
                x=rows["period"].tolist(), y=rows[column].tolist(), name=name, showlegend=row == 1, row=row, col=1,
                text=rows[column].tolist(), textposition="outside", cliponaxis=False, hovertemplate="%{y}",
                marker={"color": PALETTE[number], "pattern": _pattern(number)},
            )  # fmt: skip
    styled(figure, height=80 + 190 * len(headings))
    small_headings(figure)
    figure.update_layout(barmode="group", margin={"t": 34, "l": 20})
    figure.update_layout(legend=BELOW, height=figure.layout.height + LEGEND)
    figure.update_xaxes(type="category")
    figure.update_yaxes(rangemode="tozero", showgrid=False, showticklabels=False)
    return figure
