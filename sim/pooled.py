"""Scores of many forecasts together, with what chance there is in them.

Strands of one proceeding, and one strand seen from several origins, are not independent: intervals resample whole
proceedings. A dozen proceedings are few, and intervals from few clusters are too narrow rather than too wide.
"""

import pandas as pd

from sim.backtesting import Backtest
from sim.forecasting import FORECASTERS, MODEL
from sim.scores import Interval, Pit, clustered_mean, histogram
from sim.summary import Floats

SEED = 20240314
"""Of the bootstrap."""


def pooled(found: Backtest, milestone: str | None = None) -> pd.DataFrame:
    """One row for each forecaster, over all origins, strands and (unless one is named) milestones.

    Columns: forecaster, forecasts, happened, brier, crps, each with _low and _high (95% bootstrap over proceedings);
    gain, gain_low, gain_high: by how much the model's crps is smaller, paired; cover50, cover80, cover95, and cover80
    with _low and _high; cover80_happened: of those truths that came, given that they came (F(day) / F(last day)).
    """
    table = found.forecasts if milestone is None else found.forecasts[found.forecasts["milestone"] == milestone]
    model = table[table["forecaster"] == MODEL]
    clusters = model["proceeding"].tolist()
    rows = []
    for forecaster in FORECASTERS if len(model) else ():
        mine = table[table["forecaster"] == forecaster]
        spans = {name: clustered_mean(mine[name].to_numpy(), clusters, SEED) for name in ("brier", "crps", "cover80")}
        gain = clustered_mean(mine["crps"].to_numpy() - model["crps"].to_numpy(), clusters, SEED)
        rows.append(
            {"forecaster": forecaster, "forecasts": len(mine), "happened": int(mine["truth"].notna().sum()),
             **{key: value for name in ("brier", "crps") for key, value in _named(name, spans[name]).items()},
             **_named("gain", gain), "cover50": mine["cover50"].mean(), **_named("cover80", spans["cover80"]),
             "cover95": mine["cover95"].mean(), "cover80_happened": _given_that_it_came(mine)}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _named(name: str, value: Interval) -> dict[str, float]:
    return {name: value.mean, f"{name}_low": value.low, f"{name}_high": value.high}


def _given_that_it_came(rows: pd.DataFrame) -> float:
    """The coverage of 80% intervals among the truths that came by the last day, given that they came by it."""
    came = rows[rows["truth"].notna() & (rows["probability"] > 0)]
    inside = [
        Pit(low / p, high / p).within(0.1, 0.9)
        for low, high, p in zip(came["pit_low"], came["pit_high"], came["probability"], strict=True)
    ]
    return sum(inside) / len(inside) if inside else float("nan")


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
