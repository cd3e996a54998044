"""Limits on work in progress: how many cases may be in some stages at once."""

from collections import deque
from dataclasses import dataclass

from simpy import Environment, Event
from simpy.events import NORMAL


class WipLimit:
    """A limit on the cases inside; the others queue by priority, then first come, first served.

    A case takes a slot as it enters the limited stage and keeps it in all of `stages`, so that a limit on open
    proceedings counts them until they are decided. The first day may find more cases inside than the limit allows:
    nobody is thrown out, and nobody enters until enough have left.
    """

    def __init__(self, env: Environment, limit: int, stages: frozenset[int], ranks: int) -> None:
        self.env, self.limit, self.stages = env, limit, stages
        self.inside = 0
        self._queues: list[deque[Event]] = [deque() for _ in range(ranks)]

    def enter(self, case: Event, rank: int) -> bool:
        """Take a slot and return True, or queue for one; the case is scheduled when its turn comes."""
        # Nobody can be queueing while a slot is free, since `leave` hands slots on at once: so nobody is overtaken.
        if self.inside < self.limit:
            self.inside += 1
            return True
        self._queues[rank].append(case)
        return False

    def leave(self) -> None:
        """Give up a slot. The next in the queue gets it, unless more are inside than the limit allows."""
        self.inside -= 1
        for queue in self._queues:
            if queue and self.inside < self.limit:
                # The slot is taken now and not when the event happens: another case may come at the same instant.
                self.inside += 1
                self.env.schedule(queue.popleft(), NORMAL, 0)
                return


@dataclass(slots=True)
class Slot:
    """A case's slot under a limit. Strands share that of the case they come from; the last to leave gives it up."""

    limit: WipLimit
    shared_by: int = 1


def leave_slots(slots: list[Slot], target: int) -> list[Slot]:
    """Give up the slots that do not extend to the stage that a case goes to (-1: an exit); return the others."""
    for slot in slots:
        if target not in slot.limit.stages:
            slot.shared_by -= 1
            if not slot.shared_by:
                slot.limit.leave()
    return [slot for slot in slots if target in slot.limit.stages]
