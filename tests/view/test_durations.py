"""How long stages take, and what the days are spent on."""

import numpy as np
import pytest

from sim.view.figures import durations


def test_curves_fall_from_all_visits(small_run):
    """Each stage's curve begins with all visits and never rises; the table has the medians of the indicator."""
    figure = durations.durations(small_run)
    lines = figure.chart.data
    assert len(lines) == len(figure.table) >= 3
    for line in lines:
        assert line.y[0] == 1
        assert (np.diff(line.y) <= 0).all()
    known = small_run.table("durations").set_index("stage")["median"]
    chosen = durations.shown_stages(small_run, None)
    assert figure.table["median days"].tolist() == known[chosen].round(0).tolist()


def test_title_says_the_longest_median(small_run):
    """The stage with the longest finite median is named with it."""
    known = small_run.table("durations").set_index("stage").loc[durations.shown_stages(small_run, None)]
    longest = known["median"].sort_values(ascending=False).index[0]
    title = durations.durations(small_run).title
    assert small_run.scenario.procedure.stages[longest].title in title
    assert f"{known.loc[longest, 'median']:.0f} days" in title


def test_where_days_go_adds_up(small_run):
    """The parts of each bar add up to the days, and the title's shares to about 100%."""
    figure = durations.where_days_go(small_run)
    parts = [column for column in figure.table if column not in ("stage", "days", "80% from", "80% to")]
    assert np.allclose(figure.table[parts].sum(axis=1), figure.table["days"], atol=0.4)
    written = [float(text) for text in figure.chart.data[-1].text]
    assert np.allclose(written, figure.table["days"], atol=0.6)
    waits = 1 - durations.shares_of_days(small_run)["work"]["value"]
    assert figure.title.startswith(f"Proceedings by strand wait {waits:.0%} of their time: ")
    assert sum(row["value"] for row in durations.shares_of_days(small_run).values()) == pytest.approx(1)


def test_only_the_stages_asked_for(small_run):
    """A filter leaves the other stages out; a stage that nobody knows gives no figure."""
    assert durations.where_days_go(small_run, ["findings"]).table["stage"].tolist() == ["Preliminary findings"]
    assert len(durations.durations(small_run, stages=["findings"]).table) == 1
    assert durations.durations(small_run, stages=["nowhere"]) is None
    assert durations.where_days_go(small_run, []) is None


def test_a_queue_has_pictures_too(bare_run):
    """A run of one stage without a fork is drawn and told as a whole."""
    assert durations.durations(bare_run).chart.data
    assert durations.where_days_go(bare_run).title.startswith("Cases ")
