"""The `posterior` of a scenario in its files: the table that it names, and what contradicts it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from yaml import MappingNode, Mark, Node, ScalarNode, SequenceNode

from sim.errors import UserError, suggestion
from sim.files import read_text
from sim.scenario.findings import Finding, Path_
from sim.scenario.joint_draws import position
from sim.scenario.schema import Scenario
from sim.scenario.sources import SETTING
from sim.scenario.yaml_nodes import find, is_null, locate, problem, put

KEY = "posterior"


class TableFile(ScalarNode):
    """The text of a table that stands in a file of its own; `named`: where a scenario names it."""

    def __init__(self, text: str, path: Path, named: Node) -> None:
        start = Mark(str(path), 0, 0, 0, text, 0)
        super().__init__(named.tag, text, start, start)
        self.named = named

    def at(self, place: Path_) -> Node:
        """A part of the table, for messages about it."""
        line, column = position(self.value, place)
        mark = Mark(self.start_mark.name, 0, line - 1, column - 1, self.value, 0)
        return ScalarNode(self.tag, "", mark, mark)


@dataclass
class Layers:
    """The files of a scenario, each after those on which it is built.

    `removed`: uncertain parameters that a file takes away with null, by the place of the last file that does.
    """

    files: list[str] = field(default_factory=list)
    removed: dict[str, int] = field(default_factory=dict)

    def add(self, tree: MappingNode) -> None:
        """Add a file, given by its tree."""
        uncertain = find(tree, "uncertain")
        for key, value in uncertain.value if isinstance(uncertain, MappingNode) else ():
            if is_null(value):
                self.removed[key.value] = len(self.files)
        self.files.append(tree.start_mark.name)

    def of(self, node: Node) -> int:
        """How late a value is said: the place of its file; a command's settings come last, what was loaded first."""
        name = node.start_mark.name
        return len(self.files) if name.startswith(SETTING) else self.files.index(name) if name in self.files else -1


def with_draws(tree: MappingNode) -> MappingNode:
    """The tree with the table of its posterior in the place of the name of the file, as seen from where it is named.

    Raises UserError if there is no such file.
    """
    node = find(tree, KEY)
    if not isinstance(node, ScalarNode) or is_null(node) or "\n" in node.value or not node.tag.endswith(":str"):
        return tree
    given = node.start_mark.name.startswith(SETTING)
    path = Path(node.value) if given else Path(node.start_mark.name).parent / node.value
    try:
        text = read_text(path)
    except FileNotFoundError:
        known = sorted(found.name for found in path.parent.glob("*.csv"))
        raise UserError(problem(node, f"there is no file {path}{suggestion(path.name, known)}")) from None
    changed = put(tree, [KEY], TableFile(text if "\n" in text else f"{text}\n", path, node), KEY)
    assert isinstance(changed, MappingNode)
    return changed


def without_removed(scenario: Scenario, tree: MappingNode, layers: Layers) -> Scenario:
    """The scenario without draws of parameters that a file after the one which names the posterior has taken away."""
    named = _named(tree)
    if scenario.posterior is None or named is None:
        return scenario
    gone = {name for name, place in layers.removed.items() if place > layers.of(named)} - scenario.uncertain.keys()
    return scenario.model_copy(update={KEY: scenario.posterior.without(gone)}) if gone else scenario


def _named(tree: MappingNode) -> Node | None:
    """Where the posterior is named, or written out."""
    node = find(tree, KEY)
    return node.named if isinstance(node, TableFile) else node


def overridden(scenario: Scenario, tree: MappingNode, layers: Layers) -> list[Finding]:
    """Distributions that are written after the posterior which takes their place, and so would do nothing."""
    node, named = find(tree, KEY), _named(tree)
    if scenario.posterior is None or node is None or named is None:
        return []
    where = f" of {node.start_mark.name}" if isinstance(node, TableFile) else ""
    findings = []
    for name in scenario.posterior.columns:
        said = _last_said(tree, ("uncertain", name, "value"), layers)
        if said and layers.of(said[1]) > layers.of(named):
            message = f"does nothing, since the posterior has draws of {name!r}: write `posterior: null`, or take the"
            findings.append(Finding(said[0], f"{message} column {name!r} out{where}"))
    return findings


def _last_said(tree: MappingNode, path: Path_, layers: Layers) -> tuple[Path_, Node] | None:
    """What is said last of a setting, it or a part of it, with its path; None where it is not said at all."""
    node, known = locate(tree, path)
    if len(known) < len(path):
        return None
    return max(_nodes(node, path), key=lambda it: layers.of(it[1]))


def _nodes(node: Node, path: Path_) -> Iterator[tuple[Path_, Node]]:
    """A value and all in it, with their paths."""
    yield path, node
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield from _nodes(value, (*path, key.value))
    elif isinstance(node, SequenceNode):
        for index, value in enumerate(node.value):
            yield from _nodes(value, (*path, index))


def problems(scenario: Scenario) -> list[Finding]:
    """Columns that are no uncertain parameters, and draws beyond what the distributions of these can give."""
    findings = list[Finding]()
    for column, name in enumerate(scenario.posterior.columns if scenario.posterior else ()):
        if name in scenario.uncertain:
            findings += _beyond_prior(scenario, column, name)
        else:
            free = [
                other for other in scenario.uncertain if scenario.posterior and other not in scenario.posterior.columns
            ]
            message = f"unknown uncertain parameter {name!r}{suggestion(name, free or list(scenario.uncertain))}"
            findings.append(Finding((KEY, "columns", column), message))
    return findings


def _beyond_prior(scenario: Scenario, column: int, name: str) -> list[Finding]:
    """That draws of a parameter lie outside of its prior: the first of them, and how many others."""
    assert scenario.posterior is not None
    with np.errstate(divide="ignore"):  # of a logarithm, at the end of what has none
        least, most = scenario.uncertain[name].value.quantile(np.array([0.0, 1.0])).tolist()
    values = [row[column] for row in scenario.posterior.rows]
    beyond = [number for number, value in enumerate(values) if not least <= value <= most]
    if not beyond:
        return []
    message = f"{name} is {values[beyond[0]]:.6g}, and its `value` goes from {least:.6g} to {most:.6g}"
    others = f"; {len(beyond) - 1:,} more of its draws lie outside" if len(beyond) > 1 else ""
    return [Finding((KEY, "rows", beyond[0], column), message + others)]
