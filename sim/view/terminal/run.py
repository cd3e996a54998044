"""The summary of a run on a terminal, for somebody who knows the law and not the simulation."""

from collections.abc import Iterator
from math import nan
from typing import Any

import pandas as pd
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.results.run import Run
from sim.view.pictures.listed import of_cases
from sim.view.words import count, day, share, spark

SPARK_POINTS = 24
COMPONENTS = {
    "work": "work",
    "staff": "waiting for staff",
    "party": "the party",
    "procedure": "procedure",
    "hold": "holds",
    "dormancy": "dormancy",
    "queue": "queue at a limit",
}


def summary(run: Run) -> RenderableType:
    """Everything that `sim run` says of a finished run."""
    scenario = run.scenario
    parts: list[RenderableType] = [_heading(run)]
    if scenario.probes:
        parts += [_resolution_table(run), _milestone_table(run)]
    parts += [_stage_table(run), _delay_table(run), _backlog_table(run), _staff_table(run)]
    if scenario.targets:
        parts.append(_target_table(run))
    parts.append(_closing(run))
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def _heading(run: Run) -> Text:
    scenario = run.scenario
    text = Text(scenario.title or scenario.name, style="bold")
    text.append(
        f"\n{scenario.start} to {scenario.horizon}, {run.replications:,} replications, seed {scenario.seed}."
        " Intervals hold the central 80% of the replications: chance"
        + (f" and {len(scenario.uncertain)} uncertain parameters." if scenario.uncertain else "."),
        style="not bold",
    )
    return text


def _table(title: str, *columns: str, note: str = "") -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, caption=note, caption_justify="left",
                  pad_edge=False)  # fmt: skip
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 else "right", no_wrap=place == 0)
    return table


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table, with the columns as attributes."""
    yield from frame.itertuples(index=False)


def _resolution_table(run: Run) -> Table:
    scenario = run.scenario
    table = _table(
        "When is each probe resolved (decision, commitments or closure)?",
        "probe", "now in", "since", "median", "80% between", "and", "in 1 year", "2 years", "3 years", "not knowing",
        note="'later': beyond the horizon. Requests for information are summed up below, by stage. 'not knowing': the"
        " share of the spread that is due to uncertain parameters; the rest is chance.",
    )  # fmt: skip
    cases = run.layout.open_cases
    rows = of_cases(run, "resolutions", cases)
    split = of_cases(run, "resolution_splits", cases).set_index("case")["share"].to_dict()
    for row in _rows(rows):
        stage, since = run.layout.present_stage(row.case)
        table.add_row(
            row.case,
            scenario.procedure.stages[stage].title,
            str(since or ""),
            *(day(scenario, t) for t in (row.median, row.q10, row.q90)),
            *(share(p) for p in (row.within_1y, row.within_2y, row.within_3y, split.get(row.case, nan))),
        )
    return table


def _milestone_table(run: Run) -> Table:
    scenario = run.scenario
    table = _table(
        "Which milestones does it reach, and when?",
        "probe", "milestone", "in 1 year", "2 years", "3 years", "by the horizon", "if so, median", "80% between",
        "and",
        note="Dates are of those replications that reach the milestone by the horizon.",
    )  # fmt: skip
    cases = run.layout.open_cases
    rows = of_cases(run, "milestones", cases)
    places = [*scenario.procedure.stages, *scenario.procedure.exits]
    here = {case: run.layout.present_stage(case)[0] for case in cases}
    before = ""
    in_order = rows.sort_values("state", key=lambda s: s.map(places.index)).sort_values("case", kind="stable")
    for row in _rows(in_order):
        ahead = row.state in scenario.procedure.stages and row.state != here[row.case]
        if not ahead or row.probability < 0.005:
            continue
        table.add_row(
            row.case if row.case != before else "",
            scenario.procedure.stages[row.state].milestone or scenario.procedure.stages[row.state].title,
            *(share(p) for p in (row.within_1y, row.within_2y, row.within_3y, row.probability)),
            *(day(scenario, t) for t in (row.median, row.q10, row.q90)),
        )
        before = row.case
    return table


def _stage_table(run: Run) -> Table:
    table = _table(
        "How long does each stage take? All cases, in days",
        "stage", "cases", "ended", "median", "80% between", "and",
        note="Kaplan-Meier: visits still under way at the horizon count as longer than what was seen of them.",
    )  # fmt: skip
    for row in _rows(run.table("durations")):
        stage = run.scenario.procedure.stages[row.stage]
        table.add_row(stage.title, count(row.visits), share(row.ended), *map(count, (row.median, row.q10, row.q90)))
    return table


def _delay_table(run: Run) -> Table:
    rows = run.table("delay").set_index("stage")
    names = {n: w for n, w in COMPONENTS.items() if n in ("work", "staff") or rows[n].abs().max() > 0.05}
    table = _table("Where do the days go? Mean days per visit", "stage", "days", *names.values())
    for stage, row in rows.iterrows():
        title = run.scenario.procedure.stages[str(stage)].title
        table.add_row(title, count(row["days"]), *(count(abs(row[n]) if abs(row[n]) < 0.05 else row[n]) for n in names))
    return table


def _backlog_table(run: Run) -> Table:
    scenario = run.scenario
    pending = run.table("pending")
    flow = run.table("throughput").iloc[0]
    note = (
        f"Incoming {count(flow.incoming)} and resolved {count(flow.resolved)} strands or cases a year:"
        f" clearance rate {share(flow.clearance_rate)}, disposition time {count(flow.disposition_time)} days."
    )
    table = _table(f"How many are pending? {scenario.start} to {scenario.horizon}", "stage", "now", "over time (mean)",
                   "at the horizon", "80% between", "and", note=note)  # fmt: skip
    for stage, series in pending.groupby("stage", sort=False):
        means = series["mean"].tolist()
        if max(means) < 0.005:
            continue
        points = [means[round(i * (len(means) - 1) / (SPARK_POINTS - 1))] for i in range(SPARK_POINTS)]
        end = series.iloc[-1]
        table.add_row(
            scenario.procedure.stages[str(stage)].title,
            count(means[0]),
            spark(points, max(means)),
            *map(count, (end["mean"], end["q10"], end["q90"])),
        )
    return table


def _staff_table(run: Run) -> Table:
    table = _table("How busy is the staff? Work done over work possible", "role", "FTE-days possible", "mean",
                   "80% between", "and")  # fmt: skip
    for row in _rows(run.table("utilisation")):
        title = run.scenario.staffing[row.role].title or row.role
        table.add_row(title, count(row.fte_days_available), *(share(v) for v in (row.value, row.q10, row.q90)))
    return table


def _target_table(run: Run) -> Table:
    table = _table("Are the targets met?", "target", "cases", "met by")
    for row in _rows(run.table("targets")):
        table.add_row(row.title, count(row.cases), share(row.met))
    return table


def _closing(run: Run) -> Text:
    text = Text()
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


def show(run: Run, console: Console) -> None:
    """Print the summary."""
    console.print(summary(run))
