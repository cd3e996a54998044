"""Tables as the page and its downloads show them: text and numbers, nothing that a browser reads otherwise."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from math import isinf, isnan
from typing import Any, NamedTuple

import pandas as pd

DIGITS = 6
"""Digits of a number that count, at most: figures round their tables, this only ends binary fractions."""

Cell = str | int | float | None


class Table(NamedTuple):
    """A table with its title; the first column says what a row is about."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


def cell(value: Any) -> Cell:
    """A value as JSON takes it: days as 2024-03-14, nothing where it is not known, 'inf' for what never comes."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, (bool, str)):
        return str(value)
    if hasattr(value, "isoformat"):
        midnight = isinstance(value, datetime) and value == value.replace(hour=0, minute=0, second=0, microsecond=0)
        return str(value.date() if midnight else value)
    if hasattr(value, "item"):
        return cell(value.item())
    if isinstance(value, float):
        return _number(value)
    return value if isinstance(value, int) else str(value)


def _number(value: float) -> Cell:
    if isnan(value):
        return None
    if isinf(value):
        return "inf" if value > 0 else "-inf"
    rounded = float(f"{value:.{DIGITS}g}") if abs(value) < 10**DIGITS else round(value, 0)
    return int(rounded) if rounded.is_integer() else rounded


def rows(table: pd.DataFrame) -> list[list[Cell]]:
    """The rows of a frame as lists of cells."""
    columns: Iterable[list[Cell]] = ([cell(value) for value in table[name]] for name in table)
    return [list(row) for row in zip(*columns, strict=True)]
