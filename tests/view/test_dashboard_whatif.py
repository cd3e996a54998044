"""What-ifs: from the inputs of the form to a scenario, and messages beside the inputs."""

from datetime import date

import numpy as np
import pytest

from sim.scenario import checks
from sim.scenario.staffing import headcount
from sim.view.dashboard.changes import NEW_WAVE, by_weight, people_in, routes, with_people, with_share, years
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
    found = read(base, usual)
    assert found.scenario is None
    assert found.messages == ["Nothing differs from the baseline yet: change a number, or leave a probe out."]


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


def test_probes_are_left_out(base):
    """Those that are not ticked are gone, the others are the same."""
    found = read(base, {"without": "babel-2023-09|corso-2024-03"})
    assert set(base.probes) - set(found.scenario.probes) == {"babel-2023-09", "corso-2024-03"}
    assert found.changes == ["Without babel-2023-09, corso-2024-03"]


def test_routes_are_those_by_which_strands_end(base):
    """Of the stage that forks: to an exit or a stage in which a case is resolved; not the one that takes the rest."""
    assert routes(base.procedure) == {"proceedings|commitments": ("Binding commitments", 0.15)}


def test_a_larger_share_takes_from_the_others_in_proportion(base):
    """What is left to the others keeps its proportions."""
    found = read(base, {"route": "proceedings|commitments", "share": "40"}).scenario
    after = found.procedure.stages["proceedings"].next
    assert after["commitments"].probability == pytest.approx(0.4)
    assert after["findings"].probability == pytest.approx(0.7 * 0.6 / 0.85)
    assert after["closed"].probability is None
    assert checks.problems(found) == []


def test_uncertain_shares_make_room_too(base):
    """A parameter that sets another route's share is scaled; one that sets the share itself is known now."""
    path = "procedure.stages.proceedings.next.{}.probability"
    like = base.uncertain["openings"]
    parameters = {
        "findings": like.model_copy(update={"sets": [path.format("findings")]}),
        "commitments": like.model_copy(update={"sets": [path.format("commitments")]}),
    }
    found = with_share(base.model_copy(update={"uncertain": parameters}), "proceedings", "commitments", 0.4)
    assert list(found.uncertain) == ["findings"]
    assert found.uncertain["findings"].value.mean == pytest.approx(like.value.mean * 0.6 / 0.85)


def test_a_wave_goes_to_the_services_with_most_cases(base):
    """It comes to the first stage, on the day, with cases like those that come anyway."""
    assert by_weight(base) == ["Agora", "Babel", "Corso"]
    found = read(base, {"wave_on": "2024-06-03", "wave_services": "2"}).scenario
    wave = found.arrivals[NEW_WAVE]
    assert (wave.stage, wave.on, list(wave.platforms)) == ("request", date(2024, 6, 3), ["Agora", "Babel"])
    assert wave.topics == base.arrivals["complaints"].topics


@pytest.mark.parametrize(
    ("said", "beside", "message"),
    [
        ({"staff.handlers.2024": "-1"}, "staff.handlers.2024", "wants a number from 0 to 100000, not '-1'"),
        ({"staff.handlers.2024": "many"}, "staff.handlers.2024", "wants a number from 0 to 100000, not 'many'"),
        ({"staff.handlers.2024": ""}, "staff.handlers.2024", "wants a number from 0 to 100000"),
        ({"staff.handlers.2024": "nan"}, "staff.handlers.2024", "wants a number"),
        ({"replications": "1000000"}, "replications", "wants a whole number from 20 to 40"),
        ({"replications": "20.5"}, "replications", "wants a whole number"),
        ({"name": "../../etc"}, "name", "wants letters, digits"),
        ({"name": "small"}, "name", "is the baseline's own name"),
        ({"without": "nobody"}, "without", "there is no probe nobody"),
        ({"share": "40"}, "route", "wants a route"),
        ({"route": "proceedings|appeal", "share": "4"}, "route", "there is no route"),
        ({"route": "proceedings|commitments", "share": "101"}, "share", "wants a number from 0 to 100"),
        ({"wave_on": "soon", "wave_services": "1"}, "wave_on", "wants a date such as"),
        ({"wave_on": "2031-01-01", "wave_services": "1"}, "wave_on", "wants a day from 2024-01-01 to 2026-01-01"),
        ({"wave_on": "2024-06-03", "wave_services": "4"}, "wave_services", "wants a whole number from 1 to 3"),
        ({"staff.judges.2024": "1"}, "staff.judges.2024", "means nothing for this baseline"),
    ],
)
def test_what_cannot_be_used_is_told_beside_its_input(base, said, beside, message):
    """One message, beside the input that it is about, and no scenario."""
    found = read(base, said)
    assert found.scenario is None
    assert list(found.beside) == [beside]
    assert found.beside[beside].startswith(message)


def test_what_the_scenarios_own_checks_find_is_told_too(base):
    """A team that can never be complete: nobody of a role is ever there."""
    found = read(base, {"staff.handlers.2024": "0", "staff.handlers.2025": "0"})
    assert found.scenario is None or checks.problems(found.scenario) == []
    pool = base.staffing["handlers"].model_copy(update={"headcount": {base.start: 3.0}})
    alone = base.model_copy(update={"staffing": {**base.staffing, "handlers": pool}})
    found = read(alone, {"staff.handlers.2024": "0", "staff.handlers.2025": "0"})
    assert found.scenario is None
    assert "but their headcount is always 0" in " ".join([*found.beside.values(), *found.messages])
