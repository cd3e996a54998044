"""A diagram of boxes and arrows, from top to bottom: its marks, which a figure of plotly and a drawing (SVG) both show.

Places are in pixels from top to bottom, and from left to right in widths of a box, because a figure becomes narrower
with the window that shows it and its letters do not.
"""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any, Literal, NamedTuple

from sim.view.charts.layers import LaidOut, layered, rows
from sim.view.charts.style import INK

PHONE = 340
"""Pixels of a figure on a phone: what is written in boxes fits even there."""
LINE, PAD, GAP = 14, 6, 42
"""Pixels: of a line of text, above and below the lines in a box, and between rows, where the arrows are."""
TEXT, SMALL = 12, 11
"""Sizes of letters in pixels."""
LETTER, BOLD, ASIDE = 0.56, 0.62, 10
"""Mean width of a letter, and of a bold one, in parts of its size; pixels of a box beside its text."""
USUAL, SLIM = 0.92, 0.76
"""Width of a box in parts of its place: SLIM before the headline, and beside an arrow that leads back."""
NARROWEST = 84
"""Pixels of a box's place, at least, for which text is broken into lines: what is narrower breaks words."""
FEWEST = 2.2
"""Boxes that the width of a drawing holds at least, so that a single column is not stretched."""
LEAST_PULL = 0.1
"""How much an arrow that nothing takes is to be straight, compared with one that all takes."""
PORTS = 0.75
"""The part of a box's width over which the ends of arrows are spread."""
LOOP = 0.13
"""How far an arrow from a box to itself goes aside, in widths of a box."""
NEAR, FARTHER = 0.36, 0.56
"""After which part of the way to the next row labels stand, in turn, so that those of neighbours are apart."""
THIN, THICK = 1.2, 7.0
"""Pixels: of arrows that nothing and that all takes."""
KEY, KEY_ROW = (26, 14), 20
"""Pixels: of a box in the legend, and from one line of it to the next."""

Kind = Literal["before", "first", "open", "resolved", "exit"]
Point = tuple[float, float]
LOOKS: dict[Kind, dict[str, Any]] = {
    "before": {"fill": "#ffffff", "edge": "#8a8a8a", "thick": 1.0, "dash": False},
    "first": {"fill": "#e8f1f8", "edge": INK, "thick": 3.0, "dash": False},
    "open": {"fill": "#e8f1f8", "edge": INK, "thick": 1.2, "dash": False},
    "resolved": {"fill": "#ffffff", "edge": INK, "thick": 1.2, "dash": True},
    "exit": {"fill": "#f1f1f1", "edge": "#8a8a8a", "thick": 1.0, "dash": False},
}
"""Fill and edge of boxes by kind: the first headline stage has a thick edge, resolved ones a dashed one."""
ARROW, RETURN = "#7d8fa0", "#b0643c"
"""Colours of arrows, and of those that lead back, which are dashed as well."""
STRIP = 6
"""Pixels of the strip in a stage's colour, at the left of its box."""


class Box(NamedTuple):
    """A stage or an exit. `lines`: below its title. `colour`: of the stage; `hover`: lines of what else is known."""

    title: str
    kind: Kind
    lines: Sequence[str] = ()
    colour: str = ""
    hover: Sequence[str] = ()


class Arrow(NamedTuple):
    """A route. `share`: of those that leave the source; None if it is not known. `label`: what is written at it."""

    source: str
    target: str
    share: float | None
    label: str
    hover: Sequence[str] = ()


class Rectangle(NamedTuple):
    """A mark around its middle: its kind says how its edge and ends look. `colour`: of a strip at its left, if any."""

    x: float
    y: float
    width: float
    height: float
    kind: Kind
    colour: str = ""


class Line(NamedTuple):
    """A mark: Bézier curves (a point, two handles, the next point, ...) with a head at the end. `back`: dashed."""

    points: Sequence[Point]
    thick: float
    back: bool
    head: Literal["up", "down", "left"]


class Text(NamedTuple):
    """A mark: a line of text around its middle. `paper`: on white; `tip`: lines that pointing at it shows."""

    x: float
    y: float
    text: str
    size: int = SMALL
    bold: bool = False
    paper: bool = False
    tip: Sequence[str] = ()


class Key(NamedTuple):
    """A mark: a line of the legend, at the left edge."""

    y: float
    kind: Kind
    meaning: str


class Marks(NamedTuple):
    """All marks: what comes first is drawn first. `width`: in boxes; `height`: in pixels."""

    width: float
    height: float
    lines: list[Line]
    rectangles: list[Rectangle]
    texts: list[Text]
    keys: list[Key]


def drawing(
    boxes: Mapping[str, Box], arrows: Sequence[Arrow], legend: Mapping[Kind, str], pixels: float = PHONE
) -> Marks:
    """The marks of a diagram that is shown so many pixels wide, or wider."""
    onward = [arrow for arrow in arrows if arrow.source != arrow.target]
    row = rows(list(boxes), [(arrow.source, arrow.target) for arrow in onward])
    laid = layered(row, [(a.source, a.target) for a in onward], [LEAST_PULL + (a.share or 0.0) for a in onward])
    width = max(laid.width, FEWEST)
    looped = {arrow.source for arrow in arrows if arrow.source == arrow.target}
    wide = {key: SLIM if key in looped or box.kind == "before" else USUAL for key, box in boxes.items()}
    unit = max(pixels / width, NARROWEST)
    texts = {key: _written(box, wide[key] * unit) for key, box in boxes.items()}
    bands, top = [], 4.0
    for at in range(max(row.values()) + 1):
        tallest = max(2 * PAD + LINE * len(texts[key]) for key in boxes if row[key] == at)
        bands.append((top, top + tallest))
        top += tallest + GAP
    made = Marks(width, top - GAP + 4 + bool(legend) * 12 + KEY_ROW * len(legend), [], [], [], [])
    shift = (width - laid.width) / 2  # a narrow diagram stands in the middle
    for key, box in boxes.items():
        middle = sum(bands[row[key]]) / 2
        high = 2 * PAD + LINE * len(texts[key])
        made.rectangles.append(Rectangle(laid.x[key] + shift, middle, wide[key], high, box.kind, box.colour))
        made.texts.extend(_in_box(box, texts[key], laid.x[key] + shift, middle))
    _draw_arrows(made, arrows, laid, dict(zip(boxes, made.rectangles, strict=True)), bands)
    made.keys.extend(Key(top - GAP + 22 + KEY_ROW * n, *entry) for n, entry in enumerate(legend.items()))
    return made


def _size(box: Box) -> int:
    return SMALL if box.kind in ("before", "exit") else TEXT


def _written(box: Box, pixels: float) -> list[tuple[str, bool]]:
    """The lines of text in a box of so many pixels, and whether they are bold; short ones are on one line."""
    kind = LETTER if box.kind == "exit" else BOLD
    title, letters = (max(int((pixels - ASIDE) / (_size(box) * width)), 6) for width in (kind, LETTER))
    joined = " · ".join(box.lines)
    lines = [joined] if len(joined) <= letters else [text for line in box.lines for text in wrap(line, letters)]
    return [(text, kind is BOLD) for text in wrap(box.title, title)] + [(text, False) for text in lines if text]


def _in_box(box: Box, lines: Sequence[tuple[str, bool]], x: float, middle: float) -> list[Text]:
    """The lines of a box as marks, one under the other."""
    tip, first = (box.title, *box.lines, *box.hover), middle - (len(lines) - 1) / 2 * LINE
    return [
        Text(x, first + number * LINE, text, _size(box), bold, tip=tip) for number, (text, bold) in enumerate(lines)
    ]


def _draw_arrows(
    made: Marks,
    arrows: Sequence[Arrow],
    laid: LaidOut,
    places: Mapping[str, Rectangle],
    bands: Sequence[tuple[float, float]],
) -> None:
    """The arrows with their labels; each begins and ends at a point of its own."""
    shift = (made.width - laid.width) / 2
    onward = [arrow for arrow in arrows if arrow.source != arrow.target]
    passing = [[(x + shift, row) for x, row in passed] for passed in laid.passing]
    seen: dict[str, int] = {}
    for arrow, passed, (start, end) in zip(onward, passing, _ports(onward, passing, places), strict=True):
        down = start[1] < end[1]
        points = [start]
        for x, row in passed:
            for y in bands[row] if down else reversed(bands[row]):
                _curve(points, (x, y))
        _curve(points, end)
        made.lines.append(Line(points, _thick(arrow), not down, "down" if down else "up"))
        seen[arrow.source] = seen.get(arrow.source, 0) + 1
        part = NEAR if seen[arrow.source] % 2 else FARTHER
        made.texts.append(Text(*_along(points, part), arrow.label, paper=True, tip=arrow.hover))
    for arrow in arrows:
        if arrow.source == arrow.target:
            _draw_loop(made, arrow, places[arrow.source])


def _ports(
    arrows: Sequence[Arrow], passing: Sequence[Sequence[tuple[float, int]]], places: Mapping[str, Rectangle]
) -> list[tuple[Point, Point]]:
    """Where each arrow begins and ends: side by side at the edge of a box, in the order of where they lead."""
    ends: dict[tuple[str, bool], list[tuple[float, int, int]]] = {}
    for number, (arrow, passed) in enumerate(zip(arrows, passing, strict=True)):
        source, target = places[arrow.source], places[arrow.target]
        path = [source.x, *(x for x, _ in passed), target.x]
        ends.setdefault((arrow.source, source.y < target.y), []).append((path[1], number, 0))
        ends.setdefault((arrow.target, target.y < source.y), []).append((path[-2], number, 1))
    found: dict[tuple[int, int], Point] = {}
    for (key, below), mine in ends.items():
        box = places[key]
        for position, (_, number, end) in enumerate(sorted(mine)):
            aside = ((position + 0.5) / len(mine) - 0.5) * box.width * PORTS
            found[number, end] = (box.x + aside, box.y + (box.height / 2 if below else -box.height / 2))
    return [(found[number, 0], found[number, 1]) for number in range(len(arrows))]


def _thick(arrow: Arrow) -> float:
    return THIN + (THICK - THIN) * (arrow.share or 0.0)


def _curve(points: list[Point], to: Point) -> None:
    """Go on to a point, upright at both ends."""
    x, y = points[-1]
    half = (y + to[1]) / 2
    points += [(x, half), (to[0], half), to]


def _along(points: Sequence[Point], part: float) -> Point:
    """The point of the first piece of a curve after this part of it."""
    weights = [(1 - part) ** 3, 3 * (1 - part) ** 2 * part, 3 * (1 - part) * part**2, part**3]
    x, y = (sum(w * point[axis] for w, point in zip(weights, points[:4], strict=True)) for axis in (0, 1))
    return x, y


def _draw_loop(made: Marks, arrow: Arrow, box: Rectangle) -> None:
    """An arrow from a box back to itself, at its right edge."""
    edge, half = box.x + box.width / 2, min(box.height / 2 - 4, 16)
    points = [(edge + out, box.y + y) for out, y in ((0, -half), (LOOP, -half), (LOOP, half), (0, half))]
    made.lines.append(Line(points, _thick(arrow), True, "left"))
    made.texts.append(Text(edge + 0.8 * LOOP, box.y, arrow.label, paper=True, tip=arrow.hover))


def curve(points: Sequence[Point]) -> str:
    """A line of Bézier curves as SVG and plotly write it."""
    at = [f"{x:.4g} {y:.5g}" for x, y in points]
    return f"M {at[0]} " + " ".join(f"C {', '.join(at[n : n + 3])}" for n in range(1, len(at), 3))


def round_ended(box: Rectangle, pixel: float) -> str:
    """A box with round ends; `pixel`: one in the unit of its width."""
    left, right = box.x - box.width / 2, box.x + box.width / 2
    top, bottom = box.y - box.height / 2, box.y + box.height / 2
    end = min(box.height / 2 * pixel, box.width / 6)
    return (
        f"M {left + end:.4g} {top:.5g} L {right - end:.4g} {top:.5g} C {right + end / 3:.4g} {top:.5g},"
        f" {right + end / 3:.4g} {bottom:.5g}, {right - end:.4g} {bottom:.5g} L {left + end:.4g} {bottom:.5g}"
        f" C {left - end / 3:.4g} {bottom:.5g}, {left - end / 3:.4g} {top:.5g}, {left + end:.4g} {top:.5g} Z"
    )
