"""The workload W2 that every rival runs: what it is, its random draws, and the indicators of a run.

Three pools of people and four stages. A stage needs a whole team: its people are kept for the sampled duration
and given back together. Each pool serves the teams that wait for it strictly in the order of their requests
(one priority, no overtaking within a pool), a waiting team sets people aside in each of its pools as its turn
comes there, and it starts when all of them have served it. At the end of a stage (1) the team is freed, (2)
waiting teams are dispatched, (3) the route is drawn, (4) the case asks for its next team.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

HANDLERS, DATA_SCIENTISTS, LEGAL = range(3)
RFI, PROCEEDINGS, FINDINGS, DECISION = range(4)

POOL_NAMES = ("handlers", "data_scientists", "legal")
STAGE_NAMES = ("rfi", "proceedings", "findings", "decision")

#: People in each pool.
POOLS: tuple[int, int, int] = (120, 30, 20)

#: The team of each stage: people from each pool.
TEAMS: tuple[tuple[int, int, int], ...] = ((1, 0, 0), (4, 2, 0), (4, 0, 2), (3, 0, 2))

#: Probability that a case ends after the stage; otherwise it goes on to the next one.
#: (After the RFI it is closed, after proceedings there are commitments.)
ROUTES: tuple[float, ...] = (0.8, 0.25, 0.0, 1.0)

#: Mean duration of each stage in days; lognormal with this coefficient of variation.
MEAN_DAYS: tuple[float, ...] = (60.0, 300.0, 200.0, 180.0)
CV = 0.6

DAYS_PER_YEAR = 365.0
HORIZON = 3650.0

#: (case, stage, requested, started, ended), logged when the stage ends.
Visit = tuple[int, int, float, float, float]

_VARIANCE = math.log(1.0 + CV * CV)
_SIGMA = math.sqrt(_VARIANCE)
_MU = np.log(np.array(MEAN_DAYS))[:, None] - _VARIANCE / 2.0


@dataclass(frozen=True)
class Draws:
    """Every random number of a replication, by case, so that all engines use the same ones."""

    #: Times of arrival in days, ascending, all before the end of the years drawn.
    arrivals: list[float]
    #: The duration of each stage, should the case come to it.
    durations: list[tuple[float, float, float, float]]
    #: Uniforms of the two routes: after the RFI, and after proceedings.
    routes: list[tuple[float, float]]


def draw(seed: int, rate_per_year: float = 60, years: float = 10) -> Draws:
    """Draw a replication: Poisson arrivals over `years`, with durations and routes for each case."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    end = years * DAYS_PER_YEAR
    mean_gap = DAYS_PER_YEAR / rate_per_year
    expected = rate_per_year * years
    ample = int(expected + 6.0 * math.sqrt(expected) + 10.0)
    times = np.cumsum(rng.standard_exponential(ample) * mean_gap)
    while times[-1] < end:
        more = np.cumsum(rng.standard_exponential(ample) * mean_gap)
        times = np.concatenate((times, times[-1] + more))
    count = int(np.searchsorted(times, end))
    durations = np.exp(_MU + _SIGMA * rng.standard_normal((4, count)))
    routes = rng.random((2, count))
    return Draws(
        arrivals=times[:count].tolist(),
        durations=list(zip(*durations.tolist(), strict=True)),
        routes=list(zip(*routes.tolist(), strict=True)),
    )


def indicators(
    visits: Sequence[Visit], pools: tuple[int, int, int] = POOLS, horizon: float = HORIZON
) -> dict[str, float]:
    """The indicators of one run, from its visits that ended before the horizon."""
    log = np.array(visits, dtype=float).reshape(-1, 5)
    case, stage = log[:, 0].astype(int), log[:, 1].astype(int)
    requested, started, ended = log[:, 2], log[:, 3], log[:, 4]
    arrived = np.full(int(case.max(initial=-1)) + 1, np.nan)
    arrived[case[stage == RFI]] = requested[stage == RFI]
    decided = stage == DECISION
    days = ended[decided] - arrived[case[decided]]
    table = {
        "days_to_decision": float(days.mean()) if len(days) else math.nan,
        "decided": float(decided.sum()),
    }
    busy = np.array(TEAMS, dtype=float)[stage] * (ended - started)[:, None]
    for name, people, total in zip(POOL_NAMES, pools, busy.sum(axis=0), strict=True):
        table[f"utilisation_{name}"] = float(total) / (people * horizon)
    for number, name in enumerate(STAGE_NAMES):
        here = stage == number
        waits = started[here] - requested[here]
        table[f"wait_{name}"] = float(waits.mean()) if len(waits) else math.nan
    return table
