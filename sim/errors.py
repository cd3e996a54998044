"""The one exception for users' mistakes: all errors are reported together, each with its location and remedy."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

LONGEST_MESSAGE = 1000
"""Characters of a message that are shown; it may quote what a file holds, however long."""
LISTED = 20
"""How many known names a message lists at most."""


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in one place.

    `file`, `line` and `column` (both from 1) say where; a problem without a line concerns the whole file,
    one without a file the command's own arguments.
    """

    file: str = ""
    line: int = 0
    column: int = 0
    message: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        message = self.message
        if len(message) > LONGEST_MESSAGE:
            half = LONGEST_MESSAGE // 2
            message = f"{message[:half]} ... {message[-half:]}"  # what is wrong, and what would be right
        return f"{place}: {message}" if place else message


class UserError(Exception):
    """What a user gave cannot be used. Holds all the problems found, in the order of the file, never none."""

    exit_code = 2

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = [p if isinstance(p, Problem) else Problem(message=p) for p in problems]
        super().__init__("\n".join(str(p) for p in self.problems))

    def __reduce__(self) -> tuple[type["UserError"], tuple[Problem, ...]]:
        return type(self), tuple(self.problems)


def renamed_arguments(**new_names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function whose arguments had other names: the old ones raise UserError with the new ones."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            for old, new in new_names.items():
                if old in kwargs:
                    raise UserError(f"{function.__name__}: the argument {old!r} is now called {new!r}")
            return function(*args, **kwargs)

        return checked

    return decorate


class RunFailed(UserError):
    """A run could not be finished for a reason outside the scenario (a full disk, dying workers). Finished work is
    kept.
    """

    exit_code = 1


class RunInterrupted(RunFailed):
    """A run was interrupted by its user. Finished work is kept."""

    exit_code = 130


class RunTerminated(RunFailed):
    """A run was asked to end (SIGTERM), as batch systems do before they kill. Finished work is kept."""

    exit_code = 143


class RunHungUp(RunTerminated):
    """The terminal of a run was closed (SIGHUP). Finished work is kept."""

    exit_code = 129


def suggestion(word: str, known: Iterable[str], listed: int = LISTED) -> str:
    """What was probably meant by an unknown word, as the end of a message.

    Parameters
    ----------
    word
        What was written.
    known
        What could have been written; sets are sorted, since their order differs from one process to the next.
    listed
        How many of the known names to list if none resembles the word; 0 for none.

    Returns
    -------
    str
        `; did you mean 'headcount'?`, or else `; known: a, b`, or nothing.
    """
    names = sorted(known) if isinstance(known, (set, frozenset)) else list(known)
    close = get_close_matches(word, names, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    more = f" and {len(names) - listed} more" if len(names) > listed else ""
    return f"; known: {', '.join(names[:listed])}{more}" if names and listed else ""
