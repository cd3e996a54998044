"""Normal distributions of scores: Bayes' rule between priors, and draws that have the moments they should."""

import numpy as np

from sim.inference.normal import Normal

PROPOSAL = Normal(np.array([0.5, -0.3]), np.array([[0.5, 0.1], [0.1, 0.8]]))


def test_the_posterior_under_another_prior():
    """With a normal likelihood the correction is exact: the same as if the first prior had been used."""
    precision, at = np.array([[3.0, 0.5], [0.5, 1.0]]), np.array([1.0, -1.0])

    def posterior(prior: Normal) -> Normal:
        covariance = np.linalg.inv(prior.precision + precision)
        return Normal(covariance @ (prior.precision @ prior.mean + precision @ at), covariance)

    right, found = posterior(Normal.standard(2)), posterior(PROPOSAL).instead_of(PROPOSAL)
    np.testing.assert_allclose(found.mean, right.mean)
    np.testing.assert_allclose(found.covariance, right.covariance)


def test_what_says_nothing_gives_the_prior():
    """A posterior that is the proposal, or wider, has no information: not even a negative one."""
    for same in (PROPOSAL, Normal(PROPOSAL.mean, PROPOSAL.covariance * 1.5)):
        found = same.instead_of(PROPOSAL)
        np.testing.assert_allclose(found.mean, [0, 0], atol=1e-12)
        np.testing.assert_allclose(found.covariance, np.eye(2), atol=1e-12)


def test_draws_and_their_places():
    """Draws have the mean and covariance (99.9% of a normal mean of 100,000), and their places are standard normal."""
    drawn = PROPOSAL.draws(100_000, 1)
    near = 3.3 / np.sqrt(100_000)
    np.testing.assert_allclose(drawn.mean(axis=0), PROPOSAL.mean, atol=near)
    np.testing.assert_allclose(np.cov(drawn, rowvar=False), PROPOSAL.covariance, atol=2 * near)
    np.testing.assert_allclose(np.cov(PROPOSAL.standardised(drawn), rowvar=False), np.eye(2), atol=2 * near)
    np.testing.assert_allclose(PROPOSAL.of_standard(PROPOSAL.standardised(drawn)), drawn)


def test_wider_is_never_wider_than_the_prior():
    """In no direction; and where that does not matter it has so many times the variance."""
    np.testing.assert_allclose(PROPOSAL.wider(1.1).covariance, PROPOSAL.covariance * 1.1)
    assert np.linalg.eigvalsh(PROPOSAL.wider(3).covariance).max() <= 1 + 1e-12
