"""Run the notebooks and save them with their outputs, as they are committed: `python notebooks/execute.py [NAME...]`.

Figures are saved as images, which every place that shows notebooks can show; who runs a notebook gets them as
interactive ones. What differs from one machine or minute to the next is left out: times, versions, counts of cells run
before. Needs the extra `dev`, and a browser for kaleido.
"""

import os
import sys
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from time import monotonic

import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).resolve().parent
SECONDS = 120
"""For one cell, on a busy machine."""
COLOURS = 96
"""Of a picture: a chart has about ten, and their blends at the edges of letters."""
KEPT = ("image/png", "text/html", "text/plain")
"""Of each output, the first of these and the text."""


def small(png: str) -> str:
    """A picture in base64 with so few colours that it takes a fifth of the room, and looks the same."""
    image, out = Image.open(BytesIO(b64decode(png))).convert("RGB"), BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return b64encode(out.getvalue()).decode()


def execute(path: Path) -> float:
    """Run a notebook from its first cell on and save it; the seconds that it took."""
    book, began = nbformat.read(path, as_version=4), monotonic()
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(book, timeout=SECONDS, kernel_name="python3", resources=where, record_timing=False).execute()
    book.metadata.pop("language_info", None)
    for cell in book.cells:
        for output in cell.get("outputs", []):
            if "data" in output:
                first = next(kind for kind in KEPT if kind in output.data)
                output.data = {kind: output.data[kind] for kind in (first, "text/plain") if kind in output.data}
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = small(output.data["image/png"])
    nbformat.write(book, path)
    return monotonic() - began


def main(names: list[str]) -> None:
    """Run those whose names begin with one of these, or all."""
    os.environ["PLOTLY_RENDERER"] = "png"
    for path in sorted(FOLDER.glob("*.ipynb")):
        if not names or path.name.startswith(tuple(names)):
            seconds = execute(path)
            print(f"{path.name}: {seconds:.0f} s, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
