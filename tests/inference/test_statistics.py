"""Each statistic of a made-up history against what it is by hand."""

import numpy as np
import pytest

from sim.inference.histories import KINDS, PENDING, Histories
from sim.inference.statistics import (
    FINDINGS_AGES,
    OPENED_AGES,
    curves,
    ends,
    rates,
    shares,
    statistics,
    survival,
    totals,
)
from sim.record.spans import FINDINGS, OPENED

NEVER = np.inf
COMMITMENTS, DECISION = KINDS.index("commitments"), KINDS.index("non_compliance")


def history(*strands: tuple[float, float, float, int], end: float = 1000.0, openings: float = 1.0) -> Histories:
    """One history of strands: opened, findings, resolved, how."""
    opened, findings, resolved, how = (np.array(column) for column in zip(*strands, strict=True))
    names = tuple(f"{number}/one" for number in range(len(strands)))
    return Histories(names, opened, findings[None], resolved[None], how[None], np.array([openings]), end)


FIVE = history(
    (0.0, 300.0, 500.0, DECISION),
    (0.0, 400.0, NEVER, PENDING),
    (100.0, NEVER, 300.0, COMMITMENTS),
    (200.0, 700.0, 900.0, COMMITMENTS),
    (600.0, NEVER, NEVER, PENDING),
    openings=4.0,
)


def one(columns: dict[str, np.ndarray]) -> dict[str, float]:
    """The values of the only history."""
    return {name: float(values[0]) for name, values in columns.items()}


def test_rates_by_hand():
    """Acts and half an act over the years at risk; two findings in the first 500 days, one in the second."""
    at_risk, after = (300 + 400 + 200 + 500 + 400) / 365, (200 + 600 + 200) / 365 + 1
    first, second = (300 + 400 + 200 + 300) / 365 + 1, (200 + 400) / 365 + 1
    assert one(rates(FIVE)) == pytest.approx(
        {
            "findings": 3.5 / at_risk,
            "outcomes without findings": 1.5 / at_risk,
            "outcomes after findings": 2.5 / after,
            "openings": 4.5 / (1000 / 365),
            "findings in the first half": 2.5 / first,
            "findings in the second half": 1.5 / second,
        }
    )


def test_shares_by_hand():
    """Of the four or five that were followed so long (only three for 850 days); and since findings.

    Since findings, two had an outcome after 200 days and one is pending after 600, with half a strand more at risk.
    """
    pending, both = [1.0, 4 / 5, 3 / 5, 1 / 4, 0.0, 0.0], (1 - 1 / 3.5) * (1 - 1 / 2.5)
    assert list(one(shares(FIVE)).values()) == pytest.approx([*pending, 1.0, both, both, both])
    names = [f"still pending after {age} days" for age in OPENED_AGES[:-1]]
    assert list(shares(FIVE)) == [
        *names,
        *(f"still without outcome {age} days after findings" for age in FINDINGS_AGES),
    ]
    assert FINDINGS_AGES[0] < 200 < FINDINGS_AGES[1]


def test_statistics_are_rates_shares_and_counts_on_their_scales():
    """Logarithms of rates and of counts with half an end added; shares as they are."""
    names, values = statistics(FIVE)
    known = dict(zip(names, values[0], strict=True))
    assert known["findings"] == pytest.approx(np.log(one(rates(FIVE))["findings"]))
    assert known["still pending after 250 days"] == pytest.approx(4 / 5)
    assert known["commitments after findings"] == pytest.approx(np.log(1.5))
    assert known["closed after findings"] == pytest.approx(np.log(0.5))


def test_survival_by_hand():
    """The textbook example of Kaplan and Meier: ends at 2, 5, 5 and 9 days, others seen for 3 and 5 days."""
    days, ended = np.array([[9.0, 5, 3, 2, 5, 5, 1]]), np.array([[True, True, False, True, True, False, True]])
    studied = np.array([[True] * 6 + [False]])
    left = survival(days, ended, studied, np.array([0.0, 1.9, 2.0, 4.9, 5.0, 8.9, 9.0]))
    five = 5 / 6 * 2 / 4
    assert left[0] == pytest.approx([1, 1, 5 / 6, 5 / 6, five, five, 0])


def test_curves_by_hand():
    """Missing where fewer than four strands were followed so long: since findings nowhere, since openings after 800."""
    found = curves(FIVE, np.array([0.0, 250.0, 400.0, 800.0, 810.0]))
    assert np.isnan(found[FINDINGS]).all()
    expected = [1.0, 4 / 5, 4 / 5 * 3 / 4 * 2 / 3, 0.0, np.nan]
    assert found[OPENED][0] == pytest.approx(expected, nan_ok=True)


def test_totals_by_hand():
    """Three findings, three outcomes, four openings."""
    assert one(totals(FIVE)) == {"number of findings": 3.0, "number of outcomes": 3.0, "number of openings": 4.0}


def test_ends_by_hand():
    """One decision and one commitments after findings, one commitments without."""
    counts = {name: value for name, value in one(ends(FIVE)).items() if value}
    assert counts == {
        "commitments without findings": 1.0,
        "non-compliance after findings": 1.0,
        "commitments after findings": 1.0,
    }


@pytest.mark.parametrize(
    "strands",
    [
        [(0.0, NEVER, NEVER, PENDING)],
        [(999.0, NEVER, NEVER, PENDING)] * 5,
        [(0.0, 1.0, 2.0, DECISION)] * 5,
        [(0.0, NEVER, 0.0, COMMITMENTS)] * 5,
    ],
)
def test_statistics_of_any_history_are_finite(strands):
    """Nothing pending, nothing happened, all at once."""
    names, values = statistics(history(*strands))
    assert values.shape == (1, len(names))
    assert len(set(names)) == len(names)
    assert np.isfinite(values).all()


def test_histories_are_looked_at_one_by_one():
    """The statistics of two histories of the same strands are those of each by itself."""
    other = history(
        (0.0, NEVER, NEVER, PENDING),
        (0.0, 100.0, 800.0, DECISION),
        (100.0, 150.0, NEVER, PENDING),
        (200.0, NEVER, 300.0, COMMITMENTS),
        (600.0, 900.0, 950.0, DECISION),
    )
    both = Histories(
        FIVE.names,
        FIVE.opened,
        *(np.concatenate([getattr(h, name) for h in (FIVE, other)]) for name in ("findings", "resolved", "how")),
        np.array([4.0, 1.0]),
        1000.0,
    )
    _, values = statistics(both)
    np.testing.assert_allclose(values, np.concatenate([statistics(h)[1] for h in (FIVE, other)]))
