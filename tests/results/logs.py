"""Event logs made by hand or at random, and a small procedure with everything that makes counting hard."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from sim.dates import YEAR_DAYS
from sim.results.events import CASE_COLUMNS, DELAY_PREFIX, EFFORT_PREFIX, REASON_COLUMNS, columns
from sim.results.run import Run
from sim.results.summarise import summarise
from sim.results.summary import Arrays, Layout
from sim.scenario.schema import Scenario

NAMES = {*CASE_COLUMNS, "stage", "outcome"}
WHOLE = {"replication": pa.int32(), "visit": pa.int16()}
LAW = {
    "name": "law",
    "title": "Requests, proceedings, findings on strands, decisions that courts may send back",
    "exits": {"closed": "Closed", "ended": "Ended"},
    "headline": {"stage": "proceedings", "title": "proceedings", "before": "requests"},
    "stages": {
        "request": {
            "title": "Request",
            "steps": {
                "reply": {"step": "wait", "reason": "party", "days": {"distribution": "exponential", "mean": 30}},
                "read": {
                    "step": "team",
                    "fte": {"clerks": 1},
                    "days": {"distribution": "exponential", "mean": 20},
                },
            },
            "next": {"proceedings": 0.5, "request": 0.1, "closed": "rest"},
        },
        "proceedings": {
            "title": "Proceedings",
            "limit": {"cases": 4},
            "steps": {
                "hold": {"step": "wait", "reason": "hold", "days": 30, "probability": 0.3},
                "work": {"step": "effort", "fte_days": {"clerks": 20, "lawyers": 8}, "most_fte": {"clerks": 2}},
            },
            "next": {"findings": 0.8, "closed": "rest"},
        },
        "findings": {
            "title": "Findings",
            "fork": {"strands": {"1": 1, "2": 2, "3": 1}},
            "steps": {
                "consult": {"step": "wait", "reason": "procedure", "working_days": 10},
                "work": {"step": "effort", "fte_days": {"lawyers": 10}},
            },
            "next": {"decision": 0.6, "closed": "rest"},
        },
        "decision": {
            "title": "Decision",
            "resolved": True,
            "steps": {"follow": {"step": "team", "fte": {"clerks": 0.5}, "days": 40}},
            "next": {"proceedings": 0.4, "ended": "rest"},
        },
    },
}
SCENARIO = {
    "name": "law",
    "start": "2024-01-01",
    "horizon": "2026-01-01",
    "replications": 10,
    "seed": 4,
    "procedure": LAW,
    "calendar": {"working_days_per_year": 215},
    "staffing": {"clerks": {"headcount": 6}, "lawyers": {"headcount": 3}},
    "probes": {
        "old": {"stage": "request", "since": "2023-12-01", "platform": "Agora"},
        "split": {
            "stage": "findings",
            "since": "2023-10-01",
            "platform": "Babel",
            "strands": {"a": {}, "b": {"stage": "decision", "since": "2023-12-15"}},
        },
        "soon": {"stage": "findings", "arrives": "2024-02-01", "strands": {"x": {}, "y": {}}},
    },
    "arrivals": {
        "cases": {"kind": "random", "stage": "request", "per_year": 30, "platforms": {"Agora": 2, "Babel;Agora": 1}}
    },
    "targets": [
        {"milestone": "decision", "of": "findings", "within_days": 60},
        {"milestone": "decision", "of": "request", "within_days": 200},
        {"milestone": "ended", "of": "proceedings", "within_days": 200},
        {"milestone": "proceedings", "of": "decision", "within_days": 30},
    ],
}


def law(**changes: object) -> Scenario:
    """The scenario above with some settings replaced."""
    return Scenario.model_validate(SCENARIO | changes)


def event_table(rows: Iterable[Mapping[str, Any]], roles: Iterable[str]) -> pa.Table:
    """An event log as the model writes it; what a row does not name is empty or 0, and `requested` is `entered`."""
    rows = list(rows)
    empty = {"visit": 1, "replication": 0, "outcome": None, "left": np.nan}
    data = {}
    for name in columns(list(roles)):
        values = [
            row.get(name, row["entered"] if name == "requested" else empty.get(name, "" if name in NAMES else 0.0))
            for row in rows
        ]
        if name in NAMES:
            data[name] = pa.array(values, pa.string(), from_pandas=True).dictionary_encode()
        else:
            data[name] = pa.array(values, WHOLE.get(name, pa.float64()))
    return pa.table(data)


def given(scenario: Scenario) -> Arrays:
    """What replications have that is not in the log: no uncertain parameters, staff that never changes or blocks."""
    days = scenario.horizon_days * scenario.calendar.working_days_per_year / YEAR_DAYS
    most = [max(pool.headcount.values()) for pool in scenario.staffing.values()]
    people = np.tile(most, (scenario.replications, 1))
    drawn = np.zeros((scenario.replications, len(scenario.uncertain)))
    return {"drawn": drawn, "available": people * days, "blocking": np.zeros_like(people), "lasting": people}


def run_of(scenario: Scenario, rows: Iterable[Mapping[str, Any]], replications: int | None = None) -> Run:
    """A run whose event log is given; its scenario has as many replications as are asked for."""
    events = event_table(rows, scenario.staffing)
    scenario = scenario.model_copy(update={"replications": replications or scenario.replications})
    arrays = summarise(Layout(scenario), events, range(scenario.replications), given(scenario))
    return Run(scenario, arrays, lambda condition: events if condition is None else events.filter(condition))


def rows_of(run: Run) -> list[dict[str, Any]]:
    """The rows of a run's event log, names as text and what is missing as None or NaN."""
    return run.read_events(None).to_pylist()


def random_rows(scenario: Scenario, rng: np.random.Generator) -> list[dict[str, Any]]:
    """A log of random walks through LAW, with cases in progress and to come, queues, forks, loops, second lives.

    Nothing in it is by the model: any log that obeys the contract must be counted right.
    """
    rows: list[dict[str, Any]] = []
    for replication in range(scenario.replications):
        for number in range(int(rng.integers(3, 12))):
            stage = str(rng.choice(["request", "proceedings", "findings", "decision"], p=[0.5, 0.2, 0.2, 0.1]))
            begin = float(rng.uniform(-200, scenario.horizon_days))
            name = ["old", "split/a", "soon/y"][number] if number < 3 else f"cases-{number}"
            _walk(scenario, rng, rows, {"replication": replication, "case": name}, stage, begin)
    return rows


def _walk(scenario, rng, rows, case, stage, begin):
    """Add the visits of a case, and of the cases that it forks into, to the rows."""
    horizon, visits = scenario.horizon_days, {}
    while begin < horizon:
        visits[stage] = visits.get(stage, 0) + 1
        entered = begin + (float(rng.exponential(20)) if begin > 0 and rng.random() < 0.3 else 0.0)
        left = max(entered, 0.0) + float(rng.exponential(80))
        outcome = str(rng.choice(list(scenario.procedure.stages[stage].next)))
        row = case | {"stage": stage, "visit": visits[stage], "requested": begin, "entered": entered, "left": left}
        row |= {
            f"{prefix}{role}": float(rng.exponential(5))
            for prefix in (EFFORT_PREFIX, DELAY_PREFIX)
            for role in scenario.staffing
        }
        row |= {name: float(rng.uniform(0, 3)) for name in ("unconstrained_days", *REASON_COLUMNS)}
        row["fine_eur_m"] = float(rng.exponential(100)) if stage == "decision" else 0.0
        if entered >= horizon:
            row["entered"] = np.nan
        if left >= horizon:
            rows.append(row | {"left": np.nan, "outcome": None})
            return
        rows.append(row | {"outcome": outcome})
        if outcome in scenario.procedure.exits:
            return
        stage, begin = outcome, left
        if stage == "findings" and (strands := int(rng.integers(1, 4))) > 1:
            for number in range(strands):
                strand = case | {"case": f"{case['case']}/{number}", "parent": case["case"]}
                _walk(scenario, rng, rows, strand, stage, begin)
            return
