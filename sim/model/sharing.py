"""Effort that shares a pool: everybody works on everything at once, under a capacity that changes.

Generalised processor sharing (Parekh and Gallager, 1993) with a cap on each item.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING, Any

from simpy import Environment, Event
from simpy.events import NORMAL

from sim.model.plan import MILLI
from sim.scenario.staffing import Multitasking

if TYPE_CHECKING:
    from sim.model.pools import Pool
    from sim.model.walk import Case

ALMOST_DONE = 1e-9
"""Days: an item of shared effort that would be done within this time is done (rounding of its clock)."""


class Alarm(Event):
    """An event at a time, with one callback."""

    _ok, _value = True, None

    def __init__(self, env: Environment, delay: float, callback: Any) -> None:
        self.env, self.callbacks = env, [callback]
        env.schedule(self, NORMAL, delay)


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
        pool: "Pool",
        fte_days_per_day: float,
        multitasking: Multitasking | None,
        done: Callable[["Case", int], None],
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
                    self.done(heappop(items)[2], self.pool.number)
                if items:
                    wait = (items[0][0] - share.clock) / rate
                    soonest = min(soonest, wait)
        if lost and not self.plenty:
            self.fill()
            return
        if lost:
            self.wanted = sum([share.cap * len(share.items) for share in self.order if share.items])
        self._arm(now, soonest)

    def remaining(self) -> list[tuple["Case", float, float]]:
        """What is left of each item: in FTE-days, and in days at the present pace."""
        now, found = self.env.now, []
        for share in self.order:
            share.run(share.rate, now)
            for finish, _, case in share.items:
                left = finish - share.clock
                found.append((case, left, left / share.rate if share.rate else inf))
        return found
