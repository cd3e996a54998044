"""A diagram of boxes and arrows as a figure of plotly."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from sim.view.charts.diagram import (
    ARROW,
    KEY,
    LOOKS,
    PHONE,
    RETURN,
    SMALL,
    STRIP,
    Arrow,
    Box,
    Key,
    Kind,
    Line,
    Rectangle,
    Text,
    curve,
    drawing,
    round_ended,
)
from sim.view.charts.labels import label
from sim.view.charts.style import INK, blank, styled

HEADS = {"down": "triangle-down", "up": "triangle-up", "left": "triangle-left"}


def process(boxes: Mapping[str, Box], arrows: Sequence[Arrow], legend: Mapping[Kind, str]) -> go.Figure:
    """The diagram as a figure; pointing at a text shows what else is known."""
    made = drawing(boxes, arrows, legend)
    heads = {"down": (0, -4), "up": (0, 4), "left": (4 * made.width / PHONE, 0)}
    ends = [(line.points[-1], heads[line.head]) for line in made.lines]
    figure = blank().add_scatter(
        x=[x + aside for (x, _), (aside, _) in ends], y=[y + off for (_, y), (_, off) in ends], mode="markers",
        marker={
            "symbol": [HEADS[line.head] for line in made.lines], "size": [8 + line.thick for line in made.lines],
            "color": [RETURN if line.back else ARROW for line in made.lines], "opacity": 1,
        },
        showlegend=False, hoverinfo="skip", cliponaxis=False,
    )  # fmt: skip
    styled(figure, height=round(made.height))
    shapes = [_shape_of_line(line) for line in made.lines]
    for rectangle in made.rectangles:
        shapes += _shapes_of_rectangle(rectangle, made.width / PHONE)
    shapes += [_shape_of_key(key) for key in made.keys]
    bare = {"visible": False, "fixedrange": True, "automargin": False}
    return figure.update_layout(
        shapes=shapes, margin={"l": 4, "r": 4, "t": 4, "b": 4},
        annotations=[*map(_annotation, made.texts), *map(_words_of_key, made.keys)],
        xaxis=bare | {"range": [0, made.width]}, yaxis=bare | {"range": [made.height, 0]}, hovermode="closest",
    )  # fmt: skip


def _shape_of_line(line: Line) -> dict[str, Any]:
    pen = {"color": RETURN if line.back else ARROW, "width": line.thick, "dash": "2px,4px" if line.back else "solid"}
    return {"type": "path", "path": curve(line.points), "line": pen, "layer": "below"}


def _shapes_of_rectangle(box: Rectangle, pixel: float) -> list[dict[str, Any]]:
    """The box and its strip; `pixel`: its width, at most, in that of a box's place."""
    common = _look(box.kind)
    if box.kind == "exit":
        return [{"type": "path", "path": round_ended(box, pixel), **common}]
    left, top, bottom = box.x - box.width / 2, box.y - box.height / 2, box.y + box.height / 2
    shapes = [{"type": "rect", "x0": left, "x1": left + box.width, "y0": top, "y1": bottom, **common}]
    if box.colour:
        strip = {"type": "rect", "xsizemode": "pixel", "xanchor": left, "x0": 0, "x1": STRIP, "y0": top, "y1": bottom}
        shapes.append({**strip, "line": {"width": 0}, "fillcolor": box.colour, "layer": "below"})
    return shapes


def _look(kind: Kind) -> dict[str, Any]:
    """How plotly draws a box of a kind."""
    look = LOOKS[kind]
    pen = {"color": look["edge"], "width": look["thick"], "dash": "6px,4px" if look["dash"] else "solid"}
    return {"line": pen, "fillcolor": look["fill"], "layer": "below"}


def _shape_of_key(key: Key) -> dict[str, Any]:
    """The box of a line of the legend, which has the same size however wide the figure is."""
    place = {"xsizemode": "pixel", "xanchor": 0, "x0": 4, "x1": 4 + KEY[0], "y0": key.y - 7, "y1": key.y + 7}
    return {"type": "rect", **place, **_look(key.kind)}


def _words_of_key(key: Key) -> dict[str, Any]:
    place = {"x": 0, "xanchor": "left", "xshift": KEY[0] + 8, "y": key.y, "showarrow": False}
    return {**place, "text": label(key.meaning), "font": {"size": SMALL, "color": INK}}


def _annotation(text: Text) -> dict[str, Any]:
    shown = label(text.text)
    return {
        "x": text.x, "y": text.y, "text": f"<b>{shown}</b>" if text.bold else shown, "showarrow": False,
        "font": {"size": text.size, "color": INK}, "borderpad": 1, "bgcolor": "#ffffff" if text.paper else None,
        "hovertext": "<br>".join(map(label, text.tip)) or None,
    }  # fmt: skip
