"""Backtests: nothing later is read, the truth is looked up rightly, and the commands say what is wrong."""

import json
import shutil
from datetime import date
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small_authority
from record_rows import cut, read_tables, write_tables
from rich.console import Console

from sim.errors import UserError
from sim.inference.as_of import Basis, load_basis
from sim.inference.backtest import FORECASTERS, MODEL, PRIORS, Origin, backtest, forecast_curve, futures_of, on_both
from sim.inference.calibrate import Runner, posteriors
from sim.inference.histories import milestone_times
from sim.inference.scores import coverage, pit
from sim.record.model import Record
from sim.scenario.loading import load_scenario
from sim.view import as_json
from sim.view.terminal.backtest import summary
from sim.view.verdicts import conclusion

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "scenarios"
ORIGIN, END = date(2024, 9, 30), date(2025, 12, 31)


def simulated(basis: Basis, as_of: date, truth: date, draws: int) -> Origin:
    """An origin with its runs."""
    run = Runner(0, 2, None, None)
    posterior = posteriors(basis, [as_of], draws, run)[as_of]
    futures = futures_of(basis, as_of, truth, draws, look_ahead=False)
    return Origin.of(basis, truth, posterior, futures, run(on_both(posterior, futures)))


def made(basis: Basis, truth: Record) -> tuple[Origin, pd.DataFrame, pd.DataFrame]:
    """A calibrated forecast of ORIGIN with its tables."""
    origin = simulated(basis, ORIGIN, END, 100)
    return origin, origin.forecasts(truth), origin.totals(truth)


def test_removing_what_came_later_changes_no_bit(tmp_path):
    """Calibration, baselines and forecasts: the same to the last bit without later rows of the record and without later
    entries of the staffing; the truth is looked up in the whole record each time."""
    whole = load_basis(SHIPPED / "three-probes.yaml")
    write_tables(tmp_path / "record", cut(read_tables(SHIPPED / "record"), str(ORIGIN)))
    (tmp_path / "record" / "until.txt").write_text(f"{ORIGIN}\n", encoding="utf-8")
    for part in ("common", "procedures"):
        shutil.copytree(SHIPPED / part, tmp_path / part)
    shutil.copy(SHIPPED / "three-probes.yaml", tmp_path)
    common = tmp_path / "common" / "commission.yaml"
    text = common.read_text("utf-8")
    for later in (", 2024-12-15: 59, 2025-04-15: 65", ", 2024-12-15: 6, 2025-12-15: 8"):
        assert later in text
        text = text.replace(later, "")
    common.write_text(text, encoding="utf-8")
    known = load_basis(tmp_path / "three-probes.yaml")
    assert len(known.record.acts) < len(whole.record.acts)
    assert max(act.date for act in known.record.acts) <= ORIGIN
    one, *tables = made(whole, whole.record)
    other, *others = made(known, whole.record)
    assert one.posterior.weights.tobytes() == other.posterior.weights.tobytes()
    assert one.posterior.draws(10).equals(other.posterior.draws(10))
    assert one.posterior.reference.statistics.tobytes() == other.posterior.reference.statistics.tobytes()
    assert one.posterior.reference.observed.tobytes() == other.posterior.reference.observed.tobytes()
    assert one.posterior.table.equals(other.posterior.table)
    for name in ("checks", "curves"):
        first, second = (getattr(origin.posterior, name) for origin in (one, other))
        assert len(first) > 10
        pd.testing.assert_frame_equal(first, second, check_exact=True)
    for table, same in zip(tables, others, strict=True):
        pd.testing.assert_frame_equal(table, same, check_exact=True)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A rolling backtest of the small authority."""
    file = small_authority.write(tmp_path_factory.mktemp("small"))
    return backtest(file, date(2021, 6, 30), rolling_months=6, draws=200)


def test_origins(small):
    """From the first day on, every half year, at the ends of months."""
    assert small.origins == [date(2021, 6, 30), date(2021, 12, 31), date(2022, 6, 30)]
    assert small.truth == date(2022, 12, 31)


def test_every_pending_strand_is_forecast_by_everybody(small):
    """Findings where none had come yet, resolution in any case; and the truth beside it."""
    rows = small.table[small.table["origin"] == date(2021, 12, 31)]
    model = rows[rows["forecaster"] == MODEL].set_index(["strand", "milestone"])
    assert list(model.index) == [
        ("b/one", "resolution"),
        ("d/one", "preliminary_findings"),
        ("d/one", "resolution"),
        ("e/one", "preliminary_findings"),
        ("e/one", "resolution"),
    ]
    assert model.loc[("d/one", "preliminary_findings"), "truth"] == date(2022, 2, 1)
    assert model.loc[("d/one", "preliminary_findings"), "days"] == 32
    assert np.isinf(model.loc[("e/one", "resolution"), "days"])
    assert (rows.groupby("forecaster").size() == len(model)).all()
    assert set(rows["forecaster"]) == set(FORECASTERS)


def test_scores_lie_where_they_can(small):
    """Probabilities and scores between 0 and 1, and PITs in order."""
    columns = ["probability", "brier", "crps", "pit_low", "pit_high", "cover50", "cover80", "cover95"]
    assert small.table[columns].min().min() >= 0
    assert small.table[columns].max().max() <= 1 + 1e-9
    assert (small.table["pit_low"] <= small.table["pit_high"]).all()


def test_totals_count_the_record(small):
    """As of the end of 2021 three strands were pending; of the two without findings one had them by the end of 2022."""
    rows = small.totals[(small.totals["origin"] == date(2021, 12, 31)) & (small.totals["forecaster"] == MODEL)]
    truth = rows.set_index("what")["truth"].to_dict()
    assert truth == {
        "findings of pending strands": 1,
        "resolved of pending strands": 1,
        "strands opened": 2,
        "strands pending": 3,
    }


def test_pooled_scores_are_means(small):
    """The pooled table has the means of the forecasts, and the gain is the difference of two of them."""
    table = small.scores.set_index("forecaster")
    means = small.table.groupby("forecaster")["crps"].mean()
    for name in FORECASTERS:
        assert table.loc[name, "crps"] == pytest.approx(means[name])
        assert table.loc[name, "gain"] == pytest.approx(means[name] - means[MODEL])
    assert table.loc[MODEL, "gain"] == 0.0
    assert table.loc[PRIORS, "forecasts"] == len(small.table) / len(FORECASTERS)
    assert small.pit_histogram().sum() == pytest.approx(1.0)
    assert small.by_origin["strands"].tolist() == [3, 3, 4]


def test_totals_inside_are_counted(small):
    """At how many of the three days each count lies in the model's interval, as the terminal says it."""
    model = small.totals[small.totals["forecaster"] == MODEL]
    own = model[model["what"] == "strands opened"]
    inside = int(((own["q10"] <= own["truth"]) & (own["truth"] <= own["q90"])).sum())
    held = small.totals_held.set_index(["what", "forecaster"])
    assert held.loc[("strands opened", MODEL)].tolist() == [3, inside]
    console = Console(width=200, file=StringIO())
    console.print(summary(small))
    assert f"strands opened at {inside} of 3" in console.file.getvalue()


def test_a_backtest_is_shown_in_a_line(small):
    """A short text, and the scores in a notebook."""
    assert len(repr(small)) < 300
    assert "as of 3 days from 2021-06-30 to 2022-06-30, truth of 2022-12-31" in repr(small)
    assert small._repr_html_().count("<tr") == 1 + len(FORECASTERS)


def test_a_scenario_in_memory_is_as_good_as_its_file(tmp_path):
    """The same forecasts, with what the record knew later left out."""
    file = small_authority.write(tmp_path)
    one, other = (backtest(given, as_of=date(2021, 12, 31), draws=100) for given in (file, load_scenario(file)))
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)


def test_old_arguments_are_named_with_the_new_ones(tmp_path):
    """`until` was the day of scoring."""
    with pytest.raises(UserError, match="backtest: the argument 'until' is now called 'truth'"):
        backtest(small_authority.write(tmp_path), date(2021, 6, 30), until=date(2022, 1, 1))


def test_the_conclusion_names_every_other_forecaster(small):
    """What the model did not beat stands as plainly as what it beat."""
    sentence = conclusion(small)
    assert sentence.count("Kaplan-Meier") == sentence.count("priors only") == sentence.count("half an act") == 1


def test_json_has_no_infinities(small):
    """Everything is strict JSON."""
    data = json.loads(json.dumps(as_json.of_backtest(small), allow_nan=False))
    assert data["origins"] == ["2021-06-30", "2021-12-31", "2022-06-30"]
    assert {row["truth"] for row in data["forecasts"]} >= {None, "2022-02-01"}


def test_a_true_model_is_calibrated_on_average(tmp_path):
    """Truths made by the model itself: pooled 80% coverage of many records is 80% (4 standard errors over records)."""
    file = small_authority.write(tmp_path)
    basis = load_basis(file)
    origin = simulated(basis, date(2021, 12, 31), date(2022, 12, 31), 600)
    run, held = origin.runs[PRIORS]["scored"], []
    for strand in ("d/one", "e/one"):
        curve = forecast_curve(run, strand, "resolution")
        times = np.ceil(milestone_times(run, strand, "resolution"))
        held.append([coverage(pit(curve, t if t <= 365 else np.inf), 0.8) for t in times])
    means = np.mean(held, axis=0)
    assert abs(means.mean() - 0.8) < 4 * means.std() / np.sqrt(len(means))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"as_of": date(2021, 1, 1)}, "no strand was in progress"),
        ({"as_of": date(2022, 12, 31)}, "must be before"),
        ({"as_of": date(2021, 6, 30), "truth": date(2024, 1, 1)}, "ends on 2022-12-31"),
        ({}, "--as-of is missing"),
        ({"as_of": date(2021, 6, 30), "draws": 10}, "at least 100"),
    ],
)
def test_what_cannot_be_tested_is_said(tmp_path, options, message):
    """Days outside the record, nothing pending, too few draws."""
    with pytest.raises(UserError, match=message):
        backtest(small_authority.write(tmp_path), **options)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["backtest"], "--as-of is missing"),
        (["backtest", "--as-of", "14.3.2024"], "is not a day of the calendar"),
        (["backtest", "--as-of", "2024-03-14", "--rolling", "3"], "must be a number of months, such as 3M"),
        (["backtest", "--as-of", "2024-03-14", "--leave-one-out"], "leave out --as-of"),
        (["backtest", "--rolling", "3M", "--leave-one-out"], "leave out --rolling"),
        (["backtest", "--leave-one-out", "--truth", "2031-01-01"], "--truth 2031-01-01: the record in"),
        (["backtest", "--leave-one-out", "--truth", "2023-12-31"], "has only x-2023-12"),
        (["backtest", "--as-of", "2024-03-14", "--record", "scenarios/record"], "Give the scenario too"),
        (
            ["backtest", "--as-of", "2024-03-14", "--record", "nowhere", "--scenario", "scenarios/three-probes.yaml"],
            "there is no such folder",
        ),
        (["backtest", "--as-of", "2024-03-14", "--truth", "2031-01-01"], "ends on 2026-10-08"),
        (["backtest", "--as-of", "2024-03-14", "--scenario", "scenarios/dma.yaml"], "names no record"),
        (["calibrate", "scenarios/three-probes.yaml", "--as-of", "soon"], "is not a day of the calendar"),
        (["calibrate", "scenarios/three-probes.yaml", "--as-of", "2022-01-01"], "no proceedings had been opened"),
        (["calibrate", "scenarios/three-probes.yaml", "--until", "2024-03-14"], "write --as-of 2024-03-14"),
        (["backtest", "--as-of", "2024-03-14", "--until", "2025-03-14"], "write --truth 2025-03-14"),
        (["calibrate", "scenarios/none.yaml", "--as-of", "2024-03-14"], "there is no such file"),
        (
            ["calibrate", "scenarios/three-probes.yaml", "--as-of", "2024-03-14", "-o", "x.txt"],
            "name a table of draws, FILE.csv",
        ),
        (["calibrate", "scenarios/three-probes.yaml", "--as-of", "2024-03-14", "-o", "scenarios/cap.yaml"], "exists"),
    ],
)
def test_mistakes_are_told_in_one_line(sim, monkeypatch, words, message):
    """Exit code 2, one line on stderr, nothing on stdout, and before anything runs."""
    monkeypatch.chdir(ROOT)
    code, out, err = sim(*words)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_another_record_goes_through_the_same_commands(sim, monkeypatch, tmp_path):
    """The example record, with other services, topics and years: calibrate, run what was written, backtest."""
    monkeypatch.chdir(ROOT)
    other = ("--record", ROOT / "docs" / "example-record", "--draws", 100, "--jobs", 1)
    scenario, written = SHIPPED / "three-probes.yaml", tmp_path / "calibrated.yaml"
    code, _, err = sim("calibrate", scenario, "--as-of", "2022-06-30", *other, "-o", written)
    assert code == 0, err
    assert sim("validate", written)[0] == 0
    code, out, err = sim("backtest", "--as-of", "2021-12-31", *other, "--scenario", scenario, "--json")
    assert code == 0, err
    data = json.loads(out)
    assert {row["strand"] for row in data["forecasts"]} == {"agora-2021/minors", "agora-2021/complaints"}
    happened = {row["truth"] for row in data["forecasts"] if row["strand"] == "agora-2021/minors"}
    assert happened == {"2022-01-10", "2022-10-03"}
