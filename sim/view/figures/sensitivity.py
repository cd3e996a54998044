"""Figures of sensitivity analyses: the uncertain parameters that matter."""

import pandas as pd

from sim.experiments.sensitivity import NEGLIGIBLE_EFFECT, NEGLIGIBLE_SHARE, NOISY, Sensitivity
from sim.view import words
from sim.view.charts import sensitivity as charts
from sim.view.figures.figure import Figure


def _rows(analysis: Sensitivity, indicator: str) -> pd.DataFrame:
    """The rows of one indicator; empty if it has no indices (no value in some runs, or the same in all)."""
    if analysis.table.empty:
        return analysis.table
    rows = analysis.table[(analysis.table["indicator"] == indicator) & (analysis.table["undefined"] == 0)]
    return rows[rows["sd"] > 0].reset_index(drop=True)


def _key(indicator: str) -> str:
    return indicator.replace(":", "-").replace("_", "-").lower()


def _subtitle(analysis: Sensitivity) -> str:
    return (
        f"{analysis.scenario.title or analysis.scenario.name} · {len(analysis.runs):,} runs of {analysis.replications}"
        f" replications with common random numbers · whiskers are {analysis.level:.0%} confidence intervals"
    )


def tornado(analysis: Sensitivity, indicator: str) -> Figure | None:
    """How much each uncertain parameter moves an indicator, and which way (Morris). None without effects."""
    rows = _rows(analysis, indicator)
    if rows.empty:
        return None
    first = rows.iloc[0]
    unit = str(first["unit"])
    much = f"{words.number(first['mu_star'])} {unit}".strip()
    return Figure(
        f"tornado-{_key(indicator)}",
        f"{_name(first)}: {_matters(rows)}" if "matters" in set(rows["verdict"])
        else f"{_name(first)}: no parameter is known to matter yet",
        _subtitle(analysis),
        f"Over its whole range, {words.quoted(first['parameter_title'])} changes it by {much}"
        f" ({words.number(first['low'])} to {words.number(first['high'])}), more than any other; its mean is"
        f" {words.number(first['mean'])}. Bars to the right: more of the parameter means more of the indicator."
        f" {_verdicts(rows, f'less than {NEGLIGIBLE_EFFECT:.0%} of the largest effect')}{_noise(first)}"
        f"{words.without_correlations(analysis.scenario)}",
        charts.tornado(rows, unit),
        _table(
            rows,
            {
                "mu_star": "size (mu*)", "low": f"{analysis.level:.0%} from", "high": f"{analysis.level:.0%} to",
                "mu": "effect (mu)", "mu_low": f"effect: {analysis.level:.0%} from",
                "mu_high": f"effect: {analysis.level:.0%} to", "sigma": "varies (sigma)", "noise": "noise",
            },
        ),
    )  # fmt: skip


def sobol(analysis: Sensitivity, indicator: str) -> Figure | None:
    """What each parameter explains of the parameter uncertainty (Sobol). None without indices."""
    rows = _rows(analysis, indicator)
    if rows.empty:
        return None
    first = rows.iloc[0]
    total = words.share(min(max(float(first["total"]), 0.0), 1.0))
    most = words.quoted(first["parameter_title"])
    return Figure(
        f"sobol-{_key(indicator)}",
        f"{_name(first)}: {most} is estimated to explain most of the parameter uncertainty, {total} of the variance"
        f" ({words.share(first['low'])} to {words.share(first['high'])})",
        _subtitle(analysis),
        "First: what a parameter explains by itself; total: with its interactions, what would be left if all others"
        f" were known. {_verdicts(rows, f'less than {NEGLIGIBLE_SHARE:.0%} of the variance')}{_noise(first)}"
        f"{words.without_correlations(analysis.scenario)}",
        charts.sobol(rows),
        _table(
            rows,
            {
                "first": "first", "first_low": f"first: {analysis.level:.0%} from",
                "first_high": f"first: {analysis.level:.0%} to",
                "total": "total", "low": f"total: {analysis.level:.0%} from", "high": f"total: {analysis.level:.0%} to",
            },
        ),
    )  # fmt: skip


def split(analysis: Sensitivity) -> Figure | None:
    """How much of each forecast's variance is stochastic, how much parameter uncertainty. None if nothing varies."""
    rows = analysis.table
    if rows.empty:
        return None
    counted = rows["verdict"].value_counts()
    clear = [
        f"{counted[verdict]} vary mostly by {cause}"
        for verdict, cause in (("parameters", "parameter uncertainty"), ("stochastic", "stochastic variation"))
        if verdict in counted
    ]
    still = f"; {counted['open']} are inconclusive" if "open" in counted and clear else ""
    return Figure(
        "variance-split",
        f"Of {len(rows)} numbers {words.listing(clear)}{still}" if clear
        else f"With so few draws it is inconclusive whether the {len(rows)} numbers vary more by parameter uncertainty",
        f"{analysis.scenario.title or analysis.scenario.name} · {analysis.replications:,} replications of"
        f" {analysis.points:,} draws of {len(analysis.scenario.uncertain)} uncertain parameters · whiskers are"
        f" {analysis.level:.0%} confidence intervals",
        "What differs between futures with the same parameters is stochastic: no study will narrow it. Parameter"
        f" uncertainty is what differs between draws of the parameters: better data would. Its share is largest in"
        f" {rows.iloc[0]['title']} ({words.share(rows.iloc[0]['share_parameter'])}), smallest in"
        f" {rows.iloc[-1]['title']} ({words.share(rows.iloc[-1]['share_parameter'])}).",
        charts.split(rows),
        pd.DataFrame(
            {
                "indicator": rows["title"],
                "unit": rows["unit"].replace("", "share"),
                "mean": rows["value"].round(3),
                "sd of one replication": rows["sd"].round(3),
                "sd, stochastic": rows["sd_stochastic"].round(3),
                "sd, parameter uncertainty": rows["sd_parameter"].round(3),
                "share of parameter uncertainty": rows["share_parameter"].round(3),
                f"{analysis.level:.0%} from": rows["low"].round(3),
                f"{analysis.level:.0%} to": rows["high"].round(3),
                "mostly": rows["verdict"].replace("open", "inconclusive"),
            }
        ),
    )  # fmt: skip


def _name(row: pd.Series) -> str:
    return str(row["title"])[0].upper() + str(row["title"])[1:]


def _matters(rows: pd.DataFrame) -> str:
    names = [words.quoted(row["parameter_title"]) for _, row in rows[rows["verdict"] == "matters"].head(3).iterrows()]
    return f"{words.listing(names)} {'matters' if len(names) == 1 else 'matter'} most"


def _verdicts(rows: pd.DataFrame, negligible: str) -> str:
    counted = rows["verdict"].value_counts()
    names = {"matters": "matter", "negligible": f"are negligible ({negligible})", "open": "inconclusive so far"}
    counts = [f"{name}: {counted[verdict]}" for verdict, name in names.items() if verdict in counted]
    return f"Of the {len(rows)} parameters {'; '.join(counts)}."


def _noise(row: pd.Series) -> str:
    if row["noise_share"] <= NOISY:
        return ""
    return f" Noise is {words.share(row['noise_share'])} of the variance between runs: small effects may be noise."


def _table(rows: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "parameter": rows["parameter_title"],
            **{title: rows[name].round(4) for name, title in columns.items()},
            "verdict": rows["verdict"].replace("open", "inconclusive"),
        }
    )
