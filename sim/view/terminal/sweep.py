"""A sweep on a terminal: a table by indicator, and in words where one more FTE stops helping."""

import pandas as pd
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.experiments.sweep import Sweep
from sim.view.verdicts import sweep_sentence
from sim.view.words import decimals, number


def summary(sweep: Sweep) -> RenderableType:
    """What `sim sweep` prints."""
    parts: list[RenderableType] = [_heading(sweep)]
    for label, rows in sweep.table.groupby("indicator", sort=False):
        parts.append(_table(sweep, rows))
        steps = sweep.steps[sweep.steps["indicator"] == label]
        if len(steps):
            parts.append(Text(sweep_sentence(steps)))
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def _heading(sweep: Sweep) -> Text:
    base = sweep.points.iloc[sweep.base]
    at = ", ".join(f"{axis} = {base[axis]}" for axis in sweep.axes)
    text = Text(f"{sweep.scenario.title or sweep.scenario.name}: {len(sweep.points)} points", style="bold")
    text.append(
        f"\n{sweep.replications:,} replications at each with common random numbers (seed {sweep.scenario.seed});"
        f" differences are from {at}, paired. Intervals hold the mean with {sweep.level:.0%} confidence.",
        style="not bold",
    )
    return text


def _table(sweep: Sweep, rows: pd.DataFrame) -> Table:
    first = rows.iloc[0]
    unit = f" ({first.unit})" if first.unit else ""
    table = Table(title=f"{first.indicator}: {first.title}{unit}", title_justify="left", title_style="bold", box=None,
                  pad_edge=False)  # fmt: skip
    between = [f"{sweep.level:.0%} between", "and"]
    for place, column in enumerate([*sweep.axes, "FTE", "value", *between, "difference", *between]):
        table.add_column(column, justify="left" if place < len(sweep.axes) else "right")
    digits = max(decimals(rows["fte"]), 1)
    for row in rows.to_dict("records"):
        cells = [_axis(row[axis]) for axis in sweep.axes] + [f"{row['fte']:.{digits}f}"]
        cells += [number(row[name]) for name in ("value", "low", "high")]
        paired = [number(row[name]) for name in ("difference", "diff_low", "diff_high")]
        table.add_row(*cells, *(["base", "", ""] if row["point"] == sweep.base else paired))
    return table


def _axis(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
