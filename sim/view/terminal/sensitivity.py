"""A sensitivity analysis on a terminal: conclusions in words, then tables by influence."""

from collections.abc import Iterable
from math import isnan
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from sim.experiments.sensitivity import NEGLIGIBLE_EFFECT, NEGLIGIBLE_SHARE, NOISY, Sensitivity
from sim.view.terminal.tables import between, bullets, columns, sections, table
from sim.view.words import number, of_parameters, share, without_correlations


def summary(analysis: Sensitivity) -> RenderableType:
    """What `sim sensitivity` prints of one analysis."""
    if analysis.method == "split":
        said, tables = [_split_words(analysis)], [_split_table(analysis)]
    else:
        groups = [rows for _, rows in analysis.table.groupby("indicator", sort=False)]
        said = [f"{rows.iloc[0].title}: {_words(analysis, rows)}" for rows in groups]
        tables = [_table(analysis, rows) for rows in groups]
    question, method = _method(analysis)
    title = analysis.scenario.title or analysis.scenario.name
    heading = Group(Text(f"{title}: {question}", style="bold"), bullets(said))
    told = [] if analysis.table.empty else [*tables, _meanings(analysis)]
    return sections([heading, Text(method), *told])


def _meanings(analysis: Sensitivity) -> RenderableType:
    """What the names in the tables stand for."""
    rows, name = analysis.table, "indicator" if analysis.method == "split" else "parameter"
    if name == "indicator":
        meaning = rows["title"] + rows["unit"].map(lambda unit: f" ({unit})" if unit else "")
    else:
        meaning = rows["parameter_title"]
    rows = rows.assign(meaning=meaning).drop_duplicates(name)
    return table(rows, columns({name: name}) | columns({"meaning": "what it is"}, words=True))


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
    shown = columns({"parameter": "parameter", "verdict": "verdict"})
    if analysis.method == "morris":
        shown |= columns({"mu_star": "size (mu*)"}, number) | between("low", "high", number, level)
        shown |= columns({"mu": "effect (mu)"}, number) | between("mu_low", "mu_high", number, f"{level} ")
        shown |= columns({"sigma": "varies (sigma)", "noise": "noise"}, number)
    else:
        shown |= columns({"total": "total"}, _index) | between("low", "high", _index, level)
        shown |= columns({"first": "alone (first)"}, _index) | between("first_low", "first_high", _index, f"{level} ")
    return table(rows, shown, title)


def _words(analysis: Sensitivity, rows: pd.DataFrame) -> str:
    """What can be concluded from the indices of one indicator."""
    first = rows.iloc[0]
    if first.undefined:
        return (
            f"No indices: the indicator has no value in {first.undefined} of the runs (nothing to count);"
            " take more --replications, or another indicator."
        )
    if first.sd == 0:
        return "No indices: " + (
            "the differences between the points are noise; take more --replications."
            if first.noise_share > 0
            else "the indicator is the same at all points; no parameter matters to it."
        )
    by = {verdict: list(part) for verdict, part in rows.groupby("verdict")["parameter"]}
    sentences = [f"Matters: {_list(by['matters'])}." if "matters" in by else "No parameter is known to matter."]
    if "negligible" in by:
        sentences.append(f"Does not matter ({_negligible(analysis)}): {_list(by['negligible'])}.")
    if "open" in by:
        sentences.append(f"Inconclusive so far: {_list(by['open'])}; {_remedy(analysis, rows)}.")
    sentences.append(f"Noise is {share(first.noise_share)} of the variance between the points' means.")
    if first.noise_share > NOISY:
        sentences.append("WARNING: that is a lot; small effects may be noise. Take more --replications.")
    return " ".join(sentences)


def _negligible(analysis: Sensitivity) -> str:
    if analysis.method == "morris":
        return f"less than {NEGLIGIBLE_EFFECT:.0%} of the largest effect"
    return f"less than {NEGLIGIBLE_SHARE:.0%} of the variance, interactions included"


def _remedy(analysis: Sensitivity, rows: pd.DataFrame) -> str:
    """What would narrow the intervals of the inconclusive parameters."""
    noisy = bool(rows.iloc[0].noise_share > NOISY)
    if analysis.method == "morris":  # noise is as large as what would be negligible
        limit = NEGLIGIBLE_EFFECT * rows["mu_star"].max()
        noisy |= bool((rows.loc[rows["verdict"] == "open", "noise"] > limit / 2).any())
    return f"more --points {'and more --replications ' if noisy else ''}would narrow it"


def _split_table(analysis: Sensitivity) -> RenderableType:
    """The split of each indicator, the least known first."""
    shown = columns({"indicator": "indicator"})
    shown |= columns({"value": "mean", "sd": "sd", "sd_stochastic": "stochastic", "sd_parameter": "parameters"}, number)
    shown |= columns({"share_parameter": "share of parameters"}, share)
    shown |= between("low", "high", share, f"{analysis.level:.0%}")
    return table(analysis.table, shown, "Standard deviation of one simulation")


def _split_words(analysis: Sensitivity) -> str:
    """What can be concluded from the split."""
    looked_at = [name for name in analysis.runs if name not in {"replication", *analysis.scenario.uncertain}]
    unknown = [str(name) for name in looked_at if analysis.runs[name].isna().any()]
    if analysis.table.empty:
        varies = "None of the indicators varies." if len(unknown) < len(looked_at) else ""
        return f"{varies} {_no_value(unknown)}".strip()
    by: dict[Any, list[str]] = {verdict: list(part) for verdict, part in analysis.table.groupby("verdict")["indicator"]}
    sentences = []
    if "parameters" in by:
        sentences.append(f"Mostly parameter uncertainty, which better data would narrow: {_list(by['parameters'])}.")
    if "stochastic" in by:
        sentences.append(f"Mostly stochastic, which no data would narrow much: {_list(by['stochastic'])}.")
    if "open" in by:
        sentences.append(
            f"Inconclusive, as the interval includes one half: {_list(by['open'])}; take more --replications."
        )
    return " ".join([*sentences, _no_value(unknown)]).strip()


def _no_value(names: list[str]) -> str:
    """That nothing can be told of indicators without a value."""
    return f"No value, as there is nothing to count: {_list(names)}." if names else ""


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _index(value: float) -> str:
    return "-" if isnan(value) else f"{value:.2f}".replace("-0.00", "0.00")
