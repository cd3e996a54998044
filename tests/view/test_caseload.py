"""Pictures of the caseload say what the indicators say, and are drawn from it."""

import json

import numpy as np
import pandas as pd
import pytest

from sim import load_scenario, simulate
from sim.view import words
from sim.view.charts import dots
from sim.view.figures import caseload

OPEN = ["Request for information", "Formal proceedings", "Preliminary findings"]
ALL_OF_THEM = [caseload.pending, caseload.backlog, caseload.where_cases_are, caseload.where_cases_go]


def size(figure) -> int:
    """Bytes of the figure, and a proof that it is valid for plotly."""
    text = figure.whole().to_json()
    json.loads(text)
    return len(text)


@pytest.mark.parametrize("of", ALL_OF_THEM)
@pytest.mark.parametrize("run", ["small_run", "bare_run"])
def test_any_run_has_the_picture(of, run, request):
    """A run without probes, targets or uncertain parameters has a caseload too."""
    figure = of(request.getfixturevalue(run))
    assert size(figure) < 300_000
    assert figure.title
    assert figure.caption
    assert "nan" not in " ".join(figure[1:4]).lower()
    assert len(figure.table)


@pytest.fixture(scope="module")
def idle_run(tmp_path_factory):
    """A run whose one case is over as soon as it comes."""
    path = tmp_path_factory.mktemp("idle") / "scenario.yaml"
    path.write_text(
        """\
name: idle
start: 2024-01-01
horizon: 2024-06-30
replications: 2
seed: 1
procedure:
  name: queue
  title: A queue
  exits: {done: Done}
  stages: {service: {title: In service, steps: {}, next: {done: 1}}}
staffing: {clerks: {headcount: 1}}
probes: {brief: {stage: service, arrives: 2024-01-10}}
"""
    )
    return simulate(load_scenario(path))


@pytest.mark.parametrize("of", ALL_OF_THEM)
def test_nothing_in_progress_has_no_picture(of, idle_run):
    """Where no case is ever in progress there is nothing to show, and nobody is told so by an error."""
    assert of(idle_run) is None


def test_pending_says_how_cases_grow(small_run):
    """The title has the headline cases on the first day and at the horizon; the panels are the stages with cases."""
    figure = caseload.pending(small_run)
    flow = small_run.table("throughput").set_index("population").loc["headline"]
    assert f" from {flow.pending_start:.1f} to {words.count(flow.pending_end)} by 2026-01-01" in figure.title
    assert [note.text for note in figure.chart.layout.annotations] == OPEN
    assert list(figure.table["stage"].unique()) == OPEN
    assert figure.table["date"].iloc[0] == small_run.scenario.start


def test_pending_of_chosen_stages(small_run):
    """Only the stages that are asked for are shown, and the title is about them."""
    figure = caseload.pending(small_run, ["findings"])
    assert list(figure.table["stage"].unique()) == ["Preliminary findings"]
    assert "in Preliminary findings" in figure.title
    assert caseload.pending(small_run, ["decision"]) is None


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (0, 0, "stay at about 0.0"),
        (0, 4, "grow from 0.0 to 4.0"),
        (30, 12, "fall from 30 to 12"),
        (100, 101, "stay at about 101"),
    ],
)
def test_how_a_number_changes(first, last, said):
    """A number that hardly changes is not said to grow or fall."""
    assert caseload.change(first, last) == said


def test_bands_hold_one_another(small_run):
    """The band of the central 50% lies within that of the central 80%, and both are drawn for each stage."""
    figure = caseload.pending(small_run)
    table = figure.table
    assert (table["80% from"] <= table["50% from"]).all()
    assert (table["50% to"] <= table["80% to"]).all()
    assert sum(trace.fill == "tonexty" for trace in figure.chart.data) == 2 * len(OPEN)


def test_backlog_names_the_target_that_is_missed_most(small_run):
    """The title is about the target with most cases beyond its time at the horizon, with its number."""
    table = small_run.table("backlog")
    last = table[table["time"] == small_run.scenario.horizon_days].set_index("series")["mean"]
    worst = last[small_run.layout.targets].idxmax()
    title = dict(zip(small_run.layout.targets, small_run.scenario.targets, strict=True))[worst].title
    figure = caseload.backlog(small_run)
    assert title in figure.title
    assert figure.title.startswith(f"{words.count(last[worst])} of {words.count(last['headline'])} ")


def test_the_age_is_of_headline_cases(small_run):
    """Requests grow old, too, but are not in the line of the mean age, nor in its interval."""
    table = small_run.table("backlog")
    (line,) = [trace for trace in caseload.backlog(small_run).chart.data if trace.name == "mean age"]
    ages = table.loc[table["series"] == "headline", "age"].dropna()
    assert list(line.y) == ages.round(0).tolist()
    assert table.loc[table["series"] == "before", "age"].notna().any()


def test_backlog_without_targets_tells_the_age(bare_run):
    """Without targets the finding is how old the pending are."""
    age = bare_run.table("backlog")["age"].iloc[-1]
    figure = caseload.backlog(bare_run)
    assert f"{age:.0f} days old on average on 2025-01-01" in figure.title
    assert not any(trace.showlegend for trace in figure.chart.data)


def test_a_dot_is_a_case(small_run):
    """At each date there are a full dot for each case in progress on average, rounded, hollow ones up to the bound."""
    figure = caseload.where_cases_are(small_run)
    marks = [trace for trace in figure.chart.data if trace.mode == "markers"]
    full, hollow = marks[::2], marks[1::2]
    for stage, filled, further in zip(OPEN, full, hollow, strict=True):
        rows = figure.table[figure.table["stage"] == stage]
        assert len(filled.x) == rows["mean"].round().sum()
        assert len(filled.x) + len(further.x) == np.maximum(rows["mean"].round(), rows["80% to"]).sum()
        assert {trace.marker.color for trace in (further,)} == {"#ffffff"}


def test_dots_of_many_cases_stand_for_several():
    """No block has more dots than can be seen, however many cases there are."""
    table = pd.DataFrame({"mean": [40.0, 900.0], "q90": [60.0, 2000.0]})
    assert dots.dot_size(table) == 20
    assert dots.dot_size(table.head(1)) == 1


def test_the_animation_waits_to_be_played(small_run):
    """Every date is a frame with the traces of the first; nothing plays by itself or fades."""
    figure = caseload.where_cases_go(small_run).chart
    assert len(figure.frames) == caseload.FRAMES
    assert {len(frame.data) for frame in figure.frames} == {len(figure.data)}
    assert [step.label for step in figure.layout.sliders[0].steps] == [frame.name for frame in figure.frames]
    play = figure.layout.updatemenus[0].buttons[0]
    assert play.label == "Play"
    assert play.args[1]["transition"]["duration"] == 0
