"""What commands give to programs (`--json`): each analysis as JSON takes it, rows as objects, days as text."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from sim.experiments.sensitivity import Sensitivity
from sim.experiments.sweep import Sweep
from sim.inference.backtest import Backtest, Scored
from sim.inference.histories import MILESTONES
from sim.inference.leave_one_out import LeaveOneOut
from sim.inference.posterior import Posterior
from sim.inference.track_record import TrackRecord
from sim.record.model import Record
from sim.record.tables import TABLES
from sim.results.run import Run
from sim.view.brief import Brief
from sim.view.verdicts import conclusion, fared, sentences

SAID = ("question", "answer", "ends", "happened", "fared", "assumptions")
"""What is given of the answer of a run; the tables have the numbers of its own."""


def records(table: pd.DataFrame, digits: int = 10) -> list[dict[str, Any]]:
    """The rows of a table: days as 2024-03-14, infinite and missing numbers as null; `digits`: after the point."""
    written = pd.DataFrame({name: _without_days(table[name]) for name in table})
    rows: list[dict[str, Any]] = json.loads(written.to_json(orient="records", double_precision=digits))
    return rows


def _without_days(column: "pd.Series[Any]") -> "pd.Series[Any]":
    if column.dtype != object and column.dtype.kind != "M":
        return column
    days = [str(value)[:10] if isinstance(value, date) and not pd.isna(value) else value for value in column]
    return pd.Series(days, column.index, dtype=object)


def of_run(run: Run, brief: Brief) -> dict[str, Any]:
    """The answer of a run and its tables."""
    said = {name: getattr(brief, name) for name in SAID}
    return {
        "scenario": run.scenario.name,
        "start": str(run.scenario.start),
        "horizon": str(run.scenario.horizon),
        "replications": run.replications,
        "seed": run.scenario.seed,
        "folder": str(run.folder),
        "brief": said | {"numbers": [number._asdict() for number in brief.numbers]},
        "tables": {name: records(run.table(name), 6) for name in run.tables},
    }


def of_sweep(sweep: Sweep) -> dict[str, Any]:
    """The points of a sweep, the indicators at each, and what one more FTE does."""
    of = {name: getattr(sweep, name) for name in ("replications", "level", "axes", "base")}
    tables = {name: records(getattr(sweep, name)) for name in ("points", "table", "steps")}
    scenario = {"scenario": sweep.scenario.name, "seed": sweep.scenario.seed}
    return scenario | of | tables | {"findings": list(sentences(sweep))}


def of_sensitivity(analysis: Sensitivity) -> dict[str, Any]:
    """One analysis of what matters."""
    of = {name: getattr(analysis, name) for name in ("method", "points", "replications", "level")}
    scenario = {"scenario": analysis.scenario.name, "seed": analysis.scenario.seed}
    return scenario | of | {"table": records(analysis.table)}


def of_calibration(posterior: Posterior, file: Path | None = None) -> dict[str, Any]:
    """What the record says of the parameters; `file`: where the posterior was written."""
    names, strength = posterior.strongest_correlation
    return {
        "scenario": posterior.basis.scenario.name,
        "record": str(posterior.basis.folder),
        "as_of": str(posterior.as_of),
        "draws": len(posterior.weights),
        "effective_draws": round(posterior.effective_draws, 3),
        "prior_predictive_p": round(posterior.prior_predictive_p, 6),
        "strongest_correlation": {"parameters": names, "value": round(strength, 6)},
        "notes": list(posterior.basis.notes),
        "parameters": records(posterior.table, 8),
        "checks": records(posterior.checks, 8),
        "curves": records(posterior.curves, 8),
        "file": str(file) if file else None,
    }


def of_backtest(tested: Backtest | LeaveOneOut) -> dict[str, Any]:
    """Forecasts of days of the past, or of each proceeding from all others, beside what happened."""
    names: tuple[str, ...]
    if isinstance(tested, Backtest):
        posterior, names = tested.posteriors[tested.origins[0]], ("by_origin", "totals", "totals_held")
        days = {"origins": [str(day) for day in tested.origins]}
    else:
        posterior, names, days = tested.whole, ("by_group",), {}
    return {
        "record": str(tested.basis.folder),
        "scenario": tested.basis.scenario.name,
        **days,
        "truth": str(tested.truth),
        "draws": len(posterior.weights),
        "notes": list(tested.basis.notes),
        "conclusion": conclusion(tested),
        "scores": _scores(tested),
        **{name: records(getattr(tested, name), 8) for name in names},
        "pit_histogram": [round(float(value), 8) for value in tested.pit_histogram()],
        "forecasts": records(tested.table, 8),
    }


def _scores(scored: Scored | TrackRecord) -> dict[str, list[dict[str, Any]]]:
    """The scores of all forecasts, and of each milestone that was forecast."""
    if scored.table.empty:
        return {"all": []}
    forecast = set(scored.table["milestone"])
    by_milestone = {name: records(scored.scores_of(name), 8) for name in MILESTONES if name in forecast}
    return {"all": records(scored.scores, 8)} | by_milestone


def of_track_record(record: TrackRecord) -> dict[str, Any]:
    """How kept forecasts fared."""
    return {
        "folder": str(record.folder),
        "conclusion": " ".join(fared(record)),
        "files": records(record.by_file, 8),
        "notes": [f"{one.file}: {note}" for one in record.files for note in one.notes],
        "problems": [str(problem) for problem in record.problems],
        "scores": _scores(record),
        "forecasts": records(record.table, 8),
        "totals": records(record.totals, 8),
    }


def of_record(folder: Path, known: Record, table: str = "") -> dict[str, Any]:
    """The tables of a record as known on its last day, or one of them, and the sources of the rows that it names."""
    names = [table] if table else [name for name in TABLES if name != "sources"]
    tables = {name: [_listed(row) for row in records(TABLES[name](known), 6)] for name in names}
    sources = records(TABLES["sources"](known), 6)
    cited = {row for rows in tables.values() for one in rows for row in one.get("rows", ())}
    # A row of strands.csv has its days from the acts that its source names.
    cited |= {
        row for one in sources if one["row"] in cited and one["event"] == "strand" for row in one["source"].split(";")
    }
    tables.setdefault("sources", [one for one in sources if one["row"] in cited])
    return {"record": str(folder), "as_of": str(known.last_day), "tables": tables}


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the rows of the record behind it as a list."""
    return {**row, "rows": [one for one in row["rows"].split(";") if one]} if "rows" in row else dict(row)
