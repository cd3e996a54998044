"""The points of a sweep: grids, factors and samples of settings as they are written on the command line."""

import json
import re
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic_core import to_jsonable_python

from sim.errors import UserError
from sim.scenario import paths
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario
from sim.scenario.settings import parse_settings
from sim.scenario.yaml_nodes import split

Sampling = Literal["lhs", "sobol"]
MOST_POINTS = 10_000
"""More points are taken for a slip of the pen."""

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_STEPS = re.compile(rf"({_NUMBER}):({_NUMBER}):({_NUMBER})")
_RANGE = re.compile(rf"({_NUMBER}):({_NUMBER})")
_ITEM = re.compile(r"""(?:[^,\[\]{}"']|\[[^\]]*\]|\{[^}]*\}|"[^"]*"|'[^']*')+""")


class Axis(NamedTuple):
    """A setting that is varied: its path, and the values as they are written; `scaled` if they multiply it."""

    path: str
    written: list[str]
    scaled: bool = False

    @property
    def name(self) -> str:
        """Its column in the tables."""
        return f"{self.path} x" if self.scaled else self.path


class Point(NamedTuple):
    """Where a scenario is run: the values by axis, and the scenario there."""

    at: dict[str, Any]
    scenario: Scenario


def _updated(scenario: Scenario, replications: int | None, seed: int | None) -> Scenario:
    update = {name: value for name, value in (("replications", replications), ("seed", seed)) if value is not None}
    return scenario.model_copy(update=update)


class Design(NamedTuple):
    """The scenario as written, with the settings of all points, and the points."""

    written: Scenario
    points: list[Point]


def designed(
    scenario: Path | str,
    grid: Sequence[str] = (),
    scales: Sequence[str] = (),
    ranges: Sequence[str] = (),
    samples: int | None = None,
    method: Sampling = "lhs",
    sets: Iterable[str] = (),
    replications: int | None = None,
    seed: int | None = None,
) -> Design:
    """The points of a sweep, checked, each different from the others; arguments as of `sweep`."""
    sets = list(sets)
    written = load_scenario(scenario, parse_settings(sets))
    axes = [_grid_axis(said) for said in grid] + [_scale_axis(said) for said in scales]
    limits = [_range(said) for said in ranges]
    _check_axes([axis.path for axis in axes] + [path for path, _, _ in limits], samples, bool(limits))
    for path in [axis.path for axis in axes if not axis.scaled] + [path for path, _, _ in limits]:
        _check_place(written, path)
    combinations = list(product(*(axis.written for axis in axes)))
    drawn = _samples(written, limits, samples or 1, method, written.seed if seed is None else seed)
    if len(combinations) * len(drawn) > MOST_POINTS:
        raise UserError(f"these are {len(combinations) * len(drawn):,} points; at most {MOST_POINTS:,} can be swept")
    found: dict[str, Point] = {}
    for combination, sample in product(combinations, drawn):
        values = {axis.name: _plain(value) for axis, value in zip(axes, combination, strict=True)} | sample
        texts = [text for axis, value in zip(axes, combination, strict=True) for text in _texts(written, axis, value)]
        texts += [f"{path}={value!r}" for path, value in sample.items()]
        there = _updated(load_scenario(scenario, parse_settings([*sets, *texts])), replications, seed)
        found.setdefault(there.model_dump_json(exclude={"sources"}), Point(values, there))
    return Design(_updated(written, replications, seed), list(found.values()))


def _check_axes(names: Sequence[str], samples: int | None, ranges: bool) -> None:
    if not names:
        raise UserError("nothing to sweep: say for example --set staffing.case_handlers.headcount=80,120,200")
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"{name}: is swept twice; name each setting once")
    if ranges and samples is None:
        raise UserError("--range wants --samples, the number of points to take from it")
    if samples is not None and not ranges:
        raise UserError("--samples wants --range path=low:high, what to take them from")


def varies(said: str) -> bool:
    """Whether "path=values" has more than one value, and so is an axis; otherwise it is a setting of all points."""
    return len(_grid_axis(said).written) > 1


def _grid_axis(said: str) -> Axis:
    """An axis from "path=a,b,c" or "path=low:high:step"."""
    path, equals, values = (part.strip() for part in said.partition("="))
    if not equals or not path or not values:
        raise UserError(f"--set {said}: wants path=a,b,c or path=low:high:step")
    steps = _STEPS.fullmatch(values)
    if not steps:
        return Axis(path, [item.strip() for item in _ITEM.findall(values)])
    low, high, step = (float(part) for part in steps.groups())
    if step <= 0 or high < low:
        raise UserError(f"--set {said}: wants low:high:step with low before high and a step above 0")
    count = int(np.floor((high - low) / step + 1e-9)) + 1
    if count > MOST_POINTS:
        raise UserError(f"--set {said}: these are {count:,} values; at most {MOST_POINTS:,} can be swept")
    return Axis(path, [_written(low + step * number) for number in range(count)])


def _scale_axis(said: str) -> Axis:
    """An axis of factors from "path=0.8,1,1.2" or "path=low:high:step"."""
    try:
        axis = _grid_axis(said)
    except UserError as error:
        raise UserError(str(error).replace("--set", "--scale")) from None
    for value in axis.written:
        if not re.fullmatch(_NUMBER, value) or float(value) < 0:
            raise UserError(f"--scale {said}: {value!r} is no factor; write numbers such as 0.8,1,1.2")
    return Axis(axis.path, axis.written, scaled=True)


def _range(said: str) -> tuple[str, float, float]:
    path, _, limits = (part.strip() for part in said.partition("="))
    found = _RANGE.fullmatch(limits)
    if not path or not found or float(found[1]) >= float(found[2]):
        raise UserError(f"--range {said}: wants path=low:high with low before high")
    return path, float(found[1]), float(found[2])


def _check_place(written: Scenario, path: str) -> None:
    """Raise UserError where a path leads to nothing: a misspelt role would be a new one that nobody asks for."""
    above = paths.joined(tuple(split(path)[:-1]))
    try:
        if above and "*" not in above:
            paths.expand(written, above)
    except KeyError as error:
        raise UserError(f"{path}: {error.args[0]}") from None


def _samples(
    written: Scenario, limits: Sequence[tuple[str, float, float]], count: int, method: Sampling, seed: int
) -> list[dict[str, Any]]:
    """Values by path at the points of a Latin hypercube or a scrambled Sobol sequence; whole numbers stay whole.

    scipy.stats.qmc; a Sobol sequence is balanced at powers of two alone, and so others are refused.
    """
    if not limits:
        return [{}]
    from scipy.stats import qmc

    if count < 1:
        raise UserError(f"--samples {count}: wants at least 1")
    if method == "sobol" and count & (count - 1):
        raise UserError(f"--samples {count}: Sobol points come in powers of two, such as {1 << count.bit_length()}")
    sampler = (qmc.Sobol if method == "sobol" else qmc.LatinHypercube)(len(limits), rng=np.random.default_rng(seed))
    scaled = qmc.scale(sampler.random(count), [low for _, low, _ in limits], [high for _, _, high in limits])
    whole = [_is_whole(written, path) for path, _, _ in limits]
    names = [path for path, _, _ in limits]
    return [
        {path: round(value) if rounded else value for path, value, rounded in zip(names, row, whole, strict=True)}
        for row in scaled.tolist()
    ]


def _is_whole(scenario: Scenario, path: str) -> bool:
    """Whether a setting is a whole number."""
    try:
        return type(paths.part(scenario, path)) is int
    except KeyError:
        return False


def _texts(written: Scenario, axis: Axis, value: str) -> list[str]:
    """What --set would be told for one value of an axis."""
    if not axis.scaled:
        return [f"{axis.path}={value}"]
    try:
        places = paths.expand(written, axis.path)
        scaled = [(keys, paths.times(paths.value_at(written, keys), float(value))) for keys in places]
    except KeyError as error:
        raise UserError(f"--scale {axis.path}: {error.args[0]}") from None
    except TypeError as error:
        raise UserError(f"--scale {axis.path}: {error}; only numbers can be scaled") from None
    return [f"{paths.joined(keys)}={_yaml(number)}" for keys, number in scaled]


def _yaml(value: Any) -> str:
    """A setting as it is written on the command line: a number, a distribution, or a table with dates."""
    if isinstance(value, dict) and [str(key) for key in value] == ["0001-01-01"]:  # one number for all time
        value = next(iter(value.values()))
    return json.dumps(to_jsonable_python(value))


def _written(value: float) -> str:
    """A number without the noise of its arithmetic."""
    return f"{value:.10g}"


def _plain(said: str) -> Any:
    """A value of an axis for the tables: a number where it is one."""
    if not re.fullmatch(_NUMBER, said):
        return said
    return float(said) if not float(said).is_integer() else int(float(said))
