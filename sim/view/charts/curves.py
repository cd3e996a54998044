"""Lines with bands, in panels: numbers over time, probabilities by date, and survival curves (lines in steps)."""

from collections.abc import Mapping
from math import ceil

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import BELOW, LEGEND, apart, label, lines
from sim.view.charts.looks import Look
from sim.view.charts.style import DATES, INK, band, below, plain, styled, subplots

LINE = 16
"""Pixels of height of a line of a label at the end of a curve, and of a heading."""


def curves(
    panels: Mapping[str, pd.DataFrame],
    series: Mapping[str, Look],
    *,
    columns: int = 1,
    height: int = 220,
    x: str = "",
    y: str = "",
    percent: bool = False,
    steps: bool = False,
    ends: bool = True,
    legend: bool = True,
    rule: float | None = None,
) -> go.Figure:
    """Curves with their bands, in one or more columns of panels.

    `panels`: by heading ("" for none); columns series, x (days or numbers), y, low and high (missing: no band), and, if
    wanted, end (words for the last value). `series`: the looks of the curves, over all panels.
    `ends`: name each curve and its last value beside its end, for at most about four in a panel; otherwise there is a
    `legend`. `percent`: `y` is a share of 1. `steps`: values hold until the next. `rule`: a height that is marked.
    `x`, `y`: titles of the axes; `height`: pixels of a panel.
    """
    rows = ceil(len(panels) / columns)
    dates = not pd.api.types.is_numeric_dtype(next(iter(panels.values()))["x"])
    one = columns == 1
    figure = below([*panels], [height] * rows, shared_x=dates) if one else _beside([*panels], rows, columns, height)
    shown: set[str] = set()
    for number, table in enumerate(panels.values()):
        place = {"row": number // columns + 1, "col": number % columns + 1}
        here = [key for key in series if table["series"].eq(key).any()]
        for key in here:
            how = steps, percent, not ends and key not in shown
            _curve(figure, table[table["series"] == key], series[key], place, how)
            shown.add(key)
        top = 1.02 if percent else float(table[["y", "high"]].max().max()) * 1.06 or 1.0
        figure.update_yaxes(range=[0, top], **place)
        figure.update_xaxes(range=plain([table["x"].min(), table["x"].max()]), **place)
        if ends:
            last = {key: table[table["series"] == key].iloc[-1] for key in here}
            _ends(figure, {series[key]: row for key, row in last.items()}, top, height, place, percent)
        if number + columns >= len(panels):
            figure.update_xaxes(title_text=x, showticklabels=True, **place)
    if rule is not None:
        figure.add_hline(y=rule, line={"color": INK, "width": 1, "dash": "dot"}, opacity=0.6)
    figure.update_yaxes(tickformat=".0%" if percent else "", nticks=5)
    figure.update_yaxes(title_text=y, col=1)
    figure.update_xaxes(**DATES if dates else {"nticks": 5, "tickangle": 0})
    legend = legend and not ends and len(shown) > 1
    figure.update_layout(hovermode="x unified" if not ends else "closest", legend=BELOW, showlegend=legend)
    more = LEGEND * legend + 20 * bool(x)
    return figure.update_layout(margin={"r": 146 if ends else 20}, height=figure.layout.height + more)


def _beside(headings: list[str], rows: int, columns: int, height: int) -> go.Figure:
    """Panels in several columns, with their headings above them."""
    titles = [lines(heading, 20) for heading in headings]
    above = 10 + LINE * max(1 + title.count("<br>") for title in titles)
    inside = height * rows + (34 + above) * (rows - 1)
    figure = subplots(
        rows=rows, cols=columns, shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.06,
        vertical_spacing=(34 + above) / inside,
    )  # fmt: skip
    figure.update_annotations(font={"size": 13, "color": INK})
    return styled(figure, height=inside + 60 + above).update_layout(margin={"t": above})


def _axes(figure: go.Figure, place: dict[str, int]) -> tuple[str, str]:
    """How traces name the axes of a panel."""
    axes = figure.get_subplot(**place)
    return axes.xaxis.plotly_name.replace("axis", ""), axes.yaxis.plotly_name.replace("axis", "")


def _curve(
    figure: go.Figure, table: pd.DataFrame, look: Look, place: dict[str, int], how: tuple[bool, bool, bool]
) -> None:
    """One curve and its band; `how`: in steps, in per cent, in the legend."""
    steps, percent, legend = how
    before, known, name = len(figure.data), table[table["low"].notna() & table["high"].notna()], look.title
    if len(known):
        band(figure, plain(known["x"]), plain(known["low"]), plain(known["high"]), look.colour)
    figure.add_scatter(
        x=plain(table["x"]), y=plain(table["y"]), mode="lines", name=lines(name, 44), showlegend=legend,
        line={"color": look.colour, "dash": look.dash, "width": 2.5}, legendgroup=label(name),
        hovertemplate=f"{'%{y:.0%}' if percent else '%{y:,.4~g}'} (%{{x}})<extra>{lines(name, 30)}</extra>",
    )  # fmt: skip
    x, y = _axes(figure, place)
    for trace in figure.data[before:]:
        trace.update(xaxis=x, yaxis=y, line={"shape": "hv" if steps else "linear"})


def _ends(
    figure: go.Figure, last: Mapping[Look, pd.Series], top: float, height: int, place: dict[str, int], percent: bool
) -> None:
    """The names and last values of curves, beside their ends and not on one another."""
    x, y = _axes(figure, place)
    texts = []
    for look, row in last.items():
        value = str(row["end"]) if "end" in row else f"{row['y']:.0%}" if percent else f"{row['y']:,.3g}"
        texts.append(lines(f"{value} {look.title}", 19, 3).replace(label(value), f"<b>{label(value)}</b>", 1))
    room = (LINE * (1 + max(text.count("<br>") for text in texts)) + 4) / height * top
    heights = apart([float(row["y"]) for row in last.values()], room, top - room / 2)
    for text, (look, row), at in zip(texts, last.items(), heights, strict=True):
        figure.add_annotation(
            text=text, x=plain([row["x"]])[0], y=float(row["y"]), xref=x, yref=y, ax=14, ay=at, ayref=y, xanchor="left",
            arrowhead=0, arrowwidth=1, arrowcolor=look.colour, align="left", font={"size": 12, "color": INK},
        )  # fmt: skip
