"""The value that flows from the model to its readers: a scenario with what its replications gave."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sim.results.summary import Summary
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Run:
    """A finished run.

    `summary`: what indicators are computed from. `read_events`: gives the event log. `folder`: where it is stored, if
    it is.
    """

    scenario: Scenario
    summary: Summary
    read_events: "Callable[[], pd.DataFrame]" = field(repr=False, compare=False)
    folder: Path | None = None

    @property
    def replications(self) -> int:
        """How many replications there are."""
        return self.summary.replications

    @property
    def parameters(self) -> "pd.DataFrame":
        """The uncertain parameters of every replication: column `replication`, then one per parameter."""
        return self.summary.parameters()

    @cached_property
    def events(self) -> "pd.DataFrame":
        """The whole event log (`sim.results.events`), sorted by replication: 60 kB of memory for each replication.

        Raises UserError if the run was stored without its events, as the points of a sweep are.
        """
        return self.read_events()
