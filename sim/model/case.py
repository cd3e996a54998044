"""The entity of the simulation: a case and the state of its visit; the factory of cases and their strands."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from simpy import Event

from sim.model.draws import CaseSource, Draws, Row
from sim.model.limits import Slot
from sim.model.plan import Plan, Profile, RoutePlan, StagePlan, StepPlan
from sim.scenario.schema import REASONS, Strand

NO_WAITS = (0.0,) * len(REASONS)
EUR_M_PER_BN = 1000.0


class Case(Event):
    """One concern about one platform on its way through the procedure.

    A case is made before it arrives, arrives when its event first happens, and visits stages until a route leads to an
    exit or it forks into strands; before and from then on its `stage` is None. In between it is always in one of three
    states: yet to arrive (`step` is None), queueing at a limit (`step` is None and `has_asked` is true), or in a step.

    A case waits for one thing at a time. So it is itself an event, scheduled again for each thing that it waits for:
    SimPy does not look back at an event once it has called its callbacks, and creating an event costs as much again as
    scheduling and processing it.
    """

    _ok, _value = True, None
    # With slots a case is made in half the time; more than 30 attributes in a dictionary would take ten times as long.
    __slots__ = (
        "callbacks", "complexity", "effort", "entered", "fine", "has_asked", "index", "label", "named_strands",
        "next_step", "number", "obligations", "open_roles", "parent", "priority", "profile", "rank", "requested",
        "route", "row", "slots", "source", "stage", "step", "step_began", "step_days", "strand", "team_ends",
        "unconstrained", "visit", "visits", "waits",
    )  # fmt: skip

    number: int
    """in order of creation within the replication"""
    source: CaseSource
    index: int
    """among the cases of its source; a strand has that of its parent"""
    profile: Profile
    parent: "Case | None"
    strand: str
    label: str
    named_strands: Mapping[str, Strand]
    """strands given by the scenario, in place of drawn ones"""
    obligations: float
    complexity: float
    priority: int | None
    visits: dict[int, int] | None
    """visits so far to stages that can be visited again"""
    slots: list[Slot]
    """under the limits that it is inside of"""
    has_asked: bool
    """whether it has asked to enter its stage and has not entered yet: it queues at a limit, or is a strand that has
    just come about, whose parent asked; `requested` is when that was, and it does not ask, or arrive, again"""

    # The visit in progress.
    stage: StagePlan | None
    rank: int
    visit: int
    requested: float
    entered: float
    row: Row
    route: RoutePlan
    next_step: int
    """index on the route of the step after the one in progress"""
    unconstrained: float
    """days that the visit up to now would have taken with unlimited staff"""
    waits: Sequence[float]
    effort: list[float]
    fine: float

    # The step in progress; none while the case is yet to arrive or queues at a limit.
    step: StepPlan | None
    step_began: float
    step_days: float
    """its length with unlimited staff"""
    team_ends: float
    """when the work of its team ends; infinite before it starts"""
    open_roles: int
    """roles that have not done their part of its effort"""

    def __init__(self, number: int, source: CaseSource, index: int, profile: Profile) -> None:
        self.number, self.source, self.index, self.profile = number, source, index, profile
        self.parent = self.priority = self.visits = self.stage = self.step = None
        self.label = self.strand = ""
        self.named_strands = NO_STRANDS
        # One empty list for all cases: it is never changed, since a case that takes a slot gets a new list.
        self.slots, self.has_asked = NO_SLOTS, False
        self.complexity = self.obligations = 1.0

    @property
    def name(self) -> str:
        """Unique within a replication: a probe's own, or the stream's with a number; a strand adds its own."""
        if self.parent is not None:
            return f"{self.parent.name}/{self.strand}"
        return self.label or f"{self.source.label}-{self.index + 1}"


NO_STRANDS: Mapping[str, Strand] = {}
NO_SLOTS: list[Slot] = []


class CaseFactory:
    """Makes the cases of one replication and numbers them; `made` has them all, in order."""

    def __init__(self, plan: Plan, draws: Draws) -> None:
        self.plan, self.draws = plan, draws
        self.made: list[Case] = []

    def profile(self, platform: str, topic: str, origin: str) -> Profile:
        """What the cases on this platform, topic and origin have in common."""
        profiles, key = self.plan.profiles, (platform, topic, origin)
        profile = profiles.get(key)
        if profile is None:
            settings = self.plan.scenario.platforms.get(platform)
            provider = settings.provider if settings else ""
            turnover = (settings.turnover_eur_bn or 0.0) * EUR_M_PER_BN if settings else 0.0
            profile = profiles[key] = Profile(platform, provider, topic, origin, turnover)
        return profile

    def case(self, source: CaseSource, index: int, profile: Profile, obligations: float) -> Case:
        """A case that has not arrived yet."""
        case = Case(len(self.made), source, index, profile)
        self.made.append(case)
        if self.plan.complexity_varies:
            case.obligations = obligations
            case.complexity = self.complexity(profile, obligations)
        return case

    def complexity(self, profile: Profile, obligations: float) -> float:
        """The factor on the procedure's figures for effort: size to the power of an elasticity, topic, platform."""
        rule = self.plan.scenario.procedure.complexity
        size: float = (obligations / rule.reference_obligations) ** rule.elasticity
        factors = rule.topics.get(profile.topic, 1.0) * rule.platforms.get(profile.platform, 1.0)
        return rule.effort_scale * size * factors

    def strands(self, case: Case, stage: StagePlan) -> list[Case]:
        """The strands of a case: those that the scenario names, or else as many as its draw gives.

        They keep the source and index of their parent: the name of the strand alone sets their draws apart.
        """
        if case.named_strands:
            named = [(n, s.topic or case.profile.topic, s.obligations) for n, s in case.named_strands.items()]
        else:
            assert stage.fork is not None
            column, shares, numbers = stage.fork
            u = self.draws.rows(case.source.name, "", stage, 1, case.source.size).uniforms(column).item(case.index)
            # The last of the cumulated shares may be a little below 1 by rounding: a draw above it is the last number.
            number = numbers[min(bisect_right(shares, u), len(numbers) - 1)]
            named = [(str(k + 1), case.profile.topic, None) for k in range(number)]
        strands = []
        for name, topic, obligations in named:
            profile = self.profile(case.profile.platform, topic, case.profile.origin)
            strand = self.case(case.source, case.index, profile, obligations or max(case.obligations / len(named), 1.0))
            strand.parent, strand.strand, strand.priority = case, name, case.priority
            strand.slots = list(case.slots)
            strands.append(strand)
        return strands
