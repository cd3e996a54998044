"""Paired comparisons: the differences by hand, their intervals, and multiplicity."""

import re
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from small_queue import QUEUE, STAGE, queue

from sim import compare, plotting, simulate
from sim.errors import UserError
from sim.experiments.compare import COLUMNS, compare_shared, holm, significant
from sim.results.statistics import by_draw

LEVEL = 0.999
"""Of checks against known means: of the some hundred made here one in ten would fail by chance; seeds are fixed."""


def offices(*staff: int, replications: int = 40, **more: object) -> list:
    """Runs of one queue with different numbers of staff."""
    return [
        simulate(queue(name=f"q{n}", replications=replications, staffing={"staff": {"headcount": n}}, **more))
        for n in staff
    ]


@pytest.fixture(scope="module")
def runs() -> list:
    """Two, three, and three people again."""
    return [*offices(2, 3), simulate(queue(name="again", replications=40, staffing={"staff": {"headcount": 3}}))]


def test_differences_by_hand(runs):
    """A difference is the mean of the replications' differences, its interval Student's over them."""
    table = compare(runs[:2]).table
    assert list(table.columns) == list(COLUMNS)
    row = table.set_index("indicator").loc["pending_end"]
    one, other = (run.samples["pending_end"].by_replication for run in runs[:2])
    expected = stats.ttest_rel(other, one)
    low, high = expected.confidence_interval(0.95)
    assert row["difference"] == pytest.approx((other - one).mean())
    assert (row["low"], row["high"], row["p"]) == pytest.approx((low, high, expected.pvalue))
    independent = one.var(ddof=1) + other.var(ddof=1)
    assert row["variance_reduction"] == pytest.approx(independent / (other - one).var(ddof=1))
    assert row["independent_replications"] == pytest.approx(40 * row["variance_reduction"])


def test_a_ratio_is_the_ratio_of_the_means(runs):
    """The value of a ratio is that of the totals over all replications, and so is its difference."""
    table = compare(runs[:2]).table.set_index("indicator")
    ratios = []
    for run in runs[:2]:
        ended = run.events[run.events["left"].notna()]
        ratios.append((ended["left"] - ended["requested"]).sum() / len(ended))
    row = table.loc["days_to_resolution"]
    assert (row["base"], row["value"]) == pytest.approx(ratios)
    assert row["difference"] == pytest.approx(ratios[1] - ratios[0])


def test_no_difference_at_all(runs):
    """Scenarios that differ in name alone differ in nothing: exactly zero, and nothing is significant."""
    table = compare(runs[1:]).table
    assert not table["difference"].any()
    assert (table["p_adjusted"] == 1).all()
    assert significant(table).empty


def test_more_than_two_scenarios(runs):
    """Intervals of several scenarios hold together: each is that of a two-scenario comparison at a higher level."""
    several = compare(runs).table.set_index(["scenario", "indicator"]).loc[("q3", "pending_end")]
    single = compare(runs[:2], level=0.975).table.set_index("indicator").loc["pending_end"]
    assert several[["low", "high"]].tolist() == pytest.approx(single[["low", "high"]].tolist())


def test_runs_that_cannot_be_paired():
    """Another seed or number of replications is refused."""
    first = simulate(queue())
    for other, what in ((queue(seed=9), "seed 9"), (queue(replications=8), "replications 8")):
        with pytest.raises(UserError, match=f"has {what} and queue has .*: only equal ones can be paired"):
            compare([first, simulate(other)])
    with pytest.raises(UserError, match="at least two"):
        compare([first])


def other_stages(**changes: object) -> dict:
    """The queue's procedure with something changed in its one stage."""
    return {"procedure": QUEUE["procedure"] | {"stages": {"work": STAGE | changes}}}


TWO_ROUTES = {"procedure": QUEUE["procedure"] | {"stages": {"work": STAGE, "more": STAGE}}}
INCOMPARABLE = {
    "first day": ({"start": "2023-01-01"}, "its first day is 2023-01-01 and not 2024-01-01"),
    "horizon": ({"horizon": "2025-01-02"}, "its horizon is 2025-01-02 and not 2025-01-01"),
    "stage": (TWO_ROUTES, "it has the stage 'more'"),
    "title of a stage": (other_stages(title="Study"), "its stage 'work' is called 'Study' and not 'Work'"),
    "another exit": (
        {"procedure": QUEUE["procedure"] | {"exits": {"done": "Done", "lost": "Lost"}}},
        "it has the exit 'lost'",
    ),
    "exit": ({"procedure": QUEUE["procedure"] | {"exits": {"done": "Over"}}}, "its exit 'done' is called 'Over' and"),
    "route": (
        other_stages(next={"work": 0.5, "done": "rest"}),
        "it has a route from the stage 'work' to 'work' (a route that is never taken has the probability 0)",
    ),
    "role": ({"staffing": {"staff": {"headcount": 2}, "more": {"headcount": 2}}}, "it has the role 'more'"),
    "title of a role": (
        {"staffing": {"staff": {"headcount": 2, "title": "Lawyers"}}},
        "its role 'staff' is called 'Lawyers' and not ''",
    ),
}


@pytest.mark.parametrize(("changes", "why"), INCOMPARABLE.values(), ids=INCOMPARABLE)
def test_what_cannot_be_compared_is_refused(changes, why, monkeypatch):
    """Other days and other procedures: results of the same name would mean something else. Before anything runs."""
    first, other = queue(), queue(name="other", **changes)
    one, two = (simulate(scenario, replications=2) for scenario in (first, other))
    monkeypatch.setattr("sim.experiments.compare.simulate_each", None)
    message = (
        f"^other cannot be compared with queue: {re.escape(why)}.*; only scenarios with the same first day, horizon"
    )
    for refuse in (
        lambda: compare([first, other]),
        lambda: compare([one, two]),
        lambda: compare([one, other]),
        lambda: compare_shared(one, two),
    ):
        with pytest.raises(UserError, match=message) as error:
            refuse()
        assert "\n" not in str(error.value)


def test_procedures_that_differ_in_numbers_are_the_same():
    """Efforts, probabilities, waits that are not taken, words for readers: what scenarios are made of."""
    longer = {"work": STAGE["steps"]["work"] | {"days": 12}, "ask": {"step": "wait", "reason": "party", "days": 3}}
    changes = other_stages(steps=longer, legal_basis="Art. 1", priority=2)
    changes["procedure"] |= {"description": "Slower", "complexity": {"effort_scale": 2}}
    assert len(compare([queue(), queue(name="other", **changes)], replications=2).table)


def test_a_lacking_role_is_named():
    """And a stage that stands elsewhere."""
    both = {"staff": {"headcount": 2}, "more": {"headcount": 2}}
    with pytest.raises(UserError, match="queue cannot be compared with more: it lacks the role 'more'"):
        compare([queue(name="more", staffing=both), queue()])
    stages = {"work": STAGE | {"next": {"more": 1}}, "more": STAGE}
    procedures = [
        {"procedure": QUEUE["procedure"] | {"stages": dict(order(stages.items()))}} for order in (list, reversed)
    ]
    with pytest.raises(UserError, match="its stages stand in another order"):
        compare([queue(**procedures[0]), queue(name="other", **procedures[1])])


def test_a_finished_run_with_its_own_numbers(runs):
    """Replications and seed may be said as long as they are those of the finished run."""
    expected = compare(runs[:2]).table
    found = compare(runs[:2], replications=40, seed=runs[0].scenario.seed).table
    pd.testing.assert_frame_equal(found, expected)


def test_adjusted_p_values():
    """Holm's adjustment of an example by hand."""
    p = np.array([0.01, 0.04, 0.03, 0.005])
    assert holm(p) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_bounds_false_alarms():
    """Of 2,000 families of ten true null hypotheses 5% have a false alarm, within the 99.9% bounds of that share."""
    p = np.random.default_rng(1).random((2000, 10))
    alarms = sum((holm(row) < 0.05).any() for row in p)
    low, high = stats.binom.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2], 2000, 0.05)
    assert low <= alarms <= high


def test_draws_that_are_shared_count_once():
    """Where replications share draws of the parameters the interval is that over the draws' means."""
    uncertain = {
        "speed": {"scales": "arrivals.cases.per_year", "value": {"distribution": "uniform", "low": 0.3, "high": 2}}
    }
    one, other = offices(2, 3, uncertain=uncertain, replications_per_draw=4)
    row = compare([one, other]).table.set_index("indicator").loc["pending_end"]
    values = [by_draw(run.samples["pending_end"].by_replication, 4) for run in (one, other)]
    expected = stats.ttest_rel(values[1], values[0])
    assert (row["low"], row["high"]) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert len(values[0]) == 10


def test_what_both_have_is_compared(runs):
    """A run of 10 replications is compared with the first 10 of one of 40, as if there were no more of them."""
    short = offices(2, 3, replications=10)
    expected = compare(short).table
    for base, other in (short, (runs[0], short[1]), (short[0], runs[1])):
        pd.testing.assert_frame_equal(compare_shared(base, other).table, expected)
    assert len(compare_shared(*short, ["pending_end"]).table) == 1
    with pytest.raises(UserError, match="replications 10"):
        compare([runs[0], short[1]])
    with pytest.raises(UserError, match="seed"):
        compare_shared(runs[0], simulate(queue(name="other", seed=4)))


def test_scenarios_are_run_with_what_the_first_has(tmp_path):
    """Scenarios and paths are run with the seed and replications of the first; runs are taken as they are."""
    first, other = queue(replications=4), queue(name="other", seed=9, staffing={"staff": {"headcount": 3}})
    expected = compare([simulate(first), simulate(other, replications=4, seed=first.seed)])
    found = compare([first, other], results=tmp_path)
    pd.testing.assert_frame_equal(found.table, expected.table)
    pd.testing.assert_frame_equal(compare([simulate(first), other]).table, expected.table)
    fewer = compare([first, other], replications=3, seed=5)
    assert [(run.replications, run.scenario.seed) for run in fewer.runs] == [(3, 5)] * 2


def test_what_cannot_be_compared_is_refused_before_anything_runs(monkeypatch):
    """Equal names, a single scenario, unknown indicators, and other replications of a finished run."""
    finished = simulate(queue(replications=2))
    monkeypatch.setattr("sim.experiments.compare.simulate_each", None)
    for arguments, message in (
        (([queue(), queue()], None), "two of the scenarios have the same name: queue, queue"),
        (([queue()], None), "at least two"),
        (([queue(), queue(name="other")], ["pending_ent"]), "did you mean 'pending_end'"),
    ):
        with pytest.raises(UserError, match=message):
            compare(*arguments)
    message = "7: the first run is finished and has 2; give its scenario instead to run it again"
    with pytest.raises(UserError, match=f"replications {message}"):
        compare([finished, queue(name="other")], replications=7)
    with pytest.raises(UserError, match="seed 7: the first run is finished and has 3"):
        compare([finished, queue(name="other")], seed=7)


def test_a_comparison_is_one_line_and_a_short_table(runs, monkeypatch):
    """It says what was compared and how much differs; `plot` asks the views by its name."""
    found = compare(runs)
    assert repr(found) == (
        f"<Comparison of q3, again with q2: 40 replications, {len(found.table)} differences,"
        f" {len(found.significant)} significant>"
    )
    assert found._repr_html_().count("<tr") <= 14
    drawn = SimpleNamespace(plot=lambda result, name: (result, name), names=lambda result: ["differences"])
    monkeypatch.setitem(sys.modules, plotting.BACKEND, drawn)
    assert found.plot("pending") == (found, "pending")
    assert found.plots == ["differences"]


def test_runs_that_other_software_made_are_told(runs):
    """Of the first and of others, by folder where they have one; of a part of a run as of the run."""
    base, other, again = runs
    assert compare(runs).notes == []
    old = replace(other, made_by={**other.made_by, "scipy": "1.0"}, folder=Path("results/q3-0123456789ab"))
    told = f"q3-0123456789ab was made with scipy 1.0 instead of {version('scipy')}, unlike q2"
    mixed = compare([base, old, again])
    assert [note.partition(":")[0] for note in mixed.notes] == [told]
    assert repr(mixed).endswith("significant; see its notes>")
    assert len(compare([old, base, again]).notes) == 2
