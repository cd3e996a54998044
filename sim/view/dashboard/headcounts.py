"""The people of a role from a day on, scaled: as uncertain as they were before (scenario in, scenario out)."""

from datetime import date, timedelta

import numpy as np

from sim.dates import days_between
from sim.errors import UserError
from sim.scenario.expected_staff import expected_staffing, places_of
from sim.scenario.paths import Keys, joined
from sim.scenario.schema import Scenario, Uncertain
from sim.scenario.staffing import Pool, headcount

DIGITS = 3
"""Of people in a scenario: a thousandth of a person is nobody."""


def people_on(scenario: Scenario, day: date) -> dict[str, float]:
    """The people of each role that are expected on a day."""
    return {role: _people(scenario, pool, day) for role, pool in expected_staffing(scenario).items()}


def scaled(scenario: Scenario, role: str, day: date, factor: float) -> Scenario:
    """The scenario with `factor` times the people of a role from a day on.

    What holds before it and what is uncertain about it stay as they are: where a headcount moves evenly from date to
    date, the day before gets an entry of its own, because people would otherwise come or go long before. Raises
    UserError if an uncertain parameter sets the headcount, so that there is nothing to multiply.
    """
    pool, ours = scenario.staffing[role], ("staffing", role, "headcount")
    places = {name: places_of(scenario, parameter) for name, parameter in scenario.uncertain.items()}
    for name, parameter in scenario.uncertain.items():
        if parameter.sets and any(keys[:3] == ours for keys in places[name]):
            raise UserError(f"cannot be changed: the uncertain parameter {name!r} sets these people")
    given = {max(known, min(scenario.start, day)) if known == date.min else known: people
             for known, people in pool.headcount.items()}  # fmt: skip
    table = {known: people for known, people in given.items() if known < day}
    latest = max(table, default=None)
    follows = [name for name in places if ours in places[name] or (*ours, latest) in places[name]]
    now = _people(scenario, pool if follows else expected_staffing(scenario)[role], day - timedelta(days=1))
    before = day - timedelta(days=1)
    if latest is not None and pool.between == "linear":
        table[before] = now
    table[day] = factor * _people(scenario, pool if follows else expected_staffing(scenario)[role], day)
    table |= {known: factor * people for known, people in given.items() if known > day}
    added = [known for known in (before, day) if known in table and known not in given]
    uncertain = {
        name: _with(parameter, [(*ours, known) for known in added]) if (*ours, latest) in places[name] else parameter
        for name, parameter in scenario.uncertain.items()
    }
    changed = pool.model_copy(update={"headcount": {known: round(table[known], DIGITS) for known in sorted(table)}})
    return scenario.model_copy(update={"staffing": {**scenario.staffing, role: changed}, "uncertain": uncertain})


def _with(parameter: Uncertain, added: list[Keys]) -> Uncertain:
    """An uncertain parameter that scales further entries."""
    return parameter.model_copy(update={"scales": [*(parameter.scales or []), *map(joined, added)]})


def _people(scenario: Scenario, pool: Pool, day: date) -> float:
    """People of a pool on a day."""
    return float(headcount(pool, scenario.start, np.array([float(days_between(scenario.start, day))]))[0])
