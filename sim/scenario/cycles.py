"""Cases that would go round for ever: cycles of stages without an exit, or without time.

Each kind of case that the conditions of a procedure tell apart has routes of its own, and so is followed as a Markov
chain of its own: its states are the stages with the numbers of the visits that conditions name. How often a case goes
round before the horizon is estimated by discounting each visit by exp(-days / horizon): a visit counts less the later
it is, so the sum is finite if time passes, or if the case can leave.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import inf

import numpy as np
from numpy.typing import NDArray

from sim.dates import YEAR_DAYS
from sim.scenario import bounds
from sim.scenario.distributions import Constant, Distribution
from sim.scenario.findings import Finding
from sim.scenario.schema import AnyStep, Effort, Procedure, Routes, Scenario, Stage, Steps, Team, When
from sim.scenario.shares import shares, takes_rest
from sim.scenario.staffing import capacity

Floats = NDArray[np.float64]
State = tuple[str, tuple[int, ...]]
"""A stage, and the numbers of the visits so far to the stages whose conditions name visits."""
MOST_STATES = 2000
"""States that are followed; with more, visits count as if all were late ones, where whatever goes on for ever is."""
MOST_KINDS = 500
"""Kinds of case that are followed; there are as many as conditions make."""
GRID = (np.arange(32) + 0.5) / 32
"""Quantiles by which a distribution is averaged."""
UNKNOWN_FTE = 1000.0
"""People of a role where the staff is not known: a procedure by itself."""


@dataclass(frozen=True)
class CaseKind:
    """What conditions can know of a case; empty: nothing that a condition names."""

    platforms: frozenset[str] = frozenset()
    provider: str = ""
    topic: str = ""
    origin: str = ""

    def __str__(self) -> str:
        named = {
            "topic": self.topic, "platform": ";".join(sorted(self.platforms)),
            "provider": self.provider, "origin": self.origin,
        }  # fmt: skip
        facts = [f"{name} {value!r}" for name, value in named.items() if value]
        return f"a case of {' and '.join(facts)}" if facts else "a case"


@dataclass(frozen=True)
class Pace:
    """How quickly work can be done at best: people by role, FTE-days that one does a day; and until when."""

    horizon: float
    fte: Mapping[str, float]
    per_day: float = 1.0
    _known: dict[int, tuple[AnyStep, float]] = field(default_factory=dict, compare=False, repr=False)
    """by identity; a step is kept beside its mean, or a later one could come to have its identity"""

    def discount(self, step: AnyStep) -> float:
        """The mean of exp(-days / horizon) of a step; found once, since cases of many kinds take the same steps."""
        if id(step) not in self._known:
            self._known[id(step)] = step, _discount(step, self)
        return self._known[id(step)][1]


def endless(procedure: Procedure) -> list[Finding]:
    """Stages from which no exit can be reached, and cycles that cases do not leave before they have filled the memory.

    Every kind of case that a condition names is looked at by itself, wherever it may come from.
    """
    findings = _without_exit(procedure)
    if not findings:
        pace = Pace(YEAR_DAYS, {})  # of a year: cycles in which time passes end at a horizon, which is not known here
        for kind in _kinds(procedure):
            findings += _Chain(procedure, kind, list(procedure.stages), pace).findings()
    return _first_of_each(findings)


def endless_cases(scenario: Scenario) -> list[Finding]:
    """Cycles in which cases of a scenario go round too often until its horizon, at the best pace of its staff."""
    pace = pace_of(scenario)
    findings = [
        Finding(("procedure", *finding.path), finding.message)
        for entry, kind in entries(scenario)
        for finding in _Chain(scenario.procedure, kind, [entry], pace).findings()
    ]
    return _first_of_each(findings)


def _first_of_each(findings: list[Finding]) -> list[Finding]:
    """The first finding of each place: a cycle of all cases is one of every kind."""
    return list({finding.path: finding for finding in reversed(findings)}.values())[::-1]


def _without_exit(procedure: Procedure) -> list[Finding]:
    """Stages from which no exit can be reached, whichever routes are taken."""
    ending = set(procedure.exits)
    while True:
        more = {name for name, s in procedure.stages.items() if name not in ending and targets_of(s) & ending}
        if not more:
            break
        ending |= more
    findings = [
        Finding(("stages", name, "next"), f"a case in {name!r} never ends: no route leads to an exit")
        for name in procedure.stages
        if name not in ending
    ]
    return findings or [
        Finding(("stages", name, "next_when", index, "next"), f"a case like this in {name!r} can only return to it")
        for name, stage in procedure.stages.items()
        for index in range(len(stage.next_when))
        if all(_leads_to(other.next) == {name} for other in stage.next_when[: index + 1])
    ]


def targets_of(stage: Stage) -> set[str]:
    """The stages and exits to which a case may go from a stage."""
    return _leads_to(stage.next).union(*(_leads_to(other.next) for other in stage.next_when))


def _leads_to(routes: Routes) -> set[str]:
    taken, rest = shares(routes), takes_rest(routes)
    return {route.to or name for name, route in routes.items() if taken[name] > 0 or name in rest}


def pace_of(scenario: Scenario) -> Pace:
    """The best pace of a scenario's staff."""
    days, start = scenario.horizon_days, scenario.start
    fte = {role: max(capacity(pool, scenario.calendar, start, days).fte) for role, pool in scenario.staffing.items()}
    return Pace(days, fte, scenario.calendar.working_days_per_year / YEAR_DAYS)


def visits(procedure: Procedure, kind: CaseKind, entry: str, pace: Pace) -> float:
    """About how many stages a case of a kind visits before the horizon, at most."""
    return _Chain(procedure, kind, [entry], pace).visits()


def _kinds(procedure: Procedure) -> list[CaseKind]:
    """The kinds of case that each condition of a procedure names, and one that none names."""
    kinds = {CaseKind(): None}
    for when in _conditions(procedure):
        values = [when.platform or [""], when.provider or [""], when.topic or [""], when.origin or [""]]
        for platform, provider, topic, origin in product(*values):
            kinds[CaseKind(frozenset([platform] if platform else []), provider, topic, origin)] = None
    return [kind for _, kind in _told_apart(procedure, [("", kind) for kind in list(kinds)[:MOST_KINDS]])]


def _told_apart(procedure: Procedure, found: list[tuple[str, CaseKind]]) -> list[tuple[str, CaseKind]]:
    """The first of those at a stage for which the same conditions hold: the others go the same way from there."""
    conditions = list(_conditions(procedure))
    first = {(stage, *(_is_of(when, kind) for when in conditions)): (stage, kind) for stage, kind in reversed(found)}
    return list(first.values())[::-1]


def entries(scenario: Scenario) -> list[tuple[str, CaseKind]]:
    """The stages to which cases come, each with the kinds of case that come there, as far as conditions tell."""
    named = list(_conditions(scenario.procedure))
    known = [{v for w in named for v in getattr(w, name) or ()} for name in ("platform", "provider", "topic", "origin")]

    def kind(platform: str, topic: str, origin: str) -> CaseKind:
        services = platform.split(";")
        provider = scenario.platforms[platform].provider if platform in scenario.platforms else ""
        facts = [
            fact if fact in names else "" for fact, names in zip((provider, topic, origin), known[1:], strict=True)
        ]
        return CaseKind(frozenset(services) & known[0], *facts)

    found: dict[tuple[str, CaseKind], None] = {}
    for probe in scenario.probes.values():
        parts = [
            (probe.stage, probe.topic),
            *((s.stage or probe.stage, s.topic or probe.topic) for s in probe.strands.values()),
        ]
        for stage, topic in parts:
            found[stage, kind(probe.platform, topic, probe.origin)] = None
    for stream in scenario.arrivals.values():
        for platform, topic in product(stream.platforms, stream.topics):
            found[stream.stage, kind(platform, topic, stream.origin)] = None
    return _told_apart(scenario.procedure, list(found)[:MOST_KINDS])


def _conditions(procedure: Procedure) -> Iterator[When]:
    for stage in procedure.stages.values():
        yield from _own_conditions(stage)


def _all_steps(stage: Stage) -> Iterator[Steps]:
    yield stage.steps
    for routes in (stage.next, *(other.next for other in stage.next_when)):
        yield from (route.steps for route in routes.values())


def _concerns(when: When | None, kind: CaseKind, visit: int) -> bool:
    """Whether a condition holds for a case of a kind, on its visit of this number to the stage."""
    return when is None or (_is_of(when, kind) and (not when.visit or min(visit, max(when.visit)) in when.visit))


def _is_of(when: When, kind: CaseKind) -> bool:
    """Whether a condition holds for a case of a kind on some visit."""
    facts = ((when.provider, kind.provider), (when.topic, kind.topic), (when.origin, kind.origin))
    of_platform = not when.platform or not kind.platforms.isdisjoint(when.platform)
    return of_platform and all(not words or fact in words for words, fact in facts)


class _Chain:
    """The way of a kind of case as a Markov chain: what follows each state with what probability, and how soon."""

    def __init__(self, procedure: Procedure, kind: CaseKind, entries: list[str], pace: Pace) -> None:
        self.procedure, self.kind, self.pace = procedure, kind, pace
        counted = {
            name: max(numbers)
            for name, stage in procedure.stages.items()
            if (numbers := [number for when in _own_conditions(stage) for number in when.visit or ()])
        }
        self.counted = {name: (place, most) for place, (name, most) in enumerate(counted.items())}
        fresh = (0,) * len(counted)
        self.states: dict[State, list[_Move]] = {}
        self.ending: set[State] = set()
        if not self._follow([self._entered(entry, fresh) for entry in entries]):
            late = tuple(counted.values())
            self.states, self.ending = {}, set()
            self._follow([(name, late) for name in procedure.stages])

    def _entered(self, stage: str, counts: tuple[int, ...]) -> State:
        if stage in self.counted:
            place, most = self.counted[stage]
            counts = (*counts[:place], min(counts[place] + 1, most), *counts[place + 1 :])
        return stage, counts

    def _visit(self, state: State) -> int:
        """The number of the visit to the state's stage, if any condition asks for it."""
        stage, counts = state
        return counts[self.counted[stage][0]] if stage in self.counted else 1

    def _routes(self, state: State) -> tuple[tuple[str | int, ...], Routes]:
        """The routes from a state, and their path in the procedure."""
        stage, visit, at = self.procedure.stages[state[0]], self._visit(state), ("stages", state[0])
        for index, other in enumerate(stage.next_when):
            if _concerns(other.when, self.kind, visit):
                return (*at, "next_when", index, "next"), other.next
        return (*at, "next"), stage.next

    def _follow(self, entries: list[State]) -> bool:
        """Find all states that follow; False if they are too many."""
        waiting = entries
        while waiting:
            state = waiting.pop()
            if state in self.states:
                continue
            if len(self.states) == MOST_STATES and any(self.counted):
                return False
            moves = self.states[state] = []
            _, routes = self._routes(state)
            for name, probability in shares(routes).items():
                route = routes[name]
                target = route.to or name
                if probability and target in self.procedure.exits:
                    self.ending.add(state)
                elif probability:
                    following = self._entered(target, state[1])
                    moves.append(_Move(following, probability, route.steps))
                    waiting.append(following)
        return True

    def findings(self) -> list[Finding]:
        """The cycles that a case cannot leave, or leaves after too many visits, each at the first of its stages."""
        can_end, found = self._can_end(), []
        order = list(self.procedure.stages)
        for connected in self._connected():
            visits = self._most_visits(connected)
            group = sorted(connected, key=lambda state: (order.index(state[0]), state[1]))
            stages = " and ".join(repr(name) for name in dict.fromkeys(name for name, _ in group))
            between = f"between {stages}" if " and " in stages else f"in {stages}"
            if visits > bounds.VISITS_OF_A_CASE.most:
                often = "for ever" if visits == inf else f"some {visits:.0e} times until the horizon"
                message = (
                    f"{self.kind} goes round {between} {often}: give it work or a wait there, or a likelier way out"
                )
            elif group[0] not in can_end:
                message = f"{self.kind} that goes round {between} never ends: no route leads to an exit"
            else:
                continue
            paths = [self._routes(state)[0] for state in group]
            found.append(Finding(next((path for path in paths if "next_when" in path), paths[0]), message))
        return found

    def visits(self) -> float:
        """About how many visits a case makes before the horizon, at most, from the first of the entries on."""
        return self._most_visits(list(self.states)) if any(self._connected()) else float(len(self.states))

    def _connected(self) -> list[list[State]]:
        """The groups of states between which a case can go round."""
        states = list(self.states)
        number = {state: index for index, state in enumerate(states)}
        reach = np.eye(len(states), dtype=np.float32)
        for state in states:
            for move in self.states[state]:
                reach[number[state], number[move.target]] = 1.0
        for _ in range(len(states).bit_length()):  # each squaring doubles the moves that are made
            reach = np.minimum(reach @ reach, 1.0)
        first = np.argmax(reach * reach.T, axis=1)  # of the states that can be reached there and back
        groups = [[states[index] for index in np.flatnonzero(first == label)] for label in np.unique(first)]
        return [g for g in groups if len(g) > 1 or any(move.target == g[0] for move in self.states[g[0]])]

    def _can_end(self) -> set[State]:
        """The states from which a case can come to an exit."""
        ending = set(self.ending)
        while more := {
            s for s, moves in self.states.items() if s not in ending and any(m.target in ending for m in moves)
        }:
            ending |= more
        return ending

    def _most_visits(self, group: list[State]) -> float:
        """The visits within a group of states before the horizon, from the state on from which they are the most."""
        number = {state: index for index, state in enumerate(group)}
        onward = np.zeros((len(group), len(group)))
        for state in group:
            stage = self._discount(self.procedure.stages[state[0]].steps, self._visit(state))
            for move in self.states[state]:
                if move.target in number:
                    discount = stage * self._discount(move.steps, self._visit(state))
                    onward[number[state], number[move.target]] += move.probability * discount
        try:
            visits = np.linalg.solve(np.eye(len(group)) - onward, np.ones(len(group)))
        except np.linalg.LinAlgError:
            return inf
        return float(visits.max()) if np.isfinite(visits).all() and (visits > 0).all() else inf

    def _discount(self, steps: Steps, visit: int) -> float:
        """The mean of exp(-days / horizon) over the steps that a case of the kind takes on a visit."""
        discount = 1.0
        for step in steps.values():
            if step.probability and _concerns(step.when, self.kind, visit):
                discount *= 1.0 - step.probability * (1.0 - self.pace.discount(step))
        return discount


@dataclass(frozen=True)
class _Move:
    """A way on: the state to which it leads, its probability, and the steps that are taken on it alone."""

    target: State
    probability: float
    steps: Steps


def _discount(step: AnyStep, pace: Pace) -> float:
    """The mean of exp(-days / horizon) of a step at the best pace of the staff."""
    if isinstance(step, Team):
        return _mean_discount(step.days, pace.horizon)
    if isinstance(step, Effort):
        least = _mean_discount(step.at_least, pace.horizon) if step.at_least else 1.0
        for role, amount in step.fte_days.items():
            fte = min(step.most_fte.get(role, inf), pace.fte.get(role, UNKNOWN_FTE)) * pace.per_day
            least = min(least, _mean_discount(amount, pace.horizon * fte, step.scale) if fte else 0.0)
        return least
    length = step.days or step.working_days
    assert length is not None
    return _mean_discount(length, pace.horizon)


def _mean_discount(value: Distribution, horizon: float, scale: Distribution | None = None) -> float:
    """The mean of exp(-value * scale / horizon)."""
    if isinstance(value, Constant) and (scale is None or isinstance(scale, Constant)):
        return float(np.exp(-value.value * (scale.value if scale else 1.0) / horizon))
    values = value.quantile(GRID)
    if scale is not None:
        values = np.outer(values, scale.quantile(GRID))
    return float(np.exp(-values / horizon).mean())


def _own_conditions(stage: Stage) -> Iterator[When]:
    """The conditions of a stage: of its routes, and of its steps."""
    yield from (other.when for other in stage.next_when)
    for steps in _all_steps(stage):
        yield from (step.when for step in steps.values() if step.when)
