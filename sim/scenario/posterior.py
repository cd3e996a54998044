"""The `posterior` of a scenario in its files: the table that it names, and what contradicts it."""

from collections.abc import Iterator, Sequence
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


def overridden(scenario: Scenario, tree: MappingNode, layers: Sequence[str]) -> list[Finding]:
    """Distributions that are written after the posterior which takes their place, and so would do nothing.

    `layers`: the files of the scenario, those that are extended first; settings of a command come after all.
    """
    node, uncertain = find(tree, KEY), find(tree, "uncertain")
    if scenario.posterior is None or node is None:
        return []
    named = _layer(node.named if isinstance(node, TableFile) else node, layers)
    where = f" of {node.start_mark.name}" if isinstance(node, TableFile) else ""
    findings = []
    for name in scenario.posterior.columns:
        value = find(find(uncertain, name) or uncertain, "value") if uncertain else None
        last = max(_nodes(value, ("uncertain", name, "value")), key=lambda it: _layer(it[1], layers)) if value else None
        if last and _layer(last[1], layers) > named:
            message = f"does nothing, since the posterior has draws of {name!r}: write `posterior: null`, or take the"
            findings.append(Finding(last[0], f"{message} column {name!r} out{where}"))
    return findings


def _layer(node: Node, layers: Sequence[str]) -> int:
    """How late a value is said: the place of its file; a command's settings come last, and first what was loaded."""
    name = node.start_mark.name
    return len(layers) if name.startswith(SETTING) else layers.index(name) if name in layers else -1


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
