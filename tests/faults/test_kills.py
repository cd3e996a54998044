"""Killed processes, Ctrl-C, two at once: finished work is kept, nothing half-written is read, results are the same."""

import json
import multiprocessing
import os
import signal
import sys
import time
from contextlib import suppress

import pytest
from processes import CATCH_SIGINT, sim_command
from runs import (
    ALL_PARTS,
    PATIENCE,
    REPLICATIONS,
    alive,
    children,
    content,
    finish,
    first_replications,
    folder_of,
    kill_group,
    noted,
    noting_writes,
    parts,
    run,
    start,
    wait_for_parts,
)

from sim.errors import RunFailed
from sim.experiments import simulate as experiment
from sim.experiments.simulate import simulate
from sim.results import store
from sim.results.location import RunLocation, locate
from sim.results.store import load_run
from sim.scenario.loading import load_scenario

slow = pytest.mark.slow


def test_a_killed_run_goes_on_from_its_finished_parts(scenario_file, undisturbed, tmp_path):
    """After kill -9 the same command says that it goes on, rewrites no finished part, and gives the same result."""
    process = start(scenario_file, tmp_path, "--jobs", "1")
    wait_for_parts(process, tmp_path, 2)
    kill_group(process, signal.SIGKILL)
    assert finish(process)[0] == -signal.SIGKILL
    finished = first_replications(parts(tmp_path))
    assert 2 <= len(finished) < len(ALL_PARTS)
    assert not list(tmp_path.glob("slow-*"))
    log = tmp_path / "log"
    code, out, err = run(scenario_file, tmp_path, "--jobs", "1", before=noting_writes(log))
    assert code == 0, err
    assert err.strip() == f"slow: an unfinished run exists; resuming from its {len(finished)} finished parts"
    assert content(tmp_path) == undisturbed
    assert noted(log) == ALL_PARTS - finished
    assert json.loads(out)["folder"] == str(folder_of(tmp_path))
    assert not parts(tmp_path)


@slow
def test_a_finished_run_is_not_run_again(scenario_file, undisturbed, tmp_path):
    """The second call finds the run, says so, touches no file, and shows the same."""
    simulate(load_scenario(scenario_file), results=tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    code, out, err = run(scenario_file, tmp_path)
    assert (code, json.loads(out)["folder"]) == (0, str(folder_of(tmp_path)))
    assert "this run was finished before" in err
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert content(tmp_path) == undisturbed


def test_half_written_files_are_never_read(scenario_file, undisturbed, tmp_path):
    """What a killed process left under a temporary name is neither read nor part of the finished run."""

    def interrupt(done: int, _: int) -> None:
        if done:
            raise KeyboardInterrupt

    scenario = load_scenario(scenario_file)
    with pytest.raises(KeyboardInterrupt):
        simulate(scenario, results=tmp_path, progress=interrupt)
    folder = parts(tmp_path)[0].parents[1]
    (folder / "parts" / ".part-000075-000099.parquet.99999").write_bytes(b"PAR1 half")
    (folder / "parts" / ".part-000075-000099.npz.99999").write_bytes(b"PK half")
    (folder / ".manifest.json.99999").write_text('{"format"')
    found = simulate(scenario, results=tmp_path)
    assert found.events["replication"].nunique() == REPLICATIONS
    assert content(tmp_path) == undisturbed
    assert not [path.name for path in folder_of(tmp_path).rglob(".*")]


def test_workers_end_with_a_killed_parent(scenario_file, tmp_path):
    """When the command alone is killed its worker processes do not live on."""
    process = start(scenario_file, tmp_path, "--jobs", "2")
    wait_for_parts(process, tmp_path, 1)
    workers = children(process.pid)
    assert len(workers) >= 2
    try:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
        until = time.monotonic() + 10
        while any(map(alive, workers)) and time.monotonic() < until:
            time.sleep(0.05)
        assert not [pid for pid in workers if alive(pid)]
    finally:
        for pid in filter(alive, workers):
            os.kill(pid, signal.SIGKILL)
        finish(process)


@pytest.mark.parametrize("jobs", [pytest.param("1", marks=slow), "2"])
@pytest.mark.parametrize("ready", [pytest.param(0, marks=slow), 1])
def test_ctrl_c(scenario_file, undisturbed, tmp_path, jobs, ready):
    """Ctrl-C, early or late, ends with exit code 130 and one line, and the same command then goes on."""
    process = start(scenario_file, tmp_path, "--jobs", jobs, before=CATCH_SIGINT)
    if ready:
        wait_for_parts(process, tmp_path, ready)
    else:
        until = time.monotonic() + PATIENCE
        while not list(tmp_path.glob(".slow-*.partial")) and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.3)  # the workers are being started
    kill_group(process, signal.SIGINT)
    code, out, err = finish(process)
    assert (code, out) == (130, ""), err
    assert err == "interrupted; finished parts are kept, and the same command resumes from them\n"
    assert not list(tmp_path.glob("slow-*"))
    if ready:
        assert len(parts(tmp_path)) >= ready
        simulate(load_scenario(scenario_file), results=tmp_path)
        assert content(tmp_path) == undisturbed


@pytest.mark.parametrize("jobs", [pytest.param("1", marks=slow), "2"])
@pytest.mark.parametrize("whole_group", [pytest.param(True, marks=slow), False])
@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals_that_end(scenario_file, undisturbed, tmp_path, number, exit_code, jobs, whole_group):
    """SIGTERM, which batch systems send before they kill, and SIGHUP end as Ctrl-C does, with exit codes of theirs."""
    process = start(scenario_file, tmp_path, "--jobs", jobs)
    wait_for_parts(process, tmp_path, 1)
    if whole_group:
        kill_group(process, number)
    else:
        os.kill(process.pid, number)
    said = "terminated; finished parts are kept, and the same command resumes from them\n"
    assert finish(process) == (exit_code, "", said)
    assert parts(tmp_path)
    simulate(load_scenario(scenario_file), results=tmp_path)
    assert content(tmp_path) == undisturbed


def test_a_terminal_that_is_closed(scenario_file, undisturbed, tmp_path):
    """Nobody can be told any more: the run ends all the same, no process stays, and what is finished is kept."""
    process, terminal = os.forkpty()
    if not process:
        os.execv(sys.executable, sim_command("run", str(scenario_file), "--results", str(tmp_path), "--jobs", "2"))
    until = time.monotonic() + PATIENCE
    while not parts(tmp_path):
        assert time.monotonic() < until
        time.sleep(0.01)
    workers = children(process)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 129
    while any(alive(worker) for worker in workers):
        assert time.monotonic() < until
        time.sleep(0.01)
    simulate(load_scenario(scenario_file), results=tmp_path)
    assert content(tmp_path) == undisturbed


def test_a_run_that_does_not_hear_of_its_terminal(scenario_file, tmp_path):
    """Below `nohup` SIGHUP stays ignored."""
    ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    process = start(scenario_file, tmp_path, "--jobs", "1", before=ignoring)
    wait_for_parts(process, tmp_path, 1)
    os.kill(process.pid, signal.SIGHUP)
    assert finish(process)[0] == 0


def test_a_killed_worker_is_survived(scenario_file, undisturbed, tmp_path):
    """When one worker dies its chunks are run again by new ones, with the same result."""
    killed = []

    def progress(done: int, _: int) -> None:
        if done and not killed:
            victim = multiprocessing.active_children()[0]
            killed.append(victim.pid)
            os.kill(victim.pid, signal.SIGKILL)

    simulate(load_scenario(scenario_file), jobs=2, results=tmp_path, progress=progress)
    assert killed
    assert content(tmp_path) == undisturbed


@slow
def test_workers_that_keep_dying_end_the_run(scenario_file, undisturbed, tmp_path):
    """After the third broken set of workers the run is given up with one line; what is finished is kept."""
    killed = []

    def progress(done: int, _: int) -> None:
        if done:
            for victim in multiprocessing.active_children():
                killed.append(victim.pid)
                with suppress(ProcessLookupError):  # one that the pool has ended since, because another one died
                    os.kill(victim.pid, signal.SIGKILL)

    scenario = load_scenario(scenario_file)
    with pytest.raises(RunFailed, match=r"worker processes died 3 times .*finished parts are kept"):
        simulate(scenario, jobs=2, results=tmp_path, progress=progress)
    assert len(killed) >= experiment.BROKEN_POOLS
    assert parts(tmp_path)
    assert not locate(tmp_path, scenario).finished
    simulate(scenario, jobs=1, results=tmp_path)
    assert content(tmp_path) == undisturbed


@slow
def test_two_at_once(scenario_file, undisturbed, tmp_path):
    """Two processes that run the same scenario into the same folder both succeed, with the same answer."""
    both = [start(scenario_file, tmp_path, "--jobs", "1") for _ in range(2)]
    ends = [finish(process) for process in both]
    assert [code for code, _, _ in ends] == [0, 0], ends
    assert ends[0][1] == ends[1][1]
    assert content(tmp_path) == undisturbed
    assert len(load_run(folder_of(tmp_path)).parameters) == REPLICATIONS


@pytest.mark.parametrize("moment", ["while a part is written", "before the parameters", "before the folder"])
def test_the_other_process_is_faster(scenario_file, undisturbed, tmp_path, monkeypatch, moment):
    """If another process completes the run at any moment, this one drops its own and shows the other's."""
    scenario = load_scenario(scenario_file)
    write, publish = RunLocation.write, store.publish

    def other() -> None:
        monkeypatch.setattr(RunLocation, "write", write)
        monkeypatch.setattr(store, "publish", publish)
        simulate(scenario, results=tmp_path)

    def write_late(location, numbers, events, summary):
        if numbers.start:
            other()
        write(location, numbers, events, summary)

    def publish_late(location, *rest):
        other()
        if moment == "before the folder":
            location.parts.mkdir(parents=True)
        publish(location, *rest)

    if moment == "while a part is written":
        monkeypatch.setattr(RunLocation, "write", write_late)
    else:
        monkeypatch.setattr(store, "publish", publish_late)
    found = simulate(scenario, results=tmp_path)
    assert found.folder == folder_of(tmp_path)
    assert content(tmp_path) == undisturbed
    assert [path.name for path in tmp_path.iterdir()] == [found.folder.name]
