"""What each tab shows of a view: figures and sentences, made once for the choices that it depends on."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from math import inf
from pathlib import Path
from typing import NamedTuple

from dash.development.base_component import Component

from sim.errors import UserError
from sim.experiments.pairing import check_paired, made_otherwise
from sim.inference.track_record import TrackRecord
from sim.record.model import Record
from sim.results.run import Run
from sim.scenario.schema import Scenario
from sim.view import words
from sim.view.brief import brief
from sim.view.changes import compared
from sim.view.dashboard import form, layout, panels
from sim.view.dashboard.address import ViewState, cases
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.card import Card, card
from sim.view.figures import caseload, chances, durations, gallery, one_case, process, staffing, timelines
from sim.view.figures.comparison import distinct
from sim.view.figures.figure import Figure
from sim.view.figures.files import FORMER_SUFFIX, figure_folders, read_figures

NARROW = {"where-cases-go"}
"""Figures of which two stand beside each other on a large screen."""


@dataclass(frozen=True)
class View:
    """What a state shows of the runs that it names, seen through its platform."""

    state: ViewState
    cache: RunCache

    @cached_property
    def runs(self) -> list[Run]:
        """The runs, the baseline first, or their parts on the platform that is chosen. Raises UserError."""
        return [self.cache.run(name, self.state.platform) for name in self.state.runs]

    @cached_property
    def paired(self) -> list[Run]:
        """The runs, each with as many replications as the one that has fewest: equal ones are compared."""
        whole = [self.cache.run(name) for name in self.state.runs]
        first = min(run.replications for run in whole)
        return distinct(
            [
                self.cache.run(name, self.state.platform, 0 if run.replications == first else first)
                for name, run in zip(self.state.runs, whole, strict=True)
            ]
        )

    @property
    def versions(self) -> tuple[str, ...]:
        """What changes when the runs do. Raises UserError if one of them is gone."""
        return tuple(self.cache.version(name) for name in self.state.runs)

    @property
    def base(self) -> Run:
        """The baseline, or its part on the platform."""
        return self.runs[0]

    @property
    def scenario(self) -> Scenario:
        """The scenario of the baseline."""
        return self.cache.scenario(self.state.base)

    @property
    def record(self) -> Record | None:
        """The public record beside the baseline, if there is one."""
        return self.cache.record_of(self.scenario)

    @property
    def stages(self) -> list[str] | None:
        """The stages chosen, if any are."""
        return list(self.state.stages) or None

    @property
    def roles(self) -> list[str] | None:
        """The roles chosen, if any are."""
        return list(self.state.roles) or None

    @property
    def cases(self) -> list[str] | None:
        """The open cases of the baseline on the platform, or all that it tracks there if none is; None for all open."""
        if not self.state.platform:
            return None
        tracked = cases(self.scenario, self.state.platform)
        return [case for case in tracked if case in self.base.layout.open_cases] or tracked

    @property
    def case(self) -> str:
        """The case chosen, if it is on the platform."""
        return self.state.case if self.cases is None or self.state.case in self.cases else ""


PartOfTab = Component | Figure | None
"""A part of a tab; None for a figure that would show nothing."""
Parts = Iterator[Callable[[], PartOfTab | list[PartOfTab]]]
"""What makes the parts of a tab, in their order: one or several each."""


class Tab(NamedTuple):
    """A tab as it is shown, and the figures on it; or the first of its parts, if `more` is to come."""

    content: list[Component]
    figures: list[Figure]
    more: bool = False


def tab_of(view: View, figures: float = inf) -> Tab:
    """The tab of a view, or its beginning until it has so many figures.

    Each part is made once for the choices that it depends on. Raises UserError if the tab cannot be made.
    """
    make, depends_on = TABS[view.state.tab]
    key, made = (view.state.tab, depends_on(view)), Tab([], [])
    for number, part in enumerate(make(view)):
        if len(made.figures) >= figures:
            return made._replace(more=True)
        one = view.cache.tabs.get((*key, number), partial(_made, part))
        made = Tab([*made.content, *one.content], [*made.figures, *one.figures])
    nothing = [layout.message("There is nothing to show for this choice.", "gray")]
    return Tab(made.content or nothing, made.figures)


def _made(part: Callable[[], PartOfTab | list[PartOfTab]]) -> Tab:
    shown = part()
    parts = [one for one in (shown if isinstance(shown, list) else [shown]) if one is not None]
    cards = [card(one, one.name not in NARROW) if isinstance(one, Figure) else one for one in parts]
    content = [one.part if isinstance(one, Card) else one for one in cards]
    return Tab(content, [one.figure for one in cards if isinstance(one, Card)])


def no_case(v: View) -> Component | None:
    """A line that says so, as the findings do, if the baseline or its part on the platform has no case at all."""
    return None if v.base.has_cases else layout.message(words.no_cases(v.base), "gray")


def _overview(v: View) -> Parts:
    one, platform = v.case, v.state.platform
    if platform:
        yield lambda: panels.of_platform(platform)
        yield lambda: no_case(v)
    else:
        yield lambda: panels.answer(brief([v.base], v.record, v.cache.track_record(v.scenario)), words.of_run(v.base))
    yield lambda: timelines.timelines(v.base, v.record, v.cases)
    if one:
        yield lambda: one_case.one_case(v.base, one)
    yield lambda: chances.probabilities(v.base, v.cases)
    yield panels.more


def _caseload(v: View) -> Parts:
    yield lambda: no_case(v)
    yield lambda: caseload.pending(v.base, v.stages)
    yield lambda: caseload.where_cases_go(v.base, v.stages)
    yield lambda: process.process(v.base)


def _durations(v: View) -> Parts:
    yield lambda: no_case(v)
    yield lambda: durations.where_days_go(v.base, v.stages)
    yield lambda: durations.durations(v.base, v.stages)


def _staff(v: View) -> Parts:
    yield lambda: no_case(v)
    yield lambda: staffing.delay_by_role(v.base, v.roles)
    yield lambda: staffing.work(v.base, v.roles)
    yield lambda: staffing.staff_over_time(v.base)


def _compare(v: View) -> Parts:
    if len(v.state.runs) == 1:
        hint = "At the top, choose another scenario to compare with the baseline."
        yield lambda: layout.message(hint, "blue")
        return
    yield lambda: changes(v.paired)
    yield lambda: layout.message(made) if (made := made_otherwise(v.paired)) else None
    yield lambda: [
        layout.message([f"{run.scenario.title or run.scenario.name}: {sentence}" for sentence in waiting])
        for run in v.paired
        if (waiting := words.blocked(run))
    ]
    yield lambda: [*gallery.flat(gallery.of_comparison(v.paired))]
    yield panels.more


def changes(runs: Sequence[Run], total: int = 0) -> Component:
    """What the other runs change against the first one, all of as many replications, in a sentence.

    `total`: of how many these are the first. Raises UserError if they cannot be paired.
    """
    check_paired([run.scenario for run in runs])
    return panels.changes(compared(runs[0], runs[1:]), runs, total)


def _what_if(v: View) -> Parts:
    yield lambda: [*form.form(v.scenario, v.state.what_if)]


def _record(v: View) -> Parts:
    """How kept forecasts fared, the public record, and the figures of other analyses in the results folder."""
    if (kept := v.cache.track_record(v.scenario)) is not None:
        yield partial(_of_track_record, kept)
    if v.record is not None:
        yield partial(_of_record, v.record, v.cache.run(v.state.base))
    for folder in figure_folders(v.cache.results):
        yield partial(_of_analysis, folder)
    for file in sorted(v.cache.results.glob(f"*{FORMER_SUFFIX}")):
        yield partial(_of_analysis, file)


def _of_record(record: Record, run: Run) -> list[PartOfTab]:
    return [*gallery.flat(gallery.of_record(record, run=run))]


def _of_track_record(kept: TrackRecord) -> list[PartOfTab]:
    return [*gallery.flat(gallery.of_track_record(kept))]


def _of_analysis(path: Path) -> list[PartOfTab]:
    """The figures of an analysis, named after it; a line if they cannot be read, or are of an earlier version."""
    try:
        return [one._replace(name=f"{path.name}-{one.name}") for one in read_figures(path).figures]
    except UserError as error:
        return [layout.message(str(error), "red")]


def _method(v: View) -> Parts:
    yield lambda: [*panels.method_and_data([v.cache.run(name) for name in v.state.runs])]


def _base(v: View) -> tuple[Hashable, ...]:
    return v.state.base, v.cache.version(v.state.base), v.state.platform


def _figure_files(v: View) -> Hashable:
    """What changes when an analysis keeps other figures."""
    results = v.cache.results
    paths = [*figure_folders(results), *results.glob(f"*{FORMER_SUFFIX}")]
    return tuple((path, path.stat().st_mtime_ns) for path in paths)


TABS: dict[str, tuple[Callable[[View], Parts], Callable[[View], Hashable]]] = {
    "overview": (_overview, lambda v: (*_base(v), v.cache.kept(v.scenario), v.case)),
    "caseload": (_caseload, lambda v: (*_base(v), v.state.stages)),
    "durations": (_durations, lambda v: (*_base(v), v.state.stages)),
    "staff": (_staff, lambda v: (*_base(v), v.state.roles)),
    "compare": (_compare, lambda v: (v.state.runs, v.versions, v.state.platform)),
    "what-if": (_what_if, lambda v: (*_base(v), tuple(v.state.what_if.items()))),
    "record": (_record, lambda v: (*_base(v), v.cache.kept(v.scenario), _figure_files(v))),
    "method": (_method, lambda v: (v.state.runs, v.versions)),
}
"""What makes each tab, and the choices that it depends on."""
OF_ONE_RUN = ("overview", "caseload", "durations", "staff")
"""The tabs that show the baseline alone."""
