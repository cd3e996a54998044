"""Which run a dashboard begins with: that of the scenario on which the others are built, or else the newest."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from yaml import ScalarNode

from sim.errors import UserError
from sim.scenario.yaml_nodes import find, read


class Stored(NamedTuple):
    """What is known of a stored run without reading it; `made`: when, as files have it."""

    title: str
    scenario: str
    replications: int
    made: float
    folder: Path


def first_shown(runs: Mapping[str, Stored], scenarios: Path) -> list[str]:
    """The name of the run to begin with, if there is any.

    `scenarios`: the folder of the files that say which scenario extends which.
    """
    if not runs:
        return []
    names = {one.scenario for one in runs.values()}
    parents = _extended(scenarios)
    built = [name for other in names for name in _ancestors(other, parents) if name in names]
    most = max((built.count(name) for name in names), default=0)
    return [max(runs, key=lambda name: (most > 0 and built.count(runs[name].scenario) == most, runs[name].made))]


def _extended(scenarios: Path) -> dict[str, str]:
    """By the name of each scenario that of the one that it extends."""
    names, files = {}, {}
    for file in sorted(scenarios.glob("*.yaml")):
        try:
            tree = read(file)
        except UserError:  # of no concern here: `sim validate` tells
            continue
        name, extends = find(tree, "name"), find(tree, "extends")
        if isinstance(name, ScalarNode):
            names[file.stem] = name.value
            files[name.value] = Path(extends.value).stem if isinstance(extends, ScalarNode) else ""
    return {name: names.get(stem, "") for name, stem in files.items()}


def _ancestors(name: str, parents: Mapping[str, str]) -> list[str]:
    """What a scenario is built on, directly and indirectly."""
    found: list[str] = []
    while (name := parents.get(name, "")) and name not in found:
        found.append(name)
    return found
