"""The files of office programs: whether they can be written here, and the same bytes from the same contents."""

from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sim.errors import RunFailed, UserError
from sim.files import atomic_write
from sim.view.office.contents import Contents
from sim.view.report.images import browser

PACKAGES = {".pptx": "pptx", ".docx": "docx"}
"""What writes each kind of file, by its suffix: slides, and text."""


def is_office(path: Path) -> bool:
    """Whether a file is one of an office program, by its name."""
    return path.suffix.lower() in PACKAGES


def check_office(path: Path) -> None:
    """Raise UserError if such a file cannot be written there: before the work, not after it."""
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a file in it")
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent}; make it first")
    kind = path.suffix.lower()
    if any(find_spec(package) is None for package in (PACKAGES[kind], "kaleido")):
        raise UserError(f"{kind} needs packages that are not installed: pip install 'dsa-enforcement-sim[office]'")
    if browser() is None:
        raise UserError(f"{kind} needs a browser to draw with, and there is none: install chromium or google-chrome")


def write(contents: Contents, path: Path) -> None:
    """Write slides or a text, whole or not at all. Raises RunFailed where the file cannot be written."""
    from sim.view.office import slides, text

    make = slides.deck if path.suffix.lower() == ".pptx" else text.text
    made = packed(make(contents))
    try:
        with atomic_write(path) as temporary:
            temporary.write_bytes(made)
    except OSError as error:
        raise RunFailed(f"{path}: cannot be written: {error.strerror or error}") from None


def packed(document: Any) -> bytes:
    """The file of a document of python-pptx or python-docx, without the time of packing."""
    written, again = BytesIO(), BytesIO()
    document.save(written)
    with ZipFile(written) as old, ZipFile(again, "w") as new:
        for name in old.namelist():
            new.writestr(ZipInfo(name), old.read(name), ZIP_DEFLATED)
    return again.getvalue()
