"""The tables of a run: declared once each, with the meaning of every column; `Run.table(name)` makes them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.dates import YEAR_DAYS
from sim.results.catalogue import CELLS, by_label
from sim.results.estimates import Results, cells, estimates, spells
from sim.results.statistics import CENTRAL, Split, by_draw, rank_weights, variance_split
from sim.results.summarise import MICRO
from sim.results.summary import GOES_ON, IN_PROGRESS, PARTS, REMAINING, YEARS, Counts, Floats
from sim.results.survival import curves
from sim.scenario.expected_staff import expected_staffing
from sim.scenario.staffing import capacity, headcount

INNER = (0.25, 0.75)
"""Quantiles that bound the central 50%."""
ALL_CASES = ALL_ROLES = ALL_STAGES = "all"
"""In tables: all headline cases together, not one that is tracked; all roles; all stages of headline cases."""

_CI = {"ci_low": "lower bound of the value's 95% confidence interval", "ci_high": "upper bound"}
_CENTRAL = {"q10": "lower bound of the central 80% of replications", "q90": "upper bound"}
_WITHIN = {
    f"within_{y}y": f"probability of it within {y} year{'s'[: y > 1]} of the start; missing beyond the horizon"
    for y in YEARS
}


@dataclass(frozen=True)
class RunTable:
    """A table that every run has: its title, the meaning of its columns, and how it is made."""

    title: str
    columns: dict[str, str]
    make: Callable[[Results], pd.DataFrame]
    note: str = ""


def _durations(run: Results) -> pd.DataFrame:
    rows = []
    for stage in run.layout.stages:
        visits, ended = (float(run.data[name].sel(stage=stage).sum()) for name in ("visits", "ended"))
        if not visits:
            continue
        curve = curves(spells(run.data, run.layout, stage))
        quantiles = (float(curve.quantile(p)[0]) for p in (0.5, *CENTRAL))
        mean = float(curve.restricted_mean(YEAR_DAYS)[0])
        rows.append((stage, visits / run.replications, ended / visits, *quantiles, mean))
    return pd.DataFrame(rows, columns=["stage", "visits", "ended", "median", "q10", "q90", "mean_365"])


def _survival(run: Results) -> pd.DataFrame:
    parts = []
    for stage in run.layout.stages:
        curve = curves(spells(run.data, run.layout, stage))
        columns = {"age": curve.age, "survival": curve.survival, "at_risk": curve.at_risk / run.replications}
        parts.append(pd.DataFrame({"stage": stage} | {name: values[curve.told] for name, values in columns.items()}))
    return pd.concat(parts, ignore_index=True)


def _milestones(run: Results) -> pd.DataFrame:
    rows = []
    for case in run.layout.tracked:
        comes = _comes(run, case)
        undecided = float(run.data["open_at_end"].sel(case=case).to_numpy()[comes].mean()) if comes.any() else np.nan
        for state in run.layout.states:
            time = run.first_reached(case, [state])[comes]
            reached = time[np.isfinite(time)]
            if len(reached):
                q10, median, q90 = np.quantile(reached, (CENTRAL[0], 0.5, CENTRAL[1]))
                chance = len(reached) / len(time)
                rows.append((case, state, chance, *_within(run, time), median, q10, q90, undecided))
    names = ["case", "state", "probability", *_WITHIN, "median", "q10", "q90", "undecided"]
    return pd.DataFrame(rows, columns=names)


def _comes(run: Results, case: str) -> NDArray[np.bool_]:
    """In which replications a tracked case comes up; the others say nothing of it."""
    comes: NDArray[np.bool_] = run.samples[f"resolution:{case}"].occurs
    return comes


def _within(run: Results, time: Floats) -> list[float]:
    """The share of these times within each of the years stated; NaN beyond the horizon, or if there are none."""
    limits = [years * YEAR_DAYS for years in YEARS]
    known = [len(time) > 0 and limit <= run.scenario.horizon_days for limit in limits]
    return [float((time <= limit).mean()) if fits else np.nan for limit, fits in zip(limits, known, strict=True)]


def _resolutions(run: Results) -> pd.DataFrame:
    rows = []
    for case in run.layout.tracked:
        time = np.sort(run.first_reached(case, run.layout.resolving)[_comes(run, case)])
        q10, median, q90 = (_order_statistic(time, p) for p in (CENTRAL[0], 0.5, CENTRAL[1]))
        rows.append((case, median, q10, q90, *_within(run, time)))
    return pd.DataFrame(rows, columns=["case", "median", "q10", "q90", *_WITHIN])


def _probes(run: Results) -> pd.DataFrame:
    rows = []
    probe_of = {case: run.layout.probe_of(case)[0] for case in run.layout.open_cases}
    for probe in dict.fromkeys(probe_of.values()):
        cases = [case for case in probe_of if probe_of[case] == probe]
        times = np.array([run.first_reached(case, run.layout.resolving) for case in cases])
        if all(_comes(run, case).all() for case in cases):  # of others the first and the last are not known everywhere
            first, last = (np.sort(ends) for ends in (times.min(axis=0), times.max(axis=0)))
            medians = (_order_statistic(ends, 0.5) for ends in (first, last))
            rows.append((probe, len(cases), *medians, float(np.isfinite(last).mean())))
    return pd.DataFrame(rows, columns=["probe", "cases", "first", "last", "all_resolved"])


def _order_statistic(ordered: Floats, p: float) -> float:
    """The quantile of sorted values, of which some may be infinite, without an average of two; NaN of none."""
    if not len(ordered):
        return np.nan
    return float(ordered[min(int(np.ceil(p * len(ordered))) - 1, len(ordered) - 1)])


def _resolution_splits(run: Results) -> pd.DataFrame:
    rows = []
    for case in run.layout.tracked:
        values = run.samples[f"resolution:{case}"].by_replication
        split = None if np.isnan(values).any() else variance_split(values, run.scenario.replications_per_draw)
        if split and split != Split(0.0, 0.0, 0.0, 0.0, 1.0):
            rows.append((case, split.share_parameter, split.low, split.high))
    return pd.DataFrame(rows, columns=["case", "share", "ci_low", "ci_high"])


def _resolution_weights(run: Results) -> pd.DataFrame:
    times = [run.samples[f"resolution:{case}"].by_replication for case in run.layout.open_cases]
    everywhere, weights = [days for days in times if not np.isnan(days).any()], None
    if everywhere:
        drawn, days = run.arrays["drawn"], np.mean(everywhere, axis=0)
        per_draw = run.scenario.replications_per_draw
        weights = rank_weights(by_draw(drawn, per_draw), by_draw(days, per_draw))
    names = list(run.scenario.uncertain) if weights is not None else []
    rows = pd.DataFrame(np.empty((0, 3)) if weights is None else weights, columns=["weight", "ci_low", "ci_high"])
    return rows.assign(parameter=names).sort_values("weight", key=abs, ascending=False, ignore_index=True)


def _endings(run: Results) -> pd.DataFrame:
    states, cases = [*run.layout.resolving, GOES_ON, IN_PROGRESS], [ALL_CASES, *run.layout.tracked]
    parts = [
        _cells(run, "endings").assign(case=ALL_CASES),
        _cells(run, "still_in_progress").assign(case=ALL_CASES, state=IN_PROGRESS),
        _cells(run, "endings_of_cases"),
        _cells(run, "goes_on").assign(state=GOES_ON),
        _cells(run, "open_cases").assign(state=IN_PROGRESS),
    ]
    table = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    table = table[table.groupby(["case", "state"])["value"].transform("max") > 0]
    titles = run.scenario.procedure.exits | {n: s.title for n, s in run.scenario.procedure.stages.items()}
    table = table.assign(
        case=pd.Categorical(table["case"], cases, ordered=True),
        state=pd.Categorical(table["state"], states, ordered=True),
        date=[run.scenario.start + timedelta(days=float(day)) for day in table["date"]],
        title=[titles.get(state, state) for state in table["state"]],
    ).sort_values(["case", "date", "state"], ignore_index=True)
    columns = ["case", "date", "state", "title", "value", "ci_low", "ci_high"]
    return table[columns].astype({"case": str, "state": str})


def _cells(run: Results, name: str) -> pd.DataFrame:
    """A quantity for each cell of its dimensions."""
    return cells(CELLS[name], run.data, run.layout)


def _pending(run: Results) -> pd.DataFrame:
    return _series(run, run.layout.open_stages, "stage")


def _backlog(run: Results) -> pd.DataFrame:
    populations = run.layout.populations
    table = _series(run, [*populations, *run.layout.targets], "series")
    number = table["mean"].to_numpy()[: len(populations) * len(run.layout.times)] * run.replications
    age = np.full(len(table), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        age[: len(number)] = run.data["age_sum"].to_numpy().ravel() / MICRO / number
    return table.assign(age=age)


def _series(run: Results, names: Sequence[str], column: str) -> pd.DataFrame:
    parts = [pd.DataFrame({name: pd.Series(dtype=object if name == column else float) for name in (column, *_TIME)})]
    for name in names:
        counts = run.data["frequency"].sel(series=name).to_numpy()
        quantiles = zip(("median", "q10", "q90", "q25", "q75"), (0.5, *CENTRAL, *INNER), strict=True)
        mean = counts @ np.arange(counts.shape[1]) / run.replications
        columns = {"time": run.layout.times, "mean": mean}
        columns |= {what: _count_quantile(counts, p) for what, p in quantiles}
        parts.append(pd.DataFrame({column: name, **columns}))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _count_quantile(counts: Counts, p: float) -> Floats:
    """The quantile of the value of a series at each time: the least value that a share p does not exceed."""
    shares = np.cumsum(counts, axis=1) / counts.sum(axis=1, keepdims=True)
    quantile: Floats = (shares < p - 1e-12).sum(axis=1).astype(np.float64)
    return quantile


def _throughput(run: Results) -> pd.DataFrame:
    names = ["pending_start", "incoming", "resolved", "pending_end", "clearance_rate", "disposition_time", "age_end"]
    known = {(s.indicator.name, s.key): s.value for s in run.samples.values() if s.indicator.name in names}
    rows = [{"population": p, **{name: known[name, p] for name in names}} for p in run.layout.populations]
    return pd.DataFrame(rows)


def _utilisation(run: Results) -> pd.DataFrame:
    indicator = by_label("utilisation")
    table = cells(indicator, run.data, run.layout)
    table.insert(1, "fte_days_available", table["role"].map(run.data["available"].mean("replication").to_series()))
    return table


def _blocked(run: Results) -> pd.DataFrame:
    rows = []
    for role in run.layout.scenario.staffing:
        needed, people = (run.data[name].sel(role=role).to_numpy() for name in ("blocking", "lasting"))
        if (blocked := needed > 0).any():
            rows.append((role, int(blocked.sum()), needed[blocked].max(), people[blocked].max()))
    return pd.DataFrame(rows, columns=["role", "replications", "fte_needed", "fte_at_most"])


def _staff(run: Results) -> pd.DataFrame:
    scenario, times = run.scenario, np.floor(run.layout.times)
    spans = list(zip(times, np.append(times[1:], max(scenario.horizon_days, times[-1] + 1)), strict=True))
    whole = pd.DataFrame({"time": run.layout.times, "people": 0.0, "fte": 0.0})
    parts = []
    for role, pool in expected_staffing(scenario).items():
        available = capacity(pool, scenario.calendar, scenario.start, scenario.horizon_days)
        fte = np.array([available.fte_days(until, since) / (until - since) for since, until in spans])
        people = headcount(pool, scenario.start, times)
        parts.append(whole.assign(role=role, people=people, fte=fte))
        whole = whole.assign(people=whole["people"] + people, fte=whole["fte"] + fte)
    return pd.concat([*parts, whole.assign(role=ALL_ROLES)], ignore_index=True)[["role", "time", "people", "fte"]]


def _effort(run: Results) -> pd.DataFrame:
    table = _cells(run, "effort")
    share = _cells(run, "effort_share")[["stage", "role", "value"]]
    table = table.merge(share.rename(columns={"value": "share"}), on=["stage", "role"])
    whole = _cells(run, "effort_in_stage").assign(role=ALL_ROLES)
    whole["share"] = whole["value"] / whole["value"].sum()
    return pd.concat([table, whole], ignore_index=True)


def _effort_by_ending(run: Results) -> pd.DataFrame:
    table = _cells(run, "effort_by_ending")
    cases = _cells(run, "went")[["stage", "state", "value"]].rename(columns={"value": "cases"})
    table = table[table["value"] > 0].merge(cases, on=["stage", "state"], how="left")
    return table.rename(columns={"stage": "source", "state": "target", "value": "share"})


def _delay(run: Results) -> pd.DataFrame:
    table = _cells(run, "delay")
    wide = table.pivot_table(index="stage", columns="part", values="value")
    wide = wide.reindex(index=run.layout.stages, columns=list(PARTS)).dropna()
    wide.insert(0, "days", wide.sum(axis=1) - wide["queue"])
    whole = _cells(run, "visit_days")[["stage", "q10", "q90"]]
    return wide.rename_axis(columns=None).reset_index().merge(whole, on="stage")


def _share_of_days(run: Results) -> pd.DataFrame:
    table = _cells(run, "share_of_days")
    return table.sort_values("value", ascending=False, kind="stable", ignore_index=True)


def _delay_by_role(run: Results) -> pd.DataFrame:
    table = _cells(run, "delay_by_role")
    per_case = cells(by_label("role_delay"), run.data, run.layout).assign(stage=ALL_STAGES)
    table = pd.concat([part for part in (per_case, table) if len(part)] or [table], ignore_index=True)
    visits = run.data["visits"].sum("replication").to_series()
    charged = table["value"] * table["stage"].map(visits).fillna(1.0)
    whole = charged.groupby(table["stage"]).transform("sum")
    share = (charged / whole.where(whole > 0)).astype(float)
    return table.assign(share=share)[["stage", "role", "value", "share", "ci_low", "ci_high", "q10", "q90"]]


def _flows(run: Results) -> pd.DataFrame:
    came = _cells(run, "came").rename(columns={"stage": "target"})
    went = _cells(run, "went").rename(columns={"stage": "source", "state": "target"})
    remain = _cells(run, "remaining").rename(columns={"stage": "source"})
    remain["target"] = np.where(remain["source"].isin(run.layout.open_stages), IN_PROGRESS, REMAINING)
    table = pd.concat([came, went, remain], ignore_index=True)
    return table[["source", "target", "value", "ci_low", "ci_high", "q10", "q90"]]


def _fines(run: Results) -> pd.DataFrame:
    total = run.data["fines"].to_numpy()
    q10, median, q90 = np.quantile(total, (CENTRAL[0], 0.5, CENTRAL[1]))
    decisions = float(run.data["fined"].mean())
    return pd.DataFrame([{"mean": total.mean(), "median": median, "q10": q10, "q90": q90, "decisions": decisions}])


def _targets(run: Results) -> pd.DataFrame:
    rows = []
    for key, target in zip(run.layout.targets, run.scenario.targets, strict=True):
        sample = run.samples[f"target_met:{key}"]
        interval = sample.interval()
        title = target.title or f"{target.milestone} within {target.within_days:g} days of {target.of}"
        cases = float(run.data["begun"].sel(target=key).mean())
        of = (title, target.milestone, target.of, target.within_days)
        rows.append((*of, sample.value, interval.low, interval.high, cases))
    columns = ["title", "milestone", "of", "within_days", "met", "ci_low", "ci_high", "cases"]
    return pd.DataFrame(rows, columns=columns)


def _indicators(run: Results) -> pd.DataFrame:
    return estimates(run.data, run.layout)


_STAGE, _CASE, _VALUE = {"stage": "stage"}, {"case": "tracked case"}, {"value": "estimate over all replications"}
_TIME = {
    "time": "days since start", "mean": "mean over replications", "median": "median", **_CENTRAL,
    "q25": "lower bound of the central 50%", "q75": "upper bound",
}  # fmt: skip
TABLES = {
    "indicators": RunTable(
        "All indicators",
        {"indicator": "its label", "title": "what it is", "unit": "its unit", **_VALUE, **_CI, **_CENTRAL},
        _indicators,
    ),
    "throughput": RunTable(
        "Cases that come, are resolved and are in progress",
        {
            "population": "headline: cases from the stage that the procedure names; before: those in stages before it",
            "pending_start": "in progress on the first day", "incoming": "come a year", "resolved": "resolved a year",
            "pending_end": "in progress at the horizon", "clearance_rate": "resolved / incoming",
            "disposition_time": "days", "age_end": "mean days since they came, of those in progress at the horizon",
        },
        _throughput,
        "Of cases before the headline stage, those that go on to it count as resolved. In every replication"
        " pending_start + incoming = pending_end + resolved, before division by the years.",
    ),
    "endings": RunTable(
        "How cases end",
        {
            "case": f"a tracked case, or '{ALL_CASES}' headline cases", "date": "by when",
            "state": f"a state in which cases are resolved, or '{IN_PROGRESS}'", "title": "what it is called",
            "value": "share of the replications in which the case has come by then, or of all headline cases that have",
            **_CI,
        },
        _endings,
        "The shares of a case on a date add up to one.",
    ),
    "resolutions": RunTable(
        "When tracked cases are resolved, whichever way",
        {**_CASE, "median": "days since start, infinite if later than the horizon", **_CENTRAL, **_WITHIN},
        _resolutions,
        "Over the replications in which the case comes up; missing if there are none.",
    ),
    "probes": RunTable(
        "When the first and the last strand of each probe is resolved, whichever way",
        {
            "probe": "the probe that strands in progress belong to", "cases": "its strands in progress",
            "first": "median day since start on which its first strand is resolved; infinite beyond the horizon",
            "last": "the same of its last strand", "all_resolved": "probability that all are by the horizon",
        },
        _probes,
        "Only probes whose strands come up in every replication.",
    ),
    "milestones": RunTable(
        "When tracked cases reach each stage or exit",
        {
            **_CASE, "state": "stage or exit", "probability": "of reaching it by the horizon", **_WITHIN,
            "median": "days since start over replications that reach it by the horizon", **_CENTRAL,
            "undecided": "share of replications in which the case is in progress at the horizon",
        },
        _milestones,
        "Over the replications in which the case comes up.",
    ),
    "resolution_splits": RunTable(
        "How much of the spread of a resolution is parameter uncertainty",
        {**_CASE, "share": "of the variance of days to the resolution, counted at most to the horizon", **_CI},
        _resolution_splits,
        "Empty if no two replications share a draw of the parameters.",
    ),
    "resolution_weights": RunTable(
        "On which uncertain parameters resolutions depend",
        {
            "parameter": "name of the parameter",
            "weight": "standardised regression coefficient of ranks: by how many standard deviations the mean time to"
            " the resolutions, counted at most to the horizon, is later for one of the parameter, all else equal",
            **_CI,
        },
        _resolution_weights,
        "The largest first; of the cases in progress on the first day. Empty with few draws of the parameters.",
    ),
    "durations": RunTable(
        "Days in each stage",
        {
            **_STAGE, "visits": "visits per replication", "ended": "share of the visits whose end was seen",
            "median": "as the indicator stage_days; infinite if longer than enough were observed, missing if too few"
            " were observed at earlier ages",
            "q10": "age by which 10% have ended", "q90": "age by which 90% have ended",
            "mean_365": "mean days, counted at most up to a year; missing if none was observed so long",
        },
        _durations,
        "Product-limit estimates with late entry of visits that were in progress on the first day. 'later': longer than"
        " enough visits were observed; '-': too few were observed at the same age to tell.",
    ),
    "survival": RunTable(
        "Share of visits not ended by age",
        {**_STAGE, "age": "days", "survival": "share not ended", "at_risk": "visits observed then, per replication"},
        _survival,
    ),
    "pending": RunTable(
        "Cases in progress by stage over time",
        {**_STAGE, **_TIME},
        _pending,
        "A case is in progress in a stage from when it asks to enter (it may queue at a limit) until it leaves.",
    ),
    "backlog": RunTable(
        "Cases in progress over time, and those beyond each target's time",
        {"series": "a population, or a target's key", **_TIME, "age": "mean days since they came, of a population"},
        _backlog,
    ),
    "targets": RunTable(
        "How often targets are met",
        {
            "title": "the target", "milestone": "what is to be reached", "of": "from the beginning of which stage",
            "within_days": "days allowed", "met": "as the indicator target_met", **_CI, "cases": "per replication",
        },
        _targets,
    ),
    "delay": RunTable(
        "Where the days of a visit go",
        {
            **_STAGE, "days": "mean days of a visit, those not ended as far as they have gone",
            "work": "days of work as with unlimited staff", "staff": "days for want of staff",
            "party": "waiting for the party", "procedure": "waiting for the procedure", "hold": "on hold",
            "dormancy": "lying dormant", "queue": "at a limit, before the stage",
            "q10": "lower bound of the central 80% of mean days, the queue included", "q90": "upper bound",
        },
        _delay,
    ),
    "share_of_days": RunTable(
        "What the days of headline cases are spent on",
        {"part": "as the columns of delay", "value": "share of their days", **_CI, **_CENTRAL},
        _share_of_days,
    ),
    "delay_by_role": RunTable(
        "For whom cases wait",
        {
            "stage": f"stage; '{ALL_STAGES}': per headline case, over all stages", "role": "role",
            "value": "mean days of delay charged to the role, per visit", "share": "of the delay due to staffing",
            **_CI, **_CENTRAL,
        },
        _delay_by_role,
        "A step of effort is delayed by the role that is done last, a team by the role of which people are free for it"
        " last: all of the delay is that role's, even if another one was nearly as late.",
    ),
    "utilisation": RunTable(
        "Work done over the work that the staff could have done",
        {"role": "role", "fte_days_available": "FTE-days that it could work on cases", **_VALUE, **_CI, **_CENTRAL},
        _utilisation,
        "Work done is effort, so that what multitasking costs shows as staff not used to the full.",
    ),
    "staff": RunTable(
        "Staff over time",
        {
            "role": f"role, or '{ALL_ROLES}'", "time": "days since start", "people": "headcount that is expected",
            "fte": "full-time equivalents available for cases, on average until the next time",
        },
        _staff,
        "The same in all replications.",
    ),
    "blocked": RunTable(
        "Teams that can never be complete",
        {
            "role": "role", "replications": "replications in which a team waits for its people in vain at the horizon",
            "fte_needed": "people that the largest of these teams needs",
            "fte_at_most": "people that there are at most, at the horizon or ever after",
        },
        _blocked,
        "Such a team blocks its people, and all cases that need them. Empty where no team does.",
    ),
    "effort": RunTable(
        "What the staff works on",
        {
            **_STAGE, "role": f"role, or '{ALL_ROLES}'", "value": "people at work on average until the horizon", **_CI,
            **_CENTRAL, "share": "of the role's work",
        },
        _effort,
        "Stages in which a case counts as resolved are included: compliance is monitored, decisions are defended.",
    ),
    "effort_by_ending": RunTable(
        "What the work on cases led to",
        {
            "source": "stage", "target": "state in which cases are resolved", "share": "of the work on resolved cases",
            **_CI, **_CENTRAL, "cases": "cases per replication",
        },
        _effort_by_ending,
        "Work after the resolution counts, and so does each strand's share of the work before a fork; work from before"
        " the first day does not.",
    ),
    "flows": RunTable(
        "How many cases went from where to where",
        {
            "source": "a stage, or where cases come from that come from no stage",
            "target": f"a stage or exit, '{IN_PROGRESS}' or '{REMAINING}' (resolved) at the horizon",
            "value": "cases per replication", **_CI, **_CENTRAL,
        },
        _flows,
        "In every replication as many come to a stage as leave it or are in it at the horizon.",
    ),
    "fines": RunTable(
        "Fines set within the horizon",
        {"mean": "EUR million", "median": "EUR million", **_CENTRAL, "decisions": "mean number of fines"},
        _fines,
    ),
}  # fmt: skip
"""Every table of a run by name."""
