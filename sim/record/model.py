"""The public record of enforcement -> typed acts; what was known, and what was in progress, on a day.

A record is a folder of four CSV files; docs/record.md says what each column means. Any regulator's record in this
format can be used.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from sim.errors import UserError
from sim.plotting import Drawable

IN_PROCEEDINGS = (
    "proceedings_opened",
    "scope_extended",
    "preliminary_findings",
    "commitments_binding",
    "non_compliance_decision",
    "fine",
    "closed",
)
"""Events that occur only in a proceeding."""
EVENTS = (
    "designation",
    "designation_ended",
    "rfi",
    "rfi_reply_deadline",
    "retention_order",
    "interim_measures_notice",
    *IN_PROCEEDINGS,
    "closed_without_proceedings",
    "court_action_filed",
    "judgment",
)
OUTCOMES = {
    "non_compliance": "non_compliance_decision",
    "commitments": "commitments_binding",
    "closed": "closed",
}
"""Outcome of a strand: the event that is its milestone."""
MILESTONES = ("rfi", "proceedings_opened", "preliminary_findings", "non_compliance_decision", "commitments_binding")
"""Events that begin a stage in which a case of a record can be in progress."""
CONFIDENCES = ("high", "medium", "low", "assumed")


@dataclass(frozen=True)
class Act:
    """One dated public event that concerns one service.

    `proceeding` is empty for an act tied to none; `source` is an address, or what the row rests on; `line` is its line
    in events.csv, and 0 if it is from no file.
    """

    date: date
    platform: str
    provider: str
    proceeding: str
    event: str
    topic: str
    articles: tuple[str, ...]
    detail: str
    source: str
    confidence: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class RecordedStrand:
    """A group of grievances of one proceeding with its milestones; None: not reached.

    `platform` names one service, or several with ';' between them; `outcome` is a key of `OUTCOMES`; `line` is its
    line in strands.csv, and 0 if it is from no file.
    """

    proceeding: str
    strand: str
    platform: str
    topics: tuple[str, ...]
    articles: tuple[str, ...]
    opened: date
    preliminary_findings: date | None
    outcome: str | None
    outcome_date: date | None
    fine_eur: float | None
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Service:
    """A designated service; or a part of one (`part_of` names it), which has no designation of its own."""

    service: str
    provider: str
    type: str
    designated: date | None
    designation_ended: date | None
    sector: str
    part_of: str


@dataclass(frozen=True, repr=False)
class Record(Drawable):
    """What is public: acts and strands in the order of the files, platforms by service.

    `turnover` is the provider's worldwide turnover a year, EUR billion. `until` is the last day that the record covers:
    up to which it was kept, or to which it was cut; None if it names none.
    """

    acts: tuple[Act, ...]
    strands: tuple[RecordedStrand, ...]
    platforms: dict[str, Service]
    turnover: dict[str, float]
    until: date | None = None

    @property
    def last_day(self) -> date:
        """The last day that the record covers: what it names or was cut to, else the day of its last act.

        Raises UserError if it has no act and names none.
        """
        if self.until is None and not self.acts:
            raise UserError("the record has no acts in events.csv, so that it has no last day; write one in until.txt")
        return self.until or max(act.date for act in self.acts)

    def known_on(self, day: date) -> "Record":
        """The record as the public knew it at the end of a day.

        Later acts and strands are gone, later milestones blank, and no act is tied to a proceeding not yet
        open. A service is known from its designation or its first act, whichever is earlier; its
        provider's turnover with it.
        """
        acts = [act for act in self.acts if act.date <= day]
        opened = {act.proceeding for act in acts if act.event == "proceedings_opened"}
        platforms = _platforms_on(self.platforms, day, {act.platform for act in acts})
        providers = {platform.provider for platform in platforms.values()}
        return Record(
            acts=tuple(act if act.proceeding in opened else replace(act, proceeding="") for act in acts),
            strands=tuple(_strand_on(strand, day) for strand in self.strands if strand.opened <= day),
            platforms=platforms,
            turnover={name: amount for name, amount in self.turnover.items() if name in providers},
            until=day if self.until is None else min(day, self.until),
        )

    def __repr__(self) -> str:
        until = f" to {self.last_day}" if self.until or self.acts else ""
        return f"<Record{until}: {len(self.acts):,} acts, {len(self.strands)} strands, {len(self.platforms)} services>"


def _by(day: date, when: date | None) -> date | None:
    return when if when is not None and when <= day else None


def _platforms_on(platforms: dict[str, Service], day: date, acted: set[str]) -> dict[str, Service]:
    acted = acted | {platforms[name].part_of for name in acted}
    cut = {
        name: replace(
            platform,
            designated=_by(day, platform.designated),
            designation_ended=_by(day, platform.designation_ended),
        )
        for name, platform in platforms.items()
    }
    return {name: platform for name, platform in cut.items() if platform.designated or name in acted}


def _strand_on(strand: RecordedStrand, day: date) -> RecordedStrand:
    strand = replace(strand, preliminary_findings=_by(day, strand.preliminary_findings))
    if _by(day, strand.outcome_date):
        return strand
    return replace(strand, outcome=None, outcome_date=None, fine_eur=None)


@dataclass(frozen=True)
class CaseInProgress:
    """A case in progress: `milestone` is the event that began its present stage, on the day `since`.

    A strand has its proceeding as `parent`, and is named "parent/strand"; a request has no parent.
    `topic` is the first of `topics`; `obligations` counts the distinct articles in scope.
    """

    name: str
    parent: str
    platform: str
    provider: str
    topic: str
    topics: tuple[str, ...]
    strand: str
    milestone: str
    since: date
    obligations: int


def in_progress(record: Record, day: date) -> tuple[CaseInProgress, ...]:
    """What was in progress at the end of a day, from what was known then; by date and name.

    Strands in the stage of their latest milestone: also those with a decision or commitments, which keep
    staff busy, but not the closed ones. And requests for information that no open proceeding has taken up.
    """
    known = record.known_on(day)
    strands = (_strand_case(strand, known.platforms) for strand in known.strands)
    cases = [case for case in strands if case.milestone != "closed"]
    return tuple(sorted([*cases, *_request_cases(known)], key=lambda case: (case.since, case.name)))


def _strand_case(strand: RecordedStrand, platforms: dict[str, Service]) -> CaseInProgress:
    milestone, since = "proceedings_opened", strand.opened
    if strand.preliminary_findings:
        milestone, since = "preliminary_findings", strand.preliminary_findings
    if strand.outcome and strand.outcome_date:
        milestone, since = OUTCOMES[strand.outcome], strand.outcome_date
    return CaseInProgress(
        name=f"{strand.proceeding}/{strand.strand}",
        parent=strand.proceeding,
        platform=strand.platform,
        provider=platforms[items(strand.platform)[0]].provider,
        topic=strand.topics[0],
        topics=strand.topics,
        strand=strand.strand,
        milestone=milestone,
        since=since,
        obligations=len(set(strand.articles)),
    )


def _request_cases(known: Record) -> Iterator[CaseInProgress]:
    """One case for each platform and topic: named after the first request, in its stage since the latest."""
    groups: dict[tuple[str, str], list[Act]] = {}
    for act in sorted(_untaken_requests(known), key=lambda act: act.date):
        groups.setdefault((act.platform, act.topic), []).append(act)
    for (platform, topic), acts in groups.items():
        yield CaseInProgress(
            name=_request_name(acts[0], known.acts),
            parent="",
            platform=platform,
            provider=acts[0].provider,
            topic=topic,
            topics=(topic,),
            strand="",
            milestone="rfi",
            since=acts[-1].date,
            obligations=len({article for act in acts for article in act.articles}),
        )


def _untaken_requests(known: Record) -> Iterator[Act]:
    """Requests that no open proceeding has taken up, and that were not closed without proceedings."""
    opened = {act.proceeding: act.date for act in known.acts if act.event == "proceedings_opened"}
    pursued = {(strand.proceeding, topic) for strand in known.strands for topic in strand.topics}
    closed: dict[tuple[str, str], date] = {}
    for act in known.acts:
        if act.event == "closed_without_proceedings":
            concern = (act.platform, act.topic)
            closed[concern] = max(act.date, closed.get(concern, date.min))
    for act in known.acts:
        if act.event != "rfi" or act.date <= closed.get((act.platform, act.topic), date.min):
            continue
        # A request that led to the opening is answered by it; one sent later may raise a concern of its own.
        led_to_opening = act.proceeding in opened and act.date < opened[act.proceeding]
        if not led_to_opening and (act.proceeding, act.topic) not in pursued:
            yield act


def _request_name(first: Act, acts: Iterable[Act]) -> str:
    """Date and platform; the topic too if the platform was asked about several on that day."""
    same_day = (act for act in acts if act.event == "rfi" and act.date == first.date)
    asked = {act.topic for act in same_day if act.platform == first.platform}
    name = f"rfi-{first.date}-{slug(first.platform)}"
    return name if len(asked) == 1 else f"{name}-{slug(first.topic)}"


def slug(text: str) -> str:
    """A name in lower-case letters, digits and hyphens."""
    return re.sub(r"[\W_]+", "-", text.lower()).strip("-")


def items(cell: str) -> tuple[str, ...]:
    """The items of a cell that holds several, with ';' between them."""
    return tuple(item.strip() for item in cell.split(";") if item.strip())
