"""The command `sim`: parse the call, call the API, print. Heavy imports wait until a command needs them."""

import os
import sys

from sim.cli import (  # noqa: F401  each adds its commands
    backtest,
    calibration,
    compare,
    dashboard,
    record,
    report,
    runs,
    scenarios,
    sensitivity,
    sweep,
)
from sim.cli.app import app
from sim.errors import UserError


def main() -> None:
    """Run the command; a user's mistake is reported in one line for each problem, without a traceback."""
    try:
        app(standalone_mode=True)
    except UserError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
