"""Slices of a run by platform: what they count, and how they are kept."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sim.results.measures import effort_of_role, measures
from sim.results.slices import kept_slice, make_slices, platform_slice, platforms
from small_queue import QUEUE, queue

from sim import load_run, simulate
from sim.errors import UserError
from sim.experiments import simulate as experiment
from sim.experiments.simulate import simulate_each
from sim.results import indicators, slices

NAMES = ("totals", "drawn", "reached", "histogram", "age_sum", "ages")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    """Two replications in a chunk, four in memory, so that slices are put together from several parts."""
    monkeypatch.setattr(experiment, "CHUNK", 2)
    monkeypatch.setattr(slices, "AT_ONCE", 4)


def shared(**more: object):
    """A queue of cases on Agora, on Babel/Net, and one on both."""
    arrivals = QUEUE["arrivals"]["cases"] | {"platforms": {"Agora": 2, "Babel/Net": 1}}
    probes = {"both": {"stage": "work", "arrives": "2024-02-01", "platform": "Agora;Babel/Net"}}
    return queue(replications=10, arrivals={"cases": arrivals}, probes=probes, **more)


@pytest.fixture
def run(tmp_path):
    """Its stored run."""
    return simulate(shared(), results=tmp_path / "results")


def kept(run) -> list[Path]:
    """The files of the slices that are kept."""
    return sorted((run.folder.parent / slices.FOLDER).rglob("*.npz"))


def test_platforms_are_single_services(run):
    """A case on two services names both, each once."""
    assert platforms(run.scenario) == ["Agora", "Babel/Net"]


def test_a_slice_counts_the_cases_of_its_platform(run):
    """Incoming cases and work are those of the rows of the event log; the case on two services is in both."""
    events = run.events
    for name in platforms(run.scenario):
        mine = events[[name in case.split(";") for case in events["platform"].astype(str)]]
        found = platform_slice(run, name)
        assert found.replications == 10
        assert found.summary.total("incoming").sum() == mine.groupby("replication")["case"].nunique().sum()
        assert effort_of_role(found.summary, "staff").sum() == pytest.approx(mine["effort_staff"].sum())
        assert np.isfinite(indicators.milestone_times(found, "both", ["work"])).all()
    both = sum(platform_slice(run, name).summary.total("incoming") for name in platforms(run.scenario))
    np.testing.assert_array_equal(both, run.summary.total("incoming") + 1)


def test_slices_of_a_run_in_parts_are_those_of_the_whole(run):
    """Nothing depends on how the event log is cut, or on whether the run is stored."""
    in_memory = simulate(shared())
    for name, found in make_slices(run).items():
        other = platform_slice(in_memory, name)
        for array in NAMES:
            np.testing.assert_array_equal(getattr(found.summary, array), getattr(other.summary, array), strict=True)


def test_a_slice_of_everything_is_the_run():
    """If all cases are on one platform its slice is the run itself."""
    scenario = queue(arrivals={"cases": QUEUE["arrivals"]["cases"] | {"platforms": {"Agora": 1}}})
    run = simulate(scenario)
    found = platform_slice(run, "Agora")
    for array in NAMES:
        np.testing.assert_array_equal(getattr(found.summary, array), getattr(run.summary, array), strict=True)


def test_slices_are_made_once(run, monkeypatch):
    """The slices of all platforms are kept beside the results, and read from there."""
    told = []
    first = make_slices(run, progress=lambda done, total: told.append((done, total)))
    assert told == [(4, 10), (8, 10), (10, 10)]
    assert len(kept(run)) == 2
    monkeypatch.setattr(slices, "summarise", None)
    again = platform_slice(load_run(run.folder), "Babel/Net")
    np.testing.assert_array_equal(again.summary.totals, first["Babel/Net"].summary.totals)
    pd.testing.assert_frame_equal(indicators.pending(again), indicators.pending(first["Babel/Net"]))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"not a file of arrays"])
def test_a_slice_that_cannot_be_read_is_made_anew(run, content):
    """Cut short, or something else: it is as if it were not there."""
    expected = platform_slice(run, "Agora")
    for path in kept(run):
        path.write_bytes(content)
    assert kept_slice(run, "Agora") is None
    np.testing.assert_array_equal(platform_slice(run, "Agora").summary.totals, expected.summary.totals)
    assert kept_slice(run, "Agora") is not None


def test_a_slice_of_other_code_is_not_read(run, monkeypatch):
    """What was summed up by other code may have another layout or meaning."""
    make_slices(run)
    monkeypatch.setattr(slices, "code_digest", lambda: "other")
    assert kept_slice(run, "Agora") is None


def test_a_platform_that_nobody_has_is_empty(run):
    """Its slice counts nothing, and every indicator can be asked of it."""
    found = platform_slice(run, "Nobody")
    assert not found.summary.totals.any()
    assert indicators.pending(found)["mean"].eq(0).all()
    assert measures(found.summary)["clearance_rate"].values().shape == (10,)


def test_a_folder_that_cannot_be_written_costs_time_only(run):
    """The slice is given all the same, and nothing is left over."""
    (run.folder.parent / slices.FOLDER).write_text("in the way")
    assert platform_slice(run, "Agora").summary.totals.any()
    assert kept_slice(run, "Agora") is None


def test_a_run_without_events_has_no_slices(tmp_path):
    """The points of a sweep are stored without; that is told."""
    [run] = simulate_each([shared()], results=tmp_path)
    with pytest.raises(UserError, match="without its events"):
        platform_slice(run, "Agora")
