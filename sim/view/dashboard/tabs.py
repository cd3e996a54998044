"""What each tab shows of a view: its pictures, each made once."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from sim.record.model import Record
from sim.results.run import Run
from sim.scenario.schema import Scenario
from sim.view.dashboard.address import State, cases
from sim.view.dashboard.library import Library
from sim.view.dashboard.shown import Shown, shown
from sim.view.figures.picture import Picture
from sim.view.pictures import caseload, comparison, durations, flow, record, staffing
from sim.view.pictures import cases as pictures_of_cases
from sim.view.pictures.gallery import milestones_asked_for
from sim.view.pictures.kept import SUFFIX, read_kept

Making = Callable[[], Picture | None]
Said = TypeVar("Said")


@dataclass(frozen=True)
class View:
    """What a state shows of the runs that it names, seen by its platform."""

    state: State
    library: Library

    @cached_property
    def runs(self) -> list[Run]:
        """The runs, the baseline first, or their slices if a platform is chosen. Raises UserError."""
        library, platform = self.library, self.state.platform
        return [library.slice(name, platform) if platform else library.run(name) for name in self.state.runs]

    @property
    def base(self) -> Run:
        """The baseline."""
        return self.runs[0]

    @property
    def scenario(self) -> Scenario:
        """The scenario of the baseline; unlike `base` it is at hand without reading a slice. Raises UserError."""
        return self.library.run(self.state.base).scenario

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
        """The listed cases of the baseline on the platform; None for all open ones."""
        return cases(self.scenario, self.state.platform) if self.state.platform else None

    @property
    def case(self) -> str:
        """The case chosen, if it is on the platform."""
        one = self.state.case
        return one if not self.state.platform or one in (self.cases or ()) else ""

    def once(self, name: str, make: Making, *on: object, wide: bool = False) -> Iterator[Shown]:
        """A picture of the baseline, made once for each platform and what else it depends `on`; none for None."""
        yield from self._once((name, self.state.base, self.state.platform, *on), make, wide)

    def once_of_all(self, name: str, make: Making, wide: bool = False) -> Iterator[Shown]:
        """The same of a picture of all runs of the view."""
        yield from self._once((name, self.state.runs, self.state.platform), make, wide)

    def once_of_record(self, name: str, make: Callable[[Record], Picture | None]) -> Iterator[Shown]:
        """A picture of the public record, if there is one."""
        known = self.library.record
        if known is not None:
            yield from self._once(("record", name), lambda: make(known), wide=True)

    def said(self, name: str, make: Callable[[], Said]) -> Said:
        """Words about the baseline, made once for each platform."""
        return self.library.made.get((name, self.state.base, self.state.platform), make)

    def said_of_all(self, name: str, make: Callable[[], Said]) -> Said:
        """The same of words about all runs of the view."""
        return self.library.made.get((name, self.state.runs, self.state.platform), make)

    def _once(self, key: Hashable, make: Making, wide: bool) -> Iterator[Shown]:
        def made() -> Shown | None:
            found = make()
            return shown(found, wide) if found else None

        kept = self.library.made.get(key, made)
        if kept is not None:
            yield kept


def pictures(view: View) -> list[Shown]:
    """The pictures of the view's tab. Raises UserError if they cannot be made."""
    return list(TABS[view.state.tab](view)) if view.state.tab in TABS else []


def _overview(v: View) -> Iterator[Shown]:
    one = v.case
    yield from v.once("timelines", lambda: pictures_of_cases.timelines(v.base, v.library.record, v.cases), wide=True)
    if one:
        yield from v.once("one-case", lambda: pictures_of_cases.one_case(v.base, one), one)
        yield from v.once("decisions", lambda: pictures_of_cases.decisions(v.base, one), one)
    yield from v.once("probabilities", lambda: pictures_of_cases.probabilities(v.base, v.cases), wide=True)
    for place in milestones_asked_for(v.scenario):
        yield from v.once(f"probabilities-{place}", partial(_chance_of, v, place), wide=True)


def _chance_of(v: View, place: str) -> Picture | None:
    return pictures_of_cases.probabilities(v.base, v.cases, place)


def _caseload(v: View) -> Iterator[Shown]:
    yield from v.once("pending", lambda: caseload.pending(v.base, v.stages), v.state.stages, wide=True)
    yield from v.once("backlog", lambda: caseload.backlog(v.base))
    yield from v.once("places", lambda: caseload.where_cases_go(v.base, v.stages), v.state.stages)
    yield from v.once("flow", lambda: flow.flow(v.base), wide=True)


def _durations(v: View) -> Iterator[Shown]:
    yield from v.once("where-days-go", lambda: durations.where_days_go(v.base, v.stages), v.state.stages, wide=True)
    yield from v.once(
        "durations", lambda: durations.durations(v.base, v.library.record, v.stages), v.state.stages, wide=True
    )


def _staff(v: View) -> Iterator[Shown]:
    yield from v.once("utilisation", lambda: staffing.utilisation(v.base, v.roles), v.state.roles, wide=True)
    yield from v.once("delay-by-role", lambda: staffing.delay_by_role(v.base, v.roles), v.state.roles, wide=True)
    yield from v.once("work", lambda: staffing.work(v.base, v.roles), v.state.roles, wide=True)
    yield from v.once("staff-over-time", lambda: staffing.staff_over_time(v.base), wide=True)


def _compare(v: View) -> Iterator[Shown]:
    if len(v.state.runs) > 1:
        yield from v.once_of_all("differences", lambda: comparison.differences(v.runs), wide=True)
        yield from v.once_of_all("resolutions", lambda: comparison.resolutions(v.runs, v.cases), wide=True)
        yield from v.once_of_all("pending-by-scenario", lambda: comparison.pending(v.runs), wide=True)


def _record(v: View) -> Iterator[Shown]:
    for name, make in RECORD.items():
        yield from v.once_of_record(name, make)
    for file in kept_files(v.library):
        yield from kept_pictures(v.library, file)


def kept_files(library: Library) -> list[Path]:
    """The files of pictures that other commands kept in the results folder."""
    return sorted(library.results.glob(f"*{SUFFIX}"))


def kept_pictures(library: Library, file: Path) -> Iterator[Shown]:
    """The pictures of such a file, under names that no other file's have. Raises UserError if it cannot be read."""
    stem = file.name.removesuffix(SUFFIX)
    for number, found in enumerate(read_kept(file).pictures):
        one = found._replace(name=f"{stem}-{found.name}")
        kept = library.made.get(("kept", file, file.stat().st_mtime_ns, number), partial(shown, one, wide=True))
        if kept is not None:
            yield kept


RECORD = {
    "timelines": record.timelines,
    "survival": record.survival,
    "pending": record.pending,
    "requests": record.requests,
    "clearance": record.clearance,
}
"""Pictures of the public record, in their order."""
TABS: dict[str, Callable[[View], Iterator[Shown]]] = {
    "overview": _overview,
    "caseload": _caseload,
    "durations": _durations,
    "staff": _staff,
    "compare": _compare,
    "record": _record,
}
"""The pictures of each tab that has any."""
OF_ONE_RUN = ("overview", "caseload", "durations", "staff")
"""The tabs that show the baseline alone."""
