"""The kinds of chart: what is in a tidy table is drawn, at its place, and nothing in a name is obeyed."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from sim.view.charts.bars import bars
from sim.view.charts.curves import curves
from sim.view.charts.heat import heat
from sim.view.charts.intervals import intervals
from sim.view.charts.labels import apart
from sim.view.charts.looks import Look, looks
from sim.view.charts.stacks import stacked
from sim.view.charts.timeline import Beside, timeline

ODD = "<i>A & B</i> $c$ %{x}"
SHOWN = "&lt;i&gt;A &amp; B&lt;/i&gt; &#36;c&#36; &#37;{x}"
LOOKS = looks({"one": "First", "two": ODD})
DAY = pd.Timestamp("2024-03-01")


def frame(columns, *rows):
    """A table from its rows."""
    return pd.DataFrame(rows, columns=columns.split())


def named(figure, name):
    """The trace of a name."""
    (trace,) = [trace for trace in figure.data if trace.name == name]
    return trace


def test_every_thing_has_its_look_wherever_it_is_drawn():
    """What is not drawn keeps its colour free; further things than colours begin again."""
    many = looks({str(number): "" for number in range(10)})
    assert len({look.colour for look in many.values()}) == 9
    assert many["9"].colour == many["0"].colour


def test_interval_rows():
    """A row has its line and its mark; what lies beyond the end is an arrow there, without a mark."""
    table = frame("row series value low high", (ODD, "one", DAY, DAY, DAY), ("late", "one", pd.NaT, DAY, pd.NaT))
    figure = intervals({"": table}, LOOKS, end=date(2024, 12, 31))
    line, arrow, mark = figure.data
    assert list(line.x) == ["2024-03-01", "2024-03-01", None, "2024-03-01", "2024-12-31", None]
    assert (list(arrow.x), list(arrow.y)) == (["2024-12-31"], [1])
    assert (list(mark.x), list(mark.y)) == (["2024-03-01"], [0])
    assert figure.layout.yaxis.ticktext == (SHOWN, "late")


def test_panels_with_one_end_show_all_of_both():
    """They share their axis, which begins before the earliest mark of any."""
    early, late = (
        frame("row series value low high", ("a", "one", day, pd.NaT, pd.NaT))
        for day in (DAY, DAY + pd.Timedelta(days=90))
    )
    figure = intervals({"early": early, "late": late}, LOOKS, end=date(2024, 12, 31))
    assert [axis.range[0] < "2024-03-01" for axis in figure.select_xaxes()] == [True, True]


def test_what_is_far_out_does_not_stretch_the_axis():
    """It is an arrow at the end of the axis, which holds all others; nothing is clipped unless asked for."""
    values = [("a", 1.0), ("b", -2.0), ("c", 3.0), ("d", 2.0), ("e", 400.0), ("f", -300.0)]
    table = frame("row series value low high", *((row, "one", value, value - 1, value + 1) for row, value in values))
    figure = intervals({"": table}, LOOKS, rule=0, clip=True)
    low, high = figure.layout.xaxis.range
    assert -10 < low < -3
    assert 4 < high < 10
    arrows = {trace.marker.symbol: (list(trace.x), list(trace.y)) for trace in figure.data if not trace.name}
    assert arrows["triangle-right-open"] == ([high], [4])
    assert arrows["triangle-left-open"] == ([low], [5])
    assert intervals({"": table}, LOOKS).layout.xaxis.range[1] > 400


def test_series_of_a_row_stand_apart():
    """Two series in a row are one above the other, in the order of their looks, and have a legend."""
    table = frame("row series value low high", ("a", "one", 1.0, 0.5, 2.0), ("a", "two", 3.0, np.nan, np.nan))
    figure = intervals({"": table}, LOOKS, apart=0.2)
    assert list(named(figure, "First").y) == [-0.1]
    assert list(named(figure, SHOWN).y) == [0.1]
    assert figure.layout.showlegend


def test_bars_have_their_values_beside_them():
    """The value stands beyond the whisker, and the axis goes on for it."""
    table = frame("row series value low high text", ("a", "one", 2.0, 1.0, 5.0, "2 days"))
    figure = bars({"": table}, {"one": LOOKS["one"]})
    bar, written = figure.data
    assert (list(bar.x), list(bar.error_x.array), list(bar.error_x.arrayminus)) == ([2.0], [3.0], [1.0])
    assert (list(written.base), list(written.text)) == ([5.0], [" 2 days"])
    assert figure.layout.xaxis.range[1] > 5


def test_curves_are_named_at_their_ends():
    """The last value and the name stand beside the end, in text that is not obeyed; without a band there is none."""
    table = frame("series x y low high end", ("one", DAY, 1.0, 0.5, 2.0, "1"), ("two", DAY, 4.0, np.nan, np.nan, "4"))
    figure = curves({"Panel": table}, LOOKS)
    texts = [note.text.replace("<br>", " ") for note in figure.layout.annotations]
    assert texts == ["<b>Panel</b>", "<b>1</b> First", f"<b>4</b> {SHOWN}"]
    assert sum(trace.fill == "tonexty" for trace in figure.data) == 1


def test_curves_in_steps_with_a_legend():
    """Survival curves are steps in per cent; each is once in the legend, however many panels it is in."""
    table = frame("series x y low high", ("one", 0.0, 1.0, np.nan, np.nan), ("one", 10.0, 0.4, np.nan, np.nan))
    figure = curves({"A": table, "B": table}, LOOKS, shares=True)
    assert [trace.showlegend for trace in figure.data] == [True, False]
    assert {trace.line.shape for trace in figure.data} == {"hv"}
    assert {(trace.xaxis, trace.yaxis) for trace in figure.data} == {("x", "y"), ("x2", "y2")}


def test_heat_tables_say_their_numbers():
    """Each cell has its number and its words; one that there is not is empty. Tables share their rows."""
    table = frame("row column value text", ("a", "2025", 0.1, "10%"), ("b", "2026", 0.9, "90%"))
    figure = heat({"This": table, "That": table.head(1)}, span=(0, 1))
    first, second = figure.data
    assert list(first.z) == [[0.1, None], [None, 0.9]]
    assert list(first.text) == [["10%", ""], ["", "90%"]]
    assert (list(first.y), list(second.y)) == (["a", "b"], ["a", "b"])


def test_parts_add_up():
    """The parts of a row are stacked, and the whiskers and the words are of the whole."""
    table = frame("row one two low high text", ("a", 2.0, 3.0, 4.0, 7.0, "5 days"))
    *parts, whole, written = stacked(table, LOOKS, "days").data
    assert [list(part.x) for part in parts] == [[2.0], [3.0]]
    assert (list(whole.x), list(whole.error_x.array), list(whole.error_x.arrayminus)) == ([5.0], [2.0], [1.0])
    assert (list(written.x), list(written.text)) == ([7.0], ["  5 days"])


def test_timelines():
    """Bars from day to day, open ones to the end; marks at their day, an arrow for later; words and shares beside."""
    bars_of = frame(
        "row what low high lane ahead hover",
        ("a", "one", DAY, DAY + pd.Timedelta(days=2), 0, False, "h"),
        ("b", "two", DAY, pd.NaT, 1, True, "h"),
    )
    marks = frame("row what day lane hover", ("a", "mark", DAY, 0, "h"), ("b", "late", pd.NaT, 0, "h"))
    shares = frame("row what share hover", ("a", "one", 0.25, "h"), ("a", "rest", 0.75, "h"))
    every = LOOKS | {"mark": Look("Mark"), "late": Look("Late"), "rest": Look("Rest")}
    figure = timeline(
        {"a": ("G", "x"), "b": ("G", ODD)}, bars_of, marks, every, (date(2024, 1, 1), date(2024, 3, 11)),
        beside=Beside({"a": ["soon", ODD], "b": ["later"]}, "When", shares, "How"),
    )  # fmt: skip
    first, beside = [trace for trace in figure.data if trace.name == "First"]
    assert list(first.x) == [2 * 86_400_000]
    assert list(named(figure, SHOWN).x) == [10 * 86_400_000]
    assert (list(named(figure, "Late").x), list(named(figure, "Late").marker.symbol)) == (
        ["2024-03-11"],
        ["arrow-right"],
    )
    assert (list(beside.x), list(beside.text), beside.showlegend) == ([0.25], ["25%"], False)
    assert figure.layout.yaxis.ticktext == ("<b>G</b><br>x", SHOWN)
    assert figure.layout.yaxis2.ticktext == (f"soon<br><b>{SHOWN}</b>", "later")


@pytest.mark.parametrize(
    ("values", "least", "expected"),
    [
        ([0.5, 0.1], 0.1, [0.5, 0.1]),
        ([0.5, 0.5], 0.1, [0.5, 0.6]),
        ([1.0, 0.98, 0.2], 0.1, [1.0, 0.9, 0.2]),
        ([], 0.1, []),
    ],
)
def test_labels_stand_apart(values, least, expected):
    """Labels keep their order and their distance, and none is above the axis."""
    assert apart(values, least) == pytest.approx(expected)
