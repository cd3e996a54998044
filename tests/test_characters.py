"""Text in which everything shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.characters import legible, one_line
from sim.files import no_text
from sim.scenario.yaml_nodes import parse, plain, text


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb", r"a\u202eb"),
        ("a\u2066b\u2069", r"a\u2066b\u2069"),
        ("a\rb\bc\x00", r"a\rb\x08c\x00"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("half\ud800 of\udcff", r"half\ud800 of\udcff"),
        ("a\u2028b\x85", r"a\u2028b\x85"),
    ],
)
def test_hidden_characters_are_written_out(hidden, shown):
    """Escape sequences, marks of direction, what has no width and what is no character are written as numbers."""
    assert legible(hidden) == shown


@pytest.mark.parametrize("words", ["Zürich, Ελλάδα, 日本語", "👩\u200d🔬", "क्\u200dष", "soft\xadhyphen", "a\tb\nc"])
def test_what_shows_stays(words):
    """Letters of any script, emoji of several parts, and the ends of lines are not changed."""
    assert legible(words) == words


def test_one_line():
    """On one line the ends of lines and tabs are shown, too."""
    assert one_line("a\nb\tc\x1b") == r"a\nb\tc\x1b"


@given(st.text(st.characters()).filter(lambda words: not no_text(words)))
def test_legible_yaml_means_the_same(words):
    """A scenario that is shown can be read again, whatever its words may be; nothing in it is hidden."""
    shown = text({"k": words})
    assert legible(shown) == shown
    assert plain(parse(shown, "shown")) == {"k": words}
