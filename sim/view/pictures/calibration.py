"""Pictures of a calibration: what the record says of each parameter, and whether the model can produce it."""

import numpy as np
import pandas as pd

from sim.inference.calibrate import Posterior
from sim.view.figures import calibration as figures
from sim.view.figures.picture import Picture
from sim.view.verdicts import undated_staff, verdict
from sim.view.words import number, plural

PARAMETERS = {
    "prior_q10": "before, 10%",
    "prior_median": "before, median",
    "prior_q90": "before, 90%",
    "q10": "now, 10%",
    "median": "now, median",
    "q90": "now, 90%",
    "informed": "informed by the record",
    "explained": "share explained by such a record",
}
STATISTICS = {"sd": "standard deviation", "mean": "simulated mean", "real": "the record"}


def parameters(posterior: Posterior) -> Picture | None:
    """Each uncertain parameter before and after the record: median and 80% interval; None without parameters."""
    table = posterior.table
    if table.empty:
        return None
    rows = _on_prior(posterior, table)
    informed = table["informed"].map({True: "yes", False: "no"})
    data = table.assign(informed=informed, explained=table["explained"].round(3))
    digits = ["prior_q10", "prior_median", "prior_q90", "q10", "median", "q90"]
    data[digits] = data[digits].map(lambda value: float(f"{value:.4g}"))
    return Picture(
        "calibration-parameters",
        _parameters_title(table),
        f"{_subtitle(posterior)} · bars hold 80%, before (prior) and now (posterior)",
        _parameters_caption(posterior, table),
        figures.parameters(rows),
        data.rename(columns=PARAMETERS),
    )


def _on_prior(posterior: Posterior, table: pd.DataFrame) -> pd.DataFrame:
    """The posterior of each parameter as shares of its prior."""
    priors = posterior.basis.scenario.uncertain
    shares = {
        column: [
            round(float(priors[name].value.cdf(value)), 4)
            for name, value in zip(table["parameter"], table[column], strict=True)
        ]
        for column in ("q10", "median", "q90")
    }
    return pd.DataFrame(
        {
            "title": table["title"],
            "informed": table["informed"],
            **shares,
            "before": [_interval(*row) for row in table[["prior_median", "prior_q10", "prior_q90"]].to_numpy()],
            "now": [_interval(*row) for row in table[["median", "q10", "q90"]].to_numpy()],
        }
    )


def _interval(median: float, low: float, high: float) -> str:
    return f"{number(median)} ({number(low)} to {number(high)})"


def _parameters_title(table: pd.DataFrame) -> str:
    informed = table[table["informed"]]
    if informed.empty:
        return f"The record says nothing of the {len(table)} uncertain parameters: what is assumed stays as it was"
    widths = (informed["q90"] - informed["q10"]) / (informed["prior_q90"] - informed["prior_q10"])
    most = informed.iloc[int(widths.fillna(1.0).to_numpy().argmin())]
    now = _interval(most["median"], most["q10"], most["q90"])
    before = _interval(most["prior_median"], most["prior_q10"], most["prior_q90"])
    return (
        f"The record says something of {len(informed)} of {len(table)} parameters; most of"
        f" “{most['title']}”, now {now}, before {before}"
    )


def _parameters_caption(posterior: Posterior, table: pd.DataFrame) -> str:
    caption = (
        "Each row is scaled by what was thought possible before (the prior): the grey bar always reaches from 10% to"
        " 90%, its middle is 50%. A blue bar that is shorter means that the record narrows the parameter; one that lies"
        " to the right, that it makes it larger."
    )
    uninformed = table.loc[~table["informed"], "title"].tolist()
    if uninformed:
        caption += f" {len(uninformed)} of {len(table)} keep{'s' if len(uninformed) == 1 else ''} what was assumed."
    proceedings = {strand.proceeding for strand in posterior.basis.record.known_on(posterior.as_of).strands}
    caption += f" The record had {plural(len(proceedings), 'proceeding')} by then."
    if late := undated_staff(posterior):
        caption += f" The scenario says nothing of the staff before {late}, so that of that day was taken."
    return caption


def statistics(posterior: Posterior) -> Picture | None:
    """The real record among those that the model makes, statistic by statistic; None where no past was simulated."""
    reference, table = posterior.reference, posterior.statistics
    if reference is None or table.empty:
        return None
    spread = reference.statistics.std(axis=0)
    varies = spread > 0
    if not varies.any():
        return None
    simulated = (reference.statistics[:, varies] - reference.statistics[:, varies].mean(axis=0)) / spread[varies]
    shares = zip(("low95", "low80", "high80", "high95"), (0.025, 0.1, 0.9, 0.975), strict=True)
    quantiles = {name: np.quantile(simulated, share, axis=0).round(3) for name, share in shares}
    rows = table[varies].reset_index(drop=True)
    difference = ((rows["real"] - rows["mean"]) / rows["sd"]).round(3)
    rows = rows.assign(title=rows["statistic"], difference=difference, **quantiles)
    inside = int(((difference >= rows["low80"]) & (difference <= rows["high80"])).sum())
    largest = rows.iloc[int(difference.abs().to_numpy().argmax())]
    digits = {name: table[name].round(3) for name in ("real", "mean", "sd")}
    data = table.assign(**digits, difference=((table["real"] - table["mean"]) / table["sd"].where(varies)).round(3))
    return Picture(
        "calibration-statistics",
        verdict(posterior).removesuffix("."),
        f"{_subtitle(posterior)} · bars hold 80% and 95% of the simulated records",
        f"{inside} of {len(rows)} statistics of the record lie within 80% of the simulated ones; the farthest off is"
        f" “{largest['statistic']}”, {abs(largest['difference']):.1f} standard deviations"
        f" {'above' if largest['difference'] > 0 else 'below'} their mean. Simulated are records of the same openings,"
        " with parameters drawn from what was assumed before. Rates are logarithms of acts a year at risk.",
        figures.statistics(rows),
        data.rename(columns={**STATISTICS, "difference": "difference (standard deviations)"}),
    )


def _subtitle(posterior: Posterior) -> str:
    scenario = posterior.basis.scenario
    return (
        f"{scenario.title or scenario.name}, on what was public on {posterior.as_of} ·"
        f" {len(posterior.weights):,} draws, worth {posterior.effective_draws:,.0f}"
    )
