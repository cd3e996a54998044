"""What-ifs in the background: their progress, one for each person, some at a time, and none for nobody."""

from collections.abc import Callable
from threading import Event
from time import monotonic, sleep

import pytest

from sim.errors import UserError
from sim.view.dashboard import jobs as module
from sim.view.dashboard.jobs import Jobs

PATIENCE = 30.0
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
def jobs(tmp_path):
    """What-ifs, one at a time, each with one process."""
    made = Jobs(tmp_path, processes=1, at_once=1)
    yield made
    made.close()


@pytest.fixture
def slow(monkeypatch, small_run) -> Event:
    """Runs that give their first part at once, and end when the event is set."""
    go_on = Event()

    def growing(scenario, *, progress, **more):
        progress(25, scenario.replications)
        yield small_run
        while not go_on.wait(0.01):
            progress(25, scenario.replications)

    monkeypatch.setattr(module, "simulate_growing", growing)
    return go_on


def test_a_what_if_is_run_and_kept(jobs, scenario, tmp_path):
    """In the end all replications are there, and the next time they are there at once."""
    assert jobs.start("ann", scenario, "base").going_on
    until(lambda: not jobs.of("ann").going_on)
    found = jobs.of("ann")
    assert (found.status, found.done, found.run.replications) == ("done", 40, 40)
    assert list((tmp_path / module.FOLDER).glob("small-*/manifest.json"))
    again = jobs.start("bob", scenario, "base")
    until(lambda: not jobs.of("bob").going_on)
    assert jobs.of("bob").number == again.number > found.number
    assert jobs.of("bob").run.data.identical(found.run.data)


def test_parts_are_shown_before_the_end(jobs, scenario, slow):
    """Progress and the run so far can be had while it goes on."""
    jobs.start("ann", scenario, "base")
    until(lambda: jobs.of("ann").run)
    found = jobs.of("ann")
    assert (found.status, found.done, found.total) == ("running", 25, 40)
    slow.set()
    until(lambda: jobs.of("ann").status == "done")
    assert jobs.of("ann").done == 40


def test_it_can_be_cancelled(jobs, scenario, slow):
    """At the next look."""
    jobs.start("ann", scenario, "base")
    until(lambda: jobs.of("ann").run)
    jobs.cancel("ann")
    until(lambda: jobs.of("ann").status == "cancelled")
    assert jobs.of("ann").done < jobs.of("ann").total
    jobs.cancel("nobody")
    assert jobs.of("nobody") is None


def test_two_people_wait_for_one_place(jobs, scenario, slow):
    """The second waits, is told so, and begins when the first is done; each sees their own."""
    jobs.start("ann", scenario, "base")
    until(lambda: jobs.of("ann").status == "running")
    jobs.start("bob", scenario.model_copy(update={"name": "other"}), "base")
    assert jobs.of("bob").status == "waiting"
    jobs.cancel("ann")
    until(lambda: jobs.of("bob").status == "running")
    assert jobs.of("ann").scenario.name == "small"
    assert jobs.of("bob").scenario.name == "other"


def test_one_that_waits_can_be_cancelled(jobs, scenario, slow):
    """It never begins, and takes nobody's place."""
    jobs.start("ann", scenario, "base")
    until(lambda: jobs.of("ann").status == "running")
    jobs.start("bob", scenario, "base")
    jobs.cancel("bob")
    until(lambda: jobs.of("bob").status == "cancelled")
    slow.set()
    until(lambda: jobs.of("ann").status == "done")
    assert (jobs.of("bob").status, jobs.of("bob").done) == ("cancelled", 0)


def test_a_new_one_takes_the_place_of_the_old(jobs, scenario, slow):
    """One person has one at a time."""
    jobs.start("ann", scenario, "base")
    until(lambda: jobs.of("ann").status == "running")
    jobs.start("ann", scenario.model_copy(update={"name": "other"}), "base")
    until(lambda: jobs.of("ann").status == "running")
    assert jobs.of("ann").scenario.name == "other"


def test_what_nobody_asks_for_any_more_ends(jobs, scenario, slow, monkeypatch):
    """A page that was closed asks no more; its what-if makes room."""
    jobs.start("ann", scenario, "base")
    until(lambda: jobs.of("ann").status == "running")
    monkeypatch.setattr(module, "TIMEOUT", 0.05)
    job = jobs._jobs["ann"]
    until(lambda: job.progress.status != "running")
    assert job.progress.status == "cancelled"


@pytest.mark.parametrize(
    ("error", "told"), [(UserError("disk full"), "disk full"), (ZeroDivisionError("x"), "ZeroDivisionError: x")]
)
def test_one_that_fails_says_why(jobs, scenario, monkeypatch, error, told):
    """And makes room for the next."""

    def growing(*args, **more):
        raise error
        yield

    monkeypatch.setattr(module, "simulate_growing", growing)
    for _ in range(2):
        jobs.start("ann", scenario, "base")
        until(lambda: jobs.of("ann").status == "failed")
        assert jobs.of("ann").message == told


def test_closing_ends_all(tmp_path, scenario, slow):
    """No thread is left."""
    jobs = Jobs(tmp_path, processes=1, at_once=1)
    for session in ("ann", "bob"):
        jobs.start(session, scenario, "base")
    jobs.close()
    assert {jobs.of(session).status for session in ("ann", "bob")} == {"cancelled"}


def test_somebody_without_one_has_none(jobs):
    """Asking is no mistake."""
    assert jobs.of("ann") is None


def test_so_many_at_a_time_and_no_more(jobs, scenario, slow, monkeypatch):
    """More are refused with a line; when one has ended there is room again."""
    monkeypatch.setattr(module, "MOST", 3)
    for session in ("ann", "bob", "cid"):
        jobs.start(session, scenario, "base")
    for _ in range(5):
        with pytest.raises(UserError, match=r"^3 what-ifs are running or waiting already; try"):
            jobs.start("dan", scenario, "base")
    assert jobs.of("dan") is None
    jobs.cancel("bob")
    until(lambda: jobs.of("bob").status == "cancelled" and len([one for one in jobs._threads if one.is_alive()]) < 3)
    assert jobs.start("dan", scenario, "base").going_on


def test_what_has_ended_is_not_kept_for_ever(jobs, scenario, monkeypatch):
    """Only the last ones: each takes memory."""
    monkeypatch.setattr(module, "KEPT", 3)
    monkeypatch.setattr(module, "simulate_growing", lambda *_, **more: iter(()))
    for number in range(6):
        jobs.start(str(number), scenario, "base")
        until(lambda number=number: not jobs.of(str(number)).going_on)
    assert [number for number in range(6) if jobs.of(str(number))] == [3, 4, 5]
