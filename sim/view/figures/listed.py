"""The tracked cases, which every replication has: which are shown, and what they are called."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.record.model import OUTCOMES, Record, items
from sim.results.run import Run
from sim.results.summary import HEADLINE
from sim.scenario.schema import Scenario
from sim.view import words
from sim.view.titles import OUTCOMES as OUTCOME_TITLES
from sim.view.titles import cases_of

BOUNDS = {"q10": "80% from", "q90": "80% to"}
"""What the bounds of the central 80% of simulations are called in the tables of figures."""
ALIKE = 0.05
"""Relative change of a number that counts as none."""


class Name(NamedTuple):
    """The name of a tracked case: the services concerned, and its strand; `whole` is both, unique in the scenario."""

    service: str
    strand: str
    whole: str


def names(run: Run) -> dict[str, Name]:
    """The names of all tracked cases by case; a case is called by its key where two would have the same name."""
    by_case = {case: _name(run, case) for case in run.layout.tracked}
    taken = [name.whole for name in by_case.values()]
    return {case: n if taken.count(n.whole) == 1 else n._replace(whole=case) for case, n in by_case.items()}


def _name(run: Run, case: str) -> Name:
    probe, _, strand = (case, "", "") if case in run.scenario.probes else case.rpartition("/")
    service = words.listing(items(run.scenario.probes[probe].platform)) or probe
    strand = strand.replace("-", " ")
    return Name(service, strand, f"{service}: {strand}" if strand else service)


def chosen(run: Run, cases: Sequence[str] | None) -> list[str]:
    """The cases asked for, or all open ones; without those of which nothing is known or still to come.

    Nothing is known of a probe that goes on as strands of other names in all replications, and nothing is to come of a
    case that is resolved on the first day.
    """
    wanted = run.layout.open_cases if cases is None else [case for case in cases if case in run.layout.tracked]
    return [
        case
        for case in wanted
        if np.isfinite(run.samples[f"resolution:{case}"].value)
        and run.layout.present_stage(case)[0] in run.layout.open_stages
    ]


def in_order(run: Run, record: Record | None, cases: Sequence[str] | None = None) -> list[str]:
    """The cases that `chosen` gives as they are listed: those of one service together, by their first opening.

    A case was opened when the `record` says so; one that it does not have, when it came to its present stage.
    """
    services = {case: name.service for case, name in names(run).items()}
    opened = {case: _opened(run, record, case) for case in chosen(run, cases)}
    first = {services[case]: day for case, day in sorted(opened.items(), key=lambda pair: pair[1], reverse=True)}
    return sorted(opened, key=lambda case: (first[services[case]], services[case], opened[case]))


def _opened(run: Run, record: Record | None, case: str) -> date:
    """When a case began, as far as that is known."""
    probe, since = run.scenario.probes[run.layout.probe_of(case)[0]], run.layout.present_stage(case)[1]
    return min([day for day, _ in recorded(run, record, case)] or [since or probe.arrives or run.scenario.start])


def of_cases(run: Run, table: str, cases: Sequence[str]) -> pd.DataFrame:
    """The rows of a table of a run that are of these cases, in their order."""
    rows = run.table(table)
    order = {case: number for number, case in enumerate(cases)}
    return rows[rows["case"].isin(cases)].sort_values("case", key=lambda c: c.map(order), kind="stable")


def at_horizon(run: Run) -> dict[str, dict[str, float]]:
    """How each tracked case stands at the horizon: the share of replications by state, as in the table 'endings'."""
    table = run.table("endings")
    rows = table[table["date"] == run.scenario.horizon].groupby("case", sort=False)
    return {str(case): dict(zip(mine["state"], mine["value"], strict=True)) for case, mine in rows}


def place_titles(run: Run) -> dict[str, str]:
    """The titles of all stages and exits in the procedure's order."""
    procedure = run.scenario.procedure
    return {name: stage.title for name, stage in procedure.stages.items()} | procedure.exits


def milestones_asked_for(scenario: Scenario) -> list[str]:
    """The milestones that the scenario's targets are of, each once."""
    return list(dict.fromkeys(target.milestone for target in scenario.targets))


def milestone(run: Run, place: str) -> str:
    """What getting to a stage or exit is called."""
    procedure = run.scenario.procedure
    stage = procedure.stages.get(place)
    return procedure.exits[place] if stage is None else stage.milestone or stage.title


def as_shown(table: pd.DataFrame, names: Mapping[str, str], digits: int = 1) -> pd.DataFrame:
    """A table as readers get it: the columns that are named, so called and in this order, with few digits."""
    table = table[list(names)].reset_index(drop=True)
    numbers = table.select_dtypes("number").columns
    return table.round(dict.fromkeys(numbers, digits)).rename(columns=dict(names))


def subject(run: Run) -> str:
    """What the cases are called that the headline is of, to begin a sentence."""
    title = cases_of(run.scenario)
    return title[0].upper() + title[1:]


def change(before: float, after: float) -> str:
    """How a number of people or cases changes, as it is printed: 'grows from 3 to 5'."""
    old, new = words.whole(before), words.whole(after)
    if old == new or (before and abs(after / before - 1) < ALIKE):
        return f"stays at {'' if old == new else 'about '}{new}"
    return f"{'grows' if after > before else 'falls'} from {old} to {new}"


def headline_change(run: Run) -> str:
    """How the number of headline cases changes on average until the horizon, with the middle 80% of simulations."""
    table = run.table("backlog")
    first, last = (table[table["series"] == HEADLINE].iloc[row] for row in (0, -1))
    low, high = words.whole(last["q10"]), words.whole(last["q90"])
    between = f" (middle 80%: {low} to {high})" if low != high else ""
    return f"the number of {cases_of(run.scenario)} in progress {change(first['mean'], last['mean'])}{between}"


def known_until(run: Run, record: Record | None) -> date | None:
    """Up to which day a record knows more than the first day did, at most to the horizon; None if it does not."""
    if record is None or not (record.until or record.acts) or record.last_day <= run.scenario.start:
        return None
    return min(record.last_day, run.scenario.horizon)


def recorded(run: Run, record: Record | None, case: str) -> list[tuple[date, str]]:
    """The milestones of a strand in the record, by the stage or exit of the procedure that they begin."""
    stage_of = {s.record_event: name for name, s in run.scenario.procedure.stages.items() if s.record_event}
    milestones = []
    for strand in record.strands if record else ():
        if f"{strand.proceeding}/{strand.strand}" != case:
            continue
        days = {"proceedings_opened": strand.opened, "preliminary_findings": strand.preliminary_findings}
        if strand.outcome:
            days[OUTCOMES[strand.outcome]] = strand.outcome_date
        milestones += [(day, stage_of.get(event, event)) for event, day in days.items() if day]
    return sorted((day, place) for day, place in milestones if place in {*run.layout.states, *OUTCOME_TITLES})
