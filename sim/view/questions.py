"""What policy researchers ask, in their words, as far as the runs at hand can answer it, with computed answers."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.errors import UserError
from sim.experiments.compare import compare
from sim.experiments.sweep import fte_of
from sim.record.model import items
from sim.results.run import Run
from sim.results.statistics import Estimate
from sim.results.tables import ALL_ROLES
from sim.view import words
from sim.view.changes import FEW_FTE, common_cases, days_apart, significant_changes, staff_apart
from sim.view.figures import chances, listed, staffing
from sim.view.figures.caseload import age
from sim.view.figures.comparison import distinct
from sim.view.figures.durations import shares_of_days, why_so_long
from sim.view.findings import clearance
from sim.view.titles import cases_of
from sim.view.tracked import SPREAD, central

MOST, MOST_ASKED = 8, 3
"""Services named in an answer, and in its question."""


class Answer(NamedTuple):
    """A question, the answer computed from the runs, and the name of the figure that shows it."""

    question: str
    answer: str
    figure: str


def answers(runs: Sequence[Run]) -> list[Answer]:
    """The questions that these runs can answer: of the others compared with the first one, then of that by itself."""
    runs = distinct(runs)
    alone = [*(answer for ask in _OF_ONE for answer in ask(runs[0])), *_targets(runs)]
    try:
        table = compare(runs).table if len(runs) > 1 else pd.DataFrame()
    except UserError:
        return alone  # runs that cannot be paired have no differences
    compared = list[Answer]()
    for run in runs[1:]:
        compared += _more_staff(run, runs[0], table[table["scenario"] == run.scenario.name].set_index("indicator"))
    return compared + alone


def _probability_of_resolution(run: Run) -> Iterator[Answer]:
    cases = listed.chosen(run, None)
    if not cases:
        return
    of_case = {case: items(run.scenario.probes[run.layout.probe_of(case)[0]].platform) for case in cases}
    asked = list(dict.fromkeys(service for services in of_case.values() for service in services))[:MOST_ASKED]
    first = [case for case, services in of_case.items() if not set(services).isdisjoint(asked)]
    ends = [listed.milestone(run, state) for state in run.layout.resolving]
    resolved, *reached = chances.by_date(run, cases).items()
    acts = [f" {words.quoted(title)}: {_chances(run, table, first)}." for title, table in reached if title in ends]
    yield Answer(
        f"How likely is a decision on {words.listing(asked)} by a given date?",
        f"Resolved by {words.month_of(resolved[1]['by'].min())}, whatever the outcome:"
        f" {_chances(run, resolved[1], first)}." + "".join(acts),
        "probabilities",
    )


def _chances(run: Run, table: pd.DataFrame, first: Sequence[str]) -> str:
    """The chances by the first date of a table of `chances.by_date`, by service: of the cases `first`, then likeliest.

    Of a service with several cases the least and the greatest chance.
    """
    table = table[table["by"] == table["by"].min()].sort_values("chance", ascending=False, kind="stable")
    names, order = listed.names(run), {case: place for place, case in enumerate(first)}
    table = table.assign(service=[names[case].service for case in table["case"]], asked=table["case"].map(order))
    table["asked"] = table.groupby("service")["asked"].transform("min")  # missing, and so last, of the others
    table = table.sort_values("asked", kind="stable")
    parts = [_of_service(run, str(service), mine) for service, mine in table.groupby("service", sort=False)]
    rest = f"; {len(parts) - MOST} more are in the figure" if len(parts) > MOST else ""
    return f"{'; '.join(parts[:MOST])}{rest}"


def _of_service(run: Run, service: str, rows: pd.DataFrame) -> str:
    """The chance of the case of a service, or of the least and the most likely of several."""
    names = [listed.names(run)[case] for case in (rows["case"].iloc[-1], rows["case"].iloc[0])]
    low, high = map(words.share, (rows["chance"].iloc[-1], rows["chance"].iloc[0]))
    if len(rows) == 1:
        return f"{names[0].whole} {high}"
    if low == high:
        return f"{service} {high} for each of {len(rows)}"
    return " to ".join(
        f"{share} ({name.strand or name.whole})" for share, name in zip((f"{service} {low}", high), names, strict=True)
    )


def _why_so_long(run: Run) -> Iterator[Answer]:
    spent = why_so_long(run)
    if not spent:
        return
    yield Answer(
        "Why do proceedings take so long: work, waiting for staff, the party's time, holds?",
        f"{spent}.",
        "where-days-go",
    )
    shares = shares_of_days(run)
    hold, staff = shares["hold"]["value"], shares["staff"]
    where = run.scenario.procedure.stages[run.layout.headline_stages[0]].title
    if hold > 0:
        yield Answer(
            "How much of the delay is due to holds outside the team, and how much to capacity?",
            f"Holds take {words.share(hold)} of the time from {where} on, waiting for staff"
            f" {words.share(staff['value'])} ({words.share(staff['q10'])} to {words.share(staff['q90'])} {SPREAD}).",
            "where-days-go",
        )


def _bottleneck(run: Run) -> Iterator[Answer]:
    """Of the busiest role, in the last stage before cases are resolved."""
    if not run.layout.open_stages:
        return
    stage = run.layout.open_stages[-1]
    delays, titles = staffing.delays(run, stage), staffing.short_titles(run)
    busy = run.table("utilisation").sort_values("value", ascending=False)
    if delays.empty or len(busy) < 2:
        return
    asked, worst = busy.iloc[0], delays.sort_values("value", ascending=False).iloc[0]
    share = float(delays.loc[delays["role"] == asked["role"], "share"].sum())
    other = "" if worst["role"] == asked["role"] else (
        f"; most of it is for {titles[worst['role']]}, {words.share(worst['share'])}"
    )  # fmt: skip
    yield Answer(
        f"Is {titles[asked['role']]} the bottleneck when cases are concluded?",
        f"{'No' if other else 'Yes'}: in {run.scenario.procedure.stages[stage].title} {words.share(share)} of the"
        f" waiting for staff is for {titles[asked['role']]}{other}. {titles[asked['role']]} works at"
        f" {words.share(asked['value'])} of capacity ({words.share(asked['q10'])} to"
        f" {words.share(asked['q90'])} {SPREAD}).",
        "delay-by-role",
    )


def _cost(run: Run) -> Iterator[Answer]:
    """Of the stages that set a fine, which are the decisions."""
    costs = run.scenario.costs
    for name, stage in run.scenario.procedure.stages.items():
        estimate = _estimate(run, f"fte_years_per:{name}") if stage.fine else None
        if estimate is None:
            continue
        bounds, euros = (estimate.value, estimate.low, estimate.high), ""
        if costs:
            millions = (words.number(fte_years * costs.fte_year_eur / 1e6) for fte_years in bounds)
            euros = " At EUR {:,.0f} per person-year that is EUR {} million ({} to {}).".format(
                costs.fte_year_eur, *millions
            )
        yield Answer(
            f"What does a decision cost in person-years{' and euros' if costs else ''}?",
            "{} person-years of work on cases ({} to {})".format(*map(words.number, bounds))
            + f" lie behind each {words.quoted(stage.title)}, counting the cases that end without one.{euros}",
            "work",
        )


def _spread(run: Run, label: str) -> str:
    """The central 80% of an indicator over the simulations that have a value, in words."""
    singles = run.samples[label].singles
    return " to ".join(map(words.count, central(singles[np.isfinite(singles)])))


def _estimate(run: Run, label: str) -> Estimate | None:
    """An indicator of a run with its confidence interval; None if nothing is known of it."""
    sample = run.samples.get(label)
    if sample is None or not np.isfinite(sample.value):
        return None
    return sample.interval()


def _fee(run: Run) -> Iterator[Answer]:
    costs = run.scenario.costs
    working = _estimate(run, "fte")
    if not costs or not costs.fee_eur_m or working is None:
        return
    people = fte_of(run.scenario)
    staff, work = (fte_years * costs.fte_year_eur / 1e6 for fte_years in (people, working.value))
    yield Answer(
        "Does the supervisory fee cover the workload?",
        f"{'Yes' if staff <= costs.fee_eur_m else 'No'}, for these roles: their {words.count(people)} full-time staff"
        f" cost EUR {words.number(staff)} million a year, {words.share(staff / costs.fee_eur_m)} of a fee"
        f" of EUR {words.number(costs.fee_eur_m)} million; the work on cases alone costs EUR {words.number(work)}"
        f" million."
        " Other staff, tools and contracts come on top, and are not in the model.",
        "work",
    )


def _sunk(run: Run) -> Iterator[Answer]:
    """Work on cases that end at an exit without ever having got to a stage in which a case counts as resolved."""
    table, exits, stages = run.table("effort_by_ending"), run.layout.exits, run.scenario.procedure.stages
    if table.empty or not set(table["target"]) - set(exits):
        return
    ended = table[table["target"].isin(exits)]
    by_stage = ended.groupby("source", sort=False)["share"].sum().sort_values(ascending=False)
    parts = [f"{words.share(share)} when they leave {stages[str(name)].title}" for name, share in by_stage.items()]
    yield Answer(
        "How much effort goes into cases that end without a finding?",
        f"Of the work on cases that are resolved by {words.month_of(run.scenario.horizon)},"
        f" {words.share(ended['share'].sum())} goes into cases that are closed without one"
        f"{f': {words.listing(parts)}' if parts else ''}."
        " Work on cases that are still in progress then is not counted.",
        "work",
    )


def _appeals(run: Run) -> Iterator[Answer]:
    """Work in stages that only cases resolved before can reach, and the role that bears most of it."""
    table, layout, stages = run.table("effort"), run.layout, run.scenario.procedure.stages
    table = table[table["role"] != ALL_ROLES]
    resolved = [stage for stage in layout.stages if stage not in layout.open_stages]
    later = {b for a, b in layout.routes if a in resolved} - {b for _, b in layout.endings}
    appeals, after = (table[table["stage"].isin(names)] for names in (later, resolved))
    if appeals.empty:
        return
    named = [words.quoted(stages[name].title) for name in dict.fromkeys(appeals["stage"])]
    by_role = appeals.groupby("role", sort=False)["share"].sum().sort_values(ascending=False)
    whole, appealing, afterwards = (float(rows["value"].sum()) for rows in (table, appeals, after))
    yield Answer(
        "What do appeals do to capacity?",
        f"{words.listing(named)} {'take' if len(named) > 1 else 'takes'} {words.share(appealing / whole)} of all work"
        f" on cases until"
        f" {words.month_of(run.scenario.horizon)}, and {words.share(by_role.iloc[0])} of the work of"
        f" {staffing.short_titles(run)[str(by_role.index[0])]}. Everything after resolution takes"
        f" {words.share(afterwards / whole)}.",
        "work",
    )


def _deterrence(run: Run) -> Iterator[Answer]:
    """Of the cases resolved from the stage on in which they fork: the probability of a fine, its size, its delay."""
    share, fine, for_each = (_estimate(run, label) for label in ("fined_share", "fine", "fine_per_resolution"))
    if not (share and fine and for_each):
        return
    stages = run.scenario.procedure.stages
    setting = [name for name, stage in stages.items() if stage.fine]
    after = [words.count(estimate.value) for name in setting if (estimate := _estimate(run, f"days_to:{name}"))]
    delay = f", and come {words.listing(after)} days after opening" if after else ""
    yield Answer(
        "Deterrence: how likely is a fine, how large and how soon?",
        f"Of the {cases_of(run.scenario)} that are resolved, {words.share(share.value)} end with a fine"
        f" by {words.month_of(run.scenario.horizon)}. Fines average EUR {words.count(fine.value)} million"
        f" ({_spread(run, 'fine')} {SPREAD}), or EUR {words.count(for_each.value)} million"
        f" ({_spread(run, 'fine_per_resolution')}) spread over all that are resolved"
        f"{delay}. Cases that take longer than the horizon are not counted.",
        "process",
    )


def _targets(runs: Sequence[Run]) -> Iterator[Answer]:
    """How often targets are met with the staff of each scenario: of a yardstick, which need not bind anybody."""
    sentences, asked = list[str](), list[str]()
    staffed: list[float] = []
    for run in runs:
        people = fte_of(run.scenario)
        if any(abs(people - other) < FEW_FTE for other in staffed):
            continue  # the same staff again
        staffed.append(people)
        rows = [row for row in run.table("targets").to_dict("records") if row["met"] >= 0]
        met = [f"{words.quoted(row['title'])} is met in {words.share(row['met'])} of the cases" for row in rows]
        if met:
            asked.append(rows[0]["title"])
            staff = f"{words.count(people)} full-time staff on average"
            sentences.append(f"{words.called(run.scenario)}, with {staff}: {words.listing(met)}.")
    if sentences:
        question = f"Would a target such as {words.quoted(asked[0])} be met, and with which staff?"
        yield Answer(question, " ".join(sentences), "pending")


def _clearance(run: Run) -> Iterator[Answer]:
    if not (said := clearance(run)):
        return
    pace = words.count(run.table("throughput")["disposition_time"].iloc[0])
    yield Answer(
        "Are cases resolved as fast as they come in, and how old are those in progress?",
        f"{said} At this pace, resolving those in progress at the end would take {pace} days (disposition time)."
        + age(run),
        "pending",
    )


_OF_ONE: tuple[Callable[[Run], Iterator[Answer]], ...] = (
    _probability_of_resolution, _why_so_long, _bottleneck, _clearance, _cost, _fee, _sunk, _appeals, _deterrence,
)  # fmt: skip


def _more_staff(run: Run, base: Run, rows: pd.DataFrame) -> Iterator[Answer]:
    people = fte_of(run.scenario) - fte_of(base.scenario)
    if abs(people) < FEW_FTE:
        return
    before, after = words.count(fte_of(base.scenario)), words.count(fte_of(run.scenario))
    days = words.listing(significant_changes(rows, ("delay_per_case", "disposition_time", "days_to_resolution")))
    cases = common_cases(run, base)
    known = f"{days_apart(base, run, cases)[0]}. Over all {cases_of(run.scenario)}: " if cases else ""
    yield Answer(
        f"What happens to case duration if full-time staff go from {before} to {after}?",
        f"{words.called(run.scenario)}: {known}{days}.",
        "differences",
    )
    yield Answer(
        "Do more staff speed cases up, or only allow more at once?",
        f"{words.called(run.scenario)}{staff_apart(run.scenario, base.scenario)}. On speed: {days}. On how many:"
        f" {words.listing(significant_changes(rows, ('resolved', 'pending_mean', 'pending_end')))}.",
        "differences",
    )
