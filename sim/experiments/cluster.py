"""The workers of a Dask cluster as an executor, if they compute the same numbers as this process, to the bit."""

import asyncio
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager, suppress
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from typing import Any, ParamSpec, TypeVar

from sim.errors import RunFailed, UserError
from sim.results import store

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE = 10
"""Seconds to wait for a scheduler that does not answer, and for workers that are not there (yet, or any more)."""
RETRIES = 2
"""How often a task that failed is tried again: its worker may have been short of memory. Lost workers do not count."""
KEPT = "finished parts are kept, and the same command goes on from there"
HELP = "see docs/cluster.md"
NOISY = ("distributed", "distributed.client", "distributed.core", "tornado.application", "asyncio")
"""Loggers that tell of lost connections in many lines; what matters is told by an error in one."""
ROUNDING = "rounding"


@contextmanager
def connected(address: str) -> Iterator[tuple[Executor, int]]:
    """An executor on the workers of the scheduler at an address, and how many tasks they run at the same time.

    Raises UserError if the extra `cluster` is not installed, no scheduler answers, it has no workers, or they would
    not give the same results.
    """
    with _quiet(), _client(address) as client:
        threads = _threads(client, address)
        _check(client, address)
        yield _OnCluster(client, address), threads


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the log messages of distributed, and its table of versions: ours are checked one by one."""
    with suppress(ImportError):
        import distributed  # noqa: F401  sets its levels when it is first imported
    loggers = [logging.getLogger(name) for name in NOISY]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Mismatched versions found")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """A connection to the scheduler. Workers are reached through it: this machine may not see them."""
    try:
        from distributed import Client
    except ImportError:
        raise UserError("--cluster needs the extra: pip install -c constraints.txt -e '.[cluster]'") from None
    if not address.strip():  # Client would start a cluster of its own
        raise UserError(f"--cluster needs the address of a Dask scheduler, such as tcp://10.0.0.1:8786; {HELP}")
    try:
        _check_address(address)
        client = Client(address, timeout=PATIENCE, set_as_default=False, direct_to_workers=False)
    except (OSError, TimeoutError, ValueError, TypeError, RuntimeError, ImportError) as error:
        raise UserError(f"{address}: no Dask scheduler answers there ({_first_line(error)}); {HELP}") from None
    with client:
        yield client


def _check_address(address: str) -> None:
    """Raise OSError or ValueError for an address that cannot be one; a Client would raise too, and hang at its end."""
    from distributed import Security
    from distributed.comm.addressing import resolve_address

    resolve_address(address)
    if address.startswith("tls:") and Security().get_connection_args("client").get("ssl_context") is None:
        raise ValueError("no TLS certificates are configured here")


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__


def _threads(client: Any, address: str) -> int:
    """How many tasks the workers run at the same time; waits a while for the first worker."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
        return sum(client.nthreads().values())
    except TimeoutError:
        raise UserError(f"{address}: the scheduler has no workers; docs/cluster.md says how to start some") from None
    except (OSError, CancelledError) as error:
        raise UserError(f"{address}: the Dask scheduler does not answer ({_first_line(error)})") from None


@lru_cache
def surroundings() -> dict[str, str]:
    """What decides about a run's last bits beside the scenario, in this process: code, versions, arithmetic."""
    return {
        "sim": store.code_digest(),
        "Python": f"{sys.version_info.major}.{sys.version_info.minor}",  # 3.12, for one, adds floats up otherwise
        **{name: version(name) for name in ("numpy", "scipy", "simpy", "pandas", "pyarrow")},
        ROUNDING: rounding(),
    }


def rounding() -> str:
    """The hash of functions that the processor, by its vector instructions, or the system's libraries may round."""
    import numpy as np
    from scipy.special import betaincinv, gammaincinv, ndtri

    shares = np.linspace(0, 1, 1001)[1:-1]
    computed = [np.exp(ndtri(shares)), np.log1p(-shares), (-np.log(shares)) ** 0.7, np.cumsum(np.sqrt(shares))]
    computed += [betaincinv(2.3, 3.1, shares), gammaincinv(1.7, shares), np.array([np.sum(1 / shares)])]
    return blake2b(np.concatenate(computed).tobytes(), digest_size=6).hexdigest()


def differences(there: dict[str, str], here: dict[str, str]) -> str:
    """In what the surroundings of a worker differ from those here, in words; nothing if they do not."""
    said = [f"{name} {there.get(name, 'missing')} instead of {here[name]}" for name in here if name != ROUNDING]
    found = [text for name, text in zip(here, said, strict=False) if there.get(name) != here[name]]
    if not found and there.get(ROUNDING) != here[ROUNDING]:
        return "a processor or mathematical library that rounds otherwise"
    return ", ".join(found)


def _check(client: Any, address: str) -> None:
    """Refuse workers that would give other results. Raises UserError that names each worker and what differs."""
    try:
        answers = client.run(surroundings, on_error="return")
    except (OSError, CancelledError) as error:
        raise UserError(f"{address}: the Dask workers do not answer ({_first_line(error)})") from None
    problems = [f"{worker}: {_refusal(answer)}" for worker, answer in sorted(answers.items()) if _refusal(answer)]
    if problems:
        raise UserError(*problems)


def _refusal(answer: dict[str, str] | BaseException) -> str:
    """Why a worker that gave this answer cannot be used; nothing if it can."""
    if isinstance(answer, BaseException):
        return f"this worker cannot load the same version of sim ({_first_line(answer)}); {HELP}"
    found = differences(answer, surroundings())
    return f"this worker has {found}, so its results would not be the same; {HELP}" if found else ""


def run_there(here: dict[str, str], fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """A call on a worker, which may have come after the first check. Raises RunFailed if it is another kind."""
    found = differences(surroundings(), here)
    if found:
        raise RunFailed(f"a worker that joined has {found}, so its results would not be the same; {KEPT}")
    return fn(*args, **kwargs)


class _OnCluster(Executor):
    """Runs tasks on a cluster, which runs those of a lost worker again on others.

    Not Client.get_executor(): its shutdown() knows no cancel_futures, and its futures never end when the scheduler is
    lost while a result is on its way.
    """

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address = client, address
        self._remote: dict[Future[Any], Any] = {}

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """A call on some worker, once: pure=False, for what two runs do is no business of the cluster's."""
        try:
            remote = self._client.submit(run_there, surroundings(), fn, *args, **kwargs, pure=False, retries=RETRIES)
        except Exception:  # distributed has one for each state of a connection
            raise self._lost() from None
        future: Future[T] = asyncio.run_coroutine_threadsafe(self._result(remote), self._client.loop.asyncio_loop)
        self._remote[future] = remote
        future.add_done_callback(self._remote.pop)
        return future

    async def _result(self, remote: Any) -> Any:
        """What a task gives. Raises RunFailed if the cluster is why it gives nothing."""
        from distributed import KilledWorker

        waiting = asyncio.ensure_future(remote.result())
        try:
            await self._workers_are_there(waiting)
            return await waiting
        except KilledWorker as error:
            killed = f"{error.allowed_failures + 1} workers died one after the other at the same task (out of memory?)"
            raise RunFailed(f"{self._address}: {killed}; {KEPT}") from None
        except (asyncio.CancelledError, CancelledError, OSError, ImportError, AttributeError) as error:
            if remote.status != "error":
                raise self._lost() from None
            if isinstance(error, ImportError | AttributeError):  # `sim` is not there, or another one
                raise RunFailed(
                    f"a worker that joined cannot load the same sim ({_first_line(error)}); {KEPT}"
                ) from error
            raise
        finally:
            waiting.cancel()

    async def _workers_are_there(self, waiting: "asyncio.Future[Any]") -> None:
        """Return when a task has ended. Raises RunFailed if all workers went away and stay away."""
        absent = 0
        while not (await asyncio.wait({waiting}, timeout=PATIENCE))[0]:
            absent = 0 if await self._client.scheduler.ncores() else absent + 1
            if absent > 1:  # a nanny starts a worker again within seconds
                raise RunFailed(f"{self._address}: no workers are left; {KEPT}")

    def _lost(self) -> RunFailed:
        return RunFailed(f"{self._address}: the connection to the Dask scheduler was lost; {KEPT}")

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take back what the workers have not begun. What one is at it finishes, and nobody asks for it."""
        if cancel_futures:
            with suppress(Exception):  # the connection may be why
                self._client.cancel(list(self._remote.values()))
