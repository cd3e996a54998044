"""Means over replications and their intervals; the variance split by its sources; draws that replications share."""

from itertools import product

import numpy as np
import pytest
from logs import law, random_rows, run_of
from small_queue import QUEUE, STAGE, queue

from sim import simulate
from sim.results.catalogue import by_label
from sim.results.statistics import by_draw, linearised, mean_interval, rank_weights, variance_split

EXPERIMENTS = 300


def test_by_draw_gives_the_means_of_the_groups():
    """Replications that share a draw count as one; the last group may be smaller."""
    values = np.array([1.0, 3.0, 10.0, 20.0, 7.0])
    assert by_draw(values, 1) is values
    np.testing.assert_array_equal(by_draw(values, 2), [2.0, 15.0, 7.0])
    np.testing.assert_array_equal(by_draw(np.column_stack([values, -values]), 2), [[2, -2], [15, -15], [7, -7]])


def test_mean_interval_by_hand():
    """Student's t with two degrees of freedom: 4.3027 standard errors of 1/sqrt(3), at 90% 2.9200."""
    found = mean_interval(np.array([1.0, 2.0, 3.0]))
    assert (found.value, found.draws) == (2.0, 3)
    assert found.error == pytest.approx(1 / np.sqrt(3))
    assert found.high - found.value == pytest.approx(4.302653 / np.sqrt(3))
    assert found.value - found.low == pytest.approx(found.high - found.value)
    assert mean_interval(np.array([1.0, 2.0, 3.0]), level=0.9).high == pytest.approx(2 + 2.919986 / np.sqrt(3))


def test_mean_interval_of_too_few_is_infinite():
    """One value, or one draw, says nothing about the spread."""
    assert mean_interval(np.array([5.0]))[:3] == (5.0, -np.inf, np.inf)
    assert mean_interval(np.array([5.0, 6.0, 7.0]), per_draw=3)[:3] == (6.0, -np.inf, np.inf)


def test_linearised_ratios_by_hand():
    """Totals 6 and 4: a ratio of 1.5; each replication by what it has beyond 1.5 times its denominator."""
    assert linearised(np.array([1.0, 2, 3]), np.array([1.0, 2, 1])) == pytest.approx([1.125, 0.75, 2.625])
    assert np.isnan(linearised(np.array([1.0, 2]), np.zeros(2))).all()


def test_intervals_of_ratios_cover():
    """Of 300 experiments' 95% intervals 92 to 98% hold the ratio of the expectations."""
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(EXPERIMENTS):
        per = rng.poisson(8, 40).astype(float)
        found = mean_interval(linearised(rng.gamma(2, 3, 40) * per, per))
        covered += found.low <= 6.0 <= found.high
    assert 0.92 * EXPERIMENTS <= covered <= 0.98 * EXPERIMENTS


def grouped(rng, groups, per_draw, share):
    """Normal values of variance 1 in groups; the share of the variance between the groups."""
    between = np.repeat(rng.normal(0.0, np.sqrt(share), groups), per_draw)
    return between + rng.normal(0.0, np.sqrt(1 - share), groups * per_draw)


def test_shared_draws_make_the_interval_of_the_mean_wider_and_it_covers():
    """With draws shared by four, intervals that know it cover in 92 to 98% of experiments; others in far fewer."""
    rng = np.random.default_rng(1)
    covered = {1: 0, 4: 0}
    for _ in range(EXPERIMENTS):
        values = grouped(rng, 25, 4, 0.5)
        widths = {}
        for per_draw in covered:
            found = mean_interval(values, per_draw)
            covered[per_draw] += found.low <= 0.0 <= found.high
            widths[per_draw] = found.high - found.low
        assert widths[4] > widths[1] * 0.9  # in a single experiment the groups may happen to be alike
    assert 0.92 * EXPERIMENTS <= covered[4] <= 0.98 * EXPERIMENTS
    assert covered[1] < 0.85 * EXPERIMENTS


def test_replications_that_are_copies_make_nothing_surer():
    """Each replication twice, as two of one draw: every estimate and interval of every table is that of one of each."""
    single = law(replications=8)
    rows = random_rows(single, np.random.default_rng(8))
    twice = [row | {"replication": 2 * row["replication"] + copy} for copy, row in product(range(2), rows)]
    run = run_of(single, rows)
    copies = run_of(law(replications=16, replications_per_draw=2), sorted(twice, key=lambda row: row["replication"]))
    compared = 0
    for name in set(run.tables) - {"resolution_splits"}:  # which wants draws to be shared
        ours, theirs = run.table(name), copies.table(name)
        columns = [column for column in ("value", "met", "median", "ci_low", "ci_high") if column in ours]
        np.testing.assert_allclose(theirs[columns], ours[columns], rtol=1e-9, atol=1e-9, err_msg=name)
        compared += "ci_low" in columns
    assert compared >= 8


def test_variance_split_by_hand():
    """Two groups of two: mean squares 1/2 within and 16 between."""
    found = variance_split(np.array([1.0, 2.0, 5.0, 6.0]), 2)
    assert found is not None
    assert found.stochastic == 0.5
    assert found.parameter == (16 - 0.5) / 2
    assert found.share_parameter == pytest.approx(7.75 / 8.25)
    assert found.low < found.share_parameter < found.high


def test_variance_split_wants_groups():
    """Without two draws, or without two replications of one, nothing can be told apart."""
    assert variance_split(np.arange(4.0), 1) is None
    assert variance_split(np.arange(4.0), 4) is None


@pytest.mark.parametrize(("values", "share"), [([1.0, 1.0, 5.0, 5.0], 1.0), ([1.0, 5.0, 5.0, 1.0], 0.0)])
def test_variance_split_at_the_ends(values, share):
    """All of it by the parameters where a draw's replications are alike, none of it where the draws are."""
    found = variance_split(np.array(values), 2)
    assert found is not None
    assert found.share_parameter == share
    assert found.low <= share <= found.high


def test_variance_split_of_a_constant():
    """Nothing is known of the shares where nothing varies."""
    assert variance_split(np.ones(6), 2) == (0.0, 0.0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize(("share", "per_draw"), [(0.2, 2), (0.5, 2), (0.8, 5)])
def test_the_interval_of_the_split_covers_the_true_share(share, per_draw):
    """Of 300 experiments with normal values, 92 to 98% of the 95% intervals hold the true share."""
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(EXPERIMENTS):
        found = variance_split(grouped(rng, 40, per_draw, share), per_draw)
        covered += found.low <= share <= found.high
    assert 0.92 * EXPERIMENTS <= covered <= 0.98 * EXPERIMENTS


def test_intervals_of_shares_stay_within_0_and_1():
    """In the summary and in every table of shares, however few the replications."""
    stages = {**QUEUE["procedure"]["stages"], "work": {**STAGE, "next": {"done": 0.9, "closed": 0.1}}}
    procedure = {"name": "q", "title": "Q", "exits": {"done": "Done", "closed": "Closed"}, "stages": stages}
    targets = [{"milestone": end, "of": "work", "within_days": 60} for end in ("done", "closed")]
    probes = {"case": {"stage": "work", "arrives": "2024-12-22"}}
    run = simulate(queue(procedure=procedure, targets=targets, probes=probes, arrivals={}, replications=4))
    summary = run.summary().set_index("indicator")
    shares = [label for label in summary.index if by_label(label).is_share]
    assert "resolved_by_horizon:case" in shares
    known = [summary.loc[shares], run.table("targets"), run.table("endings"), run.table("share_of_days")]
    assert all(table["ci_low"].dropna().between(0, 1).all() for table in known)
    assert all(table["ci_high"].dropna().between(0, 1).all() for table in known)
    raw = [mean_interval(run.samples[label].by_replication) for label in shares]
    assert any(one.low < 0 or one.high > 1 for one in raw)


def test_no_rounding_noise_in_delays():
    """Nobody waits for staff: then the days of delay are 0, and not -5e-16."""
    steps = {
        "a": {"step": "wait", "reason": "party", "days": 0.1},
        "b": {"step": "wait", "reason": "hold", "days": 0.2},
    }
    stage = {"title": "Work", "steps": steps, "next": {"done": 1}}
    procedure = {"name": "q", "title": "Q", "exits": {"done": "Done"}, "stages": {"work": stage}}
    run = simulate(queue(procedure=procedure))
    assert run.samples["staff_delay:work"].value == 0
    assert run.table("delay").loc[0, ["work", "staff"]].tolist() == [0, 0]


def test_a_stage_and_a_role_of_one_name_keep_their_titles():
    """Each indicator has the title of what it is of."""
    stage = {**STAGE, "title": "Legal review", "steps": {"w": {**STAGE["steps"]["work"], "fte": {"legal": 1}}}}
    procedure = {"name": "q", "title": "Q", "exits": {"done": "Done"}, "stages": {"legal": stage}}
    run = simulate(
        queue(
            procedure=procedure,
            staffing={"legal": {"headcount": 2, "title": "Lawyers"}},
            arrivals={"cases": {"kind": "random", "stage": "legal", "per_year": 50}},
            probes={"legal": {"stage": "legal", "arrives": "2024-03-01"}},
        )
    )
    titles = run.summary().set_index("indicator")["title"]
    assert titles["stage_days:legal"].endswith("Legal review")
    assert titles["utilisation:legal"].endswith("Lawyers")
    assert titles["resolution:legal"].endswith(", legal")


def test_weights_of_inputs():
    """An output that grows with an input alone has weight 1; what only goes along with that input has none."""
    rng = np.random.default_rng(5)
    cause = rng.normal(size=400)
    along = cause + rng.normal(size=400)
    found = rank_weights(np.column_stack([cause, along]), np.exp(cause))
    np.testing.assert_allclose(found[:, 0], [1, 0], atol=1e-9)
    noisy = rank_weights(np.column_stack([cause, along]), rng.normal(size=400) - 2 * cause)
    assert noisy[0, 2] < -0.7
    assert noisy[1, 1] < 0 < noisy[1, 2]


def test_weights_want_draws_that_differ():
    """Nothing is said of few draws, of inputs that do not vary, or of two that are one."""
    draws = np.random.default_rng(6).normal(size=(40, 2))
    assert rank_weights(draws[:9], draws[:9, 0]) is None
    assert rank_weights(draws * [1, 0], draws[:, 0]) is None
    assert rank_weights(draws[:, [0, 0]], draws[:, 1]) is None
