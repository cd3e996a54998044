"""A scenario's assumptions on another first day, with what was public by then and nothing that came later.

Two scenarios are made of them. The forecast begins on the day of knowledge with what was in progress then. The past
begins with the first request or opening and ends on that day, so that its simulated record can be compared with the
real one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from sim.errors import UserError
from sim.inference import agreement
from sim.record.files import load_record
from sim.record.model import Record, RecordedStrand
from sim.record.spans import OPENED, REQUEST
from sim.scenario import checks
from sim.scenario.loading import load_undated, pending_probes, platforms_of
from sim.scenario.paths import expand, joined
from sim.scenario.schema import (
    AnyArrivals,
    Fork,
    Platform,
    Probe,
    Procedure,
    RandomArrivals,
    RandomWaves,
    Route,
    Routes,
    Scenario,
    Stage,
    Strand,
    Uncertain,
    Wave,
)

OPENINGS = "(opened)"
"""The exit of the past at which the openings that its requests lead to are counted: the real ones are scripted."""
ARRIVED = "(arrived)"
"""The stage of the past to which streams come that open proceedings by themselves."""
NOTHING = "(nothing)"
"""A service on which no case is: where uncertain parameters go that concern nothing on the day of a forecast."""

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Basis:
    """Assumptions without a first day, and the record that gives them one.

    `folder`: of the record; `file`: of the scenario, None where a `Scenario` was given; `given`: the whole scenario;
    `notes`: what does not fit of the record and the scenario.
    """

    scenario: Scenario
    record: Record
    folder: Path
    file: Path | None
    given: Scenario
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What messages call the scenario."""
        return str(self.file or self.scenario.name)

    def check_day(self, day: date, option: str) -> None:
        """Raise UserError for a day that the record does not cover."""
        last = self.record.last_day
        if day > last:
            raise UserError(
                f"{option} {day}: the record in {self.folder} ends on {last}; choose that day or an earlier one"
            )


def load_basis(scenario: Scenario | Path | str, record: Path | str | None = None) -> Basis:
    """The assumptions of a scenario, and the record that it names or the one in the folder `record`.

    Cases that the scenario lists itself, or leaves out, do not matter: the record has them.

    Raises
    ------
    UserError
        For a bad file or record, where neither names a record, and where the procedure has no stage for an opening or
        for findings.
    """
    file = None if isinstance(scenario, Scenario) else Path(scenario)
    given, named = (scenario, scenario.record_folder) if isinstance(scenario, Scenario) else load_undated(scenario)
    label = str(file or given.name)
    if record is None and named is None:
        raise UserError(f"{label}: names no record (in_flight); give one with --record FOLDER")
    folder = Path(record or named or "")
    known = load_record(folder)
    agreement.check_stages(given, label)
    undated = given if file else _undated(given, known)
    notes = tuple(agreement.notes(known, undated))
    # Without a posterior: that of a later day knows what the forecasts of an earlier one must not.
    assumed = undated.model_copy(update={"probes": {}, "posterior": None})
    return Basis(assumed, agreement.fitting(known, given), folder, file, given, notes)


def _undated(scenario: Scenario, record: Record) -> Scenario:
    """A scenario without what it took from the record on its own first day.

    Services that were designated later than the day of a forecast would be known in it otherwise; those known then come
    again from the record.
    """
    recorded = platforms_of(record.known_on(scenario.start))
    own = {name: platform for name, platform in scenario.platforms.items() if recorded.get(name) != platform}
    return scenario.model_copy(update={"platforms": own})


def stages_of(scenario: Scenario) -> dict[str, str]:
    """The stage of each event of the record that is a milestone."""
    return {stage.record_event: name for name, stage in scenario.procedure.stages.items() if stage.record_event}


def stages_from(scenario: Scenario, stage: str) -> list[str]:
    """A stage and those to which cases come from it."""
    stages, reachable = scenario.procedure.stages, [stage]
    for name in reachable:
        routes = [stages[name].next, *(special.next for special in stages[name].next_when)]
        targets = [route.to or key for group in routes for key, route in group.items()]
        reachable += [t for t in dict.fromkeys(targets) if t in stages and t not in reachable]
    return reachable


def forecast_scenario(basis: Basis, as_of: date, horizon: date, draws: int) -> Scenario:
    """The scenario that begins on a day with what was in progress, from what was public by the end of it."""
    known = basis.record.known_on(as_of)
    scenario = _applicable(_with_pending(_dated(basis, known, as_of, as_of, horizon, draws), known))
    problems = checks.problems(scenario)  # the file was checked when it was read; the record can make it wrong again
    if problems:
        raise UserError(*(f"{basis.name} on {as_of}: {finding.message}" for finding in problems))
    return scenario


def past_scenario(basis: Basis, as_of: date, draws: int) -> Scenario:
    """The scenario from the first request or opening to a day, with every opening of the record on its day.

    Openings are conditioned on rather than simulated, so that the simulated strands are those of the record. Requests
    arrive at random and take their staff, and where they lead to an opening the work of opening is done; but the case
    then ends at `OPENINGS`, where it is counted.

    Raises
    ------
    UserError
        If no proceedings were open before the day.
    """
    known = basis.record.known_on(as_of)
    if not known.strands:
        raise UserError(f"no proceedings had been opened by {as_of}; there is nothing to calibrate on")
    if min(strand.opened for strand in known.strands) >= as_of:
        raise UserError(f"the first proceedings were opened on {as_of}; there is nothing to calibrate on yet")
    start = first_day(known)
    scenario = _with_pending(_dated(basis, known, as_of, start, as_of, draws), known)
    opened = stages_of(scenario)[OPENED]
    later = _scripted([strand for strand in known.strands if strand.opened > start], opened)
    arrivals = {
        name: stream.model_copy(update={"stage": ARRIVED}) if stream.stage == opened else stream
        for name, stream in scenario.arrivals.items()
    }
    past = scenario.model_copy(
        update={
            "name": f"{scenario.name}-past",
            "probes": {**scenario.probes, **later},
            "arrivals": arrivals,
            "procedure": _diverted(scenario.procedure, opened),
            "targets": [],  # of stages that the past may not have
        }
    )
    return _applicable(past)


def _applicable(scenario: Scenario) -> Scenario:
    """The scenario whose uncertain parameters concern only settings that it has.

    A rate from a later day on, a listed case or a wave are not known on the day of a forecast. Their parameters are
    drawn all the same, because the draws of the past and of the future must be the same; the value goes to `NOTHING`.
    """
    changed: dict[str, Uncertain] = {}
    for name, parameter in scenario.uncertain.items():
        word = "sets" if parameter.sets else "scales"
        written = parameter.sets or parameter.scales or []
        found = [path for path in written if _has(scenario, path)]
        if not found:
            nowhere = joined(("platforms", NOTHING, "turnover_eur_bn"))
            changed[name] = parameter.model_copy(update={"sets": [nowhere], "scales": None})
        elif found != written:
            changed[name] = parameter.model_copy(update={word: found})
    update: dict[str, Any] = {"uncertain": {**scenario.uncertain, **changed}}
    if any(parameter.sets and NOTHING in parameter.sets[0] for parameter in changed.values()):
        update["platforms"] = {**scenario.platforms, NOTHING: Platform(provider=NOTHING, turnover_eur_bn=0.0)}
    return scenario.model_copy(update=update) if changed else scenario


def _has(scenario: Scenario, path: str) -> bool:
    try:
        expand(scenario, path)
    except KeyError:
        return False
    return True


def first_day(known: Record) -> date:
    """The day on which enforcement begins in a record: of its first request for information or opening."""
    return min(act.date for act in known.acts if act.event in (REQUEST, OPENED))


def _dated(basis: Basis, known: Record, as_of: date, start: date, horizon: date, draws: int) -> Scenario:
    """The assumptions from a start to a horizon, as they were known on a day."""
    scenario = basis.scenario
    staffing = {
        role: pool.model_copy(
            update={name: known_by(getattr(pool, name), as_of) for name in ("headcount", "casework_share")}
        )
        for role, pool in scenario.staffing.items()
    }
    update: dict[str, Any] = {
        "start": start,
        "horizon": horizon,
        "replications": draws,
        "replications_per_draw": 1,
        "platforms": {**platforms_of(known), **scenario.platforms},
        "procedure": _with_topics(scenario.procedure, known),
        "staffing": staffing,
        "arrivals": _streams(scenario, known, start, as_of),
    }
    return scenario.model_copy(update=update)


def known_by(dated: Mapping[date, Number], day: date) -> dict[date, Number]:
    """A dated table without what is later than a day; the first entry stays, since it holds for all time before it."""
    first = min(dated)
    return {when: value for when, value in dated.items() if when <= day or when == first}


def _with_topics(procedure: Procedure, known: Record) -> Procedure:
    """The procedure with the topics of the record beside its own, if it lists any."""
    recorded = [act.topic for act in known.acts if act.event in (REQUEST, OPENED)]
    recorded += [topic for strand in known.strands for topic in strand.topics]
    topics = list(dict.fromkeys([*procedure.topics, *recorded])) if procedure.topics else []
    return procedure.model_copy(update={"topics": topics})


def _streams(scenario: Scenario, known: Record, start: date, as_of: date) -> dict[str, AnyArrivals]:
    """The arrivals, with the rates known on the day, to the services known then; waves on their own days.

    A stream to services of which the record knows none comes to all that it knows, with equal weights.
    """
    streams: dict[str, AnyArrivals] = {}
    services = {*known.platforms, *scenario.platforms}
    for name, stream in scenario.arrivals.items():
        shares = {p: share for p, share in stream.platforms.items() if p in services or p == "any"}
        if isinstance(stream, Wave):
            if shares and start < stream.on <= as_of:
                streams[name] = stream.model_copy(update={"platforms": shares})
            continue
        shares = shares or dict.fromkeys(known.platforms, 1.0)
        assert isinstance(stream, (RandomArrivals, RandomWaves))
        rates = known_by(stream.per_year, as_of)
        streams[name] = stream.model_copy(update={"platforms": shares, "per_year": rates})
    return streams


def _with_pending(scenario: Scenario, known: Record) -> Scenario:
    try:
        return scenario.model_copy(update={"probes": pending_probes(scenario, known)})
    except KeyError as error:
        raise UserError(f"{scenario.name} on {scenario.start}: {error.args[0]}") from None


def _scripted(strands: list[RecordedStrand], stage: str) -> dict[str, Probe]:
    """Proceedings that arrive on the day of their opening, with their strands."""
    probes: dict[str, Probe] = {}
    for strand in strands:
        common: dict[str, Any] = {"topic": strand.topics[0], "obligations": len(set(strand.articles)) or 1}
        before = probes.get(strand.proceeding)
        so_far = {**(before.strands if before else {}), strand.strand: Strand(**common)}
        probes[strand.proceeding] = Probe(
            stage=stage, arrives=strand.opened, platform=strand.platform, strands=so_far, **common
        )
    return probes


def _diverted(procedure: Procedure, opened: str) -> Procedure:
    """The procedure whose routes to an opening end at `OPENINGS`, after their steps.

    The strands of a record move by themselves from the opening on, wherever the procedure has its fork, if it has one.
    """

    def divert(routes: Routes) -> Routes:
        return {
            name: route.model_copy(update={"to": OPENINGS}) if (route.to or name) == opened else route
            for name, route in routes.items()
        }

    stages = {
        name: stage.model_copy(
            update={
                "next": divert(stage.next),
                "next_when": [special.model_copy(update={"next": divert(special.next)}) for special in stage.next_when],
            }
        )
        for name, stage in procedure.stages.items()
    }
    if stages[opened].fork is None:
        stages[opened] = stages[opened].model_copy(update={"fork": Fork(strands={1: 1.0})})
    stages[ARRIVED] = Stage(title="Opened by itself", next={OPENINGS: Route(probability=1.0)})
    return procedure.model_copy(update={"stages": stages, "exits": {**procedure.exits, OPENINGS: "Opened"}})
