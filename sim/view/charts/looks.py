"""How each thing that is drawn looks: the same colour, dash, pattern and symbol wherever it is drawn.

Stages, what days are spent on, and roles have palettes of their own, so that no colour means two things.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sim.view.charts.style import DASHES, INK, PALETTE, PATTERNS

MUTED = ("#44aa99", "#882255", "#ddcc77", "#332288", "#88ccee", "#aa4499", "#999933", "#cc6677", "#117733")
"""Paul Tol, Colour Schemes (2021), "muted": for what days are spent on; distinguishable with any colour vision."""
SLATE = ("#2f4858", "#6f8ea3", "#b8cbd8", "#4d6a7c", "#93adbf", "#dce7ee", "#1b2d38", "#82a0b3", "#cbd9e3")
"""Greys with some blue, light beside dark: for people."""
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "pentagon", "hexagon")
GREY = "#d0d0d0"
"""Of what has not happened yet."""


class Look(NamedTuple):
    """What something is called, and how its bars, lines and marks look."""

    title: str
    colour: str = INK
    dash: str = "solid"
    pattern: str = ""
    symbol: str = "circle"


def looks(titles: Mapping[str, str], palette: Sequence[str] = PALETTE) -> dict[str, Look]:
    """The looks of all things of a kind, by key; `titles`: of all of them in their order, also of those not drawn."""
    kinds = (palette, DASHES, PATTERNS, SYMBOLS)
    return {
        name: Look(title, *(kind[number % len(kind)] for kind in kinds))
        for number, (name, title) in enumerate(titles.items())
    }
