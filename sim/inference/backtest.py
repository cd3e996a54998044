"""Backtests: what the model would have forecast on a day of the past, and how good that was.

On each day of a forecast (its origin, the day of knowledge) the parameters are calibrated on what was public then,
every strand in progress is forecast, and the forecasts are scored against what the record has by a later day, the
day of the truth. The future is simulated with draws from the posterior, as a scenario that names them does, and with
draws from the priors. Only the truth is read of what came after an origin.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from sim.dates import days_between
from sim.errors import UserError, renamed_arguments
from sim.experiments.simulate import Progress
from sim.inference.as_of import Basis, forecast_scenario, load_basis
from sim.inference.baselines import BASELINES, durations_for
from sim.inference.calibrate import DRAWS, ROUNDS, Runner, check_draws, posteriors
from sim.inference.histories import (
    MILESTONES,
    RESOLUTION,
    milestone_times,
    name_of,
    pending_strands,
    reached,
    real_counts,
    simulated_counts,
)
from sim.inference.normal import Floats
from sim.inference.posterior import Posterior
from sim.inference.scores import clustered_mean, histogram, pooled, quantile, sampling_band, score
from sim.plotting import Drawable
from sim.record.model import Record, RecordedStrand
from sim.results.run import Run
from sim.scenario.schema import Scenario

MODEL, PRIORS = "model", "priors only"
"""The calibrated model, and the same with draws from the priors."""
FORECASTERS = (MODEL, PRIORS, *BASELINES)
AHEAD_DAYS = 1096
"""Days ahead that a forecast shown by itself looks at least: medians often lie beyond the day of the truth."""
SCORED, SHOWN = "scored", "shown"
"""The futures of an origin: up to the day of the truth; and so far ahead that medians can be given."""


class Scored(Drawable, ABC):
    """Forecasts beside what happened, with their scores.

    `table`: as that of `Backtest`. `truth`: the day of scoring. `clusters`: the column of the table with what moves
    together, and is resampled as a whole.
    """

    clusters: ClassVar[str] = "proceeding"
    table: pd.DataFrame
    truth: date

    @property
    @abstractmethod
    def days(self) -> str:
        """What was forecast when, in words."""

    @property
    def scores(self) -> pd.DataFrame:
        """The scores of each forecaster over all forecasts; columns as in `sim.inference.scores.pooled`."""
        return self.scores_of()

    def scores_of(self, milestone: str | None = None) -> pd.DataFrame:
        """The same over the forecasts of one milestone only."""
        chosen = self.table if milestone is None else self.table[self.table["milestone"] == milestone]
        return pooled(chosen, MODEL, self.clusters)

    def pit_histogram(self, forecaster: str = MODEL, bins: int = 10) -> Floats:
        """The share of truths in each of so many equal classes of a forecaster's probability: flat is right.

        A truth beyond the last day is spread over the classes above the probability of the last day.
        """
        own = self.table[self.table["forecaster"] == forecaster]
        return histogram(own["pit_low"].to_numpy(), own["pit_high"].to_numpy(), bins)

    @property
    def pit_classes(self) -> pd.DataFrame:
        """The model's `pit_histogram` in ten classes, and the band that holds them all if its forecasts are true.

        Columns: from, to (bounds of the class), held (share of truths), low, high (see `sampling_band`), outside.
        """
        own = self.table[self.table["forecaster"] == MODEL]
        edges, strands = np.linspace(0, 1, 11), own.groupby("strand").ngroup().to_numpy()
        held, (low, high) = self.pit_histogram(), sampling_band(own["probability"].to_numpy(dtype=float), strands)
        table = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "held": held, "low": low, "high": high}).round(4)
        return table.assign(outside=(held < low) | (held > high))

    @property
    def moving_apart(self) -> int:
        """How many clusters there are."""
        return int(self.table[self.clusters].nunique())


@dataclass(frozen=True, repr=False)
class Backtest(Scored):
    """Forecasts of pending strands from one or several origins, beside what happened.

    Attributes
    ----------
    truth : date
        The day of scoring.
    posteriors : dict
        The calibration of each origin.
    table : DataFrame
        One row for each origin, pending strand, milestone that it had not reached, and forecaster. Columns: origin,
        proceeding, strand, platform (services, with ';' between several), milestone, forecaster, truth (day of the
        milestone; missing: had not come by the day of scoring), days (to the milestone, infinite if missing),
        days_ahead (to the day of scoring), probability (of the milestone by then), q10, median, q90 (central 80% in
        days; infinite: later than looked at, or never), and those of `sim.inference.scores.score`: brier, crps,
        pit_low, pit_high, cover50, cover80, cover95.
    totals : DataFrame
        One row for each origin, count (`sim.inference.histories.COUNTS`) and forecaster, of the model and its priors.
        Columns: origin, what, forecaster, truth, mean, q10, median, q90 (central 80%), pit_low, pit_high.
    """

    basis: Basis
    truth: date
    posteriors: dict[date, Posterior]
    table: pd.DataFrame
    totals: pd.DataFrame

    @property
    def origins(self) -> list[date]:
        """The days of the forecasts, in their order."""
        return list(self.posteriors)

    @property
    def days(self) -> str:
        """What was forecast when, in words."""
        first, last = self.origins[0], self.origins[-1]
        return f"of {first}" if first == last else f"of {len(self.origins)} days from {first} to {last}"

    @property
    def by_origin(self) -> pd.DataFrame:
        """One row for each origin.

        Columns: origin, strands, forecasts, happened, effective_draws, prior_predictive_p (see
        `sim.inference.posterior.Posterior`), the mean crps of each forecaster by its name, and low and high, the 95%
        confidence interval of the model's (missing with too few proceedings).
        """
        rows = []
        for origin, posterior in self.posteriors.items():
            own = self.table[self.table["origin"] == origin]
            model = own[own["forecaster"] == MODEL]
            row = {"origin": origin, "strands": model["strand"].nunique(), "forecasts": len(model)}
            row |= {"happened": int(model["truth"].notna().sum()), "effective_draws": posterior.effective_draws}
            row["prior_predictive_p"] = posterior.prior_predictive_p
            _, low, high = clustered_mean(model["crps"].to_numpy(), model["proceeding"].tolist())
            rows.append(row | own.groupby("forecaster")["crps"].mean().to_dict() | {"low": low, "high": high})
        return pd.DataFrame(rows)

    @property
    def totals_held(self) -> pd.DataFrame:
        """At how many origins each count lies inside the 80% interval. Columns: what, forecaster, origins, inside."""
        inside = (self.totals["q10"] <= self.totals["truth"]) & (self.totals["truth"] <= self.totals["q90"])
        by = self.totals.assign(inside=inside).groupby(["what", "forecaster"], sort=False)["inside"]
        return by.agg(origins="size", inside="sum").reset_index()

    def __repr__(self) -> str:
        model = self.table[self.table["forecaster"] == MODEL]
        return (
            f"<Backtest {self.basis.scenario.name!r}, as {self.days}, truth of {self.truth}: {len(model)} forecasts of"
            f" {model['strand'].nunique()} strands, {model['truth'].notna().sum()} came,"
            f" mean CRPS {model['crps'].mean():.3f}>"
        )

    def _repr_html_(self) -> str:
        columns = ["forecaster", "forecasts", "happened", "crps", "brier", "cover50", "cover80", "cover95"]
        return f"<p>{escape(repr(self))}</p>" + self.scores[columns].to_html(index=False, float_format="{:.3f}".format)


@renamed_arguments(until="truth")
def backtest(
    scenario: Scenario | Path | str,
    as_of: date | None = None,
    truth: date | None = None,
    *,
    rolling_months: int | None = None,
    record: Path | str | None = None,
    draws: int = DRAWS,
    jobs: int = 1,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Forecasts as they would have been made, scored against the record.

    Parameters
    ----------
    scenario
        A scenario, or the path of its file.
    as_of
        The day of knowledge. With `rolling_months` it is the first of several; without it, these begin at the end of
        the month of the first opening.
    truth
        The day of scoring; the record's last if not given.
    rolling_months
        Months between two forecasts.
    record
        The folder of a record instead of the one that the scenario names.
    draws
        At each origin, in each round of the calibration and in the forecast.
    jobs
        Processes.
    results
        A folder in which the simulated runs are stored.
    progress
        Called with the replications done and their total.

    Raises
    ------
    UserError
        For bad files, for days that the record does not cover, and where nothing was in progress.
    """
    basis = load_basis(scenario, record)
    truth = truth or basis.record.last_day
    basis.check_day(truth, "--truth")
    check_draws(draws)
    days = _origins(basis, as_of, truth, rolling_months)
    futures = {day: futures_of(basis, day, truth, draws, look_ahead=rolling_months is None) for day in days}
    run = Runner(sum(draws * (ROUNDS + 2 * len(plan)) for plan in futures.values()), jobs, results, progress)
    known = posteriors(basis, days, draws, run)
    planned = [future for day in days for future in on_both(known[day], futures[day])]
    run.skip(2 * draws * sum(map(len, futures.values())) - draws * len(planned))
    runs = run(planned)
    origins = [Origin.of(basis, truth, known[day], futures[day], runs) for day in days]
    later = basis.record.known_on(truth)
    table = pd.concat([origin.forecasts(later) for origin in origins], ignore_index=True)
    totals = pd.concat([origin.totals(later) for origin in origins], ignore_index=True)
    return Backtest(basis, truth, known, table, totals)


def futures_of(basis: Basis, as_of: date, truth: date, draws: int, look_ahead: bool) -> dict[str, Scenario]:
    """What has to be run of an origin with draws from the priors, by `SCORED` and `SHOWN`."""
    scenarios = {SCORED: forecast_scenario(basis, as_of, truth, draws)}
    if look_ahead:
        ahead = max(truth, date.fromordinal(as_of.toordinal() + AHEAD_DAYS))
        scenarios[SHOWN] = forecast_scenario(basis, as_of, ahead, draws)
    return scenarios


def on_both(posterior: Posterior, futures: dict[str, Scenario]) -> list[Scenario]:
    """Futures with draws from the priors, and then from the posterior if it differs."""
    own = [posterior.drawn(future) for future in futures.values()] if posterior.informed else []
    return [*futures.values(), *own]


@dataclass(frozen=True)
class Origin:
    """One origin with its posterior and the finished runs of its futures, and what comes of them.

    `runs`: of the model and of the priors, by `SCORED` and `SHOWN`.
    """

    basis: Basis
    truth: date
    posterior: Posterior
    runs: dict[str, dict[str, Run]]

    @classmethod
    def of(
        cls, basis: Basis, truth: date, posterior: Posterior, futures: dict[str, Scenario], runs: Iterator[Run]
    ) -> "Origin":
        """An origin with the next of the runs, which are those of `on_both`."""
        priors = {name: next(runs) for name in futures}
        model = {name: next(runs) for name in futures} if posterior.informed else priors
        return cls(basis, truth, posterior, {MODEL: model, PRIORS: priors})

    @property
    def as_of(self) -> date:
        """The day of knowledge."""
        return self.posterior.as_of

    def forecasts(self, truth: Record) -> pd.DataFrame:
        """The rows of `Backtest.table`; `truth`: the record as known on the day of scoring."""
        later = {name_of(strand): strand for strand in truth.strands}
        rows = []
        for strand in pending_strands(self.basis.record, self.as_of):
            for milestone in [RESOLUTION] if strand.preliminary_findings else MILESTONES:
                came = reached(later[name_of(strand)], milestone)
                rows += [self._row(strand, milestone, forecaster, came) for forecaster in FORECASTERS]
        return pd.DataFrame(rows)

    def _row(self, strand: RecordedStrand, milestone: str, forecaster: str, came: date | None) -> dict[str, object]:
        curve, ahead = self._curves(strand, milestone, forecaster)
        row = forecast_row(strand, milestone, forecaster, self.as_of, came, curve, quantiles_of(ahead))
        return {"origin": self.as_of, **row}

    def _curves(self, strand: RecordedStrand, milestone: str, forecaster: str) -> tuple[Floats, Floats]:
        """The forecast up to the day of the truth, and as far ahead as is looked."""
        runs = self.runs.get(forecaster, self.runs[MODEL])
        scored, shown = runs[SCORED], runs.get(SHOWN, runs[SCORED])
        if forecaster in BASELINES:
            record = self.basis.record.known_on(self.as_of)
            known = durations_for(record, milestone, strand.preliminary_findings is not None)
            age = float(days_between(strand.preliminary_findings or strand.opened, self.as_of))
            ahead = BASELINES[forecaster](known, age, int(shown.scenario.horizon_days))
            return ahead[: int(scored.scenario.horizon_days)], ahead
        curve = forecast_curve(scored, name_of(strand), milestone)
        return curve, curve if shown is scored else forecast_curve(shown, name_of(strand), milestone)

    def totals(self, truth: Record) -> pd.DataFrame:
        """The rows of `Backtest.totals`; `truth`: the record as known on the day of scoring."""
        strands = pending_strands(self.basis.record, self.as_of)
        pending = {m: [name_of(strand) for strand in strands if not reached(strand, m)] for m in MILESTONES}
        counts = real_counts(truth, self.as_of, self.truth, pending)
        rows = []
        for forecaster in (MODEL, PRIORS):
            for what, simulated in simulated_counts(self.runs[forecaster][SCORED], pending).items():
                low, median, high = np.quantile(simulated, (0.1, 0.5, 0.9), method="inverted_cdf")
                row = {"origin": self.as_of, "what": what, "forecaster": forecaster, "truth": counts[what]}
                row |= {"mean": float(simulated.mean()), "q10": low, "median": median, "q90": high}
                row["pit_low"] = float((simulated < counts[what]).mean())
                rows.append(row | {"pit_high": float((simulated <= counts[what]).mean())})
        return pd.DataFrame(rows)


def forecast_row(
    strand: RecordedStrand,
    milestone: str,
    forecaster: str,
    origin: date,
    came: date | None,
    curve: Floats,
    quantiles: Mapping[str, object],
) -> dict[str, object]:
    """A row of `Backtest.table` without its origin: a forecast up to the day of scoring, and what came.

    `quantiles`: q10, median and q90, which may lie later than the curve ends.
    """
    days = float(days_between(origin, came)) if came else np.inf
    return {
        "proceeding": strand.proceeding,
        "strand": name_of(strand),
        "platform": strand.platform,
        "milestone": milestone,
        "forecaster": forecaster,
        "truth": came,
        "days": days,
        "days_ahead": len(curve),
        "probability": float(curve[-1]),
        **quantiles,
        **score(curve, days),
    }


def quantiles_of(curve: Floats) -> dict[str, float]:
    """The median and the central 80% of a forecast, in days; infinite where they lie beyond its last day."""
    return {label: quantile(curve, p) for label, p in (("q10", 0.1), ("median", 0.5), ("q90", 0.9))}


def forecast_curve(run: Run, strand: str, milestone: str) -> Floats:
    """The probability that a strand has come to a milestone by each day from 1 to the horizon."""
    equal = np.full(run.replications, 1.0 / run.replications)
    return probabilities(milestone_times(run, strand, milestone), equal, int(run.scenario.horizon_days))


def probabilities(times: Floats, weights: Floats, days: int) -> Floats:
    """The weighted share of times (in days; infinite: never) by each day from 1 to the last."""
    whole = np.ceil(np.maximum(times, 0.5))
    came = np.isfinite(whole) & (whole <= days)
    mass = np.bincount(whole[came].astype(int), weights[came], days + 1)
    curve: Floats = np.minimum(np.cumsum(mass)[1:], 1.0)
    return curve


def _origins(basis: Basis, as_of: date | None, truth: date, months: int | None) -> list[date]:
    """The days from which something in progress can be forecast."""
    if as_of is None:
        if months is None:
            raise UserError("--as-of is missing: the day on which the forecast is made, such as 2024-03-14")
        if not basis.record.strands:
            raise UserError(f"the record in {basis.folder} has no proceedings; there is nothing to forecast")
        as_of = _month_end(min(strand.opened for strand in basis.record.strands), 0)
    if as_of >= truth:
        raise UserError(f"--as-of {as_of}: must be before {truth}, the day of scoring")
    days = [as_of]
    if months is not None:
        from_month_ends = as_of == _month_end(as_of, 0)
        steps = range(0, 12 * (truth.year - as_of.year + 1), months)
        dated = [_month_end(as_of, step) if from_month_ends else _months_later(as_of, step) for step in steps]
        days = [day for day in dated if day < truth]
    with_pending = [day for day in days if pending_strands(basis.record, day)]
    if not with_pending:
        raise UserError(f"--as-of {as_of}: no strand was in progress; there is nothing to forecast")
    return with_pending


def _months_later(day: date, months: int) -> date:
    """The same day of a month so many months later, or the last of that month."""
    end = _month_end(day, months)
    return end.replace(day=min(day.day, end.day))


def _month_end(day: date, months: int) -> date:
    """The last day of the month so many months later."""
    number = day.year * 12 + day.month + months
    return date.fromordinal(date(number // 12, number % 12 + 1, 1).toordinal() - 1)
