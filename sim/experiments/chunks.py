"""A chunk of replications: a pure function of a scenario and their numbers, wherever it runs."""

import gc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.model.engine import ReplicationLog, drawn_parameters, replicate
from sim.model.plan import Plan, compile_plan
from sim.results import events
from sim.results.summarise import summarise
from sim.results.summary import GIVEN, Arrays, Layout, to_bytes
from sim.scenario import bounds
from sim.scenario.checks import with_values
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CHUNK = bounds.AT_ONCE
"""Replications in a chunk: large enough to hide what a chunk costs, small enough to lose little."""
KNOWN = 4
"""Scenarios that a worker keeps ready; the chunks of one come more or less one after the other."""


class Chunk(NamedTuple):
    """What a chunk leaves: its events as a parquet file, if they were asked for, and their summary as a file."""

    events: bytes | None
    summary: bytes


def packed(scenario: Scenario) -> bytes:
    """A scenario as it is sent to workers: without what only readers need."""
    return zlib.compress(scenario.model_dump_json(exclude={"sources"}).encode())


def run_chunk(scenario: bytes, numbers: range, with_events: bool) -> Chunk:
    """Run these replications of a packed scenario."""
    runner = _runner(scenario)
    events, given = runner.run(numbers)
    summary = summarise(runner.layout, events, numbers, given)
    return Chunk(_parquet(events) if with_events else None, to_bytes(summary))


@lru_cache(KNOWN)
def _runner(scenario: bytes) -> "ChunkRunner":
    return ChunkRunner(Scenario.model_validate_json(zlib.decompress(scenario)))


def _parquet(table: "pa.Table") -> bytes:
    from pyarrow.parquet import write_table

    buffer = BytesIO()
    write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


class ChunkRunner:
    """Runs chunks of one scenario; keeps its plan between them."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.layout = Layout(scenario)
        self.plan = self._drawn = compile_plan(scenario)
        self._draw = -1

    def table(self, numbers: range) -> "pd.DataFrame":
        """The events of these replications as a pandas table."""
        frame: pd.DataFrame = self.events(numbers).to_pandas()
        return frame

    def events(self, numbers: range) -> "pa.Table":
        """The events of these replications."""
        return self.run(numbers)[0]

    def run(self, numbers: range) -> "tuple[pa.Table, Arrays]":
        """The events of these replications, and what was given in them: `GIVEN` of the summary."""
        logs, available, lasting = [], [], []
        with _collector_at_rest():
            for number in numbers:
                plan = self.plan_of(number)
                logs.append(replicate(plan, number))
                available.append([curve.fte_days(plan.horizon) * plan.fte_days_per_day for curve in plan.capacities])
                lasting.append(plan.lasting)
                gc.collect(0)
        drawn = [list(drawn_parameters(self.scenario, number).values()) for number in numbers]
        blocking = [log.blocking for log in logs]
        values = {"drawn": drawn, "available": available, "blocking": blocking, "lasting": lasting}
        given = {name: np.array(values[name], dtype=np.float64).reshape(len(numbers), -1) for name in GIVEN}
        return event_table(self.plan, numbers, logs), given

    def plan_of(self, number: int) -> Plan:
        """The plan with the parameters of one replication; cached for the next one, which may share its draw."""
        if not self.scenario.uncertain:
            return self.plan
        draw = number // self.scenario.replications_per_draw
        if draw != self._draw:
            values = drawn_parameters(self.scenario, number)
            self._draw, self._drawn = draw, compile_plan(with_values(self.scenario, values), self.plan)
        return self._drawn


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """No cyclic garbage collection meanwhile: it costs 10 to 15% of a replication, and a chunk is soon over."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def event_table(plan: Plan, numbers: range, logs: list[ReplicationLog]) -> "pa.Table":
    """The events of several replications as one table."""
    visits, counts = np.concatenate([log.visits for log in logs]), [len(log.visits) for log in logs]
    cases = [case for log in logs for case in log.cases]
    columns = list(zip(*cases, strict=True)) or [()] * len(events.CASE_COLUMNS)  # no case may ever come
    before = np.cumsum([0, *(len(log.cases) for log in logs)])[:-1]
    return events.table(
        visits[:, 1:],
        np.repeat(np.array(numbers, dtype=np.int32), counts),
        dict(zip(events.CASE_COLUMNS, columns, strict=True)),
        (visits[:, 0] + np.repeat(before, counts)).astype(np.int64),
        list(plan.scenario.procedure.stages),
        plan.outcomes,
        plan.roles,
    )
