"""Scenarios side by side: what is better, what is worse, and what is the same."""

from dataclasses import replace

import pytest

from sim import compare, simulate
from sim.errors import UserError
from sim.view.figures import comparison


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


def test_more_staff_is_better_and_marked_so(small_run, better_run):
    """Less delay is better: by a symbol, a colour and a word in the label, and in the title with its number."""
    figure = comparison.differences([small_run, better_run])
    table = compare([small_run, better_run]).table.set_index("indicator")
    delay = table.loc["delay_per_case"]
    assert delay["difference"] < 0
    assert f"Many handlers \N{MINUS SIGN}{-delay['difference']:.1f} days, better" in figure.title
    marks = [trace for trace in figure.chart.data if trace.marker.symbol == "triangle-up" and trace.y is not None]
    assert any("delay due to staffing per case" in label for trace in marks for label in trace.y or ())
    assert len(figure.table) == len(table)


def test_nothing_changes_is_said_plainly(small_run, same_run):
    """A scenario that differs by its name only has difference 0.0 everywhere, and the title says so."""
    figure = comparison.differences([small_run, same_run])
    assert figure.title == "No significant difference from A small authority in duration, backlog or delay"
    labels = [label for trace in figure.chart.data for label in trace.y or () if label]
    assert labels
    assert all("no difference: 0.0" in label for label in labels)
    assert comparison.resolutions([small_run, same_run]).title.startswith("No scenario moves the median")


def test_more_of_the_worse_is_worse():
    """The verdict needs a significant difference, and goes by what is better."""
    row = {"indicator": "delay_per_case", "difference": 3.0, "p_adjusted": 0.001}
    assert comparison._verdict(row) == "worse"
    assert comparison._verdict({**row, "difference": -3.0}) == "better"
    assert comparison._verdict({**row, "p_adjusted": 0.3}) == "not significant"
    assert comparison._verdict({**row, "indicator": "incoming"}) == "different"


def test_runs_of_one_name_are_told_apart(small_run, better_run):
    """The same scenario run with other settings is numbered, and not mixed up with the first."""
    other = replace(better_run, scenario=better_run.scenario.model_copy(update={"name": "small", "title": ""}))
    figure = comparison.differences([small_run, other])
    assert set(figure.table["scenario"]) == {"small (2)"}
    assert comparison.resolutions([small_run, other]).table["scenario"].nunique() == 2
    assert [run.scenario.name for run in comparison.distinct([small_run] * 3)] == ["small", "small#2", "small#3"]


def test_unpaired_runs_are_refused(small_run, bare_run):
    """Runs of other seeds cannot be paired, and those of other days or procedures stand in no figure together."""
    other = replace(small_run, scenario=small_run.scenario.model_copy(update={"name": "other", "seed": 8}))
    with pytest.raises(UserError, match="only equal ones can be paired"):
        comparison.differences([small_run, other])
    for draw in (comparison.differences, comparison.resolutions, comparison.pending):
        with pytest.raises(UserError, match="bare cannot be compared with small: its horizon is"):
            draw([small_run, bare_run])


def test_resolutions_of_the_cases_asked_for(small_run, better_run):
    """One row for each case and scenario, with the medians of the indicator; none for cases nobody has."""
    figure = comparison.resolutions([small_run, better_run], ["agora-2023-06/minors"])
    assert figure.table["scenario"].tolist() == ["A small authority", "Many handlers"]
    assert figure.table["case"].nunique() == 1
    assert comparison.resolutions([small_run, better_run], ["nothing"]) is None


def test_a_queue_has_no_probes_to_compare(bare_run):
    """Without probes there are no resolutions; the cases in progress are told all the same."""
    assert comparison.resolutions([bare_run, bare_run]) is None
    assert "in progress on 2025-01-01" in comparison.pending([bare_run]).title


def test_pending_by_scenario_has_the_means(small_run, better_run):
    """The table has each scenario's mean; with two scenarios both have their band."""
    figure = comparison.pending([small_run, better_run])
    backlog = better_run.table("backlog")
    mean = backlog[backlog["series"] == "headline"]["mean"].round(1).tolist()
    assert figure.table["Many handlers: mean"].tolist() == mean
    assert sum(trace.fill == "tonexty" for trace in figure.chart.data) == 2


def test_cases_are_called_by_their_names(small_run, better_run):
    """Not by the keys that they have in files."""
    told = comparison.differences([small_run, better_run]).table["indicator"]
    assert "days to resolution, Agora: minors" in set(told)
    assert not told.str.contains("agora-2023").any()
