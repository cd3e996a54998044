"""Scenarios side by side: paired differences of the same replications, by common random numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.errors import UserError
from sim.experiments.pairing import PAIRED, check_paired, made_otherwise, pairable
from sim.experiments.simulate import Progress, prepared, simulate_each
from sim.experiments.values import IndicatorValues, values_of
from sim.plotting import Drawable
from sim.results.estimates import check_label
from sim.results.run import Run
from sim.results.statistics import LEVEL, by_draw
from sim.results.summary import Floats
from sim.scenario.schema import Scenario

COLUMNS = {
    "scenario": "the scenario compared with the first one",
    "indicator": "label of the indicator, see `sim indicators`",
    "title": "what it is",
    "unit": "its unit",
    "base": "its value in the first scenario",
    "value": "its value in this scenario",
    "difference": "this scenario's less the first one's",
    "low": "lower bound of the difference's confidence interval; the intervals of one indicator hold for all scenarios"
    " together (Bonferroni)",
    "high": "upper bound",
    "p": "p-value of no difference (paired t-test; 1 where there is none in any replication)",
    "p_adjusted": "the same, adjusted for all rows of the table (Holm)",
    "variance_reduction": "variance of the difference with independent seeds, over the one reached",
    "independent_replications": "replications that independent seeds would have needed for an interval as narrow",
}
"""The columns of a comparison with their meaning."""


@dataclass(frozen=True, repr=False, eq=False)
class Comparison(Drawable):
    """Runs compared with the first of them.

    Attributes
    ----------
    runs
        The runs, the first of which is the base.
    table
        A row for each other run and indicator; its columns are explained in `COLUMNS`.
    level
        Confidence level of the intervals.
    """

    runs: tuple[Run, ...]
    table: pd.DataFrame
    level: float = LEVEL

    @property
    def significant(self) -> pd.DataFrame:
        """The rows whose difference is significant, see the function `significant`."""
        return significant(self.table, 1 - self.level)

    @property
    def notes(self) -> list[str]:
        """What readers of the differences must know: which runs were made otherwise than the first."""
        return made_otherwise(self.runs)

    def __repr__(self) -> str:
        base, *others = (run.scenario.name for run in self.runs)
        names = ", ".join(others) if len(others) <= 3 else f"{len(others)} scenarios"
        return (
            f"<Comparison of {names[:120]} with {base[:60]}: {self.runs[0].replications:,} replications,"
            f" {len(self.table)} differences, {len(self.significant)} significant"
            f"{'; see its notes' * bool(self.notes)}>"
        )

    def _repr_html_(self) -> str:
        return self.html(self.significant[["scenario", "title", "unit", "base", "value", "difference", "low", "high"]])


def compare(
    runs: Sequence[Run | Scenario | Path | str],
    indicators: Sequence[str] | None = None,
    *,
    level: float = LEVEL,
    replications: int | None = None,
    seed: int | None = None,
    jobs: int = 1,
    cluster: str | None = None,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Paired differences of indicators between each run and the first.

    The same replication of two scenarios has common random numbers (Law, section 11.2): the same cases, with the same
    draws. So differences are taken replication by replication.

    Parameters
    ----------
    runs
        Two or more runs with the same seed and numbers of replications. Scenarios, or paths of scenario files, are run
        first, all with the seed and the numbers of replications of the first.
    indicators
        Labels of `sim indicators`; all that every run has if not given.
    level
        Of the confidence intervals.
    replications, seed, jobs, cluster, results, progress
        As for `simulate`, for what is to be run.

    Returns
    -------
    Comparison
        With a row for each run but the first and each indicator in its `table`.

    Raises
    ------
    UserError
        For scenarios with another first day, horizon or procedure, runs that cannot be paired, and unknown indicators.
    """
    sources = list(runs)
    _check_number(sources)
    first = sources[0]
    if isinstance(first, Run):
        _check_as_run(first.scenario, replications=replications, seed=seed)
    base = first.scenario if isinstance(first, Run) else prepared(first, replications, seed)
    chosen = [source if isinstance(source, Run) else pairable(prepared(source), base) for source in sources]
    scenarios = [source.scenario if isinstance(source, Run) else source for source in chosen]
    check_paired(scenarios)
    _check_names(scenarios)
    for scenario in scenarios:
        for label in indicators or ():
            check_label(scenario, label)
    options: dict[str, Any] = {"jobs": jobs, "cluster": cluster, "results": results, "progress": progress}
    new = simulate_each([source for source in chosen if isinstance(source, Scenario)], events=True, **options)
    finished = [source if isinstance(source, Run) else next(new) for source in chosen]
    return _compared(finished, indicators, finished[0].replications, level)


def compare_shared(base: Run, other: Run, indicators: Sequence[str] | None = None) -> Comparison:
    """As `compare`, over the first replications that both runs have: for a run that is still in progress.

    Replications are numbered from 0 in every run, so that those of the same number have common random numbers. Raises
    UserError for runs with another seed, first day, horizon or procedure, or that share draws of the uncertain
    parameters differently.
    """
    check_paired((base.scenario, other.scenario), [name for name in PAIRED if name != "replications"])
    return _compared((base, other), indicators, min(base.replications, other.replications), LEVEL)


def _check_number(runs: Sequence[object]) -> None:
    if len(runs) < 2:
        raise UserError("a comparison needs at least two scenarios; the others are compared with the first")


def _check_as_run(base: Scenario, **wanted: int | None) -> None:
    """Raise UserError if a finished run is to be compared with other numbers than it has."""
    for name, value in wanted.items():
        if value not in {None, getattr(base, name)}:
            message = f"{name} {value}: the first run is finished and has {getattr(base, name)}"
            raise UserError(f"{message}; give its scenario instead to run it again")


def _check_names(scenarios: Sequence[Scenario]) -> None:
    names = [scenario.name for scenario in scenarios]
    if len(set(names)) < len(names):
        raise UserError(f"two of the scenarios have the same name: {', '.join(names)}; give each a `name` of its own")


def _compared(runs: Sequence[Run], indicators: Sequence[str] | None, replications: int, level: float) -> Comparison:
    """The comparison over the first replications."""
    base, *others = (values_of(run, indicators, replications) for run in runs)
    labels = [label for label in base if all(label in other for other in others)]
    per_draw, family_level = runs[0].scenario.replications_per_draw, 1 - (1 - level) / len(others)
    rows = []
    for run, other in zip(runs[1:], others, strict=True):
        for label in labels:
            if base[label].defined and other[label].defined:
                row = _row(base[label], other[label], per_draw, family_level)
                rows.append({"scenario": run.scenario.name, **row})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["p_adjusted"] = holm(table["p"].to_numpy(dtype=np.float64))
    return Comparison(tuple(runs), table, level)


def _row(base: IndicatorValues, other: IndicatorValues, per_draw: int, level: float) -> dict[str, Any]:
    """The columns of one indicator in two scenarios, but for the scenario's name and the adjusted p-value."""
    from scipy.special import stdtr

    difference = other.less(base, per_draw, level)
    if not (other.array - base.array).any():  # a t-test of zeros has no p-value
        p = 1.0
    else:
        score = abs(difference.value) / difference.error if difference.error else np.inf
        p = 2 * float(stdtr(max(difference.draws - 1, 1), -score))
    reduction = _variance_reduction(base, other, per_draw, difference.error)
    return {
        "indicator": base.label,
        "title": base.title,
        "unit": base.unit,
        "base": float(base.array.mean()),
        "value": float(other.array.mean()),
        "difference": difference.value,
        "low": difference.low,
        "high": difference.high,
        "p": p,
        "variance_reduction": reduction,
        "independent_replications": reduction * len(base.array) if np.isfinite(reduction) else np.inf,
    }


def _variance_reduction(base: IndicatorValues, other: IndicatorValues, per_draw: int, error: float) -> float:
    """The variance of the difference between independent runs, over that of the paired difference."""
    one, two = by_draw(base.array, per_draw), by_draw(other.array, per_draw)
    independent = float(one.var(ddof=1) + two.var(ddof=1)) / len(one) if len(one) > 1 else np.nan
    if not error:
        return np.inf if independent else np.nan
    return independent / error**2


def holm(p: Floats) -> Floats:
    """P-values adjusted for their number, so that the probability of any false alarm is bounded (Holm, 1979)."""
    order = np.argsort(p)
    raised = np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p)))) if len(p) else p
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted


def significant(table: pd.DataFrame, alpha: float = 1 - LEVEL, least: float = 0.01) -> pd.DataFrame:
    """The rows of a comparison whose difference is significant by the adjusted p-value and at least 1% of the base.

    With many replications differences become significant that nobody would notice, hence the second condition.
    """
    size = table["difference"].abs() >= least * table["base"].abs()
    return table[(table["p_adjusted"] < alpha) & size & (table["difference"] != 0)]
