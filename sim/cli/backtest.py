"""`sim backtest`: forecasts as they would have been made, scored against the record."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.app import (
    AsJson,
    Draws,
    Figures,
    Jobs,
    KeptRuns,
    RecordFolder,
    app,
    check_figures,
    console,
    cores,
    day_of,
    keep_figures,
    progress_bar,
)
from sim.cli.runs import going_on
from sim.errors import UserError

if TYPE_CHECKING:
    from sim.inference.origins import Backtest


@app.command()
def backtest(
    as_of: Annotated[
        str,
        typer.Option(metavar="DATE", help="The day of the forecast; with --rolling the first one, which it can find."),
    ] = "",
    until: Annotated[
        str, typer.Option(metavar="DATE", help="The day on which the truth is looked up; default: the record's last.")
    ] = "",
    rolling: Annotated[
        str, typer.Option(metavar="MONTHS", help="Repeat it every so often, such as 3M, and pool the scores.")
    ] = "",
    record: RecordFolder = None,
    scenario: Annotated[Path, typer.Option(metavar="FILE", help="The scenario whose assumptions to use.")] = Path(
        "scenarios/three-probes.yaml"
    ),
    draws: Draws = 1000,
    jobs: Jobs = None,
    results: KeptRuns = None,
    figures: Figures = None,
    as_json: AsJson = False,
) -> None:
    """Forecast every strand pending on a day of the past, and score that against what happened.

    Calibrates on what was public on that day and reads nothing later. Beside the model stand forecasts from its priors
    alone, from Kaplan-Meier curves and from constant rates; see docs/validation.md.

    Example: sim backtest --as-of 2024-03-14
    """
    from sim.inference.origins import backtest as tested
    from sim.view.terminal.backtest import as_data, show

    days = day_of("--as-of", as_of) if as_of else None, day_of("--until", until) if until else None
    months = _months(rolling)
    check_figures(figures)
    with going_on(), progress_bar("backtest") as progress:
        found = tested(
            scenario,
            *days,
            rolling_months=months,
            record=record,
            draws=draws,
            jobs=jobs or cores(),
            results=results,
            progress=progress,
        )
    if as_json:
        print(json.dumps(as_data(found)))
    else:
        console().print(show(found))
    if figures:
        _keep(found, figures)


def _keep(found: "Backtest", file: Path) -> None:
    from sim.view.pictures.gallery import of_backtest
    from sim.view.pictures.kept import provenance

    model, first, last = found.basis.scenario, found.origins[0], found.origins[-1]
    days = f"{first}" if first == last else f"{len(found.origins)} days from {first} to {last}"
    title = f"Backtest of {model.title or model.name}: forecasts of {days}, scored on {found.until}"
    draws = len(found.posteriors[first].weight)
    made = provenance(model, record=found.basis.folder.resolve().name, until=str(found.until), draws=draws)
    keep_figures(file, title, of_backtest(found), made)


def _months(said: str) -> int | None:
    if not said:
        return None
    match = re.fullmatch(r"([1-9][0-9]?)M", said, re.ASCII)
    if not match:
        raise UserError(f"--rolling {said}: wants a number of months, such as 3M")
    return int(match[1])
