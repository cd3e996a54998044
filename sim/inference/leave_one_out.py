"""Proceedings left out one after another: each is forecast from its opening with what all the others say.

A backtest on a day uses little of the record, and judges the last part of it; here each proceeding is forecast with
nearly all of the record, and each is judged (leave-one-group-out cross-validation; Vehtari, Gelman and Gabry 2017). One
simulation of the past serves all: what is left out is left out of the statistics, in the record and in the simulated
ones alike, and the weights that come of it are put on the simulated times of what was left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from pathlib import Path
from typing import ClassVar

import pandas as pd

from sim.dates import days_between
from sim.errors import UserError
from sim.experiments.simulate import Progress
from sim.inference.as_of import Basis, load_basis
from sim.inference.backtest import FORECASTERS, MODEL, PRIORS, Scored, forecast_row, probabilities, quantiles_of
from sim.inference.baselines import BASELINES, durations_for
from sim.inference.calibrate import DRAWS, calibrated
from sim.inference.checks import equally
from sim.inference.histories import MILESTONES, name_of, reached
from sim.inference.normal import Floats
from sim.inference.posterior import Posterior
from sim.record.model import Record, RecordedStrand
from sim.scenario.schema import Scenario


@dataclass(frozen=True, repr=False)
class LeaveOneOut(Scored):
    """Forecasts of the strands of each group of proceedings from their openings, beside what happened.

    Proceedings that were opened on one day for the same topics are one group: they are one inquiry into several
    services, move together, and are left out together.

    Attributes
    ----------
    truth : date
        The day of scoring; everything that was public by then is used.
    whole : Posterior
        The calibration on all proceedings.
    posteriors : dict
        That on all others than a group, by its name.
    table : DataFrame
        One row for each strand, milestone and forecaster. Columns: group, and those of
        `sim.inference.backtest.Backtest.table`, with the day of the opening as `origin`; later than the day of scoring
        nothing is forecast.
    """

    clusters: ClassVar[str] = "group"

    basis: Basis
    truth: date
    whole: Posterior
    posteriors: dict[str, Posterior]
    table: pd.DataFrame

    @property
    def days(self) -> str:
        """What was forecast when, in words."""
        return f"of {len(self.posteriors)} groups of proceedings from their openings, each left out"

    @property
    def by_group(self) -> pd.DataFrame:
        """One row for each group, in the order of their openings.

        Columns: group, opened, strands, forecasts, happened, effective_draws (of the posterior without it), and the
        mean crps of each forecaster by its name.
        """
        rows = []
        for group, own in self.table.groupby("group", sort=False):
            model = own[own["forecaster"] == MODEL]
            row = {"group": group, "opened": own["origin"].min(), "strands": model["strand"].nunique()}
            row |= {"forecasts": len(model), "happened": int(model["truth"].notna().sum())}
            row["effective_draws"] = self.posteriors[str(group)].effective_draws
            rows.append(row | own.groupby("forecaster")["crps"].mean().to_dict())
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        model = self.table[self.table["forecaster"] == MODEL]
        return (
            f"<LeaveOneOut {self.basis.scenario.name!r}, truth of {self.truth}: {len(model)} forecasts of"
            f" {model['strand'].nunique()} strands in {len(self.posteriors)} groups of proceedings,"
            f" {model['truth'].notna().sum()} came, mean CRPS {model['crps'].mean():.3f}>"
        )

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>" + self.by_group.to_html(index=False, float_format="{:.3f}".format)


def leave_one_out(
    scenario: Scenario | Path | str,
    truth: date | None = None,
    *,
    record: Path | str | None = None,
    draws: int = DRAWS,
    jobs: int = 1,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> LeaveOneOut:
    """Forecast each group of proceedings from what all others say, and score that against the record.

    Parameters
    ----------
    scenario
        A scenario, or the path of its file.
    truth
        The day of scoring; the record's last if not given.
    record
        The folder of a record instead of the one that the scenario names.
    draws
        In each round.
    jobs
        Processes.
    results
        A folder in which the simulated past is stored.
    progress
        Called with the replications done and their total.

    Raises
    ------
    UserError
        For bad files, for a day that the record does not cover, for a scenario without uncertain parameters, and where
        there is only one group.
    """
    basis = load_basis(scenario, record)
    truth = truth or basis.record.last_day
    basis.check_day(truth, "--truth")
    known = basis.record.known_on(truth)
    apart = groups(known)
    if len(apart) == 1:
        raise UserError(
            f"--leave-one-out: by {truth} the record in {basis.folder} has only {', '.join(apart)}; with that left out"
            " there is nothing to learn from"
        )
    whole = calibrated(basis, truth, draws, jobs, results, progress)
    assert whole.priors is not None
    assert whole.reference is not None
    posteriors, rows = {}, []
    for name, strands in apart.items():
        left = {name_of(strand) for strand in strands}
        posteriors[name] = Posterior.of(
            basis, truth, whole.priors.without(left), whole.reference.without(left), whole.rounds
        )
        rows += [{"group": name, **row} for row in _forecasts(whole, posteriors[name].weights, known, strands)]
    return LeaveOneOut(basis, truth, whole, posteriors, pd.DataFrame(rows))


def groups(known: Record) -> dict[str, list[RecordedStrand]]:
    """The strands that are left out together, by the name of the first proceeding, in the order of the openings."""
    proceedings: dict[str, list[RecordedStrand]] = {}
    for strand in known.strands:
        proceedings.setdefault(strand.proceeding, []).append(strand)
    alike: dict[tuple[date, frozenset[str]], list[str]] = {}
    for name, strands in proceedings.items():
        topics = frozenset(topic for strand in strands for topic in strand.topics)
        alike.setdefault((min(strand.opened for strand in strands), topics), []).append(name)
    ordered = sorted(alike.items(), key=lambda item: item[0][0])
    return {_named(names): [strand for name in names for strand in proceedings[name]] for _, names in ordered}


def _named(proceedings: list[str]) -> str:
    first, *others = proceedings
    return f"{first} and {len(others)} more" if others else first


def _forecasts(
    whole: Posterior, weights: Floats, known: Record, strands: list[RecordedStrand]
) -> Iterator[dict[str, object]]:
    """The forecasts of the strands of a group, by everybody, from their openings to the record's last day."""
    assert whole.priors is not None
    assert whole.reference is not None
    left = {name_of(strand) for strand in strands}
    others = replace(known, strands=tuple(strand for strand in known.strands if name_of(strand) not in left))
    simulated = {
        MODEL: (whole.reference.simulated, weights),
        PRIORS: (whole.priors.simulated, equally(whole.priors.simulated)),
    }
    for strand in strands:
        days = days_between(strand.opened, whole.as_of)
        if days < 1:
            continue
        for milestone in MILESTONES:
            durations = durations_for(others, milestone, False)
            for forecaster in FORECASTERS:
                if forecaster in BASELINES:
                    curve = BASELINES[forecaster](durations, 0.0, days)
                else:
                    histories, of_draws = simulated[forecaster]
                    curve = probabilities(histories.days_to(name_of(strand), milestone), of_draws, days)
                came = reached(strand, milestone)
                shown = quantiles_of(curve)
                row = forecast_row(strand, milestone, forecaster, strand.opened, came, curve, shown)
                yield {"origin": strand.opened, **row}
