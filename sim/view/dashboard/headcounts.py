"""The people of a role by year: as a scenario has them, and set to other numbers (scenario in, scenario out)."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np

from sim.dates import days_between
from sim.scenario.expected_staff import expected_staffing, places_of
from sim.scenario.paths import joined
from sim.scenario.schema import Scenario, Uncertain
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

    Before the first of these years they are the pool's own, with all that is uncertain about them. Where a headcount
    moves evenly from date to date, the day before each change gets its own entry, because people would otherwise come
    or go long before the change.
    """
    pool, first = scenario.staffing[role], _within(scenario, min(people))[0]
    before = first - timedelta(days=1)
    table = {day: value for day, value in sorted(pool.headcount.items()) if day < first}
    latest, added = max(table, default=None), before not in table
    uncertain = {
        name: _kept(scenario, parameter, role, [*table], [before] if added else [])
        for name, parameter in scenario.uncertain.items()
    }
    follows = any(latest in _entries(scenario, parameter, role) for parameter in scenario.uncertain.values())
    as_it_is = pool if follows else expected_staffing(scenario)[role]
    if added:
        day = np.array([float(days_between(scenario.start, before))])
        table[before] = float(headcount(as_it_is, scenario.start, day)[0])
    for year, value in people.items():
        begin, end = _within(scenario, year)
        table[begin] = value
        if pool.between == "linear":
            table[end] = value
    changed = pool.model_copy(update={"headcount": table})
    gone = [name for name, parameter in uncertain.items() if parameter is None]
    return scenario.model_copy(
        update={
            "staffing": {**scenario.staffing, role: changed},
            "uncertain": {name: parameter for name, parameter in uncertain.items() if parameter},
            "posterior": scenario.posterior.without(gone) if scenario.posterior else None,
        }
    )


def _entries(scenario: Scenario, parameter: Uncertain, role: str) -> list[date]:
    """The days of those entries of a role's headcount that an uncertain parameter changes."""
    return [keys[-1] for keys in places_of(scenario, parameter) if keys[:-1] == ("staffing", role, "headcount")]


def _kept(scenario: Scenario, parameter: Uncertain, role: str, stay: list[date], added: list[date]) -> Uncertain | None:
    """An uncertain parameter without the entries of a headcount that do not stay; None if it changes nothing then.

    What is `added` after an entry, to hold what was there, is as uncertain as that.
    """
    entries = _entries(scenario, parameter, role)
    if not entries:
        return parameter
    days = [day for day in stay if day in entries]
    days += added if stay[-1:] == days[-1:] and days else []
    of_role = ("staffing", role, "headcount")
    left = [keys for keys in places_of(scenario, parameter) if keys[:-1] != of_role]
    paths = [joined(keys) for keys in [*left, *((*of_role, day) for day in days)]]
    return parameter.model_copy(update={"scales" if parameter.scales else "sets": paths}) if paths else None
