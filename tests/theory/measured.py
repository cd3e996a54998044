"""Replications of a theory scenario, and a confidence interval over them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from sim.experiments.chunks import ChunkRunner
from sim.scenario.checks import problems
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario
from sim.scenario.settings import parse_settings

FIRST = "2001-01-01"
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


def one_office(
    stages: dict[str, dict[str, Any]], staffing: dict[str, Any], cases: dict[str, str | None], **more: Any
) -> pd.DataFrame:
    """The events, by case, of one replication of a year in which one case comes to each stage named, and then ends.

    `cases`: the day on which each case comes (None: the first), or, with an equals sign before it, since when it is
    in its stage; `more`: other settings of the scenario, or of its procedure.
    """
    of_procedure = {name: more.pop(name) for name in ("priority_weights",) if name in more}
    procedure = {
        "name": "office",
        "title": "Office",
        "exits": {"done": "Done"},
        "stages": {name: {"next": {"done": 1}, **stage} for name, stage in stages.items()},
        **of_procedure,
    }
    probes = {
        name: {"stage": name, "since": day[1:]} if day and day[0] == "=" else {"stage": name, "arrives": day or FIRST}
        for name, day in cases.items()
    }
    settings = {
        "name": "office",
        "start": FIRST,
        "horizon": "2002-01-01",
        "replications": 1,
        "seed": 1,
        "procedure": procedure,
        "staffing": staffing,
        "probes": probes,
        **more,
    }
    made = Scenario.model_validate(settings)
    assert problems(made) == []
    return events(made, made.replications)
