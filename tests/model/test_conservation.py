"""Conservation: cases, staff and work are neither lost nor made, in shipped and in small scenarios."""

import numpy as np
import pandas as pd
import pytest
from invariants import assert_all, most_at_once
from workloads import OFFICE, SHIPPED, events, office, queue, scenario, three_probes

from sim.dates import YEAR_DAYS
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario
from sim.scenario.staffing import capacity

SCENARIOS = {
    "three-probes": three_probes,
    "staff that leaves": lambda: three_probes(
        "staffing.case_handlers.headcount={2024-03-14: 60, 2025-01-01: 4}", "staffing.legal.headcount=2"
    ),
    "cap": lambda: load_scenario(SHIPPED / "cap.yaml", {"replications": 2}),
    "mass-rfi": lambda: load_scenario(SHIPPED / "mass-rfi.yaml", {"replications": 2}),
    "dma": lambda: load_scenario(SHIPPED / "dma.yaml", {"replications": 2}),
    "office": office,
    "office with one lawyer": lambda: office(staffing={**OFFICE["staffing"], "legal": {"headcount": 1}}),
    "queue": queue,
    "overloaded queue": lambda: queue(servers=1, per_year={"2024-01-01": 80, "2025-06-01": 5}),
}


@pytest.fixture(scope="module", params=SCENARIOS)
def made(request) -> tuple[Scenario, pd.DataFrame]:
    """A scenario and its event log."""
    found = SCENARIOS[request.param]()
    return found, events(found)


def test_invariants(made):
    """Cases follow unbroken chains to an exit or the horizon, within the limits, the staff and the time available."""
    assert_all(*made)


def test_every_arrival_is_in_the_log(made):
    """Listed cases are all there but those that may have ended silently; a stream's are numbered without a gap."""
    of, log = made
    silent = {n for n, stage in of.procedure.stages.items() if any(route.silent for route in stage.next.values())}
    arrive = {n for n, probe in of.probes.items() if probe.stage not in silent or not probe.since}
    assert all((of.probes[n].arrives or of.start) < of.horizon for n in arrive)
    for _, rows in log.groupby("replication"):
        whole = set(rows["case"]) | set(rows["parent"]) - {""}
        assert arrive <= whole
        for name, stream in of.arrivals.items():
            if stream.kind == "random":
                own = [case for case in whole if case.startswith(f"{name}-") and "/" not in case]
                assert set(own) == {f"{name}-{number}" for number in range(1, len(own) + 1)}
            elif stream.kind == "wave":
                assert {f"{name}/{platform}" for platform in stream.platforms} <= whole


def test_pending_and_ended_add_up_at_every_instant(made):
    """At every instant arrived cases, counted with their strands, are those pending plus those ended."""
    of, log = made
    for _, rows in log.groupby("replication"):
        times = np.unique(np.concatenate([rows["requested"], rows["left"].dropna(), [of.horizon_days]]))
        first = rows.groupby("case")["requested"].min().to_numpy()
        over = rows[~rows["outcome"].isin([*of.procedure.stages, ""])]
        forked = rows.groupby("case").tail(1)
        forked = forked[forked["outcome"].isin(list(of.procedure.stages))]
        for now in times:
            arrived = (first <= now).sum()
            ended = (over["left"] <= now).sum() + (forked["left"] <= now).sum()
            pending = ((rows["requested"] <= now) & ~(rows["left"] <= now)).sum()
            assert arrived == ended + pending


def test_littles_law(made):
    """Little's law holds exactly: time-average number pending = cases x mean time pending, over any run and stage."""
    of, log = made
    horizon = of.horizon_days
    for _, rows in log.groupby("replication"):
        for stage in (*of.procedure.stages, None):
            inside = rows if stage is None else rows[rows["stage"] == stage]
            if inside.empty:
                continue
            begin = inside["requested"].clip(0, horizon).to_numpy()
            end = inside["left"].fillna(horizon).clip(0, horizon).to_numpy()
            times = np.unique(np.concatenate([[0.0, horizon], begin, end]))
            number = np.searchsorted(np.sort(begin), times, "right") - np.searchsorted(np.sort(end), times, "right")
            area = float(np.dot(number[:-1], np.diff(times)))
            rate, mean_time = len(inside) / horizon, (end - begin).mean()
            assert area / horizon == pytest.approx(rate * mean_time, rel=1e-9, abs=1e-9)


def test_effort_done_equals_effort_required():
    """With constant amounts a finished visit has exactly the effort of its steps, one in progress at most that."""
    stages = {
        "first": {
            "title": "Effort, then a team",
            "steps": {
                "read": {
                    "step": "effort",
                    "fte_days": {"a": 7.5, "b": 2},
                    "scale": 2,
                    "most_fte": {"a": 1.5},
                    "at_least": 3,
                },
                "meet": {"step": "team", "fte": {"a": 1.25, "b": 0.5}, "days": 8},
            },
            "next": {
                "second": 0.5,
                "first": 0.25,
                "done": {"steps": {"tidy": {"step": "effort", "fte_days": {"b": 1.5}, "most_fte": {"b": 0.5}}}},
            },
        },
        "second": {
            "title": "A shared team",
            "steps": {"more": {"step": "team", "fte": {"b": 1}, "days": 11}},
            "next": {"done": 1},
        },
    }
    of = scenario(
        {
            "name": "amounts",
            "start": "2024-01-01",
            "horizon": "2026-01-01",
            "replications": 4,
            "seed": 2,
            "calendar": {"working_days_per_year": 220},
            "procedure": {"name": "amounts", "title": "Amounts", "exits": {"done": "Done"}, "stages": stages},
            "staffing": {
                "a": {"headcount": {"2024-01-01": 3, "2024-10-01": 2, "2025-03-01": 4}},
                "b": {"headcount": 2},
            },
            "arrivals": {"cases": {"kind": "random", "stage": "first", "per_year": 20}},
        }
    )
    log = events(of)
    assert_all(of, log)
    per_day = 220 / YEAR_DAYS
    required = {
        ("first", "first"): (15 + 1.25 * 8 * per_day, 4 + 0.5 * 8 * per_day),
        ("first", "second"): (15 + 1.25 * 8 * per_day, 4 + 0.5 * 8 * per_day),
        ("first", "done"): (15 + 1.25 * 8 * per_day, 5.5 + 0.5 * 8 * per_day),
        ("second", "done"): (0.0, 11 * per_day),
    }
    assert len(log) > 100
    assert set(zip(log["stage"], log["outcome"], strict=True)) >= set(required)
    for row in log.to_dict("records"):
        done = (row["effort_a"], row["effort_b"])
        if row["outcome"]:
            assert done == pytest.approx(required[row["stage"], row["outcome"]], rel=1e-12)
        else:
            most = required[row["stage"], "done"]
            assert all(amount <= limit + 1e-9 for amount, limit in zip(done, most, strict=True))


def test_all_capacity_is_used_while_there_is_enough_work():
    """An overloaded office of shared effort does exactly what its capacity curve allows, ups and downs included."""
    step = {"step": "effort", "fte_days": {"staff": {"distribution": "gamma", "mean": 40, "cv": 1}}}
    stage = {"title": "Work", "steps": {"work": step}, "next": {"done": 1}}
    headcount = {"2024-01-01": 3, "2024-07-01": 1, "2025-01-01": 5}
    of = queue(
        calendar={"working_days_per_year": 215, "slow": [{"first": "08-01", "last": "08-31", "share": 0.5}]},
        procedure={"name": "p", "title": "P", "exits": {"done": "Done"}, "stages": {"work": stage}},
        staffing={"staff": {"headcount": headcount}},
        probes={f"p{n}": {"stage": "work", "arrives": "2024-01-01"} for n in range(5)},
        per_year=100,
    )
    log = events(of)
    curve = capacity(of.staffing["staff"], of.calendar, of.start, of.horizon_days)
    available = curve.fte_days(of.horizon_days) * 215 / YEAR_DAYS
    done = log.groupby("replication")["effort_staff"].sum()
    assert (log.groupby("replication")["left"].apply(lambda left: left.isna().sum()) > 50).all()
    assert done.to_numpy() == pytest.approx([available] * 3, rel=1e-9)


TEAMS = {
    "enough": {"a": 9, "b": 5},
    "scarce": {"a": 4, "b": 2.5},
    "rising": {"a": {"2024-01-01": 4, "2025-01-01": 7}, "b": 3},
}


@pytest.mark.parametrize("heads", TEAMS.values(), ids=TEAMS)
def test_staff_in_use_is_never_above_capacity(heads):
    """The FTE of the teams at work at one instant never add up to more than there are, and reach it when work waits."""
    days = {"distribution": "lognormal", "mean": 30, "cv": 0.8}
    fte = {"small": {"a": 1.2}, "large": {"a": 3.5, "b": 2}, "legal": {"b": 0.75}}
    next_stage = {"small": "large", "large": "legal", "legal": "done"}
    stages = {
        name: {
            "title": name,
            "priority": len(name) % 2,
            "steps": {"work": {"step": "team", "fte": needs, "days": days}},
            "next": {next_stage[name]: 1},
        }
        for name, needs in fte.items()
    }
    of = queue(
        procedure={"name": "p", "title": "P", "exits": {"done": "Done"}, "stages": stages},
        staffing={role: {"headcount": count} for role, count in heads.items()},
        arrivals={"cases": {"kind": "random", "stage": "small", "per_year": 30}},
    )
    log = events(of)
    assert_all(of, log)
    end = log["left"].fillna(of.horizon_days)
    log = log.assign(begin=end - log["unconstrained_days"] + 1e-7, end=end - 1e-7)
    log = log[log["begin"] < log["end"]]
    assert log["left"].isna().any()
    for role, pool in of.staffing.items():
        curve = capacity(pool, of.calendar, of.start, of.horizon_days)
        for _, rows in log.groupby("replication"):
            for since, until, most in zip(curve.times, (*curve.times[1:], np.inf), curve.fte, strict=True):
                spans = rows[(rows["end"] > since) & (rows["begin"] < until)]
                within = list(zip(spans["begin"].clip(since, until), spans["end"].clip(since, until), strict=True))
                used = most_at_once(within, [fte[stage].get(role, 0.0) for stage in spans["stage"]])
                assert used <= most + 1e-9
                if most < 5:
                    assert used > most - 3.5


def test_at_most_as_many_cases_as_the_limit_allows():
    """A limit is kept to the case, is reached, and those who queue for it are pending without having entered."""
    stages = OFFICE["procedure"]["stages"]
    looping = {"next_when": [], "next": {"decide": 0.5, "ask": "rest"}}
    limited = office(
        probes={},
        arrivals={"cases": {"kind": "random", "stage": "probe", "per_year": 40, "topics": {"easy": 1}}},
        platforms={"any": {"provider": "Any", "turnover_eur_bn": 1.0}},
        procedure={**OFFICE["procedure"], "stages": {**stages, "probe": {**stages["probe"], **looping}}},
    )
    log = events(limited)
    assert_all(limited, log)
    queueing = log[log["entered"].isna()]
    assert len(queueing) > 20
    assert (log["entered"] > log["requested"]).any()
