"""The draws of cases: for each visit of a case to a stage a row with the values of all the stage's steps."""

from dataclasses import dataclass, field

from sim.model.plan import Column, StagePlan
from sim.model.streams import Floats, Streams
from sim.scenario.distributions import Constant

Row = tuple[float, ...]


@dataclass(eq=False)
class Source:
    """Where cases come from: a probe listed by name (one case) or a stream of arrivals (`size` cases).

    `name` is the key of its draws; a stream's cases are called by `label` and their number. `first` holds the rows of
    all its cases' first visits, by stage; `later` those of strands and later visits.
    """

    name: str
    size: int = 1
    label: str = ""
    first: dict[int, list[Row]] = field(default_factory=dict)
    later: dict[tuple[str, int, int], list[Row]] = field(default_factory=dict)

    def follow(self, now: float) -> None:
        """Called when one of its cases arrives: a stream lets the next one come."""


class Draws:
    """The rows of one replication; those of a source are made together when the first of them is asked for."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def row(self, source: Source, index: int, strand: str, stage: StagePlan, visit: int) -> Row:
        """The row of the case number `index` of a source, on its `visit`-th visit (from 1) to a stage."""
        if visit == 1 and not strand:
            rows = source.first.get(stage.number)
            if rows is None:
                rows = source.first[stage.number] = self.rows(source.name, strand, stage, visit, source.size)
            return rows[index]
        key = (strand, stage.number, visit)
        rows = source.later.get(key)
        if rows is None:
            rows = source.later[key] = self.rows(source.name, strand, stage, visit, source.size)
        return rows[index]

    def rows(
        self, source: str, strand: str, stage: StagePlan, visit: int, count: int, first: int = 0
    ) -> list[Row]:
        """`count` rows of a source from its row `first` (a multiple of four) on."""
        made: list[list[float]] = []
        for column in stage.columns:
            if isinstance(column.value, Constant):
                made.append([column.value.value] * count)
                continue
            values = self.uniforms(source, strand, stage, visit, column, count, first)
            made.append((values if column.value is None else column.value.quantile(values)).tolist())
        return list(zip(*made, strict=True))

    def uniforms(
        self, source: str, strand: str, stage: StagePlan, visit: int, column: Column, count: int, first: int = 0
    ) -> Floats:
        """The uniform numbers behind one column of such rows."""
        key = f"{source}|{strand}|{stage.name}|{visit}|{column.key}"
        return self._streams.uniforms(key, count, first)

    def attribute(self, source: str, name: str, count: int) -> Floats:
        """Uniform numbers for an attribute of all the cases of a source."""
        return self._streams.uniforms(f"{source}||{name}", count)
