"""What-ifs that are run in the background, one for each person who has the dashboard open."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import BoundedSemaphore, Lock, Thread
from time import monotonic
from typing import Any, Literal

from sim.errors import UserError
from sim.experiments.simulate import simulate_growing
from sim.results.run import Run
from sim.scenario.schema import Scenario
from sim.view.dashboard import storage

LOG = logging.getLogger(__name__)
FOLDER = ".what-if"
"""Where what-ifs are stored in the results folder, so that the same one is answered at once the next time."""
STEP = 25
"""Replications after which a what-if is shown again."""
TIMEOUT = 150.0
"""Seconds without a request after which a page counts as closed; browsers let hidden pages ask once a minute."""
MOST = 16
"""What-ifs that run or wait at the same time; more are refused."""
KEPT = 40
"""What-ifs in memory, those that have ended included, each with up to 20 MB: those asked for longest ago go first. On
disk there are more, see `storage`."""
TICK = 0.2
"""Seconds between two looks whether a what-if that waits may begin."""

Status = Literal["waiting", "running", "done", "cancelled", "failed"]


@dataclass(frozen=True)
class WhatIfProgress:
    """How far a what-if is.

    Attributes
    ----------
    scenario : what is run.
    base : name of the run that it is compared with.
    number : tells what-ifs apart.
    status, done, total : replications `done` of `total`.
    run : the run of the first replications, once there are enough of them.
    message : why it failed.
    """

    scenario: Scenario
    base: str
    number: int
    status: Status = "waiting"
    done: int = 0
    total: int = 0
    run: Run | None = None
    message: str = ""

    @property
    def going_on(self) -> bool:
        """Whether more is to come."""
        return self.status in ("waiting", "running")


class Cancelled(Exception):
    """The what-if is not wanted any more."""


@dataclass
class _Job:
    """One what-if and who asked for it last; the progress is replaced as a whole, so that readers need no lock."""

    progress: WhatIfProgress
    seen: float = field(default_factory=monotonic)
    wanted: bool = True

    def check(self) -> None:
        """Raise Cancelled if it is not wanted any more, or its page is closed."""
        if not self.wanted or monotonic() - self.seen > TIMEOUT:
            raise Cancelled


class Jobs:
    """Runs what-ifs: each session has one at a time, and `at_once` of all run at a time; the others wait.

    `processes`: of each. `results`: the results folder.
    """

    def __init__(self, results: Path, processes: int, at_once: int) -> None:
        self._results, self._processes = results, processes
        self._slots, self._lock = BoundedSemaphore(at_once), Lock()
        self._jobs: dict[str, _Job] = {}
        self._threads: list[Thread] = []
        self._started = 0

    def start(self, session: str, scenario: Scenario, base: str) -> WhatIfProgress:
        """Begin a session's what-if on a baseline, instead of the one it may have had before.

        Raises UserError if too many are going on.
        """
        self.cancel(session)
        with self._lock:
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            if len(self._threads) >= MOST:
                raise UserError(f"{MOST} what-ifs are running or waiting already; try again when some have ended.")
            self._started += 1
            job = _Job(WhatIfProgress(scenario, base, self._started, total=scenario.replications))
            self._forget(session)
            self._jobs[session] = job
            thread = Thread(target=self._work, args=(job,), name=f"what-if {job.progress.number}")
            self._threads.append(thread)
            thread.start()
        return job.progress

    def _forget(self, session: str) -> None:
        """Drop the session's former what-if, those nobody has asked for in a while, and the oldest beyond `KEPT`."""
        kept = {name: job for name, job in self._jobs.items() if name != session and not _forgotten(job)}
        ended = sorted((name for name in kept if not kept[name].progress.going_on), key=lambda name: kept[name].seen)
        for name in ended[: max(len(kept) + 1 - KEPT, 0)]:
            del kept[name]
        self._jobs = kept

    def of(self, session: str) -> WhatIfProgress | None:
        """How far the session's what-if is; asking shows that its page is still open."""
        job = self._jobs.get(session)
        if job is None:
            return None
        job.seen = monotonic()
        return job.progress

    def cancel(self, session: str) -> None:
        """End the session's what-if; its finished parts stay stored."""
        job = self._jobs.get(session)
        if job is not None:
            job.wanted = False

    def close(self) -> None:
        """End all of them, and wait until they have ended."""
        for job in list(self._jobs.values()):
            job.wanted = False
        for thread in list(self._threads):
            thread.join()

    def _work(self, job: _Job) -> None:
        def update(**change: Any) -> None:
            job.progress = replace(job.progress, **change)

        try:
            self._wait(job)
            try:
                update(status="running")
                self._run(job, update)
                update(status="done", done=job.progress.total)
            finally:
                self._slots.release()
        except Cancelled:
            update(status="cancelled")
        except UserError as error:
            update(status="failed", message=str(error))
        except Exception as error:  # whatever it is, whoever waits for the what-if must hear of it
            LOG.error("a what-if failed", exc_info=error)
            update(status="failed", message=f"{type(error).__name__}: {error}")

    def _wait(self, job: _Job) -> None:
        """Wait for a free slot. Raises Cancelled if it is no longer wanted by then."""
        while not self._slots.acquire(timeout=TICK):
            job.check()

    def _run(self, job: _Job, update: Callable[..., None]) -> None:
        def progress(done: int, total: int) -> None:
            job.check()
            update(done=done, total=total)

        folder = self._results / FOLDER
        growing = simulate_growing(
            job.progress.scenario, step=STEP, jobs=self._processes, results=folder, progress=progress
        )
        try:
            for run in growing:
                update(run=run)
                if run.folder is not None:
                    storage.use(run.folder)
        finally:
            storage.remove_older(folder, self._in_use())

    def _in_use(self) -> set[Path]:
        """The folders of the what-ifs that are in memory."""
        runs = [job.progress.run for job in list(self._jobs.values())]
        return {run.folder for run in runs if run is not None and run.folder is not None}


def _forgotten(job: _Job) -> bool:
    """Whether a what-if is over and nobody has asked for it for long."""
    return not job.progress.going_on and monotonic() - job.seen > TIMEOUT
