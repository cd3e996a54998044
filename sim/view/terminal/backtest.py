"""A backtest on a terminal: what it concludes, each forecast beside what happened, scores beside the baselines'."""

from datetime import date
from math import isinf
from typing import Any

import pandas as pd
from rich.console import RenderableType

from sim.dates import date_after
from sim.inference.backtest import MODEL, Backtest
from sim.inference.calibrate import ROUNDS
from sim.inference.leave_one_out import LeaveOneOut
from sim.view.terminal.scores import MEANS, all_scores, forecast_milestones, scores, totals, truths, with_came
from sim.view.terminal.tables import between, columns, headed, sections, table
from sim.view.titles import TITLES
from sim.view.verdicts import THIN, conclusion, thin, verdict, worth
from sim.view.words import listing, share


def summary(tested: Backtest | LeaveOneOut) -> RenderableType:
    """Everything that `sim backtest` prints."""
    pooled = all_scores(tested)
    by_milestone = [scores(tested, milestone) for milestone in forecast_milestones(tested)]
    if isinstance(tested, LeaveOneOut):
        return sections([_heading_of_groups(tested), truths(tested), pooled, *by_milestone, _groups(tested)])
    parts: list[RenderableType] = [_heading(tested), truths(tested)]
    if len(tested.origins) == 1:
        parts += [*(_forecasts(tested, milestone) for milestone in forecast_milestones(tested)), pooled]
    else:
        parts += [pooled, *by_milestone, _origins(tested)]
    return sections([*parts, _totals(tested)])


def _heading(backtest: Backtest) -> RenderableType:
    first, last = backtest.origins[0], backtest.origins[-1]
    days = f"{first}" if first == last else f"{len(backtest.origins)} days from {first} to {last}"
    posterior = backtest.posteriors[first]
    note = f"Calibrated on what was public then: {posterior.count:,} draws on each day in up to {ROUNDS} rounds."
    if first == last:
        note = f"Calibrated on what was public then: {worth(posterior)}. {verdict(posterior)}"
    if few := [f"{day}" for day, one in backtest.posteriors.items() if thin(one)]:
        which = f" On {', '.join(few)} the" if first != last else " The"
        note += f"{which} forecasts rest on few draws. {THIN}"
    title = f"Forecasts of {days}, scored on {backtest.truth}"
    return headed(title, conclusion(backtest), note, *backtest.basis.notes)


def _heading_of_groups(analysis: LeaveOneOut) -> RenderableType:
    return headed(
        f"Each proceeding forecast from all others, scored on {analysis.truth}",
        conclusion(analysis),
        f"With all proceedings, {worth(analysis.whole)}. Each is left out of the record and of the simulated ones, and"
        " forecast from its opening; those opened on one day for the same topics are left out together.",
        *analysis.basis.notes,
    )


def _forecasts(backtest: Backtest, milestone: str) -> RenderableType:
    (origin,) = backtest.origins
    rows = backtest.table[(backtest.table["milestone"] == milestone) & (backtest.table["forecaster"] == MODEL)]
    rows = rows.assign(
        happened=[f"{day}" if not pd.isna(day) else "not by then" for day in rows["truth"]],
        inside=[_inside(row) for row in rows.itertuples(index=False)],
        **{name: [_day(origin, days) for days in rows[name]] for name in ("median", "q10", "q90")},
    )
    shown = columns({"strand": "strand"}) | columns({"probability": f"chance by {backtest.truth}"}, share)
    shown |= columns({"median": "median"}) | between("q10", "q90")
    shown |= columns({"happened": "what happened", "inside": "inside"})
    title = f"{TITLES[milestone]}: what was forecast on {origin}, and what happened"
    return table(rows, shown, title, "Inside: whether the 80% interval holds it, where that is known.")


def _day(origin: date, days: float) -> str:
    return "later" if isinf(days) else f"{date_after(origin, days)}"


def _inside(row: Any) -> str:
    """Whether a truth is inside the 80% interval, if that is known: it is not of all that lie beyond the last day."""
    if pd.isna(row.truth):
        return "no" if row.q90 <= row.days_ahead else ""
    return {0.0: "no", 1.0: "yes"}.get(row.cover80, "")


def _origins(backtest: Backtest) -> RenderableType:
    shown = columns({"origin": "forecast of", "strands": "strands", "came": "happened"})
    shown |= columns({"effective_draws": "draws worth"}, "{:,.0f}".format)
    shown |= columns({"prior_predictive_p": "more extreme"}, share) | MEANS
    title = "Day by day: mean score (censored CRPS, 0 is best) of the forecasts made on it"
    note = (
        "Draws worth: after weighting by the calibration. More extreme: the share of simulated records that are, than"
        " the observed one (prior predictive p-value); near 0, the model does not produce such a record."
    )
    return table(with_came(backtest.by_origin), shown, title, note)


def _groups(analysis: LeaveOneOut) -> RenderableType:
    shown = columns({"group": "left out", "opened": "opened", "strands": "strands", "came": "happened"})
    shown |= columns({"effective_draws": "draws worth"}, "{:,.0f}".format) | MEANS
    return table(with_came(analysis.by_group), shown, "Group by group: mean score (censored CRPS, 0 is best)")


def _totals(backtest: Backtest) -> RenderableType:
    note = "In progress: in formal proceedings without decision, commitments or closure, old and new strands."
    if len(backtest.origins) > 1:
        held = backtest.totals_held
        of = held[held["forecaster"] == MODEL].itertuples(index=False)
        listed = listing(f"{row.what} at {row.inside} of {row.origins}" for row in of)
        note = f"Inside the 80% intervals of the model: {listed} origins. {note}"
    rows = backtest.totals[backtest.totals["forecaster"] == MODEL]
    return totals(rows, "origin", f"Totals until {backtest.truth}", note)
