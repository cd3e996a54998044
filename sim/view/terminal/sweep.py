"""A sweep on a terminal: in words where one more FTE stops helping, then a table by indicator."""

import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from sim.experiments.sweep import Sweep
from sim.view.terminal.tables import between, bullets, columns, sections, table
from sim.view.verdicts import sentences
from sim.view.words import decimals, number


def summary(sweep: Sweep) -> RenderableType:
    """What `sim sweep` prints."""
    heading = Text(f"{sweep.scenario.title or sweep.scenario.name}: {len(sweep.points)} points", style="bold")
    tables = (_table(sweep, rows) for _, rows in sweep.table.groupby("indicator", sort=False))
    return sections([Group(heading, bullets(sentences(sweep))), _method(sweep), *tables])


def _method(sweep: Sweep) -> Text:
    base = sweep.points.iloc[sweep.base]
    at = ", ".join(f"{axis} = {base[axis]}" for axis in sweep.axes)
    return Text(
        f"{sweep.replications:,} simulations at each with common random numbers (seed {sweep.scenario.seed});"
        f" differences are from {at}, paired. Intervals hold the mean with {sweep.level:.0%} confidence."
    )


def _table(sweep: Sweep, rows: pd.DataFrame) -> RenderableType:
    first, at_base = rows.iloc[0], rows["point"] == sweep.base
    paired = {name: rows[name].map(number).mask(at_base, "") for name in ("diff_low", "diff_high")}
    rows = rows.assign(difference=rows["difference"].map(number).mask(at_base, "base"), **paired)
    digits = max(decimals(rows["fte"]), 1)
    level = f"{sweep.level:.0%}"
    shown = columns({axis: axis for axis in sweep.axes}, _axis) | columns({"fte": "FTE"}, f"{{:.{digits}f}}".format)
    shown |= columns({"value": "mean"}, number) | between("low", "high", number, level)
    shown |= columns({"difference": "difference"}) | between("diff_low", "diff_high", over=f"{level} ")
    return table(rows, shown, f"{first.indicator}: {first.title}{f' ({first.unit})' if first.unit else ''}")


def _axis(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
