"""A posterior as a file: a scenario that extends the calibrated one and has what the record says of its parameters."""

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from os.path import relpath
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from sim.errors import UserError
from sim.files import atomic_write
from sim.inference.as_of import Basis
from sim.scenario.distributions import Beta, Distribution, Empirical, Lognormal
from sim.scenario.loading import load_scenario
from sim.scenario.yaml_nodes import text

POINTS = 50
"""Values of a posterior that is written as a list of values."""
MARK = "# Written by `sim calibrate`."
"""A line at the beginning of a scenario file, by which it is known as an output and may be overwritten."""


@dataclass(frozen=True)
class Outcome:
    """What a file says of a posterior.

    `draws`: from the priors, worth `effective`; `margins`: of the informed parameters; `strongest_correlation`: between
    two of them.
    """

    basis: Basis
    as_of: date
    draws: int
    effective: float
    margins: dict[str, Distribution]
    strongest_correlation: tuple[list[str], float]


def write(outcome: Outcome, file: Path) -> None:
    """Write the scenario file. Raises UserError if that cannot be done, or if it would be no valid scenario."""
    try:
        with atomic_write(file) as temporary:
            temporary.write_text(scenario_text(outcome, file), encoding="utf-8")
            _check_written(temporary, file)
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from None


def margin(prior: Distribution, mean: float, spread: float) -> Distribution:
    """The distribution whose normal scores in its prior have this mean and standard deviation.

    A lognormal or a beta stays one (the former exactly); any other is written as its values at evenly spaced shares, as
    are a lognormal and a beta of too small a spread for their families.
    """
    from scipy.special import ndtr, ndtri

    points = (np.arange(POINTS) + 0.5) / POINTS
    values = prior.quantile(ndtr(mean + spread * ndtri(points)))
    if isinstance(prior, Lognormal):
        shape, scale = prior.parameters()
        median, sigma = scale * np.exp(shape * mean), shape * spread
        with suppress(ValidationError):
            return Lognormal(distribution="lognormal", median=_short(median), cv=_short(np.sqrt(np.expm1(sigma**2))))
    if isinstance(prior, Beta):
        centre, variance = float(values.mean()), float(values.var())
        if 0 < centre < 1 and variance > 0:
            observations = centre * (1 - centre) / variance - 1  # the method of moments
            # A share near 1 is rounded from that end, as one near 0 is from the other: it is neither.
            mean = _short(centre) if centre < 0.5 else 1.0 - _short(1.0 - centre)
            with suppress(ValidationError):
                return Beta(distribution="beta", mean=mean, observations=_short(observations))
    ends = prior.quantile(np.array([0.0, 1.0]))
    return Empirical(distribution="empirical", values=[_short_within(float(v), *ends) for v in values])


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def _short_within(value: float, least: float, most: float) -> float:
    """A short number for a value, or the value itself where rounding would reach an end of the prior's range."""
    short = _short(value)
    return short if least < short < most or short == value else value


def _check_written(temporary: Path, file: Path) -> None:
    """Raise UserError if a file that is about to get its name is no valid scenario; the messages have that name."""
    try:
        load_scenario(temporary)
    except UserError as error:
        raise UserError(*(replace(p, file=p.file.replace(str(temporary), str(file))) for p in error.problems)) from None


def scenario_text(outcome: Outcome, file: Path) -> str:
    """The text of the scenario file `file`: what the record informs, on top of the calibrated scenario."""
    base, scenario = outcome.basis.file, outcome.basis.scenario
    heading = {
        "name": re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem).lstrip("._-") or "calibrated",
        "title": f"{scenario.title or scenario.name}, calibrated on what was public on {outcome.as_of}",
    }
    source = f"derived; calibrated on what was public until {outcome.as_of}"
    values: dict[str, dict[str, Any]] = {
        name: {"value": value.model_dump(mode="json", exclude_none=True)} for name, value in outcome.margins.items()
    }
    if base:
        content: dict[str, Any] = {"extends": relpath(base, file.parent), **heading}
        content |= {"uncertain": {**values, "sources": {"all": source}}} if values else {}
    else:
        content = outcome.basis.given.model_dump(mode="json", exclude_defaults=True) | heading
        for name, row in values.items():
            content["uncertain"][name] |= row | {"sources": {"value": source}}
    return "\n".join([*_schema_line(base, file), *_comment(outcome), text(content)])


def _schema_line(base: Path | None, file: Path) -> list[str]:
    """The line by which editors find the schema, if it stands beside the calibrated scenario."""
    if base is None or not (schema := base.parent / "scenario.schema.json").is_file():
        return []
    return [f"# yaml-language-server: $schema={relpath(schema, file.parent)}"]


def _comment(outcome: Outcome) -> list[str]:
    draws = f"{outcome.draws:,} draws from the priors, worth {outcome.effective:,.0f}"
    uninformed = [name for name in outcome.basis.scenario.uncertain if name not in outcome.margins]
    lines = [MARK, f"# Uncertain parameters, given what was public until {outcome.as_of}: {draws}."]
    if uninformed:
        lines.append(f"# The record does not inform {', '.join(uninformed)}: as before.")
    names, strength = outcome.strongest_correlation
    if names:
        lines.append(
            f"# Each parameter is given by itself; the strongest correlation left out is {strength:.2f}"
            f" ({' with '.join(names)})."
        )
    return lines


def check_output(file: Path) -> None:
    """Raise UserError if a posterior cannot be written to a file, because of its name or of what it holds."""
    if file.suffix not in (".yaml", ".yml"):
        raise UserError(f"{file}: a scenario file ends in .yaml")
    if not file.parent.is_dir():
        raise UserError(f"{file}: there is no folder {file.parent}")
    try:
        if file.exists() and MARK not in file.read_text(encoding="utf-8").splitlines()[:2]:
            raise UserError(f"{file}: exists already and was not written by sim calibrate; choose another name")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
