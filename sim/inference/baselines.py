"""Forecasts without a model, from the durations of the record as known on a day: what the model has to beat.

Each gives the probability that a milestone has come by each day from 1 on, for a strand of a given age in its stage.
A strand that leaves its stage in another way never comes to the milestone: such ends compete (Aalen and Johansen 1978).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.dates import days_between
from sim.record.model import Record
from sim.record.spans import FINDINGS, OPENED, TOTAL, strand_spans

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RecordDurations:
    """Durations of a stage in the record: days so far, and how each ended: as meant (1), otherwise (2), not yet (0)."""

    days: Floats
    how: Floats


def durations(record: Record, stage: str, milestone: str | None) -> RecordDurations:
    """How long strands have been in a stage, as known on the last day of a record.

    `milestone`: the event that is meant; None: any end.
    """
    spans = [span for span in strand_spans(record) if span.stage == stage]
    days = [float(days_between(span.since, span.ended or record.last_day)) for span in spans]
    how = [0.0 if not span.ended else 1.0 if milestone in (None, span.outcome) else 2.0 for span in spans]
    return RecordDurations(np.array(days), np.array(how))


def durations_for(record: Record, milestone: str, at_findings: bool) -> RecordDurations:
    """The durations that inform a milestone (findings, or any outcome) for a strand before or after its findings."""
    if milestone == FINDINGS:
        return durations(record, OPENED, FINDINGS)
    return durations(record, FINDINGS if at_findings else TOTAL, None)


def kaplan_meier_forecast(known: RecordDurations, age: float, days: int) -> Floats:
    """The product-limit estimate given the age: (F(age + t) - F(age)) / S(age) for t = 1 to `days`.

    F is the Aalen-Johansen estimate of coming to the milestone, S the Kaplan-Meier estimate of neither end. Where
    nothing of the kind was seen at that age or later, it says that nothing will happen: it cannot know better.
    """
    times = np.unique(known.days[known.how > 0])
    left, came = 1.0, 0.0
    survival, incidence = [left], [came]
    for time in times:
        at_risk = float((known.days >= time).sum())
        ends = known.days == time
        came += left * float((ends & (known.how == 1)).sum()) / at_risk
        left *= 1.0 - float((ends & (known.how > 0)).sum()) / at_risk
        survival.append(left)
        incidence.append(came)
    now = int(np.searchsorted(times, age, side="right"))
    if survival[now] <= 0:
        return np.zeros(days)
    then = np.searchsorted(times, age + np.arange(1, days + 1), side="right")
    forecast: Floats = (np.array(incidence)[then] - incidence[now]) / survival[now]
    return forecast


def exponential_forecast(known: RecordDurations, days: int, added: float = 0.0) -> Floats:
    """Constant rates: ends over time at risk, the maximum-likelihood estimate with censoring; no age matters.

    `added`: ends of the meant kind added to the count. One half is Jeffreys' prior, so that a record without any end
    yet does not say "never".
    """
    at_risk = max(float(known.days.sum()), 1.0)
    rate = (float((known.how == 1).sum()) + added) / at_risk
    other = float((known.how == 2).sum()) / at_risk
    if rate == 0:
        return np.zeros(days)
    t = np.arange(1, days + 1)
    forecast: Floats = rate / (rate + other) * -np.expm1(-(rate + other) * t)
    return forecast


BASELINES: dict[str, Callable[[RecordDurations, float, int], Floats]] = {
    "kaplan-meier": kaplan_meier_forecast,
    "exponential": lambda known, age, days: exponential_forecast(known, days),
    "exponential+1/2": lambda known, age, days: exponential_forecast(known, days, 0.5),
}
"""The baselines by name."""
