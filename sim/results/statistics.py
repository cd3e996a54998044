"""How sure a result is, and durations whose ends were not all seen.

Confidence intervals come from Student's t over independent draws, for ratios after linearisation and for what is read
off a survival curve after leaving out replications one at a time. A duration that was in progress when observation
began enters late: it was at risk only from the age that it had then (left truncation).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.results.summary import CENSORED, ENDED, OTHERWISE, Floats

LEVEL = 0.95
"""Of confidence intervals, unless another is asked for."""
CENTRAL = (0.1, 0.9)
"""Quantiles that bound the central 80%."""
ROUNDING = 1.0 + 1e-12
"""A little more than the relative rounding of sums of days."""
Ints = NDArray[np.integer]


def beyond(age: float) -> float:
    """An age in days that no rounding takes an equal one above: so a target of 365 days is met on day 365."""
    return age * ROUNDING


class Estimate(NamedTuple):
    """A mean with its confidence interval; `error` is its standard error, `draws` the independent values behind it."""

    value: float
    low: float
    high: float
    error: float
    draws: int


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
    """The mean over replications with its confidence interval; infinite where there are too few to say.

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


def kaplan_meier(duration: Floats, observed: NDArray[np.bool_], entry: Floats | None = None) -> tuple[Floats, Floats]:
    """The product-limit estimate of the survival function: the times of its steps and its value after each.

    `entry`: age from which each was at risk (default 0). Kaplan and Meier (1958); with late entry, Tsai, Jewell and
    Wang (1987).
    """
    end = np.where(observed, ENDED, CENSORED)
    steps = curve(duration, end, np.zeros(len(duration)) if entry is None else entry)
    return steps.age, steps.survival


def survival_quantile(times: Floats, survival: Floats, p: float) -> float:
    """The time by which a share p has ended; infinite if the curve does not come down so far."""
    reached = np.nonzero(survival <= 1.0 - p + 1e-12)[0]
    return float(times[reached[0]]) if len(reached) else np.inf


def restricted_mean(times: Floats, survival: Floats, until: float) -> float:
    """The area under a survival curve up to `until`: the mean duration, counted at most so far."""
    inside = times < until
    steps = np.concatenate([[0.0], times[inside], [until]])
    return float(np.dot(np.diff(steps), np.concatenate([[1.0], survival[inside]])))


class Curve(NamedTuple):
    """A survival curve: at each age with ends, in days, the numbers that matter there.

    `ends` are those meant, `others` other ends, which compete; `survival` is what no end of either kind has reached.
    """

    age: Floats
    ends: Ints
    others: Ints
    at_risk: Ints
    survival: Floats

    def where_at_risk(self, least: float) -> "Curve":
        """The curve up to where at least so many are at risk."""
        enough = self.at_risk >= least
        age, ends, others, at_risk, survival = self
        return Curve(age[enough], ends[enough], others[enough], at_risk[enough], survival[enough])

    def quantile(self, p: float) -> float:
        """The age by which a share p has ended; infinite if the curve does not come down so far."""
        return survival_quantile(self.age, self.survival, p)

    def incidence(self, within: float) -> float:
        """The share that has ended as meant within so many days (Aalen and Johansen, 1978)."""
        before = np.concatenate([[1.0], self.survival[:-1]])
        hits = before * self.ends / np.maximum(self.at_risk, 1)
        return float(hits[self.age <= beyond(within)].sum())


def curve(days: Floats, end: Ints, entry: Floats) -> Curve:
    """The survival curve of durations.

    Parameters
    ----------
    days : each duration, as far as it was observed.
    end : how each was seen to end: ENDED, OTHERWISE, or another number for one that was not.
    entry : the age at which each came under observation. Who enters at the age of an end is at risk only after it.
    """
    ages = np.unique(days[(end == ENDED) | (end == OTHERWISE)])
    left = np.searchsorted(np.sort(days), ages, side="left")
    entered = np.searchsorted(np.sort(entry[entry > 0]), ages, side="left")
    at_risk = len(days) - left - (np.count_nonzero(entry > 0) - entered)
    ends, others = (
        np.bincount(np.searchsorted(ages, days[end == how]), minlength=len(ages)) for how in (ENDED, OTHERWISE)
    )
    survival = np.cumprod(1.0 - (ends + others) / np.maximum(at_risk, 1), dtype=np.float64)
    return Curve(ages, ends, others, at_risk, survival)


class Tallies(NamedTuple):
    """Durations of each replication counted between bounds of age, to estimate curves of subsets of replications.

    `bounds`: ages, the first 0, shape (bins + 1,). `ends`, `others`, `at_risk`: shape (replications, bins); `at_risk`
    is the exposure in each bin over its width, so that late entries and censoring within a bin count by their part.
    """

    bounds: Floats
    ends: Floats
    others: Floats
    at_risk: Floats


def tally(
    days: Floats, end: Ints, entry: Floats, replication: Ints, replications: int, within: float | None = None
) -> Tallies:
    """Durations counted by replication, between as many bounds as they can support.

    The number of bins grows with the cube root of the number of ends, as that of a histogram that estimates a density
    does (Freedman and Diaconis, 1981). `within`: an age that shall be a bound.
    """
    seen = np.sort(days[end == ENDED]) if (end == ENDED).any() else np.array([1.0])
    bins = int(np.clip(2 * len(seen) ** (1 / 3), 4, 200))
    inner = np.quantile(seen, np.linspace(0, 1, bins + 1)[1:])
    bounds = np.unique(np.concatenate([[0.0], inner, [] if within is None else [beyond(within)]]))
    bounds = bounds if len(bounds) > 1 else np.array([0.0, 1.0])  # all ends at the age 0
    size = len(bounds) - 1
    at = np.maximum(np.searchsorted(bounds, days, side="left") - 1, 0)

    def count(how: int) -> Floats:
        rows = (end == how) & (at < size)
        cells = np.bincount(replication[rows] * size + at[rows], minlength=replications * size)
        return cells.reshape(replications, size).astype(np.float64)

    exposure = _time_below(days, bounds, replication, replications) - _time_below(
        entry, bounds, replication, replications
    )
    at_risk = np.diff(exposure, axis=1) / np.diff(bounds)
    return Tallies(bounds, count(ENDED), count(OTHERWISE), at_risk)


def _time_below(days: Floats, bounds: Floats, replication: Ints, replications: int) -> Floats:
    """The sum of min(days, bound) over each replication: shape (replications, bounds)."""
    size = len(bounds)
    at = np.searchsorted(bounds, days, side="left")  # the first bound that is not below
    shape = (replications, size + 1)
    cell = replication * (size + 1) + at
    number = np.bincount(cell, minlength=replications * (size + 1)).reshape(shape).astype(np.float64)
    total = np.bincount(cell, days, replications * (size + 1)).reshape(shape)
    reached = np.cumsum(total, axis=1)[:, :size]
    beyond = number.sum(axis=1, keepdims=True) - np.cumsum(number, axis=1)[:, :size]
    below: Floats = reached + beyond * bounds
    return below


def sparsity(curve: Curve, p: float, durations: int) -> float:
    """The slope of the quantile function at p, in days per share: one over the density there.

    Siddiqui's estimate, a difference quotient of quantiles, at the distance of Hall and Sheather (1988); see Koenker,
    Quantile Regression (2005), section 3.4.1. It is one-sided where the curve does not come down so far.
    """
    from scipy.special import ndtri

    z, height = float(ndtri(p)), float(np.exp(-(ndtri(p) ** 2) / 2) / np.sqrt(2 * np.pi))
    width = durations ** (-1 / 3) * float(ndtri(0.975)) ** (2 / 3) * (1.5 * height**2 / (2 * z**2 + 1)) ** (1 / 3)
    width = min(width, 0.95 * p, 0.95 * (1 - p))
    low, middle, high = (curve.quantile(share) for share in (p - width, p, p + width))
    return float((high - low) / (2 * width) if np.isfinite(high) else (middle - low) / width)


def binned_share(counts: Tallies, age: float) -> Floats:
    """The share that has ended in any way by an age that is a bound, of each row of counts."""
    inside = counts.bounds[1:] <= beyond(age)
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.where(counts.at_risk > 0, (counts.ends + counts.others) / counts.at_risk, 0.0)
    share: Floats = -np.expm1(-hazard[:, inside].sum(axis=1))
    return share


def binned_quantile(counts: Tallies, p: float) -> Floats:
    """The age by which a share p has ended, of each row of counts; NaN where the curve does not come down so far.

    Piecewise constant hazards between the bounds (occurrence over exposure), so that it moves smoothly with the data.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = (counts.ends + counts.others) / (counts.at_risk * np.diff(counts.bounds))
    rate = np.where(counts.at_risk > 0, rate, 0.0)
    hazard = np.cumsum(rate * np.diff(counts.bounds), axis=1)
    hazard = np.concatenate([np.zeros((len(hazard), 1)), hazard], axis=1)
    wanted = -np.log1p(-p)
    reached = hazard[:, -1] >= wanted
    after = np.minimum((hazard < wanted).sum(axis=1), hazard.shape[1] - 1)
    row = np.arange(len(hazard))
    low, high = hazard[row, after - 1], hazard[row, after]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = (wanted - low) / (high - low)
    ages = counts.bounds[after - 1] + part * (counts.bounds[after] - counts.bounds[after - 1])
    return np.where(reached, ages, np.nan)


def binned_incidence(counts: Tallies, within: float) -> Floats:
    """The share that has ended as meant within so many days, of each row of counts (piecewise constant hazards)."""
    inside = counts.bounds[1:] <= beyond(within)
    at_risk = np.maximum(counts.at_risk[:, inside], 1e-300)
    ends, others = counts.ends[:, inside], counts.others[:, inside]
    both = (ends + others) / at_risk
    before = np.exp(-np.concatenate([np.zeros((len(both), 1)), np.cumsum(both, axis=1)[:, :-1]], axis=1))
    gone = before * -np.expm1(-both)
    with np.errstate(divide="ignore", invalid="ignore"):
        meant = np.where(ends + others > 0, ends / (ends + others), 0.0)
    share: Floats = (gone * meant).sum(axis=1)
    observed = counts.at_risk.sum(axis=1) > 0
    return np.where(observed, share, np.nan)


def without_each(counts: Tallies) -> Tallies:
    """Of each replication the counts of all the others."""
    return counts._replace(
        ends=counts.ends.sum(axis=0) - counts.ends,
        others=counts.others.sum(axis=0) - counts.others,
        at_risk=np.maximum(counts.at_risk.sum(axis=0) - counts.at_risk, 0.0),
    )


def pseudo_values(value: float, without: Floats) -> Floats:
    """One value for each replication whose mean is an estimate and whose variance is the estimate's.

    Jackknife pseudo-values (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11), moved so that
    their mean is `value`, the estimate from all replications. `without`: the estimate without each replication.
    """
    values: Floats = value - (len(without) - 1) * (without - without.mean())
    return values
