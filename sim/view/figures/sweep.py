"""Figures of sweeps: what an indicator does as settings change, and where one more FTE stops helping."""

from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go

from sim.experiments.sweep import Sweep, stops_helping
from sim.view import words
from sim.view.charts import sweep as charts
from sim.view.figures.figure import Figure
from sim.view.verdicts import sentences

FACTOR = " x"
"""The ending of columns of settings that are multiplied by a factor."""


def response(sweep: Sweep, indicator: str) -> Figure | None:
    """An indicator along what varies: against the staff if one setting of it does, as a map if two settings do.

    None if the sweep has no such indicator.
    """
    rows = sweep.table[sweep.table["indicator"] == indicator].reset_index(drop=True)
    if rows.empty:
        return None
    first = rows.iloc[0]
    title, unit = str(first["title"]), str(first["unit"])
    return Figure(
        f"response-{indicator.replace(':', '-').replace('_', '-').lower()}",
        _title(sweep, rows, indicator),
        f"{sweep.scenario.title or sweep.scenario.name} · {len(sweep.points)} points of {sweep.replications:,}"
        f" replications with common random numbers · intervals hold the mean with {sweep.level:.0%} confidence",
        _caption(sweep, rows),
        _figure(sweep, rows, title, unit),
        _table(sweep, rows),
    )


def _steps(sweep: Sweep, indicator: str) -> pd.DataFrame:
    return sweep.steps[sweep.steps["indicator"] == indicator]


def _figure(sweep: Sweep, rows: pd.DataFrame, title: str, unit: str) -> go.Figure:
    steps = _steps(sweep, str(rows.iloc[0]["indicator"]))
    if len(steps):
        people = rows["fte"].round(max(words.decimals(rows["fte"]), 2))
        return charts.response(rows.assign(x=people), "staff of all roles, FTE", title, unit, stops_helping(steps))
    if len(sweep.axes) == 1:
        return charts.response(rows.assign(x=rows[sweep.axes[0]]), axis_words(sweep.axes[0]), title, unit)
    on_grid = len(rows) == rows[sweep.axes[0]].nunique() * rows[sweep.axes[1]].nunique()
    if len(sweep.axes) == 2 and on_grid:
        x, y = sweep.axes
        return charts.heat(rows.assign(x=rows[x], y=rows[y]), (axis_words(x), axis_words(y)))
    return charts.panels([(axis_words(axis), rows.assign(x=rows[axis])) for axis in sweep.axes], title, unit)


def axis_words(axis: str) -> str:
    """What a column of settings stands for."""
    return f"factor of {axis.removesuffix(FACTOR)}" if axis.endswith(FACTOR) else axis


def _title(sweep: Sweep, rows: pd.DataFrame, indicator: str) -> str:
    """In the words of the command where the staff varies; else the lowest and the highest value."""
    steps = _steps(sweep, indicator)
    if len(steps):
        (sentence,) = sentences(replace(sweep, steps=steps))
        return sentence[0].upper() + sentence[1:].rstrip(".")
    name = str(rows.iloc[0]["title"]).capitalize()
    apart = rows[(rows["diff_low"] > 0) | (rows["diff_high"] < 0)]
    if apart.empty:
        return f"{name}: no point differs significantly from the base, at {words.number(_base(sweep, rows)['value'])}"
    low, high = (rows.sort_values("value").iloc[place] for place in (0, -1))
    unit = f" {low['unit']}" if low["unit"] else ""
    return (
        f"{name} goes from {words.number(low['value'])}{unit} at {_at(sweep, low)} to"
        f" {words.number(high['value'])}{unit} at {_at(sweep, high)}"
    )


def _base(sweep: Sweep, rows: pd.DataFrame) -> pd.Series:
    base = rows[rows["point"] == sweep.base]
    return base.iloc[0] if len(base) else rows.iloc[0]


def _at(sweep: Sweep, row: pd.Series) -> str:
    return words.listing(f"{axis_words(axis)} {_value(row[axis])}" for axis in sweep.axes)


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _caption(sweep: Sweep, rows: pd.DataFrame) -> str:
    base = _base(sweep, rows)
    significant = int(((rows["diff_low"] > 0) | (rows["diff_high"] < 0)).sum())
    staff = (
        " Intervals hold for all steps between neighbouring points together, so that a false positive is unlikely."
        if len(_steps(sweep, str(base["indicator"])))
        else ""
    )
    return (
        f"At the base ({_at(sweep, base)}) it is {words.number(base['value'])}"
        f" ({words.number(base['low'])} to {words.number(base['high'])}). All points have the same cases with common"
        " random numbers, so that their differences are more precise than the values: of the"
        f" {len(rows) - 1} other points {significant} differ significantly from the base.{staff}"
    )


def _table(sweep: Sweep, rows: pd.DataFrame) -> pd.DataFrame:
    level = f"{sweep.level:.0%}"
    names = {"value": "value", "low": f"{level} from", "high": f"{level} to", "difference": "difference from the base",
             "diff_low": f"difference: {level} from", "diff_high": f"difference: {level} to"}  # fmt: skip
    return pd.DataFrame(
        {
            **{axis_words(axis): rows[axis] for axis in sweep.axes},
            "FTE": rows["fte"].round(max(words.decimals(rows["fte"]), 1)),
            "indicator": rows["title"],
            "unit": rows["unit"].replace("", "share"),
            **{title: rows[name].round(4) for name, title in names.items()},
        }
    )
