"""From a declaration and a summary to numbers: generic code for every indicator of the catalogue."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.errors import UserError
from sim.results.catalogue import INDICATORS, CurveStatistic, Indicator
from sim.results.statistics import CENTRAL, LEVEL, Estimate, linearised, mean_interval
from sim.results.summary import BEFORE, HEADLINE, Arrays, Floats, Layout, dataset
from sim.results.survival import Curve, Spells, curves, quantile_by_replication, share_by_replication
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from sim.results.catalogue import Formula


def spells(data: "xr.Dataset", layout: Layout, name: str) -> Spells:
    """The durations of a stage, or from what a target is of to its milestone; `name`: of `Layout.curves`.

    Those that ended just when they came under observation were never at risk, and are left out.
    """
    days, end, entry, replication = (
        data[f"duration_{what}"].to_numpy() for what in ("days", "end", "entry", "replication")
    )
    rows = (data["duration_curve"].to_numpy() == layout.curves.index(name)) & ((days > entry) | (entry == 0))
    return Spells(days[rows], end[rows], entry[rows], replication[rows].astype(np.int64))


@dataclass(frozen=True)
class Sample:
    """An indicator of one run: its estimate, and the replications behind it."""

    indicator: Indicator
    key: str
    subject: str
    """what the key stands for, in words"""
    data: "xr.Dataset"
    layout: Layout
    evaluate: "Callable[[Formula], xr.DataArray]"
    """gives a formula's array over all keys; samples of one summary share it, so that each is computed once"""

    @property
    def label(self) -> str:
        """The name by which people ask for it."""
        return self.indicator.label(self.key)

    @property
    def title(self) -> str:
        """What it is, with the stage, role, target or case that it is of."""
        return f"{self.indicator.title}, {self.subject}" if self.subject else self.indicator.title

    @cached_property
    def value(self) -> float:
        """The estimate; NaN if there is none, such as a ratio to nothing or a median that the curve does not reach."""
        if self._statistic:
            age_or_share = float(_read(self._statistic, curves(self._spells))[0])
            return age_or_share if np.isfinite(age_or_share) else np.nan
        over, per = self._terms
        return float(over.mean()) if per is None else float(over.mean() / per.mean()) if per.any() else np.nan

    def interval(self, level: float = LEVEL) -> Estimate:
        """The estimate with its confidence interval; that of a share is cut at 0 and 1, which no share can pass."""
        found = mean_interval(self.by_replication, self.layout.scenario.replications_per_draw, level)
        return found.within(0.0, 1.0) if self.indicator.is_share else found

    @cached_property
    def by_replication(self) -> Floats:
        """One value for each replication, whose mean is the estimate and whose variance is the estimate's.

        Ratios and what is read off a survival curve are linearised. All NaN without an estimate.
        """
        if not self._statistic:
            over, per = self._terms
            return over if per is None else linearised(over, per)
        quantile, within = self._statistic.quantile, self._statistic.within
        replications = self.data.sizes["replication"]
        if within is not None:
            return share_by_replication(self._spells, within, replications)
        assert quantile is not None
        per_draw = self.layout.scenario.replications_per_draw
        return quantile_by_replication(self._spells, quantile, replications, per_draw)

    @cached_property
    def singles(self) -> Floats:
        """The indicator of each replication by itself, where it has one."""
        if self._statistic:
            single = _read(self._statistic, curves(self._spells, self.data.sizes["replication"]))
            return single[np.isfinite(single)]
        over, per = self._terms
        return over if per is None else over[self.occurs] / per[self.occurs]

    @property
    def occurs(self) -> NDArray[np.bool_]:
        """In which replications there is what a ratio is to, or a duration."""
        if self._statistic:
            return np.bincount(self._spells.replication, minlength=self.data.sizes["replication"]) > 0
        per = self._terms[1]
        return np.ones(self.data.sizes["replication"], dtype=bool) if per is None else per > 0

    @cached_property
    def _terms(self) -> tuple[Floats, Floats | None]:
        """The quantity, or numerator and denominator, in each replication."""
        of, per = self.indicator.of, self.indicator.per
        at = dict.fromkeys(of, self.key)
        assert self.indicator.over is not None
        terms = [self.evaluate(term) for term in (self.indicator.over, per) if term]
        replications = self.data.sizes["replication"]
        columns = [
            np.broadcast_to(t.sel({d: k for d, k in at.items() if d in t.dims}).to_numpy(), replications) for t in terms
        ]
        return columns[0], columns[1] if per else None

    @cached_property
    def _statistic(self) -> CurveStatistic | None:
        return self.indicator.curve(self.layout, self.key) if self.indicator.curve else None

    @cached_property
    def _spells(self) -> Spells:
        assert self._statistic
        return spells(self.data, self.layout, self._statistic.curve)


def _read(statistic: CurveStatistic, steps: Curve) -> Floats:
    """A statistic of each group of durations; NaN or infinite where the curve does not tell it."""
    if statistic.within is not None:
        return steps.incidence(statistic.within)
    assert statistic.quantile is not None
    return steps.quantile(statistic.quantile)


def samples(data: "xr.Dataset", layout: Layout) -> dict[str, Sample]:
    """All indicators of a summary by label, those included whose stage, role or case never comes up."""
    words, evaluate = subjects(layout), cache(lambda formula: formula(data))
    return {
        indicator.label(key): Sample(indicator, key, _subject(words, indicator, key), data, layout, evaluate)
        for indicator, key in _declared(layout)
    }


def _subject(words: dict[str, dict[str, str]], indicator: Indicator, key: str) -> str:
    """What a key of an indicator stands for: a stage and a role may have the same name."""
    return words.get(indicator.of[0], {}).get(key, key) if indicator.of else ""


def _declared(layout: Layout) -> Iterator[tuple[Indicator, str]]:
    """The indicators that a scenario has, with their keys."""
    for indicator in INDICATORS:
        for key in indicator.keys_in(layout):
            yield indicator, key


def subjects(layout: Layout) -> dict[str, dict[str, str]]:
    """What labels stand for in words, by dimension; the headline population needs none."""
    procedure, scenario = layout.scenario.procedure, layout.scenario
    stages = {name: stage.title for name, stage in procedure.stages.items()}
    return {
        "population": {HEADLINE: "", BEFORE: procedure.headline.before if procedure.headline else BEFORE},
        "stage": stages,
        "state": stages | procedure.exits,
        "role": {role: pool.title or role for role, pool in scenario.staffing.items()},
        "target": {key: t.title or key for key, t in zip(layout.targets, scenario.targets, strict=True)},
    }


def estimates(data: "xr.Dataset", layout: Layout, level: float = LEVEL) -> "pd.DataFrame":
    """All indicators of a run that have a value, and how sure each is.

    Returns
    -------
    Columns: indicator (its label), title, unit, value, ci_low, ci_high (confidence interval of the value at `level`:
    what more replications would narrow), q10, q90 (central 80% of single replications: what they would not).
    """
    import pandas as pd

    rows = []
    for label, sample in samples(data, layout).items():
        if np.isfinite(sample.value):
            interval = sample.interval(level)
            q10, q90 = np.quantile(sample.singles, CENTRAL) if len(sample.singles) else (np.nan, np.nan)
            unit = sample.indicator.unit
            rows.append((label, sample.title, unit, sample.value, interval.low, interval.high, q10, q90))
    return pd.DataFrame(rows, columns=["indicator", "title", "unit", "value", "ci_low", "ci_high", "q10", "q90"])


def check_label(scenario: Scenario, label: str) -> None:
    """Raise UserError, with a suggestion, unless a run of the scenario has such an indicator."""
    known = [indicator.label(key) for indicator, key in _declared(Layout(scenario))]
    if label not in known:
        from difflib import get_close_matches

        close = get_close_matches(label, known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise UserError(f"{scenario.name}: there is no indicator {label!r}{hint}; `sim indicators` lists them")


def cells(indicator: Indicator, data: "xr.Dataset", layout: Layout, level: float = LEVEL) -> "pd.DataFrame":
    """An indicator for each cell of its dimensions that occurs, as a tidy table.

    Returns
    -------
    Columns: the dimensions, value, ci_low, ci_high (confidence interval at `level`), q10, q90 (central 80% of single
    replications that have a value).
    """
    import pandas as pd

    dims = indicator.of
    assert indicator.over is not None
    over = indicator.over(data).transpose("replication", *dims)
    per = indicator.per(data) if indicator.per else None
    above = over.to_numpy().astype(np.float64)
    below = None if per is None else per.broadcast_like(over).transpose("replication", *dims).to_numpy()
    names, rows = [over[dim].to_numpy() for dim in dims], []
    for at in zip(*(above if below is None else below).any(axis=0).nonzero(), strict=True):
        cell = (slice(None), *at)
        counted = above[cell], None if below is None else below[cell]
        row = _cell(*counted, layout.scenario.replications_per_draw, level, is_share=indicator.is_share)
        rows.append((*(of_dim[n] for of_dim, n in zip(names, at, strict=True)), *row))
    return pd.DataFrame(rows, columns=[*dims, "value", "ci_low", "ci_high", "q10", "q90"])


def _cell(over: Floats, per: Floats | None, per_draw: int, level: float, *, is_share: bool) -> tuple[float, ...]:
    """Value, confidence interval and central 80%."""
    interval = mean_interval(over if per is None else linearised(over, per), per_draw, level)
    interval = interval.within(0.0, 1.0) if is_share else interval
    value = over.mean() if per is None else over.mean() / per.mean()
    singles = over if per is None else over[per > 0] / per[per > 0]
    return float(value), interval.low, interval.high, *map(float, np.quantile(singles, CENTRAL))


@dataclass(frozen=True, repr=False, eq=False)
class Results:
    """What is known of the replications of a scenario: the part of a run that its tables are made from.

    Attributes
    ----------
    scenario : what was run.
    arrays : its summary as plain arrays; `data` has them with named dimensions.
    """

    scenario: Scenario
    arrays: Arrays

    @property
    def replications(self) -> int:
        """How many replications there are."""
        return len(self.arrays["drawn"])

    @property
    def has_cases(self) -> bool:
        """Whether there is a case in any replication."""
        return bool(self.arrays["pending_end"].any() or self.arrays["went"].any() or self.arrays["remaining"].any())

    @cached_property
    def layout(self) -> Layout:
        """The labels of the summary's dimensions."""
        return Layout(self.scenario)

    @cached_property
    def data(self) -> "xr.Dataset":
        """The summary with named dimensions, see `sim.results.summary.VARIABLES`."""
        return dataset(self.layout, self.arrays)

    @cached_property
    def samples(self) -> dict[str, Sample]:
        """Every indicator by label, with the replications behind its estimate."""
        return samples(self.data, self.layout)

    def first_reached(self, case: str, states: Sequence[str]) -> Floats:
        """When a tracked case first got to one of these states, by replication: days since start, or infinite."""
        numbers = [self.layout.states.index(state) for state in states]
        first = self.arrays["first_reached"][:, self.layout.tracked.index(case), numbers]
        times: Floats = first.min(axis=1, initial=np.inf).astype(np.float64)
        return times
