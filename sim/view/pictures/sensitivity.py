"""Pictures of sensitivity analyses: the uncertain parameters that matter."""

import pandas as pd

from sim.experiments.sensitivity import NEGLIGIBLE_EFFECT, NEGLIGIBLE_SHARE, NOISY, Sensitivity
from sim.view import words
from sim.view.figures import sensitivity as figures
from sim.view.figures.picture import Picture


def _rows(found: Sensitivity, indicator: str) -> pd.DataFrame:
    """The rows of one indicator; empty if it has no indices (no value in some runs, or the same in all)."""
    if found.table.empty:
        return found.table
    rows = found.table[(found.table["indicator"] == indicator) & (found.table["undefined"] == 0)]
    return rows[rows["sd"] > 0].reset_index(drop=True)


def _key(indicator: str) -> str:
    return indicator.replace(":", "-").replace("_", "-").lower()


def _subtitle(found: Sensitivity) -> str:
    return (
        f"{found.scenario.title or found.scenario.name} · {len(found.runs):,} runs of {found.replications}"
        f" replications with common random numbers · whiskers are {found.level:.0%} confidence intervals"
    )


def tornado(found: Sensitivity, indicator: str) -> Picture | None:
    """How much each uncertain parameter moves an indicator, and which way (Morris). None if there are no effects."""
    rows = _rows(found, indicator)
    if rows.empty:
        return None
    first = rows.iloc[0]
    unit = str(first["unit"])
    much = f"{words.number(first['mu_star'])} {unit}".strip()
    return Picture(
        f"tornado-{_key(indicator)}",
        f"{_name(first)}: {_matters(rows)}" if "matters" in set(rows["verdict"])
        else f"{_name(first)}: no parameter is known to matter yet",
        _subtitle(found),
        f"Over its whole range, {words.quoted(first['parameter_title'])} changes it by {much}"
        f" ({words.number(first['low'])} to {words.number(first['high'])}), more than any other; its mean is"
        f" {words.number(first['mean'])}. Bars to the right: more of the parameter means more of the indicator."
        f" {_verdicts(rows, f'less than {NEGLIGIBLE_EFFECT:.0%} of the largest effect')}{_noise(first)}",
        figures.tornado(rows, unit),
        _table(
            rows,
            {
                "mu_star": "size (mu*)", "low": f"{found.level:.0%} from", "high": f"{found.level:.0%} to",
                "mu": "effect (mu)", "mu_low": f"effect: {found.level:.0%} from",
                "mu_high": f"effect: {found.level:.0%} to", "sigma": "varies (sigma)", "noise": "noise",
            },
        ),
    )  # fmt: skip


def sobol(found: Sensitivity, indicator: str) -> Picture | None:
    """What each parameter explains of the parameter uncertainty (Sobol). None if there are no indices."""
    rows = _rows(found, indicator)
    if rows.empty:
        return None
    first = rows.iloc[0]
    total = words.share(min(max(float(first["total"]), 0.0), 1.0))
    most = words.quoted(first["parameter_title"])
    return Picture(
        f"sobol-{_key(indicator)}",
        f"{_name(first)}: {most} is estimated to explain most of the parameter uncertainty, {total} of the variance"
        f" ({words.share(first['low'])} to {words.share(first['high'])})",
        _subtitle(found),
        "First: what a parameter explains by itself; total: with its interactions, what would be left if all others"
        f" were known. {_verdicts(rows, f'less than {NEGLIGIBLE_SHARE:.0%} of the variance')}{_noise(first)}",
        figures.sobol(rows),
        _table(
            rows,
            {
                "first": "first", "first_low": f"first: {found.level:.0%} from",
                "first_high": f"first: {found.level:.0%} to",
                "total": "total", "low": f"total: {found.level:.0%} from", "high": f"total: {found.level:.0%} to",
            },
        ),
    )  # fmt: skip


def split(found: Sensitivity) -> Picture | None:
    """How much of each forecast's variance is stochastic, how much parameter uncertainty. None if nothing varies."""
    rows = found.table
    if rows.empty:
        return None
    counted = rows["verdict"].value_counts()
    sure = [
        f"{counted[verdict]} are spread mostly by {cause}"
        for verdict, cause in (("parameters", "parameter uncertainty"), ("stochastic", "chance"))
        if verdict in counted
    ]
    still = f"; of {counted['open']} it cannot be told" if "open" in counted and sure else ""
    return Picture(
        "variance-split",
        f"Of {len(rows)} numbers {words.listing(sure)}{still}" if sure
        else f"So few draws do not tell whether chance or parameter uncertainty spreads the {len(rows)} numbers more",
        f"{found.scenario.title or found.scenario.name} · {found.replications:,} replications of {found.points:,}"
        f" draws of {len(found.scenario.uncertain)} uncertain parameters · whiskers are {found.level:.0%} confidence"
        " intervals",
        "What differs between futures with the same parameters is stochastic: no study will narrow it. Parameter"
        f" uncertainty is what differs between draws of the parameters: better data would. Its share is largest in"
        f" {rows.iloc[0]['title']} ({words.share(rows.iloc[0]['share_parameter'])}), smallest in"
        f" {rows.iloc[-1]['title']} ({words.share(rows.iloc[-1]['share_parameter'])}).",
        figures.split(rows),
        pd.DataFrame(
            {
                "indicator": rows["title"],
                "unit": rows["unit"].replace("", "share"),
                "mean": rows["value"].round(3),
                "sd of one replication": rows["sd"].round(3),
                "sd, stochastic": rows["sd_stochastic"].round(3),
                "sd, parameter uncertainty": rows["sd_parameter"].round(3),
                "share of parameter uncertainty": rows["share_parameter"].round(3),
                f"{found.level:.0%} from": rows["low"].round(3),
                f"{found.level:.0%} to": rows["high"].round(3),
                "mostly": rows["verdict"].replace("open", "cannot be told"),
            }
        ),
    )  # fmt: skip


def _name(row: pd.Series) -> str:
    return str(row["title"])[0].upper() + str(row["title"])[1:]


def _matters(rows: pd.DataFrame) -> str:
    said = [words.quoted(row["parameter_title"]) for _, row in rows[rows["verdict"] == "matters"].head(3).iterrows()]
    return f"{words.listing(said)} {'matters' if len(said) == 1 else 'matter'} most"


def _verdicts(rows: pd.DataFrame, negligible: str) -> str:
    counted = rows["verdict"].value_counts()
    names = {"matters": "surely matter", "negligible": f"surely do not ({negligible})", "open": "cannot be told yet"}
    said = [f"{name}: {counted[verdict]}" for verdict, name in names.items() if verdict in counted]
    return f"Of the {len(rows)} parameters {'; '.join(said)}."


def _noise(row: pd.Series) -> str:
    if row["noise_share"] <= NOISY:
        return ""
    return f" Noise is {words.share(row['noise_share'])} of the variance between runs: small effects may be chance."


def _table(rows: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "parameter": rows["parameter_title"],
            **{title: rows[name].round(4) for name, title in columns.items()},
            "verdict": rows["verdict"].replace("open", "cannot be told"),
        }
    )
