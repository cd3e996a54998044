"""The figures of a report as files."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from sim.errors import RunFailed, UserError
from sim.view.report.chapters import Shown

Format = Literal["svg", "png", "pdf"]
WIDTH = 1000
"""Of an image, in pixels of a page."""
SCALES: dict[Format, int] = {"svg": 1, "png": 2, "pdf": 1}
"""How many pixels of an image make one of a page."""


def check_image_folder(folder: Path) -> None:
    """Raise UserError if no figures can be written there: before the work, not after it."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; with --images name a folder")
    if find_spec("kaleido") is None:
        raise UserError("--images needs kaleido, which is not installed: pip install 'dsa-enforcement-sim[export]'")
    if browser() is None:
        raise UserError("--images needs a browser to draw with, and there is none: install chromium or google-chrome")


def browser() -> str | None:
    """The browser that kaleido will use, if there is one."""
    from choreographer.browsers.chromium import Chromium

    path: str | None = Chromium.find_browser(skip_local=False)
    return path


def write(figures: Sequence[Shown], folder: Path, kind: Format) -> list[Path]:
    """Write each figure, with its words and source inside, as a file with its number and name; gives the files.

    Raises RunFailed where they cannot be written.
    """
    import plotly.io as pio

    paths = [folder / f"{shown.number:02d}-{shown.stem}.{kind}" for shown in figures]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        drawn = [shown.figure.whole(source=shown.source) for shown in figures]
        heights = [figure.layout.height for figure in drawn]  # plotly would make all of the same
        pio.write_images(drawn, paths, width=WIDTH, height=heights, scale=SCALES[kind])
    except OSError as error:
        raise RunFailed(f"{folder}: cannot be written: {error.strerror or error}") from None
    return paths
