"""How cases end: each in one way, however many states it passes through on the day of its resolution."""

import pytest

from sim import simulate
from sim.scenario.loading import load_scenario

SAME_DAY = """\
name: same-day
start: 2024-01-01
horizon: 2025-01-01
replications: 20
seed: 5
procedure:
  name: court
  title: A decision that is appealed on its day
  exits: {done: Done, dropped: Dropped}
  stages:
    service:
      title: In service
      steps: {wait: {step: wait, reason: procedure, days: {distribution: exponential, mean: 200}}}
      next: {decision: 0.7, dropped: rest}
    decision: {title: Decision, resolved: true, steps: {}, next: {appeal: 0.5, done: rest}}
    appeal:
      title: Appeal
      resolved: true
      steps: {wait: {step: wait, reason: procedure, days: 30}}
      next: {done: 1}
staffing: {clerks: {headcount: 1}}
probes: {one: {stage: service, since: 2023-12-01}}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run in which a decision takes no time and half of them are appealed at once."""
    path = tmp_path_factory.mktemp("same-day") / "scenario.yaml"
    path.write_text(SAME_DAY, encoding="utf-8")
    return simulate(load_scenario(path))


@pytest.mark.parametrize("case", ["one", "all"])
def test_an_appeal_on_the_day_of_the_decision_is_not_how_the_case_was_resolved(run, case):
    """The case counts once, as decided; the shares add up to one, and none is below zero."""
    table = run.table("endings")
    rows = table[table["case"] == case]
    assert set(rows["state"]) == {"decision", "dropped", "still in progress"}
    assert (rows["value"] >= 0).all()
    assert rows.groupby("date")["value"].sum().to_numpy() == pytest.approx(1.0)
    decided = (run.first_reached("one", ["decision"]) <= run.scenario.horizon_days).mean()
    assert rows.loc[rows["state"] == "decision", "value"].iloc[-1] == pytest.approx(decided)
    assert decided > 0.2
