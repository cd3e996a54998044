"""The procedure of a scenario, or of a stored run, as a drawing: `sim show --diagram`."""

from pathlib import Path

from sim.cli.output import say, tell
from sim.errors import RunFailed, UserError
from sim.files import atomic_write


def draw(what: Path, sets: list[str] | None, out: Path | None) -> None:
    """Write the diagram of a scenario file, or of a stored run with its numbers; to standard output without a file.

    Raises UserError for what cannot be drawn, or written there, before anything is computed.
    """
    from sim.results.store import load_run
    from sim.scenario.loading import load_scenario
    from sim.scenario.settings import parse_settings
    from sim.view.figures import process

    if out:
        _check(out)
    settings = parse_settings(sets or ())
    if what.is_dir() and settings:
        raise UserError(f"--set is for scenario files; {what} is a stored run and has its own settings")
    made = process.of_run(load_run(what)) if what.is_dir() else process.of_scenario(load_scenario(what, settings))
    if made is None:
        raise UserError(f"{what}: no case comes to any stage in this run; draw its scenario file instead")
    if out:
        _write(process.svg(made), out)
    else:
        say(process.svg(made), end="")


def _check(path: Path) -> None:
    """Raise UserError if a drawing cannot be written there."""
    if path.suffix.lower() != ".svg":
        raise UserError(f"{path}: the diagram is a drawing; name it .svg, such as {path.with_suffix('.svg')}")
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a file")
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent}; make it first")


def _write(text: str, path: Path) -> None:
    """Write a drawing, whole or not at all; an older one is replaced."""
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunFailed(f"{path}: cannot be written: {error.strerror or error}") from None
    tell(f"wrote {path}")
