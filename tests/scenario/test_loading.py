"""Files combined: extends, procedures, --set, YAML 1.2, places of mistakes, the shipped files and the JSON Schema."""

import json
from datetime import date
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import yaml
from pydantic import TypeAdapter

from sim.errors import UserError
from sim.scenario.distributions import AnyDistribution
from sim.scenario.json_schema import procedure_schema, scenario_schema
from sim.scenario.loading import is_procedure, load_procedure, load_scenario, read_headings
from sim.scenario.settings import Settings, parse_settings
from sim.scenario.yaml_nodes import parse, plain, split

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SHIPPED = sorted(SCENARIOS.glob("*.yaml"))
PROCEDURES = sorted((SCENARIOS / "procedures").glob("*.yaml"))

QUEUE = """\
name: queue
title: One queue
exits: {closed: Closed, lost: Lost}
stages:
  service:
    title: In service
    steps:
      work: {step: team, fte: {clerks: 1, Case.Team: 0.5}, days: {distribution: lognormal, mean: 10, cv: 1}}
      reply: {step: wait, reason: party, days: 5}
    next: {closed: 0.7, lost: rest}
"""
BASE = """\
name: base
title: The base
description: What is it?
start: 2024-01-01
horizon: 2025-01-01
replications: 10
seed: 1
procedure: queue
calendar:
  holidays: [2024-05-01, 2024-12-25]
staffing:
  clerks:
    headcount: {2024-01-01: 3, 2024-07-01: 5}
    casework_share: 0.8
  Case.Team: {headcount: 2}
arrivals:
  cases: {kind: random, stage: service, per_year: 60, platforms: {X: 2, TikTok: 1}}
targets:
  - {milestone: closed, of: service, within_days: 30}
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with a base scenario and its procedure."""
    (tmp_path / "procedures").mkdir()
    (tmp_path / "procedures" / "queue.yaml").write_text(QUEUE, encoding="utf-8")
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


def extended(folder, text, *sets):
    """The base scenario extended by a text."""
    path = folder / "over.yaml"
    path.write_text(f"extends: base.yaml\n{text}", encoding="utf-8")
    return load_scenario(path, parse_settings(sets))


def problems_of(path, *sets):
    """What loading a file complains of, without its folder."""
    with pytest.raises(UserError) as caught:
        load_scenario(path, parse_settings(sets))
    return [str(problem).replace(f"{path.parent}/", "") for problem in caught.value.problems]


# extends


def test_extends_takes_what_is_not_said(folder):
    """An extension that only has a name is the base under that name."""
    over = extended(folder, "name: over\n")
    assert over == load_scenario(folder / "base.yaml").model_copy(update={"name": "over"})


def test_extends_combines_mappings(folder):
    """Mappings are combined key by key, at any depth."""
    over = extended(
        folder, "staffing: {clerks: {casework_share: 0.5}}\narrivals: {cases: {platforms: {X: 9, Temu: 4}}}\n"
    )
    assert over.staffing["clerks"].casework_share == {date.min: 0.5}
    assert over.staffing["clerks"].headcount == {date(2024, 1, 1): 3, date(2024, 7, 1): 5}
    assert over.arrivals["cases"].platforms == {"X": 9, "TikTok": 1, "Temu": 4}
    assert list(over.staffing) == ["clerks", "Case.Team"]


def test_null_takes_a_key_away(folder):
    """`null`, `~` and an empty value take away what the base says."""
    work = "procedure: {extends: queue, stages: {service: {steps: {work: {fte: {Case.Team: null}}}}}}\n"
    staff = "staffing: {Case.Team: null}\n"
    over = extended(folder, f"{work}{staff}targets: ~\narrivals: {{cases: {{platforms: {{TikTok: }}}}}}\n")
    assert list(over.staffing) == ["clerks"]
    assert over.targets == []
    assert over.arrivals["cases"].platforms == {"X": 2}


def test_an_empty_mapping_over_a_full_one_is_told(folder):
    """It would change nothing, and probably means that nothing of it shall be left."""
    path = folder / "over.yaml"
    path.write_text("extends: base.yaml\nname: over\narrivals: {}\n", encoding="utf-8")
    assert problems_of(path) == [
        "over.yaml:3:11: an empty 'arrivals' takes nothing away: write null, or what is to be changed"
    ]
    assert extended(folder, "probes: {}\n").probes == {}
    steps = "{work: {}, reply: {}}"  # in an order of their own
    assert list(extended(folder, STEPS % steps).procedure.stages["service"].steps) == ["work", "reply"]


def test_a_part_of_a_procedure_that_does_not_say_of_which_is_told(folder):
    """Once, with what it has to begin with, rather than with all that is missing."""
    (folder / "more").mkdir()
    part = "procedure: {stages: {service: {title: At the desk}}}\n"
    message = "procedure: is only a part of a procedure; for the rest begin it with"
    for path, base, name in (
        (folder / "over.yaml", "base.yaml", "queue"),
        (folder / "more" / "over.yaml", "../base.yaml", "../procedures/queue.yaml"),
    ):
        path.write_text(f"extends: {base}\nname: over\n{part}", encoding="utf-8")
        assert problems_of(path) == [f"over.yaml:3:12: {message} `extends: {name}`"]


def test_null_of_what_must_be_there_is_told(folder):
    """A setting that must be there and was taken away is missing."""
    path = folder / "over.yaml"
    path.write_text("extends: base.yaml\nhorizon: null\n", encoding="utf-8")
    assert problems_of(path) == ["over.yaml:1:1: 'horizon' is missing"]


def test_tables_of_dates_are_replaced(folder):
    """A table of dates replaces the whole table that it overrides: no date of the base is left."""
    over = extended(folder, "staffing: {clerks: {headcount: {2024-03-01: 7}}}\n")
    assert over.staffing["clerks"].headcount == {date(2024, 3, 1): 7}


def test_a_table_replaces_a_number_and_the_other_way_round(folder):
    """A number and a table of dates may replace each other."""
    over = extended(folder, "staffing: {clerks: {headcount: 9}, Case.Team: {headcount: {2024-03-01: 7}}}\n")
    assert over.staffing["clerks"].headcount == {date.min: 9}
    assert over.staffing["Case.Team"].headcount == {date(2024, 3, 1): 7}


def test_lists_are_replaced(folder):
    """A list replaces the whole list that it overrides."""
    over = extended(folder, "calendar: {holidays: [2024-08-15]}\ntargets: []\n")
    assert over.calendar.holidays == [date(2024, 8, 15)]
    assert over.targets == []


STEPS = "procedure: {extends: queue, stages: {service: {steps: %s}}}\n"


def test_distributions_are_replaced(folder):
    """A distribution replaces the whole one that it overrides: `cv` of the base is not mixed into it."""
    over = extended(folder, STEPS % "{work: {days: {distribution: lognormal, quantiles: {0.1: 5, 0.9: 20}}}}")
    days = over.procedure.stages["service"].steps["work"].days
    assert days.quantiles == {0.1: 5, 0.9: 20}
    assert days.mean is days.cv is None


def test_a_fact_of_a_distribution_may_be_replaced_alone(folder):
    """Without the word `distribution` facts are combined: another mean with the same cv."""
    over = extended(folder, STEPS % "{work: {days: {mean: 30}}}")
    days = over.procedure.stages["service"].steps["work"].days
    assert (days.mean, days.cv) == (30, 1)


def test_a_number_replaces_a_distribution(folder):
    """A bare number replaces a distribution."""
    over = extended(folder, STEPS % "{work: {days: 12}}")
    assert over.procedure.stages["service"].steps["work"].days.mean_value() == 12


def test_routes_are_in_the_order_of_the_file_that_lists_them_all(folder):
    """Shares of the rest depend on it."""
    base = load_scenario(folder / "base.yaml").procedure.stages["service"]
    turned = list(base.next)[::-1]
    shares = ", ".join(f"{name}: {{probability: null, of_rest: 0.5}}" for name in turned[:-1])
    over = extended(
        folder,
        f"procedure: {{extends: queue, stages: {{service: {{next: {{{shares}, {turned[-1]}: rest}}}}}}}}\n",
    )
    assert list(over.procedure.stages["service"].next) == turned != list(base.next)


def test_another_kind_of_step_replaces(folder):
    """A step of another kind replaces the old one whole; one of the same kind is combined with it."""
    over = extended(folder, STEPS % "{work: {step: wait, reason: hold, days: 3}, reply: {step: wait, days: 8}}")
    steps = over.procedure.stages["service"].steps
    assert (steps["work"].step, steps["work"].reason) == ("wait", "hold")
    assert (steps["reply"].reason, steps["reply"].days.mean_value()) == ("party", 8)


def test_another_kind_of_arrivals_replaces(folder):
    """Arrivals of another kind replace the old ones whole."""
    over = extended(folder, "arrivals: {cases: {kind: wave, stage: service, on: 2024-02-01}}\n")
    assert over.arrivals["cases"].kind == "wave"
    assert over.arrivals["cases"].platforms == {"any": 1}


def test_extends_by_name_and_in_a_chain(folder):
    """A base may be named without .yaml, and a base may have a base."""
    (folder / "middle.yaml").write_text("extends: base\nname: middle\nseed: 5\nreplications: 3\n", encoding="utf-8")
    (folder / "last.yaml").write_text("extends: middle\nname: last\nseed: 6\n", encoding="utf-8")
    last = load_scenario(folder / "last.yaml")
    assert (last.name, last.seed, last.replications, last.title) == ("last", 6, 3, "The base")


def test_extends_in_a_circle(folder):
    """A circle of extensions is told where it closes."""
    for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
        (folder / f"{one}.yaml").write_text(f"extends: {other}.yaml\nname: {one}\n", encoding="utf-8")
    assert problems_of(folder / "a.yaml") == ["c.yaml:1:10: 'a.yaml' extends this file in turn"]


def test_a_chain_of_files_ends(folder):
    """So many files built one on another are told where one more is named, whatever Python's stack allows."""
    for number in range(200):
        (folder / f"{number}.yaml").write_text(f"extends: {number + 1}.yaml\n", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_scenario(folder / "0.yaml")
    message = "20.yaml:1:10: '21.yaml' is number 22 of the files that are built one on another; at most 20 may be"
    assert str(caught.value) == f"{folder}/{message}"


@pytest.mark.parametrize("depth", [0, 150, 1500])
def test_values_that_contain_themselves_are_told(folder, depth):
    """And those nested as deeply as no file may be."""
    value: list[object] = []
    value.append(value)
    for _ in range(depth):
        value = [value]
    with pytest.raises(UserError, match="setting title: "):
        load_scenario(folder / "base.yaml", {"title": value})


def test_a_thousand_problems_are_a_hundred(folder):
    """A file that is wrong all over is told in a page."""
    (folder / "wrong.yaml").write_text(
        "extends: base.yaml\ncalendar: {holidays: [" + "x, " * 1000 + "x]}\n", encoding="utf-8"
    )
    with pytest.raises(UserError) as caught:
        load_scenario(folder / "wrong.yaml")
    assert len(caught.value.problems) == 101
    assert str(caught.value.problems[-1]) == "these are the first 100 problems; there may be more"


def test_paths_are_those_of_the_file_that_says_them(folder):
    """A procedure named in a base in another folder is looked for beside that base."""
    (folder / "sub").mkdir()
    path = folder / "sub" / "deep.yaml"
    path.write_text("extends: ../base.yaml\nname: deep\n", encoding="utf-8")
    assert load_scenario(path).procedure.name == "queue"


# procedures


@pytest.mark.parametrize(
    "said",
    ["queue", "procedures/queue.yaml", "{extends: queue}", "{extends: procedures/queue.yaml}", None],
    ids=str,
)
def test_procedure_by_name_path_extension_or_inline(folder, said):
    """A procedure may be named, given by path, built on another or written out as shared: the same in the end."""
    indented = "".join(f"  {line}\n" for line in [*QUEUE.splitlines(), "shared: true"])
    text = BASE.replace("procedure: queue\n", f"procedure: {said}\n" if said else f"procedure:\n{indented}")
    (folder / "other.yaml").write_text(text, encoding="utf-8")
    assert load_scenario(folder / "other.yaml") == load_scenario(folder / "base.yaml")


def test_procedure_files_extend_each_other(folder):
    """A procedure file may be built on another one."""
    path = folder / "procedures" / "slow.yaml"
    path.write_text("extends: queue.yaml\nname: slow\nstages: {service: {next: {closed: 0.6}}}\n", encoding="utf-8")
    slow = load_procedure(path)
    assert slow.name == "slow"
    assert slow.stages["service"].next["closed"].probability == 0.6
    assert is_procedure(folder / "procedures" / "queue.yaml")
    assert not is_procedure(folder / "base.yaml")


def test_parts_of_a_procedure_over_a_base_scenarios_procedure(folder):
    """An extension may build on the base's procedure by naming it again."""
    over = extended(folder, "procedure: {extends: queue, stages: {service: {title: At the desk}}}\n")
    assert over.procedure.stages["service"].title == "At the desk"
    assert list(over.procedure.stages["service"].steps) == ["work", "reply"]


# --set


def test_set_numbers_words_tables_and_lists(folder):
    """`--set` takes any YAML value at any path."""
    texts = [
        "seed=7",
        "title=Another question why?",
        "staffing.clerks.headcount=120",
        "calendar.holidays=[2024-08-15]",
        "procedure.stages.service.steps.work.days={distribution: exponential, mean: 4}",
    ]
    over = load_scenario(folder / "base.yaml", parse_settings(texts))
    assert (over.seed, over.title) == (7, "Another question why?")
    assert over.staffing["clerks"].headcount == {date.min: 120}
    assert over.calendar.holidays == [date(2024, 8, 15)]
    assert over.procedure.stages["service"].steps["work"].days.mean_value() == 4


def test_set_quoted_keys(folder):
    """A key with a dot in it stands in quotes."""
    over = load_scenario(folder / "base.yaml", {'staffing."Case.Team".headcount': 4})
    assert over.staffing["Case.Team"].headcount == {date.min: 4}
    assert split('a."b.c".d') == ["a", "b.c", "d"]


def test_set_one_date_of_a_table(folder):
    """One date of a table may be set, and a new one added."""
    over = load_scenario(
        folder / "base.yaml",
        {"staffing.clerks.headcount.2024-07-01": 8, "staffing.clerks.headcount.2024-09-01": 9},
    )
    assert list(over.staffing["clerks"].headcount.values()) == [3, 8, 9]


def test_set_places_in_lists(folder):
    """A place in a list is a number from 0."""
    over = load_scenario(folder / "base.yaml", {"targets.0.within_days": 90, "calendar.holidays.1": date(2024, 12, 26)})
    assert over.targets[0].within_days == 90
    assert over.calendar.holidays == [date(2024, 5, 1), date(2024, 12, 26)]


def test_set_several_in_order(folder):
    """The last of two settings of the same path counts."""
    assert load_scenario(folder / "base.yaml", parse_settings(["seed=2", "seed=3"])).seed == 3


def test_set_makes_what_is_not_there(folder):
    """A path that does not exist yet is made."""
    over = load_scenario(folder / "base.yaml", {"probes.first.stage": "service", "probes.first.since": "2023-12-01"})
    assert over.probes["first"].since == date(2023, 12, 1)


SETS = [
    ("seed", "--set seed: must be PATH=VALUE, for example staffing.case_handlers.headcount=120"),
    ("=3", "--set =3: must be PATH=VALUE, for example staffing.case_handlers.headcount=120"),
    ("..=3", "--set ..=3: must be PATH=VALUE, for example staffing.case_handlers.headcount=120"),
    (
        "staffing.clerks.headcont=3",
        "setting staffing.clerks.headcont: unknown setting 'headcont'; did you mean 'headcount'?",
    ),
    (
        "staffing.clerks={headcont: 3, headcount: 2}",
        "setting staffing.clerks: unknown setting 'headcont'; did you mean 'headcount'?",
    ),
    ("staffing.clerks.headcount=no", "setting staffing.clerks.headcount: must be a number, not 'no'"),
    (
        "staffing.clerks={headcount: no}",
        "setting staffing.clerks: staffing.clerks.headcount: must be a number, not 'no'",
    ),
    ("seed.deeper=3", "setting seed.deeper: 'deeper' cannot be set inside a bare value"),
    ("targets.4.within_days=3", "setting targets.4.within_days: '4' is no place in a list of 1"),
    (
        "staffing.*.headcount=3",
        "setting staffing.*.headcount: names one setting at a time; a * is for the paths of uncertain parameters",
    ),
    ("procedure=dma", "setting procedure: set a part of the procedure, or write a scenario with another one"),
    ("horizon=2023-01-01", "setting horizon: the horizon must lie after the start, 2024-01-01"),
]


@pytest.mark.parametrize(("said", "message"), SETS, ids=[said for said, _ in SETS])
def test_set_mistakes(folder, said, message):
    """An error in a setting names its path, and no line of a file."""
    (problem,) = problems_of(folder / "base.yaml", said)
    assert problem == message


def test_settings_as_python_values(folder):
    """Dates, numpy's numbers, tables and distributions may be given as they are, in another order than the file's."""
    days = TypeAdapter(AnyDistribution).validate_python({"distribution": "exponential", "mean": 4})
    settings = {
        "start": date(2023, 12, 1),
        "staffing.clerks.headcount": {date(2024, 3, 1): np.float64(7)},
        "replications": np.int64(3),
        "calendar.holidays": (date(2024, 8, 15),),
        "procedure.stages.service.steps.work.days": days,
    }
    scenario = load_scenario(folder / "base.yaml", settings)
    assert (scenario.start, scenario.replications) == (date(2023, 12, 1), 3)
    assert scenario.staffing["clerks"].headcount == {date(2024, 3, 1): 7}
    assert scenario.calendar.holidays == [date(2024, 8, 15)]
    assert scenario.procedure.stages["service"].steps["work"].days == days
    assert load_scenario(folder / "base.yaml").replace(settings) == scenario


def test_settings_must_be_a_dict(folder):
    """The strings of earlier versions, by position or by name, get the new spelling."""
    with pytest.raises(TypeError, match="takes `settings` as a dict"):
        load_scenario(folder / "base.yaml", ["seed=2"])
    with pytest.raises(TypeError, match="takes `settings` as a dict"):
        load_scenario(folder / "base.yaml", sets=["seed=2"])
    with pytest.raises(TypeError, match="no argument 'setings'"):
        load_scenario(folder / "base.yaml", setings={})
    with pytest.raises(UserError, match=r"setting seed: <object .* is nothing that a scenario file could hold"):
        load_scenario(folder / "base.yaml", {"seed": object()})


# Scenario.replace


def test_replace_gives_another_scenario(folder):
    """The settings given differ, with a name of its own and no title of another; the scenario itself stays."""
    base = load_scenario(folder / "base.yaml")
    more = base.replace({"staffing.clerks.headcount": {"2024-03-01": 24}}, name="more")
    assert (more.name, more.title, base.name) == ("more", "", "base")
    assert more.staffing["clerks"].headcount == {date(2024, 3, 1): 24}
    assert more.staffing["clerks"].casework_share == base.staffing["clerks"].casework_share
    assert base == load_scenario(folder / "base.yaml")
    assert base.replace({}) == base
    assert base.replace({"title": "A title"}, name="more").title == "A title"


REPLACED = [
    (
        {"staffing.clerks.headcont": 3},
        ["setting staffing.clerks.headcont: unknown setting 'headcont'; did you mean 'headcount'?"],
    ),
    (
        {"procedure.stages.service.next.closed.probability": 1.5},
        ["setting procedure.stages.service.next.closed.probability: must be at most 1, not 1.5"],
    ),
    (
        {"seed": -1, "replications": 0},
        ["setting replications: must be at least 1, not 0", "setting seed: must be at least 0, not -1"],
    ),
    (
        {"staffing.clerks.headcount": 0},
        ["procedure.stages.service.steps.work.fte.clerks: the team needs 1 clerks, but at most 0 are available"],
    ),
    (
        {"targets.0.milestone": "close"},
        ["setting targets.0.milestone: unknown stage or exit 'close'; did you mean 'closed'?"],
    ),
]


@pytest.mark.parametrize(("settings", "messages"), REPLACED, ids=[next(iter(settings)) for settings, _ in REPLACED])
def test_replace_validates(folder, settings, messages):
    """Errors name the path, whether a value is impossible by itself or with the rest of the scenario."""
    with pytest.raises(UserError) as caught:
        load_scenario(folder / "base.yaml").replace(settings)
    assert [str(problem) for problem in caught.value.problems] == messages


def test_short_representations(folder):
    """Text and HTML are short, name what matters, and are one line whatever the scenario holds."""
    scenario = load_scenario(folder / "base.yaml", {"title": "<b>" + "very long " * 100})
    assert len(repr(scenario)) < 300
    assert "\n" not in repr(scenario)
    base = load_scenario(folder / "base.yaml")
    assert repr(base) == "<Scenario base: The base; 2024-01-01 to 2025-01-01, 10 replications, seed 1>"
    assert "<b>" not in scenario._repr_html_()
    assert len(scenario._repr_html_()) < 1500


def test_set_that_is_no_yaml(folder):
    """A value that is no YAML is told in one line with what was typed."""
    (told,) = problems_of(folder / "base.yaml", "seed=[1, 2")
    assert told.startswith("--set seed=[1, 2:")
    assert "not valid YAML" in told


# YAML 1.2

TRAPS = {
    "no": "no",
    "yes": "yes",
    "on": "on",
    "off": "off",
    "y": "y",
    "NO": "NO",
    "12:30": "12:30",
    "1:30:00": "1:30:00",
    "1_000": "1_000",
    "012": 12,
    "1e3": 1000.0,
    "-1.5e-2": -0.015,
    "1.": 1.0,
    ".5": 0.5,
    "+3": 3,
    "2024-03-14": "2024-03-14",
    "2024-03-14T12:00:00Z": "2024-03-14T12:00:00Z",
    "true": True,
    "False": False,
    "null": None,
    "~": None,
    "": None,
    "'no'": "no",
    '"12"': "12",
    "=": "=",
}


@pytest.mark.parametrize(("text", "value"), TRAPS.items(), ids=repr)
def test_yaml_1_2(text, value):
    """Bare words mean what YAML 1.2's core schema says: `no` and `12:30` are words, `1e3` is a number."""
    read = plain(parse(f"value: {text}", "test"))["value"]
    assert read == value
    assert type(read) is type(value)


def test_infinity_and_nan():
    """`.inf` is a number (that settings then refuse)."""
    assert plain(parse("value: [.inf, -.inf]", "test")) == {"value": [float("inf"), float("-inf")]}


def test_words_that_yaml_1_1_would_spoil(folder):
    """Norway as a platform, a country or a stage keeps its name."""
    over = extended(folder, "arrivals: {cases: {platforms: {NO: 1, on: 2}, topics: {off: 1, 12:30: 2}}}\n")
    assert list(over.arrivals["cases"].platforms) == ["X", "TikTok", "NO", "on"]
    assert list(over.arrivals["cases"].topics) == ["off", "12:30"]


def test_byte_order_mark(folder):
    """A file that begins with a byte order mark, as Windows writes it, is read."""
    path = folder / "bom.yaml"
    path.write_text(BASE, encoding="utf-8-sig")
    assert load_scenario(path).name == "base"


def test_anchors_and_aliases(folder):
    """A value may be named and used again."""
    over = extended(folder, "staffing: {clerks: &pool {headcount: 4, casework_share: 1}, Case.Team: *pool}\n")
    assert over.staffing["Case.Team"] == over.staffing["clerks"]


def test_aliases_of_aliases_nested_too_deeply():
    """Lists that are only deep through aliases are refused too, rather than overflow Python's stack."""
    lists = [f"a{n}: &a{n} {'[' * 60}{f'*a{n - 1}' if n else '1'}{']' * 60}" for n in range(60)]
    with pytest.raises(UserError) as caught:
        parse("\n".join(lists), "test")
    assert {problem.message for problem in caught.value.problems} == {"is nested more than 100 levels deep"}


# where a mistake is


def test_marks_point_to_the_file_that_says_it(folder):
    """A mistake is told in the file and line that says it: the extension, its base or the procedure."""
    (folder / "base.yaml").write_text(BASE.replace("seed: 1", "seed: -1"), encoding="utf-8")
    queue = QUEUE.replace("days: 5", "days: -5")
    (folder / "procedures" / "queue.yaml").write_text(queue, encoding="utf-8")
    path = folder / "over.yaml"
    path.write_text("extends: base\nstaffing:\n  clerks: {casework_share: 2}\n", encoding="utf-8")
    assert problems_of(path) == [
        "base.yaml:7:7: seed: must be at least 0, not -1",
        "over.yaml:3:28: staffing.clerks.casework_share: must be at most 1, as a share of working time",
        "procedures/queue.yaml:9:48: procedure.stages.service.steps.reply.days: must be at least 0, not -5",
    ]


def test_cross_references_point_to_the_file_that_says_it(folder):
    """An extension without a role that the base's procedure needs: told where the procedure names it."""
    path = folder / "over.yaml"
    path.write_text("extends: base\nstaffing: {clerks: null}\n", encoding="utf-8")
    (told,) = problems_of(path)
    assert told == (
        "procedures/queue.yaml:8:32: procedure.stages.service.steps.work.fte.clerks: unknown role 'clerks'; "
        "known: Case.Team"
    )


def test_pending_cases_of_the_record_can_be_left_out(tmp_path):
    """The others stay as they are; a scenario built on it can take them in again; its own probes are its own."""
    shipped = load_scenario(SCENARIOS / "three-probes.yaml")
    fewer = load_scenario(SCENARIOS / "three-probes.yaml", {"in_flight.without": ["x-2023-12"]})
    assert fewer.probes == {name: probe for name, probe in shipped.probes.items() if name != "x-2023-12"}
    assert len(fewer.probes) == len(shipped.probes) - 1
    named = f"extends: {SCENARIOS / 'three-probes.yaml'}\nname: fewer\nin_flight: {{without: [x-2023-12]}}\n"
    (tmp_path / "fewer.yaml").write_text(named, encoding="utf-8")
    assert load_scenario(tmp_path / "fewer.yaml").probes == fewer.probes
    assert load_scenario(tmp_path / "fewer.yaml", {"in_flight.without": []}).probes == shipped.probes
    own = {
        "in_flight.without": ["x-2023-12"],
        "probes.x-2023-12": {"stage": "proceedings", "platform": "X", "arrives": date(2024, 6, 1)},
    }
    assert load_scenario(SCENARIOS / "three-probes.yaml", own).probes["x-2023-12"].since is None


# what is shipped


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios(path):
    """Every shipped scenario is valid, is named after its file, and says which question it asks."""
    scenario = load_scenario(path)
    assert scenario.name == path.stem
    assert scenario.title
    described = " ".join(scenario.description.split())
    assert "?" in f"{scenario.question} {described}"
    assert read_headings(path) == {"title": scenario.title, "question": scenario.question, "description": described}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_scenarios_written_and_read_again(path):
    """A scenario that is written to JSON and read again, as worker processes and stored runs do, is the same."""
    scenario = load_scenario(path)
    assert type(scenario).model_validate_json(scenario.model_dump_json()) == scenario
    assert type(scenario).model_validate(json.loads(json.dumps(scenario.model_dump(mode="json")))) == scenario


@pytest.mark.parametrize("path", PROCEDURES, ids=lambda path: path.stem)
def test_shipped_procedures(path):
    """Every shipped procedure is valid by itself, and is named after its file."""
    procedure = load_procedure(path)
    assert procedure.name == path.stem
    assert is_procedure(path)


# the JSON Schema


def as_editors_see(path):
    """A file as a JSON Schema checker sees it: dates are words."""
    return plain(parse(path.read_text(encoding="utf-8"), str(path)))


@pytest.mark.parametrize(
    ("name", "schema"), [("scenario", scenario_schema), ("procedure", procedure_schema)], ids=["scenario", "procedure"]
)
def test_committed_schema_is_the_commands(name, schema):
    """The committed schema is what `sim schema` prints, and is a schema."""
    committed = (SCENARIOS / f"{name}.schema.json").read_text(encoding="utf-8")
    assert committed == json.dumps(schema(), indent=1) + "\n"
    jsonschema.Draft202012Validator.check_schema(json.loads(committed))


@pytest.mark.parametrize("path", [*SHIPPED, SCENARIOS / "common" / "commission.yaml"], ids=lambda path: path.stem)
def test_scenarios_fit_their_schema(path):
    """Every committed scenario names the schema in its first line and validates against it."""
    if path.parent == SCENARIOS:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=scenario.schema.json"
        schema = scenario_schema()
    else:
        schema = {**scenario_schema(), "if": True}
    jsonschema.Draft202012Validator(schema).validate(as_editors_see(path))


@pytest.mark.parametrize("path", PROCEDURES, ids=lambda path: path.stem)
def test_procedures_fit_their_schema(path):
    """Every committed procedure names the schema in its first line and validates against it."""
    assert (
        path.read_text(encoding="utf-8").splitlines()[0] == "# yaml-language-server: $schema=../procedure.schema.json"
    )
    jsonschema.Draft202012Validator(procedure_schema()).validate(as_editors_see(path))


def groups(of=Settings):
    """All groups of settings that a file may have."""
    return [group for sub in of.__subclasses__() for group in (sub, *groups(sub))]


@pytest.mark.parametrize("group", groups(), ids=lambda group: group.__name__)
def test_every_setting_is_described(group):
    """Every setting says what it means, for the reference and for editors."""
    assert group.__doc__
    assert [name for name, field in group.model_fields.items() if not (field.description or "").strip()] == []


SPOILT = [
    lambda said: said.update(staf=said.pop("staffing")),
    lambda said: said["staffing"]["clerks"].update(headcont=3),
    lambda said: said["staffing"]["clerks"].update(between="cubic"),
    lambda said: said["staffing"]["clerks"].update(headcount="many"),
    lambda said: said.pop("horizon"),
    lambda said: said["arrivals"]["cases"].update(kind="poisson"),
    lambda said: said["arrivals"]["cases"].pop("kind"),
    lambda said: said["targets"][0].update(within_days=-3),
]


@pytest.mark.parametrize("spoil", SPOILT, ids=range(len(SPOILT)))
def test_schema_refuses_mistakes(spoil):
    """A misspelt, missing or impossible setting does not validate, so that an editor underlines it."""
    validator = jsonschema.Draft202012Validator(scenario_schema())
    said = plain(parse(BASE, "base"))
    validator.validate(said)
    spoil(said)
    assert not validator.is_valid(said)


SOURCES = {
    "all: assumption; why": True,
    "headcount: {basis: source, reason: why, url: https://example.eu}": True,
    "headcount: asumption; why": False,
    "headcount: assumption": False,
    "headcount: {basis: guess}": False,
    "headcount: {basis: law, url: example}": False,
}


@pytest.mark.parametrize(("written", "valid"), SOURCES.items(), ids=list(SOURCES))
def test_schema_checks_sources(written, valid):
    """Editors check the sources of any block."""
    data = plain(parse(BASE.replace("casework_share: 0.8", f"sources: {{{written}}}"), "base"))
    assert jsonschema.Draft202012Validator(scenario_schema()).is_valid(data) == valid


@pytest.mark.parametrize("text", ["staf: {clerks: {headcount: 3}}", "staffing: {clerks: {headcont: 3}}"])
def test_schema_refuses_mistakes_in_extensions(text):
    """An extension may leave out anything, but what it says must be spelt as a scenario spells it."""
    validator = jsonschema.Draft202012Validator(scenario_schema())
    validator.validate({"extends": "base.yaml"})
    assert not validator.is_valid({"extends": "base.yaml", **yaml.safe_load(text)})


@pytest.mark.parametrize("path", ["", ".", "staffing..clerks.headcount", "staffing.", '""', 'staffing."clerks', "*"])
def test_what_is_no_path(folder, path):
    """A path with an empty part, or with one quotation mark, sets nothing."""
    with pytest.raises(UserError):
        load_scenario(folder / "base.yaml", {path: 5})


def test_one_path_spelt_in_two_ways(folder):
    """The same setting cannot have two values; of several `--set` the last counts, however it is spelt."""
    twice = {"staffing.clerks.headcount": 5, 'staffing."clerks".headcount': 6}
    with pytest.raises(UserError, match="is set twice, also as"):
        load_scenario(folder / "base.yaml", twice)
    sets = [f"{path}={value}" for path, value in twice.items()]
    assert parse_settings(sets) == {'staffing."clerks".headcount': 6}


def test_one_set_is_one_value():
    """A line more in the value of `--set` would be lost."""
    with pytest.raises(UserError, match="must be one value"):
        parse_settings(["title=a\nseed: 3"])


def test_text_of_python_that_is_none(folder):
    """Halves of characters and control characters are refused in settings from Python, too."""
    for title in ("\ud800", "\x1b[31m"):
        with pytest.raises(UserError, match="which no text may hold"):
            load_scenario(folder / "base.yaml", {"title": title})
