"""Each distribution by its law: quantiles, cdf, mean, the facts asked for, what remains, and what is impossible."""

import math
import re

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import stats
from scipy.integrate import quad

from sim.scenario.distributions import Value

READ = TypeAdapter(Value).validate_python

CONTINUOUS = {
    "exponential": ({"mean": 40}, stats.expon(scale=40)),
    "uniform": ({"low": 10, "high": 30}, stats.uniform(10, 20)),
    "triangular": ({"low": 5, "mode": 10, "high": 40}, stats.triang(5 / 35, 5, 35)),
    "pert": ({"low": 5, "mode": 10, "high": 40}, stats.beta(1 + 4 * 5 / 35, 1 + 4 * 30 / 35, 5, 35)),
    "beta": ({"mean": 0.07, "observations": 80}, stats.beta(5.6, 74.4)),
    "lognormal": ({"median": 60, "cv": 0.5}, stats.lognorm(math.sqrt(math.log(1.25)), scale=60)),
    "gamma": ({"mean": 60, "cv": 0.5}, stats.gamma(4, scale=15)),
    "weibull": ({"median": 60, "quantiles": {0.9: 120}}, None),
}
U = np.array([0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999])
FAMILIES = ("lognormal", "gamma", "weibull")


def made(kind, **facts):
    """The distribution that a file means with these facts."""
    return READ({"distribution": kind, **facts})


def every():
    """One of each continuous distribution, with scipy's own where there is one."""
    return [pytest.param(made(kind, **facts), law, id=kind) for kind, (facts, law) in CONTINUOUS.items()]


@pytest.mark.parametrize(("distribution", "law"), every())
def test_quantile_and_cdf_are_inverse(distribution, law):
    """cdf(quantile(u)) is u, and quantiles rise with u."""
    values = distribution.quantile(U)
    assert [distribution.cdf(float(x)) for x in values] == pytest.approx(U, rel=1e-9)
    assert np.all(np.diff(values) > 0)


@pytest.mark.parametrize(("distribution", "law"), [p for p in every() if p.values[1] is not None])
def test_agrees_with_scipy(distribution, law):
    """Quantiles, cdf and mean are those of scipy's distribution with the parameters worked out by hand."""
    assert distribution.quantile(U) == pytest.approx(law.ppf(U), rel=1e-9)
    grid = law.ppf([0.0001, 0.2, 0.7, 0.9999])
    assert [distribution.cdf(float(x)) for x in grid] == pytest.approx(law.cdf(grid), rel=1e-9)
    assert distribution.mean_value() == pytest.approx(law.mean(), rel=1e-9)


@pytest.mark.parametrize(("distribution", "law"), every())
def test_mean_by_integration(distribution, law):
    """The mean is the integral of the quantile function over 0 to 1."""
    integral, _ = quad(lambda u: float(distribution.quantile(np.array([u]))[0]), 0, 1, limit=400)
    assert distribution.mean_value() == pytest.approx(integral, rel=1e-5)


@pytest.mark.parametrize(("distribution", "law"), every())
def test_outside_the_range(distribution, law):
    """Nothing lies below zero, and everything below infinity."""
    assert distribution.cdf(-1.0) == 0.0
    assert distribution.cdf(0.0) == pytest.approx(0.0, abs=1e-12)
    assert distribution.cdf(1e12) == pytest.approx(1.0)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
@pytest.mark.parametrize(("distribution", "law"), every())
def test_remaining_is_the_conditional_law(distribution, law, share):
    """remaining(u, t) is the u-quantile of X - t given X > t."""
    elapsed = float(distribution.quantile(np.array([share]))[0])
    below = distribution.cdf(elapsed)
    remains = distribution.remaining(U, elapsed)
    conditional = [(distribution.cdf(elapsed + float(x)) - below) / (1 - below) for x in remains]
    assert conditional == pytest.approx(U, rel=1e-6)


def test_remaining_of_nothing_spent_is_the_whole():
    """After no time at all, what remains is the distribution itself."""
    for distribution, _ in (p.values for p in every()):
        assert distribution.remaining(U, 0.0) == pytest.approx(distribution.quantile(U), rel=1e-9)


@pytest.mark.parametrize(("distribution", "law"), every())
def test_remaining_of_the_very_old_is_finite(distribution, law):
    """However long a stage has lasted, what remains is a finite number and not negative."""
    u = np.array([0.0, 0.3, 0.5, 0.9, 1 - 2**-53])
    for elapsed in np.geomspace(1, 1e6, 4000):
        remains = distribution.remaining(u, float(elapsed))
        assert np.all(np.isfinite(remains)), elapsed
        assert np.all(remains >= 0)


def test_remaining_of_exponential_forgets():
    """What remains of an exponential time does not depend on the time spent."""
    distribution = made("exponential", mean=10)
    assert distribution.remaining(U, 1e6) == pytest.approx(distribution.quantile(U))


def test_remaining_of_constant_and_empirical():
    """A constant time leaves its rest or nothing; of listed values only those above the elapsed time count."""
    assert READ(10).remaining(U, 4.0) == pytest.approx(np.full(len(U), 6.0))
    assert READ(10).remaining(U, 10.0) == pytest.approx(np.zeros(len(U)))
    assert READ(10).remaining(U, 11.0) == pytest.approx(np.zeros(len(U)))
    listed = made("empirical", values=[5, 10, 20], weights=[2, 1, 3])
    assert listed.remaining(np.array([0.0, 0.24, 0.26, 0.99]), 5.0) == pytest.approx([5, 5, 15, 15])
    assert listed.remaining(U, 20.0) == pytest.approx(np.zeros(len(U)))


@pytest.mark.parametrize(("distribution", "law"), [p for p in every() if p.id != "beta"])
def test_scaled(distribution, law):
    """Three times a number has three times its quantiles and mean."""
    scaled = distribution.scaled(3.0)
    assert scaled.quantile(U) == pytest.approx(3 * distribution.quantile(U), rel=1e-9)
    assert scaled.mean_value() == pytest.approx(3 * distribution.mean_value(), rel=1e-9)
    assert scaled.cdf(90.0) == pytest.approx(distribution.cdf(30.0), rel=1e-9)


def test_scaled_constant_and_empirical():
    """Constants and listed values scale too; weights stay."""
    assert READ(4).scaled(2.5).mean_value() == 10
    listed = made("empirical", values=[1, 2], weights=[1, 3]).scaled(10)
    assert listed.mean_value() == pytest.approx(17.5)


def test_a_share_cannot_be_scaled():
    """A beta is a share of one: scaling it is refused in words."""
    with pytest.raises(TypeError, match="beta distribution cannot be scaled"):
        made("beta", mean=0.5, observations=4).scaled(2)


def test_constant():
    """A bare number is a constant: every quantile is the number, and its cdf is a step there."""
    constant = READ(7)
    assert constant.quantile(U).tolist() == [7.0] * len(U)
    assert (constant.cdf(6.999), constant.cdf(7.0), constant.mean_value()) == (0.0, 1.0, 7.0)


def test_empirical():
    """Listed values come as often as their weights say, in whatever order they are listed."""
    listed = made("empirical", values=[20, 5, 10], weights=[3, 2, 1])
    n = 6000
    drawn = listed.quantile((np.arange(n) + 0.5) / n)
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [5, 10, 20]
    assert counts.tolist() == [2000, 1000, 3000]
    assert listed.mean_value() == pytest.approx(80 / 6)
    assert [listed.cdf(x) for x in (4.9, 5, 9, 10, 19, 20)] == pytest.approx([0, 1 / 3, 1 / 3, 0.5, 0.5, 1])


FACTS = [
    {"mean": 60, "cv": 0.5},
    {"mean": 60, "sd": 30},
    {"mean": 60, "median": 50},
    {"median": 60, "cv": 0.8},
    {"median": 60, "sd": 40},
    {"median": 60, "quantiles": {0.9: 150}},
    {"mean": 60, "quantiles": {0.1: 20}},
    {"sd": 30, "cv": 0.6},
    {"cv": 0.7, "quantiles": {0.9: 100}},
    {"quantiles": {0.05: 20, 0.95: 200}},
    {"quantiles": {0.25: 40, 0.75: 80}},
]


@pytest.mark.parametrize("facts", FACTS, ids=str)
@pytest.mark.parametrize("kind", FAMILIES)
def test_the_facts_asked_for(kind, facts):
    """The distribution has the mean, median, deviation, cv and quantiles that the file gives, by integration."""
    distribution = made(kind, **facts)

    def moment(power):
        return quad(lambda u: float(distribution.quantile(np.array([u]))[0]) ** power, 0, 1, limit=800, epsabs=1e-6)[0]

    mean = moment(1)
    sd = math.sqrt(moment(2) - mean**2)
    has = {"mean": mean, "sd": sd, "cv": sd / mean, "median": float(distribution.quantile(np.array([0.5]))[0])}
    for name, value in facts.items():
        if name == "quantiles":
            for p, quantile in value.items():
                assert float(distribution.quantile(np.array([p]))[0]) == pytest.approx(quantile, rel=1e-8)
        else:
            assert has[name] == pytest.approx(value, rel=2e-3)


def test_known_special_cases():
    """Gamma and Weibull with cv 1 are the exponential of the same mean."""
    exponential = made("exponential", mean=60).quantile(U)
    assert made("gamma", mean=60, cv=1).quantile(U) == pytest.approx(exponential, rel=1e-6)
    assert made("weibull", mean=60, cv=1).quantile(U) == pytest.approx(exponential, rel=1e-6)


IMPOSSIBLE = [
    ({"distribution": "lognormal", "mean": 10, "median": 20}, "no lognormal distribution has mean 10 and median 20"),
    ({"distribution": "lognormal", "quantiles": {0.1: 20, 0.9: 10}}, "no lognormal distribution has 0.1-quantile 20"),
    ({"distribution": "gamma", "mean": 10, "median": 10.5}, "no gamma distribution"),
    ({"distribution": "weibull", "mean": 10}, "needs two of mean, median, sd, cv and quantiles"),
    ({"distribution": "lognormal", "mean": 10, "cv": 1, "median": 9}, "needs two of"),
    ({"distribution": "lognormal", "quantiles": {0.1: 1, 0.5: 2, 0.9: 3}}, "needs two of"),
    ({"distribution": "lognormal", "cv": 0.5}, "needs two of"),
    ({"distribution": "lognormal", "mean": 10, "cv": 0}, "must be more than 0, not 0"),
    ({"distribution": "lognormal", "quantiles": {0.5: 3, 1.5: 4}}, "must be less than 1, not 1.5"),
    ({"distribution": "uniform", "low": 3, "high": 3}, "needs low below high"),
    ({"distribution": "triangular", "low": 1, "mode": 9, "high": 3}, "needs low <= mode <= high"),
    ({"distribution": "pert", "low": 1, "mode": 0.5, "high": 3}, "needs low <= mode <= high"),
    ({"distribution": "beta", "mean": 1.5, "observations": 3}, "must be less than 1, not 1.5"),
    ({"distribution": "empirical", "values": [1, 2], "weights": [1]}, "needs as many weights as values"),
    ({"distribution": "empirical", "values": [-1]}, "must be at least 0, not -1"),
    ({"distribution": "exponential", "mean": math.inf}, "must be a finite number"),
    ({"distribution": "normal", "mean": 3}, "normal"),
    ({"mean": 3}, "must be a number or a distribution"),
    (True, "must be a number or a distribution"),
    (-1, "must be at least 0, not -1"),
]


@pytest.mark.parametrize(("said", "message"), IMPOSSIBLE, ids=str)
def test_impossible_facts_are_refused(said, message):
    """What no distribution can be is refused, with the reason."""
    with pytest.raises(ValidationError) as caught:
        READ(said)
    assert message in str(caught.value)


AMBIGUOUS = [
    ("lognormal", {"mean": 10, "quantiles": {0.9: 15}}, (0.383, 11)),
    ("lognormal", {"mean": 10, "quantiles": {0.6: 10.2}}, (0.0968, 0.428)),
    ("gamma", {"mean": 10, "quantiles": {0.9: 15}}, (0.375, 4.5)),
    ("weibull", {"mean": 10, "quantiles": {0.75: 11}}, (0.14, 1.87)),
    ("weibull", {"mean": 10, "median": 10.1}, (0.0758, 0.253)),
]


@pytest.mark.parametrize(("kind", "facts", "cvs"), AMBIGUOUS, ids=str)
def test_facts_that_fit_several_distributions_are_refused(kind, facts, cvs):
    """Where two facts leave a choice, none is made silently: the message names two of them, and the cv decides."""
    with pytest.raises(ValidationError, match=f"such as with cv {cvs[0]:.3g} and {re.escape(f'{cvs[1]:.3g}')}; give"):
        made(kind, **facts)
    (name, value), *_ = facts.items()
    for cv in cvs:
        decided = made(kind, cv=cv, **{name: value})
        for p, quantile in facts.get("quantiles", {0.5: facts.get("median")}).items():
            assert float(decided.quantile(np.array([p]))[0]) == pytest.approx(quantile, rel=3e-3)


def test_one_fact_said_twice_is_refused():
    """The median and the 0.5-quantile are one fact, which leaves the shape open."""
    with pytest.raises(ValidationError, match=r"several gamma distributions have median 10 and 0.5-quantile 10"):
        made("gamma", median=10, quantiles={0.5: 10})


@pytest.mark.parametrize(("distribution", "law"), every())
def test_written_and_read_again(distribution, law):
    """A distribution that is written to JSON and read again is the same."""
    assert READ(distribution.model_dump(mode="json")) == distribution
