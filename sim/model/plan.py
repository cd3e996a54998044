"""A scenario compiled: names become numbers, distributions become columns of a case's draws.

A plan is read-only but for its cache of profiles. All replications share it, or those with the same draw of the
uncertain parameters; parts that no uncertain parameter touches are shared by all (see `compile_plan`).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from typing import Any, Literal

from sim.dates import YEAR_DAYS, WorkingDays
from sim.model.sampler import DrawColumn, Sampler
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
from sim.scenario.shares import shares
from sim.scenario.staffing import MICRO, Capacity, capacity, millionths, most_from

Kind = Literal[0, 1, 2]
TEAM: Kind = 0
WAIT: Kind = 1
EFFORT: Kind = 2
ROUTE_COLUMN = 0
"""The first draw of a visit decides where the case goes from there. It is made on entering, so that the draws of steps
on other routes need not be made at all."""


@dataclass(frozen=True, eq=False)
class Profile:
    """What routes, steps and fines may depend on; one object for all cases that are alike in it."""

    platform: str
    provider: str
    topic: str
    origin: str
    turnover: float
    """of the provider's group, EUR million a year"""


@dataclass(frozen=True, slots=True)
class Condition:
    """Which cases a step, a route or a fine concerns; an empty set: any."""

    platforms: frozenset[str]
    providers: frozenset[str]
    topics: frozenset[str]
    origins: frozenset[str]
    visits: frozenset[int]

    def matches(self, profile: Profile, visit: int) -> bool:
        """Whether a case of this profile, on this visit, is concerned.

        A joint case names several platforms and is concerned if one of them is. The last visit named stands for all
        later ones.
        """
        return (
            (not self.origins or profile.origin in self.origins)
            and (not self.topics or profile.topic in self.topics)
            and (not self.providers or profile.provider in self.providers)
            and (not self.platforms or not self.platforms.isdisjoint(profile.platform.split(";")))
            and (not self.visits or min(visit, max(self.visits)) in self.visits)
        )


def _compile_condition(when: When) -> Condition:
    named = (when.platform, when.provider, when.topic, when.origin, when.visit)
    return Condition(*(frozenset(words or ()) for words in named))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class StepPlan:
    """A step on the way through a stage. Columns are indices into the visit's row of draws; -1: none.

    `column`: the days of a team or a wait, the scale of an effort. `happens`: column of a uniform number that must be
    below `probability`. For a team, `needs` are (pool, millionths of an FTE); for effort, `work` are (pool, column of
    the FTE-days, cap in FTE), and `minimum` is the column of the days that it takes at least.
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
    minimum: int = -1
    reason: int = -1
    in_working_days: bool = False

    def unconstrained_days(self, row: Sequence[float], scale: float, fte_days_per_day: float) -> float:
        """Days that a step of effort takes with unlimited staff; `scale` multiplies the drawn FTE-days."""
        longest = self.work_days(row, scale, fte_days_per_day)
        return max(longest, row[self.minimum]) if self.minimum >= 0 else longest

    def work_days(self, row: Sequence[float], scale: float, fte_days_per_day: float) -> float:
        """The same without the minimum: all roles work at their caps at once, so the longest of them counts."""
        return max([row[amount] * scale / (cap * fte_days_per_day) for _, amount, cap in self.work])

    def slowest_role(self, row: Sequence[float]) -> int:
        """The role whose work in a step of effort takes longest with unlimited staff."""
        return max((row[amount] / cap, role) for role, amount, cap in self.work)[1]


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """A way out of a stage: the stage it leads to (-1: an exit), its number as an outcome, all steps until then.

    `silent`: it leaves no public trace, so that a case that seems still to be in the stage may have taken it.
    """

    target: int
    outcome: int
    steps: tuple[StepPlan, ...]
    columns: tuple[int, ...]
    """the drawn columns that these steps use"""
    silent: bool


@dataclass(frozen=True, slots=True)
class Routing:
    """The routes of some cases; `bounds`: their cumulated probabilities but the last, which is 1."""

    bounds: list[float]
    routes: tuple[RoutePlan, ...]

    def route_at(self, u: float) -> RoutePlan:
        """The route in whose part of [0, 1) the uniform number u falls."""
        return self.routes[bisect_right(self.bounds, u)]


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage as the engine needs it."""

    number: int
    name: str
    priority: int
    sampler: Sampler
    """of a visit's row of draws"""
    routing: Routing
    conditional: tuple[tuple[Condition, Routing], ...]
    """routes of cases that meet a condition; the first that matches counts"""
    limit: int
    """cases that may be in at once; 0: no limit"""
    slot_stages: frozenset[int]
    """stages in which a case keeps its slot under this stage's limit"""
    fork: tuple[int, list[float], list[int]] | None
    """column of its draw, cumulated shares, numbers of strands"""
    fine: tuple[int, float] | None
    """column of the share of turnover, and the cap"""
    revisited: bool
    """whether a case can come back to it: only then are its visits counted"""
    splits_listed: bool
    """whether a case that lists its strands splits into them on entering, although the stage has no fork"""
    guarded: bool
    """whether a case may be blocked on entering: there is a limit, or a fork, or a case that lists its strands"""

    def routing_for(self, profile: Profile, visit: int) -> Routing:
        """The routes of a case of this profile on this visit."""
        for when, routing in self.conditional:
            if when.matches(profile, visit):
                return routing
        return self.routing


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a replication needs but its random numbers.

    Stages, roles and outcomes are numbers here: the engine looks things up by index in tuples, and the event log holds
    the same numbers until it becomes a table.
    """

    scenario: Scenario
    stages: tuple[StagePlan, ...]
    stage_number: dict[str, int]
    outcomes: tuple[str, ...]
    """stages, then exits"""
    roles: tuple[str, ...]
    capacities: tuple[Capacity, ...]
    lasting: tuple[float, ...]
    """people, by role, that there are for cases at the horizon or ever after"""
    shared_pools: frozenset[int]
    """pools whose people do shared effort"""
    fte_days_per_day: float
    working_days: WorkingDays
    profiles: dict[tuple[str, str, str], Profile]
    """by platform, topic and origin; filled as cases come, so that the replications of a worker share them"""
    horizon: float
    ranks: int
    """number of priorities in use"""
    weights: tuple[float, ...]
    """of shared effort, by priority"""
    complexity_varies: bool
    """whether effort differs from case to case; if not, nothing is computed for a case"""
    extras: bool
    """whether the effort of a visit does not follow from its days with unlimited staff: it may have more than the work
    of one team (waits, shared effort, fines), another team by its route, or days before the first; else the log is
    shorter"""


def compile_plan(scenario: Scenario, base: Plan | None = None) -> Plan:
    """The plan of a scenario.

    Parameters
    ----------
    scenario
        What to compile.
    base
        The plan of a scenario that differs in some settings. Parts whose settings are the same objects in both are
        taken from it: each draw of the uncertain parameters needs a plan, and touches few stages.
    """
    procedure = scenario.procedure
    outcomes = (*procedure.stages, *procedure.exits)
    roles = tuple(scenario.staffing)
    numbers = _Numbering(
        {n: i for i, n in enumerate(outcomes)},
        len(procedure.stages),
        {role: i for i, role in enumerate(roles)},
        scenario.calendar.working_days_per_year / YEAR_DAYS,  # the clock counts calendar days, effort working days
        revisited(procedure),
        _splitting(scenario),
    )
    reused = _reusable(scenario, base)
    stages = tuple(
        reused.get(("stage", name)) or _stage(number, name, stage, numbers)
        for number, (name, stage) in enumerate(procedure.stages.items())
    )
    capacities = tuple(
        reused.get(("pool", role)) or capacity(pool, scenario.calendar, scenario.start, scenario.horizon_days)
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
        lasting=tuple(
            most_from(pool, scenario.calendar, scenario.start, scenario.horizon_days)
            for pool in scenario.staffing.values()
        ),
        shared_pools=frozenset(pool for of_stage in steps for step in of_stage for pool, _, _ in step.work),
        fte_days_per_day=numbers.fte_days_per_day,
        working_days=reused.get(("calendar",)) or _working_days(scenario),
        profiles=base.profiles if base and base.scenario.platforms is scenario.platforms else {},
        horizon=scenario.horizon_days,
        ranks=ranks,
        weights=tuple(procedure.priority_weights.get(rank, 1.0) for rank in range(ranks)),
        extras=not all(_one_team_at_most(stage) for stage in stages)
        or any(probe.since is not None for probe in scenario.probes.values()),
        complexity_varies=procedure.complexity != Complexity()
        or any(stage.fork for stage in procedure.stages.values()),
    )


def _steps(stage: StagePlan) -> list[StepPlan]:
    """All steps of a stage, on whichever route, each once."""
    routings = (stage.routing, *(routing for _, routing in stage.conditional))
    return list({step.name: step for routing in routings for route in routing.routes for step in route.steps}.values())


def _one_team_at_most(stage: StagePlan) -> bool:
    """Whether all that a visit can have is the work of one team, the same on whichever route."""
    routings = (stage.routing, *(routing for _, routing in stage.conditional))
    first, *others = [route.steps for routing in routings for route in routing.routes]
    alike = all(steps == first for steps in others)
    return alike and len(first) <= 1 and all(step.kind == TEAM for step in first) and not stage.fine


def _reusable(scenario: Scenario, base: Plan | None) -> dict[tuple[str, ...], Any]:
    """The parts of another plan that serve this scenario too: by identity, since equality would compare all settings.

    Nothing where the calendar differs, on which the pace of all work depends, and no stage where the probes do, which
    may split in it.
    """
    if base is None or base.scenario.calendar is not scenario.calendar:
        return {}
    other = base.scenario
    parts: dict[tuple[str, ...], Any] = {("calendar",): base.working_days}
    for name, stage_plan in zip(other.procedure.stages, base.stages, strict=True):
        if other.procedure.stages[name] is scenario.procedure.stages.get(name) and other.probes is scenario.probes:
            parts["stage", name] = stage_plan
    for role, curve in zip(other.staffing, base.capacities, strict=True):
        if other.staffing[role] is scenario.staffing.get(role):
            parts["pool", role] = curve
    return parts


@dataclass(frozen=True, slots=True)
class _Numbering:
    """The numbers by which the plan calls what the procedure calls by name."""

    outcomes: dict[str, int]
    stages: int
    roles: dict[str, int]
    fte_days_per_day: float
    revisited: frozenset[str]
    splitting: frozenset[str]


def revisited(procedure: Procedure) -> frozenset[str]:
    """Stages that lie on a loop: those that lead to themselves."""
    return frozenset(name for name, later in _later_stages(procedure).items() if name in later)


def _later_stages(procedure: Procedure) -> dict[str, set[str]]:
    """The stages that a case can come to from each stage: the transitive closure of the routes (Warshall, 1962)."""
    leads: dict[str, set[str]] = {}
    for name, stage in procedure.stages.items():
        variants = [stage.next, *(other.next for other in stage.next_when)]
        leads[name] = {r.to or n for routes in variants for n, r in routes.items()} & set(procedure.stages)
    for middle, onward in leads.items():
        for followers in leads.values():
            if middle in followers:
                followers.update(onward)
    return leads


def _splitting(scenario: Scenario) -> frozenset[str]:
    """Stages in which probes with listed strands arrive that neither fork nor lead to a stage that does.

    Their strands would never come into being: a procedure without any fork can still list a case by its strands.
    """
    stages = scenario.procedure.stages
    arriving = {probe.stage for probe in scenario.probes.values() if probe.arrives and probe.strands}
    if not arriving:
        return frozenset()
    later = _later_stages(scenario.procedure)
    return frozenset(name for name in arriving if not any(stages[one].fork for one in {name, *later[name]}))


def _working_days(scenario: Scenario) -> WorkingDays:
    since = [d for p in scenario.probes.values() for d in (p.since, *(s.since for s in p.strands.values())) if d]
    # From before the oldest case, whose steps are laid out from its beginning, to somewhat after the horizon.
    first = min([0, *((d - scenario.start).days for d in since)])
    return WorkingDays(scenario.start, first - 30, int(scenario.horizon_days) + 60, scenario.calendar.holidays)


def _priorities(scenario: Scenario) -> list[int]:
    own = [p.priority for p in scenario.probes.values()] + [a.priority for a in scenario.arrivals.values()]
    return [s.priority for s in scenario.procedure.stages.values()] + [p for p in own if p is not None]


def _stage(number: int, name: str, stage: Stage, numbers: _Numbering) -> StagePlan:
    # Compiling the routes collects the columns that their steps draw; the sampler comes last, when all are known.
    columns = [DrawColumn("route", None)]
    fine_column = _column(columns, "fine", stage.fine.share_of_turnover) if stage.fine else ROUTE_COLUMN
    routing = _routing(stage.steps, stage.next, columns, numbers, "", fine_column)
    conditional = tuple(
        (_compile_condition(other.when), _routing(stage.steps, other.next, columns, numbers, f"{index}:", fine_column))
        for index, other in enumerate(stage.next_when)
    )
    fork = None
    if stage.fork:
        total = sum(stage.fork.strands.values())
        cumulated = [w / total for w in accumulate(stage.fork.strands.values())]
        fork = (_column(columns, "fork", None), cumulated, list(stage.fork.strands))
    including = stage.limit.including if stage.limit else []
    return StagePlan(
        number=number,
        name=name,
        priority=stage.priority,
        sampler=Sampler(columns),
        routing=routing,
        conditional=conditional,
        limit=stage.limit.cases if stage.limit else 0,
        slot_stages=frozenset([number, *(numbers.outcomes[n] for n in including)]),
        fork=fork,
        fine=(fine_column, stage.fine.most) if stage.fine else None,
        revisited=name in numbers.revisited,
        splits_listed=name in numbers.splitting,
        guarded=bool(stage.limit or stage.fork or name in numbers.splitting),
    )


def _routing(
    steps: Steps, routes: Routes, columns: list[DrawColumn], numbers: _Numbering, prefix: str, fine: int
) -> Routing:
    """The routes of a stage, each with all steps of a case that takes it: the stage's, then the route's own.

    `prefix` keeps the draws of routes for special cases apart from those of others with the same name; `fine` is the
    column of the stage's fine.
    """
    first = [_step(name, step, columns, numbers) for name, step in steps.items()]
    plans = []
    for name, route in routes.items():
        own = [_step(f"{prefix}{name}/{n}", step, columns, numbers) for n, step in route.steps.items()]
        outcome = numbers.outcomes[route.to or name]
        path = (*first, *own)
        # A case that takes this route needs these draws and no others, where its row is made alone.
        used = {column for step in path for column in _columns_of(step)} | {fine}
        drawn = tuple(c for c in sorted(used - {ROUTE_COLUMN}) if not isinstance(columns[c].value, Constant))
        plans.append(RoutePlan(outcome if outcome < numbers.stages else -1, outcome, path, drawn, route.silent))
    # Without the last bound: rounding may put it below 1, and a draw above it would be on no route.
    return Routing(list(accumulate(shares(routes).values()))[:-1], tuple(plans))


def _columns_of(step: StepPlan) -> set[int]:
    """The columns that a step uses."""
    return {step.column, step.happens, step.minimum, *(amount for _, amount, _ in step.work)} - {-1}


def _column(columns: list[DrawColumn], key: str, value: Distribution | None) -> int:
    """The index of a draw among a visit's columns; a draw has the same column, and so the same key, on every route."""
    for index, column in enumerate(columns):
        if column.name == key:
            return index
    columns.append(DrawColumn(key, value))
    return len(columns) - 1


def _step(name: str, step: AnyStep, columns: list[DrawColumn], numbers: _Numbering) -> StepPlan:
    # The names of columns, with the signs behind them, are part of the keys of draws: another sign, and every run of
    # every scenario would have other random numbers. Scenarios may not use the signs in names of steps.
    common: dict[str, Any] = {
        "name": name,
        "happens": _column(columns, f"{name}?", None) if step.probability < 1 else -1,
        "probability": step.probability,
        "when": _compile_condition(step.when) if step.when else None,
    }
    if isinstance(step, Team):
        # Sorted, so that the order in which a file lists the roles of a team changes nothing.
        needs = tuple(sorted((numbers.roles[role], millionths(fte)) for role, fte in step.fte.items()))
        per_day = tuple((role, fte / MICRO * numbers.fte_days_per_day) for role, fte in needs)
        column = _column(columns, name, step.days)
        return StepPlan(TEAM, column=column, needs=needs, effort_per_day=per_day, **common)
    if isinstance(step, Effort):
        work = tuple(
            (numbers.roles[role], _column(columns, f"{name}:{role}", days), step.most_fte.get(role, inf))
            for role, days in step.fte_days.items()
        )
        minimum = _column(columns, f"{name}>", step.at_least) if step.at_least else -1
        column = _column(columns, f"{name}*", step.scale)
        return StepPlan(EFFORT, column=column, work=work, minimum=minimum, **common)
    length = step.days or step.working_days
    return StepPlan(
        WAIT,
        column=_column(columns, name, length),
        reason=REASONS.index(step.reason),
        in_working_days=step.working_days is not None,
        **common,
    )
