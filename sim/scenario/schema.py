"""The language of scenario files: procedures, staff, arrivals, the state on the first day, what is uncertain.

Read this module to know what a file may say. The engine knows no stage, role or outcome by name: they are the keys
of these mappings. Times are in days unless a name says otherwise.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from sim.dates import days_between
from sim.scenario.distributions import AnyDistribution, Value
from sim.scenario.settings import NOT_BOOLEAN, Count, NotNegative, Positive, Probability, Rank, Settings, as_written
from sim.scenario.staffing import Calendar, Dated, Pool

Reason = Literal["party", "procedure", "hold", "dormancy"]
REASONS: tuple[Reason, ...] = ("party", "procedure", "hold", "dormancy")
"""Why a case waits without staff: the party's time, the procedure's own time, a hold from outside, dormancy."""

Shares = Annotated[dict[str, Positive], Field(min_length=1)]
"""Names with their weights; the weights need not add to one."""

OneOrMore = Annotated[
    list[str],
    BeforeValidator(lambda v: [v] if isinstance(v, str) else v, json_schema_input_type=str | list[str]),
    Field(min_length=1),
]
Visits = Annotated[
    list[Annotated[int, NOT_BOOLEAN]],
    BeforeValidator(lambda v: [v] if isinstance(v, int) else v, json_schema_input_type=int | list[int]),
    Field(min_length=1),
]


class When(Settings):
    """Which cases something concerns; every line given must hold, and a line holds if one of its values does."""

    topic: OneOrMore | None = None
    platform: OneOrMore | None = None
    provider: OneOrMore | None = None
    origin: OneOrMore | None = None
    visit: Visits | None = None
    "which visit to the stage, from 1; the last number given holds for later visits too"


class Effort(Settings):
    """Work that shares what staff there is: an amount per role, done by everybody at once, slower when many compete.

    The roles work in parallel; the step ends when all are done, not before `at_least` days have passed.
    """

    step: Literal["effort"]
    fte_days: Annotated[dict[str, Value], Field(min_length=1)]
    "FTE-days of work by role, before complexity and `scale`"
    scale: Value = Field(default=1.0, validate_default=True)
    "one draw that multiplies the work of all roles (a case that is hard is hard for everybody)"
    most_fte: dict[str, Positive] = {}
    "people of a role who can usefully work on it at once; without a limit where none is given"
    at_least: Value | None = None
    "days that the step takes even with unlimited staff"
    probability: Probability = 1.0
    when: When | None = None


class Team(Settings):
    """A fixed team, seized whole, kept for a number of days, released whole."""

    step: Literal["team"]
    fte: Annotated[dict[str, Annotated[float, Field(ge=0.001, allow_inf_nan=False), NOT_BOOLEAN]], Field(min_length=1)]
    "people (FTE) by role, in thousandths at the finest"
    days: Value
    probability: Probability = 1.0
    when: When | None = None


class Wait(Settings):
    """Time that needs no staff, and why."""

    step: Literal["wait"]
    reason: Reason
    days: Value | None = None
    working_days: Value | None = None
    probability: Probability = 1.0
    when: When | None = None

    @model_validator(mode="after")
    def _one_length(self) -> "Wait":
        if (self.days is None) == (self.working_days is None):
            raise PydanticCustomError("length", "wants either days or working_days")
        return self


AnyStep = Annotated[Effort | Team | Wait, Field(discriminator="step")]
Steps = dict[str, AnyStep]


def _route(value: Any) -> Any:
    if value == "rest":
        return {}
    if isinstance(value, (str, bool)) or value is None:
        there = as_written(value)
        raise PydanticCustomError("route", f"wants a probability, 'rest', or the settings of a route, not {there}")
    return {"probability": value} if isinstance(value, (int, float)) else value


class Route(Settings):
    """Where a case goes from a stage: a stage or an exit, with what probability, and after which further steps."""

    to: str | None = None
    "the stage or exit; the route's own name if not given"
    probability: Probability | None = None
    "one route of a stage may leave it out: it takes the rest"
    steps: Steps = {}
    silent: bool = False
    "whether nobody outside learns of it; a case of the record without a further act may have gone this way"


Routes = Annotated[
    dict[str, Annotated[Route, BeforeValidator(_route, json_schema_input_type=float | Literal["rest"] | Route)]],
    Field(min_length=1),
]


class RoutesFor(Settings):
    """Other routes for some cases."""

    when: When
    next: Routes


class Limit(Settings):
    """At most so many cases at once in this stage (and the stages `including`); the others queue to enter.

    A case that forked counts once, until its last strand has left.
    """

    cases: Count
    including: list[str] = []


class Fork(Settings):
    """Entering the stage splits the case into strands that go on by themselves."""

    strands: Annotated[dict[Count, Positive], Field(min_length=1)]
    "number of strands: weight, for cases that do not list their own"


class Fine(Settings):
    """A fine set on entering the stage, as a share of the provider's worldwide turnover."""

    share_of_turnover: Value
    most: Probability
    "the cap, as a share of turnover"


class Stage(Settings):
    """The time from one milestone to the next."""

    title: str
    milestone: str = ""
    "the dated act with which the stage begins"
    legal_basis: str = ""
    record_event: str | None = None
    "the event of the public record that is this milestone"
    resolved: bool = False
    "whether a case counts as resolved once here (what remains keeps staff busy, but is not pending)"
    priority: Rank = 0
    "whose teams come first: 0 before 1 before 2; a case's own priority goes before its stage's"
    limit: Limit | None = None
    fork: Fork | None = None
    fine: Fine | None = None
    steps: Steps = {}
    next: Routes
    next_when: list[RoutesFor] = []
    "the first that fits is taken instead of `next`"


class Complexity(Settings):
    """How effort grows with a case: effort_scale x (obligations / reference) ** elasticity x topic x platform."""

    effort_scale: Positive = 1.0
    "of all effort of all cases"
    reference_obligations: Positive = 1.0
    elasticity: NotNegative = 0.0
    topics: dict[str, Positive] = {}
    platforms: dict[str, Positive] = {}


class Procedure(Settings):
    """The graph of stages that a case walks, as data."""

    name: str
    title: str
    description: str = ""
    stages: Annotated[dict[str, Stage], Field(min_length=1)]
    exits: Annotated[dict[str, str], Field(min_length=1)]
    "how a case can end, with a title"
    topics: list[str] = []
    "the topics there are; empty: any"
    complexity: Complexity = Complexity()
    priority_weights: dict[int, Positive] = {}
    "weight of a priority when effort is shared; 1 where none is given"


class Strand(Settings):
    """A group of grievances of one probe that goes its own way."""

    topic: str = ""
    obligations: Positive | None = None
    stage: str | None = None
    since: date | None = None


class Probe(Settings):
    """One case listed by name: it arrives on a date, or is in a stage since a date on or before the start."""

    stage: str
    arrives: date | None = None
    since: date | None = None
    "when its present stage began: what remains is drawn given the time already spent"
    platform: str = ""
    topic: str = ""
    origin: str = ""
    obligations: Positive = 1.0
    priority: Rank | None = None
    strands: dict[str, Strand] = {}

    @model_validator(mode="after")
    def _one_date(self) -> "Probe":
        if (self.arrives is None) == (self.since is None):
            raise PydanticCustomError("date", "wants either arrives (a date) or since (under way since a date)")
        return self


class _Stream(Settings):
    """What the cases of one stream of arrivals have in common."""

    stage: str
    platforms: Shares = {"any": 1.0}
    topics: Shares = {"any": 1.0}
    obligations: Value = Field(default=1.0, validate_default=True)
    origin: str = ""
    priority: Rank | None = None


class RandomArrivals(_Stream):
    """A Poisson process whose rate may change in time."""

    kind: Literal["random"]
    per_year: Dated


class Wave(_Stream):
    """Many cases on one day, one for each platform listed."""

    kind: Literal["wave"]
    on: date


class RandomWaves(_Stream):
    """Waves at random times, of random size; the platforms of a wave are drawn without repetition."""

    kind: Literal["random_waves"]
    per_year: Dated
    size: Value


AnyArrivals = Annotated[RandomArrivals | Wave | RandomWaves, Field(discriminator="kind")]


class InFlight(Settings):
    """What was pending on the first day, taken from the record as it was known on that day."""

    record: str
    "folder of the record, beside the scenario file"


class Platform(Settings):
    """A designated service and the company behind it."""

    provider: str
    sector: str = ""
    turnover_eur_bn: NotNegative | None = None
    "worldwide annual turnover of the provider's group, EUR billion"


class Uncertain(Settings):
    """A parameter that is not known: drawn once per replication."""

    title: str = ""
    sets: OneOrMore | None = None
    "paths of settings that take the drawn number"
    scales: OneOrMore | None = None
    "paths of settings that are multiplied by it; * stands for every name"
    value: AnyDistribution
    source: str = ""

    @model_validator(mode="after")
    def _one_use(self) -> "Uncertain":
        if (self.sets is None) == (self.scales is None):
            raise PydanticCustomError("use", "wants either sets or scales, with the path of a setting")
        return self


class Target(Settings):
    """A duration that is promised or asked for: `milestone` (a stage or exit) reached within days of `of`."""

    milestone: str
    of: str
    within_days: Positive
    title: str = ""


class Scenario(Settings):
    """A question asked of the simulator: a procedure, staff, cases, what is uncertain, and for how long."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    title: str = ""
    description: str = ""
    start: date
    horizon: date
    "the last day looked at; what is still pending then is censored"
    replications: Count
    seed: Annotated[int, Field(ge=0, lt=2**64), NOT_BOOLEAN]
    procedure: Procedure
    calendar: Calendar = Calendar()
    staffing: Annotated[dict[str, Pool], Field(min_length=1)]
    in_flight: InFlight | None = None
    pace_before_start: Annotated[float, Field(gt=0, le=1), NOT_BOOLEAN] = 1.0
    "speed of the work of cases already under way, before the first day, as a share of the speed with unlimited staff"
    probes: dict[str, Probe] = {}
    arrivals: dict[str, AnyArrivals] = {}
    platforms: dict[str, Platform] = {}
    "known from the record if `in_flight` names one; entries here go before the record's"
    uncertain: dict[str, Uncertain] = {}
    targets: list[Target] = []

    @property
    def horizon_days(self) -> float:
        """Days from the start to the horizon."""
        return float(days_between(self.start, self.horizon))
