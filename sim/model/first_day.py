"""What remains of a stage in progress on the first day: drawn given the time already spent, never from zero.

A stage of one step is drawn by the inverse distribution function above the elapsed part. A stage of several steps is
drawn by rejection: of the case's keyed candidates (each a full row of draws, so a route and a length) the first
that agrees with what is known is what happened, which is the same conditional law (von Neumann, 1951). Where that is so
unlikely that candidates run out, see `sim.model.outlasting`.
"""

from dataclasses import dataclass

from sim.model.case import NO_WAITS, Case, CaseFactory
from sim.model.draws import Row, Rows
from sim.model.outlasting import outlasting
from sim.model.plan import EFFORT, ROUTE_COLUMN, WAIT, Plan, RoutePlan, Routing, StagePlan, StepPlan
from sim.model.spans import spans
from sim.scenario.distributions import Constant

FIRST_CANDIDATES = 16
"""Candidates drawn at first, which nearly always suffice: a column of uniform numbers costs by its length."""
MAX_CANDIDATES = 1024
"""Most candidates looked at. If none of them is long enough, the procedure gives the elapsed time a chance of less than
some 1 in 1,000, and `sim.model.outlasting` draws from the tail."""


@dataclass(slots=True)
class Resumption:
    """A visit in progress on the first day: when it began, what is behind the case, what is left.

    `row` holds the draws with those of the step in progress cut to what remains, `next_step` the index of that step on
    the route.
    """

    case: Case
    stage: StagePlan
    since: float
    route: RoutePlan
    next_step: int
    row: Row
    unconstrained: float
    waits: tuple[float, ...]
    delays: tuple[tuple[int, float], ...]
    """pools, and the days by which they have delayed the case"""


def resumption(factory: CaseFactory, case: Case, stage: StagePlan, elapsed: float) -> Resumption | None:
    """The state of a visit that began `elapsed` days before the first day and whose end is not known of.

    None if it has ended: a silent route leaves no trace, so a case without a further act may have taken it before.
    """
    routing = stage.routing_for(case.profile, 1)
    # Each candidate is the row of a case of its own, as if the source had so many: they are independent, and the
    # first of them is the row that the case would have if it arrived on the first day.
    rows = factory.draws.rows(case.source.name, case.strand, stage, 1, FIRST_CANDIDATES)
    if elapsed <= 0:
        return _resume_at(factory, case, stage, rows.row(0, routing), 0.0)
    single = _single_step(routing, stage, elapsed, rows)
    if single is not None:
        return _resume_at(factory, case, stage, single, elapsed)
    for number in range(MAX_CANDIDATES):
        if number == FIRST_CANDIDATES:  # rarely; the longer stretch of the streams begins with the shorter one
            rows = factory.draws.rows(case.source.name, case.strand, stage, 1, MAX_CANDIDATES)
        row = rows.row(number, routing)
        route = routing.route_at(row[ROUTE_COLUMN])
        total = sum(span.length for span in spans(factory.plan, case, route.steps, row, elapsed))
        if total > elapsed:
            return _resume_at(factory, case, stage, row, elapsed)
        # A candidate that ended before the first day contradicts the record, unless its end was not to be seen.
        if route.silent:
            return None
    unlikely = outlasting(factory, case, stage, routing, elapsed, MAX_CANDIDATES)
    return _resume_at(factory, case, stage, unlikely, elapsed) if unlikely is not None else None


def _single_step(routing: Routing, stage: StagePlan, elapsed: float, rows: Rows) -> Row | None:
    """The row of a stage that is one wait or one team on every route; None for other stages.

    The elapsed time then says nothing about the route, so that the route's draw stands and only the length is drawn
    given the time spent: exact however unlikely that is, where rejection would run out of candidates.
    """
    routes = routing.routes
    if any(route.steps != routes[0].steps or route.silent for route in routes) or len(routes[0].steps) != 1:
        return None
    step = routes[0].steps[0]
    value = stage.sampler.columns[step.column].value
    if step.kind == EFFORT or step.in_working_days or step.happens >= 0 or step.when is not None or value is None:
        return None
    row = rows.row(0, routing)
    if not isinstance(value, Constant):
        row[step.column] = elapsed + float(value.remaining(rows.uniforms(step.column)[:1], elapsed)[0])
    return row


def _resume_at(factory: CaseFactory, case: Case, stage: StagePlan, row: Row, elapsed: float) -> Resumption:
    """What is behind the case and what is left, after the elapsed time.

    Time that no step accounts for, where the procedure gives the elapsed time no chance at all, is nobody's delay: it
    counts as time without staff constraints, and the stage ends on the first day.
    """
    waits, unconstrained, spent = list(NO_WAITS), 0.0, 0.0
    delays: list[tuple[int, float]] = []
    route = stage.routing_for(case.profile, 1).route_at(row[ROUTE_COLUMN])
    for span in spans(factory.plan, case, route.steps, row, elapsed):
        used = min(elapsed - spent, span.length)
        share = used / span.length if span.length else 1.0
        if span.step.kind == WAIT:
            waits[span.step.reason] += used
        unconstrained += share * span.unconstrained
        if span.length > span.unconstrained:
            delays.append((span.role, used - share * span.unconstrained))
        if used < span.length or elapsed <= 0:
            left = _remainder(factory.plan, row, span.step, share, used)
            return Resumption(
                case, stage, -elapsed, route, span.index, left, unconstrained, tuple(waits), tuple(delays)
            )
        spent += used
    unconstrained += elapsed - spent
    return Resumption(case, stage, -elapsed, route, len(route.steps), row, unconstrained, tuple(waits), tuple(delays))


def _remainder(plan: Plan, row: Row, step: StepPlan, share: float, used: float) -> Row:
    """The draws with those of the step in progress cut to what remains after `used` days, a share of the whole."""
    left = list(row)
    if step.happens >= 0:
        left[step.happens] = 0.0  # it is happening, whatever its probability was
    if step.in_working_days:  # of which some days have more than others
        left[step.column] = max(left[step.column] - plan.working_days.between(-used, 0.0), 0.0)
    else:
        left[step.column] *= 1.0 - share
    if step.minimum >= 0:
        left[step.minimum] = max(left[step.minimum] - used, 0.0)
    return left
