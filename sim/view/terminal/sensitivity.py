"""A sensitivity analysis on a terminal: tables by importance, and in words what they allow to say."""

from collections.abc import Iterable
from math import isnan
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.experiments.sensitivity import NEGLIGIBLE_EFFECT, NEGLIGIBLE_SHARE, NOISY, Sensitivity
from sim.view.words import number, share


def report(found: Sensitivity) -> RenderableType:
    """What `sim sensitivity` prints of one analysis."""
    parts: list[RenderableType] = [_heading(found)]
    if found.method == "split":
        parts += [_split_table(found), Text(_split_words(found))]
    else:
        for _, rows in found.table.groupby("indicator", sort=False):
            parts += [_table(found, rows), Text(_words(found, rows))]
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def _heading(found: Sensitivity) -> Text:
    scenario, count = found.scenario, len(found.scenario.uncertain)
    question, rest = {
        "split": (
            "How much of the forecast's variance is stochastic, how much is parameter uncertainty?",
            f"{found.replications:,} replications, {scenario.replications_per_draw} with each of {found.points:,} draws"
            f" of {count} uncertain parameters. Parameter uncertainty is what differs between draws; the rest is"
            " stochastic.",
        ),
        "morris": (
            "Which parameters matter at all? (Morris screening)",
            f"{found.points} steps along each of {count} parameters: {len(found.runs):,} runs of {found.replications}"
            " replications, with common random numbers. An effect is the change of the mean over the replications, in"
            " the indicator's unit, per whole range of the parameter's quantiles (from its lowest to its highest"
            " value, at the rate of the steps).",
        ),
        "sobol": (
            "What does each parameter explain of the variance by parameter uncertainty? (Sobol indices)",
            f"{found.points} pairs of points, {count} parameters: {len(found.runs):,} runs of {found.replications}"
            " replications, with common random numbers. Divided is the variance of the expected value over the"
            " parameters' distributions; what is stochastic within a replication is not in it.",
        ),
    }[found.method]
    text = Text(f"{question}\n", style="bold")
    text.append(f"{scenario.title or scenario.name}, seed {scenario.seed}. {rest}", style="not bold")
    return text


def _grid(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 else "right", no_wrap=place == 0)
    return table


def _table(found: Sensitivity, rows: pd.DataFrame) -> Table:
    """The parameters by importance for one indicator."""
    first = rows.iloc[0]
    unit = f" ({first.unit})" if first.unit else ""
    title = (
        f"{first.indicator}: {first.title}{unit}, mean {number(first['mean'])}, sd between points {number(first.sd)}"
    )
    between = [f"{found.level:.0%} between", "and"]
    if found.method == "morris":
        table = _grid(title, "parameter", "size (mu*)", *between, "effect (mu)", *between, "varies (sigma)", "noise")
        columns = ["mu_star", "low", "high", "mu", "mu_low", "mu_high", "sigma", "noise"]
    else:
        table = _grid(title, "parameter", "total", *between, "alone (first)", *between)
        columns = ["total", "low", "high", "first", "first_low", "first_high"]
    table.add_column("verdict")
    table.add_column("what it is")
    show = number if found.method == "morris" else _index
    for row in rows.to_dict("records"):
        table.add_row(
            str(row["parameter"]), *(show(row[name]) for name in columns), row["verdict"], row["parameter_title"]
        )
    return table


def _words(found: Sensitivity, rows: pd.DataFrame) -> str:
    """What the indices of one indicator allow to say."""
    first = rows.iloc[0]
    if first.undefined:
        return (
            f"No indices: the indicator has no value in {first.undefined} of the runs (nothing there to count);"
            " take more --replications, or another indicator."
        )
    if first.sd == 0:
        return "No indices: " + (
            "the differences between the points are noise; take more --replications."
            if first.noise_share > 0
            else "the indicator is the same at all points; no parameter matters to it."
        )
    by = {verdict: list(part) for verdict, part in rows.groupby("verdict")["parameter"]}
    said = [f"Matters: {_list(by['matters'])}." if "matters" in by else "No parameter is known to matter."]
    if "negligible" in by:
        said.append(f"Does not matter ({_negligible(found)}): {_list(by['negligible'])}.")
    if "open" in by:
        said.append(f"Cannot be told yet: {_list(by['open'])}; {_remedy(found, rows)}.")
    said.append(f"Noise is {share(first.noise_share)} of the variance between the points' means.")
    if first.noise_share > NOISY:
        said.append("WARNING: that is much; small effects may be chance. Take more --replications.")
    return " ".join(said)


def _negligible(found: Sensitivity) -> str:
    if found.method == "morris":
        return f"less than {NEGLIGIBLE_EFFECT:.0%} of the largest effect"
    return f"less than {NEGLIGIBLE_SHARE:.0%} of the variance, interactions included"


def _remedy(found: Sensitivity, rows: pd.DataFrame) -> str:
    """What would narrow the intervals of the parameters of which it cannot be told."""
    noisy = bool(rows.iloc[0].noise_share > NOISY)
    if found.method == "morris":  # noise is as large as what would be negligible
        limit = NEGLIGIBLE_EFFECT * rows["mu_star"].max()
        noisy |= bool((rows.loc[rows["verdict"] == "open", "noise"] > limit / 2).any())
    return f"more --points {'and more --replications ' if noisy else ''}would narrow it"


def _split_table(found: Sensitivity) -> Table:
    """The split of each indicator, the least known first."""
    table = _grid(
        "Standard deviation of one replication", "indicator", "mean", "sd", "stochastic", "parameters",
        "share of parameters", f"{found.level:.0%} between", "and",
    )  # fmt: skip
    table.add_column("mostly")
    table.add_column("what it is")
    for row in found.table.to_dict("records"):
        numbers = [number(row[name]) for name in ("value", "sd", "sd_stochastic", "sd_parameter")]
        shares = [share(row[name]) for name in ("share_parameter", "low", "high")]
        unit = f" ({row['unit']})" if row["unit"] else ""
        verdict = "" if row["verdict"] == "open" else row["verdict"]
        table.add_row(row["indicator"], *numbers, *shares, verdict, f"{row['title']}{unit}")
    return table


def _split_words(found: Sensitivity) -> str:
    """What the split allows to say."""
    if found.table.empty:
        return "None of the indicators varies."
    by: dict[Any, list[str]] = {verdict: list(part) for verdict, part in found.table.groupby("verdict")["indicator"]}
    said = []
    if "parameters" in by:
        said.append(f"Mostly parameter uncertainty, which better data would narrow: {_list(by['parameters'])}.")
    if "stochastic" in by:
        said.append(f"Mostly stochastic, which no data would narrow much: {_list(by['stochastic'])}.")
    if "open" in by:
        said.append(f"The interval holds one half: {_list(by['open'])}; more --replications would tell.")
    return " ".join(said)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _index(value: float) -> str:
    return "-" if isnan(value) else f"{value:.2f}".replace("-0.00", "0.00")
