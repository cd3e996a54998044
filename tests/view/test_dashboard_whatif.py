"""What-ifs: from the inputs of the form to a scenario, and messages beside the inputs."""

from datetime import date, timedelta

import numpy as np
import pytest

from sim.scenario import checks
from sim.scenario.checks import with_values
from sim.scenario.distributions import Uniform
from sim.scenario.schema import Uncertain
from sim.scenario.staffing import headcount
from sim.view.dashboard.headcounts import people_in, with_people, years
from sim.view.dashboard.whatif import defaults, read


@pytest.fixture(scope="module")
def base(small_run):
    """The scenario of the small run."""
    return small_run.scenario


def people(scenario, role, day) -> float:
    """The headcount of a role on a day."""
    days = np.array([float((day - scenario.start).days)])
    return float(headcount(scenario.staffing[role], scenario.start, days)[0])


def test_inputs_stand_as_the_baseline_has_them(base):
    """People are means over each year; nothing is changed by what the baseline says itself."""
    usual = defaults(base)
    assert usual["staff.handlers.2024"] == "5"
    assert usual["staff.handlers.2025"] == "7"
    assert years(base) == [2024, 2025]
    result = read(base, usual)
    assert result.scenario is None
    assert result.messages == ["Nothing differs from the baseline yet: change a number, or leave a probe out."]


def test_people_from_the_first_of_january(base):
    """They are so many from that day on and throughout the year; before it, nothing changes."""
    found = read(base, {"staff.handlers.2025": "12"}).scenario
    assert people(found, "handlers", date(2024, 12, 31)) == 5
    assert people(found, "handlers", date(2025, 1, 1)) == 12
    assert people(found, "handlers", date(2025, 12, 31)) == 12
    assert found.staffing["lawyers"] == base.staffing["lawyers"]
    first = read(base, {"staff.handlers.2024": "9"}).scenario
    assert [people(first, "handlers", date(year, 6, 1)) for year in (2024, 2025)] == [9, 7]


def test_a_headcount_that_grows_evenly_jumps_on_the_day(base):
    """The growth before it stays as it was, and the years after it are as the form shows them."""
    table = {date(2023, 1, 1): 4.0, date(2025, 1, 1): 8.0, date(2026, 1, 1): 10.0}
    pool = base.staffing["handlers"].model_copy(update={"headcount": table, "between": "linear"})
    growing = base.model_copy(update={"staffing": {**base.staffing, "handlers": pool}})
    found = with_people(growing, "handlers", {2025: 20.0})
    for day in (date(2024, 3, 1), date(2024, 12, 31)):
        assert people(found, "handlers", day) == pytest.approx(people(growing, "handlers", day))
    for day in (date(2025, 1, 1), date(2025, 7, 1), date(2025, 12, 31)):
        assert people(found, "handlers", day) == pytest.approx(20)
    assert people_in(growing, pool, 2024) == pytest.approx(7, abs=0.01)


@pytest.fixture
def uncertain(base):
    """The scenario with 10 handlers from the first day on, or anything between 6 and 10, and 4 the year before."""
    table = {date(2023, 1, 1): 4.0, base.start: 10.0}
    pool = base.staffing["handlers"].model_copy(update={"headcount": table, "between": "linear"})
    path = f"staffing.handlers.headcount.{base.start}"
    reached = Uncertain(scales=[path], value=Uniform(distribution="uniform", low=0.6, high=1))
    update = {"staffing": {**base.staffing, "handlers": pool}, "uncertain": {**base.uncertain, "reached": reached}}
    return base.model_copy(update=update)


def test_people_of_whom_it_is_uncertain_how_many_there_are(uncertain):
    """The form shows how many are expected; it sets so many in every draw, and before that each draw is as it was."""
    assert defaults(uncertain)["staff.handlers.2024"] == "8"
    found = read(uncertain, {"staff.handlers.2025": "12"}).scenario
    for factor in (0.6, 1.0):
        drawn, usual = (with_values(one, {"reached": factor}) for one in (found, uncertain))
        for day in (date(2023, 7, 1), uncertain.start, date(2024, 12, 31)):
            assert people(drawn, "handlers", day) == pytest.approx(people(usual, "handlers", day))
        assert people(drawn, "handlers", date(2025, 1, 1)) == 12


def test_what_is_not_there_any_more_is_not_uncertain(uncertain):
    """With people set from the first day on the parameter has nothing left to change, and is gone."""
    found = read(uncertain, {"staff.handlers.2024": "9", "staff.handlers.2025": "9"}).scenario
    assert set(found.uncertain) == set(uncertain.uncertain) - {"reached"}
    assert people(found, "handlers", found.start) == 9
    assert people(found, "handlers", found.start - timedelta(days=1)) == pytest.approx(8, abs=0.05)


def test_probes_are_left_out(base):
    """Those that are not ticked are gone, the others are the same."""
    result = read(base, {"without": "babel-2023-09|corso-2024-03"})
    assert set(base.probes) - set(result.scenario.probes) == {"babel-2023-09", "corso-2024-03"}
    assert result.changes == ["Without babel-2023-09, corso-2024-03"]


@pytest.mark.parametrize(
    ("inputs", "name", "message"),
    [
        ({"staff.handlers.2024": "-1"}, "staff.handlers.2024", "must be a number from 0 to 100000, not '-1'"),
        ({"staff.handlers.2024": "many"}, "staff.handlers.2024", "must be a number from 0 to 100000, not 'many'"),
        ({"staff.handlers.2024": ""}, "staff.handlers.2024", "must be a number from 0 to 100000"),
        ({"staff.handlers.2024": "nan"}, "staff.handlers.2024", "must be a number"),
        ({"replications": "1000000"}, "replications", "must be a whole number from 20 to 40"),
        ({"replications": "20.5"}, "replications", "must be a whole number"),
        ({"name": "../../etc"}, "name", "may have letters, digits"),
        ({"name": "x" * 101}, "name", "has 101 characters; 100 are allowed"),
        ({"staff.handlers.2024": "1e300"}, "staff.handlers.2024", "must be a number from 0 to 100000, not '1e300'"),
        ({"replications": "inf"}, "replications", "must be a whole number"),
        ({"name": "small"}, "name", "is the baseline's own name"),
        ({"without": "nobody"}, "without", "there is no probe nobody"),
        ({"staff.judges.2024": "1"}, "staff.judges.2024", "this baseline has no such input"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_input(base, inputs, name, message):
    """One message, beside the input that it is about, and no scenario."""
    result = read(base, inputs)
    assert result.scenario is None
    assert list(result.errors) == [name]
    assert result.errors[name].startswith(message)


def test_what_the_scenarios_own_checks_find_is_told_too(base):
    """A team that can never be complete: nobody of a role is ever there."""
    result = read(base, {"staff.handlers.2024": "0", "staff.handlers.2025": "0"})
    assert result.scenario is None or checks.problems(result.scenario) == []
    pool = base.staffing["handlers"].model_copy(update={"headcount": {base.start: 3.0}})
    alone = base.model_copy(update={"staffing": {**base.staffing, "handlers": pool}})
    result = read(alone, {"staff.handlers.2024": "0", "staff.handlers.2025": "0"})
    assert result.scenario is None
    assert "but their headcount is always 0" in " ".join([*result.errors.values(), *result.messages])
