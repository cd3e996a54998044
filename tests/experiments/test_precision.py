"""Replications until an indicator is known well enough; and that intervals cover as often as they say."""

import numpy as np
import pytest
from scipy import stats
from small_queue import STAGE, queue

from sim import simulate
from sim.errors import UserError
from sim.experiments import simulate as experiment
from sim.experiments.precision import Precision
from sim.results import store
from sim.results.estimates import check_label, samples
from sim.results.statistics import mean_interval
from sim.results.summary import head


@pytest.mark.parametrize(
    ("text", "expected"), [("5%", (0.05, True)), ("3", (3, False)), ("0.5 days", (0.5, False)), (" 2 % ", (0.02, True))]
)
def test_widths(text, expected):
    """A share or a number in the indicator's unit."""
    wanted = Precision.parse(text, "pending_end")
    assert (wanted.half_width, wanted.relative) == expected


@pytest.mark.parametrize("text", ["", "0%", "-1", "five", "5%%", "0"])
def test_wrong_widths(text):
    """Anything else is refused."""
    with pytest.raises(UserError, match="must be a share such as 5%, or a number"):
        Precision.parse(text, "pending_end")


def test_unknown_indicators_are_refused():
    """Before anything runs, with a suggestion."""
    check_label(queue(), "staff_delay:work")
    with pytest.raises(UserError, match="no indicator 'pending_ent'; did you mean 'pending_end'"):
        check_label(queue(), "pending_ent")


def test_until_known_well_enough(tmp_path):
    """It goes on until the interval is narrow enough, stops soon after, and is what that many replications give."""
    wanted = Precision("pending_mean", 0.04, True, floor=50)
    found = simulate(queue(), results=tmp_path, precision=wanted)
    reached = wanted.reached(found)
    assert reached.high - reached.value <= 0.04 * reached.value
    assert found.replications % 25 == 0
    assert found.replications > 50
    fewer = simulate(queue(replications=round(found.replications / 1.5)))
    assert wanted.reached(fewer).high - wanted.reached(fewer).value > 0.04 * wanted.reached(fewer).value
    plain = simulate(queue(replications=found.replications))
    np.testing.assert_array_equal(found.arrays["pending_days"], plain.arrays["pending_days"])
    assert found.scenario.replications == found.replications


def test_precision_does_not_depend_on_the_workers(tmp_path):
    """The same number is reached on two processes; the run is found again and not run again."""
    wanted = Precision("pending_end", 0.3, False, floor=25)
    one = simulate(queue(), results=tmp_path / "one", precision=wanted)
    two = simulate(queue(), results=tmp_path / "two", precision=wanted, jobs=2)
    assert one.replications == two.replications
    np.testing.assert_array_equal(one.arrays["pending_days"], two.arrays["pending_days"])
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert simulate(queue(), results=tmp_path / "one", precision=wanted).folder == one.folder
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}


def test_an_interrupted_search_goes_on(tmp_path):
    """What was finished before an interruption is kept, and the same number is reached."""
    wanted = Precision("pending_mean", 0.04, True, floor=50)

    def interrupt(done: int, _: int) -> None:
        if done > 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(queue(), results=tmp_path, precision=wanted, progress=interrupt)
    parts = experiment.Work(tmp_path, queue(), wanted).location.count_parts()
    assert parts >= 2
    assert store.list_runs(tmp_path) == []
    told: list[int] = []
    found = simulate(queue(), results=tmp_path, precision=wanted, progress=lambda done, _: told.append(done))
    assert told[0] == 50
    assert found.replications == simulate(queue(), precision=wanted).replications


def test_the_ceiling(tmp_path):
    """A precision that is out of reach ends at the ceiling."""
    wanted = Precision("pending_end", 1e-6, True, floor=25, ceiling=60)
    found = simulate(queue(), precision=wanted)
    assert found.replications == 75
    assert not wanted.met(found)


def test_an_indicator_without_a_value_ends_the_search_at_once():
    """No case can be resolved before the horizon: one line after the floor, not 100,000 replications."""
    never = queue(horizon="2024-01-02")
    ran: list[int] = []
    with pytest.raises(UserError, match="days_to_resolution has no value in any of 50 replications") as raised:
        simulate(
            never, precision=Precision("days_to_resolution", 1, floor=50), progress=lambda done, _: ran.append(done)
        )
    assert ran[-1] == 50
    assert len(raised.value.problems) == 1


@pytest.mark.parametrize(
    ("per_year", "indicator", "told"),
    [
        (0.02, "days_to_resolution", "a value in only one of 50"),
        (0.02, "stage_days:work", "a value in only one of 50"),
        (0.0001, "stage_days:work", "no value in any of 50"),
        (0.0001, "target_met:done<60d<work", "no value in any of 50"),
    ],
)
def test_an_indicator_of_hardly_any_replication_ends_the_search_at_once(per_year, indicator, told):
    """A case in one of fifty replications, or in none: no interval can be told of that."""
    rare = queue(
        seed=2,
        arrivals={"cases": {"kind": "random", "stage": "work", "per_year": per_year}},
        targets=[{"milestone": "done", "of": "work", "within_days": 60}],
    )
    with pytest.raises(UserError, match=f"{indicator} has {told} replications"):
        simulate(rare, precision=Precision(indicator, 0.05, True, floor=50))


# intervals


def test_coverage_of_an_interval():
    """1,000 experiments of ten normal replications: 93 to 97% of the 95% intervals hold the mean."""
    rng = np.random.default_rng(11)
    found = [mean_interval(rng.normal(3, 2, 10)) for _ in range(1000)]
    assert 930 <= sum(one.low <= 3 <= one.high for one in found) <= 970


RATE, MEAN, DAYS = 50 / 365, 9.0, 60.0
KNOWN = {
    "pending_end": RATE * MEAN * (1 - np.exp(-DAYS / MEAN)),
    "pending_mean": RATE * MEAN * (1 - MEAN / DAYS * (1 - np.exp(-DAYS / MEAN))),
    "incoming": 50.0,
    "stage_days:work": MEAN * np.log(2),
}
"""M/M/infinity from empty (Wolff, 1989, section 2.5): at time t the pending are Poisson with mean rate x mean x
(1 - e^(-t/mean)); the days in the stage are exponential with that mean."""


def unhurried(replications):
    """Cases that nobody keeps waiting: exponential times of 9 days, 50 arrivals a year."""
    return queue(replications=replications, horizon="2024-03-01", staffing={"staff": {"headcount": 60}})


def ten_from(data, first):
    """The summary of ten replications, from one of them on."""
    durations = data["duration_replication"] // 10 == first // 10
    ten = head(data, first + 10).isel(replication=slice(first, None))
    ten = ten.drop_dims("duration").merge(data[[n for n in data if n.startswith("duration")]].isel(duration=durations))
    return ten.assign(duration_replication=ten["duration_replication"] - first)


@pytest.fixture(scope="module")
def covered():
    """Of 1,000 experiments of ten replications, how many intervals hold the known mean."""
    many = simulate(unhurried(10_000), jobs=2)
    hits = dict.fromkeys(KNOWN, 0)
    for first in range(0, 10_000, 10):
        part = samples(ten_from(many.data, first), many.layout)
        for label, mean in KNOWN.items():
            interval = mean_interval(part[label].by_replication)
            hits[label] += interval.low <= mean <= interval.high
    return hits


@pytest.mark.slow
@pytest.mark.parametrize("label", KNOWN)
def test_coverage_of_the_simulator(covered, label):
    """1,000 experiments of ten replications with a known mean: 93 to 97% of the 95% intervals hold it."""
    assert 930 <= covered[label] <= 970


def test_estimates():
    """The table of all indicators has the value, its interval, and the spread of single replications."""
    run = simulate(unhurried(200))
    table = run.summary().set_index("indicator")
    row = table.loc["pending_end"]
    values = run.per_replication["pending_end"].to_numpy()
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(
        stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    )
    assert (row["q10"], row["q90"]) == tuple(np.quantile(values, (0.1, 0.9)))
    assert STAGE["title"] in table.loc["stage_days:work", "title"]
