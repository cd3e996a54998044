"""The value that flows from the model to its readers: a scenario with what its replications gave."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Run:
    """A finished run.

    `events`: the event log (see `sim.events`), sorted by replication. `parameters`: one row per replication with the
    values drawn for the scenario's uncertain parameters. `folder`: where it is stored, if it is.
    """

    scenario: Scenario
    events: "pd.DataFrame"
    parameters: "pd.DataFrame"
    folder: Path | None = None

    @property
    def replications(self) -> int:
        """How many replications there are."""
        return len(self.parameters)
