"""The parameters of a scenario in words: every number, its unit, and where it comes from."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any

from sim.errors import UserError, suggestion
from sim.scenario import wording
from sim.scenario.distributions import Constant, Distribution
from sim.scenario.paths import Keys, expand, joined, value_at
from sim.scenario.schema import Route, Scenario, Uncertain, When
from sim.scenario.settings import Settings
from sim.scenario.sources import Basis, Source, nearest
from sim.scenario.usage import COMPUTED, Usage
from sim.scenario.yaml_nodes import split

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
RESULT = (
    ": neither its name, its value nor its source. What a simulation says is made of several numbers:"
    " search for what it is about, such as people, work, chance or time"
)
"""What there is to say of a word that resembles none; often it is a number that was computed."""


@dataclass(frozen=True)
class Parameter:
    """A number of a scenario, or several of one setting with the same source.

    `name` is what people call it; `value` is in words; `unit` is '' for a bare number; `basis` is None, `reason` and
    `url` are '' if no source gives them; `location` is file and line, '' if it stands in no file; `used` says whether
    and between which values it is varied, and fitted to a record.
    """

    path: str
    name: str
    value: str
    unit: str
    basis: Basis | None
    reason: str
    url: str
    location: str
    used: str

    @property
    def quantity(self) -> str:
        """The value with its unit; a share also in per cent."""
        if self.unit == "share" and self.value.replace(".", "", 1).isdigit():
            return f"{self.value} ({100 * float(self.value):.6g}%)"
        return f"{self.value} {self.unit}".strip()

    @property
    def source(self) -> str:
        """The reason with its address, or that there is none."""
        return f"{self.reason} {self.url}".strip() or "no source given"


def parameters(scenario: Scenario) -> list[Parameter]:
    """The parameters of a scenario: staff, cases, procedure, targets, what is uncertain, each as in its file.

    Left out is what stands at its default without a source.
    """
    usage, result = Usage(scenario), list[Parameter]()
    for keys, value, default in _numbers(scenario):
        if default and not scenario.sources.get(joined(keys), Source()).reason:
            continue
        apart = [(*keys, name) for name in value] if _is_table(value) else []
        apart = [path_keys for path_keys in apart if joined(path_keys) in scenario.sources]
        rest = {name: one for name, one in value.items() if (*keys, name) not in apart} if apart else value
        if not apart or rest:
            result.append(_parameter(scenario, usage, keys, rest))
        result += [_parameter(scenario, usage, one, value_at(scenario, one)) for one in apart]
    return result


def with_sums(scenario: Scenario) -> list[Parameter]:
    """The parameters of a scenario to be looked up; before them the people of all roles, if there are several."""
    usage, found = Usage(scenario), parameters(scenario)
    if len(scenario.staffing) < 2:
        return found
    reason = f"expected on {scenario.start}: {usage.parts_of_everybody()}"
    path, name = "staffing.*.headcount", "Staff: people in all roles"
    return [Parameter(path, name, usage.everybody, "FTE", "derived", reason, "", "", COMPUTED), *found]


def matching(found: Sequence[Parameter], words: str) -> list[Parameter]:
    """The parameters in which words begin with all of some words, wherever: name, path, value, source, use.

    First come those that have them in their names; what limits something ("at most") comes after what it limits. Report
    and dashboard search by the same rule in the browser. Raises UserError, with what comes near, if there are none.
    """
    wanted = words.casefold().split()
    texts = [" ".join(map(str, (*astuple(one), one.quantity))).casefold() for one in found]
    hits = [one for one, text in zip(found, texts, strict=True) if all(_begins(text, word) for word in wanted)]
    if not wanted:
        return hits
    if hits:
        return sorted(hits, key=lambda one: _rank(one.name.casefold(), wanted))
    number = {word: sum(_begins(text, word) for text in texts) for word in wanted}
    if all(number.values()):
        counts = ", ".join(f"{word!r} {count:,}" for word, count in number.items())
        raise UserError(f"no number of the scenario has all of these words ({counts}); leave one out")
    word = next(word for word in wanted if not number[word])
    known = sorted({part for one in found for part in re.findall(r"[^\W_]{3,}", one.name.casefold())})
    raise UserError(f"no number of the scenario has {word!r}{suggestion(word, known, 0) or RESULT}")


def _begins(text: str, word: str) -> bool:
    """Whether a word of a text begins like this: 'legal' is in 'staffing.legal' and not in 'illegal'."""
    before = r"(?<![^\W_])" if word[0].isalnum() else ""
    return re.search(before + re.escape(word), text) is not None


def _rank(name: str, wanted: Sequence[str]) -> tuple[bool, bool]:
    return not all(_begins(name, word) for word in wanted), name.endswith("at most")


def count_by_basis(found: Sequence[Parameter]) -> str:
    """How many parameters are founded on what, in a sentence: '134 of 246 numbers are assumptions; ...'."""
    found = [parameter for parameter in found if parameter.used != COMPUTED]
    number = Counter(parameter.basis for parameter in found)
    parts = [f"{number['assumption']:,} of {len(found):,} numbers are assumptions"]
    for basis, (one, many) in _FOUNDED.items():
        if number[basis]:
            parts.append(f"{number[basis]:,} {one if number[basis] == 1 else many}{_mostly(found, basis)}")
    return "; ".join([*parts, *([f"for {number[None]:,} no source is given"] if number[None] else [])]) + "."


def _mostly(found: Sequence[Parameter], basis: Basis) -> str:
    """What more than half of the parameters with a basis are, if they come by case or by platform."""
    settings = [split(parameter.path)[-1] for parameter in found if parameter.basis == basis]
    for setting, what in wording.MANY.items():
        if 1 < len(settings) < 2 * settings.count(setting):
            return f" ({settings.count(setting):,} of them {what})"
    return ""


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


def _parameter(scenario: Scenario, usage: Usage, keys: Keys, value: Any) -> Parameter:
    source = nearest(scenario.sources, keys)
    owner = value_at(scenario, keys[:-1])
    return Parameter(
        path=joined(keys),
        name=wording.name(scenario, keys),
        value=wording.in_words(value, wording.called(scenario)),
        unit=_unit(scenario, keys),
        basis=source.basis,
        reason=source.reason or (owner.source if isinstance(owner, Uncertain) else ""),
        url=source.url,
        location=source.location,
        used=usage.of(keys),
    )


def _unit(scenario: Scenario, keys: Keys) -> str:
    """The unit of a setting; of an uncertain parameter that of what it sets, or a factor of what it scales."""
    owner = value_at(scenario, keys[:-1])
    if isinstance(owner, Uncertain):
        return _unit(scenario, expand(scenario, owner.sets[0])[0]) if owner.sets else "factor"
    owners = [value_at(scenario, keys[:length]) for length in range(len(keys))]
    named = [key for key, owner in zip(keys, owners, strict=True) if isinstance(owner, Settings)]
    return wording.unit(named[-1])
