"""A sensitivity analysis on a terminal: conclusions in words, then tables by influence."""

from collections.abc import Iterator
from math import isnan
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from sim.experiments.sensitivity import NEGLIGIBLE_EFFECT, NEGLIGIBLE_SHARE, Sensitivity
from sim.view.figures.sensitivity import sobol, split, tornado
from sim.view.terminal.tables import between, bullets, columns, sections, table
from sim.view.words import number, of_parameters, share, without_correlations

VERDICTS = {"open": "inconclusive"}
"""Verdicts that have another name here."""


def summary(analysis: Sensitivity) -> RenderableType:
    """What `sim sensitivity` prints of one analysis."""
    question, method = _method(analysis)
    title = analysis.scenario.title or analysis.scenario.name
    heading = Group(Text(f"{title}: {question}", style="bold"), bullets(_found(analysis)))
    if analysis.table.empty:
        return sections([heading, Text(method)])
    groups = [rows for _, rows in analysis.table.groupby("indicator", sort=False)]
    tables = [_split_table(analysis)] if analysis.method == "split" else [_table(analysis, rows) for rows in groups]
    return sections([heading, Text(method), *tables, _meanings(analysis)])


def _found(analysis: Sensitivity) -> Iterator[str]:
    """What can be concluded, as the figures say it, and where nothing can."""
    if analysis.method == "split":
        said = f"{figure.title}. {figure.caption}" if (figure := split(analysis)) else ""
        yield " ".join(filter(None, (said, *_without_split(analysis))))
        return
    draw = tornado if analysis.method == "morris" else sobol
    for indicator, rows in analysis.table.groupby("indicator", sort=False):
        figure = draw(analysis, str(indicator))
        yield f"{figure.title}. {figure.caption}" if figure else f"{rows.iloc[0].title}: {_no_indices(rows.iloc[0])}"


def _no_indices(row: Any) -> str:
    """Why there are none of an indicator."""
    if row.undefined:
        return (
            f"No indices: the indicator has no value in {row.undefined} of the runs (nothing to count); take more"
            " --replications, or another indicator."
        )
    if row.noise_share > 0:
        return "No indices: the differences between the points are noise; take more --replications."
    return "No indices: the indicator is the same at all points; no parameter matters to it."


def _without_split(analysis: Sensitivity) -> Iterator[str]:
    looked_at = [name for name in analysis.runs if name not in {"replication", *analysis.scenario.uncertain}]
    unknown = [str(name) for name in looked_at if analysis.runs[name].isna().any()]
    if analysis.table.empty and len(unknown) < len(looked_at):
        yield "None of the indicators varies."
    if unknown:
        yield f"No value, as there is nothing to count: {', '.join(unknown)}."


def _meanings(analysis: Sensitivity) -> RenderableType:
    """What the names in the tables stand for; of a split also through what each indicator mostly varies."""
    rows = analysis.table
    if analysis.method == "split":
        unit = rows["unit"].map(lambda unit: f" ({unit})" if unit else "")
        shown = columns({"indicator": "indicator"}) | columns({"verdict": "mostly"}, _verdict)
        return table(rows.assign(meaning=rows["title"] + unit), shown | MEANING)
    shown = columns({"parameter": "parameter"}) | MEANING
    return table(rows.assign(meaning=rows["parameter_title"]).drop_duplicates("parameter"), shown)


MEANING = columns({"meaning": "what it is"}, words=True)


def _method(analysis: Sensitivity) -> tuple[str, str]:
    """The question of a method, and how it was answered."""
    scenario, count = analysis.scenario, len(analysis.scenario.uncertain)
    question, rest = {
        "split": (
            "How much of the forecast's variance is stochastic, how much is parameter uncertainty?",
            f"{analysis.replications:,} replications, {scenario.replications_per_draw} with each of"
            f" {analysis.points:,} draws of {of_parameters(scenario)}. Parameter uncertainty is what"
            " differs between draws; the rest is stochastic.",
        ),
        "morris": (
            "Which parameters matter at all? (Morris screening)",
            f"{analysis.points} steps along each of {count} parameters: {len(analysis.runs):,} runs of"
            f" {analysis.replications} replications, with common random numbers. An effect is the change of the mean"
            " over the replications, in the indicator's unit, per whole range of the parameter's quantiles (from its"
            f" lowest to its highest value, at the rate of the steps)."
            f"{without_correlations(scenario)}",
        ),
        "sobol": (
            "What does each parameter explain of the variance by parameter uncertainty? (Sobol indices)",
            f"{analysis.points} pairs of points, {count} parameters: {len(analysis.runs):,} runs of"
            f" {analysis.replications} replications, with common random numbers. Divided is the variance of the"
            " expected value over the parameters' distributions; what is stochastic within a replication is not in it."
            f"{without_correlations(scenario)}",
        ),
    }[analysis.method]
    return question, f"Seed {scenario.seed}. {rest}"


def _table(analysis: Sensitivity, rows: pd.DataFrame) -> RenderableType:
    """The parameters by influence on one indicator."""
    first, level = rows.iloc[0], f"{analysis.level:.0%}"
    unit = f" ({first.unit})" if first.unit else ""
    title = (
        f"{first.indicator}: {first.title}{unit}, mean {number(first['mean'])}, sd between points {number(first.sd)}"
    )
    shown = columns({"parameter": "parameter"}) | columns({"verdict": "verdict"}, _verdict)
    negligible = f"less than {NEGLIGIBLE_SHARE:.0%} of the variance, interactions included"
    if analysis.method == "morris":
        negligible = f"less than {NEGLIGIBLE_EFFECT:.0%} of the largest effect"
        shown |= columns({"mu_star": "size (mu*)"}, number) | between("low", "high", number, level)
        shown |= columns({"mu": "effect (mu)"}, number) | between("mu_low", "mu_high", number, f"{level} ")
        shown |= columns({"sigma": "varies (sigma)", "noise": "noise"}, number)
    else:
        shown |= columns({"total": "total"}, _index) | between("low", "high", _index, level)
        shown |= columns({"first": "alone (first)"}, _index) | between("first_low", "first_high", _index, f"{level} ")
    note = f"Negligible: {negligible}. Inconclusive: take more --points, and more --replications where noise is large."
    return table(rows, shown, title, f"{note} Noise is {share(first.noise_share)} of the variance between points.")


def _split_table(analysis: Sensitivity) -> RenderableType:
    """The split of each indicator, the least known first."""
    shown = columns({"indicator": "indicator"})
    shown |= columns({"value": "mean", "sd": "sd", "sd_stochastic": "stochastic", "sd_parameter": "parameters"}, number)
    shown |= columns({"share_parameter": "share of parameters"}, share)
    shown |= between("low", "high", share, f"{analysis.level:.0%}")
    note = "Inconclusive: the interval includes one half; take more --replications."
    return table(analysis.table, shown, "Standard deviation of one simulation", note)


def _verdict(verdict: str) -> str:
    return VERDICTS.get(verdict, verdict)


def _index(value: float) -> str:
    return "-" if isnan(value) else f"{value:.2f}".replace("-0.00", "0.00")
