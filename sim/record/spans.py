"""The record's acts -> spans from one milestone to the next, each with the rows of the record that it rests on.

A span still pending on the last day that the record covers has no end: it is right-censored on that day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sim.record.model import OUTCOMES, Act, Record, RecordedStrand

REQUEST, OPENED, FINDINGS = "rfi", "proceedings_opened", "preliminary_findings"
STAGES = (REQUEST, OPENED, FINDINGS)
"""The stages in which a case is pending, each named after the milestone that it begins with."""
TOTAL = "opening_to_outcome"
"""Both stages of a strand together: from the opening of proceedings to the decision, commitments or closure."""


@dataclass(frozen=True)
class Span:
    """The time of one case in one stage, or in `TOTAL`.

    `ended` None: pending on the last day. `outcome` is the event that ended it, empty if pending. `rows` names the
    rows behind it as file:line. A strand is named proceeding/strand; a request after its service and topic, with
    `proceeding` the one that took it up, if any.
    """

    stage: str
    case: str
    proceeding: str
    platform: str
    since: date
    ended: date | None
    outcome: str
    rows: tuple[str, ...]

    def pending_on(self, day: date) -> bool:
        """Whether it is in progress at the end of a day."""
        return self.since <= day and (self.ended is None or self.ended > day)


def row_of(row: Act | RecordedStrand) -> str:
    """Where a row is in the record, as file:line."""
    return f"{'events' if isinstance(row, Act) else 'strands'}.csv:{row.line}"


def rows_of(rows: Iterable[Act | RecordedStrand]) -> tuple[str, ...]:
    """Where rows are, each once, in the order of the files."""
    lines = {(not isinstance(one, Act), one.line): row_of(one) for one in rows}
    return tuple(lines[key] for key in sorted(lines))


def strand_acts(record: Record, strand: RecordedStrand, event: str, day: date) -> list[Act]:
    """The acts that were one milestone of a strand.

    Of the acts of that kind in the proceeding on that day, those on a topic of the strand; all of them if none is.
    """
    acts = [act for act in record.acts if (act.proceeding, act.event, act.date) == (strand.proceeding, event, day)]
    return [act for act in acts if act.topic in strand.topics] or acts


def strand_spans(record: Record) -> Iterator[Span]:
    """Each strand from its opening to the findings, from these to its outcome, and from the opening to the outcome.

    A strand that came to an outcome without findings has no span of the stage after them.
    """
    for strand in record.strands:
        reached = [(OPENED, strand.opened)]
        if strand.preliminary_findings:
            reached.append((FINDINGS, strand.preliminary_findings))
        end = (OUTCOMES[strand.outcome], strand.outcome_date) if strand.outcome and strand.outcome_date else None
        for number, begin in enumerate(reached):
            yield _strand_span(record, strand, begin[0], begin, reached[number + 1] if reached[number + 1 :] else end)
        yield _strand_span(record, strand, TOTAL, reached[0], end)


def _strand_span(
    record: Record, strand: RecordedStrand, stage: str, begin: tuple[str, date], end: tuple[str, date] | None
) -> Span:
    acts = [act for event, day in (begin, end or begin) for act in strand_acts(record, strand, event, day)]
    return Span(
        stage=stage,
        case=f"{strand.proceeding}/{strand.strand}",
        proceeding=strand.proceeding,
        platform=strand.platform,
        since=begin[1],
        ended=end[1] if end else None,
        outcome=end[0] if end else "",
        rows=rows_of([*acts, strand]),
    )


def request_spans(record: Record) -> Iterator[Span]:
    """Requests for information, from the first on a concern to what took it up or closed it.

    Requests to one service on one topic that end by the same act are one concern, as in
    `sim.record.model.in_progress`. A request into an open proceeding on a topic of one of its strands is part of that
    proceeding, and has no span.
    """
    groups: dict[tuple[str, str, Act | None], list[Act]] = {}
    pursued = {(strand.proceeding, topic) for strand in record.strands for topic in strand.topics}
    openings = [act for act in record.acts if act.event == OPENED]
    opened = {act.proceeding: act for act in openings}
    opened_for = {(act.proceeding, act.platform): act for act in openings}
    for act in sorted((act for act in record.acts if act.event == REQUEST), key=lambda act: act.date):
        opening = opened_for.get((act.proceeding, act.platform)) or opened.get(act.proceeding)
        if opening and opening.date <= act.date and (act.proceeding, act.topic) in pursued:
            continue
        groups.setdefault((act.platform, act.topic, _end_of_request(record, act, opening)), []).append(act)
    for (platform, topic, end), acts in groups.items():
        yield Span(
            stage=REQUEST,
            case=f"{platform}: {topic}",
            proceeding=end.proceeding if end else "",
            platform=platform,
            since=acts[0].date,
            ended=end.date if end else None,
            outcome=end.event if end else "",
            rows=rows_of([*acts, *([end] if end else [])]),
        )


def _end_of_request(record: Record, request: Act, opening: Act | None) -> Act | None:
    """The opening that the request led to, or its closing without proceedings, whichever came first."""
    ends = [
        act
        for act in record.acts
        if act.event == "closed_without_proceedings"
        and (act.platform, act.topic) == (request.platform, request.topic)
        and act.date >= request.date
    ]
    if opening and opening.date > request.date:
        ends.append(opening)
    return min(ends, key=lambda act: act.date, default=None)
