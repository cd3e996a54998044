"""Days in a stage and targets of runs of the model against the laws that the scenarios state; 99.9% intervals."""

import numpy as np
import pandas as pd
import pytest
from measured import LEVEL, check, scenario
from scipy import integrate, stats

from sim import simulate
from sim.results.estimates import spells
from sim.results.run import Run
from sim.results.statistics import mean_interval
from sim.results.survival import curves

GROUPS = 20
YEAR = 365.0


def restricted_means(run: Run, stage: str, until: float) -> "pd.Series[float]":
    """The mean days counted at most so far, by groups of replications."""
    durations = spells(run.data, run.layout, stage)
    group = durations.replication * GROUPS // run.replications
    return pd.Series(curves(durations._replace(replication=group), GROUPS).restricted_mean(until))


def holds(run: Run, label: str, theory: float, precision: float) -> None:
    """Theory's number lies in the interval of an indicator, which is narrow enough to be able to fail."""
    found = mean_interval(run.samples[label].by_replication, level=LEVEL)
    assert (found.high - found.low) / 2 < precision * theory
    assert found.low <= theory <= found.high, f"theory says {theory:.5g}, the run {found.low:.5g} to {found.high:.5g}"


def test_days_of_an_exponential_wait() -> None:
    """Of mean 5: the median is 5 ln 2, and so few last for a year that the mean counted up to it is 5."""
    run = simulate(scenario("short-stage"))
    holds(run, "stage_days:wait", 5 * np.log(2), 0.05)
    check(restricted_means(run, "wait", YEAR), 5.0, 0.05)
    assert run.table("durations").loc[0, "mean_365"] == pytest.approx(5.0, rel=0.02)


def shape_of_cv(cv: float) -> float:
    """The shape of the Weibull distribution that has a coefficient of variation."""
    from scipy.optimize import brentq

    return float(brentq(lambda shape: stats.weibull_min(shape).std() / stats.weibull_min(shape).mean() - cv, 0.5, 5))


def test_two_ends_that_compete() -> None:
    """A Weibull wait W, and for three in ten, who are fined, an exponential one E after it: the days in the stage and
    the shares that are fined, or closed, in time; cases in progress on the first day and the horizon included."""
    shape = shape_of_cv(0.7)
    wait = stats.weibull_min(shape, scale=100 / stats.weibull_min(shape).mean())

    def both(days: float) -> float:
        """The probability that W + E is at most so many days."""
        return float(integrate.quad(lambda w: wait.pdf(w) * -np.expm1(-(days - w) / 60), 0, days)[0])

    def lasts(days: float) -> float:
        return float(0.3 * (1 - both(days)) + 0.7 * wait.sf(days))

    run = simulate(scenario("two-ends"))
    check(restricted_means(run, "inquiry", 250), integrate.quad(lasts, 0, 250)[0], 0.05)
    assert run.table("durations").loc[0, "mean_365"] == pytest.approx(integrate.quad(lasts, 0, YEAR)[0], rel=0.01)
    holds(run, "target_met:fine<150d<inquiry", 0.3 * both(150), 0.1)
    holds(run, "target_met:closed<90d<inquiry", 0.7 * wait.cdf(90), 0.05)
    half = run.samples["stage_days:inquiry"].value
    assert lasts(half) == pytest.approx(0.5, abs=0.02)


def test_one_case_long_under_way() -> None:
    """What remains of an exponential wait under way for 1,000 days has the law that it ever had, of mean 200."""
    run = simulate(scenario("late-entry"))
    holds(run, "stage_days:wait", 1000 + 200 * np.log(2), 0.02)
    survival = run.table("survival")["survival"]
    assert survival.between(0, 1).all()
    assert survival.is_monotonic_decreasing


def test_a_target_of_exactly_the_days() -> None:
    """Whoever is followed so long meets it; nobody is beyond it, on any day."""
    run = simulate(scenario("just-in-time"))
    assert run.samples["target_met:done<60d<wait"].value == 1
    assert run.samples["backlog:done<60d<wait"].value == 0
    assert run.table("backlog").query("series == 'done<60d<wait'")["mean"].max() == 0


def test_targets_of_cases_that_fork() -> None:
    """Strands are followed, each from when its case began: three in four are done after 10 days, all after 65, none
    after 3; and until a case forks it is one."""
    run = simulate(scenario("forked-target"))
    holds(run, "target_met:done<30d<whole", 0.75, 0.1)
    assert run.samples["target_met:done<90d<whole"].value == 1
    assert run.samples["backlog:done<90d<whole"].value == 0
    assert run.samples["target_met:done<3d<whole"].value == 0
    late, whole, strands = (
        run.table(name).query(f"{column} == @key").set_index("time")["mean"]
        for name, column, key in (
            ("backlog", "series", "done<3d<whole"),
            ("pending", "stage", "whole"),
            ("pending", "stage", "strand"),
        )
    )
    later = run.table("pending").query("stage == 'later'").set_index("time")["mean"]
    assert (strands + later <= late + 1e-9).all()
    assert (late <= whole + strands + later + 1e-9).all()
    assert late.iloc[-1] == run.samples["backlog:done<3d<whole"].value


def test_a_target_that_ends_on_the_horizon() -> None:
    """Days counted from the first one to the last: met, and nobody is beyond it; a day more was not followed."""
    made = scenario(
        "just-in-time", "horizon=2001-03-02", "arrivals={}", "probes.case={stage: wait, arrives: 2001-01-01}"
    )
    run = simulate(made)
    assert made.horizon_days == 60
    assert run.samples["target_met:done<60d<wait"].value == 1
    assert run.samples["backlog:done<60d<wait"].value == 0
    late = simulate(made.replace({"probes.case.arrives": "2001-01-02"}))
    assert np.isnan(late.samples["target_met:done<60d<wait"].value)
