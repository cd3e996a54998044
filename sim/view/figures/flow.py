"""The figure of the flow of cases: where they come from, where they go, and where they end."""

import pandas as pd

from sim.results.run import Run
from sim.results.summary import AT_START, FURTHER_STRANDS, IN_PROGRESS, NEW
from sim.view import words
from sim.view.charts import flow as charts
from sim.view.figures.figure import Figure
from sim.view.figures.listed import place_titles
from sim.view.titles import cases_of

THIN = 0.05
"""Cases per replication below which a route is not drawn."""
ENDS_IN_TITLE = 3
"""Ends of cases named in the title."""


def flow(run: Run) -> Figure | None:
    """How many cases go from which stage to which, until they are resolved; None without cases."""
    return drawn(run, run.table("flows"))


def drawn(run: Run, table: pd.DataFrame) -> Figure | None:
    """The figure of a table 'flows' of a run; None if no open case goes anywhere.

    What a case goes through once it is resolved is left out.
    """
    scenario, layout = run.scenario, run.layout
    titles = {AT_START: f"In progress on {scenario.start}", NEW: "New cases", FURTHER_STRANDS: "Further strands"}
    titles |= place_titles(run) | {IN_PROGRESS: f"Still in progress on {scenario.horizon}"}
    order = {place: number for number, place in enumerate(titles)}
    before = table["source"].eq(AT_START) & table["target"].isin(layout.resolving)  # resolved on the first day
    open_ways = table["value"].gt(0) & ~table["source"].isin(layout.resolving) & ~before
    if not open_ways.any():
        return None
    table = table[open_ways].sort_values(["source", "target"], key=lambda column: column.map(order))
    again = table[table["source"] == table["target"]]
    shown = table[(table["source"] != table["target"]) & (table["value"] >= min(THIN, table["value"].max()))]
    labels = titles | {
        place: f"{titles[place]} (again: {words.count(mean)})"
        for place, mean in zip(again["source"], again["value"], strict=True)
    }
    return Figure(
        "flow",
        _title(run, table, titles),
        f"{words.of_run(run)} · means; the central 80% of the replications is in the table",
        _caption(run, table),
        charts.flow(shown, labels, {name: stage.title for name, stage in scenario.procedure.stages.items()}),
        table.assign(source=table["source"].map(titles), target=table["target"].map(titles))
        .round({"value": 2, "q10": 1, "q90": 1})
        .rename(columns={"source": "from", "target": "to", "value": "cases", "q10": "80% from", "q90": "80% to"})
        .drop(columns=["ci_low", "ci_high"]),
    )


def _title(run: Run, table: pd.DataFrame, titles: dict[str, str]) -> str:
    """How many headline cases are resolved, where to, and how many are still in progress."""
    ahead = table[table["source"].isin(run.layout.headline_stages)].groupby("target")["value"].sum()
    still = f"{words.count(float(ahead.get(IN_PROGRESS, 0.0)))} are still in progress on {run.scenario.horizon}"
    resolved = ahead[ahead.index.isin(run.layout.resolving)].sort_values(ascending=False)
    if resolved.empty:
        return f"No {cases_of(run.scenario)} are resolved; {still}"
    parts = [
        f"{words.count(mean)} reach “{titles[str(place)]}”" for place, mean in resolved.head(ENDS_IN_TITLE).items()
    ]
    return (
        f"Of {words.count(resolved.sum())} {cases_of(run.scenario)} that are resolved, {words.listing(parts)}; {still}"
    )


def _caption(run: Run, table: pd.DataFrame) -> str:
    """Where the cases come from, and how to read the bands."""
    came = table[table["source"].isin([NEW, AT_START, FURTHER_STRANDS])].groupby("source")["value"].sum()
    new, in_progress, further = (float(came.get(source, 0.0)) for source in (NEW, AT_START, FURTHER_STRANDS))
    splitting = (
        f" A case that splits counts once for each strand, which adds {words.count(further)}." if further else ""
    )
    return (
        f"On average {words.count(new)} cases come in between {run.scenario.start} and {run.scenario.horizon}, beside"
        f" {words.count(in_progress)} open on the first day.{splitting} The wider a band, the more cases take that"
        f" route. Not drawn are routes with less than one case in {round(1 / THIN)} replications, those of a stage"
        " back to itself, which its label gives, and what follows a resolution."
    )
