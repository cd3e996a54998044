"""The picture of the flow of cases: where they come from, where they go, and where they end."""

import pandas as pd

from sim.results import indicators
from sim.results.run import Run
from sim.results.summary import STILL_PENDING
from sim.view import words
from sim.view.figures import flow as figures
from sim.view.figures.picture import Picture
from sim.view.pictures.listed import place_titles

NEW, UNDER_WAY, FURTHER_STRANDS = "new", "under way", "further strands"
"""Where cases come from."""
THIN = 0.05
"""Cases per replication below which a way is not drawn."""
TOLD = 3
"""Ends of cases that the title tells."""


def flow(run: Run) -> Picture | None:
    """How many cases go from which stage to which, until they are resolved; None if there are none."""
    return drawn(run, indicators.flows(run))


def drawn(run: Run, table: pd.DataFrame) -> Picture | None:
    """The picture of a table as `sim.results.indicators.flows` gives it; None if no open case goes anywhere.

    Columns source (a stage; "new"; "under way" on the first day; "further strands", k - 1 of a case that splits into
    k), target (a stage, an exit, or "still pending" at the horizon), mean, low, high (cases per replication; the bounds
    of the central 80%). What a case goes through once it is resolved is left out.
    """
    scenario, layout = run.scenario, run.summary.layout
    titles = {UNDER_WAY: f"Under way on {scenario.start}", NEW: "New cases", FURTHER_STRANDS: "Further strands"}
    titles |= place_titles(run) | {STILL_PENDING: f"Still pending on {scenario.horizon}"}
    order = {place: number for number, place in enumerate(titles)}
    before = table["source"].eq(UNDER_WAY) & table["target"].isin(layout.resolving)  # resolved on the first day
    open_ways = table["mean"].gt(0) & ~table["source"].isin(layout.resolving) & ~before
    if not open_ways.any():
        return None
    table = table[open_ways].sort_values(["source", "target"], key=lambda column: column.map(order))
    again = table[table["source"] == table["target"]]
    shown = table[(table["source"] != table["target"]) & (table["mean"] >= min(THIN, table["mean"].max()))]
    labels = titles | {
        place: f"{titles[place]} (again: {words.count(mean)})"
        for place, mean in zip(again["source"], again["mean"], strict=True)
    }
    return Picture(
        "flow",
        _title(run, table, titles),
        f"{words.of_run(run)} · means; the central 80% of the replications is in the table",
        _caption(run, table),
        figures.flow(shown, labels, {name: stage.title for name, stage in scenario.procedure.stages.items()}),
        table.assign(source=table["source"].map(titles), target=table["target"].map(titles))
        .round({"mean": 2, "low": 1, "high": 1})
        .rename(columns={"source": "from", "target": "to", "mean": "cases", "low": "80% from", "high": "80% to"}),
    )


def _title(run: Run, table: pd.DataFrame, titles: dict[str, str]) -> str:
    """How many cases are resolved, where to, and how many are still pending."""
    ahead = table[table["source"].isin(run.summary.layout.open_stages)].groupby("target")["mean"].sum()
    still = f"{words.count(float(ahead.get(STILL_PENDING, 0.0)))} are still pending on {run.scenario.horizon}"
    resolved = ahead[ahead.index.isin(run.summary.layout.resolving)].sort_values(ascending=False)
    if resolved.empty:
        return f"No case is resolved; {still}"
    said = [f"{words.count(mean)} reach “{titles[str(place)]}”" for place, mean in resolved.head(TOLD).items()]
    return f"Of {words.count(resolved.sum())} cases resolved, {words.listing(said)}; {still}"


def _caption(run: Run, table: pd.DataFrame) -> str:
    """Where the cases come from, and how to read the bands."""
    came = table[table["source"].isin([NEW, UNDER_WAY, FURTHER_STRANDS])].groupby("source")["mean"].sum()
    new, under_way, further = (float(came.get(source, 0.0)) for source in (NEW, UNDER_WAY, FURTHER_STRANDS))
    splitting = (
        f" A case that splits counts once for each strand, which adds {words.count(further)}." if further else ""
    )
    return (
        f"On average {words.count(new)} cases come in between {run.scenario.start} and {run.scenario.horizon}, beside"
        f" {words.count(under_way)} open on the first day.{splitting} The wider a band, the more cases go that way. Not"
        f" drawn are ways with less than one case in {round(1 / THIN)} replications, those of a stage back to itself,"
        " which its name tells, and what follows a resolution."
    )
