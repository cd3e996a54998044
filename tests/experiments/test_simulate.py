"""Many replications: the same tables on any number of processes and in chunks of any size."""

from contextlib import nullcontext
from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_queue import queue

from sim import load_run, load_scenario, simulate
from sim.errors import UserError
from sim.experiments import simulate as experiment
from sim.experiments.chunks import ChunkRunner
from sim.experiments.simulate import simulate_growing
from sim.experiments.workers import InProcess, processes
from sim.results.estimates import samples
from sim.results.run import Run
from sim.results.summary import VARIABLES, head
from sim.scenario.schema import Scenario

SHIPPED = Path(__file__).parents[2] / "scenarios" / "three-probes.yaml"
REPLICATIONS = 7


@pytest.fixture(scope="module")
def shipped() -> Scenario:
    """The shipped scenario, which has uncertain parameters, a few times."""
    return load_scenario(SHIPPED, {"replications": REPLICATIONS})


@pytest.fixture(scope="module")
def expected(shipped) -> Run:
    """Its run in one process and one chunk."""
    return simulate(shipped)


def assert_equal(one: Run, other: Run) -> None:
    """The tables of two runs are the same to the last bit, the types of their columns too."""
    pd.testing.assert_frame_equal(one.events, other.events, check_exact=True)
    pd.testing.assert_frame_equal(one.parameters, other.parameters, check_exact=True)
    for name in VARIABLES:
        np.testing.assert_array_equal(one.arrays[name], other.arrays[name], strict=True)


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_chunks_of_any_size(shipped, expected, monkeypatch, chunk):
    """The tables do not depend on how the replications are cut into chunks."""
    monkeypatch.setattr(experiment, "CHUNK", chunk)
    assert_equal(simulate(shipped), expected)


def test_two_processes(shipped, expected, monkeypatch):
    """The tables are the same from two processes as from one, and progress is told up to the end."""
    monkeypatch.setattr(experiment, "CHUNK", 2)
    told: list[tuple[int, int]] = []
    found = simulate(shipped, jobs=2, progress=lambda done, total: told.append((done, total)))
    assert_equal(found, expected)
    assert told[0] == (0, REPLICATIONS)
    assert told[-1] == (REPLICATIONS, REPLICATIONS)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_stored_and_in_memory_runs_are_equal(shipped, expected, tmp_path):
    """A run stored and read again is what a run in memory is; only the one knows a folder."""
    stored = simulate(shipped, results=tmp_path)
    assert_equal(stored, expected)
    assert expected.folder is None
    assert stored.folder is not None
    assert_equal(load_run(stored.folder), expected)
    assert load_run(stored.folder).scenario == shipped


def test_replications_in_any_order(shipped):
    """A replication is the same alone, after others, and by a runner that has run others."""
    runner = ChunkRunner(shipped)
    together = runner.table(range(3))
    last = together[together["replication"] == 2].reset_index(drop=True)
    for alone in (ChunkRunner(shipped).table(range(2, 3)), runner.table(range(2, 3))):
        assert len(alone) == len(last)
        for column in last.columns:
            assert (alone[column].astype(object).fillna("") == last[column].astype(object).fillna("")).all(), column


def test_seeds_matter(shipped, expected):
    """Another seed gives other events and other parameters."""
    other = simulate(shipped.model_copy(update={"seed": shipped.seed + 1, "replications": 2}))
    few = expected.events[expected.events["replication"] < 2]
    assert len(other.events) != len(few) or not np.array_equal(other.events["left"], few["left"])
    names = list(shipped.uncertain)
    assert (other.parameters[names] != expected.parameters[names].head(2)).all(axis=None)


def test_replications_differ(expected):
    """No two replications are the same."""
    ends = expected.events.groupby("replication")["left"].sum()
    assert ends.nunique() == REPLICATIONS


def test_uncertain_parameters_are_drawn_once_per_replication(shipped, expected):
    """Two replications share a value of each parameter, stored, within the parameter's distribution."""
    drawn = expected.parameters
    assert shipped.replications_per_draw == 2
    assert drawn.columns.tolist() == ["replication", *shipped.uncertain]
    assert drawn["replication"].tolist() == list(range(REPLICATIONS))
    for name, parameter in shipped.uncertain.items():
        assert drawn[name].nunique() == -(-REPLICATIONS // 2)
        assert (drawn[name].diff()[1::2] == 0).all()
        assert all(0 < parameter.value.cdf(value) < 1 for value in drawn[name])
    one, other = (ChunkRunner(shipped).run(numbers)[1]["drawn"] for numbers in (range(3), range(3, REPLICATIONS)))
    np.testing.assert_array_equal(np.concatenate([one, other]), drawn.iloc[:, 1:])


def test_a_drawn_parameter_is_used_as_if_it_were_set():
    """A replication with a drawn parameter is the replication of the scenario that says its value."""
    path = "procedure.stages.rfi.steps.analyse.fte_days.case_handlers"
    uncertain = {"work": {"sets": path, "value": {"distribution": "uniform", "low": 5, "high": 15}}}
    common = {"replications": 2, "horizon": "2025-03-14"}
    of = load_scenario(SHIPPED).model_dump(mode="json") | common | {"uncertain": uncertain}
    scenario = Scenario.model_validate(of)
    run = simulate(scenario)
    for number, value in enumerate(run.parameters["work"]):
        set_to = deepcopy(of) | {"uncertain": {}}
        set_to["procedure"]["stages"]["rfi"]["steps"]["analyse"]["fte_days"]["case_handlers"] = value
        said = Scenario.model_validate(set_to)
        alone = ChunkRunner(said).table(range(number, number + 1))
        there = run.events[run.events["replication"] == number]
        for column in ("requested", "entered", "left", "unconstrained_days", "effort_case_handlers"):
            assert np.array_equal(alone[column], there[column], equal_nan=True), column


def test_without_uncertain_parameters_there_is_only_the_number(tmp_path):
    """A scenario without uncertain parameters stores one row per replication all the same."""
    scenario = Scenario.model_validate(
        load_scenario(SHIPPED).model_dump(mode="json") | {"uncertain": {}, "replications": 2, "horizon": "2024-06-01"}
    )
    run = simulate(scenario, results=tmp_path)
    assert run.parameters.to_dict("list") == {"replication": [0, 1]}
    assert run.replications == 2


def test_a_growing_run_gives_its_first_replications(shipped, expected, monkeypatch, tmp_path):
    """Each run is that of the first replications, the last one all of them; what is stored comes at once."""
    monkeypatch.setattr(experiment, "CHUNK", 2)
    told: list[tuple[int, int]] = []
    here = InProcess()
    runs = list(
        simulate_growing(
            shipped, here, step=2, results=tmp_path, progress=lambda done, total: told.append((done, total))
        )
    )
    assert [run.replications for run in runs] == [2, 4, 6, REPLICATIONS]
    for run in runs:
        assert run.scenario.replications == run.replications
        known = samples(head(expected.data, run.replications), expected.layout)
        for label, sample in run.samples.items():
            np.testing.assert_array_equal(sample.by_replication, known[label].by_replication)
    assert told[0] == (0, REPLICATIONS)
    assert told[-1] == (REPLICATIONS, REPLICATIONS)
    [again] = simulate_growing(shipped, here, step=2, results=tmp_path)
    np.testing.assert_array_equal(again.arrays["incoming"], expected.arrays["incoming"])
    with pytest.raises(UserError, match="in progress has no event log"):
        runs[0].read_events(None)
    assert runs[-1].events.equals(expected.events)


class Stopped(Exception):
    """Raised by a caller who has seen enough."""


@pytest.mark.parametrize("how", ["close", "raise"])
def test_a_growing_run_ends_at_once(shipped, monkeypatch, tmp_path, how):
    """Its generator is closed, or its progress raises: long before the end no chunk is begun, and parts are kept."""
    monkeypatch.setattr(experiment, "CHUNK", 2)
    long = shipped.model_copy(update={"replications": 1000})
    seen = []

    def progress(done: int, total: int) -> None:
        seen.append(done)
        if how == "raise" and done:
            raise Stopped

    with processes(2) as executor:
        growing = simulate_growing(long, executor, step=2, backlog=3, results=tmp_path, progress=progress)
        with pytest.raises(Stopped) if how == "raise" else nullcontext():
            next(growing)
            growing.close()
        short = shipped.model_copy(update={"replications": 2})
        assert [run.replications for run in simulate_growing(short, executor, step=2)] == [2], "its workers go on"
    parts = list(tmp_path.glob(".*.partial/parts/part-*.npz"))
    assert 2 * len(parts) < long.replications / 2
    assert parts
    assert max(seen) < long.replications


def test_a_seed_of_zero_is_a_seed(shipped):
    """The least seed is 0, with and without another number of replications."""
    assert simulate(shipped, replications=1, seed=0).scenario.seed == 0
    assert simulate(shipped.replace({"replications": 1}), seed=0).scenario.seed == 0


def test_utilisation_is_of_the_staff_that_each_replication_had():
    """Where the headcount is uncertain, a role that always works is at 100%, whatever was drawn."""
    servers = {"scales": "staffing.staff.headcount", "value": {"distribution": "uniform", "low": 1, "high": 3}}
    many = {"cases": {"kind": "random", "stage": "work", "per_year": 2000}}
    run = simulate(queue(replications=20, arrivals=many, uncertain={"servers": servers}))
    available = run.data["available"].to_numpy()
    assert available.std() > 0.1 * available.mean()
    assert run.samples["utilisation:staff"].singles.max() <= 1 + 1e-9
    assert run.samples["utilisation:staff"].value > 0.8
