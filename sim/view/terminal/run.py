"""The summary of a run on a terminal, for somebody who knows the law and not the simulation."""

from collections.abc import Mapping
from functools import partial

import pandas as pd
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from sim.results.estimates import subjects
from sim.results.run import Run
from sim.results.summary import HEADLINE, IN_PROGRESS
from sim.results.tables import ALL_CASES, TABLES
from sim.view.figures.listed import names, of_cases, place_titles
from sim.view.terminal.tables import Column, table
from sim.view.titles import cases_of
from sim.view.words import blocked, count, day, no_cases, of_parameters, plural, share, spark

SPARK_POINTS = 24
MIN_SHOWN = 0.005
"""Milestones less likely than this by the horizon, and stages with fewer cases, are not shown."""
PARTS = {
    "work": "work",
    "staff": "waiting for staff",
    "party": "the party",
    "procedure": "procedure",
    "hold": "holds",
    "dormancy": "dormancy",
    "queue": "queue at a limit",
}
STATE = "state "
"""Before the name of a stage or exit as a column."""
NEGLIGIBLE_DAYS = 0.05
"""Days below which a part is not shown."""


def summary(run: Run) -> RenderableType:
    """Everything that `sim run` prints of a finished run."""
    parts: list[RenderableType] = [_heading(run)]
    if not run.has_cases:
        return Group(*(Padding(part, (0, 0, 1, 0)) for part in (*parts, Text(no_cases(run)), _closing(run))))
    if run.scenario.probes:
        parts.append(_resolutions(run))
    if len(run.table("endings")):
        parts.append(_endings(run))
    if run.scenario.probes:
        parts.append(_milestones(run))
    parts += [_caseload(run), _in_progress(run), _durations(run), _days(run), _utilisation(run)]
    if run.scenario.targets:
        parts.append(_targets(run))
    parts.append(_closing(run))
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def _heading(run: Run) -> Text:
    scenario = run.scenario
    text = Text(scenario.title or scenario.name, style="bold")
    text.append(
        f"\n{scenario.start} to {scenario.horizon}, {plural(run.replications, 'replication')}, seed {scenario.seed}."
        " Intervals hold the central 80% of the replications: stochastic variation"
        + (f" and {of_parameters(scenario)}." if scenario.uncertain else "."),
        style="not bold",
    )
    return text


def _named(
    run: Run, name: str, frame: pd.DataFrame, columns: Mapping[str, Column], of: str, note: str = "", group: str = ""
) -> RenderableType:
    """A table of the run under its declared title, with the population that it is of."""
    return table(frame, columns, f"{TABLES[name].title}: {of}", note, group)


def _central(run: Run) -> dict[str, Column]:
    """A median time and its interval, as dates."""
    write = partial(day, run.scenario)
    return {"median": Column("median", write), "q10": Column("80% between", write), "q90": Column("and", write)}


def _tracked(run: Run) -> str:
    """What the tracked cases are called that have a line of their own."""
    in_headline = {run.layout.present_stage(case)[0] for case in run.layout.open_cases} <= {*run.layout.headline_stages}
    return cases_of(run.scenario) if in_headline else "cases"


def _whole_names(run: Run) -> dict[str, str]:
    return {case: name.whole for case, name in names(run).items()}


def _resolutions(run: Run) -> RenderableType:
    cases = run.layout.open_cases
    rows = of_cases(run, "resolutions", cases)
    split = of_cases(run, "resolution_splits", cases).set_index("case")["share"]
    rows = rows.assign(case=rows["case"].map(_whole_names(run)), parameters=rows["case"].map(split).astype(float))
    columns = {
        "case": Column("case"), **_central(run), "within_1y": Column("in 1 year", share),
        "within_2y": Column("in 2 years", share), "parameters": Column("due to parameters", share),
    }  # fmt: skip
    note = (
        "'later': beyond the horizon. 'due to parameters': the share of the variance that is parameter uncertainty; the"
        " rest is stochastic."
    )
    return _named(run, "resolutions", rows, columns, _tracked(run), note)


def _endings(run: Run) -> RenderableType:
    """The share in each end and still in progress, for each tracked case and for all headline cases."""
    rows, cases = run.table("endings"), [*run.layout.open_cases, ALL_CASES]
    titles = {**_whole_names(run), ALL_CASES: f"all {cases_of(run.scenario)}, those that come later included"}
    rows = rows[rows["case"].isin(cases)]
    by_state = rows.pivot_table(values="value", index=["case", "date"], columns="state", fill_value=0.0)
    wide = by_state.add_prefix(STATE).reset_index()  # a stage may be called as another column
    wide = wide.sort_values("case", key=lambda column: column.map(cases.index), kind="stable")
    ends = place_titles(run) | {IN_PROGRESS: IN_PROGRESS}
    shown = {f"{STATE}{state}": Column(title, share) for state, title in ends.items() if state in by_state}
    columns = {"date": Column("by")} | shown
    wide = wide.assign(case=wide["case"].map(titles))
    of = (
        f"tracked {_tracked(run)}, then all {cases_of(run.scenario)}"
        if run.layout.open_cases
        else cases_of(run.scenario)
    )
    return _named(run, "endings", wide, columns, of, "Each row adds up to 100%.", group="case")


def _milestones(run: Run) -> RenderableType:
    stages, cases = run.scenario.procedure.stages, run.layout.open_cases
    rows = of_cases(run, "milestones", cases)
    present = rows["case"].map({case: run.layout.present_stage(case)[0] for case in cases})
    ahead = rows["state"].isin(list(stages)) & (rows["state"] != present) & (rows["probability"] >= MIN_SHOWN)
    order = {name: number for number, name in enumerate([*cases, *stages])}
    rows = rows[ahead].sort_values(["case", "state"], key=lambda names: names.map(order))
    rows = rows.assign(
        case=rows["case"].map(_whole_names(run)),
        state=[stages[name].milestone or stages[name].title for name in rows["state"]],
    )
    columns = {
        "state": Column("milestone"), "within_1y": Column("in 1 year", share), "within_2y": Column("in 2 years", share),
        "probability": Column("by the horizon", share), **_central(run),
    }  # fmt: skip
    note = "Dates are of those replications that reach the milestone by the horizon."
    return _named(run, "milestones", rows, columns, _tracked(run), note, group="case")


def _caseload(run: Run) -> RenderableType:
    """CEPEJ's indicators, a line for each population."""
    titles = subjects(run.layout)["population"] | {HEADLINE: cases_of(run.scenario)}
    rows = run.table("throughput")
    rows = rows.assign(population=rows["population"].map(titles))
    columns = {
        "population": Column("population"), "incoming": Column("incoming a year", count),
        "resolved": Column("resolved a year", count), "clearance_rate": Column("clearance rate", share),
        "pending_end": Column("at the horizon", count), "disposition_time": Column("disposition time, days", count),
        "age_end": Column("mean age, days", count),
    }  # fmt: skip
    of, before = rows["population"].iloc[0], rows["population"].iloc[1:].tolist()
    note = f"Of {before[0]}, those that go on to be {of} count as resolved." if before else ""
    return _named(run, "throughput", rows, columns, " and ".join([of, *before]), note)


def _in_progress(run: Run) -> RenderableType:
    rows = []
    for stage, series in run.table("pending").groupby("stage", sort=False):
        means = series["mean"].tolist()
        if max(means) >= MIN_SHOWN:
            points = [means[round(i * (len(means) - 1) / (SPARK_POINTS - 1))] for i in range(SPARK_POINTS)]
            end = series.iloc[-1]
            title = run.scenario.procedure.stages[str(stage)].title
            rows.append((title, means[0], spark(points, max(means)), end["mean"], end["q10"], end["q90"]))
    columns = {
        "stage": Column("stage"), "first": Column("first day", count), "series": Column("mean over time"),
        "mean": Column("at the horizon", count), "q10": Column("80% between", count), "q90": Column("and", count),
    }  # fmt: skip
    return _named(run, "pending", pd.DataFrame(rows, columns=list(columns)), columns, "all cases")


def _durations(run: Run) -> RenderableType:
    rows = _with_titles(run, run.table("durations"))
    columns = {
        "stage": Column("stage"), "visits": Column("visits", count), "ended": Column("ended", share),
        "median": Column("median", count), "q10": Column("80% between", count), "q90": Column("and", count),
    }  # fmt: skip
    return _named(run, "durations", rows, columns, "all cases", TABLES["durations"].note)


def _days(run: Run) -> RenderableType:
    rows = _with_titles(run, run.table("delay"))
    rows[list(PARTS)] = rows[list(PARTS)].where(rows[list(PARTS)].abs() >= NEGLIGIBLE_DAYS, 0.0)
    parts = {
        part: Column(title, count) for part, title in PARTS.items() if part in ("work", "staff") or rows[part].any()
    }
    return _named(run, "delay", rows, {"stage": Column("stage"), "days": Column("days", count), **parts},
                  "all cases, mean days", "Visits that have not ended count as far as they have gone.")  # fmt: skip


def _with_titles(run: Run, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table with the titles of stages instead of their names."""
    stages = run.scenario.procedure.stages
    return rows.assign(stage=[stages[name].title for name in rows["stage"]])


def _utilisation(run: Run) -> RenderableType:
    rows = run.table("utilisation")
    rows = rows.assign(role=[run.scenario.staffing[role].title or role for role in rows["role"]])
    columns = {
        "role": Column("role"), "fte_days_available": Column("FTE-days possible", count),
        "value": Column("mean", share), "q10": Column("80% between", share), "q90": Column("and", share),
    }  # fmt: skip
    return _named(run, "utilisation", rows, columns, "work on all cases")


def _targets(run: Run) -> RenderableType:
    columns = {"title": Column("target"), "cases": Column("cases", count), "met": Column("met by", share)}
    targets = run.table("targets")
    note = (
        "'-': too few cases are observed for so long from the beginning to tell." if targets["met"].isna().any() else ""
    )
    return _named(run, "targets", targets, columns, "cases of each", note)


def _closing(run: Run) -> Text:
    text = Text()
    for sentence in blocked(run):
        text.append(f"{sentence}\n", style="bold")
    if any(stage.fine for stage in run.scenario.procedure.stages.values()):
        fine = run.table("fines").iloc[0]
        text.append(
            f"Fines until {run.scenario.horizon}: EUR {count(fine['mean'])} million expected, median"
            f" {count(fine['median'])}, 80% between {count(fine['q10'])} and {count(fine['q90'])}"
            f" ({count(fine['decisions'])} decisions).\n"
        )
    if run.folder is not None:
        text.append(f"Stored in {run.folder}", style="dim")
    return text
