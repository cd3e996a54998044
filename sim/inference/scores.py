"""How good forecasts of a time were: proper scores, coverage and PIT, of one forecast and of many together.

A forecast is the probability that something has come by each day from 1 to the last one, on which the truth is looked
up: an array F of that length, which need not come up to 1 (it may come later, or never). The truth is a day, or
infinite: not by the last day, which is all that is known then (right-censored).
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVELS = (0.5, 0.8, 0.95)
"""Central intervals whose coverage is scored."""
FEWEST_CLUSTERS = 5
"""With fewer, the bootstrap says nothing of how much the mean would vary."""
RESAMPLES = 2000
"""Of the bootstrap."""
SEED = 20240314
"""Of the bootstrap."""


def brier(forecast: Floats, truth: float) -> float:
    """The squared error of the probability that it comes by the last day (Brier 1950): 0 is best, a coin has 0.25."""
    return float((forecast[-1] - (truth <= len(forecast))) ** 2)


def censored_crps(forecast: Floats, truth: float) -> float:
    """The mean over days of the squared error of the probability that it has come by then: 0 is best, 1 worst.

    The continuous ranked probability score up to the last day, over its length: CRPS for censored times (Avati et al.
    2020), also known as the integrated Brier score. The same last day for all truths makes it the threshold-weighted
    CRPS, which is proper (Gneiting and Ranjan 2011): nothing is gained by saying what one does not believe.
    """
    days = np.arange(1, len(forecast) + 1)
    return float(((forecast - (days >= truth)) ** 2).mean())


class Pit(NamedTuple):
    """Where the truth lies in the forecast: between two probabilities.

    Of a day: the probabilities before it and up to it; of a truth beyond the last day: from what the forecast gives
    until then to 1.
    """

    low: float
    high: float

    def within(self, low: float, high: float) -> float:
        """The share of the range that lies between two probabilities: 1 or 0 if it is a point.

        Under a true forecast its expectation is high - low, as for the randomised PIT (Czado, Gneiting and Held 2009).
        """
        if self.high <= self.low:
            return float(low <= self.low <= high)
        return max(min(self.high, high) - max(self.low, low), 0.0) / (self.high - self.low)


def pit(forecast: Floats, truth: float) -> Pit:
    """Where the truth lies in the forecast."""
    if truth > len(forecast):
        return Pit(float(forecast[-1]), 1.0)
    index = max(int(np.ceil(truth)), 1) - 1
    return Pit(float(forecast[index - 1]) if index else 0.0, float(forecast[index]))


def coverage(truth: Pit, level: float) -> float:
    """How much of a truth the central interval holds: 1, 0, or between for a truth that is known to a range."""
    return truth.within((1 - level) / 2, (1 + level) / 2)


def histogram(low: Floats, high: Floats, bins: int = 10) -> Floats:
    """The PIT histogram: the share of truths in each of so many equal classes; flat for a true forecast."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    counts = [
        np.mean([Pit(a, b).within(edges[k], edges[k + 1]) for a, b in zip(low, high, strict=True)]) for k in range(bins)
    ]
    return np.array(counts)


def sampling_band(probability: Floats, strands: NDArray[np.integer[Any]], bins: int = 10) -> tuple[Floats, Floats]:
    """The band that holds all classes of a PIT histogram together in 95 of 100 cases if its forecasts are true.

    `probability`: of each forecast by its last day; `strands`: the number of the strand that it is of, from 0. Each
    strand has one uniform number, the rank of its truth in every forecast of it; where that is beyond what the forecast
    gave until the last day, the truth is spread over the rest, as the real ones are.
    """
    edges = np.linspace(0, 1, bins + 1)
    rest = np.clip(edges[1:] - np.maximum(edges[:-1], probability[:, None]), 0, None)
    rest /= np.maximum(1 - probability[:, None], 1e-12)
    drawn = np.random.default_rng(SEED).random((RESAMPLES, int(strands.max()) + 1))[:, strands]
    shares = np.zeros((RESAMPLES, bins))
    for number, ranks in enumerate(drawn):
        came = ranks < probability
        counts = np.bincount((ranks[came] * bins).astype(int), minlength=bins)
        shares[number] = (counts + rest[~came].sum(axis=0)) / len(probability)
    spread = shares.std(axis=0)
    wide = np.quantile((np.abs(shares - 1 / bins) / np.maximum(spread, 1e-12)).max(axis=1), 0.95)
    return np.maximum(1 / bins - wide * spread, 0.0), 1 / bins + wide * spread


def quantile(forecast: Floats, p: float) -> float:
    """The first day by which the forecast gives at least p; infinite if none up to the last."""
    reached = np.nonzero(forecast >= p - 1e-12)[0]
    return float(reached[0] + 1) if len(reached) else np.inf


class MeanInterval(NamedTuple):
    """A mean with a 95% confidence interval, which is missing (NaN) where too few clusters say nothing of it."""

    mean: float
    low: float
    high: float


def clustered_mean(values: Floats, clusters: list[str], seed: int = SEED) -> MeanInterval:
    """The mean with its bootstrap interval, where values of one cluster are not independent.

    Whole clusters are drawn with replacement (Davison and Hinkley 1997, section 3.8); the percentile interval of
    `RESAMPLES` means. With a dozen clusters it is too narrow rather than too wide; with fewer than `FEWEST_CLUSTERS`
    it is missing.
    """
    names, codes = np.unique(clusters, return_inverse=True)
    if len(names) < FEWEST_CLUSTERS:
        return MeanInterval(float(values.mean()), np.nan, np.nan)
    sums, sizes = np.bincount(codes, values, len(names)), np.bincount(codes, minlength=len(names))
    drawn = np.random.default_rng(seed).integers(0, len(names), (RESAMPLES, len(names)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return MeanInterval(float(values.mean()), float(low), float(high))


def score(forecast: Floats, truth: float) -> dict[str, float]:
    """All scores of one forecast, as columns: brier, crps, pit_low, pit_high, and cover50, cover80, cover95."""
    position = pit(forecast, truth)
    return {
        "brier": brier(forecast, truth),
        "crps": censored_crps(forecast, truth),
        "pit_low": position.low,
        "pit_high": position.high,
        **{f"cover{level * 100:.0f}": coverage(position, level) for level in LEVELS},
    }


def pooled(forecasts: pd.DataFrame, reference: str, clusters: str = "proceeding") -> pd.DataFrame:
    """The scores of each forecaster over many forecasts, with their sampling error.

    Strands of one proceeding, and one strand forecast on several days, are not independent: intervals resample whole
    proceedings. A dozen proceedings are few, and intervals from few clusters are too narrow rather than too wide.

    Parameters
    ----------
    forecasts
        Columns: forecaster, proceeding, truth (missing: had not come by the last day), probability (by the last day),
        and those of `score`. Every forecaster has the same forecasts in the same order.
    reference
        The forecaster whose gain over the others is computed.
    clusters
        The column with what is resampled as a whole, if that is not the proceeding.

    Returns
    -------
    DataFrame
        One row for each forecaster. Columns: forecaster, forecasts, happened, brier, crps, gain (by how much the
        reference's crps is smaller, paired), cover50, cover80, cover95; came80: of the truths that came by the last
        day, the share that the 80% intervals hold, and came80_expected: what it would be on average if the forecasts
        were true; given80: the same for the 80% intervals of the forecasts given that it comes by then, of which 80% is
        expected. All but came80_expected have a 95% confidence interval, _ci_low and _ci_high, which is missing with
        fewer proceedings than `FEWEST_CLUSTERS`.
    """
    baseline = forecasts.loc[forecasts["forecaster"] == reference, "crps"].to_numpy()
    rows: list[dict[str, object]] = []
    for forecaster, own in forecasts.groupby("forecaster", sort=False):
        cluster = own[clusters].tolist()
        row: dict[str, object] = {"forecaster": forecaster, "forecasts": len(own)}
        row["happened"] = int(own["truth"].notna().sum())
        for name in ("brier", "crps", *(f"cover{level * 100:.0f}" for level in LEVELS)):
            row |= _named(name, clustered_mean(own[name].to_numpy(), cluster))
        row |= _named("gain", clustered_mean(own["crps"].to_numpy() - baseline, cluster))
        rows.append(row | _of_what_came(own, clusters))
    return pd.DataFrame(rows)


def _named(name: str, value: MeanInterval) -> dict[str, float]:
    return {name: value.mean, f"{name}_ci_low": value.low, f"{name}_ci_high": value.high}


def _of_what_came(rows: pd.DataFrame, clusters: str) -> dict[str, float]:
    """The coverage of 80% intervals among the truths that came by the last day."""
    came = rows[rows["truth"].notna()]
    if came.empty:
        nothing = MeanInterval(np.nan, np.nan, np.nan)
        return {**_named("came80", nothing), "came80_expected": np.nan, **_named("given80", nothing)}
    probability, cluster = came["probability"].to_numpy(), came[clusters].tolist()
    possible = probability > 0  # a forecast of "never" has no conditional distribution
    expected = np.where(
        possible, np.maximum(np.minimum(probability, 0.9) - 0.1, 0.0) / np.maximum(probability, 1e-12), 0.0
    )
    given = [
        Pit(low / p, high / p).within(0.1, 0.9) if p > 0 else 0.0
        for low, high, p in zip(came["pit_low"], came["pit_high"], probability, strict=True)
    ]
    held = clustered_mean(came["cover80"].to_numpy(), cluster)
    inside = clustered_mean(np.array(given), cluster)
    return {**_named("came80", held), "came80_expected": float(expected.mean()), **_named("given80", inside)}
