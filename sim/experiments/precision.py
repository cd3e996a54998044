"""Target precision of an indicator, from which the number of replications follows."""

import re
from dataclasses import dataclass
from typing import Self

import numpy as np

from sim.errors import UserError
from sim.experiments.chunks import CHUNK
from sim.results.run import Run
from sim.results.statistics import LEVEL, Estimate, mean_interval

GROWTH = 1.25
"""Between two looks at the precision reached the replications grow by this factor."""
FEWEST = 2
"""Replications that must say something of an indicator at each look: an interval of fewer is of any width."""
FLOOR, CEILING = 200, 100_000
"""Replications before the first look, so that a lucky start does not end the run, and those after the last."""


@dataclass(frozen=True)
class Precision:
    """The half-width that the confidence interval of an indicator's mean shall have, and how far to go for it.

    A sequential rule with a floor keeps its confidence nearly (Chow and Robbins, 1965; Law, section 9.4.1).

    Parameters
    ----------
    indicator
        Its name, such as `pending_end` or `resolution:x-2023-12/transparency`.
    half_width
        In the indicator's unit, or a share of its mean if `relative`.
    relative
        Whether `half_width` is a share of the mean.
    floor, ceiling
        Least and largest number of replications, rounded up to whole chunks of 25.
    level
        Of the confidence interval.
    """

    indicator: str
    half_width: float
    relative: bool = False
    floor: int = FLOOR
    ceiling: int = CEILING
    level: float = LEVEL

    def __post_init__(self) -> None:
        if not self.half_width > 0:
            raise UserError(f"precision {self.half_width}: must be a half-width above 0")
        object.__setattr__(self, "floor", _whole_chunks(self.floor))
        object.__setattr__(self, "ceiling", max(_whole_chunks(self.ceiling), self.floor))

    @classmethod
    def parse(cls, text: str, indicator: str, floor: int = FLOOR, ceiling: int = CEILING) -> Self:
        """A precision from words such as `5%`, `3` or `3 days`. Raises UserError."""
        match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(%|[a-z]*)\s*", text)
        if not match or float(match[1]) <= 0:
            raise UserError(
                f"--precision {text}: must be a share such as 5%, or a number in the indicator's unit such as 3"
            )
        relative = match[2] == "%"
        return cls(indicator, float(match[1]) / (100 if relative else 1), relative, floor, ceiling)

    def reached(self, run: Run) -> Estimate:
        """The estimate so far with its interval.

        Raises UserError if hardly any replication says anything of the indicator, such as days to a milestone that no
        case reaches by the horizon: no number of replications is likely to change that.
        """
        sample = run.samples[self.indicator]
        known = int(sample.occurs.sum()) if np.isfinite(sample.value) else 0
        if known < FEWEST:
            raise UserError(
                f"{run.scenario.name}: {self.indicator} has {'a value in only one' if known else 'no value in any'} of"
                f" {run.replications:,} replications, so it cannot be known more precisely; choose another indicator or"
                " a later horizon"
            )
        return mean_interval(sample.by_replication, run.scenario.replications_per_draw, self.level)

    def met(self, run: Run) -> bool:
        """Whether the interval is narrow enough."""
        estimate = self.reached(run)
        wanted = self.half_width * abs(estimate.value) if self.relative else self.half_width
        return estimate.high - estimate.value <= wanted

    def next_goal(self, replications: int) -> int:
        """How many replications to have at the next look."""
        return min(_whole_chunks(round(replications * GROWTH) + 1), self.ceiling)


def _whole_chunks(replications: int) -> int:
    return -(-replications // CHUNK) * CHUNK
