"""`sim backtest`: forecasts as they would have been made, scored against the record."""

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.app import AsJson, Draws, Jobs, KeptRuns, RecordFolder, app, console, cores, day_of, progress_bar
from sim.cli.runs import going_on
from sim.errors import UserError


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
    as_json: AsJson = False,
) -> None:
    """Forecast every strand pending on a day of the past, and score that against what happened.

    Calibrates on what was public on that day and reads nothing later. Beside the model stand forecasts from its priors
    alone, from Kaplan-Meier curves and from constant rates; see docs/validation.md.

    Example: sim backtest --as-of 2024-03-14
    """
    from sim.backtesting.origins import backtest as tested
    from sim.view.backtest import as_data, show

    days = day_of("--as-of", as_of) if as_of else None, day_of("--until", until) if until else None
    months = _months(rolling)
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


def _months(said: str) -> int | None:
    if not said:
        return None
    match = re.fullmatch(r"([1-9][0-9]?)M", said, re.ASCII)
    if not match:
        raise UserError(f"--rolling {said}: wants a number of months, such as 3M")
    return int(match[1])
