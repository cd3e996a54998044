"""What analyses of several runs conclude, in sentences: sweeps, calibrations, backtests, the track record."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import pandas as pd

from sim.experiments.sweep import Sweep, helping
from sim.inference.backtest import MODEL, Scored
from sim.inference.posterior import FEW_EFFECTIVE, Posterior
from sim.inference.track_record import TrackRecord
from sim.view.titles import NAMES, TITLES
from sim.view.words import date_of, decimals, listing, plural, quantity, share

EXTREME = 0.05
"""Below this prior predictive p-value there is a warning."""
MIN_DIFFERENCE = 0.001
"""Differences of mean scores below this count as none."""
THIN = (
    f"Fewer than {FEW_EFFECTIVE} draws are too few to rely on: take more (--draws), or priors that make such a"
    f" record likelier."
)
"""Said of a posterior that rests on so few."""
MOST_STEPS = 2
"""Steps by staff whose effect a sentence tells."""
SMALL_SAMPLE = 30
"""With fewer proceedings than this, readers are told that the sample is small."""


WITHOUT_MODEL = {"kaplan-meier": "Kaplan-Meier curves", "exponential": "constant rates"}
"""The baselines of which sentences on the track record tell; half an act added hardly differs, and is in the tables."""


def conclusion(backtest: Scored) -> str:
    """Whether the model scored better than the others, and whether significantly, in sentences."""
    return f"By the CRPS the calibrated model was {_against(backtest.scores, NAMES)}."


WAYS = (
    "significantly better than", "better, but not significantly, than", "as good as",
    "worse, but not significantly, than", "significantly worse than",
)  # fmt: skip
"""How the model compares with another forecaster."""
SIGNIFICANT = (WAYS[0], WAYS[-1])


def _against(rows: pd.DataFrame, names: Mapping[str, str]) -> str:
    """How the model compares with others, by their pooled scores; `names`: of those that are told of."""
    ways = _ways(rows, names)
    parts = {way: [forecaster for forecaster, one in ways.items() if one == way] for way in WAYS}
    return "; ".join(f"{way} {listed(others, names)}" for way, others in parts.items() if others)


def _ways(rows: pd.DataFrame, names: Iterable[str]) -> dict[str, str]:
    """How the model compares with each of the named others, by their pooled scores."""
    return {row["forecaster"]: _way(row) for row in rows.to_dict("records") if row["forecaster"] in {*names} - {MODEL}}


def _way(row: Mapping[Hashable, Any]) -> str:
    """How the model compares with one other; not significant where too few proceedings give no interval."""
    if abs(row["gain"]) < MIN_DIFFERENCE:
        return WAYS[2]
    surely = row["gain_ci_low"] > 0 or row["gain_ci_high"] < 0
    return WAYS[(0 if surely else 1) if row["gain"] > 0 else (-1 if surely else -2)]


def fared(record: TrackRecord) -> list[str]:
    """How kept forecasts fared, in sentences, the most important one first."""
    model = record.table[record.table["forecaster"] == MODEL]
    days = sorted({one.made for one in record.files})
    kept = f"{plural(len(record.files), 'forecast')} kept, of {listing(map(date_of, days))}"
    if model.empty:
        return [f"{kept}: nothing that was forecast can be scored yet."]
    scored = [one.scored_on for one in record.files if one.scored_on]
    totals, milestones = record.latest_totals, list(dict.fromkeys(model["milestone"]))
    sentences = [
        f"By the CRPS the model was {_against(record.scores, WITHOUT_MODEL)}.",
        *(
            f"{TITLES[name]} alone: {_against(record.scores_of(name), WITHOUT_MODEL)}."
            for name in (milestones if len(milestones) > 1 else [])
        ),
        f"Of {plural(len(model), 'milestone')} forecast for {plural(model['strand'].nunique(), 'strand')},"
        f" {model['truth'].notna().sum()} had happened by {date_of(max(scored))}; the 80% ranges hold"
        f" for {share(model['cover80'].mean())} of the {len(model)}"
        + (f", and {totals['inside80'].sum()} of {plural(len(totals), 'total')}." if len(totals) else "."),
    ]
    waiting = [one.made for one in record.files if one.scored_on is None]
    more = f"; not yet scored: {listing(map(date_of, waiting))}" if waiting else ""
    return [*sentences, f"{kept}{more}."]


def overall(record: TrackRecord) -> str:
    """How the model scored on all kept forecasts, and where one kind alone significantly differs; no full stop."""
    whole = _ways(record.scores, WITHOUT_MODEL)
    said = [f"By the CRPS the model was {_against(record.scores, WITHOUT_MODEL)}"]
    for name in record.table["milestone"].unique():
        scores = record.scores_of(name)
        ways = _ways(scores, WITHOUT_MODEL)
        apart = {key: WITHOUT_MODEL[key] for key, way in ways.items() if way in SIGNIFICANT and way != whole[key]}
        if apart:
            said.append(f"{TITLES[name]} alone: {_against(scores, apart)}")
    return ". ".join(said)


def few(number: int, clusters: str = "proceeding") -> str:
    """That a sample of so many proceedings or groups is small, as a further sentence; nothing if it is not."""
    if number >= SMALL_SAMPLE:
        return ""
    return f" With only {plural(number, clusters)}, the intervals are too narrow."


def listed(forecasters: Iterable[str], names: Mapping[str, str] = NAMES) -> str:
    """The names of forecasters in a sentence."""
    return listing(names[name] for name in forecasters)


def undated_staff(posterior: Posterior) -> date | None:
    """The first day for which the scenario gives the headcount of every role, if proceedings were open before."""
    first = max(min(pool.headcount) for pool in posterior.basis.scenario.staffing.values())
    opened = min(strand.opened for strand in posterior.basis.record.known_on(posterior.as_of).strands)
    return first if first > opened else None


def verdict(posterior: Posterior) -> str:
    """Whether the model can produce the record, in a sentence."""
    extreme = (
        f"{posterior.prior_predictive_p:.0%} of the simulated records are more extreme than the observed one"
        " (prior predictive p-value)"
    )
    if posterior.prior_predictive_p < EXTREME:
        return f"{extreme}: the model rarely produces such a record, and the results need caution."
    return f"{extreme}: the model can produce it."


def worth(posterior: Posterior) -> str:
    """On how many draws a posterior rests."""
    if posterior.rounds > 1:
        drawn = f"{posterior.rounds} rounds of {posterior.count:,} draws, the last of which are"
    else:
        drawn = f"{posterior.count:,} draws from the priors,"
    return f"{drawn} worth {posterior.effective_draws:,.0f} after weighting"


def thin(posterior: Posterior) -> bool:
    """Whether a posterior rests on so few draws that its intervals are chance."""
    return posterior.effective_draws < FEW_EFFECTIVE


def sentences(sweep: Sweep) -> Iterator[str]:
    """What more staff changes, by indicator, in a sentence each."""
    for _, steps in sweep.steps.groupby("indicator", sort=False):
        yield f"{of_staff(steps)}."


def of_staff(steps: pd.DataFrame) -> str:
    """What the first steps to more staff change in all, and from where on none helps; without a full stop."""
    name, known = f"{steps.iloc[0]['title']}: ", steps.dropna(subset="effect")
    if known.empty:
        return f"{name}every step has a point without a value, so nothing can be said about any of them"
    unknown = len(steps) - len(known)
    if unknown:
        return f"{of_staff(known)}; nothing can be said about {unknown} of {len(steps)} steps: there is no value there"
    digits, end = decimals([*steps["from_fte"], *steps["to_fte"]]), steps["to_fte"].iloc[-1]
    tried = f"from {steps['from_fte'].iloc[0]:.{digits}f} to {end:.{digits}f} people"
    if not steps[["effect", "low", "high"]].any(axis=None):
        return f"{name}it is the same at all points {tried}"
    if not (steps["low"] * steps["high"] > 0).any():
        return f"{name}no step {tried} changes it significantly"
    parts: list[str] = []
    for step in steps.head(MOST_STEPS).to_dict("records"):
        people = f"{step['to_fte'] - step['from_fte']:.{digits}f}"
        more = f"{people} more {'person' if people == '1' else 'people'}"
        parts.append(f"{_change(step)} with {f'the next {people}' if parts else more}")
    told = f"{name}{' and '.join(parts)}"
    if len(steps) <= MOST_STEPS or not steps["better"].iloc[0]:
        return told
    helps = helping(steps)["to_fte"]
    if helps.empty:
        return f"{told}; no step helps"
    if helps.iloc[-1] == end:
        return f"{told}; more still help at the most that was tried, {end:.{digits}f}"
    return f"{told}; no step helps significantly beyond {helps.iloc[-1]:.{digits}f}"


def _change(step: Mapping[Hashable, Any]) -> str:
    """What a step changes in all."""
    if not step["low"] * step["high"] > 0:
        return "no significant change"
    change = step["effect"] * (step["to_fte"] - step["from_fte"])
    much = quantity(abs(change), str(step["unit"]))
    return f"{much} {step['unit'] or 'percentage points'} {'more' if change > 0 else 'less'}"
