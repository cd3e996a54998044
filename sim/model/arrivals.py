"""Where cases come from: what was in progress on the first day, probes by date, Poisson streams, waves."""

from collections.abc import Callable
from datetime import date
from math import sqrt
from typing import NamedTuple

import numpy as np

from sim.dates import YEAR_DAYS, days_between
from sim.model.case import Case, CaseFactory
from sim.model.draws import CaseSource
from sim.model.first_day import Resumption, resumption
from sim.model.plan import Plan, StagePlan
from sim.model.streams import Floats
from sim.scenario.distributions import Constant, Distribution
from sim.scenario.schema import AnyArrivals, Probe, RandomArrivals, RandomWaves, Wave

Begin = Callable[[Case, StagePlan, float], None]
"""What takes over a case that comes to a stage after a delay in days."""
Resume = Callable[[list[Resumption]], None]
"""What takes over the strands of one probe, or the probe itself, that are in progress on the first day."""


class Arrival(NamedTuple):
    """A case, the time in days since the start at which it comes, and the stage it comes to."""

    time: float
    case: Case
    stage: str


def populate(factory: CaseFactory, begin: Begin, resume: Resume) -> None:
    """Resume the cases in progress on the first day, and schedule all that will arrive.

    The order in which cases are made is that of their numbers in the event log: probes and arrivals as the scenario
    has them. The order in which they are handed over decides who comes first where times are equal, as they are on the
    first day and for the cases of one wave.
    """
    plan, scenario = factory.plan, factory.plan.scenario
    scheduled: list[Arrival] = []
    for name, probe in scenario.probes.items():
        case = _probe(factory, name, probe)
        if probe.since is None:
            assert probe.arrives is not None
            scheduled.append(Arrival(float(days_between(scenario.start, probe.arrives)), case, probe.stage))
        else:
            resume(_in_progress(factory, case, probe))
    for name, arrivals in scenario.arrivals.items():
        if isinstance(arrivals, RandomArrivals):
            # One case ahead and not all at once: the event list stays short, and so does each step of its heap.
            PoissonStream(factory, begin, name, arrivals).on_arrival(0.0)
        elif isinstance(arrivals, Wave):
            scheduled += _wave(factory, name, arrivals)
        else:
            scheduled += _random_waves(factory, name, arrivals)
    for time, case, stage in sorted(scheduled, key=lambda arrival: arrival.time):  # stable: equal times in their order
        if time <= plan.horizon:  # what happens at the horizon is the last that happens, see `engine.run`
            begin(case, plan.stages[plan.stage_number[stage]], time)


def _probe(factory: CaseFactory, name: str, probe: Probe) -> Case:
    profile = factory.profile(probe.platform, probe.topic, probe.origin)
    case = factory.case(CaseSource(f"probe {name}"), 0, profile, probe.obligations)
    case.label, case.priority, case.named_strands = name, probe.priority, probe.strands
    return case


def _in_progress(factory: CaseFactory, case: Case, probe: Probe) -> list[Resumption]:
    """The visits in progress of a case or of its strands; those that may have ended without a trace left out."""
    plan = factory.plan
    parts: list[tuple[Case, str, float]] = []
    assert probe.since is not None
    if probe.strands:
        strands = factory.strands(case, plan.stages[plan.stage_number[probe.stage]])
        for strand, settings in zip(strands, probe.strands.values(), strict=True):
            parts.append((strand, settings.stage or probe.stage, _age(plan, settings.since or probe.since)))
    else:
        parts.append((case, probe.stage, _age(plan, probe.since)))
    resumptions = []
    for part, stage, elapsed in parts:
        resumed = resumption(factory, part, plan.stages[plan.stage_number[stage]], elapsed)
        if resumed is not None:
            resumptions.append(resumed)
    return resumptions


def _age(plan: Plan, since: date) -> float:
    return float(days_between(since, plan.scenario.start))


def _wave(factory: CaseFactory, name: str, wave: Wave) -> list[Arrival]:
    """One case for each platform on one day; each has its own draws, whoever else is in the wave."""
    time = float(days_between(factory.plan.scenario.start, wave.on))
    arrivals: list[Arrival] = []
    for platform in wave.platforms:
        cases = DrawnCases(factory, CaseSource(f"wave {name}/{platform}"), wave)
        arrivals.append(Arrival(time, cases.case(0, platform, f"{name}/{platform}"), wave.stage))
    return arrivals


def _random_waves(factory: CaseFactory, name: str, waves: RandomWaves) -> list[Arrival]:
    """Waves at random times; the platforms of each are drawn by weight without repetition.

    Sampling with exponential keys (Efraimidis and Spirakis, 2006): a platform's key does not depend on the others. Nor
    do the draws of its cases: each platform has a source of its own, made when it is first chosen, with a case for each
    wave. So a platform more changes who is in a wave, but nothing of those who are in it.
    """
    key, platforms = f"waves {name}", list(waves.platforms)
    times = poisson_times(factory, key, waves)
    if not times:
        return []
    sizes = waves.size.quantile(factory.draws.attribute(key, "size", len(times)))
    keys = _race(factory, key, "platform", waves.platforms, len(times))
    drawn: dict[str, DrawnCases] = {}
    arrivals: list[Arrival] = []
    for wave, time in enumerate(times):
        # A wave reaches at least one platform; its cases tie in time and come in the order of the platforms.
        chosen = np.sort(np.argsort(keys[:, wave], kind="stable")[: max(round(sizes[wave]), 1)])
        for platform in (platforms[index] for index in chosen.tolist()):
            if platform not in drawn:
                drawn[platform] = DrawnCases(factory, CaseSource(f"{key}/{platform}", len(times)), waves)
            case = drawn[platform].case(wave, platform, f"{name}-{wave + 1}/{platform}")
            arrivals.append(Arrival(time, case, waves.stage))
    return arrivals


class DrawnCases:
    """The cases of a source with their drawn topics and obligations."""

    def __init__(self, factory: CaseFactory, source: CaseSource, stream: AnyArrivals) -> None:
        self._factory, self._source = factory, source
        self._origin, self._priority = stream.origin, stream.priority
        self._topics = _drawn_names(factory, source.name, "topic", stream.topics, source.size)
        self._obligations = _drawn_numbers(factory, source, "obligations", stream.obligations)

    def case(self, index: int, platform: str, label: str = "") -> Case:
        """The case number `index` of the source."""
        profile = self._factory.profile(platform, self._topics[index], self._origin)
        case = self._factory.case(self._source, index, profile, self._obligations[index])
        case.label, case.priority = label, self._priority
        return case


def _drawn_numbers(factory: CaseFactory, source: CaseSource, attribute: str, value: Distribution) -> list[float]:
    """A drawn number for each case of a source."""
    if isinstance(value, Constant):
        return [value.value] * source.size
    drawn: list[float] = value.quantile(factory.draws.attribute(source.name, attribute, source.size)).tolist()
    return drawn


def _drawn_names(factory: CaseFactory, key: str, attribute: str, shares: dict[str, float], count: int) -> list[str]:
    """Names drawn by weight for the cases of a source: for each case the name that comes first in a race.

    So a name more wins some cases, in proportion to its weight, and all others keep theirs.
    """
    names = sorted(shares)  # the order in which a file lists them changes nothing
    if len(names) == 1:  # no draw; other attributes have streams of their own and do not notice
        return names * count
    first = _race(factory, key, attribute, {name: shares[name] for name in names}, count).argmin(axis=0)
    return [names[index] for index in first.tolist()]


def _race(factory: CaseFactory, key: str, attribute: str, weights: dict[str, float], count: int) -> Floats:
    """Exponential times with the weights as rates, shape (names, count): a draw by weight takes the least.

    Each name has a stream of its own, so its times depend neither on the other names nor on their weights.
    """
    drawn = [factory.draws.attribute(key, f"{attribute} {name}", count) for name in weights]
    times: Floats = -np.log1p(-np.array(drawn)) / np.array(list(weights.values()))[:, None]
    return times


def poisson_times(factory: CaseFactory, key: str, stream: RandomArrivals | RandomWaves) -> list[float]:
    """The times of a Poisson process with a rate that changes in time, up to the horizon.

    Unit-rate arrivals, carried through the inverse of the cumulated rate (Cinlar, 1975): another rate moves the same
    arrivals and draws no others.
    """
    times, cumulated = _cumulated_rate(factory.plan, stream)
    expected = cumulated[-1]
    # More than six standard deviations above the mean number: about one stream in 10^9 would end before the horizon.
    # In fours, as Philox makes them. A longer horizon draws more of the same numbers, so its first arrivals are equal.
    count = 4 * (int(expected + 6 * sqrt(expected)) // 4 + 5)
    # Exponential gaps: 1 - u is never 0, since u is below 1.
    unit = np.cumsum(-np.log1p(-factory.draws.attribute(key, "gap", count)))
    unit = unit[unit < expected]
    # The span of constant rate into which each falls; where the rate is zero the curve is flat, and none falls there.
    at = np.searchsorted(cumulated, unit, side="right") - 1
    rate = (cumulated[1:] - cumulated[:-1]) / (times[1:] - times[:-1])
    arrival_times: list[float] = (times[at] + (unit - cumulated[at]) / rate[at]).tolist()
    return arrival_times


def _cumulated_rate(plan: Plan, stream: RandomArrivals | RandomWaves) -> tuple[Floats, Floats]:
    """Times at which the rate changes, and the expected arrivals until each."""
    start, horizon = plan.scenario.start, plan.horizon
    dated = sorted(stream.per_year.items())
    first = next((rate for day, rate in reversed(dated) if day <= start), dated[0][1])
    later = [(float(days_between(start, day)), rate) for day, rate in dated if day > start]
    steps = [(0.0, first), *((t, rate) for t, rate in later if t < horizon)]
    times = np.array([t for t, _ in steps] + [horizon])
    rates = np.array([rate for _, rate in steps]) / YEAR_DAYS
    return times, np.concatenate([[0.0], np.cumsum(np.diff(times) * rates)])


class PoissonStream(CaseSource):
    """A Poisson stream of cases: each that arrives schedules the next one, until none is left before the horizon."""

    def __init__(self, factory: CaseFactory, begin: Begin, name: str, stream: RandomArrivals) -> None:
        key, plan = f"stream {name}", factory.plan
        self.times = poisson_times(factory, key, stream)
        size = max(len(self.times), 1)  # a stream without arrivals draws for one case that never comes
        self.stage = plan.stages[plan.stage_number[stream.stage]]
        super().__init__(key, size, name, self.stage.number)
        self._begin, self._next = begin, 0
        self._platforms = _drawn_names(factory, key, "platform", stream.platforms, size)
        self._cases = DrawnCases(factory, self, stream)

    def on_arrival(self, now: float) -> None:
        """Schedule the next case."""
        index = self._next
        if index < len(self.times):
            self._next = index + 1
            case = self._cases.case(index, self._platforms[index])
            self._begin(case, self.stage, self.times[index] - now)
