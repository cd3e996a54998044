"""What-ifs: the inputs of a form, which are texts, -> a scenario, or what is wrong with them beside each input.

Inputs by name: `name`, `replications`; `staff.ROLE.YEAR` (people from 1 January of the year on); `without` (probes that
are left out, with `|` between them). What no input sets is as in the baseline. No role is known by name: roles are the
scenario's own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, nan

from pydantic import ValidationError

from sim.scenario import checks
from sim.scenario.expected_staff import expected_staffing
from sim.scenario.findings import Finding
from sim.scenario.schema import Scenario
from sim.view.dashboard.headcounts import people_in, with_people, years

Inputs = Mapping[str, str]
DEFAULT_REPLICATIONS = 200
MIN_REPLICATIONS = 20
"""Fewer say nothing of a difference."""
MAX_PEOPLE = 100_000
MAX_NAME = 100
"""Characters of a name: the folder of the run is named after it."""
SHOWN = 40
"""Characters of an input that a message repeats at most."""
BETWEEN = "|"
"""Between the names of probes; none may contain it."""


@dataclass
class WhatIf:
    """What the inputs of a form ask for.

    Attributes
    ----------
    scenario : None if anything is wrong.
    errors : by input.
    messages : about the whole.
    changes : what differs from the baseline, in words.
    """

    scenario: Scenario | None = None
    errors: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)


def read(base: Scenario, inputs: Inputs) -> WhatIf:
    """The scenario that differs from the baseline in what the inputs say."""
    form = _Form(base, inputs)
    scenario = form.scenario()
    result = WhatIf(errors=form.errors, changes=form.changes)
    if form.errors:
        return result
    if not form.changes:
        result.messages.append("Nothing differs from the baseline yet: change a number, or leave a probe out.")
        return result
    try:
        scenario = Scenario.model_validate(scenario.model_dump(mode="json"))
        problems = checks.problems(scenario)
    except ValidationError as error:
        result.messages += [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)]
        return result
    for problem in problems:
        _add(result, inputs, problem)
    if not problems:
        result.scenario = scenario
    return result


def _add(result: WhatIf, inputs: Inputs, problem: Finding) -> None:
    """Add a problem of the scenario beside the input of the role that it is about, if there is one."""
    path = [str(part) for part in problem.path]
    years_of = [name for name in inputs if name.startswith("staff.")]
    of_role = [name for name in years_of if name.removeprefix("staff.").rpartition(".")[0] in path]
    if of_role:
        result.errors.setdefault(of_role[0], problem.message)
    else:
        result.messages.append(f"{'.'.join(path)}: {problem.message}")


def defaults(base: Scenario) -> dict[str, str]:
    """The inputs for the baseline itself."""
    staff = {
        staff_input(role, year): f"{people_in(base, pool, year):.1f}".removesuffix(".0")
        for role, pool in expected_staffing(base).items()
        for year in years(base)
    }
    replications = str(min(DEFAULT_REPLICATIONS, base.replications))
    return {"name": f"{base.name}-what-if", "replications": replications, **staff, "without": ""}


def staff_input(role: str, year: int) -> str:
    """The name of the input of the people of a role in a year."""
    return f"staff.{role}.{year}"


class _Form:
    """Reads the inputs of one what-if one after the other; collects what is wrong with them, and what they change."""

    def __init__(self, base: Scenario, inputs: Inputs) -> None:
        self.base = base
        usual = defaults(base)
        self.inputs = {**usual, **inputs}
        self.errors = {name: "this baseline has no such input" for name in inputs if name not in usual}
        self.changed = [name for name in usual if name in inputs and inputs[name] != usual[name]]
        self.changes: list[str] = []

    def scenario(self) -> Scenario:
        """The scenario with all that could be read."""
        scenario = self._without_probes(self._staff(self.base))
        words = "; ".join(self.changes)
        update = {
            "name": self._name(),
            "replications": self._replications(),
            "title": f"What if: {words}",
            "description": f"{words}.",
        }
        return scenario.model_copy(update=update)

    def _number(self, name: str, low: float, high: float, whole: bool = False) -> float | None:
        """An input as a number; None, with a message, if it is none."""
        text = self.inputs[name].strip()
        try:
            value = float(text)
        except ValueError:
            value = nan
        if isfinite(value) and low <= value <= high and (not whole or value == int(value)):
            return value
        kind = "a whole number" if whole else "a number"
        self.errors[name] = f"must be {kind} from {low:g} to {high:g}" + (f", not {text[:SHOWN]!r}" if text else "")
        return None

    def _name(self) -> str:
        name = self.inputs["name"].strip()
        if len(name) > MAX_NAME:
            self.errors["name"] = f"has {len(name)} characters; {MAX_NAME} are allowed"
        elif not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            self.errors["name"] = "may have letters, digits, '.', '_' and '-' only"
        elif name == self.base.name:
            self.errors["name"] = "is the baseline's own name; choose another one"
        return name

    def _replications(self) -> int:
        most = self.base.replications
        number = self._number("replications", min(MIN_REPLICATIONS, most), most, whole=True)
        return int(number) if number else most

    def _staff(self, scenario: Scenario) -> Scenario:
        """Years after the first that is changed keep what the form shows for them."""
        for role, pool in self.base.staffing.items():
            inputs = {year: staff_input(role, year) for year in years(self.base)}
            changed = [year for year, name in inputs.items() if name in self.changed]
            numbers = {
                year: self._number(name, 0, MAX_PEOPLE)
                for year, name in inputs.items()
                if changed and year >= changed[0]
            }
            people = {year: number for year, number in numbers.items() if number is not None}
            if people and len(people) == len(numbers):
                scenario = with_people(scenario, role, people)
                words = ", ".join(f"{people[year]:g} in {year}" for year in changed)
                self.changes.append(f"{pool.title or role}: {words}")
        return scenario

    def _without_probes(self, scenario: Scenario) -> Scenario:
        without = [name for name in self.inputs["without"].split(BETWEEN) if name]
        unknown = [name[:SHOWN] for name in without if name not in scenario.probes][:3]
        if unknown:
            self.errors["without"] = f"there is no probe {', '.join(unknown)}"
        if not without:
            return scenario
        self.changes.append(f"Without {', '.join(without)}")
        probes = {name: probe for name, probe in scenario.probes.items() if name not in without}
        return scenario.model_copy(update={"probes": probes})
