"""The summary of a run: the named arrays that every result is computed from.

Workers reduce the event log of a chunk of replications to plain arrays (`sim.results.summarise`). This module declares
what these arrays are, how those of many chunks become one, how they are stored, and how they become an `xarray.Dataset`
with named dimensions, over which the catalogue is declared. The event log itself is not needed again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.dates import YEAR_DAYS
from sim.scenario.schema import REASONS, Scenario

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Arrays = dict[str, NDArray[Any]]
"""The arrays of a summary by the names of `VARIABLES`."""

SAME_DAYS = 1e-6
"""Times and ages that differ by no more are the same: they are sums of days, which are rounded."""
GRID_DAYS = 30.4375
"""Days between the points of a series over time: a month of 365.25 / 12 days."""
YEARS = (1, 2, 3)
"""Years after the first day at which it is stated what has become of the cases; the horizon is added."""
PARTS = ("work", "staff", *REASONS, "queue")
"""Where the days of a visit go: work as with unlimited staff, want of staff, waits by reason, a limit before it."""
HEADLINE, BEFORE = "headline", "before"
"""Populations: the cases that people mean, from the stage on that the procedure names, and those in stages before."""
NEW, AT_START, FURTHER_STRANDS = "new", "in progress", "further strands"
"""Where cases come from that come from no stage; of a case that forks into k strands, k - 1 are further ones."""
GOES_ON = "goes on as strands"
"""What becomes of a case that forks: its strands are cases of their own."""
IN_PROGRESS, REMAINING = "still in progress", "still there"
"""Where cases are at the horizon: in a stage in which they are in progress, or in one in which they are resolved."""
ENDED, OTHERWISE, CENSORED = range(3)
"""How a duration was seen to end: as meant, in another way that competes, or not within the horizon."""


def latest(limit: Any) -> Any:
    """The time or age up to which a limit in days is kept: a target of 60 days is met on day 60, rounded or not."""
    return limit + SAME_DAYS


class Variable(NamedTuple):
    """What an array of the summary is: its dimensions and its meaning."""

    dims: tuple[str, ...]
    meaning: str


_V = Variable
_BY_POPULATION, _BY_STAGE, _BY_TARGET = (
    ("replication", "population"),
    ("replication", "stage"),
    ("replication", "target"),
)
VARIABLES = {
    "pending_start": _V(_BY_POPULATION, "cases in progress on the first day, or coming that day"),
    "incoming": _V(
        _BY_POPULATION, "cases that came later: new, from another population, or as further strands of a fork"
    ),
    "resolved": _V(_BY_POPULATION, "cases that left: resolved, or gone to another population"),
    "resolved_days": _V(_BY_POPULATION, "days from coming to leaving, summed over `resolved`"),
    "pending_end": _V(_BY_POPULATION, "cases in progress at the horizon"),
    "pending_days": _V(_BY_POPULATION, "days within the horizon in which cases were in progress, summed over cases"),
    "age_end": _V(_BY_POPULATION, "days since coming, summed over `pending_end`"),
    "fines": _V(("replication",), "fines set until the horizon, EUR million"),
    "fined": _V(("replication",), "how many fines were set"),
    "entered": _V(_BY_STAGE, "visits that began within the horizon"),
    "visits": _V(_BY_STAGE, "visits, those in progress on the first day included"),
    "ended": _V(_BY_STAGE, "visits that ended within the horizon"),
    "days": _V(("replication", "stage", "part"), "days of all visits by what they were spent on"),
    "effort": _V(("replication", "stage", "role"), "FTE-days of work within the horizon"),
    "delay": _V(("replication", "stage", "role"), "days of delay charged to the role that was done, or free, last"),
    "came": _V(("replication", "source", "stage"), "visits by where cases came from that came from no stage"),
    "went": _V(("replication", "stage", "state"), "visits by the stage or exit that they led to"),
    "remaining": _V(_BY_STAGE, "visits in progress at the horizon"),
    "effort_of": _V(("replication", "stage", "state"), "FTE-days on the cases resolved by this route, later work too"),
    "reached": _V(("replication", "state"), "headline cases that came to a state in which they count as resolved"),
    "days_to": _V(("replication", "state"), "days from coming to that, summed over `reached`"),
    "ended_by": _V(("replication", "state", "date"), "headline cases resolved by the date, by the state they came to"),
    "open_on": _V(("replication", "date"), "headline cases in progress on the date"),
    "begun": _V(_BY_TARGET, "cases that a target is of"),
    "overdue": _V(_BY_TARGET, "cases at the horizon beyond the target's time that may still come to the milestone"),
    "first_reached": _V(
        ("replication", "case", "state"), "day on which a tracked case first got to a state; infinite if it did not"
    ),
    "open_at_end": _V(("replication", "case"), "whether a tracked case is in progress at the horizon"),
    "drawn": _V(("replication", "parameter"), "values of the uncertain parameters"),
    "available": _V(("replication", "role"), "FTE-days that the role could work on cases until the horizon"),
    "blocking": _V(
        ("replication", "role"), "FTE of the role that a team waits for at the horizon and can never have; 0: none does"
    ),
    "lasting": _V(("replication", "role"), "FTE of the role that there are at the horizon or ever after"),
    "frequency": _V(("series", "time", "count"), "replications in which so many cases are in the series at the time"),
    "age_sum": _V(("population", "time"), "days since coming, summed over cases in progress and replications"),
    "duration_replication": _V(("duration",), "replication of a duration"),
    "duration_curve": _V(("duration",), "number of the stage or target that a duration is of, in `Layout.curves`"),
    "duration_days": _V(("duration",), "days until the end, or until the horizon"),
    "duration_entry": _V(("duration",), "days after which it came under observation; 0 if from its beginning"),
    "duration_end": _V(("duration",), "ENDED, OTHERWISE or CENSORED"),
}
"""Every array of the summary with its dimensions and its meaning."""
GIVEN = ("drawn", "available", "blocking", "lasting")
"""Those of them that are of whole replications and do not follow from their event log."""


@dataclass(frozen=True)
class Layout:
    """The labels of the summary's dimensions, in order: a function of the scenario."""

    scenario: Scenario

    @cached_property
    def stages(self) -> list[str]:
        """Stages in the procedure's order."""
        return list(self.scenario.procedure.stages)

    @cached_property
    def exits(self) -> list[str]:
        """How a case can end."""
        return list(self.scenario.procedure.exits)

    @cached_property
    def states(self) -> list[str]:
        """Where a case can get to: stages and exits."""
        return [*self.stages, *self.exits]

    @cached_property
    def open_stages(self) -> list[str]:
        """Stages in which a case is in progress."""
        return [name for name, stage in self.scenario.procedure.stages.items() if not stage.resolved]

    @cached_property
    def resolving(self) -> list[str]:
        """States in which a case counts as resolved: exits, and stages that say so."""
        return [name for name in self.stages if name not in self.open_stages] + self.exits

    def ends_without(self, milestone: str) -> list[str]:
        """Those of these states in which a case has missed a milestone, if it is not taken up again."""
        leads_there, routes = {milestone}, [(a, b) for a, b in self.routes if a in self.resolving]
        while more := {a for a, b in routes if b in leads_there} - leads_there:
            leads_there |= more
        return [state for state in self.resolving if state not in leads_there]

    @cached_property
    def headline_stages(self) -> list[str]:
        """Stages in which a case in progress belongs to the headline population."""
        return [name for name in self.scenario.procedure.headline_stages() if name in self.open_stages]

    @cached_property
    def populations(self) -> list[str]:
        """The headline cases, and those in stages before if the procedure has such stages."""
        before = len(self.headline_stages) < len(self.open_stages)
        return [HEADLINE, BEFORE] if before else [HEADLINE]

    @cached_property
    def routes(self) -> list[tuple[str, str]]:
        """The ways that the procedure allows from a stage to a stage or exit."""
        return [
            (name, state)
            for name, stage in self.scenario.procedure.stages.items()
            for state in dict.fromkeys(
                route.to or to
                for routes in (stage.next, *(other.next for other in stage.next_when))
                for to, route in routes.items()
            )
        ]

    @cached_property
    def endings(self) -> list[tuple[str, str]]:
        """Those of the routes by which a case is resolved."""
        return [(stage, to) for stage, to in self.routes if stage in self.open_stages and to in self.resolving]

    @cached_property
    def tracked(self) -> list[str]:
        """The cases that every replication has: the probes, or their strands."""
        return [
            f"{name}/{strand}" if strand else name
            for name, probe in self.scenario.probes.items()
            for strand in (probe.strands or [""])
        ]

    @cached_property
    def open_cases(self) -> list[str]:
        """Tracked cases that are not resolved on the first day: those in headline stages, or all if none is."""
        open_cases = [case for case in self.tracked if self.present_stage(case)[0] in self.open_stages]
        return [case for case in open_cases if self.present_stage(case)[0] in self.headline_stages] or open_cases

    def probe_of(self, case: str) -> tuple[str, str]:
        """The probe that a tracked case belongs to, and its strand; an empty one if the probe has no strands."""
        name, _, strand = (case, "", "") if case in self.scenario.probes else case.rpartition("/")
        return name, strand

    def present_stage(self, case: str) -> tuple[str, date | None]:
        """The stage in which a tracked case is on the first day, or to which it comes; since when, if it is in it."""
        name, strand_name = self.probe_of(case)
        probe, strand = self.scenario.probes[name], self.scenario.probes[name].strands.get(strand_name)
        stage, since = (strand.stage, strand.since) if strand else (None, None)
        return stage or probe.stage, since or probe.since

    @cached_property
    def times(self) -> Floats:
        """The times of series, in days since start: month by month, the horizon last."""
        horizon = self.scenario.horizon_days
        return np.append(np.arange(0.0, horizon - GRID_DAYS / 2, GRID_DAYS), horizon)

    @cached_property
    def dates(self) -> Floats:
        """Days since start at which it is stated what has become of the cases: whole years, the horizon last."""
        horizon = self.scenario.horizon_days
        return np.array([*(y * YEAR_DAYS for y in YEARS if y * YEAR_DAYS < horizon - 1), horizon])

    @cached_property
    def targets(self) -> list[str]:
        """A key for each target."""
        return [f"{t.milestone}<{t.within_days:g}d<{t.of}" for t in self.scenario.targets]

    @cached_property
    def series(self) -> list[str]:
        """What is counted at the times: cases in progress in each open stage, each population, beyond each target."""
        return [*self.open_stages, *self.populations, *self.targets]

    @cached_property
    def curves(self) -> list[str]:
        """What durations are of: stages, and from what a target is of to its milestone."""
        return [*self.stages, *self.targets]

    def labels(self) -> dict[str, Any]:
        """The labels of each labelled dimension."""
        return {
            "population": self.populations, "stage": self.stages, "state": self.states, "part": list(PARTS),
            "role": list(self.scenario.staffing), "source": [NEW, AT_START, FURTHER_STRANDS],
            "target": self.targets, "case": self.tracked, "parameter": list(self.scenario.uncertain),
            "series": self.series, "time": self.times, "date": self.dates,
        }  # fmt: skip


def concat(parts: Iterable[Arrays]) -> Arrays:
    """The arrays of chunks that follow one another as those of all their replications.

    What has a replication of its own is joined in order; what is counted over replications is added up. Sums are of
    whole numbers, so that the result is the same to the last bit however the replications were cut.
    """
    joined: dict[str, list[NDArray[Any]]] = {}
    summed: Arrays = {}
    for part in parts:
        for name, (dims, _) in VARIABLES.items():
            if dims[0] in {"replication", "duration"}:
                joined.setdefault(name, []).append(part[name])
            else:
                summed[name] = _sum(summed[name], part[name]) if name in summed else part[name]
    return {name: np.concatenate(arrays) for name, arrays in joined.items()} | summed


def _sum(one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """The sum of two arrays whose last axes may differ in length."""
    size = max(one.shape[-1], other.shape[-1])
    one, other = (np.pad(a, [(0, 0)] * (a.ndim - 1) + [(0, size - a.shape[-1])]) for a in (one, other))
    total: NDArray[Any] = one + other
    return total


def to_bytes(arrays: Arrays) -> bytes:
    """The arrays as a compressed file."""
    buffer = BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def from_bytes(stored: bytes) -> Arrays:
    """The arrays in such a file. Raises ValueError, KeyError or OSError if it is none."""
    with np.load(BytesIO(stored), allow_pickle=False) as file:
        return {name: file[name] for name in VARIABLES}


def misshapen(arrays: Arrays, layout: Layout) -> str:
    """Which array does not have the shape or the kind that a scenario's has, in words; nothing if none is."""
    sizes = {name: len(labels) for name, labels in layout.labels().items()}
    sizes["replication"] = layout.scenario.replications
    for name, (dims, _) in VARIABLES.items():
        array = arrays[name]
        for dim in dims:  # of "duration" and "count" the first array says how many there are
            sizes.setdefault(dim, array.shape[dims.index(dim)] if array.ndim == len(dims) else 0)
        expected = tuple(sizes[dim] for dim in dims)
        if array.shape != expected or array.dtype.kind not in "biuf":
            return f"{name} has the shape {array.shape} and not {expected}"
    return ""


def dataset(layout: Layout, arrays: Arrays) -> "xr.Dataset":
    """The summary with named dimensions and labels, and with what formulas need of the scenario.

    Besides `VARIABLES`: `in_headline` and `stage_population` (which stages belong to which population); attributes
    `years`, `horizon_days`, `working_days` (of one person until the horizon; FTE-days over them are people at work
    on average), `resolving` (states).
    """
    import xarray as xr

    scenario = layout.scenario
    years = scenario.horizon_days / YEAR_DAYS
    labels = {name: np.array(items, dtype=None if len(items) else str) for name, items in layout.labels().items()}
    data = xr.Dataset(
        {name: (dims, arrays[name], {"meaning": meaning}) for name, (dims, meaning) in VARIABLES.items()},
        coords=labels,
        attrs={
            "years": years,
            "horizon_days": scenario.horizon_days,
            "working_days": scenario.calendar.working_days_per_year * years,
            "resolving": layout.resolving,
        },
    )
    headline = np.isin(layout.stages, layout.headline_stages)
    before = np.isin(layout.stages, layout.open_stages) & ~headline
    members = np.stack([headline, before][: len(layout.populations)], axis=1).astype(float)
    return data.assign(
        in_headline=("stage", headline),
        stage_population=(("stage", "population"), members),
    )


def head(data: "xr.Dataset", replications: int) -> "xr.Dataset":
    """The summary of the first so many replications, without what is only counted over all of them."""
    durations = np.nonzero(data["duration_replication"].to_numpy() < replications)[0]
    counted = [name for name, (dims, _) in VARIABLES.items() if dims[0] not in {"replication", "duration"}]
    return data.drop_vars(counted).isel(replication=slice(replications), duration=durations)
