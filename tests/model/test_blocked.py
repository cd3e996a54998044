"""Teams that can never be complete, because their people have left for good, are counted at the horizon and told."""

import pytest

from sim.experiments.simulate import simulate
from sim.scenario.checks import problems
from sim.scenario.schema import Scenario
from sim.view.dashboard.address import ViewState
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.tabs import View, tab_of
from sim.view.findings import findings
from sim.view.report.content import report
from sim.view.words import blocked


def team(to: str, **fte: float) -> dict[str, object]:
    """A stage with the work of one team, which leads to another."""
    return {"title": "T", "steps": {"do": {"step": "team", "fte": fte, "days": 5}}, "next": {to: 1.0}}


def office(**changes: object) -> Scenario:
    """Small cases come all the time and one in five goes on to a team of 3; from 2025 on there are 2 clerks."""
    settings = {
        "name": "office",
        "start": "2024-01-01",
        "horizon": "2026-01-01",
        "replications": 8,
        "seed": 1,
        "procedure": {
            "name": "p",
            "title": "P",
            "exits": {"out": "Out"},
            "stages": {
                "small": {**team("out", clerk=1), "next": {"big": 0.2, "both": 0.2, "out": "rest"}},
                "big": team("out", clerk=3),
                "both": team("out", clerk=1, lawyer=1),
            },
        },
        "staffing": {"clerk": {"headcount": {"2024-01-01": 3, "2025-01-01": 2}}, "lawyer": {"headcount": 1}},
        "arrivals": {"cases": {"kind": "random", "stage": "small", "per_year": 40}},
    }
    made = Scenario.model_validate({**settings, **changes})
    assert problems(made) == []
    return made


def test_a_team_that_comes_by_a_route_and_waits_in_vain_is_told():
    """In every replication one comes after the third clerk has left; all that need clerks wait behind it."""
    run = simulate(office(), jobs=1)
    assert run.table("blocked").to_dict("records") == [
        {"role": "clerk", "replications": 8, "fte_needed": 3.0, "fte_at_most": 2.0}
    ]
    (sentence,) = blocked(run)
    assert sentence == (
        "In 8 of 8 simulations a team that needs 3 clerk staff still waits in vain on 1 January 2026: at most 2 are"
        " available from then on. It blocks all cases behind it that need the same people."
    )
    assert sentence in findings(run)
    other = simulate(office(name="other"), jobs=1)
    assert report([run, other]).notes == [f"office: {sentence}", f"other: {sentence}"]


@pytest.mark.parametrize(
    "headcount",
    [
        {"2024-01-01": 3},
        {"2024-01-01": 3, "2025-01-01": 2, "2027-01-01": 3},  # they come back beyond the horizon
        {"2024-01-01": 3, "2026-01-01": 4},
    ],
    ids=["constant", "back later", "more on the horizon"],
)
def test_teams_that_wait_for_people_who_come_back_are_not(headcount):
    """However many wait at the horizon."""
    run = simulate(office(staffing={"clerk": {"headcount": headcount}, "lawyer": {"headcount": 1}}), jobs=1)
    assert run.data["pending_end"].sum() > 0
    assert len(run.table("blocked")) == 0 == len(blocked(run))


def test_a_slow_season_at_the_horizon_is_waited_out():
    """It ends; one that lasts all year does not."""
    staffing: dict[str, object] = {"clerk": {"headcount": 3}, "lawyer": {"headcount": 2}}
    season = {"first": "12-01", "last": "01-31", "share": 0.5}
    run = simulate(office(staffing=staffing, calendar={"slow": [season]}), jobs=1)
    assert len(run.table("blocked")) == 0
    always = {"first": "01-01", "last": "12-31", "share": 0.5}
    seasons = [{"first": "12-01", "last": "12-31", "share": 0.4}, always]
    staffing["clerk"] = {"headcount": {"2024-01-01": 6, "2025-01-01": 4}}
    run = simulate(office(staffing=staffing, calendar={"slow": seasons}), jobs=1)
    assert run.table("blocked")["fte_at_most"].tolist() == [2.0]


def test_a_team_that_stops_since_nobody_stays_holds_its_other_people_for_ever():
    """A team at work loses all its clerks: it does not end, and its lawyer does nothing else any more."""
    stages = {"both": {**team("out", clerk=1, lawyer=1)}, "law": team("out", lawyer=1)}
    procedure = {"name": "p", "title": "P", "exits": {"out": "Out"}, "stages": stages}
    run = simulate(
        office(
            procedure=procedure,
            staffing={"clerk": {"headcount": {"2024-01-01": 1, "2024-01-05": 0}}, "lawyer": {"headcount": 1}},
            arrivals={},
            probes={"b": {"stage": "both", "arrives": "2024-01-03"}, "l": {"stage": "law", "arrives": "2024-01-03"}},
            replications=1,
        ),
        jobs=1,
    )
    assert run.table("blocked").to_dict("records") == [
        {"role": "clerk", "replications": 1, "fte_needed": 1.0, "fte_at_most": 0.0}
    ]
    delays = run.events.set_index("case")[["delay_clerk", "delay_lawyer"]]
    assert delays.loc["b"].tolist() == pytest.approx([727, 0])  # of 731 days 2 before it came and 2 of work
    assert delays.loc["l"].tolist() == pytest.approx([0, 729])


def test_uncertain_headcounts_are_those_of_each_replication():
    """Where the drawn number is enough nothing blocks."""
    uncertain = {
        "clerks": {
            "sets": ["staffing.clerk.headcount.2025-01-01"],
            "value": {"distribution": "uniform", "low": 2.5, "high": 3.5},
        }
    }
    run = simulate(office(uncertain=uncertain), jobs=1)
    few = run.parameters["clerks"] < 3
    assert 0 < few.sum() < 8
    assert run.table("blocked")["replications"].tolist() == [few.sum()]
    assert (run.arrays["blocking"][:, 0] > 0).tolist() == few.tolist()


def test_the_dashboard_tells_it_of_every_run_that_is_compared(tmp_path):
    """Beside what differs."""
    several = {"clerk": {"headcount": 3}, "lawyer": {"headcount": 1}}
    runs = [
        simulate(office(), jobs=1, results=tmp_path),
        simulate(office(name="other", staffing=several), jobs=1, results=tmp_path),
    ]
    names = tuple(run.folder.name for run in runs if run.folder)
    shown = str(tab_of(View(ViewState(names, "compare"), RunCache(tmp_path))).content)
    assert shown.count(f"office: {blocked(runs[0])[0]}") == 1
    assert "other: In" not in shown
