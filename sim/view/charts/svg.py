"""A drawing of boxes and arrows as SVG, for pages and documents: text alone, without a browser."""

from collections.abc import Sequence
from html import escape

from sim.characters import legible
from sim.view.charts.diagram import (
    ARROW,
    KEY,
    LOOKS,
    RETURN,
    SMALL,
    STRIP,
    Key,
    Kind,
    Line,
    Marks,
    Rectangle,
    Text,
    curve,
    round_ended,
)
from sim.view.charts.style import INK

FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"
EDGE = 12
"""Pixels around the drawing."""
HEAD = 8
"""Pixels by which the head of an arrow is wider than its line."""


def svg(made: Marks, pixels: float, title: str, description: str, heading: Sequence[tuple[str, int, bool]] = ()) -> str:
    """The drawing, so many pixels wide. The same drawing gives the same text.

    `title`, `description`: read to those who cannot see it. `heading`: lines above it.
    """
    unit = (pixels - 2 * EDGE) / made.width
    above = sum(size + 7 for _, size, _ in heading) + (8 if heading else 0)
    height = made.height + above + 2 * EDGE
    lines, top = [], EDGE
    for text, size, bold in heading:
        top += size + 7
        weight = ' font-weight="bold"' if bold else ""
        lines.append(f'<text x="{EDGE}" y="{top - 6}" font-size="{size}"{weight}>{_text(text)}</text>')
    marks = [_line(line, unit) for line in made.lines]
    marks += [_rectangle(box, unit) for box in made.rectangles]
    marks += [_written(text, unit) for text in made.texts]
    marks += [_key(key) for key in made.keys]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {pixels:g} {height:g}" width="{pixels:g}"'
            f' height="{height:g}" role="img" aria-labelledby="title desc" font-family="{FONT}" fill="{INK}">',
            f'<title id="title">{_text(title)}</title>',
            f'<desc id="desc">{_text(description)}</desc>',
            '<rect width="100%" height="100%" fill="#ffffff"/>',
            *lines,
            f'<g transform="translate({EDGE} {EDGE + above})">',
            *marks,
            "</g>",
            "</svg>\n",
        ]
    )


def _text(text: str) -> str:
    """Text as XML holds it."""
    return escape(legible(text))


def _line(line: Line, unit: float) -> str:
    """A curve with its head, which is a triangle."""
    points = [(x * unit, y) for x, y in line.points]
    (x, y), half = points[-1], (HEAD + line.thick) / 2
    head = {
        "down": ((x - half, y - half - 3), (x + half, y - half - 3), (x, y)),
        "up": ((x - half, y + half + 3), (x + half, y + half + 3), (x, y)),
        "left": ((x + half + 3, y - half), (x + half + 3, y + half), (x, y)),
    }[line.head]
    colour, dash = (RETURN, ' stroke-dasharray="2 4"') if line.back else (ARROW, "")
    corners = " ".join(f"{a:.1f},{b:.1f}" for a, b in head)
    return (
        f'<path d="{curve(points)}" fill="none" stroke="{colour}" stroke-width="{line.thick:.3g}"{dash}/>'
        f'<polygon points="{corners}" fill="{colour}"/>'
    )


def _rectangle(box: Rectangle, unit: float) -> str:
    """A box with the strip in its colour."""
    scaled, pen = box._replace(x=box.x * unit, width=box.width * unit), _pen(box.kind)
    if box.kind == "exit":
        return f'<path d="{round_ended(scaled, 1)}" {pen}/>'
    left, top = scaled.x - scaled.width / 2, box.y - box.height / 2
    place = f'x="{left:.1f}" y="{top:.1f}" height="{box.height:g}"'
    strip = f'<rect {place} width="{STRIP}" fill="{box.colour}"/>' if box.colour else ""
    return f'<rect {place} width="{scaled.width:.1f}" {pen}/>{strip}'


def _pen(kind: Kind) -> str:
    """The attributes of a box of a kind."""
    look = LOOKS[kind]
    dash = ' stroke-dasharray="6 4"' if look["dash"] else ""
    return f'fill="{look["fill"]}" stroke="{look["edge"]}" stroke-width="{look["thick"]:g}"{dash}'


def _key(key: Key) -> str:
    """A line of the legend."""
    wide, high = KEY
    return (
        f'<rect x="4" y="{key.y - high / 2:g}" width="{wide}" height="{high}" {_pen(key.kind)}/>'
        f'<text x="{wide + 12}" y="{key.y + 4:g}" font-size="{SMALL}">{_text(key.meaning)}</text>'
    )


def _written(text: Text, unit: float) -> str:
    """A line of text; what pointing at it shows is a title of its own."""
    weight = ' font-weight="bold"' if text.bold else ""
    paper = ' stroke="#ffffff" stroke-width="4" paint-order="stroke"' if text.paper else ""
    tip = f"<title>{_text(chr(10).join(text.tip))}</title>" if text.tip else ""
    return (
        f'<text x="{text.x * unit:.1f}" y="{text.y + text.size * 0.35:.1f}" text-anchor="middle"'
        f' font-size="{text.size}"{weight}{paper}>{tip}{_text(text.text)}</text>'
    )
