"""The track record: every kept forecast of a folder, scored on what a record says by now.

Each file is scored by itself; one that cannot be read does not keep the others from being scored.
"""

from dataclasses import dataclass
from datetime import date
from html import escape
from os.path import normpath
from pathlib import Path
from typing import Any

import pandas as pd

from sim.errors import Problem, UserError
from sim.inference import first_forecast
from sim.inference.backtest import MODEL
from sim.inference.first_forecast import FirstForecast
from sim.inference.forecast_file import ForecastFile, parsed, read_content
from sim.inference.forecast_scores import FORECASTERS, FileScores, scores_of
from sim.inference.scores import pooled
from sim.plotting import Drawable
from sim.record.files import load_record
from sim.record.model import Record

SHIPPED = Path("scenarios/forecasts")
"""The folder of the forecasts that come with the program."""
ROW_COLUMNS = (
    *("file", "made", "proceeding", "strand", "platform", "milestone", "forecaster", "truth", "days", "days_ahead"),
    *("probability", "q10", "median", "q90", "brier", "crps", "pit_low", "pit_high", "cover50", "cover80", "cover95"),
)
TOTAL_COLUMNS = (
    *("file", "made", "date", "what", "mean", "q10", "median", "q90", "truth", "pit_low", "pit_high", "inside80"),
)


@dataclass(frozen=True, repr=False)
class TrackRecord(Drawable):
    """How kept forecasts fared.

    Attributes
    ----------
    folder : Path
        Of the forecasts.
    table : DataFrame
        One row for each file, strand, milestone that it had not reached, and forecaster (the model and the baselines).
        Columns: file, made (day of the forecast), proceeding, strand, platform (services, with ';' between several),
        milestone, forecaster, truth (day of the milestone; missing: had not come by the day of scoring), days (to the
        milestone, infinite if missing), days_ahead (to the day of scoring), probability (of the milestone by then),
        q10, median, q90 (days of the calendar, of the model only; missing: later than looked at, or never), and those
        of `sim.inference.scores.score`: brier, crps, pit_low, pit_high, cover50, cover80, cover95.
    totals : DataFrame
        One row for each file, count and end of a quarter that has passed. Columns: file, made, date, what, mean, q10,
        median, q90 (central 80%), truth, pit_low, pit_high, inside80 (whether the central 80% has the truth).
    files : tuple of FileScores
        Each file that could be read, with what could not be scored of it and why.
    problems : tuple of Problem
        The files that could not be read.
    """

    folder: Path
    table: pd.DataFrame
    totals: pd.DataFrame
    files: tuple[FileScores, ...]
    problems: tuple[Problem, ...]

    @property
    def scores(self) -> pd.DataFrame:
        """The scores of each forecaster over all forecasts; columns as in `sim.inference.scores.pooled`."""
        return self.scores_of()

    def scores_of(self, milestone: str | None = None) -> pd.DataFrame:
        """The same over the forecasts of one milestone only."""
        return pooled(self.table if milestone is None else self.table[self.table["milestone"] == milestone], MODEL)

    @property
    def by_file(self) -> pd.DataFrame:
        """One row for each file.

        Columns: file, made, scenario, scored_on (missing: nothing has happened since), strands, forecasts, happened;
        of the model: brier, cover50, cover80, cover95; the mean crps of each forecaster by its name; totals (how many
        were known on the last day that has any) and inside80 (how many of them the central 80% has).
        """
        return pd.DataFrame([self._row(one) for one in self.files])

    def _row(self, one: FileScores) -> dict[str, Any]:
        own = self.table[self.table["file"] == one.file]
        model, totals = own[own["forecaster"] == MODEL], self.latest_totals
        totals = totals[totals["file"] == one.file]
        row: dict[str, Any] = {"file": one.file, "made": one.made, "scenario": one.scenario}
        row |= {"scored_on": one.scored_on, "strands": model["strand"].nunique(), "forecasts": len(model)}
        row |= {"happened": int(model["truth"].notna().sum())}
        row |= {name: model[name].mean() for name in ("brier", "cover50", "cover80", "cover95")}
        row |= {name: own.loc[own["forecaster"] == name, "crps"].mean() for name in FORECASTERS}
        return row | {"totals": len(totals), "inside80": int(totals["inside80"].sum())}

    @property
    def latest_totals(self) -> pd.DataFrame:
        """The rows of `totals` on the last day of each file: counts of one file grow from quarter to quarter."""
        last = self.totals.groupby("file")["date"].transform("max")
        return self.totals[self.totals["date"] == last].reset_index(drop=True)

    def __repr__(self) -> str:
        model = self.table[self.table["forecaster"] == MODEL]
        scored = f"{len(model)} forecasts, {model['truth'].notna().sum()} came"
        mean = f", mean CRPS {model['crps'].mean():.3f}" if len(model) else ""
        return f"<TrackRecord of {len(self.files)} files in {self.folder}: {scored}{mean}>"

    def _repr_html_(self) -> str:
        columns = ["file", "made", "scored_on", "forecasts", "happened", *FORECASTERS, "cover80"]
        return f"<p>{escape(repr(self))}</p>" + self.by_file[columns].to_html(index=False, float_format="{:.3f}".format)


def score(folder: Path | str = SHIPPED, *, record: Path | str | None = None, truth: date | None = None) -> TrackRecord:
    """Score every forecast that is kept in a folder.

    Parameters
    ----------
    folder
        Of the forecasts: all its files that end in .json.
    record
        The folder of a record instead of the one that each file names.
    truth
        The day of scoring: only what the record has by then counts. Default: the last day of each record.

    Raises
    ------
    UserError
        If there is no forecast in the folder that can be read, for a bad record, and for a day that a record does not
        cover.
    """
    folder = Path(folder)
    paths = sorted(folder.glob("*.json"))
    if not paths:
        made = "there is no such folder" if not folder.is_dir() else "holds no forecast (no .json)"
        raise UserError(Problem(str(folder), message=f"{made}; `sim forecast SCENARIO` makes one beside its scenario"))
    records, files, problems = _Records(record, truth), list[FileScores](), list[Problem]()
    for path in paths:
        try:
            kept = _read(path)
            folder_of_record = records.folder_of(path, _record_of(kept))
        except UserError as error:
            problems += error.problems
            continue
        read, day = records.of(folder_of_record)
        files.append(
            scores_of(path, kept, read, day)
            if isinstance(kept, ForecastFile)
            else first_forecast.scores_of(path, kept, read, day)
        )
    if not files:
        raise UserError(*problems)
    rows = [{"file": one.file, "made": one.made, **row} for one in files for row in one.rows]
    totals = [{"file": one.file, "made": one.made, **row} for one in files for row in one.totals]
    table = pd.DataFrame(rows, columns=list(ROW_COLUMNS))
    return TrackRecord(folder, table, _with_inside(totals), tuple(files), tuple(problems))


def _read(path: Path) -> ForecastFile | FirstForecast:
    """A kept forecast of either format. Raises UserError, in one line, if it is none."""
    content = read_content(path)
    return first_forecast.parsed(path, content) if first_forecast.is_first(content) else parsed(path, content)


def _record_of(kept: ForecastFile | FirstForecast) -> str:
    """The record that a forecast names, seen from its folder; empty if it names none."""
    return kept.of.record if isinstance(kept, ForecastFile) else first_forecast.RECORD


def _with_inside(totals: list[dict[str, Any]]) -> pd.DataFrame:
    rows = [{**row, "inside80": row["q10"] <= row["truth"] <= row["q90"]} for row in totals]
    return pd.DataFrame(rows, columns=TOTAL_COLUMNS)


class _Records:
    """The records of the files, each read once, and the day of scoring by each."""

    def __init__(self, given: Path | str | None, truth: date | None) -> None:
        self._given, self._truth = Path(given) if given is not None else None, truth
        self._read: dict[Path, Record] = {}

    def folder_of(self, path: Path, named: str) -> Path:
        """The folder of the record of a forecast, which may name one. Raises UserError if there is none."""
        if self._given is not None:
            return self._given
        if not named:
            raise UserError(Problem(str(path), message="names no record; give one with --record FOLDER"))
        folder = Path(normpath(path.parent / named))
        if not folder.is_dir():
            message = f"its record is not there any more, in {folder}; give one with --record FOLDER"
            raise UserError(Problem(str(path), message=message))
        return folder

    def of(self, folder: Path) -> tuple[Record, date]:
        """The record in a folder, and the day of scoring. Raises UserError if it is bad or does not cover that day."""
        if folder not in self._read:
            self._read[folder] = load_record(folder)
        record = self._read[folder]
        if self._truth and self._truth > record.last_day:
            last = record.last_day
            raise UserError(
                f"--truth {self._truth}: the record in {folder} ends on {last}; choose that day or an earlier one"
            )
        return record, self._truth or record.last_day
