"""Durations whose ends were not all seen: survival curves, what is read off them, and how sure that is.

A duration that was in progress when observation began enters late: it was at risk only from the age that it had then
(left truncation). One that was in progress at the horizon is censored: it counts as far as it was seen.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.results.statistics import mean_interval
from sim.results.summary import CENSORED, ENDED, OTHERWISE, Floats, latest

REACHED = 1e-9
"""A curve has come down to a value if it is this close to it, as its products are rounded."""
ENOUGH_AT_RISK = 0.02
"""Share of the durations that must be under observation at an age for anything to be told of it and of later ones."""
NEGLIGIBLE = 0.01
"""Share of a mean that the time that nobody was observed for may make up at most."""
MINORITY = 0.5
"""Share of the durations that are seen to be older than all that a curve is of, above which it tells nothing."""
Ints = NDArray[np.integer]


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

    Of shape (groups,): `until`, the greatest age at which any was observed; `size`, the number of durations; `lost`,
    the age after which the curve tells nothing, infinite if there is none; `older`, the share of the durations that are
    seen to be older than that although the curve has come down to 0 (`_lost`).
    """

    age: Floats
    ends: Ints
    others: Ints
    at_risk: Ints
    survival: Floats
    until: Floats
    size: Ints
    lost: Floats
    older: Floats

    @property
    def before(self) -> Floats:
        """The survival function just before each age."""
        return np.concatenate([np.ones((len(self.age), 1)), self.survival[:, :-1]], axis=1)

    @property
    def enough(self) -> NDArray[np.bool_]:
        """At which ages so many are at risk that something is told of them."""
        enough: NDArray[np.bool_] = self.at_risk >= _enough(self.size)[:, None]
        return enough

    @property
    def told(self) -> NDArray[np.bool_]:
        """At which ages quantiles are given: enough are at risk, and were at all earlier ones."""
        told: NDArray[np.bool_] = np.logical_and.accumulate(self.enough, axis=1) & (self.age <= self.lost[:, None])
        return told

    def quantile(self, p: float) -> Floats:
        """The age by which a share p has ended, of each group.

        Infinite if the curve does not come down so far while enough are at risk; NaN if it does by ends of which so few
        were at risk, or that so many are seen to outlive, that nothing is told.
        """
        told, floor = self.told, np.where(self.age < self.lost[:, None], 0.0, self.older[:, None])
        reached = (np.maximum(self.survival, floor) <= 1.0 - p + REACHED) & told
        ages: Floats = np.where(reached, self.age, np.inf).min(axis=1, initial=np.inf)
        return np.where(~told.any(axis=1) & (self.enough.any(axis=1) | (self.lost < 0)), np.nan, ages)

    def incidence(self, within: float) -> Floats:
        """The share that has ended as meant within so many days, of each group (Aalen and Johansen, 1978).

        NaN where the curve does not tell it: none was observed for so long, unless all had ended before.
        """
        hits = np.where(self.age <= latest(within), self.before * self.ends / np.maximum(self.at_risk, 1), 0.0)
        seen = np.minimum(self.until, self.lost)
        ended = _survival_at(seen, self.age, self.survival) <= REACHED
        return np.where((self.lost >= 0) & (ended | (latest(seen) >= within)), hits.sum(axis=1), np.nan)

    def restricted_mean(self, until: float) -> Floats:
        """The mean duration, counted at most so far, of each group: the area under the curve, however few are at risk.

        NaN where the curve does not tell it, unless the part of the area that is not seen can hardly count.
        """
        steps = np.minimum(np.pad(self.age, [(0, 0), (1, 1)], constant_values=(0.0, until)), until)
        area = (np.diff(steps, axis=1) * np.pad(self.survival, [(0, 0), (1, 0)], constant_values=1.0)).sum(axis=1)
        seen = np.minimum(self.until, self.lost)
        unseen = _survival_at(seen, self.age, self.survival) * np.maximum(until - seen, 0.0)
        mean: Floats = np.where((self.lost >= 0) & (unseen <= NEGLIGIBLE * area), area, np.nan)
        return mean


def _enough(size: Ints) -> Floats:
    """How many of so many durations must be under observation."""
    enough: Floats = np.maximum(ENOUGH_AT_RISK * size, 1.0)
    return enough


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
    age = by_group(ages[steps % width], np.inf)
    lost, older = _lost(spells, group, size)
    older = np.where(_survival_at(lost, age, survival) <= REACHED, older, 0.0)
    lost = np.where(older > MINORITY, -np.inf, lost)
    return Curve(age, ended, otherwise, at_risk, survival, until, size, lost, older)


def _survival_at(day: Floats, age: Floats, survival: Floats) -> Floats:
    """The height of the curve of each group at an age of its own."""
    height: Floats = np.where(age <= day[:, None], survival, 1.0).min(axis=1, initial=1.0)
    return height


def _lost(spells: Spells, group: Ints, size: Ints) -> tuple[Floats, Floats]:
    """The age after which each group is lost sight of, and the share of it that is seen to be older.

    None is under observation after it, be it that they ended or that they were not followed longer, while enough others
    are seen to be older, because they come under observation later. Infinite and 0 if there is no such age.
    """
    lost, share = np.full(len(size), np.inf), np.zeros(len(size))
    if not (spells.entry > 0).any():
        return lost, share
    at, whose = np.concatenate([spells.entry, spells.days]), np.concatenate([group, group])
    order = np.lexsort((at, whose))
    at, whose = at[order], whose[order]
    goes = order >= len(group)
    gone = np.cumsum(goes) - (np.cumsum(size) - size)[whose]
    observed, older = np.cumsum(np.where(goes, -1, 1)), size[whose] - gone
    whole = np.append((at[1:] != at[:-1]) | (whose[1:] != whose[:-1]), True)  # all that comes and goes at an age
    empty = np.nonzero(whole & (gone > 0) & (observed == 0) & (older >= _enough(size)[whose]))[0]
    groups, first = np.unique(whose[empty], return_index=True)
    lost[groups] = at[empty[first]]
    share[groups] = older[empty[first]] / size[groups]
    return lost, share


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
    inside = steps.age[0] <= latest(within)
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
    ended = (spells.end != CENSORED) & (spells.days <= latest(within))
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
    if not np.isfinite(oldest):
        oldest, high = age, p
    slope = (oldest - youngest) / (high - low) if high > low else 0.0
    values: Floats = age - slope * errors
    return values
