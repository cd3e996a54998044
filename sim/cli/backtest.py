"""`sim backtest`: forecasts as they would have been made, scored against the record."""

import re
from datetime import date
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
    from sim.view.figures.gallery import Section

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
    days = day_of("--as-of", as_of) if as_of else None, day_of("--truth", truth) if truth else None
    months = _months(rolling)
    check_figures(figures)
    if record and not scenario:
        raise UserError(
            f"--record {record}: whose procedure and staff? Give the scenario too, such as --scenario {SHIPPED}"
        )
    common: dict[str, Any] = {"record": record, "draws": draws, "jobs": jobs or cores(), "results": results}
    if leave_one_out:
        if as_of or rolling:
            given = "--rolling" if rolling else "--as-of"
            raise UserError(f"--leave-one-out: each proceeding is forecast from its opening; leave out {given}")
        _leave_one_out(scenario or SHIPPED, days[1], common, figures, as_json)
    else:
        _backtest(scenario or SHIPPED, days, months, common, figures, as_json)


def _backtest(
    scenario: Path,
    days: tuple[date | None, date | None],
    months: int | None,
    common: dict[str, Any],
    figures: Path | None,
    as_json: bool,
) -> None:
    from sim.inference.backtest import backtest as backtested
    from sim.view.as_json import of_backtest as as_json_of
    from sim.view.terminal.backtest import summary

    with resumable("backtest") as progress:
        tested = backtested(scenario, *days, rolling_months=months, progress=progress, **common)
    if as_json:
        say_json(as_json_of(tested))
    else:
        display(summary(tested))
    if figures:
        from sim.view.figures.gallery import of_backtest

        title = f"forecasts {tested.days}"
        _write_figures(tested, title, of_backtest(tested), len(tested.posteriors[tested.origins[0]].weights), figures)


def _leave_one_out(
    scenario: Path, truth: date | None, common: dict[str, Any], figures: Path | None, as_json: bool
) -> None:
    from sim.inference.leave_one_out import leave_one_out as left_out
    from sim.view.as_json import of_leave_one_out as as_json_of
    from sim.view.terminal.backtest import summary

    with resumable("backtest") as progress:
        tested = left_out(scenario, truth, progress=progress, **common)
    if as_json:
        say_json(as_json_of(tested))
    else:
        display(summary(tested))
    if figures:
        from sim.view.figures.gallery import of_leave_one_out

        title = "each proceeding forecast from all others"
        _write_figures(tested, title, of_leave_one_out(tested), len(tested.whole.weights), figures)


def _write_figures(
    tested: "Backtest | LeaveOneOut", what: str, sections: "list[Section]", draws: int, folder: Path
) -> None:
    from sim.view.figures.files import made_by

    model = tested.basis.scenario
    title = f"Backtest of {model.title or model.name}: {what}, scored on {tested.truth}"
    made = made_by(model, record=tested.basis.folder.resolve().name, until=str(tested.truth), draws=draws)
    write_figures(folder, title, sections, made)


def _months(written: str) -> int | None:
    if not written:
        return None
    match = re.fullmatch(r"([1-9][0-9]?)M", written, re.ASCII)
    if not match:
        raise UserError(f"--rolling {written}: must be a number of months, such as 3M")
    return int(match[1])
