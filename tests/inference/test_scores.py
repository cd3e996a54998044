"""Scores against numbers by hand, and as laws: proper, and uniform where the forecast is true."""

import numpy as np
import pytest
from scipy.stats import kstest

from sim.inference.scores import Pit, brier, censored_crps, clustered_mean, coverage, histogram, pit, quantile

INF = np.inf


def test_brier_by_hand():
    """A chance of 0.7 by the last day costs 0.09 if it comes by then, and 0.49 if it does not."""
    forecast = np.array([0.2, 0.5, 0.7])
    assert brier(forecast, 2.0) == pytest.approx(0.09)
    assert brier(forecast, 3.0) == pytest.approx(0.09)
    assert brier(forecast, INF) == pytest.approx(0.49)


def test_censored_crps_by_hand():
    """The mean over the days of the squared error of the chance that it has come."""
    forecast = np.array([0.2, 0.5, 0.7])
    assert censored_crps(forecast, 2.0) == pytest.approx((0.04 + 0.25 + 0.09) / 3)
    assert censored_crps(forecast, INF) == pytest.approx((0.04 + 0.25 + 0.49) / 3)
    assert censored_crps(np.array([0.0, 1.0, 1.0]), 2.0) == 0.0


def test_pit_by_hand():
    """A day lies between the probability before it and up to it; beyond the last day all above is left."""
    forecast = np.array([0.2, 0.5, 0.7])
    assert pit(forecast, 1.0) == Pit(0.0, 0.2)
    assert pit(forecast, 3.0) == Pit(0.5, 0.7)
    assert pit(forecast, INF) == Pit(0.7, 1.0)


def test_coverage_by_hand():
    """A censored truth counts for the share of what is left of the forecast that lies in the interval."""
    assert coverage(Pit(0.2, 0.2), 0.8) == 1.0
    assert coverage(Pit(0.05, 0.05), 0.8) == 0.0
    assert coverage(Pit(0.7, 1.0), 0.8) == pytest.approx(0.2 / 0.3)
    assert coverage(Pit(0.95, 1.0), 0.8) == 0.0
    assert coverage(Pit(0.0, 1.0), 0.5) == pytest.approx(0.5)


def test_quantile_is_the_first_day_that_reaches_it():
    """Infinite where the forecast never comes so far."""
    forecast = np.array([0.2, 0.5, 0.7])
    assert [quantile(forecast, p) for p in (0.1, 0.5, 0.6, 0.9)] == [1.0, 2.0, 3.0, INF]


def drawn_truths(rng: np.random.Generator, rate: float, never: float, last: int, count: int) -> np.ndarray:
    """Times from an exponential law with a share that never comes, infinite beyond the last day."""
    times = np.ceil(rng.exponential(1 / rate, count))
    return np.where((rng.random(count) < never) | (times > last), INF, times)


def curve(rate: float, never: float, last: int) -> np.ndarray:
    """The true forecast of such times."""
    return (1 - never) * -np.expm1(-rate * np.arange(1, last + 1))


@pytest.mark.parametrize("other", [(0.02, 0.3), (0.005, 0.3), (0.01, 0.0), (0.01, 0.6)], ids=str)
@pytest.mark.parametrize("score", [censored_crps, brier])
def test_the_true_forecast_scores_best_on_average(score, other):
    """Propriety, with censoring and a share that never comes: paired differences are positive at 4 standard errors."""
    rng = np.random.default_rng(1)
    truths = drawn_truths(rng, 0.01, 0.3, 120, 4000)
    true, false = curve(0.01, 0.3, 120), curve(*other, 120)
    loss = np.array([score(false, t) - score(true, t) for t in truths])
    assert loss.mean() > 4 * loss.std() / np.sqrt(len(loss))


def test_coverage_and_pit_under_the_true_forecast():
    """Each level holds as much as it says (99.9% binomial bounds are wider), and randomised PITs are uniform."""
    rng = np.random.default_rng(2)
    truths = drawn_truths(rng, 0.01, 0.3, 120, 3000)
    true = curve(0.01, 0.3, 120)
    positions = [pit(true, t) for t in truths]
    for level in (0.5, 0.8, 0.95):
        bound = 3.3 * np.sqrt(level * (1 - level) / len(truths))
        assert abs(np.mean([coverage(p, level) for p in positions]) - level) < bound
    low, high = (np.array(side) for side in zip(*positions, strict=True))
    assert kstest(low + rng.random(len(low)) * (high - low), "uniform").pvalue > 0.001
    assert np.abs(histogram(low, high) - 0.1).max() < 3.3 * np.sqrt(0.09 / len(truths))


def test_a_shifted_forecast_shows_in_the_pit():
    """The test before can fail: with twice the rate the PITs are not uniform."""
    rng = np.random.default_rng(2)
    truths = drawn_truths(rng, 0.01, 0.3, 120, 3000)
    positions = np.array([pit(curve(0.02, 0.3, 120), t) for t in truths])
    shown = positions[:, 0] + rng.random(len(truths)) * (positions[:, 1] - positions[:, 0])
    assert kstest(shown, "uniform").pvalue < 1e-6


def test_clusters_widen_the_interval():
    """Twenty copies of each value weigh no more than one of each; with too few clusters the interval is missing."""
    values = np.random.default_rng(3).normal(size=30)
    alone = clustered_mean(values, [str(k) for k in range(30)], 5)
    copied = clustered_mean(np.repeat(values, 20), [str(k) for k in range(30) for _ in range(20)], 5)
    assert copied == pytest.approx(alone)
    standard = values.std() / np.sqrt(30)
    assert copied.high - copied.low == pytest.approx(2 * 1.96 * standard, rel=0.15)
    few = clustered_mean(values, ["a"] * 15 + ["b"] * 15, 5)
    assert np.isnan([few.low, few.high]).all()
