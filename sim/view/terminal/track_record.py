"""The track record on a terminal: what it says in a sentence, then each kept forecast and all of them together."""

import json
from datetime import date
from math import isfinite
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from sim.inference.histories import MILESTONES
from sim.inference.track_record import TrackRecord
from sim.view.terminal.tables import Column, table
from sim.view.titles import FORECASTERS, SHORT, TITLES
from sim.view.verdicts import fared, few
from sim.view.words import share


def summary(record: TrackRecord) -> RenderableType:
    """Everything that `sim score` prints."""
    first, *others = fared(record)
    parts: list[RenderableType] = [Text(first, style="bold"), *([Text(" ".join(others))] if others else [])]
    parts.append(_files(record))
    if len(record.table):
        parts.append(_scores(record, None))
        parts += [_scores(record, name) for name in MILESTONES if (record.table["milestone"] == name).any()]
    if len(record.totals):
        parts.append(_totals(record))
    if notes := [f"{one.file}: {note}" for one in record.files for note in one.notes]:
        parts.append(Text("\n".join(notes)))
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def _score(value: float) -> str:
    return f"{value:.3f}" if isfinite(value) else "-"


def _gain(value: float) -> str:
    return f"{value:+.3f}" if isfinite(value) else "-"


def _day(value: date | None) -> str:
    return "not yet" if pd.isna(value) else str(value)


def _files(record: TrackRecord) -> RenderableType:
    columns = {
        "made": Column("forecast of"),
        "scenario": Column("scenario"),
        "scored_on": Column("scored on", _day),
        "forecasts": Column("forecasts"),
        "happened": Column("came"),
        **{name: Column(title, _score) for name, title in SHORT.items()},
        "brier": Column("Brier", _score),
        "cover80": Column("80% hold", share),
        "inside": Column("totals inside"),
    }
    rows = record.by_file
    inside = [f"{held} of {all_}" if all_ else "-" for held, all_ in zip(rows["inside80"], rows["totals"], strict=True)]
    note = (
        "Model, Kaplan-Meier, constant rates, the same with half an act added, all from what was known on the day: mean"
        " CRPS, the squared error of the probability by each day up to that of scoring (0 is best). Brier, and what 80%"
        " intervals hold: of the model. Totals: on the last day that can be scored."
    )
    return table(rows.assign(inside=inside), columns, "Each forecast that was kept", note)


def _scores(record: TrackRecord, milestone: str | None) -> RenderableType:
    rows = record.scores_of(milestone)
    rows = rows.assign(forecaster=rows["forecaster"].map(FORECASTERS))
    rows.loc[rows["gain"] == 0, ["gain", "gain_ci_low", "gain_ci_high"]] = float("nan")  # the model's over itself
    columns = {
        "forecaster": Column("forecast by"),
        "crps": Column("CRPS", _score),
        "crps_ci_low": Column("between", _score),
        "crps_ci_high": Column("and", _score),
        "gain": Column("model better by", _gain),
        "gain_ci_low": Column("between", _gain),
        "gain_ci_high": Column("and", _gain),
        "brier": Column("Brier", _score),
        **{f"cover{level}": Column(f"{level}% hold", share) for level in (50, 80, 95)},
    }
    what, first = TITLES[milestone] if milestone else "All forecasts together", rows.iloc[0]
    title = f"{what} ({first['forecasts']} forecasts, {first['happened']} came)"
    note = f"Between: 95% confidence, whole proceedings drawn anew.{few(record.table['proceeding'].nunique())}"
    return table(rows, columns, title, "" if milestone else note)


def _totals(record: TrackRecord) -> RenderableType:
    columns = {
        "what": Column("what"),
        "date": Column("by"),
        **{name: Column(name, "{:.0f}".format) for name in ("median", "q10", "q90")},
        "truth": Column("what happened", "{:.0f}".format),
        "inside80": Column("inside", lambda inside: "yes" if inside else "no"),
    }
    rows = record.totals.assign(of="Forecast of " + record.totals["made"].astype(str))
    return table(rows, columns, "Totals since the day of the forecast", group="of")


def as_data(record: TrackRecord) -> dict[str, Any]:
    """The track record as JSON takes it: missing numbers and days are null, days are text."""

    def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
        written = frame.astype({name: str for name in frame.columns if frame[name].dtype == object})
        written = written.where(frame.notna(), None)
        rows: list[dict[str, Any]] = json.loads(written.to_json(orient="records", double_precision=8))
        return rows

    milestones = [name for name in MILESTONES if (record.table["milestone"] == name).any()]
    return {
        "folder": str(record.folder),
        "conclusion": " ".join(fared(record)),
        "files": records(record.by_file),
        "notes": [f"{one.file}: {note}" for one in record.files for note in one.notes],
        "problems": [str(problem) for problem in record.problems],
        "scores": {
            "all": records(record.scores) if len(record.table) else [],
            **{name: records(record.scores_of(name)) for name in milestones},
        },
        "forecasts": records(record.table),
        "totals": records(record.totals),
    }
