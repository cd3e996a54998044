"""The language of scenario files: procedures, staff, arrivals, the state on the first day, uncertain parameters.

This module defines what a file may contain. The engine knows no stage, role or outcome by name: they are the keys of
these mappings. Times are in days unless a name says otherwise.
"""

from collections.abc import Mapping
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from sim.dates import days_between
from sim.scenario import bounds
from sim.scenario.distributions import AnyDistribution, Distribution, Value
from sim.scenario.joint_draws import JointDraws, read_draws
from sim.scenario.settings import (
    DISTINCT,
    NOT_BOOLEAN,
    Count,
    Day,
    Flag,
    NotNegative,
    Positive,
    Probability,
    Rank,
    Settings,
    as_written,
)
from sim.scenario.sources import AnySource
from sim.scenario.staffing import Calendar, Dated, Pool

Reason = Literal["party", "procedure", "hold", "dormancy"]
REASONS: tuple[Reason, ...] = ("party", "procedure", "hold", "dormancy")
"""Why a case waits without staff: the party's time, the procedure's own time, a hold from outside, dormancy."""

Shares = Annotated[dict[str, Positive], Field(min_length=1, max_length=bounds.PLATFORMS.count)]
"""Names with their weights; the weights need not add to one."""

OneOrMore = Annotated[
    list[str],
    BeforeValidator(lambda v: [v] if isinstance(v, str) else v, json_schema_input_type=str | list[str]),
    Field(min_length=1),
]
Visits = Annotated[
    list[Count],
    BeforeValidator(lambda v: [v] if isinstance(v, int) else v, json_schema_input_type=int | list[int]),
    Field(min_length=1),
]


LOADING = "sim.scenario.loading"
"""What reads and checks settings, and fills in what is declared here: so it is asked for by name, not imported."""


class When(Settings):
    """Which cases something applies to: every setting given must hold, and it holds if one of its values does."""

    topic: OneOrMore | None = None
    "topics of the case"
    platform: OneOrMore | None = None
    "services; a case on several services is on each of them"
    provider: OneOrMore | None = None
    "companies behind the service, as named in `platforms`"
    origin: OneOrMore | None = None
    "what prompted the case, as given by its probe or stream"
    visit: Visits | None = None
    "number of the visit to the stage; the last one given stands for later ones too: so 1 is every visit"

    @model_validator(mode="after")
    def _some_condition(self) -> "When":
        if all(getattr(self, name) is None for name in type(self).model_fields):
            raise PydanticCustomError("condition", "needs a condition: topic, platform, provider, origin or visit")
        return self


class Effort(Settings):
    """Work that shares the available staff: an amount per role, done in parallel, more slowly when many cases compete.

    The step ends when all roles are done, but not before `at_least` days have passed.
    """

    step: Literal["effort"]
    "work that shares the available staff"
    fte_days: Annotated[dict[str, Value], Field(min_length=1)]
    "FTE-days of work by role, before complexity and `scale`"
    scale: Value = Field(default=1.0, validate_default=True)
    "one draw that multiplies the work of all roles (a hard case is hard for everybody)"
    most_fte: dict[str, Positive] = {}
    "people of a role who can usefully work on it at once; no limit if not given"
    at_least: Value | None = None
    "days that the step takes even with unlimited staff"
    probability: Probability = 1.0
    "probability that the step is needed, 0 to 1; otherwise it is skipped"
    when: When | None = None
    "only cases like this take the step; the others skip it"


class Team(Settings):
    """A fixed team: the step waits until all of it is free, occupies it for a number of days, and releases it."""

    step: Literal["team"]
    "work of a fixed team"
    fte: Annotated[
        dict[str, Annotated[float, Field(ge=0.001, le=bounds.NUMBER.most, allow_inf_nan=False), NOT_BOOLEAN]],
        Field(min_length=1),
    ]
    "people (FTE) by role, at least 0.001 of each"
    days: Value
    "days for which the team is occupied"
    probability: Probability = 1.0
    "probability that the step is needed, 0 to 1; otherwise it is skipped"
    when: When | None = None
    "only cases like this take the step; the others skip it"


class Wait(Settings):
    """Time that needs no staff, and why."""

    step: Literal["wait"]
    "time that needs no staff"
    reason: Reason
    "why: the party's time, the procedure's own time, a hold from outside, or dormancy"
    days: Value | None = None
    "length in calendar days"
    working_days: Value | None = None
    "length in working days (Monday to Friday except `holidays`), instead of `days`"
    probability: Probability = 1.0
    "probability that there is a wait, 0 to 1; otherwise it is skipped"
    when: When | None = None
    "only cases like this wait; the others skip it"

    @model_validator(mode="after")
    def _one_length(self) -> "Wait":
        if (self.days is None) == (self.working_days is None):
            raise PydanticCustomError("length", "needs either days or working_days")
        return self


AnyStep = Annotated[Effort | Team | Wait, Field(discriminator="step")]
Steps = Annotated[dict[str, AnyStep], Field(max_length=bounds.STEPS.count)]


def _route(value: Any) -> Any:
    if value == "rest":
        return {}
    if isinstance(value, (str, bool)) or value is None:
        raise PydanticCustomError(
            "route", f"must be a probability, 'rest' or the settings of a route, not {as_written(value)}"
        )
    return {"probability": value} if isinstance(value, (int, float)) else value


class Route(Settings):
    """Where a case goes from a stage: to which stage or exit, with what probability, after which further steps."""

    to: str | None = None
    "the stage or exit; the name of the route if not given"
    probability: Probability | None = None
    "share of all cases; one route of a stage may have neither this nor `of_rest` and takes what the others leave"
    of_rest: Probability | None = None
    "share of the cases that take none of the routes before it, instead of `probability`; such shares never exceed 1"
    steps: Steps = {}
    "what is done only on this route, after the stage's own steps, in order; by name"
    silent: Flag = False
    "whether it is not made public; a case of the record without a further act may have taken this route"

    @model_validator(mode="after")
    def _one_share(self) -> "Route":
        if self.probability is not None and self.of_rest is not None:
            message = (
                "needs either probability or of_rest, not both: write null for the one that an extended file gives"
            )
            raise PydanticCustomError("share", message)
        return self


Routes = Annotated[
    dict[str, Annotated[Route, BeforeValidator(_route, json_schema_input_type=float | Literal["rest"] | Route)]],
    Field(min_length=1),
]


class RoutesFor(Settings):
    """Different routes for some cases."""

    when: When
    "the cases"
    next: Routes
    "their routes, which replace all those of the stage"


class Limit(Settings):
    """A limit on the cases in this stage (and the stages `including`) at once; others queue to enter.

    A case that forks where it counts goes on to count once, until its last strand has left. Strands of a case that
    forked before count one by one: each comes and queues by itself.
    """

    cases: Count
    "the most cases at once, at least 1"
    including: list[str] = []
    "further stages in which a case still counts"


class Fork(Settings):
    """On entering the stage a case splits into strands, each of which proceeds on its own."""

    strands: Annotated[
        dict[Annotated[int, Field(ge=1, le=bounds.STRANDS.count)], Positive], Field(min_length=1), DISTINCT
    ]
    "weight of each number of strands, for cases that do not list their own"


class Fine(Settings):
    """A fine imposed on entering the stage, as a share of the provider's worldwide turnover."""

    share_of_turnover: Value
    "share of the provider's worldwide annual turnover, 0.06 for 6%"
    most: Probability
    "the cap, as a share of turnover"


class Stage(Settings):
    """The time from one milestone to the next."""

    title: str
    "title of the stage, for readers"
    milestone: str = ""
    "the public act with which the stage begins"
    legal_basis: str = ""
    "the article of the law, for readers"
    record_event: str | None = None
    "the event of the public record that marks this milestone, one of those in record.md; for one stage only"
    resolved: Flag = False
    "whether a case in this stage counts as resolved (further work occupies staff, but the case is not pending)"
    priority: Rank = 0
    "order in which teams are served: 0 before 1 before 2; a case's own priority overrides it"
    limit: Limit | None = None
    "how many cases may be in it at once; no limit if not given"
    fork: Fork | None = None
    "into how many strands a case splits; none if not given"
    fine: Fine | None = None
    "a fine imposed in this stage"
    steps: Steps = {}
    "what is done, in order; by name"
    next: Routes
    "routes out of the stage: the name of a stage or exit (or any name, with `to`) and its probability"
    next_when: list[RoutesFor] = []
    "routes for some cases; the first that applies replaces `next`"


class Complexity(Settings):
    """How effort varies between cases: effort_scale x (obligations / reference) ** elasticity x topic x platform."""

    effort_scale: Positive = 1.0
    "factor of all effort"
    reference_obligations: Positive = 1.0
    "number of obligations for which the procedure's effort is given"
    elasticity: Annotated[float, Field(ge=0, le=bounds.ELASTICITY.most, allow_inf_nan=False), NOT_BOOLEAN] = 0.0
    "0: the number of obligations does not matter; 1: effort is proportional to it"
    topics: dict[str, Positive] = {}
    "factor of effort by topic; 1 if not given"
    platforms: dict[str, Positive] = {}
    "factor of effort by platform; 1 if not given"


class Headline(Settings):
    """The cases that people mean when they speak of the procedure: those from a stage on.

    Headline indicators (in progress, incoming, resolved, ...) are of these; cases before are counted by themselves.
    """

    stage: str
    "the first stage in which a case counts; it also counts in the stages after it in the file"
    title: str
    "title of such cases, in the plural"
    before: str = ""
    "title of cases in the stages before it, in the plural; required if there are such stages"


class Procedure(Settings):
    """The stages of a case and the routes between them."""

    name: str
    "short name"
    title: str
    "title of the procedure, for readers"
    description: str = ""
    "for readers"
    stages: Annotated[dict[str, Stage], Field(min_length=1, max_length=bounds.STAGES.count)]
    "the stages of a case; by name"
    exits: Annotated[dict[str, str], Field(min_length=1, max_length=bounds.STAGES.count)]
    "how a case can end: names with titles"
    headline: Headline | None = None
    "the cases to which headline indicators refer; all if not given"
    topics: list[str] = []
    "the possible topics; any if empty"
    shared: Flag = False
    """whether it is meant for several scenarios, and may name platforms, providers, topics, origins and priorities that
    one of them lacks; a procedure in a file of its own always is"""
    complexity: Complexity = Complexity()
    "how effort varies between cases; it does not if not given"
    priority_weights: Annotated[
        dict[
            Annotated[int, Field(ge=0, le=bounds.PRIORITY.count)],
            Annotated[float, Field(gt=0, allow_inf_nan=False), NOT_BOOLEAN],
        ],
        DISTINCT,
    ] = {}
    "weight of each priority when staff is shared; 1 if not given"

    def headline_stages(self) -> list[str]:
        """The stages in which a case counts for headline indicators, in order; all if the procedure names none."""
        names = list(self.stages)
        return names[names.index(self.headline.stage) :] if self.headline else names


class Strand(Settings):
    """A group of grievances of one probe that proceeds on its own."""

    topic: str = ""
    "its topic; the probe's if not given"
    obligations: Positive | None = None
    "number of legal obligations concerned; an equal part of the probe's, at least 1, if not given"
    stage: str | None = None
    "its stage on the first day, if the probe is in progress; the probe's if not given"
    since: Day | None = None
    "when that stage began, if the probe is in progress; the probe's date if not given"


class Probe(Settings):
    """One case listed by name: it arrives on a date, or has been in a stage since a date on or before the start."""

    stage: str
    "the stage in which it arrives, or is on the first day"
    arrives: Day | None = None
    "the day on which it arrives, not before the start"
    since: Day | None = None
    "when its present stage began; the rest of the stage is drawn given the time already spent"
    platform: str = ""
    "the service, as named in `platforms`; several are separated by `;`"
    topic: str = ""
    "its topic"
    origin: str = ""
    "what prompted it, for `when` and the event log"
    obligations: Positive = 1.0
    "number of legal obligations concerned, for its complexity"
    priority: Rank | None = None
    "overrides that of the stages: 0 before 1 before 2"
    strands: dict[str, Strand] = {}
    """the strands into which it has forked if it is in progress, or forks in the first stage with a `fork`, or as it
    arrives if it comes to no such stage; by name"""

    @model_validator(mode="after")
    def _one_date(self) -> "Probe":
        if (self.arrives is None) == (self.since is None):
            raise PydanticCustomError("date", "needs either arrives (a date) or since (in progress since a date)")
        return self


class _Stream(Settings):
    """Settings that the cases of one stream of arrivals share."""

    stage: str
    "the stage in which the cases arrive"
    platforms: Shares = {"any": 1.0}
    "services with their weights"
    topics: Shares = {"any": 1.0}
    "topics with their weights"
    obligations: Value = Field(default=1.0, validate_default=True)
    "number of legal obligations that a case concerns, for its complexity"
    origin: str = ""
    "what prompts the cases, for `when` and the event log"
    priority: Rank | None = None
    "overrides that of the stages: 0 before 1 before 2"


class RandomArrivals(_Stream):
    """A Poisson process whose rate may change over time."""

    kind: Literal["random"]
    "cases at random times"
    per_year: Dated
    "expected cases a year (365 days), by date"


class Wave(_Stream):
    """Many cases on one day, one for each platform listed."""

    kind: Literal["wave"]
    "cases on one day, one for each platform whatever its weight"
    on: Day
    "the day, from the start to the horizon"


class RandomWaves(_Stream):
    """Waves at random times and of random size; the platforms of a wave are drawn without replacement."""

    kind: Literal["random_waves"]
    "waves at random times"
    per_year: Dated
    "expected waves a year (365 days), by date"
    size: Value
    "number of platforms in a wave; rounded, at least 1 and at most all"


AnyArrivals = Annotated[RandomArrivals | Wave | RandomWaves, Field(discriminator="kind")]


class InFlight(Settings):
    """The cases pending on the first day, taken from the record as it was known on that day."""

    record: str
    "folder of the record, relative to the scenario file"
    without: list[str] = []
    "pending cases of the record to leave out, by name, as if they had never been opened"


class Platform(Settings):
    """A designated service and the company behind it."""

    provider: str
    "the company behind the service"
    sector: str = ""
    "for readers"
    turnover_eur_bn: NotNegative | None = None
    "worldwide annual turnover of the provider's group, EUR billion"


class Uncertain(Settings):
    """An uncertain parameter: its value is drawn once per replication, or once for `replications_per_draw` of them."""

    title: str = ""
    "title, for readers"
    sets: OneOrMore | None = None
    "paths of the settings that take the drawn value"
    scales: OneOrMore | None = None
    "paths of the settings that are multiplied by the drawn value; * stands for every name"
    value: AnyDistribution
    "distribution of its value; of a factor if it `scales`"
    source: str = ""
    "where the value comes from, in words; better given as `sources`, with a basis"

    @model_validator(mode="after")
    def _one_use(self) -> "Uncertain":
        if (self.sets is None) == (self.scales is None):
            raise PydanticCustomError("use", "needs either sets or scales, with the path of a setting")
        return self


class Target(Settings):
    """A target for a duration: `milestone` (a stage or exit) is reached within so many days of `of`."""

    milestone: str
    "the stage or exit to be reached"
    of: str
    "the stage from whose beginning (on a case's first visit) days are counted"
    within_days: Positive
    "calendar days"
    title: str = ""
    "title, for readers; made from the other settings if not given"


class Costs(Settings):
    """What staff costs and who pays for it, for answers in euros. Changes nothing in the model."""

    fte_year_eur: Positive
    "cost of one person for a year, in euros"
    fee_eur_m: Positive | None = None
    "supervisory fees that platforms pay for a year, EUR million"


class Scenario(Settings):  # noqa: PLW1641 - it holds mappings, and so never had a hash
    """A question put to the simulator: a procedure, staff, cases, uncertain parameters and a period."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    "short name: letters, digits, `.`, `_` and `-`; the folder of its results begins with it"
    title: str = ""
    "title, for readers"
    description: str = ""
    "what the scenario is about, and why"
    question: str = ""
    "the question that it asks: it begins all that is shown of it"
    answer: Literal["tracked", "targets", "caseload", "work"] | None = None
    """which number answers the question: when tracked cases are resolved (`tracked`), how often targets are met
    (`targets`), how many cases are in progress at the horizon (`caseload`), or how many people work on cases (`work`);
    by default tracked cases, and the caseload if there are none"""
    start: Day
    "the first day"
    horizon: Day
    "the last day simulated; cases still pending then are censored"
    replications: Annotated[int, Field(ge=1, le=bounds.REPLICATIONS.count), NOT_BOOLEAN]
    "number of replications"
    replications_per_draw: Count = 1
    "replications that share one draw of the uncertain parameters; 2 or more separate the two kinds of uncertainty"
    seed: Annotated[int, Field(ge=0, lt=2**64), NOT_BOOLEAN]
    "seed of all random numbers, from 0 to below 2^64"
    procedure: Procedure
    "the stages of a case: the name of a procedure, one built on it with `extends`, or a whole one"
    calendar: Calendar = Calendar()
    "how much of a year is worked"
    staffing: Annotated[dict[str, Pool], Field(min_length=1, max_length=bounds.ROLES.count)]
    "the staff, by role"
    in_flight: InFlight | None = None
    "the record from which the cases pending on the first day are taken"
    pace_before_start: Annotated[float, Field(ge=0.001, le=1), NOT_BOOLEAN] = 1.0
    "speed of work before the first day on cases in progress, as a share of that with unlimited staff"
    probes: Annotated[dict[str, Probe], Field(max_length=bounds.PROBES.count)] = {}
    "cases listed individually; by name"
    arrivals: Annotated[dict[str, AnyArrivals], Field(max_length=bounds.STREAMS.count)] = {}
    "streams of further cases; by name"
    platforms: Annotated[dict[str, Platform], Field(max_length=bounds.PLATFORMS.count)] = {}
    "services; taken from the record if `in_flight` names one, but what is given here overrides it"
    uncertain: Annotated[dict[str, Uncertain], Field(max_length=bounds.UNCERTAIN.count)] = {}
    "uncertain parameters, drawn once per replication; by name"
    posterior: Annotated[JointDraws, BeforeValidator(read_draws, json_schema_input_type=str)] | None = None
    """CSV file with joint draws of uncertain parameters, which take the place of their `value`: a column for each
    parameter, a row for each draw, such as `sim calibrate` writes"""
    targets: Annotated[list[Target], Field(max_length=bounds.TARGETS.count)] = []
    "targets for durations"
    costs: Costs | None = None
    "what staff costs, for answers in euros"
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
        """Whether both have the same settings, wherever their numbers come from."""
        if not isinstance(other, Scenario):
            return False
        same_origin = other.model_copy(update={"sources": self.sources}).with_record_folder(self.record_folder)
        return super().__eq__(same_origin)

    def __repr__(self) -> str:
        run = f"{self.start} to {self.horizon}, {self.replications:,} replications, seed {self.seed}"
        title = f"{shorten(self.title, 100)}; " if self.title else ""
        return f"<Scenario {shorten(self.name, 80)}: {title}{run}>"

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

    def margin(self, parameter: str) -> Distribution:
        """The distribution of an uncertain parameter by itself: of its joint draws, or its `value` if it has none."""
        draws = self.posterior
        return draws.margin(parameter) if draws and parameter in draws.columns else self.uncertain[parameter].value

    @property
    def notes(self) -> list[str]:
        """What is legal in the scenario but hardly meant, each with the path of its setting; `sim run` prints it."""
        found: list[str] = import_module(LOADING).notes(self)
        return found

    def replace(self, settings: Mapping[str, Any], name: str | None = None) -> "Scenario":
        """The scenario with other settings, validated again.

        Parameters
        ----------
        settings
            Values by dotted path, such as `{"staffing.legal.headcount": {"2026-01-01": 16, "2027-01-01": 24}}`; a part
            of a path with dots of its own stands in quotes. A dict or list replaces the whole one at its path, and the
            first value by date holds before its date, too. What was pending on the first day stays as it was loaded:
            for another `start` load the file again with it.
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
        loading = import_module(LOADING)
        changed: Scenario = loading.replace(self, settings, name)
        return changed.with_record_folder(self.record_folder)


def shorten(text: str, width: int) -> str:
    """The beginning of a text in one line, at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
