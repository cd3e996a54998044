"""A calibration on a terminal: what the record says of each parameter, and whether the model can produce it."""

import json
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.inference.calibrate import Posterior
from sim.view.verdicts import THIN, thin, undated_staff, verdict


def summary(posterior: Posterior) -> RenderableType:
    """Everything that `sim calibrate` prints."""
    return Group(
        *(Padding(part, (0, 0, 1, 0)) for part in (_heading(posterior), _parameters(posterior), _statistics(posterior)))
    )


def _heading(posterior: Posterior) -> Text:
    scenario = posterior.basis.scenario
    text = Text(f"{scenario.title or scenario.name}: calibrated on what was public on {posterior.as_of}", style="bold")
    text.append(
        f"\n{len(posterior.weights):,} draws from the priors, worth {posterior.effective_draws:,.0f} after weighting. "
        + verdict(posterior),
        style="not bold",
    )
    if thin(posterior):
        text.append(f" {THIN}", style="bold")
    for note in posterior.basis.notes:
        text.append(f"\n{note}", style="not bold")
    late = undated_staff(posterior)
    if late:
        text.append(
            f" The scenario says nothing of the staff before {late}, so that the staff of that day was taken: say what"
            " it was, or the effort is misjudged.",
            style="not bold",
        )
    return text


def _parameters(posterior: Posterior) -> Table:
    names, strength = posterior.strongest_correlation
    note = (
        "Explained: the share of a parameter's variance that such a record explains. Prior: the record does not inform"
        " it."
    )
    if names:
        note += f" Strongest correlation in the posterior: {strength:.2f} ({' with '.join(names)})."
    table = Table(title="What the record says of the parameters: median, and 80% between", title_justify="left",
                  title_style="bold", box=None, pad_edge=False, caption=note, caption_justify="left")  # fmt: skip
    for place, column in enumerate(("parameter", "prior", "between", "and", "now", "between", "and", "explained")):
        table.add_column(column, justify="left" if place == 0 else "right")
    for row in posterior.table.itertuples(index=False):
        numbers = [row.prior_median, row.prior_q10, row.prior_q90, row.median, row.q10, row.q90]
        informed = f"{row.explained:.0%}" if row.informed else "prior"
        table.add_row(str(row.title), *(f"{value:.3g}" for value in numbers), informed)
    return table


def _statistics(posterior: Posterior) -> Table:
    note = "Rates: logarithms of acts a year at risk, with half an act added."
    table = Table(title="The record and the simulated ones", title_justify="left", title_style="bold", box=None,
                  pad_edge=False, caption=note, caption_justify="left")  # fmt: skip
    for place, column in enumerate(("statistic", "real", "simulated, mean", "standard deviation")):
        table.add_column(column, justify="left" if place == 0 else "right")
    for row in posterior.statistics.itertuples(index=False):
        table.add_row(str(row.statistic), *(f"{value:.2f}" for value in row[1:]))
    return table


def as_data(posterior: Posterior, file: Path | None = None) -> dict[str, Any]:
    """The calibration as JSON takes it."""
    names, strength = posterior.strongest_correlation
    return {
        "scenario": posterior.basis.scenario.name,
        "record": str(posterior.basis.folder),
        "as_of": str(posterior.as_of),
        "draws": len(posterior.weights),
        "effective_draws": round(posterior.effective_draws, 3),
        "prior_predictive_p": round(posterior.prior_predictive_p, 6),
        "strongest_correlation": {"parameters": names, "value": round(strength, 6)},
        "notes": list(posterior.basis.notes),
        "parameters": json.loads(posterior.table.to_json(orient="records", double_precision=8)),
        "statistics": json.loads(posterior.statistics.to_json(orient="records", double_precision=8)),
        "file": str(file) if file else None,
    }
