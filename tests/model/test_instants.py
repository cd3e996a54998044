"""Things that happen at one instant: work that is finished as its people go, the horizon, rounds without time."""

import pickle

import pytest
from workloads import Settings, events, plain, stage

from sim import simulate
from sim.errors import UserError

FIRST, TENTH, LATER = "2024-01-01", "2024-01-11", "2024-04-10"
"""The first day, the day on which people go, and day 100, on which they are back."""


def effort(days: float | Settings, **more: object) -> Settings:
    """A step of shared work by one clerk, or by the people of several roles."""
    days = days if isinstance(days, dict) else {"clerk": days}
    return {"do": {"step": "effort", "fte_days": days, "most_fte": dict.fromkeys(days, 1), **more}}


def team(days: float, *roles: str) -> Settings:
    """A step of a team with one person of each role."""
    return {"do": {"step": "team", "fte": dict.fromkeys(roles or ("clerk",), 1), "days": days}}


def ends(steps: Settings, cases: int = 1, **headcounts: Settings | float) -> list[float]:
    """When cases that come on the first day have taken these steps."""
    probes = {f"p{number}": {"stage": "work", "arrives": FIRST} for number in range(cases)}
    staffing = {role: {"headcount": people} for role, people in headcounts.items()}
    found = events(plain({"work": stage({"done": 1}, steps)}, probes=probes, staffing=staffing))
    return found["left"].tolist()


def falling(first: float, then: float = 0) -> Settings:
    """A headcount that falls on day 10 and is back on day 100."""
    return {FIRST: first, TENTH: then, LATER: first}


@pytest.mark.parametrize("then", [0, 0.5, 1e-5], ids=["all", "half", "nearly all"])
@pytest.mark.parametrize(
    "steps",
    [effort(10), team(10), effort(10, at_least=10), effort(10, at_least=2), effort(2, at_least=10)],
    ids=["effort", "team", "as long as its minimum", "longer", "shorter"],
)
def test_work_that_is_finished_as_its_people_go_is_finished(steps, then):
    """Ten days' work that began on the first day ends on day 10, on which people go."""
    assert ends(steps, clerk=falling(1, then)) == [10]


@pytest.mark.parametrize("steps", [effort({"clerk": 10, "lawyer": 10}), team(10, "clerk", "lawyer")])
@pytest.mark.parametrize(
    "staff",
    [
        {"clerk": falling(1), "lawyer": 1},
        {"clerk": 1, "lawyer": falling(1)},
        {"clerk": falling(1), "lawyer": falling(1)},
    ],
)
def test_work_of_several_roles_is_finished_as_those_of_one_go(steps, staff):
    """Whichever of the roles loses its people on that day."""
    assert ends(steps, **staff) == [10]


@pytest.mark.parametrize("cases", [3, 7, 11])
def test_shared_work_is_finished_as_its_people_go_whatever_its_rounding(cases):
    """Several share one clerk, at paces that have no exact binary number; together they are done on day 10."""
    assert ends(effort(10 / cases), cases, clerk=falling(1)) == pytest.approx([10] * cases)


def test_a_team_that_takes_everybody_comes_after_what_is_finished():
    """Effort that is done at the instant at which a team takes all people is done; what is not done waits for them."""
    stages = {
        "share": stage({"done": 1}, effort(10)),
        "more": stage({"done": 1}, effort(10.5)),
        "seize": stage({"done": 1}, {"do": {"step": "team", "fte": {"clerk": 2}, "days": 20}}),
    }
    # The team is listed first: its arrival is the first event of day 10.
    probes = {
        "t": {"stage": "seize", "arrives": TENTH},
        "s": {"stage": "share", "arrives": FIRST},
        "m": {"stage": "more", "arrives": FIRST},
    }
    found = events(plain(stages, probes=probes, staffing={"clerk": {"headcount": 2}})).set_index("case")["left"]
    assert found.to_dict() == {"t": 30, "s": 10, "m": pytest.approx(30.5)}


@pytest.mark.parametrize("steps", [effort(10.001), team(10.001)], ids=["effort", "team"])
def test_work_that_lacks_a_minute_waits_for_people(steps):
    """What is not finished as the people go is finished when they are back."""
    assert ends(steps, clerk=falling(1)) == pytest.approx([100.001])


HORIZON = "2024-01-11"
WAIT = {"sit": {"step": "wait", "reason": "party", "days": 10}}


def run_to_the_horizon(steps: Settings, **changes: object):
    """A case that comes on the first day, ten days before the horizon."""
    settings: Settings = {
        "horizon": HORIZON,
        "staffing": {"clerk": {"headcount": 1}},
        "probes": {"p": {"stage": "work", "arrives": FIRST}},
        "targets": [{"milestone": "done", "of": "work", "within_days": 10}],
    }
    return simulate(plain({"work": stage({"done": 1}, steps)}, **{**settings, **changes}))


@pytest.mark.parametrize("steps", [WAIT, effort(10), team(10), effort(2, at_least=10)])
def test_what_ends_on_the_horizon_has_ended(steps):
    """Ten days from the first day to the last are ten days: the visit is over, and a target of ten days is met."""
    run = run_to_the_horizon(steps)
    (row,) = run.events.to_dict("records")
    assert (row["left"], row["outcome"]) == (10, "done")
    assert run.table("targets")["met"].tolist() == [1]


@pytest.mark.parametrize("steps", [{}, WAIT, effort(10), team(10)], ids=["nothing", "wait", "effort", "team"])
@pytest.mark.parametrize(
    "cases",
    [
        {"probes": {"p": {"stage": "work", "arrives": HORIZON}}},
        {"probes": {}, "arrivals": {"w": {"kind": "wave", "stage": "work", "on": HORIZON, "platforms": {"A": 1}}}},
    ],
    ids=["probe", "wave"],
)
def test_who_comes_on_the_horizon_is_in_progress_at_it(cases, steps):
    """A case that comes on the last day has been there for no time, and what takes no time is done."""
    run = run_to_the_horizon(steps, **cases)
    (row,) = run.events.to_dict("records")
    assert row["entered"] == 10
    assert row["unconstrained_days"] == row["effort_clerk"] == 0
    values = run.summary().set_index("indicator")["value"]
    assert values["pending_end"] == float(bool(steps))
    assert values["incoming"] == pytest.approx(365 / 10)  # a year


def test_who_comes_after_the_horizon_never_comes():
    """A probe of the day after is no case of this run."""
    assert len(run_to_the_horizon(WAIT, probes={"p": {"stage": "work", "arrives": "2024-01-12"}}).events) == 0


@pytest.fixture
def unchecked(monkeypatch):
    """Whatever the check of scenarios refuses; the engine must end by itself what it lets pass."""
    monkeypatch.setattr("workloads.problems", lambda made: [])


NO_TIME = {
    "nothing": {},
    "effort of nothing": effort(0),
    "a team for no time": team(0),
    "a wait for no time": {"sit": {"step": "wait", "reason": "party", "days": 0}},
    "less than the clock can tell": {"sit": {"step": "wait", "reason": "party", "days": 1e-15}},
}


@pytest.mark.parametrize("steps", NO_TIME.values(), ids=NO_TIME)
@pytest.mark.parametrize(
    "chance", [{"b": 0.5, "done": 0.5}, {"b": "rest", "done": 1e-9}], ids=["from the second visit on", "nearly surely"]
)
def test_a_case_that_goes_round_without_time_ends_the_run(steps, chance, unchecked):
    """With one line that names the case and its stages, which passes to other processes as it is."""
    stages = {
        "a": stage(chance, steps, next_when=[{"when": {"visit": 2}, "next": {"b": 1}}]),
        "b": stage({"a": 1}, steps),
    }
    probes = {f"p{number}": {"stage": "a", "arrives": TENTH} for number in range(5)}
    message = r"^replication 0 on 2024-01-11: the case 'p\d' goes round without time passing, .*: a, b; a step"
    with pytest.raises(UserError, match=message) as raised:
        events(plain(stages, probes=probes, staffing={"clerk": {"headcount": 1}}))
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_a_case_may_go_round_often_if_time_passes(unchecked):
    """Twenty thousand rounds of five minutes are no endless loop."""
    sit = {"sit": {"step": "wait", "reason": "party", "days": 0.0035}}
    stages = {"a": stage({"a": 1 - 1e-12, "done": 1e-12}, sit)}
    log = events(plain(stages, horizon="2024-03-11", probes={"p": {"stage": "a", "arrives": FIRST}}))
    assert len(log) >= 70 / 0.0035
