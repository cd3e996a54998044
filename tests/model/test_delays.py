"""Who was waited for: small cases whose delays are known, to the day and the role."""

import pytest
from invariants import assert_all
from workloads import OFFICE, Settings, events, office, queue, three_probes

from sim.experiments.simulate import simulate
from sim.scenario.schema import Scenario

YEAR = {"working_days_per_year": 365}
READ: Settings = {"step": "effort", "fte_days": {"clerks": 10, "lawyers": 10}, "most_fte": {"clerks": 1, "lawyers": 1}}

BOTH: Settings = {"step": "team", "fte": {"clerks": 1, "lawyers": 1}, "days": 20}


def desk(steps: Settings, clerks: object, lawyers: object, cases: int = 2, **changes: object) -> Scenario:
    """One stage in which two roles work on so many cases that are there from the first day on."""
    stage = {"title": "Desk", "steps": steps, "next": {"done": 1}}
    return queue(
        **{
            "replications": 1,
            "calendar": YEAR,
            "arrivals": {},
            "procedure": {"name": "p", "title": "P", "exits": {"done": "Done"}, "stages": {"desk": stage}},
            "staffing": {"clerks": {"headcount": clerks}, "lawyers": {"headcount": lawyers}},
            "probes": {f"p{n}": {"stage": "desk", "arrives": "2024-01-01"} for n in range(cases)},
            **changes,
        }
    )


def delays(of: Scenario) -> list[tuple[float, float]]:
    """The delays of each visit by clerks and by lawyers, rounded to what counts as a difference."""
    log = events(of)
    assert_all(of, log)
    return [(round(a, 6), round(b, 6)) for a, b in zip(log["delay_clerks"], log["delay_lawyers"], strict=True)]


def test_effort_is_delayed_by_the_role_that_is_done_last():
    """Two cases share 1.6 clerks and one lawyer: clerks take 12.5 days instead of 10, lawyers 20: all 10 are theirs."""
    assert delays(desk({"read": READ}, 1.6, 1)) == [(0, 10), (0, 10)]


def test_effort_within_its_least_time_is_not_delayed():
    """A step that takes 20 days at least hides work of 20 days; of 25 at least, and 30 of lawyers, 5 are seen."""
    assert delays(desk({"read": {**READ, "at_least": 20}}, 1.6, 1)) == [(0, 0), (0, 0)]
    assert delays(desk({"read": {**READ, "at_least": 25}}, 3, 1, cases=3)) == [(0, 5)] * 3


def test_a_team_waits_for_the_role_that_is_free_last():
    """A team of both starts on day 50, when the lawyer is free; who comes after it waits for the clerk kept for it."""
    stages = {
        "short": {"title": "Short", "steps": {"t": {"step": "team", "fte": {"clerks": 1}, "days": 30}}},
        "long": {"title": "Long", "steps": {"t": {"step": "team", "fte": {"lawyers": 1}, "days": 50}}},
        "both": {"title": "Both", "steps": {"t": {"step": "team", "fte": {"clerks": 1, "lawyers": 1}, "days": 9}}},
    }
    of = desk(
        {},
        1,
        1,
        procedure={
            "name": "p",
            "title": "P",
            "exits": {"done": "Done"},
            "stages": {name: {**stage, "next": {"done": 1}} for name, stage in stages.items()},
        },
        probes={
            "a": {"stage": "short", "arrives": "2024-01-01"},
            "b": {"stage": "long", "arrives": "2024-01-01"},
            "c": {"stage": "both", "arrives": "2024-01-02"},
            "d": {"stage": "short", "arrives": "2024-01-03"},
        },
    )
    log = events(of).set_index("case")
    assert_all(of, log.reset_index())
    late = log[["delay_clerks", "delay_lawyers"]]
    assert late.loc["c"].tolist() == [0, 49]
    assert late.loc["d"].tolist() == [57, 0]
    assert late.loc[["a", "b"]].to_numpy().tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(("urgent", "other"), [("clerks", "lawyers"), ("lawyers", "clerks")])
def test_people_taken_back_are_waited_for_again(urgent, other):
    """An urgent team takes people who are reserved for another one: at once, so that nothing delays it.

    The other team had them on day 2 and its other people on day 10; it starts on day 23, when the urgent one gives them
    back: they were free last, and the 21 days are theirs, whichever role it names first.
    """

    def stage(days: float, **fte: float) -> Settings:
        return {"title": "S", "steps": {"t": {"step": "team", "fte": fte, "days": days}}, "next": {"done": 1}}

    stages = {
        "first": {**stage(10, **{other: 1}), "title": "First", "priority": 1},
        "both": {**stage(9, clerks=1, lawyers=1), "title": "Both", "priority": 1},
        "urgent": {**stage(20, **{urgent: 1}), "title": "Urgent", "priority": 0},
    }
    of = desk(
        {},
        1,
        1,
        procedure={"name": "p", "title": "P", "exits": {"done": "Done"}, "stages": stages},
        probes={
            "a": {"stage": "first", "arrives": "2024-01-01"},
            "b": {"stage": "both", "arrives": "2024-01-03"},
            "c": {"stage": "urgent", "arrives": "2024-01-04"},
        },
    )
    log = events(of).set_index("case")
    assert_all(of, log.reset_index())
    assert log.loc["c", ["left", "delay_clerks", "delay_lawyers"]].tolist() == [23, 0, 0]
    assert log.loc["b", ["left", f"delay_{urgent}", f"delay_{other}"]].tolist() == [32, 21, 0]


def test_a_team_stops_while_nobody_of_a_role_is_there():
    """Nobody from day 11 to day 41: 30 days of delay by that role, none by the other, who are held all the while."""
    nobody = {"2024-01-01": 1, "2024-01-12": 0, "2024-02-11": 1}
    assert delays(desk({"work": BOTH}, nobody, 1, cases=1)) == [(30, 0)]
    assert delays(desk({"work": BOTH}, 1, nobody, cases=1)) == [(0, 30)]
    assert delays(desk({"work": BOTH}, nobody, 2, cases=2)) == [(30, 0), (50, 0)]
    assert delays(desk({"work": BOTH}, nobody, nobody, cases=1)) == [(30, 0)]  # delays add up, so one role has them


def test_a_team_at_work_is_slowed_by_the_role_that_is_shortest():
    """Half the lawyers leave on day 10 of 20 and three clerks of four: the other ten days take forty, thirty too many.

    From day 30 on the clerks are back: five of the ten days are done, the others take ten, for want of lawyers.
    """
    team = {"work": {"step": "team", "fte": {"clerks": 4, "lawyers": 2}, "days": 20}}
    clerks = {"2024-01-01": 4, "2024-01-11": 1, "2024-01-31": 4}
    lawyers = {"2024-01-01": 2, "2024-01-11": 1}
    assert delays(desk(team, clerks, lawyers, cases=1)) == [(15, 5)]


@pytest.mark.parametrize(
    ("steps", "lawyers", "expected"),
    [
        ({"read": READ}, 1, [(0, 5), (0, 5)]),
        ({"work": BOTH}, 1, [(0, 0), (0, 15)]),
        ({"work": BOTH}, {"2024-01-01": 2, "2024-01-11": 1}, [(0, 2.5), (0, 2.5)]),
    ],
    ids=["effort that the lawyers would finish last", "a team that waits for a lawyer", "teams short of a lawyer"],
)
def test_delays_at_the_horizon(steps, lawyers, expected):
    """What is not finished on day 15 is charged so far as it has gone, to whom it waits for."""
    assert delays(desk(steps, 2, lawyers, horizon="2024-01-16")) == expected


def test_delay_before_the_first_day_is_of_the_longest_work():
    """At half the pace 20 days did the work of ten: ten of delay, of those whose part takes longer."""
    step = {**READ, "fte_days": {"clerks": 10, "lawyers": 40}}
    of = desk({"read": step}, 5, 5, pace_before_start=0.5, probes={"p": {"stage": "desk", "since": "2023-12-12"}})
    assert delays(of) == [(0, 10)]


def test_time_that_no_step_accounts_for_is_nobodys_delay():
    """A stage of fixed steps of 15 days that began 100 days ago is no delay of its staff."""
    steps = {
        "reply": {"step": "wait", "reason": "party", "days": 5},
        "read": {**READ, "fte_days": {"clerks": 10}, "most_fte": {"clerks": 1}},
    }
    of = desk(steps, 1, 1, probes={"p": {"stage": "desk", "since": "2023-09-23"}})
    (row,) = events(of).to_dict("records")
    assert row["left"] == 0
    assert row["unconstrained_days"] == 100
    assert delays(of) == [(0, 0)]


def test_unlimited_staff_delays_nobody():
    """With a hundred thousand people of every role all delays are exactly zero."""
    shipped = three_probes(*(f"staffing.{role}.headcount=100000" for role in three_probes().staffing))
    for of in (
        shipped.model_copy(update={"uncertain": {}, "pace_before_start": 1.0}),
        office(staffing={role: {"headcount": 100000} for role in OFFICE["staffing"]}, pace_before_start=1),
    ):
        log = events(of)
        assert_all(of, log)
        assert (log[[f"delay_{role}" for role in of.staffing]] == 0).all(axis=None)


def test_more_staff_in_the_bottleneck_delays_less():
    """The role that delays cases most is helped by more people; the indicator's parts add up to the delay per case."""
    few = simulate(three_probes(replications=8), jobs=1).samples
    late = {label: m.value for label, m in few.items() if label.startswith("role_delay:")}
    assert sum(late.values()) == pytest.approx(few["delay_per_case"].value)
    bottleneck = max(late, key=late.__getitem__)
    role = bottleneck.split(":")[1]
    people = three_probes().staffing[role].headcount
    more = {str(day): 2 * number for day, number in people.items()}
    many = simulate(three_probes(f"staffing.{role}.headcount={more}", replications=8), jobs=1).samples
    assert many[bottleneck].value < 0.5 * late[bottleneck]
