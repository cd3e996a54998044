"""`sim forecast` and `sim score`: what they print, what they refuse, and with which exit code."""

import json
import os
import threading

import pytest
import small_authority
from small_scenarios import BARE


@pytest.fixture
def authority(tmp_path, monkeypatch):
    """The small authority's scenario file, in whose folder commands are called."""
    monkeypatch.chdir(tmp_path)
    return small_authority.write(tmp_path)


def test_a_forecast_is_kept_beside_its_scenario_and_scored(sim, authority):
    """In the folder forecasts, from the run that is stored; then scored on the record's last day."""
    code, out, err = sim("forecast", authority, "-n", "20")
    kept = authority.parent / "forecasts" / "2022-01-01.json"
    assert code == 0
    assert "d/one" in out
    assert f"kept in {kept}; score it when more is known: sim score {kept.parent}" in err
    assert json.loads(kept.read_text(encoding="utf-8"))["made_with"]["replications"] == 20
    code, out, _ = sim("score", kept.parent)
    assert code == 0
    assert out.startswith("By the CRPS the model was ")
    assert "Of 5 milestones forecast for 3 strands, 2 had happened by 31 December 2022" in " ".join(out.split())


def test_a_kept_forecast_is_not_made_again(sim, authority):
    """One line before anything runs, and the file is as it was."""
    assert sim("forecast", authority, "-n", "20", "-o", "kept")[0] == 0
    before = (authority.parent / "kept" / "2022-01-01.json").read_bytes()
    code, out, err = sim("forecast", authority, "-n", "30", "-o", "kept", "--results", "new")
    assert (code, out) == (2, "")
    assert err == "kept/2022-01-01.json: this forecast was kept before, and a kept forecast is never changed\n"
    assert not (authority.parent / "new").exists()
    assert (authority.parent / "kept" / "2022-01-01.json").read_bytes() == before


def test_a_stored_run_is_not_made_again(sim, authority, monkeypatch):
    """The run of `sim run` is read; no replication is run."""
    assert sim("run", authority, "-n", "20")[0] == 0
    monkeypatch.setattr("sim.experiments.simulate.run_chunk", None)
    assert sim("forecast", authority, "-n", "20")[0] == 0


def test_the_record_and_the_forecasts_beside_a_run(sim, authority):
    """What happened and how forecasts fared are in the answer; a record or a forecast that is broken loses no run."""
    sim("forecast", authority, "-n", "20")
    code, out, err = sim("run", authority, "-n", "20")
    assert code == 0
    said = " ".join(out.split())
    assert "What really happened: by 31 December 2022" in said
    assert "How past forecasts fared, January 2022 to December 2022" in said
    (authority.parent / "forecasts" / "2022-02-02.json").write_text("{", encoding="utf-8")
    code, again, err = sim("run", authority, "-n", "20")
    assert (code, again) == (0, out)
    assert sum("2022-02-02.json" in line for line in err.splitlines()) == 1
    (folder,) = (authority.parent / "results").iterdir()
    (authority.parent / "record" / "events.csv").write_text("nothing", encoding="utf-8")
    code, without, err = sim("show", folder)
    assert code == 0
    assert out.splitlines()[:4] == without.splitlines()[:4]
    assert "What really happened" not in without
    (line,) = err.splitlines()
    assert line.startswith("note: no public record beside the run: ")
    assert "events.csv" in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("small.yaml", "-o", "small.yaml"), "small.yaml: is a file; forecasts are kept in a folder"),
        (("nothing.yaml",), "nothing.yaml"),
        (("small.yaml", "-o", "bad"), "bad/2022-01-01.json:1:2: is damaged"),
    ],
)
def test_what_forecast_refuses(sim, authority, arguments, message):
    """One line and exit code 2."""
    (authority.parent / "bad").mkdir()
    (authority.parent / "bad" / "2022-01-01.json").write_text("{", encoding="utf-8")
    code, out, err = sim("forecast", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_a_bad_file_is_told_after_the_scores_of_the_others(sim, authority):
    """Exit code 2 and one line on standard error; tables as without it."""
    assert sim("forecast", authority, "-n", "20")[0] == 0
    _, good, _ = sim("score", "forecasts")
    (authority.parent / "forecasts" / "2021-01-01.json").write_text('{"format": 2}', encoding="utf-8")
    code, out, err = sim("score", "forecasts")
    assert (code, out) == (2, good)
    assert err.startswith("forecasts/2021-01-01.json: has format 2; this version reads")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing",), "nothing: there is no such folder; `sim forecast SCENARIO` makes one"),
        (("forecasts", "--truth", "2022-02-30"), "--truth 2022-02-30: is not a day"),
        (("forecasts", "--truth", "2023-02-01"), "--truth 2023-02-01: the record in record ends on 2022-12-31"),
        (("forecasts", "--record", "nothing"), "nothing: there is no such folder; a record is a folder"),
    ],
)
def test_what_score_refuses(sim, authority, arguments, message):
    """One line and exit code 2."""
    assert sim("forecast", authority, "-n", "20")[0] == 0
    code, out, err = sim("score", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_scores_for_programs(sim, authority):
    """JSON with the scores, the forecasts and the totals; days are text, and missing ones null."""
    assert sim("forecast", authority, "-n", "20")[0] == 0
    code, out, _ = sim("score", "forecasts", "--json")
    data = json.loads(out)
    assert code == 0
    assert [row["made"] for row in data["files"]] == ["2022-01-01"]
    model = [row for row in data["forecasts"] if row["forecaster"] == "model"]
    assert {row["truth"] for row in model} == {"2022-02-01", "2022-06-15", None}
    assert {row["forecaster"] for row in data["scores"]["all"]} == {
        "model",
        "kaplan-meier",
        "exponential",
        "exponential+1/2",
    }
    assert {row["what"] for row in data["totals"]} >= {"findings", "outcomes"}


def test_a_report_finds_forecasts_beside_the_record(sim, authority):
    """Their chapter is in the page; a file that cannot be read is told, and one that was asked for is an error."""
    assert sim("forecast", authority, "-n", "20")[0] == 0
    code, _, err = sim("report", authority, "-n", "20", "-o", "page.html")
    assert (code, err.count("\n")) == (0, 1)
    assert '<h2 id="track-record-title">' in (authority.parent / "page.html").read_text(encoding="utf-8")
    (authority.parent / "forecasts" / "2022-01-01.json").write_text("{}", encoding="utf-8")
    code, _, err = sim("report", authority, "-n", "20", "-o", "page.html")
    assert code == 0
    assert err.startswith("note: forecasts/2022-01-01.json: has no format")
    assert "track-record" not in (authority.parent / "page.html").read_text(encoding="utf-8")
    code, _, err = sim("report", authority, "-n", "20", "-o", "page.html", "--forecasts", "forecasts")
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith("forecasts/2022-01-01.json: has no format")


def test_a_scenario_from_a_pipe_needs_a_folder(sim, tmp_path, monkeypatch):
    """Beside a pipe nothing is kept; a scenario without a record can be kept, and scored only on a record."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(BARE,), daemon=True)
    writer.start()
    code, out, err = sim("forecast", "pipe", "-n", "5")
    assert (code, out, err) == (2, "", "pipe: is no file beside which a forecast could be kept; give -o FOLDER\n")
    writer.join(10)
    assert sim("forecast", "pipe", "-n", "5", "-o", "kept")[0] == 0
    code, _, err = sim("score", "kept")
    assert (code, err) == (2, "kept/2024-01-01.json: names no record; give one with --record FOLDER\n")
