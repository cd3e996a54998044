"""Figures of how likely it is that something has come by a date: of all cases as a table, of one case as curves."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from sim.dates import date_after
from sim.results.run import Run
from sim.results.summary import GOES_ON, IN_PROGRESS, YEARS
from sim.view import words
from sim.view.charts.heat import heat
from sim.view.figures import listed
from sim.view.figures.figure import Figure
from sim.view.titles import cases_of

RESOLVED = "Resolved"
"""What is asked of every case, beside the milestones of targets."""
LEAST, MOST_CURVES = 0.01, 4
"""Probability by the horizon of a curve that is drawn, and how many of them, the likeliest."""


def probabilities(run: Run, cases: Sequence[str] | None = None) -> Figure | None:
    """How likely it is that each open case is resolved by a date, and that it comes to the milestones asked for.

    None if no such case is tracked.
    """
    wanted = listed.chosen(run, cases)
    if not wanted:
        return None
    panels, called = by_date(run, wanted), {case: name.whole for case, name in listed.names(run).items()}
    resolved = panels[RESOLVED]
    rows = list(resolved.groupby("case", sort=False)["chance"].last().sort_values(ascending=False).index)
    drawn = {
        title: table.sort_values("case", key=lambda case: case.map(rows.index), kind="stable").assign(milestone=title)
        for title, table in panels.items()
    }
    every = pd.concat(list(drawn.values()), ignore_index=True)
    beyond = ", or never; a case already past a milestone has no number there" if len(drawn) > 1 else ""
    return Figure(
        "probabilities",
        _title(run, resolved, called),
        f"{words.of_run(run)} · per cent of these in which it has happened by then",
        f"Darker means likelier. The rest up to 100 is the chance that it comes later{beyond}.",
        heat({title: _cells(table, called) for title, table in drawn.items()}, span=(0, 1)),
        listed.as_shown(
            every.assign(case=every["case"].map(called)),
            {"case": "case", "milestone": "milestone", "by": "by", "chance": "probability"},
            3,
        ),
    )


def by_date(run: Run, cases: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The chance that each case is resolved by each date, and, not beyond them, comes to the milestones asked for.

    Tables by what is asked, those without cases left out; columns case, by (after whole years, and the horizon),
    chance.
    """
    years = zip(YEARS, run.layout.dates[:-1], strict=False)
    dates = {f"within_{year}y": date_after(run.scenario.start, float(time)) for year, time in years}
    dates["probability"] = run.scenario.horizon
    ends, reached = listed.at_horizon(run), listed.of_cases(run, "milestones", cases)
    still = {case: ends[case].get(IN_PROGRESS, 0.0) + ends[case].get(GOES_ON, 0.0) for case in cases}
    resolved = listed.of_cases(run, "resolutions", cases)
    tables = {RESOLVED: resolved.assign(probability=1 - resolved["case"].map(still))}
    for place in listed.milestones_asked_for(run.scenario):
        tables[listed.milestone(run, place)] = reached[(reached["state"] == place) & (reached["q10"] > 0)]
    return {title: _tidy(table, dates) for title, table in tables.items() if len(table)}


def _tidy(table: pd.DataFrame, dates: dict[str, date]) -> pd.DataFrame:
    """A row for each case and date; `dates`: by the column that has the chance."""
    tidy = table.melt(id_vars="case", value_vars=list(dates), var_name="by", value_name="chance", ignore_index=False)
    return tidy.assign(by=tidy["by"].map(dates)).sort_values(["case", "by"], kind="stable", ignore_index=True)


def _cells(table: pd.DataFrame, called: dict[str, str]) -> pd.DataFrame:
    """What stands where in a heat table."""
    texts = [words.share(chance).removesuffix("%") for chance in table["chance"]]
    month = [f"{day:%b %Y}" for day in table["by"]]
    return pd.DataFrame({"row": table["case"].map(called), "column": month, "value": table["chance"], "text": texts})


def _title(run: Run, resolved: pd.DataFrame, called: dict[str, str]) -> str:
    """How likely those at each stage are resolved by the date on which they differ most; else the range of all."""
    resolved = resolved.assign(stage=[run.layout.present_stage(case)[0] for case in resolved["case"]])
    means = resolved.pivot_table("chance", "by", "stage", sort=False)
    if means.shape[1] > 1:
        by: Any = (means.max(axis=1) - means.min(axis=1)).idxmax()
        counts = resolved.groupby("stage")["case"].nunique()
        titles = listed.place_titles(run)
        groups = [
            f"{words.share(mean)} for the {'one' if counts[stage] == 1 else counts[stage]} in {titles[str(stage)]}"
            for stage, mean in means.loc[by].sort_values(ascending=False).items()
        ]
        return f"The chance of being resolved by {words.month_of(by)} is on average {words.listing(groups)}"
    last = resolved.groupby("case")["chance"].last()
    least, most, horizon = str(last.idxmin()), str(last.idxmax()), words.month_of(run.scenario.horizon)
    if last[least] == last[most]:
        those = called[most] if len(last) == 1 else f"each of the {len(last)} {cases_of(run.scenario)}"
        return f"The chance that {those} is resolved by {horizon} is {words.share(last[most])}"
    return (
        f"The chance of being resolved by {horizon} ranges from {words.share(last[least])} ({called[least]}) to"
        f" {words.share(last[most])} ({called[most]})"
    )
