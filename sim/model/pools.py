"""Staff: whole teams served in order, and effort that shares what teams leave, under a capacity that changes.

Two disciplines in each pool. Teams: strictly in order of priority, then first come, first served; no overtaking
within a pool. A waiting team has its people set aside in each of its pools as its turn comes there, and starts
when it has been served in all; a team of higher priority takes set-aside people back. So a large team is never
starved, and no two teams can hold each other up, because only whole teams begin to work. Effort: generalised
processor sharing (Parekh and Gallager, 1993) with a cap on each item: everybody works on everything at once.
"""

from collections import deque
from collections.abc import Callable, Generator
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING, Any

from simpy import Environment, Event
from simpy.events import NORMAL

from sim.model.plan import MILLI, Plan
from sim.scenario.staffing import Capacity, Multitasking

if TYPE_CHECKING:
    from sim.model.walk import Case

Needs = tuple[tuple[int, int], ...]
"""A team: pools by number, and thousandths of an FTE."""

ALMOST_DONE = 1e-9
"""Days: an item of shared effort that would be done within this time is done (rounding of its clock)."""


class Request:
    """A team that waits: `missing` counts the pools in which its people are not all set aside yet."""

    __slots__ = ("case", "missing", "needs", "rank")

    def __init__(self, case: "Case", needs: Needs) -> None:
        self.case, self.needs, self.rank = case, needs, case.rank
        self.missing = len(needs)


class Run:
    """A team at work where capacity may fall: what is left of it, in days at full pace."""

    __slots__ = ("alarm", "case", "left", "needs", "pace", "since")

    def __init__(self, case: "Case", needs: Needs, days: float, now: float) -> None:
        self.case, self.needs, self.left, self.since = case, needs, days, now
        self.pace = 0.0
        self.alarm: Event | None = None


class Alarm(Event):
    """An event at a time, with one callback."""

    _ok, _value = True, None

    def __init__(self, env: Environment, delay: float, callback: Any) -> None:
        self.env, self.callbacks = env, [callback]
        env.schedule(self, NORMAL, delay)


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


class Share:
    """Effort items with the same weight and cap: they advance together, so one clock serves them all.

    The clock counts FTE-days done for an item that was there from the beginning; an item of effort e that joins
    at clock c is done when the clock shows c + e (virtual time).
    """

    __slots__ = ("cap", "clock", "items", "rate", "since", "weight")

    def __init__(self, weight: float, cap: float) -> None:
        self.weight, self.cap = weight, cap
        self.clock = self.rate = self.since = 0.0
        self.items: list[tuple[float, int, Case]] = []

    def run(self, rate: float, now: float) -> None:
        """Bring the clock to the present; from now on it runs at this rate."""
        self.clock += self.rate * (now - self.since)
        self.since, self.rate = now, rate


class Sharing:
    """Effort that shares a pool: water-filling of the capacity that teams leave over shares with caps.

    While everybody's cap can be met (`plenty`), items do not concern one another and nothing is divided anew.
    """

    def __init__(
        self,
        pool: Pool,
        fte_days_per_day: float,
        multitasking: Multitasking | None,
        done: Callable[["Case"], None],
    ) -> None:
        self.pool, self.multitasking, self.done = pool, multitasking, done
        self.env = pool.env
        self.per_day = fte_days_per_day
        self.shares: dict[tuple[float, float], Share] = {}
        self.order: list[Share] = []
        self.plenty = True
        self.wanted = 0.0
        self.count = 0
        self.armed = inf

    def add(self, case: "Case", effort: float, weight: float, cap: float) -> None:
        """Begin to work on an item of `effort` FTE-days."""
        share = self.shares.get((weight, cap))
        if share is None:
            share = self.shares[weight, cap] = Share(weight, cap)
            self.order = sorted(self.shares.values(), key=lambda s: s.cap / s.weight)
        now = self.env.now
        share.run(share.rate, now)
        self.count += 1
        heappush(share.items, (share.clock + effort, self.count, case))
        self.wanted += cap
        if self.plenty and self.wanted <= self.left():
            share.rate = cap * self.per_day
            self._arm(now, effort / share.rate)
        else:
            self.fill()

    def left(self) -> float:
        """FTE that teams at work leave."""
        return max(self.pool.free + self.pool.aside, 0) / MILLI

    def changed(self) -> None:
        """Teams or the capacity changed: divide anew, unless there is and was plenty."""
        if not (self.plenty and self.wanted <= self.left()):
            self.fill()

    def fill(self) -> None:
        """Divide the capacity in proportion to weight, nobody above the cap, and set the alarm."""
        now, per_day, soonest = self.env.now, self.per_day, inf
        active = [(share, share.cap, share.weight, len(share.items)) for share in self.order if share.items]
        wanted = weight = 0.0
        for _, cap, w, count in active:
            wanted += cap * count
            weight += w * count
        left = self.left()
        self.wanted, self.plenty = wanted, wanted <= left
        if not self.plenty and self.multitasking is not None:
            left *= self._efficiency(self.multitasking)
        for share, cap, w, count in active:
            fte = left / weight * w
            fte = min(fte, cap)
            left -= fte * count
            weight -= w * count
            share.clock += share.rate * (now - share.since)
            share.since, share.rate = now, fte * per_day
            if fte:
                wait = (share.items[0][0] - share.clock) / share.rate
                soonest = min(soonest, wait)
        self._arm(now, soonest)

    def _efficiency(self, rule: Multitasking) -> float:
        """Share of the capacity that multitasking leaves: less for each concurrent case per head above one."""
        cases = self.wanted
        if cases == inf:  # items without a cap count as one person's case each
            cases = sum([(share.cap if share.cap < inf else 1.0) * len(share.items) for share in self.order])
        above = max(cases / self.pool.heads - 1.0, 0.0) if self.pool.heads else 0.0
        return max(1.0 - rule.loss * above, rule.floor)

    def _arm(self, now: float, wait: float) -> None:
        """Set an alarm for when the first item is done, unless one is set that rings before."""
        wait = max(wait, 0.0)
        if now + wait < self.armed:
            self.armed = now + wait
            Alarm(self.env, wait, self._ring)

    def _ring(self, _: Event) -> None:
        """See what is done now; an alarm that came too early, because work slowed down, is set again."""
        now, soonest, lost = self.env.now, inf, 0.0
        if now >= self.armed:
            self.armed = inf
        for share in self.order:
            items, rate = share.items, share.rate
            if items and rate:
                share.clock += rate * (now - share.since)
                share.since = now
                almost = share.clock + rate * ALMOST_DONE
                while items and items[0][0] <= almost:
                    lost += share.cap
                    self.done(heappop(items)[2])
                if items:
                    wait = (items[0][0] - share.clock) / rate
                    soonest = min(soonest, wait)
        if lost and not self.plenty:
            self.fill()
            return
        if lost:
            self.wanted = sum([share.cap * len(share.items) for share in self.order if share.items])
        self._arm(now, soonest)

    def remaining(self) -> list[tuple["Case", float]]:
        """What is left of each item, in FTE-days."""
        now = self.env.now
        for share in self.order:
            share.run(share.rate, now)
        return [(case, finish - share.clock) for share in self.order for finish, _, case in share.items]


class Staff:
    """All pools: starts and ends teams, follows the capacity curves, shares effort."""

    def __init__(self, env: Environment, plan: Plan) -> None:
        self.env, self.schedule = env, env.schedule
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
        for number, fte in needs:
            pool = pools[number]
            pool.free += fte
            waiting += pool.waiting
            if self.shrinks:  # before others are started: who has ended has no pace any more
                del pool.running[case]
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
            self._begin(request)

    def _serve(self, needs: Needs) -> None:
        """Start the teams whose turn has come in these pools."""
        for number, _ in needs:
            for request in self.pools[number].serve():
                self._begin(request)

    def _ended(self, needs: Needs) -> None:
        """Tell those whom it concerns that a team has ended."""
        for number, _ in needs:
            self._changed(self.pools[number])

    def _begin(self, request: Request) -> None:
        for number, _ in request.needs:
            self.pools[number].begin(request)
        request.case.ends = self.env.now + request.case.days
        self._start(request.case, request.needs)

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
        run.left -= (now - run.since) * run.pace
        run.since, run.pace = now, pace
        run.case.ends = now + run.left / pace if pace else inf
        run.alarm = Alarm(self.env, max(run.left, 0.0) / pace, lambda event: self._rang(run, event)) if pace else None

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

    def _done(self, case: "Case") -> None:
        """One role has done its part of a case's effort."""
        case.open_roles -= 1
        if not case.open_roles:
            self.schedule(case, NORMAL, 0)

    def share(self, case: "Case", number: int, effort: float, weight: float, cap: float) -> None:
        """Begin shared work of `effort` FTE-days by the people of a pool."""
        sharing = self.pools[number].sharing
        assert sharing is not None
        sharing.add(case, effort, weight, cap)
