"""Staff: whole teams served in order, and effort that shares what teams leave, under a capacity that changes.

Two disciplines in each pool. Teams: strictly in order of priority, then first come, first served; no overtaking
within a pool. A waiting team has its people reserved in each of its pools as its turn comes there, and starts
when it has been served in all; a team of higher priority takes reserved people back. So a large team is never
starved; and no two teams can block each other for ever, because only whole teams begin to work and all pools serve in
the same order (no circular wait; Coffman, Elphick and Shoshani, 1971). Effort shares what teams leave, see
`sim.model.sharing`.
"""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray
from simpy import Environment, Event
from simpy.events import NORMAL

from sim.model.case import Case
from sim.model.plan import Plan
from sim.model.sharing import ALMOST_DONE, ProcessorSharing, Timer
from sim.scenario.staffing import MICRO, Capacity, millionths

Needs = tuple[tuple[int, int], ...]
"""A team: pools by number, and millionths of an FTE."""


class DelayLog:
    """The days by which cases were delayed for want of the people of each pool.

    It stands apart from the log of visits, so that a visit without a delay, as most are, costs nothing.
    """

    def __init__(self) -> None:
        # Flat, as the log of visits is: five numbers for each entry are quicker to write than a tuple of them.
        self._entries: list[float] = []

    def charge(self, case: Case, pool: int, days: float) -> None:
        """Charge a delay of the visit in progress to a pool."""
        self._entries.extend((case.number, case.stage.number, case.visit, pool, days))  # type: ignore[union-attr]

    def of_visits(self, visits: NDArray[np.float64], pools: int) -> NDArray[np.float64]:
        """The days of delay by pool of each visit: shape (visits, pools); `visits`: case, stage, visit of each."""
        delays = np.zeros((len(visits), pools))
        if self._entries:
            entries = np.fromiter(self._entries, np.float64, len(self._entries)).reshape(-1, 5)
            _, stages, numbers = visits.max(axis=0) + 1
            key = np.array([stages * numbers, numbers, 1.0])  # one number for case, stage and visit
            known, wanted = visits @ key, entries[:, :3] @ key
            order = np.argsort(known)
            row = order[np.searchsorted(known[order], wanted)]
            np.add.at(delays, (row, entries[:, 3].astype(int)), entries[:, 4])  # a visit may have several entries
        return delays


class TeamRequest:
    """A team that waits: `missing` counts the pools in which its people are not all reserved yet.

    It is made when a team cannot start at once, stands in one queue for each of its pools, moves from there to the
    pool's reservations and, if a team of higher priority comes, back; it ends as its team starts.
    """

    __slots__ = ("case", "missing", "needs", "rank")

    def __init__(self, case: Case, needs: Needs) -> None:
        self.case, self.needs, self.rank = case, needs, case.rank
        self.missing = len(needs)


class ActiveTeam:
    """A team at work where capacity may fall: what is left of it, in days at full pace; its slowest pool.

    Made when the team starts, brought up to date at each change of its pace, gone when it ends. Where no capacity
    ever falls there is none, and a team's end is simply scheduled.
    """

    __slots__ = ("case", "left", "needs", "pace", "since", "slowest", "timer")

    def __init__(self, case: Case, needs: Needs, days: float, now: float) -> None:
        self.case, self.needs, self.left, self.since = case, needs, days, now
        self.pace, self.slowest = 0.0, needs[0][0]
        self.timer: Event | None = None


class StaffPool:
    """The people of one role: how many are free, who waits for them, who shares them.

    Counted in millionths of an FTE: `capacity`, `free` (neither at work in a team nor reserved; negative while
    more are at work than there are), `reserved`. `queue_length`: teams that wait and lack people of this pool.
    """

    def __init__(self, env: Environment, number: int, curve: Capacity, ranks: int) -> None:
        self.env, self.number, self.curve = env, number, curve
        self.capacity = self.free = millionths(curve.fte[0])
        self.heads = curve.heads[0]
        self.queue_length = 0
        self.reserved = 0
        self._queues: list[deque[tuple[TeamRequest, int]]] = [deque() for _ in range(ranks)]
        self._reservations: list[dict[TeamRequest, int]] = [{} for _ in range(ranks)]  # in order of reservation
        self.active: dict[Case, ActiveTeam] = {}
        self.sharing: ProcessorSharing | None = None

    @property
    def pace(self) -> float:
        """Speed of the teams at work: below 1 while there are fewer people than they need."""
        at_work = self.capacity - self.free - self.reserved
        return self.capacity / at_work if at_work > self.capacity else 1.0

    def request(self, request: TeamRequest, fte: int) -> None:
        """Reserve people at once if no team with a prior claim waits for them, or queue."""
        rank = request.rank
        # No overtaking: a later team queues even if the people who are free would be enough for it.
        if self.queue_length and any(self._queues[: rank + 1]):
            ready = False
        else:
            if self.free < fte:
                self._take_back(fte, rank + 1)
            ready = self.free >= fte
        if ready:
            self._reserve(request, fte)
        else:
            self._queues[rank].append((request, fte))
            self.queue_length += 1

    def _reserve(self, request: TeamRequest, fte: int) -> None:
        self.free -= fte
        self.reserved += fte
        self._reservations[request.rank][request] = fte
        request.missing -= 1

    def _take_back(self, wanted: int, from_rank: int) -> None:
        """Free people reserved for lower priorities, the last in order first, until `wanted` are free."""
        for rank in range(len(self._reservations) - 1, from_rank - 1, -1):
            reservations = self._reservations[rank]
            while reservations and self.free < wanted:
                # The last reserved is the first taken back, each to the head of its queue: the old order is restored.
                request, fte = reservations.popitem()
                self.free += fte
                self.reserved -= fte
                request.missing += 1
                self._queues[rank].appendleft((request, fte))
                self.queue_length += 1

    def serve(self) -> list[TeamRequest]:
        """Reserve free people for those who wait, in order; return the teams that are now complete."""
        complete: list[TeamRequest] = []
        for queue in self._queues:
            while queue:
                request, fte = queue[0]
                if fte > self.free:
                    # No team behind it is served either, of whatever priority: so a large team is never starved.
                    return complete
                queue.popleft()
                self.queue_length -= 1
                self._reserve(request, fte)
                if not request.missing:
                    complete.append(request)
        return complete

    def most_lacking(self, lasting: int) -> int:
        """What the largest team needs that has not enough people here, nor ever will if at most `lasting` stay.

        It waits, or it is at work and stands still because nobody stays; in millionths of an FTE, 0 if there is none.
        """
        needed = [fte for queue in self._queues for _, fte in queue if fte > lasting]
        if not lasting:
            needed += [fte for team in self.active.values() for number, fte in team.needs if number == self.number]
        return max(needed, default=0)

    def waiting_cases(self) -> Iterator[Case]:
        """The cases whose teams wait for people of this pool, in order."""
        for queue in self._queues:
            for request, _ in queue:
                yield request.case

    def put_to_work(self, request: TeamRequest) -> None:
        """Put the people reserved for a team to work."""
        self.reserved -= self._reservations[request.rank].pop(request)

    def set_capacity(self, fte: float, heads: float) -> None:
        """Change the capacity; reservations that it does not cover are taken back, people at work stay there."""
        capacity = millionths(fte)
        self.free += capacity - self.capacity
        self.capacity, self.heads = capacity, heads
        if self.free < 0:
            self._take_back(0, 0)


class Staff:
    """All pools: starts and ends teams, follows the capacity curves, shares effort, charges delays to pools.

    It lives as long as its replication. A case calls `request` or `start_effort` and is scheduled when the work is
    done; it then calls `release` for a team, whereas effort frees its people by itself.
    """

    def __init__(self, env: Environment, plan: Plan) -> None:
        self.env, self.schedule = env, env.schedule
        self.delays = DelayLog()
        self.charge = self.delays.charge
        self.pools = [StaffPool(env, number, curve, plan.ranks) for number, curve in enumerate(plan.capacities)]
        for pool, settings in zip(self.pools, plan.scenario.staffing.values(), strict=True):
            if pool.number in plan.shared_pools:
                pool.sharing = ProcessorSharing(
                    env, pool, plan.fte_days_per_day, settings.multitasking, self._effort_done
                )
            if len(pool.curve.times) > 1:
                env.process(self._follow_curve(pool))
        self.shrinks = any(a > b for c in plan.capacities for a, b in zip(c.fte, c.fte[1:], strict=False))
        self.uncoupled = not self.shrinks and not plan.shared_pools
        """True if teams affect nobody but the teams that wait: then nothing else is updated as they start and end"""

    def request(self, case: Case, needs: Needs, now: float) -> None:
        """Seize a whole team for the case's `step_days`, now or when its turn comes; schedule the case at the end."""
        pools = self.pools
        # All pools are checked before anyone is seized: a team starts whole, or waits in all its pools.
        for number, fte in needs:
            pool = pools[number]
            if pool.queue_length or pool.free < fte:
                self._enqueue(case, needs)
                return
        for number, fte in needs:
            pools[number].free -= fte
        case.team_ends = now + case.step_days
        if self.uncoupled:
            self.schedule(case, NORMAL, case.step_days)
        else:
            self._start(case, needs)

    def release(self, case: Case, needs: Needs) -> None:
        """Free a whole team, then start the teams whose turn has come."""
        pools, waiting = self.pools, 0
        if self.shrinks:  # before others start: their start updates the pace of all active teams
            self._stop(case, needs)
        # All pools first: the next team may need people of several of them.
        for number, fte in needs:
            pool = pools[number]
            pool.free += fte
            waiting += pool.queue_length
        if waiting:
            self._serve(needs)
        # After the teams: shared effort, and teams that a lack of people slows down, get what these leave.
        if not self.uncoupled:
            self._notify(needs)

    def remaining_days(self, case: Case, needs: Needs) -> float:
        """What is left of a team's work, in days at full pace; all of it if the team still waits."""
        team = self.pools[needs[0][0]].active.get(case)
        if team is not None:
            return team.left - (self.env.now - team.since) * team.pace
        return max(min(case.team_ends - self.env.now, case.step_days), 0.0)

    def _enqueue(self, case: Case, needs: Needs) -> None:
        case.team_ends = inf
        request = TeamRequest(case, needs)
        for number, fte in needs:
            self.pools[number].request(request, fte)
        # Complete at once, and so not delayed, where people were reserved only for teams of lower priority.
        if not request.missing:
            self._start_reserved(request)

    def _serve(self, needs: Needs) -> None:
        """Start the teams whose turn has come in these pools."""
        for number, _ in needs:
            for request in self.pools[number].serve():
                # This pool was the last in which its people were reserved: its whole wait is charged there.
                case = request.case
                if self.env.now > case.step_began:
                    self.charge(case, number, self.env.now - case.step_began)
                self._start_reserved(request)

    def _notify(self, needs: Needs) -> None:
        """Update shared effort and the pace of teams in these pools after a start or an end."""
        for number, _ in needs:
            self._on_capacity_change(self.pools[number])

    def _start_reserved(self, request: TeamRequest) -> None:
        """Start a team whose people are all reserved."""
        case = request.case
        for number, _ in request.needs:
            self.pools[number].put_to_work(request)
        case.team_ends = self.env.now + case.step_days
        self._start(case, request.needs)

    def _start(self, case: Case, needs: Needs) -> None:
        """Put a complete team to work."""
        if self.shrinks:
            team = ActiveTeam(case, needs, case.step_days, self.env.now)
            for number, _ in needs:
                self.pools[number].active[case] = team
            self._update_pace(team)
        else:
            self.schedule(case, NORMAL, case.step_days)
        if not self.uncoupled:
            self._notify(needs)

    def _on_capacity_change(self, pool: StaffPool) -> None:
        """Adapt shared effort and the pace of the teams at work to the people now available."""
        if pool.sharing is not None and pool.sharing.count:
            pool.sharing.on_capacity_change()
        if self.shrinks:
            for team in list(pool.active.values()):
                self._update_pace(team)

    def _update_pace(self, team: ActiveTeam) -> None:
        """Set the end of a team's work anew if its pace changed; a whole team goes at the pace of its slowest pool."""
        pace = min(self.pools[number].pace for number, _ in team.needs)
        if pace == team.pace:
            return
        now = self.env.now
        self._charge_slowdown(team)
        team.left -= (now - team.since) * team.pace
        done = team.left <= team.pace * ALMOST_DONE  # at the pace of until now: from now on it may not go on at all
        team.since, team.pace = now, pace
        # Of pools that are equally slow the first is charged: delays must add up, so only one may be.
        team.slowest = next(number for number, _ in team.needs if self.pools[number].pace == pace)
        days = 0.0 if done else team.left / pace if pace else inf
        team.case.team_ends = now + days
        # A timer and not the case itself: SimPy cannot unschedule an event, so after a fall in pace the case would end
        # too early.
        team.timer = Timer(self.env, days, lambda event: self._on_timer(team, event)) if days < inf else None

    def _stop(self, case: Case, needs: Needs) -> None:
        """End the work of a team."""
        self._charge_slowdown(self.pools[needs[0][0]].active[case])
        for number, _ in needs:
            del self.pools[number].active[case]

    def _charge_slowdown(self, team: ActiveTeam) -> None:
        """Charge the days that a team at work has lost since its pace changed."""
        lost = (self.env.now - team.since) * (1.0 - team.pace)
        if lost > 0:
            self.charge(team.case, team.slowest, lost)

    def _on_timer(self, team: ActiveTeam, event: Event) -> None:
        if event is team.timer:  # else its pace has changed since
            # Called, not scheduled: scheduled it would come after all other events of this instant.
            team.case.callbacks[0](team.case)

    def _follow_curve(self, pool: StaffPool) -> Generator[Event, Any, None]:
        """Change a pool's capacity when its curve does."""
        curve = pool.curve
        # The first entry is the capacity with which the pool was made.
        for time, fte, heads in list(zip(curve.times, curve.fte, curve.heads, strict=True))[1:]:
            yield self.env.timeout(time - self.env.now)
            pool.set_capacity(fte, heads)
            # As at the end of a team: those who wait have the first claim, shared effort what they leave.
            self._serve(((pool.number, 0),))
            self._on_capacity_change(pool)

    def start_effort(self, case: Case, number: int, effort: float, weight: float, cap: float) -> None:
        """Begin shared work of `effort` FTE-days by the people of a pool, at most `cap` of them at once."""
        sharing = self.pools[number].sharing
        assert sharing is not None
        sharing.add(case, effort, weight, cap)

    def _effort_done(self, case: Case, number: int) -> None:
        """The people of a pool have done their part of a case's effort; its delay is charged to who is done last."""
        case.open_roles -= 1
        if not case.open_roles:
            self.charge_lateness(case, number)
            # Scheduled, not called: the pool is still removing what is done, and must be divided again first.
            self.schedule(case, NORMAL, 0)

    def charge_lateness(self, case: Case, number: int) -> None:
        """Charge the days by which a step of effort takes longer than with unlimited staff."""
        late = self.env.now - case.step_began - case.step_days
        if late > ALMOST_DONE:  # less is the rounding of a clock, and no delay
            self.charge(case, number, late)

    def blocking(self, lasting: Sequence[float]) -> list[float]:
        """People that the largest team needs, by pool, which can never be done for want of them; 0 where there is none.

        `lasting`: the most people that each pool has at the horizon or ever after. Such a team does not give up its
        turn, or its people, so that others wait for ever, too.
        """
        return [pool.most_lacking(millionths(people)) / MICRO for pool, people in zip(self.pools, lasting, strict=True)]

    def charge_at_horizon(self, now: float) -> None:
        """Charge the delays of the teams that wait, or work too slowly, at the horizon.

        Nobody knows who will be free last for a team that still waits: it is charged to the pool in which the most
        others come before it.
        """
        before: dict[Case, tuple[int, int]] = {}
        for pool in self.pools:
            for team in pool.active.values():
                if team.needs[0][0] == pool.number:  # a team is in each of its pools and is charged once
                    self._charge_slowdown(team)
            for others, case in enumerate(pool.waiting_cases()):
                before[case] = max(before.get(case, (others, pool.number)), (others, pool.number))
        for case, (_, number) in before.items():
            self.charge(case, number, now - case.step_began)
