"""The reference table of a calibration: draws of the parameters, and the record that each of them makes."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from sim.inference.as_of import Basis, stages_from, stages_of
from sim.inference.histories import Histories, real_history, simulated_histories
from sim.inference.normal import Floats, Normal
from sim.inference.regression import (
    CalibrationCheck,
    Flags,
    Regression,
    fit,
    normal_scores,
    normalised,
    simulation_based_calibration,
)
from sim.inference.statistics import OPENINGS_RATE, statistics
from sim.record.spans import OPENED
from sim.results.run import Run
from sim.scenario.schema import Scenario
from sim.scenario.yaml_nodes import split


@dataclass(frozen=True)
class ReferenceTable:
    """Draws of the parameters with the record that each makes, and the observed one.

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
    proposal : Normal
        What the scores are drawn from: the prior, which is the standard normal distribution, or a posterior so far.
    """

    past: Scenario
    scores: Floats
    names: list[str]
    statistics: Floats
    observed: Floats
    real: Histories
    simulated: Histories
    proposal: Normal

    @classmethod
    def of(cls, basis: Basis, run: Run, proposal: Normal | None = None) -> "ReferenceTable":
        """The reference table of a simulated past; without a proposal, of draws from the priors."""
        past, parameters = run.scenario, run.scenario.uncertain
        values = run.parameters[list(parameters)].to_numpy(dtype=float)
        uniforms = [[p.value.cdf(v) for v in values[:, n]] for n, p in enumerate(parameters.values())]
        real, simulated = real_history(basis.record, past), simulated_histories(run)
        (names, made), (_, observed) = statistics(simulated), statistics(real)
        scores = normal_scores(np.array(uniforms).T)
        proposal = proposal or Normal.standard(scores.shape[1])
        return cls(past, scores, names, made, observed, real, simulated, proposal)

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

    def fitted(self) -> Regression:
        """The regression of the draws' places in their proposal on the statistics of their records."""
        return fit(self.proposal.standardised(self.scores), self.statistics, self.use)

    def posterior(self, regression: Regression) -> Normal:
        """The distribution of the scores, given the observed record."""
        under_proposal = regression.normal(regression.mean(self.observed)[0]).seen_from(self.proposal)
        return under_proposal.instead_of(self.proposal)

    def weights(self, posterior: Normal) -> Floats:
        """Of each draw, by which they stand for draws from the posterior (importance weights); they add to one."""
        return normalised(posterior.log_density(self.scores) - self.proposal.log_density(self.scores))

    def simulation_based_calibration(self, records: int, seed: int) -> CalibrationCheck:
        """Infer known parameters from so many of the table's own records, chosen at random."""
        numbers = np.random.default_rng(seed).choice(len(self.scores), min(records, len(self.scores)), replace=False)
        return simulation_based_calibration(self.scores, self.statistics, numbers, self.use, proposal=self.proposal)


def upstream(scenario: Scenario, parameter: str) -> bool:
    """Whether a parameter concerns only what comes before the opening of proceedings: arrivals, earlier stages."""
    stages = stages_from(scenario, stages_of(scenario)[OPENED])
    for path in scenario.uncertain[parameter].sets or scenario.uncertain[parameter].scales or []:
        parts = split(path)
        if parts[0] != "arrivals" and (parts[:2] != ["procedure", "stages"] or parts[2] in {*stages, "*"}):
            return False
    return True
