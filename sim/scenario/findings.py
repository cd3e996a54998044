"""What is wrong with a scenario at a place of its settings, before it is known in which file and line that stands."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from sim.errors import suggestion

Path_ = tuple[str | int, ...]
CLOSE = 0.8
"""How similar two words are (`difflib`, 0 to 1) if one is taken for the other misspelt: 'Googel' is, 'Maps' is not."""


@dataclass(frozen=True)
class Finding:
    """An error at a path of settings; `at_key` if the name is wrong rather than the value."""

    path: Path_
    message: str
    at_key: bool = False


def unknown(name: str, known: Iterable[str], what: str, path: Path_, at_key: bool = False) -> list[Finding]:
    """That there is no such name, with what was probably meant; nothing if there is."""
    names = list(known)
    return [] if name in names else [Finding(path, f"unknown {what} {name!r}{suggestion(name, names)}", at_key)]


def misspelt(name: str, known: Iterable[str]) -> str | None:
    """The known name that a name is probably meant to be.

    Names that differ in their numbers only, such as `line-1` and `line-2`, are not taken for each other.
    """
    by_word = {word.casefold(): word for word in known}
    close = get_close_matches(name.casefold(), by_word, n=1, cutoff=CLOSE)
    if not close or (close[0] != name.casefold() and _letters(close[0]) == _letters(name.casefold())):
        return None
    return by_word[close[0]]


def _letters(word: str) -> str:
    return re.sub(r"\d+", "0", word)
