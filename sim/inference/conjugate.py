"""Posteriors that have a formula: shares from counts, rates from counts over time.

Exact where every case is seen to its end (a share) or every arrival is seen (a rate). Gelman et al., Bayesian Data
Analysis (3rd ed.), sections 2.4 and 2.6.
"""

from dataclasses import dataclass
from math import sqrt

from sim.dates import YEAR_DAYS, days_between
from sim.inference.as_of import FINDINGS, OPENED, stages_of
from sim.record.model import OUTCOMES, Record
from sim.scenario.distributions import Beta, Gamma
from sim.scenario.schema import RandomArrivals, Scenario, Uncertain


def beta_binomial(prior: Beta, hits: int, misses: int) -> Beta:
    """The posterior of a share, a priori beta, after so many cases that went this way and others that did not."""
    a, b = prior.shape()
    total = a + b + hits + misses
    return Beta(distribution="beta", mean=(a + hits) / total, observations=total)


def gamma_poisson(prior: Gamma, count: int, years: float) -> Gamma:
    """The posterior of a rate a year, a priori gamma, after so many arrivals in so many years."""
    shape, scale = prior.parameters()
    shape, rate = shape + count, 1.0 / scale + years
    return Gamma(distribution="gamma", mean=shape / rate, cv=1.0 / sqrt(shape))


@dataclass(frozen=True)
class Exact:
    """A parameter whose posterior has a formula, and what was counted."""

    value: Beta | Gamma
    counted: str


def exact(scenario: Scenario, known: Record, past: Scenario) -> dict[str, Exact]:
    """The parameters of a scenario whose posterior at the end of a past has a formula, by name.

    - The rate of the one stream that opens proceedings, where no request does and its prior is gamma: openings are
      always public.
    - The share of a route out of proceedings, or out of findings, where its prior is beta, no route is silent and
      every strand has left the stage. While some have not, the quick routes are seen first, and counts alone mislead.
    """
    found: dict[str, Exact] = {}
    for name, parameter in scenario.uncertain.items():
        posterior = _rate(scenario, parameter, known, past) or _share(scenario, parameter, known)
        if posterior:
            found[name] = posterior
    return found


def _rate(scenario: Scenario, parameter: Uncertain, known: Record, past: Scenario) -> Exact | None:
    opened = stages_of(scenario)[OPENED]
    streams = [name for name, stream in scenario.arrivals.items() if stream.stage == opened]
    if len(streams) != 1 or _led_to(scenario, opened) or not isinstance(parameter.value, Gamma):
        return None
    stream = scenario.arrivals[streams[0]]
    if parameter.sets != [f"arrivals.{streams[0]}.per_year"] or not isinstance(stream, RandomArrivals):
        return None
    count = len({strand.proceeding for strand in known.strands if strand.opened > past.start})
    days = days_between(past.start, past.horizon)
    return Exact(gamma_poisson(parameter.value, count, days / YEAR_DAYS), f"{count} openings in {days} days")


def _led_to(scenario: Scenario, stage: str) -> bool:
    """Whether a route leads to a stage from another one."""
    return any(
        (route.to or name) == stage
        for other in scenario.procedure.stages.values()
        for routes in (other.next, *(special.next for special in other.next_when))
        for name, route in routes.items()
    )


def _share(scenario: Scenario, parameter: Uncertain, known: Record) -> Exact | None:
    if not isinstance(parameter.value, Beta) or len(parameter.sets or []) != 1:
        return None
    stage_of = stages_of(scenario)
    for event in (OPENED, FINDINGS):
        stage = scenario.procedure.stages[stage_of[event]]
        for name, route in stage.next.items():
            if (parameter.sets or [""])[0] != f"procedure.stages.{stage_of[event]}.next.{name}.probability":
                continue
            ends = _ends(known, event)
            if None in ends or not ends or stage.next_when or any(r.silent for r in stage.next.values()):
                return None
            target = route.to or name
            places = {stage_of.get(end or "", end) for end in ends} | {target}
            hits = sum(stage_of.get(end or "", end) == target for end in ends)
            if target not in places:
                return None
            counted = f"{hits} of {len(ends)} strands"
            return Exact(beta_binomial(parameter.value, hits, len(ends) - hits), counted)
    return None


def _ends(known: Record, event: str) -> list[str | None]:
    """The event by which each strand left the stage that another began; None: it is there still."""
    found: list[str | None] = []
    for strand in known.strands:
        outcome = OUTCOMES[strand.outcome] if strand.outcome else None
        if event == OPENED:
            found.append(FINDINGS if strand.preliminary_findings else outcome)
        elif strand.preliminary_findings:
            found.append(outcome)
    return found
