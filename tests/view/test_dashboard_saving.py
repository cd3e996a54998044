"""A what-if saved as a scenario file: it says only what differs, and means what was run."""

from pathlib import Path

import pytest

from sim.errors import UserError
from sim.results.store import digest
from sim.scenario.loading import load_scenario
from sim.scenario.yaml_nodes import plain, read
from sim.view.dashboard import whatif
from sim.view.dashboard.saving import difference, file_of, save

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SAID = {
    "staff": {"staff.case_handlers.2027": "120"},
    "wave": {"wave_on": "2026-03-02", "wave_services": "4"},
    "share": {"route": "proceedings|commitments", "share": "40"},
}


@pytest.fixture
def folder(tmp_path) -> Path:
    """The shipped scenarios, reached as those of the project are: beside the record and the procedures."""
    for path in SCENARIOS.iterdir():
        (tmp_path / path.name).symlink_to(path)
    return tmp_path


def scenario_of(base, **said):
    """The scenario of a what-if."""
    found = whatif.read(base, said)
    assert found.scenario is not None, (found.beside, found.messages)
    return found.scenario


@pytest.mark.parametrize(
    ("what", "keys"), [("staff", {"staffing"}), ("wave", {"arrivals"}), ("share", {"procedure", "uncertain"})]
)
def test_a_file_says_only_what_differs_and_means_the_same(folder, what, keys):
    """It extends the baseline's file; loaded again it is the scenario that was run, to its digest."""
    base = load_scenario(folder / "status-quo.yaml").model_copy(update={"replications": 50})
    scenario = scenario_of(base, name="mine", **SAID[what])
    file = save(scenario, base, folder)
    assert file == folder / "mine.yaml"
    said = plain(read(file))
    assert set(said) - {"extends", "name", "title", "description", "replications"} == keys
    assert said["extends"] == "status-quo.yaml"
    assert digest(load_scenario(file)) == digest(scenario)


def test_a_case_of_the_record_can_be_left_out(folder):
    """The record gives all that was pending; what is left out is named, and stays so in what is built on that."""
    base = load_scenario(folder / "three-probes.yaml")
    first, second, *_ = base.probes
    scenario = scenario_of(base, name="mine", without=first)
    file = save(scenario, base, folder)
    said = plain(read(file))
    assert said["in_flight"] == {"without": [first]}
    assert "probes" not in said
    assert digest(load_scenario(file)) == digest(scenario)
    fewer = scenario_of(load_scenario(file), name="fewer", without=second)
    again = save(fewer, load_scenario(file), folder)
    assert plain(read(again))["in_flight"] == {"without": [first, second]}
    assert digest(load_scenario(again)) == digest(fewer)


def test_a_probe_of_the_file_is_taken_away(folder):
    """A probe that a file lists is left out by a null."""
    base = load_scenario(folder / "dma.yaml")
    name = next(iter(base.probes))
    file = save(scenario_of(base, name="mine", without=name), base, folder)
    assert plain(read(file))["probes"] == {name: None}


def test_a_baseline_that_changed_its_procedure_is_built_on(folder):
    """Its own changes are kept: the procedure is not named a second time."""
    base = load_scenario(folder / "commitments-first.yaml")
    scenario = scenario_of(base, name="mine", **{**SAID["share"], "share": "55"})
    file = save(scenario, base, folder)
    assert set(plain(read(file))["procedure"]) == {"stages"}


def test_without_the_baselines_file_the_whole_scenario_is_written(folder, small_run):
    """Nothing is lost: the file needs no other one."""
    base = small_run.scenario
    assert file_of(base, folder) is None
    scenario = scenario_of(base, name="mine", **{"staff.handlers.2024": "9"})
    said = plain(read(save(scenario, base, folder)))
    assert "extends" not in said
    assert {"procedure", "staffing", "arrivals"} <= set(said)


def test_a_file_of_the_same_name_that_says_something_else_is_not_the_baseline(folder):
    """A scenario that was edited since its run is not built on."""
    base = load_scenario(folder / "status-quo.yaml", {"staffing.legal.headcount": 99})
    assert file_of(base, folder) is None


def test_nothing_is_overwritten(folder):
    """A file that is there stays as it is."""
    (folder / "mine.yaml").write_text("mine")
    base = load_scenario(folder / "status-quo.yaml")
    with pytest.raises(UserError, match=r"mine.yaml: exists already"):
        save(scenario_of(base, name="mine", **SAID["staff"]), base, folder)
    assert (folder / "mine.yaml").read_text() == "mine"


def test_a_folder_that_is_not_there_is_told(folder):
    """One line, and no file."""
    base = load_scenario(folder / "status-quo.yaml")
    with pytest.raises(UserError, match="cannot be written"):
        save(scenario_of(base, name="mine", **SAID["staff"]), base, folder / "none")


def test_a_file_that_would_mean_something_else_is_not_kept(folder, monkeypatch):
    """What is read back is compared with what was run."""
    monkeypatch.setattr("sim.view.dashboard.saving.difference", lambda before, after: {})
    base = load_scenario(folder / "status-quo.yaml")
    with pytest.raises(UserError, match="was not written"):
        save(scenario_of(base, name="mine", **SAID["staff"]), base, folder)
    assert not (folder / "mine.yaml").exists()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, {"b": 3}),
        ({"a": 1, "b": 2}, {"a": 1}, {"b": None}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": 1, "y": 3}}, {"a": {"y": 3}}),
        ({"a": [1, 2]}, {"a": [1, 3]}, {"a": [1, 3]}),
        ({"h": {"2024-01-01": 1, "2025-01-01": 2}}, {"h": {"2024-01-01": 1}}, {"h": {"2024-01-01": 1}}),
        ({"v": {"distribution": "pert", "low": 1}}, {"v": {"distribution": "pert", "low": 2}},
         {"v": {"distribution": "pert", "low": 2}}),
        ({"s": {"step": "wait", "days": 1}}, {"s": {"step": "team", "days": 1}}, {"s": {"step": "team", "days": 1}}),
    ],
)  # fmt: skip
def test_differences_are_what_extending_lays_on(before, after, expected):
    """Mappings are told key by key; lists, distributions, dated tables and steps of another kind as a whole."""
    assert difference(before, after) == expected
