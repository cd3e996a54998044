"""Replications of a theory scenario, and a confidence interval over them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from sim.experiments.chunks import ChunkRunner
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario
from sim.scenario.settings import parse_settings

SCENARIOS = Path(__file__).parent / "scenarios"
LEVEL = 0.999
"""Confidence of each interval: of some forty checks one in 25 full runs would fail by chance; seeds are fixed."""
WARM_UP = 0.3
"""Share of the horizon left out, in which the queues that begin empty fill."""


def scenario(name: str, *sets: str) -> Scenario:
    """A theory scenario."""
    return load_scenario(SCENARIOS / f"{name}.yaml", parse_settings(sets))


def events(made: Scenario, replications: int) -> pd.DataFrame:
    """The event log of some replications."""
    return ChunkRunner(made).table(range(replications))


def settled(log: pd.DataFrame, made: Scenario) -> pd.DataFrame:
    """Finished visits that began after the warm-up, and not so late that only the short ones are finished."""
    horizon = made.horizon_days
    late = horizon - 0.05 * horizon
    return log[(log["entered"] > WARM_UP * horizon) & (log["entered"] < late) & log["left"].notna()]


def check(values: "pd.Series[float]", theory: float, precision: float) -> None:
    """Theory's number lies in the t-interval over replications, which is narrow enough to be able to fail."""
    mean, error = values.mean(), stats.sem(values)
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * error)
    assert half < precision * theory, f"the interval {mean:.4g} +- {half:.2g} is too wide to tell"
    assert abs(mean - theory) < half, f"theory says {theory:.5g}, the engine {mean:.5g} +- {half:.2g}"


def means(log: pd.DataFrame, value: Callable[[pd.DataFrame], "pd.Series[float]"]) -> "pd.Series[float]":
    """The mean of something over the visits of each replication."""
    return value(log).groupby(log["replication"]).mean()


def waiting(log: pd.DataFrame) -> "pd.Series[float]":
    """Days waited for staff."""
    return log["left"] - log["entered"] - log["unconstrained_days"]


def time_in_stage(log: pd.DataFrame) -> "pd.Series[float]":
    """Days in the stage."""
    return log["left"] - log["entered"]


def number_waiting(log: pd.DataFrame, since: float, until: float) -> "pd.Series[float]":
    """Time average of the number that waits between two times, first come, first served, single step."""
    start = log["left"] - log["unconstrained_days"]
    inside = np.minimum(start, until).clip(lower=since) - np.minimum(log["entered"], until).clip(lower=since)
    return inside.groupby(log["replication"]).sum() / (until - since)
