"""Files of users, read with care, and our own, written whole: who reads meanwhile finds the old one or the new."""

import os
import re
import select
import stat
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from shutil import rmtree

from sim.errors import Problem, UserError

LARGEST_FILE = 16_000_000
"""Bytes that a file of settings or of the record may have: thousands of times what people write by hand. What never
ends, or holds something else, is told before it fills the memory."""
NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What no text of a user has: control characters but for tabs and ends of lines, and halves of characters."""
BLOCK = 65_536
"""Bytes that are read at once, as many as a pipe holds."""
PATIENCE = 3.0
"""Seconds for which a pipe may have nobody yet who writes to it."""
_piped: dict[tuple[int, int], bytes] = {}
"""What came through a pipe, by the pipe's device and number: it can be read once, and is asked for again."""


def read_text(path: Path) -> str:
    """The text of a file that a user named, or of a pipe, such as standard input as `/dev/stdin`.

    Without a byte order mark, and with line ends as `\\n`.

    Raises
    ------
    FileNotFoundError
        If there is no such file, so that callers can say what it should be.
    UserError
        If it is a directory, a device or a socket, a pipe that nobody writes to, larger than `LARGEST_FILE`, not
        UTF-8, or holds a NUL character; or if it cannot be read.
    """
    try:
        content = _content(path)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL character
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(Problem(str(path), message=f"cannot be read: {reason}")) from None
    if len(content) > LARGEST_FILE:
        raise UserError(Problem(str(path), message=f"is larger than {LARGEST_FILE // 10**6} MB, the most that is read"))
    return _decoded(path, content).replace("\r\n", "\n").replace("\r", "\n")


def no_text(written: str) -> str:
    """What is wrong with a text that holds a control character or half a character; nothing if it holds none."""
    found = NO_TEXT.search(written)
    return f"holds the character U+{ord(found[0]):04X}, which no text may hold; leave it out" if found else ""


def _content(path: Path) -> bytes:
    """The first bytes of a file or pipe, one more than `LARGEST_FILE` at most."""
    status = path.stat()  # before it is opened: opening a pipe may wait for ever, and a device may do anything
    kind = stat.S_IFMT(status.st_mode)
    if kind == stat.S_IFIFO:
        return _from_pipe(path, (status.st_dev, status.st_ino))
    if kind != stat.S_IFREG:
        what = {stat.S_IFDIR: "a folder", stat.S_IFSOCK: "a socket"}.get(kind, "a device")
        raise UserError(Problem(str(path), message=f"is {what}; give a file of text"))
    with path.open("rb") as file:
        return file.read(LARGEST_FILE + 1)


def _from_pipe(path: Path, key: tuple[int, int]) -> bytes:
    """What is written to a pipe until all who write have closed it; or what was, if nobody writes to it now."""
    end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # else it would wait for somebody to open the other end
    try:
        content = b""
        if key not in _piped:
            writers = select.poll()
            writers.register(end)
            writers.poll(PATIENCE * 1000)
        while len(content) <= LARGEST_FILE:
            try:
                block = os.read(end, BLOCK)
            except BlockingIOError:  # somebody has it open, and may yet write
                select.select([end], [], [])
                continue
            if not block:
                break
            content += block
    finally:
        os.close(end)
    if not content and key not in _piped:
        raise UserError(Problem(str(path), message="is a pipe to which nobody writes"))
    if content:
        _piped[key] = content
    return _piped[key]


def _decoded(path: Path, content: bytes) -> str:
    """Bytes as text. Raises UserError at the first character that is none."""
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise UserError(Problem(str(path), message="is UTF-16; save it as UTF-8"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _position(content[: content.find(error.object[error.start :])].decode("utf-8-sig", "replace"))
        raise UserError(Problem(str(path), line, column, "is not UTF-8; save it as UTF-8")) from None
    if "\0" in text:
        line, column = _position(text[: text.index("\0")])
        raise UserError(Problem(str(path), line, column, "holds a NUL character and so is no text; save it as UTF-8"))
    return text


def _position(before: str) -> tuple[int, int]:
    """Line and column, both from 1, of what follows a text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to, which replaces it at the end and is removed if anything goes wrong.

    Beside it, because a file can be renamed atomically within one file system only; flushed to the disk first, because
    otherwise the name may survive a power failure and the content not.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{token_hex(4)}")  # of this write alone, on any machine
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path` to fill, which takes its place at the end and is removed if anything goes wrong.

    What was there is put back if the new one cannot take its place; for a moment between two renames there is neither.
    """
    temporary, former = (path.with_name(f".{path.name}.{os.getpid()}.{token_hex(4)}") for _ in range(2))
    temporary.mkdir()
    try:
        yield temporary
        for file in temporary.rglob("*"):
            if file.is_file():
                with file.open("rb+") as opened:
                    os.fsync(opened.fileno())
        replaced = path.exists()
        if replaced:
            path.rename(former)
        try:
            temporary.rename(path)
        except OSError:
            if replaced:
                former.rename(path)
            raise
        rmtree(former, ignore_errors=True)
    finally:
        rmtree(temporary, ignore_errors=True)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that must not exist yet, whole or not at all.

    The name is given by a link, which fails where there is one already, so that of two processes one succeeds; where
    the file system has no links, by looking first. Raises FileExistsError if there is such a file.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:
            if path.exists():
                raise FileExistsError(path) from None
            temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)
