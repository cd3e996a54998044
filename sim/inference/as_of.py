"""A scenario's assumptions on another first day, with what was public by a day and nothing that came later.

Two scenarios are made of it: the forecast, which begins on that day with what was pending, and the past, which begins
with the first request or opening and ends on that day, so that its simulated record can be held against the real one.
Dated assumptions (headcounts, rates) later than the day are dropped: the last one before it stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from sim.errors import UserError
from sim.record.files import load_record
from sim.record.model import Record, Strand
from sim.scenario import checks
from sim.scenario.loading import load_undated, pending_probes, platforms_of
from sim.scenario.schema import (
    AnyArrivals,
    Probe,
    Procedure,
    RandomArrivals,
    RandomWaves,
    Route,
    Routes,
    Scenario,
    Stage,
    Wave,
)
from sim.scenario.schema import Strand as ListedStrand

OPENED = "proceedings_opened"
FINDINGS = "preliminary_findings"
OPENINGS = "(opened)"
"""The exit of the past at which the openings that its requests lead to are counted: the real ones are scripted."""
ARRIVED = "(arrived)"
"""The stage of the past to which streams come that open proceedings by themselves."""

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Basis:
    """Assumptions without a first day, the record that gives it one, and where both were read."""

    scenario: Scenario
    record: Record
    file: Path
    folder: Path


def load_basis(file: Path | str, record: Path | str | None = None) -> Basis:
    """A scenario file's assumptions and the record that it names, or the one in the folder `record`.

    Cases that the file lists itself, or leaves out, do not matter: the record says what there was. Raises UserError for
    a bad file or record, where neither names a record, and where the procedure has no stage for an opening or for
    findings.
    """
    scenario, named = load_undated(file)
    if record is None and named is None:
        raise UserError(f"{file}: names no record (in_flight); say which one with --record FOLDER")
    folder = Path(record or named or "")
    basis = Basis(scenario.model_copy(update={"probes": {}}), load_record(folder), Path(file), folder)
    for event in (OPENED, FINDINGS):
        if event not in stages_of(scenario):
            raise UserError(f"{file}: no stage of the procedure has record_event: {event}")
    return basis


def stages_of(scenario: Scenario) -> dict[str, str]:
    """The stage of each event of the record that is a milestone."""
    return {stage.record_event: name for name, stage in scenario.procedure.stages.items() if stage.record_event}


def after(scenario: Scenario, stage: str) -> list[str]:
    """A stage and those to which cases come from it."""
    stages, found = scenario.procedure.stages, [stage]
    for name in found:
        routes = [stages[name].next, *(special.next for special in stages[name].next_when)]
        targets = [route.to or key for group in routes for key, route in group.items()]
        found += [t for t in dict.fromkeys(targets) if t in stages and t not in found]
    return found


def forecast_scenario(basis: Basis, day: date, horizon: date, draws: int) -> Scenario:
    """The scenario that begins on a day with what was pending, from what was public by the end of it."""
    known = basis.record.known_on(day)
    scenario = _dated(basis, known, day, day, horizon, draws)
    return _checked(basis, _with_pending(scenario, known))


def past_scenario(basis: Basis, day: date, draws: int) -> Scenario:
    """The scenario from the first request or opening to a day, with every opening of the record on its day.

    Requests arrive at random and take their staff, and where they lead to an opening the work of opening is done; but
    the case then ends at `OPENINGS`, where it is counted. Raises UserError if no proceedings were open by the day.
    """
    known = basis.record.known_on(day)
    if not known.strands:
        raise UserError(f"no proceedings had been opened by {day}; there is nothing to calibrate on")
    if min(strand.opened for strand in known.strands) >= day:
        raise UserError(f"the first proceedings were opened on {day}; there is nothing to calibrate on yet")
    start = first_day(known)
    scenario = _with_pending(_dated(basis, known, day, start, day, draws), known)
    opened = stages_of(scenario)[OPENED]
    later = _scripted([strand for strand in known.strands if strand.opened > start], opened)
    arrivals = {
        name: stream.model_copy(update={"stage": ARRIVED}) if stream.stage == opened else stream
        for name, stream in scenario.arrivals.items()
    }
    return scenario.model_copy(
        update={
            "name": f"{scenario.name}-past",
            "probes": {**scenario.probes, **later},
            "arrivals": arrivals,
            "procedure": _diverted(scenario.procedure, opened),
            "targets": [],
        }
    )


def first_day(known: Record) -> date:
    """The day on which enforcement begins in a record: of its first request for information or opening."""
    return min(act.date for act in known.acts if act.event in ("rfi", OPENED))


def _dated(basis: Basis, known: Record, day: date, start: date, horizon: date, draws: int) -> Scenario:
    """The assumptions from a start to a horizon, as they were known on a day."""
    scenario = basis.scenario
    platforms = {**platforms_of(known), **scenario.platforms}
    said: dict[str, Any] = {
        "start": start,
        "horizon": horizon,
        "replications": draws,
        "replications_per_draw": 1,
        "platforms": platforms,
        "procedure": _with_topics(scenario.procedure, known),
        "staffing": {
            role: pool.model_copy(
                update={
                    "headcount": until(pool.headcount, day),
                    "casework_share": until(pool.casework_share, day),
                }
            )
            for role, pool in scenario.staffing.items()
        },
        "arrivals": _streams(scenario, known, start, day),
    }
    return scenario.model_copy(update=said)


def until(dated: Mapping[date, Number], day: date) -> dict[date, Number]:
    """A dated table without what is later than a day; the first entry stays, since it holds for all time before it."""
    first = min(dated)
    return {when: value for when, value in dated.items() if when <= day or when == first}


def _with_topics(procedure: Procedure, known: Record) -> Procedure:
    """The procedure with the topics of the record beside its own, if it lists any."""
    said = [act.topic for act in known.acts if act.event in ("rfi", OPENED)]
    said += [topic for strand in known.strands for topic in strand.topics]
    topics = list(dict.fromkeys([*procedure.topics, *said])) if procedure.topics else []
    return procedure.model_copy(update={"topics": topics})


def _streams(scenario: Scenario, known: Record, start: date, day: date) -> dict[str, AnyArrivals]:
    """The arrivals, with the rates known on the day, to the services known then; waves on their own days.

    A stream to services of which the record knows none comes to all that it knows, with equal weights.
    """
    found: dict[str, AnyArrivals] = {}
    services = {*known.platforms, *scenario.platforms}
    for name, stream in scenario.arrivals.items():
        shares = {p: share for p, share in stream.platforms.items() if p in services or p == "any"}
        if isinstance(stream, Wave):
            if shares and start < stream.on <= day:
                found[name] = stream.model_copy(update={"platforms": shares})
            continue
        shares = shares or dict.fromkeys(known.platforms, 1.0)
        assert isinstance(stream, (RandomArrivals, RandomWaves))
        rates = until(stream.per_year, day)
        found[name] = stream.model_copy(update={"platforms": shares, "per_year": rates})
    return found


def _with_pending(scenario: Scenario, known: Record) -> Scenario:
    try:
        return scenario.model_copy(update={"probes": pending_probes(scenario, known)})
    except KeyError as error:
        raise UserError(str(error.args[0])) from None


def _checked(basis: Basis, scenario: Scenario) -> Scenario:
    """The scenario, if it is right in all that its record could make wrong."""
    found = checks.problems(scenario)
    if found:
        raise UserError(*(f"{basis.file} on {scenario.start}: {finding.message}" for finding in found))
    return scenario


def _scripted(strands: list[Strand], stage: str) -> dict[str, Probe]:
    """Proceedings that arrive on the day of their opening, with their strands."""
    probes: dict[str, Probe] = {}
    for strand in strands:
        common: dict[str, Any] = {"topic": strand.topics[0], "obligations": len(set(strand.articles)) or 1}
        before = probes.get(strand.proceeding)
        listed = {**(before.strands if before else {}), strand.strand: ListedStrand(**common)}
        probes[strand.proceeding] = Probe(
            stage=stage, arrives=strand.opened, platform=strand.platform, strands=listed, **common
        )
    return probes


def _diverted(procedure: Procedure, opened: str) -> Procedure:
    """The procedure whose routes to an opening end there, after their steps."""
    stages = {
        name: stage.model_copy(
            update={
                "next": _divert(stage.next, opened),
                "next_when": [o.model_copy(update={"next": _divert(o.next, opened)}) for o in stage.next_when],
            }
        )
        for name, stage in procedure.stages.items()
    }
    stages[ARRIVED] = Stage(title="Opened by itself", next={OPENINGS: Route(probability=1.0)})
    return procedure.model_copy(update={"stages": stages, "exits": {**procedure.exits, OPENINGS: "Opened"}})


def _divert(routes: Routes, opened: str) -> Routes:
    return {
        name: route.model_copy(update={"to": OPENINGS}) if (route.to or name) == opened else route
        for name, route in routes.items()
    }
