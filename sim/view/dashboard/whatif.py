"""What-ifs: the inputs of a form, which are texts, -> a scenario, or what is wrong with them beside each input.

Inputs by name: `staff` (percent by which all people change), `staff.ROLE` (by which those of a role do instead), `from`
(the day of the change), `without` (probes that are left out, with `|` between them). What no input sets is as in the
baseline. No role is known by name: roles are the scenario's own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from math import isfinite, nan

from sim.dates import days_between
from sim.errors import UserError
from sim.scenario import checks
from sim.scenario.schema import Scenario
from sim.scenario.wording import short
from sim.view.dashboard.headcounts import people_on, scaled
from sim.view.words import date_of, listing

Inputs = Mapping[str, str]
REPLICATIONS = 200
"""Of a what-if, or as many as its baseline has: a paired difference of some days shows among so many."""
LEAST, MOST = -50, 100
"""Percent by which people can change."""
PRESETS = (-20, 20, 50, 100)
MARK = "-what-if-"
"""In the names of what-ifs, after that of their baseline."""
LONGEST = 60
"""Characters of a baseline's name in that of a what-if."""
MIN_DAYS = 31
"""Days that are left after a change, at least."""
SHOWN = 40
"""Characters of an input that a message repeats at most."""
BETWEEN = "|"
"""Between the names of probes; none may contain it."""


@dataclass
class WhatIf:
    """What the inputs of a form ask for.

    Attributes
    ----------
    scenario : None if anything is wrong, or nothing differs from the baseline.
    errors : by input.
    messages : about the whole.
    changes : what differs from the baseline, in words.
    """

    scenario: Scenario | None = None
    errors: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)


def days(base: Scenario) -> list[date]:
    """The days from which on people can change: the first day, and each 1 January that leaves enough time."""
    januaries = [date(year, 1, 1) for year in range(base.start.year + 1, base.horizon.year + 1)]
    return [base.start, *(day for day in januaries if days_between(day, base.horizon) >= MIN_DAYS)]


def defaults(base: Scenario) -> dict[str, str]:
    """The inputs for the baseline itself; a change begins with the next year, if there is one."""
    roles = {staff_input(role): "" for role in base.staffing}
    return {"staff": "0", "from": str(days(base)[:2][-1]), **roles, "without": ""}


def staff_input(role: str) -> str:
    """The name of the input of the people of a role."""
    return f"staff.{role}"


def read(base: Scenario, inputs: Inputs) -> WhatIf:
    """The scenario that differs from the baseline in what the inputs say."""
    form = _Form(base, inputs)
    scenario = form.scenario()
    result = WhatIf(errors=form.errors, changes=form.changes)
    if form.errors:
        return result
    if not form.changes:
        result.messages.append("Nothing differs from the baseline yet: move the slider, or choose one of the changes.")
        return result
    problems = checks.problems(scenario)
    for problem in problems:
        role = next((role for role in base.staffing if role in problem.path), "")
        of_input = next((name for name in (staff_input(role), "staff") if inputs.get(name)), "")
        if of_input:
            result.errors.setdefault(of_input, problem.message)
        else:
            result.messages.append(f"{'.'.join(map(str, problem.path))}: {problem.message}")
    if not problems:
        result.scenario = scenario
    return result


class _Form:
    """Reads the inputs of one what-if one after the other; collects what is wrong with them, and what they change."""

    def __init__(self, base: Scenario, inputs: Inputs) -> None:
        self.base = base
        usual = defaults(base)
        self.inputs = {**usual, **inputs}
        self.errors = {name: "this baseline has no such input" for name in inputs if name not in usual}
        self.changes: list[str] = []
        self._titles: list[str] = []

    def scenario(self) -> Scenario:
        """The scenario with all that could be read."""
        scenario = self._without(self._staff(self.base))
        named = blake2b(repr(sorted(self.inputs.items())).encode(), digest_size=3).hexdigest()
        update = {
            "name": f"{self.base.name.partition(MARK)[0][:LONGEST]}{MARK}{named}",
            "replications": min(REPLICATIONS, self.base.replications),
            "title": sentence(self._titles),
            "description": f"{'; '.join(self.changes)}.",
            "question": "",
        }
        return scenario.model_copy(update=update)

    def _day(self) -> date:
        known = {str(day): day for day in days(self.base)}
        if self.inputs["from"] not in known:
            self.errors["from"] = f"must be one of {', '.join(known)}, not {self.inputs['from'][:SHOWN]!r}"
        return known.get(self.inputs["from"], self.base.start)

    def _percent(self, name: str) -> float:
        """An input as percent; 0, with a message, if it is none."""
        text = self.inputs[name].strip()
        try:
            value = float(text)
        except ValueError:
            value = nan
        if isfinite(value) and LEAST <= value <= MOST:
            return value
        self.errors[name] = f"must be a percentage from {LEAST} to {MOST}" + (f", not {text[:SHOWN]!r}" if text else "")
        return 0.0

    def _staff(self, scenario: Scenario) -> Scenario:
        """Roles without an input of their own follow that of all."""
        day, of_all = self._day(), self._percent("staff")
        own = {role: self.inputs[staff_input(role)].strip() for role in self.base.staffing}
        percent = {role: self._percent(staff_input(role)) if text else of_all for role, text in own.items()}
        people = people_on(self.base, day)
        for role, change in percent.items():
            if change:
                try:
                    scenario = scaled(scenario, role, day, 1 + change / 100)
                except UserError as error:
                    self.errors["staff" if not own[role] else staff_input(role)] = str(error)
        together = [role for role in people if not own[role]]
        groups = [("people" if len(together) == len(people) else "people in other roles", together)]
        groups += [(short(self.base.staffing[role].title or role), [role]) for role in people if own[role]]
        for name, roles in groups:
            self._tell(name, percent[roles[0]] if roles else 0.0, sum(people[role] for role in roles), day)
        if self._titles:
            self._titles[-1] += f" from {day:%B %Y}"
        return scenario

    def _tell(self, name: str, change: float, before: float, day: date) -> None:
        if change:
            after = before * (1 + change / 100)
            self._titles.append(f"{abs(after - before):,.0f} {'more' if change > 0 else 'fewer'} {name}")
            whose = name[0].upper() + name[1:]
            self.changes.append(f"{whose} {change:+g}%: {after:,.0f} instead of {before:,.0f} from {date_of(day)}")

    def _without(self, scenario: Scenario) -> Scenario:
        without = [name for name in self.inputs["without"].split(BETWEEN) if name]
        unknown = [name[:SHOWN] for name in without if name not in scenario.probes][:3]
        if unknown:
            self.errors["without"] = f"there is no probe {', '.join(unknown)}"
        if not without:
            return scenario
        self.changes.append(f"Without {', '.join(without)}")
        self._titles.append(f"without {without[0] if len(without) == 1 else f'{len(without)} cases'}")
        probes = {name: probe for name, probe in scenario.probes.items() if name not in without}
        return scenario.model_copy(update={"probes": probes})


def sentence(parts: Iterable[str]) -> str:
    """Parts as the beginning of a sentence."""
    text = listing(list(parts))
    return text[:1].upper() + text[1:]
