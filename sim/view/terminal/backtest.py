"""A backtest on a terminal: each forecast beside what happened, then the scores beside those of the baselines."""

import json
from collections.abc import Iterator
from datetime import date
from math import isfinite, isinf, isnan
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.dates import date_after
from sim.inference.backtest import FORECASTERS, MODEL, Backtest, Scored
from sim.inference.calibrate import ROUNDS
from sim.inference.histories import MILESTONES
from sim.view.titles import NAMES, TITLES
from sim.view.verdicts import SMALL_SAMPLE, THIN, conclusion, thin, verdict, worth
from sim.view.words import listing, plural, share, spark


def summary(backtest: Backtest) -> RenderableType:
    """Everything that `sim backtest` prints."""
    parts: list[RenderableType] = [_heading(backtest)]
    if len(backtest.origins) == 1:
        parts += [_forecasts(backtest, milestone) for milestone in MILESTONES if has(backtest, milestone)]
    else:
        parts.append(_origins(backtest))
    parts.append(scores(backtest, None))
    if len(backtest.origins) > 1:
        parts += [scores(backtest, milestone) for milestone in MILESTONES if has(backtest, milestone)]
    parts += [_totals(backtest), closing(backtest)]
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def has(backtest: Scored, milestone: str) -> bool:
    """Whether a milestone was forecast."""
    return bool((backtest.table["milestone"] == milestone).any())


def _heading(backtest: Backtest) -> Text:
    first, last = backtest.origins[0], backtest.origins[-1]
    days = f"{first}" if first == last else f"{len(backtest.origins)} days from {first} to {last}"
    text = Text(f"Forecasts of {days}, scored on {backtest.truth}", style="bold")
    posterior = backtest.posteriors[first]
    note = f"\nCalibrated on what was public then: {posterior.count:,} draws on each day in up to {ROUNDS} rounds."
    if first == last:
        note = f"\nCalibrated on what was public then: {worth(posterior)}. {verdict(posterior)}"
    text.append(note, style="not bold")
    few = [f"{day}" for day, one in backtest.posteriors.items() if thin(one)]
    if few:
        days = f" On {', '.join(few)} the" if first != last else " The"
        text.append(f"{days} forecasts rest on few draws. {THIN}", style="bold")
    for note in backtest.basis.notes:
        text.append(f"\n{note}", style="not bold")
    return text


def _rows(frame: pd.DataFrame) -> Iterator[Any]:
    yield from frame.itertuples(index=False)


def _table(title: str, *columns: str, note: str = "") -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, caption=note,
                  caption_justify="left")  # fmt: skip
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 else "right", no_wrap=place == 0)
    return table


def _day(origin: date, days: float) -> str:
    return "later or never" if isinf(days) else f"{date_after(origin, days)}"


def _forecasts(backtest: Backtest, milestone: str) -> Table:
    (origin,) = backtest.origins
    table = _table(
        f"{TITLES[milestone]}: what was forecast on {origin}, and what happened",
        "strand", f"probability by {backtest.truth}", "median", "80% between", "and", "what happened", "inside",
        note="Inside: whether the 80% interval holds it, where that is known.",
    )  # fmt: skip
    rows = backtest.table[backtest.table["milestone"] == milestone]
    for row in _rows(rows[rows["forecaster"] == MODEL]):
        happened = f"{row.truth}" if not pd.isna(row.truth) else "not by then"
        inside = {0.0: "no", 1.0: "yes"}.get(row.cover80, "") if not pd.isna(row.truth) else _inside_beyond(row)
        days = (_day(origin, days) for days in (row.median, row.q10, row.q90))
        table.add_row(row.strand, share(row.probability), *days, happened, inside)
    return table


def _inside_beyond(row: Any) -> str:
    """Whether a truth that lies beyond the last day is inside the interval, if that is known."""
    return "no" if row.q90 <= row.days_ahead else ""


def _origins(backtest: Backtest) -> Table:
    table = _table(
        "Day by day: mean score (censored CRPS, 0 is best) of the forecasts made on it",
        "forecast of", "strands", "happened of", "draws worth", "more extreme", *(NAMES[name] for name in FORECASTERS),
        note="Draws worth: after weighting by the calibration. More extreme: the share of simulated records that are,"
        " than the observed one (prior predictive p-value); near 0, the model does not produce such a record.",
    )  # fmt: skip
    for row in backtest.by_origin.to_dict("records"):
        scores = (f"{row[name]:.3f}" for name in FORECASTERS)
        happened = f"{row['happened']} of {row['forecasts']}"
        worth, extreme = f"{row['effective_draws']:,.0f}", share(row["prior_predictive_p"])
        table.add_row(str(row["origin"]), str(row["strands"]), happened, worth, extreme, *scores)
    return table


def scores(backtest: Scored, milestone: str | None) -> Table:
    """The pooled scores of each forecaster, over all forecasts or those of one milestone."""
    rows = backtest.scores_of(milestone)
    first = rows.iloc[0]
    table = _table(
        f"Scores: {TITLES[milestone] if milestone else 'all forecasts together'}"
        f" ({first.forecasts} forecasts, {first.happened} happened)",
        "forecast by", "CRPS", "between", "and", "the model better by", "between", "and", "Brier", "50%", "80%",
        "between", "and", "95%", "80%, came", "expected",
        note="CRPS: mean squared error of the probability by each day up to the last (0 is best; proper for censored"
        " times). Brier: of the probability on the last day. 50%, 80%, 95%: how much of the truth such intervals"
        " hold; then only of what came by then, and what a true forecast would. 'Between': 95% confidence,"
        f" {backtest.clusters}s resampled.",
    )  # fmt: skip
    for row in _rows(rows):
        gain = (
            ("-", "-", "-")
            if row.forecaster == MODEL
            else (_signed(v) for v in (row.gain, row.gain_ci_low, row.gain_ci_high))
        )
        table.add_row(
            NAMES[row.forecaster], f"{row.crps:.3f}", *map(_bound, (row.crps_ci_low, row.crps_ci_high)), *gain,
            f"{row.brier:.3f}", share(row.cover50), share(row.cover80), *(
                share(bound) if isfinite(bound) else "-" for bound in (row.cover80_ci_low, row.cover80_ci_high)
            ), share(row.cover95), share(row.came80), share(row.came80_expected),
        )  # fmt: skip
    return table


def _signed(value: float) -> str:
    return f"{value:+.3f}" if isfinite(value) else "-"


def _bound(value: float) -> str:
    return f"{value:.3f}" if isfinite(value) else "-"


def _totals(backtest: Backtest) -> RenderableType:
    table = _table(
        f"Totals until {backtest.truth}",
        "forecast of", "what", "median", "80% between", "and", "what happened", "inside",
        note="In progress: in formal proceedings without decision, commitments or closure, old and new strands.",
    )  # fmt: skip
    for row in _rows(backtest.totals[backtest.totals["forecaster"] == MODEL]):
        inside = "yes" if row.q10 <= row.truth <= row.q90 else "no"
        numbers = (f"{value:.0f}" for value in (row.median, row.q10, row.q90, row.truth))
        table.add_row(str(row.origin), row.what, *numbers, inside)
    if len(backtest.origins) == 1:
        return table
    held = backtest.totals_held
    of = [f"{row.what} at {row.inside} of {row.origins}" for row in _rows(held[held["forecaster"] == MODEL])]
    return Group(table, Text(f"Inside the 80% intervals of the model: {listing(of)} origins."))


def closing(backtest: Scored) -> Text:
    """Where the truths lay, which forecaster was better, and how small the sample is."""
    bars = backtest.pit_histogram()
    number = backtest.moving_apart
    text = "Where the truth lay in the model's forecasts, from early to late (flat is right): "
    text += spark(list(bars), bars.max())
    text += f"\n{conclusion(backtest)}"
    if number < SMALL_SAMPLE:
        text += (
            f" {plural(number, backtest.clusters)}, worked on by the same people: the sample is"
            " small, and the intervals above too narrow rather than too wide."
        )
    return Text(text)


def as_data(backtest: Backtest) -> dict[str, Any]:
    """The backtest as JSON takes it: infinite and missing numbers become null, days are text."""
    return {
        "record": str(backtest.basis.folder),
        "scenario": backtest.basis.scenario.name,
        "origins": [str(day) for day in backtest.origins],
        "truth": str(backtest.truth),
        "draws": len(backtest.posteriors[backtest.origins[0]].weights),
        "notes": list(backtest.basis.notes),
        "conclusion": conclusion(backtest),
        "scores": {
            "all": records(backtest.scores),
            **{m: records(backtest.scores_of(m)) for m in MILESTONES if has(backtest, m)},
        },
        "by_origin": records(backtest.by_origin),
        "pit_histogram": [round(float(value), 8) for value in backtest.pit_histogram()],
        "forecasts": records(backtest.table),
        "totals": records(backtest.totals),
        "totals_held": records(backtest.totals_held),
    }


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as JSON takes them."""
    written = frame.copy()
    for name in {"origin", "opened", "truth"} & set(frame.columns):
        if written[name].dtype == object:
            written[name] = [None if _missing(value) else str(value) for value in written[name]]
    rows: list[dict[str, Any]] = json.loads(written.to_json(orient="records", double_precision=8))
    return rows


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and isnan(value))
