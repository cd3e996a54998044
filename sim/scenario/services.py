"""Services on which a scenario has cases, against those of its record: misspelt ones, and those not known yet."""

from collections.abc import Iterator
from datetime import date

from sim.record.model import Record, items
from sim.scenario.findings import Finding, Path_, misspelt
from sim.scenario.schema import Scenario


def problems(scenario: Scenario, record: Record) -> list[Finding]:
    """Services that are probably others of the record, and services that may be fined before the record knows them.

    Parameters
    ----------
    scenario
        What the file says, without what it takes from the record.
    record
        The whole record, whatever was known on the first day.
    """
    known = record.known_on(scenario.start).platforms
    may_be_fined = any(stage.fine for stage in scenario.procedure.stages.values())
    findings = []
    for path, service, is_key in _services(scenario):
        if service in scenario.platforms or service in known:
            continue
        if service not in record.platforms:
            meant = misspelt(service, [*scenario.platforms, *record.platforms])
            if meant:
                message = f"neither the record nor platforms has a service {service!r}; did you mean {meant!r}?"
                findings.append(Finding(path, message, is_key))
        elif may_be_fined:
            message = (
                f"the record does not know {service!r} on the first day, {scenario.start}, but from"
                f" {_first_known(record, service)} on; leave it out, or write it under platforms with its"
                " turnover_eur_bn"
            )
            findings.append(Finding(path, message, is_key))
    return findings


def _services(scenario: Scenario) -> Iterator[tuple[Path_, str, bool]]:
    """Each service that a case can be on, with its place, and whether it is a key there."""
    for name, probe in scenario.probes.items():
        for service in items(probe.platform):
            yield ("probes", name, "platform"), service, False
    for name, stream in scenario.arrivals.items():
        for service in stream.platforms:
            if service != "any":
                yield ("arrivals", name, "platforms", service), service, True


def _first_known(record: Record, service: str) -> date | None:
    """The day from which on a service is known: of its designation or of the first act on it or a part of it."""
    days = [act.date for act in record.acts if service in (act.platform, record.platforms[act.platform].part_of)]
    designated = record.platforms[service].designated
    return min([*days, *([designated] if designated else [])], default=None)
