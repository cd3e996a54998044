"""The track record: kept forecasts scored on the record, and what is told of those that cannot be."""

import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small_authority
from record_rows import cut, read_tables, write_tables

from sim import forecast, load_scenario, score
from sim.errors import UserError
from sim.inference import scores
from sim.inference.backtest import MODEL
from sim.inference.baselines import BASELINES, durations_for
from sim.inference.forecast_scores import FORECASTERS
from sim.record.files import load_record
from sim.record.spans import FINDINGS
from sim.view import as_json
from sim.view.verdicts import fared

SHIPPED = Path(__file__).parents[2] / "scenarios"
MADE = date(2022, 1, 1)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """The small authority with its forecast of 1 January 2022, kept beside the scenario."""
    file = small_authority.write(tmp_path_factory.mktemp("authority"))
    forecast(file).save(file.parent / "forecasts")
    return file.parent


@pytest.fixture
def kept(authority, tmp_path):
    """A copy of it, which a test may change."""
    shutil.copytree(authority, tmp_path / "authority")
    return tmp_path / "authority"


@pytest.fixture(scope="module")
def scored(authority):
    """Its scores on the record's last day, 31 December 2022."""
    return score(authority / "forecasts")


def test_truths_are_those_of_the_record(scored):
    """Every forecast beside the day on which it came, by that of scoring."""
    model = scored.table[scored.table["forecaster"] == MODEL].set_index(["strand", "milestone"])
    truths = {key: None if pd.isna(day) else day for key, day in model["truth"].items()}
    assert truths == {
        ("b/one", "resolution"): None,
        ("d/one", "preliminary_findings"): date(2022, 2, 1),
        ("d/one", "resolution"): date(2022, 6, 15),
        ("e/one", "preliminary_findings"): None,
        ("e/one", "resolution"): None,
    }
    assert set(model["days_ahead"]) == {364}
    assert scored.by_file.loc[0, ["made", "scored_on", "forecasts", "happened"]].tolist() == [
        MADE,
        date(2022, 12, 31),
        5,
        2,
    ]


def test_scores_are_those_of_the_curve_in_the_file(authority, scored):
    """CRPS and Brier score by hand, from the weekly curve; the baselines from the record as it was known."""
    content = json.loads((authority / "forecasts" / "2022-01-01.json").read_text(encoding="utf-8"))
    curve = content["cases"]["d/one"]["milestones"][FINDINGS]["curve"]
    daily = np.interp(np.arange(1, 365), [0, *content["grid_days"]], [0, *curve])
    came = np.arange(1, 365) >= 31
    rows = scored.table[(scored.table["strand"] == "d/one") & (scored.table["milestone"] == FINDINGS)]
    rows = rows.set_index("forecaster")
    assert rows.loc[MODEL, "crps"] == pytest.approx(np.mean((daily - came) ** 2))
    assert rows.loc[MODEL, "brier"] == pytest.approx((daily[-1] - 1) ** 2)
    assert rows.loc[MODEL, "cover80"] == float(0.1 <= daily[30] <= 0.9)
    known = durations_for(load_record(authority / "record").known_on(MADE), FINDINGS, False)
    for name, baseline in BASELINES.items():
        age = float((MADE - date(2021, 7, 7)).days)
        assert rows.loc[name, "crps"] == pytest.approx(scores.censored_crps(baseline(known, age, 364), 31))


def test_totals_are_counted_in_the_record(scored):
    """What happened by the end of each quarter that has passed."""
    truth = scored.totals.pivot_table(index="what", columns="date", values="truth")
    assert truth.loc["strands opened"].tolist() == [2, 2, 2, 2]
    assert truth.loc["proceedings opened"].tolist() == [2, 2, 2, 2]
    assert truth.loc["findings"].tolist() == [1, 1, 2, 2]
    assert truth.loc["outcomes"].tolist() == [0, 1, 1, 2]
    assert truth.loc["strands in progress"].tolist() == [5, 4, 4, 3]
    assert (scored.totals["pit_low"] <= scored.totals["pit_high"]).all()
    assert scored.by_file.loc[0, "totals"] == 5


def test_the_pit_of_a_total_is_where_it_lies(authority, scored):
    """The probabilities of fewer, and of no more, add up from the file's."""
    content = json.loads((authority / "forecasts" / "2022-01-01.json").read_text(encoding="utf-8"))
    total = content["totals"]["findings"]["2022-09-30"]
    row = scored.totals[(scored.totals["what"] == "findings") & (scored.totals["date"] == date(2022, 9, 30))].iloc[0]
    place = 2 - total["least"]
    assert row["pit_low"] == pytest.approx(sum(total["probabilities"][:place]))
    assert row["pit_high"] == pytest.approx(sum(total["probabilities"][: place + 1]))


@pytest.mark.parametrize("day", ["2022-03-31", "2022-07-15"])
def test_later_rows_change_no_score(kept, day):
    """Scored on a day, as if the record ended on it."""
    scored = score(kept / "forecasts", truth=date.fromisoformat(day))
    tables = cut(read_tables(kept / "record"), day)
    shutil.rmtree(kept / "record")
    write_tables(kept / "record", tables)
    (kept / "record" / "until.txt").write_text(f"{day}\n", encoding="utf-8")
    again = score(kept / "forecasts")
    pd.testing.assert_frame_equal(again.table, scored.table, check_exact=True)
    pd.testing.assert_frame_equal(again.totals, scored.totals, check_exact=True)


def test_after_the_horizon_only_what_was_forecast_counts(kept):
    """A record that goes on for years: scored up to the horizon, where what comes later had not come."""
    write_tables(kept / "longer", read_tables(kept / "record"))
    (kept / "longer" / "until.txt").write_text("2026-01-01\n", encoding="utf-8")
    scored = score(kept / "forecasts", record=kept / "longer")
    assert set(scored.table["days_ahead"]) == {365}
    assert scored.files[0].scored_on == date(2023, 1, 1)


def test_on_its_own_day_nothing_has_happened(kept):
    """Told as such, with no scores."""
    scored = score(kept / "forecasts", truth=MADE)
    assert scored.table.empty
    assert "not yet: nothing has happened since" in scored.files[0].notes[0]
    assert fared(scored) == ["1 forecast kept, of 1 January 2022: nothing that was forecast can be scored yet."]
    assert json.loads(json.dumps(as_json.of_track_record(scored)))["files"][0]["scored_on"] is None


def test_a_day_that_the_record_does_not_cover(authority):
    """One line, before anything is scored."""
    with pytest.raises(UserError, match=r"--truth 2023-05-01: the record in .* ends on 2022-12-31"):
        score(authority / "forecasts", truth=date(2023, 5, 1))


def test_cases_that_the_record_does_not_have(kept):
    """They are told, and the others are scored."""
    for file in ("events.csv", "strands.csv"):
        path = kept / "record" / file
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if not line.startswith("e,") and ",e," not in line), "utf-8")
    scored = score(kept / "forecasts")
    assert set(scored.table["strand"]) == {"b/one", "d/one"}
    (note,) = scored.files[0].notes
    assert note == "not scored, as the record has no such strands on 2022-01-01: e/one"


def test_the_record_of_another_authority_scores_nothing(kept):
    """Neither strands nor totals of one are those of the other."""
    scored = score(kept / "forecasts", record=SHIPPED / "record")
    assert (len(scored.table), len(scored.totals)) == (0, 0)
    assert scored.files[0].notes[0].endswith("on 2022-01-01: d/one, b/one, e/one")


def test_what_the_record_now_dates_before_the_forecast(kept):
    """A correction of the record after the forecast was made is told, and that milestone not scored."""
    for file in ("events.csv", "strands.csv"):
        path = kept / "record" / file
        path.write_text(path.read_text(encoding="utf-8").replace("2022-02-01", "2021-12-20"), encoding="utf-8")
    scored = score(kept / "forecasts")
    assert ("d/one", FINDINGS) not in set(zip(scored.table["strand"], scored.table["milestone"], strict=True))
    assert scored.files[0].notes == [
        "d/one: the record has its preliminary_findings on 2021-12-20, before the forecast; not scored"
    ]


def changed(change):
    """The bytes of a forecast whose JSON was changed."""

    def damage(content: bytes) -> bytes:
        data = json.loads(content)
        change(data)
        return json.dumps(data).encode()

    return damage


def curve_of(data):
    """A curve in a forecast."""
    return data["cases"]["b/one"]["milestones"]["resolution"]["curve"]


BAD = {
    "cut": (lambda content: content[: len(content) // 2], r":\d+:\d+: is damaged: no JSON from here on"),
    "empty": (lambda content: b"", ":1:1: is damaged: no JSON from here on"),
    "no-text": (lambda content: b"\x89PNG\xff", "is not UTF-8"),
    "list": (lambda content: b"[1, 2]", "is no forecast"),
    "deep": (lambda content: b"[" * 100_000, "is damaged"),
    "other-format": (changed(lambda data: data.update(format=9)), "has format 9; this version reads"),
    "no-format": (changed(lambda data: data.pop("format")), "has no format"),
    "no-horizon": (changed(lambda data: data.pop("horizon")), "horizon: is missing"),
    "no-day": (changed(lambda data: data.update(made="2022-02-31")), "made: must be a date such as"),
    "text": (changed(lambda data: data.update(grid_days="week")), "grid_days: must be a list"),
    "above-one": (changed(lambda data: curve_of(data).__setitem__(-1, 1.5)), "curve.52: must be at most 1"),
    "falling": (changed(lambda data: curve_of(data).__setitem__(-1, 0.0)), "b/one, resolution: the curve must grow"),
    "short": (changed(lambda data: curve_of(data).pop()), "with a value for each of grid_days"),
    "nan": (changed(lambda data: curve_of(data).__setitem__(-1, float("nan"))), "curve.52"),
    "another-day": (changed(lambda data: data.update(made="2022-01-02", grid_days=[364])), "must"),
    "no-quantile": (
        changed(lambda data: data["totals"]["findings"]["2022-03-31"]["quantiles"].pop("q10")),
        r"totals\.findings\.2022-03-31\.quantiles\.q10: is missing",
    ),
    "less-than-one": (
        changed(lambda data: data["totals"]["findings"]["2022-03-31"].update(probabilities=[0.5])),
        "probabilities must add to 1",
    ),
    "unknown": (changed(lambda data: data.update(more=1)), "more"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_told_and_its_neighbour_scored(kept, scored, name):
    """In one line with the name of the file; the other forecast has the same scores as without it."""
    damage, message = BAD[name]
    good = kept / "forecasts" / "2022-01-01.json"
    bad = kept / "forecasts" / f"2022-01-01-{name}.json"
    bad.write_bytes(damage(good.read_bytes()))
    found = score(kept / "forecasts")
    (problem,) = found.problems
    assert str(problem).startswith(str(bad))
    assert "\n" not in str(problem)
    pd.testing.assert_frame_equal(found.table, scored.table)
    good.unlink()
    with pytest.raises(UserError, match=message):
        score(kept / "forecasts")


def test_a_folder_without_forecasts(tmp_path):
    """Missing, or empty: what to do."""
    with pytest.raises(UserError, match="there is no such folder; `sim forecast SCENARIO` makes one"):
        score(tmp_path / "nothing")
    with pytest.raises(UserError, match=r"holds no forecast \(no \.json\)"):
        score(tmp_path)


def test_a_record_that_is_gone(kept):
    """Where a forecast names one that is not there any more, another can be given."""
    (kept / "record").rename(kept / "moved")
    with pytest.raises(UserError, match=r"its record is not there any more, in .*record; give one with --record"):
        score(kept / "forecasts")
    assert len(score(kept / "forecasts", record=kept / "moved").table)


def test_several_forecasts_are_pooled(kept, scored):
    """One row for each, and all of them together."""
    scenario = load_scenario(kept / "small.yaml", {"start": "2022-06-30", "replications": 40})
    forecast(scenario).save(kept / "forecasts")
    both = score(kept / "forecasts")
    assert both.by_file["made"].tolist() == [MADE, date(2022, 6, 30)]
    assert len(both.table) == both.by_file["forecasts"].sum() * len(FORECASTERS)
    assert both.scores.set_index("forecaster").loc[MODEL, "forecasts"] == both.by_file["forecasts"].sum()
    assert both.by_file.loc[0, MODEL] == scored.by_file.loc[0, MODEL]
