"""SimPy as a textbook writes it.

A generator process per case, a `simpy.PriorityResource` per pool, one request for each person of the team,
`AllOf` over the requests, and a timeout for the work. All stock SimPy, nothing tuned.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from .workload import HORIZON, POOLS, ROUTES, TEAMS, Draws, Visit

NAME = "SimPy, textbook: a PriorityResource request per person"
NOTE = ""
TEAMS_EXACT = True

PRIORITY = 0


def run(draws: Draws, pools: tuple[int, int, int] = POOLS, horizon: float = HORIZON) -> list[Visit]:
    """Run one replication and return the visits that ended before the horizon."""
    env = simpy.Environment()
    resources = [simpy.PriorityResource(env, capacity=people) for people in pools]
    visits: list[Visit] = []

    def case(number: int) -> Generator[simpy.Event, Any, None]:
        for stage, team in enumerate(TEAMS):
            requested = env.now
            requests = [
                (resource, resource.request(priority=PRIORITY))
                for resource, people in zip(resources, team, strict=True)
                for _ in range(people)
            ]
            yield env.all_of([request for _, request in requests])
            started = env.now
            yield env.timeout(draws.durations[number][stage])
            visits.append((number, stage, requested, started, env.now))
            for resource, request in requests:
                resource.release(request)
            if stage < len(draws.routes[number]) and draws.routes[number][stage] < ROUTES[stage]:
                return

    def arrivals() -> Generator[simpy.Event, Any, None]:
        for number, time in enumerate(draws.arrivals):
            yield env.timeout(time - env.now)
            env.process(case(number))

    env.process(arrivals())
    env.run(until=horizon)
    return visits
