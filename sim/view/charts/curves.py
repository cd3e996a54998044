"""Lines with bands, in panels: numbers over time, and shares that fall with age (survival curves)."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, LEGEND, apart, label, lines
from sim.view.charts.looks import Look
from sim.view.charts.style import DATES, INK, band, below, plain

HEIGHT, SHARES, LINE = 200, 140, 16
"""Pixels of height of a panel, of one of shares, and of a line of a label at the end of a curve."""


def curves(
    panels: Mapping[str, pd.DataFrame], series: Mapping[str, Look], *, shares: bool = False, x: str = ""
) -> go.Figure:
    """Curves with their bands, in panels below one another.

    `panels`: by heading ("" for none); columns series, x (days or numbers), y, low and high (missing: no band), and,
    without `shares`, end (words for the last value). `series`: the looks of the curves, over all panels; each is named
    beside its end, with its last value, for at most about four in a panel.
    `shares`: y is a share of 1 that holds until the next; a line marks the half, and a legend has the names where a
    panel has several curves. `x`: title of the axis.
    """
    dates = not pd.api.types.is_numeric_dtype(next(iter(panels.values()))["x"])
    figure = below([*panels], [SHARES if shares else HEIGHT] * len(panels), shared_x=dates)
    shown: set[str] = set()
    for number, table in enumerate(panels.values(), start=1):
        place = {"row": number, "col": 1}
        here = [key for key in series if table["series"].eq(key).any()]
        for key in here:
            _curve(figure, table[table["series"] == key], series[key], place, shares, shares and key not in shown)
            shown.add(key)
        top = 1.02 if shares else float(table[["y", "high"]].max().max()) * 1.06 or 1.0
        figure.update_yaxes(range=[0, top], **place)
        figure.update_xaxes(range=plain([table["x"].min(), table["x"].max()]), **place)
        if not shares:
            last = {key: table[table["series"] == key].iloc[-1] for key in here}
            _ends(figure, {series[key]: row for key, row in last.items()}, top, place)
    if shares:
        figure.add_hline(y=0.5, line={"color": INK, "width": 1, "dash": "dot"}, opacity=0.6)
    figure.update_yaxes(tickformat=".0%" if shares else "", nticks=5)
    figure.update_xaxes(**DATES if dates else {"nticks": 5, "tickangle": 0})
    figure.update_xaxes(title_text=x, showticklabels=True, row=len(panels), col=1)
    legend = shares and any(len(set(table["series"])) > 1 for table in panels.values())
    figure.update_layout(hovermode="x unified" if shares else "closest", legend=BELOW, showlegend=legend)
    more = LEGEND * legend + 20 * bool(x)
    return figure.update_layout(margin={"r": 20 if shares else 146}, height=figure.layout.height + more)


def _axes(figure: go.Figure, place: dict[str, int]) -> tuple[str, str]:
    """How traces name the axes of a panel."""
    axes = figure.get_subplot(**place)
    return axes.xaxis.plotly_name.replace("axis", ""), axes.yaxis.plotly_name.replace("axis", "")


def _curve(
    figure: go.Figure, table: pd.DataFrame, look: Look, place: dict[str, int], shares: bool, legend: bool
) -> None:
    """One curve and its band."""
    before, known, name = len(figure.data), table[table["low"].notna() & table["high"].notna()], look.title
    if len(known):
        band(figure, plain(known["x"]), plain(known["low"]), plain(known["high"]), look.colour)
    figure.add_scatter(
        x=plain(table["x"]), y=plain(table["y"]), mode="lines", name=lines(name, 44), showlegend=legend,
        line={"color": look.colour, "dash": look.dash, "width": 2.5}, legendgroup=label(name),
        hovertemplate=f"{'%{y:.0%}' if shares else '%{y:,.4~g}'} (%{{x}})<extra>{lines(name, 30)}</extra>",
    )  # fmt: skip
    x, y = _axes(figure, place)
    for trace in figure.data[before:]:
        trace.update(xaxis=x, yaxis=y, line={"shape": "hv" if shares else "linear"})


def _ends(figure: go.Figure, last: Mapping[Look, pd.Series], top: float, place: dict[str, int]) -> None:
    """The names and last values of curves, beside their ends and not on one another."""
    x, y = _axes(figure, place)
    texts = []
    for look, row in last.items():
        value = str(row["end"])
        texts.append(lines(f"{value} {look.title}", 19, 3).replace(label(value), f"<b>{label(value)}</b>", 1))
    room = (LINE * (1 + max(text.count("<br>") for text in texts)) + 4) / HEIGHT * top
    heights = apart([float(row["y"]) for row in last.values()], room, top - room / 2)
    for text, (look, row), at in zip(texts, last.items(), heights, strict=True):
        figure.add_annotation(
            text=text, x=plain([row["x"]])[0], y=float(row["y"]), xref=x, yref=y, ax=14, ay=at, ayref=y, xanchor="left",
            arrowhead=0, arrowwidth=1, arrowcolor=look.colour, align="left", font={"size": 12, "color": INK},
        )  # fmt: skip
