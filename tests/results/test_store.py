"""The results folder: a finished run is found again, and a folder that is not one is refused."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from small_queue import QUEUE, STAGE, queue

from sim import load_run, simulate
from sim.errors import RunFailed, UserError
from sim.experiments import chunks
from sim.experiments import simulate as experiment
from sim.experiments.simulate import simulate_each
from sim.results import store
from sim.results.run import Run
from sim.scenario.schema import Scenario


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    """Two replications in a chunk, so that there are several parts."""
    monkeypatch.setattr(experiment, "CHUNK", 2)


@pytest.fixture
def finished(tmp_path) -> Path:
    """The folder of a finished run."""
    return simulate(queue(), results=tmp_path).folder


def times(folder: Path) -> dict[str, int]:
    """When each file was written."""
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_layout(finished):
    """A run is a folder with a manifest, the parameters, the summary, and the events in parts."""
    files = sorted(str(path.relative_to(finished)) for path in finished.rglob("*") if path.is_file())
    parts = [f"events/part-{n:06d}-{n + 1:06d}.parquet" for n in (0, 2, 4)]
    assert files == [*parts, "manifest.json", "replications.parquet", "summary.npz"]
    manifest = json.loads((finished / "manifest.json").read_text("utf-8"))
    assert sorted(manifest["content"]) == [*parts, "replications.parquet", "summary.npz"]
    assert (manifest["name"], manifest["replications"], manifest["seed"]) == ("queue", 6, 3)
    assert Scenario.model_validate(manifest["scenario"]) == queue()
    assert {"numpy", "simpy", "pandas", "pyarrow", "scipy"} <= set(manifest["versions"])
    assert [path.name for path in finished.parent.iterdir()] == [finished.name]


def test_a_finished_run_is_found(finished, monkeypatch):
    """The same scenario again is read, not run."""
    before = times(finished)
    monkeypatch.setattr(chunks, "replicate", None)
    again = simulate(queue(), results=finished.parent)
    assert again.folder == finished
    assert len(again.parameters) == 6
    assert times(finished) == before


WORDS = [{"title": "T"}, {"description": "D"}, {"question": "Q?"}, {"costs": {"fte_year_eur": 1e5}}]


@pytest.mark.parametrize("changes", WORDS, ids=str)
def test_words_do_not_determine_a_run(changes, tmp_path):
    """Another title, description, question or price is the same run, which says it from then on."""
    folder = simulate(queue(replications=2), results=tmp_path).folder
    before = (folder / "summary.npz").stat().st_mtime_ns, sorted(path.name for path in folder.iterdir())
    again = simulate(queue(replications=2, **changes), results=tmp_path)
    assert again.folder == folder
    for run in (again, load_run(folder)):
        assert getattr(run.scenario, next(iter(changes))) == getattr(queue(**changes), next(iter(changes)))
    assert ((folder / "summary.npz").stat().st_mtime_ns, sorted(path.name for path in folder.iterdir())) == before


def test_a_run_in_a_folder_that_cannot_be_written_is_found(tmp_path, monkeypatch):
    """It keeps the words that it has; the run that is given has the new ones."""
    folder = simulate(queue(replications=2), results=tmp_path).folder

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(store, "whole", full)
    again = simulate(queue(replications=2, title="T"), results=tmp_path)
    assert again.scenario.title == "T"
    assert load_run(folder).scenario.title == "A queue"


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 4},
        {"replications": 7},
        {"horizon": "2025-01-02"},
        {"staffing": {"staff": {"headcount": 3}}},
        {"arrivals": {"cases": QUEUE["arrivals"]["cases"] | {"per_year": 51}}},
        {"probes": {"p": {"stage": "work", "arrives": "2024-02-01"}}},
    ],
    ids=str,
)
def test_settings_determine_a_run(changes):
    """Whatever changes events gives another folder."""
    assert store.digest(queue(**changes)) != store.digest(queue())


CODE = {
    "model/engine.py": True,
    "model/streams.py": True,
    "scenario/distributions.py": True,
    "scenario/checks.py": True,
    "dates.py": True,
    "results/events.py": True,
    "experiments/chunks.py": True,
    "results/summarise.py": True,
    "experiments/simulate.py": False,
    "cli/app.py": False,
    "results/indicators.py": False,
    "view/terminal/run.py": False,
}


@pytest.mark.parametrize(("module", "determines"), CODE.items(), ids=CODE)
def test_code_determines_a_run(tmp_path, monkeypatch, module, determines):
    """Other code of the model, or of how chunks are made, gives another folder; other words on the screen do not."""
    package = tmp_path / "sim"
    shutil.copytree(Path(store.__file__).parents[1], package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(store, "__file__", str(package / "results" / "store.py"))
    before = store.code_digest.__wrapped__()
    with (package / module).open("a") as file:
        file.write("# changed\n")
    assert (store.code_digest.__wrapped__() != before) is determines


@pytest.mark.parametrize("name", ["events/part-000002-000003.parquet", "replications.parquet", "summary.npz"])
@pytest.mark.parametrize("damage", ["missing", "cut", "other"])
def test_damage_is_refused(finished, name, damage):
    """A file that is missing, cut short or replaced by another is told by name, with what to do."""
    path = finished / name
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-10])
    else:
        shutil.copy(finished / "events" / "part-000000-000001.parquet", path)
    with pytest.raises(UserError) as error:
        load_run(finished).events.head()
    assert str(error.value) == f"{path}: is missing or was changed; delete the folder and run again"
    assert error.value.exit_code == 2


@pytest.mark.parametrize("text", ["", "{", "\xff"], ids=repr)
def test_an_unreadable_manifest_is_refused(finished, text):
    """A manifest that is no JSON makes the folder none that holds a run."""
    (finished / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match=r"holds no finished run \(no readable manifest.json\)"):
        load_run(finished)


def test_a_folder_without_a_run_is_refused(tmp_path):
    """A folder that holds no run, or is not there, is told as such."""
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(UserError, match="holds no finished run"):
            load_run(folder)


def test_another_format_is_refused(finished):
    """A folder that another version wrote is told as such."""
    path = finished / "manifest.json"
    path.write_text(path.read_text("utf-8").replace(f'"format": {store.FORMAT}', '"format": 99'), encoding="utf-8")
    with pytest.raises(UserError, match=f"has format 99, not {store.FORMAT}; run it again"):
        load_run(finished)


def test_files_that_do_not_belong_are_not_read(finished):
    """Only what the manifest names is read: neither a part of another run nor a half-written one."""
    expected = load_run(finished).events
    shutil.copy(finished / "events" / "part-000000-000001.parquet", finished / "events" / "part-000006-000007.parquet")
    (finished / "events" / ".part-000008-000009.parquet.123").write_bytes(b"PAR1")
    pd.testing.assert_frame_equal(load_run(finished).events, expected, check_exact=True)


FORKING = {
    "name": "forking",
    "title": "A queue that forks",
    "exits": {"done": "Done"},
    "stages": {
        "ask": STAGE | {"next": {"work": 1}},
        "work": STAGE | {"fork": {"strands": {2: 1}}, "next": {"work": 0.3, "done": "rest"}},
    },
}


@pytest.fixture
def forking(tmp_path) -> Path:
    """The folder of a run in which a probe forks into two strands."""
    probes = {"probe": {"stage": "ask", "arrives": "2024-02-01", "strands": {"a": {}, "b": {}}}}
    return simulate(queue(procedure=FORKING, probes=probes), results=tmp_path).folder


@pytest.mark.parametrize(
    ("case", "family"), [("probe/a", {"probe", "probe/a"}), ("probe", {"probe", "probe/a", "probe/b"})]
)
def test_the_events_of_a_case(forking, case, family):
    """A case comes with the one it forked from, or its strands; stored or not, as the whole event log has them."""
    run = load_run(forking)
    events = run.events.astype({"case": str})
    expected = events[events["case"].isin(family) & (events["replication"] < 3)]
    for given in (run, Run(run.scenario, run.summary, run.read_events)):
        found = store.case_events(given, case, 3).astype({"case": str})
        assert set(found["case"]) == family
        assert sorted(set(found["replication"])) == [0, 1, 2]
        columns = ["replication", "case", "visit", "requested", "entered", "left", "effort_staff"]
        pd.testing.assert_frame_equal(found[columns], expected[columns].reset_index(drop=True), check_exact=True)


def test_the_events_of_a_case_are_read_from_the_parts_asked_for(forking):
    """Parts with later replications are not touched; those that are asked for must be as they were."""
    run = load_run(forking)
    (forking / "events" / "part-000004-000005.parquet").unlink()
    assert store.case_events(run, "probe", 4)["replication"].max() == 3
    with pytest.raises(UserError, match=r"part-000004-000005\.parquet: is missing or was changed"):
        store.case_events(run, "probe", 5)


def test_a_run_without_events_says_so(tmp_path):
    """The points of a sweep have no event log, and no events of a case."""
    [run] = simulate_each([queue()], results=tmp_path)
    assert not store.has_events(run)
    assert store.has_events(simulate(queue()))
    with pytest.raises(UserError, match="stored without its events"):
        store.case_events(run, "cases-1", 2)


def test_an_interrupted_run_goes_on(tmp_path, monkeypatch, finished):
    """What was finished before an interruption is neither run nor written again, and the result is the same."""
    expected = load_run(finished)
    done: list[int] = []

    def interrupt(so_far: int, _: int) -> None:
        if so_far == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(queue(), results=tmp_path / "other", progress=interrupt)
    where = store.place(tmp_path / "other", queue())
    assert (where.parts(), where.finished) == (2, False)
    before = times(where.partial)
    replicate = chunks.replicate
    monkeypatch.setattr(chunks, "replicate", lambda plan, n: done.append(n) or replicate(plan, n))
    found = simulate(queue(), results=tmp_path / "other")
    assert done == [4, 5]
    pd.testing.assert_frame_equal(found.events, expected.events, check_exact=True)
    kept = {name.replace(str(where.partial), str(where.folder)): time for name, time in before.items()}
    parts = {name: time for name, time in kept.items() if name.endswith(".parquet")}
    assert len(parts) == 2
    assert parts.items() <= times(where.folder).items()


def test_an_unfinished_run_is_no_run(tmp_path):
    """An unfinished run is not listed, and its folder is refused."""

    def interrupt(so_far: int, _: int) -> None:
        if so_far == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(queue(), results=tmp_path, progress=interrupt)
    assert store.list_runs(tmp_path) == []
    with pytest.raises(UserError, match="holds no finished run"):
        load_run(store.place(tmp_path, queue()).partial)


def test_finished_runs_are_listed(finished):
    """The finished runs of a results folder are listed with their manifests."""
    simulate(queue(seed=5), results=finished.parent)
    runs = store.list_runs(finished.parent)
    assert len(runs) == 2
    assert {manifest["seed"] for _, manifest in runs} == {3, 5}
    assert store.list_runs(finished.parent / "none") == []


def test_a_run_of_another_version_hides_no_others(finished):
    """It is told by its manifest, and the others are listed; who does not ask to be told gets an error."""
    path = finished.parent / "old-0123" / "manifest.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"format": 1}))
    told = []
    assert [folder for folder, _ in store.list_runs(finished.parent, told.append)] == [finished]
    assert [problem.file for problem in told] == [str(path)]
    with pytest.raises(UserError, match="has format 1"):
        store.list_runs(finished.parent)


@pytest.mark.parametrize("at", ["a part", "the manifest"])
def test_no_space_left(tmp_path, monkeypatch, at):
    """A full disk ends the run with one line, keeps what is finished, and leaves nothing half-written behind."""
    opened = Path.open
    full = OSError(28, "No space left on device", "disk")

    def no_space(path, *arguments, **named):
        if (at == "a part" and path.name.startswith(".part-000004")) or (
            at == "the manifest" and path.name.startswith(".manifest") and "rb+" in arguments
        ):
            raise full
        return opened(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", no_space)
    with pytest.raises(RunFailed, match="cannot be written: No space left on device; finished parts are kept") as error:
        simulate(queue(), results=tmp_path)
    assert error.value.exit_code == 1
    where = store.place(tmp_path, queue())
    assert (where.parts(), where.finished) == (2 if at == "a part" else 3, False)
    assert not list(where.partial.rglob(".*"))
    monkeypatch.undo()
    assert simulate(queue(), results=tmp_path).replications == 6
