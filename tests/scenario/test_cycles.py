"""How often a case goes round is estimated before a run: by theory where the chain is simple enough."""

from math import exp, inf

import pytest

from sim.errors import UserError
from sim.scenario.cycles import CaseKind, Pace, endless, visits
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Procedure

PACE = Pace(horizon=1000.0, fte={"clerk": 2.0})
ANY = CaseKind()


def procedure(**stages):
    """A procedure with these stages."""
    settings = {name: {"title": name, **stage} for name, stage in stages.items()}
    return Procedure.model_validate({"name": "p", "title": "P", "exits": {"out": "Out"}, "stages": settings})


def wait(days, **others):
    """A step that waits."""
    return {"step": "wait", "reason": "party", "days": days, **others}


def rounds(pace=PACE, kind=ANY, **stages):
    """The visits of a case that begins in the first stage."""
    return visits(procedure(**stages), kind, next(iter(stages)), pace)


def test_without_time_visits_are_geometric():
    """A case that stays with probability q makes 1 / (1 - q) visits."""
    assert rounds(a={"next": {"a": 0.9, "out": "rest"}}) == pytest.approx(10)
    assert rounds(a={"next": {"b": 1.0}}, b={"next": {"a": 0.5, "out": 0.5}}) == pytest.approx(4)


def test_with_time_visits_end_with_the_horizon():
    """A visit counts exp(-days / horizon) of the one before: of a case that stays for ever, horizon / days count."""
    stay = {"next": {"a": 1 - 1e-12, "out": "rest"}}
    assert rounds(a={"steps": {"w": wait(10)}, **stay}) == pytest.approx(1 / (1 - exp(-0.01)), rel=1e-6)
    exponential = {"distribution": "exponential", "mean": 10}
    assert rounds(a={"steps": {"w": wait(exponential)}, **stay}) == pytest.approx(101, rel=0.03)
    skipped = wait(10, probability=0.5)
    assert rounds(a={"steps": {"w": skipped}, **stay}) == pytest.approx(2 / (1 - exp(-0.01)), rel=1e-6)


def test_work_takes_the_time_of_all_the_staff():
    """Ten FTE-days by at most two people take five days; a cap makes it ten."""
    stay = {"next": {"a": 1 - 1e-12, "out": "rest"}}
    work = {"step": "effort", "fte_days": {"clerk": 10}}
    assert rounds(a={"steps": {"w": work}, **stay}) == pytest.approx(1 / (1 - exp(-0.005)), rel=1e-6)
    capped = {**work, "most_fte": {"clerk": 1}}
    assert rounds(a={"steps": {"w": capped}, **stay}) == pytest.approx(1 / (1 - exp(-0.01)), rel=1e-6)
    doubled = {**work, "scale": 2}
    assert rounds(a={"steps": {"w": doubled}, **stay}) == pytest.approx(1 / (1 - exp(-0.01)), rel=1e-6)
    none = {"step": "effort", "fte_days": {"clerk": 0}}
    assert rounds(a={"steps": {"w": none}, "next": {"a": 0.9, "out": "rest"}}) == pytest.approx(10)


def test_each_kind_of_case_has_a_chain_of_its_own():
    """The condition's routes and steps count for the cases that it concerns, and for no others."""
    stages = {
        "a": {
            "steps": {"w": wait(500, when={"topic": "slow"})},
            "next": {"out": 1},
            "next_when": [{"when": {"topic": ["slow", "quick"]}, "next": {"a": 0.99, "out": "rest"}}],
        }
    }
    assert rounds(**stages) == 1
    assert rounds(kind=CaseKind(topic="quick"), **stages) == pytest.approx(100)
    assert rounds(kind=CaseKind(topic="slow"), **stages) == pytest.approx(1 / (1 - 0.99 * exp(-0.5)))


def test_visits_are_counted_as_conditions_ask():
    """A loop that ends at the third visit has three; one that begins at the second has no end."""
    until_third = {"next": {"a": 1}, "next_when": [{"when": {"visit": 3}, "next": {"out": 1}}]}
    assert rounds(a=until_third) <= 3
    assert not endless(procedure(a=until_third))
    from_second = {"next": {"a": 0.5, "out": 0.5}, "next_when": [{"when": {"visit": 2}, "next": {"b": 1}}]}
    assert rounds(a=from_second, b={"next": {"a": 1}}) == inf


def test_a_cycle_with_time_and_a_way_out_is_legal():
    """Cases may return as often as they like, as long as each return takes its time."""
    assert not endless(procedure(a={"steps": {"w": wait(1)}, "next": {"a": 0.999999, "out": "rest"}}))


def test_conditions_that_exclude_one_another_are_no_cycle():
    """A way to b for one topic, and back for another, is no way round for either."""
    stages = {
        "a": {"next": {"out": 1}, "next_when": [{"when": {"topic": "x"}, "next": {"b": 1}}]},
        "b": {"next": {"out": 1}, "next_when": [{"when": {"topic": "y"}, "next": {"a": 1}}]},
    }
    assert not endless(procedure(**stages))


def test_many_conditions_on_visits_are_followed():
    """With more combinations of visits than can be followed each by itself, the late ones are."""
    names = [f"s{number}" for number in range(12)]
    stages = {
        name: {"next": {after: 1}, "next_when": [{"when": {"visit": 9}, "next": {"out": 0.5, after: 0.5}}]}
        for name, after in zip(names, [*names[1:], names[0]], strict=True)
    }
    assert not endless(procedure(**stages))
    endless_ones = {
        name: {**stage, "next_when": [{"when": {"visit": 8}, "next": stage["next"]}]} for name, stage in stages.items()
    }
    endless_ones["s0"]["next"] = {"s1": 0.5, "out": 0.5}
    assert endless(procedure(**endless_ones))


def test_a_run_is_refused_replications_for_which_there_is_no_memory(tmp_path):
    """The number given beside the scenario counts as the file's own does."""
    from sim.experiments.simulate import prepared

    (tmp_path / "many.yaml").write_text(
        "{name: many, start: 2024-01-01, horizon: 2024-12-31, replications: 1, seed: 1, staffing: {r: {headcount: 1}},"
        " procedure: {name: p, title: P, exits: {out: Out}, stages: {a: {title: A, next: {out: 1}}}},"
        " arrivals: {s: {kind: random, stage: a, per_year: 900000}}}",
        encoding="utf-8",
    )
    scenario = load_scenario(tmp_path / "many.yaml")
    with pytest.raises(UserError, match="replications 100: some 22,000,000 visits to stages are expected"):
        prepared(scenario, 100)
    with pytest.raises(UserError, match="replications 1000000: must be at most 100,000"):
        prepared(scenario, 1_000_000)
