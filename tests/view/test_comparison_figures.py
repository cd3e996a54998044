"""Scenarios side by side: what is better, what is worse, and what is the same."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from sim import compare, simulate
from sim.errors import UserError
from sim.view.figures import comparison, gallery


@pytest.fixture(scope="module")
def better_run(small_run):
    """The small authority with five times the handlers."""
    handlers = small_run.scenario.staffing["handlers"]
    many = handlers.model_copy(update={"headcount": {day: 5 * n for day, n in handlers.headcount.items()}})
    staffing = {**small_run.scenario.staffing, "handlers": many}
    scenario = small_run.scenario.model_copy(update={"name": "many", "title": "Many handlers", "staffing": staffing})
    return simulate(scenario)


@pytest.fixture(scope="module")
def same_run(small_run):
    """The small authority by another name."""
    return simulate(small_run.scenario.model_copy(update={"name": "twin", "title": "A twin"}))


def rows_of(figure):
    """The names of all rows of a figure, of all panels."""
    return [row for axis in figure.chart.select_yaxes() for row in axis.ticktext]


def test_more_staff_is_better_and_marked_so(small_run, better_run):
    """Less delay is better: by a symbol, a colour and a word in the label, and in the title with its number."""
    figure = comparison.differences([small_run, better_run])
    table = compare([small_run, better_run]).table.set_index("indicator")
    delay = table.loc["delay_per_case"]
    assert delay["difference"] < 0
    assert figure.title.endswith(f"{-delay['difference']:.1f} days less with “Many handlers”")
    marks = [trace for trace in figure.chart.data if trace.name == "better"]
    assert {trace.marker.symbol for trace in marks} == {"triangle-up"}
    assert any(f"{-delay['difference']:.1f} days less, better" in label for label in rows_of(figure))
    assert len(figure.table) == len(table)


def test_nothing_changes_is_said_plainly(small_run, same_run):
    """A scenario that differs by its name only has difference 0.0 everywhere, and the title says so."""
    figure = comparison.differences([small_run, same_run])
    assert figure.title == "No significant difference from A small authority in duration, backlog or delay"
    assert rows_of(figure)
    assert all("no difference" in row for row in rows_of(figure))
    resolutions = comparison.resolutions([small_run, same_run])
    assert "is resolved significantly earlier or later" in resolutions.title
    assert all("on the same day" in row for row in rows_of(resolutions))
    assert comparison.pending([small_run, same_run]).title.endswith("no significant difference with “A twin”")


def test_days_stand_on_an_axis_of_days(small_run, better_run):
    """What is in days is drawn in days, as the table has it; other numbers in per cent of the baseline, in a panel."""
    figure = comparison.differences([small_run, better_run])
    days, others = (note.text for note in figure.chart.layout.annotations)
    assert (days, others) == ("<b>change in days</b>", "<b>change in % of the<br>baseline</b>")
    table = compare([small_run, better_run]).table.set_index("indicator")
    drawn = [value for trace in figure.chart.data if trace.mode == "markers" for value in trace.x]
    for label, size in (("delay_per_case", 1), ("pending_end", table.loc["pending_end", "base"] / 100)):
        assert any(value == pytest.approx(table.loc[label, "difference"] / size, rel=1e-3) for value in drawn)


def verdict_on(more_cases=1.0, **changed):
    """The verdict on a difference; `more_cases`: the p-value of more cases coming in."""
    row = {"scenario": "b", "indicator": "delay_per_case", "unit": "days", "difference": 3.0, "p_adjusted": 0.001}
    incoming = {"scenario": "b", "indicator": "incoming", "unit": "a year", "difference": 1.0}
    table = pd.DataFrame([row | changed, incoming | {"p_adjusted": more_cases}])
    return comparison._verdicts(table)[0]


def test_more_of_the_worse_is_worse():
    """The verdict needs a significant difference, and goes by what is better."""
    assert verdict_on() == "worse"
    assert verdict_on(difference=-3.0) == "better"
    assert verdict_on(p_adjusted=0.3) == "not significant"
    assert verdict_on(indicator="incoming") == "different"


def test_more_cases_are_neither_better_nor_worse_where_more_come_in():
    """Cases resolved or in progress are judged only if as many come in; days always are."""
    resolved = {"indicator": "resolved", "unit": "a year"}
    assert verdict_on(**resolved) == "better"
    assert verdict_on(**resolved, more_cases=0.001) == "different"
    assert verdict_on(indicator="pending_end", unit="cases", more_cases=0.001) == "different"
    assert verdict_on(more_cases=0.001) == "worse"


def test_several_scenarios_stand_on_one_axis(small_run, better_run, same_run):
    """A panel for each number or case, in its own unit, with the scenarios in it."""
    runs = [small_run, better_run, same_run]
    table = compare(runs).table.set_index(["indicator", "scenario"])
    for draw, first in ((comparison.differences, "delay due to staffing"), (comparison.pending, "December 2024")):
        chart = draw(runs).chart
        assert chart.layout.annotations[0].text.removeprefix("<b>").startswith(first)
        assert all(len(axis.ticktext) == 2 for axis in chart.select_yaxes())
    figure = comparison.differences(runs)
    drawn = [value for trace in figure.chart.data if trace.mode == "markers" for value in trace.x]
    for label in ("pending_end", "resolved"):
        assert any(value == pytest.approx(table.loc[(label, "many"), "difference"], rel=1e-3) for value in drawn)
    assert len(list(comparison.resolutions(runs).chart.select_yaxes())) <= comparison.MOST_PANELS


def test_runs_of_one_name_are_told_apart(small_run, better_run):
    """The same scenario run with other settings is numbered, and not mixed up with the first."""
    other = replace(better_run, scenario=better_run.scenario.model_copy(update={"name": "small", "title": ""}))
    figure = comparison.differences([small_run, other])
    assert set(figure.table["scenario"]) == {"small (2)"}
    assert set(comparison.resolutions([small_run, other]).table["scenario"]) == {"small (2)"}
    assert [run.scenario.name for run in comparison.distinct([small_run] * 3)] == ["small", "small#2", "small#3"]


def test_unpaired_runs_are_refused(small_run, bare_run):
    """Runs of other seeds cannot be paired, and those of other days or procedures stand in no figure together."""
    other = replace(small_run, scenario=small_run.scenario.model_copy(update={"name": "other", "seed": 8}))
    with pytest.raises(UserError, match="only equal ones can be paired"):
        comparison.differences([small_run, other])
    for draw in (comparison.resolutions, comparison.pending):
        with pytest.raises(UserError, match="only equal ones can be paired"):
            draw([small_run, other])
    for draw in (comparison.differences, comparison.resolutions, comparison.pending):
        with pytest.raises(UserError, match="bare cannot be compared with small: its horizon is"):
            draw([small_run, bare_run])


def test_runs_of_other_days_are_in_no_figure(small_run):
    """Neither another first day nor another horizon, in no figure and not through `Comparison`."""
    for update in ({"start": date(2023, 7, 1)}, {"horizon": date(2024, 12, 31)}):
        other = replace(small_run, scenario=small_run.scenario.model_copy(update={"name": "other", **update}))
        for draw in (compare, gallery.of_comparison):
            with pytest.raises(UserError, match="only scenarios with the same first day, horizon and procedure"):
                draw([small_run, other])


def test_resolutions_of_the_cases_asked_for(small_run, better_run):
    """The paired shift of each case, as `sim compare` has it; none for cases nobody has."""
    case = "agora-2023-06/minors"
    figure = comparison.resolutions([small_run, better_run], [case])
    known = compare([small_run, better_run], [f"resolution:{case}"]).table.iloc[0]
    (row,) = figure.table.to_dict("records")
    assert (row["scenario"], row["case"]) == ("Many handlers", "Agora: minors")
    assert row["difference"] == pytest.approx(known["difference"], abs=0.005)
    assert row["95% from"] == pytest.approx(known["low"], abs=0.005)
    assert comparison.resolutions([small_run, better_run], ["nothing"]) is None


def test_a_queue_has_no_probes_to_compare(bare_run):
    """Without probes there are no resolutions; the cases in progress are told all the same."""
    assert comparison.resolutions([bare_run, bare_run]) is None
    assert "in progress in January 2025" in comparison.pending([bare_run, bare_run]).title
    assert comparison.pending([bare_run]) is None


def test_pending_is_the_paired_difference(small_run, better_run):
    """After each year and at the horizon, where it is the indicator of `sim compare` with the same interval."""
    figure = comparison.pending([small_run, better_run])
    known = compare([small_run, better_run], ["pending_end"]).table.iloc[0]
    last = figure.table.iloc[-1]
    assert len(figure.table) == len(small_run.layout.dates)
    for column, name in (
        ("baseline", "base"),
        ("value", "value"),
        ("difference", "difference"),
        ("95% from", "low"),
    ):
        assert last[column] == pytest.approx(known[name], abs=0.006)


def test_cases_are_called_by_their_names(small_run, better_run):
    """Not by the keys that they have in files."""
    told = comparison.differences([small_run, better_run]).table["indicator"]
    assert "days to resolution, Agora: minors" in set(told)
    assert not told.str.contains("agora-2023").any()
