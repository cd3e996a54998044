"""The baselines by hand."""

from datetime import date

import numpy as np
import pytest
import small_authority

from sim.inference.baselines import RecordDurations, durations_for, exponential_forecast, kaplan_meier_forecast
from sim.record.files import load_record

MIXED = RecordDurations(np.array([10.0, 20.0, 20.0, 30.0, 40.0]), np.array([1.0, 2.0, 0.0, 1.0, 0.0]))
"""Ends as meant at 10 and 30, another end at 20, censored at 20 and 40."""


def test_kaplan_meier_by_hand():
    """Of five at risk one ends, of four one leaves otherwise, of two one ends: 0.2 and 0.6 / 2 more come to it."""
    forecast = kaplan_meier_forecast(MIXED, 0.0, 50)
    assert forecast[8] == 0.0
    assert forecast[9] == pytest.approx(0.2)
    assert forecast[28] == pytest.approx(0.2)
    assert forecast[29] == forecast[-1] == pytest.approx(0.2 + 0.6 / 2)


def test_kaplan_meier_given_an_age():
    """At age 15 four fifths are left, so what is still to come counts for 1/0.8 as much."""
    forecast = kaplan_meier_forecast(MIXED, 15.0, 50)
    assert forecast[13] == 0.0
    assert forecast[14] == pytest.approx(0.3 / 0.8)


def test_kaplan_meier_without_ends_says_never():
    """Nothing has ended: the estimate knows no end."""
    assert not kaplan_meier_forecast(RecordDurations(np.array([5.0]), np.array([0.0])), 5.0, 10).any()


def test_exponential_by_hand():
    """Two ends as meant and one other in 120 days: rates of 1/60 and 1/120 a day, which compete."""
    forecast = exponential_forecast(MIXED, 60)
    assert forecast[-1] == pytest.approx(2 / 3 * (1 - np.exp(-60 / 40)))
    assert not exponential_forecast(RecordDurations(np.array([5.0]), np.array([0.0])), 10).any()
    half = exponential_forecast(RecordDurations(np.array([50.0]), np.array([0.0])), 10, 0.5)
    assert half[-1] == pytest.approx(1 - np.exp(-0.5 / 50 * 10))


def test_durations_of_a_record(tmp_path):
    """Each strand's stage with its end as known on the day: findings, another outcome, or pending."""
    small_authority.write(tmp_path)
    known = load_record(tmp_path / "record").known_on(date(2021, 12, 31))
    ends = durations_for(known, "preliminary_findings", False)
    assert ends.how.tolist() == [1, 1, 2, 0, 0]
    assert ends.days.tolist() == [112, 176, 233, 177, 62]
    assert durations_for(known, "resolution", False).how.tolist() == [1, 0, 1, 0, 0]
    assert durations_for(known, "resolution", True).how.tolist() == [1, 0]
