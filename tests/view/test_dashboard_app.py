"""The application without a browser: its runs, what it holds in memory, its pages, and how it is served."""

import json
import os
import shutil
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from io import BytesIO
from time import sleep

import pytest
from processes import CATCH_SIGINT, sim_command
from small_scenarios import BARE

from sim import simulate
from sim.cli import app as command
from sim.errors import UserError
from sim.results.manifest import sealed, write_manifest
from sim.results.summary import HEADLINE
from sim.view.dashboard import app
from sim.view.dashboard.address import TABS, ViewState
from sim.view.dashboard.baseline import Stored, first_shown
from sim.view.dashboard.cache import LRUCache, RunCache
from sim.view.dashboard.downloads import excel, file_of
from sim.view.dashboard.jobs import Jobs
from sim.view.dashboard.tabs import View, tab_of
from sim.view.figures import caseload
from sim.view.figures.files import made_by, write_figures


@pytest.fixture
def results(small_run, tmp_path):
    """A results folder with the small run."""
    folder = tmp_path / "results"
    shutil.copytree(small_run.folder, folder / small_run.folder.name)
    return folder


@pytest.fixture
def cache(results):
    """The runs of that folder."""
    return RunCache(results)


@pytest.fixture
def name(small_run) -> str:
    """The name of the small run."""
    return small_run.folder.name


def test_runs_are_called_as_people_call_them(cache, name, results, small_run):
    """By title and simulations; those called the same by when they were made, copies of one by their hash too."""
    assert cache.labels() == {name: "A small authority · 40 simulations"}
    for folder, day in ((name, 5), ("small-abc", 5), ("small-later", 6)):
        if folder != name:
            shutil.copytree(small_run.folder, results / folder)
        made = datetime(2026, 10, day, 14, 3).timestamp()
        os.utime(results / folder / "manifest.json", (made, made))
    assert cache.labels() == {
        name: f"A small authority · 5 October 2026, 14:03 · 40 simulations · {name.rpartition('-')[2]}",
        "small-abc": "A small authority · 5 October 2026, 14:03 · 40 simulations · abc",
        "small-later": "A small authority · 6 October 2026, 14:03 · 40 simulations",
    }


@pytest.mark.parametrize("known", [True, False])
def test_the_page_opens_on_the_scenario_that_others_extend(tmp_path, known):
    """On its newest run, though others are newer; from where the scenario files are not known, too."""
    files = {"base": ["base.yaml"], "more": ["base.yaml", "more.yaml"], "other": ["other.yaml"]}
    if known:
        for scenario in files:
            extends = "extends: base.yaml\n" if scenario == "more" else ""
            (tmp_path / f"{scenario}.yaml").write_text(f"name: {scenario}\n{extends}")
        files = {scenario: [] for scenario in files}
    runs = {
        name: Stored(scenario, scenario, 40, made, tmp_path, frozenset(["common/all.yaml", *files[scenario]]))
        for name, scenario, made in [("1", "base", 1.0), ("2", "base", 2.0), ("3", "more", 3.0), ("4", "other", 4.0)]
    }
    assert first_shown(runs, tmp_path) == ["2"]
    assert first_shown({name: runs[name] for name in "34"}, tmp_path) == ["4"]
    assert first_shown({}, tmp_path) == []


def test_what_is_no_run_is_left_out(cache, results, name):
    """Of another version, without events, or unreadable: it is not offered; unless it was asked for by name."""
    manifest = json.loads((results / name / "manifest.json").read_text())
    for place, text in {
        "old": json.dumps(manifest | {"format": 0}),
        "point": sealed(manifest | {"content": {}}).model_dump_json(),
        "none": "null",
        "list": "[]",
        "changed": json.dumps(manifest | {"replications": 41}),
        "broken": "{",
    }.items():
        (results / place).mkdir()
        (results / place / "manifest.json").write_text(text)
    assert list(cache.labels()) == [name]
    assert list(RunCache(results, [results / "old"]).labels()) == ["old", name]
    with pytest.raises(UserError, match="format 0"):
        RunCache(results, [results / "old"]).run("old")


def test_runs_of_one_name_are_told_apart_or_refused(results, name, tmp_path):
    """Of two folders of one name in different places the one that was asked for is shown."""
    elsewhere = shutil.copytree(results / name, tmp_path / "elsewhere" / name)
    manifest = json.loads((elsewhere / "manifest.json").read_text("utf-8"))
    manifest["scenario"]["title"] = "Another authority"
    write_manifest(elsewhere, sealed(manifest))
    cache = RunCache(results, [elsewhere])
    assert cache.labels() == {name: "Another authority · 40 simulations"}
    assert cache.run(name).scenario.title == "Another authority"
    with pytest.raises(UserError, match=f"{name}: has the name of .*; rename one of them$"):
        RunCache(results, [results / name, elsewhere])


def test_runs_of_other_days_are_not_compared(results, name, bare_run):
    """The tab says why."""
    other = shutil.copytree(bare_run.folder, results / bare_run.folder.name)
    cache = RunCache(results)
    with pytest.raises(UserError, match="bare cannot be compared with small: its horizon is"):
        tab_of(View(ViewState((name, other.name), "compare"), cache))


def test_memory_is_bounded():
    """What was used longest ago goes first."""
    cache, made = LRUCache(2), list[int]()
    for key in (1, 2, 1, 3, 1, 2):
        cache.get(key, lambda key=key: made.append(key) or key)
    assert made == [1, 2, 3, 2]


def test_what_many_ask_for_at_once_is_made_once():
    """The others wait for it; if it fails, the next one tries again."""
    cache, made = LRUCache(2), list[int]()

    def slowly() -> int:
        sleep(0.1)
        made.append(7)
        return 7

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: cache.get("x", slowly), range(8))) == [7] * 8
    assert made == [7]
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            cache.get("y", lambda: 1 // 0)
    assert cache.get("y", lambda: 1) == 1


def test_a_platform_is_summed_up_once(cache, name, small_run, monkeypatch):
    """From the events, when it is first asked for."""
    on_agora = cache.run(name, "Agora")
    assert 0 < on_agora.data["incoming"].sel(population=HEADLINE).sum() < small_run.data["incoming"].sum()
    monkeypatch.setattr("sim.results.run.summarise", None)
    assert cache.run(name, "Agora") is on_agora
    with pytest.raises(UserError, match="no case can be on the platform 'Nowhere'"):
        cache.run(name, "Nowhere")


def test_a_tab_is_made_once_for_the_choices_that_it_depends_on(cache, name, monkeypatch):
    """A filter of another tab does not make it anew; one of its own does."""
    first = tab_of(View(ViewState((name,), "caseload", "Agora"), cache))
    again = tab_of(View(ViewState((name,), "caseload", "Agora", roles=("lawyers",), case="babel-2023-09"), cache))
    assert [id(one) for one in again.figures] == [id(one) for one in first.figures]
    other = tab_of(View(ViewState((name,), "caseload", "Agora", stages=("request",)), cache))
    assert other.figures[0] is not first.figures[0]
    begun = tab_of(View(ViewState((name,), "caseload", "Agora"), cache), figures=1)
    assert begun.more
    assert begun.content == first.content[: len(begun.content)]


def test_figures_of_other_analyses_are_shown(cache, results, small_run):
    """As soon as they are there; of files of an earlier version, and of broken ones, a line says what to do."""
    state = ViewState((small_run.folder.name,), "record")
    assert not tab_of(View(state, cache)).figures
    write_figures(results / "mine", "Mine", [caseload.pending(small_run)], made_by())
    assert [one.name for one in tab_of(View(state, cache)).figures] == ["mine-pending"]
    (results / "old.figures.json").touch()
    (results / "broken").mkdir()
    (results / "broken" / "001-x.json").write_text("{")
    content = str(tab_of(View(state, cache)).content)
    assert "old.figures.json: is of an earlier version" in content
    assert "is no figure with its data" in content


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("platform", ["", "Agora"])
def test_every_tab_shows_something(cache, name, tab, platform):
    """Pictures or words; those of a platform say that they are."""
    tab_shown = tab_of(View(ViewState(runs=(name,), tab=tab, platform=platform, case="babel-2023-09"), cache))
    assert tab_shown.content
    of_platform = tab_shown.figures
    assert all(platform in one.subtitle for one in of_platform)
    assert len({one.name for one in of_platform}) == len(of_platform)


def test_a_bare_run_is_shown_too(bare_run):
    """No probes, no targets, nothing uncertain: the tabs have less to show."""
    cache = RunCache(bare_run.folder.parent)
    for tab in TABS:
        assert tab_of(View(ViewState(runs=(bare_run.folder.name,), tab=tab), cache)).content, tab


def test_where_no_case_comes_the_tabs_say_so(tmp_path):
    """Of the whole run, and of a platform of it; nothing fails for want of events."""
    file = tmp_path / "rare.yaml"
    file.write_text(BARE.replace("per_year: 30", "per_year: 0.000001, platforms: {Agora: 1}"))
    run = simulate(file, results=tmp_path / "results")
    cache, platform = RunCache(run.folder.parent), "Agora"
    for tab in ("overview", "caseload", "durations", "staff"):
        for of, words in {
            "": "No case is in progress or comes in",
            platform: f"No case on {platform} is in progress or comes",
        }.items():
            assert words in str(tab_of(View(ViewState((run.folder.name,), tab, of), cache)).content), tab


def test_the_data_of_a_picture_as_files(cache, name):
    """CSV and Excel hold the table; the Excel file says what it is of."""
    import pandas as pd

    [found, *_] = tab_of(View(ViewState(runs=(name,), tab="caseload"), cache)).figures
    csv = file_of(found, "csv")
    assert csv["filename"] == f"{found.name}.csv"
    assert csv["content"].splitlines()[0] == "\ufeff" + ",".join(map(str, found.table.columns))
    assert file_of(found, "xlsx")["base64"]
    book = pd.read_excel(BytesIO(excel(found)), sheet_name=None)
    assert len(book["data"]) == len(found.table)
    assert found.title in list(book["about"].columns)


def test_the_page_asks_nothing_of_others(cache, tmp_path):
    """All scripts and styles come from here, the page says its language, and nothing is in debug mode."""
    made = app.make_app(cache, Jobs(tmp_path, 1))
    client = made.server.test_client()
    page = client.get("/").text
    assert '<html lang="en">' in page
    assert "http://" not in page
    assert "https://" not in page
    assert client.get("/_dash-layout").status_code == 200
    assert not made.server.debug


def test_a_port_that_is_taken_is_told(cache, tmp_path):
    """One line, with what to do."""
    jobs = Jobs(tmp_path, 1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f"127.0.0.1:{port}: cannot be served from: the port is in use"):
            app.serve(app.make_app(cache, jobs), jobs, "127.0.0.1", port, print)
    with pytest.raises(UserError, match="cannot be served from"):
        app.serve(app.make_app(cache, jobs), jobs, "no.such.host.invalid", 0, print)


@pytest.mark.parametrize(("host", "address"), [("::1", "http://[::1]:"), ("localhost", "http://localhost:")])
def test_the_address_can_be_opened(cache, tmp_path, host, address):
    """An IPv6 address stands in brackets."""
    try:
        socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    jobs = Jobs(tmp_path, 1)

    def ready(told: str) -> None:
        assert told.startswith(address)
        raise KeyboardInterrupt

    app.serve(app.make_app(cache, jobs), jobs, host, 0, ready)


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
    words = ["dashboard", name, "--results", str(results), "--port", "0", "--host", "0.0.0.0"]
    process = subprocess.Popen(sim_command(*words, before=CATCH_SIGINT), stderr=subprocess.PIPE, text=True)
    assert process.stderr.readline().startswith("warning: 0.0.0.0 can be reached by others")
    assert process.stderr.readline().startswith("http://0.0.0.0:")
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=30)
    assert (rest, process.returncode) == ("", 0)


def test_runs_that_other_software_made_are_told(results, name, small_run):
    """Where they are compared."""
    manifest = json.loads((results / name / "manifest.json").read_text("utf-8"))
    (results / "small-old").mkdir()
    for file in (results / name).glob("*.npz"):
        shutil.copy(file, results / "small-old")
    shutil.copytree(results / name / "events", results / "small-old" / "events")
    manifest["versions"]["scipy"] = "1.0"
    write_manifest(results / "small-old", sealed(manifest))
    shown = str(tab_of(View(ViewState(runs=(name, "small-old"), tab="compare"), RunCache(results))).content)
    assert "small-old was made with scipy 1.0 instead of" in shown
