"""Figures of sensitivity analyses: the uncertain parameters that matter."""

import pandas as pd

from sim.experiments.sensitivity import NOISY, Sensitivity
from sim.view import words
from sim.view.charts.bars import bars
from sim.view.charts.looks import Look
from sim.view.charts.style import PALETTE
from sim.view.figures.figure import Figure, of_indicator

UP, DOWN = "up", "down"
EFFECTS = {
    UP: Look("more of it raises this", PALETTE[5], pattern="/"),
    DOWN: Look("more of it lowers this", PALETTE[0]),
}
INDICES = {
    "first": Look("by itself (first)", PALETTE[4]),
    "total": Look("with its interactions (total)", PALETTE[0], pattern="/"),
}
COLUMNS = {
    "parameter_title": "parameter", "title": "indicator", "value": "mean", "low": "{} from", "high": "{} to",
    "mu_star": "size (mu*)", "mu": "effect (mu)", "mu_low": "effect: {} from", "mu_high": "effect: {} to",
    "sigma": "varies (sigma)", "first_low": "first: {} from", "first_high": "first: {} to",
    "sd": "sd of one replication", "sd_stochastic": "sd, stochastic", "sd_parameter": "sd, parameter uncertainty",
    "share_parameter": "share of parameter uncertainty",
}  # fmt: skip
"""What columns are called that have other names than their keys; {} is the confidence."""
INCONCLUSIVE = {"open": "inconclusive"}


def _rows(analysis: Sensitivity, indicator: str) -> pd.DataFrame:
    """The rows of one indicator; empty if it has no indices (no value in some runs, or the same in all)."""
    if analysis.table.empty:
        return analysis.table
    rows = analysis.table[(analysis.table["indicator"] == indicator) & (analysis.table["undefined"] == 0)]
    return rows[rows["sd"] > 0].reset_index(drop=True)


def tornado(analysis: Sensitivity, indicator: str) -> Figure | None:
    """How much each uncertain parameter moves an indicator, and which way (Morris). None without effects."""
    rows = _rows(analysis, indicator)
    if rows.empty:
        return None
    first, sign = rows.iloc[0], rows["mu"].ge(0).map({True: 1.0, False: -1.0})
    unit = str(first["unit"])
    much = f"{words.number(first['mu_star'])} {unit}"
    matter = [words.quoted(str(title)) for title in rows.loc[rows["verdict"] == "matters", "parameter_title"].head(3)]
    found = f"{words.listing(matter)} {'matters' if len(matter) == 1 else 'matter'} most"
    ends = pd.concat([rows["low"] * sign, rows["high"] * sign], axis=1)
    effects = pd.DataFrame(
        {
            "row": rows["parameter_title"], "series": sign.map({1.0: UP, -1.0: DOWN}), "value": rows["mu_star"] * sign,
            "low": ends.min(axis=1), "high": ends.max(axis=1), "text": rows["mu_star"].map(words.number),
        }
    )  # fmt: skip
    return Figure(
        of_indicator("tornado", indicator),
        f"{words.sentence(str(first['title']))}: {found if matter else 'no parameter is known to matter yet'}",
        _subtitle(analysis),
        f"Over its whole range, {words.quoted(first['parameter_title'])} changes it by"
        f" {much.strip()}; the mean is {words.number(first['mean'])}."
        f" {_verdicts(rows)}",
        bars({"": effects}, EFFECTS, axis=f"effect, {unit}" if unit else "effect"),
        _data(analysis, rows, "mu_star", "low", "high", "mu", "mu_low", "mu_high", "sigma", "noise"),
    )


def sobol(analysis: Sensitivity, indicator: str) -> Figure | None:
    """What each parameter explains of the parameter uncertainty (Sobol). None without indices."""
    rows = _rows(analysis, indicator)
    if rows.empty:
        return None
    first = rows.iloc[0]
    total = words.share(min(max(float(first["total"]), 0.0), 1.0))
    columns = {"first": ["first", "first_low", "first_high"], "total": ["total", "low", "high"]}
    parts = [  # estimates beyond 0 and 1 end there
        rows[names]
        .clip(0, 1)
        .set_axis(["value", "low", "high"], axis=1)
        .assign(series=series, row=rows["parameter_title"])
        for series, names in columns.items()
    ]
    drawn = pd.concat(parts, ignore_index=True)
    return Figure(
        of_indicator("sobol", indicator),
        f"{words.sentence(str(first['title']))}: {words.quoted(first['parameter_title'])} is estimated to explain most"
        f" of the parameter uncertainty, {total} of the variance ({words.share(first['low'])} to"
        f" {words.share(first['high'])})",
        _subtitle(analysis),
        "First: what a parameter explains on its own; total: what would be left if all others were known."
        f" {_verdicts(rows)}",
        bars(
            {"": drawn.assign(text=drawn["value"].map(words.share))}, INDICES, axis="share of the variance",
            tickformat=".0%",
        ),
        _data(analysis, rows, *columns["first"], *columns["total"]),
    )  # fmt: skip


def split(analysis: Sensitivity) -> Figure | None:
    """How much of each forecast's variance is stochastic, how much parameter uncertainty. None if nothing varies."""
    rows = analysis.table
    if rows.empty:
        return None
    counted, known = rows["verdict"].value_counts(), rows["share_parameter"]
    clear = [
        f"{counted[verdict]} vary mostly through {cause}"
        for verdict, cause in (("parameters", "parameter uncertainty"), ("stochastic", "stochastic variation"))
        if verdict in counted
    ]
    still = f"; {counted['open']} are inconclusive" if "open" in counted and clear else ""
    return Figure(
        "variance-split",
        f"Of {len(rows)} numbers, {words.listing(clear)}{still}" if clear
        else f"So few draws leave it open whether the {len(rows)} numbers vary more through parameter uncertainty",
        f"{words.called(analysis.scenario)} · {analysis.replications:,} simulations of"
        f" {analysis.points:,} draws of {len(analysis.scenario.uncertain)} uncertain parameters · whiskers:"
        f" {analysis.level:.0%} confidence",
        f"Parameter uncertainty has its largest share in {rows.iloc[0]['title']}"
        f" ({words.share(rows.iloc[0]['share_parameter'])}), its smallest in {rows.iloc[-1]['title']}"
        f" ({words.share(rows.iloc[-1]['share_parameter'])}).",
        bars(
            {"": rows.assign(row=rows["title"], series="", value=known, text=known.map(words.share))},
            {"": Look("parameter uncertainty", PALETTE[5])}, tickformat=".0%",
            axis="share of the variance that is parameter uncertainty; the rest is chance",
        ),
        _data(
            analysis, rows, "unit", "value", "sd", "sd_stochastic", "sd_parameter", "share_parameter", "low", "high",
            what="title",
        ),
    )  # fmt: skip


def _subtitle(analysis: Sensitivity) -> str:
    return (
        f"{words.called(analysis.scenario)} · {len(analysis.runs):,} runs of {analysis.replications} simulations ·"
        f" whiskers: {analysis.level:.0%} confidence.{words.without_correlations(analysis.scenario)}"
    )


def _verdicts(rows: pd.DataFrame) -> str:
    """How many parameters matter, and how much of what is seen may be noise."""
    counted, noise = rows["verdict"].value_counts(), rows["noise_share"].iloc[0]
    counts = [
        f"{counted[verdict]} {one if counted[verdict] == 1 else several}"
        for verdict, one, several in (
            ("matters", "matters", "matter"),
            ("negligible", "is negligible", "are negligible"),
            ("open", "is inconclusive so far", "are inconclusive so far"),
        )
        if verdict in counted
    ]
    said = f"Of {words.plural(len(rows), 'parameter')}, {words.listing(counts)}."
    if noise > NOISY:
        said += f" Small effects may be noise, which is {words.share(noise)} of the variance between runs."
    return said


def _data(analysis: Sensitivity, rows: pd.DataFrame, *numbers: str, what: str = "parameter_title") -> pd.DataFrame:
    """These columns of the table as readers get them, between `what` a row is of and the verdict on it."""
    names = {name: title.format(f"{analysis.level:.0%}") for name, title in COLUMNS.items()}
    table = rows[[what, *numbers]].round(4).assign(verdict=rows["verdict"].replace(INCONCLUSIVE))
    return table.replace({"unit": {"": "share"}}).rename(columns=names)
