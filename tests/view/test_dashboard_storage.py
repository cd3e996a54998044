"""What-ifs on disk: the newest stay, older ones go, and never one that is in use or was a moment ago."""

import os
from time import time

import pytest

from sim.view.dashboard import storage
from sim.view.dashboard.jobs import Jobs


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Five stored what-ifs, `a` the oldest, of which two may stay; the last was left unfinished."""
    monkeypatch.setattr(storage, "KEPT", 2)
    for age, name in enumerate(["a", "b", "c", "d", ".e.partial"]):
        made = tmp_path / name / "parts" if name == ".e.partial" else tmp_path / name
        made.mkdir(parents=True)
        (made / "summary.npz").write_text("bytes")
        for one in (made, tmp_path / name):
            _age(one, 10_000 - 1000 * age)
    return tmp_path


def _age(path, seconds):
    os.utime(path, (time() - seconds,) * 2)


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_newest_stay(folder):
    """Finished or not; and what a killed dashboard had begun to remove goes."""
    (folder / ".removed-1" / "events").mkdir(parents=True)
    (folder / "a-file").touch()
    storage.remove_older(folder)
    assert _names(folder) == [".e.partial", "a-file", "d"]


def test_one_that_is_asked_for_again_is_the_newest(folder):
    """It counts when a what-if was used, not when it was made."""
    storage.use(folder / "a")
    storage.remove_older(folder)
    assert _names(folder) == [".e.partial", "a"]


def test_what_is_in_use_stays(folder):
    """Of this dashboard by name; of others because it is recent, also if only its parts are."""
    _age(folder / "b", 60)
    _age(folder / "d", 9000)
    _age(folder / ".e.partial" / "parts", 10)
    _age(folder / "c", 5)
    storage.remove_older(folder, [folder / "a"])
    assert _names(folder) == [".e.partial", "a", "b", "c"]


def test_without_a_folder_nothing_happens(tmp_path):
    """As before the first what-if, or where nothing can be stored."""
    storage.remove_older(tmp_path / "none")
    storage.use(tmp_path / "none")
    assert _names(tmp_path) == []


def test_the_dashboard_removes_old_ones(small_run, tmp_path, monkeypatch):
    """When a what-if has ended; the one that has just ended stays."""
    monkeypatch.setattr(storage, "KEPT", 1)
    old = tmp_path / storage.FOLDER / "old-abc"
    old.mkdir(parents=True)
    _age(old, 10_000)
    jobs = Jobs(tmp_path, processes=1)
    job = jobs.start(small_run.scenario)
    jobs._queue.shutdown()
    jobs.close()
    assert job.status == "done"
    assert [path.name for path in old.parent.iterdir()] == [job.run.folder.name]
