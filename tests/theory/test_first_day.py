"""What is in progress on the first day, against the law of what remains and the work that is left."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest
from measured import one_office
from scipy import stats

WAIT = {"sit": {"step": "wait", "reason": "party", "working_days": 10}}


@pytest.mark.parametrize("first", [f"2001-01-{day:02d}" for day in range(1, 16)])
def test_ten_working_days_end_on_the_same_day_whenever_the_simulation_begins(first: str) -> None:
    """From Monday 1 January 2001 on they end on Monday the 15th."""
    stages = {"wait": {"title": "Wait", "steps": WAIT}}
    log = one_office(stages, {"clerk": {"headcount": 1}}, {"wait": "=2001-01-01"}, start=first)
    assert log["left"].tolist() == [15 - int(first[-2:])]


@pytest.mark.parametrize("first", ["2001-01-02", "2001-01-05", "2001-01-06", "2001-01-09", "2001-01-19"])
def test_working_days_after_another_step_end_on_the_same_day(first: str) -> None:
    """After a week and a half of other time, with holidays: what began on Friday the 12th ends on Monday the 29th."""
    pause = {"pause": {"step": "wait", "reason": "hold", "days": 11}}
    stages = {"wait": {"title": "Wait", "steps": {**pause, **WAIT}}}
    calendar = {"working_days_per_year": 220, "holidays": ["2001-01-16"]}
    log = one_office(
        stages,
        {"clerk": {"headcount": 1}},
        {"wait": "=2001-01-01"},
        start=first,
        horizon="2001-06-01",
        calendar=calendar,
    )
    assert log["left"].tolist() == [29 - int(first[-2:])]


TEAM = {"do": {"step": "team", "fte": {"clerk": 1}, "days": 150}}
OTHER = {"other": {"step": "wait", "reason": "party", "days": 0}}


@pytest.mark.parametrize(
    "stages",
    [
        {"work": {"title": "Work", "steps": TEAM}},
        {"work": {"title": "Work", "steps": {**TEAM, **OTHER}}},
        {"work": {"title": "Work", "next": {"left": {"to": "done", "probability": 1, "steps": TEAM}}}},
    ],
    ids=["a team", "and a step of no time", "on the route"],
)
def test_only_work_from_the_first_day_on_is_counted(stages: dict) -> None:
    """A team under way for 100 of its 150 days works 50 FTE-days more, and its case has been with it for 150."""
    log = one_office(stages, {"clerk": {"headcount": 1}}, {"work": "=2000-09-23"})
    assert log["effort_clerk"].tolist() == pytest.approx([50])
    assert log["unconstrained_days"].tolist() == [150]


def test_the_team_of_the_route_taken_is_counted() -> None:
    """Where one route has a team of two and the other none, only the cases of the first have work."""
    two = {"two": {"step": "team", "fte": {"clerk": 2}, "days": 10}}
    routes = {"away": {"to": "done", "probability": 0.5}, "with": {"to": "done", "probability": 0.5, "steps": two}}
    stages = {"work": {"title": "Work", "next": routes}}
    wave = {"kind": "wave", "stage": "work", "on": "2001-02-01", "platforms": {f"p{n}": 1 for n in range(200)}}
    log = one_office(stages, {"clerk": {"headcount": 1000}}, {}, arrivals={"w": wave})
    worked = log["unconstrained_days"] == 10
    assert 70 < worked.sum() < 130
    assert (log["effort_clerk"] == worked * 20).all()


def test_the_team_of_some_cases_is_counted() -> None:
    """Where a route for some cases has a team of its own, they have its work and not that of the others."""
    one, two = ({"do": {"step": "team", "fte": {"clerk": people}, "days": 10}} for people in (1, 2))
    stages = {
        "work": {
            "title": "Work",
            "next": {"done": {"probability": 1, "steps": one}},
            "next_when": [{"when": {"platform": "big"}, "next": {"done": {"probability": 1, "steps": two}}}],
        }
    }
    wave = {"kind": "wave", "stage": "work", "on": "2001-02-01", "platforms": {"big": 1, "small": 1}}
    log = one_office(stages, {"clerk": {"headcount": 9}}, {}, arrivals={"w": wave})
    assert log.set_index("platform")["effort_clerk"].to_dict() == {"big": 20, "small": 10}


def remaining(steps: dict, elapsed: int, replications: int = 150, **more: object) -> np.ndarray:
    """What remains of a stage that has lasted for so many days, in each of some replications."""
    since = date(2001, 1, 1) - timedelta(elapsed)
    stages = {"work": {"title": "Work", "steps": steps}}
    staff = {"clerk": {"headcount": 100}, "lawyer": {"headcount": 100}}
    settings = {"horizon": "2200-01-01", "replications": replications, **more}
    log = one_office(stages, staff, {"work": f"={since}"}, **settings)
    assert len(log) == replications
    return log["left"].fillna(365.0 * 199).to_numpy()


def holds(sample: np.ndarray, law: Callable[[np.ndarray], np.ndarray]) -> bool:
    """Whether a sample is of this law, by the test of Kolmogorov and Smirnov at 0.1%."""
    return bool(stats.kstest(sample, law).pvalue > 0.001)


def effort(**roles: object) -> dict:
    """A step of shared work, by one person of each role at most."""
    return {"do": {"step": "effort", "fte_days": roles, "most_fte": dict.fromkeys(roles, 1)}}


slow = pytest.mark.slow
EXPONENTIAL = {"distribution": "exponential", "mean": 20}
PAUSE = {"pause": {"step": "wait", "reason": "hold", "days": 3}}


@pytest.mark.parametrize("elapsed", [pytest.param(140, marks=slow), 1400, pytest.param(30000, marks=slow)])
@pytest.mark.parametrize(
    "steps",
    [
        effort(clerk=EXPONENTIAL),
        {**PAUSE, **effort(clerk=EXPONENTIAL)},
        {"do": {"step": "team", "fte": {"clerk": 1}, "days": EXPONENTIAL}},
        {"do": {"step": "wait", "reason": "party", "days": EXPONENTIAL}, **PAUSE},
        {"do": {**effort(clerk=0.5)["do"], "at_least": EXPONENTIAL}},
        {"do": {**effort(clerk=20)["do"], "scale": {**EXPONENTIAL, "mean": 1}}},
    ],
    ids=["effort", "effort after a pause", "team", "wait before a pause", "minimum", "scale"],
)
def test_an_exponential_time_knows_no_age(steps: dict, elapsed: int) -> None:
    """However long it has lasted, for 7 means or 1,500, what remains has the law of the whole."""
    assert holds(remaining(steps, elapsed), stats.expon(scale=20).cdf)


@pytest.mark.parametrize(
    ("value", "law"),
    [
        ({"distribution": "lognormal", "median": 20, "cv": 1}, stats.lognorm(np.sqrt(np.log(2)), scale=20)),
        ({"distribution": "gamma", "mean": 20, "cv": 0.5}, stats.gamma(4, scale=5)),
        ({"distribution": "weibull", "mean": 20, "cv": 1}, stats.weibull_min(1, scale=20)),
        ({"distribution": "triangular", "low": 10, "mode": 20, "high": 150}, stats.triang(1 / 14, 10, 140)),
        ({"distribution": "pert", "low": 10, "mode": 20, "high": 160}, stats.beta(1 + 4 / 15, 1 + 56 / 15, 10, 150)),
        ({"distribution": "uniform", "low": 10, "high": 140.05}, stats.uniform(10, 130.05)),
    ],
    ids=lambda value: value["distribution"] if isinstance(value, dict) else "",
)
def test_what_remains_is_conditional_on_the_age(value: dict, law: stats.distributions.rv_frozen) -> None:
    """Effort under way for 140 days, which hardly any lasts for: above its age each law is cut and goes on."""
    rest = remaining(effort(clerk=value), 140)
    assert holds(rest, lambda days: 1 - law.sf(140 + days) / law.sf(140))


def test_of_two_roles_either_may_have_lasted_so_long() -> None:
    """The longer of an exponential of mean 20 and one of 19, past 200 days: in exact proportion of their chances."""
    rest = remaining(effort(clerk=EXPONENTIAL, lawyer={**EXPONENTIAL, "mean": 19}), 200)
    above = [np.exp(-200 / mean) for mean in (20, 19)]
    share = above[0] / sum(above)
    assert holds(rest, lambda days: 1 - share * np.exp(-days / 20) - (1 - share) * np.exp(-days / 19))


def test_of_two_steps_the_rest_is_that_of_their_sum() -> None:
    """Two exponential steps of mean 20, past 200 days: what remains of an Erlang distribution."""
    steps = {**effort(clerk=EXPONENTIAL), "sit": {"step": "wait", "reason": "party", "days": EXPONENTIAL}}
    law = stats.gamma(2, scale=20)
    assert holds(remaining(steps, 200), lambda days: 1 - law.sf(200 + days) / law.sf(200))


def test_what_cannot_last_so_long_ends_on_the_first_day() -> None:
    """A stage that takes 10 to 20 days, under way for 30."""
    steps = effort(clerk={"distribution": "uniform", "low": 10, "high": 20})
    assert (remaining(steps, 30, 20) == 0).all()


def test_what_cannot_last_so_long_leaves_by_either_route() -> None:
    """The age says nothing of the route where no route could have lasted so long: one in four goes on."""
    stages = {
        "work": {
            "title": "Work",
            "steps": {"sit": {"step": "wait", "reason": "party", "days": 10}, **PAUSE},
            "next": {"after": 0.25, "done": 0.75},
        },
        "after": {"title": "After"},
    }
    log = one_office(stages, {"clerk": {"headcount": 1}}, {"work": "=2000-06-01"}, replications=400)
    onward = (log.loc[log["stage"] == "work", "outcome"] == "after").sum()
    low, high = stats.binom.interval(0.999, 400, 0.25)
    assert low <= onward <= high
