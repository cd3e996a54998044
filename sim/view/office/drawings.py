"""Figures as pictures of the size that a slide or a page has room for."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import plotly.graph_objects as go

from sim.view.charts.style import HEIGHT
from sim.view.figures.figure import Figure

SCALE = 2
"""Pixels of a picture to one of the drawing, so that it is sharp on a projector and in print."""


class Drawing(NamedTuple):
    """A picture as PNG; `ratio`: its height as a share of its width; `alt`: its words for those who do not see it."""

    png: bytes
    ratio: float
    alt: str

    def file(self) -> BytesIO:
        """The picture as a file that can be read."""
        return BytesIO(self.png)


def height_of(figure: Figure) -> int:
    """Pixels that a figure is high by itself."""
    return int(figure.chart.layout.height or HEIGHT)


def draw(figures: Sequence[Figure], sizes: Sequence[tuple[int, int]]) -> list[Drawing]:
    """Each figure, without the words around it, as a picture of so many pixels."""
    import plotly.io as pio

    widths, heights = [width for width, _ in sizes], [height for _, height in sizes]
    with TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.png" for number in range(len(figures))]
        charts = [go.Figure(figure.chart) for figure in figures]
        pio.write_images(charts, files, scale=SCALE, width=widths, height=heights)
        pictures = [file.read_bytes() for file in files]
    return [
        Drawing(png, height / width, f"{figure.title}. {figure.caption}")
        for png, figure, width, height in zip(pictures, figures, widths, heights, strict=True)
    ]
