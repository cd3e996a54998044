"""The settings of a scenario as people say them: the names of numbers, their units, their values."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sim.scenario.distributions import Beta, Bounded, Constant, Distribution, Empirical, Exponential, Family
from sim.scenario.paths import Keys, value_at
from sim.scenario.schema import Probe, RoutesFor, Scenario, Strand, Target, When
from sim.scenario.settings import Settings
from sim.scenario.staffing import Pool, SlowSeason

SAID = {
    "at_least": ("least time", "days"),
    "casework_share": ("time for cases", "share"),
    "cases": ("cases at once, at most", "cases"),
    "days": ("time", "days"),
    "effort_scale": ("effort of all work", "factor"),
    "elasticity": ("more work for more obligations", ""),
    "fee_eur_m": ("fee", "EUR million"),
    "floor": ("output left at worst", "share"),
    "from_share": ("speed on the first day", "share"),
    "fte": ("people in the team", "FTE"),
    "fte_days": ("work", "FTE-days"),
    "fte_year_eur": ("a person-year", "EUR"),
    "headcount": ("people", "FTE"),
    "loss": ("output lost", "share"),
    "most": ("at most", "share"),
    "most_fte": ("people at once, at most", "FTE"),
    "multitasking": ("several cases at once", ""),
    "obligations": ("obligations concerned", "obligations"),
    "of_rest": ("chance, of those left", "share"),
    "pace_before_start": ("speed of work before the first day", "share"),
    "per_year": ("how many a year", "a year"),
    "platforms": ("weights of platforms", ""),
    "probability": ("chance", "share"),
    "ramp_up": ("first months in the job", ""),
    "reference_obligations": ("obligations for which work is given", "obligations"),
    "scale": ("spread of the work", "factor"),
    "share": ("work done", "share"),
    "share_of_turnover": ("share of turnover", "share"),
    "size": ("cases in a wave", "platforms"),
    "strands": ("how many strands", ""),
    "topics": ("weights of topics", ""),
    "turnover_eur_bn": ("turnover", "EUR billion"),
    "within_days": ("within", "days"),
    "working_days": ("time", "working days"),
    "working_days_per_year": ("days that a full-time person works", "days a year"),
}
"""What a setting is called, and its unit, by its name in the language of scenario files; others are bare numbers."""
UNSAID = ("fork", "procedure", "value")
"""Settings whose names say nothing beside those of what is in them, as those of groups do not."""
MANY = {"obligations": "obligations of cases", "turnover_eur_bn": "companies' turnovers"}
"""What numbers are that come by case or by platform, and so may be most of all numbers."""
FEW = 3
"""Conditions that a name has in full."""


def unit(setting: str) -> str:
    """The unit of a setting by its name; '' for a bare number."""
    return SAID.get(setting, ("", ""))[1]


def name(scenario: Scenario, keys: Keys) -> str:
    """What people call a number: 'Preliminary findings → Non-compliance decision: draft, work'."""
    subject, *more = [part for part in _parts(scenario, keys) if part] or [str(keys[-1])]
    route = [part for part in more if part.startswith(("→", "("))]
    rest = [part for part in more if part not in route]
    return f"{' '.join([subject, *route])}{': ' if rest else ''}{', '.join(rest)}"


def _parts(scenario: Scenario, keys: Keys) -> Iterator[str]:
    """The names on the way to a number, those of settings that say nothing left out."""
    owner: Any = scenario
    for place, key in enumerate(keys):
        value = value_at(owner, (key,))
        above = keys[place - 1] if place else ""
        if isinstance(owner, Settings):
            said = "" if key in UNSAID or _is_group(value) else _setting(key)
            yield said if place else f"{said[:1].upper()}{said[1:]}"
        elif above == "next":
            yield f"→ {_state(scenario, value.to or key)}{f' ({key})' if value.to else ''}"
        else:
            yield _member(scenario, key, value)
        owner = value


def _is_group(value: Any) -> bool:
    """Whether a setting is several things, each with settings of its own."""
    several = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(one, Settings) and not isinstance(one, Distribution) for one in several)


def _setting(key: str) -> str:
    return SAID.get(key, ("", ""))[0] or key.replace("_", " ")


def _state(scenario: Scenario, state: str) -> str:
    stage = scenario.procedure.stages.get(state)
    return stage.title if stage else scenario.procedure.exits[state]


def _member(scenario: Scenario, key: Any, value: Any) -> str:
    """What one of several things is called: by its title, by what it is about, or by its key."""
    if isinstance(value, Probe):
        return f"{value.platform.replace(';', ' and ')} ({key})" if value.platform else str(key)
    if isinstance(value, Target) and not value.title:
        return f"{_state(scenario, value.milestone)} after {_state(scenario, value.of)}"
    if isinstance(value, SlowSeason):
        return f"{value.first} to {value.last}"
    if isinstance(value, RoutesFor):
        return _condition(value.when)
    if isinstance(value, Pool):
        return short(value.title) or str(key)
    if isinstance(value, Strand):
        return str(key).replace("-", " ")
    if isinstance(value, Settings):
        return getattr(value, "title", "") or str(key).replace("_", " ")
    return called(scenario).get(str(key), str(key))


def _condition(when: When) -> str:
    """The cases of which something is true, in brackets."""
    said = [str(one) for value in when.model_dump(exclude_none=True).values() for one in value]
    return f"({', '.join(said[:FEW])}{' and others' if len(said) > FEW else ''})"


def called(scenario: Scenario) -> dict[str, str]:
    """What people call the roles and topics that tables of numbers have by their keys."""
    topics = {topic: topic.replace("_", " ") for topic in scenario.procedure.topics}
    return topics | {role: short(pool.title) or role for role, pool in scenario.staffing.items()}


def short(title: str) -> str:
    """A title without what stands behind its first comma, for sentences."""
    return title.partition(",")[0]


def in_words(value: Any, names: Mapping[str, str]) -> str:
    """A number, distribution, dated numbers or table of numbers as people say it: 'lognormal, median 21, cv 0.5'.

    `names`: what the keys of a table are called.
    """
    if isinstance(value, dict) and any(isinstance(key, date) for key in value):
        dates = [f"{figure(number)} on {day}" for day, number in value.items()]
        return figure(value[date.min]) if list(value) == [date.min] else ", ".join(dates)
    if isinstance(value, dict):
        return ", ".join(f"{names.get(str(key), key)}: {in_words(one, names)}" for key, one in value.items())
    return _distribution(value) if isinstance(value, Distribution) else figure(value)


def figure(value: float) -> str:
    """A number with all its digits."""
    return f"{value:,.12g}"


def _distribution(it: Distribution) -> str:
    if isinstance(it, Constant):
        return figure(it.value)
    return f"{it.distribution}, {', '.join(_facts(it))}"


def _facts(it: Distribution) -> Iterator[str]:
    """What fixes a distribution."""
    if isinstance(it, Exponential):
        yield f"mean {figure(it.mean)}"
    elif isinstance(it, Bounded):
        yield f"{figure(it.low)} to {figure(it.high)}"
        if hasattr(it, "mode"):
            yield f"most likely {figure(it.mode)}"
    elif isinstance(it, Beta):
        yield f"mean {figure(it.mean)}"
        yield f"worth {figure(it.observations)} observations"
    elif isinstance(it, Empirical):
        weights = [f" (weight {figure(weight)})" for weight in it.weights or ()] or [""] * len(it.values)
        yield from (f"{figure(one)}{weight}" for one, weight in zip(it.values, weights, strict=True))
    elif isinstance(it, Family):
        named = ("mean", "median", "sd", "cv")
        yield from (f"{name} {figure(fact)}" for name in named if (fact := getattr(it, name)) is not None)
        quantiles = sorted((it.quantiles or {}).items())
        yield from (f"{figure(100 * share)}% below {figure(at)}" for share, at in quantiles)
