"""The words of a report, for somebody who is new to the field."""

import re
from collections.abc import Iterable

from markupsafe import Markup

from sim.characters import file_name
from sim.scenario.schema import Scenario

WORDS = {
    "backlog": "Cases in progress that are older than a target's time.",
    "case": "One concern about one platform, as it goes through the procedure.",
    "censored": "Seen only in part: a case still in progress when observation ended.",
    "clearance rate": "Resolved cases as a share of incoming ones. Below 100%, the number in progress grows.",
    "delay due to staffing": "Days that a case would not have taken with unlimited staff.",
    "disposition time": "Days to resolve those in progress at this pace: 365 times their number over a year's output.",
    "dormancy": "Time in which a case lies idle and nobody works on it.",
    "FTE": "Full-time equivalent: the working time of one person, or of several who work part-time.",
    "hold": "Time in which a case waits for reasons outside the team.",
    "horizon": "The last day simulated. Anything after it is 'later'.",
    "in progress": "Neither resolved nor closed on a given day; 'pending' in CEPEJ's statistics.",
    "median": "The middle value: half of the values lie below it.",
    "milestone": "A dated public act, such as a request for information or a decision.",
    "probe": "A case in formal proceedings.",
    "record": "The dated public record of real enforcement, with a source for every row.",
    "resolved": "Decided, settled or closed; what may follow, such as monitoring, does not count as in progress.",
    "simulation": "One possible course of events, with its own random numbers; also called a replication.",
    "stage": "The time from one milestone to the next, named after the milestone that begins it.",
    "strand": "A separate group of grievances within a proceeding, which reaches its milestones on its own.",
    "utilisation": "Work done as a share of what the staff could have done (capacity).",
}
"""Clearance rate, disposition time and backlog are those of CEPEJ's statistics of courts."""


def words(scenario: Scenario) -> list[tuple[str, str]]:
    """The words with their meaning: those of the field, then the stages of the scenario's procedure."""
    stages = []
    for stage in scenario.procedure.stages.values():
        parts = [f"Begins with: {stage.milestone}." if stage.milestone else "", stage.legal_basis]
        if any(parts):
            stages.append((stage.title, " ".join(part for part in parts if part)))
    return [*WORDS.items(), *stages]


def slug(term: str) -> str:
    """A term in an address."""
    return file_name(term.lower())


class Linked:
    """Links the words of the field to their meaning where they come first in a chapter, which has one of these."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._left = {term.lower() for term in terms if term in WORDS}

    def __call__(self, text: Markup) -> Markup:
        """HTML without links, its words linked."""
        longest = sorted(self._left, key=len, reverse=True)
        if not longest:
            return text
        found = re.compile(rf"\b({'|'.join(map(re.escape, longest))})(s?)\b(?![^<]*>)", re.IGNORECASE)
        return Markup(found.sub(self._link, str(text)))

    def _link(self, found: re.Match[str]) -> str:
        term = found[1].lower()
        if term not in self._left:
            return found[0]
        self._left.remove(term)
        return f'<a class="term" href="#word-{slug(term)}">{found[0]}</a>'
