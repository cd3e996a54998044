"""How good forecasts of a time were: proper scores, coverage and PIT, with truths that may lie beyond the last day.

A forecast is the probability that something has come by each day from 1 to the last one, on which the truth is looked
up: an array F of that length, which need not come up to 1 (it may come later, or never). The truth is a day, or
infinite: not by the last day, which is all that is known then (right-censored).
"""

from typing import NamedTuple

import numpy as np

from sim.results.summary import Floats

LEVELS = (0.5, 0.8, 0.95)
"""Central intervals whose coverage is told."""
FEWEST_CLUSTERS = 5
"""With fewer, nobody can tell how much the mean would vary."""
RESAMPLES = 2000
"""Of the bootstrap."""


def brier(forecast: Floats, truth: float) -> float:
    """The squared error of the probability that it comes by the last day (Brier 1950): 0 is best, a coin has 0.25."""
    return float((forecast[-1] - (truth <= len(forecast))) ** 2)


def censored_crps(forecast: Floats, truth: float) -> float:
    """The mean over days of the squared error of the probability that it has come by then: 0 is best, 1 worst.

    The continuous ranked probability score up to the last day, over its length: CRPS for censored times (Avati et al.
    2020), also known as the integrated Brier score. The same last day for all truths makes it the threshold-weighted
    CRPS, which is proper (Gneiting and Ranjan 2011): nothing is gained by saying what one does not believe.
    """
    days = np.arange(1, len(forecast) + 1)
    return float(((forecast - (days >= truth)) ** 2).mean())


class Pit(NamedTuple):
    """Where the truth lies in the forecast: between two probabilities.

    Of a day: the probabilities before it and up to it; of a truth beyond the last day: from what the forecast gives
    until then to 1.
    """

    low: float
    high: float

    def within(self, low: float, high: float) -> float:
        """The share of the range that lies between two probabilities: 1 or 0 if it is a point.

        Under a true forecast its expectation is high - low, as for the randomised PIT (Czado, Gneiting and Held 2009).
        """
        if self.high <= self.low:
            return float(low <= self.low <= high)
        return max(min(self.high, high) - max(self.low, low), 0.0) / (self.high - self.low)


def pit(forecast: Floats, truth: float) -> Pit:
    """Where the truth lies in the forecast."""
    if truth > len(forecast):
        return Pit(float(forecast[-1]), 1.0)
    place = max(int(np.ceil(truth)), 1) - 1
    return Pit(float(forecast[place - 1]) if place else 0.0, float(forecast[place]))


def coverage(where: Pit, level: float) -> float:
    """How much of a truth the central interval holds: 1, 0, or between for a truth that is known to a range."""
    return where.within((1 - level) / 2, (1 + level) / 2)


def histogram(low: Floats, high: Floats, bins: int = 10) -> Floats:
    """The PIT histogram: the share of truths in each of so many equal classes; flat for a true forecast."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    counts = [
        np.mean([Pit(a, b).within(edges[k], edges[k + 1]) for a, b in zip(low, high, strict=True)]) for k in range(bins)
    ]
    return np.array(counts)


def quantile(forecast: Floats, p: float) -> float:
    """The first day by which the forecast gives at least p; infinite if none up to the last."""
    reached = np.nonzero(forecast >= p - 1e-12)[0]
    return float(reached[0] + 1) if len(reached) else np.inf


class Interval(NamedTuple):
    """A mean with a 95% confidence interval."""

    mean: float
    low: float
    high: float


def clustered_mean(values: Floats, clusters: list[str], seed: int) -> Interval:
    """The mean with its bootstrap interval, where values of one cluster are not independent.

    Whole clusters are drawn with replacement (Davison and Hinkley 1997, section 3.8); the percentile interval of
    `RESAMPLES` means. With a dozen clusters it is too narrow rather than too wide; with fewer than `FEWEST_CLUSTERS`
    it is infinite.
    """
    names, codes = np.unique(clusters, return_inverse=True)
    if len(names) < FEWEST_CLUSTERS:
        return Interval(float(values.mean()), -np.inf, np.inf)
    sums, sizes = np.bincount(codes, values, len(names)), np.bincount(codes, minlength=len(names))
    drawn = np.random.default_rng(seed).integers(0, len(names), (RESAMPLES, len(names)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(float(values.mean()), float(low), float(high))
