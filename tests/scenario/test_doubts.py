"""What is legal but hardly meant is told, with its place, and is no error."""

import pytest
from test_feasible import OFFICE, office

from sim.errors import UserError
from sim.experiments.simulate import prepared
from sim.scenario.doubts import doubts

UNCERTAIN = {
    "clerks": {"sets": "staffing.clerk.headcount", "value": {"distribution": "uniform", "low": 3, "high": 4}},
}


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        (
            {"staffing": {"clerk": {"headcount": {"2024-07-01": 4, "2024-08-01": 5}}}},
            ("staffing", "clerk", "headcount"),
            "begins on 2024-07-01, after the first day: 4 holds from the first day on; to change it then, write what"
            " holds until then too, as {2024-01-01: ..., 2024-07-01: 4}",
        ),
        (
            {"staffing": {"clerk": {"headcount": {"2024-02-01": 2, "2024-07-01": 4}, "between": "linear"}}},
            ("staffing", "clerk", "headcount"),
            "begins on 2024-02-01, after the first day: 2 holds",
        ),
        (
            {"staffing": {"clerk": {"headcount": 4, "casework_share": {"2030-01-01": 0.5}}}},
            ("staffing", "clerk", "casework_share"),
            "begins on 2030-01-01, after the first day: 0.5 holds",
        ),
        (
            {"arrivals": {"s": {"kind": "random", "stage": "work", "per_year": {"2024-01-02": 10}}}},
            ("arrivals", "s", "per_year"),
            "to change it then, write what holds until then too, as {2024-01-01: 0, 2024-01-02: 10}",
        ),
        (
            {"probes": {"late": {"stage": "work", "arrives": "2024-09-01"}}},
            ("probes", "late", "arrives"),
            "2024-09-01 is after the horizon, 2024-08-31: the case never comes",
        ),
        (
            {"replications": 50, "replications_per_draw": 4, "uncertain": UNCERTAIN},
            ("replications_per_draw",),
            "the number of replications, 50, is no multiple of 4: the last draw of the uncertain parameters has only 2",
        ),
    ],
    ids=["headcount", "linear", "share", "rate", "probe", "last draw"],
)
def test_what_is_hardly_meant_is_told(changes, path, message):
    """Once, at its setting; the notes of the scenario have the same."""
    scenario = office(**changes)
    (doubt,) = doubts(scenario)
    assert doubt.path == path
    assert message in doubt.message
    assert scenario.notes == [f"{'.'.join(path)}: {doubt.message}"]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"staffing": {"clerk": {"headcount": {"2024-01-01": 2, "2024-07-01": 4}}}},
        {"staffing": {"clerk": {"headcount": {"2020-01-01": 2}}}},
        {"probes": {"last": {"stage": "work", "arrives": "2024-08-31"}}},
        {"replications": 50, "replications_per_draw": 4},  # nothing is drawn
        {"replications": 48, "replications_per_draw": 4, "uncertain": UNCERTAIN},
        {"replications": 1, "replications_per_draw": 4, "uncertain": UNCERTAIN},
    ],
    ids=["as it is", "from the first day", "from before", "on the horizon", "no draw", "whole draws", "one"],
)
def test_what_is_meant_is_not(changes):
    """Tables that begin on the first day or before, and whole draws."""
    assert office(**changes).notes == []


def test_a_change_in_python_that_holds_from_the_first_day_is_among_the_notes():
    """As is one in a file that extends another: the table replaces what was there."""
    assert OFFICE["staffing"]["clerk"]["headcount"] == 2
    (note,) = office().replace({"staffing.clerk.headcount": {"2024-07-01": 4}}).notes
    assert note.startswith("staffing.clerk.headcount: begins on 2024-07-01, after the first day: 4 holds")
    assert not office().replace({"staffing.clerk.headcount": {"2024-01-01": 2, "2024-07-01": 4}}).notes


def test_replications_of_a_command_are_checked_against_those_of_a_draw():
    """As those of a file are."""
    shared = office(replications=8, replications_per_draw=4, uncertain=UNCERTAIN)
    assert prepared(shared, 6).notes[0].startswith("replications_per_draw: the number of replications, 6, is no mul")
    assert prepared(shared, 1).notes == []
    with pytest.raises(UserError, match=r"replications 3: must be at least 4, which share a draw .* or 1"):
        prepared(shared, 3)
