"""The key property: what is added beside a case, or the staff it has, leaves its draws as they were."""

from copy import deepcopy

import pytest
from workloads import OFFICE, office, queue, same, three_probes, visits

from sim.model.arrivals import poisson_times
from sim.model.engine import Replication, drawn_parameters
from sim.model.plan import compile_plan
from sim.scenario.schema import Scenario, Wait


def counted_in_working_days(scenario: Scenario) -> set[str]:
    """Stages in which a wait is counted in working days: its length depends on the day on which it begins."""
    found = set()
    for name, stage in scenario.procedure.stages.items():
        variants = [stage.next, *(other.next for other in stage.next_when)]
        steps = [stage.steps, *(route.steps for routes in variants for route in routes.values())]
        if any(isinstance(s, Wait) and s.working_days is not None for group in steps for s in group.values()):
            found.add(name)
    return found


def assert_same_draws(one: Scenario, other: Scenario, least: int) -> None:
    """What is drawn for the visits that ended in both is the same to the last bit; at least so many there must be."""
    a, b = visits(one), visits(other)
    a, b = a[a["left"].notna()], b[b["left"].notna()]
    shared = a.index.intersection(b.index)
    assert len(shared) >= least
    a, b = a.loc[shared], b.loc[shared]
    assert (a["outcome"] == b["outcome"]).all()
    efforts = [column for column in a if column.startswith("effort_")]
    for column in [*efforts, "fine_eur_m", "party_days", "hold_days", "dormancy_days"]:
        assert same(a[column], b[column]), column
    plain = ~a.index.get_level_values("stage").isin(counted_in_working_days(one))
    for column in ("unconstrained_days", "procedure_days"):
        assert same(a.loc[plain, column], b.loc[plain, column]), column
    assert (a["topic"] == b["topic"]).all()
    assert (a["platform"] == b["platform"]).all()


def assert_same_arrivals(one: Scenario, other: Scenario) -> None:
    """Every case of the first arrives in the second too, at the same instant and in the same stage."""
    firsts = []
    for scenario in (one, other):
        found = visits(scenario).reset_index()
        found = found[found["parent"] == ""].sort_values("requested", kind="stable")
        firsts.append(found.drop_duplicates(["replication", "case"]).set_index(["replication", "case"]))
    a, b = firsts
    assert a.index.isin(b.index).all()
    b = b.loc[a.index]
    assert same(a["requested"], b["requested"])
    assert (a["stage"] == b["stage"]).all()


PROBE = "probes.extra={stage: proceedings, arrives: 2024-04-02, platform: Zalando, topic: minors}"
STREAM = "arrivals.extra={kind: random, stage: rfi, per_year: 30, platforms: {Zalando: 1}, topics: {minors: 1}}"
CHANGES = {
    "a probe more": [PROBE],
    "four times the handlers": ["staffing.case_handlers.headcount=200"],
    "half the lawyers": ["staffing.legal.headcount=3"],
    "a stream more": [STREAM],
    "a wave more": ["arrivals.extra={kind: wave, stage: rfi, on: 2024-06-03, platforms: {X: 1}, topics: {minors: 1}}"],
}


@pytest.fixture(scope="module")
def shipped():
    """The three probes as shipped, few times."""
    return three_probes()


@pytest.mark.parametrize("sets", CHANGES.values(), ids=CHANGES)
def test_three_probes_keep_their_draws(shipped, sets):
    """On the shipped scenario other staff, a probe more or a stream more change no draw of any other case."""
    changed = three_probes(*sets)
    assert_same_arrivals(shipped, changed)
    assert_same_draws(shipped, changed, least=700)


def test_staffing_does_change_durations(shipped):
    """The comparison compares something: with few handlers cases take longer than with many."""
    few = visits(three_probes("staffing.case_handlers.headcount=20"))
    many = visits(three_probes("staffing.case_handlers.headcount=200"))
    shared = few.index.intersection(many.index)
    few, many = few.loc[shared], many.loc[shared]
    taken = (few["left"] - few["entered"]) - (many["left"] - many["entered"])
    assert taken.mean() > 1.0


def test_order_of_probes_and_streams_does_not_matter(shipped):
    """Probes and arrivals listed the other way round are the same cases with the same draws."""
    turned = shipped.model_copy(
        update={
            "probes": dict(reversed(shipped.probes.items())),
            "arrivals": dict(reversed(shipped.arrivals.items())),
        }
    )
    assert_same_arrivals(shipped, turned)
    assert_same_arrivals(turned, shipped)
    assert_same_draws(shipped, turned, least=700)


def test_order_of_roles_changes_no_draw(shipped):
    """The order in which the staff is listed concerns no draw."""
    turned = shipped.model_copy(update={"staffing": dict(reversed(shipped.staffing.items()))})
    assert_same_draws(shipped, turned, least=700)


def test_uncertain_parameters_have_their_own_keys(shipped):
    """A parameter less, or another order, leaves the draws of the others as they were."""
    drawn = drawn_parameters(shipped, 1)
    fewer = {name: value for name, value in reversed(shipped.uncertain.items()) if name != "openings"}
    again = drawn_parameters(shipped.model_copy(update={"uncertain": fewer}), 1)
    assert again == {name: value for name, value in drawn.items() if name != "openings"}


def test_a_longer_horizon_goes_on_from_the_shorter_one(shipped):
    """Visits that end before the shorter horizon are the same whatever comes later."""
    longer = three_probes("horizon=2028-03-14")
    assert_same_arrivals(shipped, longer)
    a, b = visits(shipped), visits(longer)
    ended = a[a["left"].notna()]
    for column in ("requested", "entered", "left"):
        assert same(ended[column], b.loc[ended.index, column])


def test_replications_do_not_depend_on_their_number():
    """The first replications are the same whether more follow or not."""
    few, more = visits(office(replications=2)), visits(office(replications=4))
    more = more[more.index.get_level_values("replication") < 2]
    assert few.drop(columns=["parent", "platform", "topic", "strand", "origin", "outcome"]).equals(
        more.drop(columns=["parent", "platform", "topic", "strand", "origin", "outcome"])
    )


def changed(part: str, **more: object) -> Scenario:
    """The office with entries added to one of its parts."""
    return office(**{part: {**deepcopy(OFFICE[part]), **more}})


def test_office_with_a_probe_more():
    """With limits, forks and loops too, a probe more changes no draw of any other case."""
    probe = {"stage": "probe", "arrives": "2024-01-15", "platform": "Alpha", "topic": "hard", "priority": 0}
    assert_same_arrivals(office(), changed("probes", aaa=probe))
    assert_same_draws(office(), changed("probes", aaa=probe), least=100)


def test_office_with_a_stream_more():
    """A stream more, and one less, change no draw of the cases of the others."""
    stream = {"kind": "random", "stage": "ask", "per_year": 8, "platforms": {"Gamma": 1}}
    assert_same_arrivals(office(), changed("arrivals", aaa=stream))
    assert_same_draws(office(), changed("arrivals", aaa=stream), least=100)
    alone = {"complaints": OFFICE["arrivals"]["complaints"]}
    assert_same_arrivals(office(arrivals=alone), office())
    assert_same_draws(office(arrivals=alone), office(), least=100)


def test_office_with_other_staff():
    """More staff, and less of it later, change when things happen but not what."""
    assert_same_draws(office(), changed("staffing", handlers={"headcount": 50}), least=100)
    assert_same_draws(office(), changed("staffing", legal={"headcount": {"2024-01-01": 3, "2024-09-01": 1}}), least=100)


def test_office_in_another_order():
    """Probes, streams and platforms listed the other way round are the same."""
    for part in ("probes", "arrivals", "platforms", "staffing"):
        turned = office(**{part: dict(reversed(deepcopy(OFFICE[part]).items()))})
        assert_same_arrivals(office(), turned)
        assert_same_draws(office(), turned, least=100)


def test_a_stage_or_step_more_changes_no_other_draw():
    """A step put before the others of a stage leaves their draws as they were: each step has its own key."""
    procedure = deepcopy(OFFICE["procedure"])
    procedure["stages"]["ask"]["steps"] = {
        "sort": {"step": "wait", "reason": "dormancy", "days": {"distribution": "exponential", "mean": 3}},
        **procedure["stages"]["ask"]["steps"],
    }
    a, b = visits(office()), visits(office(procedure=procedure))
    a, b = a[a["left"].notna()], b[b["left"].notna()]
    shared = a.index.intersection(b.index)
    assert len(shared) >= 80
    for column in ("party_days", "effort_handlers", "effort_legal", "hold_days", "procedure_days", "fine_eur_m"):
        assert same(a.loc[shared, column], b.loc[shared, column]), column
    assert (a.loc[shared, "outcome"] == b.loc[shared, "outcome"]).all()


def test_a_wave_with_a_platform_more_keeps_the_others():
    """Each platform of a scripted wave has its own draws, whoever else is in the wave."""
    arrivals = deepcopy(OFFICE["arrivals"])
    arrivals["sweep"]["platforms"] = {"Gamma": 1, "Alpha": 1}
    assert_same_draws(office(arrivals=arrivals), office(), least=100)


def test_a_random_wave_with_a_platform_more_keeps_the_others():
    """Who is in a wave may change with the platforms there are; the draws of those who are in it do not."""
    arrivals = {"sweeps": {**deepcopy(OFFICE["arrivals"]["sweeps"]), "per_year": 20, "topics": {"easy": 2, "hard": 1}}}
    fewer = deepcopy(arrivals)
    del fewer["sweeps"]["platforms"]["Alpha"]
    assert_same_draws(office(arrivals=fewer), office(arrivals=arrivals), least=200)


def test_a_random_wave_with_its_platforms_in_another_order():
    """The order in which the platforms of random waves are listed concerns no draw."""
    turned = deepcopy(OFFICE["arrivals"])
    turned["sweeps"]["platforms"] = dict(reversed(turned["sweeps"]["platforms"].items()))
    assert_same_arrivals(office(), office(arrivals=turned))
    assert_same_draws(office(), office(arrivals=turned), least=100)


def test_another_rate_moves_the_same_arrivals():
    """A stream with twice the rate has the arrivals of the slower one at half their times, then more."""
    slow, fast = (
        office(arrivals={"s": {"kind": "random", "stage": "ask", "per_year": rate, "platforms": {"Alpha": 1}}})
        for rate in (10, 20)
    )
    times = []
    for scenario in (slow, fast):
        sim = Replication(compile_plan(scenario), 0)
        times.append(poisson_times(sim.factory, "stream s", scenario.arrivals["s"]))
    assert len(times[0]) < len(times[1])
    assert [2 * t for t in times[1][: len(times[0])]] == pytest.approx(times[0], rel=1e-12)
    assert_same_draws(slow, fast, least=15)


NAMES = {f"P{number:02d}": 1.0 for number in range(20)}


@pytest.mark.parametrize("attribute", ["platforms", "topics"])
def test_a_name_more_takes_its_share_of_a_stream_and_no_more(attribute):
    """One platform, or topic, more among 21 has a 21st of the cases; all others keep theirs. Weights move as few."""
    column = attribute.removesuffix("s")

    def drawn(names: dict[str, float]):
        stream = {"kind": "random", "stage": "work", "per_year": 300, attribute: names}
        return visits(queue(arrivals={"s": stream}))[column].astype(str)

    before, after = drawn(NAMES), drawn({"A first": 1.0, **NAMES})
    changed = before != after.loc[before.index]
    assert len(before) > 2000
    assert (after.loc[before.index][changed] == "A first").all()
    assert changed.mean() == pytest.approx(1 / 21, abs=3 * (20 / 21**2 / len(before)) ** 0.5)
    assert (drawn(dict(reversed(NAMES.items()))) == before).all()
    heavier = drawn({**NAMES, "P07": 2.0})
    assert (heavier[heavier != before] == "P07").all()
    assert (heavier == "P07").mean() == pytest.approx(2 / 21, abs=3 * (38 / 21**2 / len(before)) ** 0.5)
