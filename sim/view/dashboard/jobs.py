"""What-ifs that are run in the background, one after the other: whoever asks the same shares one, and its result."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Literal

from sim.errors import UserError
from sim.experiments.chunks import packed, run_chunk
from sim.experiments.simulate import simulate_growing
from sim.experiments.workers import end_now, processes
from sim.results.location import locate
from sim.results.run import Run
from sim.scenario.schema import Scenario
from sim.view.dashboard import storage
from sim.view.dashboard.failures import told

STEP = 25
"""Replications after which a what-if is shown again."""
TIMEOUT = 150.0
"""Seconds without a request after which a page counts as closed; browsers let hidden pages ask once a minute."""
MOST = 16
"""What-ifs that run or wait at the same time; more are refused."""

Status = Literal["waiting", "running", "done", "cancelled", "failed"]


@dataclass
class WhatIfJob:
    """How far a what-if is.

    Attributes
    ----------
    scenario : what is run.
    status, done : `done` of its replications.
    run : the run of the first replications, once there are enough of them; in the end of all.
    message : why it failed.
    """

    scenario: Scenario
    status: Status = "waiting"
    done: int = 0
    run: Run | None = None
    message: str = ""
    seen: float = field(default_factory=monotonic)
    wanted: bool = True

    @property
    def going_on(self) -> bool:
        """Whether more is to come."""
        return self.status in ("waiting", "running")


class Cancelled(Exception):
    """The what-if is not wanted any more."""


class Jobs:
    """Runs what-ifs, one at a time; the others wait. Its worker processes stay, so that the next one begins at once.

    `processes`: how many of them. `results`: the results folder.
    """

    def __init__(self, results: Path, processes: int) -> None:
        self.folder = results / storage.FOLDER
        self._processes = processes
        self._queue, self._lock = ThreadPoolExecutor(1, "what-if"), Lock()
        self._jobs: dict[str, WhatIfJob] = {}
        self._pool: ProcessPoolExecutor | None = None
        self._open = ExitStack()

    def of(self, scenario: Scenario) -> WhatIfJob | None:
        """How far a what-if is, if anybody has asked for it; asking shows that a page that waits for it is open."""
        job = self._jobs.get(self._key(scenario))
        if job is not None:
            job.seen = monotonic()
        return job

    def stored(self, scenario: Scenario) -> str:
        """The name of the stored run of a what-if; empty if it is not finished."""
        location = locate(self.folder, scenario)
        return location.folder.name if location.finished else ""

    def start(self, scenario: Scenario) -> WhatIfJob:
        """Begin a what-if, unless somebody has begun it. Raises UserError if too many are going on."""
        with self._lock:
            key, job = self._key(scenario), self.of(scenario)
            if job is not None and job.going_on and job.wanted:
                return job
            self._jobs = {name: one for name, one in self._jobs.items() if one.going_on or not _forgotten(one)}
            if sum(one.going_on for one in self._jobs.values()) >= MOST:
                raise UserError(f"{MOST} what-ifs are running or waiting already; try again when some have ended.")
            job = self._jobs[key] = WhatIfJob(scenario)
            self._queue.submit(self._work, job)
            return job

    def cancel(self, scenario: Scenario) -> None:
        """End a what-if, for all who wait for it; its finished parts stay stored."""
        job = self.of(scenario)
        if job is not None:
            job.wanted = False

    def warm(self, scenario: Scenario) -> None:
        """Start the workers, which takes them some seconds, before anybody waits for what they are to run."""
        if self._pool is None:
            self._queue.submit(self._workers, scenario)

    def close(self) -> None:
        """End all of them, and the workers."""
        for job in self._jobs.values():
            job.wanted = False
        self._queue.shutdown(cancel_futures=True)
        self._end_workers()
        for job in self._jobs.values():
            job.status = "cancelled" if job.going_on else job.status

    def _key(self, scenario: Scenario) -> str:
        return locate(self.folder, scenario).folder.name

    def _workers(self, scenario: Scenario) -> ProcessPoolExecutor:
        """The worker processes; new ones have run a replication, and so loaded all that it needs."""
        if self._pool is None:
            self._pool = self._open.enter_context(processes(self._processes))
            for number in range(self._processes):
                self._pool.submit(run_chunk, packed(scenario), range(number, number + 1), False)
        return self._pool

    def _end_workers(self) -> None:
        if self._pool is not None:
            end_now(self._pool)
        self._pool = None
        self._open.close()

    def _work(self, job: WhatIfJob) -> None:
        """Run one what-if; whatever happens, whoever waits for it hears of it."""
        try:
            _check(job)
            job.status = "running"
            self._run(job)
            job.status = "done"
        except Cancelled:
            job.status = "cancelled"
        except Exception as error:
            job.message, job.status = told(error), "failed"
            self._end_workers()  # one may have died
        finally:
            storage.remove_older(self.folder, [job.run.folder] if job.run and job.run.folder else [])

    def _run(self, job: WhatIfJob) -> None:
        def progress(done: int, _total: int) -> None:
            _check(job)
            job.done = done

        workers = self._workers(job.scenario)
        backlog = self._processes + 1
        for run in simulate_growing(
            job.scenario, workers, step=STEP, backlog=backlog, results=self.folder, progress=progress
        ):
            job.run = run
        job.done = job.scenario.replications


def _check(job: WhatIfJob) -> None:
    """Raise Cancelled if a what-if is not wanted any more, or all its pages are closed."""
    if not job.wanted or monotonic() - job.seen > TIMEOUT:
        raise Cancelled


def _forgotten(job: WhatIfJob) -> bool:
    """Whether nobody has asked for a what-if in a while."""
    return monotonic() - job.seen > TIMEOUT
