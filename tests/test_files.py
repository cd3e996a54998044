"""Files that users name: whatever they are, reading them ends, with their text or with one line."""

import errno
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sim import files
from sim.errors import UserError
from sim.files import read_text


def message_of(path: Path) -> str:
    """What is wrong with a file."""
    with pytest.raises(UserError) as caught:
        read_text(path)
    (problem,) = caught.value.problems
    return str(problem).removeprefix(str(path))


BYTES = {
    "utf-16 with its mark": ("a: ä\n".encode("utf-16"), ": is UTF-16; save it as UTF-8"),
    "utf-16 without one": (
        "a: b\n".encode("utf-16-le"),
        ":1:2: holds a NUL character and so is no text; save it as UTF-8",
    ),
    "latin-1": ("ab\nc: ä\n".encode("latin-1"), ":2:4: is not UTF-8; save it as UTF-8"),
    "latin-1 after a mark": (b"\xef\xbb\xbfa: \xe4", ":1:4: is not UTF-8; save it as UTF-8"),
    "cut inside a character": ("a: ä".encode()[:-1], ":1:4: is not UTF-8; save it as UTF-8"),
    "zeros": (b"a\n\0", ":2:1: holds a NUL character and so is no text; save it as UTF-8"),
}


@pytest.mark.parametrize("fault", BYTES)
def test_what_is_no_text_is_told_with_its_place(tmp_path: Path, fault: str) -> None:
    """Another encoding is named where its bytes show it, and the first wrong character has line and column."""
    content, expected = BYTES[fault]
    (tmp_path / "file").write_bytes(content)
    assert message_of(tmp_path / "file") == expected


def test_a_byte_order_mark_and_line_ends_are_no_part_of_the_text(tmp_path: Path) -> None:
    """Files of all systems read the same."""
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n")
    assert read_text(tmp_path / "file") == "a\nb\nc\n"


def test_what_is_no_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices are not opened: some never end, others wait for their user."""
    with socket.socket(socket.AF_UNIX) as endpoint:
        monkeypatch.chdir(tmp_path)  # the address of a socket must be short
        endpoint.bind("socket")
        assert message_of(tmp_path / "socket") == ": is a socket; give a file of text"
    assert message_of(tmp_path) == ": is a folder; give a file of text"
    for device in ("/dev/zero", "/dev/null", "/dev/random"):
        assert message_of(Path(device)) == ": is a device; give a file of text"
    with pytest.raises(FileNotFoundError):
        read_text(tmp_path / "nothing")


def test_a_file_of_any_size_is_not_read_into_memory(tmp_path: Path) -> None:
    """A file of a terabyte, most of it not there, is refused at once."""
    with (tmp_path / "file").open("wb") as file:
        file.truncate(10**12)
    assert message_of(tmp_path / "file") == ": is larger than 16 MB, the most that is read"


def test_a_pipe_is_read_once_and_known_from_then_on(tmp_path: Path) -> None:
    """Whoever asks again, as one who validates and then loads, gets the same text."""
    os.mkfifo(pipe := tmp_path / "pipe")
    for text in ("first\n", "second\n"):
        writer = threading.Thread(target=pipe.write_text, args=[text])
        writer.start()
        while not (read := read_text(pipe)).startswith(text):  # until the writer has come
            pass
        writer.join()
        assert read_text(pipe) == read == text


def test_a_pipe_without_a_writer_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while, in which somebody may come."""
    monkeypatch.setattr(files, "PATIENCE", 0.05)
    os.mkfifo(tmp_path / "pipe")
    assert message_of(tmp_path / "pipe") == ": is a pipe to which nobody writes"


def test_a_pipe_without_an_end_is_refused(tmp_path: Path) -> None:
    """What somebody writes for ever is read up to the largest file."""
    os.mkfifo(pipe := tmp_path / "pipe")
    program = f"import itertools; f = open({str(pipe)!r}, 'w'); [f.write('x' * 9999) for _ in itertools.count()]"
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL) as writer:
        assert message_of(pipe) == ": is larger than 16 MB, the most that is read"
        writer.terminate()


@pytest.mark.parametrize("links", [True, False])
def test_a_new_file_replaces_none(tmp_path, monkeypatch, links):
    """Whole with its content, on a file system without links too; an existing one stays, and nothing is left over."""
    if not links:

        def refuse(*_):
            raise PermissionError(errno.EPERM, "no links here")

        monkeypatch.setattr("sim.files.os.link", refuse)
    files.write_new(tmp_path / "one", b"first")
    with pytest.raises(FileExistsError):
        files.write_new(tmp_path / "one", b"second")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"one": b"first"}


def test_a_new_file_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    """A full disk, as it shows when what was written is flushed."""

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sim.files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_new(tmp_path / "one", b"first")
    assert list(tmp_path.iterdir()) == []
