"""Figures written to a folder come back as they were; a folder that holds something else is refused in one line."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io
import pytest

from sim.errors import UserError
from sim.view.figures import caseload
from sim.view.figures.figure import Figure
from sim.view.figures.files import check_folder, figure_folders, made_by, read_figures, write_figures
from sim.view.tables import rows

ROOT = Path(__file__).parents[2]


@pytest.fixture
def figure():
    """A figure whose table has every kind of column, with what is missing and what is infinite."""
    table = pd.DataFrame(
        {
            "day": pd.Series([date(2024, 1, 2), None, date(2025, 12, 31)], dtype="object"),
            "moment": pd.to_datetime(["2024-03-14", None, "2025-01-01"]).as_unit("us"),
            "words": pd.Series(["NA", None, '</script> \u2028 ä, "b"'], dtype="str"),
            "count": [1, 2**53 + 1, -3],
            "value": [0.1 + 0.2, np.nan, np.inf],
            "is so": [True, False, True],
            "stage": pd.Categorical(["b", "a", "b"], ["a", "b", "c"]),
        }
    )
    figure = go.Figure(go.Scatter(x=np.arange(300, dtype="float32"), y=["2024-01-01"] * 300))
    figure.update_layout(height=300, margin={"t": 20, "l": 5}, xaxis={"title": "x"})
    return Figure("a-figure:x", "One finding: 3 of 4 < 5", "a subtitle · 80%", "A caption.", figure, table)


@pytest.fixture
def folder(tmp_path, figure):
    """A folder with two figures."""
    path = tmp_path / "results" / "some"
    write_figures(path, "A title", [figure, figure._replace(name="b")], made_by(draws=100))
    return path


def test_figures_come_back(folder, figure):
    """Words and figures are the same, in their order, and their tables show the same cells."""
    analysis = read_figures(folder)
    assert (analysis.title, analysis.made_by["draws"]) == ("A title", 100)
    back, other = analysis.figures
    assert back[:4] == figure[:4]
    assert other.name == "b"
    assert json.loads(back.whole().to_json()) == json.loads(figure.whole().to_json())
    assert rows(back.table) == rows(figure.table)


def test_a_figure_of_a_run_comes_back(tmp_path, small_run):
    """The same of a real one, with what made it."""
    figure = caseload.pending(small_run)
    write_figures(tmp_path / "run", "A run", [figure], made_by(small_run.scenario))
    analysis = read_figures(tmp_path / "run")
    assert (analysis.made_by["scenario"], analysis.made_by["seed"]) == ("small", 7)
    assert "plotly" in str(analysis.made_by["versions"])
    [back] = analysis.figures
    assert rows(back.table) == rows(figure.table)
    assert json.loads(back.whole().to_json()) == json.loads(figure.whole().to_json())


def test_other_programs_read_the_files(folder, figure):
    """Plotly reads the figure, with its title inside; pandas the data."""
    assert sorted(path.name for path in folder.iterdir()) == [
        "001-a-figure-x.csv", "001-a-figure-x.json", "002-b.csv", "002-b.json",
    ]  # fmt: skip
    drawn = plotly.io.read_json(folder / "001-a-figure-x.json")
    assert "One finding" in drawn.layout.title.text
    assert drawn.layout.meta["caption"] == "A caption."
    assert pd.read_csv(folder / "001-a-figure-x.csv")["count"].tolist() == figure.table["count"].tolist()


def test_older_figures_are_replaced(folder, figure):
    """None of an earlier call is left between the new ones."""
    write_figures(folder, "Another", [figure._replace(name="new")], {})
    assert sorted(path.name for path in folder.iterdir()) == ["001-new.csv", "001-new.json"]
    assert read_figures(folder).title == "Another"


def test_a_disk_that_is_full_is_said(folder, figure, monkeypatch):
    """In one line."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UserError, match="cannot be written: No space left on device"):
        write_figures(folder, "Another", [figure], {})


def test_folders_of_figures_are_known_from_others(folder, small_run):
    """Runs beside them are none."""
    (folder.parent / "run").mkdir()
    (folder.parent / "run" / "manifest.json").write_text("{}")
    assert figure_folders(folder.parent) == [folder]


def without(*path):
    """Changes JSON: takes what is at a path away."""

    def change(content):
        where = content
        for part in path[:-1]:
            where = where[part]
        del where[path[-1]]
        return json.dumps(content)

    return change


def with_meta(**words):
    """Changes JSON: puts other values among the words of a figure."""

    def change(content):
        content["layout"]["meta"] |= words
        return json.dumps(content)

    return change


@pytest.mark.parametrize(
    "change",
    [
        without("layout"),
        without("layout", "meta"),
        without("layout", "meta", "caption"),
        without("layout", "meta", "bare"),
        without("layout", "meta", "made_by"),
        with_meta(title=5),
        with_meta(caption=None),
        with_meta(bare=[]),
        with_meta(bare={"height": -5, "margin": {}}),
        with_meta(bare={"height": 300, "margin": {}, "title": "x"}),
        with_meta(analysis=["A", "B"]),
        with_meta(made_by={"scenario": {}}),
        with_meta(made_by=[]),
        with_meta(more="x"),
        lambda content: json.dumps({**content, "data": [{"type": "no such"}]}),
        lambda content: "3",
        lambda content: '"text"',
        lambda content: json.dumps(content)[:100],
        lambda content: "",
        lambda content: "[]",
        lambda content: "[" * 100_000,
    ],
)
def test_another_content_is_refused(folder, change):
    """In one line that names the file and says what to do."""
    file = folder / "001-a-figure-x.json"
    file.write_text(change(json.loads(file.read_text("utf-8"))), encoding="utf-8")
    with pytest.raises(UserError) as refused:
        read_figures(folder)
    message = str(refused.value)
    assert message.startswith(f"{file}: is no figure ")
    assert message.endswith("run the command again with --figures FOLDER")
    assert "\n" not in message


def test_a_missing_table_is_refused(folder):
    """In one line."""
    (folder / "002-b.csv").unlink()
    with pytest.raises(UserError, match=r"some/002-b.csv: cannot be read: No such file"):
        read_figures(folder)


@pytest.mark.parametrize("change", [lambda t: "", lambda t: t[:-9], lambda t: "x,y\n1,2\n", lambda t: t + "1\n"])
def test_another_table_is_refused(folder, change):
    """Cut short, or of another figure: a page would show it as the data behind this one."""
    file = folder / "002-b.csv"
    file.write_text(change(file.read_text("utf-8")), encoding="utf-8")
    with pytest.raises(UserError, match=r"002-b\.(csv|json): .*; run the command again with --figures FOLDER"):
        read_figures(folder)


def test_line_ends_of_another_system_change_nothing(folder):
    """As a version control system may write them."""
    file = folder / "002-b.csv"
    before = read_figures(folder).figures[1].table
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(read_figures(folder).figures[1].table, before)


def test_figures_of_two_analyses_in_one_folder_are_refused(folder):
    """They would be shown as one, made by what made the first."""
    file = folder / "002-b.json"
    file.write_text(with_meta(analysis="Another")(json.loads(file.read_text("utf-8"))), encoding="utf-8")
    with pytest.raises(UserError, match=r"002-b.json: is of another analysis than 001-a-figure-x.json"):
        read_figures(folder)


def test_what_is_no_folder_of_figures_is_refused(tmp_path):
    """An empty folder, one that does not exist, and a file of an earlier version."""
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(UserError, match=r"is no folder of figures; run the command again with --figures FOLDER"):
            read_figures(path)
    with pytest.raises(UserError, match=r"old.figures.json: is of an earlier version.*with --figures FOLDER"):
        read_figures(tmp_path / "old.figures.json")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x.figures.json", "--figures names a folder, such as .*/x$"),
        ("file", "is a file; --figures names a folder"),
        ("full", "holds other files than figures, such as mine.txt; name a folder of its own"),
    ],
)
def test_bad_folders_are_refused_before_anything_is_done(tmp_path, name, words):
    """A file of an earlier version, another file, a folder with other files: nothing of the user's is replaced."""
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    with pytest.raises(UserError, match=words):
        check_folder(tmp_path / name)


def test_nothing_to_show_is_said(tmp_path):
    """No folder is made."""
    with pytest.raises(UserError, match="nothing that a figure could show"):
        write_figures(tmp_path / "x", "Nothing", [], {})
    assert not list(tmp_path.iterdir())


@pytest.fixture(name="sim")
def sim_in_root(sim, monkeypatch):
    """Calls the command in the project's folder."""
    monkeypatch.chdir(ROOT)
    return sim


def test_the_record_s_figures_are_written(sim, tmp_path):
    """By the command, beside what it prints."""
    folder = tmp_path / "r"
    code, out, err = sim("record", "--record", "docs/example-record", "--json", "--figures", folder)
    assert code == 0
    assert json.loads(out)["as_of"] == "2022-12-31"
    assert f"4 figures in {folder}" in err
    analysis = read_figures(folder)
    assert analysis.title == "The public record, as known on 2022-12-31"
    assert analysis.made_by["record"] == "example-record"
    assert "rows" in analysis.figures[0].table


@pytest.mark.parametrize(
    "command",
    [
        ["record"],
        ["calibrate", "scenarios/three-probes.yaml", "--as-of", "2024-03-14"],
        ["backtest", "--as-of", "2024-03-14"],
        ["sweep", "scenarios/dma.yaml", "--set", "staffing.case_handlers.headcount=20,40"],
        ["sensitivity", "scenarios/dma.yaml"],
    ],
)
def test_every_analysis_checks_the_folder_first(sim, command, tmp_path, monkeypatch):
    """A bad name costs no work: exit code 2 and one line."""
    monkeypatch.setattr("sim.experiments.simulate.Work.__init__", lambda *_, **__: pytest.fail("work was begun"))
    code, out, err = sim(*command, "--figures", tmp_path / "x.figures.json")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "--figures names a folder" in err


def test_figures_of_a_sweep_and_of_a_sensitivity_analysis_are_written(sim, tmp_path):
    """Both commands write the figures that the gallery has of them."""
    common = ("-j", 1, "--results", tmp_path / "results", "--indicator", "pending_end")
    swept, sensitive = tmp_path / "sweep", tmp_path / "sensitivity"
    setting = "staffing.case_handlers.headcount=20,40"
    assert sim("sweep", "scenarios/dma.yaml", "--set", setting, "-n", 4, *common, "--figures", swept)[0] == 0
    method = ("--method", "morris", "--points", 2, "-n", 2)
    assert sim("sensitivity", "scenarios/dma.yaml", *method, *common, "--figures", sensitive)[0] == 0
    assert read_figures(swept).made_by["points"] == 2
    assert len(read_figures(swept).figures) == 1
    assert read_figures(sensitive).made_by["method"] == "morris"
