"""A comparison on a terminal: the answer, what differs in sentences, then in a table."""

from collections.abc import Hashable, Mapping
from math import isfinite
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from sim.experiments.compare import Comparison
from sim.results.catalogue import by_label
from sim.results.run import Run
from sim.view.brief import Brief
from sim.view.changes import both_ways, change, to_tell
from sim.view.terminal.brief import answer
from sim.view.terminal.tables import between, bullets, columns, sections, table
from sim.view.words import blocked, plural, quantity

MOST_SENTENCES = 10
"""Sentences for one scenario; what remains is in the table."""


def summary(compared: Comparison, brief: Brief, every: bool) -> RenderableType:
    """The answer, sentences for each significant difference, and the table; `every`: also the other rows."""
    base, *others = compared.runs
    rows, significant = compared.table, compared.significant
    parts: list[RenderableType] = [answer(brief), _heading(compared)]
    for run in others:
        parts.append(_sentences(run, base, rows[rows["scenario"] == run.scenario.name], significant))
    parts += [Text(f"{run.scenario.name}: {one}", style="bold") for run in compared.runs for one in blocked(run)]
    return sections([*parts, _table(rows if every else significant, every)])


def _heading(compared: Comparison) -> Text:
    base, *others = compared.runs
    several = ", for all scenarios together (Bonferroni)" if len(others) > 1 else ""
    return Text(
        f"Compared with {base.scenario.name}: {', '.join(run.scenario.name for run in others)}."
        f" {plural(base.replications, 'simulation')} of each with common random numbers (seed {base.scenario.seed});"
        f" differences are paired. Intervals contain the mean difference with {compared.level:.0%} confidence{several};"
        f" p-values are adjusted for {len(compared.table)} comparisons (Holm)."
    )


def _sentences(run: Run, base: Run, rows: pd.DataFrame, significant: pd.DataFrame) -> RenderableType:
    heading = Text(f"{run.scenario.name}: {run.scenario.title}", style="bold")
    mine = significant[significant["scenario"] == run.scenario.name]
    if not rows["difference"].any():
        nothing = (
            f"Nothing changes, in any simulation or by any indicator: what differs from {base.scenario.name} is not"
            " what holds cases up."
        )
        return Group(heading, Text(nothing))
    if mine.empty:
        return Group(heading, Text("No difference is significant and at least 1%."))
    told = to_tell(run, mine).head(MOST_SENTENCES)
    said = [*filter(None, [both_ways(run, mine)]), *map(sentence, told.to_dict("records"))]
    if len(mine) > len(told):
        said.append(f"{'and ' if said else ''}{plural(len(mine) - len(told), 'more difference')} in the table")
    return Group(heading, bullets(said))


def sentence(row: Mapping[Hashable, Any]) -> str:
    """A difference in words, what it is in relation, of which values, and whether that is better."""
    unit, base, value, better = row["unit"], row["base"], row["value"], by_label(row["indicator"]).better
    verdict = "" if not better else " (better)" if better * row["difference"] > 0 else " (worse)"
    share = f", {_relative(value / base)}" if base and unit else ""
    mark = "" if unit else "%"
    return f"{change(row)}{share}: {quantity(value, unit)}{mark} rather than {quantity(base, unit)}{mark}{verdict}"


def _relative(ratio: float) -> str:
    return f"{abs(ratio - 1):.0%}" if ratio < 2 else f"{ratio:.1f} times as much"


def _table(rows: pd.DataFrame, every: bool) -> RenderableType:
    if rows.empty:
        return Text("No difference is significant and at least 1%; --all shows all indicators.")
    rows = rows.assign(
        indicator=rows["indicator"] + rows["unit"].map(lambda unit: f", {unit}" if unit else ""),
        group="Differences: " + rows["scenario"],
    )
    shown = COLUMNS | PAIRING if every else COLUMNS
    return table(rows, shown, note=PAIRING_NOTE if every else "", group="group")


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


FOUR = "{:,.4g}".format
COLUMNS = (
    columns({"indicator": "indicator"})
    | columns({"base": "base", "value": "value", "difference": "difference"}, FOUR)
    | between("low", "high", FOUR, "interval")
    | columns({"p_adjusted": "p"}, _p)
)
PAIRING = columns(
    {"variance_reduction": "variance"}, lambda much: f"{much:,.1f}x" if isfinite(much) else "-"
) | columns({"independent_replications": "needed"}, lambda much: f"{much:,.0f}" if isfinite(much) else "-")
PAIRING_NOTE = (
    "Variance: how many times smaller than with independent seeds; needed: simulations that these would have taken."
)
