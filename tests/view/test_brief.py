"""The answer that begins every surface: true to the tables of a run, never causal about what cannot be paired."""

from dataclasses import replace
from datetime import date
from math import inf

import numpy as np
import pytest
from small_scenarios import SMALL

from sim import load_record, simulate
from sim.errors import UserError
from sim.inference.track_record import score
from sim.scenario.loading import load_scenario
from sim.view import words
from sim.view.brief import brief, question
from sim.view.tracked import cases, happened, resolved_by


def scenario(folder, text, **settings):
    path = folder / "one.yaml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path).model_copy(update=settings)


def test_a_scenario_without_a_question_is_given_one(small_run):
    assert brief([small_run]).question == "What becomes of the proceedings by strand, and when?"
    asked = small_run.scenario.model_copy(update={"question": "When?"})
    assert question(asked) == "When?"


def test_probes_are_answered_for_by_name_and_number(small_run):
    """The median month of each probe's first outcome, and how many of its cases are resolved by the horizon."""
    probes = small_run.table("probes").set_index("probe")
    answer, (number,) = brief([small_run])[1:3]
    assert f"{words.month(small_run.scenario, probes['first']['agora-2023-06'])} for Agora" in answer
    mean = resolved_by(small_run, small_run.scenario.horizon_days).mean()
    assert number.value == f"{mean:.0f} of 5"


def test_the_first_and_last_strand_of_a_probe(small_run):
    """First and last are read off single replications, not from the medians of strands."""
    row = small_run.table("probes").set_index("probe").loc["agora-2023-06"]
    times = np.array(
        [small_run.first_reached(f"agora-2023-06/{s}", small_run.layout.resolving) for s in ("minors", "adverts")]
    )
    assert row["cases"] == 2
    assert row["first"] == np.sort(times.min(axis=0))[19]
    assert row["last"] == np.sort(times.max(axis=0))[19]
    assert row["all_resolved"] == np.isfinite(times.max(axis=0)).mean()


def test_every_kind_of_answer(small_run, bare_run):
    """A scenario says which number answers its question; without tracked cases it is the caseload."""
    by = {
        kind: brief([replace(small_run, scenario=small_run.scenario.model_copy(update={"answer": kind}))])
        for kind in ("targets", "caseload", "work")
    }
    met = small_run.table("targets")["met"].iloc[0]
    assert by["targets"].numbers[0].value == words.share(met)
    assert by["caseload"].numbers[0].value == words.whole(small_run.samples["pending_end"].value)
    assert by["work"].numbers[0].value == words.count(small_run.samples["fte"].value)
    assert "Cases in progress: 0 in January 2024" in brief([bare_run]).answer


def test_targets_need_targets(tmp_path):
    text = SMALL[: SMALL.index("targets:")]
    with pytest.raises(UserError, match="no targets to answer the question"):
        scenario(tmp_path, f"{text}answer: targets\n")


def test_a_change_is_answered_in_days_with_its_interval(small_run, tmp_path):
    """More staff: how many days earlier, from paired differences; the title of the other scenario begins the clause."""
    more = SMALL.replace("{2023-01-01: 5, 2025-01-01: 7}", "20").replace("headcount: 1}", "headcount: 4}")
    other = simulate(scenario(tmp_path, more, name="more", title="Four times the staff"))
    found = brief([small_run, other])
    tracked = list(cases(small_run)["case"])
    apart = [
        other.samples[f"resolution:{c}"].by_replication - small_run.samples[f"resolution:{c}"].by_replication
        for c in tracked
    ]
    assert f"{abs(np.mean(apart)):.0f} days earlier" in found.answer
    assert found.answer.startswith("Four times the staff (+")
    assert found.numbers[0].value.endswith("days earlier")
    assert not found.not_compared


def test_what_changes_nothing_is_said_to(small_run, tmp_path):
    found = brief([small_run, simulate(scenario(tmp_path, SMALL, name="same", title="The same"))])
    assert "on the same days" in found.answer
    assert found.numbers[0].value == "0 days"


@pytest.mark.parametrize("change", [{"start": date(2024, 2, 1)}, {"horizon": date(2025, 6, 1)}, {"seed": 8}])
def test_no_causal_sentence_about_runs_that_cannot_be_paired(small_run, tmp_path, change):
    """They are shown one after the other with the reason; the answer is the first scenario's alone."""
    text = SMALL.replace("arrives: 2024-03-01", "arrives: 2024-05-01")
    other = simulate(scenario(tmp_path, text, name="other", title="Another", **change))
    found = brief([small_run, other])
    assert found.not_compared.startswith("The scenarios are shown one after the other")
    assert found.answer == brief([small_run]).answer
    assert "Another" not in found.answer


def test_what_happened_stands_beside_what_was_simulated():
    """Strands of the record that are resolved after the first day are counted by outcome; those before are not."""
    run = simulate("scenarios/three-probes.yaml", replications=20)
    record = load_record("scenarios/record")
    said = happened(run, record)
    assert "by 8 October 2026, 4 of the 8 had been resolved" in said
    assert "binding commitments: 2" in said
    unknown = happened(run, record.known_on(date(2024, 3, 14)))
    assert unknown.startswith("The public record used here ends on 14 March 2024")
    rows = cases(run, record).set_index("case")["happened"]
    assert rows["x-2023-12/transparency"] == ("preliminary findings, July 2024; non-compliance decision, December 2025")
    assert rows["x-2023-12/illegal-content"] == ""


def test_how_forecasts_fared_is_said_in_plain_words():
    run = simulate("scenarios/three-probes.yaml", replications=4)
    said = brief([run], track_record=score("scenarios/forecasts")).fared
    assert said.startswith("How past forecasts fared, December 2025 to October 2026: preliminary findings: 5 expected,")
    assert "closure: 5 expected, 2 came (clearly further off)" in said
    assert said.endswith("; 9 of 10 inside 80% ranges.")
    assert "CRPS" not in said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.27, "about 1 in 4 (27%)"),
        (0.02, "less than 1 in 10 (2%)"),
        (0.004, "less than 1 in 10 (<1%)"),
        (0.97, "more than 9 in 10 (97%)"),
        (0.62, "about 3 in 5 (62%)"),
    ],
)
def test_chances_in_words(value, said):
    assert words.chance(value) == said


def test_months_and_whole_cases(small_run):
    assert words.month(small_run.scenario, 31.0) == "February 2024"
    assert words.month(small_run.scenario, inf) == "after January 2026"
    assert [words.whole(value) for value in (0.0, 0.3, 0.6, 11.6)] == ["0", "fewer than 1", "1", "12"]
