"""Tables on a terminal: any frame, with a heading for each column that is shown and how its values are written."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

Write = Callable[[Any], str]


class Column(NamedTuple):
    """A column as it is shown: its heading, and how a value is written."""

    heading: str
    write: Write = str


def table(
    frame: pd.DataFrame, columns: Mapping[str, Column], title: str, note: str = "", group: str = ""
) -> RenderableType:
    """The rows of a frame, under a title.

    Parameters
    ----------
    columns : those that are shown, in order. Only the first one may be broken into lines: numbers stay whole.
    note : what readers must know, below the table.
    group : a column whose value stands in a row of its own wherever it changes.
    """
    shown = Table(box=None, pad_edge=False)
    first, *others = (column.heading for column in columns.values())
    shown.add_column(first)
    for heading in others:
        shown.add_column("\n".join(heading.split()), justify="right", no_wrap=True)  # no wider than its numbers
    before = None
    for row in frame.to_dict("records"):
        if group and row[group] != before:
            before = row[group]
            shown.add_row(str(before), style="bold")
        shown.add_row(*_cells(row, columns, indent="  " if group else ""))
    return Group(Text(title, style="bold"), shown, *([Text(note, style="dim italic")] if note else []))


def _cells(row: Mapping[Any, Any], columns: Mapping[str, Column], indent: str) -> Iterable[str]:
    first, *others = (column.write(row[name]) for name, column in columns.items())
    return [indent + first, *others]
