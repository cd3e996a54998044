"""The scenario file that a run was made of, and the settings in which it differs from that file."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from yaml import ScalarNode

from sim.errors import UserError
from sim.record.files import load_record
from sim.results.identity import NOT_DETERMINING
from sim.scenario.loading import load_scenario, load_undated, pending_names
from sim.scenario.paths import Keys, part
from sim.scenario.schema import Scenario
from sim.scenario.yaml_nodes import find, read
from sim.view.dashboard.whatif import LONGEST, MARK

WITHOUT = ("in_flight", "without")


class FileWithSettings(NamedTuple):
    """A scenario file, and what a scenario sets beyond it by place; None for what is taken away."""

    file: Path
    settings: dict[Keys, Any]


def origin_of(scenario: Scenario, folder: Path) -> FileWithSettings | None:
    """The file in a folder that is called like a scenario, or like that of which it is a what-if; None without one.

    Of several the one from which it differs least.
    """
    found = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            name = find(read(file), "name")
            if isinstance(name, ScalarNode) and _is_called(scenario.name, name.value):
                found.append(FileWithSettings(file, settings_beyond(file, scenario)))
        except UserError:  # not a scenario, or one with mistakes
            continue
    return min(found, key=lambda one: len(one.settings), default=None)


def _is_called(name: str, of_file: str) -> bool:
    return name == of_file or name.startswith(f"{of_file[:LONGEST]}{MARK}")


def settings_beyond(file: Path, scenario: Scenario) -> dict[Keys, Any]:
    """What a scenario sets beyond a file. Cases that the file takes from its record are left out of it by name."""
    changed = max(path.stat().st_mtime_ns for path in file.parent.rglob("*") if path.is_file())
    found = dict(_differing(part(_loaded(file, changed), ""), part(scenario, "")))
    found = {keys: value for keys, value in found.items() if keys[0] not in NOT_DETERMINING}
    gone = [keys for keys, value in found.items() if keys[0] == "probes" and len(keys) == 2 and value is None]
    pending = _pending(file) if gone else []
    if recorded := [keys for keys in gone if keys[1] in pending]:
        found = {keys: value for keys, value in found.items() if keys not in recorded}
        found[WITHOUT] = [name for name in pending if name not in scenario.probes]
    return found


@lru_cache(16)
def _loaded(file: Path, _changed: int) -> Scenario:
    """The scenario in a file, read again only if anything beside it has changed: that takes half a second."""
    return load_scenario(file)


def _differing(before: Any, now: Any, keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Every place where plain data differs, with what is there now."""
    if isinstance(before, Mapping) and isinstance(now, Mapping) and before and now:
        for key in {**before, **now}:
            yield from _differing(before.get(key), now.get(key), (*keys, key))
    elif before != now:
        yield keys, now


def _pending(file: Path) -> list[str]:
    """The cases that a scenario file takes from its record, and those that it leaves out; not those that it lists."""
    scenario, record = load_undated(file)
    if record is None:
        return []
    pending = pending_names(load_record(record).known_on(scenario.start), scenario.start)
    return [name for name in pending if name not in scenario.probes]
