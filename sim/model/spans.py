"""How long the steps of a stage take that began before the first day."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from sim.model.case import Case
from sim.model.draws import Row
from sim.model.plan import EFFORT, Plan, StepPlan


@dataclass(frozen=True, slots=True)
class StepSpan:
    """A step as it would go if the stage began with it in turn: how long it takes, and with unlimited staff.

    `role`: whose work takes longest; -1 if nobody's can delay the step.
    """

    step: StepPlan
    index: int
    length: float
    unconstrained: float
    role: int


def spans(plan: Plan, case: Case, steps: tuple[StepPlan, ...], row: Row, elapsed: float) -> list[StepSpan]:
    """The steps that happen, from the beginning of the stage on, at the pace of before the first day.

    Nobody knows how busy the staff was then, so effort takes the time with unlimited staff over one assumed pace.
    """
    found, time = [], -elapsed
    for index, step in enumerate(steps):
        if step.happens >= 0 and row[step.happens] >= step.probability:
            continue
        if step.when is not None and not step.when.matches(case.profile, 1):
            continue
        unconstrained, role = row[step.column], -1
        length = unconstrained
        if step.kind == EFFORT:
            scale = row[step.column] * case.complexity
            unconstrained = step.unconstrained_days(row, scale, plan.fte_days_per_day)
            work = step.work_days(row, scale, plan.fte_days_per_day)
            length = max(work / plan.scenario.pace_before_start, unconstrained)
            role = step.slowest_role(row)
        elif step.in_working_days:
            unconstrained = length = plan.working_days.after(time, length) - time
        found.append(StepSpan(step, index, length, unconstrained, role))
        time += length
    return found


@dataclass(frozen=True, slots=True)
class DrawnLength:
    """A draw on which the length of a step depends: it takes `others` days, or this draw times `factor` if longer."""

    column: int
    factor: float
    others: float


def parts(plan: Plan, case: Case, step: StepPlan, row: Row) -> Iterator[DrawnLength]:
    """The draws on which the length of a step depends; of a wait in working days the draw is in these."""
    if step.kind != EFFORT:
        yield DrawnLength(step.column, 1.0, 0.0)
        return
    # As in `spans`: the work of the role that takes longest, at the pace of before the first day, or the minimum.
    pace = plan.fte_days_per_day * plan.scenario.pace_before_start / case.complexity
    scale, minimum = row[step.column], row[step.minimum] if step.minimum >= 0 else 0.0
    work = {column: 1.0 / (cap * pace) if cap < inf else 0.0 for _, column, cap in step.work}
    yield DrawnLength(step.column, max(row[column] * factor for column, factor in work.items()), minimum)
    for column, factor in work.items():
        others = max([row[c] * f * scale for c, f in work.items() if c != column], default=0.0)
        yield DrawnLength(column, factor * scale, max(others, minimum))
    if step.minimum >= 0:
        yield DrawnLength(step.minimum, 1.0, max(row[c] * f * scale for c, f in work.items()))
