"""Control variates: what a replication's luck was, without running it; each has mean zero whatever the staffing.

The random arrivals are walked through their draws as if staff were unlimited, and what surprises on the way is summed
up: more arrivals than expected, routes that lead to more work than others, work beyond its mean. Each surprise is the
difference of a draw from its mean given all that came before, so that every sum has mean zero (a martingale). On
control variates: Lavenberg and Welch (1981); Glasserman, Monte Carlo Methods in Financial Engineering, section 4.1.
"""

import numpy as np

from sim.model.arrivals import RandomStream, expected_arrivals
from sim.model.draws import Row
from sim.model.plan import EFFORT, TEAM, Plan, RoutePlan, Routing, StagePlan, StepPlan
from sim.model.replication import Replication, drawn_parameters
from sim.model.streams import Floats
from sim.model.walk import Case
from sim.scenario.schema import RandomArrivals, Scenario


def control_names(scenario: Scenario) -> list[str]:
    """The names of the controls, in order."""
    streams = [name for name, stream in scenario.arrivals.items() if isinstance(stream, RandomArrivals)]
    return [
        *(f"parameter:{name}" for name in scenario.uncertain),
        *(f"arrivals:{name}" for name in streams),
        *(f"routes:{role}" for role in scenario.staffing),
        *(f"work:{role}" for role in scenario.staffing),
    ]


def controls(scenario: Scenario, plan: Plan, number: int) -> Floats:
    """The controls of one replication; `plan` has its parameters."""
    surprises = _Surprises(plan, number)
    arrivals = []
    for name, stream in scenario.arrivals.items():
        if isinstance(stream, RandomArrivals):
            source = RandomStream(surprises.sim, name, plan.scenario.arrivals[name])  # type: ignore[arg-type]
            arrivals.append(len(source.times) - expected_arrivals(surprises.sim, source.stream))
            for time, case in source.cases():
                surprises.walk(case, source.stage, time)
    drawn = drawn_parameters(scenario, number)
    parameters = [drawn[name] - uncertain.value.mean_value() for name, uncertain in scenario.uncertain.items()]
    return np.array([*parameters, *arrivals, *surprises.routes, *surprises.work])


class _Surprises:
    """The sums over the cases of one replication, by role, in FTE-days."""

    def __init__(self, plan: Plan, number: int) -> None:
        self.plan, self.sim = plan, Replication(plan, number)
        self.routes, self.work = np.zeros(len(plan.roles)), np.zeros(len(plan.roles))
        self._means = _Means(plan)

    def walk(self, case: Case, stage: StagePlan, time: float) -> None:
        """Follow a case through its draws, until its end or the horizon."""
        visits: dict[int, int] = {}
        while time < self.plan.horizon:
            if stage.fork and not case.strand:
                for strand in self.sim.strands(case, stage):
                    self.walk(strand, stage, time)
                return
            visit = visits[stage.number] = visits.get(stage.number, 0) + 1
            routing = stage.routing_for(case.profile, visit)
            row = self.sim.draws.row(case.source, case.index, case.strand, stage, visit, routing)
            route = routing.take(row[0])
            self.routes += self._means.ahead(stage, route, case) - self._means.ahead_of(stage, routing, case)
            for step in route.steps:
                if step.when is None or step.when.fits(case.profile, visit):
                    time += self._step(stage, step, row, case)
            if route.target < 0:
                return
            stage = self.plan.stages[route.target]

    def _step(self, stage: StagePlan, step: StepPlan, row: Row, case: Case) -> float:
        """Count a step's work less its mean; the days that it takes with unlimited staff."""
        mean = self._means.work(stage, step, case)
        if step.happens >= 0 and row[step.happens] >= step.probability:
            self.work -= mean
            return 0.0
        days = row[step.column]
        if step.kind == TEAM:
            for role, per_day in step.effort_per_day:
                self.work[role] += per_day * days
        elif step.kind == EFFORT:
            scale = days * case.complexity
            for role, amount, _ in step.work:
                self.work[role] += row[amount] * scale
            days = self.sim.alone(step, row, scale)
        self.work -= mean
        return days


class _Means:
    """Expected work by role: of steps, of routes, and of all that lies ahead of a stage."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._columns = [[c.value.mean_value() if c.value else 0.5 for c in s.sampler.columns] for s in plan.stages]
        self._ahead = self._solve()

    def work(self, stage: StagePlan, step: StepPlan, case: Case | None) -> Floats:
        """Of a step that may happen, for a case, or for one of average complexity."""
        mean, found = self._columns[stage.number], np.zeros(len(self._plan.roles))
        for role, per_day in step.effort_per_day:
            found[role] = per_day * mean[step.column]
        for role, amount, _ in step.work:
            found[role] = mean[amount] * mean[step.column] * (case.complexity if case else 1.0)
        return found * (step.probability if step.happens >= 0 else 1.0)

    def ahead(self, stage: StagePlan, route: RoutePlan, case: Case | None) -> Floats:
        """Of a route and all that follows; which cases meet which conditions further on is left aside."""
        here = sum((self.work(stage, step, case) for step in route.steps), np.zeros(len(self._plan.roles)))
        return here + self._ahead[route.target] if route.target >= 0 else here

    def ahead_of(self, stage: StagePlan, routing: Routing, case: Case) -> Floats:
        """Of a stage, the mean over its routes."""
        shares = np.diff([0.0, *routing.bounds, 1.0])
        found: Floats = np.array([self.ahead(stage, route, case) for route in routing.routes]).T @ shares
        return found

    def _solve(self) -> Floats:
        """Expected work ahead of each stage: shape (stages, roles)."""
        stages = self._plan.stages
        self._ahead = np.zeros((len(stages), len(self._plan.roles)))
        here, leads = np.zeros_like(self._ahead), np.eye(len(stages))
        for stage in stages:
            shares = np.diff([0.0, *stage.routing.bounds, 1.0])
            for share, route in zip(shares, stage.routing.routes, strict=True):
                here[stage.number] += share * self.ahead(stage, route, None)
                if route.target >= 0:
                    leads[stage.number, route.target] -= share
        return np.linalg.solve(leads, here).astype(np.float64)
