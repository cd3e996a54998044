"""The command `sim` as a process of its own."""

import sys

CATCH_SIGINT = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""A shell that starts the tests in the background lets them ignore Ctrl-C; a terminal does not."""


def sim_command(*words: str, before: str = "") -> list[str]:
    """The command line of `sim` with these words; `before`: code to run first in the same process."""
    call = ["-c", f"{before}; from sim.cli import main; main()"] if before else ["-m", "sim"]
    return [sys.executable, *call, *words]
