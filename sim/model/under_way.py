"""What remains of a stage under way on the first day: drawn given the time already spent, never from zero.

A stage of one step is drawn by the inverse distribution function above the elapsed part. A stage of several steps is
drawn by rejection: of the case's keyed candidates (each a full row of draws, so a route and a length) the first
that fits what is known is what happened, which is the same conditional law.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.model.draws import Row, Rows
from sim.model.plan import EFFORT, ROUTE_COLUMN, WAIT, Routing, StagePlan, StepPlan
from sim.model.walk import NO_WAITS, Case, Resumption
from sim.scenario.distributions import Constant

if TYPE_CHECKING:
    from sim.model.replication import Replication

FIRST, CANDIDATES = 16, 1024
"""Most candidates looked at. If none of them is long enough (the procedure gives the elapsed time a chance below about
1 in 1,000) the longest is taken, and the stage ends on the first day."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A step as it would go from a time on: its length before the first day, and with unlimited staff.

    `role`: whose work takes longest; -1 if nobody's can delay the step.
    """

    step: StepPlan
    place: int
    length: float
    alone: float
    role: int


def resumption(sim: "Replication", case: Case, stage: StagePlan, elapsed: float) -> Resumption | None:
    """The state of a visit that began `elapsed` days before the first day and of whose end nothing is known.

    None if it has ended: a silent route leaves no trace, so a case without a further act may have gone it before.
    """
    routing = stage.routing_for(case.profile, 1)
    rows = sim.draws.rows(case.source.name, case.strand, stage, 1, FIRST)
    if elapsed <= 0:
        return _cut(sim, case, stage, rows.row(0, routing), 0.0)
    single = _single_step(routing, stage, elapsed, rows)
    if single is not None:
        return _cut(sim, case, stage, single, elapsed)
    longest: tuple[float, Row] | None = None
    for number in range(CANDIDATES):
        if number == FIRST:  # rarely: the stretch of the streams goes on
            rows = sim.draws.rows(case.source.name, case.strand, stage, 1, CANDIDATES)
        row = rows.row(number, routing)
        route = routing.take(row[ROUTE_COLUMN])
        total = sum(s.length for s in _stretches(sim, case, route.steps, row, elapsed))
        if total > elapsed:
            return _cut(sim, case, stage, row, elapsed)
        if route.silent:
            return None
        if longest is None or total > longest[0]:
            longest = total, row
    assert longest is not None
    return _cut(sim, case, stage, longest[1], elapsed)


def _single_step(routing: Routing, stage: StagePlan, elapsed: float, rows: Rows) -> Row | None:
    """The row of a stage that is one wait or one team on every route; None for other stages."""
    routes = routing.routes
    if any(route.steps != routes[0].steps or route.silent for route in routes) or len(routes[0].steps) != 1:
        return None
    step = routes[0].steps[0]
    value = stage.sampler.columns[step.column].value
    if step.kind == EFFORT or step.working or step.happens >= 0 or step.when is not None or value is None:
        return None
    row = rows.row(0, routing)
    if not isinstance(value, Constant):
        row[step.column] = elapsed + float(value.remaining(rows.uniforms(step.column)[:1], elapsed)[0])
    return row


def _stretches(sim: "Replication", case: Case, steps: tuple[StepPlan, ...], row: Row, elapsed: float) -> list[Stretch]:
    """The steps that happen, from the beginning of the stage on, at the pace of before the first day."""
    found, time = [], -elapsed
    for place, step in enumerate(steps):
        if step.happens >= 0 and row[step.happens] >= step.probability:
            continue
        if step.when is not None and not step.when.fits(case.profile, 1):
            continue
        alone, role = row[step.column], -1
        length = alone
        if step.kind == EFFORT:
            scale = row[step.column] * case.complexity
            alone = sim.alone(step, row, scale)
            length = max(sim.work_alone(step, row, scale) / sim.plan.scenario.pace_before_start, alone)
            role = sim.longest(step, row)
        elif step.working:
            alone = length = sim.plan.working_days.after(time, length) - time
        found.append(Stretch(step, place, length, alone, role))
        time += length
    return found


def _cut(sim: "Replication", case: Case, stage: StagePlan, row: Row, elapsed: float) -> Resumption:
    """What is behind the case and what is left, after the elapsed time.

    Time that no step accounts for (see CANDIDATES) is nobody's delay: it counts as time without staff constraints.
    """
    waits, unconstrained, spent = list(NO_WAITS), 0.0, 0.0
    delays: list[tuple[int, float]] = []
    route = stage.routing_for(case.profile, 1).take(row[0])
    for s in _stretches(sim, case, route.steps, row, elapsed):
        used = min(elapsed - spent, s.length)
        share = used / s.length if s.length else 1.0
        if s.step.kind == WAIT:
            waits[s.step.reason] += used
        unconstrained += share * s.alone
        if s.length > s.alone:
            delays.append((s.role, used - share * s.alone))
        if used < s.length or elapsed <= 0:
            left = _shortened(row, s.step, share, used)
            return Resumption(-elapsed, route, s.place, left, unconstrained, tuple(waits), tuple(delays))
        spent += used
    beyond = elapsed - spent
    return Resumption(-elapsed, route, len(route.steps), row, unconstrained + beyond, tuple(waits), tuple(delays))


def _shortened(row: Row, step: StepPlan, share: float, used: float) -> Row:
    """The draws with those of the step under way cut to what remains of it."""
    left = list(row)
    if step.happens >= 0:
        left[step.happens] = 0.0
    left[step.column] *= 1.0 - share
    if step.at_least >= 0:
        left[step.at_least] = max(left[step.at_least] - used, 0.0)
    return left
