"""Figures of the public record: how long stages last, where each strand stands, what is in progress, asked, resolved.

Every table has the column `rows`: the rows of the record behind each number, as file:line with ';' between them.
Each function takes a record and a day, and reads nothing that was not public by its end (default: the last day that
the record covers); it gives None where the record has nothing of the kind.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from math import isfinite, isinf, isnan
from typing import Any

import pandas as pd

from sim.record import tables as record_tables
from sim.record.model import Record
from sim.record.spans import FINDINGS, OPENED, REQUEST, TOTAL
from sim.view.charts import record as charts
from sim.view.figures.figure import Figure
from sim.view.titles import OUTCOMES, PENDING, STAGES
from sim.view.words import count, listing, plural, share

MAILING = 5
"""From so many services asked on one day on, it counts as a mass mailing."""
NAMES = {
    "low80": "80% interval, low",
    "high80": "80% interval, high",
    "low95": "95% interval, low",
    "high95": "95% interval, high",
    "fine_eur": "fine (EUR)",
    "findings": "preliminary findings",
}
"""Columns of tables whose names are more than their keys without underscores."""
OUTCOME = {"commitments": "binding commitments", "closed": "closing"}
"""What ends a strand, where the terminal has fewer words."""


def survival(record: Record, until: date | None = None) -> Figure | None:
    """The share of cases still in each stage after so many days, by Kaplan-Meier, with 80% and 95% bands."""
    day = _day(record, until)
    if day is None or (curves := record_tables.survival(record, day)).empty:
        return None
    stages = record_tables.stages(record, day).set_index("stage")
    headings = {str(stage): _stage_heading(str(stage), row) for stage, row in stages.iterrows()}
    table = curves.assign(stage=curves["stage"].map(STAGES)).round(4)
    return Figure(
        "record-durations",
        _survival_title(stages),
        f"{_subtitle(day)} · Kaplan-Meier curves, with bands of 80% and 95% confidence",
        _survival_caption(curves, stages, record, day),
        charts.survival(curves, headings),
        _named(table.rename(columns={"survival": "share still in it"})),
    )


def _stage_heading(stage: str, row: "pd.Series[Any]") -> str:
    cases = "requests" if stage == REQUEST else "strands"
    return f"<b>{STAGES[stage]}</b><br>{row['ended']} of {row['cases']} {cases} ended"


def _survival_title(stages: pd.DataFrame) -> str:
    stage = next((name for name in (TOTAL, OPENED, REQUEST) if name in stages.index), str(stages.index[0]))
    row, what = stages.to_dict("index")[stage], "requests" if stage == REQUEST else "strands"
    pending = f"{row['pending']} of {row['cases']} {what} {_is(row['pending'])} still in progress"
    if isinf(row["median"]):
        return f"From {STAGES[stage]}: too few have ended to estimate the median; {pending}"
    median = f"the median is {count(row['median'])} days{_between(row['low95'], row['high95'])}"
    return f"From {STAGES[stage]} {median}; {pending}"


def _between(low: float, high: float) -> str:
    if isnan(low) or isinf(low):
        return ""
    upper = f"to {count(high)}" if isfinite(high) else "or more"
    return f" (95% interval: {count(low)} {upper})"


def _survival_caption(curves: pd.DataFrame, stages: pd.DataFrame, record: Record, day: date) -> str:
    known = record.known_on(day)
    strands, proceedings = len(known.strands), len({strand.proceeding for strand in known.strands})
    caption = (
        "A curve steps down when a case leaves the stage; a tick marks one that was still in progress after so many"
        f" days, on {day}, which counts as longer than that."
    )
    if TOTAL in stages.index and isfinite(median := float(stages["median"][TOTAL])):
        at_median = curves[(curves["stage"] == TOTAL) & (curves["days"] == median)].iloc[0]
        caption += (
            f" Only {at_median['at_risk']} of {strands} strands have been followed for {count(median)} days from their"
            " opening: the right end of a curve rests on few."
        )
    if not strands:
        return caption
    together = [f"{number} on {opened}" for opened, number in _opened_together(known).items()]
    caption += f" The strands are of {plural(proceedings, 'proceeding')}"
    caption += f", of which several were opened on one day ({listing(together)})" if together else ""
    return f"{caption}: they are not independent, and the bands are too narrow."


def _opened_together(known: Record) -> Mapping[date, int]:
    """Days on which more than one proceeding was opened, and how many."""
    days = Counter(opened for _, opened in {(strand.proceeding, strand.opened) for strand in known.strands})
    return {opened: number for opened, number in sorted(days.items()) if number > 1}


def timelines(record: Record, until: date | None = None) -> Figure | None:
    """Every strand from the opening of its proceeding on: findings, outcome; those in progress are open at the end."""
    day = _day(record, until)
    if day is None or (strands := record_tables.strands(record, day)).empty:
        return None
    rows = _timeline_rows(strands)
    outcomes = {key: OUTCOME.get(title, title) for key, title in OUTCOMES.items()}
    shown = {key: title for key, title in outcomes.items() if (rows["outcome"] == key).any()}
    parts = (STAGES[OPENED], STAGES[FINDINGS])
    table = strands.assign(outcome=strands["outcome"].map(outcomes), stage=strands["stage"].str.replace("_", " "))
    return Figure(
        "record-timelines",
        _timeline_title(rows, day),
        _subtitle(day),
        _timeline_caption(rows, day),
        charts.timelines(rows, day, parts, "preliminary findings", shown),
        _named(table.assign(**{name: _spaced(table[name]) for name in ("platforms", "topics", "articles")})),
    )


def _timeline_rows(strands: pd.DataFrame) -> pd.DataFrame:
    """The strands by proceeding, in the order of opening, with their words."""
    parts = strands["strand"].str.split("/", n=1)
    rows = strands.assign(proceeding=parts.str[0], label=parts.str[1].str.replace("-", " "))
    first = rows.groupby("proceeding")["opened"].transform("min")
    every = rows.groupby("proceeding")["platforms"].transform(
        lambda names: ";".join(dict.fromkeys(";".join(names).split(";")))
    )
    heading = [f"{listing(names.split(';'))}, {opened:%Y-%m-%d}" for names, opened in zip(every, first, strict=True)]
    return rows.assign(first=first, heading=heading).sort_values(["first", "proceeding"], kind="stable")


def _timeline_title(rows: pd.DataFrame, day: date) -> str:
    resolved = rows[rows["outcome"] != ""]
    cases = f"{len(resolved)} of {plural(len(rows), 'strand')} in {plural(rows['proceeding'].nunique(), 'proceeding')}"
    waiting = rows[rows["outcome"] == ""]
    if waiting.empty:
        return f"All of them have an outcome: {cases} by {day}"
    oldest = waiting.sort_values("days", ascending=False, kind="stable").iloc[0]
    name = f"{listing(str(oldest['platforms']).split(';'))}, {oldest['label']}"
    verb = "has" if len(resolved) == 1 else "have"
    return f"{cases} {verb} an outcome; the oldest one in progress ({name}) has been open for {oldest['days']:,} days"


def _timeline_caption(rows: pd.DataFrame, day: date) -> str:
    waiting = rows[rows["outcome"] == ""]
    with_findings = int(waiting["findings"].notna().sum())
    caption = (
        "A strand is a group of grievances that moves on its own; those of one proceeding stand together, below its"
        " services and the day of its opening."
        f" On {day}, {plural(len(waiting), 'strand')} in {plural(waiting['proceeding'].nunique(), 'proceeding')}"
        f" {'was' if len(waiting) == 1 else 'were'} in progress; {_of_them(with_findings)} had preliminary findings."
    )
    ends = [OUTCOME.get(OUTCOMES[key], OUTCOMES[key]) for key in rows.loc[rows["outcome"] != "", "outcome"]]
    if ends:
        counts = [f"{number} by {name}" for name, number in Counter(ends).most_common()]
        caption += f" Of the {plural(len(ends), 'strand')} resolved, {listing(counts)}."
    several = rows[rows["platforms"].str.contains(";")].groupby("proceeding")["platforms"].first()
    if len(several):
        caption += f" {plural(len(several), 'proceeding')} {_is(len(several))} about more than one service."
    return caption


def pending(record: Record, until: date | None = None) -> Figure | None:
    """How many requests and strands were in progress at the end of each month, by their latest milestone."""
    day = _day(record, until)
    if day is None or (table := record_tables.pending(record, day)).empty or not table["cases"].any():
        return None
    clearance = record_tables.clearance(record, day)
    return Figure(
        "record-pending",
        _pending_title(table, clearance, day),
        f"{_subtitle(day)} · at the end of each month, by latest milestone",
        "Strands count once each from the opening of their proceeding to a decision, commitments or closing; requests"
        " once for each service and topic until proceedings take them up. The closing of a request is hardly ever"
        " published, so that their curve is mostly silence and not work.",
        charts.pending(table, PENDING),
        _named(table.assign(stage=table["stage"].map(PENDING)).rename(columns={"stage": "latest milestone"})),
    )


def _pending_title(table: pd.DataFrame, clearance: pd.DataFrame, day: date) -> str:
    counts = table.pivot_table(index="day", columns="stage", values="cases", aggfunc="sum")
    now, strands = counts.iloc[-1], counts[OPENED] + counts[FINDINGS]
    if not strands.any():
        asked = int(now[REQUEST])
        words = (
            f"request{'' if asked == 1 else 's'} for information {_is(asked)} in progress on {day}, and no proceedings"
        )
        return f"{asked} {words}"
    proceedings = clearance[(clearance["unit"] == "proceeding") & (clearance["period"] == "total")]["pending"].iloc[0]
    waiting = int(strands.iloc[-1])
    title = (
        f"{plural(waiting, 'strand')} in {plural(int(proceedings), 'proceeding')} {_is(waiting)} in progress on {day}"
    )
    before = strands[strands.index <= pd.Timestamp(day) - pd.DateOffset(years=1)]
    if len(before):
        title += f", against {before.iloc[-1]} a year before"
    return f"{title}; {_of_them(int(now[FINDINGS]))} had preliminary findings"


def requests(record: Record, until: date | None = None) -> Figure | None:
    """Requests for information by month: services asked and letters sent; mass mailings are marked."""
    day = _day(record, until)
    if day is None or (table := record_tables.requests(record, day)).empty or not table["services"].any():
        return None
    known = record.known_on(day)
    asked = Counter(when for when, _ in {(act.date, act.platform) for act in known.acts if act.event == REQUEST})
    mailings = [(when, number) for when, number in sorted(asked.items()) if number >= MAILING]
    services, letters = int(table["services"].sum()), int(table["letters"].sum())
    by_year = table.groupby(table["month"].dt.year)["services"].sum()
    year = by_year.index[int(by_year.to_numpy().argmax())]
    asked_for = f"{services} request{'' if services == 1 else 's'} for information {_is(services)} public"
    title = f"{asked_for}, in {plural(letters, 'letter')}; {by_year[year]} of them {_is(by_year[year])} of {year}"
    in_mailings = sum(number for _, number in mailings)
    caption = "A request: one service on one day. A letter: one company on one day, about one service or several."
    if mailings:
        days = [f"{number} services on {when}" for when, number in mailings]
        caption += f" Mass mailings: {listing(days)}; {share(in_mailings / services)} of all requests."
    return Figure(
        "record-requests",
        title,
        f"{_subtitle(day)} · by month",
        f"{caption} Requests need not be published: these are a lower bound.",
        charts.requests(table, mailings),
        _named(table),
    )


def clearance(record: Record, until: date | None = None) -> Figure | None:
    """Strands and proceedings that came in, were resolved and stayed in progress, by year: the clearance rate."""
    day = _day(record, until)
    if day is None:
        return None
    every = record_tables.clearance(record, day)
    rows = every[(every["unit"] != "request") & (every["period"] != "total")]
    if rows.empty:
        return None
    totals = every[every["period"] == "total"].set_index("unit")
    headings = {
        unit: f"<b>{unit}s</b>: clearance rate {share(totals.loc[unit, 'clearance_rate'])} since"
        f" {totals.loc[unit, 'first_day']:%Y-%m-%d}"
        for unit in rows["unit"].unique()
    }
    table = every.assign(
        clearance_rate=every["clearance_rate"].round(4), disposition_time=every["disposition_time"].round(0)
    )
    return Figure(
        "record-clearance",
        _clearance_title(rows[rows["unit"] == "strand"].iloc[-1], totals["clearance_rate"]["strand"]),
        f"{_subtitle(day)} · the last year to that day",
        _clearance_caption(rows, day),
        charts.clearance(rows, headings),
        _named(table.rename(columns={"disposition_time": "disposition time (days)"})),
    )


def _clearance_title(year: "pd.Series[Any]", total: float) -> str:
    resolved = f"{year['resolved']} {'was' if year['resolved'] == 1 else 'were'} resolved"
    flow = f"In {year['period']} {plural(year['incoming'], 'strand')} came in and {resolved}"
    rate = f": a clearance rate of {share(year['clearance_rate'])}" if year["incoming"] else ""
    return f"{flow}{rate}; since the first opening it is {share(total)}"


def _clearance_caption(rows: pd.DataFrame, day: date) -> str:
    last = rows[rows["unit"] == "strand"].iloc[-1]
    caption = (
        "Clearance rate: resolved over incoming; below 100% the cases in progress grow in number. A strand is resolved"
        " by a decision, binding commitments or closing, a proceeding with the last of its strands."
    )
    if last["incoming"]:
        more = share((last["resolved"] + 1) / last["incoming"])
        caption += f" Numbers are small: one more strand resolved in {last['period']} would have made it {more}."
    if isfinite(last["disposition_time"]):
        waiting = f"what is in progress on {day} ({plural(last['pending'], 'strand')})"
        caption += f" At the pace of {last['period']} {waiting} would take {count(last['disposition_time'])} days"
        caption += " (disposition time)."
    return caption


def _day(record: Record, until: date | None) -> date | None:
    """The last day that is read; None for a record that has none."""
    if record.until is None and not record.acts:
        return None
    return record.known_on(until or record.last_day).last_day


def _subtitle(day: date) -> str:
    return f"The public record as known on {day}"


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """The table with names of columns for people."""
    return table.rename(columns={name: NAMES.get(name, name.replace("_", " ")) for name in table.columns}).reset_index(
        drop=True
    )


def _spaced(cells: "pd.Series[str]") -> "pd.Series[str]":
    return cells.str.replace(";", "; ").str.replace("_", " ")


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _of_them(number: int) -> str:
    return "none of them has" if not number else f"{number} of them {'has' if number == 1 else 'have'}"
