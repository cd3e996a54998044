"""Approximate Bayesian computation by regression: from simulated records to the posterior of what made them.

Each draw of the parameters from their priors makes a simulated record; the draws with their records are the reference
table. Parameters are taken as normal scores (the standard normal quantile of their rank in the prior), so that the
prior is a standard normal whatever its family. Their regression on the statistics of the records, and the squares of
these, gives the posterior mean at any record, which is the best statistic for a parameter (Fearnhead and Prangle 2012);
its errors at draws left out give the posterior covariance (Beaumont, Zhang and Balding 2002; Blum, Nunes, Prangle and
Sisson 2013).
That is a normal posterior of the scores: a Gaussian copula with free margins (Li, Nott, Fan and Sisson 2017).

Draws need not come from the priors. In a second round they come from near the posterior of the first, where more of
them make such a record; the regression is then of their places in that proposal, and the posterior under the proposal
is turned into the one under the prior (sequential neural posterior estimation, of which this is the linear normal case;
Papamakarios and Murray 2016). Draws weighted by posterior over proposal show what the posterior predicts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.inference.normal import Floats, Normal

Flags = NDArray[np.bool_]

SIGNIFICANT = 1e-3
"""Level of the test by which the statistics are taken to inform a parameter.

Strict, since a parameter wrongly taken as informed gets a posterior made of noise, and one wrongly left out only keeps
its prior.
"""
PENALTIES = np.logspace(-4, 1, 11)
"""Penalties of the regression that are tried, for each draw: from hardly any to one that leaves nothing."""
SPREAD = 1e-9
"""Statistics that vary less are constants."""


@dataclass(frozen=True)
class Predictors:
    """The columns of the regression: standardised statistics, and their standardised squares.

    Attributes
    ----------
    varied : (statistics,)
        Which statistics vary.
    centre, scale, least, most : (varied,)
        Mean and standard deviation of these, and the range of the standardised ones. Others are clipped to it, since a
        square says nothing beyond the range in which it was fitted.
    square_centre, square_scale : (varied,)
        Mean and standard deviation of the squares of the standardised ones; of a statistic of two values the square is
        constant or the same again, and counts as 0.
    """

    varied: Flags
    centre: Floats
    scale: Floats
    least: Floats
    most: Floats
    square_centre: Floats
    square_scale: Floats

    @classmethod
    def of(cls, statistics: Floats) -> "Predictors":
        """The columns that a reference table (draws, statistics) allows."""
        varied = statistics.std(axis=0) > SPREAD
        centre, scale = statistics[:, varied].mean(axis=0), statistics[:, varied].std(axis=0)
        standard = (statistics[:, varied] - centre) / scale
        least, most = (standard.min(axis=0), standard.max(axis=0)) if varied.any() else (centre, centre)
        squares = standard**2
        spread = squares.std(axis=0)
        return cls(varied, centre, scale, least, most, squares.mean(axis=0), np.where(spread > SPREAD, spread, np.inf))

    def matrix(self, statistics: Floats) -> Floats:
        """The columns of each record: (records, 2 varied)."""
        standard = np.clip((statistics[:, self.varied] - self.centre) / self.scale, self.least, self.most)
        return np.column_stack([standard, (standard**2 - self.square_centre) / self.square_scale])

    def allowed(self, use: Flags) -> Flags:
        """Which columns parameters may use (parameters, 2 varied) that may use these statistics."""
        return np.column_stack([use[:, self.varied], use[:, self.varied]])


@dataclass(frozen=True)
class Regression:
    """The regression of parameters' normal scores on the statistics of their simulated records.

    Attributes
    ----------
    informed : (parameters,)
        Which parameters the statistics inform.
    intercept : (informed,)
    slopes : (columns, informed)
    covariance : (informed, informed)
        Of the errors at draws that are left out.
    explained : (parameters,)
        Share of each parameter's variance that is explained at draws that are left out, 0 where not informed.
    leverage : (draws, informed)
        How much each draw of the table pulls the posterior mean at its own record: the diagonal of the hat matrix.
    """

    predictors: Predictors
    informed: Flags
    intercept: Floats
    slopes: Floats
    covariance: Floats
    explained: Floats
    leverage: Floats

    def mean(self, statistics: Floats) -> Floats:
        """Posterior means of the informed parameters' scores at statistics: (records, informed)."""
        return self.intercept + self.predictors.matrix(statistics) @ self.slopes

    def normal(self, mean: Floats) -> Normal:
        """The posterior of all scores, given the mean of the informed ones: the others have their prior."""
        places, every = np.nonzero(self.informed)[0], len(self.informed)
        centre, covariance = np.zeros(every), np.eye(every)
        centre[places], covariance[np.ix_(places, places)] = mean, self.covariance
        return Normal(centre, covariance)


def normal_scores(uniforms: Floats) -> Floats:
    """Numbers between 0 and 1 as standard normal ones."""
    from scipy.special import ndtri

    scores: Floats = ndtri(np.clip(uniforms, 1e-6, 1 - 1e-6))
    return scores


def fit(scores: Floats, statistics: Floats, use: Flags | None = None) -> Regression:
    """The regression of scores (draws, parameters) on statistics (draws, statistics).

    Statistics are many and say much the same, so that slopes are shrunk (ridge regression, Hoerl and Kennard 1970), of
    each parameter as much as predicts draws best that are left out, one at a time (Allen 1974). So many statistics of
    few draws do no harm: where they predict nothing, all is shrunk away.

    Parameters
    ----------
    use : (parameters, statistics), optional
        Which statistics may inform which parameter; all of all if not given. Parameters informed by different
        statistics are independent then, so that what one module of the model gets wrong cannot spoil the parameters of
        another ("cut" inference, Plummer 2015).
    """
    draws, parameters = scores.shape
    predictors = Predictors.of(statistics)
    columns = predictors.matrix(statistics)
    use = np.ones((parameters, statistics.shape[1]), dtype=bool) if use is None else use
    allowed = predictors.allowed(use)
    modules = [tuple(row) for row in allowed]
    slopes, leverage = np.zeros((columns.shape[1], parameters)), np.zeros((draws, parameters))
    errors, explained = scores - scores.mean(axis=0), np.zeros(parameters)
    for module in dict.fromkeys(modules):
        chosen, members = np.array(module, dtype=bool), [n for n, one in enumerate(modules) if one == module]
        ridge = _Ridge.of(columns[:, chosen])
        for member in members:
            slopes[chosen, member], errors[:, member], leverage[:, member] = ridge.fit(scores[:, member])
            explained[member] = _explained(scores[:, member], errors[:, member])
    informed = explained > 0
    same_module = np.array([[one == other for other in modules] for one in modules])
    covariance = errors.T @ errors / draws * same_module
    np.fill_diagonal(covariance, np.maximum(covariance.diagonal(), SPREAD))  # nothing is known exactly
    return Regression(
        predictors,
        informed,
        scores[:, informed].mean(axis=0),
        slopes[:, informed],
        covariance[np.ix_(informed, informed)],
        explained,
        leverage[:, informed],
    )


@dataclass(frozen=True)
class _Ridge:
    """Ridge regression on columns (draws, columns) of mean 0, by their singular values.

    `left` (draws, rank), `values` (rank,), `right` (rank, columns).
    """

    left: Floats
    values: Floats
    right: Floats

    @classmethod
    def of(cls, columns: Floats) -> "_Ridge":
        left, values, right = np.linalg.svd(columns, full_matrices=False)
        some = values > SPREAD * np.sqrt(len(columns))
        return cls(left[:, some], values[some], right[some])

    def fit(self, score: Floats) -> tuple[Floats, Floats, Floats]:
        """Slopes, errors at draws left out, and leverages, with the penalty that makes these errors least."""
        fits = [self._fit(score, penalty * len(score)) for penalty in PENALTIES]
        return min(fits, key=lambda one: float((one[1] ** 2).sum()))

    def _fit(self, score: Floats, penalty: float) -> tuple[Floats, Floats, Floats]:
        kept = self.values**2 / (self.values**2 + penalty)
        along = self.left.T @ score
        leverage = 1.0 / len(score) + (self.left**2) @ kept
        errors = (score - score.mean() - self.left @ (kept * along)) / (1.0 - leverage)
        return self.right.T @ (kept / self.values * along), errors, leverage


def _explained(score: Floats, errors: Floats) -> float:
    """The share of a score's variance that is explained at draws left out; 0 if that could be chance.

    It could be if the squared errors are not smaller than those of the mean of the others by a paired test (normal,
    one-sided) of level `SIGNIFICANT`.
    """
    from scipy.special import ndtri

    draws = len(score)
    without = ((score - score.mean()) * draws / (draws - 1)) ** 2
    gain = without - errors**2
    if gain.mean() <= -float(ndtri(SIGNIFICANT)) * gain.std() / np.sqrt(draws) + SPREAD:
        return 0.0
    return float(1.0 - (errors**2).mean() / without.mean())


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
    whether the central interval holds it. `width`: of that interval, over the width that it has in the prior.
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
    proposal: Normal | None = None,
) -> CalibrationCheck:
    """Take draws of the reference table for the truth, one after the other, and infer them from the others.

    Talts, Betancourt, Simpson, Vehtari and Gelman (2018). The draw that plays the truth does not count in the
    regression (its leverage is taken out): it would else help to find itself. What draws were drawn from, the proposal
    (the prior if not given), is the prior of this check.
    """
    from scipy.special import ndtr

    proposal = proposal or Normal.standard(scores.shape[1])
    places = proposal.standardised(scores)
    regression = fit(places, statistics, use)
    informed, pull = regression.informed, regression.leverage[numbers]
    means = (regression.mean(statistics)[numbers] - pull * places[numbers][:, informed]) / (1 - pull)
    spread = np.sqrt(np.diag(regression.normal(means[0]).seen_from(proposal).covariance))
    centres = np.array([regression.normal(mean).seen_from(proposal).mean for mean in means])
    away = (scores[numbers] - centres) / spread
    half = float(normal_scores(np.array([(1 + level) / 2]))[0])
    width = np.broadcast_to(spread / np.sqrt(np.diag(proposal.covariance)), away.shape)
    return CalibrationCheck(ndtr(away), np.abs(away) <= half, width)
