"""Approximate Bayesian computation by regression: from simulated records to weights on the draws that made them.

Each draw of the parameters from their priors makes a simulated record; the draws with their records are the reference
table. Parameters are taken as normal scores (the standard normal quantile of their rank in the prior), so that the
prior is a standard normal whatever its family. Their regression on the statistics of the records, and the squares of
these, gives the posterior mean at any record, which is the best statistic for a parameter (Fearnhead and Prangle 2012);
its residuals give the posterior covariance (Beaumont, Zhang and Balding 2002; Blum, Nunes, Prangle and Sisson 2013).
That is a normal posterior of the scores: a Gaussian copula with free margins (Li, Nott, Fan and Sisson 2017).

Draws are then weighted by posterior over prior (importance weights) rather than drawn anew, so that the simulated
futures of the same draws become the forecast and no second simulation is needed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SIGNIFICANT = 1e-3
"""Level of the F test by which the statistics are taken to inform a parameter.

Strict, since a parameter wrongly taken as informed gets a posterior made of noise, and one wrongly left out only keeps
its prior.
"""
SPREAD = 1e-9
"""Statistics that vary less are constants."""


@dataclass(frozen=True)
class Predictors:
    """The columns of the regression: an intercept, standardised statistics, and their squares.

    Attributes
    ----------
    varied : (statistics,)
        Which statistics vary.
    centre, scale, least, most : (varied,)
        Mean and standard deviation of these, and the range of the standardised ones. Others are clipped to it, since a
        square says nothing beyond the range in which it was fitted.
    used : (2 varied,)
        Which statistics and squares are no linear combination of earlier ones.
    """

    varied: Flags
    centre: Floats
    scale: Floats
    least: Floats
    most: Floats
    used: Flags

    @classmethod
    def of(cls, statistics: Floats) -> "Predictors":
        """The columns that a reference table (draws, statistics) allows."""
        varied = statistics.std(axis=0) > SPREAD
        centre, scale = statistics[:, varied].mean(axis=0), statistics[:, varied].std(axis=0)
        standard = (statistics[:, varied] - centre) / scale
        least, most = (standard.min(axis=0), standard.max(axis=0)) if varied.any() else (centre, centre)
        return cls(varied, centre, scale, least, most, _independent(np.column_stack([standard, standard**2])))

    def matrix(self, statistics: Floats) -> Floats:
        """The columns of each record: (records, 1 + used)."""
        standard = np.clip((statistics[:, self.varied] - self.centre) / self.scale, self.least, self.most)
        columns = np.column_stack([standard, standard**2])[:, self.used]
        return np.column_stack([np.ones(len(columns)), columns])

    def allowed(self, use: Flags) -> Flags:
        """Which columns parameters may use (parameters, used) that may use these statistics."""
        return np.column_stack([use[:, self.varied], use[:, self.varied]])[:, self.used]


@dataclass(frozen=True)
class Regression:
    """The regression of parameters' normal scores on the statistics of their simulated records.

    Attributes
    ----------
    informed : (parameters,)
        Which parameters the statistics inform.
    slopes : (1 + columns, informed)
        The intercept first.
    covariance : (informed, informed)
        Of the residuals.
    explained : (parameters,)
        Share of each parameter's variance that is explained (adjusted), 0 where not informed.
    """

    predictors: Predictors
    informed: Flags
    slopes: Floats
    covariance: Floats
    explained: Floats

    def mean(self, statistics: Floats) -> Floats:
        """Posterior means of the informed parameters' scores at statistics: (records, informed)."""
        return self.predictors.matrix(statistics) @ self.slopes

    def leverage(self, statistics: Floats) -> Floats:
        """How much each record of the table pulls its own posterior mean: the diagonal of the hat matrix."""
        orthogonal, _ = np.linalg.qr(self.predictors.matrix(statistics))
        pull: Floats = (orthogonal**2).sum(axis=1)
        return pull

    def log_weights(self, scores: Floats, mean: Floats) -> Floats:
        """The logarithm of posterior over prior density at draws with these scores, but for a constant."""
        if not self.informed.any():
            return np.zeros(len(scores))
        informed = scores[:, self.informed]
        from_mean = informed - mean
        distance = (from_mean * np.linalg.solve(self.covariance, from_mean.T).T).sum(axis=1)
        ratio: Floats = 0.5 * (informed**2).sum(axis=1) - 0.5 * distance
        return ratio


def normal_scores(uniforms: Floats) -> Floats:
    """Numbers between 0 and 1 as standard normal ones."""
    from scipy.special import ndtri

    scores: Floats = ndtri(np.clip(uniforms, 1e-6, 1 - 1e-6))
    return scores


def fit(scores: Floats, statistics: Floats, use: Flags | None = None) -> Regression:
    """The regression of scores (draws, parameters) on statistics (draws, statistics).

    Parameters
    ----------
    use : (parameters, statistics), optional
        Which statistics may inform which parameter; all of all if not given. Parameters informed by different
        statistics are independent then, so that what one module of the model gets wrong cannot spoil the parameters of
        another ("cut" inference, Plummer 2015).
    """
    draws, parameters = scores.shape
    predictors = Predictors.of(statistics)
    columns = predictors.matrix(statistics)[:, 1:]
    slopes = np.zeros((1 + columns.shape[1], parameters))
    explained, residuals = np.zeros(parameters), scores.copy()
    use = np.ones((parameters, statistics.shape[1]), dtype=bool) if use is None else use
    modules = [tuple(row) for row in predictors.allowed(use)]
    for module in dict.fromkeys(modules):
        members = np.array([one == module for one in modules])
        _fit_module(scores, columns, members, np.array(module, dtype=bool), slopes, explained, residuals)
    informed = explained > 0
    same_module = np.array([[one == other for other in modules] for one in modules])
    covariance = residuals.T @ residuals / draws * same_module
    np.fill_diagonal(covariance, np.maximum(covariance.diagonal(), SPREAD))  # nothing is known exactly
    return Regression(predictors, informed, slopes[:, informed], covariance[np.ix_(informed, informed)], explained)


def _fit_module(
    scores: Floats,
    table: Floats,
    members: Flags,
    columns: Flags,
    slopes: Floats,
    explained: Floats,
    residuals: Floats,
) -> None:
    """Fill in the slopes, the share explained and the residuals of the parameters that use the same columns."""
    from scipy.special import fdtrc

    draws, used = len(scores), int(columns.sum())
    freedom = draws - used - 1
    if not used or freedom < 1:
        return
    design = np.column_stack([np.ones(draws), table[:, columns]])
    solution, *_ = np.linalg.lstsq(design, scores[:, members], rcond=None)
    left = scores[:, members] - design @ solution
    total = ((scores[:, members] - scores[:, members].mean(axis=0)) ** 2).sum(axis=0)
    unexplained = (left**2).sum(axis=0) / np.maximum(total, SPREAD)
    ratio = (1 - unexplained) / used / np.maximum(unexplained / freedom, SPREAD)
    informed = fdtrc(used, freedom, np.maximum(ratio, 0.0)) < SIGNIFICANT
    rows, chosen = np.concatenate([[0], 1 + np.nonzero(columns)[0]]), np.nonzero(members)[0][informed]
    slopes[np.ix_(rows, chosen)] = solution[:, informed]
    explained[chosen] = (1 - unexplained * (draws - 1) / freedom)[informed]
    residuals[:, chosen] = left[:, informed] * np.sqrt(draws / freedom)  # unbiased for the columns that were fitted


def _independent(columns: Floats) -> Flags:
    """Which columns vary and are no linear combination of earlier ones."""
    chosen: list[int] = []
    for column in np.nonzero(columns.std(axis=0) > SPREAD)[0].tolist():
        tried = columns[:, np.array([*chosen, column])]
        standard = (tried - tried.mean(axis=0)) / tried.std(axis=0)
        if np.linalg.matrix_rank(standard, tol=1e-6 * np.sqrt(len(standard))) == len(chosen) + 1:
            chosen.append(column)
    flags = np.zeros(columns.shape[1], dtype=bool)
    flags[chosen] = True
    return flags


def normalised(log_weights: Floats) -> Floats:
    """Weights that add to one."""
    raw = np.exp(log_weights - log_weights.max())
    weights: Floats = raw / raw.sum()
    return weights


def effective_draws(weights: Floats) -> float:
    """How many equally weighted draws are worth as much: the effective sample size of Kong (1992)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def weighted_quantile(values: Floats, weights: Floats, p: float) -> float:
    """The least value below or at which a share p of the weight lies."""
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    index = int(np.searchsorted(cumulated, p * cumulated[-1] * (1 - 1e-12), side="left"))
    return float(values[order][min(index, len(values) - 1)])


def prior_predictive_p(statistics: Floats, observed: Floats) -> float:
    """The prior predictive p-value (Box 1980): the share of simulated records more extreme than the observed one.

    Extreme by the Mahalanobis distance from their mean, of which records farther out count. Near 0 the priors and the
    model do not make such a record, and nothing inferred from it is to be trusted.
    """
    used = _independent(statistics)
    constant = statistics.std(axis=0) <= SPREAD
    if (np.abs(observed[0] - statistics[0])[constant] > SPREAD).any():  # what no simulated record ever shows
        return 0.0
    if not used.any():
        return 1.0
    centre = statistics[:, used].mean(axis=0)
    spread = np.atleast_2d(np.cov(statistics[:, used], rowvar=False))

    def distance(rows: Floats) -> Floats:
        away = rows[:, used] - centre
        squared: Floats = (away * np.linalg.solve(spread, away.T).T).sum(axis=1)
        return squared

    return float((distance(statistics) >= distance(observed) - SPREAD).mean())


@dataclass(frozen=True)
class CalibrationCheck:
    """Simulation-based calibration: one row a synthetic record, one column a parameter.

    `ranks`: where the true value lies in its posterior, 0 to 1; uniform if posteriors mean what they say. `inside`:
    whether the central interval holds it. `width`: of that interval, over the width of the prior's.
    """

    ranks: Floats
    inside: Flags
    width: Floats


def simulation_based_calibration(
    scores: Floats,
    statistics: Floats,
    numbers: NDArray[np.int64],
    use: Flags | None = None,
    level: float = 0.9,
) -> CalibrationCheck:
    """Take draws of the reference table for the truth, one after the other, and infer them from the others.

    Talts, Betancourt, Simpson, Vehtari and Gelman (2018). The draw that plays the truth counts neither in the
    regression (its leverage is taken out) nor among the weighted draws: it would else help to find itself.
    """
    regression = fit(scores, statistics, use)
    leverage = regression.leverage(statistics)
    means = regression.mean(statistics)
    tail = (1 - level) / 2
    prior_width = float(normal_scores(np.array([1 - tail]))[0]) * 2
    ranks, inside, width = (np.empty((len(numbers), scores.shape[1])) for _ in range(3))
    for row, number in enumerate(numbers):
        others = np.arange(len(scores)) != number
        truth = scores[number]
        mean = (means[number] - leverage[number] * truth[regression.informed]) / (1 - leverage[number])
        weights = normalised(regression.log_weights(scores[others], mean))
        for column in range(scores.shape[1]):
            values = scores[others, column]
            ranks[row, column] = weights[values < truth[column]].sum()
            low, high = (weighted_quantile(values, weights, p) for p in (tail, 1 - tail))
            inside[row, column], width[row, column] = low <= truth[column] <= high, (high - low) / prior_width
    return CalibrationCheck(ranks, inside.astype(bool), width)
