"""Run the notebooks and save them with their outputs, as they are committed: `python notebooks/execute.py [NAME...]`.

Figures are saved as images, which every place that shows notebooks can show; who runs a notebook gets them as
interactive ones. What differs from one machine or minute to the next is left out: times, versions, counts of cells run
before. Printed are the seconds that a notebook takes whoever runs it, without those for its images. Needs the extra
`dev`, and a browser for kaleido.

Images are PNG, though the same figure as SVG is a fifth of the size and sharp: GitHub and nbviewer put `image/svg+xml`
into the page without its styles, on which plotly's depends, so that areas are black and letters missing
(github.com/jupyter/nbviewer/issues/1037, github.com/Cantera/cantera-jupyter/issues/37), and JupyterLab shows none of a
notebook that it does not trust (github.com/jupyterlab/jupyterlab/issues/10464).
"""

import os
import sys
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import nbformat
import plotly.graph_objects as go
import plotly.io
from nbclient import NotebookClient
from PIL import Image

from sim.view.figures.shown import WIDTH

FOLDER = Path(__file__).resolve().parent
SECONDS = 120
"""For one cell, on a busy machine."""
SCALE = 2
"""Pixels of an image to one of the page."""
COLOURS = 96
"""Of a picture: a chart has about ten, and their blends at the edges of letters."""
FIGURE = "application/vnd.plotly.v1+json"
KEPT = ("image/png", "text/html", "text/plain")
"""Of each output, the first of these and the text."""


def execute(path: Path) -> float:
    """Run a notebook from its first cell on and save it; the seconds that it took."""
    book, began = nbformat.read(path, as_version=4), monotonic()
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(book, timeout=SECONDS, kernel_name="python3", resources=where, record_timing=False).execute()
    seconds = monotonic() - began
    book.metadata.pop("language_info", None)
    outputs = [output for cell in book.cells for output in cell.get("outputs", []) if "data" in output]
    draw([output for output in outputs if FIGURE in output.data])
    for output in outputs:
        first = next(kind for kind in KEPT if kind in output.data)
        output.data = {kind: output.data[kind] for kind in (first, "text/plain") if kind in output.data}
    nbformat.write(book, path)
    return seconds


def draw(outputs: list[Any]) -> None:
    """Put an image into each of these outputs with figures, described by its text; one browser draws all."""
    figures = [go.Figure({part: output.data[FIGURE][part] for part in ("data", "layout")}) for output in outputs]
    with TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.png" for number in range(len(figures))]
        plotly.io.write_images(
            figures, files, width=WIDTH, height=[figure.layout.height for figure in figures], scale=SCALE
        )
        for output, file in zip(outputs, files, strict=True):
            output.data["image/png"] = small(file)
            output.metadata["image/png"] = {"alt": output.data["text/plain"], "width": WIDTH}


def small(file: Path) -> str:
    """A picture in base64 with so few colours that it takes a fifth of the room, and looks the same."""
    image, out = Image.open(file).convert("RGB"), BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return b64encode(out.getvalue()).decode()


def main(names: list[str]) -> None:
    """Run those whose names begin with one of these, or all."""
    os.environ["PLOTLY_RENDERER"] = "plotly_mimetype"
    for path in sorted(FOLDER.glob("*.ipynb")):
        if not names or path.name.startswith(tuple(names)):
            seconds = execute(path)
            print(f"{path.name}: {seconds:.0f} s, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
