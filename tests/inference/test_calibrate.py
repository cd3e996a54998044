"""Calibration: the past that is simulated, the posterior that comes of it, the file that is written."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations_with_replacement
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import small_authority
from scipy.stats import binom, gamma, kstest, norm

from sim.errors import UserError
from sim.experiments.simulate import simulate
from sim.inference.as_of import OPENINGS, known_by, load_basis, past_scenario
from sim.inference.calibrate import calibrate
from sim.inference.histories import KINDS, PENDING, real_history, simulated_histories
from sim.inference.posterior import Posterior
from sim.inference.posterior_file import MARK, scenario_text
from sim.inference.reference import ReferenceTable
from sim.scenario.loading import load_scenario
from sim.view.verdicts import undated_staff

SCENARIOS = Path(__file__).parents[2] / "scenarios"
END = date(2022, 12, 31)
DRAWS = 600


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The small authority calibrated at the end of its record."""
    return calibrate(small_authority.write(tmp_path_factory.mktemp("small")), END, draws=DRAWS)


def test_the_past_has_the_openings_of_the_record(small):
    """Every strand comes on its day; streams that open proceedings are counted and open none."""
    past = small.reference.past
    assert (past.start, past.horizon) == (date(2021, 1, 10), END)
    assert list(past.probes) == list("abcdefg")
    assert past.probes["a"].since == past.start
    assert past.probes["d"].arrives == date(2021, 7, 7)
    run = simulate(past.model_copy(update={"replications": 20}))
    assert (run.data["entered"].sel(stage="proceedings") == len(past.probes)).all()
    assert float(run.data["went"].sel(state=OPENINGS).sum("stage").mean()) == pytest.approx(6 * 720 / 365, rel=0.5)


def test_the_record_as_a_history(small):
    """Days since the first opening, infinite where not reached."""
    real = real_history(small.basis.record, small.reference.past)
    first = date(2021, 1, 10)
    assert real.names[:2] == ("a/one", "b/one")
    assert real.opened[1] == (date(2021, 2, 20) - first).days
    assert real.findings[0, :2].tolist() == [112, (date(2021, 8, 15) - first).days]
    assert np.isinf(real.findings[0, 2])
    assert real.resolved[0, 2] == (date(2021, 11, 20) - first).days
    kinds = [KINDS[how] if how != PENDING else "" for how in real.how[0]]
    assert kinds == ["non_compliance", "", "commitments", "non_compliance", "", "", "closed"]
    assert real.openings.tolist() == [6.0]


def test_both_kinds_of_history_have_the_same_form(small):
    """A simulated history has the strands and openings of the real one."""
    run = simulate(small.reference.past.model_copy(update={"replications": 10}))
    simulated, real = simulated_histories(run), real_history(small.basis.record, small.reference.past)
    assert simulated.names == real.names
    assert simulated.opened.tolist() == real.opened.tolist()
    assert simulated.end == real.end
    assert (simulated.findings[np.isfinite(simulated.findings)] <= real.end).all()
    assert simulated.how.shape == simulated.resolved.shape
    assert ((simulated.how == PENDING) == np.isinf(simulated.resolved)).all()
    decided = run.first_reached("a/one", ["decision"])
    assert (np.isfinite(decided) == (simulated.how[:, 0] == KINDS.index("non_compliance"))).all()
    assert np.isfinite(decided).any()


def test_dated_assumptions_end_on_the_day():
    """What is dated later is dropped; the first entry stays, since it holds for all time before it."""
    table = {date(2020, 1, 1): 3.0, date(2022, 6, 1): 6.0}
    assert known_by(table, date(2022, 6, 1)) == table
    assert known_by(table, date(2022, 5, 31)) == {date(2020, 1, 1): 3.0}
    assert known_by(table, date(2019, 1, 1)) == {date(2020, 1, 1): 3.0}


def test_effort_is_recovered_from_synthetic_records(small):
    """200 synthetic records: 90% intervals hold 85 to 95%; ranks are uniform (p > 0.001); the interval is narrower."""
    check = small.reference.simulation_based_calibration(200, seed=11)
    effort = list(small.reference.past.uncertain).index("effort")
    assert 0.85 <= check.inside[:, effort].mean() <= 0.95
    assert kstest(check.ranks[:, effort], "uniform").pvalue > 0.001
    assert check.width[:, effort].mean() < 0.8


@pytest.mark.slow
def test_parameters_of_the_shipped_scenario_are_recovered():
    """200 synthetic records of the size of the shipped one, to its last day.

    Of all 90% intervals 85 to 95% hold the truth, and of each parameter's a share inside the 99.9% bounds of a
    binomial with 0.9; ranks are uniform (Kolmogorov-Smirnov, p > 0.001 for each parameter).
    """
    basis = load_basis("scenarios/three-probes.yaml")
    table = ReferenceTable.of(basis, simulate(past_scenario(basis, date(2026, 10, 8), 600)))
    check = table.simulation_based_calibration(200, seed=11)
    assert 0.85 <= check.inside.mean() <= 0.95
    low, high = binom.ppf([0.0005, 0.9995], 200, 0.9) / 200
    held = check.inside.mean(axis=0)
    assert ((low <= held) & (held <= high)).all(), held
    assert min(kstest(ranks, "uniform").pvalue for ranks in check.ranks.T) > 0.001
    effort = list(table.past.uncertain).index("effort")
    assert check.width[:, effort].mean() < 0.6


def history_of(days: int) -> tuple[tuple[str, ...], ...]:
    """Eight strands 40 days apart, with findings after so many days and a decision after as many more."""
    history: list[tuple[str, ...]] = []
    for number in range(8):
        opened = date(2021, 1, 10) + timedelta(days=40 * number)
        findings, decided = (opened + timedelta(days=k * days) for k in (1, 2))
        milestones = (f"{findings}" if findings <= END else "", "non_compliance" if decided <= END else "")
        history.append((f"p{number}", f"{opened}", *milestones, f"{decided}" if decided <= END else ""))
    return tuple(history)


def test_slow_records_tell_of_more_effort(tmp_path):
    """The posterior follows the record: the same openings with quick and with slow strands."""
    medians = []
    for days in (60, 400):
        file = small_authority.write(tmp_path / str(days), history_of(days))
        medians.append(calibrate(file, as_of=END, draws=300).table.set_index("parameter").loc["effort", "median"])
    assert medians[0] < 0.8
    assert medians[1] > 1.2


def test_the_table_of_parameters(small):
    """Effort and openings are informed, and narrower than their priors; explained shares are 0 only where not."""
    table = small.table.set_index("parameter")
    assert {"effort", "rate"} <= set(table.index[table["informed"]]) == set(small.informed)
    assert ((table["explained"] > 0) == table["informed"]).all()
    assert table.loc["effort", "q90"] - table.loc["effort", "q10"] < 0.8 * (
        table.loc["effort", "prior_q90"] - table.loc["effort", "prior_q10"]
    )


def test_joint_draws_are_those_of_the_weighted_ones(small):
    """Means of the parameters, and of the products of their scores, within 4 standard errors of the weighted draws."""
    table, number = small.draws(4000), list(small.basis.scenario.uncertain)
    assert list(table) == small.informed
    assert table.equals(small.draws(4000))
    parameters = small.basis.scenario.uncertain
    weighted = small.reference.scores[:, [number.index(name) for name in small.informed]]
    drawn = np.array([norm.ppf([parameters[n].value.cdf(v) for v in table[n]]) for n in small.informed]).T
    for one, other in combinations_with_replacement(range(len(small.informed)), 2):
        pairs = [(scores[:, one], scores[:, one] * scores[:, other]) for scores in (drawn, weighted)]
        for ours, theirs in zip(*pairs, strict=True):
            mean = np.dot(small.weights, theirs)
            error = np.sqrt(np.dot(small.weights, (theirs - mean) ** 2) / small.effective_draws)
            assert ours.mean() == pytest.approx(mean, abs=4 * error)


def test_joint_draws_are_those_of_the_fitted_posterior(small):
    """The quantiles of the table of parameters, and the correlation that it tells, at 99.9% confidence."""
    draws = 20_000
    table, parameters = small.draws(draws), small.basis.scenario.uncertain
    shown = small.table.set_index("parameter")
    half = norm.ppf(0.9995) * np.sqrt(0.1 * 0.9 / draws)
    for name in small.informed:
        for share, column in ((0.1, "q10"), (0.9, "q90")):
            assert (table[name] <= shown.loc[name, column]).mean() == pytest.approx(share, abs=half)
    (one, other), strength = small.strongest_correlation
    scores = [norm.ppf([parameters[name].value.cdf(value) for value in table[name]]) for name in (one, other)]
    away = np.arctanh(np.corrcoef(scores)[0, 1]) - np.arctanh(strength)  # normal (Fisher, 1915)
    assert abs(away) < norm.ppf(0.9995) / np.sqrt(draws)


def test_the_written_file_is_a_scenario(small, tmp_path):
    """It extends the given one and has the joint draws; a file of somebody else is left alone."""
    file = small.basis.file.parent / "calibrated.yaml"
    assert small.save(file) == small.save(str(file)) == file
    assert MARK in file.read_text("utf-8")
    loaded, base = load_scenario(file), load_scenario(small.basis.file)
    assert loaded.posterior.as_of == END
    assert loaded.posterior.columns == small.informed
    np.testing.assert_array_equal(loaded.posterior.rows, small.draws().to_numpy())
    assert (loaded.uncertain, loaded.staffing) == (base.uncertain, base.staffing)
    assert simulate(loaded.model_copy(update={"replications": 2})).replications == 2
    (tmp_path / "mine.yaml").write_text("name: mine\n", encoding="utf-8")
    with pytest.raises(UserError, match="exists already"):
        small.save(tmp_path / "mine.yaml")
    (tmp_path / "data.csv").write_text("a,b\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"data.csv: exists already"):
        small.save(tmp_path / "data.yaml")
    with pytest.raises(UserError, match=r"name a table of draws, FILE.csv, or a scenario that has it, FILE.yaml"):
        small.save(tmp_path / "posterior.json")
    with pytest.raises(UserError, match=r"Posterior\.to_yaml is now called save"):
        small.to_yaml(file)
    assert "extends: small.yaml" in scenario_text(small.outcome, file)


def test_the_written_table_is_the_posterior_of_a_scenario(small, tmp_path):
    """With where it comes from; a calibration of a scenario that has one begins with its priors."""
    table = small.save(tmp_path / "draws.csv")
    written = table.read_text("utf-8").splitlines()
    assert written[:4] == [MARK, f"# as_of: {END}", "# scenario: small-authority", written[3]]
    assert written[3].startswith(f"# rounds: 2 of {DRAWS} draws, the last worth ")
    assert len(written) >= 1005
    loaded = load_scenario(small.basis.file, {"posterior": str(table)})
    assert str(loaded.posterior) == f"posterior of {END}, 1,000 joint draws"
    file = small.save(small.basis.file.parent / "drawn.yaml")
    for scenario in (loaded, file):
        again = calibrate(scenario, END, draws=DRAWS)
        assert again.weights.tobytes() == small.weights.tobytes()
        assert again.basis.scenario.posterior is None


def test_a_staff_without_a_past_has_a_first_day(small):
    """None where headcounts go back to the first opening."""
    assert undated_staff(small) is None
    clerks = small.basis.scenario.staffing["clerks"].model_copy(update={"headcount": {date(2022, 1, 1): 3.0}})
    scenario = small.basis.scenario.model_copy(update={"staffing": {"clerks": clerks}})
    assert undated_staff(replace(small, basis=replace(small.basis, scenario=scenario))) == date(2022, 1, 1)


@pytest.mark.parametrize(
    ("as_of", "draws", "message"),
    [
        (date(2023, 6, 1), 100, "ends on 2022-12-31"),
        (date(2020, 12, 31), 100, "no proceedings had been opened"),
        (date(2021, 1, 10), 100, "nothing to calibrate on yet"),
        (END, 5, "at least 100"),
    ],
)
def test_what_cannot_be_calibrated_is_reported(tmp_path, as_of, draws, message):
    """Days without a past, and too few draws."""
    with pytest.raises(UserError, match=message):
        calibrate(small_authority.write(tmp_path), as_of, draws=draws)


def test_the_posterior_does_not_depend_on_the_processes(tmp_path):
    """One process or two: the same weights, bit for bit."""
    file = small_authority.write(tmp_path)
    one, two = (calibrate(file, END, draws=100, jobs=jobs) for jobs in (1, 2))
    assert one.weights.tobytes() == two.weights.tobytes()


def test_a_scenario_in_memory_is_as_good_as_its_file(tmp_path):
    """The same weights bit for bit, with the record that its file names; it is written as a whole scenario."""
    file = small_authority.write(tmp_path)
    scenario = load_scenario(file)
    assert scenario == load_scenario(file).with_record_folder(None)
    one, other = (calibrate(given, as_of=END, draws=100) for given in (file, scenario))
    assert one.weights.tobytes() == other.weights.tobytes()
    loaded = load_scenario(other.save(tmp_path / "whole.yaml"))
    assert loaded.posterior == load_scenario(one.save(tmp_path / "short.yaml")).posterior
    assert loaded.probes == scenario.probes
    with pytest.raises(UserError, match="names no record"):
        calibrate(scenario.with_record_folder(None), as_of=END)


def test_a_posterior_is_shown_in_a_line(small):
    """A short text, and a table in a notebook."""
    assert len(repr(small)) < 300
    assert "parameters informed" in repr(small)
    assert small._repr_html_().count("<tr") == 1 + len(small.table)


def test_a_posterior_is_drawn_by_the_views(small, monkeypatch):
    """The first figure unless another is named; the views know the names."""
    assert small.plot().to_json() == small.plot("calibration-parameters").to_json()
    drawn = SimpleNamespace(plot=lambda result, name: (result, name), names=lambda result: ["a", "b"])
    monkeypatch.setattr("sim.plotting.views", lambda: drawn)
    assert small.plot("b") == (small, "b")
    assert small.plots == ["a", "b"]


def test_old_arguments_are_named_with_the_new_ones(small):
    """`until` was the day of knowledge."""
    with pytest.raises(UserError, match="calibrate: the argument 'until' is now called 'as_of'"):
        calibrate(small.basis.file, until=END)


def test_a_rate_has_nearly_its_conjugate_posterior(small):
    """Openings are Poisson and all seen: gamma(4, 4/6) after 6 of them in 720 days is gamma(10, 4/6 + 720/365).

    (Gelman et al., Bayesian Data Analysis, 3rd ed., section 2.6.) The regression is no more than near it: within 10%.
    """
    row = small.table.set_index("parameter").loc["rate"]
    exact = gamma(10, scale=1 / (4 / 6 + 720 / 365))
    assert row[["q10", "median", "q90"]].tolist() == pytest.approx(exact.ppf([0.1, 0.5, 0.9]).tolist(), rel=0.1)


def test_the_posterior_is_a_function_of_the_reference_table(small):
    """Computed again from the same table it is the same, bit for bit."""
    again = Posterior.of(small.basis, END, small.reference)
    assert again.weights.tobytes() == small.weights.tobytes()


def test_progress_is_one_measure_over_all_rounds(tmp_path):
    """It never goes back, and ends at its total, also where fewer rounds were made than were planned for."""
    seen = []
    posterior = calibrate(
        small_authority.write(tmp_path), END, draws=100, progress=lambda done, total: seen.append((done, total))
    )
    assert 1 <= posterior.rounds <= 3
    assert {total for _, total in seen} == {300}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (300, 300)
