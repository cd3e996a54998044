"""What can never work is an error; what is legal but hardly meant is told in a line."""

from copy import deepcopy

from sim.scenario.checks import problems
from sim.scenario.doubts import doubts
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario

OFFICE = {
    "name": "office",
    "start": "2024-01-01",
    "horizon": "2024-08-31",
    "replications": 1,
    "seed": 1,
    "procedure": {
        "name": "p",
        "title": "P",
        "exits": {"out": "Out"},
        "stages": {
            "work": {
                "title": "Work",
                "steps": {"do": {"step": "team", "fte": {"clerk": 2}, "days": 5}},
                "next": {"out": 1.0},
            }
        },
    },
    "staffing": {"clerk": {"headcount": 2}},
    "arrivals": {"cases": {"kind": "random", "stage": "work", "per_year": 10}},
}


def office(**changes):
    """The office with other settings; all of them right."""
    made = Scenario.model_validate({**deepcopy(OFFICE), **changes})
    assert problems(made) == []
    return made


def test_a_team_that_may_be_asked_for_when_its_people_are_gone_is_told():
    """With the last day on which it can start, whatever takes its people away."""
    (doubt,) = doubts(office(staffing={"clerk": {"headcount": {"2024-01-01": 2, "2024-06-01": 1}}}))
    assert doubt.path == ("procedure", "stages", "work", "steps", "do", "fte")
    assert "cannot start after 2024-05-31" in doubt.message
    share = {"2024-01-01": 1, "2024-03-01": 0.5}
    (doubt,) = doubts(office(staffing={"clerk": {"headcount": 2, "casework_share": share}}))
    assert "cannot start after 2024-02-29" in doubt.message


def test_people_who_come_back_are_waited_for():
    """A dip is no doubt, nor is a slow season that the horizon cuts."""
    assert not doubts(office(staffing={"clerk": {"headcount": {"2024-01-01": 2, "2024-04-01": 1, "2024-05-01": 2}}}))
    assert not doubts(office(calendar={"slow": [{"first": "08-01", "last": "08-31", "share": 0.5}]}))
    assert not doubts(office(staffing={"clerk": {"headcount": {"2024-01-01": 1, "2024-05-01": 2}}}))


def test_work_for_nobody_is_told():
    """A step whose effort is 0 for all roles, unless it takes time."""
    procedure = deepcopy(OFFICE["procedure"])
    procedure["stages"]["work"]["steps"]["none"] = {"step": "effort", "fte_days": {"clerk": 0}}
    (doubt,) = doubts(office(procedure=procedure))
    assert (doubt.path[-2], doubt.message) == ("none", "is 0 for all roles, and so the step does nothing")
    procedure["stages"]["work"]["steps"]["none"]["at_least"] = 5
    assert not doubts(office(procedure=procedure))


def test_limits_inside_one_another_do_not_block():
    """A case that has its place under the outer limit before it queues for the inner one blocks nobody for ever."""
    stages = {
        "outer": {"title": "Outer", "limit": {"cases": 3, "including": ["inner"]}, "next": {"inner": 1.0}},
        "inner": {"title": "Inner", "limit": {"cases": 1}, "next": {"outer": 0.1, "out": "rest"}},
    }
    for stage in stages.values():
        stage["steps"] = {"do": {"step": "team", "fte": {"clerk": 2}, "days": 5}}
    procedure = {**OFFICE["procedure"], "stages": stages}
    arrivals = {"cases": {"kind": "random", "stage": "outer", "per_year": 10}}
    assert office(procedure=procedure, arrivals=arrivals)


def test_waves_of_another_size_than_there_are_platforms_are_told():
    """They have at least one case, and at most one on each platform."""
    for size, told in ((0.4, "at least one case"), (3, "at most one on each of 2 platforms"), (2, "")):
        wave = {"kind": "random_waves", "stage": "work", "per_year": 1, "size": size, "platforms": {"A": 1, "B": 1}}
        messages = [doubt.message for doubt in doubts(office(arrivals={"waves": wave}))]
        assert len(messages) == bool(told)
        assert all(told in message for message in messages)


def test_a_fork_to_which_only_strands_come_is_told():
    """A strand does not fork again, so the second of two forks does nothing; as the only one it does."""
    wait = {"title": "Wait", "steps": {"sit": {"step": "wait", "reason": "party", "days": 5}}}
    fork = {"fork": {"strands": {2: 1}}}
    procedure = deepcopy(OFFICE["procedure"])
    procedure["stages"]["work"]["next"] = {"wait": 0.5, "out": "rest"}
    procedure["stages"]["wait"] = {**wait, "next": {"out": 1}, **fork}
    assert not doubts(office(procedure=procedure))
    procedure["stages"]["work"] |= fork
    (doubt,) = doubts(office(procedure=procedure))
    assert doubt.path == ("procedure", "stages", "wait", "fork")
    late = {"late": {"kind": "random", "stage": "wait", "per_year": 1}}
    assert not doubts(office(procedure=procedure, arrivals=OFFICE["arrivals"] | late))


def test_the_command_tells_doubts_and_goes_on(sim, tmp_path):
    """A line on standard error with its place; the output and the exit code are those of a valid scenario."""
    path = tmp_path / "office.yaml"
    office_file = (
        "name: office\nstart: 2024-01-01\nhorizon: 2024-08-31\nreplications: 1\nseed: 1\nprocedure:\n  name: p\n"
        "  title: P\n  exits: {out: Out}\n  stages:\n    work:\n      title: Work\n"
        "      steps: {do: {step: team, fte: {clerk: 2}, days: 5}}\n      next: {out: 1}\n"
        "staffing: {clerk: {headcount: {2024-01-01: 2, 2024-06-01: 1}}}\n"
        "arrivals: {cases: {kind: random, stage: work, per_year: 10}}\n"
    )
    path.write_text(office_file, encoding="utf-8")
    code, output, errors = sim("validate", str(path))
    assert (code, output) == (0, f"{path}: a valid scenario; 1 stream\n")
    assert errors.startswith(f"note: {path}:13:37: procedure.stages.work.steps.do.fte: the team cannot start after")
    assert load_scenario(path).name == "office"


def test_cases_in_progress_for_longer_than_their_stage_can_last_are_told():
    """Of effort without most_fte, which takes no time before the first day, and of waits of a known length."""
    rest = {"step": "wait", "reason": "party", "days": {"distribution": "uniform", "low": 5, "high": 20}}
    work = {"step": "effort", "fte_days": {"clerk": 50}}
    probes = {name: {"stage": "work", "since": f"2023-12-{day}"} for name, day in (("old", "01"), ("young", "20"))}
    procedure = deepcopy(OFFICE["procedure"])
    procedure["stages"]["work"]["steps"] = {"do": work, "rest": rest}
    (doubt,) = doubts(office(procedure=procedure, probes=probes))
    assert doubt.path == ("procedure", "stages", "work", "steps")
    assert doubt.message.startswith("last 20 days at most; 1 of 2 cases in progress there began 31 or more days ago")
    for possible in ({"most_fte": {"clerk": 1}}, {"at_least": {"distribution": "exponential", "mean": 3}}):
        procedure["stages"]["work"]["steps"] = {"do": {**work, **possible}, "rest": rest}
        assert not doubts(office(procedure=procedure, probes=probes))
