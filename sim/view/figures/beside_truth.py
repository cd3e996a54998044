"""A forecast beside what happened: drawn and worded alike for backtests and for forecasts that were kept."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from sim.dates import date_after
from sim.inference.histories import MILESTONES
from sim.view.charts.intervals import intervals
from sim.view.charts.looks import Look
from sim.view.charts.style import PALETTE
from sim.view.figures.figure import Figure
from sim.view.titles import TITLES
from sim.view.words import date_of, listing, month_of, share

MEDIAN, CAME, WAITING = "median", "came", "waiting"
LOOKS = {
    MEDIAN: Look("forecast: median and 80%", PALETTE[0], symbol="line-ns"),
    CAME: Look("what happened", PALETTE[5], symbol="diamond"),
    WAITING: Look("had not happened yet", PALETTE[5], symbol="diamond-open"),
}
ROOM = 30
"""Days that are shown beyond the last one that is known."""
MOST_NAMED = 3
"""Forecasts that failed are named in a caption if they are no more than these."""


def beside_truth(name: str, table: pd.DataFrame, made: date, looked_up: date, of: str = "") -> Figure:
    """The forecasts of a day, the likeliest first, and what happened or had not by the day on which it was looked up.

    `table`: the model's rows of that day of `Backtest.table` or `TrackRecord.table`, with q10, median and q90 as days
    of the calendar (missing: later, or never). `of`: what the forecast is one of, for the subtitle.
    """
    rows = _named(table, looked_up)
    drawn = _drawn(rows, looked_up)
    last = max([looked_up, *(when.date() for end in ("median", "q90", "q10") for when in rows[end].dropna())])
    panels = {TITLES[one]: own for one in MILESTONES if len(own := drawn[drawn["milestone"] == one])}
    return Figure(
        name,
        _title(rows, made, looked_up),
        f"Forecast of {date_of(made)}{of}, checked on {date_of(looked_up)}",
        _caption(rows),
        intervals(panels, LOOKS, end=date_after(last, ROOM), rule=looked_up, apart=0),
        _told(rows, made),
    )


def _named(table: pd.DataFrame, looked_up: date) -> pd.DataFrame:
    """The rows with the strands' names (their keys, where two have the same), and whether the truth lies inside."""
    truth = pd.to_datetime(table["truth"])
    services = table["platform"].str.split(";").map(listing)
    name = services + ": " + table["strand"].str.partition("/")[2].str.replace("-", " ")
    rows = table.assign(
        row=name.mask(table.assign(name=name).duplicated(["milestone", "name"], keep=False), table["strand"]),
        hover=[f"chance by {looked_up}: {share(value)}" for value in table["probability"]],
        truth=truth,
        inside=(truth >= table["q10"]) & ~(truth > table["q90"]),
    )
    return rows.sort_values(["milestone", "probability"], ascending=[True, False], kind="stable")


def _drawn(rows: pd.DataFrame, looked_up: date) -> pd.DataFrame:
    came = rows["truth"].notna()
    parts: Mapping[str, pd.DataFrame] = {
        MEDIAN: rows.assign(value=rows["median"], low=rows["q10"], high=rows["q90"]),
        CAME: rows[came].assign(value=rows["truth"], hover=rows["truth"].dt.strftime("%Y-%m-%d")),
        WAITING: rows[~came].assign(value=pd.Timestamp(looked_up), hover=f"not by {looked_up}"),
    }
    return pd.concat(parts, names=["series"]).reset_index("series")


def _title(rows: pd.DataFrame, made: date, looked_up: date) -> str:
    came = rows[rows["truth"].notna()]
    counts = rows.groupby("milestone", sort=False).agg({"probability": "sum", "truth": "count"})
    kinds = [
        f"{TITLES[str(row.Index)].lower()}: {row.probability:.0f} expected, {row.truth} came"
        for row in counts.itertuples()
    ]
    inside = f"; {came['inside'].sum()} of the {len(came)} inside their 80% intervals" if len(came) else ""
    return f"From {month_of(made)} to {month_of(looked_up)}, {'; '.join(kinds)}{inside}"


def _caption(rows: pd.DataFrame) -> str:
    outside = rows[rows["truth"].notna() & ~rows["inside"]]
    caption = "The likeliest come first. A line is the model's 80% range; an arrow means later, or never."
    if 0 < len(outside) <= MOST_NAMED:
        caption += f" Outside their lines: {listing(outside['row'])}."
    return caption


def _told(rows: pd.DataFrame, made: date) -> pd.DataFrame:
    inside = rows["inside"].map({True: "yes", False: "no"}).where(rows["truth"].notna(), "")
    columns = {
        "milestone": rows["milestone"].map(TITLES),
        "proceeding": rows["proceeding"],
        "strand": rows["strand"],
        "probability by the last day": rows["probability"].round(3),
        "80% interval, low": rows["q10"],
        "median": rows["median"],
        "80% interval, high": rows["q90"],
        "what happened": rows["truth"],
        "inside": inside,
    }
    return pd.DataFrame({"forecast of": pd.Timestamp(made), **columns}).reset_index(drop=True)
