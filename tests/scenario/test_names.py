"""Names that refer to nothing, or to two things: told wherever a setting can be written."""

from pathlib import Path

import pytest

from sim.errors import UserError
from sim.experiments.sweep import designed
from sim.results import summary, tables
from sim.scenario import names
from sim.scenario.findings import misspelt
from sim.scenario.loading import load_procedure, load_scenario
from sim.scenario.settings import parse_settings

PROCEDURE = """\
name: p
title: P
exits: {closed: Closed}
stages:
  check:
    title: Check
    steps:
      look: {step: effort, fte_days: {staff: 30}, most_fte: {staff: 1}, when: {platform: [X, Facebook]}}
      crisis: {step: wait, reason: party, days: 5, when: {origin: crisis, provider: Meta}}
    next: {closed: 1}
"""
BASE = """\
name: base
start: 2026-01-01
horizon: 2028-12-31
replications: 4
seed: 1
procedure: p
staffing: {staff: {headcount: 2}}
arrivals:
  notices: {kind: random, stage: check, per_year: 24, origin: complaint, platforms: {X: 1}}
platforms: {X: {provider: X Corp}}
"""
WORDS = "staffing.staf: 'staf' does no work: no step asks for this role; did you mean 'staff'?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a scenario and its procedure, whose conditions name what other scenarios have."""
    (tmp_path / "procedures").mkdir()
    (tmp_path / "procedures" / "p.yaml").write_text(PROCEDURE, encoding="utf-8")
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


def told(path: Path, *sets: str) -> str:
    """What is told of a scenario."""
    with pytest.raises(UserError) as caught:
        load_scenario(path, parse_settings(sets))
    return str(caught.value)


def extended(folder: Path, text: str) -> Path:
    """The file of a scenario that extends the base."""
    path = folder / "over.yaml"
    path.write_text(f"extends: base.yaml\nname: over\n{text}\n", encoding="utf-8")
    return path


def test_a_misspelt_role_in_a_file(folder):
    """In a file that extends another one, in its line."""
    assert told(extended(folder, "staffing:\n  staf: {headcount: 5}")).endswith(f"over.yaml:4:3: {WORDS}")


def test_a_misspelt_role_of_a_command(folder):
    """In `--set`, and in the points of a sweep over a part of it."""
    assert (
        told(folder / "base.yaml", "staffing.staf.headcount=5")
        == f"setting staffing.staf.headcount: {WORDS.partition(': ')[2]}"
    )
    with pytest.raises(UserError, match="did you mean 'staff'"):
        designed(folder / "base.yaml", {"staffing.staf": [{"headcount": 2}, {"headcount": 4}]})


def test_a_misspelt_role_in_python(folder):
    """In `Scenario.replace`, also a whole table of staff."""
    scenario = load_scenario(folder / "base.yaml")
    for settings in (
        {"staffing.staf.headcount": 5},
        {"staffing": {"staff": {"headcount": 2}, "staf": {"headcount": 5}}},
    ):
        with pytest.raises(UserError, match="'staf' does no work"):
            scenario.replace(settings)
    assert scenario.replace({"staffing.staff.headcount": 5}).staffing.keys() == {"staff"}


def test_a_role_in_a_step_that_never_happens(folder):
    """A role that a step asks for has work, even if no case takes the step."""
    step = "{step: team, fte: {lawyers: 1}, days: 5, probability: 0}"
    path = extended(folder, f"procedure: {{extends: p, stages: {{check: {{steps: {{court: {step}}}}}}}}}")
    assert load_scenario(path, {"staffing.lawyers.headcount": 1}).staffing.keys() == {"staff", "lawyers"}


def test_a_role_where_there_are_only_waits(folder):
    """A scenario must have staff, also one in which nobody works."""
    step = "procedure.stages.check.steps"
    scenario = load_scenario(folder / "base.yaml", {step: {"wait": {"step": "wait", "reason": "party", "days": 5}}})
    assert scenario.staffing.keys() == {"staff"}


def test_what_a_procedure_knows_and_a_scenario_does_not(folder):
    """A procedure may name platforms, providers and origins that a scenario lacks; the scenario itself may not."""
    load_procedure(folder / "procedures" / "p.yaml")
    load_scenario(folder / "base.yaml").replace({"seed": 2})
    at = "procedure.stages.check.steps.crisis.when"
    assert "no platform is of the provider 'nobody'; known: X Corp" in told(
        folder / "base.yaml", f"{at}.provider=nobody"
    )
    over = extended(folder, "procedure: {extends: p, stages: {check: {steps: {look: {when: {platform: Y}}}}}}")
    assert (
        "over.yaml:3:74: procedure.stages.check.steps.look.when.platform.0: no case can be on the platform 'Y'"
        in told(over)
    )
    with pytest.raises(UserError, match="no case has the origin 'complaints'; did you mean 'complaint'"):
        load_scenario(folder / "base.yaml").replace({f"{at}.origin": "complaints"})


def test_a_misspelt_name_in_a_procedure(folder):
    """In the file of a procedure, too, a name that is nearly one of the scenario's is a slip."""
    path = folder / "procedures" / "p.yaml"
    path.write_text(PROCEDURE.replace("provider: Meta", "provider: X Corps"), encoding="utf-8")
    assert told(folder / "base.yaml").endswith("no platform is of the provider 'X Corps'; did you mean 'X Corp'?")


def test_words_of_results_are_reserved():
    """Whatever tables call something of their own is no name of a stage, an exit, a role or a probe."""
    own = {tables.ALL_CASES, tables.ALL_ROLES, tables.ALL_STAGES, summary.HEADLINE, summary.BEFORE, summary.NEW}
    own |= {summary.AT_START, summary.FURTHER_STRANDS, summary.GOES_ON, summary.IN_PROGRESS, summary.REMAINING}
    assert own == names.RESERVED.keys()


@pytest.mark.parametrize(
    ("written", "meant"),
    [("Tiktok", "TikTok"), ("Googel", "Google"), ("line-3", None), ("Maps", None), ("LINE-2", "line-2")],
)
def test_slips(written, meant):
    """A slip of the pen is told from another name, and from another number of the same name."""
    assert misspelt(written, ["TikTok", "Google", "line-1", "line-2"]) == meant


ORDER = "name: over\nextends: base.yaml\nprocedure:\n  extends: p\n  stages:\n    check:\n      steps:\n"
HEAR = "        hear: {step: wait, reason: party, days: 5}\n"
LOOK = "        look: {most_fte: {staff: 1}}\n"
CRISIS = "        crisis: {days: 5}\n"


@pytest.mark.parametrize(
    ("steps", "order"),
    [
        (HEAR + CRISIS + LOOK, ["hear", "crisis", "look"]),
        (CRISIS + HEAR + LOOK, ["crisis", "hear", "look"]),
        (LOOK + HEAR, ["look", "crisis", "hear"]),
        (CRISIS, ["look", "crisis"]),
        ("        crisis: null\n" + HEAR + LOOK, ["hear", "look"]),
    ],
)
def test_order_of_steps(folder, steps, order):
    """A file that lists all steps of a stage has them in its own order; one that lists some has new ones at the end."""
    path = folder / "over.yaml"
    path.write_text(ORDER + steps, encoding="utf-8")
    assert list(load_scenario(path).procedure.stages["check"].steps) == order


@pytest.mark.parametrize("steps", [HEAR + CRISIS, HEAR + LOOK])
def test_an_order_that_cannot_be(folder, steps):
    """A file that lists some steps in another order than they would have is told to list all of them."""
    path = folder / "over.yaml"
    path.write_text(ORDER + steps, encoding="utf-8")
    assert "over.yaml:" in told(path)
    assert "but not in what is extended; for another order list all of them" in told(path)


@pytest.mark.parametrize(
    "setting", ["replications", "replications_per_draw", "start", "horizon", '"replications"', "title", "name"]
)
def test_what_cannot_be_swept(folder, setting):
    """What all points of a sweep have in common is no axis of it, nor are words for readers."""
    with pytest.raises(UserError, match="cannot be swept"):
        designed(folder / "base.yaml", {setting: [2, 4]})
    with pytest.raises(UserError, match="swept twice"):
        designed(folder / "base.yaml", {"staffing.staff.headcount": [2, 3], 'staffing."staff".headcount': [4, 5]})
