"""The pictures of what was found, in the order in which they are presented, by section.

Pictures that would show nothing (of probes where there are none) are left out, and so are sections without pictures.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.record import Record
from sim.run import Run
from sim.view.figures.picture import Picture

if TYPE_CHECKING:
    from sim.sensitivity import Sensitivity
    from sim.sweeps import Sweep


class Section(NamedTuple):
    """Pictures that belong together, under a heading."""

    title: str
    pictures: list[Picture]


def of_run(run: Run, record: Record | None = None) -> list[Section]:
    """The pictures of one run; with a record, what really happened stands beside it."""
    return _sections(
        ("Cases", [_of("cases", "timelines", run, record), _of("cases", "probabilities", run)]),
        (
            "Caseload",
            [
                _of("caseload", "pending", run),
                _of("caseload", "backlog", run),
                _of("caseload", "where_cases_are", run),
                _of("flow", "flow", run),
            ],
        ),
        ("Durations", [_of("durations", "where_days_go", run), _of("durations", "durations", run, record)]),
        (
            "Staff",
            [
                _of("staffing", "delay_by_role", run),
                _of("staffing", "utilisation", run),
                _of("staffing", "staff_over_time", run),
            ],
        ),
    )


def of_comparison(runs: Sequence[Run], record: Record | None = None) -> list[Section]:
    """The pictures of scenarios side by side; the first is what the others are compared with."""
    return _sections(
        ("Comparison", [_of("comparison", name, runs) for name in ("differences", "resolutions", "pending")])
    )


def of_sweep(found: "Sweep") -> list[Section]:
    """The pictures of a sweep, one for each indicator."""
    labels = list(dict.fromkeys(found.table["indicator"]))
    return _sections(("Sweep", [_of("sweep", "response", found, label) for label in labels]))


def of_sensitivity(found: "Sensitivity") -> list[Section]:
    """The pictures of a sensitivity analysis, one for each indicator, or one of the split."""
    if found.method == "split":
        return _sections(("Sensitivity", [_of("sensitivity", "split", found)]))
    name = {"morris": "tornado", "sobol": "sobol"}[found.method]
    labels = list(dict.fromkeys(found.table["indicator"]))
    return _sections(("Sensitivity", [_of("sensitivity", name, found, label) for label in labels]))


def of_record(record: Record, until: date | None = None) -> list[Section]:
    """The pictures of a public record, as known on a day."""
    names = ("timelines", "survival", "pending", "requests", "clearance")
    return _sections(("The public record", [_of("record", name, record, until) for name in names]))


def of_calibration(posterior: Any) -> list[Section]:
    """The pictures of a calibration."""
    return _sections(("Calibration", [_of("calibration", name, posterior) for name in ("parameters", "statistics")]))


def of_backtest(found: Any) -> list[Section]:
    """The pictures of a backtest."""
    names = ("forecasts", "coverage", "pit", "scores", "by_origin", "totals")
    return _sections(("Backtest", [_of("backtest", name, found) for name in names]))


def flat(sections: Iterable[Section]) -> list[Picture]:
    """The pictures of all sections, one after the other."""
    return [picture for section in sections for picture in section.pictures]


def _sections(*found: tuple[str, list[Picture | None]]) -> list[Section]:
    sections = [Section(title, [one for one in pictures if one is not None]) for title, pictures in found]
    return [section for section in sections if section.pictures]


def _of(module: str, name: str, *found: Any) -> Picture | None:
    where = f"sim.view.pictures.{module}"
    if find_spec(where) is None or not hasattr(import_module(where), name):
        return None
    picture: Picture | None = getattr(import_module(where), name)(*found)
    return picture
