"""The key findings of runs in sentences computed from them, for people who never saw a simulation.

Each sentence gives its number and its uncertainty; what the runs do not support is left out.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.experiments.compare import compare, significant
from sim.results.run import Run
from sim.results.statistics import variance_split
from sim.view import words
from sim.view.answers import caseload
from sim.view.changes import both_ways, is_significant, significant_changes, staff_apart
from sim.view.figures import listed, staffing
from sim.view.figures.comparison import HEADLINE, distinct
from sim.view.figures.durations import shares_of_days, why_so_long
from sim.view.titles import cases_of
from sim.view.tracked import SPREAD, central

TOO_FEW_FOLLOWED = "too few cases are followed from the start for that long"


def findings(run: Run) -> list[str]:
    """What one run shows beyond its answer: caseload, what comes next, why, staff, targets, uncertainty."""
    if not run.has_cases:
        return [words.no_cases(run)]
    return [
        *words.blocked(run),
        *_caseload(run),
        *_next_milestone(run, listed.chosen(run, None)),
        *_why(run),
        *_staff(run),
        *_targets(run),
        *_variance(run),
    ]


def findings_of_comparison(runs: Sequence[Run]) -> list[str]:
    """What each of the other scenarios changes over all cases against the first one, and where it changes nothing.

    Raises UserError for runs that cannot be paired.
    """
    runs = distinct(runs)
    table = compare(runs).table
    return [sentence for run in runs[1:] for sentence in _against(run, runs[0], table)]


def _caseload(run: Run) -> Iterator[str]:
    yield caseload(run)[0]
    if said := clearance(run):
        yield said


def clearance(run: Run) -> str:
    """How many cases are resolved for those that come in, in a sentence; empty if none comes in."""
    flow = run.table("throughput").iloc[0]
    if not flow["incoming"] > 0:
        return ""
    low, high = central(run.samples["clearance_rate"].singles)
    mean = ", on average" if low < 1 < high else ""
    return (
        f"For every 100 new {cases_of(run.scenario)}, {100 * flow['clearance_rate']:.0f} are resolved"
        f" ({100 * low:.0f} to {100 * high:.0f} {SPREAD}): {clearing(flow['clearance_rate'])}{mean}."
    )


def clearing(rate: float) -> str:
    """What a clearance rate means."""
    if abs(rate - 1) < 0.005:
        return "as many as come in"
    return "more than come in" if rate > 1 else "fewer than come in"


def _next_milestone(run: Run, cases: Sequence[str]) -> Iterator[str]:
    """What is expected first, a milestone or the resolution of whichever case; nothing if none is as likely as not.

    The dates are those of the timelines: of a milestone in the simulations that reach it, of a resolution in all.
    """
    ahead: list[tuple[float, str, dict[Hashable, Any]]] = []
    for row in listed.of_cases(run, "milestones", cases).to_dict("records"):
        present, _ = run.layout.present_stage(row["case"])
        if row["state"] in run.layout.open_stages and row["state"] != present and row["q10"] > 0:
            middle = np.quantile(run.first_reached(row["case"], [row["state"]]), 0.5, method="inverted_cdf")
            what = f"{words.quoted(listed.milestone(run, row['state']))} in {listed.names(run)[row['case']].whole}"
            reach = f"{words.share(row['probability'])} of simulations reach it, half of these"
            ahead.append((float(middle), f"{what}; {reach}", row))
    for row in listed.of_cases(run, "resolutions", cases).to_dict("records"):
        what = f"{listed.names(run)[row['case']].whole} is resolved, as likely as not"
        ahead.append((float(row["median"]), what, row))
    median, what, row = min(ahead, key=lambda one: one[0], default=(np.inf, "", {}))
    if np.isfinite(median):
        by, low, high = (words.month(run.scenario, row[column]) for column in ("median", "q10", "q90"))
        yield f"What is likely to come next: {what} by {by} ({low} to {high} {SPREAD})."


def _why(run: Run) -> Iterator[str]:
    if spent := why_so_long(run):
        staff = shares_of_days(run)["staff"]
        low, high = words.share(staff["q10"]), words.share(staff["q90"])
        yield f"{spent}; waiting for staff takes between {low} and {high} {SPREAD}."


def _staff(run: Run) -> Iterator[str]:
    table = run.table("utilisation")
    table = table[table["fte_days_available"] > 0].sort_values("value", ascending=False)
    if table.empty:
        return
    first, titles = table.iloc[0], staffing.short_titles(run)
    waits = f" {staffing.bottleneck(run)}." if len(staffing.delays(run)) else ""
    yield (
        f"The busiest role is {titles[first['role']]}, working at {words.share(first['value'])} of capacity"
        f" ({words.share(first['q10'])} to {words.share(first['q90'])} {SPREAD}).{waits}"
    )


def _targets(run: Run) -> Iterator[str]:
    table = run.table("targets").query("cases > 0")
    known, unknown = table.dropna(subset="met"), table[table["met"].isna()]
    if len(known):
        met = [f"{words.quoted(title)} {words.share(share)}" for title, share in known[["title", "met"]].to_numpy()]
        asked = words.count(known["cases"].max())
        yield f"How often targets are met: {words.listing(met)}, of about {asked} cases to which they apply."
    if len(unknown):
        titles = words.listing(map(words.quoted, unknown["title"]))
        yield f"How often {titles} {'are' if len(unknown) > 1 else 'is'} met is not known: {TOO_FEW_FOLLOWED}."


def _variance(run: Run) -> Iterator[str]:
    if not run.scenario.uncertain:
        return
    values = run.samples["pending_end"].by_replication
    split = variance_split(values, run.scenario.replications_per_draw)
    if split and split.stochastic + split.parameter > 0:
        yield (
            f"Of the spread in the number in progress in {words.month_of(run.scenario.horizon)},"
            f" {words.share(split.share_parameter)} ({words.share(split.low)} to {words.share(split.high)}) comes from"
            " uncertainty about the parameters, which better data would reduce; the rest is chance, which data cannot"
            " reduce."
        )


def _against(run: Run, base: Run, table: pd.DataFrame) -> Iterator[str]:
    """What one scenario changes: significant differences of the headline, then what stays as it is."""
    sure = significant(table)
    title = f"{words.called(run.scenario)}{staff_apart(run.scenario, base.scenario)}"
    mine = table[table["scenario"] == run.scenario.name].set_index("indicator")
    if not mine["difference"].any():
        yield f"{title}: nothing changes in any simulation, because what differs is not what holds cases up."
        return
    yield f"{title}: {words.listing(significant_changes(mine, HEADLINE[:3]))}."
    if told := both_ways(run, sure[sure["scenario"] == run.scenario.name]):
        yield f"{words.called(run.scenario)}: {told[0].lower()}{told[1:]}"
    same = [
        str(mine.loc[label, "title"])
        for label in HEADLINE
        if label in mine.index and not is_significant(mine.loc[label])
    ]
    if same and len(same) < len(HEADLINE):
        yield f"{words.called(run.scenario)}: no significant difference in {words.listing(same)}."
