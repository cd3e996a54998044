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
        "On average 6 proceedings by strand are resolved by January 2026, >99% in “Non-compliance decision” and <1% in"
        " “Binding commitments”; 11 are then still in progress"
    )


def test_ways_of_headline_cases_are_drawn(table, small_run):
    """Every way of a headline case has a band as wide as its mean; rare ways and what follows are left out."""
    drawn = ways(flow.drawn(small_run, table))
    assert drawn["Requests for information", "Formal proceedings"] == 12
    assert drawn["Preliminary findings", "Non-compliance decision"] == 6
    assert drawn["Further strands", "Formal proceedings"] == 3
    assert len(drawn) == 7
    assert all(one != other for one, other in drawn)
    places = {place for way in drawn for place in way}
    assert not places & {"Decision complied with", "New cases", "Request for information"}


def test_a_loop_is_told_at_its_stage(table, small_run):
    """What comes back to a stage is no band but a number in its label."""
    again = pd.concat([table, table.tail(1).assign(source="findings", target="findings", value=7.0)], ignore_index=True)
    assert ("Preliminary findings (again: 7.0)", "Non-compliance decision") in ways(flow.drawn(small_run, again))


def test_the_table_has_the_bounds(table, small_run):
    """Behind the figure stand the means with the central 80% of the replications, in words."""
    rows = flow.drawn(small_run, table).table.set_index(["from", "to"])
    row = rows.loc[("Requests for information", "Formal proceedings")]
    assert list(row) == [12.0, 9.6, 14.4]
    assert ("Non-compliance decision", "Decision complied with") not in rows.index


def test_the_caption_tells_what_is_not_drawn(table, small_run):
    """Requests as a number, and what splitting adds."""
    caption = flow.drawn(small_run, table).caption
    assert "the 51 requests for information that come in or are open on the first day" in caption
    assert "adds 3." in caption


def test_nothing_resolved_and_nothing_there(table, small_run):
    """Extremes are said as they are: no case resolved; and no figure where no case goes anywhere."""
    still = table[table["target"] == "still in progress"]
    assert flow.drawn(small_run, still).title == (
        "No proceedings by strand are resolved by January 2026; 11 are then still in progress"
    )
    assert flow.drawn(small_run, table.assign(value=0.0)) is None
    assert flow.drawn(small_run, table.head(0)) is None
