"""The files of a record: their format, and every error in them with its location.

`sim.record.model` says what a record means; docs/record.md says what each column means.
"""

import csv
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sim.errors import Problem, UserError, suggestion
from sim.record.model import (
    CONFIDENCES,
    EVENTS,
    IN_PROCEEDINGS,
    OUTCOMES,
    Act,
    Record,
    RecordedStrand,
    Service,
    items,
    slug,
)


def load_record(folder: Path | str) -> Record:
    """Read the four files of a record, and its last day if it says one, and check them by themselves and together.

    Raises UserError with every problem found: file, line, and the character of the line (from 1) where
    the cell begins. The files are checked against one another only if each can be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(
            Problem(str(folder), message=f"there is no such folder; a record is a folder with {_ALL_FILES}")
        )
    problems: list[Problem] = []
    tables = {name: list(_read(folder / name, problems)) for name in FORMAT}
    readable = not problems
    until = _until(folder / UNTIL, problems)
    for name, rows in tables.items():
        problems += [problem for row in rows for problem in _cell_problems(row, FORMAT[name])]
    if readable:
        problems += _platform_problems(tables)
        problems += _act_problems(tables)
        problems += _strand_problems(tables)
        problems += _late_problems(tables, until)
    if problems:
        raise UserError(*sorted(set(problems)))
    return Record(
        acts=tuple(_act(row) for row in tables["events.csv"]),
        strands=tuple(_strand(row) for row in tables["strands.csv"]),
        platforms={row["service"]: _platform(row) for row in tables["platforms.csv"]},
        turnover={row["provider"]: float(row["worldwide_turnover_eur_bn"]) for row in tables["turnover.csv"]},
        until=until,
    )


def parse_day(cell: str) -> date:
    """A day written year-month-day. Raises ValueError for anything else."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell, re.ASCII):
        raise ValueError(cell)
    return date.fromisoformat(cell)


def _list(cell: str) -> str:
    return "" if items(cell) else "wants at least one item, with ';' between several"


def _day(cell: str) -> str:
    try:
        parse_day(cell)
    except ValueError:
        return f"{cell!r} is not a day of the calendar; write year-month-day, such as 2024-03-14"
    return ""


def _amount(cell: str) -> str:
    try:
        fits = 0 <= float(cell) < math.inf
    except ValueError:
        fits = False
    return "" if fits else f"{cell!r} is not an amount; write a number from 0 up, with a point for decimals"


def _bounded_amount(cell: str) -> str:
    return _amount(cell.removeprefix("<").removeprefix(">"))


def _link(cell: str) -> str:
    return "" if re.fullmatch(r"https?://\S+", cell) else f"{cell!r} is no address; write https://..."


def _one_of(words: Iterable[str]) -> Callable[[str], str]:
    known = tuple(words)
    return lambda cell: "" if cell in known else f"{cell!r} is unknown here{_meant(cell, known)}"


COLUMNS = {
    "events.csv": "date* platform* provider* case_id proceeding event* topic* articles detail source_url "
    "source_kind confidence*",
    "strands.csv": "proceeding* strand* platform* topics* articles opened* preliminary_findings outcome "
    "outcome_date fine_eur note",
    "platforms.csv": "service* provider* type* designation_date designation_ended part_of "
    "eu_monthly_active_recipients_m mau_as_of sector* source_url note",
    "turnover.csv": "provider* worldwide_turnover_eur_bn* year* confidence* note*",
}
"""The columns of each file: all must be there, in any order, and no others. A star: no cell may be empty."""
FORMAT = {file: {name.rstrip("*"): "*" in name for name in names.split()} for file, names in COLUMNS.items()}
RULES: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("date", "opened", "preliminary_findings", "outcome_date"), _day),
    **dict.fromkeys(("designation_date", "designation_ended"), _day),
    **dict.fromkeys(("fine_eur", "worldwide_turnover_eur_bn"), _amount),
    "topics": _list,
    "eu_monthly_active_recipients_m": _bounded_amount,
    "source_url": _link,
    "event": _one_of(EVENTS),
    "outcome": _one_of(OUTCOMES),
    "confidence": _one_of(CONFIDENCES),
}
"""What is wrong with a cell that is not empty, by column; a column means the same in every file."""
UNTIL = "until.txt"
"""A file that a record may have beside the four: one line, the last day up to which the record was kept."""

_ALL_FILES = ", ".join(FORMAT)
_CELL = re.compile(r'("(?:[^"]|"")*"|[^,]*)(?:,|$)')


@dataclass(frozen=True)
class _Row:
    """One line of a file: its cells by column, and the character at which each begins."""

    file: str
    line: int
    cells: dict[str, str]
    starts: dict[str, int]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def day(self, column: str) -> date | None:
        """The day in a cell; None if it is empty or no day, which is reported elsewhere."""
        return None if not self[column] or _day(self[column]) else parse_day(self[column])

    def wrong(self, column: str, message: str) -> Problem:
        """A problem with one cell."""
        return Problem(self.file, self.line, self.starts[column], f"{column}: {message}")


def _meant(word: str, known: Iterable[str]) -> str:
    words = list(known)
    if word in words:
        return ""
    return suggestion(word, words) or "; known: none"


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UserError(
            Problem(str(path), message=f"there is no such file; a record has all of {_ALL_FILES}")
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UserError(Problem(str(path), line, message="is not UTF-8; save it as UTF-8")) from None
    except OSError as error:
        raise UserError(Problem(str(path), message=f"cannot be read: {error.strerror}")) from None
    if not text.strip():
        columns = ",".join(FORMAT[path.name])
        raise UserError(Problem(str(path), message=f"is empty; its first line must be the columns {columns}"))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read(path: Path, problems: list[Problem]) -> Iterator[_Row]:
    """The rows that can be read as such; to `problems` goes what is wrong with the others or the header."""
    try:
        lines = _text(path).split("\n")
        header, starts = _cells(str(path), 1, lines[0])
        bad_header = list(_header_problems(str(path), header, starts))
        if bad_header:
            raise UserError(*bad_header)
    except UserError as error:
        problems += error.problems
        return
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        try:
            cells, starts = _cells(str(path), number, line, len(header))
        except UserError as error:
            problems += error.problems
        else:
            yield _Row(
                str(path),
                number,
                dict(zip(header, cells, strict=True)),
                dict(zip(header, starts, strict=True)),
            )


def _until(path: Path, problems: list[Problem]) -> date | None:
    """The last day of the record; None if it does not say one. To `problems` goes what is wrong with the file."""
    if not path.exists():
        return None
    try:
        written = path.read_text("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        problems.append(Problem(str(path), message="cannot be read; its one line is the record's last day"))
        return None
    if message := _day(written):
        problems.append(Problem(str(path), 1, 1, message))
        return None
    return parse_day(written)


def _late_problems(tables: dict[str, list[_Row]], until: date | None) -> Iterator[Problem]:
    for row in tables["events.csv"]:
        day = row.day("date")
        if until and day and day > until:
            yield row.wrong("date", f"{day} is after the last day of the record, {until} in {UNTIL}")


def _cells(file: str, number: int, line: str, wanted: int = 0) -> tuple[list[str], list[int]]:
    """The cells of a line, and where they begin. Raises UserError unless there are `wanted` (0: any)."""
    try:
        cells = [cell.strip() for cell in next(csv.reader([line], strict=True), [])]
    except csv.Error as error:
        remedy = "a cell stands on one line, in double quotes if it holds a comma; double a quote in it"
        raise UserError(Problem(file, number, 1, f"cannot be read as CSV ({error}): {remedy}")) from None
    if wanted and len(cells) != wanted:
        remedy = "put a cell that holds a comma in double quotes, and leave no column out"
        raise UserError(Problem(file, number, 1, f"has {len(cells)} cells for {wanted} columns: {remedy}"))
    starts = [match.start() + 1 for match in _CELL.finditer(line)]
    return cells, starts[: len(cells)]


def _header_problems(file: str, header: list[str], starts: list[int]) -> Iterator[Problem]:
    columns = FORMAT[Path(file).name]
    if len(header) <= 1 and ";" in "".join(header):
        yield Problem(file, 1, 1, "has semicolons between its cells; save it with commas")
        return
    missing = [name for name in columns if name not in header]
    for position, name in enumerate(header):
        if name in header[:position]:
            yield Problem(file, 1, starts[position], f"the column {name!r} is there twice; leave one out")
        elif name not in columns:
            hint = _meant(name, missing or columns)
            yield Problem(file, 1, starts[position], f"there is no column {name!r}{hint}")
    for name in missing:
        may = "" if columns[name] else "; its cells may be empty"
        yield Problem(file, 1, 1, f"the column {name!r} is missing{may}")


def _cell_problems(row: _Row, columns: dict[str, bool]) -> Iterator[Problem]:
    for name, needed in columns.items():
        if needed and not row[name]:
            yield row.wrong(name, "must not be empty")
        elif row[name] and name in RULES and (message := RULES[name](row[name])):
            yield row.wrong(name, message)


def _repeated(rows: Iterable[_Row], key: Callable[[_Row], tuple[str, ...]], column: str) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        before = seen.setdefault(key(row), row.line)
        if before != row.line:
            yield row.wrong(column, f"the same as in line {before}; leave one out, or make them differ")


def _platform_problems(tables: dict[str, list[_Row]]) -> Iterator[Problem]:
    rows, turnovers = tables["platforms.csv"], tables["turnover.csv"]
    # By slug, since names of cases are made of it.
    yield from _repeated(rows, lambda row: (slug(row["service"]),), "service")
    yield from _repeated(turnovers, lambda row: (row["provider"],), "provider")
    providers = {row["provider"] for row in rows}
    for row in turnovers:
        if row["provider"] not in providers:
            yield row.wrong(
                "provider",
                f"no service of {row['provider']!r} in platforms.csv" + _meant(row["provider"], providers),
            )
    known = {row["provider"] for row in turnovers}
    services = {row["service"] for row in rows if not row["part_of"]}
    for row in rows:
        if row["provider"] not in known:
            hint = _meant(row["provider"], known)
            yield row.wrong("provider", f"turnover.csv has no row for {row['provider']!r}{hint}")
        if row["part_of"] and row["part_of"] not in services:
            hint = _meant(row["part_of"], services)
            yield row.wrong("part_of", f"{row['part_of']!r} is no service by itself{hint}")
        began, ended = row.day("designation_date"), row.day("designation_ended")
        if ended and not (began and began <= ended):
            yield row.wrong("designation_ended", "a designation cannot end before it began")
        if not row["source_url"] and not row["note"]:
            yield row.wrong("source_url", "wants a source: an address, or a note on what the row rests on")


def _act_problems(tables: dict[str, list[_Row]]) -> Iterator[Problem]:
    rows = tables["events.csv"]
    platforms = {row["service"]: row for row in tables["platforms.csv"]}
    opened = {row["proceeding"]: row.day("date") for row in rows if row["event"] == "proceedings_opened"}
    asked = {(row["platform"], row["topic"]) for row in rows if row["event"] == "rfi"}
    columns = ("date", "platform", "proceeding", "event", "topic", "detail")
    yield from _repeated(rows, lambda row: tuple(row[column] for column in columns), "event")
    for row in rows:
        if not row["source_url"] and not (row["source_kind"] and row["detail"]):
            remedy = "an address here, or a source_kind and a detail that says what the row rests on"
            yield row.wrong("source_url", f"wants a source: {remedy}")
        yield from _act_platform_problems(row, platforms)
        yield from _act_proceeding_problems(row, opened)
        if row["event"] == "closed_without_proceedings" and (row["platform"], row["topic"]) not in asked:
            yield row.wrong("topic", f"there is no rfi on {row['topic']!r} that this could close")


def _act_platform_problems(row: _Row, platforms: dict[str, _Row]) -> Iterator[Problem]:
    name, provider, day = row["platform"], row["provider"], row.day("date")
    if name not in platforms:
        yield row.wrong("platform", f"platforms.csv has no {name!r}{_meant(name, platforms)}")
        return
    if provider != platforms[name]["provider"]:
        right = platforms[name]["provider"]
        yield row.wrong("provider", f"{name} belongs to {right!r} in platforms.csv, not {provider!r}")
    service = platforms.get(platforms[name]["part_of"], platforms[name])
    designated = service.day("designation_date")
    if row["event"] in ("rfi", "proceedings_opened") and day and designated and day < designated:
        yield row.wrong("date", f"{day} is before {service['service']} was designated, on {designated}")


def _act_proceeding_problems(row: _Row, opened: dict[str, date | None]) -> Iterator[Problem]:
    event, proceeding, day = row["event"], row["proceeding"], row.day("date")
    if not proceeding:
        if event in IN_PROCEEDINGS:
            yield row.wrong("proceeding", f"must not be empty: {event} is an act in a proceeding")
        return
    if proceeding not in opened:
        hint = _meant(proceeding, opened)
        yield row.wrong("proceeding", f"there is no proceedings_opened of {proceeding!r}{hint}")
        return
    opening = opened[proceeding]
    if event in IN_PROCEEDINGS and day and opening and day < opening:
        yield row.wrong("date", f"{day} is before {proceeding} was opened, on {opening}")


def _strand_problems(tables: dict[str, list[_Row]]) -> Iterator[Problem]:
    rows = tables["strands.csv"]
    providers = {row["service"]: row["provider"] for row in tables["platforms.csv"]}
    openings: dict[tuple[str, str], _Row] = {}
    days: dict[tuple[str, str], set[date | None]] = {}
    for act in tables["events.csv"]:
        days.setdefault((act["proceeding"], act["event"]), set()).add(act.day("date"))
        if act["event"] == "proceedings_opened":
            openings[act["proceeding"], act["platform"]] = act
    yield from _repeated(rows, lambda row: (row["proceeding"], row["strand"]), "strand")
    for row in rows:
        yield from _strand_platform_problems(row, providers, openings)
        yield from _milestone_problems(row, days)
    stranded = {(row["proceeding"], name) for row in rows for name in items(row["platform"])}
    for (proceeding, name), act in openings.items():
        if proceeding and name in providers and (proceeding, name) not in stranded:
            hint = _meant(proceeding, sorted({proceeding for proceeding, _ in stranded}))
            yield act.wrong("proceeding", f"strands.csv has no strand of {proceeding!r} for {name}{hint}")


def _strand_platform_problems(
    row: _Row, providers: dict[str, str], openings: dict[tuple[str, str], _Row]
) -> Iterator[Problem]:
    proceeding, names = row["proceeding"], items(row["platform"])
    # An opening of an unknown service is reported at the opening, and may be the one that is missing.
    doubtful = any(known == proceeding and name not in providers for known, name in openings)
    for name in names:
        act = openings.get((proceeding, name))
        if name not in providers:
            yield row.wrong("platform", f"platforms.csv has no {name!r}{_meant(name, providers)}")
        elif act is None and not doubtful:
            hint = _meant(proceeding, sorted({known for known, _ in openings}))
            yield row.wrong("proceeding", f"events.csv has no opening of {proceeding!r} for {name}{hint}")
        elif act and row.day("opened") and act.day("date") and row.day("opened") != act.day("date"):
            yield row.wrong("opened", f"{row['opened']} is not the opening in events.csv, {act['date']}")
    if not names:
        yield row.wrong("platform", "wants at least one service, with ';' between several")
    if len({providers.get(name) for name in names}) > 1:
        yield row.wrong("platform", "the services of one strand belong to one provider; split the strand")


def _milestone_problems(row: _Row, days: dict[tuple[str, str], set[date | None]]) -> Iterator[Problem]:
    """Milestones out of order, given by half, or not among the acts."""
    opened, findings, ended = (row.day(name) for name in ("opened", "preliminary_findings", "outcome_date"))
    outcome = OUTCOMES.get(row["outcome"], "")
    if findings and opened and findings < opened:
        yield row.wrong("preliminary_findings", f"{findings} is before the opening, {opened}")
    latest = max((day for day in (opened, findings) if day), default=None)
    if ended and latest and ended < latest:
        yield row.wrong("outcome_date", f"{ended} is before the milestone that it follows, {latest}")
    if row["outcome"] and not row["outcome_date"]:
        yield row.wrong("outcome_date", "must not be empty with an outcome")
    if row["outcome_date"] and not row["outcome"]:
        yield row.wrong("outcome", f"must not be empty with an outcome_date; known: {', '.join(OUTCOMES)}")
    if row["fine_eur"] and row["outcome"] != "non_compliance":
        yield row.wrong("fine_eur", "must be empty: only the outcome non_compliance sets a fine")
    for column, event, day in (
        ("preliminary_findings", "preliminary_findings", findings),
        ("outcome_date", outcome, ended),
    ):
        known = days.get((row["proceeding"], event), set())
        if event and day and day not in known and None not in known:
            others = ", ".join(sorted(str(day) for day in known)) or "none"
            yield row.wrong(column, f"events.csv has no {event} in the proceeding on {day}; known: {others}")


def _act(row: _Row) -> Act:
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


def _strand(row: _Row) -> RecordedStrand:
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


def _platform(row: _Row) -> Service:
    return Service(
        service=row["service"],
        provider=row["provider"],
        type=row["type"],
        designated=row.day("designation_date"),
        designation_ended=row.day("designation_ended"),
        sector=row["sector"],
        part_of=row["part_of"],
    )
