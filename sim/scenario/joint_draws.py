"""Joint draws of uncertain parameters: the table of a posterior, all of whose rows are equally likely.

As text it is CSV: lines with `#` that say where it comes from, of which the one with the day of knowledge is kept; a
header with the names of uncertain parameters; a line of numbers for each draw, in random order.
"""

import csv
import io
import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError, model_serializer
from pydantic_core import InitErrorDetails, PydanticCustomError

from sim.dates import parse_day
from sim.scenario import bounds
from sim.scenario.distributions import Empirical
from sim.scenario.settings import MOST_PROBLEMS, Day, Settings, as_written

Place = tuple[str | int, ...]
"""A part of the table: ("columns", 2), ("rows", 5) or ("rows", 5, 2), all from 0; the whole table: nothing."""
AS_OF = "# as_of: "
"""Before the day of knowledge, in a line of its own before the header."""
_CELL = re.compile(r'("(?:[^"]|"")*"|[^,]*)(?:,|$)')
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class JointDraws(Settings):
    """A table of draws, one row for each, which stand in for the distributions of its parameters."""

    columns: list[str]
    "names of uncertain parameters"
    rows: list[list[float]]
    "draws, in random order: a value for each column"
    as_of: Day | None = None
    "the day of knowledge, if the table says it"

    @model_serializer(when_used="json")
    def _written(self) -> str:
        return table_text(self.columns, self.rows, [f"{AS_OF}{self.as_of}"] if self.as_of else [])

    def draw(self, number: int) -> dict[str, float]:
        """The values of a draw; after the last row comes the first one again."""
        return dict(zip(self.columns, self.rows[number % len(self.rows)], strict=True))

    def margin(self, parameter: str) -> Empirical:
        """The distribution of one parameter by itself."""
        column = self.columns.index(parameter)
        return Empirical(distribution="empirical", values=[row[column] for row in self.rows])

    def without(self, parameters: Collection[str]) -> "JointDraws | None":
        """The draws of the other parameters, which are as likely as before; None if there are none."""
        kept = [place for place, name in enumerate(self.columns) if name not in parameters]
        rows = [[row[place] for place in kept] for row in self.rows]
        columns = [self.columns[place] for place in kept]
        return self.model_copy(update={"columns": columns, "rows": rows}) if kept else None

    def __str__(self) -> str:
        day = f" of {self.as_of}" if self.as_of else ""
        return f"posterior{day}, {len(self.rows):,} joint draws"


def table_text(columns: list[str], rows: list[list[float]], comments: list[str]) -> str:
    """A table as text that reads back as the same, to the last bit."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(columns)
    table.writerows([[repr(value) for value in row] for row in rows])
    return "".join(f"{line}\n" for line in comments) + written.getvalue()


def read_draws(value: Any) -> Any:
    """The table in a text. Raises ValidationError with all that is wrong in it, each with its place."""
    if isinstance(value, JointDraws):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("draws", f"must be the name of a CSV file, not {as_written(value)}")
    if "\n" not in value:
        raise PydanticCustomError(
            "draws", "must be a table: a header with names of parameters, and a row for each draw"
        )
    table = _Table.of(value)
    wrong: list[InitErrorDetails] = [
        {"type": PydanticCustomError("worded", message), "loc": place, "input": value}
        for (place, message), _ in zip(table.problems(), range(MOST_PROBLEMS), strict=False)
    ]
    if wrong:
        raise ValidationError.from_exception_data("posterior", wrong)
    return JointDraws(
        columns=table.header,
        rows=[[float(cell) for cell in row] for row in table.rows],
        as_of=parse_day(table.day) if table.day else None,
    )


def position(text: str, place: Place) -> tuple[int, int]:
    """Line and column, both from 1, of a part of the table in a text."""
    lines = text.split("\n")
    header = _header_line(lines)
    if not place or header >= len(lines):
        return min(header, len(lines) - 1) + 1, 1
    if place == ("as_of",):
        return next(number for number, line in enumerate(lines, 1) if line.startswith(AS_OF)), 1
    line = header if place[0] == "columns" else header + 1 + int(place[1])
    cell = place[1] if place[0] == "columns" else place[2] if len(place) > len(("rows", 0)) else 0
    starts = [match.start() + 1 for match in _CELL.finditer(lines[line])]
    return line + 1, starts[min(int(cell), len(starts) - 1)]


def _header_line(lines: list[str]) -> int:
    """The index of the first line that is no comment."""
    return next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))


@dataclass(frozen=True)
class _Table:
    """The cells of a table as they are written."""

    day: str
    header: list[str]
    rows: list[list[str]]

    @classmethod
    def of(cls, text: str) -> "_Table":
        lines = text.rstrip("\n").split("\n")
        first = _header_line(lines)
        day = next((line.removeprefix(AS_OF).strip() for line in lines[:first] if line.startswith(AS_OF)), "")
        header, *rows = [next(csv.reader([line]), [""]) for line in lines[first:]] or [[]]
        return cls(day, header, rows)

    def problems(self) -> Iterator[tuple[Place, str]]:
        """All that is wrong with the table by itself, in order."""
        yield from self._of_day()
        if not any(self.header):
            yield (), "has no header: a line with the names of uncertain parameters"
            return
        for column, name in enumerate(self.header):
            if not name:
                yield ("columns", column), "is a column without a name"
            elif name in self.header[:column]:
                yield ("columns", column), f"{name!r} is a column twice"
        if not self.rows:
            yield (), "has no rows; each is a draw of the parameters"
        if len(self.rows) * len(self.header) > bounds.POSTERIOR.count:
            numbers = f"{len(self.rows):,} x {len(self.header):,} numbers"
            yield (), f"has {numbers}; at most {bounds.POSTERIOR.count:,} can be ({bounds.POSTERIOR.why})"
            return
        for number, row in enumerate(self.rows):
            yield from self._of_row(number, row)

    def _of_day(self) -> Iterator[tuple[Place, str]]:
        try:
            if self.day:
                parse_day(self.day)
        except ValueError:
            yield ("as_of",), f"as_of must be a date such as 2024-03-14, not {self.day!r}"

    def _of_row(self, number: int, row: list[str]) -> Iterator[tuple[Place, str]]:
        if len(row) != len(self.header):
            yield ("rows", number), f"has {len(row)} cell{'s'[: len(row) != 1]}, and the header {len(self.header)}"
            return
        for column, cell in enumerate(row):
            if not _NUMBER.fullmatch(cell.strip()) or not math.isfinite(float(cell)):
                yield ("rows", number, column), f"{self.header[column]} must be a finite number, not {cell!r}"
