"""Key findings and answers are computed, and nothing is said that the runs do not bear."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from sim import simulate
from sim.view import changes, words
from sim.view.figures.timelines import timelines
from sim.view.findings import clearing, findings, findings_of_comparison
from sim.view.questions import answers


@pytest.fixture(scope="module")
def more_run(small_run):
    """The small authority with ten times the handlers from the first day."""
    handlers = small_run.scenario.staffing["handlers"].model_copy(
        update={"headcount": {small_run.scenario.start: 50.0}}
    )
    staffing = {**small_run.scenario.staffing, "handlers": handlers}
    scenario = small_run.scenario.model_copy(update={"name": "many", "title": "Many handlers", "staffing": staffing})
    return simulate(scenario)


def test_caseload_has_the_numbers_of_the_backlog(small_run):
    """The first sentence has the headline cases of the first month and the last with their interval."""
    rows = small_run.table("backlog")
    end = rows[rows["series"] == "headline"].iloc[-1]
    first = findings(small_run)[0]
    assert first.startswith("Proceedings by strand in progress: 3 in January 2024,")
    assert f"{words.whole(end['mean'])} in January 2026 on average ({end['q10']:.0f} to {end['q90']:.0f}" in first


def test_every_finding_has_a_number_and_there_are_few(small_run):
    """Five to eight sentences, each with a number and a full stop."""
    said = findings(small_run)
    assert 5 <= len(said) <= 8
    assert all(re.search(r"\d", sentence) and sentence.endswith(".") for sentence in said)
    assert not any("nan" in sentence or "inf" in sentence.split() for sentence in said)


def test_a_queue_has_no_probes_targets_or_parameters(bare_run):
    """Nothing is said of what a run does not have."""
    said = " ".join(findings(bare_run))
    for word in ("tracked", "Targets", "uncertainty", "milestone", "backlog"):
        assert word not in said
    assert "in progress" in said


@pytest.mark.parametrize(("rate", "said"), [(0.9, "fewer than"), (1.1, "more than"), (1.001, "as many as")])
def test_clearance_in_words(rate, said):
    """Below one fewer are resolved than come in, above it more."""
    assert clearing(rate) == f"{said} come in"


def test_what_more_staff_buys(small_run, more_run):
    """The staff, and the significant differences with their intervals."""
    said = findings_of_comparison([small_run, more_run])
    assert said[0].startswith("Many handlers (+44 full-time staff on average): delay due to staffing per case")
    assert re.search(r"days less \(\d", said[0])


def test_nothing_changes_is_said_plainly(small_run):
    """A scenario that differs by its name only."""
    twin = simulate(small_run.scenario.model_copy(update={"name": "twin", "title": "A twin"}))
    (said,) = findings_of_comparison([small_run, twin])
    assert said.startswith("A twin: nothing changes in any simulation")


def test_differences_are_told_both_ways_by_one_rule(small_run):
    """Days of at least a week, the largest first, whether better or worse; nothing of requests; a sentence of both."""
    days = {"findings": 9.0, "proceedings": -30.0, "rfi": -40.0}
    rows = pd.DataFrame(
        [(f"stage_days:{stage}", "days", 100.0, much) for stage, much in days.items()]
        + [
            ("delay_per_case", "days", 50.0, 6.9),
            ("resolved", "a year", 20.0, -0.4),
            ("utilisation:legal", "", 0.5, 0.2),
        ],
        columns=["indicator", "unit", "base", "difference"],
    )
    assert list(changes.to_tell(small_run, rows)["indicator"]) == ["stage_days:proceedings", "stage_days:findings"]
    both = changes.both_ways(small_run, rows)
    ways = "faster in Formal proceedings (30 days) but slower in Preliminary findings (9 days)."
    assert both == f"By the median, cases are {ways}"
    assert not changes.both_ways(small_run, rows.iloc[1:])
    assert not changes.both_ways(small_run, rows.iloc[:0])


def test_what_comes_next_agrees_with_the_timelines(small_run):
    """The resolution or milestone that is expected first, with the dates of the figure."""
    (said,) = [sentence for sentence in findings(small_run) if sentence.startswith("What is likely to come next")]
    table = timelines(small_run).table
    ends = [words.month_of(day) for day in table.loc[table["what"] == "forecast", "date"].dropna()]
    assert any(f" by {month} (" in said for month in ends)


def test_the_platforms_of_the_question_come_first_in_the_answer(small_run):
    """Whatever their chances are, in the order of the question."""
    said = answer_to("How likely is a decision on Agora, Babel and Corso by a given date?", small_run)
    named = re.findall("Agora|Babel|Corso|Dora", said.partition("“")[0])
    assert named[0] == "Agora"
    assert list(dict.fromkeys(named)) == sorted(set(named))


def test_answers_of_one_run(small_run, bare_run):
    """A run by itself answers what it can; a queue without probes, holds and targets much less."""
    asked = [answer.question for answer in answers([small_run])]
    assert any(question.startswith("Would a target such as “") for question in asked)
    assert "How much of the delay is due to holds outside the team, and how much to capacity?" in asked
    assert "How likely is a decision on Agora, Babel and Corso by a given date?" in asked
    assert "What does a decision cost in person-years and euros?" in asked
    assert not any("full-time staff go" in question for question in asked)
    plain = [answer.question for answer in answers([bare_run])]
    assert not any("How likely is a decision" in question or "holds outside" in question for question in plain)
    assert not any("fee" in question or "finding" in question or "Deterrence" in question for question in plain)


def answer_to(question, run):
    """The answer of a run to a question."""
    return next(answer.answer for answer in answers([run]) if answer.question == question)


def test_euros_are_the_people_times_their_price(small_run):
    """7 people at EUR 100,000 are EUR 0.70 million a year; without a price the question is not of euros."""
    known = small_run.summary().set_index("indicator")["value"]
    fee = answer_to("Does the supervisory fee cover the workload?", small_run)
    assert fee.startswith("Yes, for these roles: their 7.0 full-time staff cost EUR 0.70 million a year, 35%")
    assert f"the work on cases alone costs EUR {words.number(known['fte'] / 10)} million" in fee
    cost = answer_to("What does a decision cost in person-years and euros?", small_run)
    years = known["fte_years_per:decision"]
    assert cost.startswith(f"{words.number(years)} person-years")
    assert f"At EUR 100,000 per person-year that is EUR {words.number(years / 10)} million" in cost
    unpriced = replace(small_run, scenario=small_run.scenario.model_copy(update={"costs": None}))
    assert "euro" not in answer_to("What does a decision cost in person-years?", unpriced)
    assert not [one for one in answers([unpriced]) if "fee" in one.question]


def test_a_fee_that_does_not_cover_the_staff_is_told(small_run):
    """EUR 0.5 million for people who cost 0.7."""
    costs = small_run.scenario.costs.model_copy(update={"fee_eur_m": 0.5})
    poor = replace(small_run, scenario=small_run.scenario.model_copy(update={"costs": costs}))
    fee = answer_to("Does the supervisory fee cover the workload?", poor)
    assert fee.startswith("No, ")
    assert "140% of a fee of EUR 0.50 million" in fee


def test_effort_without_a_finding_is_the_indicator(small_run):
    """What is closed counts, what ends in a decision or commitments does not."""
    table = small_run.table("effort_by_ending")
    share = table.loc[table["target"] == "closed", "share"].sum()
    said = answer_to("How much effort goes into cases that end without a finding?", small_run)
    assert f"{words.share(share)} goes into cases that are closed without one" in said
    assert 0 < share < 1


def test_deterrence_is_a_product(small_run):
    """The probability of a fine times its size is what a case brings on average."""
    said = answer_to("Deterrence: how likely is a fine, how large and how soon?", small_run)
    [(chance, size, product)] = re.findall(
        r"(\d+)% end with a fine .* average EUR ([\d.]+) million \(.* to .* in eight of ten"
        r" simulations\), or EUR ([\d.]+) million \(.* to .*\) spread over all",
        said,
    )
    assert float(product) == pytest.approx(float(chance) / 100 * float(size), rel=0.03)


def test_answers_of_a_comparison(small_run, more_run):
    """More staff answers what happens to duration, in the staff's own numbers."""
    found = {answer.question: answer for answer in answers([small_run, more_run])}
    answer = found["What happens to case duration if full-time staff go from 7.0 to 51?"]
    assert re.search(
        "Many handlers: the . tracked .*. Over all proceedings by strand: delay due to staffing per case", answer.answer
    )
    assert answer.figure == "differences"
    (target,) = [answer for question, answer in found.items() if question.startswith("Would a target such as")]
    assert "51 full-time staff" in target.answer


def test_runs_that_cannot_be_paired_still_answer_alone(small_run, bare_run):
    """Another seed: no differences, and no error."""
    assert answers([small_run, bare_run])[:1] == answers([small_run])[:1]
