"""A scenario at many settings: grids and samples of points, each a stored run, compared with one of them pairwise.

Every point has the same replication numbers and so common random numbers: differences between points are those of the
settings. The staffing response curve is the main use: an indicator against the people available.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from pydantic_core import to_json, to_jsonable_python

from sim.errors import UserError, renamed_arguments
from sim.experiments.simulate import Progress, prepared, simulate_each
from sim.experiments.values import IndicatorValues, values_of
from sim.plotting import Drawable
from sim.results.estimates import check_label
from sim.results.statistics import LEVEL, mean_interval
from sim.scenario import paths
from sim.scenario.expected_staff import expected_staffing
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario
from sim.scenario.staffing import headcount
from sim.scenario.yaml_nodes import split

if TYPE_CHECKING:
    import pandas as pd

INDICATORS = ("disposition_time", "pending_end", "delay_per_case")
"""Duration, backlog and delay: looked at unless others are asked for."""
FOLDER = "points"
"""The folder of the points' runs in the results folder, as of sensitivity analyses."""
MOST_POINTS = 10_000
"""More points are taken for a slip of the pen."""
FIXED = ("start", "horizon", "replications", "replications_per_draw")
"""Settings that all points have in common."""
WORDS = ("name", "title", "description", "question")
"""Settings for readers."""
Sampling = Literal["lhs", "sobol"]


@dataclass(frozen=True, repr=False, eq=False)
class Sweep(Drawable):
    """A scenario at many settings.

    Attributes
    ----------
    scenario
        The scenario as written, with the settings of all points.
    axes
        The columns of the settings that vary; of one that is scaled its path with ` x`.
    base
        The number of the point that the others are compared with.
    points
        A row for each point with columns point, the axes, fte (people of all roles on average until the horizon) and
        folder (the stored run).
    table
        A row for each point and indicator, with columns point, the axes, fte, indicator, title, unit, value, low, high
        (confidence interval of the value), difference, diff_low, diff_high (from the base point, paired; missing where
        the indicator has no value).
    steps
        What one more FTE does between points that are neighbours by staff, see `steps_of`; empty if more than one
        setting varies or the staff does not.
    replications
        At each point.
    level
        Confidence level of the intervals.
    """

    scenario: Scenario
    axes: list[str]
    base: int
    points: "pd.DataFrame"
    table: "pd.DataFrame"
    steps: "pd.DataFrame"
    replications: int
    level: float

    def __repr__(self) -> str:
        axes = ", ".join(self.axes) if sum(map(len, self.axes)) <= 120 else f"{len(self.axes)} settings"
        return (
            f"<Sweep of {self.scenario.name[:80]} over {axes}: {len(self.points):,} points of"
            f" {self.replications:,} replications>"
        )

    def _repr_html_(self) -> str:
        return self.html(self.table[[*self.axes, "fte", "title", "unit", "value", "low", "high", "difference"]])


class Point(NamedTuple):
    """Where a scenario is run: the values by axis, and the scenario with them."""

    at: dict[str, Any]
    scenario: Scenario


class Design(NamedTuple):
    """The scenario as written, with the settings of all points, and the points."""

    written: Scenario
    points: list[Point]


@renamed_arguments(grid="settings", sets="settings", method="sampling")
def sweep(
    scenario: Scenario | Path | str,
    settings: Mapping[str, Any] | None = None,
    *,
    scales: Mapping[str, Sequence[float]] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    samples: int | None = None,
    sampling: Sampling = "lhs",
    indicators: Sequence[str] = INDICATORS,
    replications: int | None = None,
    seed: int | None = None,
    level: float = LEVEL,
    jobs: int = 1,
    cluster: str | None = None,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Run a scenario at many settings: what the indicators are at each, and where one more FTE stops helping.

    All points are checked before any is run.

    Parameters
    ----------
    scenario
        A scenario, or the path of its file.
    settings
        By dotted path. A list is an axis, such as `{"staffing.legal.headcount": [8, 12, 16]}`; anything else is set at
        all points. All combinations of the axes are points.
    scales
        Axes of factors, such as `{"staffing.*.headcount": [0.8, 1, 1.2]}`, for a number or every number of a table.
    ranges, samples, sampling
        Limits, such as `{"staffing.legal.headcount": (8, 16)}`, between which `samples` points are taken, as a Latin
        hypercube ("lhs") or from a Sobol sequence ("sobol"), at each combination of the axes.
    indicators
        Labels of `sim indicators`.
    replications, seed, jobs, cluster, results, progress
        As for `simulate`. The points are stored in a folder of their own in `results`, and used again.
    level
        Of the confidence intervals.

    Returns
    -------
    Sweep
        With a row for each point and indicator in its `table`. Differences are from the scenario as written if it is
        among the points, otherwise from the first point.

    Raises
    ------
    UserError
        For settings that cannot be swept, and unknown indicators.
    """
    design = designed(scenario, settings, scales, ranges, samples, sampling, replications, seed)
    return sweep_points(
        design, indicators=indicators, level=level, jobs=jobs, cluster=cluster, results=results, progress=progress
    )


def designed(
    scenario: Scenario | Path | str,
    settings: Mapping[str, Any] | None = None,
    scales: Mapping[str, Sequence[float]] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    samples: int | None = None,
    sampling: Sampling = "lhs",
    replications: int | None = None,
    seed: int | None = None,
) -> Design:
    """The points of a sweep, checked, each different from the others; arguments as of `sweep`."""
    settings, scales, ranges = settings or {}, scales or {}, ranges or {}
    grid = {path: list(values) for path, values in settings.items() if isinstance(values, list | tuple | range)}
    fixed = {path: value for path, value in settings.items() if path not in grid}
    written = _with_settings(scenario, fixed)
    _check_axes(grid, scales, ranges, samples)
    for path in (*grid, *scales, *ranges):
        _check_path(written, path)
    drawn = _samples(written, ranges, samples or 1, sampling, written.seed if seed is None else seed)
    axes = [[(path, value, {path: value}) for value in values] for path, values in grid.items()]
    axes += [[(f"{path} x", factor, _scaled(written, path, factor)) for factor in scales[path]] for path in scales]
    count = int(np.prod([len(axis) for axis in axes], dtype=float)) * len(drawn)
    if count > MOST_POINTS:
        raise UserError(f"these are {count:,} points; at most {MOST_POINTS:,} can be swept")
    points: dict[str, Point] = {}
    for combination, sample in product(product(*axes), drawn):
        at = {name: _cell(value) for name, value, _ in combination} | sample
        changed = {path: value for _, _, change in combination for path, value in change.items()} | sample
        varied = prepared(_with_settings(scenario, {**fixed, **changed}), replications, seed)
        points.setdefault(varied.model_dump_json(exclude={"sources"}), Point(at, varied))
    return Design(prepared(written, replications, seed), list(points.values()))


def _with_settings(scenario: Scenario | Path | str, settings: Mapping[str, Any]) -> Scenario:
    """The scenario with other settings. A file is read again: what it takes from the record may depend on them."""
    if not isinstance(scenario, Scenario):
        return load_scenario(scenario, settings)
    return scenario.replace(settings) if settings else scenario


def _check_axes(
    grid: Mapping[str, Any], scales: Mapping[str, Any], ranges: Mapping[str, Any], samples: int | None
) -> None:
    if ranges and samples is None:
        raise UserError("--range needs --samples, the number of points to take from it")
    if samples is not None and not ranges:
        raise UserError("--samples needs --range path=low:high, from which to take them")
    names = [*grid, *scales, *ranges]
    if not names:
        raise UserError("nothing to sweep; give for example --set staffing.case_handlers.headcount=80,120,200")
    for name in names:
        if len([other for other in names if split(other) == split(name)]) > 1:
            raise UserError(f"{name}: is swept twice; name each setting once")
    for path, values in {**grid, **scales}.items():
        if not len(values):
            raise UserError(f"{path}: has no values to sweep")
    for path, (low, high) in ranges.items():
        if not low < high:
            raise UserError(f"{path}: the range {low} to {high} must have low below high")


def _check_path(written: Scenario, path: str) -> None:
    """Raise UserError for a setting that cannot differ between points, and where a path leads to nothing."""
    first, *rest = split(path) or [path]
    if not rest and first in FIXED:
        raise UserError(f"{path}: cannot be swept: all points have the same, so that they can be compared")
    if not rest and first in WORDS:
        raise UserError(f"{path}: cannot be swept: no result depends on it")
    above = paths.joined((first, *rest)[:-1])
    try:
        if above and "*" not in above:
            paths.expand(written, above)
    except KeyError as error:
        raise UserError(f"{path}: {error.args[0]}") from None


def _samples(
    written: Scenario, ranges: Mapping[str, tuple[float, float]], count: int, sampling: Sampling, seed: int
) -> list[dict[str, Any]]:
    """Values by path at the points of a Latin hypercube or a scrambled Sobol sequence; whole numbers stay whole.

    scipy.stats.qmc; a Sobol sequence is balanced at powers of two alone, and so others are refused.
    """
    if not ranges:
        return [{}]
    from scipy.stats import qmc

    if not 1 <= count <= MOST_POINTS:
        raise UserError(f"--samples {count}: must be at least 1 and at most {MOST_POINTS:,}")
    if sampling == "sobol" and count & (count - 1):
        raise UserError(f"--samples {count}: Sobol points come in powers of two, such as {1 << count.bit_length()}")
    sampler = (qmc.Sobol if sampling == "sobol" else qmc.LatinHypercube)(len(ranges), rng=np.random.default_rng(seed))
    low, high = zip(*ranges.values(), strict=True)
    rows = qmc.scale(sampler.random(count), low, high).tolist()
    whole = [_is_whole(written, path) for path in ranges]
    return [
        {path: round(value) if rounded else value for path, value, rounded in zip(ranges, row, whole, strict=True)}
        for row in rows
    ]


def _is_whole(scenario: Scenario, path: str) -> bool:
    """Whether a setting is a whole number."""
    try:
        return type(paths.part(scenario, path)) is int
    except KeyError:
        return False


def _scaled(written: Scenario, path: str, factor: float) -> dict[str, Any]:
    """The settings that a path names, multiplied."""
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not factor >= 0:
        raise UserError(f"--scale {path}: {factor!r} is not a factor; write numbers such as 0.8, 1, 1.2")
    try:
        scaled = {
            paths.joined(keys): paths.scale_value(paths.value_at(written, keys), float(factor))
            for keys in paths.expand(written, path)
        }
    except KeyError as error:
        raise UserError(f"--scale {path}: {error.args[0]}") from None
    except TypeError as error:
        raise UserError(f"--scale {path}: {error}; only numbers can be scaled") from None
    return {name: _as_setting(value) for name, value in scaled.items()}


def _as_setting(value: Any) -> Any:
    """A value as a scenario file would have it."""
    plain = to_jsonable_python(value)
    if isinstance(plain, dict) and list(plain) == ["0001-01-01"]:  # one number for all time
        return plain["0001-01-01"]
    return plain


def _cell(value: Any) -> Any:
    """A value of an axis in the tables: a number, whole if it is one, or a text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else to_json(value).decode().strip('"')
    return int(value) if float(value).is_integer() else float(value)


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
    """Run the points of a sweep; as `sweep`."""
    written, points = design
    for label in indicators:
        check_label(written, label)
    folder = Path(results) / FOLDER if results is not None else None
    runs = simulate_each([p.scenario for p in points], jobs=jobs, cluster=cluster, results=folder, progress=progress)
    known, folders = [], []
    for run in runs:  # one at a time: their summaries are large
        known.append(values_of(run, indicators))
        folders.append(str(run.folder) if run.folder and results is not None else "")
    return _tables(design, known, folders, indicators, level)


def fte_of(scenario: Scenario) -> float:
    """The people of all roles that are expected, on average over the days until the horizon.

    Where it is uncertain how many there are, these are the means over what is uncertain, as simulations have them.
    """
    days, pools = np.arange(int(scenario.horizon_days), dtype=float), expected_staffing(scenario).values()
    return float(sum(headcount(pool, scenario.start, days).mean() for pool in pools))


def _tables(
    design: Design,
    known: Sequence[dict[str, IndicatorValues]],
    folders: Sequence[str],
    indicators: Sequence[str],
    level: float,
) -> Sweep:
    """The tables of a sweep from the indicators' values at each point."""
    import pandas as pd

    written, points = design
    base = next((number for number, point in enumerate(points) if point.scenario == written), 0)
    axes, per_draw = list(points[0].at), written.replications_per_draw
    staff = [fte_of(point.scenario) for point in points]
    located = [{"point": n, **p.at, "fte": fte} for n, (p, fte) in enumerate(zip(points, staff, strict=True))]
    rows = [
        {**at, **_row(values[label], known[base].get(label), per_draw, level)}
        for at, values in zip(located, known, strict=True)
        for label in indicators
        if label in values
    ]
    steps = steps_of(known, staff, indicators, per_draw, level) if len(axes) == 1 else steps_of([], [], [], 1, level)
    table = pd.DataFrame(located).assign(folder=list(folders))
    return Sweep(written, axes, base, table, pd.DataFrame(rows), steps, points[0].scenario.replications, level)


def _row(indicator: IndicatorValues, base: IndicatorValues | None, per_draw: int, level: float) -> dict[str, Any]:
    """An indicator at a point: its value and its difference from the base point."""
    value = mean_interval(indicator.array, per_draw, level)
    paired = indicator.less(base, per_draw, level)[:3] if base else (np.nan,) * 3
    return {
        "indicator": indicator.label,
        "title": indicator.title,
        "unit": indicator.unit,
        **dict(zip(("value", "low", "high"), value[:3], strict=True)),
        **dict(zip(("difference", "diff_low", "diff_high"), paired, strict=True)),
    }


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
    known: Sequence[dict[str, IndicatorValues]],
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
            if label not in known[a] or label not in known[b]:
                continue
            before, after = known[a][label], known[b][label]
            change = (after.array - before.array) / (staff[b] - staff[a])
            effect = mean_interval(change, per_draw, 1 - (1 - level) / len(pairs))
            step = (label, after.title, after.unit, a, b, staff[a], staff[b])
            rows.append((*step, effect.value, effect.low, effect.high, after.better))
    return pd.DataFrame(rows, columns=list(STEPS))


def helping(steps: "pd.DataFrame") -> "pd.DataFrame":
    """The steps of one indicator in which one more FTE improves it significantly, by the interval of the effect."""
    significant = (steps["low"] > 0).where(steps["better"] > 0, steps["high"] < 0)
    return steps[significant & (steps["better"] != 0)]
