"""A run's identity: whatever could change one of its bits gives another folder, and its user is told why."""

from datetime import date

import pytest
from small_queue import QUEUE, STAGE, queue

from sim import load_run, load_scenario, simulate
from sim.errors import UserError
from sim.results import identity
from sim.results.identity import differences, digest, environment, settings_digest
from sim.results.location import locate
from sim.results.manifest import read_manifest, sealed, write_manifest
from sim.scenario.schema import Scenario

LETTER = {"step": "wait", "reason": "party", "days": 20}
DRAFT = {"step": "effort", "fte_days": {"staff": 3}, "most_fte": {"staff": 1}}
EMPTY = {"staffing": {"staff": {"headcount": {"2024-01-01": 0.1, "2024-01-21": 1}}}, "arrivals": {}}
PROBE = {"probe": {"stage": "work", "arrives": "2024-01-01"}}


def with_steps(**steps: object) -> Scenario:
    """A case whose steps are taken in this order by people who are nearly all away until 21 January."""
    procedure = QUEUE["procedure"] | {"stages": {"work": STAGE | {"steps": steps}}}
    return queue(procedure=procedure, probes=PROBE, replications=2, **EMPTY)


def test_the_order_of_steps_determines_a_run(tmp_path):
    """Letter first: 20 days, in which nobody is needed, then 3 of work. Work first: 2 FTE-days in 20, 1 more, 20."""
    letter_first = with_steps(letter=LETTER, draft=DRAFT)
    work_first = with_steps(draft=DRAFT, letter=LETTER)
    for scenario, expected in ((letter_first, 23), (work_first, 41), (letter_first, 23)):
        events = simulate(scenario, results=tmp_path).events
        assert (events["left"] - events["entered"]).tolist() == pytest.approx([expected] * 2)
    assert len(list(tmp_path.iterdir())) == 2


STREAM = QUEUE["arrivals"]["cases"]
WAVE = {"kind": "wave", "stage": "work", "on": "2024-03-01"}
ONE = {"title": "One", "next": {"work": 0.5, "done": "rest"}}
UNCERTAIN = {"sets": "staffing.staff.headcount", "value": {"distribution": "uniform", "low": 1, "high": 2}}
SCALED = {"scales": "arrivals.cases.per_year", "value": {"distribution": "uniform", "low": 1, "high": 2}}
ORDERED = {
    "roles": lambda turn: {"staffing": turn({"staff": {"headcount": 2}, "other": {"headcount": 1}})},
    "streams": lambda turn: {"arrivals": turn({"cases": STREAM, "more": STREAM})},
    "probes": lambda turn: {"probes": turn({"a": PROBE["probe"], "b": PROBE["probe"]})},
    "platforms of a stream": lambda turn: {"arrivals": {"cases": STREAM | {"platforms": turn({"a": 1, "b": 2})}}},
    "platforms of a wave": lambda turn: {"arrivals": {"cases": WAVE | {"platforms": turn({"a": 1, "b": 2})}}},
    "stages": lambda turn: {"procedure": QUEUE["procedure"] | {"stages": turn({"work": STAGE, "one": ONE})}},
    "routes": lambda turn: {
        "procedure": QUEUE["procedure"] | {"stages": {"work": STAGE, "one": ONE | {"next": turn(ONE["next"])}}}
    },
    "exits": lambda turn: {"procedure": QUEUE["procedure"] | {"exits": turn({"done": "Done", "lost": "Lost"})}},
    "uncertain parameters": lambda turn: {"uncertain": turn({"heads": UNCERTAIN, "cases": SCALED})},
}


def turned(names: dict) -> dict:
    """The same names in the other order."""
    return dict(reversed(names.items()))


@pytest.mark.parametrize("changes", ORDERED.values(), ids=ORDERED)
def test_order_determines_a_run(changes):
    """Whatever is read in the order in which it is written gives another run in another order."""
    assert digest(queue(**changes(dict))) == digest(queue(**changes(dict)))
    assert digest(queue(**changes(dict))) != digest(queue(**changes(turned)))


def test_the_order_of_dates_and_settings_does_not():
    """A dated table is read by its dates, and a block by the names of its settings."""
    dates = {"2024-01-01": 2, "2024-05-01": 3}
    one, other = (queue(staffing={"staff": {"headcount": order(dates)}}) for order in (dict, turned))
    assert digest(one) == digest(other)
    assert digest(Scenario.model_validate(turned(QUEUE))) == digest(queue())
    assert list(other.staffing["staff"].headcount) == [date(2024, 5, 1), date(2024, 1, 1)]


def test_what_show_prints_is_the_same_run(tmp_path):
    """Also where the order of names is not that of the file that it extends."""
    from sim.scenario.paths import part
    from sim.scenario.yaml_nodes import text

    scenario = load_scenario("scenarios/no-college.yaml")
    shown = tmp_path / "shown.yaml"
    shown.write_text(text(part(scenario, "")), encoding="utf-8")
    assert digest(load_scenario(shown)) == digest(scenario)


@pytest.mark.parametrize("name", environment())
def test_what_computes_a_run_determines_it(monkeypatch, name):
    """Another version of a package, of Python or of the code, or other rounding, makes another run."""
    before = digest(queue()), settings_digest(queue())
    monkeypatch.setattr(identity, "environment", lambda: {**environment(), name: "0.1"})
    assert digest(queue()) != before[0]
    assert settings_digest(queue()) == before[1]


def test_the_code_that_judges_precision_determines_a_run_of_that_precision(monkeypatch):
    """It decides how many replications there are; for a given number of them it decides nothing."""
    more = {"indicator": "pending_end", "half_width": 1.0}
    before = digest(queue(), more, judged=True), digest(queue())
    assert before[0] != digest(queue(), more)
    monkeypatch.setattr(identity, "judging_digest", lambda: "other")
    assert digest(queue(), more, judged=True) != before[0]
    assert digest(queue()) == before[1]


def test_the_difference_in_words():
    """Versions with both numbers; the code and the rounding, whose hashes mean nothing to people, without."""
    own = {"sim": "a", "Python": "3.12", "numpy": "2.4", "rounding": "b"}
    assert differences(own, own) == ""
    assert differences(own | {"numpy": "2.0", "rounding": "c"}, own) == "numpy 2.0 instead of 2.4"
    assert differences(own | {"rounding": "c"}, own) == "a processor or mathematical library that rounds otherwise"
    assert differences({"sim": "a", "Python": "3.12", "rounding": "b"}, own) == "numpy missing instead of 2.4"
    assert differences(own | {"sim": "c"}, own) == "another version of sim's own code"


def interrupted(done: int, _: int) -> None:
    """Ends a run after its first part."""
    if done:
        raise KeyboardInterrupt


def test_a_run_of_other_software_is_another(tmp_path, monkeypatch):
    """Its parts are not put together with new ones, what it finished is not shown as if it were new, and it is told."""
    with monkeypatch.context() as old:
        old.setattr(identity, "environment", lambda: {**environment(), "scipy": "1.0"})
        old.setattr("sim.results.location.environment", identity.environment)
        old.setattr("sim.results.store.environment", identity.environment)
        with pytest.raises(KeyboardInterrupt):
            simulate(queue(replications=30), results=tmp_path, progress=interrupted)
        finished = simulate(queue(), results=tmp_path).folder
        unfinished = locate(tmp_path, queue(replications=30))
        assert unfinished.count_parts() == 1
    for scenario, folder, is_finished in (
        (queue(), finished, True),
        (queue(replications=30), unfinished.partial, False),
    ):
        here = locate(tmp_path, scenario)
        assert (here.finished, here.count_parts()) == (False, 0)
        told = [(other.folder, other.finished) for other in here.made_otherwise()]
        assert told == [(folder, is_finished)]
        [other] = here.made_otherwise()
        assert other.difference == f"scipy 1.0 instead of {environment()['scipy']}"
    new = simulate(queue(), results=tmp_path)
    assert new.folder != finished
    assert load_run(finished).replications == 6  # a finished run is read whatever made it
    assert not list(locate(tmp_path, queue(seed=9)).made_otherwise())


def test_a_run_in_the_folder_of_another_is_not_taken_for_it(tmp_path):
    """As after somebody renamed a folder: its numbers would be shown as those of other settings."""
    one, other = queue(), queue(seed=9)
    simulate(one, results=tmp_path).folder.rename(locate(tmp_path, other).folder)
    with pytest.raises(UserError, match="holds another run than its name says; delete the folder and run again"):
        simulate(other, results=tmp_path)
    assert simulate(one, results=tmp_path).scenario == one


@pytest.mark.parametrize("changes", [{"replications": 5}, {"seed": 6}, {"name": "other"}])
def test_a_manifest_that_contradicts_its_scenario_is_refused(tmp_path, changes):
    """Also if whoever changed it sealed it again."""
    folder = simulate(queue(), results=tmp_path).folder
    write_manifest(folder, sealed(read_manifest(folder).model_dump() | changes))
    with pytest.raises(UserError, match="was changed since the run was stored"):
        load_run(folder)
