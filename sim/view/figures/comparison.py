"""Figures of scenarios side by side; the first is what the others are compared with."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sim.experiments.compare import compare, significant
from sim.experiments.pairing import check_comparable
from sim.results.catalogue import by_label
from sim.results.run import Run
from sim.results.statistics import LEVEL
from sim.results.summary import HEADLINE as HEADLINE_CASES
from sim.view import words
from sim.view.charts import comparison as charts
from sim.view.charts.style import days
from sim.view.figures import listed
from sim.view.figures.figure import Figure
from sim.view.titles import cases_of

HEADLINE = ("delay_per_case", "disposition_time", "pending_end", "age_end", "resolved", "fte_years")
"""Indicators that are always shown, whether they differ or not."""
BANDS = "bands hold the central 80% of the replications"
BAND = "the band holds the central 80% of the baseline's replications"
NUMBERED = "#"
"""Before the number of a run with the name of another one; no scenario has it in its name."""
MOST_ROWS = 14
"""Differences in a figure, those of `HEADLINE` included, over all scenarios; the others are in the table."""


def distinct(runs: Sequence[Run]) -> list[Run]:
    """The runs, no two with the same name or the same title.

    Those are numbered whose scenario is called like an earlier one: the same file run with other settings. Scenarios
    that only share a title, as one that has it from the file that it extends, have their names behind it.
    """
    names = [run.scenario.name for run in runs]
    numbered = [_numbered(run, names[:place].count(run.scenario.name) + 1) for place, run in enumerate(runs)]
    shown = [run.scenario.title or run.scenario.name for run in numbered]
    return [_with_name(run) if shown.count(title) > 1 else run for run, title in zip(numbered, shown, strict=True)]


def _with_name(run: Run) -> Run:
    """The run with its scenario's name behind the title."""
    scenario = run.scenario
    title = f"{scenario.title} ({scenario.name})" if scenario.title else scenario.name
    return replace(run, scenario=scenario.model_copy(update={"title": title}))


def side_by_side(runs: Sequence[Run]) -> list[Run]:
    """Distinct runs that one figure can show. Raises UserError if they have other days or procedures."""
    check_comparable([run.scenario for run in runs])
    return distinct(runs)


def _numbered(run: Run, number: int) -> Run:
    """The run with its scenario's name and title numbered, unless it is the first of that name."""
    if number == 1:
        return run
    scenario = run.scenario
    update = {
        "name": f"{scenario.name}{NUMBERED}{number}",
        "title": f"{scenario.title or scenario.name} ({number})",
    }
    return replace(run, scenario=scenario.model_copy(update=update))


def titles(runs: Sequence[Run]) -> dict[str, str]:
    """The scenarios' titles by name."""
    return {run.scenario.name: run.scenario.title or run.scenario.name for run in runs}


def _subtitle(runs: Sequence[Run], uncertainty: str) -> str:
    names = list(titles(runs).values())
    return (
        f"{words.listing(names[1:])} beside {names[0]} · {runs[0].replications:,} replications of each with common"
        f" random numbers · {uncertainty}"
    )


def differences(runs: Sequence[Run], table: pd.DataFrame | None = None) -> Figure | None:
    """What differs from the first scenario: paired differences with their confidence intervals.

    `table`: of `compare` of distinct runs, made if not given. Raises UserError for runs that cannot be
    paired.
    """
    runs = distinct(runs)
    table = _named(runs, compare(runs).table if table is None else table)
    rows_shown = _rows_to_draw(table, significant(_stages_in_progress(runs[0], table)), len(runs) - 1)
    if rows_shown.empty:
        return None
    rows = rows_shown.to_dict("records")
    drawn = rows_shown.assign(in_words=[in_words(row) for row in rows], verdict=[row["verdict"] for row in rows])
    size = drawn["base"].abs()
    drawn = drawn.assign(share=drawn["difference"] / size, low=drawn["low"] / size, high=drawn["high"] / size)
    several = ", which hold for all scenarios together" if len(runs) > 2 else ""
    return Figure(
        "differences",
        _differences_title(runs, rows_shown),
        _subtitle(runs, f"whiskers are {LEVEL:.0%} confidence intervals of the mean difference{several}"),
        _differences_caption(table),
        charts.forest(drawn, titles(runs[1:])),
        _differences_table(runs, table),
    )


def _named(runs: Sequence[Run], table: pd.DataFrame) -> pd.DataFrame:
    """The table with cases called as people call them in the titles of the indicators that are of single ones."""
    called = {case: name.whole for run in reversed(runs) for case, name in listed.names(run).items()}

    def title(label: str, given: str) -> str:
        name, _, key = label.partition(":")
        known = by_label(name)
        return f"{known.title}, {called[key]}" if known.of == ("case",) and key in called else given

    return table.assign(title=[title(*row) for row in zip(table["indicator"], table["title"], strict=True)])


def _rows_to_draw(table: pd.DataFrame, significant_rows: pd.DataFrame, scenarios: int) -> pd.DataFrame:
    """The rows that are drawn, with their verdict: the headline's, and of the significant ones those of most days."""
    most = max(MOST_ROWS // scenarios, len(HEADLINE)) - len(HEADLINE)
    parts = []
    for _, mine in table[table["base"] != 0].groupby("scenario", sort=False):
        head = mine[mine["indicator"].isin(HEADLINE)].sort_values(
            "indicator", key=lambda column: column.map(HEADLINE.index)
        )
        others = mine[mine.index.isin(significant_rows.index) & ~mine["indicator"].isin(HEADLINE)]
        others = others[np.array([better(label) != 0 for label in others["indicator"]], dtype=bool)]
        size = others.loc[others["unit"] == "days", "difference"].abs().sort_values(ascending=False)
        parts.append(pd.concat([head, others.loc[size.index[:most]]]))
    shown = pd.concat(parts) if parts else table.iloc[:0]
    return shown.assign(verdict=[_verdict(row) for row in shown.to_dict("records")])


def _stages_in_progress(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """The rows without those of stages in which cases count as resolved."""
    resolved = set(run.layout.stages) - set(run.layout.open_stages)
    return table[np.array([label.partition(":")[2] not in resolved for label in table["indicator"]], dtype=bool)]


def better(label: str) -> int:
    """1 if more of an indicator is better, -1 if less is, 0 if neither."""
    return by_label(label).better


def _verdict(row: dict[Any, Any]) -> str:
    """In a word: also of differences too small to matter, which their size shows."""
    if row["p_adjusted"] >= 1 - LEVEL or not row["difference"]:
        return "not significant"
    good = better(row["indicator"]) * row["difference"]
    return "better" if good > 0 else "worse" if good < 0 else "different"


def in_words(row: dict[Any, Any]) -> str:
    """A difference with its sign and unit, and whether it is better: as short as a label."""
    unit, difference = row["unit"], row["difference"]
    much = words.quantity(abs(difference), unit)
    if not float(much.replace(",", "")):
        return "no difference: 0.0" if not difference else f"less than 0.01 {unit or 'points'}, {row['verdict']}"
    sign = "+" if difference > 0 else "\N{MINUS SIGN}"
    return f"{sign}{much} {unit or 'percentage points'}, {row['verdict']}"


def _differences_title(runs: Sequence[Run], rows_shown: pd.DataFrame) -> str:
    """What becomes of the one headline that differs significantly most often, and then most, in each scenario."""
    head = rows_shown[rows_shown["indicator"].isin(HEADLINE)]
    sure = head[head["verdict"] != "not significant"]["indicator"].value_counts()
    moved = (head["difference"] / head["base"]).abs().groupby(head["indicator"]).sum()
    names = titles(runs)
    if sure.empty:
        return f"No significant difference from {names[runs[0].scenario.name]} in duration, backlog or delay"
    label = max(sure.index, key=lambda one: (sure[one], moved[one]))
    rows = head[head["indicator"] == label].to_dict("records")
    parts = [f"{names[row['scenario']]} {_changes(row)}" for row in rows]
    return f"{rows[0]['title'].capitalize()}: {'; '.join(parts)}"


def _changes(row: dict[Any, Any]) -> str:
    if row["verdict"] == "not significant":
        return "no significant difference"
    return in_words(row)


def _differences_caption(table: pd.DataFrame) -> str:
    sure = significant(table)
    good = sum(better(row["indicator"]) * row["difference"] > 0 for row in sure.to_dict("records"))
    bad = sum(better(row["indicator"]) * row["difference"] < 0 for row in sure.to_dict("records"))
    same = int((table["difference"] == 0).sum())
    exact = f" {same} differ by nothing at all, in any replication." if same else ""
    return (
        "Each row is one number in the other scenario less the same number in the baseline, with the same cases and"
        " common random numbers in both; the further its interval lies from the line at zero, the less random"
        f" variation explains it. Better and worse refer only to what is significant although {len(table)} numbers are"
        f" compared at once: {good} are significantly better and {bad} significantly worse by at least 1%.{exact} All"
        " of them are in the table."
    )


def _differences_table(runs: Sequence[Run], table: pd.DataFrame) -> pd.DataFrame:
    sure = significant(table).index
    shares = table["unit"] == ""
    rounded = {name: table[name].where(shares, table[name].round(2)).round(4) for name in _NUMBERS}
    return pd.DataFrame(
        {
            "scenario": table["scenario"].map(titles(runs)),
            "indicator": table["title"],
            "unit": table["unit"].replace("", "share"),
            **{title: rounded[name] for name, title in _NUMBERS.items()},
            "p, adjusted": table["p_adjusted"].round(4),
            "significant and at least 1%": np.where(table.index.isin(sure), "yes", "no"),
        }
    ).reset_index(drop=True)


_NUMBERS = {
    "base": "baseline", "value": "value", "difference": "difference",
    "low": f"{LEVEL:.0%} from", "high": f"{LEVEL:.0%} to",
}  # fmt: skip


def resolutions(runs: Sequence[Run], cases: Sequence[str] | None = None) -> Figure | None:
    """When each probe is resolved, in each scenario; of the cases that all scenarios have."""
    runs = side_by_side(runs)
    wanted = listed.chosen(runs[0], cases)
    common = [case for case in wanted if all(case in listed.chosen(run, [case]) for run in runs)]
    if not common:
        return None
    parts = [listed.of_cases(run, "resolutions", common).assign(scenario=run.scenario.name) for run in runs]
    table = pd.concat(parts, ignore_index=True)
    names = listed.names(runs[0])
    table = table.assign(case=[names[case].whole for case in table["case"]])
    horizon = min(run.scenario.horizon_days for run in runs)
    return Figure(
        "resolutions",
        _resolutions_title(runs, table),
        _subtitle(runs, "lines hold the central 80% of the replications, symbols are medians"),
        "Each row is a case that is in progress on the first day, each symbol its median day of resolution,"
        " whichever way, in one scenario. Where lines overlap nearly whole, the scenarios differ less than"
        f" single cases differ by random variation. Arrows: resolved later than {runs[0].scenario.horizon} in part of"
        " the replications.",
        charts.resolutions(table, titles(runs), runs[0].scenario.start, horizon),
        _resolutions_table(runs, table),
    )


def _resolutions_title(runs: Sequence[Run], table: pd.DataFrame) -> str:
    """How far the median of any probe moves."""
    base = table[table["scenario"] == runs[0].scenario.name].set_index("case")["median"]
    with np.errstate(invalid="ignore"):
        moved = table.assign(by=table["median"] - table["case"].map(base)).dropna(subset=["by"])
    moved = moved[np.isfinite(moved["by"]) & (moved["scenario"] != runs[0].scenario.name)]
    if moved.empty:
        return f"No median resolution of the {len(base)} cases lies before the horizon in two scenarios"
    most = moved.loc[moved["by"].abs().idxmax()]
    case, name, much = most["case"], most["scenario"], float(most["by"])
    if round(abs(much)) == 0:
        return f"No scenario moves the median resolution of any of the {len(set(moved['case']))} cases by a day"
    way = "earlier" if much < 0 else "later"
    return (
        f"No scenario moves the median of any case by more than {abs(much):.0f} days: {case} is resolved so much {way}"
        f" with {titles(runs)[str(name)]}"
    )


def _resolutions_table(runs: Sequence[Run], table: pd.DataFrame) -> pd.DataFrame:
    start = runs[0].scenario.start
    dates = {
        column: [pd.NaT if np.isinf(time) else pd.Timestamp(days(start, [time])[0]) for time in table[column]]
        for column in ("median", "q10", "q90")
    }
    return pd.DataFrame(
        {
            "case": table["case"],
            "scenario": table["scenario"].map(titles(runs)),
            "median (blank: beyond the horizon)": dates["median"],
            "80% from": dates["q10"],
            "80% to": dates["q90"],
            **{f"within {year}": table[f"within_{year[0]}y"].round(3) for year in ("1 year", "2 years", "3 years")},
        }
    )


def pending(runs: Sequence[Run]) -> Figure:
    """Headline cases in progress over time in each scenario."""
    tables, runs = {}, side_by_side(runs)
    for run in runs:
        table = run.table("backlog")
        tables[run.scenario.name] = table[table["series"] == HEADLINE_CASES]
    names, scenario = titles(runs), runs[0].scenario
    title = cases_of(scenario)
    ends = [f"{words.count(tables[name]['mean'].iloc[-1])} with {names[name]}" for name in names]
    last = tables[scenario.name].iloc[-1]
    frame = {
        "day": pd.to_datetime(days(scenario.start, tables[scenario.name]["time"].tolist())),
        **{f"{names[name]}: {what}": tables[name][column].round(1).tolist()
           for name in names
           for column, what in (("mean", "mean"), ("q10", "80% from"), ("q90", "80% to"))},
    }  # fmt: skip
    return Figure(
        "pending-by-scenario",
        f"{title[0].upper() + title[1:]} in progress on {scenario.horizon}: {words.listing(ends)}",
        _subtitle(runs, BANDS if len(runs) == 2 else f"{BAND}; those of the others are in the table"),
        f"The bands are wide ({last['q10']:.0f} to {last['q90']:.0f} at the end of the baseline)"
        " because one future differs from another. The scenarios are compared future by future, with common random"
        " numbers, so that the differences between the lines are much more precise than the bands.",
        charts.pending(tables, list(names.values()), scenario.start),
        pd.DataFrame(frame),
    )
