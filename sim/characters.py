"""Characters that do not show as themselves: how text is written where something would obey them instead.

A title, a name of a file or a word of a message may hold an escape sequence, which a terminal obeys, or a mark that
turns round the order in which letters are shown. Whoever writes text that others have written makes it legible first.
"""

import re

_CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f"
_INVISIBLE = r"\u200b\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_DIRECTIONS = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_NO_TEXT = r"\u2028\u2029\ud800-\udfff\ufffe\uffff"
"""Separators that end a line for some programs and not for others, halves of characters, and what is no character."""
_HIDDEN = re.compile(f"[{_CONTROLS}{_INVISIBLE}{_DIRECTIONS}{_NO_TEXT}]")
_HIDDEN_IN_A_LINE = re.compile(rf"[\n\t{_CONTROLS}{_INVISIBLE}{_DIRECTIONS}{_NO_TEXT}]")
LONGEST = 100
"""Characters of a part of a file's name: systems take 255 bytes in all."""
_SHORT = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}


def legible(text: str) -> str:
    r"""Text in which everything shows: controls, marks of direction and the like as `\x1b` or `\u202e`.

    The ends of lines, and tabs, stay as they are. What is legible already is not changed.
    """
    return _HIDDEN.sub(_escape, text)


def one_line(text: str) -> str:
    r"""The same on one line: the ends of lines are shown too, as `\n`."""
    return _HIDDEN_IN_A_LINE.sub(_escape, text)


def file_name(text: str) -> str:
    """Text as a part of the name of a file, or of an address: letters and digits of ASCII, `.`, `_` and `-`.

    Two texts may have the same one, and a long one is cut off: put something before it by which they differ.
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:LONGEST]


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    numbered = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return _SHORT.get(found[0], numbered)
