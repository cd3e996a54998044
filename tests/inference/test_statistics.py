"""Each statistic of a made-up history against what it is by hand."""

import numpy as np
import pytest

from sim.inference.histories import KINDS, PENDING, Histories
from sim.inference.statistics import (
    FINDINGS_AGES,
    OPENED_AGES,
    ends,
    rates,
    rates_by_half,
    shares_after_findings,
    shares_pending,
    statistics,
)

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
    """Acts and half an act over the years at risk."""
    at_risk, after = (300 + 400 + 200 + 500 + 400) / 365, (200 + 600 + 200) / 365 + 1
    assert one(rates(FIVE)) == pytest.approx(
        {
            "findings": np.log(3.5 / at_risk),
            "outcomes without findings": np.log(1.5 / at_risk),
            "outcomes after findings": np.log(2.5 / after),
            "openings": np.log(4.5 / (1000 / 365)),
        }
    )


def test_rates_of_halves_by_hand():
    """Two findings in the first 500 days, one in the second."""
    first, second = (300 + 400 + 200 + 300) / 365 + 1, (200 + 400) / 365 + 1
    expected = {"findings in the first half": np.log(2.5 / first), "findings in the second half": np.log(1.5 / second)}
    assert one(rates_by_half(FIVE)) == pytest.approx(expected)


def test_shares_pending_by_hand():
    """Of the four or five that were followed so long; only three were followed for 850 days."""
    expected = [1.0, 4 / 5, 3 / 5, 1 / 4, 0.0, 0.0]
    assert list(one(shares_pending(FIVE)).values()) == pytest.approx(expected)
    assert list(shares_pending(FIVE)) == [f"still pending after {age} days" for age in OPENED_AGES[:-1]]


def test_shares_after_findings_by_hand():
    """Durations since findings 200, 200 (ended) and 600 (pending), with half a strand more at risk."""
    both = (1 - 1 / 3.5) * (1 - 1 / 2.5)
    assert list(one(shares_after_findings(FIVE)).values()) == pytest.approx([1.0, both, both, both])
    assert FINDINGS_AGES[0] < 200 < FINDINGS_AGES[1]


def test_ends_by_hand():
    """One decision and one commitments after findings, one commitments without."""
    counts = {name: value for name, value in one(ends(FIVE)).items() if value}
    assert counts == {
        "commitments without findings": 1.0,
        "non compliance after findings": 1.0,
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
