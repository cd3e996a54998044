"""Names of all kinds reach readers: those of columns, with dots or braces, of a stage and a role, two titles alike."""

from dataclasses import replace

import pytest

from sim import simulate
from sim.scenario.loading import load_scenario
from sim.view.figures import comparison
from sim.view.figures.staffing import work
from sim.view.report.content import report

NAMES = """\
name: names
start: 2026-01-01
horizon: 2028-12-31
replications: 8
replications_per_draw: 2
seed: 1
procedure:
  name: p
  title: P
  exits: {state: Closed, value: Shut, replication: Lost, mean: Off}
  stages:
    case:
      title: Intake {0}
      steps: {look: {step: effort, fte_days: {stage: 14, q10: 3}, most_fte: {stage: 1}}}
      next: {date: 1}
    date:
      title: Check
      steps: {look: {step: effort, fte_days: {date: 20, "{x}": 2, time.x: 2}, most_fte: {date: 1}}}
      next: {stage: 0.5, value: 0.2, replication: 0.1, mean: 0.1, state: rest}
    stage: {title: Stage three, resolved: true, next: {state: 1}}
staffing:
  stage: {headcount: 1}
  q10: {headcount: 1}
  date: {title: "Lawyers {y}", headcount: 1}
  "{x}": {headcount: 1}
  time.x: {headcount: 1}
arrivals:
  notices: {kind: random, stage: case, per_year: 24}
probes:
  case: {stage: case, arrives: 2026-02-01}
uncertain:
  a.b: {sets: procedure.complexity.effort_scale, value: {distribution: uniform, low: 0.5, high: 1.5}}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of a scenario that calls its stages, roles and parameters as columns of tables are called."""
    file = tmp_path_factory.mktemp("names") / "names.yaml"
    file.write_text(NAMES, encoding="utf-8")
    return simulate(load_scenario(file))


def test_names_of_columns(run):
    """All figures and tables are made, each role has its work, and sentences have the titles as they are written."""
    page = report([run])
    assert len(page.figures()) >= 10
    assert any(number.name == "a.b" for number in page.numbers)
    figure = work(run)
    effort = run.table("effort")
    for role, title in (("stage", "stage, FTE"), ("q10", "q10, FTE"), ("date", "Lawyers {y}, FTE")):
        assert figure.table[title].sum() == pytest.approx(effort[effort["role"] == role]["value"].sum(), abs=0.02)


def test_a_stage_and_a_role_of_one_name(run):
    """Each has its own title."""
    assert run.samples["stage_days:date"].title == "median days in the stage, Check"
    assert run.samples["utilisation:date"].title == "utilisation, Lawyers {y}"


def test_two_scenarios_of_one_title(run):
    """A scenario that has its title from the one it extends is told from that by its name, in tables and sentences."""
    titled = [
        replace(run, scenario=run.scenario.model_copy(update={"name": name, "title": "Tiny authority"}))
        for name in ("tiny", "more")
    ]
    pending = comparison.pending(titled)
    assert set(pending.table["scenario"]) == {"Tiny authority (more)"}
    assert pending.subtitle.startswith("Tiny authority (more) minus Tiny authority (tiny)")
    page = report(titled)
    assert page.title == "Tiny authority (tiny), compared with Tiny authority (more)"
    assert [chapter.title for chapter in page.chapters if "Tiny" in chapter.title] == [
        "Tiny authority (tiny)",
        "Tiny authority (more)",
    ]
