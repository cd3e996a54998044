"""A small scenario that takes its time, and the command `sim run` as a process of its own."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from processes import sim_command

REPLICATIONS = 100
SCENARIO = f"""\
name: slow
start: 2024-01-01
horizon: 2025-01-01
replications: {REPLICATIONS}
seed: 11
procedure:
  name: slow
  title: What is left of the old cases takes long to find, so a replication takes long, and leaves few rows
  exits: {{done: Done}}
  stages:
    old:
      title: Under way for longer than the procedure can easily explain
      steps:
        think: {{step: wait, reason: procedure, days: 2}}
        work: {{step: wait, reason: procedure, days: {{distribution: lognormal, median: 20, cv: 0.5}}}}
      next: {{work: 1}}
    work:
      title: Work
      steps:
        work: {{step: team, fte: {{staff: 1}}, days: {{distribution: lognormal, median: 5, cv: 0.5}}}}
      next: {{done: 1}}
staffing:
  staff: {{headcount: 2}}
probes:
  one: {{stage: old, since: 2015-01-01}}
  two: {{stage: old, since: 2015-01-01}}
  three: {{stage: old, since: 2015-01-01}}
arrivals:
  cases: {{kind: random, stage: work, per_year: 40}}
"""
ALL_PARTS = {0, 25, 50, 75}
"""The first replication of each part of the run."""
ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds after which a test gives up waiting."""


def write_scenario(folder: Path) -> Path:
    """The scenario as a file."""
    path = folder / "slow.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


def start(scenario: Path, results: Path, *more: str, before: str = "") -> "subprocess.Popen[str]":
    """`python -m sim run` in a process group of its own; `before`: code to run first in the same process."""
    path = os.pathsep.join([*os.environ.get("PYTHONPATH", "").split(os.pathsep), str(ROOT)]).strip(os.pathsep)
    return subprocess.Popen(
        sim_command("run", str(scenario), "--results", str(results), "--json", *more, before=before),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
    )


def finish(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Exit code, output and errors at its end."""
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def run(scenario: Path, results: Path, *more: str, before: str = "") -> tuple[int, str, str]:
    """The command from start to end."""
    return finish(start(scenario, results, *more, before=before))


def kill_group(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    """Send a signal to the process and all that it started, as a terminal does."""
    os.killpg(process.pid, number)


def parts(results: Path) -> list[Path]:
    """The finished parts of a run that is going on."""
    return sorted(results.glob(".slow-*.partial/parts/part-*.npz"))


def noting_writes(log: Path) -> str:
    """Code to run in a process before the command: it notes in a file the first replication of each part it stores."""
    note = f"open({str(log)!r}, 'a').write(f'{{numbers.start}}\\n')"
    store = f"lambda self, numbers, *content: (write(self, numbers, *content), {note})"
    return f"from sim.results.location import RunLocation as L; write = L.write; L.write = {store}"


def first_replications(finished: list[Path]) -> set[int]:
    """The first replication of each part."""
    return {int(path.stem.split("-")[1]) for path in finished}


def noted(log: Path) -> set[int]:
    """What `noting_writes` noted."""
    return {int(line) for line in log.read_text().split()}


def wait_for_parts(process: "subprocess.Popen[str]", results: Path, count: int) -> None:
    """Wait until the run that is going on has so many finished parts."""
    until = time.monotonic() + PATIENCE
    while len(parts(results)) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)


def folder_of(results: Path) -> Path:
    """The one finished run in a results folder."""
    (manifest,) = results.glob("slow-*/manifest.json")
    return manifest.parent


def content(results: Path) -> dict[str, str]:
    """The hashes of all tables of the one finished run."""
    return json.loads((folder_of(results) / "manifest.json").read_text(encoding="utf-8"))["content"]


def children(of: int) -> list[int]:
    """The processes that a process started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            said = entry.read_text()
        except OSError:  # ended meanwhile
            continue
        if int(said.rpartition(")")[2].split()[1]) == of:
            found.append(int(entry.parent.name))
    return found


def alive(pid: int) -> bool:
    """Whether a process is there and not just waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
