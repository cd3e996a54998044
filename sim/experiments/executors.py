"""Where chunks run: in this process, on processes of this machine, or on a Dask cluster; one interface for all."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process, resource_tracker
from threading import Lock, Thread
from types import ModuleType
from typing import NamedTuple, ParamSpec, TypeVar

_STARTING = Lock()
"""Held while workers are started: that changes what belongs to the whole process."""

P = ParamSpec("P")
T = TypeVar("T")


class Workers(NamedTuple):
    """An executor, and how many tasks to give it at a time: enough to keep it busy, few enough to stop at once."""

    executor: Executor
    ahead: int


@contextmanager
def workers(jobs: int, cluster: str | None = None) -> Iterator[Workers]:
    """The workers that were asked for: `cluster` is the address of a Dask scheduler, `jobs` a number of processes.

    Raises UserError if there is no such cluster, it would give other results, or the package for it is not installed.
    """
    if cluster is not None:
        from sim.experiments.cluster import connected

        with connected(cluster) as (executor, threads):
            yield Workers(executor, 2 * threads)
    elif jobs == 1:
        yield Workers(InProcess(), 1)
    else:
        with processes(jobs) as executor:
            yield Workers(executor, 2 * jobs)


class InProcess(Executor):
    """Runs each task at once, where it is submitted."""

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
    """Worker processes. Spawned: numpy and pyarrow have threads, which fork breaks."""
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_start_worker) as executor:
        with (
            _STARTING,
            _interrupts_blocked(),
            _caller_hidden(),
        ):  # workers inherit both; each task starts one while none is idle
            for _ in range(jobs):
                executor.submit(os.getpid)
        yield executor


def end_now(executor: ProcessPoolExecutor) -> None:
    """End worker processes in the middle of what they do; nothing that they were given can be had any more."""
    for process in list((executor._processes or {}).values()):  # from Python 3.14 on: terminate_workers()
        process.terminate()
    executor.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Ctrl-C is for the parent alone, which tells its workers; one that comes meanwhile is delivered afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it unblocks interrupts when it is started
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
    """End this worker when the process that started it is gone, killed perhaps: nobody would ever tell it to."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
