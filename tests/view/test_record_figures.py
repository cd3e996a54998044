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
from sim.view import words
from sim.view.figures import record as figures

ROOT = Path(__file__).parents[2]
SHIPPED, EXAMPLE = ROOT / "scenarios" / "record", ROOT / "docs" / "example-record"
ALL_OF_THEM = [figures.timelines, figures.requests, figures.clearance, figures.survival]
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
    assert len(figure.caption.split()) <= 40
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
        assert words.date_of(date.fromisoformat(day)) in figure.subtitle
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
    traces = {trace.name: trace for trace in figure.chart.data}
    before, after = traces["opening to findings"], traces["findings to outcome"]
    assert len(before.x) == len(strands)
    assert sum(before.x) + sum(after.x) == sum(strands["days"]) * 86_400_000
    assert len(traces["preliminary findings sent"].x) == strands["findings"].notna().sum() == 7
    assert len(traces["in progress"].x) == (strands["outcome"] == "").sum() == 17
    assert set(traces["in progress"].x) == {"2025-12-31"}
    assert figure.title.startswith("4 of 21 strands in 12 proceedings have an outcome")
    assert "Of the 17 in progress, 5 have had preliminary findings" in figure.caption


def test_strands_of_a_proceeding_stand_together(shipped):
    """By the opening of their proceeding, under its services: one heading for each of the fifteen."""
    rows = figures.timelines(shipped).chart.layout.yaxis.ticktext
    headings = [row.partition("</b>")[0].removeprefix("<b>") for row in rows if row.startswith("<b>")]
    assert len(headings) == 15
    assert headings[:4] == ["X, December 2023", "TikTok, February 2024", "AliExpress", "TikTok Lite"]


def test_the_curves_step_down_at_ends(shipped):
    """The steps are the record's Kaplan-Meier curve, from all on the first day on, in a panel for each stage."""
    figure = figures.survival(shipped, END_OF_2025)
    curves = [trace for trace in figure.chart.data if trace.name == "share still in it"]
    table = record_tables.survival(shipped, END_OF_2025)
    for curve, (_, rows) in zip(curves, table.groupby("stage", sort=False), strict=True):
        assert curve.line.shape == "hv"
        assert list(curve.y) == pytest.approx([1.0, *rows["survival"]], abs=1e-4)
    assert "median is 718 days (95% interval: 655 or more)" in figure.title
    assert "21 strands of 12 proceedings are not independent" in figure.caption


def test_too_few_ends_for_a_median(shipped):
    """On 14 March 2024 nothing was resolved, on the last day too little: the title says so, and no number."""
    for day, pending in ((date(2024, 3, 14), "8 of 8"), (shipped.last_day, "20 of 26")):
        title = figures.survival(shipped, day).title
        assert title.endswith(f"too few have ended to estimate the median; {pending} strands are still in progress")


def test_waves_of_requests_are_marked_by_date(shipped, example):
    """The two of 2024 and the one of 2025, as the acts of the record have them; a record need not have any."""
    figure = figures.requests(shipped)
    notes = [note.text for note in figure.chart.layout.annotations]
    assert notes == ["17 on<br>18 Jan", "9 on<br>14 Mar", "5 on<br>23 Sep"]
    assert figure.title == (
        "31 of 76 requests for information came in three waves, in January 2024, March 2024 and September 2025"
    )
    assert figures.requests(example).title == "4 requests for information by December 2022, most in 2021 (3)"


def test_how_many_are_resolved_is_in_the_title(shipped, example):
    """Of a hundred that came in since the first opening."""
    assert figures.clearance(shipped, END_OF_2025).title == (
        "From December 2023 on, 19 strands were resolved per 100 opened"
    )
    assert figures.clearance(example).title.startswith("From June 2021 on, 67 strands were resolved per 100")


def test_what_the_model_expects_stands_beside_the_record(example, small_run):
    """A further row with the run's own numbers a year, and its clearance rate in the title."""
    figure = figures.clearance(example, run=small_run)
    expected = small_run.table("throughput").iloc[0]
    assert f"January 2026 the model expects {expected['clearance_rate']:.0%}".removesuffix("%") in figure.title
    for name, column in (("came in", "incoming"), ("resolved", "resolved"), ("in progress at the end", "pending_end")):
        (bars,) = [trace for trace in figure.chart.data if trace.name == name]
        assert "simulated" in bars.y[-1]
        assert bars.x[-1] == pytest.approx(expected[column], rel=1e-4)
