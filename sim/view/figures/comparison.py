"""Figures of scenarios side by side; the first is what the others are compared with, simulation by simulation."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from sim.dates import date_after
from sim.experiments.compare import compare, significant
from sim.experiments.pairing import check_paired
from sim.results.catalogue import by_label
from sim.results.run import Run
from sim.results.statistics import LEVEL, mean_interval
from sim.view import words
from sim.view.charts.intervals import intervals
from sim.view.charts.looks import Look
from sim.view.charts.style import INK, PALETTE
from sim.view.figures import listed
from sim.view.figures.figure import Figure
from sim.view.titles import cases_of

HEADLINE = ("delay_per_case", "disposition_time", "pending_end", "age_end", "resolved", "fte_years")
"""Indicators that are always shown, whether they differ or not."""
CASES = "cases"
COUNTS = (CASES, "a year")
"""Units of numbers of cases: with more cases coming in there are more of them, which is neither better nor worse."""
NUMBERED = "#"
"""Before the number of a run with the name of another one; no scenario has it in its name."""
NOT_SURE = "no significant difference"
MOST_ROWS, MOST_PANELS = 14, 6
"""Differences in a figure from one scenario, and those in which several are compared; the others are in the table."""
BETTER, WORSE, DIFFERENT, UNSURE = "better", "worse", "different", "not significant"
VERDICTS = {
    BETTER: Look(BETTER, PALETTE[0], symbol="triangle-up"),
    WORSE: Look(WORSE, PALETTE[5], symbol="triangle-down"),
    DIFFERENT: Look("neither better nor worse", INK, symbol="diamond"),
    UNSURE: Look(UNSURE, "#767676", symbol="circle-open"),
}
"""What a difference is, and its looks."""


def distinct(runs: Sequence[Run]) -> list[Run]:
    """The runs, no two with the same name or the same title.

    Those are numbered whose scenario is called like an earlier one: the same file run with other settings. Scenarios
    that only share a title, as one that has it from the file that it extends, have their names behind it.
    """
    names = [run.scenario.name for run in runs]
    numbers = [names[:place].count(name) + 1 for place, name in enumerate(names)]
    titles = [
        f"{words.called(run.scenario)} ({number})" if number > 1 else words.called(run.scenario)
        for run, number in zip(runs, numbers, strict=True)
    ]
    made = []
    for run, number, title in zip(runs, numbers, titles, strict=True):
        name = f"{run.scenario.name}{NUMBERED}{number}" if number > 1 else run.scenario.name
        whole = f"{title} ({name})" if titles.count(title) > 1 else title
        changed = {"name": name, "title": whole}
        same = (name, whole) == (run.scenario.name, words.called(run.scenario))
        made.append(run if same else replace(run, scenario=run.scenario.model_copy(update=changed)))
    return made


def _paired(runs: Sequence[Run]) -> list[Run]:
    """Distinct runs that can be compared simulation by simulation. Raises UserError for others."""
    check_paired([run.scenario for run in runs])
    return distinct(runs)


def _titles(runs: Sequence[Run]) -> dict[str, str]:
    """The scenarios' titles by name."""
    return {run.scenario.name: words.called(run.scenario) for run in runs}


def _subtitle(runs: Sequence[Run]) -> str:
    first, *others = _titles(runs).values()
    together = ", for all scenarios together" if len(others) > 1 else ""
    return (
        f"{words.listing(others)} minus {first} · {runs[0].replications:,} simulations of each, compared one by one ·"
        f" lines: {LEVEL:.0%} confidence{together}"
    )


def differences(runs: Sequence[Run]) -> Figure | None:
    """What differs from the first scenario: paired differences with their confidence intervals.

    Raises UserError for runs that cannot be paired.
    """
    runs = distinct(runs)
    table = _named(runs, compare(runs).table)
    table = table.assign(verdict=_verdicts(table))
    rows = _rows_to_draw(runs[0], table)
    if rows.empty:
        return None
    of = {"indicator": table["title"], "unit": table["unit"].replace("", "share")}
    data = _data(table, _titles(runs), of)
    data["p, adjusted"] = table["p_adjusted"].round(4).to_numpy()
    data["significant and at least 1%"] = np.where(table.index.isin(significant(table).index), "yes", "no")
    return Figure(
        "differences",
        _differences_title(runs, rows),
        _subtitle(runs),
        _differences_caption(table),
        intervals(_panels(_drawn(rows, len(runs) > 2), _titles(runs)), VERDICTS, rule=0, apart=0, clip=True),
        data,
    )


def _named(runs: Sequence[Run], table: pd.DataFrame) -> pd.DataFrame:
    """The table with cases called as people call them in the titles of the indicators that are of single ones."""
    called = {case: name.whole for run in reversed(runs) for case, name in listed.names(run).items()}

    def title(label: str, given: str) -> str:
        name, _, key = label.partition(":")
        known = by_label(name)
        return f"{known.title}, {called[key]}" if known.of == ("case",) and key in called else given

    return table.assign(title=[title(*row) for row in zip(table["indicator"], table["title"], strict=True)])


def _verdicts(table: pd.DataFrame) -> list[str]:
    """The verdict on each difference, also on those too small to matter, which their size shows."""
    sure = table["p_adjusted"].lt(1 - LEVEL) & table["difference"].ne(0)
    grown = set(table.loc[sure & table["indicator"].str.partition(":")[0].eq("incoming"), "scenario"])
    return [
        _verdict(row, row["scenario"] in grown) if known else UNSURE
        for row, known in zip(table.to_dict("records"), sure, strict=True)
    ]


def _verdict(row: Mapping[Any, Any], other_cases: bool) -> str:
    """The verdict on a significant difference; `other_cases`: whether more or fewer cases come in than before."""
    good = by_label(row["indicator"]).better * row["difference"]
    if not good or (other_cases and row["unit"] in COUNTS):
        return DIFFERENT
    return BETTER if good > 0 else WORSE


def _rows_to_draw(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """The headline's rows, and of the significant others those of most days in stages in which cases are open."""
    resolved = set(run.layout.stages) - set(run.layout.open_stages)
    is_open = ~table["indicator"].str.partition(":")[2].isin(resolved)
    chosen = table.index.isin(significant(table).index) & table["verdict"].isin([BETTER, WORSE]) & is_open
    most = MOST_ROWS - len(HEADLINE) if len(set(table["scenario"])) == 1 else 0
    parts = []
    for _, mine in table[table["unit"].eq("days") | table["base"].ne(0)].groupby("scenario", sort=False):
        head = mine.set_index("indicator", drop=False).reindex(HEADLINE).dropna(subset="title")
        others = mine[chosen[mine.index] & mine["unit"].eq("days") & ~mine["indicator"].isin(HEADLINE)]
        size = others["difference"].abs().sort_values(ascending=False)
        parts.append(pd.concat([head, others.loc[size.index[:most]]]))
    return pd.concat(parts, ignore_index=True) if parts else table.iloc[:0]


def _panels(rows: pd.DataFrame, titles: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Rows by the heading of their panel, in their order: of one other scenario those of their column `panel`.

    Several scenarios have a panel for each row, at most so many, and stand in it one below the other.
    """
    if len(titles) > 2:
        rows = rows.assign(row=rows["scenario"].map(titles), panel=rows["heading"])
    return {str(key): own for key, own in islice(rows.groupby("panel", sort=False), MOST_PANELS)}


def _drawn(rows: pd.DataFrame, several: bool) -> pd.DataFrame:
    """Differences as they are drawn: days in days, other numbers of one scenario in per cent of the baseline."""
    relative = rows["unit"].ne("days") & (not several)
    size = rows["base"].abs().where(relative, 100) / 100
    unit = rows["unit"].map({"a year": ""}).fillna(", " + rows["unit"])
    moved = [_moved(by, what) for by, what in rows[["difference", "unit"]].to_numpy()]
    judged = rows["difference"].ne(0) & rows["verdict"].ne(DIFFERENT)
    return rows.assign(
        row=rows["title"], note=pd.Series(moved, rows.index) + (", " + rows["verdict"]).where(judged, ""),
        series=rows["verdict"],
        heading=rows["title"] + unit,
        panel=relative.map({True: "change in % of the baseline", False: "change in days"}),
        value=rows["difference"] / size, low=rows["low"] / size, high=rows["high"] / size,
    ).sort_values("panel", key=lambda panel: panel.ne("change in days"), kind="stable")  # fmt: skip


def _moved(by: float, unit: str, ways: tuple[str, str] = ("less", "more"), same: str = "no difference") -> str:
    """A difference in words."""
    much = words.quantity(abs(by), unit)
    much = much if float(much.replace(",", "")) else "under 0.01"
    counted = "" if unit == CASES else f" {unit or 'percentage points'}"
    return f"{much}{counted} {ways[by > 0]}" if by else same


def _differences_title(runs: Sequence[Run], rows: pd.DataFrame) -> str:
    """What becomes of the one headline that differs significantly most often, and then most, in each scenario."""
    head, names = rows[rows["indicator"].isin(HEADLINE)], _titles(runs)
    sure = head[head["verdict"] != UNSURE]["indicator"].value_counts()
    if sure.empty:
        return f"No significant difference from {names[runs[0].scenario.name]} in duration, backlog or delay"
    moved = (head["difference"] / head["base"]).abs().groupby(head["indicator"]).sum()
    label = max(sure.index, key=lambda one: (sure[one], moved[one]))
    told = head[head["indicator"] == label].to_dict("records")
    parts = [
        f"{NOT_SURE if row['verdict'] == UNSURE else _moved(row['difference'], row['unit'])} with"
        f" {words.quoted(names[row['scenario']])}"
        for row in told
    ]
    return f"{words.sentence(told[0]['title'])}: {'; '.join(parts)}"


def _differences_caption(table: pd.DataFrame) -> str:
    counted = significant(table)["verdict"].value_counts()
    return (
        "All scenarios meet the same cases and the same luck. “Significant” allows for"
        f" {len(table)} numbers being compared at once: {counted.get(BETTER, 0)} are better and {counted.get(WORSE, 0)}"
        " worse by 1% or more; the table has all."
    )


_ENDS = {"low": f"{LEVEL:.0%} from", "high": f"{LEVEL:.0%} to"}
_NUMBERS = {"base": "baseline", "value": "value", "difference": "difference", **_ENDS}


def _data(table: pd.DataFrame, titles: Mapping[str, str], of: Mapping[str, Any]) -> pd.DataFrame:
    """Differences as readers get them: of which scenario and what, and the numbers; shares have more digits."""
    digits = table["unit"].eq("").map({True: 4, False: 2})
    numbers = {
        title: [round(value, n) for value, n in zip(table[name], digits, strict=True)]
        for name, title in _NUMBERS.items()
    }
    return pd.DataFrame({"scenario": table["scenario"].map(titles), **of, **numbers}).reset_index(drop=True)


def _ways(less: str, more: str) -> dict[str, Look]:
    """The looks of shifts to either side."""
    left, right = Look(less, PALETTE[0], symbol="triangle-left"), Look(more, PALETTE[5], symbol="triangle-right")
    return {less: left, more: right, UNSURE: VERDICTS[UNSURE]}


EARLIER, FEWER = ("earlier", "later"), ("fewer", "more")


def resolutions(runs: Sequence[Run], cases: Sequence[str] | None = None) -> Figure | None:
    """By how many days the resolution of each case moves; of the cases that all scenarios have. None without any.

    Raises UserError for runs that cannot be paired.
    """
    runs = _paired(runs)
    wanted = listed.chosen(runs[0], cases)
    common = [case for case in wanted if all(case in listed.chosen(run, [case]) for run in runs)]
    if not common or len(runs) == 1:
        return None
    table = compare(runs, [f"resolution:{case}" for case in common]).table
    names, titles = listed.names(runs[0]), _titles(runs)
    table["row"] = [names[label.partition(":")[2]].whole for label in table["indicator"]]
    rows = _shifts(table, table["p_adjusted"].lt(1 - LEVEL), "days", EARLIER, "on the same day")
    most = rows["value"].abs().groupby(rows["row"]).transform("max")
    drawn = rows.assign(most=-most).sort_values("value" if len(runs) == 2 else "most", kind="stable")
    return Figure(
        "resolutions",
        _resolutions_title(drawn, titles),
        _subtitle(runs),
        "Mean change in the day on which a case is resolved, whatever the outcome; anything after"
        f" {words.month_of(runs[0].scenario.horizon)} counts as then. “Significant” allows for {len(rows)} being"
        f" compared at once.{' The largest changes are shown.' if len(runs) > 2 else ''}",
        intervals(_panels(drawn, titles), _ways(*EARLIER), axis="days", rule=0, apart=0, clip=True),
        _data(table.loc[drawn.index], titles, {"case": drawn["row"], "unit": "days"}),
    )


def _shifts(table: pd.DataFrame, sure: "pd.Series[bool]", unit: str, ways: tuple[str, str], same: str) -> pd.DataFrame:
    """Differences as they are drawn: to which side, and how much in words."""
    side = np.where(table["difference"] < 0, *ways)
    note = [_moved(round(by, 2), unit, ways, same) for by in table["difference"]]
    series = np.where(sure & table["difference"].ne(0), side, UNSURE)
    return table.assign(value=table["difference"], series=series, note=note, heading=table["row"], panel="")


def _resolutions_title(rows: pd.DataFrame, titles: Mapping[str, str]) -> str:
    """How many cases move, and which one most."""
    cases, sure = words.plural(rows["row"].nunique(), "case"), rows[rows["series"] != UNSURE]
    if sure.empty:
        return f"None of {cases} is resolved significantly earlier or later"
    most = sure.to_dict("records")[int(sure["value"].abs().to_numpy().argmax())]
    moved, ways = sure["row"].nunique(), " or ".join(sorted(set(sure["series"])))
    which = f"{most['row']}, with {words.quoted(titles[most['scenario']])}"
    return (
        f"{moved} of {cases} {'is' if moved == 1 else 'are'} resolved {ways}, by up to"
        f" {words.quantity(abs(most['value']), 'days')} days ({which})"
    )


def pending(runs: Sequence[Run]) -> Figure | None:
    """By how many the headline cases in progress differ after each year; None for a single run.

    Raises UserError for runs that cannot be paired.
    """
    runs = _paired(runs)
    if len(runs) == 1:
        return None
    titles, scenario = _titles(runs), runs[0].scenario
    found = pd.concat([_open_apart(run, runs[0], len(runs) - 1) for run in runs[1:]], ignore_index=True)
    rows = _shifts(found, (found["low"] > 0) | (found["high"] < 0), CASES, FEWER, "as many")
    ends = [
        f"{NOT_SURE if row['series'] == UNSURE else row['note']} with {words.quoted(titles[row['scenario']])}"
        for row in rows.groupby("scenario", sort=False).tail(1).to_dict("records")
    ]
    cases = cases_of(scenario)
    return Figure(
        "pending-by-scenario",
        f"{words.sentence(cases)} in progress in {words.month_of(scenario.horizon)}: {words.listing(ends)}",
        _subtitle(runs),
        f"Mean difference in the number of {cases} in progress on the day. Where a line reaches zero, it may be"
        f" chance.",
        intervals(_panels(rows, titles), _ways(*FEWER), axis="in progress", rule=0, apart=0),
        _data(found, titles, {"day": pd.to_datetime(found["day"])}),
    )


def _open_apart(run: Run, base: Run, others: int) -> pd.DataFrame:
    """Headline cases in progress after each year less those of the baseline, paired; intervals hold for all others."""
    ours, theirs = (
        one.data["open_on"].transpose("date", "replication").to_numpy().astype(float) for one in (run, base)
    )
    per_draw, level = base.scenario.replications_per_draw, 1 - (1 - LEVEL) / others
    apart = pd.DataFrame([mean_interval(one, per_draw, level) for one in ours - theirs])
    day = [date_after(base.scenario.start, time) for time in base.layout.dates]
    return apart.rename(columns={"value": "difference"}).assign(
        scenario=run.scenario.name, day=day, row=[words.month_of(one) for one in day], base=theirs.mean(axis=1),
        value=ours.mean(axis=1), unit=CASES,
    )  # fmt: skip
