"""What-ifs: the inputs of a form, which are texts, -> a scenario, or what is wrong with them beside each input.

Inputs by name: `name`, `replications`; `staff.ROLE.YEAR` (people from 1 January of the year on); `without` (probes that
are left out, with `|` between them); `route` and `share` (of the strands that take a route out of the stage that forks,
in percent); `wave_on` and `wave_services` (a wave of requests to so many services). What is not said is as in the
baseline. No stage or role is known by name: they are the scenario's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from math import inf, isfinite, nan

from pydantic import ValidationError

from sim.errors import UserError
from sim.scenario import checks
from sim.scenario.schema import Scenario
from sim.view.dashboard.changes import (
    BETWEEN,
    NEW_WAVE,
    by_weight,
    people_in,
    routes,
    with_people,
    with_share,
    with_wave,
    years,
)

Said = Mapping[str, str]
USUAL_REPLICATIONS = 200
LEAST_REPLICATIONS = 20
"""Fewer say nothing of a difference."""


@dataclass
class Read:
    """What was read from a form: the scenario if all is well; messages by input, and others.

    `changes`: what differs from the baseline, in words.
    """

    scenario: Scenario | None = None
    beside: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)


def read(base: Scenario, said: Said) -> Read:
    """The scenario that differs from the baseline in what is said."""
    form = _Form(base, said)
    scenario = form.changed()
    found = Read(beside=form.beside, changes=form.changes, messages=[])
    if form.beside:
        return found
    if not form.changes:
        found.messages.append("Nothing differs from the baseline yet: change a number, or leave a probe out.")
        return found
    try:
        scenario = Scenario.model_validate(scenario.model_dump(mode="json"))
        problems = checks.problems(scenario)
    except ValidationError as error:
        found.messages += [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)]
        return found
    for problem in problems:
        _tell(found, said, problem)
    if not problems:
        found.scenario = scenario
    return found


def _tell(found: Read, said: Said, problem: checks.Finding) -> None:
    """A mistake of the scenario beside the input that it comes from, if there is one."""
    path = [str(part) for part in problem.path]
    inputs = [name for name in said if name.startswith("staff.") and name.split(".")[1] in path]
    if path[:2] == ["arrivals", NEW_WAVE]:
        inputs = ["wave_on"]
    if "share" in said and path[:2] != ["arrivals", NEW_WAVE] and ("next" in path or path[0] == "uncertain"):
        inputs = ["share"]
    if inputs:
        found.beside.setdefault(inputs[0], problem.message)
    else:
        found.messages.append(f"{'.'.join(path)}: {problem.message}")


def defaults(base: Scenario) -> dict[str, str]:
    """The inputs as they stand for the baseline itself."""
    staff = {
        staff_input(role, year): number(people_in(base, pool, year))
        for role, pool in base.staffing.items()
        for year in years(base)
    }
    return {
        "name": f"{base.name}-what-if",
        "replications": str(min(USUAL_REPLICATIONS, base.replications)),
        **staff,
        **dict.fromkeys(("without", "route", "share", "wave_on", "wave_services"), ""),
    }


def staff_input(role: str, year: int) -> str:
    """The name of the input of the people of a role in a year."""
    return f"staff.{role}.{year}"


def number(value: float) -> str:
    """A number as it stands in an input: one digit behind the point where it needs one."""
    return f"{value:.1f}".removesuffix(".0")


class _Form:
    """The inputs of one what-if, read one after the other; `beside` collects what is wrong, `changes` what differs."""

    def __init__(self, base: Scenario, said: Said) -> None:
        self.base = base
        usual = defaults(base)
        self.said = {**usual, **said}
        self.beside: dict[str, str] = {n: "means nothing for this baseline" for n in said if n not in usual}
        self.new = [name for name in usual if name in said and said[name] != usual[name]]
        self.changes: list[str] = []

    def changed(self) -> Scenario:
        """The scenario with all that could be read."""
        scenario = self.base
        for step in (self._staff, self._probes, self._route, self._wave):
            scenario = step(scenario)
        said = {"name": self._name(), "replications": self._replications()}
        words = "; ".join(self.changes)
        more = {"title": f"What if: {words}", "description": f"{words}."}
        return scenario.model_copy(update={**said, **more})

    def _number(self, name: str, least: float, most: float = inf, whole: bool = False) -> float | None:
        """An input as a number; None, with a message, if it is none."""
        text = self.said[name].strip()
        try:
            value = float(text)
        except ValueError:
            value = nan
        if isfinite(value) and least <= value <= most and (not whole or value == int(value)):
            return value
        kind = "a whole number" if whole else "a number"
        limits = f"from {least:g} to {most:g}" if isfinite(most) else f"of {least:g} or more"
        self.beside[name] = f"wants {kind} {limits}" + (f", not {text!r}" if text else "")
        return None

    def _name(self) -> str:
        name = self.said["name"].strip()
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            self.beside["name"] = "wants letters, digits, '.', '_' and '-' only"
        elif name == self.base.name:
            self.beside["name"] = "is the baseline's own name; choose another one"
        return name

    def _replications(self) -> int:
        least, most = min(LEAST_REPLICATIONS, self.base.replications), self.base.replications
        found = self._number("replications", least, most, whole=True)
        return int(found) if found else most

    def _staff(self, scenario: Scenario) -> Scenario:
        for role, pool in self.base.staffing.items():
            inputs = {year: staff_input(role, year) for year in years(self.base)}
            changed = [year for year, name in inputs.items() if name in self.new]
            read = {y: self._number(name, 0, 100_000) for y, name in inputs.items() if changed and y >= changed[0]}
            people = {year: value for year, value in read.items() if value is not None}
            if people and len(people) == len(read):
                scenario = with_people(scenario, role, people)
                said = ", ".join(f"{people[year]:g} in {year}" for year in changed)
                self.changes.append(f"{pool.title or role}: {said}")
        return scenario

    def _probes(self, scenario: Scenario) -> Scenario:
        without = [name for name in self.said["without"].split(BETWEEN) if name]
        unknown = [name for name in without if name not in scenario.probes]
        if unknown:
            self.beside["without"] = f"there is no probe {', '.join(unknown)}"
        if not without:
            return scenario
        self.changes.append(f"Without {', '.join(without)}")
        probes = {name: probe for name, probe in scenario.probes.items() if name not in without}
        return scenario.model_copy(update={"probes": probes})

    def _route(self, scenario: Scenario) -> Scenario:
        route, share = self.said["route"], self.said["share"].strip()
        if not route and not share:
            return scenario
        known = routes(scenario.procedure)
        if route not in known:
            self.beside["route"] = "wants a route" if not route else f"there is no route {route!r} here"
            return scenario
        percent = self._number("share", 0, 100)
        if percent is None:
            return scenario
        stage, _, key = route.partition(BETWEEN)
        title, before = known[route]
        self.changes.append(f"{title}: {percent:g}% of strands instead of {100 * before:.3g}%")
        try:
            return with_share(scenario, stage, key, percent / 100)
        except UserError as error:
            self.beside["share"] = str(error)
            return scenario

    def _wave(self, scenario: Scenario) -> Scenario:
        on, services = self.said["wave_on"].strip(), self.said["wave_services"].strip()
        if not on and not services:
            return scenario
        found = self._number("wave_services", 1, len(by_weight(scenario)), whole=True)
        try:
            day = date.fromisoformat(on)
        except ValueError:
            self.beside["wave_on"] = "wants a date such as 2026-03-02"
            return scenario
        if not scenario.start <= day <= scenario.horizon:
            self.beside["wave_on"] = f"wants a day from {scenario.start} to {scenario.horizon}"
        if found is None:
            return scenario
        first = next(iter(scenario.procedure.stages.values())).title
        self.changes.append(f"{first} to {found:g} services on {day}")
        return with_wave(scenario, day, int(found))
