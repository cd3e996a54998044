"""Whether a scenario is as recent as its record: what there is to change in it after rows were added."""

from collections.abc import Iterator
from datetime import date

from sim.record.model import Record
from sim.scenario.findings import Finding
from sim.scenario.schema import Scenario, Wave


def findings(scenario: Scenario, record: Record) -> list[Finding]:
    """A first day or posterior of another day than the record's last, and services to which nothing comes."""
    return [*_first_day(scenario, record), *_posterior(scenario, record), *_services_left_out(scenario, record)]


def _first_day(scenario: Scenario, record: Record) -> Iterator[Finding]:
    start, last = scenario.start, record.last_day
    if start == last:
        return
    horizon = _years_later(last, round((scenario.horizon - start).days / 365.25))
    how = "goes on to" if start < last else "ends before it, on"
    yield Finding(
        ("start",),
        f"is {start}, and the record {how} {last}; for a forecast from what is known now write start: {last} and, for"
        f" as many years as before, horizon: {horizon}",
    )


def _years_later(day: date, years: int) -> date:
    month_day = (3, 1) if (day.month, day.day) == (2, 29) else (day.month, day.day)
    return date(day.year + years, *month_day)


def _posterior(scenario: Scenario, record: Record) -> Iterator[Finding]:
    known, last = scenario.posterior and scenario.posterior.as_of, record.last_day
    if known and known != last:
        yield Finding(
            ("posterior",),
            f"is what was known on {known}, and the record goes to {last}; sim calibrate SCENARIO --as-of {last} -o"
            " FILE.csv writes one of then",
        )


def _services_left_out(scenario: Scenario, record: Record) -> Iterator[Finding]:
    """Services designated by the first day with no weight in any stream that comes again and again."""
    streams = [stream for stream in scenario.arrivals.values() if not isinstance(stream, Wave)]
    reached = {service for stream in streams for service in stream.platforms}
    if not streams or "any" in reached:
        return
    for name, service in record.known_on(scenario.start).platforms.items():
        if service.designated and not service.designation_ended and name not in reached:
            yield Finding(
                ("arrivals",),
                f"no case can come on {name}, designated on {service.designated}; give it a weight under platforms of a"
                " stream, with its reason under sources",
            )
