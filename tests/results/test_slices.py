"""Runs filtered by platform, topic, origin or strand: they count the rows of the event log that they are of."""

import numpy as np
import pytest
from logs import event_table, law
from small_queue import QUEUE, queue

from sim import load_run, simulate
from sim.errors import UserError
from sim.experiments import simulate as experiment
from sim.experiments.simulate import simulate_each
from sim.results import store
from sim.results.run import Run, platforms
from sim.results.summarise import summarise
from sim.results.summary import VARIABLES


@pytest.fixture(autouse=True, scope="module")
def _small_parts():
    """Two replications in a chunk, four in a file of events, so that a run is put together from several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "CHUNK", 2)
        patch.setattr(store, "AT_ONCE", 4)
        yield


@pytest.fixture(scope="module")
def shared():
    """A queue of cases on Agora, on Babel/Net, and one on both."""
    arrivals = {"cases": QUEUE["arrivals"]["cases"] | {"platforms": {"Agora": 2, "Babel/Net": 1}}}
    arrivals["more"] = arrivals["cases"] | {"topics": {"scams": 1}, "origin": "complaint", "per_year": 10}
    probes = {"both": {"stage": "work", "arrives": "2024-02-01", "platform": "Agora;Babel/Net"}}
    return queue(replications=10, arrivals=arrivals, probes=probes)


@pytest.fixture(scope="module")
def run(shared, tmp_path_factory) -> Run:
    """Its stored run."""
    return simulate(shared, results=tmp_path_factory.mktemp("results"))


def same(run: Run, other: Run) -> None:
    """Fail unless two runs have the same summary to the last bit."""
    for name in VARIABLES:
        np.testing.assert_array_equal(run.arrays[name], other.arrays[name], strict=True, err_msg=name)


def selected(run: Run, rows) -> Run:
    """The run of those rows of the event log that are marked, summed up from a table made anew."""
    events = event_table(run.events[rows].to_dict("records"), run.scenario.staffing)
    return Run(run.scenario, summarise(run.layout, events, range(run.replications), run.arrays), lambda _: events)


def test_platforms_are_single_services(run):
    """A case on two services names both, each once."""
    assert platforms(run.scenario) == ["Agora", "Babel/Net"]


@pytest.mark.parametrize("name", ["Agora", "Babel/Net"])
def test_a_filtered_run_counts_the_rows_of_its_platform(run, name):
    """All arrays are those of the rows selected in pandas; the case on two services is on both."""
    rows = np.array([name in platform.split(";") for platform in run.events["platform"].astype(str)])
    found = run.filter(platform=name)
    same(found, selected(run, rows))
    assert 0 < len(found.events) == rows.sum() < len(run.events)
    assert found.events.astype(str).equals(run.events[rows].astype(str).reset_index(drop=True))
    assert np.isfinite(found.first_reached("both", ["work"])).all()
    assert found.replications == 10
    assert "cases on " + name in found.scenario.title


def test_filters_add_up(run):
    """Both platforms together have every case once, and the one on both twice."""
    parts = [run.filter(platform=name).data["incoming"] for name in platforms(run.scenario)]
    np.testing.assert_array_equal(sum(parts), run.data["incoming"] + 1)


def test_all_conditions_must_hold(run):
    """A platform and a topic: the rows that are of both."""
    rows = (run.events["topic"] == "scams") & (run.events["platform"] == "Agora")
    same(run.filter(platform="Agora", topic="scams"), selected(run, rows))
    same(run.filter(topic="scams"), run.filter(origin="complaint"))
    assert rows.sum() > 0


def test_stored_or_in_memory_is_the_same(shared, run):
    """Nothing depends on how the event log is cut, or on whether the run is stored; a filter can be filtered."""
    for other in (simulate(shared), load_run(run.folder), run.in_memory()):
        same(run, other)
        for name in platforms(shared):
            same(run.filter(platform=name), other.filter(platform=name))
    same(run.filter(platform="Agora").filter(topic="scams"), run.filter(platform="Agora", topic="scams"))


def test_stored_or_in_memory_is_the_same_of_strands(tmp_path):
    """Also where cases fork, on the first day and later, and one of the strands is asked for."""
    stored, other = simulate(law(replications=4), results=tmp_path), simulate(law(replications=4))
    same(stored, other)
    same(stored.filter(platform="Agora"), other.filter(platform="Agora"))
    same(load_run(stored.folder).filter(strand="a"), other.filter(strand="a"))
    assert other.filter(strand="a").data["visits"].sum() > 0


def test_a_filter_that_takes_everything_is_the_run():
    """If all cases are on one platform its part is the run itself."""
    scenario = queue(arrivals={"cases": QUEUE["arrivals"]["cases"] | {"platforms": {"Agora": 1}}})
    run = simulate(scenario)
    same(run.filter(platform="Agora"), run)


def test_a_filter_that_takes_nothing_is_an_empty_run(run):
    """It counts nothing, and every table and indicator can be asked of it."""
    found = run.filter(topic="unheard of")
    assert not found.data["visits"].any()
    assert found.table("pending")["mean"].eq(0).all()
    assert "clearance_rate" not in set(found.summary()["indicator"])
    for name in found.tables:
        found.table(name)


def test_a_filter_wants_what_there_is(run):
    """Another platform is refused with those that there are, and so is no condition at all."""
    with pytest.raises(UserError, match="platform 'Nobody'; platforms are Agora, Babel/Net"):
        run.filter(platform="Nobody")
    with pytest.raises(UserError, match="condition on platform, topic, origin, strand"):
        run.filter()


def test_a_run_without_events_cannot_be_filtered(tmp_path, shared):
    """The points of a sweep are stored without; the message says so."""
    [run] = simulate_each([shared], results=tmp_path)
    with pytest.raises(UserError, match="without its events"):
        run.filter(platform="Agora")
