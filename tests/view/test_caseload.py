"""Pictures of the caseload say what the indicators say, and are drawn from it."""

import json

import pandas as pd
import pytest

from sim import load_scenario, simulate
from sim.view import words
from sim.view.charts import dots
from sim.view.figures import caseload

OPEN = ["Request for information", "Formal proceedings", "Preliminary findings"]
ALL_OF_THEM = [caseload.pending, caseload.where_cases_go]


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
    """The title has the headline cases on the first day and at the horizon; requests have a panel of their own."""
    figure = caseload.pending(small_run)
    flow = small_run.table("throughput").set_index("population").loc["headline"]
    change = f" from {words.whole(flow.pending_start)} to {words.whole(flow.pending_end)} (middle"
    assert change in figure.title
    of = figure.table.groupby("of", sort=False)["series"].unique()
    assert list(of.index) == ["Proceedings by strand", "Of these, beyond a target's time", "Requests for information"]
    assert list(of.iloc[0]) == ["in all", "Formal proceedings", "Preliminary findings"]
    assert list(of.iloc[2]) == ["Request for information"]
    assert figure.table["date"].iloc[0] == small_run.scenario.start


def test_pending_of_chosen_stages(small_run):
    """Only the stages that are asked for are shown, and the title is about them."""
    figure = caseload.pending(small_run, ["findings"])
    assert list(figure.table["series"].unique()) == ["Preliminary findings"]
    assert "in Preliminary findings" in figure.title
    assert caseload.pending(small_run, ["decision"]) is None


def test_only_the_whole_has_a_band(small_run):
    """Bands on one another could not be told apart: of the headline cases the sum has one, and so have requests."""
    figure = caseload.pending(small_run)
    assert sum(trace.fill == "tonexty" for trace in figure.chart.data) == 2
    assert (figure.table["80% from"] <= figure.table["80% to"]).all()


def test_the_title_names_the_target_that_is_missed_most(small_run):
    """It is about the target with most cases beyond its time at the horizon, with its number."""
    table = small_run.table("backlog")
    last = table[table["time"] == small_run.scenario.horizon_days].set_index("series")["mean"]
    worst = last[small_run.layout.targets].idxmax()
    title = dict(zip(small_run.layout.targets, small_run.scenario.targets, strict=True))[worst].title
    figure = caseload.pending(small_run)
    assert f", {words.whole(last[worst])} of them" in figure.title
    assert figure.title.endswith(f"beyond the time of the target “{title}”")


def test_the_caption_tells_the_age(bare_run):
    """How old the cases in progress grow, in days, from the first day on which there are any."""
    age = bare_run.table("backlog")["age"].iloc[-1]
    assert f"to {words.count(age)} days." in caseload.pending(bare_run).caption


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
