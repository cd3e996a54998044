"""Where numbers come from: the `sources` that stand in the same block of a file as the numbers.

Any mapping of a scenario or procedure file may hold `sources`: a mapping from the names of its settings (or dotted
paths below them, or `all`) to a basis and a reason. A number has the source that names it most closely in the file in
which it is written; an alias (`*name`) has that of the value for which it stands. So a file that overrides a
number without a source takes the source away with the number. Sources are taken out of a file's tree before files are
combined and settings are checked: they change no result.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from os.path import relpath
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from sim.errors import Problem, UserError, suggestion
from sim.scenario.paths import Keys, joined
from sim.scenario.settings import Settings
from sim.scenario.yaml_nodes import CACHED_FILES, find, locate, parse, plain, problem, split

Basis = Literal["law", "source", "derived", "assumption"]
BASES: dict[Basis, str] = {
    "law": "the law sets it",
    "source": "a public source says so",
    "derived": "derived from sourced figures",
    "assumption": "extrapolated, an assumption",
}
"""How well a number is founded, the best first."""
KEY = "sources"
ALL = "all"
"""What stands in `sources` for every number of the block that has no source of its own."""
SETTING = "setting "
"""With this begins what takes the place of a file's name for values that stand in no file."""
OUTSIDE = "set for this run, outside the files"
ADDRESS = r"https?://\S+"
EXAMPLE = "must be a basis and a reason, such as 'assumption; as last year'"


def _address(value: str) -> str:
    if value and not re.fullmatch(ADDRESS, value):
        raise PydanticCustomError("address", f"must be an address such as https://example.eu/report, not {value!r}")
    return value


class Source(Settings):
    """Where a number comes from. In a file also as a text, the basis and the reason: `assumption; as last year`."""

    basis: Basis | None = None
    "how well the number is founded: law, source, derived (from sourced figures) or assumption"
    reason: str = ""
    "why it is this number: the article, the report, the way it was derived, or why it was assumed"
    url: Annotated[str, AfterValidator(_address), Field(json_schema_extra={"pattern": ADDRESS})] = ""
    "the address of the source, if it has one"
    location: str = ""
    "file and line of the number, seen from the scenario file; added when a scenario is shown or stored"

    @property
    def is_shown(self) -> bool:
        """Whether it was written by `sim show` or a stored run, and says itself where its number was."""
        return bool(self.location) or self.reason == OUTSIDE


def _from_text(value: Any) -> Any:
    """The short form of a source, `basis; reason`, as its settings."""
    if not isinstance(value, str):
        return value
    basis, separator, reason = (part.strip() for part in value.partition(";"))
    if separator and basis not in BASES:
        raise PydanticCustomError("basis", f"unknown basis {basis!r}{suggestion(basis, BASES)}")
    if not separator or not reason:
        raise PydanticCustomError("basis", f"{EXAMPLE}, not {value!r}")
    return {"basis": basis, "reason": reason}


_Text = Annotated[str, Field(pattern=rf"^\s*({'|'.join(BASES)})\s*;\s*\S")]
AnySource = Annotated[Source, BeforeValidator(_from_text, json_schema_input_type=_Text | Source)]
AnySources = Annotated[dict[str, AnySource], Field(description="where the numbers of this block come from")]
"""By name of a setting, or dotted path below it, or `all`."""
_ANY_SOURCE: TypeAdapter[Source] = TypeAdapter(AnySource)


class _Entry(NamedTuple):
    """What `sources` say of a setting, seen from the block that is being walked through."""

    keys: tuple[str, ...]
    source: Source


class _Reader:
    """Reads the sources of one file: its tree without them, the source of each value, and what is wrong."""

    def __init__(self, root: MappingNode) -> None:
        self.by_index: dict[int, Source] = {}
        self.problems: list[Problem] = []
        self._stripped: dict[int, Node] = {}
        self.tree = self._walk(root, None, ())

    def _walk(self, node: Node, inherited: Source | None, entries: tuple[_Entry, ...]) -> Node:
        """Note the source of a value and of all in it; gives the value without `sources`."""
        if id(node) in self._stripped:  # an alias is met after the value that it stands for
            return self._stripped[id(node)]
        declared = find(node, KEY)
        if declared is not None:
            entries = (*entries, *self._entries(node, declared))
        own = [entry.source for entry in entries if not entry.keys]
        source = own[-1] if own else inherited
        if source is not None:
            self.by_index[node.start_mark.index] = source
        self._stripped[id(node)] = self._without_sources(node, source, entries)
        return self._stripped[id(node)]

    def _without_sources(self, node: Node, source: Source | None, entries: tuple[_Entry, ...]) -> Node:
        def child(key: str, value: Node) -> Node:
            closer = tuple(_Entry(entry.keys[1:], entry.source) for entry in entries if entry.keys[:1] == (key,))
            return self._walk(value, source, closer)

        if isinstance(node, MappingNode):
            pairs = [(key, child(key.value, value)) for key, value in node.value if key.value != KEY]
            return MappingNode(node.tag, pairs, node.start_mark, node.end_mark)
        if isinstance(node, SequenceNode):
            items = [child(str(location), item) for location, item in enumerate(node.value)]
            return SequenceNode(node.tag, items, node.start_mark, node.end_mark)
        return node

    def _entries(self, block: Node, declared: Node) -> Iterator[_Entry]:
        """The entries of a block's `sources`; those that are wrong are noted as problems."""
        if not isinstance(declared, MappingNode):
            message = "sources: must name settings of this block, or all, each with where it comes from"
            self.problems.append(problem(declared, message))
            return
        for name, value in declared.value:
            try:
                source = _ANY_SOURCE.validate_python(plain(value))
            except ValidationError as error:
                self.problems += [_located(name.value, value, one) for one in error.errors(include_url=False)]
                continue
            keys = () if name.value == ALL and find(block, ALL) is None else tuple(split(name.value))
            missing = None if source.is_shown else _missing(block, keys)  # `sim show` leaves out defaults
            if missing is not None:
                self.problems.append(problem(name, f"sources: this block says nothing of {missing}"))
            else:
                yield _Entry(keys, source)


def _missing(block: Node, keys: tuple[str, ...]) -> str | None:
    """What of a path is not written in a block, with a suggestion; None if all is."""
    node: Node | None = block
    for key in keys:
        known = list(_children(node))
        if key not in known:
            return f"{key!r}{suggestion(key, [name for name in known if name != KEY])}"
        node = _children(node)[key]
    return None


def _children(node: Node | None) -> dict[str, Node]:
    if isinstance(node, MappingNode):
        return {key.value: value for key, value in node.value}
    return {str(location): item for location, item in enumerate(node.value)} if isinstance(node, SequenceNode) else {}


def _located(name: str, value: Node, error: Any) -> Problem:
    """What pydantic finds wrong with an entry, in its line."""
    node, known = locate(value, error["loc"], error["type"] == "unknown_setting")
    return problem(node, f"{joined(('sources', name, *known))}: {error['msg']}")


@lru_cache(CACHED_FILES)
def _read(root: MappingNode) -> _Reader:
    return _Reader(root)


def without_sources(root: MappingNode) -> MappingNode:
    """A file's tree without its `sources`. Raises UserError with all that is wrong in them."""
    reader = _read(root)
    if reader.problems:
        raise UserError(*reader.problems)
    assert isinstance(reader.tree, MappingNode)
    return reader.tree


def nearest(sources: Mapping[str, Source], keys: Keys) -> Source:
    """The source of a setting: its own, or that of the nearest group that has one."""
    for length in range(len(keys), 0, -1):
        path = joined(keys[:length])
        if path in sources:
            return sources[path]
    return Source()


def written_sources(tree: Node, rows: Iterable[tuple[Keys, list[Keys]]], folder: Path) -> dict[str, Source]:
    """The sources of all numbers in a tree of combined files, by path; an empty source for those without one.

    Parameters
    ----------
    tree
        The tree, with `sources` taken out.
    rows
        Settings, each with the numbers in it. Numbers of one setting with the same source are given together, as
        the setting's.
    folder
        The folder from which locations are seen.
    """
    result: dict[str, Source] = {}
    for keys, numbers in rows:
        nodes = {joined(number): written(tree, number) for number in numbers}
        sources = {path: _source(node, folder) for path, node in nodes.items() if node is not None}
        result |= _together(joined(keys), sources, len(numbers))
    return result


def overridden(sources: Mapping[str, Source], paths: Iterable[str]) -> dict[str, Source]:
    """The sources of a scenario some of whose settings, by path, were given other values."""
    result = dict(sources)
    for path in paths:
        below = f"{path}."
        result = {key: source for key, source in result.items() if not f"{key}.".startswith(below)}
        result[path] = Source(reason=OUTSIDE)
    return result


def _together(path: str, sources: dict[str, Source], numbers: int) -> dict[str, Source]:
    """The sources of the numbers of one setting, with the one that most of them share as that of the setting."""
    same = [(source.basis, source.reason, source.location.rpartition(":")[0]) for source in sources.values()]
    usual, times = Counter(same).most_common(1)[0] if same else ((), 0)
    if 2 * times <= numbers:
        return sources
    shared = [name for name, one in zip(sources, same, strict=True) if one == usual]
    return {path: sources[shared[0]]} | {name: one for name, one in sources.items() if name not in shared}


def written(tree: Node, keys: Keys) -> Node | None:
    """The value that a tree has for a setting; None if it has none."""
    node: Node | None = tree
    for key in keys:
        if isinstance(node, ScalarNode):  # the short form of a setting, such as a route's probability
            return node
        node = _children(node).get(str(key))
    return node


def _source(node: Node, folder: Path) -> Source:
    """The source of a value, with its location unless it gives one itself."""
    mark = node.start_mark
    if mark.name.startswith(SETTING):
        return Source(reason=OUTSIDE)
    source = declared_at(node) or Source()
    location = f"{Path(relpath(mark.name, folder)).as_posix()}:{mark.line + 1}"
    return source if source.is_shown else source.model_copy(update={"location": location})


def declared_at(node: Node) -> Source | None:
    """What the file in which a value is written declares as its source."""
    mark = node.start_mark
    assert isinstance(mark.buffer, str)  # the whole text, as `parse` was given it, and an end mark
    return _read(parse(mark.buffer[:-1], mark.name)).by_index.get(mark.index)
