"""A backtest on a terminal: what it concludes, each forecast beside what happened, scores beside the baselines'."""

from datetime import date
from math import isfinite, isinf, nan
from typing import Any

import pandas as pd
from rich.console import RenderableType
from rich.text import Text

from sim.dates import date_after
from sim.inference.backtest import FORECASTERS, MODEL, Backtest, Scored
from sim.inference.calibrate import ROUNDS
from sim.inference.histories import MILESTONES
from sim.view.terminal.tables import Write, between, columns, headed, sections, table
from sim.view.titles import NAMES, TITLES
from sim.view.verdicts import SMALL_SAMPLE, THIN, conclusion, thin, verdict, worth
from sim.view.words import listing, plural, share, spark


def summary(backtest: Backtest) -> RenderableType:
    """Everything that `sim backtest` prints."""
    parts: list[RenderableType] = [_heading(backtest), closing(backtest)]
    milestones = [milestone for milestone in MILESTONES if has(backtest, milestone)]
    if len(backtest.origins) == 1:
        parts += [*(_forecasts(backtest, milestone) for milestone in milestones), scores(backtest, None)]
    else:
        parts += [
            scores(backtest, None),
            *(scores(backtest, milestone) for milestone in milestones),
            _origins(backtest),
        ]
    return sections([*parts, _totals(backtest)])


def has(backtest: Scored, milestone: str) -> bool:
    """Whether a milestone was forecast."""
    return bool((backtest.table["milestone"] == milestone).any())


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


def closing(backtest: Scored) -> Text:
    """Where the truths lay, and how small the sample is."""
    bars = backtest.pit_histogram()
    text = "Where the truth lay in the model's forecasts, from early to late (flat is right): "
    text += spark(list(bars), bars.max())
    number = backtest.moving_apart
    if number < SMALL_SAMPLE:
        text += (
            f"\n{plural(number, backtest.clusters)}, worked on by the same people: the sample is small, and the"
            " intervals below are too narrow rather than too wide."
        )
    return Text(text)


def _forecasts(backtest: Backtest, milestone: str) -> RenderableType:
    (origin,) = backtest.origins
    rows = backtest.table[(backtest.table["milestone"] == milestone) & (backtest.table["forecaster"] == MODEL)]
    rows = rows.assign(
        happened=[f"{day}" if not pd.isna(day) else "not by then" for day in rows["truth"]],
        inside=[_inside(row) for row in rows.itertuples(index=False)],
        **{name: [_day(origin, days) for days in rows[name]] for name in ("median", "q10", "q90")},
    )
    shown = columns({"strand": "strand"}) | columns({"probability": f"chance by {backtest.truth}"}, share)
    shown |= (
        columns({"median": "median"})
        | between("q10", "q90")
        | columns({"happened": "what happened", "inside": "inside"})
    )
    title = f"{TITLES[milestone]}: what was forecast on {origin}, and what happened"
    return table(rows, shown, title, "Inside: whether the 80% interval holds it, where that is known.")


def _day(origin: date, days: float) -> str:
    return "later" if isinf(days) else f"{date_after(origin, days)}"


def _inside(row: Any) -> str:
    """Whether a truth is inside the 80% interval, if that is known: it is not of all that lie beyond the last day."""
    if pd.isna(row.truth):
        return "no" if row.q90 <= row.days_ahead else ""
    return {0.0: "no", 1.0: "yes"}.get(row.cover80, "")


def with_came(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with how many of the forecasts came."""
    return rows.assign(came=rows["happened"].astype(str) + " of " + rows["forecasts"].astype(str))


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


def scores(backtest: Scored, milestone: str | None) -> RenderableType:
    """The pooled scores of each forecaster, over all forecasts or those of one milestone."""
    rows = backtest.scores_of(milestone)
    first, model = rows.iloc[0], rows["forecaster"] == MODEL
    rows = rows.assign(forecaster=rows["forecaster"].map(NAMES))
    rows.loc[model, ["gain", "gain_ci_low", "gain_ci_high"]] = nan  # over itself
    title = (
        f"Scores: {TITLES[milestone] if milestone else 'all forecasts together'}"
        f" ({first.forecasts} forecasts, {first.happened} happened)"
    )
    note = (
        "CRPS: mean squared error of the probability by each day up to the last (0 is best; proper for censored times)."
        " Brier: of the probability on the last day. 50%, 80%, 95%: how much of the truth such intervals hold; then"
        " only of what came by then, and what a true forecast would. 'Between': 95% confidence,"
        f" {backtest.clusters}s resampled."
    )
    return table(rows, SCORES | COVERAGE, title, "" if milestone else note)


def written(form: str) -> Write:
    """How a score is written: with a dash where there is none."""
    return lambda value: f"{value:{form}}" if isfinite(value) else "-"


THREE, SIGNED, NUMBER = written(".3f"), written("+.3f"), written(".0f")
MEANS = columns({name: NAMES[name] for name in FORECASTERS}, "{:.3f}".format)
"""The mean score of each forecaster."""
SCORES = (
    columns({"forecaster": "forecast by"})
    | columns({"crps": "CRPS"}, THREE)
    | between("crps_ci_low", "crps_ci_high", THREE, "95%")
    | columns({"gain": "model better by"}, SIGNED)
    | between("gain_ci_low", "gain_ci_high", SIGNED, "95% ")
    | columns({"brier": "Brier"}, THREE)
    | columns({"cover50": "50%", "cover80": "80%", "cover95": "95%"}, share, over="intervals hold")
)
"""The scores of a forecaster."""
COVERAGE = between("cover80_ci_low", "cover80_ci_high", share, "80% hold") | columns(
    {"came80": "hold", "came80_expected": "expected"}, share, over="80%, of what came"
)
"""What is known besides of its 80% intervals."""


def _totals(backtest: Backtest) -> RenderableType:
    rows = backtest.totals[backtest.totals["forecaster"] == MODEL]
    inside = (rows["q10"] <= rows["truth"]) & (rows["truth"] <= rows["q90"])
    rows = rows.assign(inside=inside.map({True: "yes", False: "no"}), of="Forecast of " + rows["origin"].astype(str))
    shown = columns({"what": "what"}) | columns({"median": "median"}, NUMBER) | between("q10", "q90", NUMBER)
    shown |= columns({"truth": "what happened"}, NUMBER) | columns({"inside": "inside"})
    title = f"Totals until {backtest.truth}"
    note = "In progress: in formal proceedings without decision, commitments or closure, old and new strands."
    if len(backtest.origins) > 1:
        held = backtest.totals_held
        of = held[held["forecaster"] == MODEL].itertuples(index=False)
        listed = listing(f"{row.what} at {row.inside} of {row.origins}" for row in of)
        note = f"Inside the 80% intervals of the model: {listed} origins. {note}"
    return table(rows, shown, title, note, group="of")
