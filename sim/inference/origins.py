"""Backtests: what the model would have said on a day of the past, and how good that was.

On each first day (origin) the parameters are calibrated on what was public then, every pending strand is forecast from
what was under way then, and the forecasts are scored against what the record says up to a later day. The simulated
futures are those of the draws from the priors, weighted by the calibration, so that the forecast from the priors alone
comes from the same runs, with equal weights. Nothing but the truth is read of what came after the origin.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from sim.errors import UserError
from sim.experiments.simulate import Progress, simulate_each
from sim.inference.as_of import Basis, load_basis
from sim.inference.forecasting import Origin, pending_strands
from sim.inference.posterior import FEWEST_DRAWS, Posterior, check_day
from sim.record.tables import last_day

DRAWS = 1000
"""Draws from the priors at each origin, unless said otherwise."""


@dataclass(frozen=True)
class Backtest:
    """Forecasts of pending strands from one or several origins, beside what happened.

    `posteriors`: by origin. `forecasts`, `totals`: tables with the columns of `sim.forecasting.Origin`.
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
    works = [Origin(basis, day, until, draws, single) for day in origins]
    scenarios = [scenario for work in works for scenario in work.scenarios]
    runs = simulate_each(scenarios, jobs=jobs, results=results, progress=progress)
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
    found = [day for day in origins if pending_strands(basis.record, day)]
    if not found:
        raise UserError(f"--as-of {as_of}: nothing was pending in proceedings; there is nothing to forecast")
    return found


def _months_later(day: date, months: int) -> date:
    """The same day of a month so many months later, or the last of that month."""
    end = _month_end(day, months)
    return end.replace(day=min(day.day, end.day))


def _month_end(day: date, months: int) -> date:
    """The last day of the month so many months later."""
    number = day.year * 12 + day.month + months
    return date.fromordinal(date(number // 12, number % 12 + 1, 1).toordinal() - 1)
