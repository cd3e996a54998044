"""Many replications of a scenario: chunks on processes, the same to the last bit however they are spread."""

import gc
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread, current_thread, main_thread
from typing import TYPE_CHECKING

import numpy as np

from sim import events, store
from sim.errors import RunFailed
from sim.model.plan import Plan, compile_plan
from sim.model.replication import Outcome, drawn_parameters, replicate
from sim.run import Run
from sim.scenario.checks import with_values
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CHUNK = 25
"""Replications in a chunk: large enough to hide what a chunk costs, small enough to lose little."""
BROKEN_POOLS = 3
"""How often worker processes may die before the run is given up."""

Progress = Callable[[int, int], None]
"""Called with the replications done and their total."""


def simulate(
    scenario: Scenario,
    *,
    jobs: int = 1,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run all replications of a scenario, or find the run where it was stored.

    `jobs`: worker processes. `results`: the folder to store in; without one nothing is kept on disk. Raises
    RunFailed if the results folder cannot be written or workers keep dying; the same call then goes on from there.
    """
    if results is None:
        with TemporaryDirectory() as folder:
            run = _simulate(scenario, jobs, Path(folder), progress)
            return Run(run.scenario, run.events, run.parameters)
    return _simulate(scenario, jobs, Path(results), progress)


def _simulate(scenario: Scenario, jobs: int, results: Path, progress: Progress | None) -> Run:
    where = store.place(results, scenario)
    if not where.finished:
        try:
            where.partial.mkdir(parents=True, exist_ok=True)
            _run_chunks(scenario, where, jobs, progress)
            store.publish(where, scenario, parameters(scenario))
        except OSError as error:
            if where.finished:  # another process was faster, and took away what this one was writing
                return store.load_run(where.folder)
            place, why = error.filename or where.folder, error.strerror or error
            raise RunFailed(f"{place}: cannot be written: {why}; finished parts are kept") from error
    return store.load_run(where.folder)


def parameters(scenario: Scenario) -> "pd.DataFrame":
    """The uncertain parameters of every replication: column `replication`, then one per parameter."""
    import pandas as pd

    drawn = [drawn_parameters(scenario, number) for number in range(scenario.replications)]
    frame = pd.DataFrame(drawn, columns=list(scenario.uncertain), index=range(scenario.replications), dtype=float)
    return frame.rename_axis("replication").reset_index()


def _run_chunks(scenario: Scenario, where: store.Place, jobs: int, progress: Progress | None) -> None:
    """Run the chunks that are not there yet."""
    total = scenario.replications
    chunks = [range(first, min(first + CHUNK, total)) for first in range(0, total, CHUNK)]
    missing = {n: numbers for n, numbers in enumerate(chunks) if not where.part(n).is_file()}
    done = total - sum(map(len, missing.values()))

    def tell(finished: int) -> None:
        nonlocal done
        done += len(missing.pop(finished))
        if progress:
            progress(done, total)

    if progress:
        progress(done, total)
    if jobs == 1 or len(missing) <= 1:
        run_chunk = ChunkRunner(scenario)
        for n in list(missing):
            run_chunk(missing[n], where.part(n))
            tell(n)
        return
    for attempt in range(BROKEN_POOLS):
        try:
            with _processes(scenario, min(jobs, len(missing))) as executor:
                _spread(executor, where, missing, tell)
            return
        except BrokenProcessPool:
            if attempt == BROKEN_POOLS - 1:
                raise RunFailed(
                    f"worker processes died {BROKEN_POOLS} times (out of memory?); finished parts are kept"
                ) from None


def _spread(executor: Executor, where: store.Place, missing: dict[int, range], tell: Callable[[int], None]) -> None:
    """Run chunks on the workers, a few ahead of what they can do at once."""
    futures: dict[Future[None], int] = {
        executor.submit(_in_worker, numbers, where.part(n)): n for n, numbers in list(missing.items())
    }
    try:
        while futures:
            finished, _ = wait(futures, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
                tell(futures.pop(future))
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise


@contextmanager
def _processes(scenario: Scenario, jobs: int) -> Iterator[Executor]:
    """Worker processes that know the scenario. Spawned: numpy and pyarrow have threads, which fork breaks."""
    text = scenario.model_dump_json()
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_start_worker, initargs=(text,)) as executor:
        with _interrupts_ignored():  # workers inherit it; each task starts one while none is idle
            for _ in range(jobs):
                executor.submit(os.getpid)
        yield executor


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ctrl-C is for the parent alone: it tells its workers. Only a main thread may set signals."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_worker: "ChunkRunner | None" = None


def _start_worker(scenario: str) -> None:
    global _worker
    Thread(target=_end_with_parent, daemon=True).start()
    _worker = ChunkRunner(Scenario.model_validate_json(scenario))


def _end_with_parent() -> None:
    """End this worker when the process that started it is gone, killed perhaps: nobody would ever tell it to."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _in_worker(numbers: range, path: Path) -> None:
    assert _worker is not None
    _worker(numbers, path)


class ChunkRunner:
    """Runs chunks of one scenario; keeps its plan between them."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.plan = compile_plan(scenario)

    def __call__(self, numbers: range, path: Path) -> None:
        """Run these replications and write their events."""
        store.write_part(self.events(numbers), path)

    def table(self, numbers: range) -> "pd.DataFrame":
        """The events of these replications as a pandas table."""
        frame: pd.DataFrame = self.events(numbers).to_pandas()
        return frame

    def events(self, numbers: range) -> "pa.Table":
        """The events of these replications."""
        outcomes = []
        with _collector_at_rest():
            for number in numbers:
                outcomes.append(replicate(self.plan_of(number), number))
                gc.collect(0)
        return event_table(self.plan, numbers, outcomes)

    def plan_of(self, number: int) -> Plan:
        """The plan with the parameters of one replication."""
        if not self.scenario.uncertain:
            return self.plan
        return compile_plan(with_values(self.scenario, drawn_parameters(self.scenario, number)), self.plan)


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


def event_table(plan: Plan, numbers: range, outcomes: list[Outcome]) -> "pa.Table":
    """The events of several replications as one table."""
    visits, counts = np.concatenate([outcome.visits for outcome in outcomes]), [len(o.visits) for o in outcomes]
    cases = [case for outcome in outcomes for case in outcome.cases]
    before = np.cumsum([0, *(len(outcome.cases) for outcome in outcomes)])[:-1]
    return events.table(
        visits[:, 1:],
        np.repeat(np.array(numbers, dtype=np.int32), counts),
        dict(zip(events.CASE_COLUMNS, zip(*cases, strict=True), strict=True)),
        (visits[:, 0] + np.repeat(before, counts)).astype(np.int64),
        list(plan.scenario.procedure.stages),
        plan.outcomes,
        plan.roles,
    )
