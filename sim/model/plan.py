"""A scenario made ready to run: names become numbers, distributions become columns of a case's draws.

A plan is read-only and shared by all replications in which no parameter of the stage is uncertain.
"""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from typing import Any, Literal

from sim.dates import YEAR_DAYS, WorkingDays
from sim.model.sampler import Column, Sampler
from sim.scenario.distributions import Constant, Distribution
from sim.scenario.schema import (
    REASONS,
    AnyStep,
    Complexity,
    Effort,
    Procedure,
    Routes,
    Scenario,
    Stage,
    Steps,
    Team,
    When,
)
from sim.scenario.staffing import Capacity, capacity

MILLI = 1000
"""Teams and capacities are counted in thousandths of an FTE, as whole numbers, so that none is lost or gained."""

Kind = Literal[0, 1, 2]
TEAM: Kind = 0
WAIT: Kind = 1
EFFORT: Kind = 2
ROUTE_COLUMN = 0
"""The first draw of a visit decides where the case goes from there."""


@dataclass(frozen=True, eq=False)
class Profile:
    """What routes, steps and fines may depend on; shared by all cases that are alike in it."""

    platform: str
    provider: str
    topic: str
    origin: str
    turnover: float
    """of the provider's group, EUR million a year"""


@dataclass(frozen=True, slots=True)
class Condition:
    """Which cases something concerns, ready to be asked."""

    platforms: frozenset[str]
    providers: frozenset[str]
    topics: frozenset[str]
    origins: frozenset[str]
    visits: frozenset[int]

    def fits(self, profile: Profile, visit: int) -> bool:
        """Whether a case that is like this, on this visit, is one of those meant; a joint platform is each of its."""
        return (
            (not self.origins or profile.origin in self.origins)
            and (not self.topics or profile.topic in self.topics)
            and (not self.providers or profile.provider in self.providers)
            and (not self.platforms or not self.platforms.isdisjoint(profile.platform.split(";")))
            and (not self.visits or min(visit, max(self.visits)) in self.visits)
        )


def _condition(when: When) -> Condition:
    named = (when.platform, when.provider, when.topic, when.origin, when.visit)
    return Condition(*(frozenset(words or ()) for words in named))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class StepPlan:
    """A step of an itinerary. Columns are places in the visit's row of draws; -1: none.

    `happens`: column of a uniform number that must be below `probability`. For a team, `needs` are
    (pool, thousandths of an FTE); for effort, `work` are (pool, column of the amount, cap in FTE).
    """

    kind: Kind
    name: str
    column: int
    happens: int
    probability: float
    when: Condition | None
    needs: tuple[tuple[int, int], ...] = ()
    effort_per_day: tuple[tuple[int, float], ...] = ()
    work: tuple[tuple[int, int, float], ...] = ()
    at_least: int = -1
    reason: int = -1
    working: bool = False


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """A way out of a stage: the stage it leads to (-1: an exit), its number as an outcome, all steps until then."""

    target: int
    outcome: int
    steps: tuple[StepPlan, ...]
    columns: tuple[int, ...]
    """the drawn columns that these steps use"""
    silent: bool


@dataclass(frozen=True, slots=True)
class Routing:
    """The routes of some cases; `bounds` are the cumulated probabilities but the last, between which a draw falls."""

    bounds: list[float]
    routes: tuple[RoutePlan, ...]

    def take(self, u: float) -> RoutePlan:
        """The route that the uniform number u means."""
        return self.routes[bisect_right(self.bounds, u)]


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage ready to be walked."""

    number: int
    name: str
    priority: int
    sampler: Sampler
    """of a visit's row of draws"""
    routing: Routing
    special: tuple[tuple[Condition, Routing], ...]
    limit: int
    holders: frozenset[int]
    """stages in which a case keeps its place under this stage's limit"""
    fork: tuple[int, list[float], list[int]] | None
    """column of its draw, cumulated shares, numbers of strands"""
    fine: tuple[int, float] | None
    """column of the share of turnover, and the cap"""
    resolved: bool
    revisited: bool
    """whether a case can come here twice"""
    guarded: bool
    """whether a case does not just walk in: there is a limit, or a fork"""

    def routing_for(self, profile: Profile, visit: int) -> Routing:
        """The routes of a case that is like this."""
        for when, routing in self.special:
            if when.fits(profile, visit):
                return routing
        return self.routing


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a replication needs but its random numbers."""

    scenario: Scenario
    stages: tuple[StagePlan, ...]
    stage_number: dict[str, int]
    outcomes: tuple[str, ...]
    """stages, then exits"""
    roles: tuple[str, ...]
    capacities: tuple[Capacity, ...]
    shared_pools: frozenset[int]
    """pools whose people do shared effort"""
    fte_days_per_day: float
    working_days: WorkingDays
    profiles: dict[tuple[str, str, str], Profile]
    """by platform, topic and origin; filled as cases come"""
    horizon: float
    ranks: int
    """number of priorities in use"""
    weights: tuple[float, ...]
    """of shared effort, by priority"""
    complex: bool
    """whether cases differ in complexity"""
    extras: bool
    """whether a visit can have more than the work of one team: waits, shared effort, fines"""


def compile_plan(scenario: Scenario, like: Plan | None = None) -> Plan:
    """The plan of a scenario.

    `like`: the plan of a scenario that differs in some settings; whatever is the same object there is not made
    again (uncertain parameters touch few stages).
    """
    procedure = scenario.procedure
    outcomes = (*procedure.stages, *procedure.exits)
    roles = tuple(scenario.staffing)
    names = _Names(
        {n: i for i, n in enumerate(outcomes)},
        len(procedure.stages),
        {role: i for i, role in enumerate(roles)},
        scenario.calendar.working_days_per_year / YEAR_DAYS,
        revisited(procedure),
    )
    kept = _kept(scenario, like)
    stages = tuple(
        kept.get(("stage", name)) or _stage(number, name, stage, names)
        for number, (name, stage) in enumerate(procedure.stages.items())
    )
    capacities = tuple(
        kept.get(("pool", role)) or capacity(pool, scenario.calendar, scenario.start, scenario.horizon_days)
        for role, pool in scenario.staffing.items()
    )
    ranks = 1 + max(_priorities(scenario))
    steps = [_steps(stage) for stage in stages]
    return Plan(
        scenario=scenario,
        stages=stages,
        stage_number={name: number for number, name in enumerate(procedure.stages)},
        outcomes=outcomes,
        roles=roles,
        capacities=capacities,
        shared_pools=frozenset(pool for found in steps for step in found for pool, _, _ in step.work),
        fte_days_per_day=names.fte_days_per_day,
        working_days=kept.get(("calendar",)) or _working_days(scenario),
        profiles=like.profiles if like and like.scenario.platforms is scenario.platforms else {},
        horizon=scenario.horizon_days,
        ranks=ranks,
        weights=tuple(procedure.priority_weights.get(rank, 1.0) for rank in range(ranks)),
        extras=any(stage.fine for stage in stages)
        or any(len(found) > 1 or any(step.kind != TEAM for step in found) for found in steps),
        complex=procedure.complexity != Complexity() or any(stage.fork for stage in procedure.stages.values()),
    )


def _steps(stage: StagePlan) -> list[StepPlan]:
    """All steps of a stage, on whichever route, each once."""
    routings = (stage.routing, *(routing for _, routing in stage.special))
    return list({step.name: step for routing in routings for route in routing.routes for step in route.steps}.values())


def _kept(scenario: Scenario, like: Plan | None) -> dict[tuple[str, ...], Any]:
    """The parts of another plan that serve this scenario too."""
    if like is None or like.scenario.calendar is not scenario.calendar:
        return {}
    old = like.scenario
    kept: dict[tuple[str, ...], Any] = {("calendar",): like.working_days}
    for name, stage_plan in zip(old.procedure.stages, like.stages, strict=True):
        if old.procedure.stages[name] is scenario.procedure.stages.get(name):
            kept["stage", name] = stage_plan
    for role, curve in zip(old.staffing, like.capacities, strict=True):
        if old.staffing[role] is scenario.staffing.get(role):
            kept["pool", role] = curve
    return kept


@dataclass(frozen=True, slots=True)
class _Names:
    """What the names in a procedure stand for."""

    outcomes: dict[str, int]
    stages: int
    roles: dict[str, int]
    fte_days_per_day: float
    revisited: frozenset[str]


def revisited(procedure: Procedure) -> frozenset[str]:
    """Stages that lie on a loop."""
    leads: dict[str, set[str]] = {}
    for name, stage in procedure.stages.items():
        variants = [stage.next, *(other.next for other in stage.next_when)]
        leads[name] = {r.to or n for routes in variants for n, r in routes.items()} & set(procedure.stages)
    for middle, onward in leads.items():
        for followers in leads.values():
            if middle in followers:
                followers.update(onward)
    return frozenset(name for name in leads if name in leads[name])


def _working_days(scenario: Scenario) -> WorkingDays:
    since = [d for p in scenario.probes.values() for d in (p.since, *(s.since for s in p.strands.values())) if d]
    first = min([0, *((d - scenario.start).days for d in since)])
    return WorkingDays(scenario.start, first - 30, int(scenario.horizon_days) + 60, scenario.calendar.holidays)


def _priorities(scenario: Scenario) -> list[int]:
    own = [p.priority for p in scenario.probes.values()] + [a.priority for a in scenario.arrivals.values()]
    return [s.priority for s in scenario.procedure.stages.values()] + [p for p in own if p is not None]


def _stage(number: int, name: str, stage: Stage, names: _Names) -> StagePlan:
    columns = [Column("route", None)]
    fine_column = _column(columns, "fine", stage.fine.share_of_turnover) if stage.fine else ROUTE_COLUMN
    routing = _routing(stage.steps, stage.next, columns, names, "", fine_column)
    special = tuple(
        (_condition(other.when), _routing(stage.steps, other.next, columns, names, f"{place}:", fine_column))
        for place, other in enumerate(stage.next_when)
    )
    fork = None
    if stage.fork:
        total = sum(stage.fork.strands.values())
        shares = [w / total for w in accumulate(stage.fork.strands.values())]
        fork = (_column(columns, "fork", None), shares, list(stage.fork.strands))
    including = stage.limit.including if stage.limit else []
    return StagePlan(
        number=number,
        name=name,
        priority=stage.priority,
        sampler=Sampler(columns),
        routing=routing,
        special=special,
        limit=stage.limit.cases if stage.limit else 0,
        holders=frozenset([number, *(names.outcomes[n] for n in including)]),
        fork=fork,
        fine=(fine_column, stage.fine.most) if stage.fine else None,
        resolved=stage.resolved,
        revisited=name in names.revisited,
        guarded=bool(stage.limit or stage.fork),
    )


def _routing(steps: Steps, routes: Routes, columns: list[Column], names: _Names, prefix: str, fine: int) -> Routing:
    """The routes of a stage, each with all steps of a case that takes it: the stage's, then the route's own.

    `prefix` keeps the draws of routes for special cases apart from those of others with the same name; `fine` is the
    column of the stage's fine.
    """
    given = sum(route.probability or 0.0 for route in routes.values())
    shares = [1.0 - given if route.probability is None else route.probability for route in routes.values()]
    first = [_step(name, step, columns, names) for name, step in steps.items()]
    plans = []
    for name, route in routes.items():
        own = [_step(f"{prefix}{name}/{n}", step, columns, names) for n, step in route.steps.items()]
        outcome = names.outcomes[route.to or name]
        path = (*first, *own)
        used = {column for step in path for column in _columns_of(step)} | {fine}
        drawn = tuple(c for c in sorted(used - {ROUTE_COLUMN}) if not isinstance(columns[c].value, Constant))
        plans.append(RoutePlan(outcome if outcome < names.stages else -1, outcome, path, drawn, route.silent))
    return Routing(list(accumulate(shares))[:-1], tuple(plans))


def _columns_of(step: StepPlan) -> set[int]:
    """The columns that a step uses."""
    return {step.column, step.happens, step.at_least, *(amount for _, amount, _ in step.work)} - {-1}


def _column(columns: list[Column], key: str, value: Distribution | None) -> int:
    """The place of a draw among a visit's columns; the same draw keeps its place on every route."""
    for place, column in enumerate(columns):
        if column.name == key:
            return place
    columns.append(Column(key, value))
    return len(columns) - 1


def _step(name: str, step: AnyStep, columns: list[Column], names: _Names) -> StepPlan:
    common: dict[str, Any] = {
        "name": name,
        "happens": _column(columns, f"{name}?", None) if step.probability < 1 else -1,
        "probability": step.probability,
        "when": _condition(step.when) if step.when else None,
    }
    if isinstance(step, Team):
        needs = tuple(sorted((names.roles[role], round(fte * MILLI)) for role, fte in step.fte.items()))
        per_day = tuple((role, fte / MILLI * names.fte_days_per_day) for role, fte in needs)
        column = _column(columns, name, step.days)
        return StepPlan(TEAM, column=column, needs=needs, effort_per_day=per_day, **common)
    if isinstance(step, Effort):
        work = tuple(
            (names.roles[role], _column(columns, f"{name}:{role}", days), step.most_fte.get(role, inf))
            for role, days in step.fte_days.items()
        )
        at_least = _column(columns, f"{name}>", step.at_least) if step.at_least else -1
        column = _column(columns, f"{name}*", step.scale)
        return StepPlan(EFFORT, column=column, work=work, at_least=at_least, **common)
    length = step.days or step.working_days
    return StepPlan(
        WAIT,
        column=_column(columns, name, length),
        reason=REASONS.index(step.reason),
        working=step.working_days is not None,
        **common,
    )
