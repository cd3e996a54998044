"""The files of a record -> a record, or every error in them with its location."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sim.dates import parse_day
from sim.errors import Problem, UserError
from sim.files import read_text
from sim.record import checks
from sim.record.model import Act, Record, RecordedStrand, Service, items
from sim.record.rows import ALL_FILES, FORMAT, Row, cell_problems, read_rows, wrong_day

UNTIL = "until.txt"
"""A file that a record may have beside the four: one line, the last day that it covers."""


def load_record(folder: Path | str) -> Record:
    """Read the four files of a record, and its last day if it says one, and check them by themselves and together.

    Raises UserError with every problem found: file, line, and the character of the line (from 1) where
    the cell begins. The files are checked against one another only if each can be read.
    """
    tables, until = load_rows(folder)
    return Record(
        acts=tuple(_act(row) for row in tables["events.csv"]),
        strands=tuple(_strand(row) for row in tables["strands.csv"]),
        platforms={row["service"]: _platform(row) for row in tables["platforms.csv"]},
        turnover={row["provider"]: float(row["worldwide_turnover_eur_bn"]) for row in tables["turnover.csv"]},
        until=until,
    )


def load_rows(folder: Path | str) -> tuple[checks.Tables, date | None]:
    """The rows of a record by file, with their places, and its last day if it says one; checked as in `load_record`."""
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(Problem(str(folder), message=f"there is no such folder; a record is a folder with {ALL_FILES}"))
    problems: list[Problem] = []
    tables = {name: list(read_rows(folder / name, problems)) for name in FORMAT}
    readable = not problems
    until = _until(folder / UNTIL, problems)
    problems += [problem for rows in tables.values() for row in rows for problem in cell_problems(row)]
    if readable:
        problems += checks.problems(tables)
        problems += _late_problems(tables["events.csv"], until)
    if problems:
        raise UserError(*sorted(set(problems)))
    return tables, until


def _until(path: Path, problems: list[Problem]) -> date | None:
    """The last day of the record; None if it does not say one. To `problems` goes what is wrong with the file."""
    try:
        written = read_text(path).strip()
    except FileNotFoundError:
        return None
    except UserError as error:
        problems += error.problems
        return None
    if message := wrong_day(written):
        problems.append(Problem(str(path), 1, 1, message))
        return None
    return parse_day(written)


def _late_problems(acts: list[Row], until: date | None) -> Iterator[Problem]:
    for row in acts:
        day = row.day("date")
        if until and day and day > until:
            yield row.wrong("date", f"{day} is after the last day of the record, {until} in {UNTIL}")


def _act(row: Row) -> Act:
    return Act(
        date=parse_day(row["date"]),
        platform=row["platform"],
        provider=row["provider"],
        proceeding=row["proceeding"],
        event=row["event"],
        topic=row["topic"],
        articles=items(row["articles"]),
        detail=row["detail"],
        source=row["source_url"] or f"{row['source_kind']}: {row['detail']}",
        confidence=row["confidence"],
        line=row.line,
    )


def _strand(row: Row) -> RecordedStrand:
    return RecordedStrand(
        proceeding=row["proceeding"],
        strand=row["strand"],
        platform=";".join(items(row["platform"])),
        topics=items(row["topics"]),
        articles=items(row["articles"]),
        opened=parse_day(row["opened"]),
        preliminary_findings=row.day("preliminary_findings"),
        outcome=row["outcome"] or None,
        outcome_date=row.day("outcome_date"),
        fine_eur=float(row["fine_eur"]) if row["fine_eur"] else None,
        line=row.line,
    )


def _platform(row: Row) -> Service:
    return Service(
        service=row["service"],
        provider=row["provider"],
        type=row["type"],
        designated=row.day("designation_date"),
        designation_ended=row.day("designation_ended"),
        sector=row["sector"],
        part_of=row["part_of"],
    )
