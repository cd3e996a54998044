"""Backtests: what the model would have said on a day of the past, and how good that was.

On each first day (origin) the parameters are calibrated on what was public then, every pending strand is forecast from
what was under way then, and the forecasts are scored against what the record says up to a later day. The simulated
futures are those of the draws from the priors, weighted by the calibration, so that the forecast from the priors alone
comes from the same runs, with equal weights. Nothing but the truth is read of what came after the origin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from sim.as_of import Basis, after, forecast_scenario, load_basis, past_scenario, stages_of
from sim.baselines import BASELINES, durations_for
from sim.calibration import FEWEST_DRAWS, Posterior, check_day, make_bank, posterior, prior
from sim.dates import days_between
from sim.errors import UserError
from sim.experiment import Progress, simulate_all
from sim.histories import strands_of
from sim.inference import weighted_quantile
from sim.record import Record, Strand
from sim.record_spans import FINDINGS, OPENED
from sim.record_tables import last_day
from sim.run import Run
from sim.scenario.schema import Scenario
from sim.scores import LEVELS, Interval, Pit, brier, censored_crps, clustered_mean, coverage, pit, quantile
from sim.summary import Floats

DRAWS = 600
"""Draws from the priors at each origin, unless said otherwise."""
MODEL, PRIORS = "model", "priors only"
"""The calibrated model, and the same with equal weights."""
FORECASTERS = (MODEL, PRIORS, *BASELINES)
RESOLUTION = "resolution"
MILESTONES = (FINDINGS, RESOLUTION)
SEED = 20240314
"""Of the bootstrap."""
AHEAD_DAYS = 1096
"""Days ahead that a forecast shown by itself looks at least: medians often lie beyond the day of the truth."""


@dataclass(frozen=True)
class Backtest:
    """Forecasts of pending strands from one or several origins, beside what happened.

    `posteriors`: by origin. `forecasts`: one row for each origin, strand, milestone and forecaster, see `_rows`.
    `totals`: one row for each origin, count and forecaster of MODEL and PRIORS, see `_totals`.
    """

    basis: Basis
    until: date
    posteriors: dict[date, Posterior]
    forecasts: pd.DataFrame
    totals: pd.DataFrame

    @property
    def origins(self) -> list[date]:
        """The first days, in their order."""
        return list(self.posteriors)


def backtest(
    scenario: Path | str,
    as_of: date | None = None,
    until: date | None = None,
    *,
    rolling_months: int | None = None,
    record: Path | str | None = None,
    draws: int = DRAWS,
    jobs: int = 1,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Forecasts as they would have been made, scored against the record.

    `as_of`: the origin; with `rolling_months` the first of several, that many months apart, or if not given the end of
    the month of the first opening. `until`: the day on which the truth is looked up (default: the record's last).
    `record`, `draws`, `jobs`, `results`: as for `sim.calibration.calibrate`. Raises UserError for bad files, for days
    that the record does not cover, and where nothing was pending.
    """
    basis = load_basis(scenario, record)
    until = until or last_day(basis.record)
    check_day(basis, until, "--until")
    if draws < FEWEST_DRAWS:
        raise UserError(f"--draws {draws}: at least {FEWEST_DRAWS} are needed")
    origins = _origins(basis, as_of, until, rolling_months)
    single = rolling_months is None
    works = [_Origin(basis, day, until, draws, single) for day in origins]
    scenarios = [scenario for work in works for scenario in work.scenarios]
    runs = iter(simulate_all(scenarios, jobs=jobs, results=results, progress=progress))
    for work in works:
        work.take([next(runs) for _ in work.scenarios])
    truth = basis.record.known_on(until)
    forecasts = pd.concat([work.forecasts(truth) for work in works], ignore_index=True)
    totals = pd.concat([work.totals(truth) for work in works], ignore_index=True)
    return Backtest(basis, until, {work.day: work.posterior for work in works}, forecasts, totals)


def _origins(basis: Basis, as_of: date | None, until: date, months: int | None) -> list[date]:
    """The origins from which something that was pending can be forecast."""
    if as_of is None:
        if months is None:
            raise UserError("--as-of is missing: the day on which the forecast is made, such as 2024-03-14")
        if not basis.record.strands:
            raise UserError(f"the record in {basis.folder} has no proceedings; there is nothing to forecast")
        as_of = _month_end(min(strand.opened for strand in basis.record.strands), 0)
    if as_of >= until:
        raise UserError(f"--as-of {as_of}: must be before {until}, the day on which the truth is looked up")
    if months is None:
        origins = [as_of]
    else:
        last = as_of == _month_end(as_of, 0)
        steps = range(0, 12 * (until.year - as_of.year + 1), months)
        dated = [_month_end(as_of, step) if last else _months_later(as_of, step) for step in steps]
        origins = [day for day in dated if day < until]
    found = [day for day in origins if _pending(basis.record, day)]
    if not found:
        raise UserError(f"--as-of {as_of}: nothing was pending in proceedings; there is nothing to forecast")
    return found


def _months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    number = day.year * 12 + day.month - 1 + months
    return min(date(number // 12, number % 12 + 1, min(day.day, 28)).replace(), _month_end(day, months)).replace(
        day=min(day.day, _month_end(day, months).day)
    )


def _month_end(day: date, months: int) -> date:
    """The last day of the month so many months later."""
    number = day.year * 12 + day.month + months
    return date.fromordinal(date(number // 12, number % 12 + 1, 1).toordinal() - 1)


def _pending(record: Record, day: date) -> list[Strand]:
    """The strands that were pending at the end of a day."""
    return [strand for strand in record.known_on(day).strands if not strand.outcome]


class _Origin:
    """One origin: its scenarios, then, with their runs, its forecasts."""

    def __init__(self, basis: Basis, day: date, until: date, draws: int, shown: bool) -> None:
        self.basis, self.day, self.until = basis, day, until
        self.known = basis.record.known_on(day)
        self.days = days_between(day, until)
        self.scenarios: list[Scenario] = [forecast_scenario(basis, day, until, draws)]
        if shown:
            ahead = max(until, date.fromordinal(day.toordinal() + AHEAD_DAYS))
            self.scenarios.append(forecast_scenario(basis, day, ahead, draws))
        self.past = bool(basis.scenario.uncertain) and min(s.opened for s in self.known.strands) < day
        if self.past:
            self.scenarios.append(past_scenario(basis, day, draws))
        self.draws = draws

    def take(self, runs: Sequence[Run]) -> None:
        """Take the finished runs of the scenarios."""
        self.run, self.shown = runs[0], runs[-2] if len(runs) == 3 or (len(runs) == 2 and not self.past) else runs[0]
        if not self.past:
            self.shown = runs[-1]
            self.posterior = prior(self.basis, self.day, self.draws)
            return
        assert runs[0].parameters.equals(runs[-1].parameters)  # the same draws, so that weights pass over
        self.posterior = posterior(self.basis, self.day, make_bank(self.basis, runs[-1]))

    def weights(self, forecaster: str) -> Floats:
        """The weights of the draws: equal for the priors."""
        equal: Floats = np.full(self.draws, 1.0 / self.draws)
        return self.posterior.weight if forecaster == MODEL else equal

    def forecasts(self, truth: Record) -> pd.DataFrame:
        """Columns: origin, proceeding, strand, milestone, forecaster, truth (day of the milestone; missing: not by the
        last day), days (to the truth, infinite if missing), until_days (to the last day), probability (of the
        milestone by the last day), low, median, high (80% interval in days; infinite: later than looked at, or never),
        brier, crps (see `sim.scores`), pit_low, pit_high, cover50, cover80, cover95.
        """
        later = {f"{s.proceeding}/{s.strand}": s for s in truth.strands}
        rows = []
        for strand in _pending(self.known, self.day):
            name = f"{strand.proceeding}/{strand.strand}"
            for milestone in MILESTONES[1:] if strand.preliminary_findings else MILESTONES:
                came = later[name].preliminary_findings if milestone == FINDINGS else later[name].outcome_date
                for forecaster in FORECASTERS:
                    curve, ahead = self._curves(strand, name, milestone, forecaster)
                    rows.append(self._row(strand, name, milestone, forecaster, came, curve, ahead))
        return pd.DataFrame(rows)

    def _curves(self, strand: Strand, name: str, milestone: str, forecaster: str) -> tuple[Floats, Floats]:
        """The forecast up to the last day, and as far ahead as is looked."""
        if forecaster in (MODEL, PRIORS):
            weight = self.weights(forecaster)
            return tuple(curve_of(run, name, milestone, weight) for run in (self.run, self.shown))  # type: ignore[return-value]
        at_findings = strand.preliminary_findings is not None
        known = durations_for(self.known, milestone, at_findings)
        since = strand.preliminary_findings or strand.opened
        age = float(days_between(since, self.day))
        ahead = BASELINES[forecaster](known, age, int(self.shown.scenario.horizon_days))
        return ahead[: self.days], ahead

    def _row(
        self, strand: Strand, name: str, milestone: str, forecaster: str, came: date | None, curve: Floats, ahead: Floats
    ) -> dict[str, object]:
        days = float(days_between(self.day, came)) if came else np.inf
        where = pit(curve, days)
        return {
            "origin": self.day,
            "proceeding": strand.proceeding,
            "strand": name,
            "milestone": milestone,
            "forecaster": forecaster,
            "truth": came,
            "days": days,
            "until_days": self.days,
            "probability": float(curve[-1]),
            **{label: quantile(ahead, p) for label, p in (("low", 0.1), ("median", 0.5), ("high", 0.9))},
            "brier": brier(curve, days),
            "crps": censored_crps(curve, days),
            "pit_low": where.low,
            "pit_high": where.high,
            **{f"cover{level * 100:.0f}": coverage(where, level) for level in LEVELS},
        }

    def totals(self, truth: Record) -> pd.DataFrame:
        """Columns: origin, what, forecaster, truth, mean, low, median, high (80% interval), pit_low, pit_high.

        What: how many of the pending strands have findings, and are resolved, by the last day; how many strands are
        opened until then; how many are pending on that day, of old and new ones.
        """
        rows = []
        for what, (simulated, real) in self._counts(truth).items():
            for forecaster in (MODEL, PRIORS):
                weight = self.weights(forecaster)
                low, median, high = (weighted_quantile(simulated, weight, p) for p in (0.1, 0.5, 0.9))
                below = Pit(float(weight[simulated < real].sum()), float(weight[simulated <= real].sum()))
                rows.append(
                    {"origin": self.day, "what": what, "forecaster": forecaster, "truth": real,
                     "mean": float(np.dot(weight, simulated)), "low": low, "median": median, "high": high,
                     "pit_low": below.low, "pit_high": below.high}
                )  # fmt: skip
        return pd.DataFrame(rows)

    def _counts(self, truth: Record) -> dict[str, tuple[Floats, float]]:
        summary, scenario = self.run.summary, self.run.scenario
        then = [f"{s.proceeding}/{s.strand}" for s in _pending(self.known, self.day)]
        later = {f"{s.proceeding}/{s.strand}": s for s in truth.strands}
        found = {}
        for what, milestone in (("findings of pending strands", FINDINGS), ("resolved of pending strands", RESOLUTION)):
            waiting = [
                name for name in then if milestone == RESOLUTION or not self._strand(name).preliminary_findings
            ]
            times = np.array([_times(self.run, name, milestone) for name in waiting]).reshape(len(waiting), -1)
            came = [later[n].preliminary_findings if milestone == FINDINGS else later[n].outcome_date for n in waiting]
            found[what] = ((times <= self.days).sum(axis=0).astype(float), float(sum(day is not None for day in came)))
        opened = stages_of(scenario)[OPENED]
        new = sum(s.opened > self.day for s in truth.strands)
        found["strands opened"] = (summary.total(f"entered:{opened}"), float(new))
        stages = [name for name in after(scenario, opened) if name in summary.layout.open_stages]
        under_way = sum(summary.total(f"visits:{s}") - summary.total(f"ended:{s}") for s in stages)
        found["strands pending"] = (np.asarray(under_way), float(len(_pending(truth, self.until))))
        return found

    def _strand(self, name: str) -> Strand:
        return next(s for s in self.known.strands if f"{s.proceeding}/{s.strand}" == name)


def _times(run: Run, strand: str, milestone: str) -> Floats:
    """When a strand first came to a milestone in each replication, in days since the origin."""
    layout = run.summary.layout
    places = [stages_of(run.scenario)[FINDINGS]] if milestone == FINDINGS else layout.resolving
    assert strand in strands_of(layout)
    return run.summary.first(strand, places)


def curve_of(run: Run, strand: str, milestone: str, weight: Floats) -> Floats:
    """The probability that a strand has come to a milestone by each day from 1 to the horizon."""
    days = int(run.scenario.horizon_days)
    times = np.ceil(np.maximum(_times(run, strand, milestone), 0.5))
    came = np.isfinite(times) & (times <= days)
    mass = np.bincount(times[came].astype(int), weight[came], days + 1)
    found: Floats = np.minimum(np.cumsum(mass)[1:], 1.0)
    return found


def pooled(found: Backtest, milestone: str | None = None) -> pd.DataFrame:
    """One row for each forecaster, over all origins, strands and (unless one is named) milestones.

    Columns: forecaster, forecasts, happened, brier, crps, each with _low and _high (95% bootstrap over proceedings);
    gain, gain_low, gain_high: by how much the model's crps is smaller, paired; cover50, cover80, cover95, and cover80
    with _low and _high; cover80_happened: of those truths that came, given that they came (F(day) / F(last day)).
    """
    table = found.forecasts if milestone is None else found.forecasts[found.forecasts["milestone"] == milestone]
    model = table[table["forecaster"] == MODEL]
    clusters = model["proceeding"].tolist()
    rows = []
    for forecaster in FORECASTERS if len(model) else ():
        mine = table[table["forecaster"] == forecaster]
        spans = {name: clustered_mean(mine[name].to_numpy(), clusters, SEED) for name in ("brier", "crps", "cover80")}
        gain = clustered_mean(mine["crps"].to_numpy() - model["crps"].to_numpy(), clusters, SEED)
        rows.append(
            {"forecaster": forecaster, "forecasts": len(mine), "happened": int(mine["truth"].notna().sum()),
             **{key: value for name in ("brier", "crps") for key, value in _named(name, spans[name]).items()},
             **_named("gain", gain), "cover50": mine["cover50"].mean(), **_named("cover80", spans["cover80"]),
             "cover95": mine["cover95"].mean(), "cover80_happened": _given_that_it_came(mine)}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _named(name: str, value: Interval) -> dict[str, float]:
    return {name: value.mean, f"{name}_low": value.low, f"{name}_high": value.high}


def _given_that_it_came(rows: pd.DataFrame) -> float:
    """The coverage of 80% intervals among the truths that came by the last day, given that they came by it."""
    came = rows[rows["truth"].notna() & (rows["probability"] > 0)]
    inside = [
        Pit(low / p, high / p).within(0.1, 0.9)
        for low, high, p in zip(came["pit_low"], came["pit_high"], came["probability"], strict=True)
    ]
    return float(np.mean(inside)) if inside else float("nan")
