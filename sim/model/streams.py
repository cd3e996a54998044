"""Keyed random numbers: every draw belongs to a seed, replication, case, stage, visit and step, and to nothing else.

A key names a stream of uniform numbers; the numbers of the cases of one source stand in it one after the other.
So a draw depends neither on other cases, nor on the staffing, nor on the order of events, and two scenarios see
the same cases with the same luck (common random numbers; Law, Simulation Modeling and Analysis, ch. 11).
"""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_PER_COUNT = 4
"""Philox makes four 64-bit words per step of its counter."""


class Streams:
    """The streams of one replication.

    Philox is a counter-based generator (Salmon et al., 2011): key and counter are its whole state, so any
    stretch of any stream is reached at once. The key is a 128-bit hash of seed, replication and the names;
    for two of a billion streams to share it has a chance of about 1e-21.
    """

    def __init__(self, seed: int, replication: int) -> None:
        self._salt = seed.to_bytes(8, "little") + replication.to_bytes(8, "little")
        self._philox = np.random.Philox(key=0)
        self._generator = np.random.Generator(self._philox)
        self._state = self._philox.state

    def uniforms(self, key: str, count: int, first: int = 0) -> Floats:
        """`count` numbers in [0, 1) of the stream `key`, from its number `first` (a multiple of four) on."""
        digest = blake2b(key.encode(), digest_size=16, key=self._salt).digest()
        state = self._state
        state["state"]["key"] = np.frombuffer(digest, dtype=np.uint64)
        state["state"]["counter"] = np.array([first // _PER_COUNT, 0, 0, 0], dtype=np.uint64)
        self._philox.state = state
        return self._generator.random(count)
