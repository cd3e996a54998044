"""The figure of the flow of cases: where they come from, where they go, and where they end."""

import pandas as pd

from sim.results.run import Run
from sim.results.summary import AT_START, FURTHER_STRANDS, IN_PROGRESS, NEW
from sim.view import words
from sim.view.charts.looks import GREY, Look, looks
from sim.view.charts.sankey import sankey
from sim.view.figures.figure import Figure
from sim.view.figures.listed import as_shown, place_titles
from sim.view.titles import cases_of

THIN = 0.05
"""Cases per replication below which a route is not drawn."""
ENDS_IN_TITLE = 3
"""Ends of cases named in the title."""
BEFORE = "before"
"""Where headline cases come from that were in a stage before."""


def flow(run: Run) -> Figure | None:
    """How many headline cases go from which stage to which, until they are resolved; None without cases."""
    return drawn(run, run.table("flows"))


def drawn(run: Run, table: pd.DataFrame) -> Figure | None:
    """The figure of a table 'flows' of a run; None if no open case goes anywhere.

    What a case goes through before the headline stages, and once it is resolved, is left out.
    """
    scenario, every = run.scenario, table
    titles = {AT_START: f"In progress on {words.date_of(scenario.start)}", NEW: "New cases"}
    titles |= {FURTHER_STRANDS: "Further strands", BEFORE: _before(run), **place_titles(run)}
    titles[IN_PROGRESS] = f"In progress on {words.date_of(scenario.horizon)}"
    table = _of_headline(run, table)
    if table.empty:
        return None
    order = {place: number for number, place in enumerate(titles)}
    table = table.sort_values(["source", "target"], key=lambda column: column.map(order))
    again = table[table["source"] == table["target"]]
    shown = table[(table["source"] != table["target"]) & (table["value"] >= min(THIN, table["value"].max()))]
    places = {place: Look(title, GREY) for place, title in titles.items()} | looks(place_titles(run))
    for row in again.to_dict("records"):
        place = row["source"]
        places[place] = places[place]._replace(title=f"{titles[place]} (again: {words.count(row['value'])})")
    hover = [
        f"{titles[row['source']]} → {titles[row['target']]}: {words.count(row['value'])}\nmiddle 80%: {row['q10']:.0f}"
        f" to {row['q90']:.0f}"
        for row in shown.to_dict("records")
    ]
    return Figure(
        "flow",
        _title(run, table, titles),
        f"{words.of_run(run)} · means",
        _caption(run, every),
        sankey(shown.assign(hover=hover), places),
        as_shown(
            table.assign(source=table["source"].map(titles), target=table["target"].map(titles)),
            {"source": "from", "target": "to", "value": "cases", "q10": "80% from", "q90": "80% to"},
            2,
        ),
    )


def _before(run: Run) -> str:
    """What the cases are called that come from stages before the headline."""
    headline = run.scenario.procedure.headline
    return headline.before.capitalize() if headline else ""


def _of_headline(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """The ways into the headline stages, between them and out of them; those in from stages before are one."""
    headline = run.layout.headline_stages
    before = table["source"].isin(run.layout.open_stages) & ~table["source"].isin(headline)
    table = table[(table["target"].isin(headline) | table["source"].isin(headline)) & table["value"].gt(0)]
    table = table.assign(source=table["source"].mask(before, BEFORE))
    return table.groupby(["source", "target"], sort=False, as_index=False).sum(numeric_only=True)


def _title(run: Run, table: pd.DataFrame, titles: dict[str, str]) -> str:
    """How many headline cases are resolved, where to, and how many are still in progress."""
    ahead = table[table["source"].isin(run.layout.headline_stages)].groupby("target")["value"].sum()
    still = f"{words.whole(float(ahead.get(IN_PROGRESS, 0.0)))} are then still in progress"
    resolved = ahead[ahead.index.isin(run.layout.resolving)].sort_values(ascending=False)
    cases, by = cases_of(run.scenario), words.month_of(run.scenario.horizon)
    if resolved.empty:
        return f"No {cases} are resolved by {by}; {still}"
    parts = [
        f"{words.share(mean / resolved.sum())} in {words.quoted(titles[str(place)])}"
        for place, mean in resolved.head(ENDS_IN_TITLE).items()
    ]
    return f"On average {words.whole(resolved.sum())} {cases} are resolved by {by}, {words.listing(parts)}; {still}"


def _caption(run: Run, table: pd.DataFrame) -> str:
    """Where the cases come from, and how to read the bands."""
    outside = set(run.layout.open_stages) - set(run.layout.headline_stages)
    came = table[table["target"].isin(outside) & table["source"].isin([NEW, AT_START])]["value"].sum()
    others = f"the {words.whole(came)} {_before(run).lower()} that come in or are open on the first day, and " * bool(
        came
    )
    split = table[table["source"] == FURTHER_STRANDS]["value"].sum()
    adds = f" Splitting cases into strands adds {words.whole(split)}." if split else ""
    return f"The wider a band, the more cases go that way. Not drawn: {others}ways taken in few simulations.{adds}"
