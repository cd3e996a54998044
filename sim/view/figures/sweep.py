"""Figures of sweeps: what an indicator does as settings change, and what more people are worth."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from sim.experiments.sweep import Sweep, helping
from sim.view import words
from sim.view.charts.heat import heat
from sim.view.charts.intervals import intervals
from sim.view.charts.looks import Look
from sim.view.charts.points import points
from sim.view.charts.style import PALETTE
from sim.view.figures.figure import Figure
from sim.view.verdicts import sweep_sentence

FACTOR = " x"
"""The ending of columns of settings that are multiplied by a factor."""
MOST_STEPS = 2
"""Steps by staff whose effect a title tells."""


def response(sweep: Sweep, indicator: str) -> Figure | None:
    """An indicator along what varies: against the staff if one setting of it does, as a map if two settings do.

    None if the sweep has no such indicator.
    """
    rows = sweep.table[sweep.table["indicator"] == indicator].reset_index(drop=True)
    if rows.empty:
        return None
    return Figure(
        f"response-{indicator.replace(':', '-').replace('_', '-').lower()}",
        _title(sweep, rows, indicator),
        f"{sweep.scenario.title or sweep.scenario.name} · {len(sweep.points)} points of {sweep.replications:,}"
        f" simulations each · intervals: {sweep.level:.0%} confidence",
        _caption(sweep, rows),
        _chart(sweep, rows),
        _table(sweep, rows),
    )


def _steps(sweep: Sweep, indicator: str) -> pd.DataFrame:
    return sweep.steps[sweep.steps["indicator"] == indicator]


def _chart(sweep: Sweep, rows: pd.DataFrame) -> go.Figure:
    first = rows.iloc[0]
    unit = f" ({first['unit']})" if first["unit"] else ""
    named = f"{first['title']}{unit}"
    if len(_steps(sweep, str(first["indicator"]))):
        people = rows["fte"].round(max(words.decimals(rows["fte"]), 2))
        return points({"full-time staff of all roles": rows.assign(x=people)}, named)
    if not all(pd.api.types.is_numeric_dtype(rows[axis]) for axis in sweep.axes) and len(sweep.axes) == 1:
        drawn = rows.assign(
            row=rows[sweep.axes[0]].map(str), series="", note=[_interval(row) for row in _records(rows)]
        )
        return intervals({"": drawn}, {"": Look(named, PALETTE[0])}, axis=named)
    if len(sweep.axes) == 2 and len(rows) == rows[sweep.axes[0]].nunique() * rows[sweep.axes[1]].nunique():
        column, row = sweep.axes
        cells = rows.assign(
            row=[f"{axis_words(row)}: {_value(value)}" for value in rows[row]],
            column=[_value(value) for value in rows[column]],
            text=["{}\n{} to\n{}".format(*map(words.number, cell.values())) for cell in _records(rows)],
        )
        return heat({axis_words(column): cells}, row=72)
    return points({axis_words(axis): rows.assign(x=rows[axis]) for axis in sweep.axes}, named)


def _records(rows: pd.DataFrame) -> list[dict[Hashable, Any]]:
    return rows[["value", "low", "high"]].to_dict("records")


def _interval(row: Mapping[Hashable, Any]) -> str:
    return f"{words.number(row['value'])} ({words.number(row['low'])} to {words.number(row['high'])})"


def axis_words(axis: str) -> str:
    """What a column of settings stands for."""
    return f"factor of {axis.removesuffix(FACTOR)}" if axis.endswith(FACTOR) else axis


def _title(sweep: Sweep, rows: pd.DataFrame, indicator: str) -> str:
    """What more people are worth where the staff varies; else the lowest and the highest value."""
    steps = _steps(sweep, indicator)
    if len(steps):
        return words.sentence(_of_staff(steps))
    name = words.sentence(str(rows.iloc[0]["title"]))
    apart = rows[(rows["diff_low"] > 0) | (rows["diff_high"] < 0)]
    if apart.empty:
        return f"{name}: no point differs significantly from the base, at {words.number(_base(sweep, rows)['value'])}"
    low, high = (rows.sort_values("value").iloc[place] for place in (0, -1))
    unit = f" {low['unit']}" if low["unit"] else ""
    return (
        f"{name} goes from {words.number(low['value'])}{unit} at {_at(sweep, low)} to"
        f" {words.number(high['value'])}{unit} at {_at(sweep, high)}"
    )


def _of_staff(steps: pd.DataFrame) -> str:
    """What the first steps to more staff change in all, and from where on no step helps significantly."""
    known = steps.dropna(subset="effect")
    if len(known) < len(steps) or not known[["effect", "low", "high"]].any(axis=None):
        return sweep_sentence(steps).rstrip(".")
    sure = known[(known["low"] > 0) | (known["high"] < 0)]
    first, last, digits = known.iloc[0], known.iloc[-1], words.decimals([*known["from_fte"], *known["to_fte"]])
    name = f"{first['title']}:"
    if sure.empty:
        tried = f"from {first['from_fte']:.{digits}f} to {last['to_fte']:.{digits}f} people"
        return f"{name} no step {tried} changes it significantly"
    parts: list[str] = []
    for step in known.head(MOST_STEPS).to_dict("records"):
        people = f"{step['to_fte'] - step['from_fte']:.{digits}f}"
        change = _change(step) if step["low"] * step["high"] > 0 else "no significant change"
        more = f"{people} more {'person' if people == '1' else 'people'}"
        parts.append(f"{change} with {f'the next {people}' if parts else more}")
    told = f"{name} {' and '.join(parts)}"
    if len(known) <= MOST_STEPS or not first["better"]:
        return told
    helps = helping(known)
    if helps.empty:
        return f"{told}; no step helps"
    end = helps.iloc[-1]["to_fte"]
    beyond = (
        "more still help at the most that was tried," if end == last["to_fte"] else "no step helps significantly beyond"
    )
    return f"{told}; {beyond} {end:.{digits}f}"


def _change(step: Mapping[Hashable, Any]) -> str:
    """What a step changes in all."""
    change = step["effect"] * (step["to_fte"] - step["from_fte"])
    much = words.quantity(abs(change), str(step["unit"]))
    return f"{much} {step['unit'] or 'percentage points'} {'more' if change > 0 else 'less'}"


def _base(sweep: Sweep, rows: pd.DataFrame) -> "pd.Series[float]":
    base = rows[rows["point"] == sweep.base]
    return base.iloc[0] if len(base) else rows.iloc[0]


def _at(sweep: Sweep, row: "pd.Series[float]") -> str:
    return words.listing(f"{axis_words(axis)} {_value(row[axis])}" for axis in sweep.axes)


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _caption(sweep: Sweep, rows: pd.DataFrame) -> str:
    base = _base(sweep, rows)
    significant = int(((rows["diff_low"] > 0) | (rows["diff_high"] < 0)).sum())
    return (
        f"At the base ({_at(sweep, base)}) it is {_interval(base.to_dict())}. All points meet the same cases and"
        f" the same luck; significantly different from the base: {significant} of {len(rows) - 1}."
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
