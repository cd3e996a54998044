"""Effort that shares a pool: everybody works on everything at once, under a capacity that changes.

Generalised processor sharing (Parekh and Gallager, 1993) with a cap on each item.
"""

from collections.abc import Callable
from heapq import heappop, heappush
from math import inf
from typing import Any, Protocol

from simpy import Environment, Event
from simpy.events import NORMAL

from sim.model.case import Case
from sim.scenario.staffing import MICRO, Multitasking

ALMOST_DONE = 1e-9
"""Days: an item that would be done within this time is done. The clock of its class is a sum of many products and so
may be short of the item's end by some rounding; and since at 1,000 days the simulation's own clock cannot advance by
less than 1e-13 days, a timer for such a rest would ring at the same instant for ever."""


class Timer(Event):
    """An event at a time, with one callback. It cannot be taken back: SimPy's event list gives nothing up.

    Who sets a timer must therefore bear one that is out of date when it rings, by looking at the state again.
    """

    _ok, _value = True, None

    def __init__(self, env: Environment, delay: float, callback: Any) -> None:
        self.env, self.callbacks = env, [callback]
        env.schedule(self, NORMAL, delay)


class SharedPool(Protocol):
    """What shared effort must know of its pool; `free` and `reserved` in millionths of an FTE."""

    number: int
    heads: float
    free: int
    reserved: int


class EffortClass:
    """Items of effort with the same weight and cap: they advance together, so one clock serves them all.

    The clock counts FTE-days done for an item that was in work from the beginning; an item of effort e that joins
    at clock c is done when the clock shows c + e (virtual time). So a change of pace costs one step for each class
    and not one for each item, and the heap's first item is always the next one done.
    """

    __slots__ = ("cap", "clock", "items", "rate", "since", "weight")

    def __init__(self, weight: float, cap: float) -> None:
        self.weight, self.cap = weight, cap
        self.clock = self.rate = self.since = 0.0
        self.items: list[tuple[float, int, Case]] = []

    def advance(self, rate: float, now: float) -> None:
        """Bring the clock to the present; from now on it runs at this rate, in FTE-days a day."""
        self.clock += self.rate * (now - self.since)
        self.since, self.rate = now, rate


class ProcessorSharing:
    """The effort that shares one pool: water-filling of the capacity that teams leave over classes with caps.

    While everybody can work at the cap (`all_at_cap`), items do not concern one another and nothing is divided anew:
    the common case, in which an item costs a timer. Else each arrival, each end and each change of what teams leave
    divides the capacity again.
    """

    def __init__(
        self,
        env: Environment,
        pool: SharedPool,
        fte_days_per_day: float,
        multitasking: Multitasking | None,
        done: Callable[[Case, int], None],
    ) -> None:
        self.env, self.pool, self.multitasking, self.done = env, pool, multitasking, done
        self.fte_days_per_day = fte_days_per_day
        self.classes: dict[tuple[float, float], EffortClass] = {}
        self.in_order: list[EffortClass] = []
        """those whose caps bind first come first"""
        self.all_at_cap = True
        self.demand = 0.0
        """FTE whom the items in work could use together"""
        self.count = 0
        """items that have ever been added: a tie-breaker, so that of two that are done together the older is first"""
        self.timer_at = inf
        """when the next timer rings that is not out of date"""

    def add(self, case: Case, effort: float, weight: float, cap: float) -> None:
        """Begin to work on an item of `effort` FTE-days."""
        group = self.classes.get((weight, cap))
        if group is None:
            group = self.classes[weight, cap] = EffortClass(weight, cap)
            # Water rises to a class's cap at the level cap / weight: in this order one pass fills all.
            self.in_order = sorted(self.classes.values(), key=lambda c: c.cap / c.weight)
        now = self.env.now
        group.advance(group.rate, now)
        self.count += 1
        heappush(group.items, (group.clock + effort, self.count, case))
        self.demand += cap
        if self.all_at_cap and self.demand <= self.available():
            group.rate = cap * self.fte_days_per_day
            self._set_timer(now, effort / group.rate)
        else:
            self.divide()

    def available(self) -> float:
        """FTE that teams at work leave: also people reserved for a waiting team, until it starts."""
        # `free` is below zero while the headcount has fallen below what the teams at work need.
        pool = self.pool
        return max(pool.free + pool.reserved, 0) / MICRO

    def on_capacity_change(self) -> None:
        """Teams or the headcount changed: divide anew, unless everybody can and could work at the cap."""
        if not (self.all_at_cap and self.demand <= self.available()):
            self.divide()

    def divide(self) -> None:
        """Divide the capacity in proportion to weight, nobody above the cap, and set the timer.

        Weighted max-min fairness (Bertsekas and Gallager, Data Networks, 1992, section 6.5.2) by water-filling: the
        classes whose caps bind get them, from the one whose cap binds first on; all others stand at one level, their
        FTE for each unit of weight, to which what is left then rises.
        """
        now, per_day, soonest = self.env.now, self.fte_days_per_day, inf
        self._finish(now)  # at the pace of until now: from now on there may be nobody left
        active = []
        # Summed anew, not kept up to date: a running sum of floats would drift, and infinite caps cannot be taken off.
        # From behind, so that the weight of those after a class is a sum and not a difference, which would lose the
        # small weights beside a large one.
        demand = weight = 0.0
        for group in reversed(self.in_order):
            if group.items:
                count = len(group.items)
                demand += group.cap * count
                weight += group.weight * count
                active.append((group, group.cap, group.weight, count, weight))
        left = self.available()
        self.demand, self.all_at_cap = demand, demand <= left
        if not self.all_at_cap and self.multitasking is not None:
            left *= self._efficiency(self.multitasking)
        rising, level = not self.all_at_cap, inf
        for group, cap, w, count, weight in reversed(active):
            if rising:
                if left / weight * w < cap:
                    rising, level = False, left / weight
                else:
                    left = max(left - cap * count, 0.0)
            fte = min(level * w, cap)
            group.since, group.rate = now, fte * per_day
            if fte:
                wait = (group.items[0][0] - group.clock) / group.rate
                soonest = min(soonest, wait)
        self._set_timer(now, soonest)

    def _finish(self, now: float) -> bool:
        """Bring the clocks to the present and take out what is done; True if anything is."""
        finished = False
        for group in self.in_order:
            items, rate = group.items, group.rate
            if items and rate:
                group.clock += rate * (now - group.since)  # as `advance`, without the call
                group.since = now
                almost = group.clock + rate * ALMOST_DONE
                while items and items[0][0] <= almost:
                    finished = True
                    self.done(heappop(items)[2], self.pool.number)
        return finished

    def _efficiency(self, rule: Multitasking) -> float:
        """Share of the capacity that multitasking leaves: less for each concurrent case per head above one."""
        cases = self.demand
        if cases == inf:  # items without a cap count as one person's case each
            cases = sum([(c.cap if c.cap < inf else 1.0) * len(c.items) for c in self.in_order])
        above = max(cases / self.pool.heads - 1.0, 0.0) if self.pool.heads else 0.0
        return max(1.0 - rule.loss * above, rule.floor)

    def _set_timer(self, now: float, wait: float) -> None:
        """Set a timer for when the first item is done, unless one is set that rings before.

        One that rings too early, because work has slowed down since, finds nothing done and is set again: cheaper than
        a timer for each change of pace.
        """
        wait = max(wait, 0.0)
        if now + wait < self.timer_at:
            self.timer_at = now + wait
            Timer(self.env, wait, self._on_timer)

    def _on_timer(self, _: Event) -> None:
        """Take out what is done now, and set the timer for what comes next."""
        now = self.env.now
        if now >= self.timer_at:  # else it is one that a sooner timer had replaced
            self.timer_at = inf
        finished = self._finish(now)
        if finished and not self.all_at_cap:
            self.divide()
            return
        if finished:  # the others are at their caps already, so nobody gets more
            self.demand = sum([c.cap * len(c.items) for c in self.in_order if c.items])
        waits = [(c.items[0][0] - c.clock) / c.rate for c in self.in_order if c.items and c.rate]
        self._set_timer(now, min(waits, default=inf))

    def remaining(self) -> list[tuple[Case, float, float]]:
        """What is left of each item: its case, FTE-days, and days at the present pace (infinite if none works)."""
        now, rests = self.env.now, []
        for group in self.in_order:
            group.advance(group.rate, now)
            for finish, _, case in group.items:
                left = finish - group.clock
                rests.append((case, left, left / group.rate if group.rate else inf))
        return rests
