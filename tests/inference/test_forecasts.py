"""Forecasts that are kept: what stands in the file, that it is written once, and that it depends on nothing later."""

import json
import shutil
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import small_authority
from record_rows import cut, read_tables, write_tables
from small_scenarios import BARE, SMALL

from sim import forecast, load_scenario, simulate
from sim.errors import UserError
from sim.inference.as_of import stages_of
from sim.inference.forecast_file import daily, parsed
from sim.inference.forecast_of_run import COUNTS, dates_of
from sim.inference.histories import simulated_counts
from sim.record.spans import FINDINGS

FORECASTS = Path(__file__).parents[2] / "scenarios" / "forecasts"
KEPT = {
    "2025-12-31.json": "fd53952e0b6da479dd09d615e85a5b57e58d4e43cf4de9294091f2bfd13c13eb",
    "2026-10-08.json": "968689c8da7d4cc4aecbc5f1471e97dc29a4ba392edd3e165919f7859bbaff7d",
}
"""The SHA-256 of every kept forecast; add that of a new one, and change none."""


def test_kept_forecasts_are_as_they_were_made():
    """Each file in scenarios/forecasts is in the table above, byte for byte; nothing was taken away."""
    found = {path.name: sha256(path.read_bytes()).hexdigest() for path in FORECASTS.iterdir()}
    assert found == KEPT


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """The small authority's scenario, on its first day, 1 January 2022."""
    return small_authority.write(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def run(authority):
    """Its run."""
    return simulate(authority)


@pytest.fixture(scope="module")
def made(authority):
    """Its forecast."""
    return forecast(authority)


def test_every_case_in_progress_is_forecast(made):
    """Findings where none had come by the first day, and the outcome in any case."""
    assert {name: list(case.milestones) for name, case in made.content.cases.items()} == {
        "b/one": ["resolution"],
        "d/one": ["preliminary_findings", "resolution"],
        "e/one": ["preliminary_findings", "resolution"],
    }
    assert (made.content.made, made.content.of.record_until) == (date(2022, 1, 1), date(2022, 1, 1))


def test_probabilities_are_those_of_the_replications(made, run):
    """By the end of a quarter: the share of replications in which the milestone had come; and how cases end."""
    times = run.first_reached("d/one", [stages_of(run.scenario)[FINDINGS]])
    one = made.content.cases["d/one"]
    for day, probability in one.milestones[FINDINGS].by.items():
        assert probability == pytest.approx(np.mean(times <= (day - date(2022, 1, 1)).days))
    ended = np.min([run.first_reached("d/one", [state]) for state in run.layout.resolving], axis=0)
    assert sum(one.ends.values()) == pytest.approx(np.mean(ended <= run.scenario.horizon_days))
    assert set(one.ends) <= {"closed", "decision", "commitments"}


def test_the_curve_gives_back_the_probabilities(made):
    """Linear between the points of the grid, within the rounding where a quarter ends on one, else between two."""
    content = made.content
    for case in content.cases.values():
        for milestone in case.milestones.values():
            curve = content.daily(milestone)
            assert len(curve) == 365
            for day, probability in milestone.by.items():
                after = (day - content.made).days
                assert curve[max(after - 8, 0)] - 1e-9 <= probability <= curve[min(after + 6, 364)] + 1e-9
            assert curve[-1] == milestone.by[content.horizon]


def test_curves_begin_at_zero_and_are_linear():
    """On the day itself nothing has come."""
    np.testing.assert_allclose(daily([2, 4], [0.2, 0.8]), [0.1, 0.2, 0.5, 0.8])


def test_quarters_end_where_they_do():
    """Those after the first day, and the horizon, once."""
    assert dates_of(date(2025, 12, 31), date(2026, 12, 31)) == [
        date(2026, 3, 31),
        date(2026, 6, 30),
        date(2026, 9, 30),
        date(2026, 12, 31),
    ]
    assert dates_of(date(2026, 10, 8), date(2027, 1, 2)) == [date(2026, 12, 31), date(2027, 1, 2)]
    assert dates_of(date(2026, 10, 8), date(2026, 10, 9)) == [date(2026, 10, 9)]


def test_totals_are_those_of_a_backtest(made, run):
    """On the horizon: strands opened and in progress as a backtest counts them in the same run."""
    counts = simulated_counts(run, {"preliminary_findings": [], "resolution": []})
    totals = made.content.totals
    assert list(totals) == list(COUNTS)
    last = run.scenario.horizon
    for what, simulated in (("strands opened", "strands opened"), ("strands in progress", "strands pending")):
        total = totals[what][last]
        values, frequencies = np.unique(counts[simulated], return_counts=True)
        shares = {total.least + k: p for k, p in enumerate(total.probabilities) if p}
        assert shares == pytest.approx(dict(zip(values, frequencies / run.replications, strict=True)))
        assert total.mean == pytest.approx(counts[simulated].mean(), rel=1e-3)
        assert total.quantiles.q50 == np.quantile(counts[simulated], 0.5, method="inverted_cdf")


def test_flows_add_up(run, made):
    """In progress at the end is what was, and what was opened, less what had an outcome."""
    last, totals = run.scenario.horizon, made.content.totals
    mean = {what: totals[what][last].mean for what in COUNTS}
    assert mean["strands in progress"] == pytest.approx(3 + mean["strands opened"] - mean["outcomes"], abs=0.02)
    assert mean["proceedings opened"] == mean["strands opened"]  # this authority's proceedings have one strand each


def test_the_same_forecast_gives_the_same_bytes(authority, made, tmp_path):
    """From a stored run and from a new one, in any number of processes, in any folder as far from the record."""
    stored = forecast(authority, results=tmp_path / "results")
    again = forecast(authority, jobs=2, results=tmp_path / "results")
    assert stored.content.to_bytes() == again.content.to_bytes() == made.content.to_bytes()
    one, other = (each.save(tmp_path / name) for each, name in ((made, "one"), (again, "two")))
    assert one.read_bytes() == other.read_bytes()
    assert parsed(one, json.loads(one.read_bytes())).cases == made.content.cases


def test_what_came_later_changes_no_byte(authority, made, tmp_path):
    """Later rows of the record: as if they had never been written."""
    folder = tmp_path / "then"
    folder.mkdir()
    shutil.copy(authority, folder)
    write_tables(folder / "record", cut(read_tables(authority.parent / "record"), "2022-01-01"))
    (folder / "record" / "until.txt").write_text("2022-01-01\n", encoding="utf-8")
    assert forecast(folder / authority.name).content.to_bytes() == made.content.to_bytes()


def test_a_forecast_is_written_once(made, tmp_path):
    """A second one of the same day and scenario is refused, another scenario's has its name in its file's."""
    path = made.save(tmp_path)
    before = path.read_bytes()
    assert path.name == "2022-01-01.json"
    with pytest.raises(UserError, match=r"2022-01-01\.json: this forecast was kept before"):
        made.save(tmp_path)
    assert path.read_bytes() == before
    other = forecast(load_scenario(small_scenario(tmp_path, "other"), {"replications": 10}))
    assert other.save(tmp_path).name == "2022-01-01-other.json"
    assert sorted(file.name for file in tmp_path.glob("*.json")) == ["2022-01-01-other.json", "2022-01-01.json"]


def small_scenario(folder: Path, name: str) -> Path:
    """The small authority under another name."""
    file = small_authority.write(folder / name)
    file.write_text(file.read_text(encoding="utf-8").replace("small-authority", name), encoding="utf-8")
    return file


@pytest.mark.parametrize(("text", "cases", "counts"), [(SMALL, 3, 5), (BARE, 0, 2)])
def test_procedures_without_such_stages_are_forecast(tmp_path, text, cases, counts):
    """A scenario without a record; and one whose stages are no events of a record, and which has no case yet."""
    file = tmp_path / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    made = forecast(load_scenario(file, {"replications": 5, "replications_per_draw": 1}))
    assert (len(made.content.cases), len(made.content.totals)) == (cases, counts)
    assert made.save(tmp_path / "kept").is_file()
    assert made.content.of.record_until is None


def test_it_says_what_its_parameters_were_drawn_from(authority, made, tmp_path):
    """The priors; a posterior, with its day; or nothing, where nothing is uncertain."""
    assert (made.content.of.parameters, made.content.of.posterior_as_of) == ("priors", None)
    file = small_scenario(tmp_path, "drawn")
    draws = "# as_of: 2021-12-31\neffort,rate,share\n1.2,5.0,0.5\n0.8,7.0,0.6\n"
    (file.parent / "draws.csv").write_text(draws, encoding="utf-8")
    file.write_text(file.read_text(encoding="utf-8") + "posterior: draws.csv\n", encoding="utf-8")
    one = forecast(load_scenario(file, {"replications": 5})).content.of
    assert (one.parameters, one.posterior_as_of) == ("posterior", date(2021, 12, 31))
    bare = tmp_path / "bare.yaml"
    bare.write_text(BARE, encoding="utf-8")
    assert forecast(load_scenario(bare, {"replications": 5})).content.of.parameters == "fixed"
