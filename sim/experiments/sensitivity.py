"""Which of the things that are not known matter: sensitivity of indicators to a scenario's uncertain parameters.

`split`: how much of a forecast's variance is chance and how much not-knowing; one run, so begin with it. `screen`:
which parameters matter at all (Morris). `sobol`: how the variance by not-knowing divides between them. The last two
run the scenario with its parameters fixed at the points of a design, every point with the same replication numbers
and so with the same luck (common random numbers). What they take apart is an indicator's expected value, estimated by
the mean over the replications of a point, as a function of the parameters.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sim.errors import UserError
from sim.experiments.indices import (
    Effects,
    Shares,
    elementary_effects,
    noise_share,
    radial_design,
    saltelli_design,
    sobol_shares,
)
from sim.experiments.simulate import Progress, simulate_each
from sim.results.intervals import LEVEL, variance_split
from sim.results.measures import DEFINITIONS, Measure, check_label, measures
from sim.results.run import Run
from sim.results.summary import Floats
from sim.scenario.checks import with_values
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

Method = Literal["split", "morris", "sobol"]
INDICATORS = ("pending_end", "delay_per_case")
"""Looked at unless others are asked for."""
MORRIS_POINTS, SOBOL_POINTS = 16, 64
"""Steps along every parameter, and pairs of points, unless others are asked for."""
REPLICATIONS = 25
"""At each point, unless others are asked for."""
PER_DRAW = 2
"""Replications that share a draw in a split of a scenario that has one for each."""
POINTS = "points"
"""The folder of the points' runs in the results folder: hundreds, which would hide the other runs."""
NEGLIGIBLE_SHARE = 0.05
"""A total Sobol index below this is customarily called small (Saltelli et al., The Primer, 2008)."""
NEGLIGIBLE_EFFECT = 0.1
"""An elementary effect, as a share of the largest one, below which a parameter does not matter."""
NOISY = 0.1
"""Share of noise in the variance between points from which people are warned."""


@dataclass(frozen=True)
class Sensitivity:
    """What an analysis found.

    `points`: trajectories (morris), pairs of points (sobol), draws of the parameters (split). `replications`: at each
    point; in all for split. `table`: the findings, see the function that made it. `runs`: what they were computed
    from, one row per run (of a split: per replication), with the values of the parameters and indicators.
    """

    scenario: Scenario
    method: Method
    points: int
    replications: int
    table: "pd.DataFrame"
    runs: "pd.DataFrame"
    level: float = LEVEL


def runs_of(scenario: Scenario, method: str, points: int) -> int:
    """How many runs an analysis takes, stored ones included."""
    parameters = len(scenario.uncertain)
    return {"split": 1, "morris": points * (1 + parameters), "sobol": points * (2 + parameters)}[method]


def check(scenario: Scenario, indicators: Sequence[str]) -> None:
    """Raise UserError unless the scenario has uncertain parameters and these indicators."""
    if not scenario.uncertain:
        raise UserError(f"{scenario.name}: nothing is uncertain: the scenario has no parameters under `uncertain`")
    for label in indicators:
        check_label(scenario, label)


def screen(
    scenario: Scenario,
    indicators: Sequence[str] = INDICATORS,
    *,
    points: int = MORRIS_POINTS,
    replications: int = REPLICATIONS,
    level: float = LEVEL,
    jobs: int = 1,
    cluster: str | None = None,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """Morris's elementary effects of the uncertain parameters, from `points` x (1 + parameters) runs.

    An effect is the change of the indicator's expected value per range of the parameter's quantiles: what the whole
    way from its lowest to its highest value would change at the rate found on a step of at least a quarter of it.

    Table: a row for each indicator and parameter, the largest `mu_star` first. Columns: indicator, title, unit; mean,
    sd (of the indicator over the points, noise taken out of the latter), noise_share (of the variance between points),
    undefined (runs in which the indicator has no value: then there are no indices); parameter, parameter_title;
    mu, mu_low, mu_high (mean effect and its confidence interval: its direction), mu_star, low, high (mean size of the
    effects and its interval), sigma (standard deviation of the effects: not linear, or not the same whatever the other
    parameters are), noise (the mu_star that noise alone would give; all in the indicator's unit); verdict: "matters",
    "negligible" (against NEGLIGIBLE_EFFECT of the largest mu_star) or "open" (the interval does not tell).
    """
    check(scenario, indicators)
    design = radial_design(len(scenario.uncertain), points)
    cube = design.reshape(-1, design.shape[2])
    found, runs = _evaluate(scenario, cube, indicators, replications, jobs, cluster, results, progress)
    runs.insert(0, "trajectory", np.repeat(np.arange(points), design.shape[1]))
    runs.insert(1, "changed", ["", *scenario.uncertain] * points)
    rows = []
    for label, values in found.items():
        effects = elementary_effects(design, values.reshape(*design.shape[:2], replications), level)
        rows += _sorted(scenario, label, values, _effect_rows(effects))
    return Sensitivity(scenario, "morris", points, replications, _frame(rows), runs, level)


def sobol(
    scenario: Scenario,
    indicators: Sequence[str] = INDICATORS,
    *,
    points: int = SOBOL_POINTS,
    replications: int = REPLICATIONS,
    level: float = LEVEL,
    jobs: int = 1,
    cluster: str | None = None,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """Sobol indices of the uncertain parameters, from `points` x (2 + parameters) runs; `points` a power of two.

    Shares of the variance of an indicator's expected value over the parameters' distributions.

    Table: as that of `screen`, the largest `total` first, with these columns of its own: first, first_low, first_high
    (what the parameter explains by itself), total, low, high (with its interactions: what would be left if all others
    were known), verdict (against NEGLIGIBLE_SHARE). Estimates from few points may lie outside 0 to 1; intervals do not.
    """
    check(scenario, indicators)
    design = saltelli_design(len(scenario.uncertain), points)
    cube = design.reshape(-1, design.shape[2])
    found, runs = _evaluate(scenario, cube, indicators, replications, jobs, cluster, results, progress)
    runs.insert(0, "pair", np.tile(np.arange(points), len(design)))
    runs.insert(1, "changed", np.repeat(["A", "B", *scenario.uncertain], points))
    rows = []
    for label, values in found.items():
        shares = sobol_shares(values.reshape(*design.shape[:2], replications), level)
        rows += _sorted(scenario, label, values[: 2 * points], _share_rows(shares))
    return Sensitivity(scenario, "sobol", points, replications, _frame(rows), runs, level)


def split(
    scenario: Scenario,
    indicators: Sequence[str] | None = None,
    *,
    level: float = LEVEL,
    jobs: int = 1,
    cluster: str | None = None,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """The variance of single replications split into chance and not-knowing, from one run of the scenario.

    The scenario's own number of replications is run, PER_DRAW with each draw of the parameters if it has but one.
    `indicators`: by default those of the whole procedure, not of one stage, role or case.

    Table: a row for each indicator, the largest share of not-knowing first. Columns: indicator, title, unit; value
    (mean), sd (of one replication), sd_chance, sd_not_knowing (the sd if only that were there), share_not_knowing, low,
    high (its share of the variance and confidence interval, see `variance_split`), verdict: "not knowing"
    or "chance" (more than half of the variance, by the whole interval) or "open".
    """
    check(scenario, indicators or ())
    scenario = with_shared_draws(scenario)
    options: dict[str, Any] = {"jobs": jobs, "cluster": cluster, "results": results, "progress": progress}
    (run,) = simulate_each([scenario], **options)
    known = measures(run.summary)
    chosen = {label: m for label, m in known.items() if (label in indicators if indicators else not m.key)}
    table = _frame([row for m in chosen.values() if (row := _split_row(run, m, level))])
    if len(table):
        table = table.sort_values("share_not_knowing", ascending=False, ignore_index=True, kind="stable")
    runs = run.parameters.assign(**{label: measure.values() for label, measure in chosen.items()})
    draws = run.replications // scenario.replications_per_draw
    return Sensitivity(scenario, "split", draws, run.replications, table, runs, level)


def with_shared_draws(scenario: Scenario) -> Scenario:
    """The scenario with at least PER_DRAW replications for each draw of its uncertain parameters."""
    return scenario.model_copy(update={"replications_per_draw": max(scenario.replications_per_draw, PER_DRAW)})


def points_of(scenario: Scenario, cube: Floats, replications: int) -> Iterator[Scenario]:
    """The scenario with its uncertain parameters fixed at quantiles: (points, parameters), in the unit cube."""
    for values in _quantiles(scenario, cube):
        fixed = with_values(scenario, dict(zip(scenario.uncertain, values.tolist(), strict=True)))
        yield fixed.model_copy(update={"uncertain": {}, "replications": replications, "replications_per_draw": 1})


def _quantiles(scenario: Scenario, cube: Floats) -> Floats:
    """The values of the parameters at points of the unit cube; the same shape."""
    columns = [parameter.value.quantile(u) for parameter, u in zip(scenario.uncertain.values(), cube.T, strict=True)]
    return np.column_stack(columns)


def _evaluate(
    scenario: Scenario,
    cube: Floats,
    indicators: Sequence[str],
    replications: int,
    jobs: int,
    cluster: str | None,
    results: Path | str | None,
    progress: Progress | None,
) -> "tuple[dict[str, Floats], pd.DataFrame]":
    """Indicators at points, (points, replications) each, and the points with their means as a table.

    Points at which all parameters have the same values, where a distribution is discrete, are run once.
    """
    import pandas as pd

    parameters = _quantiles(scenario, cube)
    _, firsts, same = np.unique(parameters, axis=0, return_index=True, return_inverse=True)
    folder = Path(results) / POINTS if results is not None else None
    scenarios = list(points_of(scenario, cube[firsts], replications))
    runs = simulate_each(scenarios, jobs=jobs, cluster=cluster, results=folder, progress=progress)
    values = np.array([_values(run, indicators, replications) for run in runs])[same.reshape(-1)]
    found = {label: values[:, number] for number, label in enumerate(indicators)}
    table = pd.DataFrame(parameters, columns=list(scenario.uncertain))
    return found, table.assign(**{label: each.mean(axis=1) for label, each in found.items()})


def _values(run: Run, indicators: Sequence[str], replications: int) -> Floats:
    """Indicators of a run, (indicators, replications); NaN for those that have no value in it."""
    known = measures(run.summary)
    none = np.full(replications, np.nan)
    return np.array([known[label].values() if label in known else none for label in indicators])


def _effect_rows(effects: Effects) -> list[dict[str, Any]]:
    """The findings of a screening by parameter."""
    mu, star = effects.mu, effects.mu_star
    limit = NEGLIGIBLE_EFFECT * float(star.value.max())
    matters = (star.low > np.maximum(limit, effects.noise)) | (mu.low > limit) | (mu.high < -limit)
    columns = {"mu": mu.value, "mu_low": mu.low, "mu_high": mu.high, "mu_star": star.value}
    columns |= {"low": np.maximum(star.low, 0.0), "high": star.high, "sigma": effects.sigma, "noise": effects.noise}
    return _rows(columns, star.value, matters, star.high < limit)


def _share_rows(shares: Shares) -> list[dict[str, Any]]:
    """The Sobol indices by parameter."""
    first, total = shares
    matters = np.maximum(first.low, total.low) > NEGLIGIBLE_SHARE
    columns = {"first": first.value, "first_low": _share(first.low), "first_high": _share(first.high)}
    columns |= {"total": total.value, "low": _share(total.low), "high": _share(total.high)}
    return _rows(columns, total.value, matters, total.high < NEGLIGIBLE_SHARE)


def _share(limits: Floats) -> Floats:
    """Limits of an interval of shares: what is beyond 0 and 1 cannot be."""
    return np.clip(limits, 0.0, 1.0)


def _rows(columns: dict[str, Floats], size: Floats, matters: Any, negligible: Any) -> list[dict[str, Any]]:
    """One row per parameter; `size` orders them later."""
    verdict = np.where(matters, "matters", np.where(negligible, "negligible", "open"))
    return [
        {**{name: float(column[i]) for name, column in columns.items()}, "verdict": str(verdict[i]), "size": size[i]}
        for i in range(len(size))
    ]


def _sorted(scenario: Scenario, label: str, values: Floats, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of an indicator, the most important parameter first, with what they have in common.

    `values`: (points, replications), over which the mean, the spread and the noise are told.
    """
    undefined = int(np.isnan(values).any(axis=1).sum())
    means = values.mean(axis=1)
    share = np.nan if undefined else noise_share(values)
    common = {
        "indicator": label,
        "title": title(label),
        "unit": DEFINITIONS[label.partition(":")[0]].unit,
        "mean": means.mean(),
        "sd": means.std(ddof=1) * np.sqrt(1 - share),
        "noise_share": share,
        "undefined": undefined,
    }
    named = [
        {**common, "parameter": name, "parameter_title": parameter.title or name, **row}
        for (name, parameter), row in zip(scenario.uncertain.items(), rows, strict=True)
    ]
    named.sort(key=lambda row: -row["size"] if np.isfinite(row["size"]) else np.inf)
    return [{name: value for name, value in row.items() if name != "size"} for row in named]


def title(label: str) -> str:
    """What the indicator of a label is, with the stage, role, target or case that it is of."""
    name, _, key = label.partition(":")
    return f"{DEFINITIONS[name].title}, {key}" if key else DEFINITIONS[name].title


def _split_row(run: Run, measure: Measure, level: float) -> dict[str, Any] | None:
    """The split of one indicator, if it has a value and varies."""
    values = measure.values()
    found = variance_split(values, run.scenario.replications_per_draw, level)
    if found is None or np.isnan(values).any() or found.chance + found.not_knowing == 0:
        return None
    verdict = "not knowing" if found.low > 0.5 else "chance" if found.high < 0.5 else "open"
    chance, not_knowing = np.sqrt(found.chance), np.sqrt(found.not_knowing)
    return {
        "indicator": measure.label,
        "title": measure.title,
        "unit": measure.definition.unit,
        "value": values.mean(),
        "sd": np.hypot(chance, not_knowing),
        "sd_chance": chance,
        "sd_not_knowing": not_knowing,
        "share_not_knowing": found.share_not_knowing,
        "low": found.low,
        "high": found.high,
        "verdict": verdict,
    }


def _frame(rows: list[dict[str, Any]]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(rows)
