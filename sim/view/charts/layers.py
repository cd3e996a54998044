"""Where the boxes and arrows of a diagram go: row by row from top to bottom, with few crossings and short arrows.

The usual steps (Sugiyama, Tagawa and Toda, 1981, IEEE Transactions on Systems, Man, and Cybernetics 11): arrows that
lead back are turned round, every box comes below those that lead to it, boxes are put in order by the mean place of
their neighbours, and moved sideways until arrows are as straight as the order allows.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

SWEEPS = 8
"""How often the rows are gone through, downwards and upwards."""
SLIM = 0.3
"""Width of the place that an arrow takes where it passes a row, in boxes."""
STRAIGHT = 4.0
"""How much more an arrow pulls where it passes a row than where it ends: long arrows are the ones to be straight."""

Arrows = Sequence[tuple[str, str]]
_Place = Hashable
"""A box, or an arrow in a row that it passes: (number of the arrow, row)."""
_Link = tuple[_Place, _Place]
"""From a place to one in the next row."""


class LaidOut(NamedTuple):
    """A diagram laid out.

    `x`: the middle of each box from the left, in widths of a box. `width`: of all. `passing`: for each arrow where it
    passes the rows between its ends, as (x, row) from its source on.
    """

    x: dict[str, float]
    width: float
    passing: list[list[tuple[float, int]]]


def rows(boxes: Sequence[str], arrows: Arrows) -> dict[str, int]:
    """The row of each box, from 0: below those that lead to it, but for arrows that close a circle."""
    after: dict[str, list[str]] = {box: [] for box in boxes}
    for source, target in arrows:
        after[source].append(target)
    before: dict[str, list[str]] = {box: [] for box in boxes}
    seen: dict[str, bool] = {}  # whether all that follows has been seen, too
    finished: list[str] = []

    def visit(box: str) -> None:
        seen[box] = False
        for target in after[box]:
            if target not in seen:
                visit(target)
            if seen[target]:
                before[target].append(box)
        seen[box] = True
        finished.append(box)

    for box in boxes:
        if box not in seen:
            visit(box)
    row: dict[str, int] = {}
    for box in reversed(finished):
        row[box] = max((row[source] + 1 for source in before[box]), default=0)
    for box in finished:  # a box where cases come in stands right above the next one
        below = [row[target] for target in after[box] if row[target] > row[box]]
        if not before[box] and below:
            row[box] = min(below) - 1
    return row


def layered(row: Mapping[str, int], arrows: Arrows, pulls: Sequence[float]) -> LaidOut:
    """The places of boxes whose rows are known, and of the arrows between boxes of different rows.

    `pulls`: for each arrow a number above 0; the greater, the straighter it is to be.
    """
    order, links = _chains(row, arrows)
    _untangle(order, [ends for ends, _ in links])
    x = _straighten(order, [(ends, pulls[number]) for ends, number in links])
    left = min(x[place] - _width(place) / 2 for places in order for place in places)
    right = max(x[place] + _width(place) / 2 for places in order for place in places)
    passing = [
        [(x[number, at] - left, at) for at in _between(row[source], row[target])]
        for number, (source, target) in enumerate(arrows)
    ]
    return LaidOut({box: x[box] - left for box in row}, right - left, passing)


def _between(one: int, other: int) -> range:
    """The rows between two rows, from the first one on."""
    return range(one + 1, other) if one < other else range(one - 1, other, -1)


def _chains(row: Mapping[str, int], arrows: Arrows) -> tuple[list[list[_Place]], list[tuple[_Link, int]]]:
    """The places of each row, and the links between places of neighbouring rows, each with the number of its arrow."""
    order: list[list[_Place]] = [[] for _ in range(max(row.values()) + 1)]
    for box, at in row.items():
        order[at].append(box)
    links: list[tuple[_Link, int]] = []
    for number, (source, target) in enumerate(arrows):
        upper, lower = sorted((source, target), key=lambda box: row[box])
        passed: list[_Place] = [(number, at) for at in _between(row[upper], row[lower])]
        for place, at in zip(passed, _between(row[upper], row[lower]), strict=True):
            order[at].append(place)
        links += [(link, number) for link in pairwise([upper, *passed, lower])]
    return order, links


def _neighbours(links: Iterable[_Link], down: bool) -> dict[_Place, list[_Place]]:
    """The places in the row above (going down) or below that each place is linked with."""
    found: dict[_Place, list[_Place]] = {}
    for upper, lower in links:
        place, neighbour = (lower, upper) if down else (upper, lower)
        found.setdefault(place, []).append(neighbour)
    return found


def _untangle(order: list[list[_Place]], links: list[_Link]) -> None:
    """Put the places of each row in order by the mean place of their neighbours; the order with fewest crossings stays.

    Sorting is stable: what the neighbours leave open stays as the procedure has it.
    """
    best, fewest = [list(places) for places in order], _crossings(order, links)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        linked = _neighbours(links, down)
        for places in order if down else reversed(order):
            at = {place: number for others in order for number, place in enumerate(others)}
            mean = {p: sum(at[n] for n in linked[p]) / len(linked[p]) if p in linked else at[p] for p in places}
            places.sort(key=mean.__getitem__)
        crossings = _crossings(order, links)
        if crossings < fewest:
            best, fewest = [list(places) for places in order], crossings
    order[:] = best


def _crossings(order: list[list[_Place]], links: list[_Link]) -> int:
    """How many pairs of links cross."""
    at = {place: (row, number) for row, places in enumerate(order) for number, place in enumerate(places)}
    ends: list[list[tuple[int, int]]] = [[] for _ in order]
    for upper, lower in links:
        ends[at[upper][0]].append((at[upper][1], at[lower][1]))
    return sum((a - c) * (b - d) < 0 for gap in ends for (a, b), (c, d) in combinations(gap, 2))


def _width(place: _Place) -> float:
    return SLIM if isinstance(place, tuple) else 1.0


def _straighten(order: list[list[_Place]], links: list[tuple[_Link, float]]) -> dict[_Place, float]:
    """Where each place is from left to right: near its neighbours, in order, without covering another one."""
    x = {p: number - (len(places) - 1) / 2 for places in order for number, p in enumerate(places)}
    pulls: dict[_Place, list[tuple[_Place, float]]] = {}
    for (upper, lower), pull in links:
        strong = pull * STRAIGHT ** (isinstance(upper, tuple) + isinstance(lower, tuple))
        pulls.setdefault(upper, []).append((lower, strong))
        pulls.setdefault(lower, []).append((upper, strong))
    room = max(sum(map(_width, places)) for places in order)  # the widest row is as wide as all
    for sweep in range(4 * SWEEPS):
        for places in order if sweep % 2 == 0 else reversed(order):
            mine = [pulls.get(place) or [(place, 1.0)] for place in places]
            weights = [sum(pull for _, pull in linked) for linked in mine]
            wanted = [sum(x[n] * pull for n, pull in linked) / w for linked, w in zip(mine, weights, strict=True)]
            x.update(zip(places, _apart(wanted, weights, [*map(_width, places)], room), strict=True))
    return x


def _apart(wanted: Sequence[float], weights: Sequence[float], widths: Sequence[float], room: float) -> list[float]:
    """The places nearest to those wanted, by weighted least squares, at which things of these widths do not overlap.

    They are inside the room, which has its middle at 0: what fits best there is the best fit, cut off at its bounds.
    """
    from scipy.optimize import isotonic_regression

    least = [0.0]
    for one, other in pairwise(widths):
        least.append(least[-1] + (one + other) / 2)
    shifted = [want - offset for want, offset in zip(wanted, least, strict=True)]
    fitted = isotonic_regression(shifted, weights=weights).x
    inside = fitted.clip((widths[0] - room) / 2, (room - widths[-1]) / 2 - least[-1])
    return [float(value) + offset for value, offset in zip(inside, least, strict=True)]
