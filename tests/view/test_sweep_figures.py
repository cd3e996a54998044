"""The staffing response curve, other settings, and two at once."""

import numpy as np
import pandas as pd
import pytest

from sim.experiments.sweep import STEPS, Sweep
from sim.view.figures import sweep
from sim.view.verdicts import of_staff

VALUES = {100.0: 40.0, 150.0: 20.0, 200.0: 19.8}


def found(small_run, steps=(), axes=("staffing.*.headcount x",), places=((0.5,), (1.0,), (1.5,))):
    """A sweep with one indicator, made by hand: the values at 100, 150 and 200 FTE in turn."""
    rows = []
    for number, place in enumerate(places):
        fte, value = list(VALUES.items())[number % 3]
        at = dict(zip(axes, place, strict=True))
        of = {"indicator": "delay_per_case", "title": "delay due to staffing per case", "unit": "days"}
        apart = {"difference": value - 20, "diff_low": value - 21, "diff_high": value - 19}
        rows.append(
            {"point": number, **at, "fte": fte, **of, "value": value, "low": value - 2, "high": value + 2, **apart}
        )
    table = pd.DataFrame(rows)
    points = table[["point", *axes, "fte"]].assign(folder="")
    told = pd.DataFrame(list(steps), columns=list(STEPS))
    return Sweep(small_run.scenario, list(axes), 1, points, table, told, 20, 0.95)


def step(begin, end, effect, low, high):
    """What one more FTE does to the delay between two points."""
    return ("delay_per_case", "delay due to staffing per case", "days", 0, 1, begin, end, effect, low, high, -1)


HELPS, DOES_NOT = step(100.0, 150.0, -0.4, -0.5, -0.3), step(150.0, 200.0, -0.004, -0.1, 0.1)


def test_the_title_says_what_more_people_are_worth(small_run):
    """The whole of each step, and from where on no step helps; the axis is the staff."""
    figure = sweep.response(found(small_run, [HELPS, DOES_NOT, DOES_NOT]), "delay_per_case")
    assert figure.title == (
        "Delay due to staffing per case: 20.0 days less with 50 more people and no significant change with the next 50;"
        " no step helps significantly beyond 150"
    )
    (line,) = [trace for trace in figure.chart.data if trace.mode == "lines+markers"]
    assert list(zip(line.x, line.y, strict=True)) == list(VALUES.items())
    assert figure.table["FTE"].tolist() == [100, 150, 200]


WORSE = step(100.0, 150.0, 0.5, 0.4, 0.6)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([DOES_NOT], "no step from 150 to 200 people changes it significantly"),
        ([WORSE], "25.0 days more with 50 more people"),
        ([WORSE, DOES_NOT, DOES_NOT], "no significant change with the next 50; no step helps"),
        ([HELPS, HELPS, HELPS], "20.0 days less with the next 50; more still help at the most that was tried, 150"),
        ([HELPS, HELPS], "20.0 days less with 50 more people and 20.0 days less with the next 50"),
    ],
)
def test_the_title_is_true_whatever_more_people_do(small_run, steps, told):
    """Where nothing helps, where it gets worse, and where it helps to the end."""
    assert sweep.response(found(small_run, steps), "delay_per_case").title.endswith(told)


@pytest.mark.parametrize(
    ("fte", "told"),
    [
        ((1.1, 1.2, 1.3), "with 0.1 more people and 0.80 days less with the next 0.1"),
        ((1.0, 1.25, 1.5), "with 0.25 more people and"),
        ((0.005, 0.01, 0.015), "with 0.005 more people and"),
        ((63.4167, 64.4167, 65.4167), "with 1 more person and"),
    ],
)
def test_parts_of_a_person_are_told_apart(fte, told):
    """With as many decimals as the steps have."""
    first, second, third = fte
    steps = pd.DataFrame([step(first, second, -7, -9, -5), step(second, third, -8, -9, -4)], columns=list(STEPS))
    assert told in of_staff(steps)


def test_steps_without_a_value_are_told():
    """Where an indicator has no value at a point, nothing is told of the steps from and to it."""
    nothing = step(150.0, 200.0, np.nan, np.nan, np.nan)
    some, none = (pd.DataFrame(steps, columns=list(STEPS)) for steps in ([HELPS, nothing], [nothing]))
    assert of_staff(some).endswith("; nothing can be said about 1 of 2 steps: there is no value there")
    assert "nothing can be said" in of_staff(none)
    same = pd.DataFrame([step(1.0, 2.0, 0.0, 0.0, 0.0)], columns=list(STEPS))
    assert of_staff(same) == "delay due to staffing per case: it is the same at all points from 1 to 2 people"


def test_another_setting_is_its_own_axis(small_run):
    """Without steps the axis is the setting, and the title has the ends."""
    figure = sweep.response(found(small_run, axes=("horizon_of_x",)), "delay_per_case")
    assert figure.chart.layout.xaxis.title.text == "horizon_of_x"
    assert figure.title == (
        "Delay due to staffing per case goes from 19.8 days at horizon_of_x 1.5 to 40.0 days at horizon_of_x 0.5"
    )


def test_words_as_values_are_points_side_by_side(small_run):
    """A setting that takes words has a row for each of them, with the value."""
    figure = sweep.response(
        found(small_run, axes=("procedure",), places=(("dsa",), ("dma",), ("x",))), "delay_per_case"
    )
    assert figure.chart.layout.yaxis.ticktext[0] == "dsa<br><b>40.0 (38.0 to 42.0)</b>"


def test_two_settings_are_a_map(small_run):
    """All combinations of two settings are cells with their values."""
    places = [(a, b) for a in (0.5, 1.0) for b in (1, 2, 3)]
    figure = sweep.response(found(small_run, axes=("a", "b"), places=places), "delay_per_case")
    (cells,) = figure.chart.data
    assert cells.type == "heatmap"
    assert [list(row) for row in cells.z] == [[40, 40], [20, 20], [19.8, 19.8]]
    assert cells.y == ("b: 1", "b: 2", "b: 3")


def test_points_off_a_grid_have_a_panel_for_each_setting(small_run):
    """A sample of two settings is shown against each of them."""
    figure = sweep.response(found(small_run, axes=("a", "b"), places=[(1, 4), (2, 6), (3, 5)]), "delay_per_case")
    assert [list(trace.x) for trace in figure.chart.data] == [[1, 2, 3], [4, 5, 6]]
    assert [list(trace.y) for trace in figure.chart.data] == [[40, 20, 19.8], [40, 19.8, 20]]


def test_unknown_indicator_gives_nothing(small_run):
    """A sweep that did not tell the indicator has no figure of it."""
    assert sweep.response(found(small_run), "fines") is None
