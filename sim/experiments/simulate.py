"""Many replications of scenarios: chunks on workers, stored as they come, the same however they are spread."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sim.errors import RunFailed, UserError
from sim.experiments.chunks import CHUNK, Chunk, packed, run_chunk
from sim.experiments.executors import Workers, end_now, processes, workers
from sim.experiments.precision import Precision
from sim.results import store
from sim.results.run import Run
from sim.results.summary import Layout, Summary, together
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

BROKEN_POOLS = 3
"""How often worker processes may die before the run is given up."""

Progress = Callable[[int, int], None]
"""Called with the replications done and their total."""
TICK = 0.2
"""Seconds between two calls of `progress` while a run grows: by an exception from it people cancel."""


def simulate(
    scenario: Scenario,
    *,
    jobs: int = 1,
    cluster: str | None = None,
    results: Path | str | None = None,
    precision: Precision | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run all replications of a scenario, or find the run where it was stored.

    `jobs`: worker processes; `cluster`: the address of a Dask scheduler whose workers to use instead. `results`: the
    folder to store in; without one nothing is kept on disk. `precision`: run until an indicator is known as well as it
    says, instead of the scenario's number of replications. Raises RunFailed if the results folder cannot be written or
    workers keep dying; the same call then goes on from there.
    """
    with _folder(results) as folder:
        work = Work(folder, scenario, precision=precision)
        _work_off([work], jobs, cluster, progress)
        run = work.finished()
        if results is None:
            events = run.events
            return Run(run.scenario, run.summary, lambda: events)
        return run


def simulate_all(
    scenarios: Sequence[Scenario],
    *,
    jobs: int = 1,
    cluster: str | None = None,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> list[Run]:
    """Run several scenarios on the same workers and give their runs in their order; as `simulate`.

    New runs are stored without their event logs: there may be thousands of them.
    """
    return list(simulate_each(scenarios, jobs=jobs, cluster=cluster, results=results, progress=progress))


def simulate_each(
    scenarios: Sequence[Scenario],
    *,
    jobs: int = 1,
    cluster: str | None = None,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Iterator[Run]:
    """As `simulate_all`, one run at a time: a summary takes some 15 MB, too much to hold those of thousands of runs."""
    with _folder(results) as folder:
        works = [Work(folder, scenario, events=False) for scenario in scenarios]
        _work_off(works, jobs, cluster, progress)
        for work in works:
            yield work.finished()


def simulate_growing(
    scenario: Scenario,
    *,
    step: int,
    jobs: int = 1,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Iterator[Run]:
    """Give the run of the first `step` replications of a scenario, then of twice `step`, and so on up to all.

    Each comes as soon as its replications are there; what was stored before comes at once. `step` counts in whole
    chunks. Runs have no event log; `results` keeps the parts, and the run once it is finished, as `simulate_all` does.
    `progress` is called several times a second: if it raises, or the generator is closed, the worker processes (`jobs`
    of them) are ended in the middle of their work. Raises RunFailed as `simulate` does.
    """
    with _folder(results) as folder:
        work = Work(folder, scenario, events=False)
        told = 0
        for there in _growing(work, jobs, progress) if work.missing() else ():
            reached = there // (ahead := -(-step // CHUNK) * CHUNK) * ahead
            if told < reached < scenario.replications:
                told = reached
                yield work.first(told)
        work.publish()
        yield work.finished()


def _growing(work: "Work", jobs: int, progress: Progress | None) -> Iterator[int]:
    """Run the missing chunks in their order; gives how many replications from the first on are there."""
    waiting, futures = iter(work.missing()), dict[Future[Chunk], range]()
    with processes(min(jobs, len(work.missing()))) as executor:
        try:
            while True:
                for numbers in islice(waiting, 2 * jobs - len(futures)):
                    futures[executor.submit(run_chunk, work.packed, numbers, work.events)] = numbers
                missing = work.missing()
                if progress:
                    progress(work.goal - sum(map(len, missing)), work.goal)
                yield missing[0].start if missing else work.goal
                if not futures:
                    return
                for future in wait(futures, TICK, FIRST_COMPLETED).done:
                    work.keep(futures.pop(future), future.result())
        except BrokenProcessPool:
            raise RunFailed("a worker process died (out of memory?); finished parts are kept") from None
        finally:
            end_now(executor)


@contextmanager
def _folder(results: Path | str | None) -> Iterator[Path]:
    """The results folder, or one for the time being."""
    if results is not None:
        yield Path(results)
        return
    with TemporaryDirectory() as folder:
        yield Path(folder)


class Work:
    """A scenario that is being run: which chunks are there, which are missing, and whether that is enough."""

    def __init__(
        self, results: Path, scenario: Scenario, precision: Precision | None = None, events: bool = True
    ) -> None:
        self.scenario, self.layout, self.events, self._precision = scenario, Layout(scenario), events, precision
        more = asdict(precision) if precision else {}
        self.where = store.place(results, scenario, more)
        if not events and not self.where.finished:  # a run with events would do; one without has its own place
            self.where = store.place(results, scenario, {**more, "events": False})
        self.packed, self.precise = packed(scenario), precision is not None
        self.goal = precision.floor if precision else scenario.replications

    def chunks(self) -> list[range]:
        """The replications of the chunks up to the goal."""
        return [range(first, min(first + CHUNK, self.goal)) for first in range(0, self.goal, CHUNK)]

    def missing(self) -> list[range]:
        """The chunks up to the goal that are not there yet."""
        if self.where.finished:
            return []
        self._on_disk(lambda: self.where.prepare(self.events))
        return [numbers for numbers in self.chunks() if not self.where.has(numbers, self.events)]

    def keep(self, numbers: range, chunk: Chunk) -> None:
        """Store a chunk."""
        self._on_disk(lambda: self.where.write(numbers, chunk.events, chunk.summary))

    def enough(self) -> bool:
        """Whether the goal, now reached, is good enough; sets a further one if it is not."""
        if self.where.finished or self._precision is None or self.goal >= self._precision.ceiling:
            return True
        if self._precision.met(self.summary()):
            return True
        self.goal = self._precision.next_goal(self.goal)
        return False

    def summary(self, replications: int | None = None) -> Summary:
        """The summary of all chunks up to the goal, or of those with the first so many replications."""
        goal = replications or self.goal
        chunks = (numbers for numbers in self.chunks() if numbers.start < goal)
        parts = (Summary.from_bytes(self.layout, self.where.read_summary(numbers)) for numbers in chunks)
        return together(self.layout, parts, goal)

    def first(self, replications: int) -> Run:
        """The run of the first so many replications, in whole chunks, of one that goes on; it has no event log."""

        def no_events() -> "pd.DataFrame":
            raise UserError(f"{self.scenario.name}: a run that is still going on has no event log")

        scenario = self.scenario.model_copy(update={"replications": replications})
        return Run(scenario, self.summary(replications), no_events)

    def publish(self) -> None:
        """Give the run its name, unless it has it."""
        if not self.where.finished:
            scenario = self.scenario.model_copy(update={"replications": self.goal})
            chunks = self.chunks() if self.events else []
            self._on_disk(lambda: store.publish(self.where, scenario, self.summary(), chunks))

    def finished(self) -> Run:
        """The run as it was stored, with the words that this scenario has for readers; they are stored, too."""
        run = store.load_run(self.where.folder)
        scenario = self.scenario.model_copy(update={"replications": run.replications})
        store.retell(self.where.folder, scenario)
        return Run(scenario, run.summary, run.read_events, run.folder)

    def _on_disk(self, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as error:
            if self.where.finished:  # another process was faster, and took away what this one was writing
                return
            place, why = error.filename or self.where.folder, error.strerror or error
            raise RunFailed(f"{place}: cannot be written: {why}; finished parts are kept") from error


def _work_off(works: Sequence[Work], jobs: int, cluster: str | None, progress: Progress | None) -> None:
    """Run what is missing, with new workers if some die, and publish each run."""
    for attempt in range(BROKEN_POOLS):
        if all(work.where.finished for work in works):
            return
        try:
            with workers(min(jobs, _worth(works)), cluster) as found:
                _run_missing(found, works, progress)
            break
        except BrokenProcessPool:
            if attempt == BROKEN_POOLS - 1:
                raise RunFailed(
                    f"worker processes died {BROKEN_POOLS} times (out of memory?); finished parts are kept"
                ) from None
    for work in works:
        work.publish()


def _worth(works: Sequence[Work]) -> int:
    """How many workers there is work for."""
    chunks = sum(len(work.chunks()) if work.precise else len(work.missing()) for work in works)
    return max(chunks, 1)


def _run_missing(found: Workers, works: Sequence[Work], progress: Progress | None) -> None:
    """Run the missing chunks of all works, and more of those of which that is not enough."""
    todo = [work for work in works if not work.where.finished]
    while todo:
        tasks = [(work, numbers) for work in todo for numbers in work.missing()]
        total = sum(work.goal for work in works)
        done = total - sum(len(numbers) for _, numbers in tasks)
        if progress:
            progress(done, total)
        for numbers in _spread(found, tasks):
            done += len(numbers)
            if progress:
                progress(done, total)
        todo = [work for work in todo if not work.enough()]


def _spread(found: Workers, tasks: Sequence[tuple[Work, range]]) -> Iterator[range]:
    """Run chunks on the workers, a few more than they can do at once; gives each when it is stored."""
    waiting = iter(tasks)
    futures: dict[Future[Chunk], tuple[Work, range]] = {}
    try:
        while True:
            for work, numbers in islice(waiting, found.ahead - len(futures)):
                futures[found.executor.submit(run_chunk, work.packed, numbers, work.events)] = (work, numbers)
            if not futures:
                return
            finished, _ = wait(futures, return_when=FIRST_COMPLETED)
            for future in finished:
                work, numbers = futures.pop(future)
                work.keep(numbers, future.result())
                yield numbers
    except BaseException:
        found.executor.shutdown(wait=False, cancel_futures=True)
        raise
