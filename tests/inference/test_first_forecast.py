"""The first kept forecast, in the format of its time: its own scores, of its own day, where the record agrees."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from sim import score
from sim.errors import UserError
from sim.inference.forecast_scores import FORECASTERS
from sim.view.verdicts import fared

SHIPPED = Path(__file__).parents[2] / "scenarios"
FIRST = SHIPPED / "forecasts" / "2025-12-31.json"
TRUTH = date(2026, 10, 8)


@pytest.fixture
def kept(tmp_path):
    """A copy of it beside a copy of the record."""
    shutil.copytree(SHIPPED / "record", tmp_path / "record")
    (tmp_path / "forecasts").mkdir()
    shutil.copy(FIRST, tmp_path / "forecasts")
    return tmp_path


def test_its_scores_are_its_own(kept):
    """Those that stand in it, for each milestone and pooled, with the intervals of the pooled ones."""
    scored, stored = score(kept / "forecasts", truth=TRUTH), json.loads(FIRST.read_bytes())
    (one,) = scored.files
    assert (one.scored_on, one.notes) == (TRUTH, [])
    pooled = scored.scores.set_index("forecaster")
    assert list(pooled.index) == list(FORECASTERS)
    for row in stored["scores"]["all"]:
        if row["forecaster"] in FORECASTERS:
            mine = pooled.loc[row["forecaster"]]
            assert [mine[name] for name in ("crps", "brier", "cover80", "gain", "crps_ci_low", "gain_ci_high")] == [
                pytest.approx(row[name], abs=1e-7)
                for name in ("crps", "brier", "cover80", "gain", "crps_low", "gain_high")
            ]
    assert scored.totals["inside80"].tolist() == [False, False, True, True]
    assert scored.totals["truth"].tolist() == [8, 2, 5, 20]


def test_of_an_earlier_day_it_tells_nothing(kept):
    """It has no curves, only what was forecast by 8 October 2026."""
    scored = score(kept / "forecasts", truth=date(2026, 6, 30))
    assert scored.table.empty
    assert "nothing is told of 2026-06-30" in scored.files[0].notes[0]
    assert "nothing that was forecast can be scored yet" in fared(scored)[0]


def test_a_truth_that_the_record_denies_is_left_out(kept):
    """A date that the record has corrected since, and a count that is another one now: told, and not scored."""
    first = json.loads(FIRST.read_bytes())
    row = next(r for r in first["forecasts"] if r["truth"] and r["milestone"] == "preliminary_findings")
    for file in ("events.csv", "strands.csv"):
        path = kept / "record" / file
        path.write_text(path.read_text(encoding="utf-8").replace(row["truth"], "2025-12-30"), encoding="utf-8")
    scored = score(kept / "forecasts", truth=TRUTH)
    assert (row["strand"], row["milestone"]) not in set(
        zip(scored.table["strand"], scored.table["milestone"], strict=True)
    )
    note = f"{row['strand']}, {row['milestone']}: scored on {row['truth']}, but the record now has 2025-12-30; left out"
    assert note in scored.files[0].notes
    assert any(note.startswith("findings of pending strands: scored on 8, but") for note in scored.files[0].notes)


def test_a_damaged_one_is_told(kept):
    """In one line that names what is wrong."""
    path = kept / "forecasts" / FIRST.name
    first = json.loads(path.read_bytes())
    first["forecasts"][3]["crps"] = "good"
    path.write_text(json.dumps(first), encoding="utf-8")
    with pytest.raises(UserError, match=r"2025-12-31\.json: forecasts\.3\.crps: must be a number, not"):
        score(kept / "forecasts")
    first["forecasts"].pop(3)
    path.write_text(json.dumps(first), encoding="utf-8")
    with pytest.raises(UserError, match=r"2025-12-31\.json: every forecaster must have forecast the same"):
        score(kept / "forecasts")
