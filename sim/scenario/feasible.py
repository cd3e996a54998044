"""What a scenario could never do: teams that are never complete, or never again, and limits that block each other.

Whatever a team waits for in vain blocks its pools until the horizon, and so may stop everything that needs them.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from sim.scenario.cycles import targets_of
from sim.scenario.findings import Finding, Path_
from sim.scenario.names import all_steps
from sim.scenario.schema import Scenario, Team, Wave
from sim.scenario.staffing import Capacity, capacity, millionths

LENGTH_OF_OWN_STEP = len(("procedure", "stages", "a", "steps", "b"))
"""Parts of the path of a step that all cases of its stage take, whatever their route."""
Held = frozenset[str]
"""Stages under whose limits a case has a place."""


def problems(scenario: Scenario) -> list[Finding]:
    """Teams that cannot be complete when a listed case or a wave asks for them, and limits that block each other."""
    findings = []
    for path, team, stage, last in last_days(scenario):
        if last is None:
            roles = " and ".join(f"{fte:g} {role}" for role, fte in team.fte.items())
            message = f"the team needs {roles} at once, and until the horizon there is no day on which they are there"
            findings.append(Finding((*path, "fte"), message))
        elif len(path) == LENGTH_OF_OWN_STEP and team.probability == 1 and team.when is None:
            message = f"a case that comes to {stage!r} after {last} waits for ever: the team of its step {path[-1]!r}"
            findings += [
                Finding(at, f"{message} cannot be complete from then on")
                for at, day in _arrivals_in(scenario, stage)
                if day > last
            ]
    return findings + _blocking_limits(scenario)


def last_days(scenario: Scenario) -> Iterator[tuple[Path_, Team, str, date | None]]:
    """The teams that cannot start on the last day before the horizon: path, team, stage, and the last day on which
    they can; None if there is none.

    Slow seasons are left out, unless nothing else is lacking: they end.
    """
    usual = scenario.calendar.model_copy(update={"slow": []})
    days = np.arange(max(int(scenario.horizon_days), 1))
    curves = {
        role: (
            capacity(pool, scenario.calendar, scenario.start, scenario.horizon_days),
            capacity(pool, usual, scenario.start, scenario.horizon_days),
        )
        for role, pool in scenario.staffing.items()
    }
    for name, stage in scenario.procedure.stages.items():
        for path, steps in all_steps(stage, ("procedure", "stages", name)):
            for step_name, step in steps.items():
                if not isinstance(step, Team):
                    continue
                now, ever = (
                    np.all([_enough(curves[role][kind], fte, days) for role, fte in step.fte.items()], axis=0)
                    for kind in (0, 1)
                )
                if not now.any():
                    yield (*path, step_name), step, name, None
                elif not ever[-1]:
                    yield (*path, step_name), step, name, scenario.start + timedelta(int(np.flatnonzero(now)[-1]))


def _enough(curve: Capacity, fte: float, days: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether there are so many people, on each of the days since the start."""
    enough = np.array([millionths(fte) <= millionths(people) for people in curve.fte])
    found: NDArray[np.bool_] = enough[np.searchsorted(curve.times, days, side="right") - 1]
    return found


def _arrivals_in(scenario: Scenario, stage: str) -> Iterator[tuple[Path_, date]]:
    """The days on which probes and waves come to a stage, each with its path."""
    for name, probe in scenario.probes.items():
        if probe.stage == stage and probe.arrives and probe.arrives < scenario.horizon:
            yield ("probes", name, "arrives"), probe.arrives
    for name, stream in scenario.arrivals.items():
        if stream.stage == stage and isinstance(stream, Wave) and stream.on < scenario.horizon:
            yield ("arrivals", name, "on"), stream.on


def _blocking_limits(scenario: Scenario) -> list[Finding]:
    """Limits under which cases may keep their places while they queue for one another's, and so for ever.

    Hold and wait in a circle (Coffman, Elphick and Shoshani, 1971): which places a case may hold as it comes to a
    limit is found by following all routes from where cases come in.
    """
    stages = scenario.procedure.stages
    counted = {name: {name, *stage.limit.including} for name, stage in stages.items() if stage.limit}
    awaited: dict[str, set[str]] = {name: set() for name in counted}
    waiting = [_entering(stream.stage, frozenset(), counted) for stream in scenario.arrivals.values()]
    for probe in scenario.probes.values():
        places = {probe.stage, *(strand.stage or probe.stage for strand in probe.strands.values())}
        for place in places:
            inside = frozenset(name for name, among in counted.items() if place in among)
            waiting.append((place, inside) if probe.since else _entering(place, frozenset(), counted))
    known: set[tuple[str, Held]] = set()
    while waiting:
        stage, held = waiting.pop()
        if (stage, held) in known:
            continue
        known.add((stage, held))
        for target in targets_of(stages[stage]) & stages.keys():
            kept = frozenset(name for name in held if target in counted[name])
            if target in counted and target not in kept:
                for name in kept:
                    awaited[name].add(target)
            waiting.append(_entering(target, kept, counted))
    return [
        Finding(
            ("procedure", "stages", name, "limit"),
            f"the limits of {name!r} and {other!r} can block each other for ever: a case may keep its place under one"
            " while it queues for the other, and the reverse; shorten `including`",
        )
        for name in awaited
        for other in sorted(awaited[name])
        if name < other and name in _following(other, awaited)
    ]


def _entering(stage: str, held: Held, counted: dict[str, set[str]]) -> tuple[str, Held]:
    return stage, held | {stage} if stage in counted else held


def _following(name: str, awaited: dict[str, set[str]]) -> set[str]:
    """All limits for which a case may queue, directly or through others, while it has a place under one."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        more = awaited[waiting.pop()] - found
        found |= more
        waiting += more
    return found
