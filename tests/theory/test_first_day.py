"""What is in progress on the first day, against the law of what remains and the work that is left."""

import pytest
from measured import one_office

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
