"""Figures of sensitivity analyses: the uncertain parameters that matter."""

import pandas as pd

from sim.experiments.sensitivity import NOISY, Sensitivity
from sim.view import words
from sim.view.charts.bars import bars
from sim.view.charts.looks import Look
from sim.view.charts.style import PALETTE
from sim.view.figures.figure import Figure

UP, DOWN = "up", "down"
EFFECTS = {
    UP: Look("more of it raises this", PALETTE[5], pattern="/"),
    DOWN: Look("more of it lowers this", PALETTE[0]),
}
INDICES = {
    "first": Look("by itself (first)", PALETTE[4]),
    "total": Look("with its interactions (total)", PALETTE[0], pattern="/"),
}


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
        f" simulations · whiskers: {analysis.level:.0%} confidence.{words.without_correlations(analysis.scenario)}"
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
        f"Over its whole range, {words.quoted(first['parameter_title'])} changes it by {much}; the mean is"
        f" {words.number(first['mean'])}. {_verdicts(rows)}{_noise(first)}",
        bars({"": _effects(rows)}, EFFECTS, axis=f"effect, {unit}" if unit else "effect"),
        _table(
            rows,
            {
                "mu_star": "size (mu*)", "low": f"{analysis.level:.0%} from", "high": f"{analysis.level:.0%} to",
                "mu": "effect (mu)", "mu_low": f"effect: {analysis.level:.0%} from",
                "mu_high": f"effect: {analysis.level:.0%} to", "sigma": "varies (sigma)", "noise": "noise",
            },
        ),
    )  # fmt: skip


def _effects(rows: pd.DataFrame) -> pd.DataFrame:
    """The sizes of effects as bars: to the right where more of the parameter raises the indicator."""
    sign = rows["mu"].ge(0).map({True: 1.0, False: -1.0})
    ends = pd.concat([rows["low"] * sign, rows["high"] * sign], axis=1)
    value = rows["mu_star"] * sign
    return pd.DataFrame(
        {
            "row": rows["parameter_title"], "series": sign.map({1.0: UP, -1.0: DOWN}), "value": value,
            "low": ends.min(axis=1), "high": ends.max(axis=1), "text": [words.number(size) for size in rows["mu_star"]],
        }
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
        "First: what a parameter explains on its own; total: what would be left if all others were known."
        f" {_verdicts(rows)}{_noise(first)}",
        bars({"": _indices(rows)}, INDICES, axis="share of the variance", tickformat=".0%"),
        _table(
            rows,
            {
                "first": "first", "first_low": f"first: {analysis.level:.0%} from",
                "first_high": f"first: {analysis.level:.0%} to",
                "total": "total", "low": f"total: {analysis.level:.0%} from", "high": f"total: {analysis.level:.0%} to",
            },
        ),
    )  # fmt: skip


def _indices(rows: pd.DataFrame) -> pd.DataFrame:
    """First and total indices as bars; estimates beyond 0 and 1 end there."""
    parts = {"first": ("first", "first_low", "first_high"), "total": ("total", "low", "high")}
    found = [
        rows[list(columns)].clip(0, 1).set_axis(["value", "low", "high"], axis=1).assign(series=series)
        for series, columns in parts.items()
    ]
    drawn = pd.concat([one.assign(row=rows["parameter_title"]) for one in found], ignore_index=True)
    return drawn.assign(text=drawn["value"].map(words.share))


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
        f"{analysis.scenario.title or analysis.scenario.name} · {analysis.replications:,} simulations of"
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
    return words.sentence(str(row["title"]))


def _matters(rows: pd.DataFrame) -> str:
    names = [words.quoted(row["parameter_title"]) for _, row in rows[rows["verdict"] == "matters"].head(3).iterrows()]
    return f"{words.listing(names)} {'matters' if len(names) == 1 else 'matter'} most"


def _verdicts(rows: pd.DataFrame) -> str:
    counted = rows["verdict"].value_counts()
    counts = [
        f"{counted[verdict]} {one if counted[verdict] == 1 else several}"
        for verdict, one, several in (
            ("matters", "matters", "matter"),
            ("negligible", "is negligible", "are negligible"),
            ("open", "is inconclusive so far", "are inconclusive so far"),
        )
        if verdict in counted
    ]
    return f"Of {words.plural(len(rows), 'parameter')}, {words.listing(counts)}."


def _noise(row: pd.Series) -> str:
    if row["noise_share"] <= NOISY:
        return ""
    return f" Small effects may be noise, which is {words.share(row['noise_share'])} of the variance between runs."


def _table(rows: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "parameter": rows["parameter_title"],
            **{title: rows[name].round(4) for name, title in columns.items()},
            "verdict": rows["verdict"].replace("open", "inconclusive"),
        }
    )
