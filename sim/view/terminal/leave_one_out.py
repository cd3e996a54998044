"""Proceedings left out one after another, on a terminal: by group, then the scores beside those of the baselines."""

from rich.console import RenderableType

from sim.inference.histories import MILESTONES
from sim.inference.leave_one_out import LeaveOneOut
from sim.view.terminal.backtest import MEANS, closing, has, scores, with_came
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
