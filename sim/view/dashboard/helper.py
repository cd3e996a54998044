"""A process that works ahead, so that whoever looks at the dashboard meanwhile is not held up."""

from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from threading import Lock
from typing import ParamSpec, TypeVar

from sim.experiments.workers import end_now, processes

P = ParamSpec("P")
T = TypeVar("T")


class Helper:
    """One worker process, started with its first task; its tasks are done one after the other."""

    def __init__(self) -> None:
        self._lock, self._stack = Lock(), ExitStack()
        self._executor: ProcessPoolExecutor | None = None
        self._closed = False

    def submit(self, task: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """The future of a task, a function of a module. Raises RuntimeError once it is closed."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the helper is closed")
            if self._executor is None:
                self._executor = self._stack.enter_context(processes(1))
            return self._executor.submit(task, *args, **kwargs)

    def close(self) -> None:
        """End the process in the middle of what it does."""
        with self._lock, self._stack:
            self._closed = True
            if self._executor is not None:
                end_now(self._executor)
