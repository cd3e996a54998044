"""Staff: whole teams served in order, and effort that shares what teams leave, under a capacity that changes.

Two disciplines in each pool. Teams: strictly in order of priority, then first come, first served; no overtaking
within a pool. A waiting team has its people set aside in each of its pools as its turn comes there, and starts
when it has been served in all; a team of higher priority takes set-aside people back. So a large team is never
starved, and no two teams can hold each other up, because only whole teams begin to work. Effort shares what teams
leave, see `sim.model.sharing`.
"""

from collections import deque
from collections.abc import Generator, Iterator
from math import inf
from typing import TYPE_CHECKING, Any

from simpy import Environment, Event
from simpy.events import NORMAL

from sim.model.delays import Delays
from sim.model.plan import MILLI, Plan
from sim.model.sharing import ALMOST_DONE, Alarm, Sharing
from sim.scenario.staffing import Capacity

if TYPE_CHECKING:
    from sim.model.walk import Case

Needs = tuple[tuple[int, int], ...]
"""A team: pools by number, and thousandths of an FTE."""


class Request:
    """A team that waits: `missing` counts the pools in which its people are not all set aside yet."""

    __slots__ = ("case", "missing", "needs", "rank")

    def __init__(self, case: "Case", needs: Needs) -> None:
        self.case, self.needs, self.rank = case, needs, case.rank
        self.missing = len(needs)


class Run:
    """A team at work where capacity may fall: what is left of it, in days at full pace; its slowest pool."""

    __slots__ = ("alarm", "case", "left", "needs", "pace", "since", "slowest")

    def __init__(self, case: "Case", needs: Needs, days: float, now: float) -> None:
        self.case, self.needs, self.left, self.since = case, needs, days, now
        self.pace, self.slowest = 0.0, needs[0][0]
        self.alarm: Event | None = None


class Pool:
    """The people of one role: how many are free, who waits for them, who shares them.

    Counted in thousandths of an FTE: `capacity`, `free` (neither at work in a team nor set aside; negative while
    more are at work than there are), `aside`.
    """

    def __init__(self, env: Environment, number: int, curve: Capacity, ranks: int) -> None:
        self.env, self.number, self.curve = env, number, curve
        self.capacity = self.free = round(curve.fte[0] * MILLI)
        self.heads = curve.heads[0]
        self.waiting = 0
        self.aside = 0
        self._short: list[deque[tuple[Request, int]]] = [deque() for _ in range(ranks)]
        self._ready: list[dict[Request, int]] = [{} for _ in range(ranks)]
        self.running: dict[Case, Run] = {}
        self.sharing: Sharing | None = None

    @property
    def pace(self) -> float:
        """Speed of the teams at work: below 1 while there are fewer people than they need."""
        at_work = self.capacity - self.free - self.aside
        return self.capacity / at_work if at_work > self.capacity else 1.0

    def ask(self, request: Request, fte: int) -> None:
        """Queue for people, or have them set aside at once if nobody before it waits for them."""
        rank = request.rank
        if self.waiting and any(self._short[: rank + 1]):
            ready = False
        else:
            if self.free < fte:
                self._take_back(fte, rank + 1)
            ready = self.free >= fte
        if ready:
            self._set_aside(request, fte)
        else:
            self._short[rank].append((request, fte))
            self.waiting += 1

    def _set_aside(self, request: Request, fte: int) -> None:
        self.free -= fte
        self.aside += fte
        self._ready[request.rank][request] = fte
        request.missing -= 1

    def _take_back(self, wanted: int, from_rank: int) -> None:
        """Free people set aside for lower priorities, the last in order first, until `wanted` are free."""
        for rank in range(len(self._ready) - 1, from_rank - 1, -1):
            ready = self._ready[rank]
            while ready and self.free < wanted:
                request, fte = ready.popitem()
                self.free += fte
                self.aside -= fte
                request.missing += 1
                self._short[rank].appendleft((request, fte))
                self.waiting += 1

    def serve(self) -> list[Request]:
        """Set free people aside for those who wait, in order; the teams that are complete now."""
        complete: list[Request] = []
        for short in self._short:
            while short:
                request, fte = short[0]
                if fte > self.free:
                    return complete
                short.popleft()
                self.waiting -= 1
                self._set_aside(request, fte)
                if not request.missing:
                    complete.append(request)
        return complete

    def short(self) -> Iterator["Case"]:
        """The cases whose teams wait for people of this pool, in order."""
        for short in self._short:
            for request, _ in short:
                yield request.case

    def begin(self, request: Request) -> None:
        """Put the people set aside for a team to work."""
        self.aside -= self._ready[request.rank].pop(request)

    def change(self, fte: float, heads: float) -> None:
        """Another capacity from now on."""
        capacity = round(fte * MILLI)
        self.free += capacity - self.capacity
        self.capacity, self.heads = capacity, heads
        if self.free < 0:
            self._take_back(0, 0)


class Staff:
    """All pools: starts and ends teams, follows the capacity curves, shares effort, notes who was waited for."""

    def __init__(self, env: Environment, plan: Plan) -> None:
        self.env, self.schedule = env, env.schedule
        self.delays = Delays()
        self.note = self.delays.note
        self.pools = [Pool(env, number, curve, plan.ranks) for number, curve in enumerate(plan.capacities)]
        for pool, settings in zip(self.pools, plan.scenario.staffing.values(), strict=True):
            if pool.number in plan.shared_pools:
                pool.sharing = Sharing(pool, plan.fte_days_per_day, settings.multitasking, self._done)
            if len(pool.curve.times) > 1:
                env.process(self._follow(pool))
        self.shrinks = any(a > b for c in plan.capacities for a, b in zip(c.fte, c.fte[1:], strict=False))
        self.alone = not self.shrinks and not plan.shared_pools
        """whether a team's start and end concern nobody but the teams that wait"""

    def request(self, case: "Case", needs: Needs, now: float) -> None:
        """Seize a whole team for the case's `days`, now or when its turn comes; the case resumes at the end."""
        pools = self.pools
        for number, fte in needs:
            pool = pools[number]
            if pool.waiting or pool.free < fte:
                self._queue(case, needs)
                return
        for number, fte in needs:
            pools[number].free -= fte
        case.ends = now + case.days
        if self.alone:
            self.schedule(case, NORMAL, case.days)
        else:
            self._start(case, needs)

    def release(self, case: "Case", needs: Needs) -> None:
        """Free a whole team, then start the teams whose turn has come."""
        pools, waiting = self.pools, 0
        if self.shrinks:  # before others are started: who has ended has no pace any more
            self._stop(case, needs)
        for number, fte in needs:
            pool = pools[number]
            pool.free += fte
            waiting += pool.waiting
        if waiting:
            self._serve(needs)
        if not self.alone:
            self._ended(needs)

    def left(self, case: "Case", needs: Needs) -> float:
        """What is left of a team's work, in days at full pace; all of it if the team still waits."""
        run = self.pools[needs[0][0]].running.get(case)
        if run is not None:
            return run.left - (self.env.now - run.since) * run.pace
        return max(min(case.ends - self.env.now, case.days), 0.0)

    def _queue(self, case: "Case", needs: Needs) -> None:
        case.ends = inf
        request = Request(case, needs)
        for number, fte in needs:
            self.pools[number].ask(request, fte)
        if not request.missing:
            self._begin(request, needs[-1][0])

    def _serve(self, needs: Needs) -> None:
        """Start the teams whose turn has come in these pools."""
        for number, _ in needs:
            for request in self.pools[number].serve():
                self._begin(request, number)

    def _ended(self, needs: Needs) -> None:
        """Tell those whom it concerns that a team has ended."""
        for number, _ in needs:
            self._changed(self.pools[number])

    def _begin(self, request: Request, last: int) -> None:
        """Start a team whose people were set aside in the pool `last` after all others."""
        case, now = request.case, self.env.now
        for number, _ in request.needs:
            self.pools[number].begin(request)
        if now > case.began:
            self.note(case, last, now - case.began)
        case.ends = now + case.days
        self._start(case, request.needs)

    def _start(self, case: "Case", needs: Needs) -> None:
        """Put a complete team to work."""
        if self.shrinks:
            run = Run(case, needs, case.days, self.env.now)
            for number, _ in needs:
                self.pools[number].running[case] = run
            self._repace(run)
        else:
            self.schedule(case, NORMAL, case.days)
        if not self.alone:
            for number, _ in needs:
                self._changed(self.pools[number])

    def _changed(self, pool: Pool) -> None:
        """What others may have of the pool changed."""
        if pool.sharing is not None and pool.sharing.count:
            pool.sharing.changed()
        if self.shrinks:
            for run in list(pool.running.values()):
                self._repace(run)

    def _repace(self, run: Run) -> None:
        """Set the end of a team's work anew if its pace changed."""
        pace = min(self.pools[number].pace for number, _ in run.needs)
        if pace == run.pace:
            return
        now = self.env.now
        self._lose(run)
        run.left -= (now - run.since) * run.pace
        run.since, run.pace = now, pace
        run.slowest = next(number for number, _ in run.needs if self.pools[number].pace == pace)
        run.case.ends = now + run.left / pace if pace else inf
        run.alarm = Alarm(self.env, max(run.left, 0.0) / pace, lambda event: self._rang(run, event)) if pace else None

    def _stop(self, case: "Case", needs: Needs) -> None:
        """End the work of a team."""
        self._lose(self.pools[needs[0][0]].running[case])
        for number, _ in needs:
            del self.pools[number].running[case]

    def _lose(self, run: Run) -> None:
        """Note the days that a team at work has lost since its pace changed."""
        lost = (self.env.now - run.since) * (1.0 - run.pace)
        if lost > 0:
            self.note(run.case, run.slowest, lost)

    def _rang(self, run: Run, event: Event) -> None:
        if event is run.alarm:
            run.case.callbacks[0](run.case)

    def _follow(self, pool: Pool) -> Generator[Event, Any, None]:
        """Change a pool's capacity when its curve does."""
        curve = pool.curve
        for time, fte, heads in list(zip(curve.times, curve.fte, curve.heads, strict=True))[1:]:
            yield self.env.timeout(time - self.env.now)
            pool.change(fte, heads)
            self._serve(((pool.number, 0),))
            self._changed(pool)

    def _done(self, case: "Case", number: int) -> None:
        """The people of a pool have done their part of a case's effort; its delay is charged to who is done last."""
        case.open_roles -= 1
        if not case.open_roles:
            self.count_lateness(case, number)
            self.schedule(case, NORMAL, 0)

    def count_lateness(self, case: "Case", number: int) -> None:
        """Note by how much a step of effort takes longer than with unlimited staff."""
        late = self.env.now - case.began - case.days
        if late > ALMOST_DONE:
            self.note(case, number, late)

    def close(self, now: float) -> None:
        """Note the delays of the teams that wait, or work too slowly, at the horizon.

        A team that waits is delayed by the pool in which the most others come before it.
        """
        before: dict[Case, tuple[int, int]] = {}
        for pool in self.pools:
            for run in pool.running.values():
                if run.needs[0][0] == pool.number:
                    self._lose(run)
            for place, case in enumerate(pool.short()):
                before[case] = max(before.get(case, (place, pool.number)), (place, pool.number))
        for case, (_, number) in before.items():
            self.note(case, number, now - case.began)

    def share(self, case: "Case", number: int, effort: float, weight: float, cap: float) -> None:
        """Begin shared work of `effort` FTE-days by the people of a pool."""
        sharing = self.pools[number].sharing
        assert sharing is not None
        sharing.add(case, effort, weight, cap)
