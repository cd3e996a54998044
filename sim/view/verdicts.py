"""What analyses of several runs come to, in sentences: sweeps, calibrations, backtests."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import pandas as pd

from sim.experiments.sweep import Sweep, helping, stops_helping
from sim.inference.backtest import MODEL, Backtest
from sim.inference.calibrate import Posterior
from sim.view.titles import NAMES
from sim.view.words import number

EXTREME = 0.05
"""Below this prior predictive p-value people are warned."""
TOLD = 0.001
"""Differences of mean scores below this are none."""
FEW = 30
"""Fewer proceedings than this are said to be few."""


def conclusion(found: Backtest) -> str:
    """Whether the model scored better than the others, and how sure that is, in sentences."""
    rows = found.scores
    others = rows[rows["forecaster"] != MODEL]
    parts = []
    for words, chosen in (
        ("surely better than", others[(others["gain_low"] > 0) & (others["gain"] >= TOLD)]),
        ("better, but not surely, than", others[(others["gain_low"] <= 0) & (others["gain"] >= TOLD)]),
        ("as good as", others[others["gain"].abs() < TOLD]),
        ("worse than", others[others["gain"] <= -TOLD]),
    ):
        if len(chosen):
            parts.append(f"{words} {listed(chosen['forecaster'])}")
    return f"By the CRPS the calibrated model was {'; '.join(parts)}."


def listed(forecasters: Iterable[str]) -> str:
    """The names of forecasters in a sentence."""
    names = [NAMES[name] for name in forecasters]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def undated_staff(found: Posterior) -> date | None:
    """The first day for which the scenario gives the headcount of every role, if proceedings were open before."""
    first = max(min(pool.headcount) for pool in found.basis.scenario.staffing.values())
    opened = min(strand.opened for strand in found.basis.record.known_on(found.as_of).strands)
    return first if first > opened else None


def verdict(found: Posterior) -> str:
    """Whether the model can make the record, in a sentence."""
    said = (
        f"{found.prior_predictive_p:.0%} of the simulated records are more extreme than the observed one"
        " (prior predictive p-value)"
    )
    if found.prior_predictive_p < EXTREME:
        return f"{said}: the model hardly makes such a record, and what follows is to be taken with care."
    return f"{said}: the model can make it."


def sentences(found: Sweep) -> Iterator[str]:
    """Where one more FTE stops helping, by indicator."""
    for _, steps in found.steps.groupby("indicator", sort=False):
        yield sweep_sentence(steps)


def sweep_sentence(steps: pd.DataFrame) -> str:
    """What one more FTE does, and from where on it does not surely help."""
    rows = steps.to_dict("records")
    first, last = rows[0], rows[-1]
    name, tried = f"{first['title']}: ", f"{first['from_fte']:.0f} to {last['to_fte']:.0f} FTE"
    helps = helping(steps).to_dict("records")
    if not first["better"]:
        said = f"{name}at {first['from_fte']:.0f} FTE, one more changes it by {_effect(first)}"
        return f"{said}; more of it is neither better nor worse."
    if not helps:
        return f"{name}no step from {tried} surely helps; more replications would show smaller effects."
    begin, end = helps[0], helps[-1]
    said = f"{name}from {begin['from_fte']:.0f} to {begin['to_fte']:.0f} FTE, one more changes it by {_effect(begin)}"
    if stops_helping(steps) is None:
        more = "" if len(helps) == 1 else f", and at the end by {_effect(end)}"
        return f"{said}{more}. One more FTE helps up to the most that was tried, {end['to_fte']:.0f}."
    beyond = f"no step beyond, to {last['to_fte']:.0f}, surely does"
    return f"{said}. One more FTE stops helping at {end['to_fte']:.0f}: {beyond}."


def _effect(step: dict[Any, Any]) -> str:
    low, high = number(step["low"]), number(step["high"])
    return f"{number(step['effect'])} {step['unit']} ({low} to {high})".replace("  ", " ")
