"""Try many damaged inputs of one kind: `python tests/fuzz/fuzz.py scenarios --count 1000`.

Trial number k of a seed is the same in every run, so a fault is repeated with `--first k --count 1`. A trial must end
within seconds, and all of them within a limit of memory; what is accepted can be kept, to be judged by people.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

from trials import KINDS

SECONDS = 10
"""A trial that computes for longer hangs; so does one that waits ten times as long, however busy the machine is."""
GIGABYTES = 2
"""Memory that the whole process may come to have."""


class HangsError(BaseException):
    """A trial took too long. No exception that a program would catch."""


def _alarm(signum: int, frame: Any) -> None:
    raise HangsError(f"more than {SECONDS} s")


def _limit(seconds: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, 10 * seconds)


def tried(kind: str, seed: int, first: int, count: int, folder: Path) -> Iterator[dict[str, Any]]:
    """The outcome of each trial: its number, what was done, messages of a refusal, the traceback of a fault."""
    signal.signal(signal.SIGPROF, _alarm)
    signal.signal(signal.SIGALRM, _alarm)
    warnings.simplefilter("error")  # what the user would be shown as two lines of Python
    for number in range(first, first + count):
        fault, trial = "", None
        _limit(SECONDS)
        try:
            trial = KINDS[kind](Random(f"{kind} {seed} {number}"), folder)
        except (Exception, HangsError):
            fault = traceback.format_exc()
        finally:
            _limit(0)
        yield {"number": number, "fault": fault} | (vars(trial) if trial else {})


def main() -> None:
    """Try; print the faults and a count; exit code 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="write the outcome of every trial to this file, a JSON object a line")
    given = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # inputs may hold half a sign
    resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, 8 * 2**30))  # address space: what is asked for, also if unused
    faults = accepted = 0
    with tempfile.TemporaryDirectory() as folder:
        for outcome in tried(given.kind, given.seed, given.first, given.count, Path(folder)):
            if given.keep:
                with given.keep.open("a", encoding="utf-8") as kept:
                    kept.write(json.dumps(outcome) + "\n")
            if outcome["fault"]:
                faults += 1
                print(
                    f"--- {given.kind}, seed {given.seed}, number {outcome['number']}\n{outcome['fault'][-1500:]}",
                    flush=True,
                )
            accepted += not outcome["fault"] and not outcome["messages"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{given.kind}, seed {given.seed}: {given.count} tried, {accepted} accepted, {faults} faults, {peak:.2f} GiB")
    sys.exit(faults > 0 or peak > GIGABYTES)


if __name__ == "__main__":
    main()
