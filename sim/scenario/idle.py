"""Settings that would do nothing: conditions that hold for no case, weights of nobody's priority, roles without work.

A procedure may be shared by scenarios that do not all have the same platforms. So a name that a scenario does not know
is an error where the scenario itself writes it; in the file of a procedure it is one only if it is nearly a known name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from sim.errors import suggestion
from sim.scenario.findings import Finding, Path_, misspelt, unknown
from sim.scenario.names import all_steps
from sim.scenario.schema import AnyStep, Effort, Platform, Procedure, Routes, Scenario, Stage, Team, When

KINDS = {
    "platform": "no case can be on the platform",
    "provider": "no platform is of the provider",
    "topic": "no case has the topic",
    "origin": "no case has the origin",
}
"""The settings of a condition that are names, and what is wrong with one that refers to nothing."""
Known = Mapping[str, list[str]]
Own = Callable[[Path_], bool]
"""Tells whether a scenario itself writes what stands at a path."""


def procedure_problems(procedure: Procedure) -> list[Finding]:
    """What is wrong with conditions whatever the scenario: topics that the procedure does not list, visits."""
    findings: list[Finding] = []
    for path, when in _of_stages(procedure):
        topics = when.topic or [] if procedure.topics else []
        findings += [f for n, topic in enumerate(topics) for f in _topic(topic, procedure, (*path, "topic", n))]
        stage = str(path[1])
        if when.visit and min(when.visit) > 1 and stage not in after(procedure, stage):
            findings.append(
                Finding((*path, "visit"), f"a case visits {stage!r} once at most: no route leads back to it")
            )
    for topic in procedure.complexity.topics if procedure.topics else ():
        findings += _topic(topic, procedure, ("complexity", "topics", topic), True)
    return findings


def problems(scenario: Scenario, own: Own, others: Mapping[str, Platform]) -> list[Finding]:
    """What is wrong with conditions in view of the cases that a scenario can have.

    Parameters
    ----------
    scenario
        With what it takes from a record.
    own
        Whether the scenario itself writes what stands at a path, and not the file of its procedure.
    others
        Platforms that are known although the scenario may have none of them: those that came later than its start.
    """
    known = _known(scenario, others)
    findings: list[Finding] = []
    for below, kind, name, at_key in _named(scenario.procedure):
        names, path = known[kind], ("procedure", *below)
        if not name or name in names or (kind == "topic" and scenario.procedure.topics):
            continue
        meant = misspelt(name, names)
        if meant or own(path):
            hint = f"; did you mean {meant!r}?" if meant else suggestion(name, names)
            findings.append(Finding(path, f"{KINDS[kind]} {name!r}{hint}", at_key))
    return findings + _priorities(scenario, own) + _platforms(scenario) + _idle(scenario)


def _topic(topic: str, procedure: Procedure, path: Path_, at_key: bool = False) -> list[Finding]:
    return unknown(topic, procedure.topics, "topic", path, at_key) if topic else []


def _of_stages(procedure: Procedure) -> Iterator[tuple[Path_, When]]:
    """The conditions of steps and routes, each with its path."""
    for name, stage in procedure.stages.items():
        for index, other in enumerate(stage.next_when):
            yield ("stages", name, "next_when", index, "when"), other.when
        for path, steps in all_steps(stage, ("stages", name)):
            for step, settings in steps.items():
                if settings.when:
                    yield (*path, step, "when"), settings.when


def after(procedure: Procedure, stage: str) -> set[str]:
    """The stages and exits to which a case can come from a stage."""
    reached: set[str] = set()
    new = {stage}
    while new:
        new = {to for name in new if name in procedure.stages for to in _leads_to(procedure.stages[name])} - reached
        reached |= new
    return reached


def _leads_to(stage: Stage) -> Iterator[str]:
    groups: list[Routes] = [stage.next, *(other.next for other in stage.next_when)]
    for routes in groups:
        for name, route in routes.items():
            yield route.to or name


def _named(procedure: Procedure) -> Iterator[tuple[Path_, str, str, bool]]:
    """The names in conditions and in the factors of effort: path, kind, name, and whether it is a key."""
    for path, when in _of_stages(procedure):
        for kind in KINDS:
            for index, name in enumerate(getattr(when, kind) or ()):
                yield (*path, kind, index), kind, name, False
    tables: Mapping[str, Mapping[str, Any]] = {
        "platform": procedure.complexity.platforms,
        "topic": procedure.complexity.topics,
    }
    for kind, table in tables.items():
        for name in table:
            yield ("complexity", f"{kind}s", name), kind, name, True


def _known(scenario: Scenario, others: Mapping[str, Platform]) -> Known:
    """The names that cases of a scenario can have, by kind."""
    probes, streams = scenario.probes.values(), scenario.arrivals.values()
    platforms = {**others, **scenario.platforms}
    topics = [*(t for s in streams for t in s.topics), *(p.topic for p in probes)]
    topics += [strand.topic for probe in probes for strand in probe.strands.values()]
    return {
        "platform": _distinct([*_with_cases(scenario), *(s for name in platforms for s in name.split(";"))]),
        "provider": _distinct(platform.provider for platform in platforms.values()),
        "topic": _distinct(topics),
        "origin": _distinct([*(s.origin for s in streams), *(p.origin for p in probes)]),
    }


def _with_cases(scenario: Scenario) -> list[str]:
    """The services on which there can be cases, each by itself and as several stand together."""
    names = [probe.platform for probe in scenario.probes.values()]
    names += [name for stream in scenario.arrivals.values() for name in stream.platforms]
    return _distinct([*names, *(service for name in names for service in name.split(";"))])


def _distinct(names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name]


def _priorities(scenario: Scenario, own: Own) -> list[Finding]:
    """Weights of priorities that neither a stage nor a case has."""
    ranks = {stage.priority for stage in scenario.procedure.stages.values()}
    ranks |= {case.priority for case in (*scenario.probes.values(), *scenario.arrivals.values()) if case.priority}
    message = "no stage or case has the priority {}; priorities are {}"
    return [
        Finding(path, message.format(rank, ", ".join(map(str, sorted(ranks)))), True)
        for rank in scenario.procedure.priority_weights
        if rank not in ranks and own(path := ("procedure", "priority_weights", rank))
    ]


def _platforms(scenario: Scenario) -> list[Finding]:
    """Services of `platforms` that are probably one on which there are cases, which has no entry of its own."""
    with_cases = _with_cases(scenario)
    without_entry = [name for name in with_cases if name not in scenario.platforms]
    return [
        Finding(("platforms", name), f"no case can be on the platform {name!r}; did you mean {meant!r}?", True)
        for name in scenario.platforms
        if name not in with_cases and (meant := misspelt(name, without_entry))
    ]


def _idle(scenario: Scenario) -> list[Finding]:
    """Roles for which no step has work: probably others misspelt, unless it is the step that has the role misspelt.

    Where there are only waits, the staff that every scenario needs has nothing to do.
    """
    steps = [
        step
        for name, stage in scenario.procedure.stages.items()
        for _, group in all_steps(stage, ("procedure", "stages", name))
        for step in group.values()
    ]
    asked = list(dict.fromkeys(role for step in steps for role in roles_of(step)))
    if not asked or not scenario.staffing.keys() >= set(asked):
        return []
    message = "{!r} does no work: no step asks for this role{}"
    return [
        Finding(("staffing", role), message.format(role, suggestion(role, asked)), True)
        for role in scenario.staffing
        if role not in asked
    ]


def roles_of(step: AnyStep) -> Iterable[str]:
    """The roles that a step asks for."""
    return step.fte_days if isinstance(step, Effort) else step.fte if isinstance(step, Team) else ()
