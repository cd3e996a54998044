"""Replications until an indicator is known well enough."""

import re
from dataclasses import dataclass

from sim.errors import UserError
from sim.experiments.chunks import CHUNK
from sim.results.intervals import LEVEL, Estimate, mean_interval
from sim.results.measures import measures
from sim.results.summary import Summary

GROWTH = 1.25
"""Between two looks at the precision reached the replications grow by this factor."""
FLOOR, CEILING = 200, 100_000
"""Replications before the first look, so that a lucky start does not end the run, and those after the last."""


@dataclass(frozen=True)
class Precision:
    """The half-width that the confidence interval of an indicator's mean shall have, and how far to go for it.

    `half_width`: in the indicator's unit, or a share of the mean if `relative`. `floor`, `ceiling`: replications, in
    whole chunks. A sequential rule with a floor keeps its confidence nearly (Chow and Robbins, 1965; Law, 9.4.1).
    """

    indicator: str
    half_width: float
    relative: bool
    floor: int = FLOOR
    ceiling: int = CEILING
    level: float = LEVEL

    def __post_init__(self) -> None:
        object.__setattr__(self, "floor", _whole_chunks(self.floor))
        object.__setattr__(self, "ceiling", max(_whole_chunks(self.ceiling), self.floor))

    def reached(self, summary: Summary) -> Estimate:
        """The mean so far with its interval."""
        values = measures(summary)[self.indicator].values()
        return mean_interval(values, summary.layout.scenario.replications_per_draw, self.level)

    def met(self, summary: Summary) -> bool:
        """Whether the interval is narrow enough."""
        found = self.reached(summary)
        wanted = self.half_width * abs(found.value) if self.relative else self.half_width
        return found.high - found.value <= wanted

    def next_goal(self, replications: int) -> int:
        """How many replications to have at the next look."""
        return min(_whole_chunks(round(replications * GROWTH) + 1), self.ceiling)


def _whole_chunks(replications: int) -> int:
    return -(-replications // CHUNK) * CHUNK


def parse_precision(text: str) -> tuple[float, bool]:
    """A half-width and whether it is relative, from words such as `5%` or `3` or `3 days`. Raises UserError."""
    found = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(%|[a-z]*)\s*", text)
    if not found or float(found[1]) <= 0:
        raise UserError(f"--precision {text}: wants a share such as 5%, or a number in the indicator's unit such as 3")
    relative = found[2] == "%"
    return float(found[1]) / (100 if relative else 1), relative
