"""The chapters of a report: figures in their order with numbers, what is the same shown once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sim.characters import file_name
from sim.errors import UserError
from sim.record.model import Record
from sim.results.run import Run
from sim.view import findings, verdicts, words
from sim.view.charts.style import HEIGHT
from sim.view.figures import gallery
from sim.view.figures.figure import Figure
from sim.view.figures.gallery import Section
from sim.view.provenance import changed_settings
from sim.view.tables import Table, rows

if TYPE_CHECKING:
    from sim.inference.track_record import TrackRecord
    from sim.view.figures.files import Analysis

COMPARISON = (
    "All scenarios see the same cases with common random numbers. So a difference is due to what differs in the"
    " scenarios, and not to random numbers."
)
RECORD = "What really happened, as far as it is public. Nothing in this chapter is simulated."

TRACK_RECORD = (
    "Forecasts that were kept on the day on which they were made, and what has happened since. They are of the model as"
    " it was then, whatever scenario this page is of."
)


class Shown(NamedTuple):
    """A figure at its place: `key` is unique in the page, `place` names its chapter and section."""

    key: str
    number: int
    place: str
    figure: Figure

    @property
    def height(self) -> int:
        """Pixels that the figure is high."""
        return int(self.figure.chart.layout.height or HEIGHT)


class Part(NamedTuple):
    """A section of a chapter; it has figures."""

    title: str
    figures: list[Shown]


class Chapter(NamedTuple):
    """Pictures of one thing: a comparison, a scenario, the record, an analysis that was made beforehand.

    `same`: figures of the first scenario that would look the same in this one, and are not repeated. `changes`: the
    settings in which a scenario differs from the first.
    """

    key: str
    title: str
    lead: str
    parts: list[Part]
    same: list[Shown]
    findings: Sequence[str] = ()
    changes: Table | None = None

    def figures(self) -> Iterator[Shown]:
        """Its figures in order."""
        for part in self.parts:
            yield from part.figures


class Chapters:
    """Makes the chapters of a page one after the other; figures are numbered from 1 through all of them."""

    def __init__(self) -> None:
        self.made: list[Chapter] = []
        self._last = 0
        self._keys: set[str] = set()

    def comparison(self, runs: Sequence[Run]) -> str:
        """Add the comparison of runs; if they cannot be paired, nothing, and the reason is given back."""
        try:
            self.add("comparison", "The scenarios side by side", COMPARISON, gallery.of_comparison(runs))
        except UserError as why:
            return f"The scenarios stand one after the other and are not compared: {why}."
        return ""

    def runs(self, runs: Sequence[Run], records: Mapping[str, Record]) -> None:
        """Add the scenarios, each beside its own record; what looks the same as in the first is only pointed to."""
        if len(runs) == 1:
            record = records.get(runs[0].scenario.name)
            self.add("simulation", "The simulation", "", gallery.of_run(runs[0], record))
            return
        first: Chapter | None = None
        for run in runs:
            scenario, sections = run.scenario, gallery.of_run(run, records.get(run.scenario.name))
            title, lead = scenario.title or scenario.name, scenario.description.strip()
            made = self.add(f"of-{file_name(scenario.name)}", title, lead, sections, first)
            differs = changed_settings(runs[0].scenario, scenario) if first else None
            self.made[-1] = made._replace(findings=findings.findings(run), changes=differs)
            first = first or made

    def records(self, records: Mapping[str, Record]) -> None:
        """Add the public records beside scenarios, which are given by their titles; each record once."""
        different = list[Record]()
        different += [one for one in records.values() if one not in different]
        for number, record in enumerate(different, 1):
            beside = words.listing([title for title, one in records.items() if one == record])
            key, title = ("record", "The public record") if len(different) == 1 else (f"record-{number}", "")
            self.add(key, title or f"The public record beside {beside}", RECORD, gallery.of_record(record))

    def track_record(self, record: "TrackRecord") -> None:
        """Add how kept forecasts fared, if any can be scored."""
        if sections := gallery.of_track_record(record):
            made = self.add("track-record", "The track record", TRACK_RECORD, sections)
            self.made[-1] = made._replace(findings=verdicts.fared(record))

    def analysis(self, number: int, analysis: "Analysis") -> None:
        """Add an analysis that was made beforehand."""
        made = ", ".join(f"{name} {value}" for name, value in analysis.made_by.items())
        lead = f"An analysis that was made beforehand{f' ({made})' if made else ''}."
        self.add(f"analysis-{number}", analysis.title, lead, [Section(analysis.title, analysis.figures)])

    def add(
        self, key: str, title: str, lead: str, sections: Sequence[Section], first: Chapter | None = None
    ) -> Chapter:
        """Add a chapter of sections, without the figures that the `first` chapter shows already."""
        before = {shown.figure.name: shown for shown in first.figures()} if first else {}
        parts, same = list[Part](), list[Shown]()
        for section in sections:
            place = title if section.title == title else f"{title}: {section.title}"
            figures = []
            for figure in section.figures:
                known = before.get(figure.name)
                if known is not None and _look_the_same(known.figure, figure):
                    same.append(known)
                else:
                    self._last += 1
                    figures.append(Shown(self._key(f"{key}-{figure.name}"), self._last, place, figure))
            if figures:
                parts.append(Part(section.title, figures))
        self.made.append(Chapter(key, title, lead, parts, same))
        return self.made[-1]

    def _key(self, name: str) -> str:
        """What a figure is called in addresses and names of files: like nothing else on the page."""
        key = file_name(name)
        key = f"{key}-{self._last}" if key in self._keys else key
        self._keys.add(key)
        return key


def _look_the_same(one: Figure, other: Figure) -> bool:
    return rows(one.table) == rows(other.table) and one.chart.to_json() == other.chart.to_json()
