"""The rows of a record's files as text: read, cut on a day as somebody would have written them then, and written."""

import csv
from pathlib import Path

from sim.record.rows import FORMAT

Row = dict[str, str]
Tables = dict[str, list[Row]]
FILES = ("events.csv", "strands.csv", "platforms.csv", "turnover.csv")


def read_rows(folder: Path, file: str) -> list[Row]:
    """The rows of a file, unchecked, each with its `line`."""
    with (folder / file).open(encoding="utf-8", newline="") as opened:
        reader = csv.DictReader(opened)
        return [row | {"line": str(reader.line_num)} for row in reader]


def read_tables(folder: Path) -> Tables:
    """The rows of all files."""
    return {file: read_rows(folder, file) for file in FILES}


def write_rows(folder: Path, file: str, rows: list[Row]) -> None:
    """A file with each row in its own line, and empty lines between."""
    folder.mkdir(exist_ok=True)
    lines = {int(row["line"]): row for row in rows}
    with (folder / file).open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(FORMAT[file]), restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for number in range(2, max(lines, default=1) + 1):
            if number in lines:
                writer.writerow(lines[number])
            else:
                out.write("\n")


def write_tables(folder: Path, tables: Tables) -> None:
    """All files of a record, one row after the other."""
    for file, rows in tables.items():
        write_rows(folder, file, [row | {"line": str(number)} for number, row in enumerate(rows, 2)])


def blank_after(row: Row, day: str, milestone: str, *others: str) -> Row:
    """The row without a milestone (and what came with it) that lies after the day."""
    later = row[milestone] > day
    return {name: "" if later and name in (milestone, *others) else cell for name, cell in row.items()}


def cut(record: Tables, day: str) -> Tables:
    """The record as somebody would have written it down on that day: no later row, no later date, no later service."""
    acts = [dict(row) for row in record["events.csv"] if row["date"] <= day]
    opened = {row["proceeding"] for row in acts if row["event"] == "proceedings_opened"}
    for row in acts:
        row["proceeding"] = row["proceeding"] if row["proceeding"] in opened else ""
    strands = [row for row in record["strands.csv"] if row["opened"] <= day]
    strands = [blank_after(row, day, "outcome_date", "outcome", "fine_eur", "note") for row in strands]
    strands = [blank_after(row, day, "preliminary_findings") for row in strands]
    acted = {row["platform"] for row in acts} | {name for row in strands for name in row["platform"].split(";")}
    acted |= {row["part_of"] for row in record["platforms.csv"] if row["service"] in acted}
    platforms = [
        blank_after(blank_after(row, day, "designation_date"), day, "designation_ended")
        for row in record["platforms.csv"]
        if row["service"] in acted or "" < row["designation_date"] <= day
    ]
    providers = {row["provider"] for row in platforms}
    turnover = [row for row in record["turnover.csv"] if row["provider"] in providers]
    return {"events.csv": acts, "strands.csv": strands, "platforms.csv": platforms, "turnover.csv": turnover}
