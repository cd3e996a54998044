"""The track record on a terminal: what it says in a sentence, then each kept forecast and all of them together."""

import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from sim.inference.histories import MILESTONES
from sim.inference.track_record import TrackRecord
from sim.view.terminal.backtest import NUMBER, SCORES, THREE
from sim.view.terminal.tables import between, columns, sections, table
from sim.view.titles import FORECASTERS, SHORT, TITLES
from sim.view.verdicts import fared, few
from sim.view.words import share


def summary(record: TrackRecord) -> RenderableType:
    """Everything that `sim score` prints."""
    first, *others = fared(record)
    parts: list[RenderableType] = [Group(Text(first, style="bold"), *map(Text, [" ".join(others)] if others else []))]
    parts.append(_files(record))
    if len(record.table):
        parts += [_scores(record, name) for name in (None, *MILESTONES) if name is None or _has(record, name)]
    if len(record.totals):
        parts.append(_totals(record))
    if notes := [f"{one.file}: {note}" for one in record.files for note in one.notes]:
        parts.append(Text("\n".join(notes)))
    return sections(parts)


def _has(record: TrackRecord, milestone: str) -> bool:
    return bool((record.table["milestone"] == milestone).any())


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
        " CRPS, the squared error of the probability by each day up to that of scoring (0 is best). Came: of the"
        " milestones forecast. 80% intervals: those of the model. Totals: on the last day that can be scored."
    )
    return table(rows, shown, "Each forecast that was kept", note, below="scenario")


def _part(some: int, of: int) -> str:
    return f"{some} of {of}" if of else "-"


def _scores(record: TrackRecord, milestone: str | None) -> RenderableType:
    rows = record.scores_of(milestone)
    rows = rows.assign(forecaster=rows["forecaster"].map(FORECASTERS))
    rows.loc[rows["gain"] == 0, ["gain", "gain_ci_low", "gain_ci_high"]] = float("nan")  # the model's over itself
    what, first = TITLES[milestone] if milestone else "All forecasts together", rows.iloc[0]
    title = f"{what} ({first['forecasts']} forecasts, {first['happened']} came)"
    note = f"Between: 95% confidence, whole proceedings drawn anew.{few(record.table['proceeding'].nunique())}"
    return table(rows, SCORES, title, "" if milestone else note)


def _totals(record: TrackRecord) -> RenderableType:
    shown = (
        columns({"what": "what", "date": "by"}) | columns({"median": "median"}, NUMBER) | between("q10", "q90", NUMBER)
    )
    shown |= columns({"truth": "what happened"}, NUMBER) | columns(
        {"inside80": "inside"}, lambda inside: "yes" if inside else "no"
    )
    rows = record.totals.assign(of="Forecast of " + record.totals["made"].astype(str))
    return table(rows, shown, "Totals since the day of the forecast", group="of")
