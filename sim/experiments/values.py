"""Indicators of a run by replication, apart from its summary: light enough to hold for thousands of runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.results.estimates import samples
from sim.results.run import Run
from sim.results.statistics import Estimate, mean_interval
from sim.results.summary import Floats, head


@dataclass(frozen=True)
class IndicatorValues:
    """An indicator of one run: `array` has one number for each replication, whose mean is the estimate.

    `label` is the name by which people ask for it; `better` is 1 if more of it is better, -1 if less is, 0 if neither.
    """

    label: str
    title: str
    unit: str
    better: int
    array: Floats

    @property
    def defined(self) -> bool:
        """Whether it has a value, unlike the days to a milestone that no case reaches."""
        return not np.isnan(self.array).any()

    def less(self, base: "IndicatorValues", per_draw: int, level: float) -> Estimate:
        """The difference from another scenario's, replication by replication, with its confidence interval."""
        return mean_interval(self.array - base.array, per_draw, level)


def values_of(
    run: Run, labels: Sequence[str] | None = None, replications: int | None = None
) -> dict[str, IndicatorValues]:
    """Indicators of a run by label: those asked for that it has, or all, over its first replications, or all."""
    all_of_it = replications in {None, run.replications}
    known = run.samples if all_of_it else samples(head(run.data, replications or 0), run.layout)
    chosen = {label: known[label] for label in labels or known if label in known}
    return {
        label: IndicatorValues(
            label, sample.title, sample.indicator.unit, sample.indicator.better, sample.by_replication
        )
        for label, sample in chosen.items()
    }
