"""What analysts hold: a finished run, with its indicators, tables, figures and events."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sim.errors import UserError, suggestion
from sim.plotting import Drawable, views
from sim.results.estimates import Results, estimates
from sim.results.identity import Environment, environment
from sim.results.statistics import LEVEL
from sim.results.summarise import summarise
from sim.results.tables import TABLES
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


FILTERS = ("platform", "topic", "origin", "strand")
"""Columns of the event log by which a run can be filtered."""


class ReadEvents(Protocol):
    """Reads rows of an event log."""

    def __call__(self, condition: Any, platforms: Collection[str] = ()) -> "pa.Table":
        """The rows that satisfy a condition, a pyarrow expression; all of them for None.

        `platforms`: the names in the platform column of these rows, if that is known: others need not be read.
        """


@dataclass(frozen=True, repr=False, eq=False)
class Run(Results, Drawable):
    """A finished run of a scenario.

    Attributes
    ----------
    scenario : what was run.
    arrays : its summary as plain arrays; `data` has them with named dimensions.
    read_events : reads rows of the event log.
    folder : where it is stored, if it is.
    filtered_by : what its cases were filtered by; empty if it has all.
    made_by : the versions of what computed it, see `sim.results.identity`; those of this process unless it is stored.
    """

    read_events: ReadEvents = field(compare=False)
    folder: Path | None = None
    filtered_by: str = ""
    made_by: Environment = field(default_factory=environment)

    def summary(self, level: float = LEVEL) -> "pd.DataFrame":
        """Every indicator that has a value.

        Returns
        -------
        Columns: indicator (label), title, unit, value, ci_low, ci_high (confidence interval at `level`, which more
        replications would narrow), q10, q90 (central 80% of single replications, which they would not).
        """
        return estimates(self.data, self.layout, level)

    @property
    def tables(self) -> list[str]:
        """The names of the tables, for `table`."""
        return list(TABLES)

    def table(self, name: str) -> "pd.DataFrame":
        """One of the tables, such as 'durations', 'endings' or 'pending'; docs/indicators.md says what they hold.

        It is made once and copied on writing. Raises UserError for a name that there is not.
        """
        if name not in TABLES:
            raise UserError(f"there is no table {name!r} of a run{suggestion(name, TABLES, len(TABLES))}")
        if name not in self._made:
            self._made[name] = TABLES[name].make(self)
        return self._made[name].copy(deep=False)

    @cached_property
    def _made(self) -> "dict[str, pd.DataFrame]":
        """The tables made so far, by name."""
        return {}

    @property
    def parameters(self) -> "pd.DataFrame":
        """The uncertain parameters of every replication: column `replication`, then one for each parameter."""
        import pandas as pd

        frame = pd.DataFrame(self.arrays["drawn"], columns=list(self.scenario.uncertain))
        return frame.rename_axis("replication").reset_index()

    @property
    def per_replication(self) -> "pd.DataFrame":
        """Every indicator in each replication (`Sample.by_replication`): column `replication`, then one per label."""
        import pandas as pd

        columns = {label: sample.by_replication for label, sample in self.samples.items()}
        return pd.DataFrame({"replication": np.arange(self.replications), **columns})

    @cached_property
    def events(self) -> "pd.DataFrame":
        """The whole event log (`sim.results.events`), sorted by replication: 60 kB of memory for each replication.

        Raises UserError if the run was stored without its events, as the points of a sweep are.
        """
        frame: pd.DataFrame = self.read_events(None).to_pandas()
        return frame

    def case_events(self, case: str, replications: int) -> "pd.DataFrame":
        """The visits of a case in the first replications, with those of the case it forked from and of its strands."""
        from pyarrow.compute import field as column

        related = column("case").isin([case, case.rpartition("/")[0] or case]) | (column("parent") == case)
        frame: pd.DataFrame = self.read_events(related & (column("replication") < replications)).to_pandas()
        return frame

    def filter(self, *, platform: str = "", topic: str = "", origin: str = "", strand: str = "") -> "Run":
        """The run seen through some of its cases only; every table and figure works on it.

        What it says of staff is the share of their capacity that went to these cases.

        Parameters
        ----------
        platform : a service; a case on several services is on each of them.
        topic, origin, strand : further conditions; all that are given must hold.

        Raises
        ------
        UserError
            Without a condition, for a platform that the scenario does not have, or without an event log.
        """
        from pyarrow.compute import field as column

        conditions = {"topic": topic, "origin": origin, "strand": strand}
        wanted = {name: [value] for name, value in conditions.items() if value}
        if platform:
            wanted["platform"] = _names_with(self.scenario, platform)
        if not wanted:
            raise UserError(f"filter needs a condition on {', '.join(FILTERS)}")
        rows: Any = None
        for name, values in wanted.items():
            rows = column(name).isin(values) if rows is None else rows & column(name).isin(values)
        events = self.read_events(rows, wanted.get("platform", ()))
        arrays = summarise(self.layout, events, range(self.replications), self.arrays)
        words = platform or ", ".join(value for value in conditions.values() if value)
        title = f"{self.scenario.title or self.scenario.name}, cases on {words}"
        scenario = self.scenario.model_copy(update={"title": title})
        return replace(self, scenario=scenario, arrays=arrays, read_events=_in_memory(events), filtered_by=words)

    def in_memory(self) -> "Run":
        """The run with its event log in memory, independent of its folder."""
        return replace(self, read_events=_in_memory(self.read_events(None)), folder=None)

    def to_html(self, path: Path | str) -> Path:
        """Write the report of this run: one page that needs nothing else. Returns its path."""
        return Path(views().to_html([self], Path(path)))

    def __repr__(self) -> str:
        scenario = self.scenario
        days = f"{scenario.start} to {scenario.horizon}"
        cases = f", cases on {self.filtered_by}" if self.filtered_by else ""
        return f"<Run {scenario.name!r}{cases}: {days}, {self.replications:,} replications, seed {scenario.seed}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the headline indicators."""
        table = self.summary()
        return self.html(table[~table["indicator"].str.contains(":")])


def _in_memory(events: "pa.Table") -> ReadEvents:
    """Gives rows of an event log."""
    return lambda condition, platforms=(): events if condition is None else events.filter(condition)


def platforms(scenario: Scenario) -> list[str]:
    """The services that cases of a scenario can be on, in the order of the alphabet."""
    return sorted({service for name in _platform_names(scenario) for service in services(name)}, key=str.casefold)


def services(platform: str) -> list[str]:
    """The services of a case: several stand with `;` between them, none is the empty name."""
    return [name for name in platform.split(";") if name]


def _platform_names(scenario: Scenario) -> list[str]:
    """The names in the platform column of the event log, of one service or several."""
    names = [probe.platform for probe in scenario.probes.values()]
    return names + [platform for stream in scenario.arrivals.values() for platform in stream.platforms]


def _names_with(scenario: Scenario, service: str) -> list[str]:
    """Those of these names that contain a service. Raises UserError for one that the scenario does not have."""
    names = [name for name in dict.fromkeys(_platform_names(scenario)) if service in services(name)]
    if not names:
        known = ", ".join(platforms(scenario)) or "none"
        raise UserError(f"{scenario.name}: no case can be on the platform {service!r}; platforms are {known}")
    return names
