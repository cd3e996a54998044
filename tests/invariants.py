"""What must hold in every event log, whatever the scenario."""

import numpy as np
import pandas as pd

from sim.dates import YEAR_DAYS
from sim.scenario.schema import REASONS, Scenario
from sim.scenario.staffing import capacity

ROUNDING = 1e-9
"""Days; of sums of times."""
STEPS = 10
"""More than a visit has; each may be late by as little as the rounding of a time without anybody being charged."""
ROUNDED = 5e-7
"""Capacities are rounded to millionths of an FTE."""


def assert_all(scenario: Scenario, log: pd.DataFrame) -> None:
    """All that holds in any scenario."""
    assert_chains(scenario, log)
    assert_times(scenario, log)
    assert_waits(log)
    assert_effort(scenario, log)
    assert_delays(scenario, log)
    assert_limits(scenario, log)


def uncoded(log: pd.DataFrame) -> pd.DataFrame:
    """An event log with plain columns instead of categories: empty text where there is nothing."""
    named = {n: log[n].astype(object).where(log[n].notna(), "") for n in log.select_dtypes("category").columns}
    return log.assign(**named)


def assert_chains(scenario: Scenario, log: pd.DataFrame) -> None:
    """Every case that came is in one state at every instant, until an exit or the horizon; parents end in strands."""
    stages, exits = scenario.procedure.stages, scenario.procedure.exits
    ends: dict[tuple[int, str], dict] = {}
    begins: dict[tuple[int, str], dict] = {}
    for key, rows in log.groupby(["replication", "case"], sort=False):
        visits = rows.to_dict("records")
        seen: dict[str, int] = {}
        for before, row in zip([None, *visits], visits, strict=False):
            assert row["stage"] in stages
            if before is not None:
                assert before["outcome"] == row["stage"], key
                assert before["left"] == row["requested"], key
            seen[row["stage"]] = seen.get(row["stage"], 0) + 1
            assert row["visit"] == seen[row["stage"]], key
            assert pd.isna(row["left"]) == (row["outcome"] == "")
        assert all(row["outcome"] in stages for row in visits[:-1]), key
        last = visits[-1]
        forked = last["outcome"] in stages and stages[last["outcome"]].fork is not None and not last["strand"]
        assert last["outcome"] in exits or last["outcome"] == "" or forked, key
        begins[key], ends[key] = visits[0], last
    strands: dict[tuple[int, str], list[dict]] = {}
    for (replication, _), row in begins.items():
        if row["parent"]:
            strands.setdefault((replication, row["parent"]), []).append(row)
    for key, last in ends.items():
        if last["outcome"] in stages:
            assert strands[key], f"{key} forked into nothing"
            assert {row["stage"] for row in strands[key]} == {last["outcome"]}
            assert {row["requested"] for row in strands[key]} == {last["left"]}
        else:
            assert key not in strands, f"{key} goes on beside its strands"
    for key, rows in strands.items():
        probe = scenario.probes.get(key[1])
        if probe and probe.strands:
            assert {row["strand"] for row in rows} == set(probe.strands)
        else:
            fork = stages[rows[0]["stage"]].fork
            assert fork is not None
            assert len(rows) in fork.strands


def assert_times(scenario: Scenario, log: pd.DataFrame) -> None:
    """Nothing happens after the horizon or out of order, and nobody is faster than with unlimited staff."""
    horizon = scenario.horizon_days
    left = log["left"].fillna(horizon)
    queueing = log["entered"].isna()
    assert (log.loc[queueing, "left"].isna()).all()
    entered = log["entered"].fillna(horizon)
    assert (log["requested"] <= entered).all()
    assert (entered <= left).all()
    assert (left <= horizon).all()
    begun_before = log["requested"] < 0
    assert (log.loc[begun_before & ~queueing, "left"].fillna(0.0) >= 0).all()
    slack = (left - entered) - log["unconstrained_days"]
    assert (slack >= -ROUNDING * (1 + left.abs())).all(), log.loc[slack.idxmin()].to_dict()
    assert (log["unconstrained_days"] >= -ROUNDING).all()


def assert_waits(log: pd.DataFrame) -> None:
    """Waits are parts of the time that a visit takes with unlimited staff."""
    waits = log[[f"{reason}_days" for reason in REASONS]]
    assert (waits >= -ROUNDING).all(axis=None)
    assert (waits.sum(axis=1) <= log["unconstrained_days"] + ROUNDING * (1 + log["unconstrained_days"])).all()


def assert_effort(scenario: Scenario, log: pd.DataFrame) -> None:
    """Nobody does more than the capacity of the whole time allows."""
    per_day = scenario.calendar.working_days_per_year / YEAR_DAYS
    for role, pool in scenario.staffing.items():
        done = log[f"effort_{role}"]
        assert (done >= -ROUNDING).all()
        curve = capacity(pool, scenario.calendar, scenario.start, scenario.horizon_days)
        available = (curve.fte_days(scenario.horizon_days) + ROUNDED * scenario.horizon_days) * per_day
        assert (done.groupby(log["replication"]).sum() <= available + ROUNDING).all(), role


def assert_delays(scenario: Scenario, log: pd.DataFrame) -> None:
    """What a visit takes beyond its time with unlimited staff is the delay of one role or another."""
    delays = log[[f"delay_{role}" for role in scenario.staffing]]
    assert (delays >= 0).all(axis=None)
    inside = log["entered"].notna()
    late = log["left"].fillna(scenario.horizon_days) - log["entered"] - log["unconstrained_days"]
    off = (late - delays.sum(axis=1)).abs()[inside]
    assert (off <= STEPS * ROUNDING * (1 + log["left"].abs().fillna(0.0)[inside])).all(), log.loc[
        off.idxmax()
    ].to_dict()
    assert (delays[~inside] == 0).all(axis=None)


def assert_limits(scenario: Scenario, log: pd.DataFrame) -> None:
    """No more cases than a limit allows are in its stages; who forked counts once, and who was there before counts."""
    for name, stage in scenario.procedure.stages.items():
        if stage.limit is None:
            continue
        inside = log[log["stage"].isin([name, *stage.limit.including]) & log["entered"].notna()]
        for _, rows in inside.groupby("replication"):
            held = holding(rows, name, scenario.horizon_days)
            before = sum(1 for begin, _ in held if begin <= 0)
            assert most_at_once(held) <= max(stage.limit.cases, before)


def holding(rows: pd.DataFrame, gate: str, horizon: float) -> list[tuple[float, float]]:
    """When a limit's slots are taken: from entering its stage until the case, or the last of its strands, left.

    Who comes to a stage that the limit includes by another way than through its own stage has no slot.
    """
    held: list[tuple[float, float]] = []
    whole = rows["parent"].where(rows["parent"] != "", rows["case"])
    for _, parts in rows.assign(whole=whole, until=rows["left"].fillna(horizon)).groupby("whole"):
        spans = []
        for _, visits in parts.groupby("case"):
            inside, before = False, np.nan
            for entered, until, stage in zip(visits["entered"], visits["until"], visits["stage"], strict=True):
                inside = stage == gate or entered <= 0 or (inside and entered == before)
                before = until
                if inside:
                    spans.append((entered, until))
        held += merged(spans)
    return held


def merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans that touch one another as one."""
    made: list[tuple[float, float]] = []
    for begin, end in sorted(spans):
        if made and begin <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((begin, end))
    return made


def most_at_once(spans: list[tuple[float, float]], amounts: list[float] | None = None) -> float:
    """The largest sum over spans that cover one instant; a span that ends as another begins is over."""
    changes = [
        change
        for (begin, end), amount in zip(spans, amounts or [1.0] * len(spans), strict=True)
        if end > begin
        for change in ((begin, 1, amount), (end, 0, -amount))
    ]
    now = most = 0.0
    for _, _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most
