"""A site as a folder: written whole or not at all, and never in the place of something else."""

import json
from collections.abc import Mapping
from pathlib import Path

from sim import __version__
from sim.errors import RunFailed, UserError
from sim.files import atomic_folder

MARK = "site.json"
"""Names the files of a site, so that nothing else is ever replaced by one."""
MADE_BY = "sim site"


def check_folder(folder: Path) -> None:
    """Raise UserError if a site cannot be written there: before the work, not after it."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file; name a folder for the site")
    nearest = next(parent for parent in folder.resolve().parents if parent.exists())
    if not nearest.is_dir():
        raise UserError(f"{folder}: {nearest} is a file; name another folder")
    if folder.is_dir() and any(folder.iterdir()):
        _check_site(folder)


def _check_site(folder: Path) -> None:
    """Raise UserError if a folder is not a site alone: what else is in it would be lost."""
    try:
        mark = json.loads((folder / MARK).read_text(encoding="utf-8"))
        ours = {*mark["files"], MARK} if mark["made_by"] == MADE_BY else set()
    except (OSError, ValueError, KeyError, TypeError):
        ours = set()
    if not ours:
        raise UserError(f"{folder}: is not a site that sim site made, and is not replaced; name another folder")
    files = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    if others := sorted(set(files) - ours):
        raise UserError(f"{folder}: holds files that sim site did not make, such as {others[0]}; name another folder")


def write(pages: Mapping[str, bytes], folder: Path) -> None:
    """Write the files of a site by their paths in it; an older site is replaced, folders above it are made if need be.

    Raises UserError for a folder of something else, RunFailed where the site cannot be written.
    """
    check_folder(folder)
    mark = {"made_by": MADE_BY, "version": __version__, "files": sorted(pages)}
    whole = {**pages, MARK: json.dumps(mark, indent=1).encode() + b"\n"}
    try:
        folder.resolve().parent.mkdir(parents=True, exist_ok=True)
        with atomic_folder(folder.resolve()) as temporary:
            for name, content in whole.items():
                path = temporary / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    except OSError as error:
        raise RunFailed(f"{folder}: cannot be written: {error.strerror or error}") from None
