"""Settings by path: `staffing.case_handlers.headcount`, with `*` for every name, read and replaced."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic_core import to_jsonable_python

from sim.errors import suggestion
from sim.scenario.distributions import Constant, Distribution
from sim.scenario.settings import Settings
from sim.scenario.yaml_nodes import split

Keys = tuple[Any, ...]


def joined(keys: Keys) -> str:
    """A place as a path; a part with dots of its own stands in quotes."""
    return ".".join(f'"{key}"' if "." in str(key) else str(key) for key in keys)


def expand(settings: Settings, path: str) -> list[Keys]:
    """The places that a path names. Raises KeyError, with a suggestion, if it names none."""
    parts = split(path)
    places = list(_expand(settings, parts, ())) if parts else []
    if not places:
        raise KeyError(f"{path!r} names no setting")
    return places


def _expand(node: Any, parts: list[str], done: Keys) -> Iterator[Keys]:
    if not parts:
        yield done
        return
    part, rest = parts[0], parts[1:]
    children = _children(node)
    if part == "*":
        for key, child in children.items():
            yield from _expand_quietly(child, rest, (*done, key))
        return
    by_name = {str(key): key for key in children}
    if part not in by_name:
        where = ".".join(map(str, done)) or "the scenario"
        raise KeyError(f"{where} has no {part!r}{suggestion(part, list(by_name))}")
    yield from _expand(children[by_name[part]], rest, (*done, by_name[part]))


def _expand_quietly(node: Any, parts: list[str], done: Keys) -> Iterator[Keys]:
    """Below a *, names that lack the rest of the path are passed over."""
    try:
        yield from list(_expand(node, parts, done))
    except KeyError:
        return


def _children(node: Any) -> dict[Any, Any]:
    if isinstance(node, Settings):
        return {name: getattr(node, name) for name in type(node).model_fields if getattr(node, name) is not None}
    if isinstance(node, dict):
        return node
    return dict(enumerate(node)) if isinstance(node, list) else {}


def value_at(settings: Any, keys: Keys) -> Any:
    """The setting at a place."""
    for key in keys:
        settings = getattr(settings, key) if isinstance(settings, Settings) else settings[key]
    return settings


def replaced(settings: Any, keys: Keys, value: Any) -> Any:
    """The settings with another value at a place; whatever the place does not touch stays the same object."""
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if isinstance(settings, Settings):
        return settings.model_copy(update={key: replaced(getattr(settings, key), rest, value)})
    if isinstance(settings, dict):
        return {**settings, key: replaced(settings[key], rest, value)}
    return [replaced(item, rest, value) if index == key else item for index, item in enumerate(settings)]


def scale_value(value: Any, factor: float) -> Any:
    """A setting multiplied: a number, a distribution, or every number of a table. Raises TypeError for others."""
    if isinstance(value, Distribution):
        return value.scaled(factor)
    if isinstance(value, dict):
        return {key: scale_value(part, factor) for key, part in value.items()}
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{_described(value)} is not a number")
    return value * factor


def set_value(old: Any, value: float) -> Any:
    """A drawn number in the place of a setting. Raises TypeError where the setting is not a number."""
    if isinstance(old, Distribution):
        return Constant(value=value)
    if isinstance(old, dict) and list(old) == [date.min]:  # one number for all time
        return {date.min: value}
    if isinstance(old, dict):
        raise TypeError("a whole table cannot be one number; name one of its entries, or scale it")
    if isinstance(old, bool) or not isinstance(old, (int, float)):
        raise TypeError(f"{_described(old)} is not a number")
    return value


def _described(value: Any) -> str:
    return "a group of settings" if isinstance(value, Settings) else repr(value)


def part(settings: Settings, path: str) -> Any:
    """A part of the settings as plain data, all of them for an empty path. Raises KeyError if there is no such part."""
    data = settings.model_dump(mode="json", exclude_defaults=True)
    if not path:
        return data
    places = expand(settings, path)
    if len(places) > 1:
        raise KeyError(f"names {len(places)} settings; name one of them, such as {'.'.join(map(str, places[0]))}")
    value = value_at(settings, places[0])
    if isinstance(value, Settings):
        return value.model_dump(mode="json", exclude_defaults=True)
    return to_jsonable_python(value)
