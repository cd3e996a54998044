"""A stage of several draws, given that it has outlasted a time that hardly any of its draws would have lasted.

One draw at a time takes the burden. Of each of many candidate rows, and of each of its draws, there is the chance that
this draw alone, with all others as they are, makes the stage long enough: an integral that the survival function of the
draw gives with all its digits, however small it is. A row and a draw are chosen by these chances, and the draw is made
anew above the value that it needs. For every draw taken alone this is the conditional law (Rao-Blackwellised sampling,
importance, resampling; Rubin, 1988), and so it is for the mixture.

It is exact where a stage has one draw that decides its length, and for several up to how well the candidates cover what
the others may be: where only several unusual draws together could have lasted so long, it has them too rarely.
"""

from math import exp, inf, log

from sim.model.case import Case, CaseFactory
from sim.model.draws import Row
from sim.model.plan import ROUTE_COLUMN, Plan, Routing, StagePlan
from sim.model.spans import StepSpan, parts, spans
from sim.scenario.distributions import Constant

CANDIDATES = 256
"""Rows of which one is chosen."""
Choice = tuple[float, Row, int, float]
"""The logarithm of a chance; a row; the column to draw anew (-1: none), above which value."""


def outlasting(
    factory: CaseFactory, case: Case, stage: StagePlan, routing: Routing, elapsed: float, seen: int
) -> Row | None:
    """A row of draws given that the stage has lasted for `elapsed` days and no end of it is known.

    None if it has ended by a silent route. If no row at all can last so long, the first of the longest candidates.
    """
    # The candidates `seen` so far were too short: these are others. One more is for the choice.
    last = seen + CANDIDATES
    rows = factory.draws.rows(case.source.name, case.strand, stage, 1, last + 1)
    choices: list[Choice | None] = []
    weights: list[float] = []
    longest: tuple[float, Row] = -1.0, []
    for number in range(seen, last):
        row = rows.row(number, routing)
        route = routing.route_at(row[ROUTE_COLUMN])
        of_row = spans(factory.plan, case, route.steps, row, elapsed)
        total = sum(span.length for span in of_row)
        if total > longest[0]:  # the first of those that are as long: which one it is must say nothing of the route
            longest = total, row
        if route.silent and total <= elapsed:
            choices.append(None)
            weights.append(0.0)
        for choice in _choices(factory.plan, case, stage, row, of_row, elapsed):
            choices.append(choice)
            weights.append(choice[0])
    most = max(weights, default=-inf)
    if most == -inf:
        return longest[1]
    shares = [exp(weight - most) for weight in weights]
    left = rows.uniforms(ROUTE_COLUMN).item(last) * sum(shares)
    chosen = next((c for c, share in zip(choices, shares, strict=True) if (left := left - share) < 0), choices[-1])
    if chosen is None:
        return None
    _, row, column, above = chosen
    value = stage.sampler.columns[column].value
    if column >= 0 and value is not None:
        row[column] = above + float(value.remaining(rows.uniforms(column)[-1:], above)[0])
    return row


def _choices(
    plan: Plan, case: Case, stage: StagePlan, row: Row, of_row: list[StepSpan], elapsed: float
) -> list[Choice]:
    """Each draw of a row with the chance that it alone makes the stage long enough, over the number of draws."""
    total = sum(span.length for span in of_row)
    found: list[Choice] = []
    began = -elapsed
    for span in of_row:
        needed = elapsed - (total - span.length)  # days that the step must take
        for part in parts(plan, case, span.step, row):
            value = stage.sampler.columns[part.column].value
            if value is None or isinstance(value, Constant):
                continue
            if part.others > needed:
                found.append((0.0, row, -1, 0.0))
            elif part.factor <= 0:
                found.append((-inf, row, -1, 0.0))
            else:
                days = needed / part.factor
                above = plan.working_days.between(began, began + days) if span.step.in_working_days else days
                found.append((value.log_survival(above), row, part.column, above))
        began += span.length
    if not found:
        return [(0.0 if total > elapsed else -inf, row, -1, 0.0)]
    return [(chance - log(len(found)), *rest) for chance, *rest in found]  # type: ignore[misc]
