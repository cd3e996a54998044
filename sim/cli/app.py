"""The command's frame: the application, progress, and messages to the user."""

import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from sim.cli.output import columns, say, tell
from sim.errors import RunFailed, RunHungUp, RunInterrupted, RunTerminated, UserError

if TYPE_CHECKING:
    from datetime import date

    from sim.experiments.simulate import Progress
    from sim.scenario.schema import Scenario
    from sim.view.figures.files import MadeBy
    from sim.view.figures.gallery import Section

RUN, EXPLORE, INFER, SHARE, FILES = (
    "Run",
    "Compare and explore",
    "Record and inference",
    "Show and share",
    "Files",
)
"""Groups of commands, in the order of `sim --help`."""


class Grouped(TyperGroup):
    """Commands by their group, each with its first sentence in full."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands of each group, see `click.Group.format_commands`."""
        commands = {name: command for name in self.commands if (command := self.get_command(ctx, name))}
        of = {name: getattr(command, "rich_help_panel", None) for name, command in commands.items()}
        for group in dict.fromkeys((RUN, EXPLORE, INFER, SHARE, FILES, *of.values())):
            rows = [(name, commands[name].get_short_help_str(WHOLE)) for name in commands if of[name] == group]
            if rows:
                with formatter.section(str(group or "Commands")):
                    formatter.write_dl(rows)


WHOLE = 1000
"""Characters of the help of a command in the list: as many as its first sentence has."""
app = typer.Typer(
    name="sim",
    cls=Grouped,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Simulate how cases move through a regulator's procedure with the staff it has. A scenario file is a question;"
    " `sim run` answers it.\n\nExample: sim run scenarios/three-probes.yaml",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from sim import __version__

        say(f"sim {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
    ] = False,
) -> None:
    try:
        Path.cwd()
    except FileNotFoundError:
        raise RunFailed("the working directory is gone; change to one that exists") from None


def check_figures(folder: Path | None) -> None:
    """Raise UserError if figures cannot be written to that folder: before any work is done."""
    if folder:
        from sim.view.figures.files import check_folder

        check_folder(folder)


def write_figures(folder: Path, title: str, sections: "Iterable[Section]", made_by: "MadeBy") -> None:
    """Write figures to a folder, with a line that says so."""
    from sim.view.figures import files
    from sim.view.figures.gallery import flat

    figures = flat(sections)
    files.write_figures(folder, title, figures, made_by)
    count = f"{len(figures)} figure{'' if len(figures) == 1 else 's'}"
    tell(f"{count} in {folder}; try: sim report RUN --with {folder}")


def day_of(option: str, value: str) -> "date":
    """The day given to an option. Raises UserError if it is not one."""
    from sim.dates import parse_day

    try:
        return parse_day(value)
    except ValueError:
        raise UserError(
            f"{option} {value}: is not a day of the calendar; write year-month-day, such as 2024-03-14"
        ) from None


def cores() -> int:
    """Processes to use by default."""
    return os.cpu_count() or 1


def load_all(
    paths: list[Path], sets: list[str] | None, replications: int | None, seed: int | None, priors: bool
) -> "list[Scenario]":
    """The scenarios in files, with the settings given on the command line; on their priors if so."""
    from sim.experiments.simulate import prepared
    from sim.scenario.loading import load_scenario
    from sim.scenario.settings import parse_settings

    settings = with_priors(parse_settings(sets or ()), priors)
    scenarios = [prepared(load_scenario(path, settings), replications, seed) for path in paths]
    for path, scenario in zip(paths, scenarios, strict=True):
        tell_notes(path, settings, scenario)
    return scenarios


def with_priors(settings: dict[str, Any], priors: bool) -> dict[str, Any]:
    """The settings of a command, with what `--priors` sets if it is given."""
    from sim.scenario.loading import PRIORS

    if priors and settings.keys() & PRIORS:
        raise UserError("--priors takes the place of --set posterior; give one of them")
    return {**settings, **PRIORS} if priors else settings


def tell_notes(path: Path, settings: Mapping[str, Any], scenario: "Scenario") -> None:
    """A line on standard error for each thing that is legal in the scenario of a file but hardly meant."""
    from sim.scenario.loading import located_notes

    for note in located_notes(path, settings, scenario):
        tell(f"note: {note}")


@contextmanager
def resumable(name: str) -> Iterator["Progress | None"]:
    """Around long work: shows its progress, and makes Ctrl-C, SIGTERM or SIGHUP one line: that nothing is lost."""
    from sim.experiments.workers import RESUMABLE

    try:
        with _ended_by_signals(), _progress_bar(name) as progress:
            yield progress
    except _Ended as ended:
        raise ended.why(f"terminated; {RESUMABLE}") from None
    except KeyboardInterrupt:
        raise RunInterrupted(f"interrupted; {RESUMABLE}") from None


ENDING = {"SIGTERM": RunTerminated, "SIGHUP": RunHungUp}
"""Signals that end the work as Ctrl-C does, where the system has them."""


class _Ended(KeyboardInterrupt):
    """One of these signals came, which is reported as `why`."""

    def __init__(self, why: type[RunTerminated]) -> None:
        self.why = why
        super().__init__()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """The signals of `ENDING` raise an exception meanwhile, instead of ending the process at once.

    Those that are ignored stay so, as SIGHUP below `nohup`. Whatever else fails once one has come, such as writing to a
    terminal that is closed, is due to it.
    """
    came: list[int] = []

    def end(number: int, _frame: object) -> None:
        came.append(number)
        raise _Ended(why[number])

    why = {getattr(signal, name): error for name, error in ENDING.items() if hasattr(signal, name)}
    before = {number: signal.getsignal(number) for number in why if signal.getsignal(number) != signal.SIG_IGN}
    if current_thread() is not main_thread():  # others can set no handler, and get no signal
        before = {}
    for number in before:
        signal.signal(number, end)
    try:
        yield
    except BaseException:
        if came:
            raise _Ended(why[came[0]]) from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress_bar(name: str) -> Iterator["Progress | None"]:
    """A progress bar with the time left, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from sim.cli.console import LegibleConsole

    parts = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = LegibleConsole(columns(sys.stderr), sys.__stderr__)  # itself: what is written to sys.stderr is legible
    with Progress(*parts, console=console, transient=True) as bar:
        task = bar.add_task(f"{name}, replications", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
