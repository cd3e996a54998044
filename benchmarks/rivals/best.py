"""The best SimPy program we could write for this workload alone, on SimPy's public API and its stock loop.

A case is its own event from its arrival to its end: a `simpy.Timeout` re-armed with `env.schedule` at every
step and, once the case has ended, reused for a later one. The only callback of all these events is the `send`
of one generator, `lives`, which holds the whole state of the model in local variables. A team is counted on
integers, and only teams that must wait enter the queues of their pools.

Variants tried and left: a generator per case with the case as its re-armed event (twice the time), one callback
function for each kind of event (5% slower), a separate event for the arrivals and special code for the RFI (no
faster).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import Any

import simpy
from simpy.events import NORMAL

from .workload import DECISION, FINDINGS, HORIZON, POOLS, ROUTES, TEAMS, Draws, Visit

NAME = "SimPy at its best for this workload: re-armed events, one generator"
NOTE = ""
TEAMS_EXACT = True

ARRIVING = -1


class Case(simpy.Timeout):
    """A case: the one event that brings it to its next step."""

    number: int
    stage: int
    due: float  # when the event happens: env.now, without asking for it
    requested: float
    started: float
    missing: int  # pools that have yet to grant the people asked for


def lives(  # noqa: PLR0915
    env: simpy.Environment,
    draws: Draws,
    pools: tuple[int, int, int],
    visits: list[Visit],
    resume: list[Callable[[Any], None]],
) -> Generator[None, Case, None]:
    """Take each case as its event happens, and bring it as far as it gets at that instant."""
    arrivals, durations, routes = draws.arrivals, draws.durations, draws.routes
    teams, ends_here = TEAMS, ROUTES
    log, schedule = visits.append, env.schedule
    count = len(arrivals)
    free_h, free_d, free_l = pools
    queue_h: deque[Case] = deque()
    queue_d: deque[Case] = deque()
    queue_l: deque[Case] = deque()
    waiting = 0  # entries in the three queues together
    spare: list[Case] = []  # events of cases that have ended

    while True:
        case = yield
        now = case.due
        number = case.number
        stage = case.stage
        if stage < 0:  # it arrives, and the next arrival is scheduled
            following = number + 1
            if following < count:
                gap = arrivals[following] - now
                if spare:
                    new = spare.pop()
                    schedule(new, NORMAL, gap)
                else:
                    new = Case(env, gap)
                new.callbacks = resume
                new.number = following
                new.stage = ARRIVING
                new.due = now + gap
        else:  # a stage ends: free the team, serve those who wait, draw the route
            log((number, stage, case.requested, case.started, now))
            need_h, need_d, need_l = teams[stage]
            free_h += need_h
            free_d += need_d
            free_l += need_l
            if waiting:
                ready = []
                while queue_h and teams[queue_h[0].stage][0] <= free_h:
                    other = queue_h.popleft()
                    free_h -= teams[other.stage][0]
                    waiting -= 1
                    other.missing -= 1
                    if not other.missing:
                        ready.append(other)
                while queue_d and teams[queue_d[0].stage][1] <= free_d:
                    other = queue_d.popleft()
                    free_d -= teams[other.stage][1]
                    waiting -= 1
                    other.missing -= 1
                    if not other.missing:
                        ready.append(other)
                while queue_l and teams[queue_l[0].stage][2] <= free_l:
                    other = queue_l.popleft()
                    free_l -= teams[other.stage][2]
                    waiting -= 1
                    other.missing -= 1
                    if not other.missing:
                        ready.append(other)
                for other in ready:
                    duration = durations[other.number][other.stage]
                    other.started = now
                    other.due = now + duration
                    other.callbacks = resume
                    schedule(other, NORMAL, duration)
            if stage == DECISION or (stage < FINDINGS and routes[number][stage] < ends_here[stage]):
                spare.append(case)
                continue

        stage += 1  # ask for the team of the next stage
        case.stage = stage
        case.requested = now
        need_h, need_d, need_l = teams[stage]
        if not waiting and need_h <= free_h and need_d <= free_d and need_l <= free_l:
            free_h -= need_h
            free_d -= need_d
            free_l -= need_l
        else:
            missing = 0
            if need_h:
                if queue_h or need_h > free_h:
                    queue_h.append(case)
                    missing += 1
                else:
                    free_h -= need_h
            if need_d:
                if queue_d or need_d > free_d:
                    queue_d.append(case)
                    missing += 1
                else:
                    free_d -= need_d
            if need_l:
                if queue_l or need_l > free_l:
                    queue_l.append(case)
                    missing += 1
                else:
                    free_l -= need_l
            if missing:
                case.missing = missing
                waiting += missing
                continue
        duration = durations[number][stage]
        case.started = now
        case.due = now + duration
        case.callbacks = resume
        schedule(case, NORMAL, duration)


def run(draws: Draws, pools: tuple[int, int, int] = POOLS, horizon: float = HORIZON) -> list[Visit]:
    """Run one replication and return the visits that ended before the horizon."""
    visits: list[Visit] = []
    if not draws.arrivals:
        return visits
    env = simpy.Environment()
    resume: list[Callable[[Any], None]] = []
    living = lives(env, draws, pools, visits, resume)
    next(living)
    resume.append(living.send)
    first = Case(env, draws.arrivals[0])
    first.callbacks = resume
    first.number = 0
    first.stage = ARRIVING
    first.due = draws.arrivals[0]
    env.run(until=horizon)
    living.close()
    return visits
