"""A calibration on a terminal: what the record says of each parameter, and whether the model can produce it."""

import json
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.inference.posterior import Posterior
from sim.view.verdicts import THIN, thin, undated_staff, verdict, worth
from sim.view.words import measured, statistic


def summary(posterior: Posterior) -> RenderableType:
    """Everything that `sim calibrate` prints."""
    return Group(
        *(Padding(part, (0, 0, 1, 0)) for part in (_heading(posterior), _parameters(posterior), _checks(posterior)))
    )


def _heading(posterior: Posterior) -> Text:
    scenario = posterior.basis.scenario
    text = Text(f"{scenario.title or scenario.name}: calibrated on what was public on {posterior.as_of}", style="bold")
    text.append(
        f"\n{worth(posterior)}. {verdict(posterior)}",
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


def _checks(posterior: Posterior) -> RenderableType:
    """How many statistics of the record lie where the model has them, and the others one by one."""
    checks = posterior.checks
    if checks.empty:
        return Text("No past was simulated, with which the record could be compared.")
    outside = checks[~(checks["inside90"] & checks["inside80"])]
    text = Text("The record among the simulated ones", style="bold")
    text.append(
        f"\n{checks['inside90'].sum()} of {len(checks)} statistics lie within 90% of the simulated records before"
        f" (the priors), {checks['inside80'].sum()} within 80% of them now (the posterior).",
        style="not bold",
    )
    if outside.empty:
        return text
    note = "Rates: acts a year at risk, with half an act added. Inside: the interval in which the record lies."
    table = Table(title="Those that do not", title_justify="left", title_style="bold", box=None,
                  pad_edge=False, caption=note, caption_justify="left")  # fmt: skip
    for place, column in enumerate(("statistic", "record", "before, 90%", "now, median", "now, 80%", "inside")):
        table.add_column(column, justify="left" if place == 0 else "right")
    for row in outside.to_dict("records"):
        columns = ("record", "prior_q05", "prior_q95", "median", "q10", "q90")
        record, low, high, median, q10, q90 = (measured(row[column], row["unit"]) for column in columns)
        inside = "before" if row["inside90"] else "now" if row["inside80"] else "neither"
        table.add_row(statistic(row), record, f"{low} to {high}", median, f"{q10} to {q90}", inside)
    return Group(text, Padding(table, (1, 0, 0, 0)))


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
        "checks": json.loads(posterior.checks.to_json(orient="records", double_precision=8)),
        "curves": json.loads(posterior.curves.to_json(orient="records", double_precision=8)),
        "file": str(file) if file else None,
    }
