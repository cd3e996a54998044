"""Figures of the public record: where each strand stands, what was asked, what came in and was resolved, how long.

Every table has the column `rows`: the rows of the record behind each number, as file:line with ';' between them.
Each function takes a record and a day, and reads nothing that was not public by its end (default: the last day that
the record covers); it gives None where the record has nothing of the kind.
"""

from collections import Counter
from datetime import date
from math import isfinite, isinf, isnan

import numpy as np
import pandas as pd

from sim.record import tables as record_tables
from sim.record.model import OUTCOMES as RESOLVING
from sim.record.model import Record
from sim.record.spans import FINDINGS, OPENED, REQUEST, TOTAL
from sim.results.run import Run
from sim.view.charts.bars import bars
from sim.view.charts.columns import columns
from sim.view.charts.curves import curves
from sim.view.charts.looks import Look, looks
from sim.view.charts.style import INK, PALETTE
from sim.view.charts.timeline import timeline
from sim.view.figures.figure import Figure
from sim.view.figures.listed import place_titles
from sim.view.titles import OUTCOMES, STAGES
from sim.view.words import count, date_of, listing, month_of, plural, share

MAILING = 5
"""From so many services asked on one day on, it counts as a wave of requests."""
NAMES = {
    "low80": "80% interval, low",
    "high80": "80% interval, high",
    "low95": "95% interval, low",
    "high95": "95% interval, high",
    "fine_eur": "fine (EUR)",
    "disposition_time": "disposition time (days)",
    "findings": "preliminary findings",
}
"""Columns of tables whose names are more than their keys without underscores."""
SPACED = {";": "; ", "_": " "}
"""What is put apart in cells that list several things."""
SENT = "preliminary findings sent"
DECISION, COMMITMENTS, CLOSED = RESOLVING.values()
CAME, RESOLVED, PENDING = "incoming", "resolved", "pending"
NUMERALS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}
FLOW = looks({CAME: "came in", RESOLVED: "resolved", PENDING: "in progress at the end"})
ASKED = looks({"services": "services asked", "letters": "letters"})


def timelines(record: Record, until: date | None = None, run: Run | None = None) -> Figure | None:
    """Every strand from the opening of its proceeding on: findings, outcome; those in progress are open at the end.

    `run`: whose procedure gives the colours.
    """
    day = _day(record, until)
    if day is None or (strands := record_tables.strands(record, day)).empty:
        return None
    rows = _timeline_rows(strands)
    table = strands.assign(outcome=strands["outcome"].map(OUTCOMES), stage=strands["stage"].str.replace("_", " "))
    return Figure(
        "record-timelines",
        _timeline_title(rows, day),
        _subtitle(day),
        _timeline_caption(rows),
        timeline(
            {row["strand"]: (row["heading"], row["label"]) for row in rows.to_dict("records")},
            _stretches(rows, day), _milestones(rows, day), _looks(run), (rows["opened"].min().date(), day), height=38,
        ),
        _named(table.replace(dict.fromkeys(("platforms", "topics", "articles"), SPACED), regex=True)),
    )  # fmt: skip


_PLACES = (REQUEST, "by decision", OPENED, "interim", FINDINGS, DECISION, "appeal", COMMITMENTS, CLOSED)
"""What a record's events begin, at its place in the procedure that comes with the program, which gives its colour."""
_SYMBOLS = {DECISION: "star", COMMITMENTS: "square", CLOSED: "x", "": "triangle-right-open"}
"""Of what strands came to; those in progress are open."""


def _looks(run: Run | None) -> dict[str, Look]:
    """Stages and outcomes in the colours of the run's procedure, or of the one that comes with the program."""
    look = looks({place: STAGES.get(place, "") for place in _PLACES})
    if run is not None:
        stages, places = run.scenario.procedure.stages, looks(place_titles(run))
        look |= {stage.record_event: places[name] for name, stage in stages.items() if stage.record_event}
    ends = {
        key: Look(OUTCOMES[key], look[key].colour if key else INK, symbol=symbol) for key, symbol in _SYMBOLS.items()
    }
    stretches = {key: look[key]._replace(title=STAGES[key]) for key in (OPENED, FINDINGS)}
    return stretches | {SENT: Look(SENT, INK, symbol="triangle-down")} | ends


def _stretches(rows: pd.DataFrame, day: date) -> pd.DataFrame:
    """What each strand spent before and after its preliminary findings."""
    end, sent = rows["ended"].fillna(pd.Timestamp(day)), rows["findings"].notna()
    parts = {
        OPENED: rows.assign(low=rows["opened"], high=rows["findings"].where(sent, end)),
        FINDINGS: rows[sent].assign(low=rows["findings"], high=end[sent]),
    }
    table = pd.concat(parts, names=["what"]).reset_index("what").rename(columns={"strand": "row"})
    table = table.assign(lane=0, ahead=False)
    lengths = (table["high"] - table["low"]).dt.days
    return table.assign(hover=[f"{STAGES[what]}: {n} days" for what, n in zip(table["what"], lengths, strict=True)])


def _milestones(rows: pd.DataFrame, day: date) -> pd.DataFrame:
    """Preliminary findings, and what each strand came to, or that it is in progress on the day."""
    sent = rows[rows["findings"].notna()]
    parts = [
        sent.assign(what=SENT, day=sent["findings"]),
        rows.assign(what=rows["outcome"], day=rows["ended"].fillna(pd.Timestamp(day))),
    ]
    table = pd.concat(parts, ignore_index=True).assign(lane=0).rename(columns={"strand": "row"})
    titles = {SENT: SENT, **OUTCOMES}
    hover = [f"{titles[what]}, {day:%Y-%m-%d}" for what, day in zip(table["what"], table["day"], strict=True)]
    return table.assign(hover=hover)


def _timeline_rows(strands: pd.DataFrame) -> pd.DataFrame:
    """The strands by proceeding, in the order of opening, with their words."""
    parts = strands["strand"].str.split("/", n=1)
    rows = strands.assign(proceeding=parts.str[0], label=parts.str[1].str.replace("-", " "))
    first = rows.groupby("proceeding")["opened"].transform("min")
    every = rows.groupby("proceeding")["platforms"].transform(
        lambda names: ";".join(dict.fromkeys(";".join(names).split(";")))
    )
    rows = rows.assign(first=first, heading=every.str.split(";").map(listing))
    again = rows.groupby("heading")["proceeding"].transform("nunique") > 1
    dated = rows["heading"] + ", " + rows["first"].map(month_of)
    return rows.assign(heading=rows["heading"].mask(again, dated)).sort_values(["first", "proceeding"], kind="stable")


def _timeline_title(rows: pd.DataFrame, day: date) -> str:
    resolved, waiting = rows[rows["outcome"] != ""], rows[rows["outcome"] == ""]
    cases = f"{len(resolved)} of {plural(len(rows), 'strand')} in {plural(rows['proceeding'].nunique(), 'proceeding')}"
    if waiting.empty:
        return f"All have an outcome: {cases} by {date_of(day)}"
    oldest = waiting.sort_values("days", ascending=False, kind="stable").iloc[0]
    name = f"{listing(str(oldest['platforms']).split(';'))}, {oldest['label']}"
    verb = "has" if len(resolved) == 1 else "have"
    return f"{cases} {verb} an outcome; the oldest one in progress ({name}) has been open for {oldest['days']:,} days"


def _timeline_caption(rows: pd.DataFrame) -> str:
    waiting = rows[rows["outcome"] == ""]
    caption = "A strand is a group of grievances that moves on its own; those of one proceeding are shown together."
    if len(waiting):
        sent = int(waiting["findings"].notna().sum())
        caption += f" Of the {len(waiting)} in progress, {sent or 'none'} {'has' if sent < 2 else 'have'} had"
        caption += " preliminary findings."
    ends = Counter(OUTCOMES[key] for key in rows.loc[rows["outcome"] != "", "outcome"])
    return (
        f"{caption} How they ended: {listing(f'{name} ({n})' for name, n in ends.most_common())}." if ends else caption
    )


def requests(record: Record, until: date | None = None) -> Figure | None:
    """Requests for information by month: services asked and letters sent; waves of them are marked."""
    day = _day(record, until)
    if day is None or (table := record_tables.requests(record, day)).empty or not table["services"].any():
        return None
    known = record.known_on(day)
    asked = Counter(when for when, _ in {(act.date, act.platform) for act in known.acts if act.event == REQUEST})
    waves = {when: number for when, number in sorted(asked.items()) if number >= MAILING}
    months = table.melt(["month"], list(ASKED), "series", "value").rename(columns={"month": "x"})
    by_month = table.set_index("month")["services"]
    notes = [
        (by_month.index[by_month.index <= pd.Timestamp(when)][-1], f"{n} on\n{when.day} {when:%b}")
        for when, n in waves.items()
    ]
    return Figure(
        "record-requests",
        _requests_title(table, waves),
        f"{_subtitle(day)} · by month",
        f"A service is counted once a day; a letter may ask about several. A wave: {MAILING} services or more on a day."
        " Requests need not be published: these are a lower bound.",
        columns(months, ASKED, notes),
        _named(table),
    )


def _requests_title(table: pd.DataFrame, waves: dict[date, int]) -> str:
    """How many came in waves; without any, how many there were of the year with most."""
    asked = plural(int(table["services"].sum()), "request")
    if not waves:
        by_year = table.groupby(table["month"].dt.year)["services"].sum()
        most = f"most in {by_year.idxmax()} ({by_year.max()})"
        return f"{asked} for information by {month_of(table['month'].iloc[-1])}, {most}"
    days = listing(dict.fromkeys(f"{month_of(when)}" for when in waves))
    came = "a wave" if len(waves) == 1 else f"{NUMERALS.get(len(waves), len(waves))} waves"
    return f"{sum(waves.values())} of {asked} for information came in {came}, in {days}"


def clearance(record: Record, until: date | None = None, run: Run | None = None) -> Figure | None:
    """Strands that came in, were resolved and stayed in progress, by year; with a run, beside what it expects."""
    day = _day(record, until)
    if day is None:
        return None
    table = record_tables.clearance(record, day)
    of_strands = table[table["unit"] == "strand"]
    strands = of_strands[of_strands["period"] != "total"]
    if strands.empty:
        return None
    rows = strands.melt(["period"], list(FLOW), "series", "value").rename(columns={"period": "row"})
    rows.loc[rows["row"].eq(f"{day.year}"), "row"] = f"{day.year}, to {day:%B}"
    drawn = rows.assign(low=np.nan, high=np.nan)
    if run is not None:
        drawn = pd.concat([drawn, _expected(run)], ignore_index=True)
    text = [count(value) if value % 1 else f"{value:.0f}" for value in drawn["value"]]
    return Figure(
        "record-clearance",
        _clearance_title(of_strands[of_strands["period"] == "total"].iloc[0], run),
        _subtitle(day) + (" · simulated: the mean, and what holds 80% of the simulations" if run is not None else ""),
        _clearance_caption(strands.iloc[-1]),
        bars({"": drawn.assign(text=text)}, FLOW),
        _named(table.round({"clearance_rate": 4, "disposition_time": 0})),
    )


def _expected(run: Run) -> pd.DataFrame:
    """What the run expects, a year and at its horizon."""
    scenario, known = run.scenario, run.table("indicators").set_index("indicator")
    rows = known.reindex(["incoming", "resolved", "pending_end"])[["value", "q10", "q90"]]
    name = f"a year, {month_of(scenario.start)} to {month_of(scenario.horizon)}, simulated"
    rows = rows.set_axis(["value", "low", "high"], axis=1).assign(row=name, series=[CAME, RESOLVED, PENDING])
    return rows.reset_index(drop=True)


def _clearance_title(total: "pd.Series[float]", run: Run | None) -> str:
    rate, since = share(total["clearance_rate"]), month_of(pd.Timestamp(total["first_day"]))
    number = rate.removesuffix("%")
    said = f"From {since} on, {number} strand{' was' if number == '1' else 's were'} resolved per 100 opened"
    if run is None or not isfinite(expected := run.samples["clearance_rate"].value):
        return said
    span = f"from {month_of(run.scenario.start)} to {month_of(run.scenario.horizon)}"
    return f"{said}; {span} the model expects {share(expected).removesuffix('%')} per 100"


def _clearance_caption(last: "pd.Series[float]") -> str:
    caption = "Where fewer are resolved than come in, the cases in progress grow."
    if last["incoming"]:
        caption = (
            f"Numbers are small: one more strand resolved in {last['period']} would have made its clearance rate"
            f" {share((last['resolved'] + 1) / last['incoming'])} instead of {share(last['clearance_rate'])}."
        )
    if isfinite(last["disposition_time"]):
        waiting = plural(int(last["pending"]), "strand")
        caption += f" At that pace, resolving the {waiting} in progress would take"
        caption += f" {count(last['disposition_time'])} days."
    return caption


def survival(record: Record, until: date | None = None) -> Figure | None:
    """The share of cases still in each stage after so many days, by Kaplan-Meier, with 95% bands."""
    day = _day(record, until)
    if day is None or (table := record_tables.survival(record, day)).empty:
        return None
    stages = record_tables.stages(record, day).set_index("stage")
    panels = {_stage_heading(str(stage), row): table[table["stage"] == stage] for stage, row in stages.iterrows()}
    drawn = {heading: _steps(curve) for heading, curve in panels.items()}
    named = table.assign(stage=table["stage"].map(STAGES)).round(4)
    return Figure(
        "record-durations",
        _survival_title(stages),
        f"{_subtitle(day)} · Kaplan-Meier, with 95% confidence bands",
        _survival_caption(record, day),
        curves(drawn, {"": Look("share still in it", PALETTE[0])}, shares=True, x="days"),
        _named(named.rename(columns={"survival": "share still in it"})),
    )  # fmt: skip


def _steps(curve: pd.DataFrame) -> pd.DataFrame:
    """A curve as it is drawn, from all at the beginning on."""
    steps = curve.rename(columns={"days": "x", "survival": "y", "low95": "low", "high95": "high"})
    begin = pd.DataFrame({"x": [0.0], "y": [1.0], "low": [np.nan], "high": [np.nan]})
    return pd.concat([begin, steps[list(begin)]], ignore_index=True).assign(series="")


def _stage_heading(stage: str, row: "pd.Series[int]") -> str:
    cases = "requests" if stage == REQUEST else "strands"
    return f"{STAGES[stage]}: {row['ended']} of {row['cases']} {cases} ended"


def _survival_title(stages: pd.DataFrame) -> str:
    stage = next((name for name in (TOTAL, OPENED, REQUEST) if name in stages.index), str(stages.index[0]))
    row, what = stages.to_dict("index")[stage], "requests" if stage == REQUEST else "strands"
    pending = f"{row['pending']} of {row['cases']} {what} {'is' if row['pending'] == 1 else 'are'} still in progress"
    if isinf(row["median"]):
        return f"From {STAGES[stage]}: too few have ended to estimate the median; {pending}"
    median = f"the median is {count(row['median'])} days{_between(row['low95'], row['high95'])}"
    return f"From {STAGES[stage]} {median}; {pending}"


def _between(low: float, high: float) -> str:
    if isnan(low) or isinf(low):
        return ""
    upper = f"to {count(high)}" if isfinite(high) else "or more"
    return f" (95% interval: {count(low)} {upper})"


def _survival_caption(record: Record, day: date) -> str:
    known = record.known_on(day)
    caption = (
        "A curve steps down when a case leaves the stage. A case in progress counts as lasting longer than so far."
    )
    if not known.strands:
        return caption
    proceedings = len({strand.proceeding for strand in known.strands})
    return (
        f"{caption} The {plural(len(known.strands), 'strand')} of {plural(proceedings, 'proceeding')} are not"
        " independent: the bands are too narrow."
    )


def _day(record: Record, until: date | None) -> date | None:
    """The last day that is read; None for a record that has none."""
    if record.until is None and not record.acts:
        return None
    return record.known_on(until or record.last_day).last_day


def _subtitle(day: date) -> str:
    return f"The public record as known on {date_of(day)}"


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """The table with names of columns for people."""
    return table.rename(columns={name: NAMES.get(name, name.replace("_", " ")) for name in table.columns}).reset_index(
        drop=True
    )
