"""What-ifs in the background: their progress, shared by all who ask the same, one at a time, and none for nobody."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import contextmanager
from multiprocessing import active_children
from threading import Event
from time import monotonic, sleep

import pytest

from sim.errors import UserError
from sim.results.store import load_run
from sim.view.dashboard import jobs as module
from sim.view.dashboard.jobs import Jobs

PATIENCE = 60.0
"""Seconds after which a test gives up waiting."""


def until(true: Callable[[], object]) -> None:
    """Wait until something is true."""
    end = monotonic() + PATIENCE
    while not true():
        assert monotonic() < end, "waited too long"
        sleep(0.01)


@pytest.fixture
def scenario(small_run):
    """The scenario of the small run."""
    return small_run.scenario


@pytest.fixture
def other(scenario):
    """Another scenario."""
    return scenario.model_copy(update={"name": "other"})


@pytest.fixture
def jobs(tmp_path):
    """What-ifs with one process."""
    made = Jobs(tmp_path, processes=1)
    yield made
    made.close()


@pytest.fixture
def slow(monkeypatch, small_run) -> Event:
    """Runs that give their first part at once, and end when the event is set."""
    go_on = Event()

    class NoProcesses:
        _processes = None

        def submit(self, *_):
            return Future()

        def shutdown(self, **_):
            pass

    @contextmanager
    def no_processes(_):
        yield NoProcesses()

    def growing(scenario, executor, *, progress, **more):
        progress(25, scenario.replications)
        yield small_run
        while not go_on.wait(0.01):
            progress(25, scenario.replications)

    monkeypatch.setattr(module, "processes", no_processes)
    monkeypatch.setattr(module, "simulate_growing", growing)
    return go_on


def test_a_what_if_is_run_and_kept(jobs, scenario, small_run):
    """In the end all replications are stored, with their events; parts are shown before the end."""
    assert jobs.stored(scenario) == ""
    job = jobs.start(scenario)
    assert job.going_on
    assert jobs.of(scenario) is job
    until(lambda: not job.going_on)
    assert (job.status, job.done, job.run.replications) == ("done", 40, 40)
    stored = load_run(jobs.folder / jobs.stored(scenario))
    assert stored.data.identical(small_run.data)
    assert len(stored.events) == len(small_run.events)


def test_who_asks_the_same_shares_it(jobs, scenario, slow):
    """While it runs; who asks for something else waits, and is told so."""
    job = jobs.start(scenario)
    until(lambda: job.run)
    assert (job.status, job.done) == ("running", 25)
    assert jobs.start(scenario.model_copy(update={"title": "Asked in other words"})) is job
    assert jobs.of(scenario) is job


def test_one_runs_at_a_time(jobs, scenario, other, slow):
    """The second waits until the first has ended."""
    first, second = jobs.start(scenario), jobs.start(other)
    until(lambda: first.status == "running")
    assert second.status == "waiting"
    slow.set()
    until(lambda: second.status == "done")
    assert first.status == "done"


def test_it_can_be_cancelled(jobs, scenario, other, slow):
    """At the next look; one that waits never begins; one that nobody asked for is no mistake."""
    first, second = jobs.start(scenario), jobs.start(other)
    until(lambda: first.run)
    jobs.cancel(other)
    jobs.cancel(scenario)
    until(lambda: second.status == "cancelled")
    assert (first.status, second.done) == ("cancelled", 0)
    jobs.cancel(scenario.model_copy(update={"name": "nobody"}))
    again = jobs.start(scenario)
    until(lambda: again.status == "running")


def test_what_nobody_asks_for_any_more_ends(jobs, scenario, slow, monkeypatch):
    """A page that was closed asks no more; its what-if makes room."""
    job = jobs.start(scenario)
    until(lambda: job.status == "running")
    monkeypatch.setattr(module, "TIMEOUT", 0.05)
    until(lambda: job.status == "cancelled")


@pytest.mark.parametrize(
    ("error", "told"), [(UserError("disk full"), "disk full"), (ZeroDivisionError("x"), "ZeroDivisionError: x")]
)
def test_one_that_fails_says_why(jobs, scenario, slow, monkeypatch, error, told):
    """And makes room for the next."""

    def growing(*args, **more):
        raise error
        yield

    monkeypatch.setattr(module, "simulate_growing", growing)
    for _ in range(2):
        job = jobs.start(scenario)
        until(lambda job=job: not job.going_on)
        assert job.status == "failed"
        assert told in job.message


def test_a_worker_that_is_killed_is_one_line(jobs, scenario):
    """Not a hang; new workers run the next what-if, which goes on from what was finished."""
    job = jobs.start(scenario.model_copy(update={"replications": 4000}))
    until(lambda: job.done)
    for process in list(jobs._pool._processes):
        os.kill(process, signal.SIGKILL)
    until(lambda: not job.going_on)
    assert (job.status, job.message.count("\n")) == ("failed", 0)
    assert job.message.startswith("a worker process died")
    again = jobs.start(scenario)
    until(lambda: not again.going_on)
    assert again.status == "done"


def test_workers_stay_and_end_with_the_dashboard(jobs, scenario, other):
    """The second what-if finds those of the first."""
    jobs.warm(scenario)
    until(lambda: jobs._pool)
    [process] = until_started(jobs)
    for one in (scenario, other):
        job = jobs.start(one)
        until(lambda job=job: not job.going_on)
    assert list(jobs._pool._processes) == [process]
    jobs.close()
    until(lambda: process not in [child.pid for child in active_children()])


def until_started(jobs) -> list[int]:
    """The worker processes."""
    until(lambda: jobs._pool._processes)
    return list(jobs._pool._processes)


def test_closing_ends_all(tmp_path, scenario, other, slow):
    """No thread is left."""
    jobs = Jobs(tmp_path, processes=1)
    started = [jobs.start(one) for one in (scenario, other)]
    jobs.close()
    assert {job.status for job in started} == {"cancelled"}


def test_somebody_without_one_has_none(jobs, scenario):
    """Asking is no mistake."""
    assert jobs.of(scenario) is None


def test_so_many_at_a_time_and_no_more(jobs, scenario, slow, monkeypatch):
    """More are refused with a line; when one has ended there is room again."""
    monkeypatch.setattr(module, "MOST", 3)
    named = [scenario.model_copy(update={"name": name}) for name in ("a", "b", "c", "d")]
    first, *_ = [jobs.start(one) for one in named[:3]]
    with pytest.raises(UserError, match=r"^3 what-ifs are running or waiting already; try"):
        jobs.start(named[3])
    assert jobs.of(named[3]) is None
    jobs.cancel(named[0])
    until(lambda: first.status == "cancelled")
    assert jobs.start(named[3]).going_on


def test_what_has_ended_is_not_kept_for_ever(jobs, scenario, slow, monkeypatch):
    """Each takes memory; what was run is on disk."""
    slow.set()
    first = jobs.start(scenario)
    until(lambda: not first.going_on)
    monkeypatch.setattr(module, "TIMEOUT", 0.0)
    jobs.start(scenario.model_copy(update={"name": "other"}))
    assert jobs.of(scenario) is None
