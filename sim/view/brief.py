"""The answer that begins every surface: what is asked, the answer, one number, and what it is worth.

Terminal, report, site, dashboard and slides show the same brief; none of them has words of its own for it.

"""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from sim.errors import UserError
from sim.experiments.pairing import check_paired
from sim.inference.backtest import MODEL
from sim.inference.track_record import TrackRecord
from sim.record.model import Record
from sim.results.run import Run
from sim.scenario.parameters import count_by_basis, parameters
from sim.scenario.schema import Scenario
from sim.scenario.wording import short
from sim.view import words
from sim.view.answers import Number, alone
from sim.view.changes import compared
from sim.view.figures.comparison import distinct
from sim.view.titles import TITLES, cases_of
from sim.view.tracked import cases, ends, happened
from sim.view.verdicts import MIN_DIFFERENCE

AS_MUCH, MOST_NAMED = 0.5, 3
"""Parameters that matter at least half as much as the first are named with it, so many at most."""
RATES = "exponential"
"""The baseline that people know: events go on at the rates of the past."""


class Brief(NamedTuple):
    """What the first screen of every surface says; plain text, empty where there is nothing to say.

    `question`: the scenario's own. `answer`: a sentence. `numbers`: one, or one for each scenario that is compared with
    the first. `ends`: how cases end. `happened`: what the record knows of the time since the first day, beside what was
    simulated. `fared`: how kept forecasts fared. `assumptions`: what the numbers rest on. `not_compared`: why scenarios
    stand side by side without being compared. `cases`: a row for each tracked case in progress (see `cases`).
    """

    question: str
    answer: str
    numbers: tuple[Number, ...]
    ends: str
    happened: str
    fared: str
    assumptions: str
    not_compared: str
    cases: pd.DataFrame


def brief(runs: Sequence[Run], record: Record | None = None, track_record: TrackRecord | None = None) -> Brief:
    """The answer of runs, the first of which is the baseline of the others.

    `record`: the public record beside the first run. Of runs that cannot be paired the first alone is answered for, and
    `not_compared` says why.
    """
    runs = distinct(runs)
    base, *others = runs
    why = _not_paired(runs)
    answer, numbers = alone(base) if why or not others else compared(base, others)
    asked = next((run.scenario for run in others if _asks(run.scenario, base.scenario)), base.scenario)
    return Brief(
        question=question(base.scenario if why else asked),
        answer=answer,
        numbers=numbers,
        ends=ends(base, where=" in the first scenario" if others else ""),
        happened=happened(base, record),
        fared=fared(track_record) if track_record else "",
        assumptions=assumptions(base),
        not_compared=why,
        cases=cases(base, record),
    )


def question(scenario: Scenario) -> str:
    """What a scenario asks; what all of them ask if it has no question of its own."""
    return scenario.question or f"What becomes of the {cases_of(scenario)}, and when?"


def _asks(scenario: Scenario, base: Scenario) -> bool:
    """Whether a scenario has a question of its own, not the one of the scenario it extends."""
    return bool(scenario.question) and scenario.question != base.question


def _not_paired(runs: Sequence[Run]) -> str:
    """Why runs are not compared, in a sentence; empty if they can be."""
    try:
        check_paired([run.scenario for run in runs])
    except UserError as error:
        return f"The scenarios are shown one after the other, not compared: {error}."
    return ""


def fared(record: TrackRecord) -> str:
    """How kept forecasts fared, kind by kind, in sentences for those who do not know a score.

    What was expected and what came stand kind by kind, since errors of opposite sign would cancel in a sum.
    """
    model = record.table[record.table["forecaster"] == MODEL]
    if model.empty:
        return "No kept forecast can be scored yet."
    made = words.listing(words.month_of(day) for day in sorted({one.made for one in record.files if one.scored_on}))
    scored = max(one.scored_on for one in record.files if one.scored_on)
    counts: list[str] = []
    for milestone, rows in model.groupby("milestone", sort=False):
        title, score = TITLES[str(milestone)].lower(), _against_rates(record, str(milestone))
        came = f"{rows['probability'].sum():.0f} expected, {rows['truth'].notna().sum()} came"
        counts.append(f"{title}: {came} ({score}{'' if counts else ' than past rates'})")
    known = model[model["truth"].notna()]
    held = f"; {int(known['cover80'].sum())} of {len(known)} inside 80% ranges" if len(known) else ""
    return f"How past forecasts fared, {made} to {words.month_of(scored)}: {'; '.join(counts)}{held}."


def _against_rates(record: TrackRecord, milestone: str) -> str:
    """How close the forecasts of a milestone came beside constant rates, in a few words."""
    (row,) = record.scores_of(milestone).query("forecaster == @RATES").to_dict("records")
    if abs(row["gain"]) < MIN_DIFFERENCE:
        return "no closer"
    clearly = "clearly " if row["gain_ci_low"] > 0 or row["gain_ci_high"] < 0 else ""
    return f"{clearly}{'closer' if row['gain'] > 0 else 'further off'}"


def assumptions(run: Run) -> str:
    """What the numbers of a run rest on, in a sentence, from what uncertain ones are drawn, and which matter."""
    return f"{count_by_basis(parameters(run.scenario))}{_uncertain(run.scenario)}{_matter_most(run)}"


def _matter_most(run: Run) -> str:
    """The uncertain parameters on which the resolution of cases depends most, as a further sentence."""
    rows = run.table("resolution_weights")
    size = rows["weight"].abs()
    clear = (rows["ci_low"] > 0) | (rows["ci_high"] < 0)
    names = rows.loc[clear & (size >= size.max() * AS_MUCH), "parameter"].head(MOST_NAMED)
    titles = [words.quoted(short(run.scenario.uncertain[name].title or name)) for name in names]
    verb = "matters" if len(titles) == 1 else "matter"
    return f" {words.listing(titles)} {verb} most for when cases are resolved." if titles else ""


def _uncertain(scenario: Scenario) -> str:
    """How many parameters are uncertain, and how many of them a posterior gives, as a further sentence."""
    number, draws = len(scenario.uncertain), scenario.posterior
    if not number:
        return ""
    to = f" up to {words.date_of(draws.as_of)}" if draws and draws.as_of else ""
    fitted = f"{len(draws.columns)} of them fitted to the public record{to}" if draws else "within assumed ranges"
    return f" {words.plural(number, 'uncertain number')} {'is' if number == 1 else 'are'} varied, {fitted}."
