"""Where tasks run: in this process, on processes of this machine, or on a Dask cluster; one interface for all."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context, parent_process, resource_tracker
from threading import Lock, Thread
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

from sim.errors import RunFailed, UserError
from sim.results.identity import Environment, differences, environment
from sim.scenario import bounds

RESUMABLE = "finished parts are kept, and the same command resumes from them"
_STARTING = Lock()
"""Held while workers are started: that changes what belongs to the whole process."""

P = ParamSpec("P")
K = TypeVar("K")
T = TypeVar("T")


class Workers:
    """Runs calls on an executor, a few more at a time than it can work on.

    Parameters
    ----------
    executor
        Any executor of `concurrent.futures`.
    backlog
        How many calls the executor has at a time: enough to keep it busy, few enough to stop at once.
    idle_seconds, on_idle
        A function to call whenever no call has ended for so long; it may raise to end the work.
    """

    def __init__(
        self,
        executor: Executor,
        backlog: int,
        idle_seconds: float | None = None,
        on_idle: Callable[[], None] = lambda: None,
    ) -> None:
        self.executor, self.backlog = executor, backlog
        self._idle_seconds, self._on_idle = idle_seconds, on_idle

    def run(self, function: Callable[..., T], calls: Iterable[tuple[K, tuple[Any, ...]]]) -> Iterator[tuple[K, T]]:
        """Call a function with each of the arguments; yields each call's key with its result, as they finish.

        `calls`: the key and the arguments of each call, taken from the iterable as earlier calls finish. Raises
        whatever a call raises.
        """
        waiting, running = iter(calls), dict[Future[T], K]()
        try:
            while True:
                for key, arguments in islice(waiting, self.backlog - len(running)):
                    running[self._submit(function, *arguments)] = key
                if not running:
                    return
                finished = wait(running, self._idle_seconds, FIRST_COMPLETED).done
                if not finished:
                    self._on_idle()
                for future in finished:
                    yield running.pop(future), self._result(future)
        finally:
            for future in running:  # of a caller who has seen enough, or after an error
                future.cancel()

    def _submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Begin one call on a worker that computes what this process would."""
        return self.executor.submit(run_if_same, environment(), function, *arguments)

    def _result(self, future: Future[T]) -> T:
        return future.result()


def run_if_same(own: Environment, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """A call on a worker, which may have been started after code or packages were changed.

    Raises RunFailed if it would not compute the same as the process whose environment is given.
    """
    different = differences(environment(), own)
    if different:
        raise RunFailed(f"a worker has {different}, so its results would not be the same; {RESUMABLE}")
    return function(*args, **kwargs)


class InProcess(Executor):
    """Runs each task at once, in the process that submits it."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """The finished future of a call."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def processes(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes. What they have not begun at the end of the block is dropped.

    Spawned, because numpy and pyarrow have threads, which a fork breaks.
    """
    if not 1 <= jobs <= bounds.PROCESSES.count:
        raise UserError(f"jobs {jobs}: must be at least 1 and at most {bounds.PROCESSES.count:,}")
    _start_tracker()
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_start_worker) as executor:
        try:
            with (
                _STARTING,
                _interrupts_blocked(),
                _caller_hidden(),
            ):  # workers inherit both; each task starts one while none is idle
                for _ in range(jobs):
                    executor.submit(os.getpid)
            yield executor
        finally:
            executor.shutdown(wait=False, cancel_futures=True)


def end_now(executor: ProcessPoolExecutor) -> None:
    """End worker processes in the middle of their work; the results of what they were given are lost."""
    for process in list((executor._processes or {}).values()):  # from Python 3.14 on: terminate_workers()
        process.terminate()
    executor.shutdown(cancel_futures=True)


def _start_tracker() -> None:
    """Start what clears up after the processes; it outlives them, so that a closed terminal must not end it."""
    if hasattr(signal, "pthread_sigmask"):
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
        resource_tracker.ensure_running()  # now, as it unblocks interrupts when it is started
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Ctrl-C is for the parent alone, which stops its workers; one that comes meanwhile is delivered afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _caller_hidden() -> Iterator[None]:
    """Workers need nothing of the caller's script; importing it would run it again if it has no guard against that."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _start_worker() -> None:
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when the process that started it is gone, because nobody else would: it may have been killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
