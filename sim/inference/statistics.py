"""Statistics of histories: by which a simulated record is compared with the real one.

They see how much happened (rates), when in the life of a strand it happened (shares still pending by age), when in the
course of the past it happened (rates of its two halves, between which staff may have grown), and how strands end.
All are finite whatever a record holds, and all vary smoothly with what it holds.
"""

import numpy as np

from sim.dates import YEAR_DAYS
from sim.inference.histories import KINDS, Floats, Histories

OPENED_AGES = (150, 250, 365, 450, 545, 650, 850)
"""Days since the opening at which the share of strands still without findings or outcome is looked at."""
FINDINGS_AGES = (120, 250, 365, 500)
"""Days since preliminary findings at which the share of strands still without an outcome is looked at."""
FEWEST_FOLLOWED = 4
"""Strands that must have been followed to an age since their opening for its share to be a statistic."""
OPENINGS_RATE = "openings"
"""The statistic of the openings."""


def statistics(histories: Histories) -> tuple[list[str], Floats]:
    """The statistics of each history: their names, and a table (histories, statistics)."""
    columns = {
        **rates(histories),
        **rates_by_half(histories),
        **shares_pending(histories),
        **shares_after_findings(histories),
        **{name: np.log(count + 0.5) for name, count in ends(histories).items()},
    }
    return list(columns), np.column_stack(list(columns.values()))


def first_act(histories: Histories) -> Floats:
    """When each strand came to findings or an outcome, whichever was first; infinite: to neither by the end."""
    first: Floats = np.minimum(histories.findings, histories.resolved)
    return first


def rates(histories: Histories) -> dict[str, Floats]:
    """Logarithms of rates a year: acts over the time at risk, with half an act added so that none is infinite."""
    h, end = histories, histories.end
    with_findings, resolved = h.findings <= end, h.resolved <= end
    at_risk = (np.minimum(first_act(h), end) - h.opened).sum(axis=1)
    days = np.minimum(h.resolved, end) - np.where(with_findings, h.findings, 0.0)
    since_findings = np.where(with_findings, days, 0.0).sum(axis=1)
    return {
        "findings": _log_rate(with_findings, at_risk),
        "outcomes without findings": _log_rate(resolved & ~with_findings, at_risk),
        # One year more at risk: early on hardly any strand has findings, and the rate would be noise.
        "outcomes after findings": _log_rate(resolved & with_findings, since_findings + YEAR_DAYS),
        OPENINGS_RATE: np.log((h.openings + 0.5) / (end / YEAR_DAYS)),
    }


def rates_by_half(histories: Histories) -> dict[str, Floats]:
    """The rate of findings in each half of the past, as in `rates`; with one year more at risk, as halves are short."""
    h, end = histories, histories.end
    until = np.minimum(first_act(h), end)
    columns = {}
    for half, (since, before) in {"first": (0.0, end / 2), "second": (end / 2, end)}.items():
        came = (h.findings > since) & (h.findings <= before)
        at_risk = np.clip(np.minimum(until, before) - np.maximum(h.opened, since), 0.0, None).sum(axis=1)
        columns[f"findings in the {half} half"] = _log_rate(came, at_risk + YEAR_DAYS)
    return columns


def shares_pending(histories: Histories) -> dict[str, Floats]:
    """The share of strands still without findings or outcome at each age, of those that were followed so long."""
    h, columns = histories, {}
    lasted = first_act(h) - h.opened
    for age in OPENED_AGES:
        followed = h.end - h.opened >= age
        if followed.sum() >= FEWEST_FOLLOWED:
            columns[f"still pending after {age} days"] = (lasted[:, followed] >= age).mean(axis=1)
    return columns


def shares_after_findings(histories: Histories) -> dict[str, Floats]:
    """The share of strands with findings that still have no outcome at each age since their findings.

    Which strands have findings, and how long they were followed since, differs between histories. So the share is the
    product-limit estimate of Kaplan and Meier (1958), over all of them, with half a strand more at risk that never
    comes to an outcome: it is defined where no strand has findings, and not 0 once the last one at risk has ended.
    """
    h, end = histories, histories.end
    with_findings = h.findings <= end
    since = np.where(with_findings, h.findings, end)
    days = np.where(with_findings, np.minimum(h.resolved, end) - since, -1.0)
    order = np.argsort(days, axis=1)
    days = np.take_along_axis(days, order, axis=1)
    ended = np.take_along_axis(with_findings & (h.resolved <= end), order, axis=1)
    at_risk = np.arange(days.shape[1], 0, -1) + 0.5
    left = np.cumsum(np.where(ended, np.log1p(-1.0 / at_risk), 0.0), axis=1)
    columns = {}
    for age in FINDINGS_AGES:
        before = np.where(days < age, left, 0.0)
        columns[f"still without outcome {age} days after findings"] = np.exp(before.min(axis=1, initial=0.0))
    return columns


def ends(histories: Histories) -> dict[str, Floats]:
    """How many strands ended in each way, without findings and after them."""
    h, columns = histories, {}
    resolved, with_findings = h.resolved <= h.end, h.findings <= h.end
    for place, having in (("without", ~with_findings), ("after", with_findings)):
        for number, kind in enumerate(KINDS):
            count = (resolved & having & (h.how == number)).sum(axis=1).astype(float)
            columns[f"{kind.replace('_', ' ')} {place} findings"] = count
    return columns


def _log_rate(acts: np.ndarray, days: Floats) -> Floats:
    """The logarithm of the rate a year: how many strands had the act, over the days at risk."""
    rate: Floats = np.log((acts.sum(axis=1) + 0.5) / np.maximum(days / YEAR_DAYS, 0.01))
    return rate
