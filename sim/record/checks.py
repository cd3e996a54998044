"""The rows of a record's files against one another: services, proceedings and milestones that do not fit together.

A cell that is wrong by itself is reported elsewhere: what would only follow from it is not reported again.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from sim.errors import Problem
from sim.record.model import IN_PROCEEDINGS, OUTCOMES, items, slug
from sim.record.rows import Row, meant

Tables = dict[str, list[Row]]


def problems(tables: Tables) -> Iterator[Problem]:
    """All of them, by the names of the files."""
    yield from _platform_problems(tables)
    yield from _act_problems(tables)
    yield from _strand_problems(tables)


def _repeated(rows: Iterable[Row], key: Callable[[Row], tuple[str, ...]], column: str) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        before = seen.setdefault(key(row), row.line)
        if before != row.line:
            yield row.wrong(column, f"the same as in line {before}; leave one out, or make them differ")


def _alike(rows: Iterable[Row], *columns: str) -> Iterator[Problem]:
    """Names that differ from an earlier one only in capitals, spaces or the width of their letters."""
    for column in columns:
        first: dict[str, str] = {}
        for row in rows:
            name = row[column]
            other = first.setdefault("".join(unicodedata.normalize("NFKC", name).casefold().split()), name)
            if other != name:
                yield row.wrong(column, f"{name!r} and {other!r} differ in capitals or spaces only; write one of them")


def _platform_problems(tables: Tables) -> Iterator[Problem]:
    rows, turnovers = tables["platforms.csv"], tables["turnover.csv"]
    # By slug, since names of cases are made of it.
    yield from _repeated(rows, lambda row: (slug(row["service"]),), "service")
    yield from _repeated(turnovers, lambda row: (row["provider"],), "provider")
    yield from _alike(turnovers, "provider")
    providers = dict.fromkeys(row["provider"] for row in rows)
    for row in turnovers:
        if row["provider"] not in providers:
            yield row.wrong(
                "provider",
                f"no service of {row['provider']!r} in platforms.csv" + meant(row["provider"], providers),
            )
    known = dict.fromkeys(row["provider"] for row in turnovers)
    services = dict.fromkeys(row["service"] for row in rows if not row["part_of"])
    for row in rows:
        if row["provider"] not in known:
            hint = meant(row["provider"], known)
            yield row.wrong("provider", f"turnover.csv has no row for {row['provider']!r}{hint}")
        if row["part_of"] and row["part_of"] not in services:
            hint = meant(row["part_of"], services)
            yield row.wrong("part_of", f"{row['part_of']!r} is not a service in its own right{hint}")
        began, ended = row.day("designation_date"), row.day("designation_ended")
        if ended and not (began and began <= ended):
            yield row.wrong("designation_ended", "a designation cannot end before it began")
        if not row["source_url"] and not row["note"]:
            yield row.wrong("source_url", "needs a source: an address, or a note on what the row rests on")


def _act_problems(tables: Tables) -> Iterator[Problem]:
    rows = tables["events.csv"]
    platforms = {row["service"]: row for row in tables["platforms.csv"]}
    opened = {row["proceeding"]: row.day("date") for row in rows if row["event"] == "proceedings_opened"}
    asked = {(row["platform"], row["topic"]) for row in rows if row["event"] == "rfi"}
    columns = ("date", "platform", "proceeding", "event", "topic", "detail")
    yield from _repeated(rows, lambda row: tuple(row[column] for column in columns), "event")
    yield from _alike(rows, "topic", "proceeding")
    for row in rows:
        if not row["source_url"] and not (row["source_kind"] and row["detail"]):
            remedy = "an address, or a source_kind and a detail that says what the row rests on"
            yield row.wrong("source_url", f"needs a source: {remedy}")
        yield from _act_platform_problems(row, platforms)
        yield from _act_proceeding_problems(row, opened)
        if row["event"] == "closed_without_proceedings" and (row["platform"], row["topic"]) not in asked:
            yield row.wrong("topic", f"there is no rfi on {row['topic']!r} that this could close")


def _act_platform_problems(row: Row, platforms: dict[str, Row]) -> Iterator[Problem]:
    name, provider, day = row["platform"], row["provider"], row.day("date")
    if name not in platforms:
        yield row.wrong("platform", f"platforms.csv has no {name!r}{meant(name, platforms)}")
        return
    if provider != platforms[name]["provider"]:
        right = platforms[name]["provider"]
        yield row.wrong("provider", f"{name} belongs to {right!r} in platforms.csv, not {provider!r}")
    service = platforms.get(platforms[name]["part_of"], platforms[name])
    designated = service.day("designation_date")
    if row["event"] in ("rfi", "proceedings_opened") and day and designated and day < designated:
        yield row.wrong("date", f"{day} is before {service['service']} was designated, on {designated}")


def _act_proceeding_problems(row: Row, opened: dict[str, date | None]) -> Iterator[Problem]:
    event, proceeding, day = row["event"], row["proceeding"], row.day("date")
    if not proceeding:
        if event in IN_PROCEEDINGS:
            yield row.wrong("proceeding", f"must not be empty: {event} is an act in a proceeding")
        return
    if proceeding not in opened:
        hint = meant(proceeding, opened)
        yield row.wrong("proceeding", f"there is no proceedings_opened of {proceeding!r}{hint}")
        return
    opening = opened[proceeding]
    if event in IN_PROCEEDINGS and day and opening and day < opening:
        yield row.wrong("date", f"{day} is before {proceeding} was opened, on {opening}")


def _strand_problems(tables: Tables) -> Iterator[Problem]:
    rows = tables["strands.csv"]
    providers = {row["service"]: row["provider"] for row in tables["platforms.csv"]}
    openings: dict[tuple[str, str], Row] = {}
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
    # One that is opened under its own name is not the misspelt name of another.
    unopened = sorted({proceeding for proceeding, _ in stranded} - {proceeding for proceeding, _ in openings})
    for (proceeding, name), act in openings.items():
        if proceeding and name in providers and (proceeding, name) not in stranded:
            hint = (
                meant(proceeding, unopened)
                if unopened
                else "; add a line for each group of grievances, or the service to one"
            )
            yield act.wrong("proceeding", f"strands.csv has no strand of {proceeding!r} for {name}{hint}")


def _strand_platform_problems(
    row: Row, providers: dict[str, str], openings: dict[tuple[str, str], Row]
) -> Iterator[Problem]:
    proceeding, names = row["proceeding"], items(row["platform"])
    # An opening of an unknown service is reported at the opening, and may be the one that is missing.
    doubtful = any(known == proceeding and name not in providers for known, name in openings)
    for name in names:
        act = openings.get((proceeding, name))
        if name not in providers:
            yield row.wrong("platform", f"platforms.csv has no {name!r}{meant(name, providers)}")
        elif act is None and not doubtful:
            hint = meant(proceeding, sorted({known for known, _ in openings}))
            yield row.wrong("proceeding", f"events.csv has no opening of {proceeding!r} for {name}{hint}")
        elif act and row.day("opened") and act.day("date") and row.day("opened") != act.day("date"):
            yield row.wrong("opened", f"{row['opened']} is not the opening in events.csv, {act['date']}")
    if not names:
        yield row.wrong("platform", "needs at least one service, with ';' between several")
    if len({providers.get(name) for name in names}) > 1:
        yield row.wrong("platform", "the services of one strand belong to one provider; split the strand")


def _milestone_problems(row: Row, days: dict[tuple[str, str], set[date | None]]) -> Iterator[Problem]:
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
