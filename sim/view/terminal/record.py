"""The public record on a terminal, for somebody who knows the law and not the statistics; and as data."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import isinf, isnan
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import RenderableType
from rich.text import Text

from sim.dates import parse_day
from sim.errors import UserError, suggestion
from sim.record import tables as record_tables
from sim.record.files import load_record
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


@dataclass(frozen=True)
class RecordAsOf:
    """A record, the folder that it is from, and the last day that is read of it."""

    folder: Path
    record: Record
    as_of: date

    def table(self, name: str) -> pd.DataFrame:
        """One of `sim.record.tables.TABLES`."""
        return record_tables.TABLES[name](self.record, self.as_of)


def read_as_of(folder: Path, as_of: str = "", table: str = "") -> RecordAsOf:
    """Read a record for the command. Raises UserError for a bad record, day or name of a table."""
    names = record_tables.TABLES
    if table and table not in names:
        raise UserError(f"--table {table}: there is no such table{suggestion(table, names)}")
    try:
        day = parse_day(as_of) if as_of else None
    except ValueError:
        raise UserError(
            f"--as-of {as_of}: is not a day of the calendar; write year-month-day, such as 2024-03-14"
        ) from None
    record = load_record(folder)
    if day and record.until and day > record.until:
        raise UserError(
            f"--as-of {day}: the record in {folder} ends on {record.until}; choose that day or an earlier one"
        )
    return RecordAsOf(folder, record, day or record.last_day)


def as_data(snapshot: RecordAsOf, table: str = "") -> dict[str, Any]:
    """The tables, or one of them, and the sources of the rows that it names, as JSON takes them.

    Days are written as text; infinite and missing numbers become null; `rows` become lists.
    """
    names = [table] if table else [name for name in record_tables.TABLES if name != "sources"]
    tables = {name: _records(snapshot.table(name)) for name in names}
    sources = _records(snapshot.table("sources"))
    cited = {row for rows in tables.values() for one in rows for row in one.get("rows", ())}
    # A row of strands.csv has its days from the acts that its source names.
    cited |= {
        row for one in sources if one["row"] in cited and one["event"] == "strand" for row in one["source"].split(";")
    }
    tables.setdefault("sources", [one for one in sources if one["row"] in cited])
    return {"record": str(snapshot.folder), "as_of": str(snapshot.as_of), "tables": tables}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    for name in frame.select_dtypes("datetime").columns:
        frame[name] = frame[name].dt.strftime("%Y-%m-%d")
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", double_precision=6))
    return [row | ({"rows": row["rows"].split(";") if row["rows"] else []} if "rows" in row else {}) for row in rows]


def one_table(snapshot: RecordAsOf, name: str) -> RenderableType:
    """A table in full; below it, the rows of the record behind each of its lines."""
    if name == "sources":
        return _source_list(snapshot)
    frame = snapshot.table(name)
    left_out = [column for column in frame.columns if column in LEFT_OUT.get(name, ())]
    frame.insert(0, "#", [str(line) for line in range(1, len(frame) + 1)])
    frame["behind"] = [lines_of(cell) or "none" for cell in frame.pop("rows")]
    names = [str(column) for column in frame.columns if column not in (*left_out, "behind")]
    words = [name for name in names if _is_words(frame[name])]
    shown = {name: Column(name.replace("_", " "), _cell, words=name in words) for name in names}
    sources = "rows of the record behind each line (their sources: sim record --table sources)"
    closing = f"As known on {snapshot.as_of}."
    if left_out:
        closing += f" --json has also: {', '.join(left_out)}."
    behind = {"#": Column("#"), "behind": Column(sources, words=True)}
    return sections([table(frame, shown), table(frame, behind), Text(closing, style="dim")])


def _is_words(column: "pd.Series[Any]") -> bool:
    """Whether a column has neither numbers nor days."""
    return not pd.api.types.is_numeric_dtype(column.dtype) and column.dtype.kind != "M"


def _source_list(snapshot: RecordAsOf) -> Text:
    """Each row with its source on a line of its own, so that an address stays in one piece."""
    blocks = [
        f"{row.row}  {row.day.date()}  {row.platforms.replace(';', ', ')}  {row.event}  {row.topic.replace(';', ', ')}"
        f"{f'  confidence {row.confidence}' if row.confidence else ''}\n    {row.source}"
        for row in _rows(snapshot.table("sources"))
    ]
    return Text("\n".join(blocks))


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


def summary(snapshot: RecordAsOf) -> RenderableType:
    """Everything that `sim record` prints."""
    parts: list[RenderableType] = [_heading(snapshot)]
    if len(snapshot.table("strands")):
        parts.append(_strand_table(snapshot))
    if len(snapshot.table("stages")):
        makers = (_stage_table, _pending_table, _request_table, _clearance_table)
        parts += [make(snapshot) for make in makers]
    return sections([*parts, _closing()])


def _heading(snapshot: RecordAsOf) -> RenderableType:
    requests, strands, proceedings = (snapshot.table(name) for name in ("requests", "strands", "proceedings"))
    outcomes = strands.loc[strands["outcome"] != "", "outcome"].map(OUTCOMES).value_counts(sort=False)
    by_outcome = ", ".join(f"{name} {count}" for name, count in outcomes.items())
    days = [act.date for act in snapshot.record.known_on(snapshot.as_of).acts]
    fines = f"; fines of EUR {strands['fine_eur'].sum() / 1e6:,.0f} million." if strands["fine_eur"].any() else "."
    return headed(
        f"The public record in {snapshot.folder}, as known on {snapshot.as_of}",
        f"{plural(int(requests['services'].sum()), 'request')} for information in"
        f" {plural(int(requests['letters'].sum()), 'letter')}; {plural(len(proceedings), 'proceeding')} with"
        f" {plural(len(strands), 'strand')}; {plural(int(outcomes.sum()), 'strand')} resolved"
        f"{f' ({by_outcome})' if by_outcome else ''}{fines}"
        f" {f'The last act is of {max(days)}.' if days else 'No act is known on that day.'}",
    )


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    yield from frame.itertuples(index=False)


def _days(value: float) -> str:
    return "-" if isnan(value) else "not reached" if isinf(value) else f"{value:,.0f}"


def _interval(low: float, high: float) -> str:
    if isinf(low):
        return "no bound"
    return f"{low:,.0f} or more" if isinf(high) else f"{low:,.0f} to {high:,.0f}"


def _strand_table(snapshot: RecordAsOf) -> RenderableType:
    """A line for each strand, below that of its proceeding."""
    strands, rows = snapshot.table("strands"), []
    for one in _rows(snapshot.table("proceedings")):
        resolved = f"; {one.resolved} of {one.strands} resolved" if one.strands > 1 else ""
        heading = f"{one.proceeding}: {one.platforms.replace(';', ', ')}, opened {_cell(one.opened)}{resolved}"
        for row in _rows(strands[strands["strand"].str.startswith(f"{one.proceeding}/")]):
            only = "" if row.platforms == one.platforms else f" ({row.platforms.replace(';', ', ')})"
            rows.append(
                {
                    "proceeding": heading,
                    "strand": f"{row.strand.removeprefix(one.proceeding + '/')}{only}",
                    "findings": row.findings,
                    "after": "-" if row.findings is pd.NaT else str((row.findings - row.opened).days),
                    "outcome": OUTCOMES[row.outcome],
                    "ended": row.ended,
                    "days": row.days,
                    "days_in_stage": row.days_in_stage,
                }
            )
    shown = columns({"strand": "strand"}) | columns({"findings": "findings"}, _cell) | columns({"after": "after days"})
    shown |= columns({"outcome": "outcome"}, words=True) | columns({"ended": "on"}, _cell)
    shown |= columns({"days": "days open", "days_in_stage": "in stage"}, _days)
    note = (
        "A strand is a separate group of grievances within a proceeding. Findings are preliminary findings. Days"
        " open: from"
        " the opening to the outcome, or so far. In stage: days of a pending strand since its opening or its findings."
    )
    return table(pd.DataFrame(rows), shown, "Where does each proceeding stand?", note, group="proceeding")


def _stage_table(snapshot: RecordAsOf) -> RenderableType:
    rows = snapshot.table("stages")
    spread = {
        f"interval{level}": [_interval(*pair) for pair in zip(rows[f"low{level}"], rows[f"high{level}"], strict=True)]
        for level in (80, 95)
    }
    shown = columns({"stage": "stage"}, STAGES.__getitem__) | columns(
        {"cases": "cases", "ended": "ended", "pending": "pending"}
    )
    shown |= columns({"median": "median"}, _days) | columns(
        {"interval80": "80% interval", "interval95": "95% interval"}
    )
    shown |= columns({"pending_median": "median age", "pending_oldest": "oldest"}, _days)
    note = (
        "Kaplan-Meier medians and their confidence intervals: a pending case counts as longer than its age, which the"
        " last two columns show. 'Not reached': fewer than half are estimated to have ended; 'or more': the record sets"
        " no upper bound."
        " An outcome without findings ends the stage before findings; closing without proceedings ends a request."
        " The intervals take cases as independent; strands of one proceeding and proceedings opened together are not,"
        " so the intervals are too narrow. The closing of a request is hardly ever published: what is pending among"
        " them is"
        " mostly silence."
    )
    return table(rows.assign(**spread), shown, "How long does each stage take? In days", note)


def _pending_table(snapshot: RecordAsOf) -> RenderableType:
    counts = snapshot.table("pending").pivot_table(index="day", columns="stage", values="cases", sort=False)
    counts = counts[counts.sum(axis=1).cumsum() > 0]
    last = counts.index[-1]
    half_years = [day for day in counts.index[:-1] if (day.month, day.day) in ((6, 30), (12, 31))]
    days = [*half_years[-2:], last]
    quarters = counts[[day == last or day.month % 3 == 0 for day in counts.index]]
    rows = counts.loc[days].T.set_axis([str(day.date()) for day in days], axis=1).reset_index()
    most = counts.max().to_dict()
    rows["most"] = rows["stage"].map(most)
    rows["bars"] = [spark(quarters[stage].tolist(), max(most[stage], 1)) for stage in rows["stage"]]
    rows = rows.set_index("stage").reindex(list(PENDING)).reset_index()
    shown = columns({"stage": "latest milestone"}, PENDING.__getitem__)
    shown |= columns({**{str(day.date()): str(day.date()) for day in days}, "most": "most"}, "{:.0f}".format)
    shown |= columns({"bars": "by quarter"})
    note = (
        "Requests count once for each service and topic until proceedings open, strands from then on. Quarters are from"
        f" {quarters.index[0]:%B %Y} on; the last is the day above."
    )
    return table(rows, shown, "How many cases are pending?", note)


def _request_table(snapshot: RecordAsOf) -> RenderableType:
    requests, rows = snapshot.table("requests"), []
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
    shown = columns(dict(zip(names, names, strict=True)))
    return table(pd.DataFrame(rows, columns=list(names)), shown, "How many requests for information?", note)


def _clearance_table(snapshot: RecordAsOf) -> RenderableType:
    rows = snapshot.table("clearance")
    rows = rows[rows["unit"] != "request"]
    shown = columns({"what": ""}) | columns({"first_day": "from", "last_day": "to"}, _cell)
    shown |= columns({"incoming": "incoming", "resolved": "resolved", "pending": "pending"})
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


def _closing() -> RenderableType:
    names = ", ".join(record_tables.TABLES)
    return Text(
        f"Each number with the rows behind it: sim record --table NAME, with NAME one of {names}; or --json.",
        style="dim",
    )
