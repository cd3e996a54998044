"""The public record on a terminal, for somebody who knows the law and not the statistics; and as data."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import isinf, isnan
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.dates import parse_day
from sim.errors import UserError, suggestion
from sim.record import tables as record_tables
from sim.record.files import load_record
from sim.record.model import Record
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
    rows = frame.pop("rows")
    left_out = [column for column in frame.columns if column in LEFT_OUT.get(name, ())]
    table = Table("#", box=None, pad_edge=False)
    frame = frame.drop(columns=left_out)
    for column, kind in frame.dtypes.items():
        number = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
        whole = number or kind.kind == "M" or column in ("strand", "case", "proceeding", "stage")
        justify: Literal["left", "right"] = "right" if number else "left"
        table.add_column(str(column).replace("_", " "), justify=justify, no_wrap=whole, overflow="fold")
    for line, row in enumerate(frame.itertuples(index=False), 1):
        table.add_row(str(line), *map(_cell, row))
    behind = Table("#", "rows of the record behind each line (their sources: sim record --table sources)", box=None,
                   pad_edge=False)  # fmt: skip
    for line, cell in enumerate(rows, 1):
        behind.add_row(str(line), lines_of(cell) or "none")
    closing = f"As known on {snapshot.as_of}."
    if left_out:
        closing += f" --json has also: {', '.join(left_out)}."
    return Group(table, Padding(behind, (1, 0)), Text(closing, style="dim"))


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
    parts = [_heading(snapshot)]
    if len(snapshot.table("strands")):
        parts.append(_strand_table(snapshot))
    if len(snapshot.table("stages")):
        parts += [
            _stage_table(snapshot),
            _pending_table(snapshot),
            _request_table(snapshot),
            _clearance_table(snapshot),
        ]
    parts.append(_closing())
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def _heading(snapshot: RecordAsOf) -> RenderableType:
    text = Text(f"The public record in {snapshot.folder}, as known on {snapshot.as_of}", style="bold")
    requests, strands, proceedings = (snapshot.table(name) for name in ("requests", "strands", "proceedings"))
    outcomes = strands.loc[strands["outcome"] != "", "outcome"].map(OUTCOMES).value_counts(sort=False)
    by_outcome = ", ".join(f"{name} {count}" for name, count in outcomes.items())
    days = [act.date for act in snapshot.record.known_on(snapshot.as_of).acts]
    text.append(
        f"\n{plural(int(requests['services'].sum()), 'request')} for information in"
        f" {plural(int(requests['letters'].sum()), 'letter')}; {plural(len(proceedings), 'proceeding')} with"
        f" {plural(len(strands), 'strand')}; {plural(int(outcomes.sum()), 'strand')} resolved"
        + (f" ({by_outcome})" if by_outcome else "")
        + (f"; fines of EUR {strands['fine_eur'].sum() / 1e6:,.0f} million." if strands["fine_eur"].any() else ".")
        + (f" The last act is of {max(days)}." if days else " No act is known on that day."),
        style="not bold",
    )
    return text


def _table(title: str, words: int, *columns: str) -> Table:
    """A table whose first columns, `words` of them, are words; the first of all stays on one line."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place < words else "right", no_wrap=place == 0)
    return table


def _noted(table: Table, note: str) -> Group:
    return Group(table, Text(note, style="dim italic"))


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    yield from frame.itertuples(index=False)


def _days(value: float) -> str:
    return "-" if isnan(value) else "not reached" if isinf(value) else f"{value:,.0f}"


def _interval(low: float, high: float) -> str:
    if isinf(low):
        return "no bound"
    return f"{low:,.0f} or more" if isinf(high) else f"{low:,.0f} to {high:,.0f}"


def _strand_table(snapshot: RecordAsOf) -> RenderableType:
    """One block for each proceeding: a line for it, then one for each of its strands."""
    columns = ("proceeding, and its strands", "opened", "findings", "after days", "outcome", "days open", "in stage")
    table = _table("Where does each proceeding stand?", 1, *columns)
    table.columns[0].no_wrap = False
    for place in (1, 2, 4):
        table.columns[place].justify, table.columns[place].no_wrap = "left", True
    strands = snapshot.table("strands")
    for proceeding in _rows(snapshot.table("proceedings")):
        outcome = f"{proceeding.resolved} of {proceeding.strands} resolved" if proceeding.strands > 1 else ""
        name = f"{proceeding.proceeding}: {proceeding.platforms.replace(';', ', ')}"
        table.add_row(name, _cell(proceeding.opened), "", "", outcome, _days(proceeding.days), "", style="bold")
        for row in _rows(strands[strands["strand"].str.startswith(f"{proceeding.proceeding}/")]):
            only = "" if row.platforms == proceeding.platforms else f" ({row.platforms.replace(';', ', ')})"
            table.add_row(
                f"  {row.strand.removeprefix(proceeding.proceeding + '/')}{only}", "", _cell(row.findings),
                "-" if row.findings is pd.NaT else str((row.findings - row.opened).days),
                f"{OUTCOMES[row.outcome]} {_cell(row.ended)}" if row.outcome else OUTCOMES[""],
                _days(row.days), _days(row.days_in_stage),
            )  # fmt: skip
    return _noted(
        table,
        "A strand is a group of grievances that moves on its own. Findings are preliminary findings. Days open: from"
        " the opening to the outcome, or so far. In stage: days of a pending strand since its opening or its findings.",
    )


def _stage_table(snapshot: RecordAsOf) -> RenderableType:
    columns = ("stage", "cases", "ended", "pending", "median", "80% interval", "95% interval")
    table = _table("How long does each stage take? In days", 1, *columns, "median age", "oldest")
    for column in table.columns[4:7]:
        column.no_wrap = True
    for row in _rows(snapshot.table("stages")):
        table.add_row(
            STAGES[row.stage], *map(str, (row.cases, row.ended, row.pending)), _days(row.median),
            _interval(row.low80, row.high80), _interval(row.low95, row.high95), _days(row.pending_median),
            _days(row.pending_oldest),
        )  # fmt: skip
    return _noted(
        table,
        "Kaplan-Meier medians and their confidence intervals: a pending case counts as longer than its age, which the"
        " last two columns show. 'Not reached': fewer than half are estimated to have ended; 'or more': the record sets"
        " no upper bound."
        " An outcome without findings ends the stage before findings; closing without proceedings ends a request."
        " The intervals take cases as independent; strands of one proceeding and proceedings opened together are not,"
        " so that they are too narrow. The closing of a request is hardly ever published: what is pending among them is"
        " mostly silence.",
    )


def _pending_table(snapshot: RecordAsOf) -> RenderableType:
    counts = snapshot.table("pending").pivot_table(index="day", columns="stage", values="cases", sort=False)
    counts = counts[counts.sum(axis=1).cumsum() > 0]
    last = counts.index[-1]
    half_years = [day for day in counts.index[:-1] if (day.month, day.day) in ((6, 30), (12, 31))]
    days = [*half_years[-3:], last]
    quarters = counts[[day == last or day.month % 3 == 0 for day in counts.index]]
    columns = ("latest milestone", *(str(day.date()) for day in days), "most", "by quarter")
    table = _table("How many cases are pending?", 1, *columns)
    for stage, words in PENDING.items():
        most = int(counts[stage].max())
        bars = spark(quarters[stage].tolist(), max(most, 1))
        table.add_row(words, *(f"{counts.loc[day, stage]:.0f}" for day in days), str(most), bars)
    return _noted(
        table,
        "Requests count once for each service and topic until proceedings open, strands from then on. Quarters are from"
        f" {quarters.index[0]:%B %Y} on; the last is the day above.",
    )


def _request_table(snapshot: RecordAsOf) -> RenderableType:
    requests = snapshot.table("requests")
    columns = ("year", "requests", "letters", "Jan to Dec", "most in a month")
    table = _table("How many requests for information?", 1, *columns)
    top = max(int(requests["services"].max()), 1)
    for year, months in requests.groupby(requests["month"].dt.year):
        first, last = (int(months["month"].iloc[place].month) for place in (0, -1))
        bars = " " * (first - 1) + spark(months["services"].tolist(), top) + " " * (12 - last)
        most = months.sort_values("services", ascending=False, kind="stable").iloc[0]
        peak = f"{most['services']} in {most['month']:%B}" if most["services"] else "-"
        table.add_row(str(year), str(months["services"].sum()), str(months["letters"].sum()), bars, peak)
    return _noted(
        table,
        "A request: one service on one day. A letter: one company on one day. Requests need not be published: these are"
        " a lower bound.",
    )


def _clearance_table(snapshot: RecordAsOf) -> RenderableType:
    columns = ("", "from", "to", "incoming", "resolved", "pending", "clearance rate", "disposition time")
    table = _table("Are as many resolved as come in?", 3, *columns)
    rows = snapshot.table("clearance")
    for row in _rows(rows[rows["unit"] != "request"]):
        table.add_row(
            f"{row.unit}s, {row.period}", _cell(row.first_day), _cell(row.last_day),
            *map(str, (row.incoming, row.resolved, row.pending)), share(row.clearance_rate),
            "none resolved" if isinf(row.disposition_time) else f"{row.disposition_time:,.0f} days",
        )  # fmt: skip
    return _noted(
        table,
        "CEPEJ's indicators: clearance rate = resolved / incoming; disposition time = 365 x pending / resolved per"
        " year. A proceeding is resolved with the last of its strands. With few resolved, one more changes much.",
    )


def _closing() -> RenderableType:
    names = ", ".join(record_tables.TABLES)
    return Text(
        f"Each number with the rows behind it: sim record --table NAME, with NAME one of {names}; or --json.",
        style="dim",
    )
