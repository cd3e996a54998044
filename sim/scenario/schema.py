"""The language of scenario files: procedures, staff, arrivals, the state on the first day, what is uncertain.

Read this module to know what a file may say. The engine knows no stage, role or outcome by name: they are the keys
of these mappings. Times are in days unless a name says otherwise.
"""

from collections.abc import Mapping
from datetime import date
from html import escape
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from sim.dates import days_between
from sim.scenario.distributions import AnyDistribution, Value
from sim.scenario.settings import NOT_BOOLEAN, Count, NotNegative, Positive, Probability, Rank, Settings, as_written
from sim.scenario.sources import AnySource
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
    "topics of the case"
    platform: OneOrMore | None = None
    "services; a case on several services is on each of them"
    provider: OneOrMore | None = None
    "companies behind the service, as `platforms` names them"
    origin: OneOrMore | None = None
    "what brought the case about, as its probe or stream says"
    visit: Visits | None = None
    "which visit to the stage, from 1; the last number given holds for later visits too"


class Effort(Settings):
    """Work that shares what staff there is: an amount per role, done by everybody at once, slower when many compete.

    The roles work in parallel; the step ends when all are done, not before `at_least` days have passed.
    """

    step: Literal["effort"]
    "work that shares what staff there is"
    fte_days: Annotated[dict[str, Value], Field(min_length=1)]
    "FTE-days of work by role, before complexity and `scale`"
    scale: Value = Field(default=1.0, validate_default=True)
    "one draw that multiplies the work of all roles (a case that is hard is hard for everybody)"
    most_fte: dict[str, Positive] = {}
    "people of a role who can usefully work on it at once; without a limit where none is given"
    at_least: Value | None = None
    "days that the step takes even with unlimited staff"
    probability: Probability = 1.0
    "that the step is needed at all, 0 to 1; it is skipped otherwise"
    when: When | None = None
    "only cases like this take the step; the others skip it"


class Team(Settings):
    """A fixed team, seized whole, kept for a number of days, released whole."""

    step: Literal["team"]
    "work of a fixed team"
    fte: Annotated[dict[str, Annotated[float, Field(ge=0.001, allow_inf_nan=False), NOT_BOOLEAN]], Field(min_length=1)]
    "people (FTE) by role, in thousandths at the finest"
    days: Value
    "days for which the team is occupied"
    probability: Probability = 1.0
    "that the step is needed at all, 0 to 1; it is skipped otherwise"
    when: When | None = None
    "only cases like this take the step; the others skip it"


class Wait(Settings):
    """Time that needs no staff, and why."""

    step: Literal["wait"]
    "time without staff"
    reason: Reason
    "why: the party's time, the procedure's own time, a hold from outside, or dormancy"
    days: Value | None = None
    "length in calendar days"
    working_days: Value | None = None
    "length in working days (Monday to Friday but for `holidays`), instead of `days`"
    probability: Probability = 1.0
    "that there is a wait at all, 0 to 1; it is skipped otherwise"
    when: When | None = None
    "only cases like this wait; the others skip it"

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
    "what is done on this route alone, after the stage's own steps, in order; by name"
    silent: bool = False
    "whether nobody outside learns of it; a case of the record without a further act may have gone this way"


Routes = Annotated[
    dict[str, Annotated[Route, BeforeValidator(_route, json_schema_input_type=float | Literal["rest"] | Route)]],
    Field(min_length=1),
]


class RoutesFor(Settings):
    """Other routes for some cases."""

    when: When
    "which cases"
    next: Routes
    "their routes, instead of all those of the stage"


class Limit(Settings):
    """At most so many cases at once in this stage (and the stages `including`); the others queue to enter.

    A case that forked counts once, until its last strand has left.
    """

    cases: Count
    "how many cases, at least 1"
    including: list[str] = []
    "further stages in which a case keeps its place"


class Fork(Settings):
    """Entering the stage splits the case into strands that go on by themselves."""

    strands: Annotated[dict[Count, Positive], Field(min_length=1)]
    "number of strands: weight, for cases that do not list their own"


class Fine(Settings):
    """A fine set on entering the stage, as a share of the provider's worldwide turnover."""

    share_of_turnover: Value
    "share of the provider's worldwide annual turnover, 0.06 for 6%"
    most: Probability
    "the cap, as a share of turnover"


class Stage(Settings):
    """The time from one milestone to the next."""

    title: str
    "what people call the stage"
    milestone: str = ""
    "the dated act with which the stage begins"
    legal_basis: str = ""
    "the article of the law, for readers"
    record_event: str | None = None
    "the event of the public record that is this milestone"
    resolved: bool = False
    "whether a case counts as resolved once here (what remains keeps staff busy, but is not pending)"
    priority: Rank = 0
    "whose teams come first: 0 before 1 before 2; a case's own priority goes before its stage's"
    limit: Limit | None = None
    "how many cases may be in it at once; without a limit if not given"
    fork: Fork | None = None
    "into how many strands a case splits here; a case goes on whole if not given"
    fine: Fine | None = None
    "a fine that is set here"
    steps: Steps = {}
    "what is done, in order; by name"
    next: Routes
    "the routes out of the stage: name of a stage or exit (or any, with `to`), and its probability"
    next_when: list[RoutesFor] = []
    "the first that fits is taken instead of `next`"


class Complexity(Settings):
    """How effort grows with a case: effort_scale x (obligations / reference) ** elasticity x topic x platform."""

    effort_scale: Positive = 1.0
    "of all effort of all cases"
    reference_obligations: Positive = 1.0
    "obligations of the case for which the procedure gives its effort"
    elasticity: NotNegative = 0.0
    "0: the number of obligations does not matter; 1: twice the obligations, twice the effort"
    topics: dict[str, Positive] = {}
    "factor of effort by topic; 1 where none is given"
    platforms: dict[str, Positive] = {}
    "factor of effort by platform; 1 where none is given"


class Headline(Settings):
    """Which cases people mean when they speak of the procedure: those from a stage on.

    Headline indicators (in progress, incoming, resolved, ...) are of these; what comes before is counted by itself.
    """

    stage: str
    "the stage from which on a case counts, with those after it in the procedure's order"
    title: str
    "what such cases are called, in the plural"
    before: str = ""
    "what cases in the stages before it are called, in the plural; needed where there are such stages"


class Procedure(Settings):
    """The graph of stages that a case walks, as data."""

    name: str
    "short name"
    title: str
    "what people call the procedure"
    description: str = ""
    "for readers"
    stages: Annotated[dict[str, Stage], Field(min_length=1)]
    "what a case goes through; by name"
    exits: Annotated[dict[str, str], Field(min_length=1)]
    "how a case can end, with a title"
    headline: Headline | None = None
    "the cases that headline indicators are of; all cases if not given"
    topics: list[str] = []
    "the topics there are; empty: any"
    complexity: Complexity = Complexity()
    "how effort differs between cases; all alike if not given"
    priority_weights: dict[int, Positive] = {}
    "weight of a priority when effort is shared; 1 where none is given"

    def headline_stages(self) -> list[str]:
        """The stages in which a case counts for headline indicators, in order; all if the procedure names none."""
        names = list(self.stages)
        return names[names.index(self.headline.stage) :] if self.headline else names


class Strand(Settings):
    """A group of grievances of one probe that goes its own way."""

    topic: str = ""
    "its topic; the probe's if not given"
    obligations: Positive | None = None
    "how many obligations of the law it concerns; an equal part of the probe's, at least 1, if not given"
    stage: str | None = None
    "stage in which it is on the first day; the probe's if not given"
    since: date | None = None
    "when that stage began; the probe's date if not given"


class Probe(Settings):
    """One case listed by name: it arrives on a date, or is in a stage since a date on or before the start."""

    stage: str
    "stage to which it comes, or in which it is on the first day"
    arrives: date | None = None
    "the day on which it comes, not before the start"
    since: date | None = None
    "when its present stage began: what remains is drawn given the time already spent"
    platform: str = ""
    "the service, a name of `platforms`; several with `;` between them"
    topic: str = ""
    "what it is about"
    origin: str = ""
    "what brought it about, for `when` and the event log"
    obligations: Positive = 1.0
    "how many obligations of the law it concerns, for its complexity"
    priority: Rank | None = None
    "instead of the stages' own: 0 before 1 before 2"
    strands: dict[str, Strand] = {}
    "into what it forks, or what is under way of it; by name"

    @model_validator(mode="after")
    def _one_date(self) -> "Probe":
        if (self.arrives is None) == (self.since is None):
            raise PydanticCustomError("date", "wants either arrives (a date) or since (under way since a date)")
        return self


class _Stream(Settings):
    """What the cases of one stream of arrivals have in common."""

    stage: str
    "stage to which the cases come"
    platforms: Shares = {"any": 1.0}
    "services with their weights"
    topics: Shares = {"any": 1.0}
    "topics with their weights"
    obligations: Value = Field(default=1.0, validate_default=True)
    "how many obligations of the law a case concerns, for its complexity"
    origin: str = ""
    "what brings the cases about, for `when` and the event log"
    priority: Rank | None = None
    "instead of the stages' own: 0 before 1 before 2"


class RandomArrivals(_Stream):
    """A Poisson process whose rate may change in time."""

    kind: Literal["random"]
    "cases at random times"
    per_year: Dated
    "expected cases a year (365 days), by date"


class Wave(_Stream):
    """Many cases on one day, one for each platform listed."""

    kind: Literal["wave"]
    "cases on one day; each platform has one, whatever its weight"
    on: date
    "the day, from the start to the horizon"


class RandomWaves(_Stream):
    """Waves at random times, of random size; the platforms of a wave are drawn without repetition."""

    kind: Literal["random_waves"]
    "waves at random times"
    per_year: Dated
    "expected waves a year (365 days), by date"
    size: Value
    "platforms in a wave; rounded, at least 1 and at most all"


AnyArrivals = Annotated[RandomArrivals | Wave | RandomWaves, Field(discriminator="kind")]


class InFlight(Settings):
    """What was pending on the first day, taken from the record as it was known on that day."""

    record: str
    "folder of the record, beside the scenario file"
    without: list[str] = []
    "pending cases of the record that are left out, by name, as if they had never been open"


class Platform(Settings):
    """A designated service and the company behind it."""

    provider: str
    "the company behind the service"
    sector: str = ""
    "for readers"
    turnover_eur_bn: NotNegative | None = None
    "worldwide annual turnover of the provider's group, EUR billion"


class Uncertain(Settings):
    """A parameter that is not known: drawn once per replication."""

    title: str = ""
    "what people call it"
    sets: OneOrMore | None = None
    "paths of settings that take the drawn number"
    scales: OneOrMore | None = None
    "paths of settings that are multiplied by it; * stands for every name"
    value: AnyDistribution
    "what it may be; as a factor if it `scales`"
    source: str = ""
    "where the numbers come from, for readers"

    @model_validator(mode="after")
    def _one_use(self) -> "Uncertain":
        if (self.sets is None) == (self.scales is None):
            raise PydanticCustomError("use", "wants either sets or scales, with the path of a setting")
        return self


class Target(Settings):
    """A duration that is promised or asked for: `milestone` (a stage or exit) reached within days of `of`."""

    milestone: str
    "stage or exit that is to be reached"
    of: str
    "stage from whose beginning (a case's first visit) the days count"
    within_days: Positive
    "calendar days"
    title: str = ""
    "what people call it; made from the rest if not given"


class Costs(Settings):
    """What people cost and who pays for them, for answers in euros. It changes nothing in the model."""

    fte_year_eur: Positive
    "euros for one person in a year"
    fee_eur_m: Positive | None = None
    "supervisory fee that platforms pay for a year, EUR million"


class Scenario(Settings):  # noqa: PLW1641 - it holds mappings, and so never had a hash
    """A question asked of the simulator: a procedure, staff, cases, what is uncertain, and for how long."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    "short name: letters, digits, `.`, `_` and `-`; the folder of its results begins with it"
    title: str = ""
    "what people call it"
    description: str = ""
    "what it is about, and why"
    question: str = ""
    "the question that it puts to whatever it is compared with, in the words of those who ask; reports answer it"
    start: date
    "the first day"
    horizon: date
    "the last day looked at; what is still pending then is censored"
    replications: Count
    "how often chance is played through"
    replications_per_draw: Count = 1
    "replications that share a draw of the uncertain parameters; from 2 on, chance and not-knowing can be told apart"
    seed: Annotated[int, Field(ge=0, lt=2**64), NOT_BOOLEAN]
    "of all random numbers, from 0 to below 2^64; another seed is other luck"
    procedure: Procedure
    "what a case goes through: name of a procedure, one built on it with `extends`, or a whole one"
    calendar: Calendar = Calendar()
    "how much of a year is worked"
    staffing: Annotated[dict[str, Pool], Field(min_length=1)]
    "who works on the cases; by role"
    in_flight: InFlight | None = None
    "the record of which what was pending on the first day is taken"
    pace_before_start: Annotated[float, Field(gt=0, le=1), NOT_BOOLEAN] = 1.0
    "speed of the work of cases already under way, before the first day, as a share of the speed with unlimited staff"
    probes: dict[str, Probe] = {}
    "cases listed one by one; by name"
    arrivals: dict[str, AnyArrivals] = {}
    "streams of further cases; by name"
    platforms: dict[str, Platform] = {}
    "known from the record if `in_flight` names one; entries here go before the record's"
    uncertain: dict[str, Uncertain] = {}
    "parameters that are not known, drawn once per replication; by name"
    targets: list[Target] = []
    "durations that are promised or asked for"
    costs: Costs | None = None
    "what people cost, for answers in euros"
    sources: dict[str, AnySource] = {}
    "where numbers come from; by path. Any block of a file may have `sources` for what is in it"

    _record_folder: Path | None = PrivateAttr(default=None)

    @property
    def record_folder(self) -> Path | None:
        """The folder of the record that its file named, for those who set another first day; None if there was none."""
        return self._record_folder

    def with_record_folder(self, folder: Path | None) -> "Scenario":
        """The same scenario, which remembers the folder of its record. It is no setting and changes no result."""
        scenario = self.model_copy()
        scenario._record_folder = folder
        return scenario

    def __eq__(self, other: object) -> bool:
        """Whether both say the same, wherever they have it from."""
        if not isinstance(other, Scenario):
            return False
        same_origin = other.model_copy(update={"sources": self.sources}).with_record_folder(self.record_folder)
        return super().__eq__(same_origin)

    def __repr__(self) -> str:
        said = f"{self.start} to {self.horizon}, {self.replications:,} replications, seed {self.seed}"
        title = f"{shorten(self.title, 100)}; " if self.title else ""
        return f"<Scenario {shorten(self.name, 80)}: {title}{said}>"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """A short table, for notebooks."""
        rows = {
            "scenario": self.name,
            "title": self.title,
            "dates": f"{self.start} to {self.horizon}",
            "replications": f"{self.replications:,}",
            "seed": str(self.seed),
            "staff": ", ".join(pool.title or role for role, pool in self.staffing.items()),
            "listed cases": f"{len(self.probes):,}",
        }
        cells = (f"<tr><th>{name}</th><td>{escape(shorten(value, 200))}</td></tr>" for name, value in rows.items())
        return f"<table>{''.join(cells)}</table>"

    @property
    def horizon_days(self) -> float:
        """Days from the start to the horizon."""
        return float(days_between(self.start, self.horizon))

    def replace(self, settings: Mapping[str, Any], name: str | None = None) -> "Scenario":
        """The scenario with other settings, validated again.

        Parameters
        ----------
        settings
            Values by dotted path, such as `{"staffing.legal.headcount": {"2027-01-01": 24}}`; a part of a path with
            dots of its own stands in quotes. A dict or list replaces the whole one at its path. What was pending on
            the first day stays as it was loaded: for another `start` load the file again with it.
        name
            A name of its own; without one it keeps name and title.

        Returns
        -------
        Scenario
            Another scenario; this one stays as it is.

        Raises
        ------
        UserError
            With all the errors, each with the path of its setting and what would be right.
        """
        from sim.scenario.loading import replace  # which reads files into what is declared here

        return replace(self, settings, name).with_record_folder(self.record_folder)


def shorten(text: str, width: int) -> str:
    """The beginning of a text in one line, at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
