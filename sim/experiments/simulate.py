"""Many replications of scenarios: chunks on workers, stored as they come, the same however they are spread."""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sim.errors import Problem, RunFailed, UserError
from sim.experiments.chunks import CHUNK, Chunk, packed, run_chunk
from sim.experiments.precision import Precision
from sim.experiments.workers import InProcess, Workers, processes
from sim.results import store
from sim.results.location import locate
from sim.results.run import Run
from sim.results.summary import Arrays, concat, from_bytes
from sim.scenario import bounds, shared_draws, workload
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pyarrow as pa

BROKEN_POOLS = 3
"""How often worker processes may die before the run is given up."""

Progress = Callable[[int, int], None]
"""Called with the replications done and their total."""
TICK = 0.2
"""Seconds between two calls of `progress` while a run grows: an exception from it is how callers cancel."""


def simulate(
    scenario: Scenario | Path | str,
    *,
    replications: int | None = None,
    seed: int | None = None,
    jobs: int = 1,
    cluster: str | None = None,
    results: Path | str | None = None,
    precision: Precision | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run all replications of a scenario, or load the run if it is stored.

    Parameters
    ----------
    scenario
        A scenario, or the path of its file.
    replications, seed
        Instead of the scenario's own.
    jobs
        Number of worker processes. The results do not depend on it.
    cluster
        The address of a Dask scheduler whose workers to use instead of processes of this machine.
    results
        The folder to store runs in, and to look for finished and interrupted ones. None: nothing is stored on disk.
    precision
        Run until an indicator is known so precisely, instead of a number of replications.
    progress
        Called with the number of replications done and their total, as they finish.

    Returns
    -------
    Run
        The scenario with the summary of its replications and their event log.

    Raises
    ------
    UserError
        For a scenario file with errors, or an indicator of `precision` that has no value.
    RunFailed
        If the results folder cannot be written or workers keep dying; the same call then resumes.
    """
    if precision is not None and replications is not None:
        raise UserError("give either replications or precision: the latter determines how many are needed")
    chosen = prepared(scenario, replications, seed)
    with _folder(results) as folder:
        work = Work(folder, chosen, precision=precision)
        _work_off([work], jobs, cluster, progress)
        run = work.finished()
        if results is None:
            return run.in_memory()
        return run


def prepared(scenario: Scenario | Path | str, replications: int | None = None, seed: int | None = None) -> Scenario:
    """The scenario, loaded if it is given by its path, with other replications or another seed.

    Raises UserError for a file with errors and for numbers that cannot be.
    """
    loaded = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    most = bounds.REPLICATIONS.count
    for name, value, least in (("replications", replications, 1), ("seed", seed, 0)):
        if value is not None and value < least:
            raise UserError(f"{name} {value}: must be at least {least}")
    if replications is not None and replications > most:
        raise UserError(f"replications {replications}: must be at most {most:,}")
    given = {"replications": replications, "seed": seed}
    changed = loaded.model_copy(update={name: value for name, value in given.items() if value is not None})
    if replications is not None and shared_draws.too_few(changed):
        each = changed.replications_per_draw
        raise UserError(
            f"replications {replications}: must be at least {each}, which share a draw of the uncertain"
            " parameters (replications_per_draw), or 1"
        )
    if changed.replications > loaded.replications and (findings := workload.too_much(changed)):
        raise UserError(*(f"replications {replications}: {finding.message}" for finding in findings))
    return changed


def simulate_each(
    scenarios: Sequence[Scenario],
    *,
    events: bool = False,
    jobs: int = 1,
    cluster: str | None = None,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Iterator[Run]:
    """Run several scenarios on the same workers, and yield their runs in their order; options as of `simulate`.

    New runs are stored without their event logs unless `events`, and yielded one at a time: there may be thousands of
    them, and the summary of one takes some 15 MB.
    """
    with _folder(results) as folder:
        works = [Work(folder, scenario, events=events) for scenario in scenarios]
        _work_off(works, jobs, cluster, progress)
        for work in works:
            yield work.finished().in_memory() if events and results is None else work.finished()


def simulate_growing(
    scenario: Scenario,
    executor: Executor,
    *,
    step: int,
    backlog: int = 1,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Iterator[Run]:
    """Yield the run of the first `step` replications of a scenario, then of twice `step`, and so on up to all.

    Each comes as soon as its replications are done; what was stored before comes at once. `step` is rounded up to
    whole chunks. They are run on `executor`, which has `backlog` chunks at a time and stays open, so that the next
    scenario finds its workers warm. Only the last run has an event log; `results` keeps the parts, and the run once it
    is finished, as for `simulate`. `progress` is called several times a second: if it raises, or the generator is
    closed, no further chunk is begun. Raises RunFailed if a worker dies or the folder cannot be written.
    """
    step = -(-step // CHUNK) * CHUNK
    with _folder(results) as folder:
        work = Work(folder, scenario)
        yielded = 0
        for done in _growing(work, executor, backlog, progress) if work.missing() else ():
            complete = done // step * step
            if yielded < complete < scenario.replications:
                yielded = complete
                yield work.first(complete)
        work.publish()
        yield work.finished() if results is not None else work.finished().in_memory()


def _growing(work: "Work", executor: Executor, backlog: int, progress: Progress | None) -> Iterator[int]:
    """Run the missing chunks in their order; yields how many replications, from the first one on, are done."""

    def report() -> None:
        if progress:
            progress(work.goal - sum(map(len, work.missing())), work.goal)

    missing = work.missing()
    try:
        report()
        yield missing[0].start
        running = Workers(executor, backlog, TICK, report)
        for numbers, chunk in running.run(run_chunk, ((numbers, work.arguments(numbers)) for numbers in missing)):
            work.keep(numbers, chunk)
            report()
            yield next((numbers.start for numbers in work.missing()), work.goal)
    except BrokenProcessPool:
        raise RunFailed("a worker process died (out of memory?); finished parts are kept") from None


@contextmanager
def _folder(results: Path | str | None) -> Iterator[Path]:
    """The results folder, or one that lasts as long as the block."""
    if results is not None:
        yield Path(results)
        return
    with TemporaryDirectory() as folder:
        yield Path(folder)


class Work:
    """A scenario that is being run: which chunks are done, which are missing, and whether those are enough."""

    def __init__(
        self, results: Path, scenario: Scenario, precision: Precision | None = None, events: bool = True
    ) -> None:
        self.scenario, self.events, self._precision = scenario, events, precision
        more = asdict(precision) if precision else {}
        self.precise = precision is not None
        self.location = locate(results, scenario, more, self.precise)
        if not events and not self.location.finished:  # a run with events would do; one without has a folder of its own
            self.location = locate(results, scenario, {**more, "events": False}, self.precise)
        self.packed = packed(scenario)
        self.goal = precision.floor if precision else scenario.replications

    def chunks(self) -> list[range]:
        """The replications of the chunks up to the goal."""
        return [range(first, min(first + CHUNK, self.goal)) for first in range(0, self.goal, CHUNK)]

    def missing(self) -> list[range]:
        """The chunks up to the goal that are not done yet."""
        if self.location.finished:
            return []
        if self.location.blocked:
            message = "holds no finished run, and stands where one belongs; delete it and run again"
            raise UserError(Problem(str(self.location.folder), message=message))
        self._on_disk(self.location.prepare)
        return [numbers for numbers in self.chunks() if not self.location.has(numbers, self.events)]

    def arguments(self, numbers: range) -> tuple[bytes, range, bool]:
        """The arguments of `run_chunk` for a chunk."""
        return self.packed, numbers, self.events

    def keep(self, numbers: range, chunk: Chunk) -> None:
        """Store a chunk."""
        self._on_disk(lambda: self.location.write(numbers, chunk.events, chunk.summary))

    def enough(self) -> bool:
        """Whether the goal, now reached, is good enough; sets a further one if it is not."""
        if self.location.finished or self._precision is None:
            return True
        if self._precision.met(self.first(self.goal)) or self.goal >= self._precision.ceiling:
            return True
        self.goal = self._precision.next_goal(self.goal)
        return False

    def arrays(self, replications: int | None = None) -> Arrays:
        """The summary of all chunks up to the goal, or of those with the first so many replications."""
        goal = replications or self.goal
        chunks = (numbers for numbers in self.chunks() if numbers.start < goal)
        return concat(from_bytes(self.location.read_summary(numbers)) for numbers in chunks)

    def first(self, replications: int) -> Run:
        """The run of the first replications, in whole chunks, while the rest is being run; it has no event log."""

        def no_events(condition: object, platforms: Collection[str] = ()) -> "pa.Table":
            raise UserError(f"{self.scenario.name}: a run that is in progress has no event log")

        scenario = self.scenario.model_copy(update={"replications": replications})
        return Run(scenario, self.arrays(replications), no_events)

    def publish(self) -> None:
        """Make the finished parts a stored run, unless it is one already."""
        if not self.location.finished:
            scenario = self.scenario.model_copy(update={"replications": self.goal})
            chunks = self.chunks() if self.events else []
            self._on_disk(lambda: store.publish(self.location, scenario, self.arrays(), chunks))
        self.location.clean_up()

    def finished(self) -> Run:
        """The stored run, with this scenario's title and other texts; they are stored with it."""
        self.location.clean_up()  # a process may have been killed between giving the run its name and this
        self.location.check()
        run = store.load_run(self.location.folder)
        scenario = self.scenario.model_copy(update={"replications": run.replications})
        store.update_metadata(self.location.folder, scenario)
        return replace(run, scenario=scenario)

    def _on_disk(self, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as error:
            if self.location.finished:  # another process published the same run, and removed what this one was writing
                return
            path, why = error.filename or self.location.folder, error.strerror or error
            raise RunFailed(f"{path}: cannot be written: {why}; finished parts are kept") from error


def _work_off(works: Sequence[Work], jobs: int, cluster: str | None, progress: Progress | None) -> None:
    """Run what is missing, with new workers if some die, and publish each run."""
    for attempt in range(BROKEN_POOLS):
        if all(work.location.finished for work in works):
            return
        try:
            with _workers(min(jobs, _most_chunks(works)), cluster) as available:
                _run_missing(available, works, progress)
            break
        except BrokenProcessPool:
            if attempt == BROKEN_POOLS - 1:
                raise RunFailed(
                    f"worker processes died {BROKEN_POOLS} times (out of memory?); finished parts are kept"
                ) from None
    for work in works:
        work.publish()


def _most_chunks(works: Sequence[Work]) -> int:
    """How many workers can have something to do."""
    chunks = sum(len(work.chunks()) if work.precise else len(work.missing()) for work in works)
    return max(chunks, 1)


def _run_missing(available: Workers, works: Sequence[Work], progress: Progress | None) -> None:
    """Run the missing chunks of all works, and more chunks of those that are not precise enough yet."""
    unfinished = [work for work in works if not work.location.finished]
    while unfinished:
        missing = [(work, numbers) for work in unfinished for numbers in work.missing()]
        total = sum(work.goal for work in works)
        done = total - sum(len(numbers) for _, numbers in missing)
        if progress:
            progress(done, total)
        calls = (((work, numbers), work.arguments(numbers)) for work, numbers in missing)
        for (work, numbers), chunk in available.run(run_chunk, calls):
            work.keep(numbers, chunk)
            done += len(numbers)
            if progress:
                progress(done, total)
        unfinished = [work for work in unfinished if not work.enough()]


@contextmanager
def _workers(jobs: int, cluster: str | None = None) -> Iterator[Workers]:
    """The workers asked for: `cluster` is the address of a Dask scheduler, `jobs` a number of processes.

    Raises UserError if there is no such cluster, it would give other results, or the package for it is not installed.
    """
    if cluster is not None:
        from sim.experiments.cluster import connect

        with connect(cluster) as remote:
            yield remote
    elif jobs == 1:
        yield Workers(InProcess(), 1)
    else:
        with processes(jobs) as executor:
            yield Workers(executor, 2 * jobs)
