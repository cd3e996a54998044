"""The regression posterior against posteriors that are known."""

import numpy as np
import pytest
from scipy.stats import kstest

from sim.inference.normal import Normal
from sim.inference.regression import (
    Predictors,
    _Ridge,
    effective_draws,
    fit,
    normalised,
    prior_predictive_p,
    simulation_based_calibration,
    weighted_quantile,
)


def reference_table(draws: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two standard normal parameters: the first is seen twice with noise, the second not at all."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(draws, 2))
    return scores, scores[:, :1] + noise * rng.normal(size=(draws, 2))


def test_the_known_posterior_is_found():
    """Normal prior and noise of variance 1/2 seen twice: the posterior is normal, mean 0.8 x the mean, variance 0.2."""
    scores, seen = reference_table(20_000, np.sqrt(0.5), 1)
    fitted = fit(scores, seen)
    assert fitted.informed.tolist() == [True, False]
    posterior = fitted.normal(fitted.mean(np.array([[1.0, 1.4]]))[0])
    assert posterior.mean[0] == pytest.approx(0.96, abs=0.03)
    assert posterior.covariance[0, 0] == pytest.approx(0.2, abs=0.02)
    assert (posterior.mean[1], posterior.covariance[1].tolist()) == (0.0, [0.0, 1.0])
    weight = normalised(posterior.log_density(scores) - Normal.standard(2).log_density(scores))
    mean = np.dot(weight, scores[:, 0])
    assert mean == pytest.approx(posterior.mean[0], abs=4 * np.sqrt(0.2 / effective_draws(weight)))


def test_another_proposal_gives_the_same_posterior():
    """Draws from elsewhere than the prior: what the noise says is the same, and so is the posterior."""
    proposal = Normal(np.array([0.6, 0.2]), np.diag([0.5, 0.8]))
    scores = proposal.draws(20_000, 3)
    noise = np.random.default_rng(4).normal(scale=np.sqrt(0.5), size=(20_000, 2))
    fitted = fit(proposal.standardised(scores), scores[:, :1] + noise)
    pseudo = fitted.normal(fitted.mean(np.array([[1.0, 1.4]]))[0]).seen_from(proposal)
    posterior = pseudo.instead_of(proposal)
    assert pseudo.covariance[0, 0] == pytest.approx(1 / (1 / 0.5 + 4), abs=0.01)
    assert posterior.mean == pytest.approx([0.96, 0.0], abs=0.03)
    assert np.diag(posterior.covariance) == pytest.approx([0.2, 1.0], abs=0.02)


def test_an_uninformative_statistic_leaves_the_prior():
    """Constant or unrelated statistics inform nothing."""
    scores, _ = reference_table(500, 1.0, 2)
    constant = fit(scores, np.ones((500, 3)))
    assert not constant.informed.any()
    assert constant.normal(constant.mean(np.ones((1, 3)))[0]).mean.tolist() == [0.0, 0.0]
    assert not fit(scores, np.random.default_rng(3).normal(size=(500, 3))).informed.any()


def test_a_statistic_informs_only_what_it_may():
    """With `use` a parameter is informed by its own statistics alone."""
    scores, seen = reference_table(2000, 0.5, 4)
    assert not fit(scores, seen, np.zeros((2, 2), dtype=bool)).informed.any()
    half = fit(scores, seen, np.array([[True, False], [True, True]]))
    assert half.informed.tolist() == [True, False]
    assert half.slopes[:, 0].tolist() == pytest.approx([half.slopes[0, 0], 0.0, half.slopes[2, 0], 0.0])
    assert half.slopes[0, 0] > 0.1


def test_repeated_statistics_do_no_harm():
    """A statistic that is a multiple of another changes no more than by how much slopes are shrunk: a hundredth."""
    scores, seen = reference_table(2000, 0.5, 5)
    once, twice = fit(scores, seen), fit(scores, np.column_stack([seen, 3 * seen[:, 0] + 1]))
    assert twice.mean(np.array([[1.0, 0.5, 4.0]])) == pytest.approx(once.mean(np.array([[1.0, 0.5]])), abs=0.01)


def test_errors_are_those_of_draws_left_out():
    """The covariance and the leverages are what fitting again without each draw gives, with the penalty chosen."""
    scores, seen = reference_table(60, 0.5, 9)
    ridge = _Ridge.of(Predictors.of(seen).matrix(seen))
    _, errors, leverage = ridge._fit(scores[:, 0], 3.0)
    columns = Predictors.of(seen).matrix(seen)
    for draw in (0, 17, 59):
        others = np.arange(60) != draw
        design = np.column_stack([np.ones(59), columns[others]])
        penalty = 3.0 * np.diag([0.0, *np.ones(columns.shape[1])])
        solution = np.linalg.solve(design.T @ design + penalty, design.T @ scores[others, 0])
        without = float(np.concatenate([[1.0], columns[draw]]) @ solution)
        assert errors[draw] == pytest.approx(scores[draw, 0] - without)
        mean = scores[draw, 0] - errors[draw] * (1 - leverage[draw])
        assert (mean - leverage[draw] * scores[draw, 0]) / (1 - leverage[draw]) == pytest.approx(without)


def test_many_statistics_of_few_draws_do_no_harm():
    """60 statistics of which one says something, 100 draws: it is found, and errors are no larger than the prior's."""
    scores, seen = reference_table(100, 0.3, 10)
    noise = np.random.default_rng(11).normal(size=(100, 59))
    fitted = fit(scores, np.column_stack([seen[:, :1], noise]))
    assert fitted.informed.tolist() == [True, False]
    assert fitted.covariance[0, 0] < 0.7


def test_simulation_based_calibration_of_the_toy():
    """Ranks of the truth are uniform (Kolmogorov-Smirnov, p > 0.001), 90% intervals hold it 85 to 95 times of 100."""
    scores, seen = reference_table(2000, 0.7, 6)
    check = simulation_based_calibration(scores, seen, np.arange(400))
    for column in range(2):
        assert kstest(check.ranks[:, column], "uniform").pvalue > 0.001
        assert 0.85 <= check.inside[:, column].mean() <= 0.95
    assert check.width[:, 0].mean() == pytest.approx(np.sqrt(0.49 / 2 / (1 + 0.49 / 2)), rel=0.05)
    assert check.width[:, 1].mean() == pytest.approx(1.0, rel=0.05)


def test_simulation_based_calibration_sees_a_wrong_posterior():
    """The test before can fail: with statistics shuffled among the records the truth is missed."""
    scores, seen = reference_table(2000, 0.3, 7)
    wrong = np.where(np.arange(2000)[:, None] < 200, np.roll(seen, 1, axis=0), seen)
    assert simulation_based_calibration(scores, wrong, np.arange(200)).inside[:, 0].mean() < 0.85


def test_prior_predictive_p():
    """1 for a record in the middle of the simulated ones, 0 for one far away."""
    _, seen = reference_table(1000, 0.5, 8)
    assert prior_predictive_p(seen, seen.mean(axis=0, keepdims=True)) == 1.0
    assert prior_predictive_p(seen, np.array([[9.0, -9.0]])) == 0.0


def test_weighted_quantile_by_hand():
    """The first value at which so much weight is reached."""
    values, weight = np.array([3.0, 1.0, 2.0]), np.array([0.2, 0.5, 0.3])
    assert [weighted_quantile(values, weight, p) for p in (0.1, 0.5, 0.6, 0.8, 0.9)] == [1, 1, 2, 2, 3]
