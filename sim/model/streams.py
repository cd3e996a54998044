"""Keyed random numbers: every draw belongs to a seed, replication, case, stage, visit and step, and to nothing else.

A key names a stream of uniform numbers; the numbers of the cases of one source stand in it one after the other.
So a draw depends neither on other cases, nor on the staffing, nor on the order of events, and two scenarios see
the same cases with the same draws (common random numbers; Law, Simulation Modeling and Analysis, ch. 11).
"""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Key = NDArray[np.uint64]


def counter(name: str) -> int:
    """The position of a named stream in the counter of a generator: a 64-bit hash of the name."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")


class Streams:
    """The streams of one replication.

    Philox is a counter-based generator (Salmon et al., 2011): key and counter are its whole state, so any
    stretch of any stream is reached at once. The key is a 128-bit hash of seed, replication and a group's name, the
    second word of the counter a 64-bit hash of the stream's name in its group, the first word the position in it.
    """

    def __init__(self, seed: int, replication: int) -> None:
        self._salt = seed.to_bytes(8, "little") + replication.to_bytes(8, "little")
        # One generator whose state is overwritten for each stream: a new one takes more than ten times as long.
        self._philox = np.random.Philox(key=0)
        self._random = np.random.Generator(self._philox).random
        self._state = self._philox.state
        self._key, self._counter = self._state["state"]["key"], self._state["state"]["counter"]

    def group(self, name: str) -> Key:
        """The key of a group of streams."""
        return np.frombuffer(blake2b(name.encode(), digest_size=16, key=self._salt).digest(), np.uint64)

    def uniforms(self, group: Key, stream: int, count: int) -> Floats:
        """The first `count` numbers in [0, 1) of a stream of a group; the stream is given by its `counter`."""
        # The two arrays are views into the state, so the first word of the counter and the generator's buffer are
        # those of a fresh generator again as soon as the state is assigned: no stream goes on where another stopped.
        self._key[:] = group
        self._counter[1] = stream
        self._philox.state = self._state
        return self._random(count)
