"""Proceedings left out one after another, on a terminal: by group, then the scores beside those of the baselines."""

from typing import Any

from rich.console import RenderableType

from sim.inference.histories import MILESTONES
from sim.inference.leave_one_out import LeaveOneOut
from sim.view.terminal.backtest import MEANS, closing, has, records, scores, with_came
from sim.view.terminal.tables import columns, headed, sections, table
from sim.view.verdicts import conclusion, worth


def summary(analysis: LeaveOneOut) -> RenderableType:
    """Everything that `sim backtest --leave-one-out` prints."""
    by_milestone = (scores(analysis, milestone) for milestone in MILESTONES if has(analysis, milestone))
    return sections([_heading(analysis), closing(analysis), scores(analysis, None), *by_milestone, _groups(analysis)])


def _heading(analysis: LeaveOneOut) -> RenderableType:
    return headed(
        f"Each proceeding forecast from all others, scored on {analysis.truth}",
        conclusion(analysis),
        f"With all proceedings, {worth(analysis.whole)}. Each is left out of the record and of the simulated ones, and"
        " forecast from its opening; those opened on one day for the same topics are left out together.",
        *analysis.basis.notes,
    )


def _groups(analysis: LeaveOneOut) -> RenderableType:
    shown = columns({"group": "left out", "opened": "opened", "strands": "strands", "came": "happened"})
    shown |= columns({"effective_draws": "draws worth"}, "{:,.0f}".format) | MEANS
    return table(with_came(analysis.by_group), shown, "Group by group: mean score (censored CRPS, 0 is best)")


def as_data(analysis: LeaveOneOut) -> dict[str, Any]:
    """The analysis as JSON takes it: infinite and missing numbers become null, days are text."""
    by_milestone = {m: records(analysis.scores_of(m)) for m in MILESTONES if has(analysis, m)}
    return {
        "record": str(analysis.basis.folder),
        "scenario": analysis.basis.scenario.name,
        "truth": str(analysis.truth),
        "draws": len(analysis.whole.weights),
        "notes": list(analysis.basis.notes),
        "conclusion": conclusion(analysis),
        "scores": {"all": records(analysis.scores), **by_milestone},
        "by_group": records(analysis.by_group),
        "pit_histogram": [round(float(value), 8) for value in analysis.pit_histogram()],
        "forecasts": records(analysis.table),
    }
