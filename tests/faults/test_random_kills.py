"""Kills at random instants, of one process or two, with the scenario file changed in between: nothing lost or mixed.

SIM_KILLS=100 pytest -n 0 -m slow tests/faults/test_random_kills.py kills a hundred times and more.
"""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from shutil import rmtree

import pytest
from runs import SCENARIO, finish, kill_group, parts, start

from sim import load_run, load_scenario, simulate
from sim.results.location import file_hash
from sim.results.store import list_runs

KILLS = int(os.environ.get("SIM_KILLS", "15"))
SEED = 20261128
LONGEST = 3.0
"""Seconds until a kill that waits for nothing: a run takes about as long."""
LINES = SCENARIO.splitlines(keepends=True)
THINK = next(number for number, line in enumerate(LINES) if "think:" in line)
TURNED = "".join([*LINES[:THINK], LINES[THINK + 1], LINES[THINK], *LINES[THINK + 2 :]])
VERSIONS = (SCENARIO, SCENARIO.replace("per_year: 40", "per_year: 45"), TURNED)
"""What is in the one file of the scenario, one after the other: others draws, and the order of two steps."""


@pytest.fixture(scope="module")
def truths(tmp_path_factory) -> dict[str, dict[str, str]]:
    """The hashes of the files of each version's run that nobody disturbed, by its folder's name."""
    folder, found = tmp_path_factory.mktemp("truths"), {}
    for text in VERSIONS:
        (folder / "slow.yaml").write_text(text, encoding="utf-8")
        run = simulate(load_scenario(folder / "slow.yaml"), results=folder / "results")
        found[run.folder.name] = hashes(run.folder)
    assert len(found) == len(VERSIONS)
    return found


def hashes(folder: Path) -> dict[str, str]:
    """The hashes of a run's files but for its manifest."""
    files = [path for path in folder.rglob("*") if path.suffix in {".npz", ".parquet"} and path.parent.name != "parts"]
    return {str(path.relative_to(folder)): file_hash(path) for path in files}


def check(results: Path, truths: dict[str, dict[str, str]]) -> None:
    """Every finished run that is listed is whole, and that of its scenario."""
    for folder, manifest in list_runs(results):
        assert manifest.content == hashes(folder) == truths[folder.name]
        assert len(load_run(folder).events)


def wait(random: Random, results: Path, running: "list[subprocess.Popen[str]]") -> None:
    """Until a random instant: of the whole run, or after one at which a part, or all of it, was written."""
    if random.random() < 0.3:
        time.sleep(random.uniform(0, LONGEST))
        return
    pattern = random.choice([".slow-*/parts/part-*.npz", ".slow-*/summary.npz", ".slow-*/manifest.json", "slow-*"])
    before = written(results, pattern)
    while written(results, pattern) <= before and any(process.poll() is None for process in running):
        time.sleep(0.0005)
    time.sleep(random.choice([0, random.uniform(0, 0.01), random.uniform(0, 0.1)]))


def written(results: Path, pattern: str) -> set[tuple[str, int]]:
    """What is there, finished runs included, with the times at which it was written."""
    found = set()
    for path in [*results.glob(pattern), *results.glob("slow-*")]:
        with suppress(OSError):  # it was renamed meanwhile
            found.add((str(path), path.stat().st_mtime_ns))
    return found


@pytest.mark.slow
def test_kills_at_random_instants(truths, tmp_path):
    """Finished parts stay, finished runs are right, and the same command finishes whatever was killed."""
    random, results, file = Random(SEED), tmp_path / "results", tmp_path / "slow.yaml"
    killed = finished = 0
    while killed < KILLS:
        file.write_text(random.choice(VERSIONS), encoding="utf-8")
        before = {path: path.read_bytes() for path in parts(results)}
        running = [start(file, results, "--jobs", random.choice("12")) for _ in range(random.choice([1, 1, 2]))]
        wait(random, results, running)
        for process in running:
            kill_group(process, signal.SIGKILL)
            if random.random() < 0.3:
                time.sleep(random.uniform(0, 0.3))
        ends = [finish(process) for process in running]
        assert {code for code, _, _ in ends} <= {0, -signal.SIGKILL}, ends
        killed += sum(code != 0 for code, _, _ in ends)
        check(results, truths)
        for path, content in before.items():
            name = path.parents[1].name.removeprefix(".").removesuffix(".partial")
            assert path.exists() or (results / name / "manifest.json").is_file(), f"lost {path} after kill {killed}"
            assert not path.exists() or path.read_bytes() == content
        for folder, _ in list_runs(results):
            if random.random() < 0.7:
                finished += 1
                rmtree(folder)
    for text in VERSIONS:
        file.write_text(text, encoding="utf-8")
        code, _, err = finish(start(file, results, "--jobs", "1"))
        assert code == 0, err
    check(results, truths)
    assert sorted(path.name for path in results.iterdir()) == sorted(truths)
    assert not [path for path in results.rglob("*") if path.name.startswith(".") or path.name == "parts"]
    print(f"{killed} kills, {finished} runs finished meanwhile: none lost, none mixed")
