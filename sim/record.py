"""The public record of enforcement -> typed acts, what was known on a day, what was under way on it.

Four CSV files in one folder (see the README beside the record): events, strands, platforms, turnover. Any regulator's
record in this format can be used.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sim.errors import Problem, UserError

EVENTS = (
    "designation", "designation_ended", "rfi", "rfi_reply_deadline", "retention_order", "interim_measures_notice",
    "proceedings_opened", "scope_extended", "preliminary_findings", "commitments_binding", "non_compliance_decision",
    "fine", "closed", "closed_without_proceedings", "court_action_filed", "judgment",
)  # fmt: skip
OUTCOMES = {"commitments": "commitments_binding", "non_compliance": "non_compliance_decision", "closed": "closed"}
"""Outcome of a strand: the event that is its milestone."""
CONFIDENCES = ("high", "medium", "low", "assumed")
NEEDS_DESIGNATION = ("rfi", "proceedings_opened")
COLUMNS = {
    "events.csv": ("date", "platform", "provider", "proceeding", "event", "topic", "articles", "detail", "source_url",
                   "source_kind", "confidence"),
    "strands.csv": ("proceeding", "strand", "platform", "topics", "articles", "opened", "preliminary_findings", "outcome",
                    "outcome_date", "fine_eur"),
    "platforms.csv": ("service", "provider", "type", "designation_date", "designation_ended", "sector", "source_url"),
    "turnover.csv": ("provider", "worldwide_turnover_eur_bn", "confidence", "note"),
}  # fmt: skip
"""Columns that each file must have; others are allowed and not read."""


@dataclass(frozen=True)
class Act:
    """One dated public event that concerns one service."""

    date: date
    platform: str
    provider: str
    proceeding: str
    event: str
    topic: str
    articles: tuple[str, ...]


@dataclass(frozen=True)
class Strand:
    """A group of grievances of a proceeding with the dates of its milestones; None: not reached yet."""

    proceeding: str
    strand: str
    platform: str
    topics: tuple[str, ...]
    articles: tuple[str, ...]
    opened: date
    preliminary_findings: date | None
    outcome: str
    outcome_date: date | None
    fine_eur: float | None


@dataclass(frozen=True)
class Platform:
    """A designated service, or a part of one."""

    service: str
    provider: str
    sector: str
    designated: date | None
    ended: date | None


@dataclass(frozen=True)
class Record:
    """What is known: acts and strands in the order of the files, platforms by service, turnover (EUR billion) by provider."""

    acts: tuple[Act, ...]
    strands: tuple[Strand, ...]
    platforms: dict[str, Platform]
    turnover: dict[str, float]

    def known_on(self, day: date) -> "Record":
        """The record as it was known at the end of a day.

        Later acts, strands and designations are gone, later milestones blank; and a request does not know yet which
        proceeding it will lead to.
        """
        opened = {act.proceeding for act in self.acts if act.event == "proceedings_opened" and act.date <= day}
        acts = tuple(
            act if act.proceeding in opened else replace(act, proceeding="") for act in self.acts if act.date <= day
        )
        strands = tuple(_strand_on(strand, day) for strand in self.strands if strand.opened <= day)
        mentioned = {act.platform for act in acts}
        platforms = {
            name: replace(platform, ended=_until(platform.ended, day))
            for name, platform in self.platforms.items()
            if name in mentioned or (platform.designated is not None and platform.designated <= day)
        }
        return Record(acts, strands, platforms, self.turnover)


def _until(when: date | None, day: date) -> date | None:
    return when if when is not None and when <= day else None


def _strand_on(strand: Strand, day: date) -> Strand:
    findings, outcome_date = _until(strand.preliminary_findings, day), _until(strand.outcome_date, day)
    if outcome_date is not None:
        return replace(strand, preliminary_findings=findings)
    return replace(strand, preliminary_findings=findings, outcome="", outcome_date=None, fine_eur=None)


@dataclass(frozen=True)
class InFlight:
    """A case under way: the milestone with which its present stage began, and since when."""

    name: str
    parent: str
    platform: str
    topic: str
    strand: str
    milestone: str
    since: date
    obligations: int


def in_flight(record: Record, day: date) -> tuple[InFlight, ...]:
    """What was under way at the end of a day, from what was known then, by date and name.

    Strands, each after its latest milestone; those that ended in a decision or commitments too, since these keep staff
    busy. And requests, one case for a platform and topic, since the latest request; a request on a matter of a
    proceeding that was open is part of that proceeding, and one closed without proceedings is over.
    """
    known = record.known_on(day)
    cases = [case for strand in known.strands for case in _strand_case(strand)]
    cases += _request_cases(known)
    return tuple(sorted(cases, key=lambda case: (case.since, case.name)))


def _strand_case(strand: Strand) -> list[InFlight]:
    milestone, since = "proceedings_opened", strand.opened
    if strand.preliminary_findings is not None:
        milestone, since = "preliminary_findings", strand.preliminary_findings
    if strand.outcome_date is not None:
        milestone, since = OUTCOMES[strand.outcome], strand.outcome_date
    if milestone == "closed":
        return []
    name = f"{strand.proceeding}/{strand.strand}"
    topic, size = strand.topics[0], len(set(strand.articles))
    return [InFlight(name, strand.proceeding, strand.platform, topic, strand.strand, milestone, since, size)]


def _request_cases(known: Record) -> list[InFlight]:
    topics: dict[str, set[str]] = {}
    for strand in known.strands:
        topics.setdefault(strand.proceeding, set()).update(strand.topics)
    closed = {
        (act.platform, act.topic): act.date for act in known.acts if act.event == "closed_without_proceedings"
    }
    found: dict[tuple[str, str], InFlight] = {}
    for act in sorted(known.acts, key=lambda act: act.date):
        key = (act.platform, act.topic)
        over = key in closed and act.date <= closed[key]
        if act.event != "rfi" or over or act.topic in topics.get(act.proceeding, ()) or _before_opening(known, act):
            continue
        first = found.get(key)
        name = first.name if first else f"rfi-{act.date}-{slug(act.platform)}-{slug(act.topic)}"
        found[key] = InFlight(name, "", act.platform, act.topic, "", "rfi", act.date, len(set(act.articles)) or 1)
    return list(found.values())


def _before_opening(known: Record, act: Act) -> bool:
    """Whether a request led to the proceeding that it is tied to: then its concern goes on there."""
    opened = [a.date for a in known.acts if a.event == "proceedings_opened" and a.proceeding == act.proceeding]
    return bool(act.proceeding) and any(act.date < day for day in opened)


def slug(text: str) -> str:
    """A name in lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def load_record(folder: Path) -> Record:
    """Read and check a record.

    Raises UserError with every problem found, each with file, line and column (the number of the field, from 1).
    """
    problems: list[Problem] = []
    tables = {name: _read(folder / name, columns, problems) for name, columns in COLUMNS.items()}
    if problems:
        raise UserError(*problems)
    platforms = {row["service"]: _platform(row) for row in tables["platforms.csv"]}
    turnover = {row["provider"]: row.number("worldwide_turnover_eur_bn") or 0.0 for row in tables["turnover.csv"]}
    acts = tuple(_act(row) for row in tables["events.csv"])
    strands = tuple(_strand(row) for row in tables["strands.csv"])
    for rows in tables.values():
        problems += [problem for row in rows for problem in row.problems]
    if not problems:
        problems += [*_act_problems(tables["events.csv"], acts, platforms)]
        problems += [*_strand_problems(tables["strands.csv"], strands, acts, platforms)]
    if problems:
        raise UserError(*sorted(set(problems)))
    return Record(acts, strands, platforms, turnover)


class _Row(dict[str, str]):
    """A line of a CSV file that knows its place and collects what is wrong with it."""

    def __init__(self, path: Path, line: int, header: list[str], values: list[str]) -> None:
        super().__init__(zip(header, (value.strip() for value in values), strict=False))
        self.path, self.line, self.header = path, line, header
        self.problems: list[Problem] = []

    def wrong(self, column: str, message: str) -> Problem:
        """A problem in one field."""
        return Problem(str(self.path), self.line, self.header.index(column) + 1, f"{column}: {message}")

    def day(self, column: str, needed: bool = False) -> date | None:
        """A date, or None for an empty field."""
        return self._parsed(column, date.fromisoformat, "wants a date as 2024-03-14", needed)

    def number(self, column: str) -> float | None:
        """A number that is not negative, or None for an empty field."""
        return self._parsed(column, _not_negative, "wants a number that is not negative", False)

    def _parsed(self, column: str, parse: Callable[[str], Any], wanted: str, needed: bool) -> Any:
        text = self[column]
        if not text and not needed:
            return None
        try:
            return parse(text)
        except ValueError:
            self.problems.append(self.wrong(column, f"{wanted}, not {text!r}"))
            return None


def _not_negative(text: str) -> float:
    value = float(text)
    if not value >= 0:
        raise ValueError(text)
    return value


def _read(path: Path, columns: tuple[str, ...], problems: list[Problem]) -> list[_Row]:
    """The rows of a file; what is wrong with the file or its header goes to the problems."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = [name.strip() for name in next(lines, [])]
            rows = [_Row(path, lines.line_num, header, values) for values in lines if values]
    except FileNotFoundError:
        problems.append(Problem(str(path), message="there is no such file; a record has all of " + ", ".join(COLUMNS)))
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problems.append(Problem(str(path), message=f"cannot be read as CSV in UTF-8: {error}"))
        return []
    for name in columns:
        if name not in header:
            close = get_close_matches(name, header, n=1)
            hint = f"; is {close[0]!r} meant to be it?" if close else ""
            problems.append(Problem(str(path), 1, 1, f"the column {name!r} is missing{hint}"))
    problems += [
        Problem(str(row.path), row.line, 1, f"has {len(row)} fields, the header {len(header)}")
        for row in rows
        if len(row) != len(header)
    ]
    return rows


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _platform(row: _Row) -> Platform:
    return Platform(
        row["service"], row["provider"], row["sector"], row.day("designation_date"), row.day("designation_ended")
    )


def _act(row: _Row) -> Act:
    if row["event"] not in EVENTS:
        row.problems.append(row.wrong("event", f"unknown event {row['event']!r}{_hint(row['event'], EVENTS)}"))
    if row["confidence"] not in CONFIDENCES:
        row.problems.append(row.wrong("confidence", f"wants one of {', '.join(CONFIDENCES)}"))
    if not row["source_url"] and not (row["source_kind"] and row["detail"]):
        row.problems.append(row.wrong("source_url", "wants a source, or else a source_kind and a detail that names it"))
    day = row.day("date", needed=True) or date.min
    return Act(
        day, row["platform"], row["provider"], row["proceeding"], row["event"], row["topic"], _split(row["articles"])
    )


def _strand(row: _Row) -> Strand:
    for column in ("proceeding", "strand", "topics"):
        if not row[column]:
            row.problems.append(row.wrong(column, "is empty"))
    if row["outcome"] and row["outcome"] not in OUTCOMES:
        row.problems.append(row.wrong("outcome", f"unknown outcome {row['outcome']!r}{_hint(row['outcome'], OUTCOMES)}"))
    return Strand(
        proceeding=row["proceeding"],
        strand=row["strand"],
        platform=row["platform"],
        topics=_split(row["topics"]),
        articles=_split(row["articles"]),
        opened=row.day("opened", needed=True) or date.min,
        preliminary_findings=row.day("preliminary_findings"),
        outcome=row["outcome"],
        outcome_date=row.day("outcome_date"),
        fine_eur=row.number("fine_eur"),
    )


def _hint(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else "; known: " + ", ".join(known)


def _act_problems(rows: list[_Row], acts: tuple[Act, ...], platforms: dict[str, Platform]) -> Iterator[Problem]:
    for row, act in zip(rows, acts, strict=True):
        platform = platforms.get(act.platform)
        if platform is None:
            yield row.wrong("platform", f"unknown platform {act.platform!r}{_hint(act.platform, platforms)}")
            continue
        if act.provider != platform.provider:
            yield row.wrong("provider", f"{act.platform} belongs to {platform.provider!r}, not {act.provider!r}")
        if act.event in NEEDS_DESIGNATION and platform.designated is not None and act.date < platform.designated:
            yield row.wrong("date", f"{act.date} is before the designation of {act.platform}, {platform.designated}")
        if act.event == "proceedings_opened" and not act.proceeding:
            yield row.wrong("proceeding", "an opening must name its proceeding")


def _strand_problems(
    rows: list[_Row], strands: tuple[Strand, ...], acts: tuple[Act, ...], platforms: dict[str, Platform]
) -> Iterator[Problem]:
    opened = {act.proceeding: act.date for act in acts if act.event == "proceedings_opened"}
    seen: set[tuple[str, str]] = set()
    for row, strand in zip(rows, strands, strict=True):
        for name in _split(strand.platform):
            if name not in platforms:
                yield row.wrong("platform", f"unknown platform {name!r}{_hint(name, platforms)}")
        if (strand.proceeding, strand.strand) in seen:
            yield row.wrong("strand", f"{strand.strand!r} of {strand.proceeding!r} is given twice")
        seen.add((strand.proceeding, strand.strand))
        if strand.proceeding not in opened:
            hint = _hint(strand.proceeding, opened)
            yield row.wrong("proceeding", f"events.csv has no opening of {strand.proceeding!r}{hint}")
        elif strand.opened != opened[strand.proceeding]:
            yield row.wrong("opened", f"{strand.opened} is not the opening in events.csv, {opened[strand.proceeding]}")
        yield from _order_problems(row, strand)


def _order_problems(row: _Row, strand: Strand) -> Iterator[Problem]:
    """Milestones out of order, and outcomes said by half."""
    findings, ended = strand.preliminary_findings, strand.outcome_date
    if findings is not None and findings < strand.opened:
        yield row.wrong("preliminary_findings", f"{findings} is before the opening, {strand.opened}")
    if ended is not None and ended < (findings or strand.opened):
        yield row.wrong("outcome_date", f"{ended} is before the milestone that it follows, {findings or strand.opened}")
    if bool(strand.outcome) != (ended is not None):
        yield row.wrong("outcome_date", "an outcome and its date go together")
    if strand.fine_eur is not None and strand.outcome != "non_compliance":
        yield row.wrong("fine_eur", "only a non-compliance decision sets a fine")
