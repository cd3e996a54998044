"""Statistics of histories: by which a simulated record is compared with the real one.

They see how much happened (rates), when in the life of a strand it happened (shares still pending by age), when in the
course of the past it happened (rates of its two halves, between which staff may have grown), and how strands end.
All are finite whatever a record holds.
"""

import numpy as np
from numpy.typing import NDArray

from sim.dates import YEAR_DAYS
from sim.inference.histories import KINDS, Floats, Histories
from sim.record.spans import FINDINGS, OPENED

Flags = NDArray[np.bool_]
Measures = dict[str, Floats]
"""One number for each history, by name."""

OPENED_AGES = (150, 250, 365, 450, 545, 650, 850)
"""Days since the opening at which the share of strands still without findings or outcome is looked at."""
FINDINGS_AGES = (120, 250, 365, 500)
"""Days since preliminary findings at which the share of strands still without an outcome is looked at."""
FEWEST_FOLLOWED = 4
"""Strands that must have been followed to an age for anything to be said of it."""
OPENINGS_RATE = "openings"
"""The statistic of the openings."""


def statistics(histories: Histories) -> tuple[list[str], Floats]:
    """The statistics of each history: their names, and a table (histories, statistics).

    Logarithms of rates, shares, and logarithms of counts, with half an end added.
    """
    columns = {
        **{name: np.log(rate) for name, rate in rates(histories).items()},
        **shares(histories),
        **{name: np.log(count + 0.5) for name, count in ends(histories).items()},
    }
    return list(columns), np.column_stack(list(columns.values()))


def first_act(histories: Histories) -> Floats:
    """When each strand came to findings or an outcome, whichever was first; infinite: to neither by the end."""
    first: Floats = np.minimum(histories.findings, histories.resolved)
    return first


def rates(histories: Histories) -> Measures:
    """Acts a year at risk, with half an act added so that none is 0: over all of the past, and findings by its halves.

    Where little time is at risk, as after the first findings and in the first half, a year is added: the rate would be
    noise.
    """
    h, end = histories, histories.end
    with_findings, resolved = h.findings <= end, h.resolved <= end
    at_risk = (np.minimum(first_act(h), end) - h.opened).sum(axis=1)
    since_findings = _days_since_findings(h).sum(axis=1)
    return {
        "findings": _rate(with_findings, at_risk),
        "outcomes without findings": _rate(resolved & ~with_findings, at_risk),
        "outcomes after findings": _rate(resolved & with_findings, since_findings + YEAR_DAYS),
        OPENINGS_RATE: (h.openings + 0.5) / (end / YEAR_DAYS),
        "findings in the first half": _findings_between(h, 0.0, end / 2),
        "findings in the second half": _findings_between(h, end / 2, end),
    }


def _rate(acts: Flags, days: Floats) -> Floats:
    """Acts a year: how many strands had the act, over the days at risk."""
    rate: Floats = (acts.sum(axis=1) + 0.5) / np.maximum(days / YEAR_DAYS, 0.01)
    return rate


def _days_since_findings(h: Histories) -> Floats:
    """How long each strand was without an outcome since its findings; 0 without findings."""
    has = h.findings <= h.end
    days: Floats = np.where(has, np.minimum(h.resolved, h.end) - np.where(has, h.findings, 0.0), 0.0)
    return days


def _findings_between(h: Histories, since: float, before: float) -> Floats:
    """The rate of findings in a part of the past."""
    until = np.minimum(np.minimum(first_act(h), h.end), before)
    at_risk = np.clip(until - np.maximum(h.opened, since), 0.0, None).sum(axis=1)
    return _rate((h.findings > since) & (h.findings <= before), at_risk + YEAR_DAYS)


def shares(histories: Histories) -> Measures:
    """The share of strands still without findings or outcome by age since opening, and without outcome since findings.

    The former is of those that were followed so long, which are the same in each history. Which strands have findings,
    and how long they were followed since, differs, so that the latter is the product-limit estimate over all of them,
    with half a strand more at risk that never comes to an outcome: it is defined where no strand has findings, and is
    not 0 once the last one at risk has ended.
    """
    h, columns = histories, {}
    lasted = first_act(h) - h.opened
    for age in OPENED_AGES:
        followed = h.end - h.opened >= age
        if followed.sum() >= FEWEST_FOLLOWED:
            columns[f"still pending after {age} days"] = (lasted[:, followed] >= age).mean(axis=1)
    has = h.findings <= h.end
    left = survival(_days_since_findings(h), has & (h.resolved <= h.end), has, np.array(FINDINGS_AGES), more=0.5)
    for column, age in enumerate(FINDINGS_AGES):
        columns[f"still without outcome {age} days after findings"] = left[:, column]
    return columns


def survival(days: Floats, ended: Flags, studied: Flags, ages: Floats, more: float = 0.0) -> Floats:
    """The product-limit estimate (Kaplan and Meier 1958) of each history: the share still pending after each age.

    Parameters
    ----------
    days, ended, studied : (histories, strands)
        How long each strand was seen, whether that was to its end, and whether it counts at all.
    ages : (ages,)
        Days; an end on an age has happened by it.
    more
        Strands at risk at each age beside those that count.

    Returns
    -------
    (histories, ages)
    """
    # At the same age ends come before those that were seen no longer, and strands that do not count before all others.
    days, ended = np.where(studied, days, -1.0), ended & studied
    order = np.lexsort((~ended, days))
    lasted, ends = np.take_along_axis(days, order, axis=1), np.take_along_axis(ended, order, axis=1)
    at_risk = np.arange(days.shape[1], 0, -1) + more
    left = np.cumprod(np.where(ends, 1.0 - 1.0 / at_risk, 1.0), axis=1)
    return np.column_stack([np.where(lasted <= age, left, 1.0).min(axis=1, initial=1.0) for age in ages])


def ends(histories: Histories) -> Measures:
    """How many strands ended in each way, without findings and after them."""
    h, columns = histories, {}
    resolved, with_findings = h.resolved <= h.end, h.findings <= h.end
    for place, having in (("without", ~with_findings), ("after", with_findings)):
        for number, kind in enumerate(KINDS):
            count = (resolved & having & (h.how == number)).sum(axis=1).astype(float)
            columns[f"{kind.replace('_', '-')} {place} findings"] = count
    return columns


def totals(histories: Histories) -> Measures:
    """How many strands came to findings and to an outcome, and how many proceedings were opened after the first day."""
    h = histories
    return {
        "number of findings": (h.findings <= h.end).sum(axis=1).astype(float),
        "number of outcomes": (h.resolved <= h.end).sum(axis=1).astype(float),
        "number of openings": h.openings,
    }


def curves(histories: Histories, ages: Floats) -> dict[str, Floats]:
    """The share of strands still pending at each age: in formal proceedings, and with findings but no outcome.

    Product-limit estimates (histories, ages), by the event that each begins with; missing (NaN) at ages to which fewer
    than `FEWEST_FOLLOWED` strands of a history were followed, be it that they ended before or not.
    """
    h = histories
    first, has = first_act(h), h.findings <= h.end
    opened = np.broadcast_to(h.opened, first.shape)
    spans = {
        OPENED: (np.minimum(first, h.end) - opened, first <= h.end, np.ones_like(has), h.end - opened),
        FINDINGS: (_days_since_findings(h), has & (h.resolved <= h.end), has, np.where(has, h.end - h.findings, -1.0)),
    }
    found = {}
    for name, (days, ended, studied, followed) in spans.items():
        enough = np.column_stack([(followed >= age).sum(axis=1) >= FEWEST_FOLLOWED for age in ages])
        found[name] = np.where(enough, survival(days, ended, studied, ages), np.nan)
    return found
