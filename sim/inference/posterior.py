"""What is known of a scenario's uncertain parameters on a day: a normal distribution of their scores."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from sim.errors import UserError
from sim.inference import posterior_file
from sim.inference.as_of import Basis
from sim.inference.checks import compared, curve_bands
from sim.inference.histories import Histories
from sim.inference.normal import Floats, Normal
from sim.inference.posterior_file import Outcome
from sim.inference.reference import ReferenceTable
from sim.inference.regression import effective_draws, normal_scores, prior_predictive_p
from sim.plotting import Drawable
from sim.scenario.distributions import Distribution
from sim.scenario.joint_draws import JointDraws
from sim.scenario.schema import Scenario

JOINT_DRAWS = 1000
"""Joint draws that are written, unless another number is given."""
FEW_EFFECTIVE = 10
"""With fewer effective draws less than one lies beyond either end of a central 80%, so that its ends are chance."""
QUANTILES = (0.1, 0.5, 0.9)
LEAST_MOVE = 1e-6
"""Changes of a moment of a score, or correlations, that are less are rounding."""
DIGITS = 6
"""Significant digits of joint draws."""


@dataclass(frozen=True, repr=False)
class Posterior(Drawable):
    """What is known of the uncertain parameters on a day.

    Attributes
    ----------
    basis : Basis
        The assumptions and the record.
    as_of : date
        The day of knowledge.
    count : int
        Draws in each round.
    normal : Normal
        Of the normal scores of all parameters in their priors.
    explained : (parameters,)
        Share of the variance of each score that the statistics explain, on average over the records that priors make.
    rounds : int
        How many there were; none where the record had no past to compare with.
    priors, reference : ReferenceTable or None
        The tables of the first round, whose draws are from the priors, and of the last one; None where the record had
        no past to compare with.
    """

    basis: Basis
    as_of: date
    count: int
    normal: Normal
    explained: Floats
    rounds: int = 0
    priors: ReferenceTable | None = None
    reference: ReferenceTable | None = None

    @classmethod
    def of(
        cls,
        basis: Basis,
        as_of: date,
        priors: ReferenceTable,
        reference: ReferenceTable | None = None,
        rounds: int = 1,
    ) -> "Posterior":
        """The posterior that the reference table of the first round gives, or that of the last one."""
        first, table = priors.fitted(), reference or priors
        normal = table.posterior(first if table is priors else table.fitted())
        return cls(basis, as_of, len(table.scores), normal, first.explained, rounds, priors, table)

    @classmethod
    def prior(cls, basis: Basis, as_of: date, draws: int) -> "Posterior":
        """The priors: what is known before there is a past to compare with."""
        parameters = len(basis.scenario.uncertain)
        return cls(basis, as_of, draws, Normal.standard(parameters), np.zeros(parameters))

    @property
    def weights(self) -> Floats:
        """Of each draw of the last round; they add to one."""
        equal: Floats = np.full(self.count, 1.0 / self.count)
        return self.reference.weights(self.normal) if self.reference else equal

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
        return prior_predictive_p(self.priors.statistics, self.priors.observed) if self.priors else 1.0

    @property
    def informed(self) -> list[str]:
        """The parameters that the record informs."""
        variance = np.diag(self.normal.covariance)
        moved = (np.abs(self.normal.mean) > LEAST_MOVE) | (np.abs(variance - 1.0) > LEAST_MOVE)
        return [name for name, one in zip(self.basis.scenario.uncertain, moved, strict=True) if one]

    def draws(self, count: int = JOINT_DRAWS) -> pd.DataFrame:
        """Equally likely joint draws of the parameters that the record informs, a column for each.

        Their normal scores are drawn from the fitted normal posterior, and taken through the quantile functions of the
        priors (a Gaussian copula with free margins, see `sim.inference.regression`); the same ones for the same seed
        of the scenario. The other parameters are independent of these and have their priors.

        Parameters
        ----------
        count
            Draws.
        """
        parameters, informed = self.basis.scenario.uncertain, self.informed
        scores = zip(parameters.items(), self.normal.draws(count, self.basis.scenario.seed).T, strict=True)
        columns = {name: rounded(one.value, column) for (name, one), column in scores if name in informed}
        return pd.DataFrame(columns, index=range(count))

    def drawn(self, scenario: Scenario) -> Scenario:
        """A scenario with the same uncertain parameters, on the posterior: a joint draw for each replication."""
        if not self.informed:
            return scenario
        table = self.draws(scenario.replications)
        draws = JointDraws(columns=list(table.columns), rows=table.to_numpy().tolist())
        return scenario.model_copy(update={"posterior": draws})

    @property
    def table(self) -> pd.DataFrame:
        """One row for each parameter, in the order of the file.

        Columns: parameter, title, informed (by the record; the others keep their priors), explained (share of the
        variance of the prior's normal score that the statistics explain, on average over records), prior_q10,
        prior_median, prior_q90 (median and central 80% of the prior), q10, median, q90 (of the posterior).
        """
        parameters, informed, rows = self.basis.scenario.uncertain, self.informed, []
        for (name, parameter), share in zip(parameters.items(), self.explained, strict=True):
            before = parameter.value.quantile(np.array(QUANTILES))
            after = at_scores(parameter.value, self._scores_at(name)) if name in informed else before
            rows.append((name, parameter.title or name, name in informed, share, *before, *after))
        columns = ["parameter", "title", "informed", "explained", "prior_q10", "prior_median", "prior_q90"]
        return pd.DataFrame(rows, columns=[*columns, "q10", "median", "q90"])

    def _scores_at(self, parameter: str) -> Floats:
        """The normal scores of a parameter at QUANTILES of its posterior."""
        place = list(self.basis.scenario.uncertain).index(parameter)
        spread = np.sqrt(self.normal.covariance[place, place])
        scores: Floats = self.normal.mean[place] + spread * normal_scores(np.array(QUANTILES))
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

    def _of_histories(self, table: Callable[[Histories, Histories, Histories, Floats], pd.DataFrame]) -> pd.DataFrame:
        first, last = self.priors, self.reference
        return table(last.real, first.simulated, last.simulated, self.weights) if first and last else pd.DataFrame()

    @property
    def strongest_correlation(self) -> tuple[list[str], float]:
        """The two parameters with the strongest correlation in the posterior, and it; none: no names and 0."""
        names = list(self.basis.scenario.uncertain)
        scale = np.sqrt(np.diag(self.normal.covariance))
        table = np.triu(self.normal.covariance / np.outer(scale, scale), 1)
        if not (np.abs(table) > LEAST_MOVE).any():  # none is informed, or each by other statistics than the others
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
                f"{file}: not written: the {self.count:,} draws are worth {self.effective_draws:.1f}, and"
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
        return Outcome(self.basis, self.as_of, self.rounds, self.count, self.effective_draws, self.draws())

    def __repr__(self) -> str:
        total = len(self.basis.scenario.uncertain)
        return (
            f"<Posterior {self.basis.scenario.name!r}, as of {self.as_of}: {len(self.informed)} of {total} parameters"
            f" informed, {self.rounds} x {self.count:,} draws, the last worth {self.effective_draws:,.0f},"
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
