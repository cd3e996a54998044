"""All figures together: in sections, with unique names, small, and with words."""

from pathlib import Path

import pytest

from sim import load_record
from sim.view.figures import gallery
from sim.view.figures.listed import change

EXAMPLE = Path(__file__).parents[2] / "docs" / "example-record"


@pytest.mark.parametrize("name", ["small_run", "bare_run"])
def test_pictures_of_a_run(name, request):
    """Every figure has words, data and a name of its own, and is below 300 kB."""
    found = gallery.flat(gallery.of_run(request.getfixturevalue(name), load_record(EXAMPLE)))
    names = [figure.name for figure in found]
    assert len(set(names)) == len(names) >= 5
    for figure in found:
        assert figure.title
        assert figure.caption.endswith(".")
        assert len(figure.caption.split()) <= 40
        assert "replication" not in f"{figure.title} {figure.subtitle} {figure.caption}"
        assert "nan" not in f"{figure.title} {figure.subtitle} {figure.caption}".split()
        assert len(figure.table)
        assert len(figure.chart.to_json()) < 300_000


def test_sections_without_pictures_are_left_out(small_run, bare_run):
    """A queue has no cases listed one by one, hence no such section."""
    sections = ["When and how it ends", "Why it takes so long", "How many are in progress", gallery.APPENDIX]
    assert [section.title for section in gallery.of_run(small_run)] == sections
    assert [section.title for section in gallery.of_run(bare_run)] == sections[1:]


def test_pictures_of_a_comparison_and_a_record(small_run):
    """The sections of a comparison, here of a run with itself, and of a record are there by name."""
    assert [section.title for section in gallery.of_comparison([small_run, small_run])] == ["Comparison"]
    section, _ = gallery.of_record(load_record(EXAMPLE))
    assert len(section.figures) >= 3


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (0, 0, "stays at 0"),
        (0, 4, "grows from 0 to 4"),
        (30, 12, "falls from 30 to 12"),
        (100, 101, "stays at about 101"),
        (20.1, 19.9, "stays at 20"),
    ],
)
def test_a_change_is_said_as_it_is_printed(before, after, said):
    """A number that hardly changes, or not once it is rounded, is not said to grow or fall."""
    assert change(before, after) == said
