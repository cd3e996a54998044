"""The product-limit estimate against scipy, by hand, and on durations that were truncated or counted by age."""

import numpy as np
import pytest
from scipy import stats

from sim.results import survival
from sim.results.summarise import counted
from sim.results.summary import AGE_RESOLUTION, CENSORED, ENDED, OTHERWISE


@pytest.mark.parametrize("seed", range(5))
def test_kaplan_meier_is_scipys(seed):
    """Without late entry the estimate is that of scipy.stats.ecdf, ties and censored durations included."""
    rng = np.random.default_rng(seed)
    duration = np.round(rng.exponential(20, 200)) + 1
    observed = rng.random(200) < 0.7
    times, curve = survival.kaplan_meier(duration, observed)
    data = stats.CensoredData(uncensored=duration[observed], right=duration[~observed])
    theirs = stats.ecdf(data).sf
    assert curve == pytest.approx(theirs.evaluate(times), abs=1e-12)


def test_kaplan_meier_with_late_entry():
    """By hand: five under observation from ages 0, 0, 3, 5, 0; who enters at 3 is not at risk at 2 nor at 3 itself."""
    duration = np.array([2.0, 4.0, 6.0, 8.0, 4.0])
    observed = np.array([True, True, True, False, False])
    entry = np.array([0.0, 0.0, 3.0, 5.0, 0.0])
    times, curve = survival.kaplan_meier(duration, observed, entry)
    assert times.tolist() == [2, 4, 6]
    # at risk: at 2 the first, second and fifth; at 4 second, third, fifth; at 6 third and fourth
    assert curve == pytest.approx([2 / 3, 2 / 3 * 2 / 3, 2 / 3 * 2 / 3 / 2])


def test_late_entry_at_the_very_age_of_an_end():
    """Who comes under observation at the age at which another ends was not at risk of that end."""
    times, curve = survival.kaplan_meier(np.array([3.0, 5.0]), np.array([True, True]), np.array([0.0, 3.0]))
    assert times.tolist() == [3, 5]
    assert curve.tolist() == [0, 0]


def test_late_entry_is_unbiased():
    """Left-truncated and censored exponential times: the median is that of the distribution, not of the sample seen."""
    rng = np.random.default_rng(1)
    time, entry = rng.exponential(100, 40_000), rng.uniform(0, 150, 40_000) * (rng.random(40_000) < 0.7)
    seen = time > entry
    time, entry = time[seen], entry[seen]
    end = entry + 200
    times, curve = survival.kaplan_meier(np.minimum(time, end), time <= end, entry)
    assert survival.survival_quantile(times, curve, 0.5) == pytest.approx(100 * np.log(2), rel=0.03)
    assert np.median(time) > 85


def test_quantiles_of_a_survival_curve():
    """A quantile is the first time by which the share has ended, infinite where the curve stays above."""
    times, curve = np.array([1.0, 2.0, 3.0]), np.array([0.75, 0.5, 0.25])
    found = [survival.survival_quantile(times, curve, p) for p in (0.1, 0.25, 0.5, 0.75, 0.9)]
    assert found == [1, 1, 2, 3, np.inf]


def test_nobody_ends():
    """Where no end is seen the curve has no steps, quantiles are infinite and the restricted mean is its bound."""
    times, curve = survival.kaplan_meier(np.array([5.0, 7.0]), np.array([False, False]))
    assert len(times) == 0
    assert survival.survival_quantile(times, curve, 0.5) == np.inf
    assert survival.restricted_mean(times, curve, 30) == 30


def test_restricted_mean():
    """Without censoring it is the mean of the durations counted at most so far."""
    rng = np.random.default_rng(2)
    duration = rng.gamma(2, 20, 500)
    times, curve = survival.kaplan_meier(duration, np.ones(500, dtype=bool))
    for until in (10, 40, 1000):
        expected = np.minimum(duration, until).mean()
        assert survival.restricted_mean(times, curve, until) == pytest.approx(expected)


def test_restricted_mean_by_hand():
    """The area under the steps: 1 until 2, then a half until 5."""
    assert survival.restricted_mean(np.array([2.0, 9.0]), np.array([0.5, 0.0]), 5) == 2 + 1.5


# durations counted by age


@pytest.mark.parametrize("seed", range(5))
def test_counting_by_age_changes_next_to_nothing(seed):
    """The curve of counted durations is the product-limit estimate, its quantiles to within the age resolution."""
    rng = np.random.default_rng(seed)
    entry = rng.uniform(0, 30, 5000) * (rng.random(5000) < 0.3)
    time, end = rng.lognormal(4, 0.8, 5000), entry + rng.uniform(50, 400, 5000)
    seen = time > entry
    time, end, entry = time[seen], end[seen], entry[seen]
    observed = time <= end
    duration = np.minimum(time, end)
    times, exact = survival.kaplan_meier(duration, observed, entry)
    found = survival.curve(counted(duration, np.where(observed, ENDED, CENSORED), entry))
    for p in (0.1, 0.25, 0.5, 0.75):
        expected = survival.survival_quantile(times, exact, p)
        rank = abs(survival.survival_quantile(found.age, found.survival, p) - expected)
        assert rank <= 2 * AGE_RESOLUTION * expected
    assert found.ends.sum() == observed.sum()
    assert found.at_risk[0] == (duration >= times[0]).sum() - (entry >= times[0]).sum()


def test_equal_durations_keep_their_length():
    """Durations that are all the same are told as they are, whatever the class in which they are counted."""
    found = survival.curve(counted(np.full(7, 45.0), np.full(7, ENDED), np.zeros(7)))
    assert found.age.tolist() == [45.0]
    assert found.survival.tolist() == [0.0]


def test_incidence_by_hand():
    """Ends meant at 10 and 30, another end at 20, one seen for 15 days: 1/4 + (3/4 x 1/2) x 1."""
    how = np.array([ENDED, CENSORED, OTHERWISE, ENDED])
    found = survival.curve(counted(np.array([10.0, 15.0, 20.0, 30.0]), how, np.zeros(4)))
    assert found.incidence(9.99) == 0
    assert found.incidence(10) == pytest.approx(1 / 4)
    assert found.incidence(30) == pytest.approx(1 / 4 + 3 / 4 * 1 / 2)


def test_incidence_is_unbiased():
    """Competing exponential ends, censored and entered late: the share is a x (1 - e^-(a+b)t) / (a+b)."""
    rng = np.random.default_rng(3)
    one, other = rng.exponential(100, 60_000), rng.exponential(50, 60_000)
    first = np.minimum(one, other)
    entry = rng.uniform(0, 80, 60_000) * (rng.random(60_000) < 0.5)
    end = entry + rng.uniform(20, 200, 60_000)
    seen = first > entry
    how = np.where(first > end, CENSORED, np.where(one < other, ENDED, OTHERWISE))[seen]
    found = survival.curve(counted(np.minimum(first, end)[seen], how, entry[seen]))
    for days in (20, 60, 150):
        assert found.incidence(days) == pytest.approx((1 - np.exp(-0.03 * days)) / 3, abs=0.006)
