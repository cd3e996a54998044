"""The draws of cases: for each visit of a case to a stage a row with the values of all the stage's steps."""

from dataclasses import dataclass, field

import numpy as np

from sim.model.plan import ROUTE_COLUMN, Routing, StagePlan
from sim.model.sampler import Sampler
from sim.model.streams import Floats, Streams, counter

Row = list[float]
MAX_EAGER_COLUMNS = 4
"""Drawn columns up to which the rows of a source are all made at once even if few of its cases come to a stage."""


@dataclass(eq=False)
class CaseSource:
    """Where cases come from: a probe of the scenario (one case) or a stream of arrivals (`size` cases).

    `name` is the key of its draws; a stream's cases are called by `label` and their number, and come to the stage
    number `entry`. The rows drawn so far live here and not in `Draws`, so that finding those of a case takes one
    look-up by number and no string has to be put together for each visit.
    """

    name: str
    size: int = 1
    label: str = ""
    entry: int = -1
    rows: dict[int, "Rows"] = field(default_factory=dict)
    """the rows of its cases' first visits, by stage"""
    later: dict[tuple[str, int, int], "Rows"] = field(default_factory=dict)
    """those of strands and later visits, by strand, stage and visit"""

    def on_arrival(self, now: float) -> None:
        """Called when one of its cases arrives: a stream then schedules the next one."""


class Draws:
    """The rows of one replication, made when they are first needed."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def row(self, source: CaseSource, index: int, strand: str, stage: StagePlan, visit: int, routing: Routing) -> Row:
        """The row of the case number `index` of a source, on its `visit`-th visit (from 1) to a stage."""
        if visit == 1 and not strand:
            rows = source.rows.get(stage.number)
            if rows is None:
                rows = source.rows[stage.number] = self._rows(source, strand, stage, visit)
        else:
            key = (strand, stage.number, visit)
            rows = source.later.get(key)
            if rows is None:
                rows = source.later[key] = self._rows(source, strand, stage, visit)
        if rows.all is not None:
            return rows.all[index]
        return rows.row(index, routing)

    def _rows(self, source: CaseSource, strand: str, stage: StagePlan, visit: int) -> "Rows":
        rows = self.rows(source.name, strand, stage, visit, source.size)
        # The choice depends on the stage and the source alone, never on who comes or when: the two ways may round a
        # quantile differently in its last bit, and then the staffing would show in the draws.
        if len(stage.sampler.drawn) <= MAX_EAGER_COLUMNS or (
            visit == 1 and not strand and stage.number == source.entry
        ):
            rows.draw_all()
        return rows

    def rows(self, source: str, strand: str, stage: StagePlan, visit: int, count: int) -> "Rows":
        """The first `count` rows of a source's visits to a stage."""
        # The key says whose draws these are, and nothing of when or after what. No name in a scenario has a bar.
        return Rows(self._streams, f"{source}|{strand}|{stage.name}|{visit}", stage.sampler, count)

    def attribute(self, source: str, name: str, count: int) -> Floats:
        """Uniform numbers for an attribute of all the cases of a source: shape (count,)."""
        return self._streams.uniforms(self._streams.group(source), counter(name), count)


class Rows:
    """The rows of the cases of a source on their visits to a stage, made together or one by one.

    Together where all cases come, or rows are short; one by one, and of each row only what its route needs, where a
    strand of one case in ten is not worth the draws of all.
    """

    def __init__(self, streams: Streams, group: str, sampler: Sampler, count: int) -> None:
        self._streams, self._group, self._sampler, self._count = streams, streams.group(group), sampler, count
        self._uniforms: dict[int, Floats] = {}
        self.all: list[Row] | None = None

    def draw_all(self) -> None:
        """Make all rows at once."""
        sampler = self._sampler
        # Lists and not an array: the engine reads single numbers, which as Python floats takes a third of the time.
        self.all = sampler.values(np.array([self.uniforms(column) for column in sampler.drawn])).tolist()

    def row(self, index: int, routing: Routing) -> Row:
        """One row: the draw of the route, and the values that this route needs."""
        sampler = self._sampler
        row = sampler.constants.copy()
        row[ROUTE_COLUMN] = self.uniforms(ROUTE_COLUMN).item(index)
        for column in routing.route_at(row[ROUTE_COLUMN]).columns:
            row[column] = sampler.quantile[column](self.uniforms(column).item(index))
        return row

    def uniforms(self, column: int) -> Floats:
        """The uniform numbers behind a column, one for each case of the source: shape (count,)."""
        uniforms = self._uniforms.get(column)
        if uniforms is None:
            name = self._sampler.names[column]
            uniforms = self._uniforms[column] = self._streams.uniforms(self._group, name, self._count)
        return uniforms
