"""Whether a model makes a record like the real one: the real among the simulated ones, before and after it was known.

Prior and posterior predictive checks (Gelman et al., Bayesian Data Analysis, 3rd ed., chapter 6). The simulated pasts
have the openings of the record and the staff of the time, so that like is compared with like; weighted by the
calibration they are draws from the posterior predictive distribution.
"""

import numpy as np
import pandas as pd

from sim.inference.histories import Floats, Histories
from sim.inference.regression import SPREAD, weighted_quantile
from sim.inference.statistics import Measures, curves, ends, rates, shares, totals

PRIOR, POSTERIOR = (0.05, 0.5, 0.95), (0.1, 0.5, 0.9)
"""Quantiles of a statistic before the record was known, of which it should be well inside, and after."""
LEAST_WEIGHT = 0.1
"""Share of the simulated records, and of their weight, that must tell of an age for its bands not to be chance."""
STEP_DAYS = 5
"""Days between the ages of curves."""
RATE, SHARE, COUNT = "a year", "share", "count"
"""Units of statistics."""


def compared(real: Histories, priors: Histories, simulated: Histories, weights: Floats) -> pd.DataFrame:
    """One row a statistic, and the plain counts behind them.

    Statistics that are the same in all simulated records and in the real one are left out.

    Parameters
    ----------
    real
        What the record says.
    priors
        Simulated, with draws from the priors.
    simulated, weights
        Simulated, with draws whose weights make them such from the posterior; the weights add to one.

    Returns
    -------
    DataFrame
        Columns: statistic, unit ("a year", "share" or "count"), record (the real one's), prior_q05, prior_median,
        prior_q95, inside90 (whether the record lies within these ends), prior_below (the share of the records that the
        priors make that lie below the real one, with half of those that equal it); and of the weighted records q10,
        median, q90, inside80, below.
    """
    equal, rows = equally(priors), []
    of_priors = {name: values for _, measures in _measures(priors) for name, values in measures.items()}
    own = {name: float(values[0]) for _, measures in _measures(real) for name, values in measures.items()}
    for unit, measures in _measures(simulated):
        for name, values in measures.items():
            made = of_priors[name]
            if max(np.ptp(values), np.ptp(made)) <= SPREAD and abs(values[0] - own[name]) <= SPREAD:
                continue
            before, after = _quantiles(made, equal, PRIOR), _quantiles(values, weights, POSTERIOR)
            prior = (*before, _within(own[name], before), _below(own[name], made, equal))
            posterior = (*after, _within(own[name], after), _below(own[name], values, weights))
            rows.append((name, unit, own[name], *prior, *posterior))
    columns = ["statistic", "unit", "record", "prior_q05", "prior_median", "prior_q95", "inside90", "prior_below"]
    return pd.DataFrame(rows, columns=[*columns, "q10", "median", "q90", "inside80", "below"])


def equally(histories: Histories) -> Floats:
    """Equal weights for histories."""
    weights: Floats = np.full(len(histories.findings), 1.0 / len(histories.findings))
    return weights


def _measures(h: Histories) -> list[tuple[str, Measures]]:
    return [(RATE, rates(h)), (SHARE, shares(h)), (COUNT, {**totals(h), **ends(h)})]


def _quantiles(values: Floats, weights: Floats, shares: tuple[float, ...]) -> list[float]:
    return [weighted_quantile(values, weights, share) for share in shares]


def _within(value: float, quantiles: list[float]) -> bool:
    return quantiles[0] - SPREAD <= value <= quantiles[-1] + SPREAD


def _below(value: float, values: Floats, weights: Floats) -> float:
    below, above = weights[values < value - SPREAD].sum(), weights[values > value + SPREAD].sum()
    return float(below + (1.0 - below - above) / 2)


def curve_bands(real: Histories, priors: Histories, simulated: Histories, weights: Floats) -> pd.DataFrame:
    """The survival curve of the record among the simulated ones, of formal proceedings and of the time since findings.

    One row for each stage and age at which at least `sim.inference.statistics.FEWEST_FOLLOWED` strands of the record
    were followed; of the simulated records those count in which as many were. The arguments are those of `compared`.

    Returns
    -------
    DataFrame
        Columns: stage (the event with which it begins), age (days), record, prior_q10, prior_median, prior_q90, q10,
        median, q90 (shares still pending).
    """
    ages = np.arange(0.0, real.end - real.opened.min(initial=real.end) + STEP_DAYS, STEP_DAYS)
    own, before, after = (curves(one, ages) for one in (real, priors, simulated))
    rows = []
    for stage, record in own.items():
        for number in np.nonzero(np.isfinite(record[0]))[0].tolist():
            bands = (_band(before[stage][:, number], equally(priors)), _band(after[stage][:, number], weights))
            if all(bands):
                rows.append((stage, ages[number], record[0, number], *bands[0], *bands[1]))
    columns = ["stage", "age", "record", "prior_q10", "prior_median", "prior_q90", "q10", "median", "q90"]
    return pd.DataFrame(rows, columns=columns)


def _band(values: Floats, weights: Floats) -> list[float]:
    """Quantiles of the curves at an age; none where too few tell of it."""
    some = np.isfinite(values)
    if min(float(weights[some].sum()), float(some.mean())) < LEAST_WEIGHT:
        return []
    return _quantiles(values[some], weights[some], POSTERIOR)
