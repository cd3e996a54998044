"""The numbers of a scenario on a terminal: what each is, where it comes from, how it is used, and where it stands."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from sim.scenario.parameters import Parameter, count_by_basis
from sim.view.terminal.tables import Column, Grid, sections


def numbers(shown: Sequence[Parameter], of: int) -> RenderableType:
    """Some of the `of` parameters of a scenario, each as a few lines under its name."""
    rows = [(one.name, line) for one in shown for line in _lines(one)]
    grid = Grid([Column("", words=True)], [[line] for _, line in rows], groups=[name for name, _ in rows])
    count = count_by_basis(shown) if len(shown) == of else f"{len(shown):,} of {of:,} numbers."
    return sections([grid, Text(count)])


def _lines(one: Parameter) -> list[str]:
    place = f" ({one.location})" if one.location else ""
    founded = f"{one.basis}: " if one.basis else ""
    return [f"{one.quantity} · {one.used}", f"{founded}{one.source}", f"{one.path}{place}"]
