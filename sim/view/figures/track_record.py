"""Figures of the track record: a kept forecast beside what happened, and all beside what needs no model."""

from typing import Any

import numpy as np
import pandas as pd

from sim.inference.backtest import MODEL
from sim.inference.histories import MILESTONES
from sim.inference.track_record import TrackRecord
from sim.view.charts.intervals import intervals
from sim.view.charts.looks import looks
from sim.view.figures.beside_truth import beside_truth
from sim.view.figures.figure import Figure
from sim.view.titles import FORECASTERS, TITLES
from sim.view.verdicts import few, overall
from sim.view.words import plural

POOLED = "all together"


def forecasts(record: TrackRecord) -> Figure | None:
    """The forecast after which most happened beside what did; None if nothing can be scored yet."""
    mine = record.table[record.table["forecaster"] == MODEL]
    if mine.empty:
        return None
    happened = mine["truth"].notna().groupby(mine["file"], sort=False).sum()
    file = happened.index[int(happened.to_numpy().argmax())]
    (of,) = [one for one in record.files if one.file == file]
    rows = mine[mine["file"] == file]
    ends = {name: pd.to_datetime(rows[name]) for name in ("q10", "median", "q90")}
    of_several = f", of {len(record.files)} kept" if len(record.files) > 1 else ""
    return beside_truth("track-record-forecasts", rows.assign(**ends), of.made, of.scored_on or of.made, of_several)


def by_forecast(record: TrackRecord) -> Figure | None:
    """The mean CRPS of every forecast that can be scored, and of all together; None if there is none yet."""
    scored = record.by_file[record.by_file["forecasts"] > 0]
    if scored.empty:
        return None
    rows: list[tuple[Any, ...]] = [
        (_name(one), forecaster, one[forecaster], one["forecasts"])
        for one in scored.to_dict("records")
        for forecaster in FORECASTERS
    ]
    pools: dict[str, str | None] = {POOLED: None} if len(scored) > 1 else {}
    pools |= {TITLES[name]: name for name in MILESTONES if (record.table["milestone"] == name).any()}
    for title, milestone in pools.items():
        scores = record.scores_of(milestone)
        rows += [(title, *row) for row in scores[["forecaster", "crps", "forecasts"]].to_numpy()]
    table = pd.DataFrame(rows, columns=["name", "forecaster", "score", "number"])
    drawn = table.assign(row=table["name"], series=table["forecaster"], value=table["score"], low=np.nan, high=np.nan)
    return Figure(
        "track-record",
        overall(record),
        f"{len(scored)} of {plural(len(record.files), 'kept forecast')}, scored by {max(scored['scored_on'])}",
        "The CRPS measures how far chances lay from what happened, day by day, as a squared error: 0 is best. Forecasts"
        f" are stored on the day they are made.{few(record.table['proceeding'].nunique())}",
        intervals({"": drawn}, looks(FORECASTERS), axis="CRPS (0 is best)", rule=0, apart=0.17),
        table.assign(forecaster=table["forecaster"].map(FORECASTERS), score=table["score"].round(4)).rename(
            columns={"name": "forecast of", "score": "CRPS", "number": "milestones"}
        ),
    )


def _name(row: dict[Any, Any]) -> str:
    """The day of a forecast, with its scenario if its file is named after that too."""
    file = str(row["file"]).removesuffix(".json")
    return file if file.startswith(f"{row['made']}-") else str(row["made"])
