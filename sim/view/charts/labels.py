"""Names and legends where they are long: in lines, and below the data."""

from collections.abc import Iterable, Sequence
from html import escape
from math import inf
from textwrap import wrap
from typing import Any

from sim.characters import legible

BELOW: dict[str, Any] = {
    "orientation": "h", "xref": "container", "x": 0.01, "yref": "container", "y": 0.01, "yanchor": "bottom",
    "traceorder": "normal",
}  # fmt: skip
"""Of a legend with many or long names: under the axis, where it grows without covering anything."""
LEGEND = 40
"""Pixels that such a legend adds to a figure."""


def label(text: str) -> str:
    """Text as plotly shows it: as it is. Otherwise tags would be obeyed or left out, and formulas and values put in."""
    return escape(legible(text), quote=False).replace("$", "&#36;").replace("%{", "&#37;{")


def lines(text: str, characters: int = 26, most: int | None = None) -> str:
    """A name in lines of at most so many characters, as plotly takes them; `most`: lines, before it is cut off."""
    return "<br>".join(map(label, wrap(text, characters, break_on_hyphens=False, max_lines=most, placeholder="…")))


def hovers(texts: Iterable[str]) -> list[str]:
    """What is read when pointing at something: texts with their line breaks."""
    return ["<br>".join(map(label, text.split("\n"))) for text in texts]


def apart(values: Sequence[float], least: float, most: float = 1.0) -> list[float]:
    """The values moved apart, in their order, so that labels at them do not cover one another.

    The highest is at most `most` then; all are as near to their values as moving them up, and back down again, allows.
    """
    order = sorted(range(len(values)), key=lambda number: values[number])
    placed: dict[int, float] = {}
    floor = -inf
    for number in order:
        floor = placed[number] = max(values[number], floor)
        floor += least
    ceiling = most
    for number in reversed(order):
        ceiling = placed[number] = min(placed[number], ceiling)
        ceiling -= least
    return [placed[number] for number in range(len(values))]
