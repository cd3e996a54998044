"""A bare `heapq` loop, without SimPy: the floor of what a Python event loop can do here.

The calendar is a heap of tuples, a case is a handful of entries in them, and the teams are counted on
integers; waiting teams stand in a deque per pool, with the number of pools that have yet to grant them.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush

from .workload import DECISION, FINDINGS, HORIZON, POOLS, ROUTES, TEAMS, Draws, Visit

NAME = "bare heapq loop, no SimPy"
NOTE = ""
TEAMS_EXACT = True

ARRIVING = -1


class _Case:
    """A case: where it is, and since when. Reused once it has ended."""

    __slots__ = ("missing", "number", "requested", "stage", "started")

    number: int
    stage: int
    requested: float
    started: float
    missing: int  # pools that have yet to grant the people asked for


def run(  # noqa: PLR0915
    draws: Draws, pools: tuple[int, int, int] = POOLS, horizon: float = HORIZON
) -> list[Visit]:
    """Run one replication and return the visits that ended before the horizon."""
    arrivals, durations, routes = draws.arrivals, draws.durations, draws.routes
    teams, ends_here = TEAMS, ROUTES
    free_h, free_d, free_l = pools
    queue_h: deque[_Case] = deque()
    queue_d: deque[_Case] = deque()
    queue_l: deque[_Case] = deque()
    waiting = 0  # teams in the three queues together
    spare: list[_Case] = []  # cases that have ended
    visits: list[Visit] = []
    calendar: list[tuple[float, int, _Case]] = []
    serial = 0
    count = len(arrivals)
    first = _Case()
    first.number = 0
    first.stage = ARRIVING
    if count:
        calendar.append((arrivals[0], 0, first))

    while calendar:
        now, _, case = heappop(calendar)
        if now >= horizon:
            break
        number, stage = case.number, case.stage
        if stage < 0:
            following = number + 1
            if following < count:
                new = spare.pop() if spare else _Case()
                new.number = following
                new.stage = ARRIVING
                serial += 1
                heappush(calendar, (now + (arrivals[following] - now), serial, new))
        else:
            visits.append((number, stage, case.requested, case.started, now))
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
                    other.started = now
                    serial += 1
                    heappush(calendar, (now + durations[other.number][other.stage], serial, other))
            if stage == DECISION or (stage < FINDINGS and routes[number][stage] < ends_here[stage]):
                spare.append(case)
                continue
        stage += 1
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
        case.started = now
        serial += 1
        heappush(calendar, (now + durations[number][stage], serial, case))
    return visits
