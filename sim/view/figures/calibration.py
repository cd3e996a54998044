"""Figures of a calibration: what the record says of each parameter, and whether the model can produce it."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from sim.inference.as_of import stages_of
from sim.inference.posterior import Posterior
from sim.view.charts.curves import curves as lines
from sim.view.charts.intervals import intervals
from sim.view.charts.looks import Look
from sim.view.charts.style import PALETTE
from sim.view.figures.figure import Figure
from sim.view.verdicts import undated_staff, verdict, worth
from sim.view.words import called, date_of, interval, listing, measured, quoted, share, statistic

COLUMNS = {
    "informed": "informed by the record",
    "explained": "share explained by such a record",
    "age": "days",
    "record": "the record",
    "prior_q05": "before, 5%",
    "prior_q10": "before, 10%",
    "prior_median": "before, median",
    "prior_q90": "before, 90%",
    "prior_q95": "before, 95%",
    "inside90": "inside before",
    "prior_below": "share below before",
    "q10": "now, 10%",
    "median": "now, median",
    "q90": "now, 90%",
    "inside80": "inside now",
    "below": "share below now",
}
"""What columns are called."""
PRIOR, POSTERIOR = ["prior_median", "prior_q10", "prior_q90"], ["median", "q10", "q90"]
"""Columns of the median and the central 80% before the record was known, and now."""
SILENT = "the record is silent"
BEFORE, NOW, RECORD, MIDDLE = "before", "now", "record", "middle"
LOOKS = {
    BEFORE: Look("before (prior), 80%", "#767676", symbol="line-ns"),
    NOW: Look("now (posterior), 80%", PALETTE[0], symbol="diamond"),
    RECORD: Look("the record", PALETTE[5], "dash"),
}
PLACES = {
    MIDDLE: Look("80% of the simulated records", "#767676"),
    BEFORE: Look("before (prior)", "#767676"),
    NOW: Look("now (posterior)", PALETTE[0], symbol="diamond"),
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
    informed = table["informed"].map({True: "yes", False: "no"})
    data = table.assign(informed=informed, explained=table["explained"].round(3))
    data[[*PRIOR, *POSTERIOR]] = data[[*PRIOR, *POSTERIOR]].map(lambda value: float(f"{value:.4g}"))
    return Figure(
        "calibration-parameters",
        _parameters_title(table),
        _subtitle(posterior),
        _parameters_caption(posterior, table),
        intervals(
            {"": _on_prior(posterior, table)},
            LOOKS,
            axis="place among what was thought possible before",
            tickformat=".0%",
            rule=0.5,
        ),
        data.rename(columns=COLUMNS),
    )


def _on_prior(posterior: Posterior, table: pd.DataFrame) -> pd.DataFrame:
    """The parameters before and now as shares of what was thought possible before; now only where it is informed."""
    priors = posterior.basis.scenario.uncertain
    rows = table.assign(row=table["title"])
    before = rows.assign(
        series=BEFORE, low=0.1, value=0.5, high=0.9, note=np.where(table["informed"], "", SILENT),
        hover=[interval(*row) for row in table[PRIOR].to_numpy()],
    )  # fmt: skip
    informed = rows[rows["informed"]]
    hover = [interval(*row) for row in informed[POSTERIOR].to_numpy()]
    places = {
        name: [
            float(priors[key].value.cdf(at)) for key, at in zip(informed["parameter"], informed[column], strict=True)
        ]
        for name, column in zip(("value", "low", "high"), POSTERIOR, strict=True)
    }
    return pd.concat([before, informed.assign(series=NOW, note="", hover=hover, **places)], ignore_index=True)


def _parameters_title(table: pd.DataFrame) -> str:
    informed = table[table["informed"]]
    if informed.empty:
        return f"The record says nothing about the {len(table)} uncertain parameters: the assumptions stay as they were"
    widths = (informed["q90"] - informed["q10"]) / (informed["prior_q90"] - informed["prior_q10"])
    most = informed.iloc[int(widths.fillna(1.0).to_numpy().argmin())]
    return (
        f"The record says something about {len(informed)} of {len(table)} parameters, most about"
        f" {quoted(most['title'])}: now {interval(*most[POSTERIOR])}, before {interval(*most[PRIOR])}"
    )


def _parameters_caption(posterior: Posterior, table: pd.DataFrame) -> str:
    caption = (
        "Grey is what was thought possible before, blue what remains given the record: shorter means better known,"
        " farther right means more."
    )
    if silent := int((~table["informed"]).sum()):
        caption += f" {silent} of {len(table)} stay{'s' if silent == 1 else ''} as assumed."
    if late := undated_staff(posterior):
        caption += f" For the time before {date_of(late)}, the staff of that day are assumed."
    return caption


def curves(posterior: Posterior) -> Figure | None:
    """The record's curves of what is still pending by age among the simulated ones; None where none can be drawn."""
    table = posterior.curves
    if table.empty:
        return None
    scenario = posterior.basis.scenario
    stages, of_stage = stages_of(scenario), table.groupby("stage", sort=False)
    own = {scenario.procedure.stages[stages[str(event)]].title: curve for event, curve in of_stage}
    titles = dict(zip(table["stage"].unique(), own, strict=True))
    return Figure(
        "calibration-curves",
        _curves_title(own),
        f"{_subtitle(posterior)} · bands: 80% of the simulated records",
        "Each line falls as strands leave the stage; simulated are the same openings with the staff of the time.",
        lines({title: _drawn(curve) for title, curve in own.items()}, LOOKS, shares=True, x="days in the stage"),
        table.assign(stage=table["stage"].map(titles)).round(4).rename(columns=COLUMNS),
    )  # fmt: skip


def _drawn(curve: pd.DataFrame) -> pd.DataFrame:
    """The curves of a stage as they are drawn: simulated before and now, and the record's, which has no band."""
    parts = {
        series: curve[["age", *columns]].set_axis(["x", "y", "low", "high"], axis=1)
        for series, columns in ((BEFORE, PRIOR), (NOW, POSTERIOR), (RECORD, [RECORD, RECORD, RECORD]))
    }
    parts[RECORD] = parts[RECORD].assign(low=np.nan, high=np.nan)
    return pd.concat(parts, names=["series"]).reset_index("series")


def _curves_title(curves: Mapping[str, pd.DataFrame]) -> str:
    """At which share of the ages the record lies in the model's band, by stage, or in those where it does not fit."""
    fits = {title: _fit(curve) for title, curve in curves.items()}
    misses = {title: fit for title, fit in fits.items() if fit[0] < FITS}
    where = listing(
        f"{share(inside)} of the ages in {title}{side}" for title, (inside, side) in (misses or fits).items()
    )
    if misses:
        return f"Model and record disagree: the record lies in the model's 80% band at only {where}"
    return f"Model and record agree: the record lies in the model's 80% band at {where}"


def _fit(curve: pd.DataFrame) -> tuple[float, str]:
    """At which share of the ages a curve of the record lies in the posterior's 80%, and on which side if mostly on one.

    Of the ages from the first end on, in the record or in the model.
    """
    begun = curve[curve["record"].lt(1.0).cummax() | curve["q10"].lt(1.0).cummax()]
    if begun.empty:
        return 1.0, ""
    inside = begun["record"].between(begun["q10"] - ROUNDING, begun["q90"] + ROUNDING).mean()
    apart = begun["record"] - begun["median"]
    above = np.where(apart.abs() <= ROUNDING, 0.5, apart > 0).mean()
    slower, quicker = above >= MOSTLY, above <= 1 - MOSTLY
    side = f" (mostly {'slower' if slower else 'quicker'} than its median)" if slower or quicker else ""
    return float(inside), side


def statistics(posterior: Posterior) -> Figure | None:
    """The real record among those that the model makes, statistic by statistic; None where no past was simulated."""
    table = posterior.checks
    if table.empty:
        return None
    return Figure(
        "calibration-statistics",
        verdict(posterior).removesuffix("."),
        _subtitle(posterior),
        f"Marks: where the record lies among the simulated ones; of {len(table)}, {table['inside90'].sum()} lie within"
        f" 90% of those before and {table['inside80'].sum()} within 80% of those now{_outside(table)}.",
        intervals(
            {"": _among_simulated(table)}, PLACES, axis="share of the simulated records below the real one",
            tickformat=".0%", rule=0.5, apart=0,
        ),
        table.round(4).rename(columns=COLUMNS),
    )  # fmt: skip


def _among_simulated(table: pd.DataFrame) -> pd.DataFrame:
    """The place of each statistic of the record among the simulated ones, before and now, as they are drawn."""
    rows = table.to_dict("records")
    named = table.drop(columns="record").assign(row=[statistic(row) for row in rows], low=np.nan, high=np.nan)
    return pd.concat(
        [
            named.assign(series=MIDDLE, value=np.nan, low=0.1, high=0.9, hover=""),
            named.assign(
                series=BEFORE, value=table["prior_below"],
                hover=[_words(row, "prior_q05", "prior_median", "prior_q95") for row in rows],
            ),
            named.assign(
                series=NOW, value=table["below"], hover=[_words(row, "q10", "median", "q90") for row in rows]
            ),
        ],
        ignore_index=True,
    )  # fmt: skip


def _outside(table: pd.DataFrame) -> str:
    """The statistic that is farthest out now, if one is outside."""
    outside = table[~table["inside80"]]
    if outside.empty:
        return ""
    row = outside.to_dict("records")[int((outside["below"] - 0.5).abs().to_numpy().argmax())]
    known, model = (measured(row[column], row["unit"]) for column in ("record", "median"))
    return f"; farthest out: {quoted(row['statistic'])}, {known} in the record, {model} in the model"


def _words(row: Mapping[Hashable, Any], low: str, median: str, high: str) -> str:
    known, *model = (measured(row[column], row["unit"]) for column in ("record", median, low, high))
    return f"record {known}, model {model[0]} ({model[1]} to {model[2]})"


def _subtitle(posterior: Posterior) -> str:
    name = called(posterior.basis.scenario)
    return f"{name}, with what was public on {date_of(posterior.as_of)} · {worth(posterior)}"
