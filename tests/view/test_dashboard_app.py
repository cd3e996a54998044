"""The application without a browser: the runs that it has, what it makes ahead, its pages, and how it is served."""

import json
import shutil
import socket
import subprocess
import sys
from io import BytesIO

import pytest
from sim.results.slices import FOLDER, all_kept

from sim.cli import app as command
from sim.errors import UserError
from sim.view.dashboard import ahead, app, panels
from sim.view.dashboard.address import TABS, State
from sim.view.dashboard.downloads import excel, file_of
from sim.view.dashboard.jobs import Jobs
from sim.view.dashboard.library import Kept, Library
from sim.view.dashboard.tabs import OF_ONE_RUN, View, pictures


@pytest.fixture
def results(small_run, tmp_path):
    """A results folder with the small run."""
    folder = tmp_path / "results"
    shutil.copytree(small_run.folder, folder / small_run.folder.name)
    return folder


@pytest.fixture
def library(results):
    """The library of that folder."""
    made = Library(results)
    yield made
    made.helper.close()


@pytest.fixture
def name(small_run) -> str:
    """The name of the small run."""
    return small_run.folder.name


def test_runs_are_called_as_people_call_them(library, name, results, small_run):
    """By title and replications; two that would be called the same have their hash too."""
    assert library.labels() == {name: "A small authority · 40 replications"}
    shutil.copytree(small_run.folder, results / "small-abc")
    assert set(library.labels().values()) == {
        f"A small authority · 40 replications · {name.rpartition('-')[2]}",
        "A small authority · 40 replications · abc",
    }


def test_what_is_no_run_is_left_out(library, results, name):
    """Of another version, without events, or unreadable: it is not offered; unless it was asked for by name."""
    manifest = json.loads((results / name / "manifest.json").read_text())
    for place, text in {
        "old": json.dumps(manifest | {"format": 0}),
        "point": json.dumps(manifest | {"content": {}}),
        "broken": "{",
    }.items():
        (results / place).mkdir()
        (results / place / "manifest.json").write_text(text)
    assert list(library.labels()) == [name]
    assert list(Library(results, [results / "old"]).labels()) == ["old", name]
    with pytest.raises(UserError, match="format 0"):
        Library(results, [results / "old"]).run("old")


def test_slices_are_made_in_the_background(library, name):
    """Whoever asks is not held up; then they are there."""
    assert not library.sliced(name)
    library.making(name).result()
    assert library.sliced(name)
    assert all_kept(library.run(name))
    assert library.slice(name, "Agora").summary.total("incoming").sum() > 0
    assert Library(library.results).sliced(name)


def test_slices_that_cannot_be_kept_are_told(library, name, results):
    """One line says where the folder is."""
    (results / FOLDER).write_text("in the way")
    library.making(name).exception()
    with pytest.raises(UserError, match=r"\.slices: cannot be written"):
        library.sliced(name)


def test_memory_is_bounded():
    """What was used longest ago goes first."""
    kept = Kept(2)
    made: list[int] = []
    for key in (1, 2, 1, 3, 1, 2):
        kept.get(key, lambda key=key: made.append(key) or key)
    assert made == [1, 2, 3, 2]
    assert len(kept.all()) == 2


def test_pictures_are_made_once_and_ahead(library, name, monkeypatch):
    """A filter by platform is answered from what was made before, and nothing is computed."""
    library.making(name).result()
    for key, value in ahead.made_ahead(library.folder(name), "Babel", None):
        library.made.put(key, value)
    monkeypatch.setattr("sim.view.dashboard.tabs.shown", None)
    monkeypatch.setattr("sim.view.dashboard.panels.findings", None)
    for tab in OF_ONE_RUN:
        assert panels.content(View(State(runs=(name,), tab=tab, platform="Babel"), library)), tab


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("platform", ["", "Agora"])
def test_every_tab_shows_something(library, name, tab, platform):
    """Pictures or words; those of a platform say that they are."""
    library.making(name).result()
    view = View(State(runs=(name,), tab=tab, platform=platform, case="babel-2023-09"), library)
    assert panels.content(view)
    of_platform = [one.picture for one in pictures(view)]
    assert all(platform in one.subtitle for one in of_platform)
    assert len({one.name for one in of_platform}) == len(of_platform)


def test_a_bare_run_is_shown_too(bare_run):
    """No probes, no targets, nothing uncertain: the tabs have less to show."""
    library = Library(bare_run.folder.parent)
    for tab in TABS:
        assert panels.content(View(State(runs=(bare_run.folder.name,), tab=tab), library)), tab


def test_the_data_of_a_picture_as_files(library, name):
    """CSV and Excel hold the table; the Excel file says what it is of."""
    import pandas as pd

    [found, *_] = [one.picture for one in pictures(View(State(runs=(name,), tab="caseload"), library))]
    csv = file_of(found, "csv")
    assert csv["filename"] == f"{found.name}.csv"
    assert csv["content"].splitlines()[0] == ",".join(map(str, found.table.columns))
    assert file_of(found, "xlsx")["base64"]
    book = pd.read_excel(BytesIO(excel(found)), sheet_name=None)
    assert len(book["data"]) == len(found.table)
    assert found.title in list(book["about"].columns)


def test_the_page_asks_nothing_of_others(library, tmp_path):
    """All scripts and styles come from here, the page says its language, and nothing is in debug mode."""
    made = app.make_app(library, Jobs(tmp_path, 1, 1), tmp_path, ahead.Ahead(library))
    client = made.server.test_client()
    page = client.get("/").text
    assert '<html lang="en">' in page
    assert "http://" not in page
    assert "https://" not in page
    assert client.get("/_dash-layout").status_code == 200
    assert not made.server.debug


def test_a_port_that_is_taken_is_told(library, tmp_path):
    """One line, with what to do."""
    jobs = Jobs(tmp_path, 1, 1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f"127.0.0.1:{port}: cannot be served from: something else is served there"):
            app.serve(app.make_app(library, jobs, tmp_path, ahead.Ahead(library)), (jobs,), "127.0.0.1", port, print)
    with pytest.raises(UserError, match="cannot be served from"):
        app.serve(
            app.make_app(library, jobs, tmp_path, ahead.Ahead(library)), (jobs,), "no.such.host.invalid", 0, print
        )


def test_without_its_packages_one_line_says_which(monkeypatch):
    """Not a traceback."""
    monkeypatch.setattr("sim.cli.dashboard.NEEDED", ("no_such_package",))
    with pytest.raises(UserError, match="pip install"):
        command(["dashboard"], standalone_mode=False)


def test_a_run_that_is_none_is_told(tmp_path):
    """Before anything is served."""
    with pytest.raises(UserError, match=r"nothing: holds no finished run"):
        command(["dashboard", "nothing", "--results", str(tmp_path)], standalone_mode=False)


def test_ctrl_c_ends_it_quietly(results, name):
    """The address is printed, others' access is warned of, and nothing else is said; no process is left."""
    import signal

    start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from sim.cli import main; main()"
    call = ["dashboard", name, "--results", str(results), "--port", "0", "--host", "0.0.0.0"]
    process = subprocess.Popen([sys.executable, "-c", start, *call], stderr=subprocess.PIPE, text=True)
    assert process.stderr.readline().startswith("warning: 0.0.0.0 can be reached by others")
    assert process.stderr.readline().startswith("http://0.0.0.0:")
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=30)
    assert (rest, process.returncode) == ("", 0)
