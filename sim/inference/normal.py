"""Normal distributions of the normal scores of parameters: priors, proposals, posteriors."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Normal:
    """A multivariate normal distribution.

    Attributes
    ----------
    mean : (parameters,)
    covariance : (parameters, parameters)
    """

    mean: Floats
    covariance: Floats

    @classmethod
    def standard(cls, parameters: int) -> "Normal":
        """The prior of normal scores."""
        return cls(np.zeros(parameters), np.eye(parameters))

    @cached_property
    def root(self) -> Floats:
        """The lower triangular matrix whose square is the covariance; 0 between what is independent."""
        factor: Floats = np.linalg.cholesky(self.covariance).astype(np.float64)
        return factor

    @cached_property
    def precision(self) -> Floats:
        """The inverse of the covariance."""
        inverse: Floats = np.linalg.inv(self.covariance).astype(np.float64)
        return inverse

    def wider(self, factor: float) -> "Normal":
        """The same with so many times the variance, but nowhere more than the prior has."""
        values, directions = np.linalg.eigh(self.covariance * factor)
        capped = (directions * np.minimum(values, 1.0)) @ directions.T
        return Normal(self.mean, (capped + capped.T) / 2)

    def draws(self, count: int, *seed: int) -> Floats:
        """So many draws: (count, parameters)."""
        return self.of_standard(np.random.default_rng(seed).standard_normal((count, len(self.mean))))

    def of_standard(self, standard: Floats) -> Floats:
        """Values at places (draws, parameters) of the standard normal distribution."""
        return self.mean + standard @ self.root.T

    def standardised(self, values: Floats) -> Floats:
        """The places of values in the distribution: standard normal if they are drawn from it."""
        from scipy.linalg import solve_triangular

        places: Floats = solve_triangular(self.root, (values - self.mean).T, lower=True).T
        return places

    def log_density(self, values: Floats) -> Floats:
        """The logarithm of the density at values (draws, parameters), but for a constant that is the same for all."""
        density: Floats = -0.5 * (self.standardised(values) ** 2).sum(axis=1)
        return density

    def seen_from(self, proposal: "Normal") -> "Normal":
        """The distribution of values whose places in the proposal have this one."""
        covariance = proposal.root @ self.covariance @ proposal.root.T
        return Normal(proposal.of_standard(self.mean), (covariance + covariance.T) / 2)

    def instead_of(self, proposal: "Normal") -> "Normal":
        """The posterior under the standard normal prior, where this is the one under another prior, the proposal.

        Bayes' rule for normal distributions: precisions add up, and so do precisions times means (Papamakarios and
        Murray 2016, appendix C). Where the likelihood that this implies would be negative information, there is none.
        """
        gained, directions = np.linalg.eigh(self.precision - proposal.precision)
        information = (directions * np.maximum(gained, 0.0)) @ directions.T
        pull = self.precision @ self.mean - proposal.precision @ proposal.mean
        pull = directions @ (np.where(gained > 0, 1.0, 0.0) * (directions.T @ pull))
        covariance = np.linalg.inv(information + np.eye(len(self.mean)))
        return Normal(covariance @ pull, (covariance + covariance.T) / 2)
