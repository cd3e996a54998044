"""The rows of a record's files: which columns there are, what a cell may hold, and every error with its location.

docs/record.md says what each column means.
"""

import csv
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sim.dates import parse_day
from sim.errors import Problem, UserError, suggestion
from sim.files import no_text, read_text
from sim.record.model import CONFIDENCES, EVENTS, OUTCOMES, items

COLUMNS = {
    "events.csv": "date:day* platform* provider:name* case_id proceeding:name event:word* topic:name* articles detail"
    " source_url:address source_kind confidence:word*",
    "strands.csv": "proceeding:name* strand:name* platform* topics:list* articles opened:day* preliminary_findings:day"
    " outcome:word outcome_date:day fine_eur:number note",
    "platforms.csv": "service:name* provider:name* type* designation_date:day designation_ended:day part_of"
    " eu_monthly_active_recipients_m:bound mau_as_of sector* source_url:address note",
    "turnover.csv": "provider:name* worldwide_turnover_eur_bn:number* year* confidence:word* note*",
}
"""The columns of each file: all must be in it, in any order, and no others; `name:kind`, text without a kind.

A star: no cell may be empty. A column means the same in every file.
"""
WORDS = {"event": EVENTS, "outcome": tuple(OUTCOMES), "confidence": CONFIDENCES}
"""What cells of the kind `word` may hold, by column."""
SEPARATORS = {"service": "|;", "proceeding": "|/", "strand": "|/", "topic": ";"}
"""Characters that cells of the kind `name` may not hold, by column: they stand between several names."""


class FileColumn(NamedTuple):
    """What the cells of a column hold, and whether they must not be empty."""

    kind: str
    needed: bool


def _column(declared: str) -> tuple[str, FileColumn]:
    name, _, kind = declared.rstrip("*").partition(":")
    return name, FileColumn(kind or "text", declared.endswith("*"))


FORMAT = {file: dict(map(_column, columns.split())) for file, columns in COLUMNS.items()}
ALL_FILES = ", ".join(FORMAT)
_CELL = re.compile(r'("(?:[^"]|"")*"|[^,]*)(?:,|$)')


def _list(cell: str) -> str:
    wrong = [message for item in items(cell) if (message := wrong_name(item))]
    return wrong[0] if wrong else "" if items(cell) else "needs at least one item, with ';' between several"


def wrong_day(cell: str) -> str:
    """What is wrong with a day; nothing if it is one."""
    try:
        parse_day(cell)
    except ValueError:
        return f"{cell!r} is not a day of the calendar; write year-month-day, such as 2024-03-14"
    return ""


def _amount(cell: str) -> str:
    # Not all that Python reads as a number is one for people: 1_000, or digits of another script.
    fits = re.fullmatch(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", cell, re.ASCII) and float(cell) < math.inf
    return "" if fits else f"{cell!r} is not an amount; write a number from 0 up, with a point for decimals"


def _bounded_amount(cell: str) -> str:
    return _amount(cell.removeprefix("<").removeprefix(">"))


def wrong_name(cell: str, separators: str = "") -> str:
    """What is wrong with a name, of which those of cases, and the keys of random draws, are made."""
    tidy = " ".join(cell.split())
    if cell != tidy:
        return f"has spaces that nobody sees; write {tidy!r}"
    hidden = [character for character in cell if unicodedata.category(character) == "Cf"]
    if hidden:
        return f"holds U+{ord(hidden[0]):04X}, a character that nobody sees; leave it out"
    clashing = [character for character in f'"{separators}' if character in cell]
    return f"{cell!r}: a name may not contain {clashing[0]!r}" if clashing else ""


def _address(cell: str) -> str:
    return "" if re.fullmatch(r"https?://\S+", cell) else f"{cell!r} is no address; write https://..."


KINDS: dict[str, Callable[[str], str]] = {
    "day": wrong_day,
    "number": _amount,
    "bound": _bounded_amount,
    "address": _address,
    "list": _list,
    "text": lambda cell: "",
    "name": wrong_name,
}
"""What is wrong with a cell that is not empty, by the kind of its column; nothing if it is right."""


@dataclass(frozen=True)
class Row:
    """One line of a file: its cells by column, and the character at which each begins."""

    file: str
    line: int
    cells: dict[str, str]
    starts: dict[str, int]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def day(self, column: str) -> date | None:
        """The day in a cell; None if it is empty or no day, which is reported elsewhere."""
        return None if not self[column] or wrong_day(self[column]) else parse_day(self[column])

    def wrong(self, column: str, message: str) -> Problem:
        """A problem with one cell."""
        return Problem(self.file, self.line, self.starts[column], f"{column}: {message}")


def meant(word: str, known: Iterable[str]) -> str:
    """The end of a message on an unknown word; nothing for a known one."""
    words = list(known)
    if word in words:
        return ""
    return suggestion(word, words) or "; known: none"


def _text(path: Path) -> str:
    try:
        text = read_text(path)
    except FileNotFoundError:
        raise UserError(Problem(str(path), message=f"there is no such file; a record has all of {ALL_FILES}")) from None
    if not text.strip():
        columns = ",".join(FORMAT[path.name])
        raise UserError(Problem(str(path), message=f"is empty; its first line must be the columns {columns}"))
    return text


def read_rows(path: Path, problems: list[Problem]) -> Iterator[Row]:
    """The rows that can be read as such; to `problems` goes what is wrong with the others or the header."""
    try:
        lines = _text(path).split("\n")
        header, starts = _cells(str(path), 1, lines[0])
        bad_header = list(_header_problems(str(path), header, starts))
        if bad_header:
            raise UserError(*bad_header)
    except UserError as error:
        problems += error.problems
        return
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        try:
            _check_visible(str(path), number, line)
            cells, starts = _cells(str(path), number, line, len(header))
        except UserError as error:
            problems += error.problems
        else:
            yield Row(
                str(path),
                number,
                dict(zip(header, cells, strict=True)),
                dict(zip(header, starts, strict=True)),
            )


def _check_visible(file: str, number: int, line: str) -> None:
    """Raise UserError for a control character, which a terminal or a spreadsheet might obey; a tab does no harm."""
    for position, character in enumerate(line, 1):
        if character != "\t" and unicodedata.category(character) in ("Cc", "Zl", "Zp"):
            raise UserError(Problem(file, number, position, f"holds the control character U+{ord(character):04X}"))


def _cells(file: str, number: int, line: str, wanted: int = 0) -> tuple[list[str], list[int]]:
    """The cells of a line, and where they begin. Raises UserError unless there are `wanted` (0: any)."""
    try:
        cells = [cell.strip() for cell in next(csv.reader([line], strict=True), [])]
    except csv.Error as error:
        remedy = "a cell stands on one line, in double quotes if it holds a comma; double a quote in it"
        raise UserError(Problem(file, number, 1, f"cannot be read as CSV ({error}): {remedy}")) from None
    if wanted and len(cells) != wanted:
        remedy = "put a cell that holds a comma in double quotes, and leave no column out"
        raise UserError(Problem(file, number, 1, f"has {len(cells)} cells for {wanted} columns: {remedy}"))
    starts = [match.start() + 1 for match in _CELL.finditer(line)]
    return cells, starts[: len(cells)]


def _header_problems(file: str, header: list[str], starts: list[int]) -> Iterator[Problem]:
    columns = FORMAT[Path(file).name]
    for between, what in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) <= 1 and between in "".join(header):
            yield Problem(file, 1, 1, f"has {what} between its cells; save it with commas")
            return
    missing = [name for name in columns if name not in header]
    for position, name in enumerate(header):
        if name in header[:position]:
            yield Problem(file, 1, starts[position], f"the column {name!r} occurs twice; leave one out")
        elif name not in columns:
            hint = meant(name, missing or columns)
            yield Problem(file, 1, starts[position], f"there is no column {name!r}{hint}")
    for name in missing:
        may = "" if columns[name].needed else "; its cells may be empty"
        yield Problem(file, 1, 1, f"the column {name!r} is missing{may}")


def cell_problems(row: Row) -> Iterator[Problem]:
    """What is wrong with the cells of a row, each by itself."""
    for name, (kind, needed) in FORMAT[Path(row.file).name].items():
        cell = row[name]
        if not cell:
            if needed:
                yield row.wrong(name, "must not be empty")
        elif hidden := no_text(cell):
            yield row.wrong(name, hidden)
        elif kind == "word":
            if cell not in WORDS[name]:
                yield row.wrong(name, f"{cell!r} is unknown{meant(cell, WORDS[name])}")
        elif message := wrong_name(cell, SEPARATORS.get(name, "")) if kind == "name" else KINDS[kind](cell):
            yield row.wrong(name, message)
