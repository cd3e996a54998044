"""The results folder: a finished run is found again, and a folder that is not one is refused."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from pyarrow.parquet import ParquetFile
from small_queue import QUEUE, STAGE, queue

from sim import load_run, simulate
from sim.errors import RunFailed, UserError
from sim.experiments import chunks
from sim.experiments import simulate as experiment
from sim.experiments.simulate import simulate_each
from sim.results import identity, manifest, store
from sim.results.location import locate
from sim.scenario.schema import Scenario


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    """Two replications in a chunk, four in a file of events, so that there are several."""
    monkeypatch.setattr(experiment, "CHUNK", 2)
    monkeypatch.setattr(store, "AT_ONCE", 4)


@pytest.fixture
def finished(tmp_path) -> Path:
    """The folder of a finished run."""
    return simulate(queue(), results=tmp_path).folder


def times(folder: Path) -> dict[str, int]:
    """When each file was written."""
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


EVENTS = ["events/000000-000003.parquet", "events/000004-000005.parquet"]


def test_layout(finished):
    """A run is a folder with a manifest, the summary, and the events in files."""
    files = sorted(str(path.relative_to(finished)) for path in finished.rglob("*") if path.is_file())
    assert files == [*EVENTS, "manifest.json", "summary.npz"]
    assert [path.name for path in finished.iterdir() if path.is_dir()] == ["events"]
    manifest = json.loads((finished / "manifest.json").read_text("utf-8"))
    assert sorted(manifest["content"]) == [*EVENTS, "summary.npz"]
    assert (manifest["name"], manifest["replications"], manifest["seed"]) == ("queue", 6, 3)
    assert Scenario.model_validate(manifest["scenario"]) == queue()
    assert {"numpy", "simpy", "pandas", "pyarrow", "scipy"} <= set(manifest["versions"])
    assert [path.name for path in finished.parent.iterdir()] == [finished.name]


def shared(**changes: object) -> Scenario:
    """A queue of cases on several platforms, whose names are not in the order in which cases come."""
    arrivals = QUEUE["arrivals"]["cases"] | {"platforms": {"Zeta": 1, "Agora": 2, "Babel;Agora": 1}}
    return queue(arrivals={"cases": arrivals}, **changes)


def test_events_are_read_back_as_they_were(tmp_path):
    """Sorted by platform in the file, read in the order of the log: equal to those of a run that was not stored."""
    stored, expected = simulate(shared(), results=tmp_path), simulate(shared())
    for run in (stored, load_run(stored.folder)):
        events = run.events
        assert list(events.columns) == list(expected.events.columns)
        for name in events.columns:
            assert events[name].tolist() == pytest.approx(expected.events[name].tolist(), abs=0, nan_ok=True), name
        assert events["replication"].is_monotonic_increasing
        pd.testing.assert_frame_equal(run.summary(), expected.summary(), check_exact=True)


def test_events_are_sorted_by_platform_in_their_file(tmp_path):
    """Each platform has row groups of its own, so that the rows of one are read without those of the others."""
    folder = simulate(shared(), results=tmp_path).folder
    for name in EVENTS:
        file = ParquetFile(folder / name)
        groups = [file.read_row_group(n, ["platform"])["platform"].to_pylist() for n in range(file.num_row_groups)]
        assert [len(set(group)) for group in groups] == [1, 1, 1]
        assert len({group[0] for group in groups}) == 3


def test_a_run_without_any_case_is_stored(tmp_path):
    """Nothing came: the event log is empty, and is read as such."""
    run = simulate(queue(arrivals={}, probes={}, replications=2), results=tmp_path)
    assert len(load_run(run.folder).events) == 0
    assert not load_run(run.folder).data["visits"].any()


def test_a_finished_run_is_found(finished, monkeypatch):
    """The same scenario again is read, not run."""
    before = times(finished)
    monkeypatch.setattr(chunks, "replicate", None)
    again = simulate(queue(), results=finished.parent)
    assert again.folder == finished
    assert again.replications == 6
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

    monkeypatch.setattr(manifest, "atomic_write", full)
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
    assert identity.digest(queue(**changes)) != identity.digest(queue())


CODE = {
    "model/engine.py": True,
    "model/streams.py": True,
    "scenario/distributions.py": True,
    "scenario/checks.py": True,
    "dates.py": True,
    "results/events.py": True,
    "experiments/chunks.py": True,
    "results/summarise.py": True,
    "results/summary.py": True,
    "experiments/simulate.py": False,
    "cli/app.py": False,
    "results/catalogue.py": False,
    "results/survival.py": False,
    "view/terminal/run.py": False,
}


@pytest.mark.parametrize(("module", "determines"), CODE.items(), ids=CODE)
def test_code_determines_a_run(tmp_path, monkeypatch, module, determines):
    """Other code of the model, or of how chunks are made, gives another folder; other words on the screen do not."""
    package = tmp_path / "sim"
    shutil.copytree(Path(identity.__file__).parents[1], package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(identity, "PACKAGE", package)
    before, judging = identity.code_digest.__wrapped__(), identity.judging_digest.__wrapped__()
    with (package / module).open("a") as file:
        file.write("# changed\n")
    assert (identity.code_digest.__wrapped__() != before) is determines
    assert (identity.judging_digest.__wrapped__() != judging) is (module in identity.JUDGING)


@pytest.mark.parametrize("name", [EVENTS[1], "summary.npz"])
@pytest.mark.parametrize("damage", ["missing", "cut", "other"])
def test_damage_is_refused(finished, name, damage):
    """A file that is missing, cut short or replaced by another is named, with what to do."""
    path = finished / name
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-10])
    else:
        shutil.copy(finished / EVENTS[0], path)
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
    path.write_text(path.read_text("utf-8").replace(f'"format": {identity.FORMAT}', '"format": 99'), encoding="utf-8")
    with pytest.raises(UserError, match=f"has format 99, not {identity.FORMAT}; run it again"):
        load_run(finished)


def test_files_that_do_not_belong_are_not_read(finished):
    """Only what the manifest names is read: neither a part of another run nor a half-written one."""
    expected = load_run(finished).events
    shutil.copy(finished / EVENTS[0], finished / "events" / "000006-000007.parquet")
    (finished / "events" / ".000008-000009.parquet.123").write_bytes(b"PAR1")
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
    for given in (run, run.in_memory(), simulate(run.scenario)):
        found = given.case_events(case, 3).astype({"case": str})
        assert set(found["case"]) == family
        assert sorted(set(found["replication"])) == [0, 1, 2]
        columns = ["replication", "case", "visit", "requested", "entered", "left", "effort_staff"]
        pd.testing.assert_frame_equal(found[columns], expected[columns].reset_index(drop=True), check_exact=True)


def test_a_run_without_events_says_so(tmp_path):
    """The points of a sweep have no event log, and no events of a case."""
    [run] = simulate_each([queue()], results=tmp_path)
    assert not store.has_events(run)
    assert store.has_events(simulate(queue()))
    with pytest.raises(UserError, match="stored without its events"):
        run.case_events("cases-1", 2)


def test_an_interrupted_run_goes_on(tmp_path, monkeypatch, finished):
    """What was finished before an interruption is not run again, and the result is the same."""
    expected = load_run(finished)
    done: list[int] = []

    def interrupt(so_far: int, _: int) -> None:
        if so_far == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(queue(), results=tmp_path / "other", progress=interrupt)
    location = locate(tmp_path / "other", queue())
    assert (location.count_parts(), location.finished) == (2, False)
    replicate = chunks.replicate
    monkeypatch.setattr(chunks, "replicate", lambda plan, n: done.append(n) or replicate(plan, n))
    found = simulate(queue(), results=tmp_path / "other")
    assert done == [4, 5]
    pd.testing.assert_frame_equal(found.events, expected.events, check_exact=True)
    assert (load_run(found.folder).arrays["days"] == expected.arrays["days"]).all()
    assert not location.partial.exists()
    assert not (found.folder / "parts").exists()


def test_an_unfinished_run_is_no_run(tmp_path):
    """An unfinished run is not listed, and its folder is refused."""

    def interrupt(so_far: int, _: int) -> None:
        if so_far == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(queue(), results=tmp_path, progress=interrupt)
    assert store.list_runs(tmp_path) == []
    with pytest.raises(UserError, match="holds no finished run"):
        load_run(locate(tmp_path, queue()).partial)


def test_finished_runs_are_listed(finished):
    """The finished runs of a results folder are listed with their manifests."""
    simulate(queue(seed=5), results=finished.parent)
    runs = store.list_runs(finished.parent)
    assert len(runs) == 2
    assert {stored.seed for _, stored in runs} == {3, 5}
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
    location = locate(tmp_path, queue())
    assert (location.count_parts(), location.finished) == (2 if at == "a part" else 3, False)
    assert not list(location.partial.rglob(".*"))
    monkeypatch.undo()
    assert simulate(queue(), results=tmp_path).replications == 6
