"""What the command writes to standard output and standard error, whatever these are connected to.

Everything is written here: no text of a user is obeyed as markup or by the terminal, signs that the encoding lacks are
replaced, and an output that cannot be written to is one message.
"""

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import isfinite
from typing import TYPE_CHECKING, Any, TextIO

from sim.characters import legible, one_line
from sim.cli.encoding import LIKE
from sim.errors import RunFailed

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDTH = 80
"""Columns of output that goes to no terminal, unless COLUMNS says otherwise."""
NARROWEST, WIDEST = 80, 1000
"""Columns: with fewer, numbers in tables would be cut off; with more, lines would be mostly empty."""


class Legible:
    """A stream on which everything shows: escape sequences are written out and not obeyed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text, legibly."""
        return self._stream.write(legible(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def open_streams() -> None:
    """Make the standard streams such that any text can be written, also those that were closed when the command began.

    A closed one is opened on the null device, because the next file would have its number otherwise, and what is
    printed would get into it. Output that was closed cannot be written to, as whoever prints finds out.
    """
    for name, mode, flags in (("stdin", "r", os.O_RDONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_WRONLY)):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, flags)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  open to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=LIKE)


def say(text: str, end: str = "\n") -> None:
    """Print text to standard output. Raises RunFailed if it cannot be written."""
    with writing():
        print(legible(text), end=end)


def say_json(data: Any, indent: int | None = None) -> None:
    """Print data to standard output as one JSON document; infinite and missing numbers become null."""
    say(json.dumps(_without_nan(data), indent=indent, allow_nan=False))


def _without_nan(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without_nan(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_without_nan(item) for item in data]
    return None if isinstance(data, float) and not isfinite(data) else data


def display(shown: "RenderableType", whole_lines: bool = False) -> None:
    """Print tables and text to standard output; `whole_lines`: without breaking lines, whatever the width.

    Raises RunFailed if it cannot be written.
    """
    from sim.cli.console import LegibleConsole

    with writing():
        LegibleConsole(columns(sys.stdout)).print(shown, soft_wrap=whole_lines)


def tell(message: str) -> None:
    """Print a message to the user on standard error, on one line, apart from the output, if anybody can read it."""
    with suppress(OSError):  # such as of a terminal that was closed
        print(one_line(message), file=sys.stderr)


@contextmanager
def writing() -> Iterator[None]:
    """Around writing to standard output: RunFailed if that fails, but BrokenPipeError where nobody reads any more."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop()
        raise RunFailed(lost(error.strerror or str(error))) from None


def lost(why: str) -> str:
    """The message that standard output cannot be written."""
    return f"standard output: cannot be written: {why}"


def drop() -> None:
    """Let go of what standard output still holds: Python would try to write it once more when it ends, and complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def columns(stream: TextIO) -> int:
    """The width of output: what COLUMNS says if it is a number above 0, or the terminal's width, or `WIDTH`."""
    try:
        asked = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        asked = 0
    if asked <= 0:
        try:
            asked = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):  # no terminal
            asked = WIDTH
    return min(max(asked, NARROWEST), WIDEST)
