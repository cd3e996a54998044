"""Pictures kept in a file, so that what took minutes to find is shown later: in a report, a dashboard, a notebook.

A file NAME.figures.json is JSON: the number of its format, a title, what made the pictures, and each picture with its
words, its figure as plotly writes it, and its table as records with the types of the columns. Nothing in it is
executed when it is read.
"""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from math import isinf, isnan
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd
import plotly.graph_objects as go
from pydantic import BaseModel, ConfigDict, Field, ValidationError

import sim
from sim.errors import RunFailed, UserError
from sim.files import atomic_write
from sim.scenario.schema import Scenario
from sim.view.figures.picture import Picture

FORMAT = 1
"""Of the file; readers refuse what they do not know."""
SUFFIX = ".figures.json"
REMEDY = "make it anew with --figures"

Made = dict[str, str | int]
"""What made the pictures: the scenario, its seed, the versions."""
Kind = Literal["text", "bool", "whole", "number", "time", "date"]
TYPES = {"b": "bool", "i": "whole", "u": "whole", "f": "number", "M": "time"}
"""Kinds of columns by numpy's letter; all others hold dates or text."""

DTYPES = r"^(object|str|bool|u?int\d\d?|Int64|float(32|64)|datetime64\[(s|ms|us|ns)\])$"
"""What pandas may hold them in."""


class Kept(NamedTuple):
    """The pictures of a file: what they are of, what made them, and they themselves in their order."""

    title: str
    made: Made
    pictures: list[Picture]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Column(_Part):
    """A column: `kind` says how its cells are written, `dtype` what pandas holds them in."""

    name: str
    kind: Kind
    dtype: str = Field(pattern=DTYPES)


class _Table(_Part):
    columns: list[_Column]
    records: list[dict[str, str | bool | int | float | None]]


class _Picture(_Part):
    name: str
    title: str
    subtitle: str
    caption: str
    figure: dict[str, Any]
    table: _Table


class _File(_Part):
    format: int
    title: str
    made: Made
    pictures: list[_Picture]


def provenance(scenario: Scenario | None = None, **more: str | int) -> Made:
    """What made pictures: the scenario and its seed, if they are of one; what else is said; the versions."""
    of_scenario: Made = {"scenario": scenario.name, "seed": scenario.seed} if scenario else {}
    names = ("numpy", "scipy", "simpy", "pandas", "plotly")
    versions = ", ".join([f"sim {sim.__version__}", *(f"{name} {version(name)}" for name in names)])
    return {**of_scenario, **more, "versions": versions}


def check_path(path: Path) -> None:
    """Raises UserError if pictures cannot be kept there: another suffix, a folder, or no folder to put it in."""
    if not path.name.endswith(SUFFIX) or path.name == SUFFIX:
        raise UserError(f"{path}: a file of kept pictures ends in {SUFFIX}, such as backtest{SUFFIX}")
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a file")
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise UserError(f"{path}: nothing can be written in the folder {path.parent}")


def keep(path: Path, title: str, pictures: Sequence[Picture], made: Mapping[str, str | int]) -> None:
    """Write pictures to a file, whole or not at all; an older one is replaced.

    `title`: of what they show; `made`: see `provenance`. Raises UserError for a bad path or no pictures, RunFailed
    where the file cannot be written.
    """
    check_path(path)
    if not pictures:
        raise UserError(f"{path}: is not written: what was found has nothing that a picture could show")
    content = _File(
        format=FORMAT, title=title, made=dict(made), pictures=[_written(picture) for picture in pictures]
    ).model_dump()
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(json.dumps(content, allow_nan=False, separators=(",", ":")), encoding="utf-8")
    except OSError as error:
        raise RunFailed(f"{path}: cannot be written: {error.strerror or error}") from None


def read_kept(path: Path) -> Kept:
    """The pictures that a file keeps. Raises UserError for a file that is none, cut off or of another format."""
    said = _parsed(path)
    try:
        content = _File.model_validate(said)
        return Kept(content.title, content.made, [_read(picture) for picture in content.pictures])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{path}: holds no kept pictures ({place}: {first['msg']}); {REMEDY}") from None
    except (ValueError, TypeError, KeyError) as error:  # of plotly and pandas: a figure or table that is none
        words = " ".join(str(error).split())[:100]
        raise UserError(f"{path}: holds a figure or a table that cannot be read ({words}); {REMEDY}") from None


def _parsed(path: Path) -> Any:
    """The JSON of a file of this format."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise UserError(f"{path}: is no file of kept pictures, or is cut off; {REMEDY}") from None
    if not isinstance(said, dict) or not isinstance(said.get("format"), int):
        raise UserError(f"{path}: is no file of kept pictures; {REMEDY}")
    if said["format"] != FORMAT:
        raise UserError(f"{path}: is of format {said['format']}, and this version reads {FORMAT}; {REMEDY}")
    return said


def _written(picture: Picture) -> _Picture:
    table = picture.table
    columns = [_column(str(name), table[name]) for name in table.columns]
    cells = {column.name: [_cell(value) for value in table[column.name]] for column in columns}
    records = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    return _Picture(
        name=picture.name,
        title=picture.title,
        subtitle=picture.subtitle,
        caption=picture.caption,
        figure=json.loads(picture.figure.to_json()),
        table=_Table(columns=columns, records=records),
    )


def _column(name: str, cells: "pd.Series[Any]") -> _Column:
    """How a column is written. One of categories becomes one of text."""
    dtype = "str" if isinstance(cells.dtype, pd.CategoricalDtype) else str(cells.dtype)
    kind: Any = TYPES.get(getattr(cells.dtype, "kind", "O"), "text")
    if kind == "text" and any(isinstance(value, date) for value in cells):
        kind = "date"
    return _Column(name=name, kind=kind, dtype=dtype)


def _cell(value: Any) -> str | bool | int | float | None:
    """A cell as JSON has it: dates as text, what is missing as null, infinities as words."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, date):  # a Timestamp, too
        return value.isoformat()
    if isinstance(value, float) and isinf(value):
        return str(float(value))
    plain = value.item() if hasattr(value, "item") else value
    return plain if isinstance(plain, bool | int | float) else str(plain)


def _read(written: _Picture) -> Picture:
    columns = {column.name: _cells(column, written.table.records) for column in written.table.columns}
    return Picture(
        written.name,
        written.title,
        written.subtitle,
        written.caption,
        go.Figure(written.figure),
        pd.DataFrame(columns, columns=list(columns)),
    )


def _cells(column: _Column, records: list[dict[str, Any]]) -> "pd.Series[Any]":
    cells = [record[column.name] for record in records]
    if column.kind == "date":
        return pd.Series([value and date.fromisoformat(value) for value in cells], dtype="object")
    if column.kind == "time":
        cells = [pd.NaT if value is None else pd.Timestamp(value) for value in cells]
    if column.kind == "number":
        cells = [float("nan") if value is None else float(value) for value in cells]
    dtype: Any = column.dtype
    found: pd.Series[Any] = pd.Series(cells, dtype=dtype)
    return found
