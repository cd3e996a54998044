"""Forecasts that are kept: what the run of a scenario says of every case in progress, as a file that is written once.

The first day of the scenario is the day of knowledge. Nothing is computed anew for a forecast: it is read off the run
that `sim run` makes of the same file.
"""

from dataclasses import dataclass
from datetime import date
from os.path import relpath
from pathlib import Path

import pandas as pd

from sim import __version__
from sim.errors import Problem, RunFailed, UserError
from sim.experiments.simulate import Progress, prepared, simulate
from sim.files import write_new
from sim.inference.first_forecast import is_first, scenario_of
from sim.inference.forecast_file import FORMAT, READING, ForecastFile, ForecastOf, MadeWith, parsed, read_content
from sim.inference.forecast_of_run import cases_of, grid_of, totals_of
from sim.record.files import load_record
from sim.results.identity import CODE, settings_digest
from sim.results.location import LONGEST_NAME
from sim.results.run import Run
from sim.results.store import commit
from sim.scenario.schema import Scenario

FOLDER = "forecasts"
"""Where forecasts are kept: beside the scenario's file."""


@dataclass(frozen=True, repr=False)
class Forecast:
    """What a run says of every case in progress on its first day, as it is kept.

    Attributes
    ----------
    content : ForecastFile
        What stands in the file.
    record : Path or None
        The folder of the record that the scenario names.
    """

    content: ForecastFile
    record: Path | None

    @property
    def table(self) -> pd.DataFrame:
        """One row for each case and milestone that it had not reached.

        Columns: case, milestone, probability (by the horizon), and q10, q25, q50, q75, q90 (days; missing: later than
        the horizon, or never).
        """
        rows = [
            {"case": case, "milestone": milestone, "probability": forecast.curve[-1], **dict(forecast.quantiles)}
            for case, one in self.content.cases.items()
            for milestone, forecast in one.milestones.items()
        ]
        return pd.DataFrame(rows)

    @property
    def ends(self) -> pd.DataFrame:
        """One row for each case and way of being resolved: case, end, probability (by the horizon)."""
        rows = [(case, end, p) for case, one in self.content.cases.items() for end, p in one.ends.items()]
        return pd.DataFrame(rows, columns=["case", "end", "probability"])

    @property
    def totals(self) -> pd.DataFrame:
        """One row for each count and day: what, date, mean, and q05, q10, q25, q50, q75, q90, q95."""
        return pd.DataFrame(
            {"what": what, "date": day, "mean": total.mean, **dict(total.quantiles)}
            for what, by_day in self.content.totals.items()
            for day, total in by_day.items()
        )

    def save(self, folder: Path | str) -> Path:
        """Write the file, and give its path, see `path_in`; the folder is made if it is not there.

        Raises
        ------
        UserError
            If the forecast was kept before: no forecast is changed afterwards.
        RunFailed
            If the file cannot be written.
        """
        folder = Path(folder)
        path = path_in(folder, self.content.of.name, self.content.made)
        record = Path(relpath(self.record, folder)).as_posix() if self.record else ""
        content = self.content.model_copy(update={"of": self.content.of.model_copy(update={"record": record})})
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_new(path, content.to_bytes())
        except FileExistsError:  # another process was faster
            raise _kept(path) from None
        except OSError as error:
            raise RunFailed(f"{path}: cannot be written: {error.strerror or error}") from None
        return path

    def __repr__(self) -> str:
        content = self.content
        days = f"of {content.made} to {content.horizon}"
        return f"<Forecast of {content.of.name!r} {days}: {len(self.table)} milestones of {len(content.cases)} cases>"


def forecast(
    scenario: Scenario | Path | str,
    *,
    replications: int | None = None,
    jobs: int = 1,
    results: Path | str | None = None,
    progress: Progress | None = None,
) -> Forecast:
    """What the run of a scenario says of every case that is in progress on its first day.

    Parameters
    ----------
    scenario
        A scenario, or the path of its file.
    replications
        Instead of the scenario's.
    jobs
        Processes.
    results
        The folder of stored runs: one of the same scenario is found there and not made again.
    progress
        Called with the replications done and their total.

    Raises
    ------
    UserError
        For a bad scenario or record, and for a posterior of a day after the first one.
    """
    chosen = prepared(scenario, replications)
    known = chosen.posterior.as_of if chosen.posterior else None
    if known and known > chosen.start:
        raise UserError(
            f"{chosen.name}: a forecast of {chosen.start} knows nothing later, and the posterior is of {known};"
            " forecast with --priors, or with the posterior of that day"
        )
    run = simulate(chosen, jobs=jobs, results=results, progress=progress)
    return Forecast(_content(run), chosen.record_folder)


def _content(run: Run) -> ForecastFile:
    scenario, folder = run.scenario, run.scenario.record_folder
    return ForecastFile(
        format=FORMAT,
        reading=READING,
        made=scenario.start,
        horizon=scenario.horizon,
        of=ForecastOf(
            name=scenario.name,
            title=scenario.title,
            settings=settings_digest(scenario),
            parameters="posterior" if scenario.posterior else "priors" if scenario.uncertain else "fixed",
            posterior_as_of=scenario.posterior.as_of if scenario.posterior else None,
            record="",
            record_until=load_record(folder).known_on(scenario.start).last_day if folder else None,
        ),
        made_with=MadeWith(
            version=__version__,
            commit=commit(),
            code=run.made_by[CODE],
            seed=scenario.seed,
            replications=run.replications,
        ),
        grid_days=grid_of(scenario),
        cases=cases_of(run),
        totals=totals_of(run),
    )


def path_in(folder: Path, name: str, made: date) -> Path:
    """Where the forecast of a day belongs: in DATE.json; in DATE-NAME.json if that is of another scenario.

    Raises UserError if it was kept before, if what stands there cannot be read, and if the folder is none.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(Problem(str(folder), message="is a file; forecasts are kept in a folder"))
    path = folder / f"{made}.json"
    if path.exists() and _scenario_in(path) != name:
        path = folder / f"{made}-{name[:LONGEST_NAME]}.json"
    if path.exists():
        raise _kept(path)
    return path


def _scenario_in(path: Path) -> str:
    """The scenario that a kept forecast is of."""
    content = read_content(path)
    return scenario_of(path, content) if is_first(content) else parsed(path, content).of.name


def _kept(path: Path) -> UserError:
    return UserError(Problem(str(path), message="this forecast was kept before, and a kept forecast is never changed"))
