"""What simulated records say of parameters: a regression posterior, its weights on the draws, and how to check it.

The method is regression-based approximate Bayesian computation. Each draw of the parameters from their priors gives a
simulated record. Parameters are looked at as normal scores (their rank in the prior, as a standard normal number), so
that the prior is a standard normal whatever its family. The regression of the scores on the statistics of the
simulated records and their squares gives their posterior mean at any record, which is the best statistic for a
parameter (Fearnhead and Prangle 2012), and its residuals the posterior covariance (Beaumont, Zhang and Balding 2002;
Blum, Nunes, Prangle and Sisson 2013): a normal posterior of the scores, that is a Gaussian copula with free margins
(Li, Nott, Fan and Sisson 2017). The draws are then weighted by posterior over prior (importance weights), so that the
simulated futures of the same draws become the forecast. What the statistics tell nothing of keeps its prior.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.results.summary import Floats

SIGNIFICANT = 1e-3
"""A parameter is taken to be told by the statistics if chance alone explained as much with a smaller probability."""
SPREAD = 1e-9
"""Statistics that vary less are constants."""


@dataclass(frozen=True)
class Fit:
    """The regression of parameters' normal scores on the statistics of their simulated records.

    `terms`: how statistics become columns. `told`: which parameters the statistics say anything of. `slopes`: (1 +
    columns, told parameters), the intercept first; `covariance`: of the residuals, (told, told); `explained`: the share
    of each parameter's variance (adjusted), 0 where not told.
    """

    terms: "Terms"
    told: NDArray[np.bool_]
    slopes: Floats
    covariance: Floats
    explained: Floats

    def mean(self, statistics: Floats) -> Floats:
        """The posterior means of the told parameters' scores at statistics: (records, told)."""
        return self.terms.design(statistics) @ self.slopes

    def leverage(self, statistics: Floats) -> Floats:
        """How much each record of the bank pulls its own posterior mean: the diagonal of the hat matrix."""
        orthogonal, _ = np.linalg.qr(self.terms.design(statistics))
        pull: Floats = (orthogonal**2).sum(axis=1)
        return pull

    def log_weights(self, scores: Floats, mean: Floats) -> Floats:
        """The logarithm of posterior over prior density at draws with these scores, but for a constant."""
        if not self.told.any():
            return np.zeros(len(scores))
        here = scores[:, self.told]
        from_mean = here - mean
        far = (from_mean * np.linalg.solve(self.covariance, from_mean.T).T).sum(axis=1)
        found: Floats = 0.5 * (here**2).sum(axis=1) - 0.5 * far
        return found


@dataclass(frozen=True)
class Terms:
    """The columns of the regression: an intercept, standardised statistics, and their squares.

    `varied`: which statistics vary; `centre` and `scale` of these; `least` and `most`: the range of the standardised
    ones, to which others are clipped, since a square says nothing beyond it; `kept`: which of the statistics and
    squares are no linear combination of earlier ones.
    """

    varied: NDArray[np.bool_]
    centre: Floats
    scale: Floats
    least: Floats
    most: Floats
    kept: NDArray[np.bool_]

    def design(self, statistics: Floats) -> Floats:
        """The columns of each record: (records, 1 + kept)."""
        standard = np.clip((statistics[:, self.varied] - self.centre) / self.scale, self.least, self.most)
        columns = np.column_stack([standard, standard**2])[:, self.kept]
        return np.column_stack([np.ones(len(columns)), columns])

    def of(self, use: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which columns parameters may use (parameters, kept) that may use these statistics."""
        return np.column_stack([use[:, self.varied], use[:, self.varied]])[:, self.kept]


def terms(statistics: Floats) -> Terms:
    """The columns that the records of a bank allow."""
    varied = statistics.std(axis=0) > SPREAD
    centre, scale = statistics[:, varied].mean(axis=0), statistics[:, varied].std(axis=0)
    standard = (statistics[:, varied] - centre) / scale
    least, most = (standard.min(axis=0), standard.max(axis=0)) if varied.any() else (centre, centre)
    return Terms(varied, centre, scale, least, most, _independent(np.column_stack([standard, standard**2])))


def normal_scores(uniforms: Floats) -> Floats:
    """Numbers between 0 and 1 as standard normal ones."""
    from scipy.special import ndtri

    scores: Floats = ndtri(np.clip(uniforms, 1e-6, 1 - 1e-6))
    return scores


def fit(scores: Floats, statistics: Floats, use: NDArray[np.bool_] | None = None) -> Fit:
    """The regression of scores (draws, parameters) on statistics (draws, statistics).

    `use` (parameters, statistics) says which statistics may tell of which parameter; all of all if not given.
    Parameters told by different statistics are independent then: what one module of the model gets wrong cannot spoil
    the parameters of another ("cut" inference, Plummer 2015).
    """
    draws, parameters = scores.shape
    found = terms(statistics)
    columns = found.design(statistics)[:, 1:]
    slopes = np.zeros((1 + columns.shape[1], parameters))
    explained, residuals = np.zeros(parameters), scores.copy()
    use = np.ones((parameters, statistics.shape[1]), dtype=bool) if use is None else use
    modules = [tuple(row) for row in found.of(use)]
    for module in dict.fromkeys(modules):
        mine = np.array([one == module for one in modules])
        _fit_module(scores, columns, mine, np.array(module, dtype=bool), slopes, explained, residuals)
    told = explained > 0
    together = np.array([[one == other for other in modules] for one in modules])
    covariance = residuals.T @ residuals / draws * together
    return Fit(found, told, slopes[:, told], covariance[np.ix_(told, told)], explained)


def _fit_module(
    scores: Floats,
    table: Floats,
    mine: NDArray[np.bool_],
    columns: NDArray[np.bool_],
    slopes: Floats,
    explained: Floats,
    residuals: Floats,
) -> None:
    """Fill in the slopes, the share explained and the residuals of the parameters that use the same statistics."""
    draws, used = len(scores), int(columns.sum())
    freedom = draws - used - 1
    if not used or freedom < 1:
        return
    design = np.column_stack([np.ones(draws), table[:, columns]])
    found, *_ = np.linalg.lstsq(design, scores[:, mine], rcond=None)
    left = scores[:, mine] - design @ found
    around = ((scores[:, mine] - scores[:, mine].mean(axis=0)) ** 2).sum(axis=0)
    unexplained = (left**2).sum(axis=0) / np.maximum(around, SPREAD)
    chance = _p_value((1 - unexplained) / used / np.maximum(unexplained / freedom, SPREAD), used, freedom)
    told = chance < SIGNIFICANT
    rows = np.concatenate([[0], 1 + np.nonzero(columns)[0]])
    slopes[np.ix_(rows, np.nonzero(mine)[0][told])] = found[:, told]
    explained[np.nonzero(mine)[0][told]] = (1 - unexplained * (draws - 1) / freedom)[told]
    residuals[:, np.nonzero(mine)[0][told]] = left[:, told] * np.sqrt(draws / freedom)


def _independent(columns: Floats) -> NDArray[np.bool_]:
    """Which columns vary and are no linear combination of earlier ones."""
    chosen: list[int] = []
    for place in np.nonzero(columns.std(axis=0) > SPREAD)[0].tolist():
        here = columns[:, np.array([*chosen, place])]
        standard = (here - here.mean(axis=0)) / here.std(axis=0)
        if np.linalg.matrix_rank(standard, tol=1e-6 * np.sqrt(len(standard))) == len(chosen) + 1:
            chosen.append(place)
    found = np.zeros(columns.shape[1], dtype=bool)
    found[chosen] = True
    return found


def _p_value(ratio: Floats, used: int, freedom: int) -> Floats:
    from scipy.special import fdtrc

    found: Floats = fdtrc(used, freedom, np.maximum(ratio, 0.0))
    return found


def weights(log_weights: Floats) -> Floats:
    """Weights that add to one."""
    raw = np.exp(log_weights - log_weights.max())
    normal: Floats = raw / raw.sum()
    return normal


def effective_draws(weight: Floats) -> float:
    """How many equally weighted draws are worth as much (Kong 1992)."""
    return float(weight.sum() ** 2 / (weight**2).sum())


def weighted_quantile(values: Floats, weight: Floats, p: float) -> float:
    """The least value below or at which a share p of the weight lies."""
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weight[order])
    place = int(np.searchsorted(cumulated, p * cumulated[-1] * (1 - 1e-12), side="left"))
    return float(values[order][min(place, len(values) - 1)])


def surprise(statistics: Floats, observed: Floats) -> float:
    """The share of simulated records that lie farther from their middle than the real one (Mahalanobis distance).

    Near 0: the priors and the model do not make such a record, and nothing inferred from it is to be trusted.
    """
    kept = _independent(statistics)
    constant = statistics.std(axis=0) <= SPREAD
    if (np.abs(observed[0] - statistics[0])[constant] > SPREAD).any():  # what no simulated record ever shows
        return 0.0
    if not kept.any():
        return 1.0
    centre = statistics[:, kept].mean(axis=0)
    spread = np.atleast_2d(np.cov(statistics[:, kept], rowvar=False))

    def distance(rows: Floats) -> Floats:
        away = rows[:, kept] - centre
        far: Floats = (away * np.linalg.solve(spread, away.T).T).sum(axis=1)
        return far

    return float((distance(statistics) >= distance(observed) - SPREAD).mean())


@dataclass(frozen=True)
class Recovery:
    """How well known parameters are found again in simulated records: one row a record, one column a parameter.

    `ranks`: where the true value lies in its posterior, 0 to 1; uniform if posteriors mean what they say. `inside`:
    whether the central 90% interval holds it. `width`: of that interval, over the width of the prior's.
    """

    ranks: Floats
    inside: NDArray[np.bool_]
    width: Floats


def recover(
    scores: Floats,
    statistics: Floats,
    numbers: NDArray[np.int64],
    use: NDArray[np.bool_] | None = None,
    level: float = 0.9,
) -> Recovery:
    """Take draws of the bank for the truth, one after the other, and find them again from the others.

    Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari and Gelman 2018). The draw that plays the truth
    counts neither in the regression (its pull is taken out) nor among the weighted draws.
    """
    fitted = fit(scores, statistics, use)
    pull = fitted.leverage(statistics)
    means = fitted.mean(statistics)
    tail = (1 - level) / 2
    prior = float(normal_scores(np.array([1 - tail]))[0]) * 2
    ranks, inside, width = (np.empty((len(numbers), scores.shape[1])) for _ in range(3))
    for row, number in enumerate(numbers):
        others = np.arange(len(scores)) != number
        truth = scores[number]
        mean = (means[number] - pull[number] * truth[fitted.told]) / (1 - pull[number])
        weight = weights(fitted.log_weights(scores[others], mean))
        for place in range(scores.shape[1]):
            known = scores[others, place]
            ranks[row, place] = weight[known < truth[place]].sum()
            low, high = (weighted_quantile(known, weight, p) for p in (tail, 1 - tail))
            inside[row, place], width[row, place] = low <= truth[place] <= high, (high - low) / prior
    return Recovery(ranks, inside.astype(bool), width)
