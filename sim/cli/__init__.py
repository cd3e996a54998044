"""The command `sim`: parse the call, call the API, print. Heavy imports wait until a command needs them."""

import sys
from contextlib import redirect_stderr

from sim.cli import (  # noqa: F401  each adds its commands
    backtest,
    calibration,
    compare,
    dashboard,
    forecasts,
    output,
    record,
    report,
    runs,
    scenarios,
    sensitivity,
    site,
    sweep,
)
from sim.cli.app import app
from sim.errors import UserError


def main() -> None:
    """Run the command; a user's mistake is reported in one line for each problem, without a traceback."""
    output.open_streams()
    with redirect_stderr(output.Legible(sys.stderr)):
        sys.exit(_code())


def _code() -> int | str | None:
    """Run the command, report what goes wrong, and give the exit code."""
    try:
        try:
            app()
        except SystemExit as ended:  # always, from typer; here so that what is still to be written is written
            with output.writing():
                return ended.code
    except UserError as error:
        for problem in error.problems:
            output.tell(str(problem))
        return error.exit_code
    except BrokenPipeError:  # who read the output had enough of it
        output.drop()
        return 1
    except OSError as error:
        output.tell(_of_environment(error))
        return 1
    return 0


def _of_environment(error: OSError) -> str:
    """What the machine refused, for a message: something of a file, or else output, for typer itself writes help."""
    why = error.strerror or str(error)
    if error.filename:
        return f"{error.filename}: {why}"
    output.drop()
    return output.lost(why)
