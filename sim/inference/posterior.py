"""What the public record says of a scenario's uncertain parameters on a day: their posterior, as a scenario file.

Parameters are drawn from their priors, the record's past is simulated with each draw (its openings on their days, the
staff of the time), and the draws are weighted by how likely they make the record as it really was on that day; a strand
that was pending then is pending in the simulated record too, so that censoring needs no correction.
`sim.inference.abc` says how, `sim.inference.conjugate` what has a formula.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.errors import UserError
from sim.experiments.simulate import Progress, simulate_each
from sim.inference.abc import Fit, Recovery, effective_draws, fit, normal_scores, recover, surprise, weights
from sim.inference.as_of import OPENED, Basis, after, load_basis, past_scenario, stages_of
from sim.inference.conjugate import Exact, exact
from sim.inference.histories import COUNTED, real_history, simulated_histories, statistics
from sim.record.tables import last_day
from sim.results.run import Run
from sim.results.summary import Floats
from sim.scenario.distributions import Beta, Distribution, Empirical, Lognormal
from sim.scenario.schema import Scenario
from sim.scenario.yaml_nodes import split

DRAWS = 1000
"""Draws from the priors, unless said otherwise."""
FEWEST_DRAWS = 100
"""Fewer draws make no regression."""
POINTS = 50
"""Values of a posterior that is written as a list of values."""
LEVELS = (0.1, 0.5, 0.9)
"""Quantiles that are told of a posterior."""


@dataclass(frozen=True)
class Bank:
    """Draws from the priors with the record that each makes, and the real one.

    `past`: the scenario; `drawn`: the draws (draws, parameters), in the order of `past.uncertain`; `scores`: the same
    as normal scores; `statistics`: (draws, statistics), named by `names`; `observed`: (1, statistics).
    """

    past: Scenario
    drawn: Floats
    scores: Floats
    names: list[str]
    statistics: Floats
    observed: Floats

    @property
    def use(self) -> NDArray[np.bool_]:
        """Which statistics may tell of which parameter: (parameters, statistics).

        Openings tell of what leads up to them (arrivals, and stages before the opening), and of nothing else; what
        strands do after their openings tells of the rest. How long requests took before the record began nobody knows,
        and an error there is not to be read as an error about the work on strands.
        """
        of_openings = np.array([name == COUNTED for name in self.names])
        return np.array([of_openings if upstream(self.past, name) else ~of_openings for name in self.past.uncertain])


def upstream(scenario: Scenario, parameter: str) -> bool:
    """Whether a parameter concerns only what comes before the opening of proceedings: arrivals, earlier stages."""
    stages = after(scenario, stages_of(scenario)[OPENED])
    for path in scenario.uncertain[parameter].sets or scenario.uncertain[parameter].scales or []:
        parts = split(path)
        if parts[0] != "arrivals" and (parts[:2] != ["procedure", "stages"] or parts[2] in {*stages, "*"}):
            return False
    return True


@dataclass(frozen=True)
class Posterior:
    """What is known of the uncertain parameters on a day.

    `weight`: of each draw from the priors; they add to one. `fitted`: the regression, None where there was nothing to
    compare. `exact`: the parameters whose posterior has a formula. `mean`: of the scores of the parameters told.
    """

    basis: Basis
    day: date
    bank: Bank | None
    weight: Floats
    fitted: Fit | None
    mean: Floats
    exact: dict[str, Exact]

    @property
    def effective_draws(self) -> float:
        """How many equally weighted draws the weighted ones are worth."""
        return effective_draws(self.weight)

    @property
    def surprise(self) -> float:
        """The share of simulated records that are odder than the real one; near 0: the model cannot make it."""
        return surprise(self.bank.statistics, self.bank.observed) if self.bank else 1.0


def calibrate(
    scenario: Path | str,
    until: date,
    *,
    record: Path | str | None = None,
    draws: int = DRAWS,
    jobs: int = 1,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Posterior:
    """The posterior of a scenario file's uncertain parameters, given what was public by the end of a day.

    `record`: the folder of a record instead of the one that the file names; `draws`: from the priors; `jobs`:
    processes; `results`: a folder in which the simulated pasts are kept. Raises UserError for bad files, for a day
    that the record does not cover or before which nothing was opened, and for a scenario without uncertain parameters.
    """
    basis = load_basis(scenario, record)
    check_day(basis, until, "--until")
    if not basis.scenario.uncertain:
        raise UserError(f"{scenario}: has no uncertain parameters; there is nothing to calibrate")
    if draws < FEWEST_DRAWS:
        raise UserError(f"--draws {draws}: at least {FEWEST_DRAWS} are needed")
    past = past_scenario(basis, until, draws)
    (run,) = simulate_each([past], jobs=jobs, results=results, progress=progress)
    return posterior(basis, until, make_bank(basis, run))


def check_day(basis: Basis, day: date, said: str) -> None:
    """Raises UserError for a day that the record does not cover."""
    last = last_day(basis.record)
    if day > last:
        raise UserError(f"{said} {day}: the record in {basis.folder} ends on {last}; choose that day or an earlier one")


def make_bank(basis: Basis, run: Run) -> Bank:
    """The bank of a simulated past."""
    past, parameters = run.scenario, run.scenario.uncertain
    values = run.parameters[list(parameters)].to_numpy(dtype=float)
    uniforms = [np.array([p.value.cdf(v) for v in values[:, place]]) for place, p in enumerate(parameters.values())]
    names, simulated = statistics(simulated_histories(run))
    _, observed = statistics(real_history(basis.record, past))
    return Bank(past, values, normal_scores(np.column_stack(uniforms)), names, simulated, observed)


def posterior(basis: Basis, day: date, bank: Bank) -> Posterior:
    """The posterior that a bank gives."""
    formulas = exact(basis.scenario, basis.record.known_on(day), bank.past)
    free = [place for place, name in enumerate(bank.past.uncertain) if name not in formulas]
    fitted = fit(bank.scores[:, free], bank.statistics, bank.use[free])
    mean = fitted.mean(bank.observed)[0]
    logs = fitted.log_weights(bank.scores[:, free], mean)
    for place, (name, parameter) in enumerate(bank.past.uncertain.items()):
        if name in formulas:
            logs = logs + _log_ratio(formulas[name].value, parameter.value, bank.drawn[:, place])
    return Posterior(basis, day, bank, weights(logs), fitted, mean, formulas)


def prior(basis: Basis, day: date, draws: int) -> Posterior:
    """What is known where there is no past to compare with: the priors."""
    return Posterior(basis, day, None, np.full(draws, 1.0 / draws), None, np.zeros(0), {})


def _log_ratio(over: Distribution, under: Distribution, values: Floats) -> Floats:
    """The logarithm of the ratio of two densities of one family, by differences of their distribution functions."""
    step = 1e-4 * np.maximum(np.abs(values), 1e-6)
    masses = [np.array([d.cdf(v + h) - d.cdf(v - h) for v, h in zip(values, step, strict=True)]) for d in (over, under)]
    found: Floats = np.log(np.maximum(masses[0], 1e-300)) - np.log(np.maximum(masses[1], 1e-300))
    return found


def recovery(bank: Bank, records: int, seed: int) -> Recovery:
    """How well known parameters are found again in so many of the bank's own records, chosen by chance."""
    numbers = np.random.default_rng(seed).choice(len(bank.scores), min(records, len(bank.scores)), replace=False)
    return recover(bank.scores, bank.statistics, numbers, bank.use)


def margins(found: Posterior) -> dict[str, Distribution]:
    """The posterior of each parameter by itself, where the record says anything of it."""
    if found.bank is None or found.fitted is None:
        return {}
    parameters = found.bank.past.uncertain
    told = [name for name in parameters if name not in found.exact]
    told = [name for name, is_told in zip(told, found.fitted.told, strict=True) if is_told]
    spread = np.sqrt(np.diag(found.fitted.covariance))
    margin = {name: _margin(parameters[name].value, m, s) for name, m, s in zip(told, found.mean, spread, strict=True)}
    margin |= {name: formula.value for name, formula in found.exact.items()}
    return {name: margin[name] for name in parameters if name in margin}


def _margin(prior: Distribution, mean: float, spread: float) -> Distribution:
    """The distribution whose normal scores in its prior have this mean and standard deviation.

    A lognormal or a beta stays one (the former exactly); of any other the values at evenly spaced shares are listed.
    """
    from scipy.special import ndtr, ndtri

    points = (np.arange(POINTS) + 0.5) / POINTS
    values = prior.quantile(ndtr(mean + spread * ndtri(points)))
    if isinstance(prior, Lognormal):
        shape, scale = prior.parameters()
        median, sigma = scale * np.exp(shape * mean), shape * spread
        return Lognormal(distribution="lognormal", median=_short(median), cv=_short(np.sqrt(np.expm1(sigma**2))))
    if isinstance(prior, Beta):
        center, variance = values.mean(), values.var()
        observations = center * (1 - center) / variance - 1
        return Beta(distribution="beta", mean=_short(center), observations=_short(observations))
    return Empirical(distribution="empirical", values=[_short(value) for value in values])


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def summary(found: Posterior) -> pd.DataFrame:
    """One row for each parameter, in the order of the file.

    Columns: parameter, title, how (`simulation`, `formula`, or `prior`: the record says nothing of it), explained
    (share of the variance of the prior's normal score that the statistics explain, on average over records),
    prior10, prior50, prior90, low (10%), median and high (90%) of the posterior, counted (behind a formula).
    """
    rows, posteriors = [], margins(found)
    free = [name for name in found.basis.scenario.uncertain if name not in found.exact]
    explained = dict(zip(free, found.fitted.explained if found.fitted else np.zeros(len(free)), strict=True))
    for name, parameter in found.basis.scenario.uncertain.items():
        before = parameter.value.quantile(np.array(LEVELS))
        after = posteriors[name].quantile(np.array(LEVELS)) if name in posteriors else before
        how = "formula" if name in found.exact else "simulation" if name in posteriors else "prior"
        counted = found.exact[name].counted if name in found.exact else ""
        rows.append((name, parameter.title or name, how, explained.get(name, np.nan), *before, *after, counted))
    names = ["parameter", "title", "how", "explained", "prior10", "prior50", "prior90", "low", "median", "high"]
    return pd.DataFrame(rows, columns=[*names, "counted"])


def comparison(found: Posterior) -> pd.DataFrame:
    """One row for each statistic. Columns: statistic, real, mean and sd (of the simulated records)."""
    if found.bank is None:
        return pd.DataFrame(columns=["statistic", "real", "mean", "sd"])
    bank = found.bank
    columns = {"statistic": bank.names, "real": bank.observed[0], "mean": bank.statistics.mean(axis=0)}
    return pd.DataFrame({**columns, "sd": bank.statistics.std(axis=0)})


def correlation(found: Posterior) -> tuple[Sequence[str], float]:
    """The two parameters whose posteriors hang together most, and their correlation; none: no names and 0.

    A scenario file says each parameter by itself, so that this is lost in it.
    """
    if found.bank is None or len(found.mean) < 2 or found.fitted is None:
        return (), 0.0
    free = [name for name in found.bank.past.uncertain if name not in found.exact]
    told = [name for name, is_told in zip(free, found.fitted.told, strict=True) if is_told]
    scale = np.sqrt(np.diag(found.fitted.covariance))
    table = np.triu(found.fitted.covariance / np.outer(scale, scale), 1)
    one, other = np.unravel_index(int(np.argmax(np.abs(table))), table.shape)
    return (told[int(one)], told[int(other)]), float(table[one, other])
