"""Which what-ifs stay on disk, where they are answered from at once: those used last, or they would fill it."""

import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from time import time

FOLDER = ".what-if"
"""Where what-ifs are stored in the results folder, so that the same one is answered at once the next time."""
KEPT = 100
"""What-ifs that stay, finished or not; up to 20 MB each."""
RECENT = 3600.0
"""Seconds for which one that was used, by this dashboard or another one on the same folder, stays in any case."""
GOING = ".removed-"
"""How the name of one begins that is being removed."""


def use(folder: Path) -> None:
    """Note that a what-if is used now: it is the newest."""
    with suppress(OSError):
        os.utime(folder)


def remove_older(folder: Path, in_use: Collection[Path] = ()) -> None:
    """Remove all what-ifs in a folder but the `KEPT` used last, the recent ones, and those in use.

    Each is renamed first, so that whoever looks for it finds the whole of it or nothing. What cannot be removed stays.
    """
    last_used = {path: used for path in _folders(folder) if (used := _last_used(path))}
    newest = sorted(last_used, key=lambda path: last_used[path], reverse=True)
    for path in newest[KEPT:]:
        if path not in in_use and time() - last_used[path] > RECENT:
            _remove(path)
    for path in _folders(folder):
        if path.name.startswith(GOING):  # left behind by a dashboard that was killed
            shutil.rmtree(path, ignore_errors=True)


def _folders(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    except OSError:
        return []


def _last_used(path: Path) -> float:
    """When a what-if was used or written to last; 0 for what is gone or being removed."""
    if path.name.startswith(GOING):
        return 0
    times = []
    for one in (path, path / "parts"):
        with suppress(OSError):
            times.append(one.stat().st_mtime)
    return max(times, default=0)


def _remove(path: Path) -> None:
    gone = path.with_name(f"{GOING}{token_hex(8)}")
    with suppress(OSError):
        path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
