"""The figures of results, in the order in which they are presented, by section.

Figures that would show nothing (of probes where there are none) are left out, and so are sections without figures.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sim.record.model import Record
from sim.results.run import Run
from sim.view.figures import (
    backtest,
    calibration,
    caseload,
    chances,
    comparison,
    durations,
    one_case,
    process,
    scores,
    sensitivity,
    staffing,
    sweep,
    timelines,
    track_record,
)
from sim.view.figures import record as records
from sim.view.figures.figure import Figure
from sim.view.figures.listed import chosen

if TYPE_CHECKING:
    from sim.experiments.sensitivity import Sensitivity
    from sim.experiments.sweep import Sweep
    from sim.inference.backtest import Backtest, Scored
    from sim.inference.leave_one_out import LeaveOneOut
    from sim.inference.posterior import Posterior
    from sim.inference.track_record import TrackRecord

APPENDIX = "Appendix"
"""The title of the section that is for statisticians."""
MOST = 3
"""Figures of an analysis before its appendix."""


class Section(NamedTuple):
    """Pictures that belong together, under a heading."""

    title: str
    figures: list[Figure]


def of_run(run: Run, record: Record | None = None) -> list[Section]:
    """The figures of one run, what few ask for last; with a record, what really happened is shown beside it."""
    first = (*chosen(run, None), "")[0]
    when = [timelines.timelines(run, record), chances.probabilities(run), one_case.one_case(run, first)]
    why = [durations.where_days_go(run), durations.durations(run), staffing.delay_by_role(run)]
    many = [caseload.pending(run), process.process(run), staffing.staff_over_time(run)]
    return _sections(
        {
            "When and how it ends": when,
            "Why it takes so long": why,
            "How many are in progress": many,
            APPENDIX: [staffing.work(run)],
        }
    )


def of_comparison(runs: Sequence[Run]) -> list[Section]:
    """The figures of scenarios side by side; the first is what the others are compared with.

    Raises UserError for runs that cannot be paired.
    """
    draw = (comparison.differences, comparison.resolutions, comparison.pending)
    return _sections({"Comparison": [figure(runs) for figure in draw]})


def of_sweep(analysis: "Sweep") -> list[Section]:
    """The figures of a sweep, one for each indicator."""
    return _first_ones("Sweep", [sweep.response(analysis, label) for label in analysis.table["indicator"].unique()])


def of_sensitivity(analysis: "Sensitivity") -> list[Section]:
    """The figures of a sensitivity analysis: one for each indicator, or the one of a split."""
    if analysis.method == "split":
        return _sections({"Sensitivity": [sensitivity.split(analysis)]})
    draw = sensitivity.tornado if analysis.method == "morris" else sensitivity.sobol
    return _first_ones("Sensitivity", [draw(analysis, label) for label in analysis.table["indicator"].unique()])


def of_record(record: Record, until: date | None = None, run: Run | None = None) -> list[Section]:
    """The figures of a public record, as known on a day; on its last day if none is given.

    `run`: what it expects stands beside what the record says, in the colours of its procedure.
    """
    first = [
        records.timelines(record, until, run),
        records.requests(record, until),
        records.clearance(record, until, run),
    ]
    return _sections({"The public record": first, APPENDIX: [records.survival(record, until)]})


def of_calibration(posterior: "Posterior") -> list[Section]:
    """The figures of a calibration: what the record says of the parameters, and how well the model fits it."""
    draw = (calibration.parameters, calibration.curves, calibration.statistics)
    return _sections({"Calibration": [figure(posterior) for figure in draw]})


def of_backtest(analysis: "Backtest") -> list[Section]:
    """The figures of a backtest: the forecasts beside what happened; how good they were in the appendix."""
    first = [backtest.forecasts(analysis), backtest.totals(analysis)]
    return _sections({"Forecasts": first, APPENDIX: [*_scores(analysis), scores.by_origin(analysis)]})


def of_leave_one_out(analysis: "LeaveOneOut") -> list[Section]:
    """The figures of proceedings left out one after another: how good their forecasts were."""
    first, *others = _scores(analysis)
    return _sections({"Scores": [first], APPENDIX: others})


def _scores(analysis: "Scored") -> list[Figure]:
    return [scores.scores(analysis), scores.coverage(analysis), scores.pit(analysis)]


def of_track_record(record: "TrackRecord") -> list[Section]:
    """The figures of kept forecasts that can be scored."""
    return _sections({"The track record": [track_record.forecasts(record), track_record.by_forecast(record)]})


def flat(sections: Iterable[Section]) -> list[Figure]:
    """The figures of all sections, one after the other."""
    return [figure for section in sections for figure in section.figures]


def _first_ones(title: str, figures: Sequence[Figure | None]) -> list[Section]:
    """The first figures under a title, the others in the appendix."""
    shown = [one for one in figures if one is not None]
    return _sections({title: shown[:MOST], APPENDIX: shown[MOST:]})


def _sections(groups: Mapping[str, Sequence[Figure | None]]) -> list[Section]:
    sections = [Section(title, [one for one in figures if one is not None]) for title, figures in groups.items()]
    return [section for section in sections if section.figures]
