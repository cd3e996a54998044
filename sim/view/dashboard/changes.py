"""Changes of a scenario that a what-if asks for: scenario in, scenario out.

No stage, role or route is known by name: they are the scenario's own.
"""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np

from sim.dates import days_between
from sim.errors import UserError
from sim.results.slices import platforms
from sim.scenario.distributions import AnyDistribution, Beta
from sim.scenario.schema import Procedure, RandomArrivals, RandomWaves, Scenario, Uncertain, Wave
from sim.scenario.staffing import Pool, headcount

LEAST_DAYS = 31
"""Of a year within the scenario, so that people can be set for it."""
NEW_WAVE = "what_if_wave"
"""The name of the stream of a new wave."""
BETWEEN = "|"
"""Between the names of a stage and a route, and between those of probes: none may contain it."""


def years(scenario: Scenario) -> list[int]:
    """The years of which enough lies between the start and the horizon."""
    found = range(scenario.start.year, scenario.horizon.year + 1)
    return [year for year in found if days_between(*inside(scenario, year)) >= LEAST_DAYS]


def people_in(scenario: Scenario, pool: Pool, year: int) -> float:
    """People of a pool on average over the part of a year that is within the scenario."""
    first, last = inside(scenario, year)
    days = np.arange(days_between(scenario.start, first), days_between(scenario.start, last) + 1, dtype=float)
    return float(headcount(pool, scenario.start, days).mean())


def inside(scenario: Scenario, year: int) -> tuple[date, date]:
    """The first and the last day of a year within the scenario."""
    return max(date(year, 1, 1), scenario.start), min(date(year, 12, 31), scenario.horizon)


def routes(procedure: Procedure) -> dict[str, tuple[str, float]]:
    """The routes by which a strand leaves the stage that forks for an exit, or a stage in which it is resolved.

    By `STAGE|ROUTE`: what they lead to in words, and their probability. The one that takes the rest is left out.
    """
    found = {}
    for name, stage in procedure.stages.items():
        if not stage.fork:
            continue
        for key, route in stage.next.items():
            place = route.to or key
            target = procedure.stages.get(place)
            if route.probability is not None and (place in procedure.exits or (target is not None and target.resolved)):
                title = target.title if target else procedure.exits[place]
                found[f"{name}{BETWEEN}{key}"] = (title, route.probability)
    return found


def with_people(scenario: Scenario, role: str, people: Mapping[int, float]) -> Scenario:
    """The scenario with so many people of a role from the first day of each year on; see `_people_from`."""
    pool = scenario.staffing[role]
    changed = pool.model_copy(update={"headcount": _people_from(scenario, pool, people)})
    return scenario.model_copy(update={"staffing": {**scenario.staffing, role: changed}})


def _people_from(scenario: Scenario, pool: Pool, people: Mapping[int, float]) -> dict[date, float]:
    """The headcounts by date with so many people from the first day of each year on, and throughout it.

    Before the first of these years they are the pool's own. Where a headcount moves evenly from date to date, the day
    before each change has its own entry, so that the change is one of that day.
    """
    table = dict(pool.headcount)
    first = inside(scenario, min(people))[0]
    before = first - timedelta(days=1)
    table[before] = float(headcount(pool, scenario.start, np.array([float(days_between(scenario.start, before))]))[0])
    table = {day: value for day, value in sorted(table.items()) if day < first}
    for year, value in people.items():
        begin, end = inside(scenario, year)
        table[begin] = value
        if pool.between == "linear":
            table[end] = value
    return table


def with_share(scenario: Scenario, stage: str, route: str, share: float) -> Scenario:
    """The scenario with another share of the strands on a route; the other routes keep their proportions.

    Uncertain parameters that set the share of another route are scaled with it; one that sets the share itself is known
    now, and left out. Raises UserError if there is nothing to take the share from.
    """
    nodes = scenario.procedure.stages[stage].next
    before = nodes[route].probability or 0.0
    if before == 1 and share < 1:
        raise UserError("every strand takes this route: there is no other one to take more")
    factor = (1 - share) / (1 - before) if before < 1 else 1.0
    after = {
        key: node
        if node.probability is None
        else node.model_copy(update={"probability": share if key == route else node.probability * factor})
        for key, node in nodes.items()
    }
    stages = dict(scenario.procedure.stages)
    stages[stage] = stages[stage].model_copy(update={"next": after})
    path = f"procedure.stages.{stage}.next"
    others = {f"{path}.{key}.probability" for key in nodes if key != route}
    uncertain = {}
    for name, parameter in scenario.uncertain.items():
        kept = _without_path(parameter, f"{path}.{route}.probability")
        if kept and others & set(kept.sets or []):
            kept = kept.model_copy(update={"value": _scaled(kept.value, factor)})
        if kept:
            uncertain[name] = kept
    procedure = scenario.procedure.model_copy(update={"stages": stages})
    return scenario.model_copy(update={"procedure": procedure, "uncertain": uncertain})


def _scaled(value: AnyDistribution, factor: float) -> AnyDistribution:
    """The distribution of a share with its mean multiplied. Raises UserError for one of which that cannot be said."""
    if isinstance(value, Beta):
        return value.model_copy(update={"mean": value.mean * factor})
    try:
        return value.scaled(factor)
    except TypeError as error:
        raise UserError(f"another route's share is not known, and cannot make room: {error}") from None


def _without_path(parameter: Uncertain, path: str) -> Uncertain | None:
    """The parameter without one of the settings that take it; None if no other one does."""
    sets = parameter.sets
    if sets is None or path not in sets:
        return parameter
    left = [other for other in sets if other != path]
    return parameter.model_copy(update={"sets": left}) if left else None


def by_weight(scenario: Scenario) -> list[str]:
    """The services that a wave can go to, those that most cases come from first."""
    weight = dict.fromkeys(platforms(scenario), 0.0)
    for stream in scenario.arrivals.values():
        for name, value in stream.platforms.items():
            if name in weight:
                weight[name] += value
    return sorted(weight, key=lambda name: -weight[name])


def with_wave(scenario: Scenario, day: date, services: int) -> Scenario:
    """The scenario with a wave to so many services, those first that most cases come from anyway."""
    wave = _new_wave(scenario, day, by_weight(scenario)[:services])
    return scenario.model_copy(update={"arrivals": {**scenario.arrivals, NEW_WAVE: wave}})


def _new_wave(scenario: Scenario, day: date, services: list[str]) -> Wave:
    """A wave to the procedure's first stage, of cases like those that come to it anyway, in waves if any do."""
    stage = next(iter(scenario.procedure.stages))
    streams = [
        s for s in scenario.arrivals.values() if s.stage == stage and isinstance(s, (RandomArrivals, RandomWaves))
    ]
    like = next((s for s in streams if isinstance(s, RandomWaves)), streams[0] if streams else None)
    more = like.model_dump(include={"topics", "obligations", "origin", "priority"}) if like else {}
    return Wave(kind="wave", stage=stage, on=day, platforms=dict.fromkeys(services, 1.0), **more)
