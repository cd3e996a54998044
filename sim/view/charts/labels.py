"""Names and legends where they are long: in lines, and below the data."""

from html import escape
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
