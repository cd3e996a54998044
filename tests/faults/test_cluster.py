"""A Dask cluster on this machine: the same results as without, whoever is killed, and one line for what is wrong.

Of the tests that start a cluster the one that needs most of it is quick: a worker that is killed in the middle.
"""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from threading import Timer

import pytest
from processes import CATCH_SIGINT
from runs import (
    ALL_PARTS,
    PATIENCE,
    ROOT,
    alive,
    children,
    content,
    finish,
    first_replications,
    kill_group,
    noted,
    noting_writes,
    parts,
    run,
    start,
    wait_for_parts,
)

from sim import load_scenario, simulate
from sim.errors import RunFailed, UserError
from sim.experiments import cluster, workers
from sim.results import identity

pytest.importorskip("distributed", reason="needs the extra `cluster` (it is in `dev`)")

PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
SCHEDULER, WORKER, RUN = (
    re.search(rf"^{start} .*$", PAGE, re.MULTILINE)[0] for start in ("dask scheduler", "dask worker", "sim run")
)
ADDRESS = "tcp://127.0.0.1:8786"
KEPT = "finished parts are kept, and the same command resumes from them\n"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """A scheduler and workers, each started in a process group of its own by the commands in docs/cluster.md."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = ADDRESS.replace("8786", str(self.port))
        self.scheduler = self._start(SCHEDULER, "scheduler")
        self.nannies: list[subprocess.Popen[bytes]] = []

    def add_worker(self, **environment: str) -> None:
        """Start a worker under its nanny."""
        name = f"worker-{len(self.nannies)}"
        line = f"{WORKER.replace('--nworkers 2', '--nworkers 1')} --local-directory {self.folder / name}"
        self.nannies.append(self._start(line, name, **environment))

    def _start(self, line: str, name: str, **environment: str) -> "subprocess.Popen[bytes]":
        words = shlex.split(line.replace("8786", str(self.port)))
        assert words[0] == "dask"
        path = os.pathsep.join(filter(None, [environment.pop("PYTHONPATH", ""), str(ROOT)]))
        with (self.folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, **environment, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            )

    def wait_for_workers(self, count: int) -> None:
        """Wait until so many workers have told the scheduler that they are there."""
        until = time.monotonic() + PATIENCE
        while (self.folder / "scheduler.log").read_text().count("Register worker") < count:
            assert time.monotonic() < until, [path.read_text() for path in self.folder.glob("*.log")]
            time.sleep(0.05)

    def worker_of(self, nanny: int) -> int:
        """The worker process that a nanny started: the one of its children that has threads."""
        (found,) = [
            pid for pid in children(self.nannies[nanny].pid) if len(list(Path(f"/proc/{pid}/task").iterdir())) > 1
        ]
        return found

    def stop(self) -> None:
        """End what was started, nannies first: they start what ends."""
        for process in [*self.nannies, self.scheduler]:
            workers = children(process.pid)
            if process.poll() is None:
                kill_group(process, signal.SIGKILL)
            process.wait(PATIENCE)
            for pid in filter(alive, workers):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def empty(tmp_path_factory) -> Iterator[Cluster]:
    """A scheduler without workers."""
    started = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture
def two(empty) -> Cluster:
    """A scheduler and two workers."""
    empty.add_worker()
    empty.add_worker()
    empty.wait_for_workers(2)
    return empty


def test_the_page_says_what_is_safe() -> None:
    """The commands of docs/cluster.md, which these tests run, listen on one host, with one thread and the nanny."""
    for line in (SCHEDULER, WORKER):
        assert " --host 127.0.0.1" in line
        assert " --dashboard-address 127.0.0.1:0" in line
        assert "--no-nanny" not in line
    assert " --nthreads 1" in WORKER
    assert RUN.endswith(f"--cluster {ADDRESS}")


@pytest.mark.slow
def test_the_command_of_the_page(two, tmp_path) -> None:
    """What docs/cluster.md says to run runs, and the extra that it says to install is one."""
    words = shlex.split(RUN.replace(ADDRESS, two.address))
    done = subprocess.run(
        [sys.executable, "-m", *words, "-n", "2", "--results", tmp_path], cwd=ROOT, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert '-e ".[cluster]"' in PAGE
    assert '\ncluster = ["distributed>=' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.slow
def test_no_port_is_open_to_others(two) -> None:
    """Scheduler, nannies and workers, with what they serve by HTTP: every port that listens is of this machine."""
    from psutil import CONN_LISTEN, Process  # `distributed` needs it, too

    nannies = [nanny.pid for nanny in two.nannies]
    for pid in (two.scheduler.pid, *nannies, *(two.worker_of(number) for number in range(len(nannies)))):
        listening = [one.laddr.ip for one in Process(pid).net_connections() if one.status == CONN_LISTEN]
        assert set(listening) == {"127.0.0.1"}, pid


@pytest.mark.slow
def test_the_same_results(two, scenario_file, undisturbed, tmp_path) -> None:
    """On two workers, on two processes and on one the content is the same, and nothing but results is told."""
    code, _, err = run(scenario_file, tmp_path / "cluster", "--cluster", two.address)
    assert (code, err) == (0, "")
    assert run(scenario_file, tmp_path / "two", "--jobs", "2")[0] == 0
    assert content(tmp_path / "cluster") == content(tmp_path / "two") == undisturbed


def test_a_killed_worker(two, scenario_file, undisturbed, tmp_path) -> None:
    """A worker that is killed in the middle is missed by nobody."""
    process = start(scenario_file, tmp_path, "--cluster", two.address)
    victim = two.worker_of(0)
    wait_for_parts(process, tmp_path, 1)
    os.kill(victim, signal.SIGKILL)
    code, _, err = finish(process)
    assert (code, err) == (0, "")
    assert not alive(victim)
    assert content(tmp_path) == undisturbed


@pytest.mark.slow
def test_a_killed_run(two, scenario_file, undisturbed, tmp_path) -> None:
    """After kill -9 of the command the same command goes on, and runs no finished part again."""
    process = start(scenario_file, tmp_path, "--cluster", two.address)
    wait_for_parts(process, tmp_path, 1)
    os.kill(process.pid, signal.SIGKILL)
    assert finish(process)[0] == -signal.SIGKILL
    finished = first_replications(parts(tmp_path))
    assert 1 <= len(finished) < len(ALL_PARTS)
    log = tmp_path / "log"
    code, _, err = run(scenario_file, tmp_path, "--cluster", two.address, before=noting_writes(log))
    assert code == 0, err
    assert err == f"slow: an unfinished run exists; resuming from its {len(finished)} finished parts\n"
    assert noted(log) == ALL_PARTS - finished
    assert content(tmp_path) == undisturbed


@pytest.mark.slow
def test_ctrl_c(two, scenario_file, tmp_path) -> None:
    """Ctrl-C ends with exit code 130 and one line."""
    process = start(scenario_file, tmp_path, "--cluster", two.address, before=CATCH_SIGINT)
    wait_for_parts(process, tmp_path, 1)
    kill_group(process, signal.SIGINT)
    assert finish(process) == (130, "", f"interrupted; {KEPT}")
    assert parts(tmp_path)


@pytest.mark.slow
def test_a_killed_scheduler(two, scenario_file, undisturbed, tmp_path) -> None:
    """Without its scheduler a run ends with exit code 1 and one line; one without a cluster resumes it."""
    process = start(scenario_file, tmp_path, "--cluster", two.address)
    wait_for_parts(process, tmp_path, 1)
    os.kill(two.scheduler.pid, signal.SIGKILL)
    assert finish(process) == (1, "", f"{two.address}: the connection to the Dask scheduler was lost; {KEPT}")
    finished = len(parts(tmp_path))
    assert 1 <= finished < 4
    code, _, err = run(scenario_file, tmp_path, "--jobs", "1")
    assert (code, err) == (0, f"slow: an unfinished run exists; resuming from its {finished} finished parts\n")
    assert content(tmp_path) == undisturbed


@pytest.mark.slow
def test_workers_that_keep_dying(two) -> None:
    """A task at which one worker after the other dies ends the run; nobody waits for it for ever."""
    with cluster.connect(two.address) as remote:
        assert remote.backlog == 4
        with pytest.raises(RunFailed, match=r"4 workers died one after the other .*finished parts are kept"):
            list(remote.run(os._exit, [("dies", (1,))]))


@pytest.mark.slow
def test_all_workers_gone(empty, monkeypatch) -> None:
    """Workers that go and do not come back end the run."""
    monkeypatch.setattr(cluster, "PATIENCE", 3)
    empty.add_worker()
    with cluster.connect(empty.address) as remote:
        Timer(0.5, kill_group, (empty.nannies[0], signal.SIGKILL)).start()
        with pytest.raises(RunFailed, match="no workers are left; finished parts are kept"):
            list(remote.run(time.sleep, [("long", (PATIENCE,))]))


class LostClient:
    """A client that lost the scheduler while a result was on its way, so that its futures never end."""

    def __init__(self, status: str, futures: dict[str, object]) -> None:
        self.status, self.futures = status, futures

    def get_executor(self, **_: object) -> Executor:
        never = Executor()
        never.submit = lambda *_: Future()
        return never

    def nthreads(self) -> dict[str, int]:
        return {"worker": 1}


@pytest.mark.parametrize(("status", "futures"), [("connecting", {"task": 0}), ("closed", {"task": 0}), ("running", {})])
def test_a_future_that_never_ends(monkeypatch, status, futures) -> None:
    """The client is asked; it has lost the scheduler, or found one again that knows nothing of the task."""
    monkeypatch.setattr(cluster, "PATIENCE", 0.1)
    remote = cluster.ClusterWorkers(LostClient(status, futures), ADDRESS, 1)
    with pytest.raises(RunFailed, match="the connection to the Dask scheduler was lost; finished parts are kept"):
        list(remote.run(time.sleep, [("long", (1,))]))


@pytest.mark.slow
def test_no_workers(empty, scenario_file, monkeypatch) -> None:
    """A scheduler without workers is told from one that is not there."""
    monkeypatch.setattr(cluster, "PATIENCE", 2)
    with pytest.raises(UserError, match=rf"^{empty.address}: the scheduler has no workers; docs/cluster.md says"):
        simulate(load_scenario(scenario_file), cluster=empty.address)


OTHER = "import importlib.metadata as m; real = m.version; m.version = lambda n: '1.0' if n == 'simpy' else real(n)"


@pytest.mark.slow
def test_a_worker_with_another_version(empty, scenario_file, tmp_path) -> None:
    """It is refused before anything runs, with a line that names it, the package and both versions."""
    (tmp_path / "sitecustomize.py").write_text(OTHER)
    empty.add_worker(PYTHONPATH=str(tmp_path))
    code, out, err = run(scenario_file, tmp_path, "--cluster", empty.address)
    assert (code, out) == (2, "")
    assert re.fullmatch(
        r"tcp://127.0.0.1:\d+: this worker has simpy 1.0 instead of \d[\d.]+, so its results would not be the same; "
        r"see docs/cluster.md\n",
        err,
    )


NO_FMA = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4"}
"""Gives a process the mathematical functions that the system has for an older processor."""


def write_other_rounding(folder: Path) -> dict[str, str]:
    """The environment of a process whose mathematical functions seem to round otherwise."""
    (folder / "sitecustomize.py").write_text("from sim.results import identity\nidentity.rounding = lambda: 'other'\n")
    return {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}


@pytest.mark.slow
def test_a_worker_that_rounds_otherwise(empty, scenario_file, tmp_path) -> None:
    """With the same versions a processor of another kind gives other last bits, and is refused."""
    code = "from sim.results.identity import rounding; print(rounding())"
    environment = {**os.environ, **NO_FMA, "PYTHONPATH": str(ROOT)}
    other = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    same = other.stdout.strip() == identity.rounding()  # this system has but one set of functions for all processors
    empty.add_worker(**(write_other_rounding(tmp_path) if same else NO_FMA))
    code, out, err = run(scenario_file, tmp_path, "--cluster", empty.address)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert "this worker has a processor or mathematical library that rounds otherwise, so its results" in err


@pytest.mark.slow
def test_a_worker_without_sim(empty, scenario_file, tmp_path) -> None:
    """It is refused with one line; a package of that name that is another one counts as none."""
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "__init__.py").write_text("")
    empty.add_worker(PYTHONPATH=str(tmp_path))
    code, out, err = run(scenario_file, tmp_path, "--cluster", empty.address)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert re.match(r"tcp://127.0.0.1:\d+: this worker cannot load the same version of sim \(.*No module named", err)


def test_a_worker_of_another_kind_that_joins_later() -> None:
    """What is run on a worker compares it first."""
    here = {**identity.environment(), "numpy": "0.1", "Python": "2.7"}
    with pytest.raises(RunFailed, match=r"has Python 3\.\d+ instead of 2\.7, numpy [\d.]+ instead of 0\.1, so"):
        workers.run_if_same(here, print)
    with pytest.raises(RunFailed, match="rounds otherwise"):
        workers.run_if_same({**identity.environment(), identity.ROUNDING: "other"}, print)
    assert workers.run_if_same(identity.environment(), len, "abc") == 3


@pytest.mark.parametrize(
    ("address", "why"),
    [
        (
            "nonsense",
            r"nonsense: no Dask scheduler answers at this address \(missing port number .*\); see docs/cluster.md",
        ),
        pytest.param(
            "foo://x:1",
            r"foo://x:1: no Dask scheduler answers at this address \(unknown address scheme 'foo' .*",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "tls://127.0.0.1:1",
            r".* \(no TLS certificates are configured on this machine\); see docs/cluster.md",
            marks=pytest.mark.slow,
        ),
        pytest.param("", r"--cluster needs the address of a Dask scheduler, such as .*", marks=pytest.mark.slow),
        pytest.param(
            "127.0.0.1:{port}",
            r"127.0.0.1:\d+: no Dask scheduler answers at this address \(Timed out trying to connect .*",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_no_scheduler(scenario_file, tmp_path, address, why) -> None:
    """An address at which no scheduler is, or that is none, gives exit code 2 and one line."""
    quick = "import sim.experiments.cluster; sim.experiments.cluster.PATIENCE = 1"
    code, out, err = run(scenario_file, tmp_path, "--cluster", address.format(port=free_port()), before=quick)
    assert (code, out) == (2, "")
    assert re.fullmatch(why + "\n", err), err
    assert err.count("\n") == 1


@pytest.mark.parametrize("address", ["tcp://8.8.8.8:8786", "8.8.8.8:8786", "ws://[2001:4860:4860::8888]:8786"])
def test_the_internet_without_tls_is_refused(address) -> None:
    """Before anybody is connected to: both sides would run what anybody on the way sends."""
    with (
        pytest.raises(UserError, match=rf"^{re.escape(address)}: an address of the internet needs TLS \(tls://"),
        cluster.connect(address),
    ):
        pass


@pytest.mark.parametrize(
    "address", ["tls://8.8.8.8:8786", "tcp://10.1.2.3:8786", "tcp://[::1]:8786", "tcp://no.invalid:1"]
)
def test_what_is_encrypted_or_private_is_not(address) -> None:
    """Nor is a host that is not there, which connecting to it says."""
    cluster._check_encrypted(address)


@pytest.mark.slow
def test_without_the_extra(scenario_file, tmp_path) -> None:
    """Without the package the line says how to get it."""
    gone = "import sys; sys.modules['distributed'] = None"
    code, out, err = run(scenario_file, tmp_path, "--cluster", ADDRESS, before=gone)
    assert (code, out, err) == (2, "", "--cluster needs the extra: pip install -c constraints.txt -e '.[cluster]'\n")
