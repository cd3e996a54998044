"""Stored runs that were damaged, changed or cut short: told in one line, and never shown as results."""

import json
import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from small_queue import queue

from sim import load_run, simulate
from sim.errors import UserError
from sim.experiments import chunks
from sim.experiments import simulate as experiment
from sim.results import store
from sim.results.location import file_hash, locate
from sim.results.manifest import sealed, write_manifest
from sim.results.summary import from_bytes, to_bytes


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    """Two replications in a chunk, so that there are several."""
    monkeypatch.setattr(experiment, "CHUNK", 2)


@pytest.fixture
def finished(tmp_path) -> Path:
    """The folder of a finished run."""
    return simulate(queue(), results=tmp_path).folder


def changed(folder: Path, **changes: object) -> str:
    """The manifest as JSON with something changed by hand; None: without it."""
    content = json.loads((folder / "manifest.json").read_text("utf-8")) | changes
    return json.dumps({name: value for name, value in content.items() if value is not None})


def more_staff(folder: Path) -> dict:
    """The scenario of a run with one more person."""
    scenario = json.loads((folder / "manifest.json").read_text("utf-8"))["scenario"]
    return scenario | {"staffing": {"staff": scenario["staffing"]["staff"] | {"headcount": 3}}}


NO_MANIFEST = "/manifest.json: is not the manifest of a run; delete the folder and run again"
UNREADABLE = ": holds no finished run (no readable manifest.json); delete the folder and run again"
CHANGED = "/manifest.json: was changed since the run was stored; delete the folder and run again"
MANIFESTS = {
    "a list": (lambda folder: "[]", NO_MANIFEST),
    "null": (lambda folder: "null", NO_MANIFEST),
    "text": (lambda folder: '"manifest"', NO_MANIFEST),
    "nothing in it": (lambda folder: "{}", NO_MANIFEST),
    "no number as its format": (lambda folder: changed(folder, format=[6]), NO_MANIFEST),
    "very deep": (lambda folder: "[" * 100_000, UNREADABLE),
    "a key missing": (lambda folder: changed(folder, seed=None), "/manifest.json: seed: is missing; delete the"),
    "another type": (
        lambda folder: changed(folder, replications="6"),
        "/manifest.json: replications: must be a whole number, not '6'; delete the folder and run again",
    ),
    "no replications": (
        lambda folder: changed(folder, replications=0),
        "/manifest.json: replications: must be at least 1, not 0; delete the folder and run again",
    ),
    "an unknown key": (lambda folder: changed(folder, more=1), "/manifest.json: more: "),
    "a scenario that is none": (lambda folder: changed(folder, scenario=[]), "/manifest.json: scenario: must be a map"),
    "a file elsewhere": (lambda folder: changed(folder, content={"../../x.npz": "0"}), "/manifest.json: content.../"),
    "another headcount": (lambda folder: changed(folder, scenario=more_staff(folder)), CHANGED),
    "another seed": (lambda folder: changed(folder, seed=4), CHANGED),
    "another title": (lambda folder: changed(folder, name="other"), CHANGED),
    "a hash": (lambda folder: changed(folder, content={"summary.npz": "0"}), CHANGED),
}


@pytest.mark.parametrize(("make", "message"), MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_is_none_is_told(finished, make, message):
    """In one line with the file and what to do, by all that read it; the runs beside it are listed as ever."""
    folder = shutil.copytree(finished, finished.with_name("damaged"))
    (folder / "manifest.json").write_text(make(folder), encoding="utf-8")
    with pytest.raises(UserError) as error:
        load_run(folder)
    assert str(error.value).startswith(f"{folder}{message}")
    assert "\n" not in str(error.value)
    told = []
    assert [path for path, _ in store.list_runs(finished.parent, told.append)] == [finished]
    assert [str(problem) for problem in told] == [str(error.value)]


def test_a_manifest_written_in_another_way_is_the_same(finished):
    """Blanks and line breaks mean nothing."""
    path = finished / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")), indent=4), encoding="utf-8")
    assert load_run(finished).replications == 6


def with_summary(folder: Path, content: bytes) -> None:
    """Replace the summary of a run, with a manifest that has the hash of the new one."""
    (folder / "summary.npz").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["content"]["summary.npz"] = file_hash(folder / "summary.npz")
    write_manifest(folder, sealed(manifest))


def pickled() -> bytes:
    """An array of objects, which numpy can store in no other way."""
    buffer = BytesIO()
    np.savez(buffer, **{"pending_start": np.array([{}], dtype=object)})
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no summary of a run"),
        (b"PK\x05\x06" + bytes(18), "is no summary of a run"),
        (b"no archive", "is no summary of a run"),
        (pickled(), "is no summary of a run (Object arrays cannot be loaded when allow_pickle=False)"),
    ],
    ids=["empty", "empty archive", "no archive", "pickled"],
)
def test_a_summary_that_is_none_is_told(finished, content, message):
    """Even if its hash is that of the manifest."""
    with_summary(finished, content)
    with pytest.raises(UserError) as error:
        load_run(finished)
    assert str(error.value).startswith(f"{finished}/summary.npz: {message}")
    assert str(error.value).endswith("; delete the folder and run again")


def test_a_summary_of_other_shapes_is_told(finished):
    """Of other replications, of other stages, or of text where numbers belong."""
    arrays = from_bytes((finished / "summary.npz").read_bytes())
    for name, other, shapes in (
        ("fines", arrays["fines"][:5], r"\(5,\) and not \(6,\)"),
        ("entered", np.repeat(arrays["entered"], 2, axis=1), r"\(6, 2\) and not \(6, 1\)"),
        ("duration_end", arrays["duration_end"][:-1], r"\(\d+,\) and not \(\d+,\)"),
    ):
        with_summary(finished, to_bytes(arrays | {name: other}))
        with pytest.raises(UserError, match=f"is not of this scenario: {name} has the shape {shapes}; delete the"):
            load_run(finished)
    with_summary(finished, to_bytes(arrays | {"fines": np.array(["a"] * 6)}))
    with pytest.raises(UserError, match="is not of this scenario: fines"):
        load_run(finished)


def test_events_that_go_while_they_are_read_are_told(finished):
    """After they were checked, too."""
    run = load_run(finished)
    run.read_events(None)
    path = next((finished / "events").iterdir())
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match=r"parquet: cannot be read \(.*\); delete the folder and run again$"):
        run.read_events(None)


def interrupted(done: int, _: int) -> None:
    """Ends a run after its second part."""
    if done == 4:
        raise KeyboardInterrupt


@pytest.mark.parametrize("suffix", [".npz", ".parquet", ".json"])
@pytest.mark.parametrize("damage", ["missing", "cut", "other"])
def test_a_damaged_part_is_run_again(tmp_path, monkeypatch, finished, suffix, damage):
    """A part of an unfinished run that is not as it was written counts as missing."""
    expected = file_hash(finished / "summary.npz")
    with pytest.raises(KeyboardInterrupt):
        simulate(queue(), results=tmp_path / "other", progress=interrupted)
    location = locate(tmp_path / "other", queue())
    path = location.parts / f"part-000000-000001{suffix}"
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-10] if damage == "cut" else path.read_bytes().replace(b"00", b"01") + b" ")
    assert locate(tmp_path / "other", queue()).count_parts() == 1
    done: list[int] = []
    replicate = chunks.replicate
    monkeypatch.setattr(chunks, "replicate", lambda plan, n: done.append(n) or replicate(plan, n))
    run = simulate(queue(), results=tmp_path / "other")
    assert done == [0, 1, 4, 5]
    assert file_hash(run.folder / "summary.npz") == expected


def test_what_killed_processes_leave_is_cleared_away(finished):
    """Killed between giving the run its name and clearing up, or while words were stored; by the next call."""
    (finished / "parts").mkdir()
    (finished / "parts" / "part-000000-000001.npz").write_bytes(b"PK")
    (finished / ".manifest.json.99999.0a").write_text("{")
    (finished / "events" / ".000000-000005.parquet.99999.0a").write_bytes(b"PAR1")
    location = locate(finished.parent, queue())
    location.prepare()  # of a process that was slower, and killed
    simulate(queue(), results=finished.parent)
    names = sorted(str(path.relative_to(finished.parent)) for path in finished.parent.rglob("*") if path.is_file())
    assert names == [
        f"{finished.name}/{name}" for name in ("events/000000-000005.parquet", "manifest.json", "summary.npz")
    ]
    assert not (finished / "parts").exists()


def test_a_folder_in_the_way_is_told_before_anything_runs(finished, monkeypatch):
    """What is left of a run without its manifest is not one, and is not replaced unasked."""
    (finished / "manifest.json").unlink()
    monkeypatch.setattr(chunks, "replicate", None)
    with pytest.raises(UserError) as error:
        simulate(queue(), results=finished.parent)
    message = "holds no finished run, and stands where one belongs; delete it and run again"
    assert str(error.value) == f"{finished}: {message}"
