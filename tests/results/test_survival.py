"""Survival curves against scipy, by hand and in plain Python; their error by leaving out replications; coverage."""

import numpy as np
import pytest
from counted import Counted, median, product_limit
from logs import law, rows_of, run_of
from scipy import stats
from small_queue import queue

from sim import load_scenario, simulate
from sim.results.statistics import mean_interval
from sim.results.summary import CENSORED, ENDED, OTHERWISE
from sim.results.survival import Spells, curves, quantile_by_replication, share_by_replication


def spells(days, end, entry=None, replication=None) -> Spells:
    """Durations from lists; without late entry, of one replication."""
    days = np.asarray(days, dtype=float)
    entry = np.zeros(len(days)) if entry is None else np.asarray(entry, dtype=float)
    replication = np.zeros(len(days), dtype=int) if replication is None else np.asarray(replication)
    return Spells(days, np.asarray(end), entry, replication)


@pytest.mark.parametrize("seed", range(5))
def test_curves_are_scipys(seed):
    """Without late entry the estimate is that of scipy.stats.ecdf, ties and censored durations included."""
    rng = np.random.default_rng(seed)
    days, seen = np.round(rng.exponential(20, 200)) + 1, rng.random(200) < 0.7
    found = curves(spells(days, np.where(seen, ENDED, CENSORED)))
    theirs = stats.ecdf(stats.CensoredData(uncensored=days[seen], right=days[~seen])).sf
    np.testing.assert_allclose(found.survival[0], theirs.evaluate(found.age[0]), atol=1e-12)
    assert found.age[0].tolist() == sorted(set(days[seen]))


def test_late_entry_by_hand():
    """Five under observation from ages 0, 0, 3, 5, 0; who enters at 3 is not at risk at 2."""
    found = curves(spells([2, 4, 6, 8, 4], [ENDED, ENDED, ENDED, CENSORED, CENSORED], [0, 0, 3, 5, 0]))
    assert found.age.tolist() == [[2, 4, 6]]
    assert found.at_risk.tolist() == [
        [3, 3, 2]
    ]  # at 2 first, second, fifth; at 4 second, third, fifth; at 6 third, fourth
    assert found.survival[0] == pytest.approx([2 / 3, 2 / 3 * 2 / 3, 2 / 3 * 2 / 3 / 2])


def test_at_the_very_age_of_an_end():
    """Who comes under observation then was not at risk of it; who is last seen then was, as was who ends then."""
    found = curves(spells([3, 5, 3, 3], [ENDED, ENDED, CENSORED, ENDED], [0, 3, 0, 0]))
    assert found.at_risk.tolist() == [[3, 1]]
    assert found.survival[0].tolist() == pytest.approx([1 / 3, 0])


def random_spells(rng: np.random.Generator, replications: int) -> Spells:
    """Durations with ties, two kinds of ends, censoring and late entry."""
    size = 12 * replications
    days, entry = np.round(rng.exponential(40, size)) + 1, rng.integers(0, 30, size) * (rng.random(size) < 0.4)
    end = rng.choice([ENDED, OTHERWISE, CENSORED], size, p=[0.5, 0.2, 0.3])
    rows = days > entry
    return spells(days[rows], end[rows], entry[rows], rng.integers(0, replications, size)[rows])


@pytest.mark.parametrize("seed", range(4))
def test_curves_of_groups_are_those_of_a_loop(seed):
    """Those of each replication, and that of all, agree with a product limit in plain Python."""
    durations = random_spells(np.random.default_rng(seed), 7)
    for groups in (1, 7):
        found = curves(durations, groups)
        for group in range(groups):
            rows = (durations.replication == group) | (groups == 1)
            steps = product_limit(
                list(zip(durations.days[rows], durations.entry[rows], durations.end[rows], strict=True))
            )
            ages, survival, _ = zip(*steps, strict=True)
            size = len(ages)
            assert found.age[group, :size].tolist() == list(ages)
            assert np.isinf(found.age[group, size:]).all()
            np.testing.assert_allclose(found.survival[group, :size], survival, atol=1e-12)
            for within in (0.5, 5, 20, 33):
                expected = max((share for age, _, share in steps if age <= within), default=0.0)
                assert found.incidence(within)[group] == pytest.approx(expected, abs=1e-12)
            assert found.quantile(0.5)[group] == next((age for age, s, _ in steps if s <= 0.5 + 1e-9), np.inf)


def test_late_entry_is_unbiased():
    """Left-truncated and censored exponential times: the median is that of the distribution, not of the sample seen."""
    rng = np.random.default_rng(1)
    time, entry = rng.exponential(100, 40_000), rng.uniform(0, 150, 40_000) * (rng.random(40_000) < 0.7)
    time, entry = time[time > entry], entry[time > entry]
    end = entry + 200
    found = curves(spells(np.minimum(time, end), np.where(time <= end, ENDED, CENSORED), entry))
    assert found.quantile(0.5)[0] == pytest.approx(100 * np.log(2), rel=0.03)
    assert np.median(time) > 85


def test_quantiles_by_hand():
    """The first age by which the share has ended; infinite where the curve stays above."""
    found = curves(spells([1, 2, 3, 4], [ENDED, ENDED, ENDED, CENSORED]))
    assert [found.quantile(p)[0] for p in (0.1, 0.25, 0.5, 0.75, 0.9)] == [1, 1, 2, 3, np.inf]


def test_quantiles_want_enough_at_risk():
    """Where one of a hundred is left to be observed the curve comes down, but no quantile is read off it."""
    found = curves(spells([*range(1, 100), 200, 300], [CENSORED] * 99 + [ENDED, ENDED]))
    assert found.survival[0].tolist() == [0.5, 0]
    assert found.quantile(0.5)[0] == np.inf
    assert curves(spells([1, 200, 300], [CENSORED, ENDED, ENDED])).quantile(0.5)[0] == 200


def test_nobody_ends():
    """Where no end is seen the curve has no steps, quantiles are infinite and nothing has ended."""
    found = curves(spells([5, 7], [CENSORED, CENSORED]))
    assert found.age.shape == (1, 0)
    assert found.quantile(0.5).tolist() == [np.inf]
    assert found.incidence(6).tolist() == [0]
    assert found.restricted_mean(6).tolist() == [6]
    assert np.isnan(found.restricted_mean(30)).all()


def test_nothing_was_observed():
    """Nothing is known of durations of which there are none."""
    found = curves(spells([], []))
    assert np.isnan(found.incidence(6)).all()
    assert np.isinf(found.quantile(0.5)).all()


def test_restricted_mean_is_that_of_the_durations():
    """Without censoring it is the mean of the durations counted at most so far; by hand, an area under steps."""
    days = np.random.default_rng(2).gamma(2, 20, 500)
    found = curves(spells(days, np.full(500, ENDED)))
    for until in (10, 40, 1000):
        expected = np.minimum(days, until).mean()
        assert found.restricted_mean(until) == pytest.approx([expected])
    assert curves(spells([2, 9], [ENDED, ENDED])).restricted_mean(5).tolist() == [2 + 1.5]


def test_the_tail_counts_in_a_restricted_mean():
    """However few are left: of a hundred that take 1, 2, ..., 100 days the mean is 50.5, though no quantile is told of
    the last of them."""
    found = curves(spells(range(1, 101), [ENDED] * 100))
    assert found.restricted_mean(365) == pytest.approx([50.5])
    assert found.quantile(1.0).tolist() == [np.inf]


def test_a_restricted_mean_by_group():
    """Of each replication by itself; missing where durations were not followed so long."""
    found = curves(spells([10, 50, 20, 15], [ENDED, ENDED, ENDED, CENSORED], replication=[0, 0, 1, 2]), 3)
    assert found.restricted_mean(30).tolist() == pytest.approx([20, 20, np.nan], nan_ok=True)


def test_a_restricted_mean_of_what_was_not_quite_seen():
    """Nobody was followed for 365 days, but of the time that was not seen no more can come than a hundredth."""
    days = [*range(10, 210, 2), 364]
    assert curves(spells(days, [ENDED] * 100 + [CENSORED])).restricted_mean(365)[0] == pytest.approx(
        (sum(days) + 1) / 101
    )
    assert np.isnan(curves(spells([*days[:-1], 209], [ENDED] * 100 + [CENSORED])).restricted_mean(365)[0])


# where nothing can be told


OLD = [(day, CENSORED, entry) for day, entry in ((1674, 580), (1673, 579), (1600, 600))]


def of(*durations: tuple[float, int, float]) -> Spells:
    """Durations from their days, end and entry."""
    return spells(*zip(*durations, strict=True))


@pytest.mark.parametrize("early", [[30], [20, 30]])
def test_a_few_early_ends_tell_nothing_of_many_that_are_older(early):
    """All whom one sees at 30 days have ended by then, which says that none gets to 580: but most did."""
    found = curves(of(*((day, ENDED, 0) for day in early), *OLD))
    assert found.survival[0, -1] == 0
    assert np.isnan([found.quantile(p)[0] for p in (0.1, 0.5, 0.9)]).all()
    assert np.isnan([found.incidence(60)[0], found.restricted_mean(365)[0]]).all()


def test_many_ends_tell_of_all_but_those_that_are_older():
    """Nine of ten take 30 days, one is seen to be older: eight in ten take 30 days, and nothing is told of the last."""
    found = curves(of(*[(30, ENDED, 0)] * 9, (1674, CENSORED, 580)))
    assert [found.quantile(p)[0] for p in (0.5, 0.9, 0.95)] == [30, 30, np.inf]
    assert found.incidence(60)[0] == 1


def test_nothing_is_told_beyond_an_age_at_which_none_is_observed():
    """Two are followed for 100 days, of whom one ends; the others come under observation at 580 days."""
    found = curves(of((50, ENDED, 0), (100, CENSORED, 0), *OLD, (700, ENDED, 600)))
    assert found.quantile(0.5)[0] == 50
    assert found.quantile(0.6)[0] == np.inf
    assert found.incidence(100)[0] == 0.5
    assert np.isnan([found.incidence(200)[0], found.restricted_mean(365)[0]]).all()


def test_one_early_end_among_thousands_tells_nothing():
    """Neither of its age nor, because the curve is down from there on, of the ages at which many are observed."""
    old = [(600 + n % 400, ENDED, 580) for n in range(2000)]
    for early in ([(30, ENDED, 0)], [(30, ENDED, 0), (40, ENDED, 0), (2000, CENSORED, 0)]):
        assert np.isnan(curves(of(*early, *old)).quantile(0.5)[0])


def test_who_all_came_late_is_told_of_from_there_on():
    """Ages at which none was ever observed are no gap: the curve is that of those who got to be so old."""
    found = curves(of((1100, ENDED, 1000), (1200, ENDED, 1000), (1300, ENDED, 1000)))
    assert found.quantile(0.5)[0] == 1200


def test_ages_differ_by_rounding():
    """A wait of 0.1 + 59.9 days meets a target of 60, whichever way the sum was rounded."""
    for days in (60.0, np.nextafter(60, 61), 60 + 3e-11, 60 - 3e-11):
        durations = spells([days, 80], [ENDED, ENDED])
        assert curves(durations).incidence(60)[0] == 0.5
        assert share_by_replication(durations, 60, 1).tolist() == [0.5]
    assert curves(spells([60.001, 80], [ENDED, ENDED])).incidence(60)[0] == 0


def test_incidence_by_hand():
    """Ends meant at 10 and 30, another end at 20, one seen for 15 days: 1/4 + (3/4 x 1/2) x 1."""
    found = curves(spells([10, 15, 20, 30], [ENDED, CENSORED, OTHERWISE, ENDED]))
    assert found.incidence(9.99)[0] == 0
    assert found.incidence(10)[0] == pytest.approx(1 / 4)
    assert found.incidence(30)[0] == pytest.approx(1 / 4 + 3 / 4 * 1 / 2)


def test_incidence_is_unknown_beyond_what_was_observed():
    """Nobody was followed for 100 days: unknown; if all had ended before, nothing can be added and it is known."""
    assert np.isnan(curves(spells([10, 15], [ENDED, CENSORED])).incidence(100)[0])
    assert curves(spells([10, 15], [ENDED, CENSORED])).incidence(15)[0] == 0.5
    assert curves(spells([10, 15], [ENDED, OTHERWISE])).incidence(100)[0] == 0.5


def test_incidence_is_unbiased():
    """Competing exponential ends, censored and entered late: the share is a x (1 - e^-(a+b)t) / (a+b)."""
    rng = np.random.default_rng(3)
    one, other = rng.exponential(100, 60_000), rng.exponential(50, 60_000)
    first = np.minimum(one, other)
    entry = rng.uniform(0, 80, 60_000) * (rng.random(60_000) < 0.5)
    end = entry + rng.uniform(20, 200, 60_000)
    seen = first > entry
    how = np.where(first > end, CENSORED, np.where(one < other, ENDED, OTHERWISE))[seen]
    found = curves(spells(np.minimum(first, end)[seen], how, entry[seen]))
    for days in (20, 60, 150):
        assert found.incidence(days)[0] == pytest.approx((1 - np.exp(-0.03 * days)) / 3, abs=0.006)


# how sure it is


def without(durations: Spells, replication: int) -> Spells:
    """All durations but those of a replication."""
    return Spells(*(column[durations.replication != replication] for column in durations))


def test_the_error_of_a_share_is_that_of_leaving_out_replications():
    """Linearised values have the mean of the estimate, and the variance that the jackknife finds by brute force."""
    durations = random_spells(np.random.default_rng(5), 60)
    values = share_by_replication(durations, 25, 60)
    estimate = curves(durations).incidence(25)[0]
    assert values.mean() == pytest.approx(estimate, abs=1e-12)
    pseudo = 60 * estimate - 59 * np.array([curves(without(durations, n)).incidence(25)[0] for n in range(60)])
    assert values.std() == pytest.approx(pseudo.std(), rel=0.03)
    assert np.corrcoef(values, pseudo)[0, 1] > 0.999


def test_values_of_a_median_have_the_median_as_mean():
    """And all are the same, without error, where all durations are."""
    durations = random_spells(np.random.default_rng(6), 60)
    assert quantile_by_replication(durations, 0.5, 60, 1).mean() == pytest.approx(curves(durations).quantile(0.5)[0])
    fixed = spells(np.full(80, 45.0), [ENDED] * 80, replication=np.arange(80) % 20)
    assert quantile_by_replication(fixed, 0.5, 20, 1).tolist() == [45] * 20
    unknown = spells([5, 7], [CENSORED, CENSORED], replication=[0, 1])
    assert np.isnan(quantile_by_replication(unknown, 0.5, 2, 1)).all()


EXPERIMENTS = 400
WITHIN = 90.0
COVERED = stats.binom(EXPERIMENTS, 0.95).interval(0.999)
"""So many of the experiments' 95% intervals hold the truth in 999 of 1,000 series, if the level is right."""


def experiment(rng: np.random.Generator, draws: int, per_draw: int, spread: float) -> Spells:
    """Exponential durations with two kinds of ends, whose scale differs between draws by a lognormal factor."""
    scale = np.repeat(np.exp(rng.normal(0, spread, draws)), per_draw)
    replication = np.repeat(np.arange(draws * per_draw), rng.poisson(5, draws * per_draw))
    size = len(replication)
    one, other = rng.exponential(100, size) * scale[replication], rng.exponential(200, size) * scale[replication]
    first, entry = np.minimum(one, other), rng.uniform(0, 80, size) * (rng.random(size) < 0.3)
    until = entry + rng.uniform(30, 300, size)
    how = np.where(first > until, CENSORED, np.where(one < other, ENDED, OTHERWISE))
    rows = first > entry
    return Spells(np.minimum(first, until)[rows], how[rows], entry[rows], replication[rows])


def truth(spread: float) -> tuple[float, float]:
    """The median and the share that ends as meant within the bound, by numerical integration over the scale."""
    z = np.linspace(-6, 6, 2001)
    weight, rate = stats.norm.pdf(z) / stats.norm.pdf(z).sum(), 0.015 / np.exp(spread * z)
    ages = np.linspace(0, 200, 20_001)
    survival = np.exp(-np.outer(ages, rate)) @ weight
    return float(np.interp(-0.5, -survival, ages)), float((1 - np.exp(-rate * WITHIN)) @ weight) * 2 / 3


@pytest.mark.parametrize(
    ("draws", "per_draw", "spread"), [(50, 1, 0.4), (40, 2, 0.5)], ids=["own draws", "shared draws"]
)
def test_intervals_of_medians_and_shares_cover(draws, per_draw, spread):
    """Of 400 experiments' 95% intervals as many hold the truth as binomial bounds of 99.9% allow."""
    rng, (middle, share) = np.random.default_rng(7), truth(spread)
    covered = np.zeros(2)
    for _ in range(EXPERIMENTS):
        durations = experiment(rng, draws, per_draw, spread)
        age = mean_interval(quantile_by_replication(durations, 0.5, draws * per_draw, per_draw), per_draw)
        met = mean_interval(share_by_replication(durations, WITHIN, draws * per_draw), per_draw)
        covered += [age.low <= middle <= age.high, met.low <= share <= met.high]
    assert (covered >= COVERED[0]).all(), covered / EXPERIMENTS
    assert (covered <= COVERED[1]).all(), covered / EXPERIMENTS


def test_shared_draws_must_be_known():
    """Intervals that take replications of one draw for independent cover far too seldom."""
    rng, (middle, share) = np.random.default_rng(7), truth(0.8)
    covered = np.zeros(2)
    for _ in range(EXPERIMENTS // 2):
        durations = experiment(rng, 12, 5, 0.8)
        age = mean_interval(quantile_by_replication(durations, 0.5, 60, 1))
        met = mean_interval(share_by_replication(durations, WITHIN, 60))
        covered += [age.low <= middle <= age.high, met.low <= share <= met.high]
    assert (covered < stats.binom(EXPERIMENTS // 2, 0.95).ppf(0.0005)).all()


# the days in a stage, in a run


@pytest.fixture(scope="module", params=["status-quo", "law"])
def run(request):
    """Runs with cases in progress on the first day."""
    scenario = load_scenario("scenarios/status-quo.yaml") if request.param == "status-quo" else law()
    return simulate(scenario.model_copy(update={"replications": 4}))


@pytest.fixture(scope="module")
def observed(run) -> dict[str, list[list[tuple[float, float, int]]]]:
    """The durations of each stage in each replication, read off the event log in plain Python."""
    rows = rows_of(run)
    counted = [Counted(run.layout, [row for row in rows if row["replication"] == n]) for n in range(run.replications)]
    return {stage: [one.durations(stage) for one in counted] for stage in run.layout.stages}


def test_days_in_a_stage_are_the_median_of_all_visits(run, observed):
    """One number: the indicator, the column of the table and a product limit over the log with late entry."""
    table, summary = run.table("durations").set_index("stage"), run.summary().set_index("indicator")
    assert list(table.index) == [stage for stage in run.layout.stages if any(observed[stage])]
    for stage in table.index:
        expected = median([spell for replication in observed[stage] for spell in replication])
        assert table.loc[stage, "median"] == expected
        label = f"stage_days:{stage}"
        if np.isfinite(expected):
            assert run.samples[label].value == summary.loc[label, "value"] == expected
            assert run.samples[label].by_replication.mean() == pytest.approx(expected, rel=1e-12)
        else:
            assert label not in summary.index


def test_bounds_of_a_median_are_quantiles_of_single_replications(run, observed):
    """The central 80% of the medians of the replications, each from its own visits."""
    summary = run.summary().set_index("indicator")
    for stage in run.layout.stages:
        if f"stage_days:{stage}" in summary.index:
            medians = np.array([median(visits) for visits in observed[stage] if visits])
            expected = np.quantile(medians[np.isfinite(medians)], [0.1, 0.9])
            row = summary.loc[f"stage_days:{stage}"]
            assert [row["q10"], row["q90"]] == pytest.approx(expected, rel=1e-12)


def test_days_in_a_stage_without_late_entry_are_scipys():
    """A queue that begins empty: the median is that of scipy's product-limit estimate."""
    run = simulate(queue(replications=20, horizon="2024-03-01"))
    days = (run.events["left"].fillna(run.scenario.horizon_days) - run.events["entered"]).dropna().to_numpy()
    seen = run.events.loc[run.events["entered"].notna(), "left"].notna().to_numpy()
    theirs = stats.ecdf(stats.CensoredData(uncensored=days[seen], right=days[~seen])).sf
    expected = theirs.quantiles[theirs.probabilities <= 0.5][0]
    assert 0 < (~seen).sum() < seen.sum()
    assert run.samples["stage_days:work"].value == run.table("durations").loc[0, "median"] == pytest.approx(expected)


def test_the_survival_table_is_the_curve(run, observed):
    """Age by age, as far as enough visits were observed."""
    table = run.table("survival")
    for stage, rows in table.groupby("stage"):
        steps = product_limit([spell for replication in observed[stage] for spell in replication])
        expected = {age: survival for age, survival, _ in steps}
        assert rows["survival"].to_numpy() == pytest.approx([expected[age] for age in rows["age"]])
        assert (rows["at_risk"] * run.replications >= 1).all()


def test_a_visit_in_progress_from_first_to_last_day_is_no_end():
    """One of 50 days in progress on the first day, and one that ends at 30: at 30 the old one is not at risk."""
    rows = [
        {"case": "old", "stage": "proceedings", "entered": -50.0},
        {"case": "new", "stage": "proceedings", "entered": 10.0, "left": 40.0, "outcome": "closed"},
    ]
    run = run_of(law(), rows, 1)
    row = run.table("durations").set_index("stage").loc["proceedings"]
    assert (row["visits"], row["ended"], row["median"]) == (2, 0.5, 30)


def test_a_stage_of_which_no_median_can_be_told():
    """Ten visits under way for 580 days and more, and one new one of 30 days: not a word of 30 days in any result."""
    stage = {
        "title": "Stage",
        "steps": {
            "short": {"step": "wait", "reason": "party", "days": 30, "when": {"topic": "easy"}},
            "long": {"step": "wait", "reason": "dormancy", "days": 5000, "when": {"topic": "hard"}},
        },
        "next": {"done": 1},
    }
    scenario = queue(
        procedure={"name": "p", "title": "P", "exits": {"done": "Done"}, "stages": {"work": stage}},
        arrivals={"letter": {"kind": "wave", "stage": "work", "on": "2024-02-01", "topics": {"easy": 1}}},
        probes={f"old{n}": {"stage": "work", "since": f"2022-06-{n + 1:02}", "topic": "hard"} for n in range(10)},
        targets=[{"milestone": "done", "of": "work", "within_days": 60}],
    )
    run = simulate(scenario)
    row = run.table("durations").loc[0]
    assert (row["visits"], row["ended"]) == (11, 1 / 11)
    assert row[["median", "q10", "q90", "mean_365"]].isna().all()
    assert run.table("survival").empty
    assert run.table("targets")["met"].isna().all()
    assert not run.summary()["indicator"].str.contains("stage_days|target_met").any()
    assert np.isnan(run.samples["stage_days:work"].by_replication).all()
    assert len(run.samples["stage_days:work"].singles) == 0
