"""Durations whose ends were not all seen: survival curves, what is read off them, and how sure that is.

A duration that was in progress when observation began enters late: it was at risk only from the age that it had then
(left truncation). One that was in progress at the horizon is censored: it counts as far as it was seen.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.results.statistics import mean_interval
from sim.results.summary import CENSORED, ENDED, OTHERWISE, Floats

ROUNDING = 1.0 + 1e-12
"""A little more than the relative rounding of sums of days."""
REACHED = 1e-9
"""A curve has come down to a value if it is this close to it, as its products are rounded."""
ENOUGH_AT_RISK = 0.02
"""Share of the durations that must still be observed at an age for a quantile at that age to be given."""
Ints = NDArray[np.integer]


def beyond(age: float) -> float:
    """An age in days that no rounding takes an equal one above: so a target of 365 days is met on day 365."""
    return age * ROUNDING


class Spells(NamedTuple):
    """Durations one by one, as they were observed.

    `days`: how long each was, as far as it was seen. `end`: how it was seen to end: ENDED, OTHERWISE or CENSORED.
    `entry`: the age at which it came under observation. `replication`: its replication, counted from 0.
    """

    days: Floats
    end: Ints
    entry: Floats
    replication: Ints


class Curve(NamedTuple):
    """The survival curves of one or more groups of durations: arrays of shape (groups, steps).

    `age`: ages with ends, in days; a group with fewer steps than others has infinite ones at the end. `ends`: how many
    ended as meant, `others` in another way, which competes; `at_risk`: how many could have. `survival`: the share that
    no end of either kind has reached (Kaplan and Meier, 1958; with late entry, Tsai, Jewell and Wang, 1987).

    Of shape (groups,): `until`, the greatest age at which any was observed, and `size`, the number of durations.
    """

    age: Floats
    ends: Ints
    others: Ints
    at_risk: Ints
    survival: Floats
    until: Floats
    size: Ints

    @property
    def before(self) -> Floats:
        """The survival function just before each age."""
        return np.concatenate([np.ones((len(self.age), 1)), self.survival[:, :-1]], axis=1)

    @property
    def enough(self) -> NDArray[np.bool_]:
        """At which ages so many are at risk that quantiles are given."""
        enough: NDArray[np.bool_] = self.at_risk >= np.maximum(ENOUGH_AT_RISK * self.size, 1)[:, None]
        return enough

    def quantile(self, p: float) -> Floats:
        """The age by which a share p has ended, of each group; infinite if the curve does not come down so far."""
        reached = (self.survival <= 1.0 - p + REACHED) & self.enough
        ages: Floats = np.where(reached, self.age, np.inf).min(axis=1, initial=np.inf)
        return ages

    def incidence(self, within: float) -> Floats:
        """The share that has ended as meant within so many days, of each group (Aalen and Johansen, 1978).

        NaN where none was observed for so long, unless all had ended before.
        """
        hits = np.where(self.age <= beyond(within), self.before * self.ends / np.maximum(self.at_risk, 1), 0.0)
        seen = (self.until * ROUNDING >= within) | (self.survival.min(axis=1, initial=1.0) <= REACHED)
        return np.where(seen, hits.sum(axis=1), np.nan)


def curves(spells: Spells, groups: int = 1) -> Curve:
    """The survival curves of groups of durations: of each replication, or of all together if there is one group.

    Who enters at the age of an end is at risk only after it.
    """
    days, end, entry, replication = spells
    group = replication if groups > 1 else np.zeros(len(days), dtype=np.int64)
    ages, rank = np.unique(days, return_inverse=True)
    width = len(ages) + 1
    key = group * width + rank  # orders durations by group, then by age
    late = entry > 0
    after = np.searchsorted(ages, entry[late], side="right") - 1  # the last age at which each is not yet at risk
    not_yet = np.sort((group[late] * width + after)[after >= 0])
    steps, at = np.unique(key[end != CENSORED], return_inverse=True)
    row = steps // width

    def from_here_on(keys: Ints) -> Ints:
        """How many of these are of the group and age of a step, or of the group and a later age."""
        return np.searchsorted(keys, (row + 1) * width) - np.searchsorted(keys, steps)

    at_risk = from_here_on(np.sort(key)) - from_here_on(not_yet)
    how = end[end != CENSORED]
    ends, others = (np.bincount(at[how == kind], minlength=len(steps)) for kind in (ENDED, OTHERWISE))
    position = np.arange(len(steps)) - np.searchsorted(row, row)
    shape = (groups, int(position.max(initial=-1)) + 1)

    def by_group(values: NDArray[Any], fill: float) -> NDArray[Any]:
        table = np.full(shape, fill, dtype=values.dtype)
        table[row, position] = values
        return table

    hazard = by_group((ends + others) / np.maximum(at_risk, 1), 0.0)
    until, size = np.zeros(groups), np.bincount(group, minlength=groups)
    np.maximum.at(until, group, days)
    ended, otherwise, at_risk = (by_group(counts, 0) for counts in (ends, others, at_risk))
    survival: Floats = np.cumprod(1.0 - hazard, axis=1, dtype=np.float64)
    return Curve(by_group(ages[steps % width], np.inf), ended, otherwise, at_risk, survival, until, size)


def share_by_replication(spells: Spells, within: float, replications: int) -> Floats:
    """One value for each replication whose mean is the share that has ended as meant within so many days.

    The variance of the mean is that of the estimate, to first order: each duration counts by the derivative of the
    estimate with respect to its weight (infinitesimal jackknife; Efron, The Jackknife, the Bootstrap and Other
    Resampling Plans, 1982, chapter 6). All NaN if the share is unknown.
    """
    steps = curves(spells)
    effects = np.bincount(spells.replication, _influence(steps, within, spells), replications)
    values: Floats = steps.incidence(within)[0] + replications * effects
    return values


def _influence(steps: Curve, within: float, spells: Spells) -> Floats:
    """The derivative of the share that has ended as meant by the weight of each duration; over all they add up to 0.

    An end lowers the survival at all later ages, and so the share still to come; one that is meant adds to the share.
    Who is at risk has the expected part of both taken off at each step that it lives to see.
    """
    inside = steps.age[0] <= beyond(within)
    age, ends, others, at_risk, survival, before = (
        column[0, inside]
        for column in (steps.age, steps.ends, steps.others, steps.at_risk, steps.survival, steps.before)
    )
    direct = before / np.maximum(at_risk, 1)
    to_come = np.cumsum((direct * ends)[::-1])[::-1] - direct * ends
    indirect = np.where(survival > 0, -to_come / np.maximum(at_risk - ends - others, 1), 0.0)
    expected = (direct * ends + indirect * (ends + others)) / np.maximum(at_risk, 1)
    taken_off = np.concatenate([[0.0], np.cumsum(expected)])
    first = np.where(spells.entry > 0, np.searchsorted(age, spells.entry, side="right"), 0)
    last = np.searchsorted(age, spells.days, side="right")
    effects: Floats = taken_off[first] - taken_off[last]
    ended = (spells.end != CENSORED) & (spells.days <= beyond(within))
    meant = ended & (spells.end == ENDED)
    effects[ended] += indirect[last[ended] - 1]
    effects[meant] += direct[last[meant] - 1]
    return effects


def quantile_by_replication(spells: Spells, p: float, replications: int, per_draw: int) -> Floats:
    """One value for each replication whose mean is the age by which a share p has ended; all NaN if that is unknown.

    The error of the share at this age over the density there (Woodruff, 1952; for censored durations, Brookmeyer and
    Crowley, 1982). The density is the slope of the curve over four standard errors of the share to either side; nearer
    ones follow every step of the curve, and the intervals then hold the truth too seldom. Where ages coincide, as those
    of fixed terms do, there is no error.
    """
    ended = spells._replace(end=np.where(spells.end == OTHERWISE, ENDED, spells.end))
    steps = curves(ended)
    age = steps.quantile(p)[0]
    if not np.isfinite(age):
        return np.full(replications, np.nan)
    effects = np.bincount(spells.replication, _influence(steps, age, ended), replications)
    errors: Floats = np.asarray(replications * effects, dtype=np.float64)
    reach = 4 * mean_interval(errors, per_draw).error
    low, high = max(p - reach, 0.0), min(p + reach, 1.0)
    youngest, oldest = steps.quantile(low)[0], steps.quantile(high)[0]
    if np.isinf(oldest):
        oldest, high = age, p
    slope = (oldest - youngest) / (high - low) if high > low else 0.0
    values: Floats = age - slope * errors
    return values


def restricted_mean(ages: Floats, survival: Floats, until: float) -> float:
    """The area under a survival curve up to `until`: the mean duration, counted at most so far."""
    inside = ages < until
    steps = np.concatenate([[0.0], ages[inside], [until]])
    return float(np.dot(np.diff(steps), np.concatenate([[1.0], survival[inside]])))
