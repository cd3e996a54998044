"""`sim forecast` and `sim score`: forecasts that are kept, and how they fared."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.app import INFER, app, cores, day_of, load_all, resumable
from sim.cli.options import AsJson, Jobs, Priors, Replications, Results, ScenarioFile
from sim.cli.output import display, say_json, tell
from sim.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.inference.track_record import TrackRecord

SHIPPED = Path("scenarios/forecasts")


@app.command(rich_help_panel=INFER)
def forecast(
    scenario: ScenarioFile,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Where to keep it; default: `forecasts` beside the scenario's file.",
        ),
    ] = None,
    replications: Replications = None,
    priors: Priors = False,
    jobs: Jobs = None,
    results: Results = Path("results"),
) -> None:
    """Keep what a scenario's run says of every case in progress on its first day, to be scored later.

    The file is named after that day; it is written once and never changed. The run is the one of `sim run`, and is not
    made again if it is stored. See docs/forecasts.md.

    Example: sim forecast scenarios/status-quo.yaml
    """
    from sim.inference.forecasts import FOLDER, path_in
    from sim.inference.forecasts import forecast as forecasted
    from sim.view.terminal.forecast import summary

    (loaded,) = load_all([scenario], None, replications, None, priors)
    if output is None and not scenario.is_file():  # a pipe: nothing is kept among devices
        raise UserError(f"{scenario}: is no file beside which a forecast could be kept; give -o FOLDER")
    folder = output if output is not None else scenario.parent / FOLDER
    path_in(folder, loaded.name, loaded.start)  # before the work: a kept forecast is not made again
    with resumable(loaded.name) as progress:
        made = forecasted(loaded, jobs=jobs or cores(), results=results, progress=progress)
    path = made.save(folder)
    display(summary(made))
    tell(f"kept in {path}; score it when more is known: sim score {folder}")


@app.command(rich_help_panel=INFER)
def score(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="The folder of the forecasts.")] = SHIPPED,
    record: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="A record other than the one that each forecast names."),
    ] = None,
    truth: Annotated[str, typer.Option(metavar="DAY", help="The day of scoring; default: the record's last.")] = "",
    as_json: AsJson = False,
) -> None:
    """Score every forecast kept in a folder against what the record now says.

    Each stands beside forecasts from Kaplan-Meier curves and from constant rates, fitted to what was known on its day.

    Example: sim score
    """
    from sim.inference.track_record import score as scored
    from sim.view.as_json import of_track_record
    from sim.view.terminal.track_record import summary

    found = scored(folder, record=record, truth=day_of("--truth", truth) if truth else None)
    if as_json:
        say_json(of_track_record(found))
    else:
        display(summary(found))
    if found.problems:
        raise UserError(*found.problems)


def track_record(given: Path | None, record: Path | None, beside: Path | None) -> "TrackRecord | None":
    """How kept forecasts fared, for a report: those in the folder that was given, or beside a record, if it has any.

    `record`: another one to score them on; `beside`: the folder of the record beside which they may lie. Files that
    cannot be read are told; nobody asked for those beside the record, so that they keep no report from being written.
    """
    from sim.inference.forecasts import FOLDER
    from sim.inference.track_record import score

    folder = given or (beside.parent / FOLDER if beside else None)
    if folder is None or not (given or any(folder.glob("*.json"))):
        return None
    try:
        found = score(folder, record=record)
    except UserError as error:
        if given:
            raise
        _tell_unread(error.problems)
        return None
    _tell_unread(found.problems)
    return found


def _tell_unread(problems: "Sequence[Problem]") -> None:
    for problem in problems:
        tell(f"note: {problem}")
