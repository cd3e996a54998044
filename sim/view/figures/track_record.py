"""The figure of the track record: each kept forecast beside what needs no model."""

from typing import Any

import pandas as pd

from sim.inference.histories import MILESTONES
from sim.inference.track_record import TrackRecord
from sim.view.charts import track_record as charts
from sim.view.figures.figure import Figure
from sim.view.titles import FORECASTERS, TITLES
from sim.view.verdicts import fared, few
from sim.view.words import plural

POOLED = "all together"


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
    return Figure(
        "track-record",
        fared(record)[0].removesuffix("."),
        f"{len(scored)} of {plural(len(record.files), 'kept forecast')}, scored by {max(scored['scored_on'])}",
        "Each forecast, then all of them by milestone. CRPS: squared error of the probability of a milestone by each"
        " day up to that of scoring, averaged over days and forecasts. Each was kept on the day on which it was made;"
        " Kaplan-Meier curves and constant rates are of the record as it was known on that day."
        f"{few(record.table['proceeding'].nunique())}",
        charts.by_forecast(table, FORECASTERS),
        table.assign(forecaster=table["forecaster"].map(FORECASTERS), score=table["score"].round(4)).rename(
            columns={"name": "forecast of", "score": "CRPS", "number": "milestones"}
        ),
    )


def _name(row: dict[Any, Any]) -> str:
    """The day of a forecast, with its scenario if its file is named after that too."""
    file = str(row["file"]).removesuffix(".json")
    return file if file.startswith(f"{row['made']}-") else str(row["made"])
