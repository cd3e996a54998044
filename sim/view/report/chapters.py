"""The chapters of a report: figures in their order with numbers, what is for statisticians or said before folded."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sim.characters import file_name
from sim.record.model import Record
from sim.results.run import Run
from sim.view import colophon, findings, provenance, verdicts, words
from sim.view.brief import Brief, brief
from sim.view.charts.style import HEIGHT
from sim.view.figures import gallery, timelines
from sim.view.figures.figure import Figure
from sim.view.figures.gallery import APPENDIX, Section
from sim.view.tables import Table

if TYPE_CHECKING:
    from sim.inference.track_record import TrackRecord
    from sim.view.figures.files import Analysis

OPEN_OF_RECORD, OPEN_OF_TRACK_RECORD = 2, 1
"""Figures of the record, and of how forecasts fared, that are seen at once; the others are folded."""
COMPARISON = (
    "All scenarios see the same cases with common random numbers. Any difference therefore comes from what differs"
    " between the scenarios, not from chance draws."
)
RECORD = "What really happened, as far as it is public. Nothing in this chapter is simulated."
TRACK_RECORD = (
    "Forecasts stored on the day they were made, and what has happened since. They come from the model as it was then,"
    " whatever scenario this page shows."
)


class Shown(NamedTuple):
    """A figure at its place: `key` is unique in the page, `place` names its chapter and section.

    `stem`: what files of it are called, after the run that it is of; `source`: the line below it (see `colophon`).
    """

    key: str
    number: int
    place: str
    figure: Figure
    stem: str
    source: str

    @property
    def height(self) -> int:
        """Pixels that the figure is high."""
        return int(self.figure.chart.layout.height or HEIGHT)


class FigureSource(NamedTuple):
    """What the figures of a chapter are of: `name` for their files, `source` for the line below them."""

    name: str
    source: str


class Part(NamedTuple):
    """A section of a chapter; it has figures, and is folded if it is for a few readers only."""

    title: str
    figures: list[Shown]
    folded: bool


class Chapter(NamedTuple):
    """Figures of one thing: a comparison, a scenario, the record, an analysis that was made beforehand.

    `folded`: the whole chapter is. `brief`: the answer of a scenario that is not the only one. `findings`: of an open
    chapter they are in its appendix. `changes`: the settings in which a scenario differs from the first. `acts`: the
    acts of a record with their sources.
    """

    key: str
    title: str
    lead: str
    parts: list[Part]
    folded: bool = False
    brief: Brief | None = None
    findings: Sequence[str] = ()
    changes: Table | None = None
    acts: Table | None = None

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

    def runs(self, runs: Sequence[Run], records: Mapping[str, Record], *, paired: bool) -> None:
        """Add the scenarios, each beside its own record.

        `paired`: their comparison comes before, and of those after the first only what differs. The chapters after the
        first scenario's are folded.
        """
        if paired:
            title, sections = "The scenarios side by side", gallery.of_comparison(runs)
            self._add("comparison", title, COMPARISON, sections, _of(runs))
        for run in runs:
            record, first = records.get(run.scenario.name), run is runs[0]
            sections = gallery.of_run(run, record) if first or not paired else _when(run, record)
            key, title = f"of-{file_name(run.scenario.name)}", called(run)
            if len(runs) == 1:
                key, title = "simulation", "The simulation"
            chapter = self._add(key, title, run.scenario.description.strip(), sections, _of([run]))
            self.made[-1] = chapter._replace(
                folded=not first,
                brief=brief([run], record) if len(runs) > 1 else None,
                findings=() if first else findings.findings(run),
                changes=None if first else provenance.changed_settings(runs[0].scenario, run.scenario),
            )

    def records(self, runs: Sequence[Run], records: Mapping[str, Record]) -> None:
        """Add the public records of scenarios, each once, beside the first run that has it."""
        different = list[tuple[Record, list[Run]]]()
        for run in runs:
            record = records.get(run.scenario.name)
            known = [beside for one, beside in different if one == record]
            if known:
                known[0].append(run)
            elif record is not None:
                different.append((record, [run]))
        for number, (record, beside) in enumerate(different, 1):
            key, title = "record", "The public record"
            if len(different) > 1:
                key, title = f"record-{number}", f"{title} beside {words.listing(map(called, beside))}"
            origin = FigureSource(f"record-{record.last_day}", colophon.of_record(record))
            sections = _folded(gallery.of_record(record, run=beside[0]), OPEN_OF_RECORD)
            chapter = self._add(key, title, RECORD, sections, origin)
            self.made[-1] = chapter._replace(acts=provenance.acts_table(record))

    def track_record(self, record: "TrackRecord") -> None:
        """Add how kept forecasts fared, if any can be scored."""
        if sections := gallery.of_track_record(record):
            title = "The track record"
            origin = FigureSource("track-record", colophon.of_analysis("kept forecasts and the public record"))
            shown = _folded(sections, OPEN_OF_TRACK_RECORD)
            chapter = self._add("track-record", title, TRACK_RECORD, shown, origin)
            self.made[-1] = chapter._replace(findings=verdicts.fared(record))

    def analysis(self, number: int, analysis: "Analysis") -> None:
        """Add an analysis that was made beforehand."""
        made = ", ".join(f"{name} {value}" for name, value in analysis.made_by.items())
        lead = f"An analysis made beforehand{f' ({made})' if made else ''}."
        origin = FigureSource(file_name(analysis.title), colophon.of_analysis(analysis.title, analysis.made_by))
        sections = [Section(analysis.title, analysis.figures)]
        self._add(f"analysis-{number}", analysis.title, lead, sections, origin)

    def _add(self, key: str, title: str, lead: str, sections: Sequence[Section], origin: FigureSource) -> Chapter:
        """Add a chapter of sections."""
        parts = list[Part]()
        for section in sections:
            place = f"{title}: {section.title}" if section.title == APPENDIX else section.title
            figures = [self._shown(key, place, figure, origin) for figure in section.figures]
            if figures:
                parts.append(Part(section.title, figures, section.title == APPENDIX))
        self.made.append(Chapter(key, title, lead, parts))
        return self.made[-1]

    def _shown(self, chapter: str, place: str, figure: Figure, origin: FigureSource) -> Shown:
        """A figure with the next number, called in addresses and names of files like nothing else on the page."""
        self._last += 1
        key = file_name(f"{chapter}-{figure.name}")
        key = f"{key}-{self._last}" if key in self._keys else key
        self._keys.add(key)
        return Shown(key, self._last, place, figure, f"{origin.name}-{figure.name}", origin.source)


def called(run: Run) -> str:
    """What people call the scenario of a run."""
    return run.scenario.title or run.scenario.name


def _of(runs: Sequence[Run]) -> FigureSource:
    """What figures of runs are of: in names of files the first one, and how many it is compared with."""
    more = f"-and-{len(runs) - 1}-more" if len(runs) > 1 else ""
    return FigureSource(f"{colophon.called(runs[0])}{more}", colophon.of_runs(runs))


def _when(run: Run, record: Record | None) -> list[Section]:
    """When the tracked cases of a run are resolved, if it has any."""
    figure = timelines.timelines(run, record)
    return [Section("Cases", [figure])] if figure else []


def _folded(sections: Sequence[Section], seen: int) -> list[Section]:
    """The figures of sections, those after the first few as an appendix."""
    figures = gallery.flat(sections)
    return [Section(sections[0].title, figures[:seen]), Section(APPENDIX, figures[seen:])] if figures else []
