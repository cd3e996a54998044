"""The key findings of runs in sentences computed from them, for people who never saw a simulation.

Each sentence gives its number and its uncertainty; what the runs do not support is left out.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.dates import YEAR_DAYS, date_after
from sim.experiments.compare import compare
from sim.experiments.sweep import fte_of
from sim.results.run import Run
from sim.results.statistics import CENTRAL, LEVEL, mean_interval, variance_split
from sim.results.summary import HEADLINE as HEADLINE_CASES
from sim.results.summary import IN_PROGRESS, Floats
from sim.results.tables import ALL_CASES
from sim.scenario.schema import Scenario
from sim.view import words
from sim.view.figures import listed, staffing
from sim.view.figures.comparison import HEADLINE, distinct
from sim.view.figures.durations import PARTS, shares_of_days
from sim.view.titles import cases_of

SPREAD = "in eight of ten replications"
MIN_SHARE_SHOWN = 0.01
"""Shares of the days below this are left out."""
TOO_FEW_FOLLOWED = "too few cases are observed for so long from the beginning"
FEW_FTE = 0.5
"""A difference in staff below this is none."""


def findings(run: Run) -> list[str]:
    """What one run shows: caseload, probes, why it takes long, where staff is short, targets, what is stochastic."""
    if not run.has_cases:
        return [words.no_cases(run)]
    return [
        *words.blocked(run),
        *_caseload(run),
        *_probes(run),
        *_why(run),
        *_staff(run),
        *_targets(run),
        *_variance(run),
    ]


def findings_of_comparison(runs: Sequence[Run]) -> list[str]:
    """What each of the other scenarios changes against the first one, and where it changes nothing.

    Raises UserError for runs that cannot be paired.
    """
    runs = distinct(runs)
    table = compare(runs).table
    return [sentence for run in runs[1:] for sentence in _against(run, runs[0], table)]


def _interval(values: Floats) -> tuple[float, float]:
    """The central 80% of values of single replications."""
    low, high = np.quantile(values, CENTRAL)
    return float(low), float(high)


def _caseload(run: Run) -> Iterator[str]:
    scenario, table = run.scenario, run.table("backlog")
    first, last = (table[table["series"] == HEADLINE_CASES].iloc[row] for row in (0, -1))
    yield (
        f"On {scenario.start} {words.count(first['mean'])} {cases_of(scenario)} are in progress; on {scenario.horizon}"
        f" it will be {words.count(last['mean'])} on average, and between {last['q10']:.0f} and {last['q90']:.0f}"
        f" {SPREAD}{_overdue(run, table)}."
    )
    flow = run.table("throughput").iloc[0]
    if flow["incoming"] > 0:
        low, high = _interval(run.samples["clearance_rate"].singles)
        yield (
            f"For every 100 new {cases_of(scenario)} {100 * flow['clearance_rate']:.0f} are resolved"
            f" ({100 * low:.0f} to {100 * high:.0f} {SPREAD}), {clearing(flow['clearance_rate'])}. {endings(run)}."
        )


def endings(run: Run) -> str:
    """How headline cases have ended by the horizon, in a sentence without its full stop."""
    table = run.table("endings")
    table = table[(table["case"] == ALL_CASES) & (table["date"] == run.scenario.horizon)]
    shares = dict(zip(table["state"], table["value"], strict=True))
    ways = [
        f"{words.share(value)} reach {words.quoted(listed.milestone(run, state))}"
        for state, value in shares.items()
        if state != IN_PROGRESS
    ]
    ways.append(f"{words.share(shares.get(IN_PROGRESS, 0.0))} are still in progress")
    return f"Of all that are in progress or come by {run.scenario.horizon}, {words.listing(ways)} on that day"


def _overdue(run: Run, table: pd.DataFrame) -> str:
    """The backlog by the first target, at the end."""
    if not run.scenario.targets:
        return ""
    key, target = run.layout.targets[0], run.scenario.targets[0]
    end = table[table["series"] == key].iloc[-1]
    return (
        f"; {words.count(end['mean'])} of them ({end['q10']:.0f} to {end['q90']:.0f}) will be"
        f" backlog, older than {words.quoted(target.title or key)} allows"
    )


def clearing(rate: float) -> str:
    """What a clearance rate means."""
    if abs(rate - 1) < 0.005:
        return "as many as come in"
    return "more than come in" if rate > 1 else "fewer than come in"


def _probes(run: Run) -> Iterator[str]:
    cases = listed.chosen(run, None)
    if not cases:
        return
    within = min(YEAR_DAYS, run.scenario.horizon_days)
    done = np.sum([run.first_reached(case, run.layout.resolving) <= within for case in cases], axis=0)
    low, high = _interval(done)
    likely = ""
    if len(cases) > 1:
        probable = [f"{name} {words.share(value)}" for name, value in resolution_probabilities(run, within)]
        likely = (
            f"; most likely are {words.listing(probable[:3])}" if len(probable) > 3 else f": {words.listing(probable)}"
        )
    yield (
        f"By {date_after(run.scenario.start, within)} {words.count(float(done.mean()))} of the {len(cases)}"
        f" tracked cases are resolved on average, and between {low:.0f} and {high:.0f} {SPREAD}{likely}."
    )
    if next_one := _next_milestone(run, cases):
        yield next_one


def resolution_probabilities(run: Run, within: float, state: str = "") -> list[tuple[str, float]]:
    """The probability that each tracked case in progress is resolved within so many days, the likeliest first.

    `state`: that it reaches this stage or exit instead.
    """
    names, states = listed.names(run), [state] if state else run.layout.resolving
    by_case = [
        (names[case].whole, float((run.first_reached(case, states) <= within).mean()))
        for case in listed.chosen(run, None)
    ]
    return sorted(by_case, key=lambda pair: -pair[1])


def _next_milestone(run: Run, cases: Sequence[str]) -> str:
    """The public act that is expected first, of whichever case; empty if none is as likely as not."""
    ahead = []
    for case in cases:
        present, _ = run.layout.present_stage(case)
        for stage in run.layout.stages:
            time = run.first_reached(case, [stage])
            low, median, high = np.quantile(time, (0.1, 0.5, 0.9), method="inverted_cdf")
            if stage != present and 0 < median < np.inf:
                ahead.append((float(median), float(low), float(high), case, stage))
    if not ahead:
        return ""
    median, low, high, case, stage = min(ahead)
    dates = [words.day(run.scenario, time) for time in (median, low, high)]
    return (
        f"The next likely milestone is {words.quoted(listed.milestone(run, stage))} of"
        f" {listed.names(run)[case].whole}: as likely as not by {dates[0]}, 80% between {dates[1]} and {dates[2]}."
    )


def where_days_go(run: Run) -> str:
    """On what the days of cases are spent, in a sentence without its full stop; empty if no days are spent."""
    shares = shares_of_days(run)
    if not shares:
        return ""
    parts = [f"{words.share(value)} {PARTS[part]}" for part, value in shares.items() if value >= MIN_SHARE_SHOWN]
    first = run.scenario.procedure.stages[run.layout.headline_stages[0]].title
    return f"From {first} on the days go to {words.listing(parts)}"


def _why(run: Run) -> Iterator[str]:
    if spent := where_days_go(run):
        low, high = staff_share(run)
        yield f"{spent}; waiting for staff takes between {words.share(low)} and {words.share(high)} of them {SPREAD}."


def staff_share(run: Run) -> tuple[float, float]:
    """The central 80% of the share of days that waiting for staff takes of headline cases."""
    table = run.table("share_of_days").set_index("part")
    return float(table["q10"]["staff"]), float(table["q90"]["staff"])


def _staff(run: Run) -> Iterator[str]:
    table = run.table("utilisation")
    table = table[table["fte_days_available"] > 0].sort_values("value", ascending=False)
    if table.empty:
        return
    first, titles = table.iloc[0], staffing.short_titles(run)
    waits = f" {staffing.bottleneck(run)}." if len(staffing.delays(run)) else ""
    yield (
        f"The busiest role is {titles[first['role']]}: {words.share(first['value'])} of its possible work is done"
        f" ({words.share(first['q10'])} to {words.share(first['q90'])} {SPREAD}).{waits}"
    )


def _targets(run: Run) -> Iterator[str]:
    table = run.table("targets").query("cases > 0")
    known, unknown = table.dropna(subset="met"), table[table["met"].isna()]
    if len(known):
        met = [f"{words.quoted(title)} by {words.share(share)}" for title, share in known[["title", "met"]].to_numpy()]
        asked = words.count(known["cases"].max())
        yield f"Targets are met as follows: {words.listing(met)} of some {asked} cases to which they apply."
    if len(unknown):
        titles = words.listing(map(words.quoted, unknown["title"]))
        yield f"How often {titles} {'are' if len(unknown) > 1 else 'is'} met cannot be told: {TOO_FEW_FOLLOWED}."


def _variance(run: Run) -> Iterator[str]:
    if not run.scenario.uncertain:
        return
    values = run.samples["pending_end"].by_replication
    split = variance_split(values, run.scenario.replications_per_draw)
    if split and split.stochastic + split.parameter > 0:
        yield (
            f"Of the variance of the cases in progress on {run.scenario.horizon} {words.share(split.share_parameter)}"
            f" is parameter uncertainty ({words.share(split.low)} to {words.share(split.high)}), which better data"
            " would reduce; the rest is stochastic, which no data will."
        )


def _against(run: Run, base: Run, table: pd.DataFrame) -> Iterator[str]:
    """What one scenario changes: the probes, significant differences of the headline, then what stays as it is."""
    title = run.scenario.title or run.scenario.name
    mine = table[table["scenario"] == run.scenario.name].set_index("indicator")
    if not mine["difference"].any():
        yield (
            f"{title}{fte(run.scenario, base.scenario)}: difference 0.0. Nothing changes in any replication: what"
            " differs is not what holds cases up."
        )
        return
    first = f"{title}{fte(run.scenario, base.scenario)}"
    if cases := common_cases(run, base):
        yield f"{first}: {days_of_cases(run, base, cases)}."
        first = title
    yield f"{first}: {words.listing(changes(mine, HEADLINE[:3]))}."
    same = [
        str(mine.loc[label, "title"])
        for label in HEADLINE
        if label in mine.index and not _is_significant(mine.loc[label])
    ]
    if same and len(same) < len(HEADLINE):
        yield f"{title}: no significant difference in {words.listing(same)}."


def common_cases(run: Run, base: Run) -> list[str]:
    """The cases in progress on the first day that both runs track."""
    both = set(listed.chosen(run, None))
    return [case for case in listed.chosen(base, None) if case in both]


def fte(scenario: Scenario, base: Scenario) -> str:
    """How much more staff one scenario has than another, as an insertion."""
    people = fte_of(scenario) - fte_of(base)
    if abs(people) < FEW_FTE:
        return ", with the same staff"
    return f", with {words.count(abs(people))} {'more' if people > 0 else 'fewer'} FTE on average"


def changes(rows: pd.DataFrame, labels: Sequence[str]) -> list[str]:
    """The significant differences of these indicators in words, with intervals; `rows`: of one scenario, by label."""
    known = [label for label in labels if label in rows.index]
    significant = [change(rows.loc[label]) for label in known if _is_significant(rows.loc[label])]
    return significant or [
        f"no significant difference in {words.listing(str(rows.loc[label, 'title']) for label in known)}"
    ]


def change(row: Any) -> str:
    """A difference with its confidence interval, as part of a sentence."""
    unit, low, high = row["unit"], row["low"], row["high"]
    if low * high > 0:
        low, high = sorted((abs(low), abs(high)))
    way = "more" if row["difference"] > 0 else "less"
    much = [
        words.quantity(abs(row["difference"]), unit),
        *([] if unit == "a year" else [unit or "percentage points"]),
        way,
    ]
    return f"{row['title']} {' '.join(much)} ({words.quantity(low, unit)} to {words.quantity(high, unit)})"


def _is_significant(row: Any) -> bool:
    return bool(row["p_adjusted"] < 1 - LEVEL and row["difference"] != 0)


def days_of_cases(run: Run, base: Run, cases: Sequence[str]) -> str:
    """How the day changes on which these cases are resolved, on average over them, with its confidence interval.

    Paired; days are counted at most to the horizon.
    """
    ours, theirs = run.samples, base.samples
    apart = [ours[f"resolution:{case}"].by_replication - theirs[f"resolution:{case}"].by_replication for case in cases]
    shift = mean_interval(np.mean(apart, axis=0), base.scenario.replications_per_draw)
    who = f"the {len(cases)} tracked cases are resolved"
    if not shift.value and not shift.error:
        return f"{who} on the same days, difference 0.0"
    if shift.low <= 0 <= shift.high:
        between = f"{_way(shift.low)} to {_way(shift.high)}"
        return f"{who} at much the same time, {_way(shift.value)} ({between}), which is not significant"
    low, high = sorted((abs(shift.low), abs(shift.high)))
    return f"{who} {_way(shift.value)} on average ({low:.1f} to {high:.1f})"


def _way(days: float) -> str:
    return f"{abs(days):.1f} days {'later' if days > 0 else 'earlier'}"
