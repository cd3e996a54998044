"""Scores of many forecasts together, with what chance there is in them.

Strands of one proceeding, and one strand seen from several origins, are not independent: intervals resample whole
proceedings. A dozen proceedings are few, and intervals from few clusters are too narrow rather than too wide.
"""

import numpy as np
import pandas as pd

from sim.inference.forecasting import FORECASTERS, MODEL
from sim.inference.origins import Backtest
from sim.inference.scores import Interval, Pit, clustered_mean, histogram
from sim.results.summary import Floats

SEED = 20240314
"""Of the bootstrap."""


def pooled(found: Backtest, milestone: str | None = None) -> pd.DataFrame:
    """One row for each forecaster, over all origins, strands and (unless one is named) milestones.

    Columns: forecaster, forecasts, happened, brier, crps, gain (by how much the model's crps is smaller, paired),
    cover50, cover80, cover95 (see `sim.inference.scores`); came80: of the truths that came by the last day, the share
    that the 80% intervals hold, and came80_expected: what it would be on average if the forecasts were true; given80:
    the same for the 80% intervals of the forecasts given that it comes by then, of which 80% is expected. brier, crps,
    gain, cover80, came80 and given80 have a 95% interval, _low and _high (proceedings resampled).
    """
    table = found.forecasts if milestone is None else found.forecasts[found.forecasts["milestone"] == milestone]
    model = table[table["forecaster"] == MODEL]
    rows: list[dict[str, object]] = []
    for forecaster in FORECASTERS if len(model) else ():
        mine = table[table["forecaster"] == forecaster]
        clusters = mine["proceeding"].tolist()
        gain = mine["crps"].to_numpy() - model["crps"].to_numpy()
        row: dict[str, object] = {"forecaster": forecaster, "forecasts": len(mine)}
        row["happened"] = int(mine["truth"].notna().sum())
        for name in ("brier", "crps", "cover80"):
            row |= _named(name, clustered_mean(mine[name].to_numpy(), clusters, SEED))
        row |= {**_named("gain", clustered_mean(gain, clusters, SEED)), "cover50": mine["cover50"].mean()}
        rows.append(row | {"cover95": mine["cover95"].mean(), **_of_what_came(mine)})
    return pd.DataFrame(rows)


def _named(name: str, value: Interval) -> dict[str, float]:
    return {name: value.mean, f"{name}_low": value.low, f"{name}_high": value.high}


def _of_what_came(rows: pd.DataFrame) -> dict[str, float]:
    """The coverage of 80% intervals among the truths that came by the last day."""
    came = rows[rows["truth"].notna()]
    chance, clusters = came["probability"].to_numpy(), came["proceeding"].tolist()
    possible = chance > 0  # where the forecast said "never" nothing is given
    expected = np.where(possible, np.maximum(np.minimum(chance, 0.9) - 0.1, 0.0) / np.maximum(chance, 1e-12), 0.0)
    given = [
        Pit(low / p, high / p).within(0.1, 0.9) if p > 0 else 0.0
        for low, high, p in zip(came["pit_low"], came["pit_high"], chance, strict=True)
    ]
    if came.empty:
        nothing = Interval(np.nan, np.nan, np.nan)
        return {**_named("came80", nothing), "came80_expected": np.nan, **_named("given80", nothing)}
    held = clustered_mean(came["cover80"].to_numpy(), clusters, SEED)
    inside = clustered_mean(np.array(given), clusters, SEED)
    return {**_named("came80", held), "came80_expected": float(expected.mean()), **_named("given80", inside)}


def by_origin(found: Backtest) -> pd.DataFrame:
    """One row for each origin.

    Columns: origin, strands, forecasts, happened, effective_draws, surprise (see `sim.calibration.Posterior`), and the
    mean crps of each forecaster by its name.
    """
    rows = []
    for origin, here in found.forecasts.groupby("origin", sort=True):
        posterior = found.posteriors[origin]  # type: ignore[index]
        model = here[here["forecaster"] == MODEL]
        row = {"origin": origin, "strands": model["strand"].nunique(), "forecasts": len(model)}
        row |= {"happened": int(model["truth"].notna().sum()), "effective_draws": posterior.effective_draws}
        row["surprise"] = posterior.surprise
        rows.append(row | here.groupby("forecaster")["crps"].mean().to_dict())
    return pd.DataFrame(rows)


def pit_histogram(found: Backtest, forecaster: str = MODEL, bins: int = 10) -> Floats:
    """The share of truths in each of so many equal classes of a forecaster's probability: flat is right.

    A truth beyond the last day is spread over the classes above the probability of the last day.
    """
    mine = found.forecasts[found.forecasts["forecaster"] == forecaster]
    return histogram(mine["pit_low"].to_numpy(), mine["pit_high"].to_numpy(), bins)
