"""How things may be called: names by which no two things, and nothing of the program's own, can be confused."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple

from sim.scenario.findings import Finding, Path_
from sim.scenario.schema import Procedure, RandomArrivals, Scenario, Stage, Steps, Wave

RESERVED = {
    "all": "the sum of all",
    "headline": "headline cases",
    "before": "cases before the headline stage",
    "new": "new cases",
    "in progress": "cases in progress on the first day",
    "further strands": "all strands of a fork but the first",
    "goes on as strands": "cases that have forked",
    "still in progress": "cases in progress at the horizon",
    "still there": "resolved cases that are in a stage at the horizon",
}
"""What tables call something of their own, and what: no stage, exit, role or probe has such a name, however spelt."""
OF_PARAMETERS = {"replication": "the number of the replication"}
"""The same for uncertain parameters, each of which is a column of a table."""
QUOTE = '"'
"""Stands round a part of a path that has dots of its own, so that no name can contain it."""


class NameAt(NamedTuple):
    """A name and where it stands: as a key of a mapping, or as a value."""

    text: str
    path: Path_
    is_key: bool = True

    def wrong(self, message: str) -> list[Finding]:
        """That something is wrong with it."""
        return [Finding(self.path, message, self.is_key)]


def problems(scenario: Scenario) -> list[Finding]:
    """What is wrong with names in a scenario, those in its procedure apart."""
    roles = [NameAt(role, ("staffing", role)) for role in scenario.staffing]
    parameters = [NameAt(name, ("uncertain", name)) for name in scenario.uncertain]
    findings = [f for role in roles for f in _spelt(role, "a role") + _free(role, "a role")]
    for name in parameters:
        findings += _spelt(name, "an uncertain parameter") + _free(name, "an uncertain parameter", OF_PARAMETERS)
    findings += _alike(roles) + _alike(parameters) + _cases(scenario) + _services(scenario)
    return findings


def procedure_problems(procedure: Procedure) -> list[Finding]:
    """What is wrong with names in a procedure."""
    stages = [NameAt(name, ("stages", name)) for name in procedure.stages]
    exits = [NameAt(name, ("exits", name)) for name in procedure.exits]
    topics = [NameAt(topic, ("topics", index), False) for index, topic in enumerate(procedure.topics)]
    findings = [f for stage in stages for f in _spelt(stage, "a stage", "|<") + _free(stage, "a stage")]
    findings += [f for name in exits for f in _spelt(name, "an exit", "|<") + _free(name, "an exit")]
    findings += [f for topic in topics for f in _spelt(topic, "a topic")]
    for place, topic in enumerate(topics):
        if topic.text in procedure.topics[:place]:
            findings += topic.wrong(f"{topic.text!r} is given twice")
    for name in stages:
        findings += _of_stage(procedure.stages[name.text], name.path)
        if name.text in procedure.exits:
            findings += name.wrong(f"{name.text!r} is both a stage and an exit")
    return findings + _alike(stages + exits) + _alike(topics)


def all_steps(stage: Stage, at: Path_) -> Iterator[tuple[Path_, Steps]]:
    """A stage's steps and those of its routes, each with its path."""
    yield (*at, "steps"), stage.steps
    for name, route in stage.next.items():
        yield (*at, "next", name, "steps"), route.steps
    for index, other in enumerate(stage.next_when):
        for name, route in other.next.items():
            yield (*at, "next_when", index, "next", name, "steps"), route.steps


def _of_stage(stage: Stage, at: Path_) -> list[Finding]:
    """What is wrong with the names of steps and routes."""
    findings: list[Finding] = []
    for path, steps in all_steps(stage, at):
        named = [NameAt(name, (*path, name)) for name in steps]
        findings += [f for step in named for f in _spelt(step, "a step", "|/:?*>")] + _alike(named)
    routes = [NameAt(name, (*at, "next", name)) for name in stage.next]
    for index, other in enumerate(stage.next_when):
        routes += [NameAt(name, (*at, "next_when", index, "next", name)) for name in other.next]
    for route in routes:
        # The draws of the routes for some cases begin with the number of these routes and a colon.
        findings += _spelt(route, "a route", ":" if re.match(r"\d+:", route.text) else "")
    # Steps of a stage that are called as another of its draws would take the same random number.
    taken = {"route", *(["fine"] if stage.fine else []), *(["fork"] if stage.fork else [])}
    message = "a step of this stage cannot be called {0!r}: the draw of the {0} has that name"
    return findings + [Finding((*at, "steps", n), message.format(n), True) for n in stage.steps if n in taken]


def _spelt(name: NameAt, what: str, forbidden: str = "") -> list[Finding]:
    """What is wrong with a name as it is written.

    `forbidden` are the characters that separate the parts of a draw's key or of a case's name: with one of them two
    keys, or two names, could be the same.
    """
    tidy = _tidy(name.text)
    if not tidy:
        return name.wrong(f"{what} needs a name")
    if name.text != tidy:
        return name.wrong(f"the name of {what} has spaces that nobody sees; write {tidy!r}")
    if name.text == "*":
        return name.wrong(f"{what} cannot be called '*', which stands for every name in a path")
    hidden = [character for character in name.text if unicodedata.category(character) in {"Cc", "Cf"}]
    if hidden:
        return name.wrong(f"the name of {what} contains U+{ord(hidden[0]):04X}, a character that nobody sees")
    clashing = [character for character in QUOTE + forbidden if character in name.text]
    return name.wrong(f"the name of {what} may not contain {clashing[0]!r}") if clashing else []


def _free(name: NameAt, what: str, reserved: dict[str, str] = RESERVED) -> list[Finding]:
    """That tables call something of their own like this."""
    taken = [meaning for word, meaning in reserved.items() if look(name.text) == look(word)]
    return name.wrong(f"{what} cannot be called {name.text!r}: in tables that means {taken[0]}") if taken else []


def _tidy(name: str) -> str:
    """A name without spaces that nobody sees."""
    return " ".join(name.split())


def look(name: str) -> str:
    """What names have in common that look alike: the letters, without capitals and spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _alike(named: Iterable[NameAt]) -> list[Finding]:
    """Names that differ from an earlier one only in how they are written."""
    findings: list[Finding] = []
    first: dict[str, str] = {}
    for name in named:
        other = first.setdefault(look(name.text), name.text)
        if other != name.text and _tidy(name.text) == name.text:
            findings += name.wrong(f"{name.text!r} and {other!r} differ in capitals or spaces only")
    return findings


def _cases(scenario: Scenario) -> list[Finding]:
    """Names by which two cases, or the draws of two, could not be told apart."""
    findings: list[Finding] = []
    waves = {name for name, stream in scenario.arrivals.items() if isinstance(stream, Wave)}
    numbered = scenario.arrivals.keys() - waves
    probes = [NameAt(name, ("probes", name)) for name in scenario.probes]
    streams = [NameAt(name, ("arrivals", name)) for name in scenario.arrivals]
    for name in probes:
        findings += _spelt(name, "a probe", "|/") + _free(name, "a probe") + _not_a_case(name, numbered)
        strands = [NameAt(strand, (*name.path, "strands", strand)) for strand in scenario.probes[name.text].strands]
        findings += [f for strand in strands for f in _spelt(strand, "a strand", "|/")] + _alike(strands)
        if name.text in waves:
            findings += name.wrong(
                f"a probe and a wave cannot both be called {name.text!r}: their cases would have the same names"
            )
    for name in streams:
        findings += _spelt(name, "a stream", "|/") + (_not_a_case(name, numbered) if name.text in waves else [])
    return findings + _alike(probes) + _alike(streams)


def _not_a_case(name: NameAt, numbered: Set[str]) -> list[Finding]:
    """A name that a case, or a wave, of a stream will have, which are the stream's with a number."""
    stream, _, number = name.text.rpartition("-")
    if stream not in numbered or not re.fullmatch("[1-9][0-9]*", number):
        return []
    return name.wrong(f"{name.text!r} is the name of case {number} of the stream {stream!r}; choose another name")


def _services(scenario: Scenario) -> list[Finding]:
    """What is wrong with the names of services and providers, topics and origins, wherever a scenario gives them."""
    services, providers, topics, origins = list[NameAt](), list[NameAt](), list[NameAt](), list[NameAt]()
    findings: list[Finding] = []
    for key, stream in scenario.arrivals.items():
        at: Path_ = ("arrivals", key)
        named = [NameAt(name, (*at, "platforms", name)) for name in stream.platforms]
        in_label = not isinstance(stream, RandomArrivals)
        findings += [f for name in named for f in _service(name, "|/" if in_label else "|", in_label)]
        services += named
        topics += [NameAt(topic, (*at, "topics", topic)) for topic in stream.topics]
        origins.append(NameAt(stream.origin, (*at, "origin"), False))
    for key, probe in scenario.probes.items():
        at = ("probes", key)
        service = NameAt(probe.platform, (*at, "platform"), False)
        findings += _service(service, "|") if probe.platform else []
        services.append(service)
        topics.append(NameAt(probe.topic, (*at, "topic"), False))
        topics += [NameAt(one.topic, (*at, "strands", name, "topic"), False) for name, one in probe.strands.items()]
        origins.append(NameAt(probe.origin, (*at, "origin"), False))
    for key, platform in scenario.platforms.items():
        service = NameAt(key, ("platforms", key))
        findings += _service(service, "|")
        services.append(service)
        providers.append(NameAt(platform.provider, (*service.path, "provider"), False))
    for what, names in (("a provider", providers), ("a topic", topics), ("an origin", origins)):
        findings += [
            f for name in names if name.text or what == "a provider" or name.is_key for f in _spelt(name, what)
        ]
    return findings + _alike(services) + _alike(providers) + _alike(topics) + _alike(origins)


def _service(name: NameAt, forbidden: str, in_wave: bool = False) -> list[Finding]:
    """What is wrong with the name of a service, or with the names of several, separated by `;`."""
    wrong = _spelt(name, "a platform in a wave" if in_wave else "a platform", forbidden)
    parts = name.text.split(";")
    if not wrong and any(part != part.strip() or not part for part in parts):
        tidy = ";".join(part.strip() for part in parts if part.strip())
        return name.wrong(f"several platforms are separated by ';' alone; write {tidy!r}")
    return wrong
