"""How each stage looks: the same colour, dash and pattern wherever it is drawn."""

from collections.abc import Mapping
from typing import NamedTuple

from sim.view.charts.style import DASHES, PALETTE, PATTERNS


class Look(NamedTuple):
    """The looks of a stage, and its title."""

    title: str
    colour: str
    dash: str
    pattern: str


def looks(titles: Mapping[str, str]) -> dict[str, Look]:
    """The looks of all stages of a procedure; `titles`: of all of them, in its order, also of those not drawn."""
    return {
        name: Look(title, *(kind[number % len(kind)] for kind in (PALETTE, DASHES, PATTERNS)))
        for number, (name, title) in enumerate(titles.items())
    }
