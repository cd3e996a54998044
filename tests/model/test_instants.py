"""Things that happen at one instant: work that is finished as its people go."""

import pytest
from workloads import Settings, events, plain, stage

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
