"""One replication: a pure function of the plan and the number of the replication."""

from bisect import bisect_right
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray
from simpy import Environment

from sim.model import arrivals
from sim.model.draws import Draws, Row, Source
from sim.model.plan import TEAM, WAIT, Plan, Profile, StagePlan, StepPlan
from sim.model.pools import Staff
from sim.model.streams import Streams, counter
from sim.model.walk import NO_WAITS, Case, Gate, Place, Walk
from sim.scenario.schema import Scenario

PLAIN = 8
"""Numbers of every visit: case, stage, visit, requested, entered, left, outcome, unconstrained days."""
EXTRAS = len(NO_WAITS) + 1
"""Then, where the plan has them: the days waited by reason, the fine in EUR million; and the effort by role.

The days of delay by role stand apart, see `sim.model.delays`."""
EUR_M_PER_BN = 1000.0
Remainder = tuple[float, int, float]
"""Of shared effort at the horizon: the days that it would take at the present pace, the pool, and the FTE-days."""


@dataclass(frozen=True)
class Outcome:
    """What a replication leaves: its visits (see `as_rows`) with their delays by role, and the cases, by number.

    Of each case: name, parent's name, platform, topic, strand, origin.
    """

    visits: NDArray[np.float64]
    cases: list[tuple[str, str, str, str, str, str]]


def replicate(plan: Plan, number: int) -> Outcome:
    """Run one replication to the horizon."""
    sim = run(plan, number)
    cases = [
        (c.name, c.parent.name if c.parent else "", c.profile.platform, c.profile.topic, c.strand, c.profile.origin)
        for c in sim.cases
    ]
    rows = as_rows(plan, sim.log)
    return Outcome(np.hstack([rows, sim.staff.delays.of_visits(rows[:, :3], len(plan.roles))]), cases)


def run(plan: Plan, number: int) -> "Replication":
    """The state of a replication after its run, with its log complete."""
    sim = Replication(plan, number)
    arrivals.start(sim)
    sim.env.run(until=plan.horizon)
    sim.log_pending()
    return sim


def as_rows(plan: Plan, log: list[float]) -> NDArray[np.float64]:
    """The log as a table with all its columns: case, the numbers of every visit, the extras, the effort by role.

    Where no visit has more than the work of one team, its effort follows from the days that the team worked.
    """
    roles = len(plan.roles)
    if plan.extras:
        return np.fromiter(log, np.float64, len(log)).reshape(-1, PLAIN + EXTRAS + roles)
    short = np.fromiter(log, np.float64, len(log)).reshape(-1, PLAIN)
    rows = np.zeros((len(short), PLAIN + EXTRAS + roles))
    rows[:, :PLAIN] = short
    per_day = np.zeros((len(plan.stages), roles))
    for stage in plan.stages:
        for step in stage.routing.routes[0].steps:
            for role, effort in step.effort_per_day:
                per_day[stage.number, role] = effort
    rows[:, PLAIN + EXTRAS :] = short[:, PLAIN - 1 :] * per_day[short[:, 1].astype(int)]
    return rows


def drawn_parameters(scenario: Scenario, number: int) -> dict[str, float]:
    """The values of the scenario's uncertain parameters in one replication, each from its own stream."""
    streams = Streams(scenario.seed, number // scenario.replications_per_draw)
    group = streams.group("uncertain")
    return {
        name: float(parameter.value.quantile(streams.uniforms(group, counter(name), 1))[0])
        for name, parameter in scenario.uncertain.items()
    }


class Replication:
    """The state of one replication: its clock, staff, limits, draws, cases and log."""

    def __init__(self, plan: Plan, number: int) -> None:
        self.plan, self.stages, self.weights = plan, plan.stages, plan.weights
        self.roles = len(plan.roles)
        self.env = Environment()
        self.draws = Draws(Streams(plan.scenario.seed, number))
        self.cases: list[Case] = []
        self.log: list[float] = []
        self.gates = {s.number: Gate(self.env, s.limit, plan.ranks) for s in plan.stages if s.limit}
        self.staff = Staff(self.env, plan)
        self.walk = Walk(self)

    def profile(self, platform: str, topic: str, origin: str) -> Profile:
        """What the cases on this platform, topic and origin have in common."""
        profiles, key = self.plan.profiles, (platform, topic, origin)
        found = profiles.get(key)
        if found is None:
            settings = self.plan.scenario.platforms.get(platform)
            provider = settings.provider if settings else ""
            turnover = (settings.turnover_eur_bn or 0.0) * EUR_M_PER_BN if settings else 0.0
            found = profiles[key] = Profile(platform, provider, topic, origin, turnover)
        return found

    def new_case(self, source: Source, index: int, profile: Profile, obligations: float) -> Case:
        """A case that has not begun yet."""
        case = Case(len(self.cases), source, index, profile)
        self.cases.append(case)
        if self.plan.complex:
            case.obligations = obligations
            case.complexity = self.complexity(profile, obligations)
        return case

    def complexity(self, profile: Profile, obligations: float) -> float:
        """How much the effort of such a case differs from the procedure's figures."""
        rule = self.plan.scenario.procedure.complexity
        size: float = (obligations / rule.reference_obligations) ** rule.elasticity
        factors = rule.topics.get(profile.topic, 1.0) * rule.platforms.get(profile.platform, 1.0)
        return rule.effort_scale * size * factors

    def must_queue(self, case: Case, stage: StagePlan) -> bool:
        """Take a place under the stage's limit, unless the case has one; whether it must wait for it."""
        gate = self.gates[stage.number]
        if any(place.gate is gate for place in case.places):
            return False
        case.places = [*case.places, Place(gate, stage.holders)]
        return not gate.enter(case)

    def give_up_places(self, case: Case, target: int) -> None:
        """Give up the places that do not include the stage that the case goes to."""
        for place in case.places:
            if target not in place.holders:
                place.shared_by -= 1
                if not place.shared_by:
                    place.gate.leave()
        case.places = [place for place in case.places if target in place.holders]

    def fork(self, case: Case, stage: StagePlan) -> None:
        """Split a case into strands, which begin in the same stage now."""
        case.stage = None
        strands = self.strands(case, stage)
        for place in case.places:
            place.shared_by = len(strands)
        for strand in strands:
            strand.queued, strand.requested, strand.rank = True, case.requested, case.rank
            self.walk.begin(strand, stage, 0.0)

    def strands(self, case: Case, stage: StagePlan) -> list[Case]:
        """The strands of a case: those listed, or else as many as its draw says."""
        listed = getattr(case, "listed", {})
        if listed:
            named = [(n, s.topic or case.profile.topic, s.obligations) for n, s in listed.items()]
        else:
            assert stage.fork is not None
            column, shares, numbers = stage.fork
            u = self.draws.rows(case.source.name, "", stage, 1, case.source.size).uniforms(column).item(case.index)
            number = numbers[min(bisect_right(shares, u), len(numbers) - 1)]
            named = [(str(k + 1), case.profile.topic, None) for k in range(number)]
        made = []
        for name, topic, obligations in named:
            profile = self.profile(case.profile.platform, topic, case.profile.origin)
            strand = self.new_case(
                case.source, case.index, profile, obligations or max(case.obligations / len(named), 1.0)
            )
            strand.parent, strand.strand, strand.priority = case, name, case.priority
            strand.places = list(case.places)
            made.append(strand)
        return made

    def alone(self, step: StepPlan, row: Row, scale: float) -> float:
        """Days that a step of effort takes with unlimited staff."""
        longest = self.work_alone(step, row, scale)
        return max(longest, row[step.at_least]) if step.at_least >= 0 else longest

    def work_alone(self, step: StepPlan, row: Row, scale: float) -> float:
        """Days that the work alone of such a step takes with unlimited staff."""
        per_day = self.plan.fte_days_per_day
        return max([row[amount] * scale / (cap * per_day) for _, amount, cap in step.work])

    def longest(self, step: StepPlan, row: Row) -> int:
        """The role whose work in such a step takes longest with unlimited staff."""
        return max((row[amount] / cap, role) for role, amount, cap in step.work)[1]

    def log_pending(self) -> None:
        """Log the visits under way at the horizon, with what was done of them so far."""
        self.staff.close(self.env.now)
        remaining: dict[Case, list[Remainder]] = {}
        for pool in self.staff.pools:
            for case, effort, days in pool.sharing.remaining() if pool.sharing else ():
                remaining.setdefault(case, []).append((days, pool.number, effort))
        for case in self.cases:
            if case.stage is None or (case.step is None and not case.queued):
                continue  # ended, or yet to arrive
            if case.step is None:
                case.visit = (case.visits or {}).get(case.stage.number, 0) + 1
                case.unconstrained, case.waits, case.effort, case.fine = 0.0, NO_WAITS, [0.0] * self.roles, 0.0
            else:
                self._cut(case, remaining.get(case, []))
            self.walk.log(case, nan, -1)

    def _cut(self, case: Case, remaining: list[Remainder]) -> None:
        """Count of the step under way only what lies before the horizon; `remaining`: of its effort."""
        step, now, days = case.step, self.env.now, case.days
        assert step is not None
        if step.kind == TEAM:
            done = days - self.staff.left(case, step.needs)
            case.days = done
            case.unconstrained += done
            if self.plan.extras:
                self.walk.count_effort(case, step)
            return
        beyond = max(days - (now - case.began), 0.0)
        case.unconstrained -= beyond
        if step.kind == WAIT:
            waits = list(case.waits)
            waits[step.reason] -= beyond
            case.waits = waits
        for _, pool, effort in remaining:
            case.effort[pool] -= effort
        if remaining:  # delayed by those who would be done last
            self.staff.count_lateness(case, max(remaining)[1])
