"""What the indicators need of many replications, in a size that hardly grows with their number.

Chunks of replications are summed up where they run (see `summarise`) and put together here, in the order of their
replications, so that the whole is the same to the last bit however it was cut. Nothing looks at the event log again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from math import log1p
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.scenario.schema import REASONS, Scenario

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

GRID_DAYS = 30.4375
"""Days between the points of a series over time: a month of 365.25 / 12 days."""
AGE_RESOLUTION = 5e-4
"""Ages that differ relatively by less are counted together, at their mean."""
SHORTEST_AGE = 1e-3
"""Days; ages below count as the same."""
MICRO = 1e6
"""Sums of ages are kept in whole millionths of a day: their order does not matter then."""
ALL, STILL_PENDING = "all", "still pending"
"""The series of all pending cases; the place of those that are pending at the horizon."""
NEW, UNDER_WAY, FURTHER_STRANDS = "new", "under way", "further strands"
"""Where cases come from that come from no stage; of a case that forks into k strands, k - 1 are further ones."""
STILL_THERE = "still there"
"""Where cases are at the horizon that are in a stage in which they count as resolved."""

ENDED, OTHERWISE, CENSORED, LATE, ENDED_AGE, OTHERWISE_AGE = range(6)
"""Of durations at each age: ends that are meant, other ends, ends not seen, late entries; sums of the ages at ends."""
COMPONENTS = ("work", "staff", *REASONS, "queue")
"""Where the days of a visit go: as with unlimited staff, for want of staff, waits by reason, at a limit before it."""


def age_class(age: Floats) -> NDArray[np.int64]:
    """The class in which an age in days is counted."""
    above = np.maximum(age, SHORTEST_AGE) / SHORTEST_AGE
    return np.where(age < SHORTEST_AGE, 0, 1 + np.floor(np.log(above) / log1p(AGE_RESOLUTION)).astype(np.int64))


@dataclass(frozen=True)
class Layout:
    """The names of what is counted, in order; a function of the scenario."""

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
    def places(self) -> list[str]:
        """Where a case can get to: stages, exits, and that it is still pending at the horizon."""
        return [*self.stages, *self.exits, STILL_PENDING]

    @cached_property
    def open_stages(self) -> list[str]:
        """Stages in which a case is pending."""
        return [name for name, stage in self.scenario.procedure.stages.items() if not stage.resolved]

    @cached_property
    def resolving(self) -> list[str]:
        """Places at which a case counts as resolved: exits, and stages that say so."""
        return [name for name, stage in self.scenario.procedure.stages.items() if stage.resolved] + self.exits

    @cached_property
    def routes(self) -> list[tuple[str, str]]:
        """The ways that the procedure allows from a stage to a stage or exit."""
        return [
            (name, place)
            for name, stage in self.scenario.procedure.stages.items()
            for place in dict.fromkeys(
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
    def listed(self) -> list[str]:
        """The cases that every replication has: the probes, or their strands."""
        return [
            f"{name}/{strand}" if strand else name
            for name, probe in self.scenario.probes.items()
            for strand in (probe.strands or [""])
        ]

    @cached_property
    def times(self) -> Floats:
        """The times of series, in days since start: month by month, the horizon last."""
        horizon = self.scenario.horizon_days
        return np.append(np.arange(0.0, horizon - GRID_DAYS / 2, GRID_DAYS), horizon)

    @cached_property
    def targets(self) -> list[str]:
        """A key for each target."""
        return [f"{t.milestone}<{t.within_days:g}d<{t.of}" for t in self.scenario.targets]

    @cached_property
    def series(self) -> list[str]:
        """What is counted at the times: cases pending in each open stage, in all, and beyond each target."""
        return [*self.open_stages, ALL, *self.targets]

    @cached_property
    def curves(self) -> list[str]:
        """Durations that are counted by age: of stages, and from what a target is of."""
        return [*self.stages, *self.targets]

    @cached_property
    def totals(self) -> list[str]:
        """Names of what is added up in each replication; see `docs/indicators.md`."""
        general = ["pending_start", "incoming", "resolved", "resolved_days", "pending_end", "pending_days", "age_end"]
        by_stage = ["entered", "visits", "ended", "open_days", *(f"{part}_days" for part in COMPONENTS)]
        by_stage += ["new", "under_way", "forked", "there"]
        names = [*general, "fines", "fined"]
        names += [f"{what}:{stage}" for stage in self.stages for what in by_stage]
        names += [f"went:{stage}|{place}" for stage, place in self.routes]  # no stage's name has a |
        names += [f"{what}:{name}" for name in self.resolving for what in ("reached", "days_to")]
        names += [
            f"{what}:{stage}|{role}"
            for what in ("effort", "delay")
            for stage in self.stages
            for role in self.scenario.staffing
        ]
        names += [f"effort_of:{stage}|{place}" for stage, place in self.endings]
        return names + [f"{what}:{key}" for key in self.targets for what in ("begun", "followed", "met", "overdue")]


@dataclass(frozen=True)
class Summary:
    """Sums and counts of some replications in a row.

    `totals`: (replications, totals of the layout). `drawn`: (replications, uncertain parameters), their values.
    `reached`: (replications, listed cases, places), days since start when each listed case first got there, infinite if
    it did not. `histogram`: (series, times, values), the number of replications in which a series has a value at a
    time. `age_sum`: at each time the ages of all pending cases, in millionths of a day, over the replications. `ages`:
    (curves, 6, age classes), see ENDED and its like.
    """

    layout: Layout
    totals: Floats
    drawn: Floats
    reached: NDArray[np.float32]
    histogram: Counts
    age_sum: Counts
    ages: Counts

    @property
    def replications(self) -> int:
        """How many replications there are."""
        return len(self.totals)

    def total(self, name: str) -> Floats:
        """One of the totals, by replication."""
        return self.totals[:, self.layout.totals.index(name)]

    def first(self, case: str, places: Sequence[str]) -> Floats:
        """When a listed case first got to one of these places, by replication."""
        numbers = [self.layout.places.index(place) for place in places]
        found: Floats = self.reached[:, self.layout.listed.index(case), numbers].min(axis=1).astype(np.float64)
        return found

    def counts(self, series: str) -> Counts:
        """The histogram of one series: (times, values)."""
        found: Counts = self.histogram[self.layout.series.index(series)]
        return found

    def curve(self, name: str) -> Counts:
        """The counts by age of one curve: (6, age classes)."""
        found: Counts = self.ages[self.layout.curves.index(name)]
        return found

    def parameters(self) -> "pd.DataFrame":
        """The uncertain parameters of every replication: column `replication`, then one per parameter."""
        import pandas as pd

        frame = pd.DataFrame(self.drawn, columns=list(self.layout.scenario.uncertain))
        return frame.rename_axis("replication").reset_index()

    def to_bytes(self) -> bytes:
        """The summary as a compressed file of arrays."""
        where = np.nonzero(self.ages)
        buffer = BytesIO()
        np.savez_compressed(
            buffer,
            totals=self.totals,
            drawn=self.drawn,
            reached=self.reached,
            histogram=self.histogram,
            age_sum=self.age_sum,
            ages_at=np.array(where, dtype=np.int32),
            ages=self.ages[where],
            classes=self.ages.shape[2],
        )
        return buffer.getvalue()

    @staticmethod
    def from_bytes(layout: Layout, stored: bytes) -> "Summary":
        """The summary in such a file. Raises ValueError or OSError if it is none."""
        with np.load(BytesIO(stored), allow_pickle=False) as file:
            ages = np.zeros((len(layout.curves), 6, int(file["classes"])), dtype=np.int64)
            ages[tuple(file["ages_at"])] = file["ages"]
            totals, drawn, reached = (file[name] for name in ("totals", "drawn", "reached"))
            return Summary(layout, totals, drawn, reached, file["histogram"], file["age_sum"], ages)


def blank(layout: Layout) -> Summary:
    """The summary of one replication in which nothing is counted, to know the names of what is."""
    series, times, curves = len(layout.series), len(layout.times), len(layout.curves)
    return Summary(
        layout,
        np.zeros((1, len(layout.totals))),
        np.zeros((1, len(layout.scenario.uncertain))),
        np.zeros((1, len(layout.listed), len(layout.places)), dtype=np.float32),
        np.zeros((series, times, 1), dtype=np.int64),
        np.zeros(times, dtype=np.int64),
        np.zeros((curves, 6, 1), dtype=np.int64),
    )


def together(layout: Layout, parts: Iterator[Summary], replications: int) -> Summary:
    """The summary of parts that come in the order of their replications; each is dropped once it is added."""
    totals = np.empty((replications, len(layout.totals)))
    drawn = np.empty((replications, len(layout.scenario.uncertain)))
    reached = np.empty((replications, len(layout.listed), len(layout.places)), dtype=np.float32)
    histogram = np.zeros((len(layout.series), len(layout.times), 0), dtype=np.int64)
    ages = np.zeros((len(layout.curves), 6, 0), dtype=np.int64)
    age_sum = np.zeros(len(layout.times), dtype=np.int64)
    done = 0
    for part in parts:
        here = slice(done, done + part.replications)
        totals[here], drawn[here], reached[here] = part.totals, part.drawn, part.reached
        histogram, ages = _sum(histogram, part.histogram), _sum(ages, part.ages)
        age_sum += part.age_sum
        done += part.replications
    if done != replications:
        raise ValueError(f"{done} replications in the parts, not {replications}")
    return Summary(layout, totals, drawn, reached, histogram, age_sum, ages)


def _sum(one: Counts, other: Counts) -> Counts:
    """The sum of two arrays whose last axes may differ in length; the longer one is changed in place."""
    longer, shorter = (one, other) if one.shape[2] >= other.shape[2] else (other.copy(), one)
    longer[:, :, : shorter.shape[2]] += shorter
    return longer
