"""How sure a result is: confidence intervals, and the variance split by its sources.

Confidence intervals come from Student's t over independent draws of one value for each replication; ratios, and what is
read off a survival curve (`sim.results.survival`), are linearised first.
"""

from typing import NamedTuple

import numpy as np

from sim.results.summary import Floats

LEVEL = 0.95
"""Of confidence intervals, unless another is asked for."""
CENTRAL = (0.1, 0.9)
"""Quantiles that bound the central 80%."""
DRAWS_PER_INPUT = 5
"""From so many on, weights of inputs can be told from chance."""


class Estimate(NamedTuple):
    """A mean with its confidence interval; `error` is its standard error, `draws` the independent values behind it."""

    value: float
    low: float
    high: float
    error: float
    draws: int

    def within(self, least: float, most: float) -> "Estimate":
        """The interval cut at values beyond which the mean cannot be."""
        return self._replace(low=max(self.low, least), high=min(self.high, most))


def by_draw(values: Floats, per_draw: int) -> Floats:
    """Means over the replications that share a draw of the uncertain parameters, and so are not independent.

    `values`: by replication, along the first axis. The last group may be smaller.
    """
    if per_draw == 1:
        return values
    firsts = np.arange(0, len(values), per_draw)
    sizes = np.diff(np.append(firsts, len(values)))
    means: Floats = np.add.reduceat(values, firsts, axis=0) / sizes.reshape(-1, *[1] * (values.ndim - 1))
    return means


def mean_interval(values: Floats, per_draw: int = 1, level: float = LEVEL) -> Estimate:
    """The mean over replications with its confidence interval; infinite where there are too few.

    Law, Simulation Modeling and Analysis (2015), section 9.4.1; groups that share a draw count as one value each.
    """
    from scipy.special import stdtrit

    value, groups = float(values.mean()), by_draw(values, per_draw)
    if len(groups) < 2:
        return Estimate(value, -np.inf, np.inf, np.inf, len(groups))
    error = float(groups.std(ddof=1) / np.sqrt(len(groups)))
    half = float(stdtrit(len(groups) - 1, (1 + level) / 2)) * error
    return Estimate(value, value - half, value + half, error, len(groups))


def linearised(over: Floats, per: Floats) -> Floats:
    """One value for each replication whose mean is the ratio of the means, and whose variance is that estimate's.

    The ratio of the means, not the mean of the ratios, which is biased. Law, section 9.4; Cochran, Sampling Techniques
    (1977), chapter 6. All NaN for a ratio to nothing.
    """
    mean = per.mean()
    if mean == 0:
        return np.full(len(over), np.nan)
    ratio = over.mean() / mean
    values: Floats = ratio + (over - ratio * per) / mean
    return values


def rank_weights(inputs: Floats, output: Floats, level: float = LEVEL) -> Floats | None:
    """How much an output depends on each of some inputs, which may be correlated: a row (weight, low, high) for each.

    Standardised regression coefficients of ranks, between about -1 and 1 (Saltelli et al., Global Sensitivity Analysis:
    The Primer, 2008, chapter 1), with confidence intervals of least squares. None where something does not vary, or
    with fewer than `DRAWS_PER_INPUT` draws (rows of the inputs) for each input.
    """
    from scipy.special import stdtrit

    draws, number = inputs.shape
    if not number or draws < DRAWS_PER_INPUT * number:
        return None
    ranks = np.column_stack([_ranks(column) for column in (*inputs.T, output)])
    spread = ranks.std(axis=0)
    if not spread.all():
        return None
    ranks = (ranks - ranks.mean(axis=0)) / spread
    matrix, y, free = ranks[:, :-1], ranks[:, -1], draws - number - 1
    if np.linalg.matrix_rank(matrix) < number:
        return None
    weights = np.linalg.lstsq(matrix, y, rcond=None)[0]
    rest = y - matrix @ weights
    errors = np.sqrt(rest @ rest / free * np.diag(np.linalg.inv(matrix.T @ matrix)))
    half = float(stdtrit(free, (1 + level) / 2)) * errors
    return np.column_stack([weights, weights - half, weights + half])


def _ranks(values: Floats) -> Floats:
    """The rank of each value, from 1; equal ones have the mean of theirs."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (times.cumsum() - (times - 1) / 2)[place]
    return ranks


class Split(NamedTuple):
    """The variance of one replication's value: stochastic, and by parameter uncertainty."""

    stochastic: float
    parameter: float
    share_parameter: float
    low: float
    high: float


def variance_split(values: Floats, per_draw: int, level: float = LEVEL) -> Split | None:
    """The variance split by its sources, with a confidence interval of the share of parameter uncertainty.

    One-way analysis of variance with random effects: draws of the parameters are the groups, replications within a
    draw differ stochastically. The interval is exact for normal values (Searle, Casella and McCulloch, Variance
    Components, section 3.6) and an approximation otherwise. None if no two replications share a draw.
    """
    from scipy.special import fdtri

    groups = len(values) // per_draw
    if per_draw < 2 or groups < 2:
        return None
    table = values[: groups * per_draw].reshape(groups, per_draw)
    within = float(table.var(axis=1, ddof=1).mean())
    between = float(per_draw * table.mean(axis=1).var(ddof=1))
    if within + between == 0:
        return Split(0.0, 0.0, 0.0, 0.0, 1.0)
    freedom = (groups - 1, groups * (per_draw - 1))
    ratio = between / within if within else np.inf
    high, low = (_share(ratio / float(fdtri(*freedom, p)), per_draw) for p in ((1 - level) / 2, (1 + level) / 2))
    parameter = max((between - within) / per_draw, 0.0)
    return Split(within, parameter, parameter / (within + parameter), low, high)


def _share(ratio: float, per_draw: int) -> float:
    """The share of the variance between groups that a ratio of mean squares stands for."""
    if np.isinf(ratio):
        return 1.0
    return float(np.clip((ratio - 1) / (ratio - 1 + per_draw), 0.0, 1.0))
