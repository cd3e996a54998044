"""Figures of staffing: utilisation, delay due to staffing, and the staff beside the caseload in time."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from sim.results.run import Run
from sim.results.summary import HEADLINE, Floats
from sim.results.tables import ALL_ROLES, ALL_STAGES
from sim.scenario.expected_staff import expected_staffing
from sim.scenario.staffing import capacity, headcount
from sim.view import words
from sim.view.charts.bars import bars
from sim.view.charts.curves import curves
from sim.view.charts.looks import SLATE, Look, looks
from sim.view.charts.stacks import stacked
from sim.view.charts.style import days
from sim.view.figures.figure import Figure
from sim.view.figures.listed import as_shown, change, place_titles, subject
from sim.view.titles import cases_of

ROLES = {
    "role": "role", "value": "days of delay per case", "share": "share of the delay", "q10": "delay, 80% from",
    "q90": "delay, 80% to", "fte_days_available": "FTE-days possible", "value busy": "utilisation",
    "q10 busy": "utilisation, 80% from", "q90 busy": "utilisation, 80% to",
}  # fmt: skip
"""Columns of the table of roles, as they are called."""
ROLE = "role "
"""Before the name of a role as a column."""


def role_titles(run: Run) -> dict[str, str]:
    """What people call the roles."""
    return {role: pool.title or role for role, pool in run.scenario.staffing.items()}


def short(title: str) -> str:
    """A title without what stands behind its first comma, for sentences."""
    return title.partition(",")[0]


def short_titles(run: Run) -> dict[str, str]:
    """The same, short enough for axes and sentences."""
    return {role: short(title) for role, title in role_titles(run).items()}


def delay_by_role(run: Run, roles: Sequence[str] | None = None) -> Figure | None:
    """For whom cases wait, and how busy they are: the delay due to each role, and the share of its possible work done.

    None if nobody has anything to do.
    """
    titles = short_titles(run)
    delay, busy = delays(run), run.table("utilisation")
    delay = delay[delay["role"].isin(_chosen(run, roles))].sort_values("value", ascending=False)
    busy = busy[(busy["fte_days_available"] > 0) & busy["role"].isin(_chosen(run, roles))]
    busy = busy.sort_values("value", ascending=False)
    panels = {
        "Days that a case waits for them": _bars(delay, titles, lambda days: f"{words.count(days)} days"),
        "Share of capacity used": _bars(busy, titles, words.share),
    }
    panels = {heading: rows for heading, rows in panels.items() if rows["value"].any()}
    if not panels:
        return None
    return Figure(
        "delay-by-role",
        f"{bottleneck(run)}{_busiest(busy, titles)}",
        f"{words.of_run(run)} · whiskers: middle 80%",
        f"Delay is put down to the role that is done, or free, last. {_late(run)}Near 100% work queues up; far below"
        " it, cases hardly wait.",
        bars(panels, {ROLE: Look("", SLATE[0])}),
        as_shown(
            delay.merge(busy, on="role", how="outer", suffixes=("", " busy"))
            .sort_values("value", ascending=False)
            .assign(role=lambda table: table["role"].map(role_titles(run))),
            ROLES,
            3,
        ),
    )


def _bars(table: pd.DataFrame, titles: dict[str, str], written: Callable[[float], str]) -> pd.DataFrame:
    """A bar for each role, with its value in words."""
    texts = [written(value) for value in table["value"]]
    return pd.DataFrame({"row": table["role"].map(titles), "series": ROLE, "value": table["value"], "low": table["q10"],
                         "high": table["q90"], "text": texts})  # fmt: skip


def _busiest(busy: pd.DataFrame, titles: dict[str, str]) -> str:
    """Who is busiest, to end a sentence with."""
    if busy.empty or not busy["value"].any():
        return ""
    first = busy.iloc[0]
    return f"; busiest: {titles[first['role']]} ({words.share(first['value'])})"


def _chosen(run: Run, roles: Sequence[str] | None) -> list[str]:
    return [role for role in run.scenario.staffing if roles is None or role in roles]


def delays(run: Run, stage: str = ALL_STAGES) -> pd.DataFrame:
    """The delay by role in one stage, or in all of them. Empty without any delay."""
    table = run.table("delay_by_role")
    table = table[(table["stage"] == stage) & np.isfinite(table["share"])]
    some: pd.DataFrame = table if table["value"].max() > 0 else table.iloc[:0]
    return some


def bottleneck(run: Run) -> str:
    """Who is waited for most, in a sentence without its full stop."""
    table, titles = delays(run).sort_values("value", ascending=False), short_titles(run)
    if table.empty:
        return "No case waits for staff"
    return f"Of the delay due to staffing, {_shares(table, titles)}"


def _shares(table: pd.DataFrame, titles: dict[str, str]) -> str:
    """The shares of the delay of at least 1%, the largest first."""
    (share, whom), *others = [
        (words.share(row["share"]), f"for {titles[row['role']]}")
        for row in table.to_dict("records")
        if row["share"] >= 0.01
    ]
    return words.listing([f"{share} is {whom}", *(" ".join(other) for other in others)])


def _late(run: Run) -> str:
    """Who is waited for in the last stage before cases are resolved."""
    stage, titles = run.layout.open_stages[-1], short_titles(run)
    table = delays(run, stage).sort_values("value", ascending=False)
    if table.empty or len(run.layout.open_stages) == 1:
        return ""
    return f"In {run.scenario.procedure.stages[stage].title}, {_shares(table, titles)}. "


def work(run: Run, roles: Sequence[str] | None = None) -> Figure | None:
    """What the staff works on: people at work in each stage, by role, the stages after the resolution included."""
    table, titles = run.table("effort"), short_titles(run)
    whole_stage = table[table["role"] == ALL_ROLES].set_index("stage")
    table = table[table["role"].isin(_chosen(run, roles))]
    if table.empty:
        return None
    by_role = table.pivot_table("value", "stage", "role", sort=False, fill_value=0.0)
    wide = by_role.add_prefix(ROLE).reset_index()  # a role may be called as another column
    chosen = {f"{ROLE}{role}": titles[role] for role in titles if role in by_role}
    for bound in ("q10", "q90"):  # known of all roles together only
        wide[bound] = wide["stage"].map(whole_stage[bound]) if roles is None else wide[list(chosen)].sum(axis=1)
    wide["row"] = wide["stage"].map(place_titles(run))
    whole = wide[list(chosen)].sum(axis=1)
    most = [
        f"{words.share(whole[place] / whole.sum())} in {wide.loc[place, 'row']}"
        for place in whole.sort_values(ascending=False).index[:2]
    ]
    return Figure(
        "work",
        f"Work on cases by stage: {words.listing(most)}",
        f"{words.of_run(run)} · whiskers: middle 80%",
        f"Work on cases takes {words.number(whole.sum())} full-time staff on average.{_after(run, wide, whole)} The"
        f" cost of"
        " juggling several cases, and idle time, are not shown.",
        stacked(
            wide.assign(low=wide["q10"], high=wide["q90"], text=[words.number(fte) for fte in whole]),
            looks(chosen, SLATE),
            axis="people at work, FTE on average",
        ),
        as_shown(
            wide.assign(whole=whole),
            {
                "row": "stage",
                **{role: f"{title}, FTE" for role, title in chosen.items()},
                "whole": "in all, FTE",
                "q10": "80% from",
                "q90": "80% to",
            },
            2,
        ),
    )


def _after(run: Run, wide: pd.DataFrame, whole: pd.Series) -> str:
    """The share of the work in stages in which a case counts as resolved."""
    after = whole[[run.scenario.procedure.stages[str(stage)].resolved for stage in wide["stage"]]].sum() / whole.sum()
    return f" {words.share(after)} of it comes after resolution." if after else ""


def staff_over_time(run: Run) -> Figure:
    """The people and what of them is available for cases, on the same time axis as the cases in progress."""
    scenario, backlog = run.scenario, run.table("backlog")
    table = backlog[backlog["series"] == HEADLINE].reset_index(drop=True)
    times = np.floor(table["time"].to_numpy())
    heads = {role: headcount(pool, scenario.start, times) for role, pool in expected_staffing(scenario).items()}
    day = pd.to_datetime(pd.Series(days(scenario.start, table["time"].tolist())))
    people, fte, cases = pd.Series(np.sum(list(heads.values()), axis=0)), _available(run, times), table["mean"]
    panels = {
        f"{subject(run)} in progress": _line("cases", day, cases).assign(low=table["q10"], high=table["q90"]),
        "Staff": pd.concat([_line("people", day, people), _line("fte", day, fte)], ignore_index=True),
    }
    look = {"cases": Look("in progress"), "people": Look("people", SLATE[0])}
    look["fte"] = Look("FTE for cases", SLATE[1], dash="dash")
    shown = {"day": day, cases_of(scenario): cases, "80% from": table["q10"], "80% to": table["q90"]}
    shown |= {"people": people, "FTE available for cases": fte}
    called = {name: name for name in shown} | {f"{ROLE}{role}": title for role, title in role_titles(run).items()}
    shown |= {f"{ROLE}{role}": pd.Series(each) for role, each in heads.items()}
    return Figure(
        "staff-over-time",
        f"Until {words.month_of(scenario.horizon)} staff {change(people.iloc[0], people.iloc[-1], plural=False)}"
        f" people, and {cases_of(scenario)} {change(cases.iloc[0], cases.iloc[-1])}",
        f"{words.of_run(run)} · line: mean; band: middle 80%",
        _staff_caption(run, people.mean(), fte.mean()),
        curves(panels, look),
        as_shown(pd.DataFrame(shown), called),
    )


def _line(series: str, day: pd.Series, values: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"series": series, "x": day, "y": values, "low": np.nan, "high": np.nan,
                         "end": values.map(words.whole)})  # fmt: skip


def _available(run: Run, times: Floats) -> pd.Series:
    """FTE that are available for cases, on average over the time up to the next of these times, or to the horizon."""
    scenario, horizon = run.scenario, run.scenario.horizon_days
    pools = [capacity(p, scenario.calendar, scenario.start, horizon) for p in expected_staffing(scenario).values()]
    ends = np.append(times[1:], max(horizon, times[-1] + 1))
    spans = [(since, until) for since, until in zip(times, ends, strict=True)]
    each = [sum(pool.fte_days(until, since) for pool in pools) / (until - since) for since, until in spans]
    return pd.Series(each, dtype=float)


def _staff_caption(run: Run, people: float, fte: float) -> str:
    """How the people that the scenario names, those that are expected, and what is left for cases hang together."""
    expected, left = words.whole(people), words.whole(fte)
    if left == expected:
        return f"All {expected} people on average are available for cases."
    return (
        f"Of {expected} people on average, {left} full-time equivalents (FTE) are left for cases: other work, slow"
        " seasons and first months take the rest."
    )
