"""The posterior of a scenario's uncertain parameters, given what was public on a day.

Parameters are drawn from their priors, the record's past is simulated with each draw (its openings on their days, the
staff of the time), and the draws are weighted by how likely they make the record as it really was on that day. A strand
that was in progress then is in progress in the simulated record too, so that censoring needs no correction.
`sim.inference.regression` has the method.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.errors import UserError, renamed_arguments
from sim.experiments.simulate import Progress, simulate_each
from sim.inference import posterior_file
from sim.inference.as_of import Basis, load_basis, past_scenario, stages_from, stages_of
from sim.inference.checks import compared, curve_bands
from sim.inference.histories import Histories, real_history, simulated_histories
from sim.inference.posterior_file import Outcome
from sim.inference.regression import (
    CalibrationCheck,
    Flags,
    Floats,
    Regression,
    effective_draws,
    fit,
    normal_scores,
    prior_predictive_p,
    simulation_based_calibration,
)
from sim.inference.statistics import OPENINGS_RATE, statistics
from sim.plotting import views
from sim.record.spans import OPENED
from sim.results.run import Run
from sim.scenario import bounds
from sim.scenario.distributions import Distribution
from sim.scenario.schema import Scenario
from sim.scenario.yaml_nodes import split

DRAWS = 1000
"""Draws from the priors, unless another number is given."""
FEWEST_DRAWS = 100
"""Fewer draws make no regression."""
FEW_EFFECTIVE = 10
"""With fewer effective draws less than one lies beyond either end of a central 80%, so that its ends are chance."""
QUANTILES = (0.1, 0.5, 0.9)
DIGITS = 6
"""Significant digits of joint draws."""


@dataclass(frozen=True)
class ReferenceTable:
    """Draws from the priors with the record that each makes, and the observed one.

    Attributes
    ----------
    past : Scenario
        What was simulated; its `uncertain` gives the order of the parameters.
    scores : (draws, parameters)
        The draws as normal scores in their priors.
    names : list of str
        Of the statistics.
    statistics : (draws, statistics)
    observed : (1, statistics)
    real, simulated : Histories
        What the statistics are of.
    """

    past: Scenario
    scores: Floats
    names: list[str]
    statistics: Floats
    observed: Floats
    real: Histories
    simulated: Histories

    @classmethod
    def of(cls, basis: Basis, run: Run) -> "ReferenceTable":
        """The reference table of a simulated past."""
        past, parameters = run.scenario, run.scenario.uncertain
        values = run.parameters[list(parameters)].to_numpy(dtype=float)
        uniforms = [[p.value.cdf(v) for v in values[:, n]] for n, p in enumerate(parameters.values())]
        real, simulated = real_history(basis.record, past), simulated_histories(run)
        (names, made), (_, observed) = statistics(simulated), statistics(real)
        return cls(past, normal_scores(np.array(uniforms).T), names, made, observed, real, simulated)

    def without(self, strands: Collection[str]) -> "ReferenceTable":
        """The table of the record without these strands, and of simulated ones without them; openings are as they were.

        The strands take staff in the simulated pasts all the same.
        """
        real, simulated = self.real.without(strands), self.simulated.without(strands)
        (names, made), (_, observed) = statistics(simulated), statistics(real)
        return replace(self, names=names, statistics=made, observed=observed, real=real, simulated=simulated)

    @property
    def use(self) -> Flags:
        """Which statistics may inform which parameter: (parameters, statistics).

        Openings inform what leads up to them (arrivals, and stages before the opening), and nothing else; what strands
        do after their openings informs the rest. How long requests took before the record began is not known, and an
        error there must not be read as an error about the work on strands.
        """
        of_openings = np.array([name == OPENINGS_RATE for name in self.names])
        return np.array([of_openings if upstream(self.past, name) else ~of_openings for name in self.past.uncertain])

    def simulation_based_calibration(self, records: int, seed: int) -> CalibrationCheck:
        """Infer known parameters from so many of the table's own records, chosen at random."""
        numbers = np.random.default_rng(seed).choice(len(self.scores), min(records, len(self.scores)), replace=False)
        return simulation_based_calibration(self.scores, self.statistics, numbers, self.use)


def upstream(scenario: Scenario, parameter: str) -> bool:
    """Whether a parameter concerns only what comes before the opening of proceedings: arrivals, earlier stages."""
    stages = stages_from(scenario, stages_of(scenario)[OPENED])
    for path in scenario.uncertain[parameter].sets or scenario.uncertain[parameter].scales or []:
        parts = split(path)
        if parts[0] != "arrivals" and (parts[:2] != ["procedure", "stages"] or parts[2] in {*stages, "*"}):
            return False
    return True


@dataclass(frozen=True, repr=False)
class Posterior:
    """What is known of the uncertain parameters on a day.

    Attributes
    ----------
    basis : Basis
        The assumptions and the record.
    as_of : date
        The day of knowledge.
    weights : (draws,)
        Of each draw from the priors; they add to one.
    reference : ReferenceTable or None
        None where the record had no past to compare with.
    regression : Regression or None
        Of the reference table.
    mean : (informed,)
        Posterior means of the normal scores of the informed parameters.
    """

    basis: Basis
    as_of: date
    weights: Floats
    reference: ReferenceTable | None = None
    regression: Regression | None = None
    mean: Floats | None = None

    @classmethod
    def of(cls, basis: Basis, as_of: date, reference: ReferenceTable) -> "Posterior":
        """The posterior that a reference table gives."""
        regression = fit(reference.scores, reference.statistics, reference.use)
        mean = regression.mean(reference.observed)[0]
        weights = regression.weights(reference.scores, mean)
        return cls(basis, as_of, weights, reference, regression, mean)

    @classmethod
    def prior(cls, basis: Basis, as_of: date, draws: int) -> "Posterior":
        """The priors: what is known before there is a past to compare with."""
        return cls(basis, as_of, np.full(draws, 1.0 / draws))

    @property
    def effective_draws(self) -> float:
        """How many equally weighted draws the weighted ones are worth."""
        return effective_draws(self.weights)

    @property
    def rests_on_draws(self) -> bool:
        """Whether there are draws where the posterior lies: at least one more than parameters that are informed.

        A spread in k directions takes k + 1 points. With fewer the regression says what lies beyond the draws on which
        it was fitted, as where the record is one that the priors do not make.
        """
        return not self.informed or self.effective_draws >= len(self.informed) + 1

    @property
    def prior_predictive_p(self) -> float:
        """The share of simulated records more extreme than the observed one; near 0: the model cannot make it."""
        return prior_predictive_p(self.reference.statistics, self.reference.observed) if self.reference else 1.0

    @property
    def informed(self) -> list[str]:
        """The parameters that the record informs."""
        if self.regression is None:
            return []
        names = self.basis.scenario.uncertain
        return [name for name, informed in zip(names, self.regression.informed, strict=True) if informed]

    def draws(self, count: int = DRAWS) -> pd.DataFrame:
        """Equally likely joint draws of the parameters that the record informs, a column for each.

        Their normal scores are drawn from the fitted normal posterior, and taken through the quantile functions of the
        priors (a Gaussian copula with free margins, see `sim.inference.regression`); the same ones for the same seed
        of the scenario. The other parameters are independent of these and have their priors.

        Parameters
        ----------
        count
            Draws.
        """
        if self.regression is None or self.mean is None:
            return pd.DataFrame(index=range(count))
        random = np.random.default_rng(self.basis.scenario.seed)
        scores = random.multivariate_normal(self.mean, self.regression.covariance, size=count, method="eigh")
        parameters = self.basis.scenario.uncertain
        columns = zip(self.informed, scores.T, strict=True)
        return pd.DataFrame({name: rounded(parameters[name].value, column) for name, column in columns})

    @property
    def table(self) -> pd.DataFrame:
        """One row for each parameter, in the order of the file.

        Columns: parameter, title, informed (by the record; the others keep their priors), explained (share of the
        variance of the prior's normal score that the statistics explain, on average over records), prior_q10,
        prior_median, prior_q90 (median and central 80% of the prior), q10, median, q90 (of the posterior).
        """
        parameters, informed, rows = self.basis.scenario.uncertain, self.informed, []
        explained = self.regression.explained if self.regression else np.zeros(len(parameters))
        for (name, parameter), share in zip(parameters.items(), explained, strict=True):
            before = parameter.value.quantile(np.array(QUANTILES))
            after = at_scores(parameter.value, self._scores_at(name)) if name in informed else before
            rows.append((name, parameter.title or name, name in informed, share, *before, *after))
        columns = ["parameter", "title", "informed", "explained", "prior_q10", "prior_median", "prior_q90"]
        return pd.DataFrame(rows, columns=[*columns, "q10", "median", "q90"])

    def _scores_at(self, parameter: str) -> Floats:
        """The normal scores of an informed parameter at QUANTILES of its posterior."""
        assert self.regression is not None
        assert self.mean is not None
        place = self.informed.index(parameter)
        spread = np.sqrt(self.regression.covariance[place, place])
        scores: Floats = self.mean[place] + spread * normal_scores(np.array(QUANTILES))
        return scores

    @property
    def checks(self) -> pd.DataFrame:
        """The record among the simulated ones, before and after it was known: one row a statistic.

        Columns as in `sim.inference.checks.compared`; no rows where no past was simulated.
        """
        return self._of_histories(compared)

    @property
    def curves(self) -> pd.DataFrame:
        """The record's curves of what is still pending by age, among the simulated ones.

        Columns as in `sim.inference.checks.curve_bands`; no rows where no past was simulated.
        """
        return self._of_histories(curve_bands)

    def _of_histories(self, table: Callable[[Histories, Histories, Floats], pd.DataFrame]) -> pd.DataFrame:
        known = self.reference
        return table(known.real, known.simulated, self.weights) if known else pd.DataFrame()

    @property
    def strongest_correlation(self) -> tuple[list[str], float]:
        """The two parameters with the strongest correlation in the posterior, and it; none: no names and 0."""
        names = self.informed
        if self.regression is None or len(names) < 2:
            return [], 0.0
        scale = np.sqrt(np.diag(self.regression.covariance))
        table = np.triu(self.regression.covariance / np.outer(scale, scale), 1)
        if not table.any():  # each is informed by other statistics than the others
            return [], 0.0
        one, other = np.unravel_index(int(np.argmax(np.abs(table))), table.shape)
        return [names[int(one)], names[int(other)]], float(table[one, other])

    def save(self, path: Path | str) -> Path:
        """Write the posterior as a table of joint draws (FILE.csv); gives the path.

        For FILE.yaml a scenario is written with the table beside it. It extends the file of the calibrated scenario; it
        is a whole one where that was given as a `Scenario`.

        Raises
        ------
        UserError
            If a file cannot be written, or exists and is no output of a calibration; if the record informs nothing, or
            the posterior does not rest on draws; and if it makes no valid scenario.
        """
        file = Path(path)
        posterior_file.check_output(file)
        if self.basis.file and file.resolve() == self.basis.file.resolve():
            raise UserError(f"{file}: would extend itself; choose another name")
        if not self.informed:
            raise UserError(f"{file}: not written: the record informs none of the parameters, which keep their priors")
        if not self.rests_on_draws:
            raise UserError(
                f"{file}: not written: the {len(self.weights):,} draws are worth {self.effective_draws:.1f}, and"
                f" the informed parameters ({len(self.informed)}) need at least {len(self.informed) + 1}; the priors"
                " hardly make such a record: take more draws (--draws), or wider priors"
            )
        posterior_file.write(self.outcome, file)
        return file

    def to_yaml(self, path: Path | str) -> Path:
        """The former name of `save`, which says so."""
        raise UserError(f"{path}: Posterior.to_yaml is now called save")

    @property
    def outcome(self) -> Outcome:
        """What files say of the posterior."""
        return Outcome(self.basis, self.as_of, len(self.weights), self.effective_draws, self.draws())

    def plot(self, name: str = "calibration-parameters") -> Any:
        """One of the figures (`plots` has their names), as a plotly figure with its title and caption."""
        return views().plot(self, name)

    @property
    def plots(self) -> list[str]:
        """The names of the figures, for `plot`."""
        names: list[str] = views().names(self)
        return names

    def __repr__(self) -> str:
        total = len(self.basis.scenario.uncertain)
        return (
            f"<Posterior {self.basis.scenario.name!r}, as of {self.as_of}: {len(self.informed)} of {total} parameters"
            f" informed, {len(self.weights):,} draws worth {self.effective_draws:,.0f},"
            f" prior predictive p = {self.prior_predictive_p:.2f}>"
        )

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>" + self.table.to_html(index=False, float_format="{:.3g}".format)


def at_scores(prior: Distribution, scores: Floats) -> Floats:
    """The values of a parameter with these normal scores in its prior, no farther out than scores are told apart."""
    from scipy.special import ndtr

    ends: Floats = normal_scores(np.array([0.0, 1.0]))
    return prior.quantile(ndtr(np.clip(scores, *ends)))


def rounded(prior: Distribution, scores: Floats) -> list[float]:
    """The same to DIGITS, unless that would be an end of what the prior can be, or beyond."""
    with np.errstate(divide="ignore"):  # of a logarithm, at the end of what has none
        least, most = prior.quantile(np.array([0.0, 1.0]))
    values = at_scores(prior, scores).tolist()
    short = [float(f"{value:.{DIGITS}g}") for value in values]
    return [s if least < s < most else value for s, value in zip(short, values, strict=True)]


@renamed_arguments(until="as_of")
def calibrate(
    scenario: Scenario | Path | str,
    as_of: date,
    *,
    record: Path | str | None = None,
    draws: int = DRAWS,
    jobs: int = 1,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Posterior:
    """The posterior of a scenario's uncertain parameters, given what was public by the end of a day.

    Parameters
    ----------
    scenario
        A scenario, or the path of its file.
    as_of
        The day of knowledge.
    record
        The folder of a record instead of the one that the scenario names.
    draws
        From the priors.
    jobs
        Processes.
    results
        A folder in which the simulated pasts are stored.
    progress
        Called with the replications done and their total.

    Raises
    ------
    UserError
        For bad files, for a day that the record does not cover or before which nothing was opened, and for a scenario
        without uncertain parameters.
    """
    basis = load_basis(scenario, record)
    basis.check_day(as_of, "--as-of")
    return calibrated(basis, as_of, draws, jobs, results, progress)


def calibrated(
    basis: Basis, as_of: date, draws: int, jobs: int, results: Path | str | None, progress: Progress | None
) -> Posterior:
    """The same from a basis, on a day that its record covers."""
    check_draws(draws)
    if not basis.scenario.uncertain:
        raise UserError(f"{basis.name}: has no uncertain parameters; there is nothing to calibrate")
    past = past_scenario(basis, as_of, draws)
    (run,) = simulate_each([past], jobs=jobs, results=results, progress=progress)
    return Posterior.of(basis, as_of, ReferenceTable.of(basis, run))


def check_draws(draws: int) -> None:
    """Raise UserError for too few draws, or too many."""
    if draws < FEWEST_DRAWS:
        raise UserError(f"--draws {draws}: at least {FEWEST_DRAWS} are needed")
    if draws > bounds.DRAWS.count:
        raise UserError(f"--draws {draws}: at most {bounds.DRAWS.count:,} can be")
