"""Summary -> tables: each indicator in one place with its formula.

All return tidy pandas tables. `low` and `high` bound the central 80% of the replications unless said otherwise. What
is known of single replications, with confidence intervals of its mean, is in `sim.results.measures`.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from sim.dates import YEAR_DAYS
from sim.results.intervals import Split, variance_split
from sim.results.measures import available_fte_days, effort_of_role, measures, working_days
from sim.results.run import Run
from sim.results.summary import (
    ALL,
    COMPONENTS,
    FURTHER_STRANDS,
    MICRO,
    NEW,
    STILL_PENDING,
    STILL_THERE,
    UNDER_WAY,
    Counts,
    Floats,
)
from sim.results.survival import curve, restricted_mean, survival_quantile

INTERVAL = (0.1, 0.9)
"""Quantiles that bound the central 80%."""
INNER = (0.25, 0.75)
"""Quantiles that bound the central 50%."""
YEARS = (1, 2, 3)
"""Years within which the probability of a milestone is told."""
ENOUGH_AT_RISK = 0.02
"""Share of a stage's visits that must still be observed at an age for a quantile at that age to be told."""


def stage_durations(run: Run) -> pd.DataFrame:
    """Days in each stage over all cases and replications.

    Columns: stage, visits (per replication), ended (share of visits whose end was seen), median, low, high
    (Kaplan-Meier, with late entry of what was under way; infinite where too few visits were observed so long), mean_365
    (restricted to a year).
    """
    rows = []
    for stage in run.summary.layout.stages:
        visits, ended = (float(run.summary.total(f"{what}:{stage}").sum()) for what in ("visits", "ended"))
        if not visits:
            continue
        told = curve(run.summary.curve(stage)).told(ENOUGH_AT_RISK * visits)
        median, low, high = (survival_quantile(told.age, told.survival, p) for p in (0.5, *INTERVAL))
        mean = restricted_mean(told.age, told.survival, YEAR_DAYS)
        rows.append((stage, visits / run.replications, ended / visits, median, low, high, mean))
    return pd.DataFrame(rows, columns=["stage", "visits", "ended", "median", "low", "high", "mean_365"])


def survival_curves(run: Run) -> pd.DataFrame:
    """The Kaplan-Meier curve of each stage: columns stage, age (days), survival (share still there), at_risk.

    Told as far as enough visits were observed; `at_risk` is per replication.
    """
    parts = []
    for stage in run.summary.layout.stages:
        visits = float(run.summary.total(f"visits:{stage}").sum())
        found = curve(run.summary.curve(stage)).told(max(ENOUGH_AT_RISK * visits, 1))
        at_risk = found.at_risk / run.replications
        parts.append(pd.DataFrame({"stage": stage, "age": found.age, "survival": found.survival, "at_risk": at_risk}))
    return pd.concat(parts, ignore_index=True)


def listed_cases(run: Run) -> list[str]:
    """The cases that every replication has: the probes, or their strands."""
    return run.summary.layout.listed


def present_stage(run: Run, case: str) -> tuple[str, date | None]:
    """The stage in which a listed case is on the first day, or to which it comes, and since when if it is there."""
    probes = run.scenario.probes
    name, _, strand = (case, "", "") if case in probes else case.rpartition("/")
    probe = probes[name]
    said = probe.strands.get(strand)
    return (said.stage if said else None) or probe.stage, (said.since if said else None) or probe.since


def open_listed(run: Run) -> list[str]:
    """Listed cases worth a line each: not resolved yet, and beyond the first stage if any case is.

    Beyond the first: in a stage in which cases fork, or a later one of the procedure's order.
    """
    stages = run.scenario.procedure.stages
    place = {name: number for number, name in enumerate(stages)}
    found = {case: present_stage(run, case)[0] for case in listed_cases(run)}
    still = [case for case, stage in found.items() if not stages[stage].resolved]
    forking = [place[name] for name, stage in stages.items() if stage.fork]
    return [case for case in still if forking and place[found[case]] >= min(forking)] or still


def milestone_times(run: Run, case: str, places: Sequence[str]) -> Floats:
    """When a listed case first got to one of these stages or exits, in each replication: days since start.

    Infinite where it did not by the horizon.
    """
    return run.summary.first(case, places)


def milestones(run: Run, cases: Sequence[str] | None = None) -> pd.DataFrame:
    """When each listed case reaches each stage or exit, over replications.

    Columns: case, place, probability (of reaching it by the horizon), within_1y, within_2y, within_3y (of the start;
    missing beyond the horizon), median, low, high: days since start over those replications that reach it by the
    horizon, undecided: share of replications in which the case is still pending then.
    """
    layout, total = run.summary.layout, run.replications
    rows = []
    for case in layout.listed if cases is None else cases:
        undecided = float(np.isfinite(run.summary.first(case, [STILL_PENDING])).mean())
        for place in (*layout.stages, *layout.exits):
            time = run.summary.first(case, [place])
            reached = time[np.isfinite(time)]
            if not len(reached):
                continue
            low, median, high = np.quantile(reached, (INTERVAL[0], 0.5, INTERVAL[1]))
            rows.append((case, place, len(reached) / total, *_within(run, time), median, low, high, undecided))
    names = ["case", "place", "probability", *(f"within_{y}y" for y in YEARS), "median", "low", "high", "undecided"]
    return pd.DataFrame(rows, columns=names)


def _within(run: Run, time: Floats) -> list[float]:
    """The share of replications within each of the years told; NaN beyond the horizon."""
    limits = [years * YEAR_DAYS for years in YEARS]
    return [float((time <= t).mean()) if t <= run.scenario.horizon_days else np.nan for t in limits]


def resolutions(run: Run, cases: Sequence[str] | None = None) -> pd.DataFrame:
    """When each listed case is resolved, whichever way.

    Columns: case, median, low, high: days since start, infinite if later than the horizon; within_1y, within_2y,
    within_3y of the start.
    """
    layout, total = run.summary.layout, run.replications
    rows = []
    for case in layout.listed if cases is None else cases:
        time = np.sort(run.summary.first(case, layout.resolving))
        low, median, high = (time[min(int(np.ceil(p * total)) - 1, total - 1)] for p in (INTERVAL[0], 0.5, INTERVAL[1]))
        rows.append((case, median, low, high, *_within(run, time)))
    return pd.DataFrame(rows, columns=["case", "median", "low", "high", *(f"within_{y}y" for y in YEARS)])


def resolution_splits(run: Run, cases: Sequence[str] | None = None) -> pd.DataFrame:
    """How much of the spread of each listed case's resolution is chance, and how much not-knowing the parameters.

    Columns: case, share (of the variance that is not knowing), low, high (its 95% confidence interval), of the days to
    the resolution counted at most to the horizon. Empty if no two replications share a draw of the parameters.
    """
    known = measures(run.summary)
    rows = []
    for case in run.summary.layout.listed if cases is None else cases:
        measure = known.get(f"resolution:{case}")
        split = variance_split(measure.values(), run.scenario.replications_per_draw) if measure else None
        if split and split != Split(0.0, 0.0, 0.0, 0.0, 1.0):
            rows.append((case, split.share_not_knowing, split.low, split.high))
    return pd.DataFrame(rows, columns=["case", "share", "low", "high"])


def pending(run: Run) -> pd.DataFrame:
    """Pending cases by stage over time: mean, median, central 80% and central 50% over replications.

    Columns: stage, time (days since start), mean, median, low, high, low_50, high_50. A case is pending in a stage from
    `requested` (it may queue at a limit) until it leaves; stages in which a case counts as resolved are left out.
    """
    return _series(run, run.summary.layout.open_stages, "stage")


def backlog(run: Run) -> pd.DataFrame:
    """All pending cases, and those beyond each target's time, over time; with the mean age of the pending.

    Columns: series ("all", or a target's key), time (days since start), mean, median, low, high, low_50, high_50, age
    (days, mean over the pending cases of all replications; of the series "all").
    """
    table = _series(run, [ALL, *run.summary.layout.targets], "series")
    number = table.loc[table["series"] == ALL, "mean"].to_numpy() * run.replications
    age = np.full(len(table), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        age[: len(number)] = run.summary.age_sum / MICRO / number
    return table.assign(age=age)


def _series(run: Run, names: Sequence[str], column: str) -> pd.DataFrame:
    parts = []
    for name in names:
        counts = run.summary.counts(name)
        quantiles = zip(("median", "low", "high", "low_50", "high_50"), (0.5, *INTERVAL, *INNER), strict=True)
        mean = counts @ np.arange(counts.shape[1]) / run.replications
        columns = {"time": run.summary.layout.times, "mean": mean}
        columns |= {what: _count_quantile(counts, p) for what, p in quantiles}
        parts.append(pd.DataFrame({column: name, **columns}))
    return pd.concat(parts, ignore_index=True)


def _count_quantile(counts: Counts, p: float) -> Floats:
    """The quantile of the value of a series at each time: the least value that a share p does not exceed."""
    shares = np.cumsum(counts, axis=1) / counts.sum(axis=1, keepdims=True)
    found: Floats = (shares < p - 1e-12).sum(axis=1).astype(np.float64)
    return found


def utilisation(run: Run) -> pd.DataFrame:
    """Work done as a share of the work that the staff could have done, by role.

    Columns: role, fte_days_available, mean, low, high. Available: capacity for cases times the working days of an FTE;
    work done is effort, so that what multitasking costs shows as staff not used to the full.
    """
    rows = []
    for role, available in available_fte_days(run.scenario).items():
        done = effort_of_role(run.summary, role)
        share = done / available if available else np.zeros(run.replications)
        low, high = np.quantile(share, INTERVAL)
        rows.append((role, available, share.mean(), low, high))
    return pd.DataFrame(rows, columns=["role", "fte_days_available", "mean", "low", "high"])


def effort(run: Run) -> pd.DataFrame:
    """What the staff works on: the work of each role in each stage.

    Columns: stage, role, fte (people at work on average until the horizon, all of their time), low, high, share (of the
    role's work). Only pairs that occur. Stages in which a case counts as resolved are told, too: compliance is
    monitored, and decisions are defended in court.
    """
    days = working_days(run.scenario)
    whole = {role: effort_of_role(run.summary, role).sum() for role in run.scenario.staffing}
    rows = []
    for stage in run.summary.layout.stages:
        for role, of_role in whole.items():
            work = run.summary.total(f"effort:{stage}|{role}")
            if work.any():
                people = work / days
                rows.append((stage, role, people.mean(), *np.quantile(people, INTERVAL), work.sum() / of_role))
    return pd.DataFrame(rows, columns=["stage", "role", "fte", "low", "high", "share"])


def effort_by_ending(run: Run) -> pd.DataFrame:
    """What the work on cases led to: the work on those resolved by the horizon, by the route by which they were.

    Columns: source (a stage), target (a stage or exit), cases (per replication), share (of the work on all resolved
    cases), low, high (over replications). Only routes that occur. Work after the resolution counts, as far as it was
    done by the horizon, and so does each strand's share of the work done before a case forked; work from before the
    first day does not.
    """
    total, endings = run.summary.total, run.summary.layout.endings
    done = {route: total("effort_of:{}|{}".format(*route)) for route in endings}
    whole = np.sum(list(done.values()), axis=0) if done else np.zeros(run.replications)
    rows = []
    for (stage, place), work in done.items():
        if work.any():
            low, high = np.quantile(work[whole > 0] / whole[whole > 0], INTERVAL)
            rows.append((stage, place, total(f"went:{stage}|{place}").mean(), work.sum() / whole.sum(), low, high))
    return pd.DataFrame(rows, columns=["source", "target", "cases", "share", "low", "high"])


def delay(run: Run) -> pd.DataFrame:
    """Where the days of a visit go, by stage: means over all visits, those under way as far as they have gone.

    Columns: stage, days, work (as with unlimited staff), staff (waiting for staff or working more slowly for want of
    it), party, procedure, hold, dormancy, queue (at a limit, before the stage).
    """
    rows = []
    for stage in run.summary.layout.stages:
        visits = run.summary.total(f"visits:{stage}").sum()
        if visits:
            parts = {name: run.summary.total(f"{name}_days:{stage}").sum() / visits for name in COMPONENTS}
            days = sum(parts.values()) - parts["queue"]
            rows.append({"stage": stage, "days": days, **parts})
    return pd.DataFrame(rows, columns=["stage", "days", *COMPONENTS])


def delay_by_role(run: Run) -> pd.DataFrame:
    """For whom cases wait: the delay due to staffing, by stage and role; visits under way as far as they have gone.

    Columns: stage, role, days (of delay charged to the role, mean per visit), share (of the stage's delay due to
    staffing; missing where there is none), low, high (of the days, over the replications with visits). The rows of the
    stage "all" are per case pending or new, over the stages in which a case is pending, as `role_delay`. A step of
    effort is delayed by the role that is done last, a team by the role of which people are free for it last: all of the
    delay is that role's, even if another one was nearly as late.
    """
    total, roles, known = run.summary.total, list(run.scenario.staffing), measures(run.summary)
    cases = total("pending_start") + total("incoming")
    parts = {ALL: (cases, [known[f"role_delay:{role}"].over for role in roles])}
    for stage in run.summary.layout.stages:
        parts[stage] = (total(f"visits:{stage}"), [total(f"delay:{stage}|{role}") for role in roles])
    rows = []
    for stage, (per, charged) in parts.items():
        there, whole = per > 0, np.sum(charged)
        for role, days in zip(roles, charged, strict=True):
            if there.any():
                low, high = np.quantile(days[there] / per[there], INTERVAL)
                share = days.sum() / whole if whole else np.nan
                rows.append((stage, role, days.sum() / per.sum(), share, low, high))
    return pd.DataFrame(rows, columns=["stage", "role", "days", "share", "low", "high"])


def flows(run: Run) -> pd.DataFrame:
    """How many cases went from where to where within the horizon, in strands or unforked cases.

    Columns: source (a stage; "new"; "under way" on the first day; "further strands": k - 1 of a case that forks into
    k), target (a stage or exit; "still pending" at the horizon, or "still there" in a stage in which a case counts as
    resolved), mean, low, high (cases per replication). Only pairs that occur. In every replication as many come to a
    stage as leave it or are in it at the horizon.
    """
    layout, total = run.summary.layout, run.summary.total
    pairs: dict[tuple[str, str], Floats] = {}
    for what, source in (("new", NEW), ("under_way", UNDER_WAY), ("forked", FURTHER_STRANDS)):
        pairs |= {(source, stage): total(f"{what}:{stage}") for stage in layout.stages}
    pairs |= {(stage, place): total(f"went:{stage}|{place}") for stage, place in layout.routes}
    for stage in layout.stages:
        pairs[stage, STILL_PENDING if stage in layout.open_stages else STILL_THERE] = total(f"there:{stage}")
    rows = [(*pair, cases.mean(), *np.quantile(cases, INTERVAL)) for pair, cases in pairs.items() if cases.any()]
    return pd.DataFrame(rows, columns=["source", "target", "mean", "low", "high"])


def fines(run: Run) -> pd.DataFrame:
    """Fines set within the horizon, EUR million: one row, columns mean, median, low, high, decisions (mean number)."""
    total, decisions = run.summary.total("fines"), float(run.summary.total("fined").mean())
    low, median, high = np.quantile(total, (INTERVAL[0], 0.5, INTERVAL[1]))
    return pd.DataFrame([{"mean": total.mean(), "median": median, "low": low, "high": high, "decisions": decisions}])


def targets(run: Run) -> pd.DataFrame:
    """How often each target is met: columns title, milestone, of, within_days, met, cases (per replication).

    Of the cases that entered `of`, the share that reached `milestone` in time, estimated with censoring: cases that may
    still make it when the horizon comes are at risk until then (Aalen-Johansen; other ends of a case compete).
    """
    rows = []
    for key, target in zip(run.summary.layout.targets, run.scenario.targets, strict=True):
        share = curve(run.summary.curve(key)).incidence(target.within_days)
        title = target.title or f"{target.milestone} within {target.within_days:g} days of {target.of}"
        cases = float(run.summary.total(f"begun:{key}").mean())
        rows.append((title, target.milestone, target.of, target.within_days, share, cases))
    return pd.DataFrame(rows, columns=["title", "milestone", "of", "within_days", "met", "cases"])


def throughput(run: Run) -> pd.DataFrame:
    """What came in and was resolved within the horizon, per year, and what was pending, in strands or unforked cases.

    One row: incoming, resolved, pending_start, pending_end, clearance_rate (resolved over incoming), disposition_time
    (365 times pending at the horizon over resolved per year, in days); CEPEJ's indicators. A case that forks into k
    strands counts as k from the fork on, so that pending_start + incoming = pending_end + resolved (before division by
    the years).
    """
    years = run.scenario.horizon_days / YEAR_DAYS
    names = ("incoming", "resolved", "pending_start", "pending_end")
    incoming, resolved, before, still = (float(run.summary.total(name).mean()) for name in names)
    row = {
        "incoming": incoming / years,
        "resolved": resolved / years,
        "pending_start": before,
        "pending_end": still,
        "clearance_rate": resolved / incoming if incoming else np.nan,
        "disposition_time": YEAR_DAYS * still / (resolved / years) if resolved else np.inf,
    }
    return pd.DataFrame([row])
