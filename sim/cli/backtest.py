"""`sim backtest`: forecasts as they would have been made, scored against the record."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.app import app, check_figures, cores, day_of, resumable, write_figures
from sim.cli.options import AsJson, Draws, Figures, Jobs, RecordFolder, StoredRuns, renamed_option
from sim.cli.output import display, say_json
from sim.errors import UserError

if TYPE_CHECKING:
    from sim.inference.backtest import Backtest

SHIPPED = Path("scenarios/three-probes.yaml")


@app.command()
def backtest(
    as_of: Annotated[
        str,
        typer.Option(
            metavar="DAY", help="The day of knowledge; with --rolling the first of several, which has a default."
        ),
    ] = "",
    truth: Annotated[str, typer.Option(metavar="DAY", help="The day of scoring; default: the record's last.")] = "",
    rolling: Annotated[
        str,
        typer.Option(metavar="MONTHS", help="Repeat the forecast at this interval, such as 3M, and pool the scores."),
    ] = "",
    record: RecordFolder = None,
    scenario: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"The scenario whose assumptions to use; default: {SHIPPED}, unless --record names another record.",
        ),
    ] = None,
    draws: Draws = 1000,
    jobs: Jobs = None,
    results: StoredRuns = None,
    figures: Figures = None,
    as_json: AsJson = False,
    until: Annotated[str, renamed_option("--until", "--truth")] = "",
) -> None:
    """Forecast every strand in progress on a day of the past, and score that against what happened.

    Calibrates on what was public on that day and reads nothing later. The model is compared with forecasts from its
    priors alone, from Kaplan-Meier curves and from constant rates; see docs/validation.md.

    Example: sim backtest --as-of 2024-03-14
    """
    from sim.inference.backtest import backtest as backtested
    from sim.view.terminal.backtest import as_data, summary

    days = day_of("--as-of", as_of) if as_of else None, day_of("--truth", truth) if truth else None
    months = _months(rolling)
    check_figures(figures)
    if record and not scenario:
        raise UserError(
            f"--record {record}: whose procedure and staff? Give the scenario too, such as --scenario {SHIPPED}"
        )
    with resumable("backtest") as progress:
        tested = backtested(
            scenario or SHIPPED,
            *days,
            rolling_months=months,
            record=record,
            draws=draws,
            jobs=jobs or cores(),
            results=results,
            progress=progress,
        )
    if as_json:
        say_json(as_data(tested))
    else:
        display(summary(tested))
    if figures:
        _write_figures(tested, figures)


def _write_figures(tested: "Backtest", folder: Path) -> None:
    from sim.view.figures.files import made_by
    from sim.view.pictures.gallery import of_backtest

    model, first, last = tested.basis.scenario, tested.origins[0], tested.origins[-1]
    days = f"{first}" if first == last else f"{len(tested.origins)} days from {first} to {last}"
    title = f"Backtest of {model.title or model.name}: forecasts of {days}, scored on {tested.truth}"
    draws = len(tested.posteriors[first].weights)
    made = made_by(model, record=tested.basis.folder.resolve().name, until=str(tested.truth), draws=draws)
    write_figures(folder, title, of_backtest(tested), made)


def _months(written: str) -> int | None:
    if not written:
        return None
    match = re.fullmatch(r"([1-9][0-9]?)M", written, re.ASCII)
    if not match:
        raise UserError(f"--rolling {written}: must be a number of months, such as 3M")
    return int(match[1])
