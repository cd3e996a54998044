"""Sensitivity indices from function values: which inputs matter, whatever the function is.

Inputs are points in the unit cube, the quantiles of the inputs' distributions. The value of the function at a point is
an expected value, estimated by the mean of R replications with common random numbers: the r-th replication of every
point has the same random numbers (a function without noise has R = 1). What these do to all points alike cancels out
of effects and variances; the rest is noise, which is estimated so that it is not mistaken for influence.
"""

from typing import NamedTuple

import numpy as np

from sim.errors import UserError
from sim.results.statistics import LEVEL
from sim.results.summary import Floats

SEED = 20110601
"""Of designs and of the bootstrap: the same call gives the same indices."""
RESAMPLES = 500
"""Of the bootstrap of Sobol indices."""
SHORTEST_STEP = 0.25
"""Of a radial design, as a share of an input's range."""


def radial_design(inputs: int, points: int) -> Floats:
    """Base points, and from each one step along every input: (points, 1 + inputs, inputs), in the unit cube.

    Campolongo, Saltelli and Cariboni (2011), Computer Physics Communications 182: base points and ends of steps are
    the halves of Sobol points of twice the dimension. The points are scrambled, so that no step has the length zero
    (the paper shifts the rows instead), and a step shorter than SHORTEST_STEP is turned by half the range, because the
    noise of a quotient grows as its step shrinks. Raises UserError for less than two points.
    """
    if points < 2:
        raise UserError(f"{points} points: elementary effects need at least two, to show how they differ")
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
        raise UserError(f"{points} points: Sobol indices need a power of two, such as {power_of_two(points)}")
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
    drawn: Floats = sampler.random_base2((power_of_two(points) - 1).bit_length())[:points]
    return drawn


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

    `design`: see `radial_design`; `values`: (points, 1 + inputs, replications).
    """
    steps = np.diagonal(design[:, 1:], axis1=1, axis2=2) - design[:, 0]
    effects = (values[:, 1:] - values[:, :1]) / steps[:, :, None]
    mean = effects.mean(axis=2)
    squared_error = _squared_error(effects)
    spread = mean.var(axis=0, ddof=1)
    sizes = effects * np.sign(mean)[:, :, None]  # their mean over the replications is the size of the mean effect
    return Effects(
        _mean_interval(effects, level),
        _mean_interval(sizes, level),
        np.sqrt(np.maximum(spread - squared_error.mean(axis=0), 0.0)),
        np.sqrt(2 / np.pi) * np.sqrt(squared_error).mean(axis=0),  # the mean size of a normal error
    )


def _mean_interval(effects: Floats, level: float) -> Interval:
    """Means over points and replications, (points, inputs, replications), with intervals that count both.

    Points differ in their effects, and replications, which all points share, in their random numbers: each gives a
    half-width by Student's t, and these are added as independent errors are (Zou and Donner, 2008). What points and
    replications do together is in both, so the intervals hold the true mean at least as often as they say.
    """
    by_point, by_replication = effects.mean(axis=2), effects.mean(axis=0)
    value = by_point.mean(axis=0)
    half = np.hypot(_half_width(by_point, 0, level), _half_width(by_replication, 1, level))
    return Interval(value, value - half, value + half)


def _half_width(values: Floats, axis: int, level: float) -> Floats:
    """Of the confidence interval of the mean along an axis; zero, for nothing is known of it, of a single value."""
    from scipy.special import stdtrit

    count = values.shape[axis]
    if count < 2:
        return np.zeros(values.mean(axis=axis).shape)
    half: Floats = stdtrit(count - 1, (1 + level) / 2) * values.std(axis=axis, ddof=1) / np.sqrt(count)
    return half


def _squared_error(values: Floats) -> Floats:
    """The squared standard errors of means over replications, the last axis; zero with a single replication."""
    replications = values.shape[-1]
    if replications == 1:
        return np.zeros(values.shape[:-1])
    variance: Floats = values.var(axis=-1, ddof=1) / replications
    return variance


class Shares(NamedTuple):
    """Sobol indices: shares of the output's variance over the inputs.

    `first`: what each input explains by itself; `total`: what it explains with all its interactions.
    """

    first: Interval
    total: Interval


def sobol_shares(values: Floats, level: float = LEVEL) -> Shares:
    """Sobol indices of each input, by `scipy.stats.sobol_indices`; NaN where nothing varies.

    `values`: (2 + inputs, points) at `saltelli_design`. Intervals: percentiles of a bootstrap over the points (Archer,
    Saltelli and Sobol, 1997). Noise of the replications is not taken out of them.
    """
    points = values.shape[1]
    drawn = np.random.default_rng(SEED).integers(points, size=(RESAMPLES, points))
    value, resampled = _indices(values), np.array([_indices(values[:, rows]) for rows in drawn])
    low, high = np.quantile(resampled, ((1 - level) / 2, (1 + level) / 2), axis=0)
    first, total = (Interval(value[n], low[n], high[n]) for n in (0, 1))
    return Shares(first, total)


def _indices(values: Floats) -> Floats:
    """First and total indices, (2, inputs)."""
    from scipy.stats import sobol_indices

    inputs, points = len(values) - 2, values.shape[1]
    if np.ptp(values[:2]) == 0 or not np.isfinite(values).all():
        return np.full((2, inputs), np.nan)
    twice = np.repeat(values[:, None], 2, axis=1)  # as two outputs, because scipy fails with one output of one input
    indices = sobol_indices(func={"f_A": twice[0], "f_B": twice[1], "f_AB": twice[2:]}, n=points)
    return np.stack([indices.first_order[0], indices.total_order[0]])


def noise_share(values: Floats) -> float:
    """The share of the variance between points that is noise; `values`: (points, replications).

    A two-way table without repetition: what neither the point nor the replication's random numbers explain, over the
    replications, against the variance of the points' means (Searle, Casella and McCulloch, Variance Components,
    section 4.7). Zero where nothing varies or with a single replication.
    """
    points, replications = values.shape
    means = values.mean(axis=1)
    between = float(means.var(ddof=1)) if points > 1 else 0.0
    if between <= 0 or replications == 1:
        return 0.0
    rest = values - means[:, None] - values.mean(axis=0) + values.mean()
    noise = float((rest**2).sum()) / ((points - 1) * (replications - 1)) / replications
    return float(min(noise / between, 1.0))
