"""Pictures of the record say what the record's tables say, on every day, and name the rows behind each number."""

import json
import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from sim.record import tables as record_tables
from sim.record.files import load_record
from sim.record.model import Record
from sim.view.figures import record as figures

ROOT = Path(__file__).parents[2]
SHIPPED, EXAMPLE = ROOT / "scenarios" / "record", ROOT / "docs" / "example-record"
ALL_OF_THEM = [figures.survival, figures.timelines, figures.pending, figures.requests, figures.clearance]
DAYS = ["2023-04-24", "2023-10-13", "2023-12-18", "2024-03-14", "2024-08-05", "2025-06-18", "2025-12-31", "2026-10-08"]
END_OF_2025 = date(2025, 12, 31)


@pytest.fixture(scope="module")
def shipped():
    """The shipped record."""
    return load_record(SHIPPED)


@pytest.fixture(scope="module")
def example():
    """The record of another regulator, very small."""
    return load_record(EXAMPLE)


@pytest.mark.parametrize("of", ALL_OF_THEM)
@pytest.mark.parametrize("which", ["shipped", "example"])
def test_any_record_has_the_picture(of, which, request):
    """Words without missing numbers, a small valid figure, and a table whose numbers can be traced."""
    figure = of(request.getfixturevalue(which))
    assert len(json.dumps(json.loads(figure.whole().to_json()))) < 300_000
    words = " ".join(figure[1:4])
    assert not re.search(r"\b(nan|inf|later|None)\b", words)
    assert not re.search(r"\b1 (strands|proceedings|requests) |\b[02-9] (strand|proceeding) ", words)
    assert (figure.table["rows"] != "").any()


@pytest.mark.parametrize("of", ALL_OF_THEM)
@pytest.mark.parametrize("day", DAYS)
def test_every_day_has_its_picture_or_none(of, day, shipped):
    """Nothing opened, nothing resolved, one case only: there is a figure of what was known, or none."""
    figure = of(shipped, date.fromisoformat(day))
    if figure is not None:
        assert day in figure.subtitle
        moments = figure.table.select_dtypes("datetime")
        assert not (moments > pd.Timestamp(day)).any(axis=None)


@pytest.mark.parametrize("of", ALL_OF_THEM)
def test_an_empty_record_has_no_pictures(of):
    """A record without acts, with or without a last day."""
    assert of(Record((), (), {}, {})) is None
    assert of(Record((), (), {}, {}, date(2024, 1, 1))) is None


def test_the_timelines_show_every_strand_once(shipped):
    """A bar before and one after findings for each strand, as long as the record says; open ends are marked."""
    figure = figures.timelines(shipped, END_OF_2025)
    strands = record_tables.strands(shipped, END_OF_2025)
    bars = {trace.name: trace for trace in figure.chart.data if trace.type == "bar"}
    marks = {trace.name: trace for trace in figure.chart.data if trace.type == "scatter"}
    assert len(bars["opening to findings"].x) == len(strands)
    assert sum(bars["opening to findings"].customdata) + sum(bars["findings to outcome"].customdata) == sum(
        strands["days"]
    )
    assert len(marks["preliminary findings"].x) == strands["findings"].notna().sum() == 7
    assert len(marks["in progress"].x) == (strands["outcome"] == "").sum() == 17
    assert set(marks["in progress"].x) == {"2025-12-31"}
    assert figure.title.startswith("4 of 21 strands in 12 proceedings have an outcome")
    assert "17 strands in 11 proceedings were in progress" in figure.caption


def test_strands_of_a_proceeding_stand_together(shipped):
    """By the opening of their proceeding, under its services: one heading for each of the fifteen."""
    figure = figures.timelines(shipped)
    headings = [note.text for note in figure.chart.layout.annotations]
    assert len(headings) == 15
    assert headings[0] == "<b>X, 2023-12-18</b>"
    assert headings[4] == "<b>Facebook and Instagram, 2024-04-30</b>"
    days = [re.search(r"\d{4}-\d\d-\d\d", heading)[0] for heading in headings]
    assert days == sorted(days)


def test_the_curves_step_down_at_ends_and_tick_at_censorings(shipped):
    """The steps are the record's Kaplan-Meier curve; the ticks have as many cases in progress as the stage."""
    figure = figures.survival(shipped, END_OF_2025)
    stages = record_tables.stages(shipped, END_OF_2025)
    ticks = [trace for trace in figure.chart.data if "in progress" in (trace.name or "")]
    assert [sum(trace.customdata) for trace in ticks] == stages["pending"].tolist()
    curves = [trace for trace in figure.chart.data if trace.name == "share still in it"]
    table = record_tables.survival(shipped, END_OF_2025)
    for curve, (_, rows) in zip(curves, table.groupby("stage", sort=False), strict=True):
        assert curve.line.shape == "hv"
        assert list(curve.y) == [1.0, *rows["survival"].round(4)]
    assert "median is 718 days (95% interval: 655 or more)" in figure.title
    assert "Only 2 of 21 strands" in figure.caption
    assert "12 proceedings" in figure.caption


def test_too_few_ends_for_a_median(shipped):
    """On 14 March 2024 nothing was resolved, on the last day too little: the title says so, and no number."""
    for day, pending in ((date(2024, 3, 14), "8 of 8"), (shipped.last_day, "20 of 26")):
        title = figures.survival(shipped, day).title
        assert title.endswith(f"too few have ended to estimate the median; {pending} strands are still in progress")


def test_mass_mailings_are_marked_by_date(shipped):
    """The two sweeps of 2024 and the one of 2025, as the acts of the record have them."""
    figure = figures.requests(shipped)
    assert "17 services on 2024-01-18, 9 services on 2024-03-14 and 5 services on 2025-09-23" in figure.caption
    assert [note.text for note in figure.chart.layout.annotations] == [
        "17 on<br>18 Jan",
        "9 on<br>14 Mar",
        "5 on<br>23 Sep",
    ]
    assert figure.title.startswith("76 requests for information are public, in 63 letters")


def test_pending_against_a_year_before(shipped, example):
    """Strands and proceedings on the last day, and the strands of the year before; only where there was one."""
    title = figures.pending(shipped).title
    assert title.startswith("20 strands in 13 proceedings are in progress on 2026-10-08, against 19 a year before")
    title = figures.pending(shipped, END_OF_2025).title
    assert title.startswith("17 strands in 11 proceedings are in progress on 2025-12-31, against 16 a year before")
    assert "a year before" not in figures.pending(shipped, date(2024, 3, 14)).title
    assert figures.pending(example).title.startswith("1 strand in 1 proceeding is in progress on 2022-12-31")


def test_the_clearance_rate_is_in_the_title(shipped, example):
    """Of the last year, and of all; the other regulator resolved more than came in."""
    assert figures.clearance(shipped, END_OF_2025).title == (
        "In 2025 4 strands came in and 3 were resolved: a clearance rate of 75%; since the first opening it is 19%"
    )
    assert "a clearance rate of 200%" in figures.clearance(example).title
