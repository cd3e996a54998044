"""Disks that are full, folders that cannot be written: exit code 1, one line, and nothing that passes for a result."""

import pytest
from runs import content, parts, run

from sim import load_scenario, simulate

FULL = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))"
"""No file may grow beyond 1,000 bytes: what a full disk or a quota does, without one."""


@pytest.mark.parametrize("jobs", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_a_full_disk(scenario_file, undisturbed, tmp_path, jobs):
    """A write that fails ends the run with one line that names the place; afterwards the same command succeeds."""
    code, out, err = run(scenario_file, tmp_path, "--jobs", jobs, before=FULL)
    assert (code, out) == (1, ""), err
    assert err.count("\n") == 1
    assert err.startswith(str(tmp_path))
    assert "cannot be written: " in err
    assert "None" not in err
    assert not parts(tmp_path)
    assert not list(tmp_path.glob("slow-*"))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    simulate(load_scenario(scenario_file), results=tmp_path)
    assert content(tmp_path) == undisturbed


@pytest.mark.parametrize(
    ("kind", "expected", "message"), [("a file", 2, "is a file"), ("below /proc", 1, "cannot be written")]
)
def test_a_results_folder_that_cannot_be(scenario_file, tmp_path, kind, expected, message):
    """A results folder that cannot be made ends the run with one line that names it."""
    file = tmp_path / "file"
    file.write_text("not a folder")
    place = {"a file": file, "below /proc": "/proc/results"}[kind]
    code, out, err = run(scenario_file, place, "--jobs", "1")
    assert (code, out) == (expected, ""), err
    assert err.count("\n") == 1
    assert err.startswith(str(place))
    assert message in err
    assert file.read_text() == "not a folder"
