"""Pictures of the caseload say what the indicators say, and are drawn from it."""

import json

import pytest

from sim import load_scenario, simulate
from sim.view import words
from sim.view.figures import caseload

OPEN = ["Request for information", "Formal proceedings", "Preliminary findings"]


def size(figure) -> int:
    """Bytes of the figure, and a proof that it is valid for plotly."""
    text = figure.whole().to_json()
    json.loads(text)
    return len(text)


@pytest.mark.parametrize("run", ["small_run", "bare_run"])
def test_any_run_has_the_picture(run, request):
    """A run without probes, targets or uncertain parameters has a caseload too."""
    figure = caseload.pending(request.getfixturevalue(run))
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


def test_nothing_in_progress_has_no_picture(idle_run):
    """Where no case is ever in progress there is nothing to show, and nobody is told so by an error."""
    assert caseload.pending(idle_run) is None


def test_pending_says_how_cases_grow(small_run):
    """The title has the headline cases on the first day and at the horizon; requests have a panel of their own."""
    figure = caseload.pending(small_run)
    flow = small_run.table("throughput").set_index("population").loc["headline"]
    change = f" from {words.whole(flow.pending_start)} to {words.whole(flow.pending_end)} by January 2026"
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
    assert f", {words.whole(last[worst])} of which" in figure.title
    assert figure.title.endswith(f"by then missed “{title}”")


def test_the_caption_tells_the_age(bare_run):
    """How old the cases in progress grow, in days, from the first day on which there are any."""
    age = bare_run.table("backlog")["age"].iloc[-1]
    assert f"to {words.count(age)} days." in caseload.pending(bare_run).caption
