"""Which run a dashboard begins with: that of the scenario on which the others are built, or else the newest."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from yaml import ScalarNode

from sim.errors import UserError
from sim.results.manifest import NAME, Manifest
from sim.scenario.yaml_nodes import find, read


class Stored(NamedTuple):
    """What is known of a stored run without reading it.

    `made`: when, as files have it. `files`: those that give its sources, by which what it is built on is known without
    the files themselves.
    """

    title: str
    scenario: str
    replications: int
    made: float
    folder: Path
    files: frozenset[str]


def stored(manifest: Manifest, folder: Path) -> Stored:
    """What the manifest in a folder says of its run."""
    locations = [str(source.get("location", "")) for source in manifest.scenario.get("sources", {}).values()]
    files = frozenset(place for location in locations if (place := location.partition(":")[0]).endswith(".yaml"))
    made = (folder / NAME).stat().st_mtime
    return Stored(manifest.title, manifest.name, manifest.replications, made, folder.parent, files)


def first_shown(runs: Mapping[str, Stored], scenarios: Path) -> list[str]:
    """The name of the run to begin with, if there is any.

    `scenarios`: the folder of the files that say which scenario extends which; of those that are not there the runs say
    it themselves.
    """
    if not runs:
        return []
    files = {one.scenario: one.files for one in runs.values()}
    parents = _extended(scenarios)
    built = [name for other in files for name in _built_on(other, parents, files) if name in files]
    most = max(built.count(name) for name in files)
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


def _built_on(name: str, parents: Mapping[str, str], files: Mapping[str, frozenset[str]]) -> list[str]:
    """What a scenario is built on, directly and indirectly: without its file, those whose files it has beside others.

    It has a file of its own only if that gives a source: of two with the same files none is built on the other.
    """
    if name not in parents:
        return [other for other, of in files.items() if of and of < files[name]]
    found: list[str] = []
    while (name := parents.get(name, "")) and name not in found:
        found.append(name)
    return found
