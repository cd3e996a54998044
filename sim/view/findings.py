"""The key findings of runs in sentences computed from them, for people who never saw a simulation.

Each sentence gives its number and its uncertainty; what the runs do not support is left out.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from sim.experiments.compare import compare
from sim.results.run import Run
from sim.results.statistics import variance_split
from sim.view import words
from sim.view.answers import caseload
from sim.view.changes import is_significant, significant_changes, staff_apart
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
    return (
        f"For every 100 new {cases_of(run.scenario)}, {100 * flow['clearance_rate']:.0f} are resolved"
        f" ({100 * low:.0f} to {100 * high:.0f} {SPREAD}): {clearing(flow['clearance_rate'])}."
    )


def clearing(rate: float) -> str:
    """What a clearance rate means."""
    if abs(rate - 1) < 0.005:
        return "as many as come in"
    return "more than come in" if rate > 1 else "fewer than come in"


def _next_milestone(run: Run, cases: Sequence[str]) -> Iterator[str]:
    """The public act that is expected first, of whichever case; nothing if none is as likely as not."""
    ahead = []
    for case in cases:
        present, _ = run.layout.present_stage(case)
        for stage in run.layout.stages:
            time = run.first_reached(case, [stage])
            low, median, high = np.quantile(time, (0.1, 0.5, 0.9), method="inverted_cdf")
            if stage != present and 0 < median < np.inf:
                ahead.append((float(median), float(low), float(high), case, stage))
    if not ahead:
        return
    median, low, high, case, stage = min(ahead)
    by, earliest, latest = (words.month(run.scenario, time) for time in (median, low, high))
    yield (
        f"What is likely to come next: {words.quoted(listed.milestone(run, stage))} in"
        f" {listed.names(run)[case].whole}, as likely as not by {by} ({earliest} to {latest} {SPREAD})."
    )


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
    title = f"{words.called(run.scenario)}{staff_apart(run.scenario, base.scenario)}"
    mine = table[table["scenario"] == run.scenario.name].set_index("indicator")
    if not mine["difference"].any():
        yield f"{title}: nothing changes in any simulation, because what differs is not what holds cases up."
        return
    yield f"{title}: {words.listing(significant_changes(mine, HEADLINE[:3]))}."
    same = [
        str(mine.loc[label, "title"])
        for label in HEADLINE
        if label in mine.index and not is_significant(mine.loc[label])
    ]
    if same and len(same) < len(HEADLINE):
        yield f"{words.called(run.scenario)}: no significant difference in {words.listing(same)}."
