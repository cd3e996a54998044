"""The public record on a terminal, for somebody who knows the law and not the statistics."""

from collections.abc import Iterator
from math import isinf, isnan
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import RenderableType
from rich.text import Text

from sim.record import tables as record_tables
from sim.record.model import Record
from sim.view.terminal.tables import Column, columns, headed, sections, table
from sim.view.titles import OUTCOMES, PENDING, STAGES
from sim.view.words import plural, share, spark

LEFT_OUT = {
    "strands": ("topics", "articles", "stage", "since"),
    "proceedings": ("provider",),
    "durations": ("platforms", "proceeding"),
    "stages": ("oldest",),
}
"""Columns left out in print."""


def one_table(known: Record, name: str) -> RenderableType:
    """A table in full; below each line, the rows of the record behind it."""
    frame = record_tables.TABLES[name](known)
    if name == "sources":
        return _source_list(frame)
    left_out = [column for column in frame.columns if column in LEFT_OUT.get(name, ())]
    frame["rows"] = frame["rows"].map(lines_of)
    frame.insert(0, "#", [str(line) for line in range(1, len(frame) + 1)])
    shown = {
        str(name): Column(str(name).replace("_", " "), _cell, words=frame[name].dtype.kind not in "biufM")
        for name in frame.columns.drop(["rows", *left_out])
    }
    closing = f"As known on {known.last_day}. Below each line: the rows behind it (sim record --table sources)."
    if left_out:
        closing += f" --json has also: {', '.join(left_out)}."
    return table(frame, shown, note=closing, below="rows")


def _source_list(frame: pd.DataFrame) -> Text:
    """Each row with its source on a line of its own, so that an address stays in one piece."""
    blocks = [
        f"{row.row}  {row.day.date()}  {row.platforms.replace(';', ', ')}  {row.event}  {row.topic.replace(';', ', ')}"
        f"{f'  confidence {row.confidence}' if row.confidence else ''}\n    {row.source}"
        for row in _rows(frame)
    ]
    return Text("\n".join(blocks))


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    yield from frame.itertuples(index=False)


def _cell(value: Any) -> str:
    if value is pd.NaT or (isinstance(value, float) and isnan(value)):
        return "-"
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "inf" if isinf(value) else f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace(";", "; ").replace("_", " ")


def lines_of(rows: str) -> str:
    """Rows with each file named once and neighbours joined: 'events.csv: 54, 61-77; strands.csv: 2'."""
    files: dict[str, list[tuple[int, int]]] = {}
    for file, line in (row.split(":") for row in rows.split(";") if row):
        runs = files.setdefault(file, [])
        if runs and int(line) == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], int(line))
        else:
            runs.append((int(line), int(line)))
    ranges = {file: [f"{a}" if a == b else f"{a}-{b}" for a, b in runs] for file, runs in files.items()}
    return "; ".join(f"{file}: {', '.join(runs)}" for file, runs in ranges.items())


def summary(folder: Path, known: Record) -> RenderableType:
    """Everything that `sim record` prints of a record as known on its last day; `folder`: where it is from."""
    parts: list[RenderableType] = [_heading(folder, known)]
    if known.strands:
        parts.append(_strand_table(known))
    if len(record_tables.stages(known)):
        parts += [make(known) for make in (_stage_table, _pending_table, _request_table, _clearance_table)]
    names = ", ".join(record_tables.TABLES)
    closing = f"Each number with the rows behind it: sim record --table NAME, with NAME one of {names}; or --json."
    return sections([*parts, Text(closing, style="dim")])


def _heading(folder: Path, known: Record) -> RenderableType:
    requests, strands = record_tables.requests(known), record_tables.strands(known)
    proceedings = record_tables.proceedings(known)
    outcomes = strands.loc[strands["outcome"] != "", "outcome"].map(OUTCOMES).value_counts(sort=False)
    by_outcome = ", ".join(f"{name} {count}" for name, count in outcomes.items())
    fines = f"; fines of EUR {strands['fine_eur'].sum() / 1e6:,.0f} million." if strands["fine_eur"].any() else "."
    last = max((act.date for act in known.acts), default=None)
    return headed(
        f"The public record in {folder}, as known on {known.last_day}",
        f"{plural(int(requests['services'].sum()), 'request')} for information in"
        f" {plural(int(requests['letters'].sum()), 'letter')}; {plural(len(proceedings), 'proceeding')} with"
        f" {plural(len(strands), 'strand')}; {plural(int(outcomes.sum()), 'strand')} resolved"
        f"{f' ({by_outcome})' if by_outcome else ''}{fines}"
        f" {f'The last act is of {last}.' if last else 'No act is known on that day.'}",
    )


def _days(value: float) -> str:
    return "-" if isnan(value) else "not reached" if isinf(value) else f"{value:,.0f}"


def _interval(low: float, high: float) -> str:
    if isinf(low):
        return "no bound"
    return f"{low:,.0f} or more" if isinf(high) else f"{low:,.0f} to {high:,.0f}"


def _strand_table(known: Record) -> RenderableType:
    """A line for each strand, below that of its proceeding."""
    strands, of = record_tables.strands(known), record_tables.proceedings(known).set_index("proceeding")
    names = strands["strand"].str.split("/", n=1, expand=True)
    services = strands["platforms"].where(strands["platforms"] != names[0].map(of["platforms"]), "")
    resolved = [f"; {one.resolved} of {one.strands} resolved" if one.strands > 1 else "" for one in _rows(of)]
    about = of["platforms"].str.replace(";", ", ") + ", opened " + of["opened"].map(_cell) + resolved
    rows = strands.assign(
        proceeding=names[0] + ": " + names[0].map(about),
        strand=names[1] + [f" ({one.replace(';', ', ')})" if one else "" for one in services],
        after=(strands["findings"] - strands["opened"]).dt.days,
    ).iloc[names[0].map(list(of.index).index).argsort(kind="stable")]
    shown = columns({"strand": "strand"}) | columns({"findings": "findings"}, _cell)
    shown |= columns({"after": "after days"}, _days) | columns({"outcome": "outcome"}, OUTCOMES.__getitem__, words=True)
    shown |= columns({"ended": "on"}, _cell) | columns({"days": "days open", "days_in_stage": "in stage"}, _days)
    note = (
        "A strand is a separate group of grievances within a proceeding. Findings are preliminary findings. Days open:"
        " from the opening to the outcome, or so far. In stage: days of a pending strand since its opening or its"
        " findings."
    )
    return table(rows, shown, "Where does each proceeding stand?", note, group="proceeding")


def _stage_table(known: Record) -> RenderableType:
    rows = record_tables.stages(known)
    spread = {
        f"interval{level}": [_interval(*pair) for pair in zip(rows[f"low{level}"], rows[f"high{level}"], strict=True)]
        for level in (80, 95)
    }
    shown = columns({"stage": "stage"}, STAGES.__getitem__)
    shown |= columns({name: name for name in ("cases", "ended", "pending")}) | columns({"median": "median"}, _days)
    shown |= columns({f"interval{level}": f"{level}% interval" for level in (80, 95)})
    shown |= columns({"pending_median": "median age", "pending_oldest": "oldest"}, _days)
    note = (
        "Kaplan-Meier medians and their confidence intervals: a pending case counts as longer than its age, which the"
        " last two columns show. 'Not reached': fewer than half are estimated to have ended; 'or more': the record sets"
        " no upper bound. An outcome without findings ends the stage before findings; closing without proceedings ends"
        " a request. The intervals take cases as independent; strands of one proceeding and proceedings opened together"
        " are not, so the intervals are too narrow. The closing of a request is hardly ever published: what is pending"
        " among them is mostly silence."
    )
    return table(rows.assign(**spread), shown, "How long does each stage take? In days", note)


def _pending_table(known: Record) -> RenderableType:
    """What is pending at the last day and two ends of half-years before it, and each quarter as a bar."""
    counts = record_tables.pending(known).pivot_table(index="day", columns="stage", values="cases", sort=False)
    counts = counts[counts.sum(axis=1).cumsum() > 0].reindex(columns=list(PENDING))
    last = counts.index[-1]
    days = [*[day for day in counts.index[:-1] if (day.month, day.day) in ((6, 30), (12, 31))][-2:], last]
    quarters = counts[[day == last or day.month % 3 == 0 for day in counts.index]]
    rows = counts.loc[days].T.set_axis([str(day.date()) for day in days], axis=1).assign(most=counts.max())
    rows["bars"] = [spark(quarters[stage].tolist(), max(rows["most"][stage], 1)) for stage in rows.index]
    shown = columns({"stage": "latest milestone"}, PENDING.__getitem__)
    shown |= columns({str(name): str(name) for name in rows if name != "bars"}, "{:.0f}".format)
    shown |= columns({"bars": "by quarter"})
    note = (
        "Requests count once for each service and topic until proceedings open, strands from then on. Quarters are from"
        f" {quarters.index[0]:%B %Y} on; the last is the day above."
    )
    return table(rows.rename_axis("stage").reset_index(), shown, "How many cases are pending?", note)


def _request_table(known: Record) -> RenderableType:
    requests, rows = record_tables.requests(known), []
    top = max(int(requests["services"].max()), 1)
    for year, months in requests.groupby(requests["month"].dt.year):
        first, last = (int(months["month"].iloc[place].month) for place in (0, -1))
        most = months.sort_values("services", ascending=False, kind="stable").iloc[0]
        peak = f"{most['services']} in {most['month']:%B}" if most["services"] else "-"
        bars = "." * (first - 1) + spark(months["services"].tolist(), top) + "." * (12 - last)
        rows.append((year, months["services"].sum(), months["letters"].sum(), bars, peak))
    names = ("year", "requests", "letters", "Jan to Dec", "most in a month")
    note = (
        "A request: one service on one day. A letter: one company on one day. Requests need not be published: these are"
        " a lower bound. Dots are months outside the record."
    )
    shown = columns({name: name for name in names})
    return table(pd.DataFrame(rows, columns=list(names)), shown, "How many requests for information?", note)


def _clearance_table(known: Record) -> RenderableType:
    rows = record_tables.clearance(known).query("unit != 'request'")
    shown = columns({"what": ""}) | columns({"first_day": "from", "last_day": "to"}, _cell)
    shown |= columns({name: name for name in ("incoming", "resolved", "pending")})
    shown |= columns({"clearance_rate": "clearance rate"}, share)
    shown |= columns(
        {"disposition_time": "disposition time"}, lambda days: "none resolved" if isinf(days) else f"{days:,.0f} days"
    )
    note = (
        "CEPEJ's indicators: clearance rate = resolved / incoming; disposition time = 365 x pending / resolved per"
        " year. A proceeding is resolved with the last of its strands. With few resolved, one more makes a big"
        " difference."
    )
    rows = rows.assign(what=rows["unit"] + "s, " + rows["period"])
    return table(rows, shown, "Are as many resolved as come in?", note)
