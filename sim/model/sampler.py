"""Many distributions at once: uniform numbers in, values out, one call per family of distributions."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from sim.model.streams import Floats, counter
from sim.scenario.distributions import Constant, Distribution, Lognormal, Pert, Uniform

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class DrawColumn:
    """One draw of a visit: the name of its stream, and of what it is a draw (None: the uniform number itself)."""

    name: str
    value: Distribution | None


class Sampler:
    """The quantile function of a row of columns.

    `drawn`: the indices of those columns that are drawn at all; `names`: their streams, as counters; `quantile`: their
    quantile functions for single numbers; `constants`: a row with the values of the others.
    """

    def __init__(self, columns: list[DrawColumn]) -> None:
        self.columns = tuple(columns)
        constant = np.array([c.value.value if isinstance(c.value, Constant) else 0.0 for c in columns])
        self._constant = constant
        self.constants: list[float] = constant.tolist()
        self.drawn = [index for index, c in enumerate(columns) if not isinstance(c.value, Constant)]
        # Hashed once for a plan, and not in each replication for each source.
        self.names = {index: counter(columns[index].name) for index in self.drawn}
        self._line = {index: line for line, index in enumerate(self.drawn)}
        self._families = self._grouped()
        self.quantile = {index: _single(columns[index].value) for index in self.drawn}

    def values(self, uniforms: Floats) -> Floats:
        """Rows of values, shape (count, columns), from uniform numbers of shape (drawn columns, count)."""
        rows = np.empty((uniforms.shape[1], len(self._constant)))
        rows[:] = self._constant
        for indices, lines, quantile in self._families:
            rows[:, indices] = quantile(uniforms[lines]).T
        return rows

    def _grouped(self) -> list[tuple[Indices, Indices, Callable[[Floats], Floats]]]:
        """Columns, lines of uniform numbers and the joint quantile function of each family of distributions.

        A source often has few cases, so that calls and not numbers take the time: a stage of twenty lognormal columns
        is one call. Families without a joint function are a group for each column.
        """
        groups: dict[object, list[int]] = {}
        for index in self.drawn:
            value = self.columns[index].value
            # These are nearly all that the shipped procedures draw; the others are called column by column.
            family = type(value) if isinstance(value, (Lognormal, Pert, Uniform)) or value is None else index
            groups.setdefault(family, []).append(index)
        families = []
        for indices in groups.values():
            values = [self.columns[index].value for index in indices]
            lines = [self._line[index] for index in indices]
            families.append((np.array(indices), np.array(lines), _joint(values)))
        return families


def _joint(values: list[Distribution | None]) -> Callable[[Floats], Floats]:
    """The quantile function of several distributions of one family, a line each."""
    first = values[0]
    if first is None:
        return lambda u: u
    if isinstance(first, Lognormal):
        from scipy.special import ndtri

        shape, scale = _parameter_columns([v.parameters() for v in values if isinstance(v, Lognormal)])
        return lambda u: scale * np.exp(shape * ndtri(u))
    if isinstance(first, Uniform):
        low, high = _parameter_columns([(v.low, v.high) for v in values if isinstance(v, Uniform)])
        return lambda u: low + (high - low) * u
    if isinstance(first, Pert):
        from scipy.special import betaincinv

        low, high, a, b = _parameter_columns([(v.low, v.high, *v.shape()) for v in values if isinstance(v, Pert)])
        return lambda u: low + (high - low) * betaincinv(a, b, u)
    return first.quantile


def _parameter_columns(parameters: list[tuple[float, ...]]) -> list[Floats]:
    """Parameters, each of shape (distributions, 1), to be combined with uniform numbers of (distributions, count)."""
    return [np.array(values)[:, None] for values in zip(*parameters, strict=True)]


def _single(value: Distribution | None) -> Callable[[float], float]:
    """The quantile function of one distribution for one number: without arrays, which cost more than the formula."""
    if value is None:
        return lambda u: u
    if isinstance(value, Lognormal):
        from scipy.special import ndtri

        shape, scale = value.parameters()
        return lambda u: scale * exp(shape * ndtri(u))
    if isinstance(value, Uniform):
        low, width = value.low, value.high - value.low
        return lambda u: low + width * u
    if isinstance(value, Pert):
        from scipy.special import betaincinv

        (a, b), low, width = value.shape(), value.low, value.high - value.low
        return lambda u: low + width * float(betaincinv(a, b, u))
    quantile = value.quantile
    return lambda u: float(quantile(np.array([u]))[0])
