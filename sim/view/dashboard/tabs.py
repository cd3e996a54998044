"""What each tab shows of a view: figures and sentences, made once for the choices that it depends on."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from dash.development.base_component import Component

from sim.errors import UserError
from sim.experiments.pairing import made_otherwise
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
from sim.view.figures import caseload, chances, durations, flow, gallery, one_case, process, staffing, timelines
from sim.view.figures.comparison import distinct
from sim.view.figures.figure import Figure
from sim.view.figures.files import FORMER_SUFFIX, figure_folders, read_figures

NARROW = {"where-cases-go", "flow", "one-case"}
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
        """The tracked cases of the baseline on the platform; None for all open ones."""
        return cases(self.scenario, self.state.platform) if self.state.platform else None

    @property
    def case(self) -> str:
        """The case chosen, if it is on the platform."""
        return self.state.case if self.cases is None or self.state.case in self.cases else ""


Parts = Iterable[Component | Figure | None]
"""What a tab is made of; None for a figure that would show nothing."""


class Tab(NamedTuple):
    """A tab as it is shown, and the figures on it."""

    content: list[Component]
    figures: list[Figure]


def tab_of(view: View) -> Tab:
    """The tab of a view. Raises UserError if it cannot be made."""
    make, depends_on = TABS[view.state.tab]
    return view.cache.tabs.get((view.state.tab, depends_on(view)), lambda: _made(make(view)))


def _made(parts: Parts) -> Tab:
    cards = [card(one, one.name not in NARROW) if isinstance(one, Figure) else one for one in parts if one is not None]
    content = [one.part if isinstance(one, Card) else one for one in cards]
    nothing = [layout.message("There is nothing to show for this choice.", "gray")]
    return Tab(content or nothing, [one.figure for one in cards if isinstance(one, Card)])


def no_case(v: View) -> Component | None:
    """A line that says so, as the findings do, if the baseline or its part on the platform has no case at all."""
    return None if v.base.has_cases else layout.message(words.no_cases(v.base), "gray")


def _overview(v: View) -> Parts:
    one, platform = v.case, v.state.platform
    if platform:
        yield panels.of_platform(platform)
        yield no_case(v)
    else:
        yield panels.answer(brief([v.base], v.record, v.cache.track_record(v.scenario)), words.of_run(v.base))
    yield timelines.timelines(v.base, v.record, v.cases)
    if one:
        yield one_case.one_case(v.base, one)
    yield chances.probabilities(v.base, v.cases)
    yield panels.more()


def _caseload(v: View) -> Parts:
    yield no_case(v)
    yield caseload.pending(v.base, v.stages)
    yield caseload.where_cases_go(v.base, v.stages)
    yield process.process(v.base)
    yield flow.flow(v.base)


def _durations(v: View) -> Parts:
    yield no_case(v)
    yield durations.where_days_go(v.base, v.stages)
    yield durations.durations(v.base, v.stages)


def _staff(v: View) -> Parts:
    yield no_case(v)
    yield staffing.delay_by_role(v.base, v.roles)
    yield staffing.work(v.base, v.roles)
    yield staffing.staff_over_time(v.base)


def _compare(v: View) -> Parts:
    if len(v.state.runs) == 1:
        yield layout.message("Choose another scenario at the top to compare the baseline with.", "blue")
        return
    sections = gallery.of_comparison(v.paired)  # first of all: runs that cannot be compared have no answer either
    yield panels.changes(compared(v.paired[0], v.paired[1:]), v.paired)
    if made := made_otherwise(v.paired):
        yield layout.message(made)
    for run in v.paired:
        if waiting := words.blocked(run):
            yield layout.message([f"{run.scenario.title or run.scenario.name}: {sentence}" for sentence in waiting])
    yield from gallery.flat(sections)
    yield panels.more()


def compared_so_far(base: Run, run: Run) -> list[Component]:
    """What a what-if changes by the replications that are done, of which the baseline has as many."""
    return [panels.changes(compared(base, [run]), [base, run])]


def _what_if(v: View) -> Parts:
    yield from form.form(v.scenario, v.state.what_if)


def _record(v: View) -> Parts:
    """The public record, and the figures of other analyses in the results folder."""
    if v.record is not None:
        yield from gallery.flat(gallery.of_record(v.record, run=v.cache.run(v.state.base)))
    for folder in figure_folders(v.cache.results):
        try:
            for figure in read_figures(folder).figures:
                yield figure._replace(name=f"{folder.name}-{figure.name}")
        except UserError as error:
            yield layout.message(str(error), "red")
    for file in sorted(v.cache.results.glob(f"*{FORMER_SUFFIX}")):
        try:
            read_figures(file)
        except UserError as error:
            yield layout.message(str(error))


def _method(v: View) -> Parts:
    yield from panels.method_and_data([v.cache.run(name) for name in v.state.runs])


def _base(v: View) -> tuple[Hashable, ...]:
    return v.state.base, v.cache.version(v.state.base), v.state.platform


def _figure_files(v: View) -> Hashable:
    """What changes when an analysis keeps other figures."""
    results = v.cache.results
    paths = [*figure_folders(results), *results.glob(f"*{FORMER_SUFFIX}")]
    return tuple((path, path.stat().st_mtime_ns) for path in paths)


TABS: dict[str, tuple[Callable[[View], Parts], Callable[[View], Hashable]]] = {
    "overview": (_overview, lambda v: (*_base(v), v.case)),
    "caseload": (_caseload, lambda v: (*_base(v), v.state.stages)),
    "durations": (_durations, lambda v: (*_base(v), v.state.stages)),
    "staff": (_staff, lambda v: (*_base(v), v.state.roles)),
    "compare": (_compare, lambda v: (v.state.runs, v.versions, v.state.platform)),
    "what-if": (_what_if, lambda v: (*_base(v), tuple(v.state.what_if.items()))),
    "record": (_record, lambda v: (*_base(v), _figure_files(v))),
    "method": (_method, lambda v: (v.state.runs, v.versions)),
}
"""What makes each tab, and the choices that it depends on."""
OF_ONE_RUN = ("overview", "caseload", "durations", "staff")
"""The tabs that show the baseline alone."""
