"""A what-if saved as a scenario file: it sets only what differs, and means what was run."""

from pathlib import Path

import pytest

from sim.errors import UserError
from sim.results.identity import digest
from sim.scenario.loading import load_scenario
from sim.scenario.yaml_nodes import plain, read
from sim.view.dashboard import whatif
from sim.view.dashboard.origin import origin_of
from sim.view.dashboard.saving import save

SCENARIOS = Path(__file__).parents[2] / "scenarios"
MORE_HANDLERS = {"staff.case_handlers": "20"}


@pytest.fixture
def folder(tmp_path) -> Path:
    """The shipped scenarios, reached as those of the project are: beside the record and the procedures."""
    for path in SCENARIOS.iterdir():
        (tmp_path / path.name).symlink_to(path)
    return tmp_path


def scenario_of(base, **inputs):
    """The scenario of a what-if."""
    result = whatif.read(base, inputs)
    assert result.scenario is not None, (result.errors, result.messages)
    return result.scenario


def test_a_file_sets_only_what_differs_and_means_the_same(folder):
    """It extends the baseline's file; loaded again it is the scenario that was run, to its digest."""
    base = load_scenario(folder / "status-quo.yaml").model_copy(update={"replications": 50, "seed": 9})
    scenario = scenario_of(base, **MORE_HANDLERS)
    file = save(scenario, "mine", folder)
    assert file == folder / "mine.yaml"
    written = plain(read(file))
    assert set(written) == {"extends", "name", "title", "description", "replications", "seed", "staffing", "uncertain"}
    assert set(written["staffing"]) == {"case_handlers"}
    assert set(written["staffing"]["case_handlers"]) == {"headcount"}
    assert written["extends"] == "status-quo.yaml"
    assert set(written["uncertain"]) == {"staff"}, "the handlers are as uncertain after the change as before"
    assert set(written["uncertain"]["staff"]) == {"scales"}
    assert digest(load_scenario(file)) == digest(scenario.model_copy(update={"name": "mine"}))


def test_a_posterior_stays_that_of_the_file(folder):
    """Who comes or goes is as uncertain as before: the draws stay."""
    table = "staff,openings\n0.8,0.06\n0.9,0.07\n"
    (folder / "draws.csv").write_text(table, encoding="utf-8")
    (folder / "drawn.yaml").write_text("extends: status-quo\nname: drawn\nposterior: draws.csv\n", encoding="utf-8")
    base = load_scenario(folder / "drawn.yaml")
    scenario = scenario_of(base, staff="20")
    assert scenario.posterior.columns == ["staff", "openings"]
    file = save(scenario, "later", folder)
    assert "posterior" not in plain(read(file))


def test_a_case_of_the_record_can_be_left_out(folder):
    """The record gives all that was pending; what is left out is named, and stays so in what is built on that."""
    base = load_scenario(folder / "three-probes.yaml")
    first, second, *_ = base.probes
    file = save(scenario_of(base, without=first), "mine", folder)
    written = plain(read(file))
    assert written["in_flight"] == {"without": [first]}
    assert "probes" not in written
    again = save(scenario_of(load_scenario(file), without=second), "fewer", folder)
    assert plain(read(again))["extends"] == "mine.yaml"
    assert plain(read(again))["in_flight"] == {"without": [first, second]}


def test_a_probe_of_the_file_is_taken_away(folder):
    """A probe that a file lists is left out by a null."""
    base = load_scenario(folder / "dma.yaml")
    name = next(iter(base.probes))
    file = save(scenario_of(base, without=name), "mine", folder)
    assert plain(read(file))["probes"] == {name: None}


def test_a_what_if_can_be_built_on_another_one(folder):
    """A baseline that is itself a saved what-if is extended; its people and its cases are not set twice."""
    base = load_scenario(folder / "three-probes.yaml")
    first, second, *_ = base.probes
    one = load_scenario(save(scenario_of(base, without=first, **MORE_HANDLERS), "one", folder))
    file = save(scenario_of(one, without=second), "two", folder)
    assert plain(read(file))["extends"] == "one.yaml"
    assert set(plain(read(file))) == {"extends", "name", "title", "description", "in_flight"}


def test_a_baseline_without_words_is_built_on(folder):
    """One that has neither description nor title, as its file has none."""
    (folder / "bare.yaml").write_text("extends: three-probes.yaml\nname: bare\ntitle: ''\ndescription: ''\n")
    file = save(scenario_of(load_scenario(folder / "bare.yaml"), **MORE_HANDLERS), "mine", folder)
    assert plain(read(file))["extends"] == "bare.yaml"


def test_without_the_baselines_file_the_whole_scenario_is_written(folder, small_run):
    """Nothing is lost: the file needs no other one."""
    scenario = scenario_of(small_run.scenario, staff="20")
    assert origin_of(scenario, folder) is None
    written = plain(read(save(scenario, "mine", folder)))
    assert "extends" not in written
    assert {"procedure", "staffing", "arrivals"} <= set(written)


def test_a_scenario_with_other_settings_than_its_file_keeps_them(folder):
    """A run with `--set` is of no file alone: what it sets is written, too."""
    base = load_scenario(folder / "status-quo.yaml", {"staffing.legal.headcount": 99})
    file = save(scenario_of(base, **MORE_HANDLERS), "mine", folder)
    assert plain(read(file))["staffing"]["legal"] == {"headcount": 99}


def test_nothing_is_overwritten(folder):
    """A file that is there stays as it is."""
    (folder / "mine.yaml").write_text("mine")
    base = load_scenario(folder / "status-quo.yaml")
    with pytest.raises(UserError, match=r"mine.yaml: exists already"):
        save(scenario_of(base, **MORE_HANDLERS), "mine", folder)
    assert (folder / "mine.yaml").read_text() == "mine"


@pytest.mark.parametrize("name", ["", "no name", "../../etc", "x" * 101, "-x", "x/y"])
def test_a_name_that_is_none_is_told(folder, small_run, name):
    """Before anything is written."""
    with pytest.raises(UserError, match=r"^The name may have letters"):
        save(scenario_of(small_run.scenario, staff="20"), name, folder)


def test_a_folder_that_is_not_there_is_told(folder, small_run):
    """One line, and no file."""
    with pytest.raises(UserError, match="cannot be written"):
        save(scenario_of(small_run.scenario, staff="20"), "mine", folder / "none")


def test_a_file_that_would_mean_something_else_is_not_kept(folder, monkeypatch):
    """What is read back is compared with what was run."""
    monkeypatch.setattr("sim.view.dashboard.saving._nested", lambda *_: {})
    base = load_scenario(folder / "status-quo.yaml")
    with pytest.raises(UserError, match="was not written"):
        save(scenario_of(base, **MORE_HANDLERS), "mine", folder)
    assert not (folder / "mine.yaml").exists()
