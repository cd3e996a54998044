"""Sensitivity indices from function values: which inputs matter, whatever the function is.

Inputs are points in the unit cube, the quantiles of the inputs' distributions. A function value is a row of
replications whose mean is meant: R noisy values, the same luck behind the r-th value at every point (a function
without noise has R = 1). What is decomposed is the expected value as a function of the inputs. The noise that is left
in the means is estimated from the replications and taken out of variances, so that it is not mistaken for influence.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.errors import UserError
from sim.results.intervals import LEVEL
from sim.results.summary import Floats

SEED = 20110601
"""Of designs and of the bootstrap: the same call gives the same indices."""
RESAMPLES = 2000
"""Of the bootstrap."""
SHORTEST_STEP = 0.25
"""Of a radial design, as a share of an input's range."""

Statistic = Callable[[Floats, Floats], Floats]
"""Gives the indices, (resamples, indices), of values (columns, points, replications), weights (resamples, points)."""


def radial_design(inputs: int, points: int) -> Floats:
    """Base points, and from each one step along every input: (points, 1 + inputs, inputs), in the unit cube.

    Campolongo, Saltelli and Cariboni (2011), Computer Physics Communications 182: base points and ends of steps are
    the halves of Sobol points of twice the dimension. The points are scrambled, so that no step has the length zero
    (the paper shifts the rows instead), and a step shorter than SHORTEST_STEP is turned by half the range, because the
    noise of a quotient grows as its step shrinks. Raises UserError for less than two points.
    """
    if points < 2:
        raise UserError(f"{points} points: elementary effects want at least two, to say how they differ")
    base, end = np.split(_sobol_points(2 * inputs, points), 2, axis=1)
    end = np.where(np.abs(end - base) < SHORTEST_STEP, (end + 0.5) % 1.0, end)
    design = np.repeat(base[:, None, :], 1 + inputs, axis=1)
    for i in range(inputs):
        design[:, 1 + i, i] = end[:, i]
    return design


def saltelli_design(inputs: int, points: int) -> Floats:
    """The points A and B, and A with one column of B for each input: (2 + inputs, points, inputs), in the unit cube.

    Saltelli et al. (2010), Computer Physics Communications 181. Raises UserError unless `points` is a power of two,
    without which Sobol points have no balance.
    """
    if points < 2 or points & (points - 1):
        raise UserError(f"{points} points: Sobol indices want a power of two, such as {power_of_two(points)}")
    a, b = np.split(_sobol_points(2 * inputs, points), 2, axis=1)
    design = np.repeat(a[None], 2 + inputs, axis=0)
    design[1] = b
    for i in range(inputs):
        design[2 + i, :, i] = b[:, i]
    return design


def power_of_two(points: int) -> int:
    """The power of two that is at least `points`, and at least 2."""
    return 1 << max(points - 1, 1).bit_length()


def _sobol_points(dimensions: int, points: int) -> Floats:
    """The first scrambled Sobol points, always the same: (points, dimensions)."""
    from scipy.stats import qmc

    sampler = qmc.Sobol(dimensions, rng=SEED)
    found: Floats = sampler.random_base2((power_of_two(points) - 1).bit_length())[:points]
    return found


class Interval(NamedTuple):
    """Indices with their confidence intervals, one of each for every input."""

    value: Floats
    low: Floats
    high: Floats


class Effects(NamedTuple):
    """Morris's elementary effects: of each input, the change of the output per range of the input's quantiles.

    `mu`: mean effect; `mu_star`: mean size of the effects, with its interval; `sigma`: their standard deviation, noise
    taken out: what is not linear or depends on other inputs; `noise`: the `mu_star` that noise alone would give.
    """

    mu: Interval
    mu_star: Interval
    sigma: Floats
    noise: Floats


def elementary_effects(design: Floats, values: Floats, level: float = LEVEL) -> Effects:
    """Morris's measures of each input.

    `design`: see `radial_design`; `values`: (points, 1 + inputs, replications). Intervals: see `_with_interval`.
    """
    steps = np.diagonal(design[:, 1:], axis1=1, axis2=2) - design[:, 0]
    effects = (values[:, 1:] - values[:, :1]) / steps[:, :, None]
    columns = effects.transpose(1, 0, 2)
    mean = columns.mean(axis=2)
    error = _noise(columns, columns)  # squared standard errors of the effects
    spread = mean.var(axis=1, ddof=1)
    return Effects(
        _with_interval(_mean_effects, columns, level),
        _with_interval(_mean_sizes, columns, level),
        np.sqrt(np.maximum(spread - error.mean(axis=1), 0.0)),
        np.sqrt(2 / np.pi) * np.sqrt(error).mean(axis=1),  # the mean size of a normal error
    )


def _mean_effects(columns: Floats, weights: Floats) -> Floats:
    found: Floats = weights @ columns.mean(axis=2).T
    return found


def _mean_sizes(columns: Floats, weights: Floats) -> Floats:
    found: Floats = weights @ np.abs(columns.mean(axis=2)).T
    return found


class Shares(NamedTuple):
    """Sobol indices: shares of the output's variance over the inputs.

    `first`: what each input explains by itself; `total`: what it explains with all its interactions.
    """

    first: Interval
    total: Interval


def sobol_shares(values: Floats, level: float = LEVEL) -> Shares:
    """Sobol indices of each input; NaN where noise explains all differences.

    `values`: (2 + inputs, points, replications) at `saltelli_design`. The estimators of Saltelli et al. (2010), table
    2 (b) and (f), as in `scipy.stats.sobol_indices`, to which they are equal where there is no noise; every product
    of two means is freed of what the noise adds to it. Intervals: see `_with_interval`.
    """
    inputs = len(values) - 2
    centred = values - values[:2].mean(axis=(0, 1))
    found = _with_interval(_shares, centred, level)
    return Shares(*(Interval(*(part[where] for part in found)) for where in (slice(inputs), slice(inputs, None))))


def _shares(values: Floats, weights: Floats) -> Floats:
    """First-order and then total indices of each input."""
    a, b, changed = values[0], values[1], values[2:]
    centre = weights @ values[:2].mean(axis=(0, 2))
    variance = weights @ (_product(a, a) + _product(b, b)) / 2 - centre**2
    first = weights @ _product(b, changed - a).T
    total = weights @ _product(changed - a, changed - a).T / 2
    variance = np.where(variance > 0, variance, np.nan)
    return np.concatenate([first, total], axis=1) / variance[:, None]


def _product(one: Floats, other: Floats) -> Floats:
    """The product of two expected values, from their replications along the last axis.

    The product of the means less what their common noise adds: the mean over all pairs of different replications.
    """
    found: Floats = one.mean(axis=-1) * other.mean(axis=-1) - _noise(one, other)
    return found


def _noise(one: Floats, other: Floats) -> Floats:
    """The covariance of the errors of two means over replications; zero if there is but one replication."""
    replications = one.shape[-1]
    if replications == 1:
        return np.zeros(np.broadcast_shapes(one.shape, other.shape)[:-1])
    one, other = one - one.mean(axis=-1, keepdims=True), other - other.mean(axis=-1, keepdims=True)
    found: Floats = (one * other).sum(axis=-1) / (replications - 1) / replications
    return found


def noise_share(values: Floats) -> float:
    """The share of the variance between points that is noise; `values`: (points, replications).

    A two-way table without repetition: what neither the point nor the luck explains, over the replications, against
    the variance of the points' means (Searle, Casella and McCulloch, Variance Components, section 4.7). Zero where
    nothing varies or there is but one replication.
    """
    points, replications = values.shape
    means = values.mean(axis=1)
    between = float(means.var(ddof=1)) if points > 1 else 0.0
    if between <= 0 or replications == 1:
        return 0.0
    rest = values - means[:, None] - values.mean(axis=0) + values.mean()
    noise = float((rest**2).sum()) / ((points - 1) * (replications - 1)) / replications
    return float(min(noise / between, 1.0))


def _with_interval(statistic: Statistic, values: Floats, level: float) -> Interval:
    """A statistic with confidence intervals that say both how few points and how few replications there are.

    A percentile bootstrap over the points (Archer, Saltelli and Sobol, 1997), expanded for few of them (Hesterberg,
    2015, The American Statistician 69, section 5.3), gives the one half-width, a jackknife over the replications, which
    all points share, the other; they are added as independent errors are (Zou and Donner, 2008).
    What points and replications do together is in both, so the intervals hold the truth at least as often as said.
    """
    from scipy.special import ndtr

    points = values.shape[1]
    all_once = np.full((1, points), 1 / points)
    value = statistic(values, all_once)[0]
    weights = np.random.default_rng(SEED).multinomial(points, all_once[0], RESAMPLES) / points
    drawn = statistic(values, weights)
    low, high = np.full((2, *value.shape), np.nan)
    known = np.isfinite(drawn).any(axis=0) & np.isfinite(value)
    beyond = float(ndtr(-np.sqrt(points / (points - 1)) * _student(points - 1, level)))
    if known.any():
        low[known], high[known] = np.nanquantile(drawn[:, known], (beyond, 1 - beyond), axis=0)
    luck = _student(values.shape[2] - 1, level) * _jackknife_error(statistic, values, all_once)
    below, above = np.maximum(value - low, 0.0), np.maximum(high - value, 0.0)
    return Interval(value, value - np.hypot(below, luck), value + np.hypot(above, luck))


def _student(freedom: int, level: float) -> float:
    """How many standard errors an interval reaches either way."""
    from scipy.special import stdtrit

    return float(stdtrit(max(freedom, 1), (1 + level) / 2))


def _jackknife_error(statistic: Statistic, values: Floats, weights: Floats) -> Floats:
    """The standard error of a statistic for want of replications; zero, for nothing is known of it, if there is one."""
    replications = values.shape[2]
    if replications < 2:
        return np.zeros(statistic(values, weights).shape[1])
    without = np.array([statistic(np.delete(values, r, axis=2), weights)[0] for r in range(replications)])
    found: Floats = np.sqrt((replications - 1) * without.var(axis=0))
    return found
