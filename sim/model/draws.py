"""The draws of cases: for each visit of a case to a stage a row with the values of all the stage's steps."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from sim.model.plan import StagePlan
from sim.model.streams import Floats, Streams, counter

Row = list[float]
FEW = 4
"""Columns up to which the rows of a source are all made at once even if few of its cases come to a stage."""


@dataclass(eq=False)
class Source:
    """Where cases come from: a probe listed by name (one case) or a stream of arrivals (`size` cases).

    `name` is the key of its draws; a stream's cases are called by `label` and their number, and come to `entry`.
    """

    name: str
    size: int = 1
    label: str = ""
    entry: int = -1
    rows: dict[int, Callable[[int], Row]] = field(default_factory=dict)
    """how to get at the row of a case on its first visit, by stage"""
    later: dict[tuple[str, int, int], Callable[[int], Row]] = field(default_factory=dict)
    """the same for strands and later visits"""

    def follow(self, now: float) -> None:
        """Called when one of its cases arrives: a stream lets the next one come."""


class Draws:
    """The rows of one replication, made when they are asked for.

    Where all cases of a source come, and where rows are short, the rows are made together, else one by one: a strand
    of one case in ten is not worth the draws of all.
    """

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def row(self, source: Source, index: int, strand: str, stage: StagePlan, visit: int) -> Row:
        """The row of the case number `index` of a source, on its `visit`-th visit (from 1) to a stage."""
        if visit == 1 and not strand:
            row_of = source.rows.get(stage.number)
            if row_of is None:
                dense = stage.number == source.entry or len(stage.sampler.drawn) <= FEW
                row_of = source.rows[stage.number] = self._row_of(source, strand, stage, visit, dense)
            return row_of(index)
        key = (strand, stage.number, visit)
        row_of = source.later.get(key)
        if row_of is None:
            dense = len(stage.sampler.drawn) <= FEW
            row_of = source.later[key] = self._row_of(source, strand, stage, visit, dense)
        return row_of(index)

    def _row_of(self, source: Source, strand: str, stage: StagePlan, visit: int, dense: bool) -> Callable[[int], Row]:
        uniforms = self.uniforms(source.name, strand, stage, visit, source.size)
        if dense:
            rows: list[Row] = stage.sampler.values(uniforms).tolist()
            return rows.__getitem__
        return lambda index: stage.sampler.row(uniforms[:, index].tolist())

    def uniforms(self, source: str, strand: str, stage: StagePlan, visit: int, count: int) -> Floats:
        """The uniform numbers behind the drawn columns of the first `count` rows, one line for each column."""
        group = f"{source}|{strand}|{stage.name}|{visit}"
        return np.array(self._streams.uniforms(group, stage.sampler.names, count))

    def attribute(self, source: str, name: str, count: int) -> Floats:
        """Uniform numbers for an attribute of all the cases of a source."""
        return self._streams.uniforms(source, [counter(name)], count)[0]
