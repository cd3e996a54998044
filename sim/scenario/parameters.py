"""The parameters of a scenario in words: every number, its unit, and where it comes from."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from sim.scenario.distributions import Beta, Bounded, Constant, Distribution, Empirical, Exponential, Family
from sim.scenario.paths import Keys, expand, joined, value_at
from sim.scenario.schema import Route, Scenario, Uncertain, When
from sim.scenario.settings import Settings
from sim.scenario.sources import Basis, Source, nearest

PARTS = (
    "staffing",
    "calendar",
    "arrivals",
    "probes",
    "pace_before_start",
    "platforms",
    "procedure",
    "targets",
    "costs",
    "uncertain",
)
"""Where a scenario has its parameters, in the order in which they are shown. The rest says how it is run."""
UNITS = {
    "at_least": "days",
    "casework_share": "share",
    "cases": "cases",
    "days": "days",
    "effort_scale": "factor",
    "floor": "share",
    "from_share": "share",
    "fee_eur_m": "EUR million",
    "fte": "FTE",
    "fte_days": "FTE-days",
    "fte_year_eur": "EUR",
    "headcount": "FTE",
    "loss": "share",
    "most": "share",
    "most_fte": "FTE",
    "obligations": "obligations",
    "of_rest": "share",
    "pace_before_start": "share",
    "per_year": "a year",
    "probability": "share",
    "reference_obligations": "obligations",
    "scale": "factor",
    "share": "share",
    "share_of_turnover": "share",
    "size": "platforms",
    "turnover_eur_bn": "EUR billion",
    "within_days": "days",
    "working_days": "working days",
    "working_days_per_year": "days a year",
}
"""Unit of a setting, by its name in the language of scenario files; others are bare numbers, such as weights."""


@dataclass(frozen=True)
class Parameter:
    """A number of a scenario, or several of one setting with the same source.

    `value` is in words; `unit` is '' for a bare number; `basis` is None, `reason` and `url` are '' if no source gives
    them; `location` is file and line, '' if it stands in no file.
    """

    path: str
    value: str
    unit: str
    basis: Basis | None
    reason: str
    url: str
    location: str


def parameters(scenario: Scenario) -> list[Parameter]:
    """The parameters of a scenario: staff, cases, procedure, targets, what is uncertain, each as in its file.

    Left out is what stands at its default without a source.
    """
    result = []
    for keys, value, default in _numbers(scenario):
        if default and not scenario.sources.get(joined(keys), Source()).reason:
            continue
        apart = [(*keys, name) for name in value] if _is_table(value) else []
        apart = [path_keys for path_keys in apart if joined(path_keys) in scenario.sources]
        rest = {name: one for name, one in value.items() if (*keys, name) not in apart} if apart else value
        if not apart or rest:
            result.append(_parameter(scenario, keys, rest))
        result += [_parameter(scenario, path_keys, value_at(scenario, path_keys)) for path_keys in apart]
    return result


def count_by_basis(found: Sequence[Parameter]) -> str:
    """How many parameters are founded on what, in a sentence: '134 of 246 numbers are assumptions; ...'."""
    number = Counter(parameter.basis for parameter in found)
    parts = [f"{number['assumption']:,} of {len(found):,} numbers are assumptions"]
    for basis, (one, many) in _FOUNDED.items():
        if number[basis]:
            parts.append(f"{number[basis]:,} {one if number[basis] == 1 else many}")
    return "; ".join([*parts, *([f"for {number[None]:,} no source is given"] if number[None] else [])]) + "."


_FOUNDED: dict[Basis, tuple[str, str]] = {
    "derived": ("is derived from sourced figures", "are derived from sourced figures"),
    "source": ("has a public source", "have a public source"),
    "law": ("is set by law", "are set by law"),
}
"""What a number is founded on, in words: one number, and several."""


def rows(scenario: Scenario) -> Iterator[tuple[Keys, list[Keys]]]:
    """The settings of a scenario that are numbers, those at their default too, and the numbers in each."""
    for keys, value, _ in _numbers(scenario):
        yield keys, [(*keys, name) for name in value] if _is_table(value) else [keys]


def _numbers(scenario: Scenario) -> Iterator[tuple[Keys, Any, bool]]:
    for name in PARTS:
        value = getattr(scenario, name)
        default = type(scenario).model_fields[name].get_default(call_default_factory=True)
        yield from _below((name,), value, value == default)


def _below(keys: Keys, node: Any, default: bool) -> Iterator[tuple[Keys, Any, bool]]:
    """The numbers, distributions, dated numbers and tables of numbers in a setting; whether they are at the default."""
    if isinstance(node, When):  # a condition
        return
    if isinstance(node, Route) and node.probability == 1:  # the only way on
        node = node.steps
        keys = (*keys, "steps")
    if _is_number(node) or isinstance(node, Distribution) or _is_dated(node) or _is_table(node):
        yield keys, node, default
    elif isinstance(node, Settings):
        for name, field in type(node).model_fields.items():
            value = getattr(node, name)
            usual = None if field.is_required() else field.get_default(call_default_factory=True)
            same = value == usual or (isinstance(value, Constant) and value.value == usual)
            yield from _below((*keys, name), value, same)
    elif isinstance(node, (dict, list)):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _below((*keys, key), value, False)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Constant)) and not isinstance(value, bool)


def _is_dated(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(key, date) for key in value)


def _is_table(value: Any) -> bool:
    """Whether a setting is a bare number for each of some names."""
    return isinstance(value, dict) and bool(value) and not _is_dated(value) and all(map(_is_number, value.values()))


def _parameter(scenario: Scenario, keys: Keys, value: Any) -> Parameter:
    source = nearest(scenario.sources, keys)
    owner = value_at(scenario, keys[:-1])
    reason = source.reason or (owner.source if isinstance(owner, Uncertain) else "")
    words = in_words(value) + (_drawn(scenario, str(keys[1])) if isinstance(owner, Uncertain) else "")
    return Parameter(joined(keys), words, _unit(scenario, keys), source.basis, reason, source.url, source.location)


def _drawn(scenario: Scenario, name: str) -> str:
    """What takes the place of the distribution of an uncertain parameter that has joint draws, after that."""
    draws = scenario.posterior
    if draws is None or name not in draws.columns:
        return ""
    low, median, high = (f"{value:.4g}" for value in draws.margin(name).quantile(np.array([0.1, 0.5, 0.9])))
    return f"; in its place {draws}: median {median}, 80% between {low} and {high}"


def _unit(scenario: Scenario, keys: Keys) -> str:
    """The unit of a setting; of an uncertain parameter that of what it sets, or a factor of what it scales."""
    owner = value_at(scenario, keys[:-1])
    if isinstance(owner, Uncertain):
        return _unit(scenario, expand(scenario, owner.sets[0])[0]) if owner.sets else "factor"
    owners = [value_at(scenario, keys[:length]) for length in range(len(keys))]
    named = [key for key, owner in zip(keys, owners, strict=True) if isinstance(owner, Settings)]
    return UNITS.get(named[-1], "")


def in_words(value: Any) -> str:
    """A number, distribution, dated numbers or table of numbers as people say it: 'lognormal, median 21, cv 0.5'."""
    if _is_dated(value):
        dates = [f"{_figure(number)} on {day}" for day, number in value.items()]
        return _figure(value[date.min]) if list(value) == [date.min] else ", ".join(dates)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {in_words(number)}" for name, number in value.items())
    return _distribution(value) if isinstance(value, Distribution) else _figure(value)


def _figure(value: float) -> str:
    return f"{value:,.12g}"


def _distribution(it: Distribution) -> str:
    if isinstance(it, Constant):
        return _figure(it.value)
    return f"{it.distribution}, {', '.join(_facts(it))}"


def _facts(it: Distribution) -> Iterator[str]:
    """What fixes a distribution."""
    if isinstance(it, Exponential):
        yield f"mean {_figure(it.mean)}"
    elif isinstance(it, Bounded):
        yield f"{_figure(it.low)} to {_figure(it.high)}"
        if hasattr(it, "mode"):
            yield f"most likely {_figure(it.mode)}"
    elif isinstance(it, Beta):
        yield f"mean {_figure(it.mean)}"
        yield f"worth {_figure(it.observations)} observations"
    elif isinstance(it, Empirical):
        weights = [f" (weight {_figure(weight)})" for weight in it.weights or ()] or [""] * len(it.values)
        yield from (f"{_figure(one)}{weight}" for one, weight in zip(it.values, weights, strict=True))
    elif isinstance(it, Family):
        named = ("mean", "median", "sd", "cv")
        yield from (f"{name} {_figure(fact)}" for name in named if (fact := getattr(it, name)) is not None)
        quantiles = sorted((it.quantiles or {}).items())
        yield from (f"{_figure(100 * share)}% below {_figure(at)}" for share, at in quantiles)
