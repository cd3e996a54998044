"""Boxes and arrows of any graph are laid out so that nothing covers anything else."""

from itertools import pairwise
from random import Random

import pytest

from sim.view.charts.layers import layered, rows


def laid_out(boxes, arrows):
    """Rows and places of a graph in which every arrow counts the same."""
    row = rows(boxes, arrows)
    return row, layered(row, arrows, [1.0] * len(arrows))


def test_a_chain_is_straight():
    """One box below the other, all in the middle."""
    row, laid = laid_out(["a", "b", "c"], [("a", "b"), ("b", "c")])
    assert row == {"a": 0, "b": 1, "c": 2}
    assert set(laid.x.values()) == {0.5}
    assert laid.width == 1


def test_a_circle_is_broken_where_it_leads_back():
    """The arrow that closes a circle puts no box anywhere."""
    assert rows(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a")]) == {"a": 0, "b": 1, "c": 2}


def test_a_box_where_cases_come_in_late_is_right_above_the_next():
    """A second beginning stands in the row before the one that it leads to, not at the top."""
    row = rows(["a", "b", "c", "late"], [("a", "b"), ("b", "c"), ("late", "c")])
    assert row["late"] == 1


def test_arrows_that_can_be_kept_apart_do_not_cross():
    """Two ways given crosswise are put in the order in which they do not cross."""
    _, laid = laid_out(["top", "a", "b", "c", "d"], [("top", "a"), ("top", "b"), ("a", "d"), ("b", "c")])
    assert (laid.x["a"] < laid.x["b"]) == (laid.x["d"] < laid.x["c"])


def test_a_long_arrow_passes_each_row_between_its_ends():
    """Downwards and back: in the order in which it gets there."""
    _, laid = laid_out(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c"), ("c", "a")])
    assert [row for _, row in laid.passing[2]] == [1]
    assert [row for _, row in laid.passing[3]] == [1]
    assert laid.passing[2][0][0] != laid.passing[3][0][0]


@pytest.mark.parametrize("seed", range(20))
def test_nothing_overlaps(seed):
    """Whatever the graph, with circles: boxes of a row, and arrows that pass it, are apart and inside the drawing."""
    random = Random(seed)
    boxes = [f"b{number}" for number in range(random.randint(2, 25))]
    every = [(one, other) for one in boxes for other in boxes if one != other]
    arrows = random.sample(every, min(len(every), 2 * len(boxes)))
    row, laid = laid_out(boxes, arrows)
    for at in range(max(row.values()) + 1):
        taken = [(laid.x[box], 1.0) for box in boxes if row[box] == at]
        taken += [(x, 0.3) for passed in laid.passing for x, where in passed if where == at]
        for (x, width), (following, other) in pairwise(sorted(taken)):
            assert following - x >= (width + other) / 2 - 1e-9
        assert min(x - width / 2 for x, width in taken) >= -1e-9
        assert max(x + width / 2 for x, width in taken) <= laid.width + 1e-9
    assert all(row[one] != row[other] for one, other in arrows)
