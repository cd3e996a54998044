"""A sweep on a terminal: a table by indicator, and in words where one more FTE stops helping."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.sweeps import Sweep, helping, stops_helping
from sim.view.words import number


def report(found: Sweep) -> RenderableType:
    """What `sim sweep` prints."""
    parts: list[RenderableType] = [_heading(found)]
    for label, rows in found.table.groupby("indicator", sort=False):
        parts.append(_table(found, rows))
        steps = found.steps[found.steps["indicator"] == label]
        if len(steps):
            parts.append(Text(_words(steps)))
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def sentences(found: Sweep) -> Iterator[str]:
    """Where one more FTE stops helping, by indicator."""
    for _, steps in found.steps.groupby("indicator", sort=False):
        yield _words(steps)


def _heading(found: Sweep) -> Text:
    base = found.points.iloc[found.base]
    at = ", ".join(f"{axis} = {base[axis]}" for axis in found.axes)
    text = Text(f"{found.scenario.title or found.scenario.name}: {len(found.points)} points", style="bold")
    text.append(
        f"\n{found.replications:,} replications at each with the same luck (seed {found.scenario.seed}); differences"
        f" are from {at}, paired. Intervals hold the mean with {found.level:.0%} confidence.",
        style="not bold",
    )
    return text


def _table(found: Sweep, rows: pd.DataFrame) -> Table:
    first = rows.iloc[0]
    unit = f" ({first.unit})" if first.unit else ""
    table = Table(title=f"{first.indicator}: {first.title}{unit}", title_justify="left", title_style="bold", box=None,
                  pad_edge=False)  # fmt: skip
    between = [f"{found.level:.0%} between", "and"]
    for place, column in enumerate([*found.axes, "FTE", "value", *between, "difference", *between]):
        table.add_column(column, justify="left" if place < len(found.axes) else "right")
    for row in rows.to_dict("records"):
        told = [_axis(row[axis]) for axis in found.axes] + [f"{row['fte']:.1f}"]
        told += [number(row[name]) for name in ("value", "low", "high")]
        paired = [number(row[name]) for name in ("difference", "diff_low", "diff_high")]
        table.add_row(*told, *(["base", "", ""] if row["point"] == found.base else paired))
    return table


def _axis(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _words(steps: pd.DataFrame) -> str:
    """What one more FTE does, and from where on it does not surely help."""
    rows = steps.to_dict("records")
    first, last = rows[0], rows[-1]
    name, tried = f"{first['title']}: ", f"{first['from_fte']:.0f} to {last['to_fte']:.0f} FTE"
    helps = helping(steps).to_dict("records")
    if not first["better"]:
        said = f"{name}at {first['from_fte']:.0f} FTE, one more changes it by {_effect(first)}"
        return f"{said}; more of it is neither better nor worse."
    if not helps:
        return f"{name}no step from {tried} surely helps; more replications would show smaller effects."
    begin, end = helps[0], helps[-1]
    said = f"{name}from {begin['from_fte']:.0f} to {begin['to_fte']:.0f} FTE, one more changes it by {_effect(begin)}"
    if stops_helping(steps) is None:
        more = "" if len(helps) == 1 else f", and at the end by {_effect(end)}"
        return f"{said}{more}. One more FTE helps up to the most that was tried, {end['to_fte']:.0f}."
    beyond = f"no step beyond, to {last['to_fte']:.0f}, surely does"
    return f"{said}. One more FTE stops helping at {end['to_fte']:.0f}: {beyond}."


def _effect(step: dict[Any, Any]) -> str:
    low, high = number(step["low"]), number(step["high"])
    return f"{number(step['effect'])} {step['unit']} ({low} to {high})".replace("  ", " ")
