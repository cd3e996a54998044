"""Who was waited for: the days by which cases were delayed for want of the people of each role."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sim.model.walk import Case


class Delays:
    """The delays of a replication, noted as they are seen.

    They stand apart from the log of visits, so that a visit without one costs nothing.
    """

    def __init__(self) -> None:
        self._noted: list[float] = []

    def note(self, case: "Case", pool: int, days: float) -> None:
        """A case was delayed by the people of a pool on the visit under way."""
        self._noted.extend((case.number, case.stage.number, case.visit, pool, days))  # type: ignore[union-attr]

    def of_visits(self, visits: NDArray[np.float64], pools: int) -> NDArray[np.float64]:
        """The days of delay by pool of each visit: shape (visits, pools); `visits`: case, stage, visit of each."""
        found = np.zeros((len(visits), pools))
        if self._noted:
            noted = np.fromiter(self._noted, np.float64, len(self._noted)).reshape(-1, 5)
            _, stages, numbers = visits.max(axis=0) + 1
            key = np.array([stages * numbers, numbers, 1.0])  # one number for case, stage and visit
            known, wanted = visits @ key, noted[:, :3] @ key
            order = np.argsort(known)
            row = order[np.searchsorted(known[order], wanted)]
            np.add.at(found, (row, noted[:, 3].astype(int)), noted[:, 4])
        return found
