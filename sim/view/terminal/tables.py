"""Tables on a terminal: any frame, with a heading for each column that is shown and how its values are written.

Nothing is cut: words are broken into lines, and columns for which a terminal is too narrow stand in a further block
below, beside the first one again.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, NamedTuple

import pandas as pd
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.text import Text

Write = Callable[[Any], str]
Justify = Literal["left", "right", "center"]
NARROW = 18
"""To so few columns of the terminal words are broken before numbers get a block of their own."""
GAPS = (2, 1)
"""Blanks between columns: where there is room, and where there is not."""
INDENT = "  "
"""Before the rows of a group, and what is below a row."""


class Column(NamedTuple):
    """A column as it is shown: its heading, how a value is written, and whether it is words, which may be broken.

    `over`: a further heading above, which columns side by side may share. The first column of a table is always words.
    """

    heading: str
    write: Write = str
    words: bool = False
    over: str = ""


class Cell(NamedTuple):
    """What stands in a field of a line, and the columns of the terminal that it takes."""

    text: Text
    width: int
    justify: Justify = "left"


class Block(NamedTuple):
    """Columns side by side: their places in the table, the width of each, and the blanks between them."""

    widths: dict[int, int]
    gap: int


def table(
    frame: pd.DataFrame,
    shown: Mapping[str, Column],
    title: str = "",
    note: str = "",
    group: str = "",
    below: str = "",
) -> RenderableType:
    """The rows of a frame, under a title.

    Parameters
    ----------
    shown : the columns, in order. Numbers stay whole.
    note : what readers must know, below the table.
    group : a column whose value stands in a line of its own wherever it changes.
    below : a column whose value, if there is any, stands in a line of its own below its row.
    """
    records = frame.to_dict("records")
    rows = [[column.write(row[name]) for name, column in shown.items()] for row in records]
    groups, notes = ([str(row[name]) if name else "" for row in records] for name in (group, below))
    grid = Grid(list(shown.values()), rows, groups, notes)
    return Group(*([Text(title, style="bold")] if title else []), grid, *([Text(note, style="dim")] if note else []))


def columns(
    headings: Mapping[str, str], write: Write = str, *, over: str = "", words: bool = False
) -> dict[str, Column]:
    """Columns that are written alike, by their names in a frame."""
    return {name: Column(heading, write, words, over) for name, heading in headings.items()}


def between(low: str, high: str, write: Write = str, over: str = "80%") -> dict[str, Column]:
    """The columns of an interval; those side by side need different `over`."""
    return columns({low: "between", high: "and"}, write, over=over)


def headed(title: str, *sentences: str) -> RenderableType:
    """Sentences under a title, each on a line of its own; without those that are empty."""
    return Group(Text(title, style="bold"), *(Text(sentence) for sentence in sentences if sentence))


def bullets(sentences: Iterable[str]) -> RenderableType:
    """Sentences, each with a dash before it."""
    rows = [["-", sentence] for sentence in sentences]
    return Grid([Column(""), Column("", words=True)], rows, gaps=GAPS[1:])


def sections(parts: Iterable[RenderableType]) -> Group:
    """Parts with an empty line between each and the next."""
    apart = [piece for part in parts for piece in (Text(), part)]
    return Group(*apart[1:])


@dataclass(frozen=True)
class Grid:
    """Rows of cells under headings; `groups` and `notes`: what stands above and below each, empty for nothing."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    groups: Sequence[str] = ()
    notes: Sequence[str] = ()
    gaps: Sequence[int] = GAPS

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """All lines, block by block; see rich's protocol."""
        indent = INDENT if any(self.groups) else ""
        shown = [[_plain(console, f"{'' if n else indent}{cell}") for n, cell in enumerate(row)] for row in self.rows]
        headings = [_plain(console, column.heading, "bold") for column in self.columns]
        for number, block in enumerate(self._blocks(shown, headings, options.max_width)):
            if number:
                yield Text()
            yield from self._headings(console, block, headings)
            yield from self._body(console, block, shown, options.max_width)

    def _is_words(self, place: int) -> bool:
        return place == 0 or self.columns[place].words

    def _blocks(self, shown: Sequence[Sequence[Text]], headings: Sequence[Text], room: int) -> Iterator[Block]:
        """As many columns side by side as there is room for, the first one in each block."""
        whole = [self._widest([row[n] for row in shown], heading, n) for n, heading in enumerate(headings)]
        spans = self._spans(range(len(whole)))
        for some in spans:  # as wide as the words of the heading that they share
            words = max(map(cell_len, self.columns[some[0]].over.split()), default=0)
            whole[some[-1]] += max(words - sum(whole[n] for n in some) - self.gaps[-1] * (len(some) - 1), 0)
        least = [min(width, NARROW) if self._is_words(n) else width for n, width in enumerate(whole)]
        places: list[int] = []
        for some in spans:
            if len(places) > 1 and sum(least[n] + self.gaps[-1] for n in (*places, *some)) > room + self.gaps[-1]:
                yield self._fitted(places, whole, least, room)
                places = [0]
            places += some
        yield self._fitted(places, whole, least, room)

    def _spans(self, places: Iterable[int]) -> list[list[int]]:
        """Columns side by side that share a heading; they are not torn apart."""
        return [list(some) for _, some in groupby(places, key=lambda place: self.columns[place].over or place)]

    def _widest(self, cells: Iterable[Text], heading: Text, place: int) -> int:
        """The width of a column of which no cell is broken; the heading of numbers may be."""
        said = heading.split("\n" if self._is_words(place) else " ")
        return max((line.cell_len for text in (*cells, *said) for line in text.split("\n")), default=0)

    def _fitted(self, places: Sequence[int], whole: Sequence[int], least: Sequence[int], room: int) -> Block:
        """The widths of columns side by side: what is words gives way, the widest first."""
        widths = {place: whole[place] for place in places}
        gap = next((g for g in self.gaps if sum(widths.values()) + g * (len(places) - 1) <= room), self.gaps[-1])
        while sum(widths.values()) + gap * (len(places) - 1) > room:
            wide = [place for place in places if self._is_words(place) and widths[place] > least[place]]
            if not wide:
                break
            widths[max(wide, key=widths.__getitem__)] -= 1
        return Block(widths, gap)

    def _headings(self, console: Console, block: Block, headings: Sequence[Text]) -> Iterator[Text]:
        """The headings of a block, each with the one that columns share directly above."""
        stacks = []
        for some in self._spans(block.widths):
            width = sum(block.widths[n] for n in some) + block.gap * (len(some) - 1)
            over = Cell(_plain(console, self.columns[some[0]].over, "bold"), width, "center" if some[1:] else "right")
            own = Block({n: block.widths[n] for n in some}, block.gap)
            below = _side_by_side(console, self._cells(own, headings), block.gap, bottom=True)
            stacks.append(([*(_lines(console, over) if over.text else []), *below], width))
        if any(headings[place].plain for place in block.widths):
            yield from _stacked(stacks, block.gap, bottom=True)

    def _body(self, console: Console, block: Block, shown: Sequence[Sequence[Text]], room: int) -> Iterator[Text]:
        """The rows of a block; in the first one with what stands below them."""
        before, is_first = "", len(self.columns) == 1 or 1 in block.widths
        for number, row in enumerate(shown):
            if self.groups and self.groups[number] != before:
                before = self.groups[number]
                yield _plain(console, before, "bold")
            yield from _side_by_side(console, self._cells(block, row), block.gap)
            if is_first and self.notes and self.notes[number]:
                note = _plain(console, f"{INDENT}{self.notes[number]}", "italic")
                yield from _side_by_side(console, [Cell(note, room)], 0)

    def _cells(self, block: Block, texts: Sequence[Text]) -> list[Cell]:
        return [Cell(texts[n], width, "left" if self._is_words(n) else "right") for n, width in block.widths.items()]


def _side_by_side(console: Console, cells: Sequence[Cell], gap: int, bottom: bool = False) -> Iterator[Text]:
    """Cells in as many lines as the highest needs; `bottom`: the others begin further down."""
    return _stacked([(_lines(console, cell), cell.width) for cell in cells], gap, bottom)


def _stacked(stacks: Sequence[tuple[list[Text], int]], gap: int, bottom: bool) -> Iterator[Text]:
    """Lines of given widths beside one another."""
    height = max(len(lines) for lines, _ in stacks)
    for row in range(height):
        parts = []
        for lines, width in stacks:
            place = row - (height - len(lines)) if bottom else row
            part = lines[place].copy() if 0 <= place < len(lines) else Text()
            part.align("left", width)
            parts.append(part)
        line = Text(" " * gap).join(parts)
        line.rstrip()
        yield line


def _lines(console: Console, cell: Cell) -> list[Text]:
    """The lines of a cell, each on its side of it."""
    lines = _broken(console, cell)
    for line in lines:
        line.rstrip()
        line.align(cell.justify, cell.width)
    return lines


def _plain(console: Console, words: str, style: str = "") -> Text:
    """Words as the console shows them, with nothing in them that it would obey."""
    return Text(console.render_str(words, markup=False, emoji=False, highlight=False).plain, style=style)


def _broken(console: Console, cell: Cell) -> list[Text]:
    """A text in lines, all of which begin as far in as the first."""
    words = cell.text.copy()
    indent = " " * (len(words.plain) - len(words.plain.lstrip(" ")))
    room = max(cell.width - len(indent), 1)
    words.plain = "\n".join(_in_pieces(line, room) for line in words.plain.strip().split("\n"))
    return [Text(indent).append_text(line) for line in words.wrap(console, room, overflow="fold")]


def _in_pieces(line: str, room: int) -> str:
    """A line whose words, if they are wider than there is room, have blanks where they are best broken."""
    pieces: list[str] = []
    for word in line.split(" "):
        rest = word
        while cell_len(rest) > room and (fitting := [end for end in _ends(rest) if cell_len(rest[:end]) <= room]):
            pieces.append(rest[: fitting[-1]])
            rest = rest[fitting[-1] :]
        pieces.append(rest)
    return " ".join(pieces)


def _ends(word: str) -> list[int]:
    """Behind which characters the name of a case, an indicator or a setting is best broken."""
    return [found.end() for found in re.finditer(r"[/:_.<-]+(?=.)", word)]
