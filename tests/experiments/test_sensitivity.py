"""Sensitivity: indices against functions and scenarios whose indices are known."""

import json
import re

import numpy as np
import pytest

from sim.errors import UserError
from sim.experiments import indices
from sim.experiments.indices import elementary_effects, noise_share, radial_design, saltelli_design, sobol_shares
from sim.experiments.sensitivity import sensitivity
from sim.scenario.loading import load_scenario

LINEAR = np.array([4.0, 2.0, 1.0, 0.0])
"""Slopes over the unit cube: each input's share of the variance goes with the square."""
SHARES = LINEAR**2 / (LINEAR**2).sum()


def ishigami(cube):
    """The Ishigami function with a = 7, b = 0.1 on points of the unit cube."""
    x = np.pi * (2 * cube - 1)
    return np.sin(x[..., 0]) + 7 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0])


def noisy(means, replications, sd, seed=0):
    """Values whose means are given, each with its own noise, and with what all points of a replication share."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0.0, 5.0, replications)
    return means[..., None] + common + rng.normal(0.0, sd, (*means.shape, replications))


def test_ishigami():
    """Sobol indices of the Ishigami function are within 0.02 of the known ones, and those in their intervals."""
    variance = 49 / 8 + 0.1 * np.pi**4 / 5 + 0.01 * np.pi**8 / 18 + 0.5
    first = np.array([0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2, 49 / 8, 0]) / variance
    both = 0.01 * np.pi**8 * (1 / 18 - 1 / 50) / variance
    found = sobol_shares(ishigami(saltelli_design(3, 2048)))
    for index, known in ((found.first, first), (found.total, first + both * np.array([1, 0, 1]))):
        np.testing.assert_allclose(index.value, known, atol=0.02)
        assert (index.low <= known).all()
        assert (known <= index.high).all()


def test_sobol_of_a_linear_function():
    """Shares go with squared slopes; the input without influence has a total of zero and an interval that holds it."""
    found = sobol_shares(saltelli_design(4, 256) @ LINEAR)
    np.testing.assert_allclose(found.first.value, SHARES, atol=0.02)
    np.testing.assert_allclose(found.total.value, SHARES, atol=0.01)
    assert found.total.low[3] == found.total.value[3] == found.total.high[3] == 0.0


def test_one_input_explains_everything():
    """A single parameter is no special case."""
    found = sobol_shares(saltelli_design(1, 64)[..., 0])
    assert found.first.value == pytest.approx(1.0, abs=0.02)
    assert found.total.value == pytest.approx(1.0, abs=0.02)


def test_intervals_of_sobol_indices_cover(monkeypatch):
    """Over 200 designs, at least 92% of the intervals hold the known index, for every input and kind.

    They may hold it more often: the bootstrap does not know how evenly Sobol points lie.
    """
    monkeypatch.setattr(indices, "RESAMPLES", 100)
    covered = np.zeros((2, 4))
    for seed in range(200):
        monkeypatch.setattr(indices, "SEED", seed)
        found = sobol_shares(saltelli_design(4, 64) @ LINEAR)
        covered += [(index.low <= SHARES) & (index.high >= SHARES) for index in found]
    assert (covered >= 0.92 * 200).all()


def test_the_share_of_noise():
    """Noise of half the variance of the points' means is said to be so, on average of 60 repetitions."""
    design = saltelli_design(4, 256)
    sd = np.sqrt(10 * (LINEAR**2).sum() / 12)  # ten replications: as much variance of a mean as by the inputs
    shares = [noise_share(noisy(design @ LINEAR, 10, sd, seed)[:2].reshape(-1, 10)) for seed in range(60)]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.02)


def test_what_never_varies_has_no_indices():
    """NaN, and not some number."""
    design = saltelli_design(2, 8)
    found = sobol_shares(np.zeros(design.shape[:2]))
    assert np.isnan(found.first.value).all()
    assert np.isnan(found.total.high).all()


def test_elementary_effects_of_a_linear_function_are_its_slopes():
    """mu and mu* are exactly the slopes, negative ones with their sign in mu; sigma and noise are zero."""
    slopes = np.array([3.0, -5.0, 0.0])
    design = radial_design(3, 8)
    found = elementary_effects(design, (design @ slopes)[..., None])
    np.testing.assert_allclose(found.mu.value, slopes, atol=1e-12)
    np.testing.assert_allclose(found.mu_star.value, abs(slopes), atol=1e-12)
    np.testing.assert_allclose(found.mu_star.low, abs(slopes), atol=1e-12)
    np.testing.assert_allclose(found.sigma, 0.0, atol=1e-12)
    np.testing.assert_array_equal(found.noise, 0.0)


def test_screening_of_ishigami():
    """mu* are those of 200,000 random steps; the effects of the third input differ in sign and average out."""
    found = elementary_effects(design := radial_design(3, 512), ishigami(design)[..., None])
    rng = np.random.default_rng(4)
    known = np.empty(3)
    for i in range(3):
        base, end = rng.random((200_000, 3)), rng.random(200_000)
        short = abs(end - base[:, i]) < 0.25
        end = np.where(short, (end + 0.5) % 1, end)
        moved = base.copy()
        moved[:, i] = end
        known[i] = abs((ishigami(moved) - ishigami(base)) / (end - base[:, i])).mean()
    np.testing.assert_allclose(found.mu_star.value, known, rtol=0.1)
    assert (found.mu_star.low <= known).all()
    assert (known <= found.mu_star.high).all()
    assert list(np.argsort(found.mu_star.value)) == list(np.argsort(known))
    assert found.mu.low[2] < 0 < found.mu.high[2]
    assert found.sigma[2] > found.mu_star.value[2]


def test_screening_says_what_noise_alone_would_give():
    """The mu* of an input without influence is what `noise` says, within a fifth; sigma has the noise taken out."""
    design = radial_design(4, 256)
    found = elementary_effects(design, noisy(design @ LINEAR, 10, 3.0))
    assert found.mu_star.value[3] == pytest.approx(found.noise[3], rel=0.2)
    assert found.sigma[0] < 0.5 * found.noise[0]


@pytest.mark.parametrize("points", [6, 40])
def test_intervals_of_mean_effects_cover(monkeypatch, points):
    """Over 200 designs with noise, at least 92% of the intervals of mu hold the slope."""
    covered = np.zeros(4)
    for seed in range(200):
        monkeypatch.setattr(indices, "SEED", seed)
        design = radial_design(4, points)
        found = elementary_effects(design, noisy(design @ LINEAR, 10, 3.0, seed))
        covered += (found.mu.low <= LINEAR) & (found.mu.high >= LINEAR)
    assert (covered >= 0.92 * 200).all()


def test_radial_steps_are_long_and_along_one_input():
    """Each step changes one input, by a quarter of its range or more; more points begin with the same ones."""
    design = radial_design(5, 32)
    steps = design[:, 1:] - design[:, :1]
    off = ~np.eye(5, dtype=bool)
    assert (steps[:, off] == 0).all()
    assert (abs(np.diagonal(steps, axis1=1, axis2=2)) >= 0.25).all()
    assert ((design >= 0) & (design < 1)).all()
    np.testing.assert_array_equal(radial_design(5, 8), design[:8])


def test_designs_want_enough_points():
    """One step is too few for an interval; Sobol points want a power of two, and the message names the next."""
    with pytest.raises(UserError, match="at least two"):
        radial_design(3, 1)
    with pytest.raises(UserError, match="power of two, such as 64"):
        saltelli_design(3, 48)


KNOWN = """\
name: known
start: 2024-01-01
horizon: 2025-01-01
replications: 2000
seed: 1
procedure:
  name: waits
  title: Waits
  exits: {closed: Closed}
  stages:
    review:
      title: In review
      steps:
        one: {step: wait, reason: party, days: 10}
        two: {step: wait, reason: procedure, days: 10}
      next: {closed: 1}
staffing:
  clerks: {headcount: 3}
probes:
  first: {stage: review, arrives: 2024-01-01}
uncertain:
  one:
    title: Length of the first wait
    scales: procedure.stages.review.steps.one.days
    value: {distribution: uniform, low: 1, high: 3}
  two:
    sets: procedure.stages.review.steps.two.days
    value: {distribution: uniform, low: 10, high: 20}
  idle:
    sets: staffing.clerks.headcount
    value: {distribution: uniform, low: 1, high: 5}
"""
"""Days to resolution are 10 x one + two: slopes over the quantiles 20, 10 and 0, shares of the variance 0.8, 0.2, 0."""
DAYS = "resolution:first"


@pytest.fixture
def known(tmp_path, monkeypatch):
    """The path of the scenario, in an empty working directory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    path = tmp_path / "known.yaml"
    path.write_text(KNOWN, encoding="utf-8")
    return path


def test_screening_of_a_scenario_with_a_known_answer(known):
    """Effects are the slopes to the last digits, and the parameter that does nothing is negligible."""
    found = sensitivity(load_scenario(known), [DAYS], points=4, replications=2)
    table = found.table.set_index("parameter")
    assert list(table.index) == ["one", "two", "idle"]
    np.testing.assert_allclose(table["mu"], [20, 10, 0], atol=1e-4)
    np.testing.assert_allclose(table["mu_star"], [20, 10, 0], atol=1e-4)
    assert list(table["verdict"]) == ["matters", "matters", "negligible"]
    assert (table["undefined"] == 0).all()
    assert list(found.runs["changed"][:5]) == ["", "one", "two", "idle", ""]
    np.testing.assert_allclose(found.runs[DAYS], 10 * found.runs["one"] + found.runs["two"], rtol=1e-6)


def test_sobol_indices_of_a_scenario_with_a_known_answer(known):
    """Shares of the variance are 0.8, 0.2 and 0; the intervals hold them.

    32 random pairs would give the total of 0.2 with a standard error of 0.04.
    """
    found = sensitivity(load_scenario(known), [DAYS, "pending_end"], points=32, replications=2, method="sobol")
    table = found.table[found.table["indicator"] == DAYS].set_index("parameter")
    shares = np.array([0.8, 0.2, 0.0])
    np.testing.assert_allclose(table["total"], shares, atol=0.1)
    assert (table["low"] <= shares).all()
    assert (table["high"] >= shares - 1e-12).all()
    assert (table["first_low"] <= shares).all()
    assert (table["first_high"] >= shares - 1e-12).all()
    assert table["mean"].iloc[0] == pytest.approx(35, abs=0.5)
    assert table["sd"].iloc[0] == pytest.approx(np.sqrt(500 / 12), rel=0.05)
    assert found.table["total"].isna().sum() == 3  # nothing is pending at the horizon, wherever


def test_split_of_a_scenario_with_known_variances(known):
    """A wait of m x U(0.5, 1.5) days, m ~ U(50, 150): stochastic E(m^2)/12 = 902.8, parameters var(m) = 833.3."""
    scenario = load_scenario(
        known,
        {
            "procedure.stages.review.steps.one.days": {"distribution": "uniform", "low": 0.5, "high": 1.5},
            "uncertain.one.value": {"distribution": "uniform", "low": 50, "high": 150},
            "uncertain.two.value": {"distribution": "uniform", "low": 1, "high": 1.000001},
        },
    )
    found = sensitivity(scenario, [DAYS], method="split")
    assert found.scenario.replications_per_draw == 2
    assert (found.points, found.replications) == (1000, 2000)
    (row,) = found.table.to_dict("records")
    share = (10_000 / 12) / (10_000 / 12 + (100**2 + 10_000 / 12) / 12)
    assert row["low"] <= share <= row["high"]
    assert row["high"] - row["low"] < 0.12
    assert row["sd_stochastic"] == pytest.approx(np.sqrt(902.8), rel=0.05)
    assert row["sd_parameter"] == pytest.approx(np.sqrt(833.3), rel=0.08)
    assert {"one", "two", "idle", DAYS} <= set(found.runs.columns)


def test_split_of_the_whole_procedure_by_default(known):
    """Without names: the indicators that are of no stage, role or case, and that vary."""
    found = sensitivity(load_scenario(known, {"replications": 8}), method="split")
    assert "days_to_resolution" in set(found.table["indicator"])
    assert not found.table["indicator"].str.contains(":").any()
    assert (found.table["share_parameter"] == 1.0).all()


@pytest.mark.parametrize(("replications", "per_draw", "least"), [(2, 1, 4), (3, 1, 4), (9, 5, 10)])
def test_a_split_of_one_draw_is_refused(known, replications, per_draw, least, sim):
    """Nothing is known of what differs between draws: one line before anything runs, not that nothing varies."""
    settings = {"replications": replications, "replications_per_draw": per_draw}
    with pytest.raises(UserError, match=f"too few for a split: it needs {least} or more, which are 2 draws"):
        sensitivity(load_scenario(known, settings), method="split")
    sets = ["--set", f"replications_per_draw={per_draw}"]
    code, out, err = sim("sensitivity", known, "--method", "split", "-n", replications, *sets)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert sensitivity(load_scenario(known, {**settings, "replications": least}), method="split").points == 2


def test_one_replication_at_each_point_is_refused(known):
    """It would give intervals without noise."""
    with pytest.raises(UserError, match="1 replication at each point"):
        sensitivity(load_scenario(known), [DAYS], points=2, replications=1)


def test_a_split_says_which_indicators_have_no_value(known, sim):
    """No case is resolved: of that nothing varies, but not because it would be known."""
    sets = ["--set", "uncertain.two.value={distribution: uniform, low: 400, high: 500}"]
    words = ["--indicator", "days_to_resolution", "--indicator", "resolved"]
    code, out, _ = sim("sensitivity", known, "--method", "split", "-n", 8, "-j", 1, *words, *sets)
    assert code == 0
    assert "None of the indicators varies. No value, as there is nothing to count: days_to_resolution." in " ".join(
        out.split()
    )
    code, out, _ = sim("sensitivity", known, "--method", "split", "-n", 8, "-j", 1, *words[:2], *sets)
    assert "varies" not in out


def test_points_are_stored_and_found_again(known, tmp_path, monkeypatch):
    """Each point is a run of its own; more points later run only what is new."""
    scenario = load_scenario(known)
    options = {"replications": 2, "results": tmp_path / "results"}
    first = sensitivity(scenario, [DAYS], points=2, **options)
    assert len(list((tmp_path / "results" / "points").glob("known-*/manifest.json"))) == 8
    told = []
    sensitivity(scenario, [DAYS], points=4, progress=lambda done, total: told.append((done, total)), **options)
    assert told[0] == (16, 32)
    monkeypatch.setattr("sim.experiments.simulate.run_chunk", None)
    again = sensitivity(scenario, [DAYS], points=2, **options)
    assert again.table.equals(first.table)


def test_the_order_of_runs_and_processes_do_not_matter(known):
    """Two processes give the table of one."""
    one, two = (sensitivity(load_scenario(known), [DAYS], points=2, replications=2, jobs=jobs).table for jobs in (1, 2))
    assert one.equals(two)


def test_an_indicator_without_a_value_has_no_indices_and_says_so(known, sim):
    """No case is resolved where the waits are longer than the horizon: NaN, and words that say why."""
    sets = ["--set", "uncertain.two.value={distribution: uniform, low: 400, high: 500}"]
    code, out, _ = sim(
        "sensitivity", known, "--method", "morris", "--indicator", "days_to_resolution", "--points", 2, "-n", 2,
        "-j", 1, *sets,
    )  # fmt: skip
    assert code == 0
    assert "No indices: the indicator has no value in 8 of the runs" in " ".join(out.split())
    assert "nan" not in out


def test_the_command_prints_split_and_screening(known, sim):
    """By default: first the split, then the screening, with what it takes on stderr and the findings in words."""
    code, out, err = sim("sensitivity", known, "--set", "replications=8", "--indicator", DAYS, "--points", 2, "-n", 2,
                         "-j", 1)  # fmt: skip
    assert code == 0
    assert err.splitlines() == [
        "known: split: 1 run of 8 replications, unless it is stored",
        "known: morris: 8 runs of 2 replications, 16 in all, except those stored",
    ]
    assert " ".join(out.split()).index("how much is parameter uncertainty?") < out.index("Which parameters matter")
    assert re.search(rf"^{DAYS} +parameters ", out, re.MULTILINE)
    for parameter, verdict in (("one", "matters"), ("two", "matters"), ("idle", "negligible")):
        assert re.search(rf"^{parameter} +{verdict} ", out, re.MULTILINE)
    assert "Negligible: less than 10% of the largest effect." in " ".join(out.split())
    assert "Length of the first wait" in out
    assert "nan" not in out


def test_the_command_gives_json_and_rounds_points_up(known, sim):
    """`--json` prints one list of analyses; three pairs of points become four."""
    words = ("--method", "sobol", "--indicator", DAYS, "--points", 3, "-n", 2, "-j", 1, "--json")
    code, out, err = sim("sensitivity", known, *words)
    assert code == 0
    assert "3 points are rounded up to 4, a power of two" in err
    (said,) = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert (said["scenario"], said["method"], said["points"], said["replications"]) == ("known", "sobol", 4, 2)
    assert [row["parameter"] for row in said["table"]] == ["one", "two", "idle"]


def test_mistakes_are_told_before_anything_runs(known, sim, tmp_path):
    """An unknown indicator with a suggestion; a scenario in which nothing is uncertain."""
    code, out, err = sim("sensitivity", known, "--indicator", "pending_ends")
    assert (code, out) == (2, "")
    assert "there is no indicator 'pending_ends'; did you mean 'pending_end'?" in err
    certain = tmp_path / "certain.yaml"
    certain.write_text(KNOWN[: KNOWN.index("uncertain:")], encoding="utf-8")
    code, out, err = sim("sensitivity", certain)
    assert (code, out) == (2, "")
    assert "known: nothing is uncertain" in err
    assert not (tmp_path / "results").exists()


def test_much_noise_is_warned_of(known, sim):
    """Two replications of an exponential wait say little of the expected one: the words say so, and what to do."""
    sets = ("--set", "procedure.stages.review.steps.one.days={distribution: exponential, mean: 50}")
    words = ("--method", "morris", "--indicator", DAYS, "--points", 3, "-n", 2, "-j", 1, "--seed", 3)
    code, out, _ = sim("sensitivity", known, *words, *sets)
    assert code == 0
    said = " ".join(out.split())
    assert "Small effects may be noise, which is" in said
    assert "take more --points, and more --replications where noise is large" in said
