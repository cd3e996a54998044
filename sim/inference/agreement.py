"""Whether a record and a scenario belong together: what one has and the other knows nothing of.

A record of one law can be calibrated on with the procedure of another; what does not fit must then be told, or refused.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from sim.errors import UserError, suggestion
from sim.record.model import OUTCOMES, Record
from sim.record.spans import FINDINGS, OPENED, REQUEST
from sim.scenario.schema import Scenario, Wave

NEEDED = {OPENED: "proceedings are opened", FINDINGS: "preliminary findings are sent"}
"""Events of a record for which a procedure must have a stage, and what they mean."""


def check_stages(scenario: Scenario, label: str) -> None:
    """Raise UserError where the procedure has no stage for an opening or for findings."""
    known = events_of(scenario)
    for event, meaning in NEEDED.items():
        if event not in known:
            raise UserError(
                f"{label}: no stage of the procedure has record_event: {event}; write it in the stage that begins when"
                f" {meaning}"
            )


def events_of(scenario: Scenario) -> set[str]:
    """The events of a record that are milestones of the procedure."""
    return {stage.record_event for stage in scenario.procedure.stages.values() if stage.record_event}


def fitting(record: Record, scenario: Scenario) -> Record:
    """The record without requests if the procedure has no stage for them; it covers the same days."""
    if REQUEST in events_of(scenario):
        return record
    acts = tuple(act for act in record.acts if act.event != REQUEST)
    return replace(record, acts=acts, until=record.last_day) if len(acts) < len(record.acts) else record


def notes(record: Record, scenario: Scenario) -> list[str]:
    """What of a record does not fit a scenario, or the other way round, in sentences."""
    return [*_events(record, scenario), *_services(record, scenario)]


def _events(record: Record, scenario: Scenario) -> Iterator[str]:
    known = events_of(scenario)
    requests = sum(act.event == REQUEST for act in record.acts)
    if requests and REQUEST not in known:
        yield f"No stage has record_event: {REQUEST}, so that the record's requests ({requests}) are left out."
    outcomes = Counter(OUTCOMES[strand.outcome] for strand in record.strands if strand.outcome)
    for event, number in outcomes.items():
        if event != "closed" and event not in known:
            yield (
                f"The record has {event} as an outcome ({number}), which no stage has as its record_event: strands that"
                " are simulated end otherwise."
            )


def _services(record: Record, scenario: Scenario) -> Iterator[str]:
    known = {*record.platforms, *scenario.platforms, "any"}
    for name, stream in scenario.arrivals.items():
        unknown = [service for service in stream.platforms if service not in known]
        if not unknown:
            continue
        if len(unknown) < len(stream.platforms):
            effect = f"they are left out{suggestion(unknown[0], sorted(known - {'any'}), listed=0)}"
        elif isinstance(stream, Wave):
            effect = "the wave is left out"
        else:
            effect = "its cases come to all services that are known"
        some = ", ".join(unknown[:3]) + (f" and {len(unknown) - 3} more" if len(unknown) > 3 else "")
        yield f"arrivals.{name}: neither the record nor platforms has {some}; {effect}".removesuffix("?") + (
            "?" if effect.endswith("?") else "."
        )
