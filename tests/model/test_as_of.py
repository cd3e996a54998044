"""The as-of property: nothing dated after the first day enters, so a backtest is honest."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from record_rows import Tables, blank_after, cut, read_tables, write_tables
from workloads import SHIPPED, events, three_probes

from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario
from sim.scenario.settings import parse_settings

STARTS = ("2024-03-14", "2024-09-01", "2025-07-15")


def starting(day: str) -> list[str]:
    """Settings for a forecast of two years from a day, three times."""
    return ["replications=3", f"start={day}", f"horizon={date.fromisoformat(day) + timedelta(days=730)}"]


def load(folder: Path, record: Tables, day: str) -> Scenario:
    """The three probes from copies of the scenario files in a folder, beside a record of their own."""
    for part in ("common", "procedures"):
        shutil.copytree(SHIPPED / part, folder / part)
    shutil.copy(SHIPPED / "three-probes.yaml", folder)
    write_tables(folder / "record", record)
    return load_scenario(folder / "three-probes.yaml", parse_settings(starting(day)))


def no_outcomes(record: Tables, day: str) -> Tables:
    """Another future: no strand that was open on the day ever gets anywhere."""
    strands = [blank_after(row, day, "outcome_date", "outcome", "fine_eur") for row in record["strands.csv"]]
    return {**record, "strands.csv": [blank_after(row, day, "preliminary_findings") for row in strands]}


def silent_future(record: Tables, day: str) -> Tables:
    """Another future: nothing happens after the day but that proceedings are opened."""
    acts = [row for row in record["events.csv"] if row["date"] <= day or row["event"] == "proceedings_opened"]
    return {**no_outcomes(record, day), "events.csv": acts}


def busy_future(record: Tables, day: str) -> Tables:
    """Another future: the day after, everybody is asked about generative AI, and every concern is then closed."""
    tomorrow = f"{date.fromisoformat(day) + timedelta(days=1)}"
    template = next(row for row in record["events.csv"] if row["event"] == "rfi")
    named = {row["platform"]: row["provider"] for row in record["events.csv"] if row["date"] <= day}
    common = {**template, "date": tomorrow, "case_id": "", "proceeding": "", "topic": "generative_ai"}
    more = [
        {**common, "platform": platform, "provider": provider, "event": event}
        for platform, provider in named.items()
        for event in ("rfi", "closed_without_proceedings")
    ]
    acts = sorted([*record["events.csv"], *more], key=lambda row: row["date"])
    return {**record, "events.csv": acts}


def assert_same(one: Scenario, other: Scenario) -> None:
    """The scenarios, and every bit of their events, are the same."""
    left, right = one.model_dump(mode="json"), other.model_dump(mode="json")
    for name in left:
        assert left[name] == right[name], name
    assert list(one.probes) == list(other.probes)
    pd.testing.assert_frame_equal(events(one), events(other), check_exact=True)


@pytest.mark.parametrize("day", STARTS)
def test_removing_what_came_later_changes_no_bit(tmp_path, day):
    """A record cut at the first day gives the same forecast as the whole record, bit for bit."""
    record = read_tables(SHIPPED / "record")
    known = cut(record, day)
    assert len(known["events.csv"]) < len(record["events.csv"])
    assert max(row["date"] for row in known["events.csv"]) <= day
    assert_same(three_probes(*starting(day)), load(tmp_path, known, day))


@pytest.mark.parametrize("future", [no_outcomes, silent_future, busy_future], ids=lambda f: f.__name__)
def test_another_future_changes_no_bit(tmp_path, future: Callable[[Tables, str], Tables]):
    """Other rows after the first day give the same forecast, bit for bit."""
    day = "2024-09-01"
    record = read_tables(SHIPPED / "record")
    altered = future(record, day)
    assert altered != record
    assert_same(three_probes(*starting(day)), load(tmp_path, altered, day))


def test_what_came_before_does_change_the_forecast(tmp_path):
    """The comparison compares something: without the act of the first day itself the forecast is another."""
    day = "2024-03-14"
    record = read_tables(SHIPPED / "record")
    earlier = cut(record, "2024-03-13")
    assert len(earlier["events.csv"]) < len(cut(record, day)["events.csv"])
    one, other = three_probes(*starting(day)), load(tmp_path, earlier, day)
    assert "aliexpress-2024-03" in set(one.probes) - set(other.probes)
    assert "rfi-2023-11-06-aliexpress" in set(other.probes) - set(one.probes)


@pytest.mark.parametrize("day", STARTS)
def test_no_probe_is_younger_than_the_first_day(day):
    """No case in progress, and no strand of one, has a date after the first day."""
    probes = three_probes(*starting(day)).probes.values()
    dates = [since for probe in probes for since in (probe.since, *(strand.since for strand in probe.strands.values()))]
    assert max(since for since in dates if since) <= date.fromisoformat(day)
