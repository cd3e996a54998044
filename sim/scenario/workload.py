"""How much a scenario asks of the machine: cases and visits expected in a replication, and in all of them."""

from datetime import date

import numpy as np

from sim.dates import YEAR_DAYS, days_between
from sim.scenario import bounds, cycles
from sim.scenario.findings import Finding
from sim.scenario.schema import AnyArrivals, RandomWaves, Scenario, Wave


def too_much(scenario: Scenario) -> list[Finding]:
    """What a replication, or all of them, would not finish with, or find memory for."""
    cases: dict[tuple[str, ...], float] = {
        ("arrivals", name): expected_cases(scenario, stream) for name, stream in scenario.arrivals.items()
    }
    cases["probes",] = float(len(scenario.probes))
    strands, most = _strands(scenario), bounds.CASES.most
    total = sum(cases.values()) * strands
    if total > most:
        largest = max(cases, key=lambda path: cases[path])
        split = f", each of which may become {strands:,.0f} strands" if strands > 1 else ""
        message = (
            f"some {_about(cases[largest])} cases are expected until the horizon{split}; at most {most:,.0f} may be"
        )
        return [Finding(largest, message, True)]
    return _visits(scenario, total)


def _visits(scenario: Scenario, cases: float) -> list[Finding]:
    """Whether the visits of the cases expected are too many for the memory, or for anybody's patience."""
    pace = cycles.pace_of(scenario)
    entries = cycles.entries(scenario)
    each = max((cycles.visits(scenario.procedure, kind, entry, pace) for entry, kind in entries), default=1.0)
    at_once = min(scenario.replications, bounds.AT_ONCE)
    for bound, replications, what in (
        (bounds.VISITS_AT_ONCE, at_once, f"in the {at_once} replications that are in memory at once"),
        (bounds.VISITS_IN_ALL, scenario.replications, f"in {scenario.replications:,} replications"),
    ):
        visits = cases * each * replications
        if visits > bound.most:
            message = (
                f"some {_about(visits)} visits to stages are expected {what}; at most {bound.most:,.0f} may be:"
                " let there be fewer cases, replications or returns to a stage"
            )
            return [Finding(("replications",), message)]
    return []


def _about(number: float) -> str:
    """A large number in two digits."""
    return f"{number:.2g}" if number >= 1e15 else f"{float(f'{number:.2g}'):,.0f}"


def expected_cases(scenario: Scenario, stream: AnyArrivals) -> float:
    """The cases of a stream that are expected until the horizon; of random waves those of all platforms."""
    if isinstance(stream, Wave):
        return float(len(stream.platforms))
    horizon = scenario.horizon_days
    dated = sorted(stream.per_year.items())
    since = np.array([min(max(days_between(scenario.start, day), 0), horizon) for day, _ in dated] + [horizon])
    since[0] = 0.0
    rates = np.array([rate for _, rate in dated])
    waves = float(np.dot(np.diff(since), rates)) / YEAR_DAYS
    return waves * len(stream.platforms) if isinstance(stream, RandomWaves) else waves


def _strands(scenario: Scenario) -> float:
    """The mean number of strands into which a case may split, where it splits into the most."""
    means = [1.0]
    for stage in scenario.procedure.stages.values():
        if stage.fork:
            weights = stage.fork.strands
            means.append(sum(number * weight for number, weight in weights.items()) / sum(weights.values()))
    return max(means)


def dates(scenario: Scenario) -> list[Finding]:
    """Days that no calendar reaches, or so far apart that every day between them could not be followed."""
    start, most = scenario.start, bounds.YEARS.most
    if not bounds.FIRST_YEAR <= start.year < bounds.LAST_YEAR:
        message = f"must lie between the years {bounds.FIRST_YEAR} and {bounds.LAST_YEAR}, not {start}"
        return [Finding(("start",), message)]
    apart = most * YEAR_DAYS + most  # leap days, and more
    findings = []
    if scenario.horizon_days > apart:
        message = f"must lie at most {most:,} years after the start, {start}, not {scenario.horizon}"
        findings.append(Finding(("horizon",), message))
    for name, probe in scenario.probes.items():
        since_of: dict[tuple[str, ...], date | None] = {("since",): probe.since}
        since_of |= {("strands", strand, "since"): settings.since for strand, settings in probe.strands.items()}
        for path, since in since_of.items():
            if since is not None and days_between(since, start) > apart:
                message = f"must lie at most {most:,} years before the start, {start}, not {since}"
                findings.append(Finding(("probes", name, *path), message))
    return findings
