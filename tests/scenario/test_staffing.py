"""Capacity curves: steps, growth, recruits' ramp-up, seasons, and the share of the time that is left for cases."""

from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from sim.scenario.expected_staff import expected_staffing
from sim.scenario.loading import load_scenario
from sim.scenario.staffing import CURVE_STEP, Calendar, Pool, capacity, headcount, productive, season_share

START = date(2024, 1, 1)
PLAIN = Calendar()


def curve(pool, calendar=PLAIN, days=366, start=START):
    """The capacity curve of a pool given as in a file."""
    return capacity(Pool.model_validate(pool), Calendar.model_validate(calendar), start, days)


def on(found, day):
    """FTE on a day of the curve."""
    return found.fte[int(np.searchsorted(found.times, day, side="right")) - 1]


def test_constant():
    """A bare number is one step for all time, and FTE-days are people times days."""
    found = curve({"headcount": 12})
    assert (found.times, found.fte, found.heads) == ((0.0,), (12.0,), (12.0,))
    assert found.fte_days(366) == 12 * 366
    assert found.fte_days(20, since=10) == 120
    assert found.fte_days(10, since=20) == 0


def test_steps_up_and_down():
    """Headcount jumps on its dates, in both directions; before the first date it is the first number."""
    found = curve({"headcount": {date(2024, 3, 1): 5, date(2024, 6, 1): 8, date(2024, 9, 1): 2}})
    assert found.times == (0.0, 152.0, 244.0)
    assert found.fte == (5.0, 8.0, 2.0)
    assert found.fte_days(366) == 5 * 152 + 8 * 92 + 2 * 122


def test_dates_before_the_start_and_beyond_the_horizon():
    """Only what is in force within the horizon counts: the last number before the start, none after the horizon."""
    found = curve(
        {"headcount": {date(2020, 1, 1): 3, date(2023, 12, 31): 4, date(2024, 1, 31): 6, date(2030, 1, 1): 99}}
    )
    assert found.times == (0.0, 30.0)
    assert found.fte == (4.0, 6.0)


def test_the_order_in_the_file_does_not_matter():
    """Dates are taken in time's order, not in the file's."""
    said = {date(2024, 3, 1): 5, date(2024, 6, 1): 8}
    assert curve({"headcount": said}) == curve({"headcount": dict(reversed(said.items()))})


def test_linear_growth():
    """Between two dates headcount grows evenly; a step of the curve is the mean of its days: no FTE-day is lost."""
    pool = Pool.model_validate({"headcount": {date(2024, 1, 1): 10, date(2024, 12, 31): 375}, "between": "linear"})
    days = np.arange(366.0)
    assert headcount(pool, START, days) == pytest.approx(10 + days)
    found = capacity(pool, PLAIN, START, 366)
    assert found.fte_days(366) == pytest.approx((10 + days).sum())
    assert max(np.diff(found.times)) <= CURVE_STEP
    assert on(found, 0) == pytest.approx((10 + days[:CURVE_STEP]).mean())


def test_linear_growth_begun_before_the_start():
    """Growth that began before the start goes on from where it is."""
    pool = Pool.model_validate({"headcount": {date(2023, 12, 22): 10, date(2024, 1, 11): 30}, "between": "linear"})
    assert headcount(pool, START, np.array([0.0, 5.0, 10.0, 50.0])) == pytest.approx([20, 25, 30, 30])


def test_linear_decline():
    """Between two dates headcount may also fall evenly."""
    found = curve({"headcount": {date(2024, 1, 1): 100, date(2024, 4, 10): 0}, "between": "linear"})
    assert found.fte_days(366) == pytest.approx(sum(range(1, 101)))
    assert found.fte[-1] == 0


def test_ramp_up_costs_what_it_should():
    """Ten recruits who start from nothing and learn evenly for 60 days cost 10 x 60 / 2 FTE-days."""
    said = {date(2024, 1, 1): 20, date(2024, 3, 1): 30}
    learning = curve({"headcount": said, "ramp_up": {"days": 60}})
    assert curve({"headcount": said}).fte_days(366) - learning.fte_days(366) == pytest.approx(10 * 60 / 2)


def test_ramp_up_from_a_share():
    """Recruits who start at 60% cost 40% of that, and half a year after the date they are worth as much as anybody."""
    said = {date(2024, 1, 1): 20, date(2024, 3, 1): 30}
    learning = curve({"headcount": said, "ramp_up": {"days": 60, "from_share": 0.6}})
    assert curve({"headcount": said}).fte_days(366) - learning.fte_days(366) == pytest.approx(10 * 60 / 2 * 0.4)
    assert learning.fte[-1] == 30


def test_ramp_up_day_by_day():
    """On each day of the ramp-up the recruits are worth the middle of that day on a straight line."""
    pool = Pool.model_validate({"headcount": {date(2024, 1, 1): 0, date(2024, 1, 11): 10}, "ramp_up": {"days": 5}})
    found = productive(pool, START, np.arange(20.0))
    assert found == pytest.approx([0] * 10 + [1, 3, 5, 7, 9] + [10] * 5)


def test_ramp_up_begun_before_the_start():
    """Who was recruited shortly before the start is still learning on the first day."""
    pool = Pool.model_validate({"headcount": {date(2023, 1, 1): 0, date(2023, 12, 30): 10}, "ramp_up": {"days": 5}})
    assert productive(pool, START, np.arange(4.0)) == pytest.approx([5, 7, 9, 10])


def test_ramp_up_of_nobody():
    """Without recruits a ramp-up costs nothing, and who leaves takes full productivity along."""
    said = {date(2024, 1, 1): 20, date(2024, 3, 1): 15}
    assert curve({"headcount": said, "ramp_up": {"days": 90}}).fte_days(366) == curve({"headcount": said}).fte_days(366)


def test_ramp_up_of_growth():
    """Recruits who come one a day are each behind by the whole ramp-up: the sum is theirs."""
    said = {"headcount": {date(2024, 1, 1): 10, date(2024, 4, 10): 110}, "between": "linear"}
    lost = curve(said).fte_days(366) - curve({**said, "ramp_up": {"days": 30}}).fte_days(366)
    assert lost == pytest.approx(100 * 30 / 2, rel=1e-6)


SUMMER = {"slow": [{"first": "08-01", "last": "08-31", "share": 0.5}]}
YEAR_END = {"slow": [{"first": "12-22", "last": "01-03", "share": 0.2}]}


def test_season():
    """August at half speed: the change is on the first of August and of September."""
    found = curve({"headcount": 10}, SUMMER)
    assert found.times == (0.0, 213.0, 244.0)
    assert found.fte == (10.0, 5.0, 10.0)
    assert found.heads == (10.0,) * 3


def test_season_across_the_new_year():
    """A season from 22 December to 3 January covers both ends of the year, both days included."""
    found = curve({"headcount": 10}, YEAR_END, days=731)
    assert found.times == (0.0, 3.0, 356.0, 369.0, 721.0)
    assert found.fte == (2.0, 10.0, 2.0, 10.0, 2.0)


def test_season_day_by_day():
    """Each day has the share of the season that it falls into; in a leap year too."""
    calendar = Calendar.model_validate({"slow": [{"first": "02-28", "last": "03-01", "share": 0.5}]})
    days = np.arange(366.0)
    slow = np.flatnonzero(season_share(calendar, START, days) < 1)
    assert slow.tolist() == [58, 59, 60]


def test_overlapping_seasons():
    """Where seasons overlap the slower counts, not the product."""
    both = {"slow": [*SUMMER["slow"], {"first": "08-15", "last": "09-15", "share": 0.8}]}
    found = curve({"headcount": 10}, both)
    assert found.times == (0.0, 213.0, 244.0, 259.0)
    assert found.fte == pytest.approx((10.0, 5.0, 8.0, 10.0))


def test_casework_share_by_date():
    """The share of the time that is left for cases changes on its dates and leaves the people as they are."""
    found = curve({"headcount": 10, "casework_share": {date(2024, 1, 1): 0.4, date(2024, 2, 1): 0.7}})
    assert found.times == (0.0, 31.0)
    assert found.fte == pytest.approx((4.0, 7.0))


def test_everything_together():
    """Growth, ramp-up, casework share and season multiply day by day; the curve has the sum over the days."""
    pool = Pool.model_validate(
        {
            "headcount": {date(2023, 10, 1): 10, date(2024, 10, 1): 60},
            "between": "linear",
            "casework_share": {date(2024, 1, 1): 0.5, date(2024, 5, 5): 0.6},
            "ramp_up": {"days": 45, "from_share": 0.3},
        }
    )
    calendar = Calendar.model_validate({"slow": [*SUMMER["slow"], *YEAR_END["slow"]]})
    days = np.arange(366.0)
    share = np.where(days < 125, 0.5, 0.6) * season_share(calendar, START, days)
    expected = (productive(pool, START, days) * share).sum()
    assert capacity(pool, calendar, START, 366).fte_days(366) == pytest.approx(expected)


def test_capacity_never_negative_and_times_rise():
    """Times begin at 0 and rise, and nobody is negative."""
    found = curve(
        {"headcount": {date(2024, 1, 1): 3, date(2024, 2, 1): 0, date(2024, 3, 1): 5}, "ramp_up": {"days": 200}}
    )
    assert found.times[0] == 0
    assert np.all(np.diff(found.times) > 0)
    assert min(found.fte) >= 0


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"headcount": -1}, "must be at least 0, not -1"),
        ({"headcount": {}}, "must not be empty"),
        ({"headcount": {"soon": 3}}, "must be a date such as 2024-03-14, not 'soon'"),
        ({"headcount": 3, "casework_share": 1.2}, "must be at most 1, as a share of working time"),
        ({"headcount": 3, "ramp_up": {"days": 0}}, "must be more than 0, not 0"),
        ({"headcount": 3, "ramp_up": {"days": 30, "from_share": 2}}, "must be at most 1, not 2"),
        ({"headcount": 3, "between": "cubic"}, "must be 'step' or 'linear', not 'cubic'"),
    ],
    ids=str,
)
def test_impossible_pools_are_refused(said, message):
    """What cannot be a pool is refused, with the reason."""
    with pytest.raises(ValidationError) as caught:
        Pool.model_validate(said)
    assert message in str(caught.value)


@pytest.mark.parametrize("day", ["02-30", "13-01", "8-1", "August", "00-10"])
def test_impossible_seasons_are_refused(day):
    """A season begins and ends on a day that exists."""
    with pytest.raises(ValidationError, match="must be a month and day such as 08-31"):
        Calendar.model_validate({"slow": [{"first": day, "last": "12-31", "share": 0.5}]})


def test_how_many_people_a_scenario_expects():
    """An uncertain share of the announced staff is taken at its mean, (low + 4 mode + high) / 6 of a PERT."""
    scenario = load_scenario("scenarios/status-quo.yaml", {"posterior": None})
    first = date(2026, 10, 8)
    pools = expected_staffing(scenario)
    assert pools["case_handlers"].headcount[first] == pytest.approx(103 * (0.635 + 4 * 0.8 + 1) / 6)
    assert pools["case_handlers"].headcount[date(2025, 4, 15)] == 65
    assert pools["legal"] == scenario.staffing["legal"]
