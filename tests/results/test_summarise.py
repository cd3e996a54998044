"""The arrays of a summary against loops in plain Python, over random logs and a run of the model; and their chunks."""

from itertools import pairwise

import numpy as np
import pytest
from counted import Counted
from logs import event_table, law, random_rows, rows_of, run_of

from sim import simulate
from sim.results.run import Run
from sim.results.summarise import summarise
from sim.results.summary import GIVEN, VARIABLES, concat, from_bytes, to_bytes


@pytest.fixture(scope="module")
def simulated() -> Run:
    """A run of the model with forks, loops, a limit, cases in progress and cases that are taken up again."""
    return simulate(law())


@pytest.fixture(scope="module", params=["simulated", 1, 2, 3])
def run(request, simulated) -> Run:
    """That run, or a random log."""
    if request.param == "simulated":
        return simulated
    return run_of(law(), random_rows(law(), np.random.default_rng(request.param)))


@pytest.fixture(scope="module")
def counted(run) -> list[Counted]:
    """Each replication, to be counted in plain Python."""
    rows = rows_of(run)
    return [Counted(run.layout, [row for row in rows if row["replication"] == n]) for n in range(run.replications)]


def agrees(run, name, sums):
    """Whether an array is what was counted: `sums` by replication, keyed by the name and the labels of a cell."""
    dims, labels = VARIABLES[name].dims[1:], run.layout.labels()
    array = run.arrays[name]
    assert array.any()
    for replication, of_one in enumerate(sums):
        for cell in np.ndindex(*array.shape[1:]):
            key = (name, *(labels[dim][n] for dim, n in zip(dims, cell, strict=True)))
            assert array[(replication, *cell)] == pytest.approx(of_one.get(key, 0.0), rel=1e-9, abs=1e-6), (
                replication,
                key,
            )


BY_POPULATION = ("pending_start", "incoming", "resolved", "resolved_days", "pending_end", "pending_days", "age_end")


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (BY_POPULATION, Counted.populations),
        (("entered", "visits", "ended", "days", "effort", "delay", "remaining"), Counted.visits),
        (("came", "went"), Counted.flows),
        (("reached", "days_to", "ended_by", "open_on", "effort_of"), Counted.resolutions),
    ],
    ids=["populations", "visits", "flows", "resolutions"],
)
def test_sums_are_those_of_a_loop_over_the_visits(run, counted, names, count):
    """Every cell of every array, in every replication."""
    sums = [count(replication) for replication in counted]
    for name in names:
        agrees(run, name, sums)


def test_fines_are_those_of_the_log(counted, run):
    """Those set before the first day do not count."""
    if run.arrays["fines"].any():  # the procedure itself sets none
        np.testing.assert_allclose(run.arrays["fines"], [replication.fines()[0] for replication in counted])
    np.testing.assert_array_equal(run.arrays["fined"], [replication.fines()[1] for replication in counted])


def rounded(duration):
    """Days, age at entry and how it ended, without the rounding of sums; never minus nought."""
    days, entry, end = duration
    return round(float(days), 6) + 0.0, round(float(entry), 6) + 0.0, int(end)


def test_durations_are_those_of_a_loop_over_the_visits(run, counted):
    """Days, age at entry and how it ended, of every visit and everything that a target is of."""
    numbers, data = np.arange(run.replications), run.arrays
    for number, name in enumerate(run.layout.curves):
        for replication in numbers:
            rows = (data["duration_curve"] == number) & (data["duration_replication"] == replication)
            given = zip(*(data[f"duration_{what}"][rows] for what in ("days", "entry", "end")), strict=True)
            expected = counted[replication].durations(name)
            assert sorted(map(rounded, given)) == sorted(map(rounded, expected)), (name, replication)
    for number, name in enumerate(run.layout.targets):
        assert data["begun"][:, number].tolist() == [len(one.durations(name)) for one in counted]
        assert data["overdue"][:, number].tolist() == [one.overdue(name) for one in counted]


def test_series_are_those_of_a_loop_over_the_visits(run, counted):
    """How often each number of cases occurs, and how old the cases are, at several times and the horizon."""
    for moment in (0, 5, 16, len(run.layout.times) - 1):
        time = run.layout.times[moment]
        for number, name in enumerate([*run.layout.open_stages, *run.layout.populations]):
            counts = [replication.series(name, time) for replication in counted]
            expected = np.bincount(counts, minlength=run.arrays["frequency"].shape[2])
            np.testing.assert_array_equal(run.arrays["frequency"][number, moment], expected)
        for number, name in enumerate(run.layout.populations):
            expected = sum(replication.age_sum(name, time) for replication in counted)
            assert abs(run.arrays["age_sum"][number, moment] - expected) < len(rows_of(run))


def test_tracked_cases_are_those_of_a_loop_over_the_visits(run, counted):
    """When each case first got to each state, and whether it is in progress at the horizon."""
    for number, case in enumerate(run.layout.tracked):
        for replication, one in enumerate(counted):
            first = one.first_reached(case)
            expected = [first[state] for state in run.layout.states]
            assert run.arrays["first_reached"][replication, number].tolist() == pytest.approx(expected, rel=1e-6)
            assert run.arrays["open_at_end"][replication, number] == one.open_at_end(case)


# chunks


@pytest.mark.parametrize("cuts", [[1], [4, 5], [2, 4, 6, 8], list(range(1, 10))], ids=str)
def test_chunks_in_any_cut_give_the_same_arrays(run, cuts):
    """Joined in order and added up, to the last bit; stored in between as workers do."""
    rows, bounds = rows_of(run), [0, *cuts, run.replications]
    parts = []
    for first, after in pairwise(bounds):
        mine = [row for row in rows if first <= row["replication"] < after]
        events = event_table(mine, run.scenario.staffing)
        given = {name: run.arrays[name][first:after] for name in GIVEN}
        arrays = summarise(run.layout, events, range(first, after), given)
        parts.append(from_bytes(to_bytes(arrays)))
    joined = concat(parts)
    assert joined.keys() == VARIABLES.keys()
    for name, array in joined.items():
        np.testing.assert_array_equal(array, run.arrays[name], strict=True, err_msg=name)


def test_a_replication_without_any_case_is_counted():
    """Nothing comes: all sums are 0, no duration is seen, and every table can be asked for."""
    run = run_of(law(), [], 2)
    of_staff = {"available", "lasting"}
    assert not any(
        run.arrays[name].any() for name in VARIABLES if name not in {"first_reached", "frequency", *of_staff}
    )
    assert np.isinf(run.arrays["first_reached"]).all()
    assert run.arrays["frequency"][:, :, 0].tolist() == [[2] * len(run.layout.times)] * len(run.layout.series)
    for name in run.tables:
        run.table(name)
