"""The posterior of a scenario's uncertain parameters, given what was public on a day.

Parameters are drawn from their priors, and the record's past is simulated with each draw: its openings on their days,
the staff of the time. From how the draws go with the statistics of their simulated records comes what the statistics of
the real one say of them. Another round does the same with draws from near there. A strand that was in progress on the
day is in progress in the simulated record too, so that censoring needs no correction. `sim.inference.regression` has
the method.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from sim.errors import UserError, renamed_arguments
from sim.experiments.simulate import Progress, simulate_each
from sim.inference.as_of import Basis, load_basis, past_scenario
from sim.inference.normal import Normal
from sim.inference.posterior import Posterior, at_scores
from sim.inference.reference import ReferenceTable
from sim.results.run import Run
from sim.scenario import bounds
from sim.scenario.joint_draws import JointDraws
from sim.scenario.schema import Scenario

DRAWS = 1000
"""Draws in each round, unless another number is given."""
ROUNDS = 3
"""Rounds at most."""
ENOUGH = 1 / 3
"""Share of the draws of a round that the posterior's must be worth for it to be the last one."""
WIDER = 1.5
"""By how much the variance of draws after the first round is more than that of the posterior so far."""
FEWEST_DRAWS = 100
"""Fewer draws make no regression."""


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
        In each round.
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
    past_scenario(basis, as_of, draws)  # raises where there is no past
    return posteriors(basis, [as_of], draws, Runner(ROUNDS * draws, jobs, results, progress))[as_of]


@dataclass
class Runner:
    """Where scenarios run, one set after the other, with one measure of progress over all.

    `total`: replications of all sets together; `done`: of the sets that were begun. The others as in `calibrate`.
    """

    total: int
    jobs: int
    results: Path | str | None
    progress: Progress | None
    done: int = 0

    def __call__(self, scenarios: Sequence[Scenario]) -> Iterator[Run]:
        """The finished runs, in the order of the scenarios."""
        before = self.done
        self.done += sum(scenario.replications for scenario in scenarios)
        progress = (lambda done, _: self._tell(before + done)) if self.progress else None
        return simulate_each(scenarios, jobs=self.jobs, results=self.results, progress=progress)

    def skip(self, replications: int) -> None:
        """Count replications that were planned for and are not needed."""
        if replications:
            self.done += replications
            self._tell(self.done)

    def _tell(self, done: int) -> None:
        if self.progress:
            self.progress(done, self.total)


def posteriors(basis: Basis, days: Sequence[date], draws: int, run: Runner) -> dict[date, Posterior]:
    """The posterior of each of several days of knowledge; the priors for a day before which nothing was opened."""
    opened = min((strand.opened for strand in basis.record.strands), default=date.max)
    known = [day for day in days if basis.scenario.uncertain and opened < day]
    pasts = {day: past_scenario(basis, day, draws) for day in known}
    run.skip((len(days) - len(known)) * draws)
    runs = run(list(pasts.values()))
    found = {day: Posterior.of(basis, day, ReferenceTable.of(basis, next(runs))) for day in known}
    for number in range(2, ROUNDS + 1):
        again = [day for day in known if found[day].effective_draws < ENOUGH * draws]
        run.skip((len(days) - len(again)) * draws)
        nearer = {day: found[day].normal.wider(WIDER) for day in again}
        runs = run([nearer_past(pasts[day], nearer[day], number) for day in again])
        for day in again:
            table = ReferenceTable.of(basis, next(runs), nearer[day])
            found[day] = Posterior.of(basis, day, found[day].priors or table, table, number)
    return {day: found.get(day) or Posterior.prior(basis, day, draws) for day in days}


def nearer_past(past: Scenario, proposal: Normal, number: int) -> Scenario:
    """The past with draws of all its uncertain parameters from a proposal, for a round with this number."""
    scores = proposal.draws(past.replications, past.seed, number)
    values = [at_scores(one.value, column) for one, column in zip(past.uncertain.values(), scores.T, strict=True)]
    draws = JointDraws(columns=list(past.uncertain), rows=np.array(values).T.tolist())
    return past.model_copy(update={"posterior": draws})


def check_draws(draws: int) -> None:
    """Raise UserError for too few draws, or too many."""
    if draws < FEWEST_DRAWS:
        raise UserError(f"--draws {draws}: at least {FEWEST_DRAWS} are needed")
    if draws > bounds.DRAWS.count:
        raise UserError(f"--draws {draws}: at most {bounds.DRAWS.count:,} can be")
