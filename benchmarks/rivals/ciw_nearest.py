"""Ciw: the nearest model it can express, for a Ciw customer holds one server of one node, never a team of several.

A server is therefore a whole team. The RFI and proceedings are a node each, with as many servers as their
scarcest pool admits whole teams (120 and 15). Findings and decision both need two legal officers, so they share
one node of 10 teams, which a case visits twice in a row: the contention for the legal staff, which is what
holds cases up, is kept. That all stages also draw on the same 120 handlers is lost. Routes are process based
and service times come from the same draws, by case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ciw

from .workload import DECISION, FINDINGS, HORIZON, POOLS, PROCEEDINGS, RFI, ROUTES, TEAMS, Draws, Visit

NAME = "Ciw, nearest model"
NOTE = "no teams: a node per scarcest pool, a server is a whole team; handlers are not shared between stages"
TEAMS_EXACT = False

RFI_NODE, PROCEEDINGS_NODE, LEGAL_NODE = 1, 2, 3


class _Given(ciw.dists.Distribution):  # type: ignore[misc]
    """A distribution that asks a function; Ciw deep-copies distributions, and a function is not copied."""

    def __init__(self, function: Callable[[Any], float]) -> None:
        self.function = function

    def sample(self, t: float | None = None, ind: Any = None) -> float:
        return self.function(ind)


def _whole_teams(pools: tuple[int, int, int], stages: tuple[int, ...]) -> int:
    """How many teams of these stages the scarcest pool admits."""
    return min(people // need for stage in stages for people, need in zip(pools, TEAMS[stage], strict=True) if need)


def run(draws: Draws, pools: tuple[int, int, int] = POOLS, horizon: float = HORIZON) -> list[Visit]:
    """Run one replication and return the visits that ended before the horizon."""
    arrivals, durations, routes = draws.arrivals, draws.durations, draws.routes
    if not arrivals:
        return []
    times = iter(arrivals)
    last = 0.0

    def gap(_: Any) -> float:
        nonlocal last
        time = next(times, None)
        if time is None:
            return float("inf")
        before, last = last, time
        return time - before

    def route(individual: Any, _: Any) -> list[int]:
        closed, committed = routes[individual.id_number - 1]
        if closed < ROUTES[RFI]:
            return []
        if committed < ROUTES[PROCEEDINGS]:
            return [PROCEEDINGS_NODE]
        return [PROCEEDINGS_NODE, LEGAL_NODE, LEGAL_NODE]

    def legal_work(individual: Any) -> float:
        stage = FINDINGS if individual.route else DECISION
        days: float = durations[individual.id_number - 1][stage]
        return days

    network = ciw.create_network(
        arrival_distributions=[_Given(gap), None, None],
        service_distributions=[
            _Given(lambda individual: durations[individual.id_number - 1][RFI]),
            _Given(lambda individual: durations[individual.id_number - 1][PROCEEDINGS]),
            _Given(legal_work),
        ],
        routing=ciw.routing.ProcessBased(route),
        number_of_servers=[
            _whole_teams(pools, (RFI,)),
            _whole_teams(pools, (PROCEEDINGS,)),
            _whole_teams(pools, (FINDINGS, DECISION)),
        ],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(horizon)

    visits: list[Visit] = []
    for individual in simulation.get_all_individuals():
        for stage, record in enumerate(individual.data_records):
            visits.append(
                (
                    individual.id_number - 1,
                    stage,
                    record.arrival_date,
                    record.service_start_date,
                    record.service_end_date,
                )
            )
    return visits
