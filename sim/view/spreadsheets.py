"""Tables for spreadsheets, which take text that begins with certain signs for a formula: as CSV and as Excel files."""

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pandas as pd

from sim.characters import legible

MARK = "\ufeff"
"""The byte order mark: without it Excel takes a CSV file in UTF-8 for one in an encoding of its country."""
_FORMULA = re.compile(r"'*\s*[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]")
"""How text begins that a spreadsheet would compute: also with spaces, and with the wide signs of East Asia."""
_NUMBER = re.compile(r"[-+](?:(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?%?)?")
"""Text that is a number with its sign, or a dash where there is none: no harm is done by it."""
TEXT, FORMULA, ERROR = "s", "f", "e"
"""How openpyxl calls the kinds of cells."""


def csv(table: pd.DataFrame) -> str:
    """A table as CSV. Text that would be a formula begins with an apostrophe, which says that it is text."""
    return _written(table, _guarded).to_csv(index=False, lineterminator="\n")


def csv_download(table: pd.DataFrame, source: str = "") -> str:
    """The same for a file that people save and open: with the byte order mark, and everything in it shows.

    `source`: where the data come from, as the last line, after `# `, if it is given.
    """
    last = csv(pd.DataFrame(columns=[f"# {source}"])) if source else ""
    return MARK + csv(_written(table, legible)) + last


def from_csv(table: pd.DataFrame) -> pd.DataFrame:
    """A table that was read from what `csv` wrote, with its text as it was."""
    return _written(table, _unguarded)


def workbook(sheets: Mapping[str, tuple[pd.DataFrame, bool]]) -> bytes:
    """An Excel file of tables by the name of their sheet, each with or without its headings; text is always text."""
    buffer = BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl") as book:
        for name, (table, headings) in sheets.items():
            _written(table, legible).to_excel(book, sheet_name=name, index=False, header=headings)
            for row in book.sheets[name].iter_rows():
                for cell in row:
                    if cell.data_type in (FORMULA, ERROR):  # by its first sign, or a name such as #N/A
                        cell.data_type = TEXT
    return buffer.getvalue()


def _guarded(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # by itself it would end a row
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def _written(table: pd.DataFrame, write: Callable[[str], str]) -> pd.DataFrame:
    """The table with other words in its headings and in its cells of text; numbers and days are not touched."""
    columns = [_column(table.iloc[:, place], write) for place in range(table.shape[1])]
    changed = pd.concat(columns, axis=1) if columns else table.copy()
    changed.columns = pd.Index([write(str(name)) for name in table.columns])
    return changed


def _column(column: "pd.Series[Any]", write: Callable[[str], str]) -> "pd.Series[Any]":
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column
    cells = [write(value) if isinstance(value, str) else value for value in column]
    return pd.Series(cells, index=column.index, dtype=object)
