"""What policy researchers ask, in their words, as far as the runs at hand can answer it, with computed answers."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pandas as pd

from sim import indicators
from sim.comparison import compare
from sim.dates import YEAR_DAYS, date_after
from sim.errors import UserError
from sim.measures import estimates
from sim.record import items
from sim.run import Run
from sim.scenario.schema import RandomArrivals, RandomWaves, Scenario
from sim.sweeps import fte_of
from sim.view import words
from sim.view.findings import (
    FEW_FTE,
    SPREAD,
    chances,
    changes,
    clearing,
    common_cases,
    days_of_cases,
    fte,
    late_stages,
    staff_share,
    where_days_go,
)
from sim.view.pictures import listed, staffing
from sim.view.pictures.comparison import distinct
from sim.view.pictures.durations import shares_of_days
from sim.view.pictures.gallery import milestones_asked_for

MOST = 8
"""Cases named in an answer."""


class Answer(NamedTuple):
    """A question, the answer computed from the runs, and the name of the picture that shows it."""

    question: str
    answer: str
    picture: str


def answers(runs: Sequence[Run]) -> list[Answer]:
    """The questions that these runs can answer: of the first one by itself, of the others compared with it."""
    runs = distinct(runs)
    found = [*(answer for ask in _OF_ONE for answer in ask(runs[0])), *_deadline(runs)]
    try:
        table = compare(runs) if len(runs) > 1 else pd.DataFrame()
    except UserError:
        return found  # runs that cannot be paired have no differences
    for run in runs[1:]:
        mine = table[table["scenario"] == run.scenario.name].set_index("indicator")
        found += [answer for ask in _OF_TWO for answer in ask(run, runs[0], mine)]
    return found


def _title(run: Run) -> str:
    return run.scenario.title or run.scenario.name


def _chance_of_resolution(run: Run) -> Iterator[Answer]:
    cases = listed.chosen(run, None)
    if not cases:
        return
    within = min(YEAR_DAYS, run.scenario.horizon_days)
    services = dict.fromkeys(
        service for case in cases for service in items(run.scenario.probes[_probe(run, case)].platform)
    )
    ends = [place for place in milestones_asked_for(run.scenario) if place in run.summary.layout.resolving]
    acts = [f" {words.quoted(listed.milestone(run, place))}: {_named(chances(run, within, place))}." for place in ends]
    yield Answer(
        f"Probability of a decision on {words.listing(list(services)[:3])} by a date?",
        f"By {date_after(run.scenario.start, within)} resolved, by whichever outcome:"
        f" {_named(chances(run, within))}.{''.join(acts)}",
        f"probabilities-{ends[0]}" if ends else "probabilities",
    )


def _named(chances_of_cases: Sequence[tuple[str, float]]) -> str:
    said = [f"{name} {words.share(chance)}" for name, chance in chances_of_cases]
    rest = f"; {len(said) - MOST} more are in the figure" if len(said) > MOST else ""
    return f"{words.listing(said[:MOST])}{rest}"


def _probe(run: Run, case: str) -> str:
    return case if case in run.scenario.probes else case.rpartition("/")[0]


def _why_so_long(run: Run) -> Iterator[Answer]:
    said = where_days_go(run)
    if not said:
        return
    yield Answer(
        "Why do proceedings take so long: work, waiting for staff, the party's time, holds?",
        f"{said}.",
        "where-days-go",
    )
    stages = late_stages(run)
    shares, (low, high) = shares_of_days(run, stages), staff_share(run, stages)
    where = run.scenario.procedure.stages[stages[0]].title
    if shares["hold"] > 0:
        yield Answer(
            "How much of the delay is a hold outside the team, and how much is capacity?",
            f"Holds take {words.share(shares['hold'])} of the days from {where} on, waiting for staff"
            f" {words.share(shares['staff'])} ({words.share(low)} to {words.share(high)} {SPREAD}).",
            "where-days-go",
        )


def _bottleneck(run: Run) -> Iterator[Answer]:
    """Of the busiest role, in the last stage before cases are resolved."""
    stage = run.summary.layout.open_stages[-1]
    delays, titles = staffing.delays(run, stage), staffing.short_titles(run)
    busy = indicators.utilisation(run).sort_values("mean", ascending=False)
    if delays.empty or len(busy) < 2:
        return
    asked, worst = busy.iloc[0], delays.sort_values("days", ascending=False).iloc[0]
    share = float(delays.loc[delays["role"] == asked["role"], "share"].sum())
    other = "" if worst["role"] == asked["role"] else (
        f"; most of it is for {titles[worst['role']]}, {words.share(worst['share'])}"
    )  # fmt: skip
    yield Answer(
        f"Is {titles[asked['role']]} the bottleneck when it comes to concluding?",
        f"{'No' if other else 'Yes'}: in {run.scenario.procedure.stages[stage].title} {words.share(share)} of the"
        f" waiting for staff is for {titles[asked['role']]}{other}. {titles[asked['role']]} is at"
        f" {words.share(asked['mean'])} of its possible work ({words.share(asked['low'])} to"
        f" {words.share(asked['high'])} {SPREAD}).",
        "delay-by-role",
    )


def _cost(run: Run) -> Iterator[Answer]:
    """Of the stages that set a fine, which are the decisions."""
    known = {row["indicator"]: row for row in estimates(run).to_dict("records")}
    for name, stage in run.scenario.procedure.stages.items():
        row = known.get(f"fte_years_per:{name}")
        if row and stage.fine:
            yield Answer(
                "What does a decision cost in FTE-years?",
                f"{words.number(row['value'])} FTE-years of all work on cases ({words.number(row['low'])} to"
                f" {words.number(row['high'])}) stand behind each {words.quoted(stage.title)}, what ends without one"
                " included. The scenario says no price of an FTE, so that there is no answer in euros.",
                "utilisation",
            )


def _deadline(runs: Sequence[Run]) -> Iterator[Answer]:
    said: list[str] = []
    told: list[float] = []
    for run in runs:
        people = fte_of(run.scenario)
        if any(abs(people - other) < FEW_FTE for other in told):
            continue  # the same staff again
        told.append(people)
        rows = [row for row in indicators.targets(run).to_dict("records") if row["cases"] > 0]
        met = [f"{words.quoted(row['title'])} is met by {words.share(row['met'])} of the cases" for row in rows]
        if met:
            said.append(f"{_title(run)}, with {words.count(people)} FTE on average: {words.listing(met)}.")
    if said:
        yield Answer("Would a statutory deadline be met, and with which staff?", " ".join(said), "backlog")


def _clearance(run: Run) -> Iterator[Answer]:
    flow, backlog = indicators.throughput(run).iloc[0], indicators.backlog(run)
    if not flow["incoming"]:
        return
    age = backlog["age"].dropna()
    old = (
        f" The pending cases are {words.count(age.iloc[0])} days old on average at first and"
        f" {words.count(age.iloc[-1])} at the end."
        if len(age)
        else ""
    )
    yield Answer(
        "Clearance rate, disposition time, age of the pending: where is it going?",
        f"Clearance rate {words.share(flow['clearance_rate'])}: {clearing(flow['clearance_rate'])} are resolved, and"
        f" to resolve what is pending at the horizon would take {words.count(flow['disposition_time'])} days at the"
        f" pace so far.{old}",
        "backlog",
    )


_OF_ONE: tuple[Callable[[Run], Iterator[Answer]], ...] = (
    _chance_of_resolution, _why_so_long, _bottleneck, _clearance, _cost,
)  # fmt: skip


def _more_staff(run: Run, base: Run, rows: pd.DataFrame) -> Iterator[Answer]:
    people = fte_of(run.scenario) - fte_of(base.scenario)
    if abs(people) < FEW_FTE:
        return
    before, after = words.count(fte_of(base.scenario)), words.count(fte_of(run.scenario))
    days = words.listing(changes(rows, ("delay_per_case", "disposition_time", "days_to_resolution")))
    yield Answer(
        f"What happens to case duration if staff goes from {before} to {after} FTE?",
        f"{_title(run)}: {days}.{_pending(run, base)}",
        "differences",
    )
    yield Answer(
        "Do more people make cases faster, or only allow more at once?",
        f"{_title(run)}{fte(run.scenario, base.scenario)}. On speed: {days}. On how many:"
        f" {words.listing(changes(rows, ('resolved', 'pending_mean', 'pending_end')))}.",
        "differences",
    )


def _pending(run: Run, base: Run) -> str:
    cases = common_cases(run, base)
    if not cases:
        return ""
    said = days_of_cases(run, base, cases)
    return f" {said[0].upper()}{said[1:]}."


def _more_probes(run: Run, base: Run, rows: pd.DataFrame) -> Iterator[Answer]:
    more = [name for name in run.scenario.probes if name not in base.scenario.probes]
    if not more:
        return
    yield Answer(
        "How many concurrent probes can the team run?",
        f"No one number is the limit: what counts is what more of them cost the others. With {len(more)} more:"
        f" {words.listing(changes(rows, ('delay_per_case', 'disposition_time')))}.{_pending(run, base)}",
        "differences",
    )


def _mass_request(run: Run, base: Run, rows: pd.DataFrame) -> Iterator[Answer]:
    more = [name for name in _waves(run.scenario) if name not in _waves(base.scenario)]
    if not more:
        return
    yield Answer(
        "What does a mass RFI cost the open cases?",
        f"{_title(run)}: {words.listing(changes(rows, ('delay_per_case',)))}.{_pending(run, base)}",
        "differences",
    )


def _waves(scenario: Scenario) -> list[str]:
    return [n for n, stream in scenario.arrivals.items() if not isinstance(stream, RandomArrivals | RandomWaves)]


def _limit(run: Run, base: Run, rows: pd.DataFrame) -> Iterator[Answer]:
    if _limits(run.scenario) == _limits(base.scenario):
        return
    labels = ("delay_per_case", "disposition_time", "pending_end", "resolved")
    yield Answer(
        "Open many or finish few?",
        f"{_title(run)}: {words.listing(changes(rows, labels))}.{_pending(run, base)}",
        "differences",
    )


def _limits(scenario: Scenario) -> dict[str, Any]:
    return {name: stage.limit for name, stage in scenario.procedure.stages.items() if stage.limit}


_OF_TWO: tuple[Callable[[Run, Run, pd.DataFrame], Iterator[Answer]], ...] = (
    _more_staff, _more_probes, _mass_request, _limit,
)  # fmt: skip
