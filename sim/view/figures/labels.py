"""Names and legends where they are long: in lines, and below the data."""

from html import escape
from textwrap import wrap
from typing import Any

BELOW: dict[str, Any] = {
    "orientation": "h", "xref": "container", "x": 0.01, "yref": "container", "y": 0.01, "yanchor": "bottom",
    "traceorder": "normal",
}  # fmt: skip
"""Of a legend with many or long names: under the axis, where it grows without covering anything."""
LEGEND = 40
"""Pixels that such a legend adds to a figure."""


def lines(text: str, characters: int = 26) -> str:
    """A name in lines of at most so many characters, as plotly takes them."""
    return "<br>".join(escape(line, quote=False) for line in wrap(text, characters, break_on_hyphens=False))
