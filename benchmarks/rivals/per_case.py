"""A plain good SimPy program for this workload: a generator per case, the case itself being its one re-armed event.

The life of a case reads from top to bottom in `life`. Each stage costs one event: the case is scheduled for the end of
its work when its team is complete, and the generator yields until then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator

import simpy
from simpy.events import NORMAL

from .workload import DECISION, HORIZON, POOLS, ROUTES, TEAMS, Draws, Visit

NAME = "SimPy, a generator per case, one re-armed event per stage"
NOTE = "what one writes who wants it readable"
TEAMS_EXACT = True


class Case(simpy.Event):
    """A case, which is the event that it waits for."""

    def __init__(self, env: simpy.Environment, number: int) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        self.number, self.missing, self.days, self.started = number, 0, 0.0, 0.0
        self.life: Generator[None, None, None]

    def resume(self, _: simpy.Event | None = None) -> None:
        """Go on with life."""
        next(self.life, None)


class Staff:
    """The pools; each serves its queue in order and sets people aside for the teams that wait."""

    def __init__(self, env: simpy.Environment, pools: tuple[int, int, int]) -> None:
        self.env, self.free = env, list(pools)
        self.queues: tuple[deque[tuple[Case, int]], ...] = (deque(), deque(), deque())

    def work(self, case: Case, team: tuple[int, int, int], days: float) -> None:
        """Seize the whole team, now or when its turn comes, for some days."""
        case.days, case.missing = days, 0
        for pool, need in enumerate(team):
            if need:
                if self.queues[pool] or need > self.free[pool]:
                    self.queues[pool].append((case, need))
                    case.missing += 1
                else:
                    self.free[pool] -= need
        if not case.missing:
            self.start(case)

    def start(self, case: Case) -> None:
        """Put a complete team to work."""
        case.started = self.env.now
        case.callbacks = [case.resume]
        self.env.schedule(case, NORMAL, case.days)

    def release(self, team: tuple[int, int, int]) -> None:
        """Free the whole team, then serve those who wait."""
        for pool, need in enumerate(team):
            self.free[pool] += need
        ready = []
        for pool, queue in enumerate(self.queues):
            while queue and queue[0][1] <= self.free[pool]:
                case, need = queue.popleft()
                self.free[pool] -= need
                case.missing -= 1
                if not case.missing:
                    ready.append(case)
        for case in ready:
            self.start(case)


def life(case: Case, staff: Staff, draws: Draws, visits: list[Visit]) -> Generator[None, None, None]:
    """The life of a case."""
    env, number = staff.env, case.number
    for stage, team in enumerate(TEAMS):
        requested = env.now
        staff.work(case, team, draws.durations[number][stage])
        yield
        visits.append((number, stage, requested, case.started, env.now))
        staff.release(team)
        if stage == DECISION or (stage < 2 and draws.routes[number][stage] < ROUTES[stage]):
            return


def run(draws: Draws, pools: tuple[int, int, int] = POOLS, horizon: float = HORIZON) -> list[Visit]:
    """Run one replication and return the visits that ended before the horizon."""
    env = simpy.Environment()
    staff, visits = Staff(env, pools), []

    def arrivals() -> Generator[simpy.Event, None, None]:
        for number, time in enumerate(draws.arrivals):
            yield env.timeout(time - env.now)
            case = Case(env, number)
            case.life = life(case, staff, draws, visits)
            case.resume()

    env.process(arrivals())
    env.run(until=horizon)
    return visits
