"""Figures of sweeps: what an indicator does as settings change, and what more people are worth."""

import pandas as pd
import plotly.graph_objects as go

from sim.experiments.sweep import Sweep
from sim.view import words
from sim.view.charts.heat import heat
from sim.view.charts.intervals import intervals
from sim.view.charts.looks import Look
from sim.view.charts.points import points
from sim.view.charts.style import PALETTE
from sim.view.figures.figure import Figure, of_indicator
from sim.view.verdicts import of_staff

FACTOR = " x"
"""The ending of columns of settings that are multiplied by a factor."""
ENDS = ["value", "low", "high"]


def response(sweep: Sweep, indicator: str) -> Figure | None:
    """An indicator along what varies: against the staff if one setting of it does, as a map if two settings do.

    None if the sweep has no such indicator.
    """
    rows = sweep.table[sweep.table["indicator"] == indicator].reset_index(drop=True)
    if rows.empty:
        return None
    note = [words.interval(*row) for row in rows[ENDS].to_numpy()]
    rows = rows.assign(note=note, differs=(rows["diff_low"] > 0) | (rows["diff_high"] < 0))
    at_base = rows[rows["point"] == sweep.base]
    base, steps = (at_base if len(at_base) else rows).iloc[0], sweep.steps[sweep.steps["indicator"] == indicator]
    return Figure(
        of_indicator("response", indicator),
        words.sentence(of_staff(steps)) if len(steps) else _title(sweep, rows, base),
        f"{words.called(sweep.scenario)} · {len(sweep.points)} points of {sweep.replications:,} simulations each ·"
        f" intervals: {sweep.level:.0%} confidence",
        f"At the base ({_at(sweep, base)}) it is {base['note']}. All points meet the same cases and the same luck;"
        f" significantly different from the base: {rows['differs'].sum()} of {len(rows) - 1}.",
        _chart(sweep, rows, by_staff=len(steps) > 0),
        _table(sweep, rows),
    )


def _chart(sweep: Sweep, rows: pd.DataFrame, *, by_staff: bool) -> go.Figure:
    first, axes = rows.iloc[0], sweep.axes
    named = f"{first['title']} ({first['unit']})" if first["unit"] else str(first["title"])
    if by_staff:
        people = rows["fte"].round(max(words.decimals(rows["fte"]), 2))
        return points({"full-time staff of all roles": rows.assign(x=people)}, named)
    if len(axes) == 1 and not pd.api.types.is_numeric_dtype(rows[axes[0]]):
        drawn = rows.assign(row=rows[axes[0]].map(str), series="")
        return intervals({"": drawn}, {"": Look(named, PALETTE[0])}, axis=named)
    if len(axes) == 2 and len(rows) == rows[axes[0]].nunique() * rows[axes[1]].nunique():
        column, row = axes
        cells = rows.assign(
            row=[f"{_axis(row)}: {_value(value)}" for value in rows[row]],
            column=[_value(value) for value in rows[column]],
            text=["{}\n{} to\n{}".format(*map(words.number, cell)) for cell in rows[ENDS].to_numpy()],
        )
        return heat({_axis(column): cells})
    return points({_axis(axis): rows.assign(x=rows[axis]) for axis in axes}, named)


def _axis(axis: str) -> str:
    """What a column of settings stands for."""
    return f"factor of {axis.removesuffix(FACTOR)}" if axis.endswith(FACTOR) else axis


def _title(sweep: Sweep, rows: pd.DataFrame, base: "pd.Series[float]") -> str:
    """The lowest and the highest value, if a point differs from the base."""
    name = words.sentence(str(base["title"]))
    if not rows["differs"].any():
        return f"{name}: no point differs significantly from the base, at {words.number(base['value'])}"
    ends = [rows.sort_values("value").iloc[place] for place in (0, -1)]
    low, high = (f"{words.number(end['value'])} {end['unit']}".strip() + f" at {_at(sweep, end)}" for end in ends)
    return f"{name} goes from {low} to {high}"


def _at(sweep: Sweep, row: "pd.Series[float]") -> str:
    return words.listing(f"{_axis(axis)} {_value(row[axis])}" for axis in sweep.axes)


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _table(sweep: Sweep, rows: pd.DataFrame) -> pd.DataFrame:
    level = f"{sweep.level:.0%}"
    names = {"value": "value", "low": f"{level} from", "high": f"{level} to", "difference": "difference from the base",
             "diff_low": f"difference: {level} from", "diff_high": f"difference: {level} to"}  # fmt: skip
    return pd.DataFrame(
        {
            **{_axis(axis): rows[axis] for axis in sweep.axes},
            "FTE": rows["fte"].round(max(words.decimals(rows["fte"]), 1)),
            "indicator": rows["title"],
            "unit": rows["unit"].replace("", "share"),
            **{title: rows[name].round(4) for name, title in names.items()},
        }
    )
