"""A what-if saved as a scenario file: it sets only what differs, and means what was run."""

from pathlib import Path

import pytest

from sim.errors import UserError
from sim.results.identity import digest
from sim.scenario.loading import load_scenario
from sim.scenario.yaml_nodes import plain, read
from sim.view.dashboard import whatif
from sim.view.dashboard.headcounts import years
from sim.view.dashboard.saving import file_of, save

SCENARIOS = Path(__file__).parents[2] / "scenarios"
MORE_HANDLERS = {"staff.case_handlers.2027": "120"}


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
    scenario = scenario_of(base, name="mine", **MORE_HANDLERS)
    file = save(scenario, base, folder)
    assert file == folder / "mine.yaml"
    written = plain(read(file))
    assert set(written) == {"extends", "name", "title", "description", "replications", "seed", "staffing", "uncertain"}
    assert set(written["staffing"]) == {"case_handlers"}
    assert set(written["staffing"]["case_handlers"]) == {"headcount"}
    assert written["extends"] == "status-quo.yaml"
    assert set(written["uncertain"]) == {"staff"}, "the handlers before the change are as uncertain as before"
    assert digest(load_scenario(file)) == digest(scenario)


def test_a_posterior_stays_that_of_the_file(folder):
    """With more people from now on and from the first day on: who is not there has no draws any more."""
    table = "staff,openings\n0.8,0.06\n0.9,0.07\n"
    (folder / "draws.csv").write_text(table, encoding="utf-8")
    (folder / "drawn.yaml").write_text("extends: status-quo\nname: drawn\nposterior: draws.csv\n", encoding="utf-8")
    base = load_scenario(folder / "drawn.yaml")
    everybody = {f"staff.{role}.{year}": "20" for role in base.staffing for year in years(base)}
    for name, people, columns in (("later", MORE_HANDLERS, ["staff", "openings"]), ("all", everybody, ["openings"])):
        scenario = scenario_of(base, name=name, **people)
        assert scenario.posterior.columns == columns
        file = save(scenario, base, folder)
        assert "posterior" not in plain(read(file))
        assert digest(load_scenario(file)) == digest(scenario)


def test_a_case_of_the_record_can_be_left_out(folder):
    """The record gives all that was pending; what is left out is named, and stays so in what is built on that."""
    base = load_scenario(folder / "three-probes.yaml")
    first, second, *_ = base.probes
    scenario = scenario_of(base, name="mine", without=first)
    file = save(scenario, base, folder)
    written = plain(read(file))
    assert written["in_flight"] == {"without": [first]}
    assert "probes" not in written
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


def test_a_what_if_can_be_built_on_another_one(folder):
    """A baseline that is itself a saved what-if is extended; its people and its cases are not set twice."""
    base = load_scenario(folder / "three-probes.yaml")
    first, second, *_ = base.probes
    one = load_scenario(save(scenario_of(base, name="one", without=first, **MORE_HANDLERS), base, folder))
    file = save(scenario_of(one, name="two", without=second), one, folder)
    assert plain(read(file))["extends"] == "one.yaml"
    assert set(plain(read(file))) == {"extends", "name", "title", "description", "in_flight"}


def test_a_baseline_without_words_is_built_on(folder, small_run):
    """One that has neither description nor title, as its file has none."""
    (folder / "bare.yaml").write_text("extends: three-probes.yaml\nname: bare\ntitle: ''\ndescription: ''\n")
    base = load_scenario(folder / "bare.yaml")
    file = save(scenario_of(base, name="mine", **MORE_HANDLERS), base, folder)
    assert plain(read(file))["extends"] == "bare.yaml"


def test_without_the_baselines_file_the_whole_scenario_is_written(folder, small_run):
    """Nothing is lost: the file needs no other one."""
    base = small_run.scenario
    assert file_of(base, folder) is None
    scenario = scenario_of(base, name="mine", **{"staff.handlers.2024": "9"})
    written = plain(read(save(scenario, base, folder)))
    assert "extends" not in written
    assert {"procedure", "staffing", "arrivals"} <= set(written)


def test_a_file_of_the_same_name_that_says_something_else_is_not_the_baseline(folder):
    """A scenario that was edited since its run is not built on."""
    base = load_scenario(folder / "status-quo.yaml", {"staffing.legal.headcount": 99})
    assert file_of(base, folder) is None


def test_nothing_is_overwritten(folder):
    """A file that is there stays as it is."""
    (folder / "mine.yaml").write_text("mine")
    base = load_scenario(folder / "status-quo.yaml")
    with pytest.raises(UserError, match=r"mine.yaml: exists already"):
        save(scenario_of(base, name="mine", **MORE_HANDLERS), base, folder)
    assert (folder / "mine.yaml").read_text() == "mine"


def test_a_folder_that_is_not_there_is_told(folder):
    """One line, and no file."""
    base = load_scenario(folder / "status-quo.yaml")
    with pytest.raises(UserError, match="cannot be written"):
        save(scenario_of(base, name="mine", **MORE_HANDLERS), base, folder / "none")


def test_a_file_that_would_mean_something_else_is_not_kept(folder, monkeypatch):
    """What is read back is compared with what was run."""
    monkeypatch.setattr(
        "sim.view.dashboard.saving.extending", lambda *_: {"extends": "status-quo.yaml", "name": "mine"}
    )
    base = load_scenario(folder / "status-quo.yaml")
    with pytest.raises(UserError, match="was not written"):
        save(scenario_of(base, name="mine", **MORE_HANDLERS), base, folder)
    assert not (folder / "mine.yaml").exists()
