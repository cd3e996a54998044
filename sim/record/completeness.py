"""What a record lacks to be complete, as somebody notices who adds rows by hand.

`load_record` refuses what cannot be read. What is here can be read: an act that moves no strand, so that a forecast
knows nothing of it; a decision without its fine; a day that stands in one file only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sim.errors import Problem
from sim.record.checks import Tables
from sim.record.files import UNTIL, load_rows
from sim.record.model import OUTCOMES, items
from sim.record.rows import Row

DESIGNATIONS = {"designation": "designation_date", "designation_ended": "designation_ended"}
"""Acts on a service, and the column of platforms.csv that has their day."""
Milestone = tuple[str, str, str, date | None]
"""A proceeding, a service, an event and its day."""


@dataclass(frozen=True)
class Gaps:
    """What is missing, each with its place: `errors` make a forecast wrong, `notes` leave the record poorer."""

    errors: tuple[Problem, ...]
    notes: tuple[Problem, ...]


def gaps(folder: Path | str) -> Gaps:
    """What the record in a folder lacks.

    Raises
    ------
    UserError
        With every problem of a record that cannot be loaded.
    """
    tables, until = load_rows(folder)
    errors = [*_unmoved_strands(tables), *_amounts_not_entered(tables), *_days_not_entered(tables)]
    notes = [*_fines_without_act(tables), *_designations_without_act(tables)]
    if until is None:
        notes.append(_without_last_day(Path(folder), tables["events.csv"]))
    return Gaps(tuple(sorted(errors)), tuple(sorted(notes)))


def _milestones(row: Row) -> Iterator[Milestone]:
    """What a strand has reached since its opening, for each of its services."""
    for service in items(row["platform"]):
        if row["preliminary_findings"]:
            yield row["proceeding"], service, "preliminary_findings", row.day("preliminary_findings")
        if row["outcome"]:
            yield row["proceeding"], service, OUTCOMES[row["outcome"]], row.day("outcome_date")


def _unmoved_strands(tables: Tables) -> Iterator[Problem]:
    """Findings and outcomes in events.csv that no strand has reached on that day.

    That a proceeding was closed when all its strands had an outcome moves none of them.
    """
    reached = {milestone for row in tables["strands.csv"] for milestone in _milestones(row)}
    pending = {
        (row["proceeding"], name)
        for row in tables["strands.csv"]
        if not row["outcome"]
        for name in items(row["platform"])
    }
    columns = {event: f"outcome {outcome} and its outcome_date" for outcome, event in OUTCOMES.items()}
    columns["preliminary_findings"] = "preliminary_findings"
    for row in tables["events.csv"]:
        event, proceeding, service = row["event"], row["proceeding"], row["platform"]
        if event == "closed" and (proceeding, service) not in pending:
            continue
        if event in columns and (proceeding, service, event, row.day("date")) not in reached:
            yield row.wrong(
                "event",
                f"no strand of {proceeding!r} for {service} has {event} on {row['date']}; write {columns[event]} in the"
                " line of strands.csv that it concerns",
            )


def _amounts_not_entered(tables: Tables) -> Iterator[Problem]:
    """Fines in events.csv whose amount stands at no strand."""
    fined = {
        (row["proceeding"], service, row.day("outcome_date"))
        for row in tables["strands.csv"]
        if row["fine_eur"]
        for service in items(row["platform"])
    }
    for row in tables["events.csv"]:
        if row["event"] == "fine" and (row["proceeding"], row["platform"], row.day("date")) not in fined:
            yield row.wrong(
                "event",
                f"no strand of {row['proceeding']!r} for {row['platform']} has a fine on {row['date']}; write the"
                " amount as fine_eur in the line of strands.csv that was decided",
            )


def _fines_without_act(tables: Tables) -> Iterator[Problem]:
    """Decisions without a fine, and fines without the act that has their source."""
    acts = {(row["proceeding"], row.day("date")) for row in tables["events.csv"] if row["event"] == "fine"}
    for row in tables["strands.csv"]:
        if row["outcome"] == "non_compliance" and (row["proceeding"], row.day("outcome_date")) not in acts:
            what = "has no row with its source" if row["fine_eur"] else "is not known"
            remedy = "" if row["fine_eur"] else " and its fine_eur here, or leave both out if none was imposed"
            yield row.wrong(
                "fine_eur",
                f"the fine of the decision of {row['outcome_date']} {what}; add a row with the event fine to events.csv"
                f"{remedy}",
            )


def _days_not_entered(tables: Tables) -> Iterator[Problem]:
    """Designations in events.csv on another day than in platforms.csv, which is the one that counts."""
    services = {row["service"]: row for row in tables["platforms.csv"]}
    for row in tables["events.csv"]:
        column = DESIGNATIONS.get(row["event"])
        if column and row["date"] != services[row["platform"]][column]:
            entered = services[row["platform"]][column] or "nothing"
            yield row.wrong(
                "date", f"{row['platform']} has {entered} as its {column} in platforms.csv; write {row['date']} there"
            )


def _designations_without_act(tables: Tables) -> Iterator[Problem]:
    acts = {(row["platform"], row["event"]) for row in tables["events.csv"]}
    for row in tables["platforms.csv"]:
        for event, column in DESIGNATIONS.items():
            if row[column] and (row["service"], event) not in acts:
                yield row.wrong(column, f"events.csv has no row with its source; add one with the event {event}")


def _without_last_day(folder: Path, acts: list[Row]) -> Problem:
    last = max((row["date"] for row in acts), default="")
    counted = f"; without it the record ends with its last act, on {last}" if last else ""
    return Problem(str(folder / UNTIL), message=f"there is no such file; write the day up to which you looked{counted}")
