"""What of a record does not fit a scenario is told or refused, and nothing is mistaken for something else."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import small_authority

from sim.errors import UserError
from sim.experiments.simulate import simulate
from sim.inference.as_of import forecast_scenario, load_basis, past_scenario
from sim.inference.histories import simulated_counts

REQUEST = """\
    ask:
      title: Questions
      record_event: rfi
      steps: {read: {step: wait, reason: party, days: 2000}}
      next: {proceedings: 0.1, closed: rest}
    proceedings:
"""


def with_requests(folder: Path) -> Path:
    """The record of the small authority with two requests that nothing followed."""
    events = folder / "record" / "events.csv"
    row = "{},Video,Media Inc,,,rfi,elections,1,made up,,example,assumed\n"
    lines = row.format("2021-01-05") + row.format("2021-02-05").replace("elections", "adverts")
    events.write_text(events.read_text(encoding="utf-8") + lines, encoding="utf-8")
    return folder / "small.yaml"


def edited(file: Path, *changes: tuple[str, str]) -> Path:
    """The file with parts of its text replaced."""
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return file


def test_what_fits_has_no_notes(tmp_path):
    """The small authority and its own record."""
    assert load_basis(small_authority.write(tmp_path)).notes == ()


def test_requests_without_a_stage_are_left_out_and_told(tmp_path):
    """The past then begins with the first opening; with a stage for them, with the first request."""
    file = with_requests(small_authority.write(tmp_path).parent)
    basis = load_basis(file)
    assert basis.notes == ("No stage has record_event: rfi, so that the record's requests (2) are left out.",)
    assert basis.record.last_day == date(2022, 12, 31)
    assert past_scenario(basis, date(2022, 12, 31), 100).start == date(2021, 1, 10)
    asking = load_basis(edited(file, ("    proceedings:\n", REQUEST)))
    assert asking.notes == ()
    assert past_scenario(asking, date(2022, 12, 31), 100).start == date(2021, 1, 5)


def test_requests_are_not_counted_as_strands(tmp_path):
    """Pending strands are those from the opening on, also in a procedure that names no headline cases."""
    file = with_requests(small_authority.write(tmp_path).parent)
    basis = load_basis(edited(file, ("    proceedings:\n", REQUEST)))
    run = simulate(forecast_scenario(basis, date(2022, 3, 31), date(2022, 6, 30), 20))
    counts = simulated_counts(run, {"preliminary_findings": [], "resolution": []})
    requests = run.data["remaining"].sel(stage="ask").to_numpy()
    assert requests.sum() > 0
    np.testing.assert_array_equal(
        counts["strands pending"] + requests, run.samples["pending_end"].by_replication
    )  # fmt: skip


def test_an_outcome_that_the_procedure_has_not_is_told(tmp_path):
    """Its strands end otherwise in simulated records."""
    file = edited(small_authority.write(tmp_path), ("record_event: commitments_binding, ", ""))
    (note,) = load_basis(file).notes
    assert note.startswith("The record has commitments_binding as an outcome (1), which no stage has")


def test_a_case_in_a_stage_that_the_procedure_has_not_is_refused(tmp_path, sim):
    """With the case, its event, and what to write where."""
    file = edited(small_authority.write(tmp_path), ("record_event: preliminary_findings\n", "resolved: false\n"))
    code, _, told = sim("validate", file)
    assert code == 2
    assert told == (
        f"{file}:28:21: b/one stands after 'preliminary_findings' in the record, but no stage of the procedure has that"
        " record_event; write record_event: preliminary_findings in the stage that begins with it, or leave the case"
        " out (in_flight.without)\n"
    )
    with pytest.raises(UserError, match=r"record_event: preliminary_findings; write it in the stage that begins when"):
        load_basis(file)


def test_services_that_the_record_has_not_are_told(tmp_path):
    """Some of a stream, with what was probably meant; or all of them."""
    stream = "per_year: 6}"
    file = small_authority.write(tmp_path)
    some = edited(file, (stream, "per_year: 6, platforms: {Video: 1, Vidoe: 2}}"))
    assert load_basis(some).notes == (
        "arrivals.openings: neither the record nor platforms has Vidoe; they are left out; did you mean 'Video'?",
    )
    none = edited(file, ("{Video: 1, Vidoe: 2}", "{X: 1, Y: 1}"))
    (note,) = load_basis(none).notes
    assert note.endswith("has X, Y; its cases come to all services that are known.")


def test_a_record_needs_a_scenario(tmp_path, sim, monkeypatch):
    """Another law's cases do not go through the shipped procedure unless that is asked for."""
    monkeypatch.chdir(Path(__file__).parents[2])
    code, out, told = sim("backtest", "--record", "docs/example-record", "--as-of", "2021-12-31")
    assert (code, out) == (2, "")
    assert told == (
        "--record docs/example-record: whose procedure and staff? Give the scenario too, such as --scenario"
        " scenarios/three-probes.yaml\n"
    )


def test_notes_are_printed_and_in_json(tmp_path, sim):
    """By both commands."""
    file = with_requests(small_authority.write(tmp_path).parent)
    few = ("--draws", 100, "--jobs", 1)
    note = "No stage has record_event: rfi"
    for words in (
        ("calibrate", file, "--as-of", "2022-12-31"),
        ("backtest", "--scenario", file, "--as-of", "2022-03-31"),
    ):
        assert note in " ".join(sim(*words, *few)[1].split())
        assert json.loads(sim(*words, *few, "--json")[1])["notes"][0].startswith(note)


def test_a_day_without_intervals_has_missing_ones(tmp_path, sim):
    """Two proceedings say nothing of how much a mean score would vary: null, not infinite, and '-' in print."""
    file = small_authority.write(tmp_path)
    words = ("backtest", "--scenario", file, "--as-of", "2021-06-30", "--draws", 100, "--jobs", 1)
    scores = json.loads(sim(*words, "--json")[1])["scores"]["all"]
    assert {row["crps_ci_low"] for row in scores} == {row["gain_ci_high"] for row in scores} == {None}
    assert "inf" not in sim(*words)[1]
