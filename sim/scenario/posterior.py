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
from sim.scenario.yaml_nodes import find, is_null, problem, put

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
    node, named, uncertain = find(tree, KEY), _named(tree), find(tree, "uncertain")
    if scenario.posterior is None or node is None or named is None:
        return []
    where = f" of {node.start_mark.name}" if isinstance(node, TableFile) else ""
    findings = []
    for name in scenario.posterior.columns:
        value = find(find(uncertain, name) or uncertain, "value") if uncertain else None
        last = max(_nodes(value, ("uncertain", name, "value")), key=lambda it: layers.of(it[1])) if value else None
        if last and layers.of(last[1]) > layers.of(named):
            message = f"does nothing, since the posterior has draws of {name!r}: write `posterior: null`, or take the"
            findings.append(Finding(last[0], f"{message} column {name!r} out{where}"))
    return findings


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
    draws, findings = scenario.posterior, list[Finding]()
    for column, name in enumerate(draws.columns if draws else ()):
        if name not in scenario.uncertain:
            known = [other for other in scenario.uncertain if draws and other not in draws.columns]
            message = f"unknown uncertain parameter {name!r}{suggestion(name, known or list(scenario.uncertain))}"
            findings.append(Finding((KEY, "columns", column), message))
            continue
        with np.errstate(divide="ignore"):  # of a logarithm, at the end of what has none
            least, most = scenario.uncertain[name].value.quantile(np.array([0.0, 1.0])).tolist()
        for number, row in enumerate(draws.rows if draws else ()):
            if not least <= row[column] <= most:
                message = f"{name} is {row[column]:.6g}, and its `value` goes from {least:.6g} to {most:.6g}"
                findings.append(Finding((KEY, "rows", number, column), message))
    return findings
