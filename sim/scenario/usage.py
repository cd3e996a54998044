"""How the numbers of a scenario enter a simulation: as they are, or varied, and what becomes of them."""

import numpy as np

from sim.scenario.expected_staff import expected_staffing, places_of
from sim.scenario.paths import Keys, value_at
from sim.scenario.schema import Scenario, Uncertain
from sim.scenario.shares import shares
from sim.scenario.staffing import headcount
from sim.scenario.wording import short

FIXED = "fixed"
COMPUTED = "computed from the numbers below"
CENTRAL = np.array([0.1, 0.9])
"""The quantiles between which a parameter is in eight of ten draws."""
EFFORT = ("procedure", "complexity", "effort_scale")
"""The setting that multiplies all work."""


class Usage:
    """Says of each number of a scenario how it is used."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._varied = {name: places_of(scenario, one) for name, one in scenario.uncertain.items()}
        self._ranges = {name: _ranges(scenario, name) for name in scenario.uncertain}
        first = np.zeros(1)
        staff = expected_staffing(scenario)
        self._people = {role: headcount(pool, scenario.start, first).item() for role, pool in staff.items()}
        self._given = {role: headcount(pool, scenario.start, first).item() for role, pool in scenario.staffing.items()}

    def of(self, keys: Keys) -> str:
        """How the number at a place is used, in words; ranges hold 80% of the draws."""
        owner = value_at(self._scenario, keys[:-1])
        if isinstance(owner, Uncertain):
            what = f"sets {', '.join(owner.sets)}" if owner.sets else f"multiplies {', '.join(owner.scales or ())}"
            return f"{self._ranges[str(keys[1])]}; {what}"
        varied = "; ".join(said for name in self._varied if (said := self._by(name, keys)))
        also = self._people_of(keys) if keys[-1] == "headcount" else self._share_of(keys)
        return f"{varied or FIXED}{'; ' if also else ''}{also}"

    def _by(self, name: str, keys: Keys) -> str:
        """By what an uncertain parameter replaces or multiplies a number; '' if it does neither."""
        one, places = self._scenario.uncertain[name], self._varied[name]
        is_work = "fte_days" in keys[-2:]
        if any(place[: len(keys)] == keys[: len(place)] for place in places):
            how = "drawn from" if one.sets else "times"
        elif is_work and EFFORT in places:
            how = "times"
        else:
            return ""
        return f"{how} {self._ranges[name]} ({one.title or name})"

    def _people_of(self, keys: Keys) -> str:
        """How many people are expected on the first day, in a role and in all."""
        every = f", {self.everybody} in all roles" if len(self._people) > 1 else ""
        return f"{_number_of(self._people[keys[1]])} expected on {self._scenario.start}{every}"

    @property
    def everybody(self) -> str:
        """How many people are expected on the first day in all roles."""
        return _number_of(sum(self._people.values()))

    def parts_of_everybody(self) -> str:
        """Of what that is the sum: the people of each role as given, and by what some of them are varied."""
        groups: dict[str, list[str]] = {}
        for role in self._people:
            said = (self._by(name, ("staffing", role, "headcount")) for name in self._varied)
            groups.setdefault("; ".join(filter(None, said)), []).append(role)
        return "; ".join(self._group(varied, roles) for varied, roles in groups.items())

    def _group(self, varied: str, roles: list[str]) -> str:
        pools = self._scenario.staffing
        people = " + ".join(f"{_number_of(self._given[one])} {short(pools[one].title) or one}" for one in roles)
        given = f" = {_number_of(sum(self._given[one] for one in roles))}" if len(roles) > 1 else ""
        mean = _number_of(sum(self._people[one] for one in roles))
        return f"{people}{given}, {f'{varied}: {mean} on average' if varied else FIXED}"

    def _share_of(self, keys: Keys) -> str:
        """What a share of those that are left is of all."""
        if keys[-1] != "of_rest":
            return ""
        of_all = shares(value_at(self._scenario, keys[:-2]))[keys[-2]]
        return f"{of_all:.2g} ({of_all:.0%}) of all before it is varied"


def _ranges(scenario: Scenario, name: str) -> str:
    """Between which values a parameter is drawn, before and after it was fitted to a record."""
    prior, margin = scenario.uncertain[name].value, scenario.margin(name)
    fitted = f", {_between(margin.quantile(CENTRAL))} fitted to the record" if margin is not prior else ""
    return f"{_between(prior.quantile(CENTRAL))} assumed{fitted}"


def _number_of(people: float) -> str:
    return f"{people:,.0f}" if people >= 100 else f"{people:.3g}"


def _between(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    low, high = values
    return f"{low:.2g} to {high:.2g}"
