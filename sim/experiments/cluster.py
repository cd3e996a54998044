"""The workers of a Dask cluster, if they compute the same numbers as this process, to the bit."""

import logging
import socket
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Any, ParamSpec, TypeVar

from sim.errors import RunFailed, UserError
from sim.experiments.workers import RESUMABLE, Workers
from sim.results.identity import Environment, differences, environment

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE = 10
"""Seconds to wait for a scheduler that does not answer, and for workers that are missing (yet, or again)."""
RETRIES = 2
"""How often a task that failed is tried again: its worker may have been short of memory. Lost workers do not count."""
ENCRYPTED = ("tls", "wss")
"""Schemes of addresses between which nobody can read or change anything."""
HELP = "see docs/cluster.md"
NOISY = ("distributed", "distributed.client", "distributed.core", "tornado.application", "asyncio")
"""Loggers that report a lost connection in many lines; an error in one line says what matters."""


class ClusterWorkers(Workers):
    """The workers of a cluster, which runs the tasks of a lost worker again on others.

    An executor of `distributed` may leave its futures unfinished for ever when the scheduler is lost while a result is
    on its way, and it waits for ever for workers that do not come back. So the client is asked now and then.
    """

    def __init__(self, client: Any, address: str, threads: int) -> None:
        super().__init__(client.get_executor(pure=False, retries=RETRIES), 2 * threads, PATIENCE, self._check)
        self._client, self._address, self._absent = client, address, 0

    def _submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Begin one call on a worker of the same kind as this process."""
        try:
            return super()._submit(function, *arguments)
        except Exception:  # distributed raises a different one for each state of a connection
            raise self._lost() from None

    def _result(self, future: Future[T]) -> T:
        """The result of a call that has ended. Raises RunFailed if the cluster is why it has none."""
        from distributed import KilledWorker

        self._absent = 0
        try:
            return future.result()
        except KilledWorker as error:
            killed = f"{error.allowed_failures + 1} workers died one after the other at the same task (out of memory?)"
            raise RunFailed(f"{self._address}: {killed}; {RESUMABLE}") from None
        except CancelledError:  # the client cancels all its tasks when it loses the scheduler
            raise self._lost() from None
        except (ImportError, AttributeError) as error:  # the worker has no `sim`, or another one
            raise RunFailed(
                f"a worker that joined cannot load the same sim ({_first_line(error)}); {RESUMABLE}"
            ) from error

    def _check(self) -> None:
        """Raise RunFailed if the scheduler is lost, or all workers went away and stay away.

        After a loss the client has forgotten its tasks, even if it has reconnected to a scheduler at the same address.
        """
        try:
            threads = sum(self._client.nthreads().values()) if self._client.status == "running" else 0
        except Exception:  # as in `_submit`
            raise self._lost() from None
        if self._client.status != "running" or not self._client.futures:
            raise self._lost()
        self._absent = 0 if threads else self._absent + 1
        if self._absent > 1:  # a nanny starts a worker again within seconds
            raise RunFailed(f"{self._address}: no workers are left; {RESUMABLE}")

    def _lost(self) -> RunFailed:
        return RunFailed(f"{self._address}: the connection to the Dask scheduler was lost; {RESUMABLE}")


@contextmanager
def connect(address: str) -> Iterator[ClusterWorkers]:
    """The workers of the scheduler at an address; the cluster drops what they have not begun at the end of the block.

    Raises UserError if the extra `cluster` is not installed, no scheduler answers, it has no workers, or they would
    not give the same results.
    """
    with _quiet(), _client(address) as client:
        threads = _threads(client, address)
        _check_environments(client, address)
        yield ClusterWorkers(client, address, threads)


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
    _check_encrypted(address)
    try:
        _check_address(address)
        client = Client(address, timeout=PATIENCE, set_as_default=False, direct_to_workers=False)
    except (OSError, TimeoutError, ValueError, TypeError, RuntimeError, ImportError) as error:
        raise UserError(
            f"{address}: no Dask scheduler answers at this address ({_first_line(error)}); {HELP}"
        ) from None
    with client:
        yield client


def _check_address(address: str) -> None:
    """Raise OSError or ValueError for an address that cannot be one; a Client would raise too, and hang at its end."""
    from distributed import Security
    from distributed.comm.addressing import resolve_address

    resolve_address(address)
    if address.startswith("tls:") and Security().get_connection_args("client").get("ssl_context") is None:
        raise ValueError("no TLS certificates are configured on this machine")


def _check_encrypted(address: str) -> None:
    """Refuse an address of the internet without TLS: both sides run what the other one sends. Raises UserError.

    A host that cannot be found is left to the attempt to connect, which says so.
    """
    scheme, _, place = address.rpartition("://")
    host = place.rpartition(":")[0].strip("[]")
    if scheme in ENCRYPTED or not host:
        return
    try:
        found = {str(entry[4][0]).partition("%")[0] for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return
    if any(ip_address(one).is_global for one in found):
        why = "whoever listens on the way could run code on this machine and on the cluster"
        raise UserError(f"{address}: an address of the internet needs TLS (tls://...): {why}; {HELP}")


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


def _check_environments(client: Any, address: str) -> None:
    """Refuse workers that would give other results. Raises UserError that names each worker and what differs."""
    try:
        answers = client.run(environment, on_error="return")
    except (OSError, CancelledError) as error:
        raise UserError(f"{address}: the Dask workers do not answer ({_first_line(error)})") from None
    problems = [f"{worker}: {_refusal(answer)}" for worker, answer in sorted(answers.items()) if _refusal(answer)]
    if problems:
        raise UserError(*problems)


def _refusal(answer: Environment | BaseException) -> str:
    """Why a worker that gave this answer cannot be used; nothing if it can."""
    if isinstance(answer, BaseException):
        return f"this worker cannot load the same version of sim ({_first_line(answer)}); {HELP}"
    different = differences(answer, environment())
    return f"this worker has {different}, so its results would not be the same; {HELP}" if different else ""
