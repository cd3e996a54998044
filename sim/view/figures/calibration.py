"""Figures of a calibration: what the record says of each parameter, and whether the model can produce it."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.inference.as_of import stages_of
from sim.inference.posterior import Posterior
from sim.record.model import RecordedStrand
from sim.view.charts import calibration as charts
from sim.view.charts.labels import label
from sim.view.figures.figure import Figure
from sim.view.verdicts import undated_staff, verdict, worth
from sim.view.words import listing, measured, number, plural, share, statistic

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
CHECKS = {
    "record": "the record",
    "prior_q05": "before, 5%",
    "prior_median": "before, median",
    "prior_q95": "before, 95%",
    "inside90": "inside before",
    "prior_below": "share below before",
    "q10": "now, 10%",
    "median": "now, median",
    "q90": "now, 90%",
    "inside80": "inside now",
    "below": "share below now",
}
CURVES = {
    "age": "days",
    "record": "the record",
    "prior_q10": "before, 10%",
    "prior_median": "before, median",
    "prior_q90": "before, 90%",
    "q10": "now, 10%",
    "median": "now, median",
    "q90": "now, 90%",
}
FITS = 0.8
"""Share of the ages at which the record lies in a band of 80% that is to be expected, on average over records."""
MOSTLY = 0.8
"""Share of the ages from which on the record is said to lie on one side of the median."""
ROUNDING = 1e-9
"""Shares that differ by less are equal."""


def parameters(posterior: Posterior) -> Figure | None:
    """Each uncertain parameter before and after the record: median and 80% interval; None without parameters."""
    table = posterior.table
    if table.empty:
        return None
    rows = _on_prior(posterior, table)
    informed = table["informed"].map({True: "yes", False: "no"})
    data = table.assign(informed=informed, explained=table["explained"].round(3))
    digits = ["prior_q10", "prior_median", "prior_q90", "q10", "median", "q90"]
    data[digits] = data[digits].map(lambda value: float(f"{value:.4g}"))
    return Figure(
        "calibration-parameters",
        _parameters_title(table),
        f"{_subtitle(posterior)} · bars hold 80%, before (prior) and now (posterior)",
        _parameters_caption(posterior, table),
        charts.parameters(rows),
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
    proceedings = {strand.proceeding for strand in _known(posterior)}
    caption += f" The record had {plural(len(proceedings), 'proceeding')} by then."
    if late := undated_staff(posterior):
        caption += f" The scenario says nothing of the staff before {late}, so that of that day was taken."
    return caption


def curves(posterior: Posterior) -> Figure | None:
    """The record's curves of what is still pending by age among the simulated ones; None where none can be drawn."""
    table = posterior.curves
    if table.empty:
        return None
    stages = stages_of(posterior.basis.scenario)
    titles = {
        event: posterior.basis.scenario.procedure.stages[stages[event]].title for event in table["stage"].unique()
    }
    fits = {titles[str(stage)]: _fit(own) for stage, own in table.groupby("stage", sort=False)}
    data = table.assign(stage=table["stage"].map(titles)).round(4)
    return Figure(
        "calibration-curves",
        _curves_title(fits),
        f"{_subtitle(posterior)} · bands hold 80% of the simulated records",
        " ".join(_curves_caption(posterior, table, titles)),
        charts.curves(table, {stage: f"<b>{label(title)}</b>" for stage, title in titles.items()}),
        data.rename(columns=CURVES),
    )


class Fit(NamedTuple):
    """At which shares of the ages a curve of the record lies in the posterior's central 80%, and above its median."""

    inside: float
    above: float

    @property
    def side(self) -> str:
        """On which side of the median the record mostly lies, in brackets; nothing if on both."""
        if MOSTLY > self.above > 1 - MOSTLY:
            return ""
        return f" (mostly {'slower' if self.above >= MOSTLY else 'quicker'} than its median)"


def _fit(curve: pd.DataFrame) -> Fit:
    """Of the ages from the first end on, in the record or in the model."""
    begun = curve[curve["record"].lt(1.0).cummax() | curve["q10"].lt(1.0).cummax()]
    if begun.empty:
        return Fit(1.0, 0.5)
    inside = (begun["record"] >= begun["q10"] - ROUNDING) & (begun["record"] <= begun["q90"] + ROUNDING)
    level = (begun["record"] - begun["median"]).abs() <= ROUNDING
    above = np.where(level, 0.5, begun["record"] > begun["median"])
    return Fit(float(inside.mean()), float(above.mean()))


def _curves_title(fits: dict[str, Fit]) -> str:
    """At which share of the ages the record lies in the model's band, and on which side of its middle, by stage."""
    where = listing([f"{share(fit.inside)} of the ages in {title}{fit.side}" for title, fit in fits.items()])
    if min(fit.inside for fit in fits.values()) >= FITS:
        return f"The model makes such a record: it lies in the model's 80% band at {where}"
    return f"The record lies in the model's 80% band at only {where}"


def _curves_caption(posterior: Posterior, table: pd.DataFrame, titles: dict[str, str]) -> Iterator[str]:
    yield (
        "Each line starts with all strands and falls as they leave the stage. The record's is one history of"
        f" {plural(len(_known(posterior)), 'strand')}; the model's are of the same openings on the same days, with"
        " the staff of the time, so that like is compared with like."
    )
    for stage, curve in table.groupby("stage", sort=False):
        above, below = (curve["record"] > curve["q90"] + ROUNDING), (curve["record"] < curve["q10"] - ROUNDING)
        parts = [
            f"{word} the band between {curve['age'][where].min():.0f} and {curve['age'][where].max():.0f} days"
            f" ({'slower' if word == 'above' else 'quicker'} than the model)"
            for word, where in (("above", above), ("below", below))
            if where.any()
        ]
        if parts:
            yield f"{titles[str(stage)]}: the record lies {listing(parts)}."


def _known(posterior: Posterior) -> list[RecordedStrand]:
    """The strands of the record that were known on the day."""
    return list(posterior.basis.record.known_on(posterior.as_of).strands)


def statistics(posterior: Posterior) -> Figure | None:
    """The real record among those that the model makes, statistic by statistic; None where no past was simulated."""
    table = posterior.checks
    if table.empty:
        return None
    rows = table.to_dict("records")
    words = table.assign(
        title=[statistic(row) for row in rows],
        before=[_words(row, "prior_q05", "prior_median", "prior_q95") for row in rows],
        now=[_words(row, "q10", "median", "q90") for row in rows],
    )
    return Figure(
        "calibration-statistics",
        verdict(posterior).removesuffix("."),
        f"{_subtitle(posterior)} · each mark is the place of the record among the simulated ones",
        f"{table['inside90'].sum()} of {len(table)} statistics of the record lie within 90% of the records simulated"
        f" with what was assumed before, {table['inside80'].sum()} within 80% of those now{_outside(table)}. Simulated"
        " are records of the same openings with the staff of the time. A simulated record that equals the real one"
        " counts half as below it. Rates are acts a year at risk.",
        charts.statistics(words),
        table.round(4).rename(columns=CHECKS),
    )


def _outside(table: pd.DataFrame) -> str:
    """The statistic that is farthest out now, if one is outside."""
    outside = table[~table["inside80"]]
    if outside.empty:
        return ""
    row = outside.to_dict("records")[int((outside["below"] - 0.5).abs().to_numpy().argmax())]
    known, model = (measured(row[column], row["unit"]) for column in ("record", "median"))
    return f"; farthest out is “{row['statistic']}”, {known} in the record and {model} in the model's median"


def _words(row: Mapping[Hashable, Any], low: str, median: str, high: str) -> str:
    known, *model = (measured(row[column], row["unit"]) for column in ("record", median, low, high))
    return f"record {known}, model {model[0]} ({model[1]} to {model[2]})"


def _subtitle(posterior: Posterior) -> str:
    scenario = posterior.basis.scenario
    return f"{scenario.title or scenario.name}, on what was public on {posterior.as_of} · {worth(posterior)}"
