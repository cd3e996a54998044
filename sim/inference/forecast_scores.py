"""A kept forecast beside what a record says on a later day: scores of it and of the baselines, from its file alone.

The baselines are fitted to what was known on the day of the forecast. Scores are those of `sim.inference.scores`, of
the curve in the file, so that the same file and record give the same scores whatever the program does by then.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sim.dates import days_between
from sim.inference.backtest import MODEL, forecast_row
from sim.inference.baselines import BASELINES, RecordDurations, durations_for
from sim.inference.forecast_file import Floats, ForecastFile, MilestoneForecast
from sim.inference.forecast_of_run import FINDINGS_SENT, IN_PROGRESS, OUTCOMES, PROCEEDINGS, STRANDS
from sim.inference.histories import MILESTONES, name_of, reached
from sim.record.model import Record, RecordedStrand

FORECASTERS = (MODEL, *BASELINES)
"""Those that are scored."""


@dataclass
class FileScores:
    """The scores of one file.

    Attributes
    ----------
    file, made, scenario : of the forecast: the name of its file, the day of knowledge, what it was made of.
    scored_on : the day of scoring; None: nothing has happened since that it could be scored on.
    rows, totals : see `sim.inference.track_record.TrackRecord`.
    notes : what could not be scored, and why.
    """

    file: str
    made: date
    scenario: str
    scored_on: date | None
    rows: list[dict[str, Any]] = field(default_factory=list)
    totals: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def scores_of(path: Path, forecast: ForecastFile, record: Record, day: date) -> FileScores:
    """The scores of a forecast on a day, by a record that covers it."""
    last = min(day, forecast.horizon)
    scores = FileScores(path.name, forecast.made, forecast.of.name, last if last > forecast.made else None)
    if scores.scored_on is None:
        scores.notes.append(f"made on {forecast.made}; not yet: nothing has happened since")
        return scores
    truth = _Truth(forecast, record, last)
    known = {name: case for name, case in forecast.cases.items() if name in truth.strands}
    if missing := [name for name in forecast.cases if name not in known]:
        scores.notes.append(f"not scored, as the record has no such strands on {forecast.made}: {', '.join(missing)}")
    if missing and not known:  # the record of something else, whose totals say nothing of these
        return scores
    for name, case in known.items():
        for milestone, one in case.milestones.items():
            if why := truth.not_scored(truth.strands[name], milestone):
                scores.notes.append(f"{name}: {why}; not scored")
            else:
                scores.rows += truth.rows(truth.strands[name], milestone, one)
    scores.totals += truth.totals()
    return scores


class _Truth:
    """What a record says of a forecast: as known on its day, for the baselines, and on the day of scoring."""

    def __init__(self, forecast: ForecastFile, record: Record, day: date) -> None:
        self.forecast, self.record, self.day = forecast, record, day
        self.known = record.known_on(forecast.made)
        self.later = {name_of(strand): strand for strand in record.known_on(day).strands}
        self.strands = {name_of(strand): strand for strand in self.known.strands}
        self.days = days_between(forecast.made, day)
        self._durations: dict[tuple[str, bool], RecordDurations] = {}

    def not_scored(self, strand: RecordedStrand, milestone: str) -> str:
        """Why a milestone cannot be scored; nothing if it can be."""
        if milestone not in MILESTONES:
            return f"no record has a milestone {milestone!r}"
        before = reached(strand, milestone) or strand.outcome_date
        return f"the record has its {milestone} on {before}, before the forecast" if before else ""

    def rows(self, strand: RecordedStrand, milestone: str, forecast: MilestoneForecast) -> Iterator[dict[str, Any]]:
        """The scores of the forecast and of the baselines."""
        came = reached(self.later[name_of(strand)], milestone)
        for forecaster in FORECASTERS:
            model = forecaster == MODEL  # of the others no quantiles are shown
            curve = (
                self.forecast.daily(forecast)[: self.days] if model else self._baseline(strand, milestone, forecaster)
            )
            middle = forecast.quantiles if model else None
            quantiles = {"q10": middle and middle.q10, "median": middle and middle.q50, "q90": middle and middle.q90}
            yield forecast_row(strand, milestone, forecaster, self.forecast.made, came, curve, quantiles)

    def _baseline(self, strand: RecordedStrand, milestone: str, forecaster: str) -> Floats:
        at_findings = strand.preliminary_findings is not None
        key = milestone, at_findings
        if key not in self._durations:
            self._durations[key] = durations_for(self.known, milestone, at_findings)
        age = float(days_between(strand.preliminary_findings or strand.opened, self.forecast.made))
        return BASELINES[forecaster](self._durations[key], age, self.days)

    def totals(self) -> Iterator[dict[str, Any]]:
        """Each count on each day that has passed."""
        for what, by_day in self.forecast.totals.items():
            for day, total in by_day.items():
                if day <= self.day and what in (real := real_totals(self.record, self.forecast.made, day)):
                    count = real[what]
                    yield {
                        "date": day,
                        "what": what,
                        "mean": total.mean,
                        "q10": float(total.quantiles.q10),
                        "median": float(total.quantiles.q50),
                        "q90": float(total.quantiles.q90),
                        "truth": count,
                        "pit_low": total.below(count),
                        "pit_high": total.below(count + 1),
                    }


def real_totals(record: Record, made: date, day: date) -> dict[str, float]:
    """Each count of `sim.inference.forecast_of_run.COUNTS` as a record has it: after one day, by the end of another."""
    strands = record.known_on(day).strands
    before = {strand.proceeding for strand in strands if strand.opened <= made}
    counts = {
        PROCEEDINGS: len({strand.proceeding for strand in strands} - before),
        STRANDS: sum(strand.opened > made for strand in strands),
        FINDINGS_SENT: sum(bool(s.preliminary_findings and s.preliminary_findings > made) for s in strands),
        OUTCOMES: sum(bool(s.outcome_date and s.outcome_date > made) for s in strands),
        IN_PROGRESS: sum(strand.outcome_date is None for strand in strands),
    }
    return {what: float(count) for what, count in counts.items()}
