"""`sim record check`: what a record that can be loaded lacks all the same, and what its scenario lacks."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.record.completeness import Gaps, gaps

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"
EXAMPLE = ROOT / "docs" / "example-record"
STATUS_QUO = SCENARIOS / "status-quo.yaml"
Sim = Callable[..., tuple[int, str, str]]

FINDINGS = "2022-11-02,Agora,Forum Ltd,A/1,agora-2021,preliminary_findings,complaints,14,made up,,example,assumed\n"
CLOSED = "2022-11-02,{},{},,{},closed,{},,made up,,example,assumed\n"
DESIGNATION = "2022-11-02,Agora,Forum Ltd,,,designation_ended,scope,3,made up,,example,assumed\n"
FINE = ",2022-10-03,2000000,"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example record."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "record"))


def change(folder: Path, file: str, old: str, new: str) -> None:
    """Replace what occurs once in a file; add a line if nothing is to be replaced."""
    text = (folder / file).read_text("utf-8")
    assert not old or text.count(old) == 1
    (folder / file).write_text(text.replace(old, new) if old else text + new, encoding="utf-8")


def test_the_shipped_records_lack_nothing() -> None:
    """Neither the Commission's nor the example."""
    for shipped in (SCENARIOS / "record", EXAMPLE):
        assert gaps(shipped) == Gaps((), ())


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "events.csv",
            "",
            FINDINGS,
            "events.csv:15:43: event: no strand of 'agora-2021' for Agora has preliminary_findings on 2022-11-02;"
            " write preliminary_findings in the line of strands.csv that it concerns",
        ),
        (
            "strands.csv",
            ",commitments,2022-08-01,,",
            ",,,,",
            "events.csv:12:45: event: no strand of 'bazaar-2022' for Bazaar has commitments_binding on 2022-08-01;"
            " write outcome commitments and its outcome_date in the line of strands.csv that it concerns",
        ),
        (
            "events.csv",
            "",
            CLOSED.format("Agora", "Forum Ltd", "agora-2021", "complaints"),
            "events.csv:15:40: event: no strand of 'agora-2021' for Agora has closed on 2022-11-02; write outcome"
            " closed and its outcome_date in the line of strands.csv that it concerns",
        ),
        (
            "strands.csv",
            FINE,
            ",2022-10-03,,",
            "events.csv:14:43: event: no strand of 'agora-2021' for Agora has a fine on 2022-10-03; write the"
            " amount as fine_eur in the line of strands.csv that was decided",
        ),
        (
            "events.csv",
            "",
            DESIGNATION,
            "events.csv:15:1: date: Agora has nothing as its designation_ended in platforms.csv; write 2022-11-02"
            " there",
        ),
        (
            "platforms.csv",
            "Agora,Forum Ltd,large,2021-01-15",
            "Agora,Forum Ltd,large,2021-01-14",
            "events.csv:2:1: date: Agora has 2021-01-14 as its designation_date in platforms.csv; write 2021-01-15"
            " there",
        ),
    ],
)
def test_what_would_make_a_forecast_wrong(sim: Sim, folder: Path, file: str, old: str, new: str, message: str) -> None:
    """One line with file, line and column, and what to write; exit code 2."""
    change(folder, file, old, new)
    (error,) = gaps(folder).errors
    assert str(error) == f"{folder}/{message}"
    assert sim("record", "check", "--record", folder) == (2, "", f"{error}\n")


def test_a_proceeding_may_be_closed_when_all_of_it_has_ended(folder: Path) -> None:
    """Its strands have their own outcomes: the act moves none of them."""
    change(folder, "events.csv", "", CLOSED.format("Bazaar", "Market Co", "bazaar-2022", "search"))
    assert gaps(folder) == Gaps((), ())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            [("events.csv", ",fine,", ",retention_order,")],
            "strands.csv:2:83: fine_eur: the fine of the decision of 2022-10-03 has no row with its source; add a"
            " row with the event fine to events.csv",
        ),
        (
            [("events.csv", ",fine,", ",retention_order,"), ("strands.csv", FINE, ",2022-10-03,,")],
            "strands.csv:2:83: fine_eur: the fine of the decision of 2022-10-03 is not known; add a row with the"
            " event fine to events.csv and its fine_eur here, or leave both out if none was imposed",
        ),
        (
            [("events.csv", "2021-01-15,Agora,Forum Ltd,,,designation,", "2021-01-15,Agora,Forum Ltd,,,judgment,")],
            "platforms.csv:2:23: designation_date: events.csv has no row with its source; add one with the event"
            " designation",
        ),
    ],
)
def test_what_leaves_the_record_poorer(
    sim: Sim, folder: Path, changes: list[tuple[str, str, str]], message: str
) -> None:
    """A note, and the exit code of success."""
    for file, old, new in changes:
        change(folder, file, old, new)
    assert [str(note) for note in gaps(folder).notes] == [f"{folder}/{message}"]
    code, out, err = sim("record", "check", "--record", folder)
    assert (code, out, err) == (0, f"{folder}: a record to 2022-12-31; 1 note\n", f"note: {folder}/{message}\n")


def test_a_record_says_how_far_it_goes(sim: Sim, folder: Path) -> None:
    """Without until.txt it ends with its last act: what stayed pending after it would not count."""
    (folder / "until.txt").unlink()
    code, out, err = sim("record", "check", "--record", folder)
    assert (code, out) == (0, f"{folder}: a record to 2022-10-03; 1 note\n")
    assert err == (
        f"note: {folder}/until.txt: there is no such file; write the day up to which you looked; without it the"
        " record ends with its last act, on 2022-10-03\n"
    )


def test_what_cannot_be_loaded_is_told_as_always(sim: Sim, folder: Path) -> None:
    """An act after the last day: the error of every command."""
    change(folder, "until.txt", "2022-12-31", "2022-10-02")
    code, _, err = sim("record", "check", "--record", folder)
    assert (code, err.count("\n")) == (2, 2)
    assert err.startswith(f"{folder}/events.csv:13:1: date: 2022-10-03 is after the last day of the record")


@pytest.fixture
def scenarios(tmp_path: Path) -> Path:
    """A copy of the shipped scenarios with their record."""
    return Path(shutil.copytree(SCENARIOS, tmp_path / "scenarios"))


def test_the_status_quo_is_as_recent_as_its_record(sim: Sim) -> None:
    """From its first day on everything is forecast that the record does not have."""
    code, out, err = sim("record", "check", STATUS_QUO)
    assert (code, err) == (0, "")
    assert out.endswith("record: a record to 2026-10-08; nothing is missing\n")


def test_a_scenario_behind_its_record(sim: Sim, scenarios: Path) -> None:
    """After the record has grown the note says what to write as the first and the last day."""
    (scenarios / "record" / "until.txt").write_text("2026-11-30\n", encoding="utf-8")
    code, out, err = sim("record", "check", scenarios / "status-quo.yaml")
    assert (code, out.count("2 notes")) == (0, 1)
    posterior, start = err.splitlines()
    assert start == (
        f"note: {scenarios}/status-quo.yaml:9:8: start: is 2026-10-08, and the record goes on to 2026-11-30; for a"
        " forecast from what is known now write start: 2026-11-30 and, for as many years as before, horizon:"
        " 2029-11-30"
    )
    assert posterior.startswith(f"note: {scenarios}/posterior/2026-10-08.csv:6:1: is what was known on 2026-10-08")


def test_a_posterior_behind_the_record(sim: Sim, scenarios: Path) -> None:
    """What the parameters are drawn from does not know the last acts: the note names the command that makes it."""
    (scenarios / "draws.csv").write_text("# as_of: 2026-09-30\nstaff\n0.8\n0.9\n", encoding="utf-8")
    file = scenarios / "mine.yaml"
    file.write_text("extends: status-quo.yaml\nname: mine\nposterior: draws.csv\n", encoding="utf-8")
    code, _, err = sim("record", "check", file)
    assert code == 0
    assert err == (
        f"note: {scenarios}/draws.csv:2:1: is what was known on 2026-09-30, and the record goes to 2026-10-08; sim"
        " calibrate SCENARIO --as-of 2026-10-08 -o FILE.csv writes one of then\n"
    )


def test_a_service_to_which_nothing_comes(sim: Sim, scenarios: Path) -> None:
    """A designated one without a weight is named; one whose designation has ended is not."""
    file = scenarios / "status-quo.yaml"
    file.write_text(file.read_text("utf-8").replace(", Roblox: 1", ""), encoding="utf-8")
    code, _, err = sim("record", "check", file)
    assert (code, err.count("\n")) == (0, 1)
    assert "arrivals: no case can come on Roblox, designated on 2026-08-31; give it a weight" in err


def test_bad_calls(sim: Sim) -> None:
    """One line: a scenario that names no record, and options in the wrong place."""
    code, out, err = sim("record", "check", SCENARIOS / "dma.yaml")
    assert (code, out) == (2, "")
    assert err.endswith("dma.yaml: names no record (in_flight); give one with --record FOLDER\n")
    code, out, err = sim("record", "--as-of", "2024-12-31", "check")
    assert (code, out, err) == (2, "", "sim record check: its options stand after it; see sim record check --help\n")
