"""How long stages take, beside the record, and what the days are spent on."""

from pathlib import Path

import numpy as np
import pytest

from sim.record import tables as record_tables
from sim.record.files import load_record
from sim.view.pictures import durations

EXAMPLE = Path(__file__).parents[2] / "docs" / "example-record"


def curves(picture, legend):
    """The lines of one legend group."""
    return [trace for trace in picture.figure.data if trace.legendgroup == legend and trace.mode != "none"]


def test_curves_fall_from_all_visits(small_run):
    """Each stage's curve begins with all visits and never rises; the table has the medians of the indicator."""
    picture = durations.durations(small_run)
    lines = curves(picture, "model")
    assert len(lines) == len(picture.table) >= 3
    for line in lines:
        assert line.y[0] == 1
        assert (np.diff(line.y) <= 0).all()
    known = small_run.table("durations").set_index("stage")["median"]
    chosen = durations.shown_stages(small_run, None)
    assert picture.table["median days"].tolist() == known[chosen].round(0).tolist()
    assert curves(picture, "record") == []


def test_title_says_the_longest_median(small_run):
    """The stage with the longest finite median is named with it."""
    known = small_run.table("durations").set_index("stage").loc[durations.shown_stages(small_run, None)]
    longest = known["median"].sort_values(ascending=False).index[0]
    title = durations.durations(small_run).title
    assert small_run.scenario.procedure.stages[longest].title in title
    assert f"{known.loc[longest, 'median']:.0f} days" in title


def test_record_stands_beside_the_stages_that_compare(small_run):
    """The record's steps are drawn for stages whose ends are public, with its numbers in the caption."""
    record = load_record(EXAMPLE)
    picture = durations.durations(small_run, record)
    table = picture.table.set_index("stage")
    real = record_tables.stages(record).set_index("stage")
    assert table.loc["Formal proceedings", "record: ended"] == real.loc["proceedings_opened", "ended"]
    assert np.isnan(table.loc["Request for information", "record: ended"])
    assert "That cases end in Request for information need not be published" in picture.caption
    of, ended = real.loc["proceedings_opened", ["cases", "ended"]]
    assert f"Formal proceedings: {ended} of {of} visits in the record have ended" in picture.caption
    assert f"as known on {record.last_day}" in picture.caption
    assert "with 7.0 people of these roles on average after 6.0 before" in picture.caption


@pytest.mark.parametrize(("ours", "place"), [(100, "below it"), (250, "within that interval"), (400, "above it")])
def test_agreement_with_the_record_is_computed(ours, place):
    """The model's median is said to lie below, within or above the interval of the record's median."""
    import pandas as pd

    real = pd.Series({"ended": 5, "cases": 9, "median": 240.0, "low80": 200.0, "high80": 300.0})
    said = durations._beside("Findings", real, ours)
    assert said.endswith(f"is {place}.")
    assert "4 are censored" in said


def test_where_days_go_adds_up(small_run):
    """The parts of each bar add up to the days, and the title's shares to about 100%."""
    picture = durations.where_days_go(small_run)
    parts = [column for column in picture.table if column not in ("stage", "days", "80% from", "80% to")]
    assert np.allclose(picture.table[parts].sum(axis=1), picture.table["days"], atol=0.4)
    assert "waiting for staff" in picture.title
    assert sum(durations.shares_of_days(small_run).values()) == pytest.approx(1)


def test_only_the_stages_asked_for(small_run):
    """A filter leaves the other stages out; a stage that nobody knows gives no picture."""
    assert durations.where_days_go(small_run, ["findings"]).table["stage"].tolist() == ["Preliminary findings"]
    assert len(durations.durations(small_run, stages=["findings"]).table) == 1
    assert durations.durations(small_run, stages=["nowhere"]) is None
    assert durations.where_days_go(small_run, []) is None


def test_a_queue_has_pictures_too(bare_run):
    """A run of one stage without a fork is drawn and told as a whole."""
    assert durations.durations(bare_run).figure.data
    assert "of all days" in durations.where_days_go(bare_run).title
