"""Event log -> summary: counts and sums of a chunk of replications, vectorised over all of them.

Terms as in `indicators`. A case here is what the log knows as one: a strand, or a case that never forked; one that
forks into k strands counts as k from the fork on.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.results.events import DELAY_PREFIX, EFFORT_PREFIX, REASON_COLUMNS
from sim.results.summary import (
    CENSORED,
    COMPONENTS,
    ENDED,
    ENDED_AGE,
    LATE,
    MICRO,
    OTHERWISE,
    OTHERWISE_AGE,
    STILL_PENDING,
    Counts,
    Floats,
    Layout,
    Summary,
    age_class,
)
from sim.scenario.schema import Target

if TYPE_CHECKING:
    import pyarrow as pa

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def summarise(layout: Layout, events: "pa.Table", numbers: range, drawn: Floats) -> Summary:
    """The summary of these replications from their event log and the values drawn for their uncertain parameters."""
    log = Log(layout, events, numbers)
    targets = [_Begun(layout, log, target) for target in layout.scenario.targets]
    totals = _general_totals(log) | _stage_totals(layout, log) | _resolution_totals(layout, log)
    totals |= _flow_totals(layout, log) | _role_totals(layout, log)
    ages = [_stage_ages(log, number) for number in range(len(layout.stages))]
    for key, begun in zip(layout.targets, targets, strict=True):
        totals |= {f"{what}:{key}": log.count_by(begun.replication, of) for what, of in begun.totals().items()}
        ages.append(begun.ages())
    classes = max(part.shape[1] for part in ages)
    return Summary(
        layout,
        np.column_stack([totals[name] for name in layout.totals]),
        drawn,
        _reached(layout, log),
        _histogram(layout, log, targets),
        _age_sum(log, layout.times),
        np.array([np.pad(part, ((0, 0), (0, classes - part.shape[1]))) for part in ages]),
    )


class Log:
    """The columns of an event log as arrays, with what is needed of it more than once."""

    def __init__(self, layout: Layout, events: "pa.Table", numbers: range) -> None:
        self._events, self.layout = events, layout
        self.horizon, self.replications = layout.scenario.horizon_days, len(numbers)
        self.replication = self.column("replication").astype(np.int64) - numbers.start
        self.case_names, case = self.coded("case")
        self.case = self.replication * max(len(self.case_names), 1) + case
        self.requested, self.entered, self.left = map(self.column, ("requested", "entered", "left"))
        self.stage, self.outcome = self._places("stage"), self._places("outcome")
        self.in_stage, self.ended = ~np.isnan(self.entered), ~np.isnan(self.left)
        resolving = np.isin(layout.places, layout.resolving)
        self.open = ~resolving[self.stage]
        self.resolves = self.open & (self.outcome >= 0) & resolving[self.outcome]

    def column(self, name: str) -> Floats:
        """A column of numbers."""
        found: Floats = self._events.column(name).to_numpy()
        return found

    def coded(self, name: str) -> tuple[list[str], Ints]:
        """A column of names: the names, and the number of each row's name; -1 where it has none."""
        column = self._events.column(name).unify_dictionaries().combine_chunks()
        codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        return column.dictionary.to_pylist(), codes

    def _places(self, name: str) -> Ints:
        """A column of stages and exits by their numbers in the layout."""
        names, codes = self.coded(name)
        numbers = np.array([*(self.layout.places.index(n) for n in names), -1])
        found: Ints = numbers[codes]
        return found

    def per_replication(self, weight: Floats | Mask, where: Mask | None = None) -> Floats:
        """A sum over the rows of each replication."""
        chosen = slice(None) if where is None else where
        return self.count_by(self.replication[chosen], weight[chosen].astype(np.float64))

    def count_by(self, replication: Ints, weight: Floats | Mask) -> Floats:
        """A sum over each replication."""
        return np.bincount(replication, weight, self.replications).astype(np.float64)

    @cached_property
    def first_rows(self) -> Ints:
        """The first row of each case, in the order of the cases' numbers; rows are in the order of visits."""
        found: Ints = np.unique(self.case, return_index=True)[1]
        return found

    @cached_property
    def parent(self) -> Ints:
        """Of each row the number of the case that forked into its own; -1 if none did."""
        names, codes = self.coded("parent")
        known = {name: number for number, name in enumerate(self.case_names)}
        number = np.array([*(known.get(name, -1) for name in names), -1])[codes]
        return np.where(number >= 0, self.replication * max(len(self.case_names), 1) + number, -1)

    @cached_property
    def effort_of_cases(self) -> Floats:
        """FTE-days of work of all roles on each case, in the order of `first_rows`; with its share of the work that was
        done on the case that forked into it, of which each strand has the same."""
        cases = self.case[self.first_rows]
        work = np.sum([self.column(f"{EFFORT_PREFIX}{role}") for role in self.layout.scenario.staffing], axis=0)
        own = np.bincount(np.searchsorted(cases, self.case), work, len(cases)).astype(np.float64)
        parent = self.parent[self.first_rows]
        place = np.minimum(np.searchsorted(cases, parent), len(cases) - 1)
        above = np.where(cases[place] == parent, place, -1)
        strands = np.bincount(above[above >= 0], minlength=len(cases))
        found, share, up = own.copy(), np.ones(len(cases)), above.copy()
        while (there := up >= 0).any():  # a strand may have forked again
            share[there] /= strands[up[there]]
            found[there] += share[there] * own[up[there]]
            up[there] = above[up[there]]
        return found

    @cached_property
    def began(self) -> Floats:
        """Of each row when its case was first there: the case that forked counts for its strands."""
        cases = self.case[self.first_rows]
        since = self.requested[self.first_rows]
        own = since[np.searchsorted(cases, self.case)]
        place = np.minimum(np.searchsorted(cases, self.parent), len(cases) - 1)
        return np.where(cases[place] == self.parent, np.minimum(since[place], own), own)


def _general_totals(log: Log) -> dict[str, Floats]:
    """What came in, was resolved and is pending, in strands or unforked cases; ages; fines."""
    first = log.first_rows
    forked = np.isin(log.case[first], log.parent)
    new = log.requested[first] >= 0
    pending = log.open & ~log.ended
    fine = log.column("fine_eur_m")
    fined = (fine > 0) & (log.entered >= 0)
    inside = np.where(log.ended, log.left, log.horizon) - np.maximum(log.requested, 0.0)
    return {
        "pending_start": log.count_by(log.replication[first], ~new & log.open[first]),
        "incoming": log.count_by(log.replication[first], new.astype(float) - forked),
        "resolved": log.per_replication(log.resolves),
        "resolved_days": log.per_replication(log.left - log.began, log.resolves),
        "pending_end": log.per_replication(pending),
        "pending_days": log.per_replication(inside, log.open),
        "age_end": log.per_replication(log.horizon - log.began, pending),
        "fines": log.per_replication(fine, fined),
        "fined": log.per_replication(fined),
    }


def _stage_totals(layout: Layout, log: Log) -> dict[str, Floats]:
    """Visits of each stage and where their days went, visits under way as far as they have gone."""
    stages = len(layout.stages)
    cell = log.replication * stages + log.stage
    days = np.where(log.ended, log.left, log.horizon) - log.entered
    unconstrained = log.column("unconstrained_days")
    reasons = [log.column(name) for name in REASON_COLUMNS]
    queue = np.where(log.in_stage, log.entered, log.horizon) - log.requested
    values = {
        "entered": (log.entered >= 0, log.in_stage),
        "visits": (log.in_stage, log.in_stage),
        "ended": (log.ended, log.in_stage),
        "open_days": (days + np.minimum(log.entered, 0.0), log.in_stage),
        **{
            f"{name}_days": (part, log.in_stage)
            for name, part in zip(
                COMPONENTS, (unconstrained - sum(reasons), days - unconstrained, *reasons, queue), strict=True
            )
        },
    }
    found: dict[str, Floats] = {}
    for what, (value, where) in values.items():
        flat: Floats = np.bincount(cell[where], value[where].astype(float), log.replications * stages).astype(
            np.float64
        )
        table = flat.reshape(-1, stages)
        found |= {f"{what}:{stage}": table[:, number] for number, stage in enumerate(layout.stages)}
    return found


def _flow_totals(layout: Layout, log: Log) -> dict[str, Floats]:
    """How many cases came to each stage and from where, went where, and are there at the horizon.

    A case that forks goes to its next stage as one of its strands; the others come there as further ones.
    """
    stages, places = len(layout.stages), len(layout.places)
    here = log.replication * stages + log.stage
    way = (here * places + log.outcome)[log.ended]
    went = np.bincount(way, minlength=log.replications * stages * places).reshape(-1, stages, places)
    found = {
        f"went:{stage}|{place}": went[:, layout.places.index(stage), layout.places.index(place)].astype(np.float64)
        for stage, place in layout.routes
    }
    first = log.first_rows
    parent, late = log.parent[first], log.requested[first] >= 0
    further = late & (parent >= 0)
    further[np.nonzero(further)[0][np.unique(parent[further], return_index=True)[1]]] = False
    new = late & ~further & ~np.isin(parent, log.case[first])
    for what, rows in (
        ("new", first[new]),
        ("under_way", first[~late]),
        ("forked", first[further]),
        ("there", ~log.ended),
    ):
        table = np.bincount(here[rows], minlength=log.replications * stages).reshape(-1, stages).astype(np.float64)
        found |= {f"{what}:{stage}": table[:, number] for number, stage in enumerate(layout.stages)}
    return found


def _role_totals(layout: Layout, log: Log) -> dict[str, Floats]:
    """The work of each role in each stage, and the days by which it delayed the visits; the work by how cases end."""
    stages = len(layout.stages)
    cell, size = log.replication * stages + log.stage, log.replications * stages
    found: dict[str, Floats] = {}
    for role in layout.scenario.staffing:
        for what, prefix in (("effort", EFFORT_PREFIX), ("delay", DELAY_PREFIX)):
            table = np.bincount(cell, log.column(f"{prefix}{role}"), size).reshape(-1, stages).astype(np.float64)
            found |= {f"{what}:{stage}|{role}": table[:, number] for number, stage in enumerate(layout.stages)}
    return found | _effort_by_ending(layout, log)


def _effort_by_ending(layout: Layout, log: Log) -> dict[str, Floats]:
    """The work on the cases that were resolved, by the route by which they were; later work on them included."""
    effort = log.effort_of_cases[np.searchsorted(log.case[log.first_rows], log.case)]
    found: dict[str, Floats] = {}
    for stage, place in layout.endings:
        here = (log.stage == layout.places.index(stage)) & (log.outcome == layout.places.index(place))
        found[f"effort_of:{stage}|{place}"] = log.per_replication(effort, here & log.resolves)
    return found


def _resolution_totals(layout: Layout, log: Log) -> dict[str, Floats]:
    """How often each place at which a case counts as resolved was reached, and the days until then."""
    found: dict[str, Floats] = {}
    for name in layout.resolving:
        there = log.outcome == layout.places.index(name)
        found[f"reached:{name}"] = log.per_replication(there)
        found[f"days_to:{name}"] = log.per_replication(log.left - log.began, there)
    return found


def _reached(layout: Layout, log: Log) -> NDArray[np.float32]:
    """When each listed case first got to each place."""
    places = len(layout.places)
    shape = (log.replications, len(layout.listed), places)
    found = np.full(shape, np.inf, dtype=np.float32)
    number = {name: place for place, name in enumerate(layout.listed)}
    listed = np.array([number.get(name, -1) for name in log.case_names] or [-1])
    case = listed[log.case - log.replication * max(len(log.case_names), 1)]
    pending, horizon = np.full(len(case), layout.places.index(STILL_PENDING)), np.full(len(case), log.horizon)
    ways = (
        (log.in_stage, log.stage, log.entered),
        (log.outcome >= len(layout.stages), log.outcome, log.left),
        (log.open & ~log.ended, pending, horizon),
    )
    for where, place, time in ways:
        chosen = where & (case >= 0)
        at = (log.replication[chosen], case[chosen], place[chosen])
        np.minimum.at(found, at, time[chosen].astype(np.float32))
    return found


def _histogram(layout: Layout, log: Log, targets: "list[_Begun]") -> Counts:
    """How often each series has which value at each time."""
    times = layout.times
    counts = [occupancy(log, log.stage == layout.places.index(name), times) for name in layout.open_stages]
    counts.append(np.sum(counts, axis=0))
    for begun in targets:
        counts.append(_inside(begun.replication, log.replications, begun.overdue_from, begun.gone, times))
    most = max(int(count.max()) for count in counts) + 1
    steps = np.arange(len(times)) * most
    histogram = [
        np.bincount((count + steps).ravel(), minlength=len(times) * most).reshape(len(times), most) for count in counts
    ]
    return np.array(histogram)


def occupancy(log: Log, visits: Mask, times: Floats) -> Ints:
    """How many of these visits are under way at each time, in each replication: shape (replications, times).

    A case is under way from `requested` (it may queue at a limit) until it leaves.
    """
    return _inside(log.replication[visits], log.replications, log.requested[visits], log.left[visits], times)


def _inside(replication: Ints, replications: int, begin: Floats, end: Floats, times: Floats) -> Ints:
    """How many intervals hold each time, in each replication; NaN: no end; empty intervals hold none."""
    real = np.isnan(end) | (end > begin)
    count = np.zeros((replications, len(times) + 1), dtype=np.int64)
    np.add.at(count, (replication[real], np.searchsorted(times, begin[real], side="left")), 1)
    over = real & ~np.isnan(end)
    np.add.at(count, (replication[over], np.searchsorted(times, end[over], side="left")), -1)
    found: Ints = np.cumsum(count, axis=1)[:, :-1]
    return found


def _age_sum(log: Log, times: Floats) -> Counts:
    """The ages of all pending cases at each time, in millionths of a day, over all replications."""
    since = np.round(log.began[log.open] * MICRO).astype(np.int64)
    ends = np.where(log.ended, log.left, np.inf)[log.open]
    begin, end = (np.searchsorted(times, t, side="left") for t in (log.requested[log.open], ends))
    number, births = np.zeros((2, len(times) + 1), dtype=np.int64)
    for place, sign in ((begin, 1), (end, -1)):
        np.add.at(number, place, sign)
        np.add.at(births, place, sign * since)
    now = np.round(times * MICRO).astype(np.int64)
    found: Counts = now * np.cumsum(number)[:-1] - np.cumsum(births)[:-1]
    return found


def _stage_ages(log: Log, stage: int) -> Counts:
    """The durations of the visits to a stage, counted by age."""
    here = log.in_stage & (log.stage == stage)
    entered, ended = log.entered[here], log.ended[here]
    duration = np.where(ended, log.left[here], log.horizon) - entered
    return counted(duration, np.where(ended, ENDED, CENSORED), np.maximum(-entered, 0.0))


def counted(duration: Floats, how: Ints, late: Floats) -> Counts:
    """Durations in days counted by age: shape (6, age classes).

    `how` each was seen to end (ENDED, OTHERWISE, CENSORED), `late`: the age at which each came under observation.
    """
    at, entry = age_class(duration), age_class(late)
    classes = int(max(at.max(initial=0), entry.max(initial=0))) + 1
    table = np.zeros((6, classes), dtype=np.int64)
    for kind in (ENDED, OTHERWISE, CENSORED):
        table[kind] = np.bincount(at[how == kind], minlength=classes)
    table[LATE] = np.bincount(entry[late > 0], minlength=classes)
    micro = np.round(duration * MICRO).astype(np.int64)
    for kind, ages in ((ENDED, ENDED_AGE), (OTHERWISE, OTHERWISE_AGE)):
        np.add.at(table[ages], at[how == kind], micro[how == kind])
    return table


@dataclass
class _Begun:
    """The cases that came to the stage that a target is of, on their first visit, and what became of them."""

    layout: Layout
    log: Log
    target: Target

    @cached_property
    def _rows(self) -> Mask:
        first = self.log.column("visit") == 1
        here: Mask = self.log.stage == self.layout.places.index(self.target.of)
        found: Mask = self.log.in_stage & first & here
        return found

    @cached_property
    def replication(self) -> Ints:
        """The replication of each case."""
        return self.log.replication[self._rows]

    @cached_property
    def began(self) -> Floats:
        """When each began, in days since start."""
        return self.log.entered[self._rows]

    @property
    def overdue_from(self) -> Floats:
        """When each is beyond the target, unless it is gone by then."""
        return self.began + self.target.within_days

    @cached_property
    def reached(self) -> Floats:
        """When each first reached the milestone; infinite if it did not."""
        log, place = self.log, self.layout.places.index(self.target.milestone)
        as_stage = self._first(log.in_stage & (log.stage == place), log.entered)
        return np.minimum(as_stage, self._first(log.outcome == place, log.left))

    @cached_property
    def ended(self) -> Floats:
        """When each ended; infinite if it did not."""
        return self._first(self.log.outcome >= len(self.layout.stages), self.log.left)

    @cached_property
    def gone(self) -> Floats:
        """When each reached the milestone or ended; NaN if neither."""
        first = np.minimum(self.reached, self.ended)
        return np.where(np.isinf(first), np.nan, first)

    def _first(self, rows: Mask, time: Floats) -> Floats:
        """The least time over these rows of each case."""
        cases, place = np.unique(self.log.case[rows], return_inverse=True)
        least = np.full(len(cases) + 1, np.inf)
        np.minimum.at(least, place, time[rows])
        mine = self.log.case[self._rows]
        at = np.searchsorted(cases, mine)
        same = at < len(cases)
        same[same] = cases[at[same]] == mine[same]
        return least[np.where(same, at, len(cases))]

    def totals(self) -> dict[str, Mask]:
        """Who began, could be followed for as long as the target allows, met it, is beyond it at the horizon."""
        within, horizon = self.target.within_days, self.log.horizon
        followed = self.began + within <= horizon
        met = followed & (self.reached - self.began <= within)
        overdue = np.isnan(self.gone) & (horizon - self.began > within)
        return {"begun": np.ones(len(self.began), dtype=bool), "followed": followed, "met": met, "overdue": overdue}

    def ages(self) -> Counts:
        """The time until the milestone, or another end, counted by age."""
        how = np.where(np.isfinite(self.reached), ENDED, np.where(np.isfinite(self.ended), OTHERWISE, CENSORED))
        end = np.where(np.isfinite(self.reached), self.reached, np.minimum(self.ended, self.log.horizon))
        return counted(end - self.began, how, np.maximum(-self.began, 0.0))
