"""The first forecast that was kept, of 31 December 2025, in the format of its time: the JSON of a backtest.

It holds no curves, only what was forecast up to 8 October 2026 and the scores that this had. So these scores are shown
as they stand, of that day only, and each truth that they rest on is compared with the record as it is now.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from sim.dates import date_after
from sim.errors import Problem, UserError
from sim.inference.backtest import MODEL
from sim.inference.forecast_file import checked
from sim.inference.forecast_scores import FORECASTERS, FileScores
from sim.inference.histories import MILESTONES, name_of, pending_strands, reached, real_counts
from sim.record.model import Record

RECORD = "../record"
"""Where its record lies, seen from its folder; it does not say so itself."""


LONGEST = 36_525.0
"""Days ahead that a forecast looks at most: a century."""
Days = Annotated[float, Field(ge=0, le=LONGEST)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class KeptForecast(_Part):
    """One forecast of a milestone by one forecaster, with its scores; days from the day of the forecast."""

    proceeding: str
    strand: str
    milestone: str
    forecaster: str
    truth: date | None
    days: Days | None
    until_days: int
    probability: float
    low: Days | None
    median: Days | None
    high: Days | None
    brier: float
    crps: float
    pit_low: float
    pit_high: float
    cover50: float
    cover80: float
    cover95: float


class KeptTotal(_Part):
    """One count by one forecaster, with its truth."""

    what: str
    forecaster: str
    truth: float
    mean: float
    low: float
    median: float
    high: float
    pit_low: float
    pit_high: float


class FirstForecast(_Part):
    """What is used of the file; `origins` has one day, that of the forecast, and `until` is that of its scores."""

    scenario: str
    origins: Annotated[list[date], Field(min_length=1, max_length=1)]
    until: date
    forecasts: list[KeptForecast]
    totals: list[KeptTotal]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Scores are compared forecast by forecast."""
        of = [
            [(row.strand, row.milestone, row.truth) for row in self.forecasts if row.forecaster == name]
            for name in FORECASTERS
        ]
        if any(rows != of[0] for rows in of):
            raise PydanticCustomError("rows", "every forecaster must have forecast the same")
        return self

    @property
    def made(self) -> date:
        """The day of the forecast."""
        return self.origins[0]


def is_first(content: dict[str, Any]) -> bool:
    """Whether the JSON of a file has the format of the first forecast."""
    return "format" not in content and {"origins", "until", "forecasts"} <= content.keys()


def parsed(path: Path, content: dict[str, Any]) -> FirstForecast:
    """The first forecast. Raises UserError, in one line, for what is wrong with it."""
    return checked(path, content, FirstForecast)


def scenario_of(path: Path, content: dict[str, Any]) -> str:
    """The name of its scenario, with which its description of it begins."""
    words = parsed(path, content).scenario.split()
    if not words:
        raise UserError(Problem(str(path), message="scenario: must not be empty; a forecast is kept as it was written"))
    return words[0]


def scores_of(path: Path, first: FirstForecast, record: Record, day: date) -> FileScores:
    """Its own scores, if the day of scoring is not before theirs, without those whose truth the record denies."""
    known = day >= first.until
    scores = FileScores(path.name, first.made, first.scenario, first.until if known else None)
    if not known:
        scores.notes.append(f"made on {first.made}; its scores are of {first.until}, and nothing is told of {day}")
        return scores
    later = {name_of(strand): strand for strand in record.known_on(first.until).strands}
    for row in first.forecasts:
        if row.forecaster not in FORECASTERS or row.milestone not in MILESTONES:
            continue
        strand = later.get(row.strand)
        if strand is not None and reached(strand, row.milestone) == row.truth:
            scores.rows.append({**_as_scored(row, first.made), "platform": strand.platform})
        elif row.forecaster == MODEL:
            says = "has no such strand" if strand is None else f"now has {reached(strand, row.milestone) or 'none'}"
            stated = row.truth or f"none by {first.until}"
            scores.notes.append(f"{row.strand}, {row.milestone}: scored on {stated}, but the record {says}; left out")
    scores.totals += _totals(first, record, scores.notes)
    return scores


def _as_scored(row: KeptForecast, made: date) -> dict[str, Any]:
    model = row.forecaster == MODEL  # of the others no quantiles are shown
    days = {"q10": row.low, "median": row.median, "q90": row.high} if model else {}
    return {
        **row.model_dump(exclude={"until_days", "low", "median", "high", "days"}),
        "days": float("inf") if row.days is None else row.days,
        "days_ahead": row.until_days,
        **{name: None if day is None else date_after(made, day) for name, day in days.items()},
    }


def _totals(first: FirstForecast, record: Record, notes: list[str]) -> Iterator[dict[str, Any]]:
    """The counts of the model, without those that the record denies."""
    strands = pending_strands(record, first.made)
    pending = {m: [name_of(strand) for strand in strands if not reached(strand, m)] for m in MILESTONES}
    real = real_counts(record.known_on(first.until), first.made, first.until, pending)
    for row in first.totals:
        if row.forecaster != MODEL:
            continue
        now = real.get(row.what)
        if now != row.truth:
            says = "does not count that" if now is None else f"now has {now:.0f}"
            notes.append(f"{row.what}: scored on {row.truth:.0f}, but the record {says}; left out")
            continue
        yield {
            "date": first.until,
            "what": row.what,
            "mean": row.mean,
            "q10": row.low,
            "median": row.median,
            "q90": row.high,
            "truth": row.truth,
            "pit_low": row.pit_low,
            "pit_high": row.pit_high,
        }
