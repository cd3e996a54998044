"""What-ifs: from the inputs of the form to a scenario, and messages beside the inputs."""

from datetime import date

import numpy as np
import pytest

from sim.scenario.checks import with_values
from sim.scenario.distributions import Uniform
from sim.scenario.schema import Uncertain
from sim.scenario.staffing import headcount
from sim.view.dashboard.form import changed_inputs
from sim.view.dashboard.headcounts import people_on, scaled
from sim.view.dashboard.whatif import defaults, read


@pytest.fixture(scope="module")
def base(small_run):
    """The scenario of the small run."""
    return small_run.scenario


def people(scenario, role, day) -> float:
    """The headcount of a role on a day."""
    days = np.array([float((day - scenario.start).days)])
    return float(headcount(scenario.staffing[role], scenario.start, days)[0])


BEFORE, FROM, LAST = date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31)


def test_the_baselines_own_inputs_change_nothing(base):
    """A change begins with the next year."""
    usual = defaults(base)
    assert usual == {"staff": "0", "from": "2025-01-01", "staff.handlers": "", "staff.lawyers": "", "without": ""}
    result = read(base, usual)
    assert result.scenario is None
    assert result.messages == ["Nothing differs from the baseline yet: move the slider, or choose one of the changes."]


def test_all_people_change_from_a_day_on(base):
    """By so many percent of those of the day; before it nothing changes."""
    result = read(base, {"staff": "50"})
    found = result.scenario
    for role, before, after in (("handlers", 5, 10.5), ("lawyers", 1, 1.5)):
        assert people(found, role, BEFORE) == before
        assert people(found, role, FROM) == people(found, role, LAST) == after
    assert found.title == "4 more people from January 2025"
    assert result.changes == ["People +50%: 12 instead of 8 from 1 January 2025"]
    assert (found.name.partition("-what-if-")[0], found.replications) == ("small", 40)
    assert read(base, {"staff": "50"}).scenario == found
    assert read(base, {"staff": "-50"}).scenario.name != found.name


def test_a_role_can_change_by_itself(base):
    """The others follow the change of all."""
    found = read(base, {"staff": "-20", "staff.lawyers": "100", "from": "2024-01-01"}).scenario
    assert people(found, "handlers", base.start) == 4
    assert people(found, "handlers", FROM) == pytest.approx(5.6)
    assert people(found, "lawyers", base.start) == 2
    assert found.title == "1 fewer people in other roles and 1 more Legal service from January 2024"
    alone = read(base, {"staff.lawyers": "100"}).scenario
    assert alone.staffing["handlers"] == base.staffing["handlers"]


def test_a_headcount_that_grows_evenly_jumps_on_the_day(base):
    """The growth before it stays as it was; after it all is multiplied."""
    table = {date(2023, 1, 1): 4.0, date(2025, 1, 1): 8.0, date(2026, 1, 1): 10.0}
    pool = base.staffing["handlers"].model_copy(update={"headcount": table, "between": "linear"})
    growing = base.model_copy(update={"staffing": {**base.staffing, "handlers": pool}})
    day = date(2024, 7, 1)
    found = scaled(growing, "handlers", day, 2.0)
    for known in (date(2024, 3, 1), date(2024, 6, 30)):
        assert people(found, "handlers", known) == pytest.approx(people(growing, "handlers", known), abs=0.001)
    for known in (day, date(2024, 10, 1), FROM, LAST):
        assert people(found, "handlers", known) == pytest.approx(2 * people(growing, "handlers", known), abs=0.002)


@pytest.mark.parametrize("path", ["staffing.handlers.headcount.2024-01-01", "staffing.*.headcount"])
@pytest.mark.parametrize("between", ["step", "linear"])
def test_people_of_whom_it_is_uncertain_how_many_there_are(base, path, between):
    """The form shows how many are expected; a change is of so many as there are in each draw."""
    table = {date(2023, 1, 1): 4.0, base.start: 10.0}
    pool = base.staffing["handlers"].model_copy(update={"headcount": table, "between": between})
    reached = Uncertain(scales=[path], value=Uniform(distribution="uniform", low=0.6, high=1))
    update = {"staffing": {**base.staffing, "handlers": pool}, "uncertain": {**base.uncertain, "reached": reached}}
    uncertain = base.model_copy(update=update)
    assert people_on(uncertain, FROM)["handlers"] == pytest.approx(8)
    found = read(uncertain, {"staff": "50"}).scenario
    for factor in (0.6, 1.0):
        drawn, usual = (with_values(one, {"reached": factor}) for one in (found, uncertain))
        for day in (date(2023, 7, 1), uncertain.start, BEFORE):
            assert people(drawn, "handlers", day) == pytest.approx(people(usual, "handlers", day))
        assert people(drawn, "handlers", FROM) == pytest.approx(15 * factor)


def test_people_that_are_drawn_cannot_be_multiplied(base):
    """A parameter that sets a headcount would undo the change; the message stands beside the input."""
    value = Uniform(distribution="uniform", low=3, high=9)
    drawn = Uncertain(sets=["staffing.lawyers.headcount"], value=value)
    uncertain = base.model_copy(update={"uncertain": {**base.uncertain, "drawn": drawn}})
    told = "cannot be changed: the uncertain parameter 'drawn' sets these people"
    assert read(uncertain, {"staff": "20"}).errors == {"staff": told}
    assert read(uncertain, {"staff.lawyers": "20"}).errors == {"staff.lawyers": told}
    assert read(uncertain, {"staff.handlers": "20"}).scenario is not None


def test_probes_are_left_out(base):
    """Those that are chosen are gone, the others are the same."""
    result = read(base, {"without": "babel-2023-09|corso-2024-03"})
    assert set(base.probes) - set(result.scenario.probes) == {"babel-2023-09", "corso-2024-03"}
    assert result.changes == ["Without babel-2023-09, corso-2024-03"]
    assert result.scenario.title == "Without 2 cases"


def test_the_form_gives_its_inputs_as_texts(base):
    """Only those that differ from the baseline."""
    values = {"staff": 20, "staff.lawyers": "", "staff.handlers": None, "from": "2025-01-01", "other": "x"}
    assert changed_inputs(base, {**values, "without": ["babel-2023-09"]}) == {"staff": "20", "without": "babel-2023-09"}


@pytest.mark.parametrize(
    ("inputs", "name", "message"),
    [
        ({"staff": "-51"}, "staff", "must be a percentage from -50 to 100, not '-51'"),
        ({"staff": "many"}, "staff", "must be a percentage from -50 to 100, not 'many'"),
        ({"staff": ""}, "staff", "must be a percentage from -50 to 100"),
        ({"staff": "nan"}, "staff", "must be a percentage"),
        ({"staff.lawyers": "1e300"}, "staff.lawyers", "must be a percentage from -50 to 100, not '1e300'"),
        ({"from": "2025-02-30", "staff": "20"}, "from", "must be one of 2024-01-01, 2025-01-01, not '2025-02-30'"),
        ({"without": "nobody"}, "without", "there is no probe nobody"),
        ({"staff.judges": "1"}, "staff.judges", "this baseline has no such input"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_input(base, inputs, name, message):
    """One message, beside the input that it is about, and no scenario."""
    result = read(base, inputs)
    assert result.scenario is None
    assert list(result.errors) == [name]
    assert result.errors[name].startswith(message)


def test_what_the_scenarios_own_checks_find_is_told_too(base):
    """A team that can never be complete, as a half of its people is not enough."""
    steps = dict(base.procedure.stages["decision"].steps)
    steps["follow"] = steps["follow"].model_copy(update={"fte": {"lawyers": 1.0}})
    stage = base.procedure.stages["decision"].model_copy(update={"steps": steps})
    procedure = base.procedure.model_copy(update={"stages": {**base.procedure.stages, "decision": stage}})
    result = read(base.model_copy(update={"procedure": procedure}), {"staff": "-50", "from": "2024-01-01"})
    assert result.scenario is None
    assert "lawyers" in " ".join([*result.errors.values(), *result.messages])
