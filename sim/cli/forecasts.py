"""`sim forecast` and `sim score`: forecasts that are kept, and how they fared."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.app import app, cores, day_of, load_all, resumable
from sim.cli.options import AsJson, Jobs, Replications, Results, ScenarioFile
from sim.cli.output import display, say_json, tell
from sim.errors import UserError

SHIPPED = Path("scenarios/forecasts")


@app.command()
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

    (loaded,) = load_all([scenario], None, replications, None)
    folder = output if output is not None else scenario.parent / FOLDER
    path_in(folder, loaded.name, loaded.start)  # before the work: a kept forecast is not made again
    with resumable(loaded.name) as progress:
        made = forecasted(loaded, jobs=jobs or cores(), results=results, progress=progress)
    path = made.save(folder)
    display(summary(made))
    tell(f"kept in {path}; score it when more is known: sim score {folder}")


@app.command()
def score(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="The folder of the forecasts.")] = SHIPPED,
    record: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="A record other than the one that each forecast names."),
    ] = None,
    truth: Annotated[str, typer.Option(metavar="DAY", help="The day of scoring; default: the record's last.")] = "",
    as_json: AsJson = False,
) -> None:
    """Score every forecast that was kept in a folder on what the record says by now.

    Each stands beside forecasts from Kaplan-Meier curves and from constant rates, fitted to what was known on its day.

    Example: sim score
    """
    from sim.inference.track_record import score as scored
    from sim.view.terminal.track_record import as_data, summary

    found = scored(folder, record=record, truth=day_of("--truth", truth) if truth else None)
    if as_json:
        say_json(as_data(found))
    else:
        display(summary(found))
    if found.problems:
        raise UserError(*found.problems)
