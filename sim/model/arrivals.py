"""Where cases come from: what was under way, probes by date, Poisson streams, waves."""

from datetime import date
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from sim.dates import YEAR_DAYS, days_between
from sim.model.draws import Source
from sim.model.streams import Floats
from sim.model.under_way import resumption
from sim.model.walk import Case, Place
from sim.scenario.distributions import Constant, Distribution
from sim.scenario.schema import AnyArrivals, Probe, RandomArrivals, RandomWaves, Strand, Wave

if TYPE_CHECKING:
    from sim.model.replication import Replication

Arrival = tuple[float, Case, str]
"""A time in days since the start, a case, and the stage it comes to."""


def start(sim: "Replication") -> None:
    """Put the cases under way into their stages, and schedule all that will arrive."""
    scenario = sim.plan.scenario
    scheduled: list[Arrival] = []
    for name, probe in scenario.probes.items():
        case = _probe(sim, name, probe)
        if probe.since is None:
            assert probe.arrives is not None
            scheduled.append((float(days_between(scenario.start, probe.arrives)), case, probe.stage))
        else:
            _resume(sim, case, probe)
    for name, stream in scenario.arrivals.items():
        if isinstance(stream, RandomArrivals):
            RandomStream(sim, name, stream).follow(0.0)
        elif isinstance(stream, Wave):
            scheduled += _wave(sim, name, stream)
        else:
            scheduled += _random_waves(sim, name, stream)
    for time, case, stage in sorted(scheduled, key=lambda arrival: arrival[0]):
        if time < sim.plan.horizon:
            sim.walk.begin(case, sim.stages[sim.plan.stage_number[stage]], time)


def _probe(sim: "Replication", name: str, probe: Probe) -> Case:
    profile = sim.profile(probe.platform, probe.topic, probe.origin)
    case = sim.new_case(Source(f"probe {name}"), 0, profile, probe.obligations)
    case.label, case.priority, case.listed = name, probe.priority, probe.strands
    case.stage = case.step = None
    return case


def _resume(sim: "Replication", case: Case, probe: Probe) -> None:
    """Put a case, or its strands, into the stage under way."""
    number = sim.plan.stage_number
    parts: list[tuple[Case, str, float]] = []
    assert probe.since is not None
    if probe.strands:
        strands = sim.strands(case, sim.stages[number[probe.stage]])
        listed: list[Strand] = list(probe.strands.values())
        for strand, said in zip(strands, listed, strict=True):
            parts.append((strand, said.stage or probe.stage, _age(sim, said.since or probe.since)))
    else:
        parts.append((case, probe.stage, _age(sim, probe.since)))
    going_on = []
    for part, stage_name, elapsed in parts:
        stage = sim.stages[number[stage_name]]
        behind = resumption(sim, part, stage, elapsed)
        part.stage = part.step = None
        if behind is not None:
            going_on.append((part, stage, behind))
    for gate_stage, gate in sim.gates.items():
        holders = sim.stages[gate_stage].holders
        inside = [part for part, stage, _ in going_on if stage.number in holders]
        if inside:
            gate.inside += 1
            place = Place(gate, holders, len(inside))
            for part in inside:
                part.places = [*part.places, place]
    for part, stage, behind in going_on:
        sim.walk.go_on(part, stage, behind)


def _age(sim: "Replication", since: date) -> float:
    return float(days_between(since, sim.plan.scenario.start))


def _wave(sim: "Replication", name: str, wave: Wave) -> list[Arrival]:
    """One case for each platform on one day; each has its own draws, whoever else is in the wave."""
    time = float(days_between(sim.plan.scenario.start, wave.on))
    found: list[Arrival] = []
    for platform in wave.platforms:
        cases = DrawnCases(sim, Source(f"wave {name}/{platform}"), wave)
        found.append((time, cases.case(0, platform, f"{name}/{platform}"), wave.stage))
    return found


def _random_waves(sim: "Replication", name: str, waves: RandomWaves) -> list[Arrival]:
    """Waves at random times; the platforms of each are drawn by weight without repetition.

    Sampling with exponential keys (Efraimidis and Spirakis, 2006): a platform's key does not depend on the others. Nor
    do the draws of its cases: each platform has a source of its own, made when it is first chosen, with a case for each
    wave. So a platform more changes who is in a wave, but nothing of those who are in it.
    """
    key, platforms = f"waves {name}", list(waves.platforms)
    times = poisson_times(sim, key, waves)
    if not times:
        return []
    sizes = waves.size.quantile(sim.draws.attribute(key, "size", len(times)))
    keys = np.array(
        [-np.log1p(-sim.draws.attribute(key, f"platform {p}", len(times))) / waves.platforms[p] for p in platforms]
    )
    drawn: dict[str, DrawnCases] = {}
    found: list[Arrival] = []
    for wave, time in enumerate(times):
        chosen = np.sort(np.argsort(keys[:, wave], kind="stable")[: max(round(sizes[wave]), 1)])
        for platform in (platforms[place] for place in chosen.tolist()):
            if platform not in drawn:
                drawn[platform] = DrawnCases(sim, Source(f"{key}/{platform}", len(times)), waves)
            found.append((time, drawn[platform].case(wave, platform, f"{name}-{wave + 1}/{platform}"), waves.stage))
    return found


class DrawnCases:
    """The cases of a source with their drawn topics and obligations."""

    def __init__(self, sim: "Replication", source: Source, stream: AnyArrivals) -> None:
        self._sim, self._source, self._origin, self._priority = sim, source, stream.origin, stream.priority
        self._topics = _chosen(sim, source.name, "topic", stream.topics, source.size)
        self._obligations = _values(sim, source, "obligations", stream.obligations)

    def case(self, index: int, platform: str, label: str = "") -> Case:
        """The case number `index` of the source."""
        profile = self._sim.profile(platform, self._topics[index], self._origin)
        case = self._sim.new_case(self._source, index, profile, self._obligations[index])
        case.label, case.priority = label, self._priority
        return case


def _values(sim: "Replication", source: Source, attribute: str, value: Distribution) -> list[float]:
    """A drawn number for each case of a source."""
    if isinstance(value, Constant):
        return [value.value] * source.size
    drawn: list[float] = value.quantile(sim.draws.attribute(source.name, attribute, source.size)).tolist()
    return drawn


def _chosen(sim: "Replication", key: str, attribute: str, shares: dict[str, float], count: int) -> list[str]:
    """Names drawn by weight for the cases of a source."""
    names = list(shares)
    if len(names) == 1:
        return names * count
    bounds = np.cumsum(list(shares.values()))[:-1] / sum(shares.values())
    places = np.searchsorted(bounds, sim.draws.attribute(key, attribute, count), side="right")
    return [names[place] for place in places.tolist()]


def poisson_times(sim: "Replication", key: str, stream: RandomArrivals | RandomWaves) -> list[float]:
    """The times of a Poisson process with a rate that changes in time, up to the horizon.

    Unit-rate arrivals, carried through the inverse of the cumulated rate (Cinlar, 1975): another rate moves the same
    arrivals and draws no others.
    """
    times, cumulated = _cumulated_rate(sim, stream)
    expected = cumulated[-1]
    count = 4 * (int(expected + 6 * sqrt(expected)) // 4 + 5)
    unit = np.cumsum(-np.log1p(-sim.draws.attribute(key, "gap", count)))
    unit = unit[unit < expected]
    at = np.searchsorted(cumulated, unit, side="right") - 1
    rate = (cumulated[1:] - cumulated[:-1]) / (times[1:] - times[:-1])
    found: list[float] = (times[at] + (unit - cumulated[at]) / rate[at]).tolist()
    return found


def _cumulated_rate(sim: "Replication", stream: RandomArrivals | RandomWaves) -> tuple[Floats, Floats]:
    """Times at which the rate changes, and the expected arrivals until each."""
    start, horizon = sim.plan.scenario.start, sim.plan.horizon
    dated = sorted(stream.per_year.items())
    first = next((rate for day, rate in reversed(dated) if day <= start), dated[0][1])
    later = [(float(days_between(start, day)), rate) for day, rate in dated if day > start]
    steps = [(0.0, first), *((t, rate) for t, rate in later if t < horizon)]
    times = np.array([t for t, _ in steps] + [horizon])
    rates = np.array([rate for _, rate in steps]) / YEAR_DAYS
    return times, np.concatenate([[0.0], np.cumsum(np.diff(times) * rates)])


class RandomStream(Source):
    """A Poisson stream: each case that arrives lets the next one come."""

    def __init__(self, sim: "Replication", name: str, stream: RandomArrivals) -> None:
        key = f"stream {name}"
        self.times = poisson_times(sim, key, stream)
        size = max(len(self.times), 1)
        self.stream, self.stage = stream, sim.stages[sim.plan.stage_number[stream.stage]]
        super().__init__(key, size, name, self.stage.number)
        self._sim, self._next = sim, 0
        self._platforms = _chosen(sim, key, "platform", stream.platforms, size)
        self._cases = DrawnCases(sim, self, stream)

    def follow(self, now: float) -> None:
        """Let the next case come."""
        index = self._next
        if index < len(self.times):
            self._next = index + 1
            case = self._cases.case(index, self._platforms[index])
            self._sim.walk.begin(case, self.stage, self.times[index] - now)
