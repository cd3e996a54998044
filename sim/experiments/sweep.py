"""A scenario at many settings: grids and samples of points, each a stored run, compared with one of them pairwise.

Every point has the same replication numbers and so the same luck (common random numbers): differences between points
are those of the settings. The staffing response curve is the main use: an indicator against the people there are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.experiments.design import Design, Point, Sampling, designed
from sim.experiments.simulate import Progress, simulate_each
from sim.results.intervals import LEVEL, mean_interval
from sim.results.measures import Measure, check_label, measures
from sim.scenario.schema import Scenario
from sim.scenario.staffing import headcount

if TYPE_CHECKING:
    import pandas as pd

INDICATORS = ("disposition_time", "pending_end", "delay_per_case")
"""Duration, backlog and delay: what is told unless others are asked for."""
POINTS = "points"
"""The folder of the points' runs in the results folder, as of sensitivity analyses."""


@dataclass(frozen=True)
class Sweep:
    """What a sweep found.

    `axes`: the columns of the settings that vary. `base`: the number of the point that the others are compared with.
    `points`: a row per point with columns point, the axes, fte (people of all roles on average until the horizon) and
    folder (the stored run). `table`: a row per point and indicator, with columns point, the axes, fte, indicator,
    title, unit, value, low, high (confidence interval of the value), difference, diff_low, diff_high (from the base
    point, paired; missing where the indicator has no value). `steps`: what one more FTE does between points that are
    neighbours by staff, see `steps_of`; empty if more varies than one setting or the staff does not.
    """

    scenario: Scenario
    axes: list[str]
    base: int
    points: "pd.DataFrame"
    table: "pd.DataFrame"
    steps: "pd.DataFrame"
    replications: int
    level: float


def sweep(
    scenario: Path | str,
    *,
    grid: Sequence[str] = (),
    scales: Sequence[str] = (),
    ranges: Sequence[str] = (),
    samples: int | None = None,
    method: Sampling = "lhs",
    sets: Iterable[str] = (),
    replications: int | None = None,
    seed: int | None = None,
    indicators: Sequence[str] = INDICATORS,
    level: float = LEVEL,
    jobs: int = 1,
    cluster: str | None = None,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Run a scenario file at many points and tell its indicators at each.

    `grid`: axes "path=a,b,c" or "path=low:high:step"; all combinations are points. `scales`: axes "path=0.8,1,1.2" of
    factors for a number or for every number of a dated table. `ranges`: "path=low:high", `samples` points of which are
    taken by `method` (Latin hypercube or Sobol), at each combination of the others. `sets`: settings of all points, as
    for `load_scenario`. The rest is as for `simulate`. All points are checked before any is run. Raises UserError for
    what cannot be swept.
    """
    design = designed(scenario, grid, scales, ranges, samples, method, sets, replications, seed)
    return sweep_points(
        design, indicators=indicators, level=level, jobs=jobs, cluster=cluster, results=results, progress=progress
    )


def sweep_points(
    design: Design,
    *,
    indicators: Sequence[str] = INDICATORS,
    level: float = LEVEL,
    jobs: int = 1,
    cluster: str | None = None,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Run the points of a sweep and tell their indicators; as `sweep`."""
    written, points = design
    for label in indicators:
        check_label(written, label)
    base = next((number for number, point in enumerate(points) if point.scenario == written), 0)
    folder = Path(results) / POINTS if results is not None else None
    runs = simulate_each([p.scenario for p in points], jobs=jobs, cluster=cluster, results=folder, progress=progress)
    found, folders = [], []
    for run in runs:  # one at a time: their summaries are large
        known = measures(run.summary)
        found.append({label: known[label] for label in indicators if label in known})
        folders.append(str(run.folder) if run.folder and results is not None else "")
    return _told(written, points, base, folders, found, indicators, level)


def fte_of(scenario: Scenario) -> float:
    """The people of all roles, on average over the days until the horizon."""
    days = np.arange(int(scenario.horizon_days), dtype=float)
    return float(sum(headcount(pool, scenario.start, days).mean() for pool in scenario.staffing.values()))


def _told(
    written: Scenario,
    points: Sequence[Point],
    base: int,
    folders: Sequence[str],
    found: Sequence[dict[str, Measure]],
    indicators: Sequence[str],
    level: float,
) -> Sweep:
    """The tables of a sweep."""
    import pandas as pd

    axes = list(points[0].at)
    staff = [fte_of(point.scenario) for point in points]
    places = [{"point": n, **p.at, "fte": fte} for n, (p, fte) in enumerate(zip(points, staff, strict=True))]
    per_draw = written.replications_per_draw
    rows = []
    for place, here in zip(places, found, strict=True):
        for label in indicators:
            if label in here:
                rows.append({**place, **_row(here[label], found[base].get(label), per_draw, level)})
    steps = steps_of(found, staff, indicators, per_draw, level) if len(axes) == 1 else steps_of([], [], [], 1, level)
    table = pd.DataFrame(places).assign(folder=list(folders))
    return Sweep(written, axes, base, table, pd.DataFrame(rows), steps, points[0].scenario.replications, level)


def _row(here: Measure, base: Measure | None, per_draw: int, level: float) -> dict[str, Any]:
    """An indicator at a point: its value and its difference from the base point."""
    estimate = mean_interval(here.values(), per_draw, level)
    row: dict[str, Any] = {"indicator": here.label, "title": here.title, "unit": here.definition.unit}
    row |= {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    paired = mean_interval(here.values() - base.values(), per_draw, level) if base else None
    keys = ("difference", "diff_low", "diff_high")
    return row | dict(zip(keys, paired[:3] if paired else (np.nan,) * 3, strict=True))


STEPS = (
    "indicator",
    "title",
    "unit",
    "from_point",
    "to_point",
    "from_fte",
    "to_fte",
    "effect",
    "low",
    "high",
    "better",
)
"""Columns of the steps of a staffing response curve, see `steps_of`."""


def steps_of(
    found: Sequence[dict[str, Measure]],
    staff: Sequence[float],
    indicators: Sequence[str],
    per_draw: int,
    level: float,
) -> "pd.DataFrame":
    """What one more FTE does to each indicator between points that are neighbours by staff.

    Columns as in `STEPS`: effect (the paired difference over that of the people, in the indicator's unit per FTE), low,
    high (its confidence interval; those of one indicator hold together, Bonferroni), better (1 if more of the indicator
    is better, -1 if less is, 0 if neither).
    """
    import pandas as pd

    order = [int(number) for number in np.argsort(staff, kind="stable")]
    pairs = [(a, b) for a, b in pairwise(order) if staff[b] - staff[a] > 1e-9]
    rows = []
    for label in indicators:
        for a, b in pairs:
            if label not in found[a] or label not in found[b]:
                continue
            people, here = staff[b] - staff[a], found[b][label]
            change = (here.values() - found[a][label].values()) / people
            effect = mean_interval(change, per_draw, 1 - (1 - level) / len(pairs))
            what = (label, here.title, here.definition.unit, a, b, staff[a], staff[b])
            rows.append((*what, effect.value, effect.low, effect.high, here.definition.better))
    return pd.DataFrame(rows, columns=list(STEPS))


def helping(steps: "pd.DataFrame") -> "pd.DataFrame":
    """The steps of one indicator in which one more FTE surely makes it better: the interval of the effect says so."""
    surely = (steps["low"] > 0).where(steps["better"] > 0, steps["high"] < 0)
    return steps[surely & (steps["better"] != 0)]


def stops_helping(steps: "pd.DataFrame") -> float | None:
    """The FTE at which one more stops helping surely; None if it helps to the end, or no step of them surely helps."""
    helps = helping(steps)
    if helps.empty or helps.index[-1] == steps.index[-1]:
        return None
    return float(helps.iloc[-1]["to_fte"])
