"""One replication: the life of its cases and the log that it leaves.

A replication is a pure function of the plan and its number. A case enters a stage, takes its steps and leaves by a
route, until it reaches an exit; staff, limits and draws are the business of the modules below.
"""

from bisect import bisect_right
from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import repeat
from math import nan
from typing import Any, Never

import numpy as np
from numpy.typing import NDArray
from simpy import Environment, Event
from simpy.events import NORMAL, EventPriority

from sim.dates import date_after
from sim.errors import UserError
from sim.model import arrivals
from sim.model.case import NO_WAITS, Case, CaseFactory
from sim.model.draws import Draws
from sim.model.first_day import Resumption
from sim.model.limits import Slot, WipLimit, leave_slots
from sim.model.plan import EFFORT, ROUTE_COLUMN, TEAM, WAIT, Plan, StagePlan, StepPlan
from sim.model.staff import Staff
from sim.model.streams import Streams, counter
from sim.scenario.schema import Scenario

BASE_COLUMNS = 8
"""Numbers of every visit: case, stage, visit, requested, entered, left, outcome, unconstrained days."""
EXTRA_COLUMNS = len(NO_WAITS) + 1
"""Then, where the plan has them: the days waited by reason, the fine in EUR million; and the effort by role.

The days of delay by role stand apart, see `sim.model.staff.DelayLog`."""
WATCHED_FROM = 100
"""Visits of a case to one stage from which on it is watched that time passes."""
MOST_ROUNDS = 2_000
"""How often a case may come to one stage while next to no time passes. With a chance of 1 in 100 to leave at each round
nobody ever goes round so often."""
MOST_EVENTS = 1_000_000
"""How much may happen while next to no time passes: more than in any wave of cases."""
NO_TIME = 1e-6
"""Days, a tenth of a second: less than this is next to no time."""
LAST = EventPriority(NORMAL + 1)
"""Priority of what comes last in its instant, after all that follows in it from anything else."""
IN_PROGRESS = -1
"""Outcome of a visit that has not ended."""
Remainder = tuple[float, int, float]
"""What is left of shared effort at the horizon: days at the present pace, the pool, FTE-days."""
RESUMED = StepPlan(WAIT, "resumed", 0, -1, 1.0, None)
"""The step of a case that is resumed on the first day: when it ends, the next step begins as after any other."""


@dataclass(frozen=True)
class ReplicationLog:
    """The output of a replication: its visits (see `as_rows`) with their delays by role, and its cases, by number.

    Of each case: name, parent's name, platform, topic, strand, origin. `blocking`: see `sim.model.staff.Staff`.
    """

    visits: NDArray[np.float64]
    cases: list[tuple[str, str, str, str, str, str]]
    blocking: list[float]


def replicate(plan: Plan, number: int) -> ReplicationLog:
    """Run one replication to the horizon.

    Parameters
    ----------
    plan
        The compiled scenario, with the values of the uncertain parameters in this replication.
    number
        The number of the replication, from 0: with the scenario's seed the key of all its draws.
    """
    replication = run(plan, number)
    cases = [
        (c.name, c.parent.name if c.parent else "", c.profile.platform, c.profile.topic, c.strand, c.profile.origin)
        for c in replication.cases
    ]
    rows = as_rows(plan, replication.log)
    delays = replication.staff.delays.of_visits(rows[:, :3], len(plan.roles))
    return ReplicationLog(np.hstack([rows, delays]), cases, replication.staff.blocking(plan.lasting))


def run(plan: Plan, number: int) -> "Replication":
    """The state of a replication after its run, with its log complete.

    Time runs from the first day to the horizon, both included: what happens at the instant of the horizon (the end of a
    step, an arrival, and all that follows from them without time) is the last that happens. So a case that comes on the
    horizon is in progress at it, for no time yet, as a case that comes on the first day is in progress on that; and
    what takes until the horizon, to the day, is over. SimPy's own `run(until=...)` leaves that instant out.

    Raises UserError if the replication would never come to its horizon because events go on in no time.
    """
    replication = Replication(plan, number)
    replication.start()
    replication.run_to_horizon()
    replication.log_in_progress()
    return replication


class _HorizonReached(Exception):
    """The last that happens in a replication."""


def _stop(_: Event) -> Never:
    raise _HorizonReached


def as_rows(plan: Plan, log: list[float]) -> NDArray[np.float64]:
    """The log as a table with all its columns: case, the numbers of every visit, the extras, the effort by role.

    Without `Plan.extras`, the effort of a visit follows from the days that its team worked.

    Returns
    -------
    Shape (visits, 8 + reasons to wait + 1 + roles): times in days since the start, effort in FTE-days.
    """
    roles = len(plan.roles)
    if plan.extras:
        return np.fromiter(log, np.float64, len(log)).reshape(-1, BASE_COLUMNS + EXTRA_COLUMNS + roles)
    short = np.fromiter(log, np.float64, len(log)).reshape(-1, BASE_COLUMNS)
    rows = np.zeros((len(short), BASE_COLUMNS + EXTRA_COLUMNS + roles))
    rows[:, :BASE_COLUMNS] = short
    per_day = np.zeros((len(plan.stages), roles))
    for stage in plan.stages:
        for step in stage.routing.routes[0].steps:  # as on all other routes
            for role, effort in step.effort_per_day:
                per_day[stage.number, role] = effort
    rows[:, BASE_COLUMNS + EXTRA_COLUMNS :] = short[:, BASE_COLUMNS - 1 :] * per_day[short[:, 1].astype(int)]
    return rows


def drawn_parameters(scenario: Scenario, number: int) -> dict[str, float]:
    """The values of the scenario's uncertain parameters in one replication.

    Those with joint draws have the values of one row of the table: the rows come in their order, from one that the seed
    decides, so that none comes twice before all have come. The others are drawn each from its own stream.

    Replications that share a draw have the key of its number in place of their own: what varies between them is
    stochastic, what varies beyond that between draws is parameter uncertainty.
    """
    number_of_draw = number // scenario.replications_per_draw
    known = _joint_draw(scenario, number_of_draw)
    streams = Streams(scenario.seed, number_of_draw)
    group = streams.group("uncertain")
    return {
        name: known[name]
        if name in known
        else float(parameter.value.quantile(streams.uniforms(group, counter(name), 1))[0])
        for name, parameter in scenario.uncertain.items()
    }


def _joint_draw(scenario: Scenario, number: int) -> dict[str, float]:
    """The values of the parameters that have joint draws."""
    if scenario.posterior is None:
        return {}
    streams = Streams(scenario.seed, 0)
    begin = streams.uniforms(streams.group("posterior"), counter("first row"), 1)[0]
    return scenario.posterior.draw(int(begin * len(scenario.posterior.rows)) + number)


class Replication:
    """One replication from its first day to the horizon: clock, draws, cases, limits, staff and log.

    It is made with all pools free and no case; `start` resumes what was in progress and schedules the first arrivals;
    the environment then runs until the horizon; `log_in_progress` writes what has not ended by then. `log` is flat,
    one number after the other, a visit as it ends.

    SimPy calls `send` of one generator each time what a case waited for has happened: its arrival, its turn at a limit,
    the end of a step. That one generator serves all cases and keeps what it needs in local variables; one generator
    for each case costs half as much again (benchmarks/engine.py).
    """

    def __init__(self, plan: Plan, number: int) -> None:
        self.plan, self.number = plan, number
        self.stages, self.weights, self.extras = plan.stages, plan.weights, plan.extras
        self.fte_days_per_day = plan.fte_days_per_day
        self.env = Environment()
        draws = Draws(Streams(plan.scenario.seed, number))
        self.draw = draws.row
        self.factory = CaseFactory(plan, draws)
        self.cases = self.factory.made
        self.log: list[float] = []
        self.write = self.log.extend
        self.no_effort = [0.0] * len(plan.roles)
        self.limits = {s.number: WipLimit(self.env, s.limit, s.slot_stages, plan.ranks) for s in plan.stages if s.limit}
        self.staff = Staff(self.env, plan)
        self.rounds: dict[tuple[int, int], tuple[float, int]] = {}
        """of cases that come to a stage very often, by case and stage: time and number of an earlier visit"""
        life = self._life()
        # One list for all cases: SimPy goes through it and never changes it.
        self.callbacks: list[Callable[[Any], None]] = [life.send]
        next(life)  # to its first `yield`, where it waits for a case

    def start(self) -> None:
        """Resume what was in progress on the first day, and schedule the first arrivals."""
        arrivals.populate(self.factory, self.begin, self.resume)

    def run_to_horizon(self) -> None:
        """Let everything happen until the horizon and at it."""
        env, horizon = self.env, Event(self.env)
        horizon._ok, horizon._value, horizon.callbacks = True, None, [_stop]
        env.schedule(horizon, LAST, self.plan.horizon)
        step = env.step
        try:
            while True:
                before = env.now
                for _ in repeat(None, MOST_EVENTS):
                    step()
                if env.now < before + NO_TIME:
                    raise UserError(f"{self._when()}: {MOST_EVENTS:,} events followed one another without time passing")
        except _HorizonReached:
            pass

    def _when(self) -> str:
        """The replication and the day, for messages."""
        return f"replication {self.number} on {date_after(self.plan.scenario.start, self.env.now)}"

    def _life(self) -> Generator[None, Case, None]:
        """The life of a case: what it waited for has happened; take it on until it must wait again.

        First what has happened is settled, by what the case waited for: to arrive or for a slot (no step), or for the
        end of a step. Then it moves: to the next step that happens, or out of the stage and into the next one, until
        it waits for something, is gone, or has forked.

        Order within one instant, on which traces depend: at the end of a step its team is freed, waiting teams are
        started, and only then does the case move on and queue for the next thing. So those who have waited come before
        a case that comes back for the same people at once, as first come, first served asks.
        """
        env, staff, callbacks, extras = self.env, self.staff, self.callbacks, self.extras
        while True:
            case = yield
            case.callbacks = callbacks  # SimPy has taken them off, as of any event that has happened
            now, step = env.now, case.step
            if step is None:  # it arrives, or its turn at a limit has come
                assert case.stage is not None
                if not case.has_asked:  # it arrives
                    # First the next arrival: its order among equal times must not depend on what this case does.
                    case.source.on_arrival(now)
                if not self.enter(case, case.stage, now):
                    continue  # it queues, or has forked
            elif step.kind == TEAM:
                staff.release(case, step.needs)
                case.unconstrained += case.step_days
                if extras:
                    self.count_effort(case, step)
            elif step.kind == EFFORT and self.hold_for_minimum(case, step, now):
                continue  # its work is done, but not the time that it takes at least
            in_stage = True
            while in_stage:  # once for each stage: it may go through several, if no step of theirs happens
                steps, row, index = case.route.steps, case.row, case.next_step
                while index < len(steps):  # the next step that happens
                    step = steps[index]
                    index += 1
                    if (step.happens < 0 or row[step.happens] < step.probability) and (
                        step.when is None or step.when.matches(case.profile, case.visit)
                    ):
                        case.next_step, case.step, case.step_began = index, step, now
                        if step.kind == TEAM:
                            case.step_days = row[step.column]
                            staff.request(case, step.needs, now)
                            break
                        if self.start_step(case, step, now):
                            break
                else:  # no step is left: out of the stage, and into the next one if there is one and it is not full
                    stage = self.leave(case, now)
                    in_stage = stage is not None and self.enter(case, stage, now)
                    continue
                break  # a step has begun: the case waits for its end

    def begin(self, case: Case, stage: StagePlan, delay: float) -> None:
        """Let a new case come to its first stage after a delay in days."""
        case.callbacks, case.step, case.stage, case.entered = self.callbacks, None, stage, nan
        self.env.schedule(case, NORMAL, delay)

    def resume(self, resumptions: list[Resumption]) -> None:
        """Put a case, or its strands, where they were on the first day: inside their limits, in their visits."""
        for limit in self.limits.values():
            inside = [r.case for r in resumptions if r.stage.number in limit.stages]
            if inside:  # strands share one slot, as after a fork; it is taken even if none is free
                limit.inside += 1
                slot = Slot(limit, len(inside))
                for case in inside:
                    case.slots = [*case.slots, slot]
        for resumption in resumptions:
            self._resume_visit(resumption)

    def _resume_visit(self, resumption: Resumption) -> None:
        """Continue, on the first day, a visit that began before it."""
        case, stage = resumption.case, resumption.stage
        case.callbacks, case.stage, case.rank = self.callbacks, stage, self.rank(case, stage)
        case.visit = 1
        if stage.revisited:
            case.visits = {stage.number: 1}
        case.requested = case.entered = resumption.since
        case.row, case.route, case.next_step = resumption.row, resumption.route, resumption.next_step
        case.unconstrained, case.waits, case.effort = resumption.unconstrained, resumption.waits, self.no_effort[:]
        case.fine = 0.0  # set on entering, before the first day
        for pool, days in resumption.delays:
            self.staff.charge(case, pool, days)
        case.step = RESUMED
        # As an event, not at once: all that is resumed takes its slots before any case moves on.
        self.env.schedule(case, NORMAL, 0)

    def rank(self, case: Case, stage: StagePlan) -> int:
        """Whose turn comes first (0 before 1): the case's own priority, or else the stage's."""
        return stage.priority if case.priority is None else case.priority

    def blocked(self, case: Case, stage: StagePlan, now: float) -> bool:
        """True if a case cannot enter a stage now: it queues at a limit, or it forks and its strands enter instead."""
        if case.has_asked:  # and has its slot by now
            case.has_asked = False
        else:
            case.requested, case.rank = now, self.rank(case, stage)
            if stage.limit and self.must_queue(case, stage):
                case.has_asked, case.stage, case.step, case.entered = True, stage, None, nan
                return True
        if (stage.fork or (stage.splits_listed and case.named_strands)) and not case.strand:
            self.fork(case, stage)
            return True
        return False

    def must_queue(self, case: Case, stage: StagePlan) -> bool:
        """Take a slot under the stage's limit, unless the case has one; True if it must queue for it."""
        limit = self.limits[stage.number]
        if any(slot.limit is limit for slot in case.slots):
            return False
        # Recorded before it is granted: `WipLimit.leave` grants it later without knowing whose slots it is among.
        case.slots = [*case.slots, Slot(limit)]
        return not limit.enter(case, case.rank)

    def fork(self, case: Case, stage: StagePlan) -> None:
        """Split a case into strands, which enter the same stage now; the case itself ends."""
        case.stage = None
        strands = self.factory.strands(case, stage)
        for slot in case.slots:
            slot.shared_by = len(strands)
        for strand in strands:
            # Each inherits the time of the request, so that its time in queue is counted, and does not queue again.
            strand.has_asked, strand.requested, strand.rank = True, case.requested, case.rank
            self.begin(strand, stage, 0.0)

    def enter(self, case: Case, stage: StagePlan, now: float) -> bool:
        """Begin a visit with its draws and its route; False if the case cannot enter yet, or forks."""
        if stage.guarded:
            if self.blocked(case, stage, now):
                return False
        else:
            case.requested = now
        case.entered, case.stage = now, stage
        case.rank = stage.priority if case.priority is None else case.priority  # as `rank`, without the call
        case.visit = 1
        if stage.revisited:
            visits = case.visits = case.visits or {}
            case.visit = visits[stage.number] = visits.get(stage.number, 0) + 1
            if case.visit >= WATCHED_FROM:
                self.watch_rounds(case, stage, now)
        routing = stage.routing_for(case.profile, case.visit) if stage.conditional else stage.routing
        row = case.row = self.draw(case.source, case.index, case.strand, stage, case.visit, routing)
        # The route is drawn now, although it is taken at the end, because it adds steps of its own.
        case.route = routing.routes[bisect_right(routing.bounds, row[ROUTE_COLUMN])]
        case.next_step, case.unconstrained = 0, 0.0
        if self.extras:
            case.waits, case.effort = NO_WAITS, self.no_effort[:]
            case.fine = min(row[stage.fine[0]], stage.fine[1]) * case.profile.turnover if stage.fine else 0.0
        return True

    def watch_rounds(self, case: Case, stage: StagePlan, now: float) -> None:
        """Raise UserError if a case has come to a stage so often that it would never stop, while no time passes."""
        time, visit = self.rounds.setdefault((case.number, stage.number), (now, case.visit))
        if now >= time + NO_TIME:
            self.rounds[case.number, stage.number] = now, case.visit
        elif case.visit - visit >= MOST_ROUNDS:
            assert case.visits is not None
            often = ", ".join(self.stages[n].name for n, times in case.visits.items() if times >= MOST_ROUNDS)
            raise UserError(
                f"{self._when()}: the case {case.name!r} goes round without time passing, and would for ever: it came "
                f"{MOST_ROUNDS:,} times to each of these stages: {often}; a step there must take time"
            )

    def count_effort(self, case: Case, step: StepPlan) -> None:
        """Count the work of a team that is done."""
        for role, per_day in step.effort_per_day:
            case.effort[role] += per_day * case.step_days

    def start_step(self, case: Case, step: StepPlan, now: float) -> bool:
        """Begin a wait or a step of effort; True if the case must wait for its end."""
        if step.kind == EFFORT:
            return self.start_effort(case, step) or self.hold_for_minimum(case, step, now)
        self.start_wait(case, step, now)
        return True

    def start_wait(self, case: Case, step: StepPlan, now: float) -> None:
        """Let a case wait without staff; its days are counted at once, and cut at the horizon if it lies before."""
        days = case.row[step.column]
        if step.in_working_days:
            days = self.plan.working_days.after(now, days) - now
        case.step_days = days
        waits = list(case.waits)  # a copy: visits without a wait share one tuple
        waits[step.reason] += days
        case.waits = waits
        case.unconstrained += days
        self.env.schedule(case, NORMAL, days)

    def start_effort(self, case: Case, step: StepPlan) -> bool:
        """Add a case's effort to the shared work of its pools; True if there is any.

        It is counted as done at once, by the pools that will do it; what is left at the horizon is taken off then.
        """
        row = case.row
        scale = row[step.column] * case.complexity
        case.step_days = step.unconstrained_days(row, scale, self.fte_days_per_day)
        case.unconstrained += case.step_days
        weight = self.weights[case.rank]
        work = [(pool, row[amount] * scale, cap) for pool, amount, cap in step.work if row[amount] * scale > 0]
        case.open_roles = len(work)  # before any of them begins
        for pool, effort, cap in work:
            case.effort[pool] += effort
            self.staff.start_effort(case, pool, effort, weight, cap)
        return bool(work)

    def hold_for_minimum(self, case: Case, step: StepPlan, now: float) -> bool:
        """Hold a case for the rest of the minimum time of its step; True if there is any.

        Called when the work is done and again when the hold ends: then nothing is left, and the case moves on.
        """
        if step.minimum < 0:
            return False
        left = case.step_began + case.row[step.minimum] - now
        if left > 0:
            self.env.schedule(case, NORMAL, left)
        return left > 0

    def leave(self, case: Case, now: float) -> StagePlan | None:
        """Log the visit that ends now; return the stage to which the case goes, None at an exit."""
        route = case.route
        self.log_visit(case, now, route.outcome)
        if case.slots:
            case.slots = leave_slots(case.slots, route.target)
        if route.target >= 0:
            return self.stages[route.target]
        case.stage = case.step = None
        return None

    def log_visit(self, case: Case, left: float, outcome: int) -> None:
        """Write one visit."""
        number = case.stage.number  # type: ignore[union-attr]  # only visits in progress are logged
        self.write((case.number, number, case.visit, case.requested, case.entered, left, outcome, case.unconstrained))
        if self.extras:
            self.write((*case.waits, case.fine, *case.effort))

    def log_in_progress(self) -> None:
        """Log the visits in progress at the horizon, with what was done of them so far: they are right-censored."""
        # First, while each step still has its whole length: delays are measured by it.
        self.staff.charge_at_horizon(self.env.now)
        remaining: dict[Case, list[Remainder]] = {}
        for pool in self.staff.pools:
            for case, effort, days in pool.sharing.remaining() if pool.sharing else ():
                remaining.setdefault(case, []).append((days, pool.number, effort))
        for case in self.cases:
            if case.stage is None or (case.step is None and not case.has_asked):
                continue  # ended, or yet to arrive
            if case.step is None:  # queues at a limit (strands that came about at this instant have entered)
                case.visit = (case.visits or {}).get(case.stage.number, 0) + 1
                case.unconstrained, case.waits, case.effort, case.fine = 0.0, NO_WAITS, self.no_effort[:], 0.0
            else:
                self._cut_at_horizon(case, remaining.get(case, []))
            self.log_visit(case, nan, IN_PROGRESS)

    def _cut_at_horizon(self, case: Case, remaining: list[Remainder]) -> None:
        """Count only what lies before the horizon of the step in progress; `remaining`: what is left of its effort.

        Waits and effort are counted in full when they begin, so what lies beyond the horizon is taken off again. The
        work of a team is counted when it ends, so what lies before the horizon is added.
        """
        step, now, days = case.step, self.env.now, case.step_days
        assert step is not None
        if step.kind == TEAM:
            done = days - self.staff.remaining_days(case, step.needs)
            case.step_days = done
            case.unconstrained += done
            if self.extras:
                self.count_effort(case, step)
            return
        beyond = max(days - (now - case.step_began), 0.0)
        case.unconstrained -= beyond
        if step.kind == WAIT:
            waits = list(case.waits)
            waits[step.reason] -= beyond
            case.waits = waits
        for _, pool, effort in remaining:
            case.effort[pool] -= effort
        if remaining:  # charged to the pool that would be done last
            self.staff.charge_lateness(case, max(remaining)[1])
