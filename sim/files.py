"""Files that are complete or absent: whoever reads meanwhile, or after a crash, finds the old one or the new."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to, which replaces it at the end and is removed if anything goes wrong.

    Beside it, because a file can be renamed atomically within one file system only; flushed to the disk first, because
    otherwise the name may survive a power failure and the content not.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
