"""Proceedings left out one after another, on a terminal: by group, then the scores beside those of the baselines."""

from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.inference.backtest import FORECASTERS
from sim.inference.histories import MILESTONES
from sim.inference.leave_one_out import LeaveOneOut
from sim.view.terminal.backtest import closing, has, records, scores
from sim.view.titles import NAMES
from sim.view.verdicts import conclusion, worth


def summary(analysis: LeaveOneOut) -> RenderableType:
    """Everything that `sim backtest --leave-one-out` prints."""
    milestones = (scores(analysis, milestone) for milestone in MILESTONES if has(analysis, milestone))
    parts: list[RenderableType] = [
        _heading(analysis),
        _groups(analysis),
        scores(analysis, None),
        *milestones,
        closing(analysis),
    ]
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def _heading(analysis: LeaveOneOut) -> Text:
    text = Text(f"Each proceeding forecast from all others, scored on {analysis.truth}", style="bold")
    text.append(
        f"\nWith all proceedings, {worth(analysis.whole)}. Each is left out of the record and of the"
        " simulated ones, and forecast from its opening; those"
        " opened on one day for the same topics are left out together.",
        style="not bold",
    )
    for note in analysis.basis.notes:
        text.append(f"\n{note}", style="not bold")
    return text


def _groups(analysis: LeaveOneOut) -> Table:
    table = Table(title="Group by group: mean score (censored CRPS, 0 is best)", title_justify="left",
                  title_style="bold", box=None, pad_edge=False)  # fmt: skip
    names = (NAMES[name] for name in FORECASTERS)
    for place, column in enumerate(("left out", "opened", "strands", "happened of", "draws worth", *names)):
        table.add_column(column, justify="left" if place == 0 else "right", no_wrap=place == 0)
    for row in analysis.by_group.to_dict("records"):
        happened, worth = f"{row['happened']} of {row['forecasts']}", f"{row['effective_draws']:,.0f}"
        crps = (f"{row[name]:.3f}" for name in FORECASTERS)
        table.add_row(str(row["group"]), str(row["opened"]), str(row["strands"]), happened, worth, *crps)
    return table


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
