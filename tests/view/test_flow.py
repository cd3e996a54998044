"""The flow of cases is drawn as the table has it, loops and what follows a resolution apart."""

import pandas as pd
import pytest

from sim.view.figures import flow

ROWS = [
    ("new", "request", 50.0),
    ("in progress", "request", 1.0),
    ("in progress", "proceedings", 2.0),
    ("in progress", "decision", 1.0),
    ("further strands", "proceedings", 3.0),
    ("request", "request", 7.0),
    ("request", "proceedings", 12.0),
    ("request", "closed", 34.0),
    ("request", "still in progress", 5.0),
    ("proceedings", "findings", 10.0),
    ("proceedings", "commitments", 0.02),
    ("proceedings", "still in progress", 6.98),
    ("findings", "decision", 6.0),
    ("findings", "still in progress", 4.0),
    ("decision", "complied", 5.0),
    ("decision", "still there", 2.0),
]


@pytest.fixture
def table():
    """Flows of the stages of the small run, made by hand."""
    frame = pd.DataFrame(ROWS, columns=["source", "target", "value"])
    return frame.assign(ci_low=0.0, ci_high=0.0, q10=frame["value"] * 0.8, q90=frame["value"] * 1.2)


def ways(figure):
    """What is drawn: (from, to) with the number of cases."""
    (sankey,) = figure.chart.data
    labels = [label.replace("<br>", " ") for label in sankey.node.label]
    ends = zip(sankey.link.source, sankey.link.target, strict=True)
    return dict(zip(((labels[one], labels[other]) for one, other in ends), sankey.link.value, strict=True))


def test_the_title_counts_the_resolved_and_those_in_progress(table, small_run):
    """Neither requests nor cases resolved on the first day are among those that are resolved by the horizon."""
    assert flow.drawn(small_run, table).title == (
        "Of 6.0 proceedings by strand that are resolved, 6.0 reach “Non-compliance decision” and 0.0 reach “Binding"
        " commitments”; 11 are still in progress on 2026-01-01"
    )


def test_ways_of_open_cases_are_drawn(table, small_run):
    """Every way of an open case has a band as wide as its mean; rare ways, loops and what follows are left out."""
    drawn = ways(flow.drawn(small_run, table))
    assert drawn["New cases", "Request for information (again: 7.0)"] == 50
    assert drawn["Preliminary findings", "Non-compliance decision"] == 6
    assert drawn["Further strands", "Formal proceedings"] == 3
    assert len(drawn) == 11
    assert all(one != other for one, other in drawn)
    assert "Decision complied with" not in {place for way in drawn for place in way}


def test_the_table_has_the_bounds(table, small_run):
    """Behind the figure stand the means with the central 80% of the replications, in words."""
    rows = flow.drawn(small_run, table).table.set_index(["from", "to"])
    row = rows.loc[("Request for information", "Closed without a finding")]
    assert list(row) == [34.0, 27.2, 40.8]
    assert ("Non-compliance decision", "Decision complied with") not in rows.index


def test_the_caption_tells_where_cases_come_from(table, small_run):
    """New cases, those open on the first day, and what splitting adds."""
    caption = flow.drawn(small_run, table).caption
    assert caption.startswith("On average 50 cases come in between 2024-01-01 and 2026-01-01, beside 3.0 open on")
    assert "adds 3.0." in caption


def test_nothing_resolved_and_nothing_there(table, small_run):
    """Extremes are said as they are: no case resolved; and no figure where no case goes anywhere."""
    still = table[table["target"] == "still in progress"]
    assert (
        flow.drawn(small_run, still).title
        == "No proceedings by strand are resolved; 11 are still in progress on 2026-01-01"
    )
    assert flow.drawn(small_run, table.assign(value=0.0)) is None
    assert flow.drawn(small_run, table.head(0)) is None
