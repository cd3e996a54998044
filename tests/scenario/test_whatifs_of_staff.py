"""The shipped what-ifs of staff are relative to the status quo, however much of the announced staff was reached."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from sim.dates import days_between
from sim.scenario.checks import with_values
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario
from sim.scenario.staffing import headcount

SCENARIOS = Path(__file__).parents[2] / "scenarios"
ROLES = ("case_handlers", "data_scientists", "legal", "management")
FREEZE, ANNOUNCED = 0.635, 1.0


def people(scenario: Scenario, day: date) -> list[float]:
    """People of each role on a day."""
    days = np.array([float(days_between(scenario.start, day))])
    return [float(headcount(scenario.staffing[role], scenario.start, days)[0]) for role in ROLES]


def reached(name: str, share: float) -> Scenario:
    """A shipped scenario with a share of the announced staff reached."""
    return with_values(load_scenario(SCENARIOS / f"{name}.yaml", {"posterior": None}), {"staff": share})


@pytest.mark.parametrize("share", [FREEZE, 0.8, ANNOUNCED])
@pytest.mark.parametrize(
    ("name", "last_day_as_usual", "changed", "times"),
    [
        ("more-staff", date(2027, 3, 31), date(2027, 4, 1), [1.5, 1, 1, 1]),
        ("fewer-staff", date(2026, 10, 8), date(2027, 10, 8), [0.8, 0.8, 1, 0.8]),
        ("twelve-months", date(2027, 3, 31), date(2027, 4, 1), [2, 2, 2, 2]),
    ],
)
def test_staff_relative_to_the_status_quo(
    name: str, share: float, last_day_as_usual: date, changed: date, times: list[float]
) -> None:
    """As the status quo until the change, and so many times as many from it on, to half a person."""
    usual, other = reached("status-quo", share), reached(name, share)
    for day in (date(2024, 3, 14), date(2025, 10, 8), other.start, last_day_as_usual):
        assert people(other, day) == pytest.approx(people(usual, day))
    for day in (changed, other.horizon):
        wanted = np.multiply(people(usual, day), times)
        assert people(other, day) == pytest.approx(wanted, abs=0.5)


def test_the_status_quo_lies_between_a_freeze_and_the_aim() -> None:
    """Case handlers: 65 as in April 2025, or the 103 of the announced 200; none come or go after the first day."""
    for share, handlers in ((FREEZE, 65), (ANNOUNCED, 103)):
        scenario = reached("status-quo", share)
        assert people(scenario, scenario.start)[0] == pytest.approx(handlers, abs=0.5)
        assert people(scenario, scenario.horizon) == people(scenario, scenario.start)
