"""Where numbers come from: which comment belongs to which number, through all ways of combining files."""

import json
from pathlib import Path

import pytest
import yaml

from sim.experiments.chunks import packed
from sim.experiments.sweep import sweep
from sim.results.store import digest
from sim.scenario.loading import load_scenario, load_undated
from sim.scenario.parameters import PARTS, parameters
from sim.scenario.paths import part
from sim.scenario.schema import Scenario
from sim.scenario.settings import parse_settings
from sim.scenario.sources import TAGS, Source
from sim.scenario.yaml_nodes import split, text

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SHIPPED = sorted(SCENARIOS.glob("*.yaml"))

QUEUE = """\
# [S] About the file, and about no number.
name: queue
title: One queue
exits: {closed: Closed, lost: Lost}
stages:
  service:
    title: In service
    steps:
      # [X] asked of the clerks
      work: &work {step: team, fte: {clerks: 1}, days: {distribution: lognormal, median: 21, quantiles: {0.95: 44}}}
      again: *work  # [S] not of what stands elsewhere
      reply: {step: wait, reason: party, working_days: 5}  # [law] Art. 1
    next:
      lost: 0.3  # [D] counted
      closed: rest
"""
BASE = """\
name: base
start: 2024-01-01
horizon: 2025-01-01
replications: 10
seed: 1
procedure: queue
staffing:
  # [S] a report; the split is assumed [X]
  clerks:
    headcount: {2024-01-01: 3, 2024-07-01: 5}
    casework_share: 0.8  # [D] beside

    # apart from the next by a line
    # of its own

    ramp_up: {days: 90, from_share: 0.5}
      # [X] below
      # in two lines
  Case.Team:
    headcount: 2
arrivals:
  cases:
    kind: random
    stage: service
    # above
    per_year: 60
    platforms: {X: 2, TikTok: 1, Temu: 1}  # weights
    obligations: {distribution: pert, low: 1, mode: 2, high: 5}
targets:
  # asked for
  - {milestone: closed, of: service, within_days: 30}
  - {milestone: closed, of: service, within_days: 60}  # [S] promised
uncertain:
  speed:
    sets: procedure.stages.service.steps.work.days
    value: {distribution: uniform, low: 5, high: 9}  # [X] a guess
    source: the clerks
  rate:
    scales: arrivals.cases.per_year
    value: {distribution: beta, mean: 0.5, observations: 4}
    source: "[D] the record"
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with a base scenario and its procedure."""
    (tmp_path / "procedures").mkdir()
    (tmp_path / "procedures" / "queue.yaml").write_text(QUEUE, encoding="utf-8")
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


def over(folder, said, *sets):
    """The base scenario extended by a text."""
    path = folder / "over.yaml"
    path.write_text(f"extends: base.yaml\n{said}", encoding="utf-8")
    return load_scenario(path, parse_settings(sets))


def table(scenario):
    """The parameters by path."""
    return {parameter.path: parameter for parameter in parameters(scenario)}


def said(scenario, path):
    """Tag, source and place of a parameter."""
    found = table(scenario)[path]
    return found.tag, found.source, found.place


def line_of(source, words):
    """The line of a text that holds some words, from 1."""
    return next(number for number, line in enumerate(source.splitlines(), 1) if words in line)


# which comment belongs to a number


@pytest.mark.parametrize(
    ("path", "tag", "source", "written"),
    [
        ("staffing.clerks.casework_share", "D", "beside", "casework_share"),
        ("arrivals.cases.per_year", "", "above", "per_year"),
        ("staffing.clerks.ramp_up.days", "X", "below in two lines", "ramp_up"),
        ("staffing.clerks.ramp_up.from_share", "X", "below in two lines", "ramp_up"),
        ("staffing.clerks.headcount", "X", "a report; the split is assumed [X]", "2024-07-01"),
        ('staffing."Case.Team".headcount', "X", "a report; the split is assumed [X]", "headcount: 2"),
        ("arrivals.cases.platforms", "", "weights", "platforms"),
        ("arrivals.cases.obligations", "", "", "obligations"),
        ("targets.0.within_days", "", "asked for", "within_days: 30"),
        ("targets.1.within_days", "S", "promised", "within_days: 60"),
    ],
)
def test_comments_of_a_scenario(folder, path, tag, source, written):
    """Beside, above, below, inherited, or none: each number has its comment, its tag and its line."""
    assert said(load_scenario(folder / "base.yaml"), path) == (tag, source, f"base.yaml:{line_of(BASE, written)}")


@pytest.mark.parametrize(
    ("path", "tag", "source", "written"),
    [
        ("steps.work.days", "X", "asked of the clerks", "work: &"),
        ("steps.work.fte", "X", "asked of the clerks", "work: &"),
        ("steps.again.days", "X", "asked of the clerks", "work: &"),
        ("steps.reply.working_days", "law", "Art. 1", "reply"),
        ("next.lost.probability", "D", "counted", "lost: 0.3"),
    ],
)
def test_comments_of_a_procedure(folder, path, tag, source, written):
    """The numbers of a procedure have the comments of its file; an aliased one those of where it is written."""
    scenario = load_scenario(folder / "base.yaml")
    place = f"procedures/queue.yaml:{line_of(QUEUE, written)}"
    assert said(scenario, f"procedure.stages.service.{path}") == (tag, source, place)


def test_a_comment_beside_goes_before_one_above(folder):
    """Of several comments that could be meant the nearest counts."""
    scenario = over(folder, "name: over\nstaffing:\n  clerks:\n    # above\n    casework_share: 0.5  # beside\n")
    assert said(scenario, "staffing.clerks.casework_share")[1] == "beside"


def test_a_block_above_ends_at_an_empty_line(folder):
    """What stands above an empty line, or at another indentation, is not about the key below."""
    lines = ["name: over", "staffing:", "  clerks:", "    title: Clerks", "    # apart", "", "  # left", "    # above"]
    scenario = over(folder, "\n".join([*lines, "    casework_share: 0.5", ""]))
    assert said(scenario, "staffing.clerks.casework_share")[1] == "above"


def test_what_looks_like_a_comment_in_a_text_is_none(folder):
    """A `#` in quotes, in a word or in a block of text begins no comment."""
    texts = "name: over\ndescription: |\n  a text\n  # [S] no comment\n"
    scenario = over(folder, f"{texts}staffing:\n  clerks: {{title: 'A # [S] clerk', casework_share: 0.5}}\n")
    assert said(scenario, "staffing.clerks.casework_share") == ("", "", "over.yaml:7")
    scenario = over(folder, "name: over\nstaffing: {clerks: {title: a#b, casework_share: 0.5}}\n")
    assert said(scenario, "staffing.clerks.casework_share")[1] == ""


def test_comments_in_a_mapping_in_braces(folder):
    """A mapping in braces over several lines has a comment in each, and one for all at its end."""
    written = "name: over\narrivals: {cases: {\n  per_year: 7,  # first\n  obligations: 3}}  # last\n"
    scenario = over(folder, written)
    assert said(scenario, "arrivals.cases.per_year") == ("", "first", "over.yaml:4")
    assert said(scenario, "arrivals.cases.obligations") == ("", "last", "over.yaml:5")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ends_of_lines(folder, end):
    """Comments are found whichever way lines end."""
    (folder / "base.yaml").write_bytes(BASE.replace("\n", end).encode())
    scenario = load_scenario(folder / "base.yaml")
    assert said(scenario, "staffing.clerks.ramp_up.days")[:2] == ("X", "below in two lines")


# files combined


def test_an_overriding_number_has_the_comment_of_its_own_file(folder):
    """A number of an extension has the comment beside it there, and none of the number it replaces."""
    staff = "staffing:\n  clerks: {casework_share: 0.5}\n  Case.Team: {headcount: 4}  # [D]\n"
    scenario = over(folder, f"name: over\n{staff}")
    assert said(scenario, "staffing.clerks.casework_share") == ("", "", "over.yaml:4")
    assert said(scenario, 'staffing."Case.Team".headcount') == ("D", "", "over.yaml:5")


def test_a_number_that_is_kept_keeps_its_comment(folder):
    """A comment of an extension is not about the numbers that it leaves as they are."""
    scenario = over(folder, "name: over\n\n# [S] another source\nstaffing:\n  clerks: {casework_share: 0.5}\n")
    assert said(scenario, "staffing.clerks.casework_share")[:2] == ("S", "another source")
    assert said(scenario, "staffing.clerks.headcount")[:2] == ("X", "a report; the split is assumed [X]")


def test_an_entry_of_a_table_with_another_source(folder):
    """A table of numbers is one parameter; an entry that another file adds is told by itself."""
    written = "name: over\narrivals:\n  cases:\n    platforms: {Temu: 3}  # new\n"
    found = table(over(folder, written))
    assert found["arrivals.cases.platforms"].value == "X: 2, TikTok: 1"
    assert found["arrivals.cases.platforms"].source == "weights"
    assert (found["arrivals.cases.platforms.Temu"].value, found["arrivals.cases.platforms.Temu"].source) == ("3", "new")


def test_a_procedure_that_is_extended(folder):
    """A number that a scenario changes in its procedure has the scenario's comment, the others the procedure's."""
    scenario = over(
        folder, "name: over\nprocedure:\n  extends: queue\n  stages: {service: {next: {lost: 0.4}}}  # [X] more\n"
    )
    assert said(scenario, "procedure.stages.service.next.lost.probability") == ("X", "more", "over.yaml:5")
    assert said(scenario, "procedure.stages.service.steps.reply.working_days")[0] == "law"


def test_set_on_the_command_line(folder):
    """A number set on the command line says so, alone or in a table, and stands in no file."""
    scenario = load_scenario(folder / "base.yaml", {"staffing.clerks.headcount": 9, "arrivals.cases.platforms.X": 5})
    assert said(scenario, "staffing.clerks.headcount") == ("", "set for this run, outside the files", "")
    assert said(scenario, "arrivals.cases.platforms.X") == ("", "set for this run, outside the files", "")
    assert said(scenario, "arrivals.cases.platforms")[1] == "weights"


def test_uncertain_parameters_have_their_own_source(folder):
    """An uncertain parameter says its `source`, then what its comment adds; either may hold the tag."""
    scenario = load_scenario(folder / "base.yaml")
    assert said(scenario, "uncertain.speed.value")[:2] == ("X", "the clerks; a guess")
    assert said(scenario, "uncertain.rate.value")[:2] == ("D", "the record")


# what they are good for


def test_tags():
    """The weakest of several tags counts; the one at the beginning is not part of the words."""
    assert list(TAGS) == ["law", "S", "D", "X"]
    assert Source(text="[S] a report, about half [D]").tag == "D"
    assert Source(text="[S] a report, about half [D]").words == "a report, about half [D]"
    assert Source(text="about a half").tag == ""
    assert Source(text="[Y] about a half").tag == ""


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
        ("procedure.stages.service.steps.work.fte", "clerks: 1", "FTE"),
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
    words = {"name", "title", "description", "question", "sources"}
    of_the_run = {"start", "horizon", "replications", "replications_per_draw", "seed"}
    assert set(Scenario.model_fields) == {*PARTS, *of_the_run, *words, "in_flight"}


def test_comments_determine_nothing(folder):
    """Scenarios that differ in comments only are equal, have the same run, and are sent to workers alike."""
    one = load_scenario(folder / "base.yaml")
    (folder / "base.yaml").write_text(BASE.replace("[D] beside", "[S] another"), encoding="utf-8")
    other = load_scenario(folder / "base.yaml")
    assert said(other, "staffing.clerks.casework_share")[:2] == ("S", "another")
    assert one == other
    assert one != load_scenario(folder / "base.yaml", {"staffing.clerks.casework_share": 0.7})
    assert digest(one) == digest(other)
    assert packed(one) == packed(other)


def test_a_point_of_a_sweep_that_sets_what_is_written(folder):
    """The point of a sweep that is the scenario as written is the base, though its number is set elsewhere."""
    found = sweep(folder / "base.yaml", grid=["arrivals.cases.per_year=30,60"], replications=2, indicators=["incoming"])
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
    scenario = over(
        folder, "name: over\nstaffing: {clerks: {casework_share: 0.5}}\narrivals: {cases: {platforms: {X: 9}}}  # new\n"
    )
    assert said(scenario, "staffing.clerks.casework_share")[:2] == ("", "")
    assert said(scenario, "arrivals.cases.platforms.X")[:2] == ("", "new")
    assert said(scenario, "arrivals.cases.platforms")[:2] == ("", "weights")
    assert said(scenario, "staffing.clerks.ramp_up.days")[:2] == ("X", "below in two lines")


def test_a_scenario_that_was_never_in_a_file(folder):
    """Without sources every parameter is still told, with none and in no place."""
    scenario = load_scenario(folder / "base.yaml")
    bare = parameters(scenario.model_copy(update={"sources": {}}))
    assert [(p.path, p.value) for p in bare] == [(p.path, p.value) for p in parameters(scenario)]
    assert {p.place for p in bare} == {""}
    assert {p.source for p in bare if not p.path.startswith("uncertain")} == {""}


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
    assert all(parameter.place for parameter in found)
    assert {parameter.tag for parameter in found} <= {*TAGS, ""}
    told = {tuple(split(parameter.path)) for parameter in found}
    assert len(told) == len(found)
    parts = {name: value for name, value in part(scenario, "").items() if name in PARTS}
    places = list(leaves(parts))
    assert len(places) > 50
    assert [keys for keys in places if not any(keys[:length] in told for length in range(len(keys) + 1))] == []


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_number_has_a_reason(path):
    """Each says where it comes from, or why it is assumed, and how well it is founded."""
    found = parameters(load_scenario(path))
    assert [f"{p.place} {p.path}" for p in found if not p.source] == []
    assert [f"{p.place} {p.path}" for p in found if not p.tag and not p.path.startswith("uncertain.")] == []


def test_sources_of_the_first_scenario():
    """Numbers of the law, of the record and of other files have the places in which they stand."""
    found = parameters(load_scenario(SCENARIOS / "three-probes.yaml"))
    assert len(found) > 150
    by_path = {parameter.path: parameter for parameter in found}
    fine = by_path["procedure.stages.decision.fine.most"]
    assert (fine.value, fine.unit, fine.tag) == ("0.06", "share", "law")
    assert fine.place.startswith("procedures/dsa.yaml:")
    x = by_path["probes.x-2023-12.obligations"]
    assert (x.tag, x.source, x.place) == ("D", "the public record, as it was known on 2024-03-14", "record")
    assert by_path["platforms.X.turnover_eur_bn"].place == "record/turnover.csv"


def test_undated_scenarios_have_sources():
    """A scenario that gets other first days has the sources of its files too."""
    scenario, _ = load_undated(SCENARIOS / "three-probes.yaml")
    assert scenario.sources["staffing.legal.casework_share"].tag == "X"
    assert yaml.safe_load(text(part(scenario, "sources")))
