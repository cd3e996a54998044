"""The pictures of a report as files."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from sim.errors import UserError
from sim.view.report.chapters import Shown

Format = Literal["svg", "png", "pdf"]
WIDTH, SCALE = 1000, 2
"""Of an image in pixels of the page, and how many pixels of a PNG make one of these."""


def check(folder: Path) -> None:
    """Raise UserError if no pictures can be written there: before the work, not after it."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; with --images name a folder")
    if find_spec("kaleido") is None:
        raise UserError('--images needs kaleido, which is not installed: pip install "dsa-enforcement-sim[export]"')
    if not _browser():
        raise UserError(
            "--images needs a browser to draw with: install chromium or google-chrome, or name one by BROWSER_PATH"
        )


def _browser() -> str | None:
    from choreographer.browsers.chromium import Chromium

    found: str | None = Chromium.find_browser(skip_local=True)
    return found


def write(figures: Sequence[Shown], folder: Path, kind: Format) -> list[Path]:
    """Write each picture, with its words inside, as a file named after its number and key; gives the files."""
    import plotly.io as pio

    paths = [folder / f"{shown.number:02d}-{shown.key}.{kind}" for shown in figures]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pio.write_images([shown.picture.whole() for shown in figures], paths, width=WIDTH, scale=SCALE)
    except OSError as error:
        raise UserError(f"{folder}: cannot be written: {error.strerror or error}") from None
    return paths
