"""A calibration on a terminal: what the record says of each parameter, and whether the model can produce it."""

from collections.abc import Iterator

import pandas as pd
from rich.console import RenderableType

from sim.inference.posterior import Posterior
from sim.view.terminal.tables import between, columns, headed, sections, table
from sim.view.verdicts import THIN, thin, undated_staff, verdict, worth
from sim.view.words import measured, statistic


def summary(posterior: Posterior) -> RenderableType:
    """Everything that `sim calibrate` prints."""
    return sections([_heading(posterior), _parameters(posterior), *_checks(posterior)])


def _heading(posterior: Posterior) -> RenderableType:
    scenario = posterior.basis.scenario
    title = f"{scenario.title or scenario.name}: calibrated on what was public on {posterior.as_of}"
    late = undated_staff(posterior)
    staff = (
        f"The scenario says nothing about the staff before {late}, so the staff of that day are assumed: say what they"
        " were, or the effort is misjudged."
    )
    rests = f"{worth(posterior)}.{f' {THIN}' if thin(posterior) else ''}"
    said = (f"{verdict(posterior)} {_informed(posterior)}", rests, *posterior.basis.notes, staff if late else "")
    return headed(title, *said)


def _informed(posterior: Posterior) -> str:
    """On how many parameters the record has something to say, and how many of its statistics the model produces."""
    informed, checks = int(posterior.table["informed"].sum()), posterior.checks
    said = f"The record informs {informed} of {len(posterior.table)} parameters."
    if checks.empty:
        return f"{said} No past was simulated with which the record could be compared."
    return (
        f"{said} {checks['inside90'].sum()} of {len(checks)} statistics of the record lie within 90% of the simulated"
        f" records before (the priors), {checks['inside80'].sum()} within 80% of them now (the posterior)."
    )


def _parameters(posterior: Posterior) -> RenderableType:
    names, strength = posterior.strongest_correlation
    note = (
        "Explained: the share of a parameter's variance that such a record explains. Prior: the record does not inform"
        " it."
    )
    if names:
        note += f" Strongest correlation in the posterior: {strength:.2f} ({' with '.join(names)})."
    rows = posterior.table
    explained = rows["explained"].map("{:.0%}".format).where(rows["informed"].astype(bool), "prior")
    three = "{:.3g}".format
    shown = columns({"title": "parameter"})
    shown |= columns({"prior_median": "median", "prior_q10": "between", "prior_q90": "and"}, three, over="prior")
    shown |= columns({"median": "median", "q10": "between", "q90": "and"}, three, over="now")
    shown |= columns({"shown": "explained"})
    title = "What the record says about the parameters: median, and 80% between"
    return table(rows.assign(shown=explained), shown, title, note)


def _checks(posterior: Posterior) -> Iterator[RenderableType]:
    """The statistics of the record that do not lie where the model has them, one by one."""
    checks = posterior.checks
    outside = checks[~(checks["inside90"] & checks["inside80"])] if len(checks) else checks
    if outside.empty:
        return
    rows = [
        {
            "statistic": statistic(row),
            "inside": "before" if row["inside90"] else "now" if row["inside80"] else "neither",
            **{name: measured(row[name], row["unit"]) for name in ("record", *CHECKED)},
        }
        for row in outside.to_dict("records")
    ]
    shown = columns({"statistic": "statistic", "inside": "inside", "record": "record"}) | CHECKED
    note = "Rates: acts a year at risk, with half an act added. Inside: the interval in which the record lies."
    yield table(pd.DataFrame(rows), shown, "Statistics of the record outside one of the intervals", note)


CHECKED = between("prior_q05", "prior_q95", over="before, 90%") | columns(
    {"median": "median", "q10": "between", "q90": "and"}, over="now, 80%"
)
"""What stands beside a statistic of the record."""
