"""Figures of results by name, and the report as a file: what `plot` and `to_html` of results ask for."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from weakref import ref

from sim.errors import UserError, suggestion
from sim.experiments.compare import Comparison
from sim.experiments.sensitivity import Sensitivity
from sim.experiments.sweep import Sweep
from sim.inference.backtest import Backtest
from sim.inference.leave_one_out import LeaveOneOut
from sim.inference.posterior import Posterior
from sim.inference.track_record import TrackRecord
from sim.record.model import Record
from sim.results.run import Run
from sim.view.figures import gallery
from sim.view.figures.figure import Figure
from sim.view.figures.gallery import Section
from sim.view.figures.shown import WIDTH, PlottedFigure

MOVED = {
    "backlog": "pending",
    "flow": "process",
    "utilisation": "delay-by-role",
    "where-cases-are": "pending",
}
"""Figures that there were by themselves, and in which one their content is now."""


SECTIONS: dict[type, Callable[[Any], list[Section]]] = {
    Run: gallery.of_run,
    Comparison: lambda result: gallery.of_comparison(result.runs),
    Sweep: gallery.of_sweep,
    Sensitivity: gallery.of_sensitivity,
    Posterior: gallery.of_calibration,
    Backtest: gallery.of_backtest,
    LeaveOneOut: gallery.of_leave_one_out,
    TrackRecord: gallery.of_track_record,
    Record: gallery.of_record,
}
"""What makes the figures of each kind of result."""


def figures(result: Any) -> list[Figure]:
    """The figures of a result, in the order in which they are presented."""
    return gallery.flat(SECTIONS[type(result)](result))


def names(result: Any) -> list[str]:
    """The names of the figures of a result."""
    return [figure.name for figure in figures(result)]


def plot(result: Any, name: str | None = None) -> PlottedFigure:
    """A figure of a result with its title inside, for notebooks; the first one without a name.

    Raises UserError for a name that there is not.
    """
    by_name = {figure.name: figure for figure in _drawn(result)}
    if name in MOVED:
        raise UserError(f"the figure {name!r} is now part of {MOVED[name]!r}")
    if name and name not in by_name:
        hint = suggestion(name, by_name, len(by_name))
        raise UserError(f"there is no figure {name!r} of this {type(result).__name__}{hint}")
    return PlottedFigure((by_name[name] if name else next(iter(by_name.values()))).whole(WIDTH))


_LAST: list[tuple["ref[Any]", list[Figure]]] = []


def _drawn(result: Any) -> list[Figure]:
    """The figures of a result, drawn once: who plots one of them plots another one next."""
    if not _LAST or _LAST[0][0]() is not result:
        _LAST[:] = [(ref(result), figures(result))]
    return _LAST[0][1]


def to_html(runs: Sequence[Run], path: Path) -> Path:
    """Write the report of these runs: one page that needs nothing else."""
    from sim.view.report import content, page

    page.write(page.html(content.report(runs)), path)
    return path
