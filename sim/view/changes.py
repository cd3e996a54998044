"""What scenarios change against the first one: a clause and a number for each, from paired differences."""

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from sim.experiments.compare import compare
from sim.experiments.sweep import fte_of
from sim.results.catalogue import by_label
from sim.results.estimates import subjects
from sim.results.run import Run
from sim.results.statistics import LEVEL, mean_interval
from sim.results.summary import BEFORE
from sim.scenario.schema import Scenario
from sim.view import words
from sim.view.answers import CASELOAD, TARGETS, TRACKED, WORK, Number, kind_of_answer
from sim.view.figures import listed, staffing
from sim.view.titles import cases_of

CHANGED = {CASELOAD: "pending_end", WORK: "fte"}
"""Indicators whose difference answers a question put to two scenarios."""
NO_CHANGE = "no clear change"
FEW_DAYS = 7
"""A shift below this is hardly one, however sure it is: forecasts of single cases span years."""
FEW_FTE = 0.5
"""A difference in staff below this is none."""


def compared(base: Run, others: Sequence[Run]) -> tuple[str, tuple[Number, ...]]:
    """What the other scenarios change, each in a clause; in a short one if there are several."""
    found = [_difference(base, run, short=len(others) > 1) for run in others]
    clauses = [clause for clause, _ in found]
    return f"{'; '.join(clauses)}.", tuple(number for _, number in found)


def _difference(base: Run, run: Run, *, short: bool) -> tuple[str, Number]:
    title = run.scenario.title or run.scenario.name
    tracked = common_cases(run, base)
    by = kind_of_answer(run.scenario, bool(tracked))
    if by == TARGETS:
        clause, number = _targets_apart(base, run)
    elif by == TRACKED and tracked:
        clause, number = days_apart(base, run, tracked)
        more = (_waiting,) if short else (_waiting, _left, _fewer)
        clause = "; ".join(part for part in (clause, *(of(base, run) for of in more)) if part)
    else:
        clause, number = _indicator_apart(base, run, WORK if by == WORK else CASELOAD)
    return f"{title}{staff_apart(run.scenario, base.scenario)}: {clause}", number._replace(
        meaning=f"{title}: {number.meaning}"
    )


def staff_apart(scenario: Scenario, base: Scenario) -> str:
    """How much more staff one scenario has than another, as an insertion; nothing for the same staff."""
    people = fte_of(scenario) - fte_of(base)
    return "" if abs(people) < FEW_FTE else f" ({people:+,.0f} full-time staff on average)"


def common_cases(run: Run, base: Run) -> list[str]:
    """The cases in progress on the first day that both runs track."""
    both = set(listed.chosen(run, None))
    return [case for case in listed.chosen(base, None) if case in both]


def days_apart(base: Run, run: Run, tracked: Sequence[str]) -> tuple[str, Number]:
    """How much earlier or later tracked cases are resolved, paired; days are counted at most to the horizon."""
    ours, theirs = run.samples, base.samples
    apart = [ours[f"resolution:{c}"].by_replication - theirs[f"resolution:{c}"].by_replication for c in tracked]
    shift = mean_interval(np.mean(apart, axis=0), base.scenario.replications_per_draw)
    who = f"the {len(tracked)} tracked {cases_of(base.scenario)}" if len(tracked) > 1 else "the tracked case"
    are = "are" if len(tracked) > 1 else "is"
    if not shift.value and not shift.error:
        return f"{who} {are} resolved on the same days", Number("0 days", f"change for {who}")
    low, high = sorted((abs(shift.low), abs(shift.high)))
    if shift.low <= 0 <= shift.high:
        when = "at the same time" if high < FEW_DAYS else "neither clearly earlier nor clearly later"
        return (
            f"{who} {are} on average resolved {when} (95% interval within ±{words.plural(max(ceil(high), 1), 'day')})",
            Number(NO_CHANGE, f"for {who}, in days to resolution"),
        )
    much = f"{words.plural(max(round(abs(shift.value)), 1), 'day')} {'later' if shift.value > 0 else 'earlier'}"
    between = f"95% interval {low:.0f} to {high:.0f}"
    said = f"{much} on average ({between})"
    return (
        f"{who} {are} resolved {said if abs(shift.value) >= FEW_DAYS else f'at almost the same time, {said}'}",
        Number(much, f"resolution of {who}, on average ({between})"),
    )


def _waiting(base: Run, run: Run) -> str:
    """How much longer or less cases wait for staff, by population, where that differs by at least a day, surely."""
    populations = {"delay_per_case": cases_of(run.scenario)}
    if BEFORE in run.layout.populations:
        populations[f"delay_per_case:{BEFORE}"] = subjects(run.layout)["population"][BEFORE]
    parts = list[str]()
    for row in compare([base, run], list(populations)).table.to_dict("records"):
        low, high = sorted((abs(row["low"]), abs(row["high"])))
        if row["low"] * row["high"] > 0 and abs(row["difference"]) >= 1:
            much = (
                f"{words.plural(round(abs(row['difference'])), 'day')} {'longer' if row['difference'] > 0 else 'less'}"
            )
            wait = "" if parts else "wait "
            parts.append(
                f"{populations[row['indicator']]} {wait}{much}{' for staff' if wait else ''} ({low:.0f} to {high:.0f})"
            )
    return f"over the whole period, {words.listing(parts)}" if parts else ""


def _left(base: Run, run: Run) -> str:
    """For whom cases still wait most where there is other staff: why more of it may help little."""
    waits = staffing.delays(run)
    if not staff_apart(run.scenario, base.scenario) or waits.empty:
        return ""
    most = waits.sort_values("value").iloc[-1]
    return f"{words.share(most['share'])} of the waiting that is left is for {staffing.short_titles(run)[most['role']]}"


def _fewer(base: Run, run: Run) -> str:
    """How many more or fewer cases are in progress at the horizon, if that differs surely and by at least one."""
    clause, number = _indicator_apart(base, run, CASELOAD)
    return "" if number.value == NO_CHANGE else clause


def _targets_apart(base: Run, run: Run) -> tuple[str, Number]:
    """How often targets are met in both."""
    ours, theirs = (one.table("targets").set_index("title")["met"].dropna() for one in (run, base))
    both = [title for title in ours.index if title in theirs.index]
    if not both:
        return "too few cases are observed for long enough to compare targets", Number("-", "targets met")
    parts = [
        f"{words.quoted(title)} is met in {words.share(ours[title])} of cases rather than {words.share(theirs[title])}"
        for title in both
    ]
    return words.listing(parts), Number(words.share(ours[both[0]]), f"meet {words.quoted(both[0])}")


def _indicator_apart(base: Run, run: Run, kind: str) -> tuple[str, Number]:
    """The paired difference in cases in progress at the horizon, or in people at work."""
    row = compare([base, run], [CHANGED[kind]]).table.iloc[0]
    cases = f"{cases_of(run.scenario)} in progress in {words.month_of(run.scenario.horizon)}"
    what = cases if kind == CASELOAD else "full-time staff at work on cases, on average,"
    base_value = (words.whole if kind == CASELOAD else words.count)(float(row["base"]))
    much, low, high = (float(row[name]) for name in ("difference", "low", "high"))
    if low <= 0 <= high or (kind == CASELOAD and abs(much) < words.HALF):
        return f"{NO_CHANGE} in the number of {what} ({base_value})", Number(NO_CHANGE, f"in the number of {what}")
    way = "more" if much > 0 else "fewer"
    low, high = sorted((abs(low), abs(high)))
    between = f"95% interval {words.count(low)} to {words.count(high)}"
    clause = f"the number of {what} is {words.count(abs(much))} {'higher' if much > 0 else 'lower'} ({between})"
    return clause, Number(f"{words.count(abs(much))} {way}", f"{what} ({between})")


def significant_changes(rows: pd.DataFrame, labels: Sequence[str]) -> list[str]:
    """The significant differences of these indicators in words, with intervals; `rows`: of one scenario, by label."""
    known = [label for label in labels if label in rows.index]
    significant = [change(rows.loc[label]) for label in known if is_significant(rows.loc[label])]
    return significant or [
        f"no significant difference in {words.listing(str(rows.loc[label, 'title']) for label in known)}"
    ]


def to_tell(run: Run, rows: pd.DataFrame) -> pd.DataFrame:
    """Of the significant differences with one scenario those that are told in sentences, the largest first.

    Those of headline cases that are not small and are better or worse, by the same rule both ways: first those in days,
    by their size, then the others, by their size as a share of the baseline.
    """
    if rows.empty:  # and so without parts
        return rows
    label = rows["indicator"].str.partition(":")
    known = label[0].map(by_label)
    elsewhere = known.map(lambda one: one.of == ("stage",)) & ~label[2].isin(run.layout.headline_stages)
    elsewhere |= known.map(lambda one: one.of == ("population",)) & label[2].ne("")
    few = rows["unit"].map({"days": FEW_DAYS, "cases": words.HALF, "a year": words.HALF}).fillna(0.0)
    good = known.map(lambda one: one.better).ne(0)
    told = rows[good & ~elsewhere & rows["difference"].abs().ge(few)]
    size = told["difference"].abs()
    order = told.assign(other=told["unit"].ne("days"), size=-size.where(told["unit"].eq("days"), size / told["base"]))
    return rows.loc[order.sort_values(["other", "size"], kind="stable").index]


def both_ways(run: Run, rows: pd.DataFrame) -> str:
    """In which stages cases are faster and in which slower, of significant differences; empty if all go one way."""
    told = to_tell(run, rows).set_index("indicator")["difference"]
    days = {stage: told.get(f"stage_days:{stage}", 0.0) for stage in run.layout.headline_stages}
    titles, parts = listed.place_titles(run), list[str]()
    for way, sign in (("faster", -1), ("slower", 1)):
        where = [f"{titles[key]} ({abs(much):,.0f} days)" for key, much in days.items() if much * sign > 0]
        if not where:
            return ""
        parts.append(f"{way} in {words.listing(where)}")
    return f"By the median, cases are {' but '.join(parts)}."


def is_significant(row: Any) -> bool:
    """Whether a row of a comparison differs significantly, many numbers being compared at once."""
    return bool(row["p_adjusted"] < 1 - LEVEL and row["difference"] != 0)


def change(row: Any) -> str:
    """A difference with its confidence interval, as part of a sentence."""
    unit, (low, high) = row["unit"], (row["low"], row["high"])
    if low * high > 0:
        low, high = sorted((abs(low), abs(high)))
    way = "more" if row["difference"] > 0 else "less"
    much = [
        words.quantity(abs(row["difference"]), unit),
        *([] if unit == "a year" else [unit or "percentage points"]),
        way,
    ]
    title = f"{row['title']}:" if ", " in row["title"] else row["title"]
    return f"{title} {' '.join(much)} ({words.quantity(low, unit)} to {words.quantity(high, unit)})"
