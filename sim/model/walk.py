"""The life of a case, top to bottom: enter a stage, take its steps, leave by a route, until an exit."""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

from simpy import Environment, Event
from simpy.events import NORMAL

from sim.model.draws import Row, Source
from sim.model.plan import EFFORT, TEAM, WAIT, Profile, RoutePlan, StagePlan, StepPlan
from sim.scenario.schema import REASONS, Strand

if TYPE_CHECKING:
    from sim.model.replication import Replication

NO_WAITS = (0.0,) * len(REASONS)


class Case(Event):
    """An entity of the simulation: it is itself the one event that is scheduled again and again for it."""

    _ok, _value = True, None
    # With slots a case is made in half the time; more than 30 attributes in a dictionary would take ten times as long.
    __slots__ = (
        "began", "callbacks", "complexity", "days", "effort", "ends", "entered", "fine", "index", "label", "listed",
        "number", "obligations", "open_roles", "parent", "place", "places", "priority", "profile", "queued", "rank",
        "requested",
        "route", "row", "source", "stage", "step", "strand", "unconstrained", "visit", "visits", "waits",
    )  # fmt: skip

    number: int
    source: Source
    index: int
    profile: Profile
    parent: "Case | None"
    strand: str
    label: str
    listed: dict[str, Strand]
    """strands given by the scenario"""
    obligations: float
    complexity: float
    priority: int | None
    visits: dict[int, int] | None
    """visits so far to stages that can be visited again"""
    places: "Sequence[Place]"
    queued: bool
    """whether it asked to enter its stage before: it queues at a limit, or its parent asked"""

    # The visit under way.
    stage: StagePlan | None
    rank: int
    visit: int
    requested: float
    entered: float
    row: Row
    route: RoutePlan
    place: int
    """of the next step on the route"""
    unconstrained: float
    waits: Sequence[float]
    effort: list[float]
    fine: float

    # The step under way; none while the case queues at a limit.
    step: StepPlan | None
    began: float
    days: float
    """the step's length with unlimited staff"""
    ends: float
    """of a team's work: when, infinite before it starts"""
    open_roles: int

    def __init__(self, number: int, source: Source, index: int, profile: Profile) -> None:
        self.number, self.source, self.index, self.profile = number, source, index, profile
        self.parent = self.priority = self.visits = None
        self.label = self.strand = ""
        self.places, self.queued = (), False
        self.complexity = self.obligations = 1.0

    @property
    def name(self) -> str:
        """Unique within a replication: a probe's own, or the stream's with a number; a strand adds its own."""
        if self.parent is not None:
            return f"{self.parent.name}/{self.strand}"
        return self.label or f"{self.source.label}-{self.index + 1}"


class Gate:
    """A work-in-progress limit: so many cases inside, the others queue by priority, then first come."""

    def __init__(self, env: Environment, limit: int, ranks: int) -> None:
        self.env, self.limit, self.inside = env, limit, 0
        self._queue: list[deque[Case]] = [deque() for _ in range(ranks)]

    def enter(self, case: Case) -> bool:
        """Take a place, or else queue; whether there was one."""
        if self.inside < self.limit:
            self.inside += 1
            return True
        self._queue[case.rank].append(case)
        return False

    def leave(self) -> None:
        """Give up a place; the next in the queue has it, unless more are inside than the limit allows."""
        self.inside -= 1
        for queue in self._queue:
            if queue and self.inside < self.limit:
                self.inside += 1
                self.env.schedule(queue.popleft(), NORMAL, 0)
                return


@dataclass(slots=True)
class Place:
    """A case's place under a stage's limit, shared by the strands it forked into."""

    gate: Gate
    holders: frozenset[int]
    shared_by: int = 1


@dataclass(slots=True)
class Resumption:
    """A stage already under way on the first day: when it began, what is behind the case, what is left.

    `row` holds the draws with those of the step under way cut to what remains, `place` the step's place on the route.
    """

    since: float
    route: RoutePlan
    place: int
    row: Row
    unconstrained: float
    waits: tuple[float, ...]
    delays: tuple[tuple[int, float], ...]
    """pools, and the days by which they delayed the case"""


class Walk:
    """Takes every case through its stages.

    SimPy calls `send` of one generator each time what a case waited for has happened: its arrival, its turn at a limit,
    the end of a step. That one generator serves all cases and keeps what it needs in local variables; one generator
    for each case costs half as much again (benchmarks/engine.py).
    """

    def __init__(self, sim: "Replication") -> None:
        self.sim, self.env, self.staff = sim, sim.env, sim.staff
        self.extras = sim.plan.extras
        self.no_effort = [0.0] * sim.roles
        self.write, self.draw = sim.log.extend, sim.draws.row
        self.under_way = StepPlan(WAIT, "under way", 0, -1, 1.0, None)
        life = self._life()
        self.again: list[Callable[[Any], None]] = [life.send]
        next(life)

    def _life(self) -> Generator[None, Case, None]:
        """The life of a case: the end of what it waited for, then what follows, until it must wait again.

        Order within one instant, on which traces depend: at the end of a step its team is freed, waiting teams are
        started, and only then does the case move on and queue for the next thing.
        """
        env, staff, again, extras = self.env, self.staff, self.again, self.extras
        while True:
            case = yield
            case.callbacks = again
            now, step = env.now, case.step
            if step is None:  # it arrives, or its turn at a limit has come
                assert case.stage is not None
                if not case.queued:
                    case.source.follow(now)
                if not self.enter(case, case.stage, now):
                    continue
            elif step.kind == TEAM:
                staff.release(case, step.needs)
                case.unconstrained += case.days
                if extras:
                    self.count_effort(case, step)
            elif step.kind == EFFORT and self.tarry(case, step, now):
                continue
            walking = True
            while walking:
                steps, row, place = case.route.steps, case.row, case.place
                while place < len(steps):  # the next step that happens
                    step = steps[place]
                    place += 1
                    if (step.happens < 0 or row[step.happens] < step.probability) and (
                        step.when is None or step.when.fits(case.profile, case.visit)
                    ):
                        case.place, case.step, case.began = place, step, now
                        if step.kind == TEAM:
                            case.days = row[step.column]
                            staff.request(case, step.needs, now)
                            break
                        if self.take_up(case, step, now):
                            break
                else:  # none is left
                    stage = self.leave(case, now)
                    walking = stage is not None and self.enter(case, stage, now)
                    continue
                break

    def begin(self, case: Case, stage: StagePlan, delay: float) -> None:
        """Let a new case come to its first stage after a delay."""
        case.callbacks, case.step, case.stage, case.entered = self.again, None, stage, nan
        self.env.schedule(case, NORMAL, delay)

    def go_on(self, case: Case, stage: StagePlan, behind: Resumption) -> None:
        """Take up, on the first day, a visit that began before it."""
        case.callbacks, case.stage, case.rank = self.again, stage, self.rank(case, stage)
        case.visit = 1
        if stage.revisited:
            case.visits = {stage.number: 1}
        case.requested = case.entered = behind.since
        case.row, case.route, case.place = behind.row, behind.route, behind.place
        case.unconstrained, case.waits, case.effort = behind.unconstrained, behind.waits, self.no_effort[:]
        case.fine = 0.0
        for pool, days in behind.delays:
            self.staff.note(case, pool, days)
        case.step = self.under_way  # what is left then begins as after any step
        self.env.schedule(case, NORMAL, 0)

    def rank(self, case: Case, stage: StagePlan) -> int:
        """Whose turn comes first: the case's own priority, or else the stage's."""
        return stage.priority if case.priority is None else case.priority

    def held(self, case: Case, stage: StagePlan, now: float) -> bool:
        """Whether a case does not just walk into a stage: it queues at a limit, or forks."""
        if case.queued:
            case.queued = False
        else:
            case.requested, case.rank = now, self.rank(case, stage)
            if stage.limit and self.sim.must_queue(case, stage):
                case.queued, case.stage, case.step, case.entered = True, stage, None, nan
                return True
        if stage.fork and not case.strand:
            self.sim.fork(case, stage)
            return True
        return False

    def enter(self, case: Case, stage: StagePlan, now: float) -> bool:
        """Begin a visit: its draws, its route, its steps; False if the case cannot enter yet or forks."""
        if stage.guarded:
            if self.held(case, stage, now):
                return False
        else:
            case.requested = now
        case.entered, case.stage = now, stage
        case.rank = stage.priority if case.priority is None else case.priority
        case.visit = 1
        if stage.revisited:
            visits = case.visits = case.visits or {}
            case.visit = visits[stage.number] = visits.get(stage.number, 0) + 1
        routing = stage.routing_for(case.profile, case.visit) if stage.special else stage.routing
        row = case.row = self.draw(case.source, case.index, case.strand, stage, case.visit, routing)
        case.route = routing.routes[bisect_right(routing.bounds, row[0])]
        case.place, case.unconstrained = 0, 0.0
        if self.extras:
            case.waits, case.effort = NO_WAITS, self.no_effort[:]
            case.fine = min(row[stage.fine[0]], stage.fine[1]) * case.profile.turnover if stage.fine else 0.0
        return True

    def count_effort(self, case: Case, step: StepPlan) -> None:
        """Count the work of a team that is done."""
        for role, per_day in step.effort_per_day:
            case.effort[role] += per_day * case.days

    def take_up(self, case: Case, step: StepPlan, now: float) -> bool:
        """Begin a wait or a step of effort; whether it takes any time."""
        if step.kind == EFFORT:
            return self.work(case, step) or self.tarry(case, step, now)
        self.wait(case, step, now)
        return True

    def wait(self, case: Case, step: StepPlan, now: float) -> None:
        """Let a case wait without staff."""
        days = case.row[step.column]
        if step.working:
            days = self.sim.plan.working_days.after(now, days) - now
        case.days = days
        waits = list(case.waits)
        waits[step.reason] += days
        case.waits = waits
        case.unconstrained += days
        self.env.schedule(case, NORMAL, days)

    def work(self, case: Case, step: StepPlan) -> bool:
        """Put a case's effort among the shared work; whether there is any."""
        row = case.row
        scale = row[step.column] * case.complexity
        case.days = self.sim.alone(step, row, scale)
        case.unconstrained += case.days
        weight = self.sim.weights[case.rank]
        work = [(pool, row[amount] * scale, cap) for pool, amount, cap in step.work if row[amount] * scale > 0]
        case.open_roles = len(work)
        for pool, effort, cap in work:
            case.effort[pool] += effort
            self.staff.share(case, pool, effort, weight, cap)
        return bool(work)

    def tarry(self, case: Case, step: StepPlan, now: float) -> bool:
        """Keep a case for the least time that its step takes; whether it must wait for that."""
        if step.at_least < 0:
            return False
        left = case.began + case.row[step.at_least] - now
        if left > 0:
            self.env.schedule(case, NORMAL, left)
        return left > 0

    def leave(self, case: Case, now: float) -> StagePlan | None:
        """Log the visit that ends now; the stage where the case goes, None at its end."""
        route = case.route
        self.log(case, now, route.outcome)
        if case.places:
            self.sim.give_up_places(case, route.target)
        if route.target >= 0:
            return self.sim.stages[route.target]
        case.stage = case.step = None
        return None

    def log(self, case: Case, left: float, outcome: int) -> None:
        """Write one visit."""
        number = case.stage.number  # type: ignore[union-attr]  # only visits under way are logged
        self.write((case.number, number, case.visit, case.requested, case.entered, left, outcome, case.unconstrained))
        if self.extras:
            self.write((*case.waits, case.fine, *case.effort))
