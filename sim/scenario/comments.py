"""The comments of a YAML file, each with the value that it belongs to.

A comment belongs to the value in whose line it ends; or, where there is none, to the key below it at the same
indentation; or to the key above it, if it stands deeper. A value that has none is told by the nearest of the keys above
it that has one. An aliased value has the comments of the place where it is written out. What stands above the first key
of a file is about the file, and belongs to no value.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from yaml import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from sim.scenario.yaml_nodes import KEPT_FILES, parse

_BREAK = "\r\n|[\n\r\x85\u2028\u2029]"  # what PyYAML counts as the end of a line
_COMMENT = re.compile("(?<!\\S)#([^\n\r\x85\u2028\u2029]*)")


class _Comment(NamedTuple):
    """What is said after a `#`; `alone`: nothing else stands in its line."""

    text: str
    column: int
    alone: bool


class _Text:
    """A file's comments by line, from 0, and what stands before a place in its line."""

    def __init__(self, text: str, root: Node) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in re.finditer(_BREAK, text))]
        self._comments: dict[int, _Comment] = {}
        for begin, end in _between_words(root, len(text)):
            for match in _COMMENT.finditer(text, begin, end):
                line = bisect_right(self._starts, match.start()) - 1
                column = match.start() - self._starts[line]
                said = match[1].lstrip("#").strip()
                self._comments[line] = _Comment(said, column, not self.before(line, column).strip())

    def before(self, line: int, column: int) -> str:
        """What stands in a line before a column."""
        return self._text[self._starts[line] : self._starts[line] + column]

    def beside(self, line: int) -> str:
        """The comment at the end of a line."""
        comment = self._comments.get(line)
        return comment.text if comment and not comment.alone else ""

    def above(self, line: int, column: int) -> str:
        """The block of comments directly above a line, at a column."""
        first = line
        while (comment := self._comments.get(first - 1)) and comment.alone and comment.column == column:
            first -= 1
        return self._joined(range(first, line))

    def below(self, line: int, column: int) -> str:
        """The block of comments directly below a line, right of a column."""
        last = line
        while (comment := self._comments.get(last + 1)) and comment.alone and comment.column > column:
            last += 1
        return self._joined(range(line + 1, last + 1))

    def _joined(self, lines: range) -> str:
        return " ".join(self._comments[line].text for line in lines if self._comments[line].text)


class _Place(NamedTuple):
    """Where a value is written: line and column of its key, or of its dash in a list."""

    line: int
    column: int
    value: Node


@lru_cache(KEPT_FILES)
def comments(text: str, name: str) -> dict[int, str]:
    """The comment of each value of a file, its own or that of a key above it: by the index at which the value begins.

    `name` is what `parse` was told. Values without any comment have an empty text.
    """
    root = parse(text, name)
    found: dict[int, str] = {}
    _walk(_Text(text, root), root, "", found)
    return found


def _walk(text: _Text, node: Node, inherited: str, found: dict[int, str]) -> None:
    for place in _places(node):
        index = place.value.start_mark.index
        if index not in found:  # an alias is met after the value that it stands for
            found[index] = _own(text, place) or inherited
            _walk(text, place.value, found[index], found)


def _own(text: _Text, place: _Place) -> str:
    """The comment that belongs to a value itself."""
    line, column, value = place
    last = line if _in_block(value) else value.end_mark.line
    heads_line = line > 0 and not text.before(line, column).strip(" -")
    above = text.above(line, column) if heads_line else ""
    return text.beside(last) or text.beside(line) or above or text.below(last, column)


def _in_block(node: Node) -> bool:
    """Whether a value is a mapping or list written in lines of its own."""
    return isinstance(node, CollectionNode) and not node.flow_style


def _places(node: Node) -> Iterator[_Place]:
    """The values of a mapping or list."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield _Place(key.start_mark.line, key.start_mark.column, value)
    elif isinstance(node, SequenceNode):
        for item in node.value:
            mark = item.start_mark
            yield _Place(mark.line, mark.column if node.flow_style else node.start_mark.column, item)


def _between_words(root: Node, end: int) -> Iterator[tuple[int, int]]:
    """The stretches of a text that are no key and no bare value, where a `#` begins a comment.

    What stands above the first key is left out.
    """
    spans: dict[int, int] = {}
    nodes = [root]
    seen: set[int] = set()
    while nodes:
        node = nodes.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, ScalarNode):
            spans[node.start_mark.index] = node.end_mark.index
        elif isinstance(node, MappingNode):
            nodes += [part for pair in node.value for part in pair]
        else:
            nodes += node.value
    begin = root.start_mark.index
    for start, stop in sorted(spans.items()):
        yield begin, start
        begin = stop
    yield begin, end
