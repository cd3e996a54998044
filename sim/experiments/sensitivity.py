"""Which uncertain parameters matter: sensitivity of indicators to what is not known of a scenario.

`split`: how much of a forecast's variance is stochastic and how much is parameter uncertainty; one run, so begin with
it. `morris`: which parameters matter at all. `sobol`: how the variance by parameter uncertainty divides between them.
The last two run the scenario with its parameters fixed at the points of a design, every point with the same replication
numbers and so with common random numbers. They take apart an indicator's expected value, estimated by the mean over the
replications of a point, as a function of the parameters.
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
from sim.experiments.simulate import Progress, prepared, simulate_each
from sim.experiments.values import IndicatorValues, values_of
from sim.plotting import Drawable
from sim.results.estimates import check_label
from sim.results.run import Run
from sim.results.statistics import LEVEL, variance_split
from sim.results.summary import Floats
from sim.scenario.checks import with_values
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

Method = Literal["split", "morris", "sobol"]
INDICATORS = ("pending_end", "delay_per_case")
"""Looked at unless others are asked for; a split looks at all that are of the whole procedure."""
POINTS = {"morris": 16, "sobol": 64}
"""Steps along every parameter, and pairs of points, unless others are asked for."""
REPLICATIONS, LEAST_REPLICATIONS = 25, 2
"""At each point, unless others are asked for; and at least."""
LEAST_DRAWS = 2
"""Of a split: nothing is known of what differs between draws from one."""
PER_DRAW = 2
"""Replications that share a draw in a split of a scenario that has one for each."""
MOST_RUNS = 100_000
"""More runs are taken for a slip of the pen."""
FOLDER = "points"
"""The folder of the points' runs in the results folder: hundreds, which would hide the other runs."""
NEGLIGIBLE_SHARE = 0.05
"""A total Sobol index below this is customarily called small (Saltelli et al., The Primer, 2008)."""
NEGLIGIBLE_EFFECT = 0.1
"""An elementary effect, as a share of the largest one, below which a parameter does not matter."""
NOISY = 0.1
"""Share of noise in the variance between points from which people are warned."""


@dataclass(frozen=True, repr=False, eq=False)
class Sensitivity(Drawable):
    """The sensitivity of indicators to the uncertain parameters.

    Attributes
    ----------
    scenario
        What was analysed.
    method
        "split", "morris" or "sobol".
    points
        Trajectories (morris), pairs of points (sobol), draws of the parameters (split).
    replications
        At each point; in all for a split.
    table
        Of a split: a row for each indicator, the largest share of parameter uncertainty first. Columns: indicator,
        title, unit; value (mean), sd (of one replication), sd_stochastic, sd_parameter (the sd if only that were
        present), share_parameter, low, high (its share of the variance and confidence interval), verdict:
        "parameters" or "stochastic" (more than half of the variance, by the whole interval) or "open".

        Otherwise: a row for each indicator and parameter, the most influential first. Columns: indicator, title, unit;
        mean, sd (of the indicator over the points, noise taken out of the latter), noise_share (of the variance
        between points), undefined (runs in which the indicator has no value: then there are no indices); parameter,
        parameter_title; the indices; verdict: "matters", "negligible" or "open" (inconclusive).

        Indices of morris, in the indicator's unit: mu, mu_low, mu_high (mean effect and its confidence interval: its
        direction), mu_star, low, high (mean size of the effects and its interval), sigma (standard deviation of the
        effects: not linear, or not the same whatever the other parameters are), noise (the mu_star that noise alone
        would give). Negligible is less than NEGLIGIBLE_EFFECT of the largest mu_star.

        Indices of sobol, shares of the variance: first, first_low, first_high (what the parameter explains by itself),
        total, low, high (with its interactions: what would be left if all others were known). Negligible is a total
        below NEGLIGIBLE_SHARE. Estimates from few points may lie outside 0 to 1; intervals do not.
    runs
        What the table was computed from: a row for each run (of a split: for each replication), with the values of the
        parameters and indicators.
    level
        Confidence level of the intervals.
    """

    scenario: Scenario
    method: Method
    points: int
    replications: int
    table: "pd.DataFrame"
    runs: "pd.DataFrame"
    level: float = LEVEL

    def __repr__(self) -> str:
        size = f"{self.points:,} points, {self.replications:,} replications"
        return (
            f"<Sensitivity of {self.scenario.name[:80]} by {self.method}: {len(self.scenario.uncertain)} uncertain"
            f" parameters, {size}>"
        )

    def _repr_html_(self) -> str:
        shown = ["title", "unit", "parameter_title", "mu_star", "total", "share_parameter", "low", "high", "verdict"]
        return self.html(self.table[[name for name in shown if name in self.table]])


def sensitivity(
    scenario: Scenario | Path | str,
    indicators: Sequence[str] | None = None,
    *,
    method: Method = "morris",
    points: int | None = None,
    replications: int | None = None,
    seed: int | None = None,
    level: float = LEVEL,
    jobs: int = 1,
    cluster: str | None = None,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """Say how much of a forecast is not known, and which uncertain parameters that comes from.

    Parameters
    ----------
    scenario
        A scenario with uncertain parameters, or the path of its file.
    indicators
        Labels of `sim indicators`. By default INDICATORS; of a split all those of the whole procedure, and not of one
        stage, role or case.
    method
        "split": how much of the variance of single replications is stochastic, and how much parameter uncertainty,
        from one run. "morris": elementary effects, from `points` x (1 + parameters) runs: an effect is the change of
        the indicator's expected value per range of the parameter's quantiles, what the whole way from its lowest to
        its highest value would change at the rate found on a step of at least a quarter of it. "sobol": shares of the
        variance of the expected value, from `points` x (2 + parameters) runs.
    points
        Steps along each parameter (morris), or pairs of points (sobol, a power of two); not of a split.
    replications
        At each point; of a split in all, by default the scenario's own.
    seed, jobs, cluster, results, progress
        As for `simulate`. The points are stored in a folder of their own in `results`, and used again by an analysis
        that has the same ones.
    level
        Of the confidence intervals.

    Returns
    -------
    Sensitivity
        With the findings in its `table`.

    Raises
    ------
    UserError
        If nothing is uncertain, an indicator is unknown, or the number of points does not fit the method.
    """
    if method not in ("split", *POINTS):
        raise UserError(f"there is no method {method!r}; methods are split, morris and sobol")
    loaded = prepared(scenario, replications if method == "split" else None, seed)
    check_analysis(loaded, indicators or ())
    options: dict[str, Any] = {"jobs": jobs, "cluster": cluster, "results": results, "progress": progress}
    if method == "split":
        return _split(loaded, indicators, level, options)
    if results is not None:
        options["results"] = Path(results) / FOLDER
    runs = number_of_runs(loaded, method, points or POINTS[method])
    if runs > MOST_RUNS:
        raise UserError(f"points {points}: these are {runs:,} runs; at most {MOST_RUNS:,} can be")
    if replications is not None and replications < LEAST_REPLICATIONS:
        raise UserError(f"{loaded.name}: {replications} replication at each point does not tell noise from influence")
    plan = _Plan(loaded, tuple(indicators or INDICATORS), points or POINTS[method], replications or REPLICATIONS, level)
    return _morris(plan, options) if method == "morris" else _sobol(plan, options)


def check_analysis(scenario: Scenario, indicators: Sequence[str]) -> None:
    """Raise UserError unless the scenario has uncertain parameters and these indicators."""
    if not scenario.uncertain:
        raise UserError(f"{scenario.name}: nothing is uncertain: the scenario has no parameters under `uncertain`")
    for label in indicators:
        check_label(scenario, label)


def number_of_runs(scenario: Scenario, method: Method, points: int) -> int:
    """How many runs an analysis takes, stored ones included."""
    parameters = len(scenario.uncertain)
    return {"split": 1, "morris": points * (1 + parameters), "sobol": points * (2 + parameters)}[method]


@dataclass(frozen=True)
class _Plan:
    """An analysis by the points of a design."""

    scenario: Scenario
    indicators: tuple[str, ...]
    points: int
    replications: int
    level: float


def _morris(plan: _Plan, options: dict[str, Any]) -> Sensitivity:
    design = radial_design(len(plan.scenario.uncertain), plan.points)
    outputs, runs = _evaluate(plan, design.reshape(-1, design.shape[2]), options)
    runs.insert(0, "trajectory", np.repeat(np.arange(plan.points), design.shape[1]))
    runs.insert(1, "changed", ["", *plan.scenario.uncertain] * plan.points)
    rows = []
    for output in outputs:
        effects = elementary_effects(design, output.array.reshape(*design.shape[:2], -1), plan.level)
        rows += _ranked(plan.scenario, output, output.array, _effect_rows(effects))
    return Sensitivity(plan.scenario, "morris", plan.points, plan.replications, _frame(rows), runs, plan.level)


def _sobol(plan: _Plan, options: dict[str, Any]) -> Sensitivity:
    design = saltelli_design(len(plan.scenario.uncertain), plan.points)
    outputs, runs = _evaluate(plan, design.reshape(-1, design.shape[2]), options)
    runs.insert(0, "pair", np.tile(np.arange(plan.points), len(design)))
    runs.insert(1, "changed", np.repeat(["A", "B", *plan.scenario.uncertain], plan.points))
    rows = []
    for output in outputs:
        shares = sobol_shares(output.array.mean(axis=1).reshape(design.shape[:2]), plan.level)
        rows += _ranked(plan.scenario, output, output.array[: 2 * plan.points], _share_rows(shares))
    return Sensitivity(plan.scenario, "sobol", plan.points, plan.replications, _frame(rows), runs, plan.level)


def _split(scenario: Scenario, indicators: Sequence[str] | None, level: float, options: dict[str, Any]) -> Sensitivity:
    """The variance of single replications, from one run with at least PER_DRAW replications for each draw."""
    shared, draws = with_shared_draws(scenario), draws_of_split(scenario)
    (run,) = simulate_each([shared], **options)
    known = values_of(run, indicators)
    chosen = {label: each for label, each in known.items() if indicators or ":" not in label}
    table = _frame([row for each in chosen.values() if (row := _split_row(run, each, level))])
    if len(table):
        table = table.sort_values("share_parameter", ascending=False, ignore_index=True, kind="stable")
    runs = run.parameters.assign(**{label: each.array for label, each in chosen.items()})
    return Sensitivity(shared, "split", draws, run.replications, table, runs, level)


def draws_of_split(scenario: Scenario) -> int:
    """How many draws of the uncertain parameters a split has. Raises UserError if they are too few."""
    shared = with_shared_draws(scenario)
    draws = shared.replications // shared.replications_per_draw
    if draws < LEAST_DRAWS:
        each = shared.replications_per_draw
        raise UserError(
            f"{scenario.name}: {shared.replications} replications are too few for a split: it needs"
            f" {LEAST_DRAWS * each} or more, which are {LEAST_DRAWS} draws of the uncertain parameters with {each}"
            " replications each"
        )
    return draws


def with_shared_draws(scenario: Scenario) -> Scenario:
    """The scenario with at least PER_DRAW replications for each draw of its uncertain parameters."""
    return scenario.model_copy(update={"replications_per_draw": max(scenario.replications_per_draw, PER_DRAW)})


def points_of(scenario: Scenario, cube: Floats, replications: int) -> Iterator[Scenario]:
    """The scenario with its uncertain parameters fixed at quantiles: (points, parameters), in the unit cube."""
    for values in _quantiles(scenario, cube):
        fixed = with_values(scenario, dict(zip(scenario.uncertain, values.tolist(), strict=True)))
        without: dict[str, Any] = {"uncertain": {}, "posterior": None}
        yield fixed.model_copy(update={**without, "replications": replications, "replications_per_draw": 1})


def _quantiles(scenario: Scenario, cube: Floats) -> Floats:
    """The values of the parameters at points of the unit cube; the same shape."""
    columns = [scenario.margin(name).quantile(u) for name, u in zip(scenario.uncertain, cube.T, strict=True)]
    return np.column_stack(columns)


def _evaluate(plan: _Plan, cube: Floats, options: dict[str, Any]) -> "tuple[list[IndicatorValues], pd.DataFrame]":
    """Indicators at points, with values (points, replications), and the points with their means as a table.

    Points at which all parameters have the same values, where a distribution is discrete, are run once. The values are
    NaN in runs in which an indicator has none.
    """
    import pandas as pd

    parameters = _quantiles(plan.scenario, cube)
    _, firsts, same = np.unique(parameters, axis=0, return_index=True, return_inverse=True)
    runs = simulate_each(list(points_of(plan.scenario, cube[firsts], plan.replications)), **options)
    known = [values_of(run, plan.indicators) for run in runs]
    outputs = []
    for label in plan.indicators:
        given = [each.get(label) for each in known]
        blank = np.full(plan.replications, np.nan)
        values = np.array([each.array if each else blank for each in given])[same.reshape(-1)]
        about = next(each for each in given if each)
        outputs.append(IndicatorValues(label, about.title, about.unit, about.better, values))
    table = pd.DataFrame(parameters, columns=list(plan.scenario.uncertain))
    return outputs, table.assign(**{output.label: output.array.mean(axis=1) for output in outputs})


def _effect_rows(effects: Effects) -> list[dict[str, Any]]:
    """Elementary effects by parameter."""
    mu, star = effects.mu, effects.mu_star
    limit = NEGLIGIBLE_EFFECT * float(star.value.max())
    matters = (star.low > np.maximum(limit, effects.noise)) | (mu.low > limit) | (mu.high < -limit)
    columns = {"mu": mu.value, "mu_low": mu.low, "mu_high": mu.high, "mu_star": star.value}
    columns |= {"low": np.maximum(star.low, 0.0), "high": star.high, "sigma": effects.sigma, "noise": effects.noise}
    return _rows(columns, star.value, matters, star.high < limit)


def _share_rows(shares: Shares) -> list[dict[str, Any]]:
    """Sobol indices by parameter."""
    first, total = shares
    matters = np.maximum(first.low, total.low) > NEGLIGIBLE_SHARE
    columns = {"first": first.value, "first_low": _clipped(first.low), "first_high": _clipped(first.high)}
    columns |= {"total": total.value, "low": _clipped(total.low), "high": _clipped(total.high)}
    return _rows(columns, total.value, matters, total.high < NEGLIGIBLE_SHARE)


def _clipped(limits: Floats) -> Floats:
    """Limits of an interval of shares: what is beyond 0 and 1 cannot be."""
    return np.clip(limits, 0.0, 1.0)


def _rows(columns: dict[str, Floats], size: Floats, matters: Any, negligible: Any) -> list[dict[str, Any]]:
    """One row per parameter; `size` orders them later."""
    verdict = np.where(matters, "matters", np.where(negligible, "negligible", "open"))
    return [
        {**{name: float(column[i]) for name, column in columns.items()}, "verdict": str(verdict[i]), "size": size[i]}
        for i in range(len(size))
    ]


def _ranked(
    scenario: Scenario, output: IndicatorValues, values: Floats, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The rows of an indicator, the most influential parameter first, with what they have in common.

    `values`: (points, replications), of which the mean, the spread and the noise are.
    """
    undefined = int(np.isnan(values).any(axis=1).sum())
    means = values.mean(axis=1)
    share = np.nan if undefined else noise_share(values)
    common = {
        "indicator": output.label,
        "title": output.title,
        "unit": output.unit,
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


def _split_row(run: Run, indicator: IndicatorValues, level: float) -> dict[str, Any] | None:
    """The split of one indicator, if it has a value and varies."""
    split = variance_split(indicator.array, run.scenario.replications_per_draw, level)
    if split is None or not indicator.defined or split.stochastic + split.parameter == 0:
        return None
    stochastic, parameters = np.sqrt(split.stochastic), np.sqrt(split.parameter)
    return {
        "indicator": indicator.label,
        "title": indicator.title,
        "unit": indicator.unit,
        "value": indicator.array.mean(),
        "sd": np.hypot(stochastic, parameters),
        "sd_stochastic": stochastic,
        "sd_parameter": parameters,
        "share_parameter": split.share_parameter,
        "low": split.low,
        "high": split.high,
        "verdict": "parameters" if split.low > 0.5 else "stochastic" if split.high < 0.5 else "open",
    }


def _frame(rows: list[dict[str, Any]]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(rows)
