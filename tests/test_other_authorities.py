"""Authorities that are not the shipped one, through every command: each works, or says what to write."""

import json
from pathlib import Path

import pytest
from other_authorities import AUTHORITIES

from sim import load_record
from sim.inference.as_of import load_basis
from sim.scenario.loading import load_scenario


@pytest.fixture(params=sorted(AUTHORITIES))
def file(request, tmp_path, monkeypatch) -> Path:
    """The scenario of an authority, in the working directory beside its record."""
    made = AUTHORITIES[request.param](tmp_path)
    monkeypatch.chdir(tmp_path)
    return made.relative_to(tmp_path)


def ended(call, *words) -> str:
    """What a command printed that ended well."""
    code, out, told = call(*words)
    assert code == 0, told
    assert "Traceback" not in told
    return out + told


def test_it_is_validated_shown_and_run(sim, file):
    """Its strands move: every tracked case has a date, and none of the record is lost."""
    ended(sim, "validate", file, f"procedures/{file.stem}-act.yaml")
    ended(sim, "show", file)
    ended(sim, "record", "--record", "record")
    ended(sim, "run", file, "-n", 20, "-j", 1)
    tables = json.loads(ended(sim, "run", file, "-n", 20, "-j", 1, "--json").splitlines()[0])["tables"]
    known = load_record("record").known_on(load_scenario(file).start)
    listed = {f"{strand.proceeding}/{strand.strand}" for strand in known.strands if strand.outcome is None}
    resolved = {row["case"]: row["within_1y"] for row in tables["resolutions"]}
    assert listed
    assert all(resolved[case] > 0 for case in listed), resolved


def test_it_is_reported_beside_its_own_record(sim, file):
    """With the figures of a run; the durations are those of its record."""
    told = ended(sim, "report", file, "-n", 10, "-j", 1, "-o", "out.html")
    assert f"public record record to {load_record('record').until}" in told


@pytest.mark.slow
def test_it_is_compared_and_swept(sim, file):
    """With another headcount."""
    role = "rapporteurs" if file.stem == "competition" else "caseworkers"
    more = Path("more.yaml")
    more.write_text(f"extends: {file.name}\nname: more\nstaffing: {{{role}: {{headcount: 20}}}}\n", encoding="utf-8")
    compared = json.loads(ended(sim, "compare", file, more, "-n", 10, "-j", 1, "--json").splitlines()[0])
    assert {row["scenario"] for row in compared} == {"more"}
    setting = f"staffing.{role}.headcount"
    swept = json.loads(
        ended(sim, "sweep", file, "--set", f"{setting}=4,8", "-n", 10, "-j", 1, "--json").splitlines()[0]
    )
    assert [point[setting] for point in swept["points"]] == [4, 8]


def test_it_is_calibrated(sim, file):
    """The record moves in simulated pasts: no rate of acts is a constant. What does not fit is told."""
    data = json.loads(ended(sim, "calibrate", file, "--as-of", "2022-06-30", "--draws", 100, "-j", 1, "--json"))
    rates = [row for row in data["checks"] if row["unit"] == "a year"]
    assert len(rates) >= 4
    assert all(row["prior_q05"] < row["prior_q95"] for row in rates)
    assert data["parameters"][0]["informed"]
    assert data["notes"] == list(load_basis(file).notes)
    assert bool(data["notes"]) == (file.stem == "privacy")


def test_it_is_backtested(sim, file):
    """On one day, with forecasts of all that was pending in its record."""
    words = ("backtest", "--scenario", file, "--as-of", "2022-03-31", "--draws", 100, "-j", 1)
    data = json.loads(ended(sim, *words, "--json"))
    assert len({row["strand"] for row in data["forecasts"]}) == (4 if file.stem == "competition" else 3)
    ended(sim, *words)


def test_two_stages_of_one_event_are_refused(sim, file):
    """In the procedure's own file, validated alone."""
    act = Path("procedures") / f"{file.stem}-act.yaml"
    text = act.read_text(encoding="utf-8").replace("record_event: non_compliance_decision", "record_event: rfi", 1)
    act.write_text(text.replace("record_event: preliminary_findings", "record_event: rfi", 1), encoding="utf-8")
    code, _, told = sim("validate", act)
    assert code == 2
    assert "is the record_event of" in told
    assert told.startswith(f"{act}:")
