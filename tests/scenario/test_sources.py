"""Where numbers come from: which source belongs to which number, through all ways of combining files."""

import json
import re
from pathlib import Path

import pytest
import yaml

from sim.errors import UserError
from sim.experiments.chunks import packed
from sim.experiments.sweep import sweep
from sim.results.identity import digest
from sim.scenario.loading import load_scenario, load_undated, unsourced
from sim.scenario.parameters import PARTS, Parameter, count_by_basis, matching, parameters, with_sums
from sim.scenario.paths import part
from sim.scenario.schema import Scenario
from sim.scenario.sources import BASES
from sim.scenario.yaml_nodes import split, text

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SHIPPED = sorted(SCENARIOS.glob("*.yaml"))

QUEUE = """\
name: queue
title: One queue
exits: {closed: Closed, lost: Lost}
stages:
  service:
    title: In service
    steps:
      work: &work
        step: team
        fte: {clerks: 1, Case.Team: 1}
        days: {distribution: lognormal, median: 21, quantiles: {0.95: 44}}
        sources:
          all: assumption; asked of the clerks
      again: *work
      reply: {step: wait, reason: party, working_days: 5, sources: {working_days: law; Art. 1}}
      sources:
        again: source; not of what stands elsewhere
    next:
      lost: 0.3
      closed: rest
      sources:
        lost: derived; counted
"""
BASE = """\
name: base
start: 2024-01-01
horizon: 2025-01-01
replications: 10
seed: 1
procedure: queue
staffing:
  clerks:
    headcount: {2024-01-01: 3, 2024-07-01: 5}
    casework_share: 0.8
    ramp_up: {days: 90, from_share: 0.5}
    sources:
      casework_share: {basis: derived, reason: beside, url: https://example.eu/a}
      ramp_up.days: >
        assumption; in
        two lines
  Case.Team:
    headcount: 2
  sources:
    all: assumption; a report; the split is assumed
arrivals:
  cases:
    kind: random
    stage: service
    per_year: 60
    platforms: {X: 2, TikTok: 1, Temu: 1}
    obligations: {distribution: pert, low: 1, mode: 2, high: 5}
    sources:
      per_year: derived; close
      platforms: derived; weights
targets:
  - {milestone: closed, of: service, within_days: 30}
  - {milestone: closed, of: service, within_days: 60}
uncertain:
  speed:
    sets: procedure.stages.service.steps.work.days
    value: {distribution: uniform, low: 5, high: 9}
    sources:
      value: assumption; a guess of the clerks
  rate:
    scales: arrivals.cases.per_year
    value: {distribution: beta, mean: 0.5, observations: 4}
    source: the record, in words
sources:
  arrivals.cases.per_year: source; farther away
  targets: assumption; asked for
  targets.1: "law; promised: Art. 2"
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with a base scenario and its procedure."""
    (tmp_path / "procedures").mkdir()
    (tmp_path / "procedures" / "queue.yaml").write_text(QUEUE, encoding="utf-8")
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


def over(folder, said, settings=None):
    """The base scenario extended by a text."""
    path = folder / "over.yaml"
    path.write_text(f"extends: base.yaml\n{said}", encoding="utf-8")
    return load_scenario(path, settings)


def table(scenario):
    """The parameters by path."""
    return {parameter.path: parameter for parameter in parameters(scenario)}


def said(scenario, path):
    """Basis, reason and place of a parameter."""
    found = table(scenario)[path]
    return found.basis, found.reason, found.location


def line_of(source, words):
    """The line of a text that holds some words, from 1."""
    return next(number for number, line in enumerate(source.splitlines(), 1) if words in line)


# which source belongs to a number


@pytest.mark.parametrize(
    ("path", "basis", "reason", "written"),
    [
        ("staffing.clerks.casework_share", "derived", "beside", "casework_share"),
        ("staffing.clerks.ramp_up.days", "assumption", "in two lines", "ramp_up"),
        ("staffing.clerks.ramp_up.from_share", "assumption", "a report; the split is assumed", "ramp_up"),
        ("staffing.clerks.headcount", "assumption", "a report; the split is assumed", "2024-07-01"),
        ('staffing."Case.Team".headcount', "assumption", "a report; the split is assumed", "headcount: 2"),
        ("arrivals.cases.per_year", "derived", "close", "per_year: 60"),
        ("arrivals.cases.platforms", "derived", "weights", "platforms"),
        ("arrivals.cases.obligations", None, "", "obligations"),
        ("targets.0.within_days", "assumption", "asked for", "within_days: 30"),
        ("targets.1.within_days", "law", "promised: Art. 2", "within_days: 60"),
        ("uncertain.speed.value", "assumption", "a guess of the clerks", "low: 5"),
        ("uncertain.rate.value", None, "the record, in words", "mean: 0.5"),
    ],
)
def test_sources_of_a_scenario(folder, path, basis, reason, written):
    """Each number has the source that names it most closely, of its own block or of one above; or none."""
    scenario = load_scenario(folder / "base.yaml")
    assert said(scenario, path) == (basis, reason, f"base.yaml:{line_of(BASE, written)}")
    assert table(scenario)["staffing.clerks.casework_share"].url == "https://example.eu/a"


@pytest.mark.parametrize(
    ("path", "basis", "reason", "written"),
    [
        ("steps.work.days", "assumption", "asked of the clerks", "days: {"),
        ("steps.work.fte", "assumption", "asked of the clerks", "fte: {"),
        ("steps.again.days", "assumption", "asked of the clerks", "days: {"),
        ("steps.reply.working_days", "law", "Art. 1", "reply"),
        ("next.lost.probability", "derived", "counted", "lost: 0.3"),
    ],
)
def test_sources_of_a_procedure(folder, path, basis, reason, written):
    """The numbers of a procedure have the sources of its file; an aliased one those of where it is written."""
    scenario = load_scenario(folder / "base.yaml")
    place = f"procedures/queue.yaml:{line_of(QUEUE, written)}"
    assert said(scenario, f"procedure.stages.service.{path}") == (basis, reason, place)


def test_comments_are_comments(folder):
    """A comment says nothing of where a number comes from."""
    scenario = over(folder, "name: over\nstaffing: {clerks: {casework_share: 0.5}}  # assumption; a comment\n")
    assert said(scenario, "staffing.clerks.casework_share") == (None, "", "over.yaml:3")


def test_a_name_may_be_all(folder):
    """Where a block has something called `all`, its source is of that alone."""
    platforms = "platforms: {all: 1, X: 2, sources: {all: source; one}}"
    scenario = over(folder, f"name: over\narrivals: {{cases: {{{platforms}}}}}\n")
    assert said(scenario, "arrivals.cases.platforms.all")[:2] == ("source", "one")
    assert said(scenario, "arrivals.cases.platforms.X")[:2] == (None, "")


EXAMPLE = "must be a basis and a reason, such as 'assumption; as last year'"
WRONG = [
    ("{seed: asumption; as last year}", "17: sources.seed: unknown basis 'asumption'; did you mean 'assumption'?"),
    ("{seed: as last year}", f"17: sources.seed: {EXAMPLE}, not 'as last year'"),
    ("{seed: law}", f"17: sources.seed: {EXAMPLE}, not 'law'"),
    (
        "{seed: {basis: guess, reason: why}}",
        "25: sources.seed.basis: must be 'law', 'source', 'derived' or 'assumption', not 'guess'",
    ),
    (
        "{seed: {basis: law, resaon: why}}",
        "30: sources.seed.resaon: unknown setting 'resaon'; did you mean 'reason'?",
    ),
    (
        "{seed: {basis: law, reason: why, url: www}}",
        "48: sources.seed.url: must be an address such as https://example.eu/report, not 'www'",
    ),
    ("{sed: law; Art. 1}", "11: sources: this block says nothing of 'sed'; did you mean 'seed'?"),
    (
        "law; Art. 1",
        "10: sources: must name settings of this block, or all, each with where it comes from",
    ),
]


@pytest.mark.parametrize(("written", "problem"), WRONG, ids=[written for written, _ in WRONG])
def test_wrong_sources(folder, written, problem):
    """What is wrong with a source is said in its line, with what would be right."""
    with pytest.raises(UserError) as caught:
        over(folder, f"name: over\nsources: {written}\nseed: 2\n")
    assert [str(one).replace(f"{folder}/", "") for one in caught.value.problems] == [f"over.yaml:3:{problem}"]


def test_wrong_sources_are_reported_together(folder):
    """All wrong sources of a file are reported."""
    with pytest.raises(UserError) as caught:
        over(folder, "name: over\nseed: 2\nhorizon: 2025-03-01\nsources: {seed: x, horizon: y, start: law; Art. 1}\n")
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ends_of_lines(folder, end):
    """Sources are found whichever way lines end."""
    (folder / "base.yaml").write_bytes(BASE.replace("\n", end).encode())
    scenario = load_scenario(folder / "base.yaml")
    assert said(scenario, "staffing.clerks.ramp_up.days")[:2] == ("assumption", "in two lines")


# files combined


def test_an_overriding_number_has_the_source_of_its_own_file(folder):
    """A number of an extension has the source beside it there, and none of the number it replaces."""
    staff = "staffing:\n  clerks: {casework_share: 0.5}\n  Case.Team: {headcount: 4, sources: {all: law; Art. 1}}\n"
    scenario = over(folder, f"name: over\n{staff}")
    assert said(scenario, "staffing.clerks.casework_share") == (None, "", "over.yaml:4")
    assert said(scenario, 'staffing."Case.Team".headcount') == ("law", "Art. 1", "over.yaml:5")


def test_a_number_that_is_kept_keeps_its_source(folder):
    """A source of an extension is not of the numbers that it leaves as they are."""
    staff = "staffing:\n  clerks: {casework_share: 0.5}\n  sources: {all: source; another}\n"
    scenario = over(folder, f"name: over\n{staff}")
    assert said(scenario, "staffing.clerks.casework_share")[:2] == ("source", "another")
    assert said(scenario, "staffing.clerks.headcount")[:2] == ("assumption", "a report; the split is assumed")


def test_an_entry_of_a_table_with_another_source(folder):
    """A table of numbers is one parameter; an entry that another file adds stands by itself."""
    written = "name: over\narrivals: {cases: {platforms: {Temu: 3, sources: {Temu: source; new}}}}\n"
    found = table(over(folder, written))
    assert found["arrivals.cases.platforms"].value == "X: 2, TikTok: 1"
    assert found["arrivals.cases.platforms"].reason == "weights"
    assert (found["arrivals.cases.platforms.Temu"].value, found["arrivals.cases.platforms.Temu"].reason) == ("3", "new")


def test_a_procedure_that_is_extended(folder):
    """A number that a scenario changes in its procedure has the scenario's source, the others the procedure's."""
    stages = "stages: {service: {next: {lost: 0.4}, sources: {next.lost: assumption; more}}}"
    scenario = over(folder, f"name: over\nprocedure:\n  extends: queue\n  {stages}\n")
    assert said(scenario, "procedure.stages.service.next.lost.probability") == ("assumption", "more", "over.yaml:5")
    assert said(scenario, "procedure.stages.service.steps.reply.working_days")[0] == "law"


def test_set_outside_the_files(folder):
    """A number set for one run says so, alone or in a table, and stands in no file; so does a replaced one."""
    settings = {"staffing.clerks.headcount": 9, "arrivals.cases.platforms.X": 5}
    base = load_scenario(folder / "base.yaml")
    for scenario in (load_scenario(folder / "base.yaml", settings), base.replace(settings)):
        assert said(scenario, "staffing.clerks.headcount") == (None, "set for this run, outside the files", "")
        assert said(scenario, "arrivals.cases.platforms.X") == (None, "set for this run, outside the files", "")
        assert said(scenario, "arrivals.cases.platforms")[1] == "weights"
        assert said(scenario, "staffing.clerks.casework_share") == said(base, "staffing.clerks.casework_share")


# what they are good for


def test_counts(folder):
    """How many numbers are founded on what, in one sentence."""
    assert count_by_basis(parameters(load_scenario(folder / "base.yaml"))) == (
        "10 of 18 numbers are assumptions; 4 are derived from sourced figures; "
        "2 are set by law; for 2 no source is given."
    )


def test_numbers_without_a_source(folder):
    """Each is named in its line, also where only the procedure's file could say it; a reason in words is no basis."""
    found = [str(problem).replace(f"{folder}/", "") for problem in unsourced(folder / "base.yaml")]
    message = "has no source; sources beside it say where it comes from"
    assert found == [
        f"base.yaml:{line_of(BASE, 'obligations')}:18: arrivals.cases.obligations: {message}",
        f"base.yaml:{line_of(BASE, 'mean: 0.5')}:12: uncertain.rate.value: {message}",
    ]


@pytest.mark.parametrize(
    ("path", "value", "unit"),
    [
        ("staffing.clerks.headcount", "3 on 2024-01-01, 5 on 2024-07-01", "FTE"),
        ('staffing."Case.Team".headcount', "2", "FTE"),
        ("staffing.clerks.casework_share", "0.8", "share"),
        ("arrivals.cases.per_year", "60", "a year"),
        ("arrivals.cases.platforms", "X: 2, TikTok: 1, Temu: 1", ""),
        ("arrivals.cases.obligations", "pert, 1 to 5, most likely 2", "obligations"),
        ("procedure.stages.service.steps.work.days", "lognormal, median 21, 95% below 44", "days"),
        ("procedure.stages.service.steps.work.fte", "clerks: 1, Case.Team: 1", "FTE"),
        ("procedure.stages.service.steps.reply.working_days", "5", "working days"),
        ("uncertain.speed.value", "uniform, 5 to 9", "days"),
        ("uncertain.rate.value", "beta, mean 0.5, worth 4 observations", "factor"),
    ],
)
def test_values_in_words(folder, path, value, unit):
    """Numbers, dated numbers, tables and distributions are told in words, with their unit."""
    found = table(load_scenario(folder / "base.yaml"))[path]
    assert (found.value, found.unit) == (value, unit)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{distribution: exponential, mean: 1500}", "exponential, mean 1,500"),
        ("{distribution: empirical, values: [1, 8]}", "empirical, 1, 8"),
        ("{distribution: empirical, values: [1, 8], weights: [2, 1]}", "empirical, 1 (weight 2), 8 (weight 1)"),
        ("{distribution: gamma, mean: 90, cv: 0.9}", "gamma, mean 90, cv 0.9"),
        ("{distribution: triangular, low: 1, mode: 1, high: 3}", "triangular, 1 to 3, most likely 1"),
    ],
)
def test_other_distributions_in_words(folder, value, words):
    """Every family is told by what fixes it."""
    scenario = load_scenario(folder / "base.yaml", {"arrivals.cases.obligations": yaml.safe_load(value)})
    assert table(scenario)["arrivals.cases.obligations"].value == words


def test_order(folder):
    """Parameters come as in the files: staff, arrivals, procedure, targets, what is uncertain."""
    parts = [parameter.path.split(".")[0] for parameter in parameters(load_scenario(folder / "base.yaml"))]
    assert list(dict.fromkeys(parts)) == ["staffing", "arrivals", "procedure", "targets", "uncertain"]


def test_parts_are_all_that_is_no_setting_of_the_run():
    """A new group of settings is told among the parameters, or is named here."""
    words = {"name", "title", "description", "question", "answer", "sources"}
    of_the_run = {"start", "horizon", "replications", "replications_per_draw", "seed"}
    told_beside_the_priors = "posterior"
    assert set(Scenario.model_fields) == {*PARTS, *of_the_run, *words, "in_flight", told_beside_the_priors}


def test_sources_determine_nothing(folder):
    """Scenarios that differ in sources only are equal, have the same run, and are sent to workers alike."""
    one = load_scenario(folder / "base.yaml")
    (folder / "base.yaml").write_text(
        BASE.replace("derived, reason: beside", "source, reason: another"), encoding="utf-8"
    )
    other = load_scenario(folder / "base.yaml")
    assert said(other, "staffing.clerks.casework_share")[:2] == ("source", "another")
    assert one == other
    assert one != load_scenario(folder / "base.yaml", {"staffing.clerks.casework_share": 0.7})
    assert digest(one) == digest(other)
    assert packed(one) == packed(other)


def test_a_point_of_a_sweep_that_sets_what_is_written(folder):
    """The point of a sweep that is the scenario as written is the base, though its number is set elsewhere."""
    found = sweep(folder / "base.yaml", {"arrivals.cases.per_year": [30, 60]}, replications=2, indicators=["incoming"])
    assert found.base == 1


def test_shown_and_loaded_again(folder):
    """What `sim show` prints keeps the sources, wherever it lies; so does JSON, as stored runs have it."""
    scenario = load_scenario(folder / "base.yaml", {"arrivals.cases.platforms.X": 5})
    (folder / "elsewhere").mkdir()
    shown = folder / "elsewhere" / "shown.yaml"
    shown.write_text(text(part(scenario, "")), encoding="utf-8")
    assert load_scenario(shown) == scenario
    assert digest(load_scenario(shown)) == digest(scenario)
    assert load_scenario(shown).sources == scenario.sources
    assert parameters(load_scenario(shown)) == parameters(scenario)
    again = Scenario.model_validate(json.loads(json.dumps(scenario.model_dump(mode="json"))))
    assert parameters(again) == parameters(scenario)


def test_what_is_shown_and_then_changed(folder):
    """A number that an extension of a shown scenario says has the source that stands there, or none."""
    shown = text(part(load_scenario(folder / "base.yaml"), ""))
    (folder / "base.yaml").write_text(shown, encoding="utf-8")
    platforms = "{X: 9, sources: {X: law; Art. 1}}"
    staff = "staffing: {clerks: {casework_share: 0.5}}"
    scenario = over(folder, f"name: over\n{staff}\narrivals: {{cases: {{platforms: {platforms}}}}}\n")
    assert said(scenario, "staffing.clerks.casework_share")[:2] == (None, "")
    assert said(scenario, "arrivals.cases.platforms.X")[:2] == ("law", "Art. 1")
    assert said(scenario, "arrivals.cases.platforms")[:2] == ("derived", "weights")
    assert said(scenario, "staffing.clerks.ramp_up.days")[:2] == ("assumption", "in two lines")


def test_a_scenario_that_was_never_in_a_file(folder):
    """Without sources every parameter is still told, with none and in no place."""
    scenario = load_scenario(folder / "base.yaml")
    bare = parameters(scenario.model_copy(update={"sources": {}}))
    assert [(p.path, p.value) for p in bare] == [(p.path, p.value) for p in parameters(scenario)]
    assert {p.location for p in bare} == {""}
    assert {p.reason for p in bare if not p.path.startswith("uncertain")} == {""}


# what is shipped


UNSAID = (("probability", 1), ("scale", 1), ("obligations", 1))
"""Settings that mean nothing where they have this value, which is their default or that of the only way on."""


def leaves(node, keys=()):
    """The places of all bare numbers in plain data, but for conditions, ranks and what means nothing."""
    if isinstance(node, (dict, list)):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if key not in ("when", "priority") and (key, value) not in UNSAID:
                yield from leaves(value, (*keys, str(key)))
    elif isinstance(node, (int, float)) and not isinstance(node, bool):
        yield keys


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_number_of_the_shipped_scenarios_is_told(path):
    """Each number that `sim show` prints of a domain is in a parameter; each parameter has a place and a known tag."""
    scenario = load_scenario(path)
    found = parameters(scenario)
    assert all(parameter.location for parameter in found)
    assert {parameter.basis for parameter in found} <= set(BASES)
    told = {tuple(split(parameter.path)) for parameter in found}
    assert len(told) == len(found)
    parts = {name: value for name, value in part(scenario, "").items() if name in PARTS}
    places = list(leaves(parts))
    assert len(places) > 50
    assert [keys for keys in places if not any(keys[:length] in told for length in range(len(keys) + 1))] == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_number_has_a_source(path):
    """Each says where it comes from, or why it is assumed, and how well it is founded."""
    assert [str(problem) for problem in unsourced(path)] == []
    found = parameters(load_scenario(path))
    assert [f"{p.location} {p.path}" for p in found if not p.reason or not p.basis] == []
    assert "no source" not in count_by_basis(found)


def test_sources_of_the_first_scenario():
    """Numbers of the law, of the record and of other files have the places in which they stand."""
    found = parameters(load_scenario(SCENARIOS / "three-probes.yaml"))
    assert len(found) > 150
    by_path = {parameter.path: parameter for parameter in found}
    fine = by_path["procedure.stages.decision.fine.most"]
    assert (fine.value, fine.unit, fine.basis) == ("0.06", "share", "law")
    assert fine.location.startswith("procedures/dsa.yaml:")
    x = by_path["probes.x-2023-12.obligations"]
    assert (x.basis, x.reason, x.location) == ("derived", "the public record, as it was known on 2024-03-14", "record")
    assert by_path["platforms.X.turnover_eur_bn"].location == "record/turnover.csv"


def test_numbers_have_names_and_uses_that_people_understand():
    """What a number is, by the titles of stages and roles; by what it is multiplied or replaced; what becomes of it."""
    by_path = {one.path: one for one in parameters(load_scenario(SCENARIOS / "three-probes.yaml"))}
    draft = by_path["procedure.stages.preliminary_findings.next.decision.steps.draft.fte_days"]
    assert draft.name == "Preliminary findings → Non-compliance decision: draft, work"
    assert "Legal Service: 24" in draft.quantity
    assert draft.used.startswith("times 0.49 to 2 assumed (Effort of all work, against the staff there is); times ")
    assert by_path["probes.x-2023-12.obligations"].name == "X (x-2023-12): obligations concerned"
    commitments = by_path["procedure.stages.proceedings.next.commitments.of_rest"]
    assert commitments.quantity == "0.4 (40%)"
    assert commitments.used.endswith("; 0.1 (10%) of all before it is varied")
    assert by_path["staffing.legal.casework_share"].used == "fixed"


def test_people_are_those_expected_in_all_roles():
    """Each headcount says how many there are on the first day, the uncertain ones at their means, and in all."""
    found = [one for one in parameters(load_scenario(SCENARIOS / "status-quo.yaml")) if one.path.endswith("headcount")]
    each = [float(re.search(r"([\d.]+) expected", one.used)[1]) for one in found]
    (everybody,) = {float(re.search(r"([\d.]+) in all roles", one.used)[1]) for one in found}
    assert sum(each) == pytest.approx(everybody, abs=0.5)
    assert everybody < 183  # the announced staff, of which not all is reached


def test_people_of_all_roles_are_one_number_to_look_up():
    """With what it is the sum of, and by what that is varied; it is no number of the scenario."""
    scenario = load_scenario(SCENARIOS / "status-quo.yaml")
    whole, *rest = with_sums(scenario)
    assert rest == parameters(scenario)
    assert count_by_basis([whole, *rest]) == count_by_basis(rest)
    assert matching([whole, *rest], "staff")[0] == whole
    assert f"{whole.value} in all roles" in rest[0].used
    people = re.search(
        r"2026-10-08: (.*) = (\d+), times .*\(Staff reached.*\): (\d+) on average; (\d+) Legal", whole.reason
    )
    assert people is not None
    given, varied, others = (int(number) for number in people.groups()[1:])
    assert sum(map(int, re.findall(r"\d+", people[1]))) == given > varied
    assert varied + others == int(whole.value)


def test_undated_scenarios_have_sources():
    """A scenario that gets other first days has the sources of its files too."""
    scenario, _ = load_undated(SCENARIOS / "three-probes.yaml")
    assert scenario.sources["staffing.legal.casework_share"].basis == "assumption"
    assert yaml.safe_load(text(part(scenario, "sources")))


def test_words_are_found_where_words_begin():
    """Not within others; first in names, and what limits something after it; parts of a path are words."""

    def number(name: str, path: str, value: str, unit: str = "") -> Parameter:
        return Parameter(path, name, value, unit, None, "", "", "", "fixed")

    found = [
        number("Handlers: people at once, at most", "staffing.legal.most_fte", "155"),
        number("Handlers: people", "topics.illegal.of_rest", "0.1", "share"),
        number("Legal: people at once, at most", "staffing.lawyers.most_fte", "4"),
        number("Legal: work", "staffing.lawyers.fte_days", "155"),
    ]
    hits = {word: [found.index(one) for one in matching(found, word)] for word in ("legal", "10%", "155", "FTE people")}
    assert hits == {"legal": [3, 2, 0], "10%": [1], "155": [3, 0], "FTE people": [0, 2]}
    assert matching(found, "") == found
    with pytest.raises(UserError, match="no number of the scenario has 'egal'"):
        matching(found, "egal")
