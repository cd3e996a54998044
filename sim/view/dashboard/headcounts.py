"""The people of a role by year: as a scenario has them, and set to other numbers (scenario in, scenario out)."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np

from sim.dates import days_between
from sim.scenario.schema import Scenario
from sim.scenario.staffing import Pool, headcount

MIN_DAYS = 31
"""Days of a year within the scenario from which on people can be set for it."""


def years(scenario: Scenario) -> list[int]:
    """The years of which enough lies between the start and the horizon."""
    candidates = range(scenario.start.year, scenario.horizon.year + 1)
    return [year for year in candidates if days_between(*_within(scenario, year)) >= MIN_DAYS]


def people_in(scenario: Scenario, pool: Pool, year: int) -> float:
    """People of a pool on average over the part of a year that is within the scenario."""
    first, last = _within(scenario, year)
    days = np.arange(days_between(scenario.start, first), days_between(scenario.start, last) + 1, dtype=float)
    return float(headcount(pool, scenario.start, days).mean())


def _within(scenario: Scenario, year: int) -> tuple[date, date]:
    """The first and the last day of a year within the scenario."""
    return max(date(year, 1, 1), scenario.start), min(date(year, 12, 31), scenario.horizon)


def with_people(scenario: Scenario, role: str, people: Mapping[int, float]) -> Scenario:
    """The scenario with so many people of a role from the first day of each year on, and throughout it.

    Before the first of these years they are the pool's own. Where a headcount moves evenly from date to date, the day
    before each change gets its own entry, because people would otherwise come or go long before the change.
    """
    pool = scenario.staffing[role]
    first = _within(scenario, min(people))[0]
    before = first - timedelta(days=1)
    own = headcount(pool, scenario.start, np.array([float(days_between(scenario.start, before))]))
    table = {**pool.headcount, before: float(own[0])}
    table = {day: value for day, value in sorted(table.items()) if day < first}
    for year, value in people.items():
        begin, end = _within(scenario, year)
        table[begin] = value
        if pool.between == "linear":
            table[end] = value
    changed = pool.model_copy(update={"headcount": table})
    return scenario.model_copy(update={"staffing": {**scenario.staffing, role: changed}})
