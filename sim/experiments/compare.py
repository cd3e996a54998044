"""Scenarios side by side: paired differences of the same replications, by common random numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from sim.errors import UserError
from sim.results.intervals import LEVEL, by_draw
from sim.results.measures import Measure, measures
from sim.results.run import Run
from sim.results.summary import Floats
from sim.scenario.schema import Scenario

Adjustment = Literal["holm", "bonferroni"]

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
    "p_adjusted": "the same, adjusted for all rows of the table",
    "variance_reduction": "variance of the difference with independent seeds, over the one reached",
    "independent_replications": "replications that independent seeds would have needed for an interval as narrow",
}
"""The columns of a comparison with their meaning."""

PAIRED = ("seed", "replications", "replications_per_draw")
"""What runs must have in common so that the same replication of each has the same luck."""


def pairable(scenario: Scenario, first: Scenario) -> Scenario:
    """A scenario with the seed and the numbers of replications of the one that it is to be compared with."""
    return scenario.model_copy(update={what: getattr(first, what) for what in PAIRED})


def compare(
    runs: Sequence[Run],
    indicators: Sequence[str] | None = None,
    *,
    adjust: Adjustment = "holm",
    level: float = LEVEL,
) -> pd.DataFrame:
    """Paired differences of every indicator between each run and the first: one row each, columns as in `COLUMNS`.

    The runs must have the same seed and numbers of replications: then the same replication of two scenarios has the
    same cases with the same luck (common random numbers; Law, section 11.2), and differences are paired. `indicators`:
    labels, all that every run has if not given. `adjust`: how p-values are adjusted for their number (Holm, 1979, or
    Bonferroni). Raises UserError for runs that cannot be paired.
    """
    _check_paired(runs, PAIRED)
    return _differences(runs, indicators, runs[0].replications, adjust, level)


def compare_what_both_have(
    base: Run, other: Run, indicators: Sequence[str] | None = None, *, adjust: Adjustment = "holm", level: float = LEVEL
) -> pd.DataFrame:
    """As `compare`, over the first replications that both runs have: for a run that is still going on.

    Replications are numbered from 0 in every run, so that the same number is the same luck. Raises UserError for runs
    that have another seed, or share draws of the uncertain parameters differently.
    """
    runs = (base, other)
    _check_paired(runs, [what for what in PAIRED if what != "replications"])
    both = min(run.replications for run in runs)
    return _differences(runs, indicators, both, adjust, level)


def _differences(
    runs: Sequence[Run], indicators: Sequence[str] | None, replications: int, adjust: Adjustment, level: float
) -> pd.DataFrame:
    """The differences of each run to the first over the first replications."""
    base, *others = ({k: m.first(replications) for k, m in measures(run.summary).items()} for run in runs)
    labels = [label for label in indicators or base if all(label in other for other in (base, *others))]
    per_draw, family = runs[0].scenario.replications_per_draw, len(others)
    rows = []
    for run, other in zip(runs[1:], others, strict=True):
        for label in labels:
            pair = Pair(base[label], other[label], per_draw)
            if pair.known:
                rows.append((run.scenario.name, *pair.row(1 - (1 - level) / family)))
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "p_adjusted"])
    table.insert(list(COLUMNS).index("p_adjusted"), "p_adjusted", adjusted(table["p"].to_numpy(), adjust))
    return table


def _check_paired(runs: Sequence[Run], equal: Sequence[str]) -> None:
    if len(runs) < 2:
        raise UserError("a comparison needs at least two scenarios")
    first = runs[0].scenario
    for run in runs[1:]:
        for what in equal:
            ours, theirs = getattr(first, what), getattr(run.scenario, what)
            if ours != theirs:
                message = f"{run.scenario.name} has {what} {theirs} and {first.name} has {ours}"
                raise UserError(f"{message}: only equal ones can be paired")


class MeanDifference(NamedTuple):
    """A mean of paired differences, its standard error, and the degrees of freedom of Student's t for it."""

    mean: float
    error: float
    freedom: int


def mean_difference(differences: Floats) -> MeanDifference:
    """The mean of paired differences, shape (draws of the parameters,); of a single one the error is infinite."""
    count = len(differences)
    if count < 2:
        return MeanDifference(float(differences.mean()), np.inf, 1)
    return MeanDifference(float(differences.mean()), float(differences.std(ddof=1) / np.sqrt(count)), count - 1)


@dataclass(frozen=True)
class Pair:
    """One indicator in two scenarios."""

    base: Measure
    other: Measure
    per_draw: int

    @property
    def known(self) -> bool:
        """Whether both have a value."""
        return not (np.isnan(self.base.values()).any() or np.isnan(self.other.values()).any())

    def row(self, level: float) -> tuple[object, ...]:
        """The columns of a comparison from `indicator` to `independent_replications`, without `p_adjusted`."""
        from scipy.special import stdtr, stdtrit

        base, value = (by_draw(m.values(), self.per_draw) for m in (self.base, self.other))
        difference = value - base
        found = mean_difference(difference)
        half = float(stdtrit(found.freedom, (1 + level) / 2)) * found.error
        same = not difference.any()
        p = 1.0 if same else 0.0 if not found.error else 2 * float(stdtr(found.freedom, -abs(found.mean) / found.error))
        reduction = self._reduction(base, value, found)
        definition = self.base.definition
        return (
            self.base.label, self.base.title, definition.unit, float(base.mean()), float(value.mean()), found.mean,
            found.mean - half, found.mean + half, p, reduction,
            reduction * len(self.base.over) if np.isfinite(reduction) else np.inf,
        )  # fmt: skip

    def _reduction(self, base: Floats, value: Floats, found: MeanDifference) -> float:
        """The variance of the difference of independent runs over that of the one found."""
        independent = float(base.var(ddof=1) + value.var(ddof=1)) / len(base) if len(base) > 1 else np.nan
        if not found.error:
            return np.inf if independent else np.nan
        return independent / found.error**2


def adjusted(p: Floats, how: Adjustment) -> Floats:
    """P-values adjusted for their number so that the chance of any false alarm is bounded (Holm, 1979; Bonferroni)."""
    count = len(p)
    if how == "bonferroni" or not count:
        return np.minimum(p * count, 1.0)
    order = np.argsort(p)
    raised = np.minimum(np.maximum.accumulate(p[order] * (count - np.arange(count))), 1.0)
    found = np.empty(count)
    found[order] = raised
    return found


def important(table: pd.DataFrame, alpha: float = 1 - LEVEL, least: float = 0.01) -> pd.DataFrame:
    """The rows whose difference is sure (adjusted p-value) and matters: at least so large a share of the base."""
    size = table["difference"].abs() >= least * table["base"].abs()
    return table[(table["p_adjusted"] < alpha) & size & (table["difference"] != 0)]
