"""Durations whose ends were not all seen: the product-limit estimate and what is read off it.

A duration is a pair (days, whether its end was seen), and one that began before it was observed enters late: it was at
risk only from the age that it had then (left truncation).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.results.summary import CENSORED, ENDED, ENDED_AGE, LATE, MICRO, OTHERWISE, OTHERWISE_AGE, Counts, Floats

ROUNDING = 1.0 + 1e-12
"""Ages are compared with bounds such as a target's up to the rounding of their sums."""


def kaplan_meier(duration: Floats, observed: NDArray[np.bool_], entry: Floats | None = None) -> tuple[Floats, Floats]:
    """The product-limit estimate of the survival function: the times of its steps and its value after each.

    `entry`: age from which each was at risk (default 0). Kaplan and Meier (1958); with late entry, Tsai, Jewell and
    Wang (1987).
    """
    times, events = np.unique(duration[observed], return_counts=True)
    exits = np.sort(duration)
    at_risk = len(exits) - np.searchsorted(exits, times, side="left")
    if entry is not None:
        at_risk -= len(entry) - np.searchsorted(np.sort(entry), times, side="left")
    return times, _product_limit(events, at_risk)


def _product_limit(events: Counts, at_risk: Counts) -> Floats:
    return np.cumprod(1.0 - events / np.maximum(at_risk, 1), dtype=np.float64)


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
    """A survival curve from durations counted by age: at each age with ends, in days, the numbers that matter there.

    `ends` are those meant, `others` other ends, which compete; `survival` is what no end of either kind has reached.
    """

    age: Floats
    ends: Counts
    others: Counts
    at_risk: Counts
    survival: Floats

    def told(self, least: float) -> "Curve":
        """The curve up to where at least so many are at risk."""
        told = self.at_risk >= least
        return Curve(self.age[told], self.ends[told], self.others[told], self.at_risk[told], self.survival[told])

    def incidence(self, within: float) -> float:
        """The share that has ended as meant within so many days (Aalen and Johansen, 1978)."""
        before = np.concatenate([[1.0], self.survival[:-1]])
        hits = before * self.ends / np.maximum(self.at_risk, 1)
        return float(hits[self.age <= within * ROUNDING].sum())


def curve(counts: Counts) -> Curve:
    """The survival curve of durations counted by age (see `sim.results.summary`).

    Durations of one age class end together, after those that come under observation in it; its age is their mean.
    """
    ends, others = counts[ENDED], counts[OTHERWISE]
    gone = ends + others + counts[CENSORED]
    still = gone.sum() - np.concatenate([[0], np.cumsum(gone)[:-1]])
    late = counts[LATE].sum() - np.concatenate([[0], np.cumsum(counts[LATE])[:-1]])
    at_risk, seen = still - late, (ends + others) > 0
    ages = (counts[ENDED_AGE] + counts[OTHERWISE_AGE])[seen] / MICRO / (ends + others)[seen]
    return Curve(ages, ends[seen], others[seen], at_risk[seen], _product_limit((ends + others)[seen], at_risk[seen]))
