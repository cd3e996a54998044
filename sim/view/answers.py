"""The answer of one scenario: a sentence and a number, for each kind of question."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.dates import YEAR_DAYS, date_after
from sim.record.model import items
from sim.results.run import Run
from sim.results.summary import HEADLINE
from sim.scenario.schema import Scenario
from sim.view import words
from sim.view.figures import listed
from sim.view.titles import cases_of
from sim.view.tracked import SPREAD, central, resolved_by

MOST_PROBES = 3
"""With more probes than this their strands are counted, not named."""
TRACKED, TARGETS, CASELOAD, WORK = "tracked", "targets", "caseload", "work"


class Number(NamedTuple):
    """A number that is shown large, as text, and what it is."""

    value: str
    meaning: str


def kind_of_answer(scenario: Scenario, tracked: bool) -> str:
    """Which number answers a scenario's question: what it says, or tracked cases if there are any, or the caseload."""
    return scenario.answer or (TRACKED if tracked else CASELOAD)


def alone(run: Run) -> tuple[str, tuple[Number, ...]]:
    """The answer of one scenario, and its number."""
    if not run.has_cases:
        return words.no_cases(run), ()
    by = kind_of_answer(run.scenario, bool(listed.chosen(run, None)))
    if by == TRACKED and not listed.chosen(run, None):
        by = CASELOAD
    return {TRACKED: _tracked, TARGETS: _targets, CASELOAD: caseload, WORK: _work}[by](run)


def _tracked(run: Run) -> tuple[str, tuple[Number, ...]]:
    """When tracked cases are resolved: by probe if there are few, by how many if there are many."""
    scenario, number = run.scenario, len(listed.chosen(run, None))
    horizon = words.month_of(scenario.horizon)
    within = min(YEAR_DAYS, scenario.horizon_days)
    done, at_end = resolved_by(run, within), resolved_by(run, scenario.horizon_days)
    low, high = central(at_end)
    value, meaning = f"{at_end.mean():,.0f} of {number}", f"{cases_of(scenario)} resolved by {horizon} on average"
    spread = f"({words.whole(low)} to {words.whole(high)} {SPREAD})"
    probes = run.table("probes")
    if len(probes) and len(probes) <= MOST_PROBES:
        return f"{_by_probe(run, probes)}.", (Number(value, f"{meaning} {spread}"),)
    soon = words.month_of(date_after(scenario.start, within))
    return (
        f"Of the {number} {cases_of(scenario)}, about {words.whole(float(done.mean()))} are resolved by {soon} and"
        f" {words.whole(float(at_end.mean()))} by {horizon} {spread}.",
        (Number(value, meaning),),
    )


def _by_probe(run: Run, probes: pd.DataFrame) -> str:
    """When each probe has its first outcome, and its last, in a sentence without its full stop."""
    scenario = run.scenario
    rows = probes.to_dict("records")
    names = [words.listing(items(scenario.probes[row["probe"]].platform)) or row["probe"] for row in rows]
    first = [f"{_by(words.month(scenario, row['first']))} for {name}" for name, row in zip(names, rows, strict=True)]
    said = f"As likely as not, a first outcome comes {words.listing(first)}"
    if all(row["cases"] == 1 for row in rows):
        return said.replace("a first outcome", "the outcome", 1)
    last = {name: row["last"] for name, row in zip(names, rows, strict=True) if row["cases"] > 1}
    if not any(map(np.isfinite, last.values())):
        chances = [f"{words.share(row['all_resolved'])} for {name}" for name, row in zip(names, rows, strict=True)]
        by = words.month_of(scenario.horizon)
        return f"{said}; the chance that all strands are resolved by {by} is {words.listing(chances)}"
    ends = [f"{_by(words.month(scenario, time))} for {name}" for name, time in last.items()]
    return f"{said}; the last {words.listing(ends)}"


def _by(month: str) -> str:
    return month if month.startswith("after") else f"by {month}"


def _targets(run: Run) -> tuple[str, tuple[Number, ...]]:
    """How often targets are met."""
    rows = [row for row in run.table("targets").to_dict("records") if row["met"] >= 0]
    if not rows:
        return "Too few cases are observed for long enough to say how often the targets are met.", ()
    parts = [f"{words.quoted(row['title'])} is met in {words.share(row['met'])}" for row in rows]
    shown = Number(words.share(rows[0]["met"]), f"of cases meet {words.quoted(rows[0]['title'])}")
    return f"{words.listing(parts)} of the cases to which it applies.", (shown,)


def caseload(run: Run) -> tuple[str, tuple[Number, ...]]:
    """How the number of cases in progress changes."""
    table = run.table("backlog")
    first, last = (table[table["series"] == HEADLINE].iloc[row] for row in (0, -1))
    horizon, start = (words.month_of(day) for day in (run.scenario.horizon, run.scenario.start))
    low, high = words.whole(last["q10"]), words.whole(last["q90"])
    return (
        f"{words.sentence(cases_of(run.scenario))} in progress: {words.whole(first['mean'])} in {start},"
        f" {words.whole(last['mean'])} in {horizon} on average ({low} to {high} {SPREAD}).",
        (Number(words.whole(last["mean"]), f"{cases_of(run.scenario)} in progress in {horizon}"),),
    )


def _work(run: Run) -> tuple[str, tuple[Number, ...]]:
    """How many people work on cases."""
    low, high = central(run.samples["fte"].singles)
    people = words.count(run.samples["fte"].value)
    return (
        f"Work on cases takes {people} full-time staff on average ({words.count(low)} to {words.count(high)}"
        f" {SPREAD}).",
        (Number(people, "full-time staff at work on cases, on average"),),
    )
