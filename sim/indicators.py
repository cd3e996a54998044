"""Event log -> indicators, each defined in one place with its formula, from the log and the scenario alone.

All return tidy pandas tables. A duration is a pair (days, whether its end was seen), and one that began before the
first day enters late: it was at risk only from the age that it had on that day (left truncation). `low` and `high`
bound the central 80% unless said otherwise.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.dates import YEAR_DAYS
from sim.events import EFFORT_PREFIX, REASON_COLUMNS
from sim.run import Run
from sim.scenario.schema import Scenario
from sim.scenario.staffing import capacity

Floats = NDArray[np.float64]

INTERVAL = (0.1, 0.9)
"""Quantiles that bound the central 80%."""
YEARS = (1, 2, 3)
"""Years within which the probability of a milestone is told."""
ENOUGH_AT_RISK = 0.02
"""Share of a stage's visits that must still be observed at an age for a quantile at that age to be told."""
GRID_DAYS = 30.4375
"""Days between the points of a series over time: a month of 365.25 / 12 days."""


def kaplan_meier(duration: Floats, observed: NDArray[np.bool_], entry: Floats | None = None) -> tuple[Floats, Floats]:
    """The product-limit estimate of the survival function: the times of its steps and its value after each.

    `entry`: age from which each was at risk (default 0). Kaplan and Meier (1958); with late entry, Tsai, Jewell and
    Wang (1987).
    """
    times, events = np.unique(duration[observed], return_counts=True)
    exits = np.sort(duration)
    at_risk = len(exits) - np.searchsorted(exits, times, side="left")
    if entry is not None:
        at_risk -= len(entry) - np.searchsorted(np.sort(entry), times, side="left")
    survival = np.cumprod(1.0 - events / np.maximum(at_risk, 1), dtype=np.float64)
    return times, survival


def survival_quantile(times: Floats, survival: Floats, p: float) -> float:
    """The time by which a share p has ended; infinite if the curve does not come down so far."""
    reached = np.nonzero(survival <= 1.0 - p + 1e-12)[0]
    return float(times[reached[0]]) if len(reached) else np.inf


def restricted_mean(times: Floats, survival: Floats, until: float) -> float:
    """The area under a survival curve up to `until`: the mean duration, counted at most so far."""
    inside = times < until
    steps = np.concatenate([[0.0], times[inside], [until]])
    return float(np.dot(np.diff(steps), np.concatenate([[1.0], survival[inside]])))


def _durations(visits: pd.DataFrame, horizon: float) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Days in the stage, whether its end was seen, and the age at which each visit came under observation."""
    entered, left = visits["entered"].to_numpy(), visits["left"].to_numpy()
    observed = ~np.isnan(left)
    return np.where(observed, left, horizon) - entered, observed, np.maximum(-entered, 0.0)


def stage_durations(run: Run) -> pd.DataFrame:
    """Days in each stage over all cases and replications.

    Columns: stage, visits (per replication), ended (share of visits whose end was seen), median, low, high
    (Kaplan-Meier, with late entry of what was under way; infinite where too few visits were observed so long), mean_365
    (restricted to a year).
    """
    horizon, rows = run.scenario.horizon_days, []
    entered = run.events[run.events["entered"].notna()]
    for stage, visits in entered.groupby("stage", observed=True):
        duration, observed, entry = _durations(visits, horizon)
        times, survival = kaplan_meier(duration, observed, entry)
        enough = _at_risk(duration, entry, times) >= ENOUGH_AT_RISK * len(visits)
        times, survival = times[enough], survival[enough]
        median, low, high = (survival_quantile(times, survival, p) for p in (0.5, *INTERVAL))
        rows.append(
            {
                "stage": stage,
                "visits": len(visits) / run.replications,
                "ended": observed.mean(),
                "median": median,
                "low": low,
                "high": high,
                "mean_365": restricted_mean(times, survival, YEAR_DAYS),
            }
        )
    return pd.DataFrame(rows, columns=["stage", "visits", "ended", "median", "low", "high", "mean_365"])


def listed_cases(scenario: Scenario) -> list[str]:
    """The cases that every replication has: the probes, or their strands."""
    return [
        f"{name}/{strand}" if strand else name
        for name, probe in scenario.probes.items()
        for strand in (probe.strands or [""])
    ]


def milestone_times(run: Run, cases: Sequence[str]) -> pd.DataFrame:
    """When listed cases first reached each stage or exit.

    One row per replication, case and place: columns replication, case, place, time (days since start).
    """
    events = run.events[run.events["case"].isin(cases)]
    names = [str(name) for name in cases]
    stages = events.loc[events["entered"].notna(), ["replication", "case", "stage", "entered"]]
    stages = stages.set_axis(["replication", "case", "place", "time"], axis=1)
    ends = events.loc[events["left"].notna(), ["replication", "case", "outcome", "left"]]
    ends = ends.set_axis(["replication", "case", "place", "time"], axis=1)
    exits = set(run.scenario.procedure.exits)
    both = pd.concat([stages.astype({"place": "str"}), ends[ends["place"].isin(exits)].astype({"place": "str"})])
    both["case"] = pd.Categorical(both["case"].astype("str"), categories=names)
    return both.groupby(["replication", "case", "place"], observed=True)["time"].min().reset_index()


def milestones(run: Run, cases: Sequence[str] | None = None) -> pd.DataFrame:
    """When each listed case reaches each stage or exit, over replications.

    Columns: case, place, probability (of reaching it by the horizon), within_1y, within_2y, within_3y (of the start;
    missing beyond the horizon), median, low, high: days since start over those replications that reach it by the
    horizon, undecided: share of replications in which the case is still pending then.
    """
    cases = listed_cases(run.scenario) if cases is None else cases
    times, total, horizon = milestone_times(run, cases), run.replications, run.scenario.horizon_days
    unresolved = _unresolved(run, cases)
    rows = []
    for (case, place), group in times.groupby(["case", "place"], observed=True):
        time = np.sort(group["time"].to_numpy())
        row = {"case": case, "place": place, "probability": len(time) / total}
        for years in YEARS:
            limit = years * YEAR_DAYS
            row[f"within_{years}y"] = float((time <= limit).sum() / total) if limit <= horizon else np.nan
        row |= dict(zip(("low", "median", "high"), np.quantile(time, (INTERVAL[0], 0.5, INTERVAL[1])), strict=True))
        row["undecided"] = unresolved.get(str(case), 0.0)
        rows.append(row)
    names = ["case", "place", "probability", *(f"within_{y}y" for y in YEARS), "median", "low", "high", "undecided"]
    return pd.DataFrame(rows, columns=names)


def _resolving(scenario: Scenario) -> set[str]:
    """Places at which a case counts as resolved: exits, and stages that say so."""
    return {n for n, s in scenario.procedure.stages.items() if s.resolved} | set(scenario.procedure.exits)


def _unresolved(run: Run, cases: Sequence[str]) -> dict[str, float]:
    """Share of replications in which each case is still pending at the horizon."""
    resolved = [n for n, s in run.scenario.procedure.stages.items() if s.resolved]
    open_ = run.events[run.events["case"].isin(cases) & run.events["left"].isna()]
    open_ = open_[~open_["stage"].isin(resolved)]
    return {
        str(k): v / run.replications for k, v in open_.groupby("case", observed=True)["replication"].nunique().items()
    }


def resolutions(run: Run, cases: Sequence[str] | None = None) -> pd.DataFrame:
    """When each listed case is resolved, whichever way.

    Columns: case, stage (at the start), median, low, high: days since start, infinite if later than the horizon;
    within_1y, within_2y, within_3y of the start.
    """
    cases = listed_cases(run.scenario) if cases is None else cases
    times, total, horizon = milestone_times(run, cases), run.replications, run.scenario.horizon_days
    first = times[times["place"].isin(_resolving(run.scenario))].groupby(["case", "replication"], observed=True)["time"]
    rows = []
    for case in cases:
        found = first.min()
        here = found[found.index.get_level_values("case") == case].to_numpy()
        time = np.sort(np.concatenate([here, np.full(total - len(here), np.inf)]))
        low, median, high = (time[min(int(np.ceil(p * total)) - 1, total - 1)] for p in (INTERVAL[0], 0.5, INTERVAL[1]))
        within = {
            f"within_{y}y": float((time <= y * YEAR_DAYS).mean()) if y * YEAR_DAYS <= horizon else np.nan for y in YEARS
        }
        rows.append({"case": case, "median": median, "low": low, "high": high, **within})
    return pd.DataFrame(rows, columns=["case", "median", "low", "high", *(f"within_{y}y" for y in YEARS)])


def grid(scenario: Scenario) -> Floats:
    """The times of series, in days since start: month by month, the horizon last."""
    horizon = scenario.horizon_days
    return np.append(np.arange(0.0, horizon - GRID_DAYS / 2, GRID_DAYS), horizon)


def pending(run: Run) -> pd.DataFrame:
    """Pending cases by stage over time: of each replication the number, then mean and central 80%.

    Columns: stage, time (days since start), mean, low, high. A case is pending in a stage from `requested` (it may
    queue at a limit) until it leaves; stages in which a case counts as resolved are left out.
    """
    times = grid(run.scenario)
    rows = []
    open_stages = [name for name, stage in run.scenario.procedure.stages.items() if not stage.resolved]
    for stage in open_stages:
        counts = occupancy(run, run.events[run.events["stage"] == stage], times)
        low, high = np.quantile(counts, INTERVAL, axis=0)
        rows.append(
            pd.DataFrame({"stage": stage, "time": times, "mean": counts.mean(axis=0), "low": low, "high": high})
        )
    return pd.concat(rows, ignore_index=True)


def occupancy(run: Run, visits: pd.DataFrame, times: Floats) -> Floats:
    """How many of these visits are under way at each time, in each replication: shape (replications, times)."""
    replication = visits["replication"].to_numpy()
    count = np.zeros((run.replications, len(times) + 1))
    begins = np.searchsorted(times, visits["requested"].to_numpy(), side="left")
    np.add.at(count, (replication, begins), 1)
    left = visits["left"].to_numpy()
    ended = ~np.isnan(left)
    np.add.at(count, (replication[ended], np.searchsorted(times, left[ended], side="left")), -1)
    return np.cumsum(count, axis=1)[:, :-1]


def utilisation(run: Run) -> pd.DataFrame:
    """Work done as a share of the work that the staff could have done, by role.

    Columns: role, fte_days_available, mean, low, high. Available: capacity for cases times the working days of an FTE;
    work done is effort, so that what multitasking costs shows as staff not used to the full.
    """
    scenario = run.scenario
    speed = scenario.calendar.working_days_per_year / YEAR_DAYS
    effort = [f"{EFFORT_PREFIX}{role}" for role in scenario.staffing]
    done = run.events.groupby("replication")[effort].sum().reindex(range(run.replications), fill_value=0.0)
    rows = []
    for role, pool in scenario.staffing.items():
        curve = capacity(pool, scenario.calendar, scenario.start, scenario.horizon_days)
        available = curve.fte_days(scenario.horizon_days) * speed
        share = done[f"{EFFORT_PREFIX}{role}"].to_numpy() / available if available else np.zeros(run.replications)
        low, high = np.quantile(share, INTERVAL)
        rows.append({"role": role, "fte_days_available": available, "mean": share.mean(), "low": low, "high": high})
    return pd.DataFrame(rows)


def delay(run: Run) -> pd.DataFrame:
    """Where the days of a visit go, by stage: means over all visits, those under way as far as they have gone.

    Columns: stage, days, work (as with unlimited staff), staff (waiting for staff or working more slowly for want of
    it), party, procedure, hold, dormancy, queue (at a limit, before the stage).
    """
    events = run.events[run.events["entered"].notna()]
    end = events["left"].fillna(run.scenario.horizon_days)
    parts = events[list(REASON_COLUMNS)].rename(columns=lambda name: name.removesuffix("_days"))
    days = end - events["entered"]
    parts.insert(0, "days", days)
    parts.insert(1, "work", events["unconstrained_days"] - events[list(REASON_COLUMNS)].sum(axis=1))
    parts.insert(2, "staff", days - events["unconstrained_days"])
    parts["queue"] = events["entered"] - events["requested"]
    return parts.groupby(events["stage"], observed=True).mean().reset_index()


def fines(run: Run) -> pd.DataFrame:
    """Fines set within the horizon, EUR million: one row, columns mean, median, low, high, decisions (mean number)."""
    new = run.events[run.events["entered"] >= 0]
    total = new.groupby("replication")["fine_eur_m"].sum().reindex(range(run.replications), fill_value=0.0).to_numpy()
    low, median, high = np.quantile(total, (INTERVAL[0], 0.5, INTERVAL[1]))
    decisions = float((new["fine_eur_m"] > 0).sum() / run.replications)
    return pd.DataFrame([{"mean": total.mean(), "median": median, "low": low, "high": high, "decisions": decisions}])


def targets(run: Run) -> pd.DataFrame:
    """How often each target is met: columns title, milestone, of, within_days, met, cases (per replication).

    Of the cases that entered `of`, the share that reached `milestone` in time, estimated with censoring: cases that may
    still make it when the horizon comes are at risk until then (Aalen-Johansen; other ends of a case compete).
    """
    rows = []
    for target in run.scenario.targets:
        share, cases = _target_share(run, target.milestone, target.of, target.within_days)
        title = target.title or f"{target.milestone} within {target.within_days:g} days of {target.of}"
        rows.append(
            {
                "title": title,
                "milestone": target.milestone,
                "of": target.of,
                "within_days": target.within_days,
                "met": share,
                "cases": cases,
            }
        )
    return pd.DataFrame(rows, columns=["title", "milestone", "of", "within_days", "met", "cases"])


def _target_share(run: Run, milestone: str, of: str, within: float) -> tuple[float, float]:
    """Aalen-Johansen estimate of reaching a milestone within days of entering a stage, and cases per replication."""
    events = run.events
    keys = ["replication", "case"]
    begun = events[(events["stage"] == of) & events["entered"].notna() & (events["visit"] == 1)]
    began = begun.set_index(keys)["entered"]
    as_stage = events.loc[events["stage"] == milestone, [*keys, "entered"]].rename(columns={"entered": "time"})
    as_exit = events.loc[events["outcome"] == milestone, [*keys, "left"]].rename(columns={"left": "time"})
    reached = pd.concat([as_stage, as_exit]).groupby(keys, observed=True)["time"].min()
    ended = events[events["outcome"].isin(run.scenario.procedure.exits)].groupby(keys, observed=True)["left"].max()
    reached, ended = reached.reindex(began.index), ended.reindex(began.index)
    end = reached.fillna(ended).fillna(run.scenario.horizon_days)
    duration, entry = (end - began).to_numpy(), np.maximum(-began.to_numpy(), 0.0)
    cause = np.where(reached.notna(), 1, np.where(ended.notna(), 2, 0))
    times, survival = kaplan_meier(duration, cause > 0, entry)
    before = np.concatenate([[1.0], survival[:-1]])
    mine = np.searchsorted(times, duration[cause == 1])
    at_risk = _at_risk(duration, entry, times)
    hits = np.bincount(mine, minlength=len(times)) / np.maximum(at_risk, 1)
    share = float((before * hits)[times <= within].sum())
    return share, len(began) / run.replications


def _at_risk(duration: Floats, entry: Floats, times: Floats) -> Floats:
    exits = len(duration) - np.searchsorted(np.sort(duration), times, side="left")
    late = len(entry) - np.searchsorted(np.sort(entry), times, side="left")
    return (exits - late).astype(float)


def throughput(run: Run) -> pd.DataFrame:
    """What came in and was resolved within the horizon, per year, and what was pending, in strands or unforked cases.

    One row: incoming, resolved, pending_start, pending_end, clearance_rate (resolved over incoming), disposition_time
    (365 times pending at the horizon over resolved per year, in days); CEPEJ's indicators. A case that forks into k
    strands counts as k from the fork on, so that pending_start + incoming = pending_end + resolved (before division by
    the years).
    """
    events, total = run.events, run.replications
    years = run.scenario.horizon_days / YEAR_DAYS
    resolving = _resolving(run.scenario)
    first = events.drop_duplicates(["replication", "case"])
    strands = first[first["parent"] != ""]
    forked = first.merge(strands[["replication", "parent"]].drop_duplicates(), left_on=["replication", "case"],
                         right_on=["replication", "parent"], how="inner")  # fmt: skip
    open_at_first = ~first["stage"].isin(resolving)
    old = (first["requested"] < 0) & open_at_first
    incoming = ((first["requested"] >= 0).sum() - len(forked)) / total / years
    open_stages = ~events["stage"].isin(resolving)
    resolved = (open_stages & events["outcome"].isin(resolving)).sum() / total / years
    still = (open_stages & events["left"].isna()).sum() / total
    row = {
        "incoming": incoming,
        "resolved": resolved,
        "pending_start": old.sum() / total,
        "pending_end": still,
        "clearance_rate": resolved / incoming if incoming else np.nan,
        "disposition_time": YEAR_DAYS * still / resolved if resolved else np.inf,
    }
    return pd.DataFrame([row])
