"""`sim backtest`: forecasts as they would have been made, scored against the record."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.app import INFER, app, check_figures, cores, day_of, resumable, write_figures
from sim.cli.options import AsJson, Draws, Figures, Jobs, RecordFolder, StoredRuns, renamed_option
from sim.cli.output import display, say_json
from sim.errors import UserError

if TYPE_CHECKING:
    from sim.inference.backtest import Backtest
    from sim.inference.leave_one_out import LeaveOneOut

SHIPPED = Path("scenarios/three-probes.yaml")


AsOf = Annotated[
    str,
    typer.Option(metavar="DAY", help="The day of knowledge; with --rolling the first of several, which has a default."),
]
Truth = Annotated[str, typer.Option(metavar="DAY", help="The day of scoring; default: the record's last.")]
Rolling = Annotated[
    str, typer.Option(metavar="MONTHS", help="Repeat the forecast at this interval, such as 3M, and pool the scores.")
]
LeftOut = Annotated[
    bool, typer.Option("--leave-one-out", help="Forecast each proceeding from its opening, using all the others.")
]
Assuming = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help=f"The scenario whose assumptions to use; default: {SHIPPED}, unless --record names another record.",
    ),
]


@app.command(rich_help_panel=INFER)
def backtest(
    as_of: AsOf = "",
    truth: Truth = "",
    rolling: Rolling = "",
    leave_one_out: LeftOut = False,
    record: RecordFolder = None,
    scenario: Assuming = None,
    draws: Draws = 1000,
    jobs: Jobs = None,
    results: StoredRuns = None,
    figures: Figures = None,
    as_json: AsJson = False,
    until: Annotated[str, renamed_option("--until", "--truth")] = "",
) -> None:
    """Forecast every strand in progress on a day of the past, and score that against what happened.

    Calibrates on what was public on that day and reads nothing later. The model is compared with forecasts from its
    priors alone, from Kaplan-Meier curves and from constant rates; see docs/validation.md. With --leave-one-out each
    proceeding is forecast from its opening by what all the others say, on one simulation of the past.

    Example: sim backtest --as-of 2024-03-14
    """
    from sim.inference.backtest import backtest as backtested
    from sim.inference.leave_one_out import leave_one_out as left_out
    from sim.view.as_json import of_backtest as as_json_of
    from sim.view.terminal.backtest import summary

    days = day_of("--as-of", as_of) if as_of else None, day_of("--truth", truth) if truth else None
    months = _months(rolling)
    check_figures(figures)
    if record and not scenario:
        raise UserError(
            f"--record {record}: whose procedure and staff? Give the scenario too, such as --scenario {SHIPPED}"
        )
    if leave_one_out and (as_of or rolling):
        given = "--rolling" if rolling else "--as-of"
        raise UserError(f"--leave-one-out: each proceeding is forecast from its opening; leave out {given}")
    common: dict[str, Any] = {"record": record, "draws": draws, "jobs": jobs or cores(), "results": results}
    with resumable("backtest") as progress:
        tested: Backtest | LeaveOneOut
        if leave_one_out:
            tested = left_out(scenario or SHIPPED, days[1], progress=progress, **common)
        else:
            tested = backtested(scenario or SHIPPED, *days, rolling_months=months, progress=progress, **common)
    if as_json:
        say_json(as_json_of(tested))
    else:
        display(summary(tested))
    if figures:
        _write_figures(tested, figures)


def _write_figures(tested: "Backtest | LeaveOneOut", folder: Path) -> None:
    from sim.inference.backtest import Backtest
    from sim.view.figures import gallery
    from sim.view.figures.files import made_by

    if isinstance(tested, Backtest):
        what, sections = f"forecasts {tested.days}", gallery.of_backtest(tested)
        posterior = tested.posteriors[tested.origins[0]]
    else:
        what, sections = "each proceeding forecast from all others", gallery.of_leave_one_out(tested)
        posterior = tested.whole
    model, record = tested.basis.scenario, tested.basis.folder.resolve().name
    title = f"Backtest of {model.title or model.name}: {what}, scored on {tested.truth}"
    made = made_by(model, record=record, until=str(tested.truth), draws=len(posterior.weights))
    write_figures(folder, title, sections, made)


def _months(written: str) -> int | None:
    if not written:
        return None
    match = re.fullmatch(r"([1-9][0-9]?)M", written, re.ASCII)
    if not match:
        raise UserError(f"--rolling {written}: must be a number of months, such as 3M")
    return int(match[1])
