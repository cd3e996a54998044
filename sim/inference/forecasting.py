"""One origin of a backtest: what the calibrated model, its priors and the baselines say of the strands pending then.

The simulated futures are those of the draws from the priors, weighted by the calibration on the same draws.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from sim.dates import days_between
from sim.inference.abc import weighted_quantile
from sim.inference.as_of import Basis, after, forecast_scenario, past_scenario, stages_of
from sim.inference.baselines import BASELINES, durations_for
from sim.inference.histories import findings_places
from sim.inference.posterior import Posterior, make_bank, posterior, prior
from sim.inference.scores import LEVELS, brier, censored_crps, coverage, pit, quantile
from sim.record.model import Record, Strand
from sim.record.spans import FINDINGS, OPENED
from sim.results.run import Run
from sim.results.summary import Floats
from sim.scenario.schema import Scenario

MODEL, PRIORS = "model", "priors only"
"""The calibrated model, and the same with equal weights."""
FORECASTERS = (MODEL, PRIORS, *BASELINES)
RESOLUTION = "resolution"
MILESTONES = (FINDINGS, RESOLUTION)
AHEAD_DAYS = 1096
"""Days ahead that a forecast shown by itself looks at least: medians often lie beyond the day of the truth."""


def pending_strands(record: Record, day: date) -> list[Strand]:
    """The strands that were pending at the end of a day."""
    return [strand for strand in record.known_on(day).strands if not strand.outcome]


def name_of(strand: Strand) -> str:
    """A strand's name in the model: proceeding/strand."""
    return f"{strand.proceeding}/{strand.strand}"


def reached(strand: Strand, milestone: str) -> date | None:
    """The day on which a strand came to a milestone."""
    return strand.preliminary_findings if milestone == FINDINGS else strand.outcome_date


class Origin:
    """One origin: its scenarios; then, with their runs, its forecasts of what the record said later."""

    def __init__(self, basis: Basis, day: date, until: date, draws: int, look_ahead: bool) -> None:
        """`until`: the day of the truth; `look_ahead`: whether to simulate so far that medians can be told."""
        self.basis, self.day, self.until, self.draws = basis, day, until, draws
        self.known, self.days = basis.record.known_on(day), days_between(day, until)
        self.pending = pending_strands(self.known, day)
        self._scenarios = {"score": forecast_scenario(basis, day, until, draws)}
        if look_ahead:
            ahead = max(until, date.fromordinal(day.toordinal() + AHEAD_DAYS))
            self._scenarios["show"] = forecast_scenario(basis, day, ahead, draws)
        if basis.scenario.uncertain and min(strand.opened for strand in self.known.strands) < day:
            self._scenarios["past"] = past_scenario(basis, day, draws)

    @property
    def scenarios(self) -> list[Scenario]:
        """What has to be run."""
        return list(self._scenarios.values())

    def take(self, runs: Sequence[Run]) -> None:
        """Take the finished runs of the scenarios, in their order."""
        named = dict(zip(self._scenarios, runs, strict=True))
        self.run, self.shown = named["score"], named.get("show", named["score"])
        if "past" not in named:
            self.posterior: Posterior = prior(self.basis, self.day, self.draws)
            return
        assert self.run.parameters.equals(named["past"].parameters)  # the same draws, so that weights pass over
        self.posterior = posterior(self.basis, self.day, make_bank(self.basis, named["past"]))

    def weights(self, forecaster: str) -> Floats:
        """The weights of the draws: equal for the priors."""
        equal: Floats = np.full(self.draws, 1.0 / self.draws)
        return self.posterior.weight if forecaster == MODEL else equal

    def forecasts(self, truth: Record) -> pd.DataFrame:
        """One row for each pending strand, milestone that it has not reached, and forecaster.

        Columns: origin, proceeding, strand, milestone, forecaster, truth (day of the milestone; missing: not by the
        last day), days (to the truth, infinite if missing), until_days (to the last day), probability (of the
        milestone by the last day), low, median, high (80% interval in days; infinite: later than looked at, or never),
        brier, crps (see `sim.inference.scores`), pit_low, pit_high, cover50, cover80, cover95.
        """
        later = {name_of(strand): strand for strand in truth.strands}
        rows = []
        for strand in self.pending:
            for milestone in MILESTONES[1:] if strand.preliminary_findings else MILESTONES:
                came = reached(later[name_of(strand)], milestone)
                for forecaster in FORECASTERS:
                    rows.append(self._row(strand, milestone, forecaster, came))
        return pd.DataFrame(rows)

    def _row(self, strand: Strand, milestone: str, forecaster: str, came: date | None) -> dict[str, object]:
        curve, ahead = self._curves(strand, milestone, forecaster)
        days = float(days_between(self.day, came)) if came else np.inf
        where = pit(curve, days)
        return {
            "origin": self.day,
            "proceeding": strand.proceeding,
            "strand": name_of(strand),
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

    def _curves(self, strand: Strand, milestone: str, forecaster: str) -> tuple[Floats, Floats]:
        """The forecast up to the day of the truth, and as far ahead as is looked."""
        if forecaster in BASELINES:
            known = durations_for(self.known, milestone, strand.preliminary_findings is not None)
            age = float(days_between(strand.preliminary_findings or strand.opened, self.day))
            ahead = BASELINES[forecaster](known, age, int(self.shown.scenario.horizon_days))
            return ahead[: self.days], ahead
        weight = self.weights(forecaster)
        curve = forecast_curve(self.run, name_of(strand), milestone, weight)
        if self.shown is self.run:
            return curve, curve
        return curve, forecast_curve(self.shown, name_of(strand), milestone, weight)

    def totals(self, truth: Record) -> pd.DataFrame:
        """One row for each count, for the model and its priors.

        Columns: origin, what, forecaster, truth, mean, low, median, high (80% interval), pit_low, pit_high. What: how
        many of the pending strands have findings, and are resolved, by the last day; how many strands are opened until
        then; how many are pending on that day, old and new ones.
        """
        rows = []
        for what, (simulated, real) in self._counts(truth).items():
            for forecaster in (MODEL, PRIORS):
                weight = self.weights(forecaster)
                low, median, high = (weighted_quantile(simulated, weight, p) for p in (0.1, 0.5, 0.9))
                row = {"origin": self.day, "what": what, "forecaster": forecaster, "truth": real}
                row |= {"mean": float(np.dot(weight, simulated)), "low": low, "median": median, "high": high}
                row |= {"pit_low": weight[simulated < real].sum(), "pit_high": weight[simulated <= real].sum()}
                rows.append(row)
        return pd.DataFrame(rows)

    def _counts(self, truth: Record) -> dict[str, tuple[Floats, float]]:
        """Each count in every replication, and as it really was."""
        later = {name_of(strand): strand for strand in truth.strands}
        found = {}
        for what, milestone in (("findings of pending strands", FINDINGS), ("resolved of pending strands", RESOLUTION)):
            waiting = [name_of(s) for s in self.pending if milestone == RESOLUTION or not s.preliminary_findings]
            times = np.array([_times(self.run, name, milestone) for name in waiting]).reshape(len(waiting), self.draws)
            real = sum(reached(later[name], milestone) is not None for name in waiting)
            found[what] = ((times <= self.days).sum(axis=0).astype(float), float(real))
        summary, opened = self.run.summary, stages_of(self.run.scenario)[OPENED]
        new = sum(strand.opened > self.day for strand in truth.strands)
        found["strands opened"] = (summary.total(f"entered:{opened}"), float(new))
        stages = [name for name in after(self.run.scenario, opened) if name in summary.layout.open_stages]
        waiting_then = [summary.total(f"visits:{stage}") - summary.total(f"ended:{stage}") for stage in stages]
        found["strands pending"] = (np.sum(waiting_then, axis=0), float(len(pending_strands(truth, self.until))))
        return found


def _times(run: Run, strand: str, milestone: str) -> Floats:
    """When a strand first came to a milestone in each replication, in days since the origin."""
    places = findings_places(run.scenario) if milestone == FINDINGS else run.summary.layout.resolving
    return run.summary.first(strand, places)


def forecast_curve(run: Run, strand: str, milestone: str, weight: Floats) -> Floats:
    """The probability that a strand has come to a milestone by each day from 1 to the horizon.

    `weight`: of each replication; they add to one.
    """
    days = int(run.scenario.horizon_days)
    times = np.ceil(np.maximum(_times(run, strand, milestone), 0.5))
    came = np.isfinite(times) & (times <= days)
    mass = np.bincount(times[came].astype(int), weight[came], days + 1)
    found: Floats = np.minimum(np.cumsum(mass)[1:], 1.0)
    return found
