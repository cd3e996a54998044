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
from sim.view.dashboard import form, layout, panels
from sim.view.dashboard.address import ViewState, cases
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.card import Card, card
from sim.view.figures import caseload, chances, comparison, durations, flow, gallery, one_case, staffing, timelines
from sim.view.figures.figure import Figure
from sim.view.figures.files import FORMER_SUFFIX, figure_folders, read_figures
from sim.view.findings import findings, findings_of_comparison
from sim.view.questions import answers

NARROW = {"where-cases-go", "flow", "one-case", "decisions"}
"""Pictures of which two stand beside each other on a large screen."""


@dataclass(frozen=True)
class View:
    """What a state shows of the runs that it names, seen through its platform."""

    state: ViewState
    cache: RunCache

    @cached_property
    def runs(self) -> list[Run]:
        """The runs, the baseline first, or their parts on the platform that is chosen. Raises UserError."""
        return [self.cache.run(name, self.state.platform) for name in self.state.runs]

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
    yield panels.findings(findings(v.base), platform)
    if not platform:
        yield panels.questions(answers([v.base]))
    yield timelines.timelines(v.base, v.record, v.cases)
    if one:
        yield one_case.one_case(v.base, one)
        yield chances.decisions(v.base, one)
    yield chances.probabilities(v.base, v.cases)


def _caseload(v: View) -> Parts:
    yield no_case(v)
    yield caseload.pending(v.base, v.stages)
    yield caseload.where_cases_go(v.base, v.stages)
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
    if len(v.runs) == 1:
        yield layout.message("Choose another scenario at the top to compare the baseline with.", "blue")
        return
    differing = findings_of_comparison(v.runs)
    if made := made_otherwise(v.runs):
        yield layout.message(made)
    for run in v.runs:
        if waiting := words.blocked(run):
            yield layout.message([f"{run.scenario.title or run.scenario.name}: {sentence}" for sentence in waiting])
    yield panels.sentences("What differs", differing)
    if not v.state.platform:
        yield panels.questions(answers(v.runs))
    yield comparison.differences(v.runs)
    yield comparison.resolutions(v.runs, v.cases)
    yield comparison.pending(v.runs)


def _what_if(v: View) -> Parts:
    yield form.form(v.scenario, v.state.what_if)


def _record(v: View) -> Parts:
    """The public record, and the figures of other analyses in the results folder."""
    if v.record is not None:
        yield from gallery.flat(gallery.of_record(v.record))
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
