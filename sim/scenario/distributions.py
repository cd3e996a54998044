"""Numbers that may be uncertain: distributions, described by mean, median, cv or quantiles.

Every draw of the simulator is a quantile of a keyed uniform number, so a distribution is its quantile
function; `cdf` gives what remains of a time already under way. Arrays in, arrays out; scipy is imported only
when a quantile is asked for.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, Self, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from sim.scenario import bounds
from sim.scenario.settings import DISTINCT, NOT_BOOLEAN, NotNegative, Positive, Settings

TAIL = 1e-6
"""Chance from which on what remains is computed from the survival function: below it `1 - cdf` has lost its digits."""
BELOW_ONE = float(np.nextafter(1.0, 0.0))
Weight = Annotated[float, Field(gt=0, le=bounds.NUMBER.most, allow_inf_nan=False), NOT_BOOLEAN]
"""Of a value among many: unlike other numbers it may be as small as it likes."""
SMALLEST = 1e-290
"""Chance below which a float has not all its digits."""
Floats = NDArray[np.float64]
Quantiles = Annotated[dict[Annotated[float, Field(gt=0, lt=1)], Positive], DISTINCT]


class Distribution(Settings):
    """The distribution of a non-negative number."""

    distribution: str
    "which family"

    def mean_value(self) -> float:
        """The expected value."""
        raise TypeError(self.distribution)

    def quantile(self, u: Floats) -> Floats:
        """The values below which the shares `u` (0 to 1) of all draws lie."""
        raise TypeError(self.distribution)

    def cdf(self, x: float) -> float:
        """The share of draws that are at most `x`."""
        raise TypeError(self.distribution)

    def log_survival(self, x: float) -> float:
        """The logarithm of the share of draws above `x`, with all its digits however small; -inf if there are none."""
        raise TypeError(self.distribution)

    def tail(self, u: Floats, elapsed: float) -> Floats:
        """The same as `remaining`, for times that hardly any draw reaches but some do."""
        raise TypeError(self.distribution)

    def scaled(self, factor: float) -> Self:
        """The distribution of `factor` times this number. Raises TypeError for one that is a share."""
        raise TypeError(f"a {self.distribution} distribution cannot be scaled")

    def remaining(self, u: Floats, elapsed: float) -> Floats:
        """What remains of times that have already lasted `elapsed`: X - elapsed given X > elapsed.

        The inverse distribution function above the elapsed part (design: a stage under way is never restarted
        from zero). Zero where the distribution leaves nothing above `elapsed`.
        """
        below = self.cdf(elapsed)
        if 1.0 - below < TAIL:
            reached = self.log_survival(elapsed) > -math.inf
            return np.maximum(self.tail(u, elapsed), 0.0) if reached else np.zeros_like(u)
        return np.maximum(self.quantile(np.minimum(below + u * (1.0 - below), BELOW_ONE)) - elapsed, 0.0)


class Constant(Distribution):
    """Always the same number; a plain number in a file means this."""

    distribution: Literal["constant"] = "constant"
    "may be left out: a plain number means this"
    value: NotNegative
    "the number"

    @model_serializer(when_used="json")
    def _written(self) -> float:
        return self.value

    def mean_value(self) -> float:
        return self.value

    def quantile(self, u: Floats) -> Floats:
        return np.full_like(u, self.value)

    def cdf(self, x: float) -> float:
        return float(x >= self.value)

    def log_survival(self, x: float) -> float:
        return 0.0 if x < self.value else -math.inf

    def scaled(self, factor: float) -> Self:
        return self.model_copy(update={"value": self.value * factor})


class Exponential(Distribution):
    """Memoryless times, such as those between random arrivals."""

    distribution: Literal["exponential"]
    "memoryless times"
    mean: Positive
    "the expected value"

    def mean_value(self) -> float:
        return self.mean

    def quantile(self, u: Floats) -> Floats:
        return -self.mean * np.log1p(-u)

    def cdf(self, x: float) -> float:
        return -math.expm1(-x / self.mean) if x > 0 else 0.0

    def log_survival(self, x: float) -> float:
        return -max(x, 0.0) / self.mean

    def scaled(self, factor: float) -> Self:
        return self.model_copy(update={"mean": self.mean * factor})

    def remaining(self, u: Floats, elapsed: float) -> Floats:
        return self.quantile(u)


class Bounded(Distribution):
    """A number between two bounds."""

    low: NotNegative
    "the least value"
    high: NotNegative
    "the greatest value"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        mode = getattr(self, "mode", self.low)
        if not self.low <= mode <= self.high or self.low == self.high:
            between = "low <= mode <= high and " if hasattr(self, "mode") else ""
            raise PydanticCustomError("order", f"needs {between}low below high")
        return self

    def scaled(self, factor: float) -> Self:
        named = ("low", "mode", "high")
        return self.model_copy(update={n: getattr(self, n) * factor for n in named if hasattr(self, n)})

    def _standard(self, x: float) -> float:
        """Where x lies between the bounds, 0 to 1."""
        return min(max((x - self.low) / (self.high - self.low), 0.0), 1.0)


class Uniform(Bounded):
    """Any value between `low` and `high`, all equally likely."""

    distribution: Literal["uniform"]
    "between two bounds, all values equally likely"

    def mean_value(self) -> float:
        return (self.low + self.high) / 2

    def quantile(self, u: Floats) -> Floats:
        return self.low + (self.high - self.low) * u

    def cdf(self, x: float) -> float:
        return self._standard(x)

    def log_survival(self, x: float) -> float:
        return _log(1.0 - self._standard(x))

    def tail(self, u: Floats, elapsed: float) -> Floats:
        return (self.high - elapsed) * u


class Triangular(Bounded):
    """Least, most likely and greatest value."""

    distribution: Literal["triangular"]
    "between two bounds, with a peak"
    mode: NotNegative
    "the most likely value"

    def mean_value(self) -> float:
        return (self.low + self.mode + self.high) / 3

    def quantile(self, u: Floats) -> Floats:
        width, rise, fall = self.high - self.low, self.mode - self.low, self.high - self.mode
        up = self.low + np.sqrt(u * width * rise)
        down = self.high - np.sqrt((1 - u) * width * fall)
        return np.where(u * width < rise, up, down)

    def cdf(self, x: float) -> float:
        width, rise, fall = self.high - self.low, self.mode - self.low, self.high - self.mode
        x = min(max(x, self.low), self.high)
        if x < self.mode:
            return (x - self.low) ** 2 / (width * rise)
        return 1 - (self.high - x) ** 2 / (width * fall) if fall else 1.0

    def log_survival(self, x: float) -> float:
        if x < self.mode:
            return math.log1p(-self.cdf(x))
        fall = self.high - self.mode
        return 2 * _log(max(self.high - x, 0.0)) - math.log((self.high - self.low) * fall) if fall else -math.inf

    def tail(self, u: Floats, elapsed: float) -> Floats:
        return (self.high - elapsed) * (1.0 - np.sqrt(1.0 - u))


class Pert(Bounded):
    """Least, most likely and greatest value, smoother than triangular: a beta with mean (low + 4 mode + high)/6.

    Malcolm, Roseboom, Clark and Fazar (1959), Operations Research 7(5).
    """

    distribution: Literal["pert"]
    "between two bounds, with a smooth peak"
    mode: NotNegative
    "the most likely value"

    def shape(self) -> tuple[float, float]:
        """The two shapes of the beta distribution."""
        width = self.high - self.low
        return 1 + 4 * (self.mode - self.low) / width, 1 + 4 * (self.high - self.mode) / width

    def mean_value(self) -> float:
        return (self.low + 4 * self.mode + self.high) / 6

    def quantile(self, u: Floats) -> Floats:
        from scipy.special import betaincinv

        return self.low + (self.high - self.low) * betaincinv(*self.shape(), u)

    def cdf(self, x: float) -> float:
        from scipy.special import betainc

        return float(betainc(*self.shape(), self._standard(x)))

    def log_survival(self, x: float) -> float:
        return _log(_beta_above(*self.shape(), 1.0 - self._standard(x)))

    def tail(self, u: Floats, elapsed: float) -> Floats:
        return (self.high - self.low) * _beta_tail(*self.shape(), 1.0 - self._standard(elapsed), u)


class Beta(Distribution):
    """A share between 0 and 1, given by its mean and the number of observations that this is worth."""

    distribution: Literal["beta"]
    "for a share"
    mean: Annotated[float, Field(gt=0, lt=1), NOT_BOOLEAN]
    "the expected share, between 0 and 1"
    observations: Positive
    "alpha + beta of the usual parameters"

    def shape(self) -> tuple[float, float]:
        """The two shapes of the beta distribution."""
        return self.mean * self.observations, (1 - self.mean) * self.observations

    def mean_value(self) -> float:
        return self.mean

    def quantile(self, u: Floats) -> Floats:
        from scipy.special import betaincinv

        return betaincinv(*self.shape(), u)

    def cdf(self, x: float) -> float:
        from scipy.special import betainc

        return float(betainc(*self.shape(), min(max(x, 0.0), 1.0)))

    def log_survival(self, x: float) -> float:
        return _log(_beta_above(*self.shape(), 1.0 - min(max(x, 0.0), 1.0)))

    def tail(self, u: Floats, elapsed: float) -> Floats:
        return _beta_tail(*self.shape(), 1.0 - elapsed, u)


def _log(share: float) -> float:
    return math.log(share) if share > 0 else -math.inf


def _beta_above(a: float, b: float, rest: float) -> float:
    """The share of a beta distribution above 1 - rest."""
    from scipy.special import betainc

    return float(betainc(b, a, rest))


def _beta_tail(a: float, b: float, rest: float, u: Floats) -> Floats:
    """What remains above 1 - rest of a beta distribution."""
    from scipy.special import betaincinv

    return rest - betaincinv(b, a, _beta_above(a, b, rest) * (1.0 - u))


class Empirical(Distribution):
    """One of the given values, all equally likely unless weights are given."""

    distribution: Literal["empirical"]
    "one of the values listed"
    values: Annotated[list[NotNegative], Field(min_length=1)]
    "the values"
    weights: list[Weight] | None = None
    "a weight for each value, in the same order; equal if not given"

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if self.weights is not None and len(self.weights) != len(self.values):
            raise PydanticCustomError("weights", "needs as many weights as values")
        return self

    def _cumulated(self) -> tuple[Floats, Floats]:
        order = np.argsort(self.values, kind="stable")
        weights = np.ones(len(order)) if self.weights is None else np.asarray(self.weights, float)
        return np.asarray(self.values, float)[order], np.cumsum(weights[order]) / weights.sum()

    def mean_value(self) -> float:
        return float(np.average(self.values, weights=self.weights))

    def quantile(self, u: Floats) -> Floats:
        values, cumulated = self._cumulated()
        return values[np.minimum(np.searchsorted(cumulated, u, side="right"), len(values) - 1)]

    def cdf(self, x: float) -> float:
        values, cumulated = self._cumulated()
        below = int(np.searchsorted(values, x, side="right"))
        return float(cumulated[below - 1]) if below else 0.0

    def _above(self, x: float) -> tuple[Floats, Floats]:
        """The values above x, with their weights."""
        values = np.asarray(self.values, float)
        weights = np.ones(len(values)) if self.weights is None else np.asarray(self.weights, float)
        return values[values > x], weights[values > x] / weights.sum()

    def log_survival(self, x: float) -> float:
        return _log(float(self._above(x)[1].sum()))

    def tail(self, u: Floats, elapsed: float) -> Floats:
        values, weights = self._above(elapsed)
        cumulated = np.cumsum(weights) / weights.sum()
        return values[np.minimum(np.searchsorted(cumulated, u, side="right"), len(values) - 1)] - elapsed

    def scaled(self, factor: float) -> Self:
        return self.model_copy(update={"values": [value * factor for value in self.values]})


class Family(Distribution):
    """A scale and a shape, given by two facts: of mean, median, sd, cv and quantiles, any two that fit.

    `cv` fixes the shape alone; every other fact is proportional to the scale, so the ratio of two of them fixes
    the shape. The shape is then found by bisection on its known range.
    """

    mean: Positive | None = None
    "the expected value"
    median: Positive | None = None
    "half of all values are below it"
    sd: Positive | None = None
    "standard deviation, in the unit of the value"
    cv: Positive | None = None
    "coefficient of variation: standard deviation over mean"
    quantiles: Quantiles | None = None
    "share of values below: value, for example {0.05: 0.5, 0.95: 2}"

    shapes: ClassVar[tuple[float, float]]

    @model_validator(mode="after")
    def _two_facts(self) -> Self:
        facts = self._facts()
        if len(facts) != 2 or all(name == "cv" for name, _ in facts):
            raise PydanticCustomError(
                "facts", "needs two of mean, median, sd, cv and quantiles (two quantiles count as two)"
            )
        solved = _solve(type(self), facts)
        if len(solved) != 1:
            given = " and ".join(f"{name}{'-quantile' * name.startswith('0')} {value:g}" for name, value in facts)
            raise PydanticCustomError("facts", self._not_one(given, [self.unit_cv(shape) for shape, _ in solved]))
        return self

    def _not_one(self, given: str, cvs: list[float]) -> str:
        """The message where no distribution fits the facts, or several, with these coefficients of variation."""
        if not cvs:
            return f"no {self.distribution} distribution has {given}"
        several = f"several {self.distribution} distributions have {given}"
        return f"{several}, such as with cv {min(cvs):.3g} and {max(cvs):.3g}; give cv instead of one of them"

    def _facts(self) -> tuple[tuple[str, float], ...]:
        named = [(n, getattr(self, n)) for n in ("mean", "median", "sd", "cv") if getattr(self, n) is not None]
        return (*named, *((repr(p), value) for p, value in sorted((self.quantiles or {}).items())))

    def parameters(self) -> tuple[float, float]:
        """Shape and scale."""
        solved = _solve(type(self), self._facts())
        if len(solved) != 1:
            raise ValueError(f"{len(solved) or 'no'} {self.distribution} distributions have {self._facts()}")
        return solved[0]

    @classmethod
    def unit_mean(cls, shape: float) -> float:
        """The mean at scale 1."""
        raise TypeError(cls)

    @classmethod
    def unit_cv(cls, shape: float) -> float:
        """Standard deviation over mean."""
        raise TypeError(cls)

    @classmethod
    def unit_quantile(cls, u: Floats, shape: float) -> Floats:
        """Quantiles at scale 1."""
        raise TypeError(cls)

    @classmethod
    def unit_fact(cls, name: str, shape: float) -> float:
        """The named fact at scale 1."""
        if name == "mean":
            return cls.unit_mean(shape)
        if name == "cv":
            return cls.unit_cv(shape)
        if name == "sd":
            return cls.unit_cv(shape) * cls.unit_mean(shape)
        p = 0.5 if name == "median" else float(name)
        return float(cls.unit_quantile(np.array([p]), shape)[0])

    def mean_value(self) -> float:
        shape, scale = self.parameters()
        return scale * self.unit_mean(shape)

    def quantile(self, u: Floats) -> Floats:
        shape, scale = self.parameters()
        return scale * self.unit_quantile(u, shape)

    def scaled(self, factor: float) -> Self:
        update: dict[str, Any] = {
            n: getattr(self, n) * factor for n in ("mean", "median", "sd") if getattr(self, n) is not None
        }
        if self.quantiles:
            update["quantiles"] = {p: value * factor for p, value in self.quantiles.items()}
        return self.model_copy(update=update)


@lru_cache(maxsize=4096)
def _solve(family: type[Family], facts: tuple[tuple[str, float], ...]) -> list[tuple[float, float]]:
    """The shapes and scales with these two facts.

    There may be none, or two: the ratio of a quantile to the mean rises with the shape and falls again.
    """
    (a, va), (b, vb) = sorted(facts, key=lambda fact: fact[0] != "cv")

    def miss(shape: float) -> float:
        if a == "cv":
            return math.log(family.unit_cv(shape) / va)
        ratio = family.unit_fact(b, shape) / family.unit_fact(a, shape) if family.unit_fact(a, shape) else math.inf
        return math.log(ratio) - math.log(vb / va) if 0 < ratio < math.inf else math.nan

    return [(shape, vb / family.unit_fact(b, shape)) for shape in _roots(miss, *family.shapes)]


def _roots(f: Callable[[float], float], low: float, high: float) -> list[float]:
    """Where f is zero or changes its sign between low and high, looked for on a logarithmic scale."""
    grid = np.geomspace(low, high, 60)
    values = [f(x) for x in grid]
    roots = []
    for left, right, fl, fr in zip(grid, grid[1:], values, values[1:], strict=False):
        if fl == 0.0:
            roots.append(float(left))
        elif fl * fr < 0:
            from scipy.optimize import brentq

            roots.append(float(brentq(f, left, right, xtol=1e-14, rtol=1e-13)))
    return roots


class Lognormal(Family):
    """The exponential of a normal: durations of work, positive and skewed to the right."""

    distribution: Literal["lognormal"]
    "the exponential of a normal"
    shapes: ClassVar[tuple[float, float]] = (1e-3, 5.0)  # sigma

    @classmethod
    def unit_mean(cls, shape: float) -> float:
        return math.exp(shape**2 / 2)

    @classmethod
    def unit_cv(cls, shape: float) -> float:
        return math.sqrt(math.expm1(shape**2))

    @classmethod
    def unit_quantile(cls, u: Floats, shape: float) -> Floats:
        from scipy.special import ndtri

        return cast(Floats, np.exp(shape * ndtri(u)))

    def cdf(self, x: float) -> float:
        from scipy.special import ndtr

        shape, scale = self.parameters()
        return float(ndtr(math.log(x / scale) / shape)) if x > 0 else 0.0

    def log_survival(self, x: float) -> float:
        from scipy.special import log_ndtr

        shape, scale = self.parameters()
        return float(log_ndtr(-math.log(x / scale) / shape)) if x > 0 else 0.0

    def tail(self, u: Floats, elapsed: float) -> Floats:
        from scipy.special import ndtri_exp

        shape, scale = self.parameters()
        return scale * np.exp(-shape * ndtri_exp(self.log_survival(elapsed) + np.log1p(-u))) - elapsed


class Gamma(Family):
    """Positive and skewed to the right; with cv 1 it is exponential."""

    distribution: Literal["gamma"]
    "positive and skewed to the right"
    shapes: ClassVar[tuple[float, float]] = (1e-2, 1e6)

    @classmethod
    def unit_mean(cls, shape: float) -> float:
        return shape

    @classmethod
    def unit_cv(cls, shape: float) -> float:
        return 1 / math.sqrt(shape)

    @classmethod
    def unit_quantile(cls, u: Floats, shape: float) -> Floats:
        from scipy.special import gammaincinv

        return cast(Floats, gammaincinv(shape, u))

    def cdf(self, x: float) -> float:
        from scipy.special import gammainc

        shape, scale = self.parameters()
        return float(gammainc(shape, max(x, 0.0) / scale))

    def log_survival(self, x: float) -> float:
        from scipy.special import gammaincc, gammaln

        shape, scale = self.parameters()
        z = max(x, 0.0) / scale
        above = float(gammaincc(shape, z))
        if above > SMALLEST:
            return math.log(above)
        # Gamma(a, z) ~ z^a e^-z / (z - a + 1) far in the tail
        return float(shape * math.log(z) - z - math.log(z - shape + 1) - gammaln(shape))

    def tail(self, u: Floats, elapsed: float) -> Floats:
        from scipy.special import gammaincc, gammainccinv

        shape, scale = self.parameters()
        z = elapsed / scale
        above = float(gammaincc(shape, z))
        if above > SMALLEST:
            return cast(Floats, scale * (gammainccinv(shape, above * (1.0 - u)) - z))
        return -scale * z / (z - shape + 1) * np.log1p(-u)  # there it goes on as an exponential


class Weibull(Family):
    """Times whose hazard rises (cv below 1) or falls (cv above 1) with age."""

    distribution: Literal["weibull"]
    "with a hazard that rises or falls with age"
    shapes: ClassVar[tuple[float, float]] = (0.1, 100.0)

    @classmethod
    def unit_mean(cls, shape: float) -> float:
        return math.gamma(1 + 1 / shape)

    @classmethod
    def unit_cv(cls, shape: float) -> float:
        return math.sqrt(max(math.gamma(1 + 2 / shape) / math.gamma(1 + 1 / shape) ** 2 - 1, 1e-300))

    @classmethod
    def unit_quantile(cls, u: Floats, shape: float) -> Floats:
        return (-np.log1p(-u)) ** (1 / shape)

    def cdf(self, x: float) -> float:
        shape, scale = self.parameters()
        return -math.expm1(-((x / scale) ** shape)) if x > 0 else 0.0

    def log_survival(self, x: float) -> float:
        shape, scale = self.parameters()
        return -float((max(x, 0.0) / scale) ** shape)

    def tail(self, u: Floats, elapsed: float) -> Floats:
        shape, _ = self.parameters()
        return elapsed * np.expm1(np.log1p(np.log1p(-u) / self.log_survival(elapsed)) / shape)


def _tagged(value: Any) -> Any:
    """A plain number is a constant; anything else must name its distribution."""
    if isinstance(value, Distribution):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"distribution": "constant", "value": value}
    if isinstance(value, dict) and "distribution" in value:
        return value
    raise PydanticCustomError(
        "value", "must be a number or a distribution, such as {distribution: lognormal, median: 60, cv: 0.5}"
    )


AnyDistribution = Annotated[
    Constant | Exponential | Uniform | Triangular | Pert | Beta | Empirical | Lognormal | Gamma | Weibull,
    Field(discriminator="distribution"),
]
Value = Annotated[AnyDistribution, BeforeValidator(_tagged, json_schema_input_type=float | AnyDistribution)]
