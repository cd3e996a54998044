"""What a run is: a hash of all that decides its numbers to the last bit, and of what computes them.

Two runs with the same identity are the same to the bit; whatever could change a bit gives another identity: a setting,
the order of what is read in its order, the code, the packages that it uses, and how the processor rounds.
"""

import json
import math
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sim.scenario.schema import Scenario

FORMAT = 7
"""Of stored runs; readers refuse what they do not know."""
NOT_DETERMINING = {"title", "description", "question", "answer", "costs", "sources"}
"""Settings of a scenario that change no number of its run."""
DETERMINING = ("dates.py", "results/events.py", "results/summary.py", "results/summarise.py", "experiments/chunks.py")
"""Modules beside the scenario language and the model that determine the numbers of a run."""
JUDGING = (
    "results/catalogue.py",
    "results/estimates.py",
    "results/run.py",
    "results/statistics.py",
    "results/survival.py",
    "experiments/precision.py",
    "experiments/simulate.py",
)
"""Modules that determine when a run is precise enough, and so how many replications it has."""
PACKAGES = ("numpy", "scipy", "simpy", "pandas", "pyarrow")
"""Packages that draw, compute or write the numbers of a run."""
CODE, PYTHON, ROUNDING = "sim", "Python", "rounding"
"""Names in an environment that are no packages."""
HASH_BYTES = 6
PACKAGE = Path(__file__).parent.parent

Environment = dict[str, str]
"""What computes: versions by name, with the hashes of the code and of the rounding."""


def digest(scenario: Scenario, more: Mapping[str, Any] | None = None, judged: bool = False) -> str:
    """The identity of the run of a scenario that this process would make.

    `more`: what determines it beside the scenario; `judged`: whether estimates decide how many replications it has.
    """
    return _hash([settings_digest(scenario, more), FORMAT, environment(), *([judging_digest()] if judged else [])])


def settings_digest(scenario: Scenario, more: Mapping[str, Any] | None = None) -> str:
    """The hash of what a run is asked for, whatever computes it.

    In the order in which it is written: steps are taken, routes tried and platforms drawn in that order.
    """
    return _hash([scenario.model_dump(mode="json", exclude=NOT_DETERMINING), dict(more or {})])


def _hash(content: Any) -> str:
    return blake2b(json.dumps(content).encode(), digest_size=HASH_BYTES).hexdigest()


@lru_cache
def environment() -> Environment:
    """What decides the last bits of a run beside its scenario, in this process: code, versions, arithmetic."""
    return {
        CODE: code_digest(),
        PYTHON: f"{sys.version_info.major}.{sys.version_info.minor}",  # 3.12, for one, adds floats up otherwise
        **{name: version(name) for name in PACKAGES},
        ROUNDING: rounding(),
    }


@lru_cache
def code_digest() -> str:
    """The hash of the code that turns a scenario into events and their summary."""
    files = [*sorted((PACKAGE / "model").glob("*.py")), *sorted((PACKAGE / "scenario").glob("*.py"))]
    return _hash_of_files([*files, *(PACKAGE / name for name in DETERMINING)])


@lru_cache
def judging_digest() -> str:
    """The hash of the code that decides whether a run is precise enough."""
    return _hash_of_files([PACKAGE / name for name in JUDGING])


def _hash_of_files(paths: Iterable[Path]) -> str:
    hashed = blake2b(digest_size=HASH_BYTES)
    for path in paths:
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


def rounding() -> str:
    """The hash of functions that the processor, by its vector instructions, or the system's libraries may round."""
    import numpy as np
    from scipy.special import betainc, betaincinv, gammainc, gammaincinv, ndtr, ndtri

    shares = np.linspace(0, 1, 1001)[1:-1]
    computed = [np.exp(ndtri(shares)), np.log1p(-shares), np.cumsum(np.sqrt(shares)), np.geomspace(1e-3, 50, 60)]
    computed += [(-np.log(some)) ** power for some in (shares, shares[::7]) for power in (0.7, 1 / 1.3)]
    computed += [betaincinv(2.3, 3.1, shares), gammaincinv(1.7, shares), ndtr(ndtri(shares) / 3)]
    computed += [betainc(2.3, 3.1, shares), gammainc(1.7, 3 * shares), np.convolve(1 / shares, shares[::3])]
    computed += [
        np.array([np.sum(1 / shares), np.dot(1 / shares, shares[::-1]), np.average(shares, weights=shares**3)])
    ]
    computed += [np.add.reduceat(1 / shares, [0, 3, 50, 300])]
    for function in (math.exp, math.log, math.expm1, math.sqrt, math.gamma):
        computed.append(np.array([function(share) for share in shares[::9].tolist()]))
    return blake2b(np.concatenate(computed).tobytes(), digest_size=HASH_BYTES).hexdigest()


def differences(other: Environment, own: Environment) -> str:
    """In what another environment differs from one's own, in words; nothing if it does not."""
    different = [name for name in own if other.get(name) != own[name]]
    if different == [ROUNDING]:
        return "a processor or mathematical library that rounds otherwise"
    words = [f"{n} {other.get(n, 'missing')} instead of {own[n]}" for n in different if n not in (CODE, ROUNDING)]
    return ", ".join(["another version of sim's own code"] * (CODE in different) + words)
