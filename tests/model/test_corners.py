"""Corners in which the model once was wrong, each as small as it can be."""

import pytest
from invariants import assert_all
from workloads import events, stage
from workloads import plain as office

from sim import simulate


def test_a_visit_after_a_loop_is_the_first_to_its_stage():
    """How often a case was in one stage says nothing of the number of its visit to the next."""
    pause = {"pause": {"step": "wait", "reason": "party", "days": 5}}
    first_only = {"hold": {"step": "wait", "reason": "hold", "days": 7, "when": {"visit": [1]}}}
    stages = {
        "ask": stage({"decide": 0.5, "ask": "rest"}, pause),
        "decide": stage({"done": 1}, first_only),
    }
    log = events(office(stages, arrivals={"cases": {"kind": "random", "stage": "ask", "per_year": 60}}))
    assert log.loc[log["stage"] == "ask", "visit"].max() > 2
    decided = log[(log["stage"] == "decide") & log["left"].notna()]
    assert (decided["visit"] == 1).all()
    assert (decided["hold_days"] == 7).all()


def test_a_limit_within_a_limit_is_kept():
    """A place under one stage's limit that includes another stage does not open that stage's own limit."""
    work = {"work": {"step": "wait", "reason": "party", "days": 100}}
    stages = {
        "prepare": stage({"hear": 1}, {"read": work["work"] | {"days": 1}}, limit={"cases": 3, "including": ["hear"]}),
        "hear": stage({"done": 1}, work, limit={"cases": 2}),
    }
    of = office(stages, probes={f"p{n}": {"stage": "prepare", "arrives": "2024-01-01"} for n in range(4)})
    log = events(of)
    assert_all(of, log)
    hear = log[log["stage"] == "hear"].set_index("case")["entered"]
    assert sorted(hear) == [1, 1, 101, 102]


def test_a_team_that_ends_as_another_starts_ends_once():
    """When a team ends where there were too few people, the start of the next does not end it a second time.

    Three people work, from day 10 on at the pace of 2.5 for 3; the first is done after 10 + 10 x 3 / 2.5 = 22 days.
    """
    rest = {"rest": {"step": "wait", "reason": "party", "days": 50}}
    stages = {
        "short": stage({"after": 1}, {"work": {"step": "team", "fte": {"staff": 1}, "days": 20}}),
        "long": stage({"after": 1}, {"work": {"step": "team", "fte": {"staff": 1}, "days": 200}}),
        "small": stage({"after": 1}, {"work": {"step": "team", "fte": {"staff": 0.5}, "days": 5}}),
        "after": stage({"done": 1}, rest),
    }
    of = office(
        stages,
        staffing={"staff": {"headcount": {"2024-01-01": 3, "2024-01-11": 2.5}}},
        probes={
            "first": {"stage": "short", "arrives": "2024-01-01"},
            "second": {"stage": "long", "arrives": "2024-01-01"},
            "third": {"stage": "long", "arrives": "2024-01-01"},
            "next": {"stage": "small", "arrives": "2024-01-02"},
        },
    )
    log = events(of)
    assert_all(of, log)
    left = log.set_index(["case", "stage"])["left"]
    assert left["first", "short"] == pytest.approx(22)
    assert left["first", "after"] == pytest.approx(72)
    assert left["next", "small"] == pytest.approx(27)
    assert left["second", "long"] == pytest.approx(202)
    assert len(log) == 8


@pytest.mark.parametrize(
    ("since", "left", "held"),
    [("2023-11-22", 40, 30), ("2023-10-23", 10, 30)],
    ids=["before the least time is over", "after it"],
)
def test_the_least_time_of_a_step_is_no_longer_at_a_slow_pace(since, left, held):
    """Before the first day the work was slower, but the time that a step takes at least was what it always is."""
    steps = {
        "draft": {"step": "effort", "fte_days": {"staff": 10}, "most_fte": {"staff": 1}, "at_least": 50},
        "hold": {"step": "wait", "reason": "hold", "days": 30},
    }
    of = office(
        {"work": stage({"done": 1}, steps)}, pace_before_start=0.5, probes={"p": {"stage": "work", "since": since}}
    )
    (row,) = events(of).to_dict("records")
    assert row["left"] == pytest.approx(left)
    assert row["hold_days"] == pytest.approx(held)
    assert row["unconstrained_days"] == pytest.approx(80)


def test_a_scenario_to_which_no_case_ever_comes_runs():
    """With nothing in progress and arrivals at a rate of zero the log is empty, and every indicator can be computed."""
    stages = {"ask": stage({"done": 1}, {"pause": {"step": "wait", "reason": "party", "days": 5}})}
    none = office(stages, arrivals={"cases": {"kind": "random", "stage": "ask", "per_year": 0}})
    run = simulate(none)
    assert len(run.events) == 0
    assert (run.summary().set_index("indicator").loc[["incoming", "pending_end"], "value"] == 0).all()


@pytest.mark.parametrize("headcount", [3, {"2024-01-01": 1, "2024-01-11": 3}], ids=["always", "later"])
def test_millionths_of_an_fte_are_rounded(headcount):
    """Neither 70% of three people nor 2.03 people is cut for being a little less in binary: days and work are exact."""
    work = {"work": {"step": "team", "fte": {"staff": 2.1, "helpers": 2.03}, "days": 10}}
    of = office(
        {"work": stage({"done": 1}, work)},
        calendar={"working_days_per_year": 365},
        staffing={"staff": {"headcount": headcount, "casework_share": 0.7}, "helpers": {"headcount": 2.03}},
        probes={"p": {"stage": "work", "arrives": "2024-01-01"}},
    )
    (row,) = events(of).to_dict("records")
    assert row["left"] == pytest.approx(10 if headcount == 3 else 20)
    assert row["effort_helpers"] == pytest.approx(20.3)


@pytest.mark.parametrize("limit", [{}, {"limit": {"cases": 1, "including": ["second"]}}])
def test_listed_strands_move_where_nothing_forks(limit):
    """A case listed by its strands splits as it arrives in a procedure without a fork, and counts once for a limit."""
    work = {"work": {"step": "wait", "reason": "party", "days": 30}}
    stages = {"first": stage({"second": 1}, work, **limit), "second": stage({"done": 1}, work)}
    listed = {"stage": "first", "arrives": "2024-01-11", "strands": {"fees": {}, "contracts": {}}}
    of = office(stages, probes={"later": listed, "whole": {"stage": "first", "arrives": "2024-01-12"}})
    log = events(of)
    assert_all(of, log)
    entered = log.set_index(["case", "stage"])["entered"]
    assert {"later/fees", "later/contracts", "whole"} == set(log["case"])
    assert (entered["later/fees"] == entered["later/contracts"]).all()
    assert entered["later/fees"].to_dict() == {"first": 10, "second": 40}
    assert entered["whole", "first"] == (70 if limit else 11)


def test_listed_strands_wait_for_the_fork_where_there_is_one():
    """A case that can come to a stage with a fork is one case until then."""
    work = {"work": {"step": "wait", "reason": "party", "days": 30}}
    stages = {"ask": stage({"open": 1}, work), "open": stage({"done": 1}, work, fork={"strands": {3: 1}})}
    of = office(stages, probes={"a": {"stage": "ask", "arrives": "2024-01-02", "strands": {"x": {}, "y": {}}}})
    log = events(of)
    assert_all(of, log)
    assert list(zip(log["case"], log["stage"], strict=True)) == [("a", "ask"), ("a/x", "open"), ("a/y", "open")]


def test_strands_count_once_where_their_case_forked_and_one_by_one_elsewhere():
    """A case that forks under a limit holds one place with its strands; strands of a case forked before, one each."""
    sit = {"sit": {"step": "wait", "reason": "party", "days": 10}}
    fork, one = {"strands": {3: 1}}, {"cases": 1}
    probe = {"probes": {"p": {"stage": "split", "arrives": "2024-01-01"}}}
    inside = office({"split": stage({"done": 1}, sit, fork=fork, limit=one)}, **probe)
    assert events(inside)["left"].tolist() == [10, 10, 10]
    stages = {"split": stage({"sit": 1}, fork=fork), "sit": stage({"done": 1}, sit, limit=one)}
    log = events(office(stages, **probe))
    assert sorted(log.loc[log["stage"] == "sit", "left"]) == [10, 20, 30]
