"""Kept pictures come back as they were; a file that is none, cut off or of another format is refused in one line."""

import json
import os
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from sim import cli
from sim.errors import UserError
from sim.view.figures.picture import Picture
from sim.view.pictures import caseload
from sim.view.pictures.kept import check_path, keep, provenance, read_kept

ROOT = Path(__file__).parents[2]


@pytest.fixture
def picture():
    """A picture whose table has every kind of column, with what is missing and what is infinite."""
    table = pd.DataFrame(
        {
            "day": pd.Series([date(2024, 1, 2), None, date(2025, 12, 31)], dtype="object"),
            "moment": pd.to_datetime(["2024-03-14", None, "2025-01-01 12:30"], format="mixed").as_unit("us"),
            "words": pd.Series(["a", None, "</script> \u2028 ä"], dtype="str"),
            "count": [1, 2**53 + 1, -3],
            "small": np.array([1, 2, 3], dtype="int16"),
            "value": [0.1 + 0.2, np.nan, np.inf],
            "whole value": [1.0, 2.0, -np.inf],
            "single": np.array([0.1, np.nan, 3], dtype="float32"),
            "is so": [True, False, True],
            "mixed": pd.Series([1, "two", 3.5], dtype="object"),
        }
    )
    figure = go.Figure(go.Scatter(x=np.arange(300, dtype="float32"), y=["2024-01-01"] * 300))
    return Picture("a-picture", "One finding: 3 of 4 < 5", "a subtitle · 80%", "A caption.", figure, table)


@pytest.fixture
def file(tmp_path, picture):
    """A file that keeps it."""
    path = tmp_path / "some.figures.json"
    keep(path, "A title", [picture], provenance(draws=100))
    return path


def test_pictures_come_back(file, picture):
    """Words, figure and table are the same, and so are the types of the columns."""
    kept = read_kept(file)
    assert kept.title == "A title"
    assert kept.made["draws"] == 100
    (back,) = kept.pictures
    assert back[:4] == picture[:4]
    assert json.loads(back.figure.to_json()) == json.loads(picture.figure.to_json())
    pd.testing.assert_frame_equal(back.table, picture.table)


def test_pictures_of_a_run_come_back(tmp_path, small_run):
    """The same of a real one, with what made it."""
    picture = caseload.pending(small_run)
    keep(tmp_path / "run.figures.json", "A run", [picture], provenance(small_run.scenario))
    kept = read_kept(tmp_path / "run.figures.json")
    assert (kept.made["scenario"], kept.made["seed"]) == ("small", 7)
    assert "plotly" in str(kept.made["versions"])
    pd.testing.assert_frame_equal(kept.pictures[0].table, picture.table.reset_index(drop=True))
    assert json.loads(kept.pictures[0].whole().to_json()) == json.loads(picture.whole().to_json())


def test_categories_come_back_as_text(tmp_path, picture):
    """A column of categories holds the same words; a table of no rows keeps its columns."""
    table = pd.DataFrame({"stage": pd.Categorical(["b", "a"], ["a", "b", "c"])})
    path = tmp_path / "c.figures.json"
    keep(path, "Categories", [picture._replace(table=table), picture._replace(table=table.iloc[:0])], {})
    one, none = (kept.table for kept in read_kept(path).pictures)
    assert one["stage"].tolist() == ["b", "a"]
    assert list(none.columns) == ["stage"]


def test_an_older_file_is_replaced_at_one_stroke(file, picture, monkeypatch):
    """A new file takes its place whole; where it cannot be written the old one stays, and nothing beside it."""
    old = file.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", full)
        with pytest.raises(UserError, match="cannot be written: No space left on device"):
            keep(file, "Another", [picture], {})
    assert file.read_bytes() == old
    assert os.listdir(file.parent) == [file.name]  # noqa: PTH208
    keep(file, "Another", [picture], {})
    assert read_kept(file).title == "Another"


def changed(content, path, value):
    """The content of a file with one thing changed."""
    *before, last = path
    where = content
    for part in before:
        where = where[part]
    where[last] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["format"], 2, "is of format 2, and this version reads 1"),
        (["format"], "1", "is no file of kept pictures"),
        (["title"], None, "title"),
        (["more"], 1, "more"),
        (["pictures", 0, "caption"], 5, "pictures.0.caption"),
        (["pictures", 0, "figure"], {"data": [{"type": "no such"}]}, "cannot be read"),
        (["pictures", 0, "figure"], {"layout": {"nothing": 1}}, "cannot be read"),
        (["pictures", 0, "table", "columns", 0, "kind"], "code", "pictures.0.table.columns.0.kind"),
        (["pictures", 0, "table", "columns", 0, "dtype"], "category", "pictures.0.table.columns.0.dtype"),
        (["pictures", 0, "table", "columns", 3, "name"], "another", "cannot be read"),
        (["pictures", 0, "table", "records", 0, "day"], "yesterday", "cannot be read"),
        (["pictures", 0, "table", "records", 0, "count"], "many", "cannot be read"),
        (["pictures", 0, "table", "records", 0, "moment"], "noon", "cannot be read"),
    ],
)
def test_another_content_is_refused(file, path, value, words):
    """In one line that names the file, what is wrong with it and what to do."""
    file.write_text(changed(json.loads(file.read_text("utf-8")), path, value), encoding="utf-8")
    with pytest.raises(UserError) as refused:
        read_kept(file)
    said = str(refused.value)
    assert said.startswith(f"{file}: ")
    assert words in said
    assert said.endswith("make it anew with --figures")
    assert "\n" not in said


@pytest.mark.parametrize("size", [0, 1, 100, -1])
def test_a_file_that_is_cut_off_is_refused(file, size):
    """Whatever is left of it."""
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(UserError, match=r"is no file of kept pictures.*make it anew with --figures"):
        read_kept(file)


@pytest.mark.parametrize("content", [b"[]", b"3", b"\xff\xfe\x00", b"[" * 100_000, b"\x80\x04N."])
def test_other_files_are_refused(file, content):
    """Other JSON, no text, endless brackets, a pickle."""
    file.write_bytes(content)
    with pytest.raises(UserError, match="is no file of kept pictures"):
        read_kept(file)


def test_a_file_that_is_not_there(tmp_path):
    """No file, and a folder."""
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_kept(tmp_path / "none.figures.json")
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        read_kept(tmp_path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x.json", "ends in .figures.json"),
        (".figures.json", "ends in .figures.json"),
        ("nowhere/x.figures.json", "there is no folder"),
        ("folder.figures.json", "is a folder"),
    ],
)
def test_bad_places_are_refused_before_anything_is_done(tmp_path, name, words):
    """Another suffix, no name, no folder, a folder."""
    (tmp_path / "folder.figures.json").mkdir()
    with pytest.raises(UserError, match=words):
        check_path(tmp_path / name)


def test_nothing_to_show_is_said(tmp_path):
    """No file is written."""
    with pytest.raises(UserError, match="nothing that a picture could show"):
        keep(tmp_path / "x.figures.json", "Nothing", [], {})
    assert not list(tmp_path.iterdir())


def called(monkeypatch, *arguments):
    """The exit code of the command."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("sys.argv", ["sim", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_the_record_s_pictures_are_kept(tmp_path, monkeypatch, capsys):
    """By the command, beside what it prints."""
    file = tmp_path / "r.figures.json"
    assert called(monkeypatch, "record", "--record", "docs/example-record", "--json", "--figures", file) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["as_of"] == "2022-12-31"
    assert f"kept 5 pictures in {file}" in err
    kept = read_kept(file)
    assert kept.title == "The public record, as known on 2022-12-31"
    assert kept.made["record"] == "example-record"
    assert "rows" in kept.pictures[0].table


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
def test_every_analysis_checks_the_file_first(command, tmp_path, monkeypatch, capsys):
    """A bad name costs no work: exit code 2 and one line."""
    monkeypatch.setattr("sim.experiments.simulate.Work.__init__", lambda *_, **__: pytest.fail("work was begun"))
    assert called(monkeypatch, *command, "--figures", tmp_path / "x.json") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "ends in .figures.json" in err


def test_a_sweep_and_a_sensitivity_analysis_are_kept(tmp_path, monkeypatch):
    """Both commands keep the pictures that the gallery has of them."""
    common = ("-j", 1, "--results", tmp_path / "results", "--indicator", "pending_end")
    swept, sensitive = tmp_path / "sweep.figures.json", tmp_path / "sensitivity.figures.json"
    setting = "staffing.case_handlers.headcount=20,40"
    assert (
        called(monkeypatch, "sweep", "scenarios/dma.yaml", "--set", setting, "-n", 4, *common, "--figures", swept) == 0
    )
    method = ("--method", "morris", "--points", 2, "-n", 2)
    assert called(monkeypatch, "sensitivity", "scenarios/dma.yaml", *method, *common, "--figures", sensitive) == 0
    assert read_kept(swept).made["points"] == 2
    assert len(read_kept(swept).pictures) == 1
    assert read_kept(sensitive).made["method"] == "morris"
