"""All tables of a run on a terminal, for those who want more than the first screen."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pandas as pd
from rich.console import RenderableType
from rich.text import Text

from sim.results.estimates import subjects
from sim.results.run import Run
from sim.results.summary import HEADLINE, IN_PROGRESS
from sim.results.tables import ALL_CASES, TABLES
from sim.view.figures.listed import names, of_cases, place_titles
from sim.view.terminal.tables import between, columns, sections, table
from sim.view.titles import cases_of
from sim.view.words import count, day, of_parameters, plural, share, spark

SPARK_POINTS = 24
MIN_SHOWN = 0.005
"""Milestones less likely than this by the horizon, and stages with fewer cases, are not shown."""
NEGLIGIBLE_DAYS = 0.05
"""Days below which a part is not shown."""
STATE = "state "
"""Before the name of a stage or exit as a column, which may be called as another one."""
COLUMNS = (
    columns({"stage": "stage", "role": "role", "population": "population", "title": "target", "date": "by"})
    | columns({"case": "case", "state": "milestone", "bars": "mean over time"})
    | columns({"incoming": "incoming a year", "resolved": "resolved a year"}, count)
    | columns({"clearance_rate": "clearance rate"}, share)
    | columns({"pending_end": "at the horizon", "disposition_time": "disposition time, days"}, count)
    | columns({"age_end": "mean age, days", "first": "first day", "mean": "at the horizon"}, count)
    | columns({"visits": "visits", "fte_days_available": "FTE-days possible", "cases": "cases", "days": "days"}, count)
    | columns({"ended": "ended", "value": "mean", "share": "due to parameters", "met": "met by"}, share)
    | columns({"within_1y": "1y", "within_2y": "2y", "within_3y": "3y"}, share, over="within")
    | columns({"probability": "by the horizon"}, share)
    | columns({"work": "work", "staff": "waiting for staff", "party": "the party", "procedure": "procedure"}, count)
    | columns({"hold": "holds", "dormancy": "dormancy", "queue": "queue at a limit"}, count)
    | columns({"amount": "EUR million, mean", "median": "median", "decisions": "decisions"}, count)
    | between("q10", "q90", count)
    | between("ci_low", "ci_high", share, over="95%")
)
"""How columns are shown, whichever table they are of."""
TIMES = columns({"median": "median"}) | between("q10", "q90")
PARTS = ("work", "staff", "party", "procedure", "hold", "dormancy", "queue")


class TableView(NamedTuple):
    """How a table of a run is shown: its columns, its rows if they are not simply the table's, what groups them."""

    columns: tuple[str, ...]
    rows: Callable[[Run], pd.DataFrame] | None = None
    group: str = ""


def all_tables(run: Run) -> RenderableType:
    """What `sim run --full` prints besides the first screen."""
    tables = (_table(run, name, shown) for name, shown in SHOWN.items())
    return sections([_basis(run), *(one for one in tables if one)])


def _table(run: Run, name: str, shown: TableView) -> RenderableType | None:
    """A table of a run, without the columns that say nothing of any row; None without rows."""
    rows = shown.rows(run) if shown.rows else _named(run, name)
    if rows.empty:
        return None
    telling = [column for column in shown.columns if rows[column].map(bool).any() and rows[column].notna().any()]
    how = COLUMNS | (TIMES if name in OF_CASES else {}) | (between("q10", "q90", share) if name == SHARES else {})
    ends = {column: title for column, title in _ends(run).items() if column in rows}
    some = {column: how[column] for column in telling} | columns(ends, share)
    return table(rows, some, TABLES[name].title, TABLES[name].note, shown.group)


def _basis(run: Run) -> Text:
    scenario = run.scenario
    uncertain = f" and {of_parameters(scenario)}" if scenario.uncertain else ""
    return Text(
        f"{scenario.start} to {scenario.horizon}, {plural(run.replications, 'replication')}, seed {scenario.seed}."
        f" Intervals hold the central 80% of the replications: stochastic variation{uncertain}."
    )


def _named(run: Run, name: str) -> pd.DataFrame:
    """A table of a run with the titles of what it is about instead of its names."""
    rows = run.table(name)
    titles = subjects(run.layout)
    titles["population"] = titles["population"] | {HEADLINE: cases_of(run.scenario)}
    return rows.assign(**{what: rows[what].map(titles[what]) for what in titles.keys() & {*rows.columns}})


def _of_cases(run: Run, name: str) -> pd.DataFrame:
    """The rows of tracked cases in progress, with their names, and dates instead of days."""
    rows = of_cases(run, name, run.layout.open_cases)
    dates = {column: rows[column].map(partial(day, run.scenario)) for column in {*TIMES} & {*rows.columns}}
    return rows.assign(**dates, key=rows["case"], case=rows["case"].map(_whole_names(run)))


def _whole_names(run: Run) -> dict[str, str]:
    return {case: name.whole for case, name in names(run).items()}


def _endings(run: Run) -> pd.DataFrame:
    """The share in each end and still in progress, for each tracked case and for all headline cases."""
    rows, cases = run.table("endings"), [*run.layout.open_cases, ALL_CASES]
    titles = {**_whole_names(run), ALL_CASES: f"all {cases_of(run.scenario)}, those that come later included"}
    rows = rows[rows["case"].isin(cases)]
    by_state = rows.pivot_table(values="value", index=["case", "date"], columns="state", fill_value=0.0)
    wide = by_state.add_prefix(STATE).reset_index()
    wide = wide.sort_values("case", key=lambda column: column.map(cases.index), kind="stable")
    return wide.assign(case=wide["case"].map(titles))


def _ends(run: Run) -> dict[str, str]:
    """The titles of states as columns."""
    return {f"{STATE}{state}": title for state, title in (place_titles(run) | {IN_PROGRESS: IN_PROGRESS}).items()}


def _milestones(run: Run) -> pd.DataFrame:
    """Those ahead of each tracked case, in the procedure's order."""
    stages, cases = run.scenario.procedure.stages, run.layout.open_cases
    rows = _of_cases(run, "milestones")
    present = rows["key"].map({case: run.layout.present_stage(case)[0] for case in cases})
    ahead = rows["state"].isin(list(stages)) & (rows["state"] != present) & (rows["probability"] >= MIN_SHOWN)
    order = {name: number for number, name in enumerate([*cases, *stages])}
    rows = rows[ahead].sort_values(["key", "state"], key=lambda names: names.map(order))
    return rows.assign(state=[stages[name].milestone or stages[name].title for name in rows["state"]])


def _in_progress(run: Run) -> pd.DataFrame:
    """The last row of each stage, with the mean on the first day and as bars over time."""
    rows = []
    for _, series in _named(run, "pending").groupby("stage", sort=False):
        means = series["mean"].tolist()
        points = [means[round(i * (len(means) - 1) / (SPARK_POINTS - 1))] for i in range(SPARK_POINTS)]
        if max(means) >= MIN_SHOWN:
            rows.append(series.iloc[-1].to_dict() | {"first": means[0], "bars": spark(points, max(means))})
    return pd.DataFrame(rows)


def _delay(run: Run) -> pd.DataFrame:
    rows = _named(run, "delay")
    return rows.assign(**{part: rows[part].where(rows[part].abs() >= NEGLIGIBLE_DAYS, 0.0) for part in PARTS})


def _fines(run: Run) -> pd.DataFrame:
    rows = run.table("fines").rename(columns={"mean": "amount"}).assign(date=run.scenario.horizon)
    return rows if any(stage.fine for stage in run.scenario.procedure.stages.values()) else rows.iloc[:0]


OF_CASES, SHARES, FINES = ("resolutions", "milestones"), "utilisation", "fines"
WITHIN = ("within_1y", "within_2y", "within_3y")
SHOWN = {
    "resolutions": TableView(("case", *TIMES, *WITHIN), partial(_of_cases, name="resolutions")),
    "resolution_splits": TableView(
        ("case", "share", "ci_low", "ci_high"), partial(_of_cases, name="resolution_splits")
    ),
    "endings": TableView(("date",), _endings, "case"),
    "milestones": TableView(("state", *WITHIN, "probability", *TIMES), _milestones, "case"),
    "throughput": TableView(
        ("population", "incoming", "resolved", "clearance_rate", "pending_end", "disposition_time", "age_end")
    ),
    "pending": TableView(("stage", "first", "bars", "mean", "q10", "q90"), _in_progress),
    "durations": TableView(("stage", "visits", "ended", "median", "q10", "q90")),
    "delay": TableView(("stage", "days", *PARTS), _delay),
    SHARES: TableView(("role", "fte_days_available", "value", "q10", "q90")),
    "targets": TableView(("title", "cases", "met")),
    FINES: TableView(("date", "amount", "median", "q10", "q90", "decisions"), _fines),
}
"""The tables that are shown, in order."""
