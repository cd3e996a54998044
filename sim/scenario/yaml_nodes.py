"""YAML read strictly: none of YAML 1.1's traps, no duplicate keys, and a line and column for every value.

Files are composed into PyYAML's nodes, which carry their location. Extending and overriding work on nodes, so an error
is always shown in the file and line that contain it, however many files were combined.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic_core import PydanticSerializationError, to_jsonable_python
from yaml import MappingNode, Mark, Node, ScalarNode, SequenceNode

from sim.characters import legible
from sim.errors import Problem, UserError
from sim.files import no_text, read_text

Path_ = tuple[str | int, ...]
KINDS = ("step", "kind")
"""Mappings of different kinds are never mixed: the new one replaces the old."""
ORDERED = ("steps", "stages", "next")
"""Mappings in which the order of the keys means something."""
Pairs = list[tuple[ScalarNode, Node]]
DEEPEST = 100
"""The deepest nesting that is read; a scenario has a dozen levels, and Python's stack ends soon after 300."""
CACHED_FILES = 64
"""How many files stay parsed: every point of a sweep reads the same ones. Nodes are never changed."""
MOST_VALUES = 100_000
"""The most values that a file may hold, those that its aliases stand for among them: a scenario has some hundreds."""
TOO_MANY = f"holds more than {MOST_VALUES:,} values, the most that are read"
TOO_DEEP = f"is nested more than {DEEPEST} levels deep"


class _CoreLoader(yaml.SafeLoader):
    """SafeLoader with the resolvers of YAML 1.2's core schema: `no` and `12:30` are words, `1e3` is a number."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}
    _level = _values = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        tag = getattr(event, "tag", None) or "!"
        if tag not in TAGS:
            at = event.start_mark
            message = f"tags such as {tag.replace(_TAG, '!!')} are not supported; leave it out"
            raise UserError(Problem(at.name, at.line + 1, at.column + 1, message))
        self._level += 1
        self._values += 1
        if parent is not None and self._level > DEEPEST + 1:
            raise UserError(problem(parent, TOO_DEEP))
        if parent is not None and self._values > MOST_VALUES:
            raise UserError(problem(parent, TOO_MANY))
        node: Node | None = super().compose_node(parent, index)
        self._level -= 1
        if tag != "!" and isinstance(node, ScalarNode) and not _is_like(node.value, tag):
            node.tag = f"{_TAG}str"  # tagged as what it is not: the setting refuses it
        return node


class _Dumper(yaml.SafeDumper):
    """SafeDumper that also puts words into quotes which are numbers to YAML 1.2 alone, such as `1e3`."""


_TAG = "tag:yaml.org,2002:"
CORE_SCHEMA = {
    "null": (r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    "bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    "int": (r"^[-+]?[0-9]+$", list("-+0123456789")),
    "float": (
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan)$",
        list("-+.0123456789"),
    ),
}
"""What a bare word means in YAML 1.2: a pattern for each type, and the characters with which such a word begins."""


def _represent_text(dumper: yaml.SafeDumper, data: str) -> ScalarNode:
    """Text: of several lines as it is; in double quotes, in which characters can be numbers, where some do not show."""
    style = '"' if legible(data) != data else "|" if "\n" in data else None
    return dumper.represent_scalar(_TAG + "str", data, style=style)


_Dumper.add_representer(str, _represent_text)
for _name, (_pattern, _first) in CORE_SCHEMA.items():
    _CoreLoader.add_implicit_resolver(_TAG + _name, re.compile(_pattern), _first)
    _Dumper.add_implicit_resolver(_TAG + _name, re.compile(_pattern), _first)


TAGS = {"!", *(_TAG + kind for kind in ("str", "map", "seq", *CORE_SCHEMA))}
"""The tags that a value may have: those of the core schema, or none."""


def _is_like(value: str, tag: str) -> bool:
    """Whether a word is what its tag says."""
    pattern, _ = CORE_SCHEMA.get(tag.removeprefix(_TAG), ("", []))
    return re.match(pattern, value) is not None


def text(data: Any) -> str:
    """Plain data as YAML that `parse` reads as the same, and in which everything shows."""
    written: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return legible(written)  # `\x1b` and the like mean the same to YAML between double quotes, and stand nowhere else


def problem(node: Node, message: str) -> Problem:
    """A problem at the location of a node; one that stands in no file has a name instead."""
    mark = node.start_mark
    if mark.buffer is None:
        return Problem(message=f"{mark.name}: {message}" if mark.name else message)
    return Problem(mark.name, mark.line + 1, mark.column + 1, message)


def node_of(value: Any, name: str) -> Node:
    """Plain data as a tree of nodes that stands in no file: `name` takes the file's place in messages.

    Raises
    ------
    UserError
        If the value is nothing that a file could hold.
    """
    mark = Mark(name, 0, 0, 0, None, 0)
    try:
        data = to_jsonable_python(value, fallback=lambda other: other.tolist())  # numpy's numbers and arrays
    except (AttributeError, PydanticSerializationError):
        raise UserError(f"{name}: {value!r:.100} is nothing that a scenario file could hold") from None
    except ValueError:
        raise UserError(f"{name}: contains itself, or {TOO_DEEP}") from None
    node = _node(data, mark)
    problems = _word_problems(node, set())
    if problems:
        raise UserError(*problems)
    return node


def _node(data: Any, mark: Mark) -> Node:
    if isinstance(data, dict):
        pairs = [(ScalarNode(_TAG + "str", str(key), mark, mark), _node(value, mark)) for key, value in data.items()]
        return MappingNode(_TAG + "map", pairs, mark, mark)
    if isinstance(data, list):
        return SequenceNode(_TAG + "seq", [_node(item, mark) for item in data], mark, mark)
    kind = "null" if data is None else type(data).__name__
    return ScalarNode(_TAG + kind, "" if data is None else str(data), mark, mark)


@lru_cache(CACHED_FILES)
def parse(text: str, name: str) -> MappingNode:
    """A document's node tree.

    Raises UserError for text that is not YAML, not one mapping, or holds a key twice (all of them at once).
    """
    loader = None
    try:
        loader = _CoreLoader(text)
        loader.name = name
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        position = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise UserError(Problem(name, *position, f"not valid YAML: {error.problem}")) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position].split("\n")
        message = f"not valid YAML: the character #x{int(error.character):04x} is not allowed"
        raise UserError(Problem(name, len(before), len(before[-1]) + 1, message)) from None
    finally:
        if loader is not None:
            loader.dispose()
    if not isinstance(node, MappingNode):
        raise UserError(Problem(name, 1, 1, "must be a mapping of settings, such as `name: my-scenario`"))
    _measured(node, {}, set())
    problems = _word_problems(node, set())
    if problems:
        raise UserError(*problems)
    return node


class _Extent(NamedTuple):
    """How much a node is with all that its aliases stand for: values, and levels below it."""

    values: int
    levels: int


def _measured(node: Node, known: dict[int, _Extent], above: set[int]) -> _Extent:
    """The extent of a node; each is looked at once, however many aliases name it.

    Raises UserError for one that contains itself, and where aliases of aliases stand for too much.
    """
    if id(node) in above:
        raise UserError(problem(node, "contains itself through an alias"))
    if id(node) in known:
        return known[id(node)]
    below = [_measured(child, known, above | {id(node)}) for child in _children(node)]
    extent = _Extent(1 + sum(one.values for one in below), 1 + max((one.levels for one in below), default=0))
    if extent.levels > DEEPEST + 1:
        raise UserError(problem(node, TOO_DEEP))
    if extent.values > MOST_VALUES:
        raise UserError(problem(node, f"{TOO_MANY}: its aliases stand for {extent.values:,}"))
    return known.setdefault(id(node), extent)


def _children(node: Node) -> list[Node]:
    """The values of a mapping or list; a key that is no word is told elsewhere."""
    if isinstance(node, MappingNode):
        return [value for _, value in node.value]
    return node.value if isinstance(node, SequenceNode) else []


def _word_problems(node: Node, seen: set[int]) -> list[Problem]:
    """What is wrong with the keys and words of a node and those below it, each node once."""
    if id(node) in seen:
        return []
    seen.add(id(node))
    problems: list[Problem] = []
    if isinstance(node, ScalarNode) and (hidden := no_text(node.value)):
        problems.append(problem(node, hidden))
    if isinstance(node, MappingNode):
        lines: dict[Any, int] = {}
        for key, _ in node.value:
            if isinstance(key, ScalarNode) and (hidden := no_text(key.value)):
                problems.append(problem(key, hidden))
            if not isinstance(key, ScalarNode):
                problems.append(problem(key, "a key must be a word or a number"))
            elif key.value == "<<":
                problems.append(
                    problem(key, "merge keys (<<) are not supported; write the settings out, or use extends")
                )
            elif key.value in lines:
                problems.append(problem(key, f"{key.value!r} is given twice, first in line {lines[key.value]}"))
            else:
                lines[key.value] = key.start_mark.line + 1
    for child in _children(node):
        problems += _word_problems(child, seen)
    return problems


def read(path: Path) -> MappingNode:
    """The node tree of a file. Raises UserError if it cannot be read or is no YAML."""
    try:
        return parse(read_text(path), str(path))
    except FileNotFoundError:
        hint = "; standard input is /dev/stdin" if str(path) == "-" else ""
        raise UserError(Problem(str(path), 0, 0, f"there is no such file{hint}")) from None


def find(node: Node, key: str) -> Node | None:
    """The value under a key of a mapping, or None."""
    if isinstance(node, MappingNode):
        return next((value for k, value in node.value if k.value == key), None)
    return None


def merge(base: Node, over: Node, ordered: bool = False) -> Node:
    """`over` laid on `base`.

    Mappings are combined key by key and `null` takes a key away; lists, distributions, tables of dates, and steps or
    arrivals of another kind are replaced as a whole. Where the order of the keys means something (`ordered`), it is as
    `over` has it; UserError is raised if that cannot be, and for an empty mapping, which would change nothing.
    """
    if not (isinstance(base, MappingNode) and isinstance(over, MappingNode)) or _is_whole(base, over):
        return over
    overrides = {key.value: (key, value) for key, value in over.value}
    merged = []
    for key, value in base.value:
        if key.value not in overrides:
            merged.append((key, value))
            continue
        new_key, new = overrides.pop(key.value)
        if not ordered and _has_keys(value) and _has_no_keys(new):  # in order, a name alone says where it stands
            message = f"an empty {key.value!r} takes nothing away: write null, or what is to be changed"
            raise UserError(problem(new, message))
        if not is_null(new):
            merged.append((new_key, merge(value, new, key.value in ORDERED)))
    merged += [(key, value) for key, value in overrides.values() if not is_null(value)]
    if ordered:
        merged = _in_order(merged, base, over)
    return MappingNode(over.tag, merged, over.start_mark, over.end_mark)


def _has_keys(node: Node) -> bool:
    return isinstance(node, MappingNode) and bool(node.value)


def _has_no_keys(node: Node) -> bool:
    return isinstance(node, MappingNode) and not node.value


def _in_order(merged: Pairs, base: MappingNode, over: MappingNode) -> Pairs:
    """The pairs in the order of `over`, if it has all that `base` has; or else in that of `base`, new ones at the end.

    Raises UserError if `over` has only some of them, in another order than they would then have.
    """
    written = {key.value: place for place, (key, _) in enumerate(over.value)}
    if all(key.value in written for key, _ in base.value):
        return sorted(merged, key=lambda pair: written[pair[0].value])
    last = -1
    for key, _ in merged:
        place = written.get(key.value, last)
        if place < last:
            first, then = key, over.value[last][0]
            missing = next(key.value for key, _ in base.value if key.value not in written)
            message = f"{first.value!r} stands before {then.value!r} here, but not in what is extended; for another"
            raise UserError(problem(first, f"{message} order list all of them, {missing!r} too"))
        last = place
    return merged


def is_null(node: Node) -> bool:
    """Whether a value is `null`, `~` or left out."""
    return isinstance(node, ScalarNode) and node.tag == _TAG + "null"


def _is_whole(base: MappingNode, over: MappingNode) -> bool:
    """Whether a mapping replaces another one rather than being mixed with it."""
    new = {str(key.value): value.value for key, value in over.value}
    if "distribution" in new or (new and all(re.fullmatch(r"\d{4}-\d\d-\d\d", key) for key in new)):
        return True
    old = {str(key.value): value.value for key, value in base.value}
    return any(kind in new and new[kind] != old.get(kind) for kind in KINDS)


def without(node: MappingNode, key: str) -> MappingNode:
    """The mapping without a key."""
    return MappingNode(node.tag, [kv for kv in node.value if kv[0].value != key], node.start_mark, node.end_mark)


PATH = re.compile(r'("[^"]+"|[^."]+)(\.("[^"]+"|[^."]+))*')


def split(path: str) -> list[str]:
    """The parts of a dotted path; a part with dots of its own stands in quotes. None of what is no path."""
    if not PATH.fullmatch(path):
        return []
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|([^."]+)', path)]


def put(node: Node, path: list[str], value: Node, name: str) -> Node:
    """The tree with the value at a path replaced. Raises UserError where the path leads through a bare value."""
    if not path:
        return value
    if isinstance(node, SequenceNode):
        if not path[0].isdigit() or int(path[0]) >= len(node.value):
            raise UserError(f"{name}: {path[0]!r} is no place in a list of {len(node.value)}")
        items = list(node.value)
        items[int(path[0])] = put(items[int(path[0])], path[1:], value, name)
        return SequenceNode(node.tag, items, node.start_mark, node.end_mark)
    if not isinstance(node, MappingNode):
        raise UserError(f"{name}: {path[0]!r} cannot be set inside a bare value")
    pairs, key = list(node.value), path[0]
    for index, (k, v) in enumerate(pairs):
        if k.value == key:
            pairs[index] = (k, put(v, path[1:], value, name))
            break
    else:
        empty = MappingNode(_TAG + "map", [], value.start_mark, value.end_mark)
        pairs.append((ScalarNode(_TAG + "str", key, value.start_mark), put(empty, path[1:], value, name)))
    return MappingNode(node.tag, pairs, node.start_mark, node.end_mark)


def plain(node: Node) -> Any:
    """The tree as dicts, lists and scalars; keys stay as they are written."""
    if isinstance(node, MappingNode):
        return {key.value: plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.value]
    try:
        if node.tag == _TAG + "int":
            return int(node.value)
        if node.tag == _TAG + "float":
            return float(str(node.value).replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:  # tagged as a number, or one of thousands of digits: the setting refuses it
        return node.value
    if node.tag == _TAG + "bool":
        return node.value.lower() == "true"
    return None if node.tag == _TAG + "null" else node.value


def locate(node: Node, path: Path_, of_key: bool = False) -> tuple[Node, list[str]]:
    """The node nearest to a path, and the part of the path that exists.

    Parts that are not in the tree are passed over: pydantic names the kind of a union among them.
    """
    reached, known, key_node = node, [], node
    for part in path:
        if isinstance(reached, MappingNode):
            for key, value in reached.value:
                if key.value == str(part):
                    reached, key_node = value, key
                    known.append(str(part))
                    break
        elif isinstance(reached, SequenceNode) and isinstance(part, int) and part < len(reached.value):
            reached = key_node = reached.value[part]
            known.append(str(part))
    return (key_node if of_key else reached), known
