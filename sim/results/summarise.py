"""Event log -> arrays of the summary, for a chunk of replications at once.

A case here is what the log knows as one: a strand, or a case that never forked; one that forks into k strands counts as
k from the fork on. All sums are vectorised over the rows of the log, because a summary that loops over replications in
Python would cost as much as the simulation itself.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.results.events import DELAY_PREFIX, EFFORT_PREFIX, REASON_COLUMNS
from sim.results.summary import (
    AT_START,
    CENSORED,
    ENDED,
    FURTHER_STRANDS,
    GIVEN,
    HEADLINE,
    NEW,
    OTHERWISE,
    PARTS,
    SAME_DAYS,
    Arrays,
    Counts,
    Floats,
    Layout,
    latest,
)
from sim.scenario.schema import Target

if TYPE_CHECKING:
    import pyarrow as pa

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

MICRO = 1e6
"""Sums of ages are taken in whole millionths of a day: whole numbers add up to the same in any order of chunks."""


def summarise(layout: Layout, events: "pa.Table", numbers: range, given: Arrays) -> Arrays:
    """The arrays of the summary (`VARIABLES`) of these replications.

    Parameters
    ----------
    layout : labels of the dimensions.
    events : the event log of these replications, visits of a case in their order.
    numbers : the numbers of the replications.
    given : what the replications had that is not in the log: `GIVEN`.
    """
    log = Log(layout, events, numbers)
    targets = [_Followed(layout, log, target) for target in layout.scenario.targets]
    return {
        **_populations(log),
        **_visits(log),
        **_flows(log),
        **_roles(log),
        **_resolutions(log),
        **_tracked(log),
        **_targets(log, targets),
        **_durations(log, targets, numbers.start),
        "frequency": _frequency(log, targets),
        "age_sum": np.array([_age_sum(log, log.in_population(p)) for p in layout.populations]),
        **{name: given[name] for name in GIVEN},
    }


class Log:
    """The columns of an event log as arrays, with what is needed of it more than once."""

    def __init__(self, layout: Layout, events: "pa.Table", numbers: range) -> None:
        self._events, self.layout = events, layout
        self.horizon, self.replications = layout.scenario.horizon_days, len(numbers)
        self.replication = self.column("replication").astype(np.int64) - numbers.start
        cases, self.case_code = self.coded("case")
        parents, self._parent_code = self.coded("parent")
        # a case that forked before the first day, or on it, has strands in the log and no visit of its own
        self.case_names = list(dict.fromkeys([*cases, *filter(None, parents)]))
        self._parents, self._cases_each = parents, max(len(self.case_names), 1)
        self.case = self.replication * self._cases_each + self.case_code
        self.requested, self.entered, self.left = map(self.column, ("requested", "entered", "left"))
        self.stage, self.outcome = self._states("stage"), self._states("outcome")
        self.in_stage, self.ended = ~np.isnan(self.entered), ~np.isnan(self.left)
        resolving = np.isin(layout.states, layout.resolving)
        self.open = ~resolving[self.stage]
        self.resolves = self.open & (self.outcome >= 0) & resolving[self.outcome]

    def replication_of(self, cases: Ints) -> Ints:
        """The replications that cases are of, by their numbers."""
        replications: Ints = cases // self._cases_each
        return replications

    def column(self, name: str) -> Floats:
        """A column of numbers."""
        values: Floats = self._events.column(name).to_numpy()
        return values

    def coded(self, name: str) -> tuple[list[str], Ints]:
        """A column of names: the names, and the number of each row's name; -1 where it has none."""
        column = self._events.column(name).unify_dictionaries().combine_chunks()
        codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        return column.dictionary.to_pylist(), codes

    def _states(self, name: str) -> Ints:
        """A column of stages and exits by their numbers in the layout."""
        names, codes = self.coded(name)
        numbers: Ints = np.array([*(self.layout.states.index(n) for n in names), -1])[codes]
        return numbers

    def sum(self, *index: tuple[Ints, int], weight: Floats | Mask | None = None, rows: Mask | None = None) -> Floats:
        """Sums over the rows of each replication, and of each number of further dimensions: (numbers, size) each."""
        cell, shape = self.replication, [self.replications]
        for numbers, size in index:
            cell, shape = cell * size + numbers, [*shape, size]
        chosen = slice(None) if rows is None else rows
        values = None if weight is None else weight[chosen].astype(np.float64)
        total = np.bincount(cell[chosen], values, int(np.prod(shape))).astype(np.float64)
        return total.reshape(shape)

    @property
    def by_stage(self) -> tuple[Ints, int]:
        """The dimension of stages, for `sum`."""
        return self.stage, len(self.layout.stages)

    @property
    def by_outcome(self) -> tuple[Ints, int]:
        """The dimension of the states that visits led to, for `sum`; only for rows that have an outcome."""
        return self.outcome, len(self.layout.states)

    @cached_property
    def first_rows(self) -> Ints:
        """The first row of each case, in the order of the cases' numbers."""
        rows: Ints = np.unique(self.case, return_index=True)[1]
        return rows

    @cached_property
    def is_first(self) -> Mask:
        """Whether each row is the first of its case."""
        first = np.zeros(len(self.case), dtype=bool)
        first[self.first_rows] = True
        return first

    @cached_property
    def at_start(self) -> Mask:
        """Rows with which cases are in progress on the first day.

        Also of cases that come that very day, unless they come from another one in the log: on the day on which a probe
        is opened people count it as open.
        """
        begun: Mask = self.is_first & ((self.requested < 0) | ((self.requested == 0) & (self.previous < 0)))
        return begun

    @cached_property
    def parent(self) -> Ints:
        """Of each row the number of the case that forked into its own; -1 if none did."""
        known = {name: number for number, name in enumerate(self.case_names)}
        number = np.array([*(known.get(name, -1) for name in self._parents), -1])[self._parent_code]
        return np.where(number >= 0, self.replication * self._cases_each + number, -1)

    @cached_property
    def _order(self) -> Ints:
        """Rows by case, those of a case in the order of its visits."""
        return np.argsort(self.case, kind="stable")

    @cached_property
    def previous(self) -> Ints:
        """Of each row the one before it in its case, or the last row of the case that forked into it; -1 if none."""
        order, case = self._order, self.case[self._order]
        before = np.full(len(case), -1)
        same = case[1:] == case[:-1]
        before[order[1:][same]] = order[:-1][same]
        last = np.append(~same, True)[: len(case)]  # of an empty log, too
        cases, rows = case[last], order[last]
        at = np.minimum(np.searchsorted(cases, self.parent), max(len(cases) - 1, 0))
        forked = (before < 0) & (self.parent >= 0)
        if len(cases):
            forked &= cases[at] == self.parent
            before[forked] = rows[at[forked]]
        return before

    @cached_property
    def population(self) -> Ints:
        """Of each row the number of its population in the layout, by its stage."""
        headline = np.isin(self.layout.stages, self.layout.scenario.procedure.headline_stages())
        numbers: Ints = np.where(headline, 0, 1)[self.stage]
        return numbers

    def in_population(self, name: str) -> Mask:
        """Rows in which a case is in progress and belongs to a population."""
        mask: Mask = self.open & (self.population == self.layout.populations.index(name))
        return mask

    @cached_property
    def since(self) -> Floats:
        """Of each row when its case came to its population, in days since start.

        What a case did before the first day is not in the log, so that a case in progress on that day counts from the
        beginning of the stage in which it then was. Strands count from when the case that forked into them came, and
        one that was resolved and is taken up again comes anew.
        """
        previous, open_before = self.previous, self.open[self.previous]
        stays = (previous >= 0) & (self.population[previous] == self.population) & (open_before | ~self.open)
        row = np.where(stays, previous, np.arange(len(previous)))
        while (further := row[row] != row).any():  # each round doubles how far back a chain of visits is followed
            row[further] = row[row[further]]
        since: Floats = self.requested[row]
        return since

    @cached_property
    def effort_of_cases(self) -> Floats:
        """FTE-days of work of all roles on each case, in the order of `first_rows`; with its share of the work that was
        done on the case that forked into it, of which each strand has the same."""
        cases = self.case[self.first_rows]
        columns = [self.column(f"{EFFORT_PREFIX}{role}") for role in self.layout.scenario.staffing]
        work = np.sum([np.zeros(len(self.case)), *columns], axis=0)
        own = np.bincount(np.searchsorted(cases, self.case), work, len(cases)).astype(np.float64)
        parent = self.parent[self.first_rows]
        at = np.minimum(np.searchsorted(cases, parent), len(cases) - 1)
        above = np.where(cases[at] == parent, at, -1)
        strands = np.bincount(above[above >= 0], minlength=len(cases))
        effort, share, up = own.copy(), np.ones(len(cases)), above.copy()
        while (forked := up >= 0).any():  # a strand may have forked again
            share[forked] /= strands[up[forked]]
            effort[forked] += share[forked] * own[up[forked]]
            up[forked] = above[up[forked]]
        return effort


def _populations(log: Log) -> Arrays:
    """Cases in progress, coming and leaving, by population; fines.

    In every replication and population `pending_start + incoming = pending_end + resolved`.
    """
    previous, population = log.previous, log.population
    stays = (previous >= 0) & (population[previous] == population) & log.open[previous]
    first = log.is_first
    further = (
        first & ~log.at_start & stays
    )  # strands of a case of the same population; the first of them is the case itself
    further[np.nonzero(further)[0][np.unique(log.parent[further], return_index=True)[1]]] = False
    leads_on = np.isin(log.layout.states, log.layout.headline_stages)[log.outcome] == (population == 0)
    leaves = log.open & log.ended & (log.resolves | ~leads_on)
    inside = np.where(log.ended, log.left, log.horizon) - np.maximum(log.requested, 0.0)
    pending = log.open & ~log.ended
    size = len(log.layout.populations)

    def by_population(rows: Mask, weight: Floats | None = None) -> Floats:
        return log.sum((population, size), weight=weight, rows=rows)

    fine = log.column("fine_eur_m")
    fined = (fine > 0) & (log.entered >= 0)
    return {
        "pending_start": by_population(log.at_start & log.open),
        "incoming": by_population(log.open & ~log.at_start & (~stays | further)),
        "resolved": by_population(leaves),
        "resolved_days": by_population(leaves, log.left - log.since),
        "pending_end": by_population(pending),
        "pending_days": by_population(log.open, inside),
        "age_end": by_population(pending, log.horizon - log.since),
        "fines": log.sum(weight=fine, rows=fined),
        "fined": log.sum(rows=fined),
    }


def _visits(log: Log) -> Arrays:
    """Visits of each stage and where their days went, those in progress at the horizon as far as they have gone."""
    days = np.where(log.ended, log.left, log.horizon) - log.entered
    unconstrained = log.column("unconstrained_days")
    reasons = [log.column(name) for name in REASON_COLUMNS]
    queue = np.where(log.in_stage, log.entered, log.horizon) - log.requested
    differences = (unconstrained - sum(reasons), days - unconstrained)
    work, staff = (np.where(np.abs(part) < SAME_DAYS, 0.0, part) for part in differences)  # no rounding noise
    parts = dict(zip(PARTS, (work, staff, *reasons, queue), strict=True))
    by_part = [log.sum(log.by_stage, weight=parts[name], rows=log.in_stage) for name in PARTS]
    return {
        "entered": log.sum(log.by_stage, weight=log.entered >= 0, rows=log.in_stage),
        "visits": log.sum(log.by_stage, rows=log.in_stage),
        "ended": log.sum(log.by_stage, weight=log.ended, rows=log.in_stage),
        "days": np.stack(by_part, axis=-1),
    }


def _flows(log: Log) -> Arrays:
    """How many cases came to each stage and from where, went where, and are there at the horizon.

    A case that forks goes to its next stage as one of its strands; the others come there as further ones.
    """
    first = log.first_rows
    parent, late = log.parent[first], ~log.at_start[first]
    further = late & (parent >= 0)
    further[np.nonzero(further)[0][np.unique(parent[further], return_index=True)[1]]] = False
    new = late & ~further & ~np.isin(parent, log.case[first])
    rows = {NEW: first[new], AT_START: first[~late], FURTHER_STRANDS: first[further]}
    masks = {source: np.isin(np.arange(len(log.case)), chosen) for source, chosen in rows.items()}
    return {
        "came": np.stack([log.sum(log.by_stage, rows=masks[source]) for source in rows], axis=1),
        "went": log.sum(log.by_stage, log.by_outcome, rows=log.ended),
        "remaining": log.sum(log.by_stage, rows=~log.ended),
    }


def _roles(log: Log) -> Arrays:
    """The work of each role in each stage, and the days by which it delayed the visits."""
    none = np.zeros((log.replications, len(log.layout.stages), 0))
    by_role = {
        name: [
            log.sum(log.by_stage, weight=log.column(prefix + role))[..., None] for role in log.layout.scenario.staffing
        ]
        for name, prefix in (("effort", EFFORT_PREFIX), ("delay", DELAY_PREFIX))
    }
    return {name: np.concatenate([none, *columns], axis=-1) for name, columns in by_role.items()}


def _resolutions(log: Log) -> Arrays:
    """How headline cases end, when, and the work on them."""
    headline = log.population == 0
    ends = log.ended & headline & np.isin(log.layout.states, log.layout.resolving)[log.outcome]
    effort = log.effort_of_cases[np.searchsorted(log.case[log.first_rows], log.case)]
    dates = log.layout.dates
    by_date = [log.sum(log.by_outcome, rows=log.resolves & headline & (log.left <= date)) for date in latest(dates)]
    return {
        "effort_of": log.sum(log.by_stage, log.by_outcome, weight=effort, rows=log.resolves),
        "reached": log.sum(log.by_outcome, rows=ends),
        "days_to": log.sum(log.by_outcome, weight=log.left - log.since, rows=ends),
        "ended_by": np.stack(by_date, axis=-1),
        "open_on": _occupancy(log, log.in_population(HEADLINE), latest(dates)).astype(np.float64),
    }


def _tracked(log: Log) -> Arrays:
    """When each tracked case first got to each state, and whether it is in progress at the horizon."""
    tracked, states = log.layout.tracked, len(log.layout.states)
    first = np.full((log.replications, len(tracked), states), np.inf, dtype=np.float32)
    open_at_end = np.zeros((log.replications, len(tracked)), dtype=bool)
    number = {name: position for position, name in enumerate(tracked)}
    case = np.array([*(number.get(name, -1) for name in log.case_names), -1])[log.case_code]
    exits = log.outcome >= len(log.layout.stages)
    ends = exits | (log.ended & np.isin(log.case, log.parent))  # a case that forks comes to its next stage as strands
    for reached, state, time in ((log.in_stage, log.stage, log.entered), (ends, log.outcome, log.left)):
        rows = reached & (case >= 0)
        at = (log.replication[rows], case[rows], state[rows])
        np.minimum.at(first, at, time[rows].astype(np.float32))
    pending = log.open & ~log.ended & (case >= 0)
    open_at_end[log.replication[pending], case[pending]] = True
    return {"first_reached": first, "open_at_end": open_at_end}


def _targets(log: Log, targets: "list[_Followed]") -> Arrays:
    """How many cases each target is of, and how many are beyond it at the horizon."""
    begun, overdue = np.zeros((2, log.replications, len(targets)))
    for number, target in enumerate(targets):
        begun[:, number] = np.bincount(target.replication, minlength=log.replications)
        overdue[:, number] = np.bincount(target.replication, target.overdue, log.replications)
    return {"begun": begun, "overdue": overdue}


def _durations(log: Log, targets: "list[_Followed]", start: int) -> Arrays:
    """The durations of visits, and from what targets are of to their milestones, one by one, sorted by replication.

    They are stored one by one, not counted by age: the product-limit estimate then is exact, and its sampling error can
    be had by leaving out replications.
    """
    rows = log.in_stage
    until = np.where(log.ended, log.left, log.horizon)
    parts: list[tuple[Any, ...]] = [
        (
            log.replication[rows], log.stage[rows], (until - log.entered)[rows], np.maximum(-log.entered, 0.0)[rows],
            np.where(log.ended, ENDED, CENSORED)[rows],
        )
    ]  # fmt: skip
    for number, target in enumerate(targets, len(log.layout.stages)):
        curve = np.full(len(target.replication), number)
        parts.append((target.replication, curve, *target.durations()))
    columns = [np.concatenate(values) for values in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")  # so that chunks joined are the whole, however they were cut
    replication, curve, days, entry, end = (values[order] for values in columns)
    return {
        "duration_replication": (replication + start).astype(np.int32),
        "duration_curve": curve.astype(np.int16),
        "duration_days": days,
        "duration_entry": entry,
        "duration_end": end.astype(np.int8),
    }


def _frequency(log: Log, targets: "list[_Followed]") -> Counts:
    """How often each series has which value at each time."""
    layout, times = log.layout, log.layout.times
    counts = [_occupancy(log, log.stage == layout.states.index(name), times) for name in layout.open_stages]
    counts += [_occupancy(log, log.in_population(name), times) for name in layout.populations]
    counts += [_inside(*target.overdue_spells(), times) for target in targets]
    most = max(int(count.max()) for count in counts) + 1
    steps = np.arange(len(times)) * most
    tallies = [np.bincount((count + steps).ravel(), minlength=len(times) * most) for count in counts]
    return np.array([tally.reshape(len(times), most) for tally in tallies])


def _occupancy(log: Log, visits: Mask, times: Floats) -> Ints:
    """How many of these visits are in progress at each time, in each replication: shape (replications, times).

    A case is in progress from `requested` (it may queue at a limit) until it leaves.
    """
    return _inside(log.replication[visits], log.replications, log.requested[visits], log.left[visits], times)


def _inside(replication: Ints, replications: int, begin: Floats, end: Floats, times: Floats) -> Ints:
    """How many intervals hold each time, in each replication; NaN: no end; empty intervals hold none."""
    real = np.isnan(end) | (end > begin)
    count = np.zeros((replications, len(times) + 1), dtype=np.int64)
    np.add.at(count, (replication[real], np.searchsorted(times, begin[real], side="left")), 1)
    over = real & ~np.isnan(end)
    np.add.at(count, (replication[over], np.searchsorted(times, end[over], side="left")), -1)
    inside: Ints = np.cumsum(count, axis=1)[:, :-1]
    return inside


def _age_sum(log: Log, rows: Mask) -> Counts:
    """The days since they came of all cases in these rows at each time, in millionths, over all replications."""
    times = log.layout.times
    since = np.round(log.since[rows] * MICRO).astype(np.int64)
    ends = np.where(log.ended, log.left, np.inf)[rows]
    begin, end = (np.searchsorted(times, t, side="left") for t in (log.requested[rows], ends))
    number, births = np.zeros((2, len(times) + 1), dtype=np.int64)
    for position, sign in ((begin, 1), (end, -1)):
        np.add.at(number, position, sign)
        np.add.at(births, position, sign * since)
    now = np.round(times * MICRO).astype(np.int64)
    ages: Counts = now * np.cumsum(number)[:-1] - np.cumsum(births)[:-1]
    return ages


class _Followed:
    """The cases that came to the stage that a target is of, from their first visit on, and what became of them.

    A case that forks before it has come to the milestone is followed as its strands, each from when the case began.
    """

    def __init__(self, layout: Layout, log: Log, target: Target) -> None:
        self.log, self.target = log, target
        rows = log.in_stage & (log.column("visit") == 1) & (log.stage == layout.states.index(target.of))
        self._milestone = layout.states.index(target.milestone)
        self._too_late = np.isin(layout.states, layout.ends_without(target.milestone))
        self._forked: list[tuple[Ints, Floats, Floats]] = []
        self._follow(log.case[rows], log.entered[rows])
        while self._replace_by_strands():
            pass

    def _follow(self, case: Ints, began: Floats) -> None:
        """Follow these cases, in the order of the log."""
        first_row = self.log.first_rows[np.searchsorted(self.log.case[self.log.first_rows], case)]
        order = np.argsort(first_row)
        self._case, self.began = case[order], began[order]
        self._came = self.log.requested[first_row[order]]

    def _replace_by_strands(self) -> bool:
        """Follow the strands of cases that forked, instead of them; whether there were any."""
        case, parent = self.log.case[self.log.first_rows], self.log.parent[self.log.first_rows]
        forked = np.isnan(self.gone) & np.isin(self._case, parent)
        strands = np.isin(parent, self._case[forked])
        order = np.argsort(self._case)
        of_parent = order[np.searchsorted(self._case, parent[strands], sorter=order)]
        others = ~forked & ~np.isin(self._case, case[strands])
        fork = np.full(len(self._case), np.inf)
        np.minimum.at(fork, of_parent, self.log.requested[self.log.first_rows][strands])
        self._forked.append((self.replication[forked], self._late_from[forked], fork[forked]))
        began = np.concatenate([self.began[others], self.began[of_parent]])
        self._follow(np.concatenate([self._case[others], case[strands]]), began)
        return bool(forked.any())

    @property
    def replication(self) -> Ints:
        """The replication of each case."""
        return self.log.replication_of(self._case)

    @property
    def _late_from(self) -> Floats:
        """When each is beyond the target, unless it is gone by then: a strand not before it came about."""
        late: Floats = np.maximum(latest(self.began + self.target.within_days), self._came)
        return late

    def overdue_spells(self) -> tuple[Ints, int, Floats, Floats]:
        """In which replication, of how many, and from when to when something is beyond the target.

        A case until it forks, then each of its strands.
        """
        spells = [(self.replication, self._late_from, self.gone), *self._forked]
        replication, begin, end = map(np.concatenate, zip(*spells, strict=True))
        return replication, self.log.replications, begin, end

    @property
    def overdue(self) -> Floats:
        """1 for each that is beyond the target and not gone at the horizon."""
        late = np.isnan(self.gone) & (self.log.horizon > self._late_from)
        return late.astype(np.float64)

    @property
    def gone(self) -> Floats:
        """When each reached the milestone, or an end from which it does not get there; NaN if neither."""
        first = np.minimum(self._reached(), self._over())
        return np.where(np.isinf(first), np.nan, first)

    def _reached(self) -> Floats:
        """When each first reached the milestone; infinite if it did not."""
        log = self.log
        as_stage = self._first(log.in_stage & (log.stage == self._milestone), log.entered)
        first: Floats = np.minimum(as_stage, self._first(log.outcome == self._milestone, log.left))
        return first

    def _over(self) -> Floats:
        """When each came to an end from which it does not get to the milestone; infinite if it did not."""
        return self._first(self.log.ended & self._too_late[self.log.outcome], self.log.left)

    def _first(self, rows: Mask, time: Floats) -> Floats:
        """The least time over these rows of each case, since it began; infinite if there is none."""
        order, cases, times = np.argsort(self._case), self.log.case[rows], time[rows]
        at = np.append(order, -1)[np.searchsorted(self._case, cases, sorter=order)]
        mine = np.append(self._case, -1)[at] == cases
        mine &= times >= np.append(self.began, np.inf)[at]
        least = np.full(len(self._case), np.inf)
        np.minimum.at(least, at[mine], times[mine])
        return least

    def durations(self) -> tuple[Floats, Floats, Ints]:
        """Days until the milestone or another end, the age at which each came under observation, how it ended."""
        reached, over = self._reached(), self._over()
        how = np.where(np.isfinite(reached), ENDED, np.where(np.isfinite(over), OTHERWISE, CENSORED))
        end = np.where(np.isfinite(reached), reached, np.minimum(over, self.log.horizon))
        return end - self.began, np.maximum(-self.began, 0.0), how
