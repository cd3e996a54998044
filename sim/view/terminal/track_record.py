"""The track record on a terminal: what it says in a sentence, then each kept forecast and all of them together."""

import pandas as pd
from rich.console import RenderableType
from rich.text import Text

from sim.inference.track_record import TrackRecord
from sim.view.terminal.scores import CRPS, SCORES, THREE, forecast_milestones, scores, totals
from sim.view.terminal.tables import columns, headed, sections, table
from sim.view.titles import FORECASTERS, SHORT
from sim.view.verdicts import fared, few
from sim.view.words import share


def summary(record: TrackRecord) -> RenderableType:
    """Everything that `sim score` prints."""
    first, *others = fared(record)
    parts: list[RenderableType] = [headed(first, " ".join(others)), _files(record)]
    if len(record.table):
        drawn = "'Between': 95% confidence, whole proceedings drawn anew."
        note = f"{CRPS}. {drawn}{few(record.table['proceeding'].nunique())}"
        parts.append(scores(record, None, FORECASTERS, SCORES, note))
        parts += [scores(record, milestone, FORECASTERS, SCORES) for milestone in forecast_milestones(record)]
    if len(record.totals):
        parts.append(totals(record.totals, "made", "Totals since the day of the forecast"))
    if notes := [f"{one.file}: {note}" for one in record.files for note in one.notes]:
        parts.append(Text("\n".join(notes)))
    return sections(parts)


def _files(record: TrackRecord) -> RenderableType:
    rows = record.by_file
    rows = rows.assign(
        inside=[_part(*pair) for pair in zip(rows["inside80"], rows["totals"], strict=True)],
        came=[_part(*pair) for pair in zip(rows["happened"], rows["forecasts"], strict=True)],
    )
    shown = columns({"made": "forecast of"}) | columns(
        {"scored_on": "scored on"}, lambda day: "not yet" if pd.isna(day) else f"{day}"
    )
    shown |= columns({"came": "came"}) | columns(SHORT, THREE)
    shown |= columns({"cover80": "80% hold"}, share) | columns({"inside": "totals inside"})
    note = (
        "Model, Kaplan-Meier, constant rates, the same with half an act added, all from what was known on the day: mean"
        " CRPS. Came: of the milestones forecast. 80% intervals: those of the model. Totals: on the last day that can"
        " be scored."
    )
    return table(rows, shown, "Each forecast that was kept", note, below="scenario")


def _part(some: int, of: int) -> str:
    return f"{some} of {of}" if of else "-"
