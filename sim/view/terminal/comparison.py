"""A comparison on a terminal: what differs, in sentences, then in a table."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.experiments.compare import Comparison
from sim.results.catalogue import by_label
from sim.results.run import Run
from sim.view.words import blocked, plural, quantity

MOST_SENTENCES = 10
"""Sentences for one scenario; what remains is in the table."""


def summary(compared: Comparison, every: bool) -> RenderableType:
    """Sentences for each significant difference, and the table; `every`: also the other rows."""
    base, *others = compared.runs
    table, significant = compared.table, compared.significant
    parts: list[RenderableType] = [_heading(compared)]
    for run in others:
        parts.append(_sentences(run, base, table[table["scenario"] == run.scenario.name], significant))
    parts += [Text(f"{run.scenario.name}: {one}", style="bold") for run in compared.runs for one in blocked(run)]
    parts.append(_table(table if every else significant))
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def _heading(compared: Comparison) -> Text:
    base, *others = compared.runs
    text = Text(f"Compared with {base.scenario.name}: {', '.join(run.scenario.name for run in others)}", style="bold")
    several = ", for all scenarios together (Bonferroni)" if len(others) > 1 else ""
    text.append(
        f"\n{plural(base.replications, 'replication')} of each with common random numbers (seed {base.scenario.seed});"
        f" differences are paired. Intervals hold the mean difference with {compared.level:.0%} confidence{several};"
        f" p-values are adjusted for {len(compared.table)} comparisons (Holm).",
        style="not bold",
    )
    return text


def _sentences(run: Run, base: Run, rows: pd.DataFrame, significant: pd.DataFrame) -> Text:
    text = Text(f"{run.scenario.name}: {run.scenario.title}", style="bold")
    if run.scenario.question and run.scenario.question != base.scenario.question:
        text.append(f"\n{run.scenario.question}", style="not bold italic")
    mine = significant[significant["scenario"] == run.scenario.name]
    if not rows["difference"].any():
        text.append(
            f"\nNothing changes, in no replication and by no indicator: what differs from {base.scenario.name} is not"
            " what holds cases up.",
            style="not bold",
        )
        return text
    if mine.empty:
        text.append("\nNo difference is significant and at least 1%.", style="not bold")
    shown = [row for row in _rows(mine) if _better(row)] or list(_rows(mine))
    for row in shown[:MOST_SENTENCES]:
        text.append(f"\n- {sentence(row)}", style="not bold")
    if len(mine) > min(len(shown), MOST_SENTENCES):
        text.append(f"\n- and {len(mine) - min(len(shown), MOST_SENTENCES)} more, see the table", style="not bold")
    return text


def _rows(table: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table, with the columns as attributes."""
    yield from table.itertuples(index=False)


def _better(row: Any) -> int:
    return by_label(row.indicator).better


def sentence(row: Any) -> str:
    """A difference in words: what, by how much, with which interval, and whether that is better."""
    unit, difference, low, high, base, value = row.unit, row.difference, row.low, row.high, row.base, row.value
    better = _better(row)
    verdict = "" if not better else " (better)" if better * difference > 0 else " (worse)"
    bounds = sorted((abs(low), abs(high))) if low * high > 0 else (low, high)
    by = f"{quantity(abs(difference), unit)} {unit or 'percentage points'}"
    direction = "more" if difference > 0 else "less"
    share = f", {_relative(value / base)}" if base and unit else ""
    mark = "" if unit else "%"
    return (
        f"{row.title}: {by} {direction}{share} (between {quantity(bounds[0], unit)} and {quantity(bounds[1], unit)}):"
        f" {quantity(value, unit)}{mark} instead of {quantity(base, unit)}{mark}{verdict}"
    )


def _relative(ratio: float) -> str:
    return f"{abs(ratio - 1):.0%}" if ratio < 2 else f"{ratio:.1f} times as much"


def _table(table: pd.DataFrame) -> RenderableType:
    if table.empty:
        return Text("No difference is significant and at least 1%; --all shows all indicators.")
    shown = Table(title="Differences", title_justify="left", title_style="bold", box=None, pad_edge=False,
                  caption_justify="left", caption="variance: how many times smaller than with independent seeds;"
                  " needed: replications that these would have taken")  # fmt: skip
    names = (
        "scenario",
        "indicator",
        "unit",
        "base",
        "value",
        "difference",
        "between",
        "and",
        "p",
        "variance",
        "needed",
    )
    for place, name in enumerate(names):
        shown.add_column(name, justify="left" if place < 3 else "right", no_wrap=place < 2)
    for row in _rows(table):
        numbers = (f"{v:,.4g}" for v in (row.base, row.value, row.difference, row.low, row.high))
        p = "<0.001" if row.p_adjusted < 0.001 else f"{row.p_adjusted:.3f}"
        much = f"{row.variance_reduction:,.1f}x" if isfinite(row.variance_reduction) else "-"
        needed = f"{row.independent_replications:,.0f}" if isfinite(row.independent_replications) else "-"
        shown.add_row(row.scenario, row.indicator, row.unit, *numbers, p, much, needed)
    return shown
