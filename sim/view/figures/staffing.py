"""Figures of staffing: utilisation, delay due to staffing, and the staff beside the caseload in time."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sim.results.run import Run
from sim.results.summary import HEADLINE
from sim.results.tables import ALL_ROLES, ALL_STAGES
from sim.scenario.schema import Scenario
from sim.scenario.staffing import headcount, productive
from sim.scenario.wording import short
from sim.view import words
from sim.view.charts.bars import bars
from sim.view.charts.curves import curves
from sim.view.charts.looks import SLATE, Look, looks
from sim.view.charts.stacks import stacked
from sim.view.charts.style import days
from sim.view.figures.figure import Figure
from sim.view.figures.listed import BOUNDS, as_shown, change, headline_change, place_titles, subject
from sim.view.titles import cases_of

ROLES = {
    "role": "role", "value": "days of delay per case", "share": "share of the delay", "q10": "delay, 80% from",
    "q90": "delay, 80% to", "fte_days_available": "FTE-days possible", "value busy": "utilisation",
    "q10 busy": "utilisation, 80% from", "q90 busy": "utilisation, 80% to",
}  # fmt: skip
"""Columns of the table of roles, as they are called."""
ROLE = "role "
"""Before the name of a role as a column."""
WHOLE = {"whole": "in all, FTE", **BOUNDS}
"""Further columns of the table of work."""
OVER_TIME = {
    "cases": Look("in progress"),
    "people": Look("full-time staff", SLATE[0]),
    "fte": Look("available for cases", SLATE[1], dash="dash"),
}


def role_titles(run: Run) -> dict[str, str]:
    """What people call the roles."""
    return {role: pool.title or role for role, pool in run.scenario.staffing.items()}


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
    drawn = {
        "Days that a case waits for them": delay.assign(text=[f"{words.count(days)} days" for days in delay["value"]]),
        "Share of capacity used": busy.assign(text=busy["value"].map(words.share)),
    }
    panels = {
        heading: rows.rename(columns={"q10": "low", "q90": "high"}).assign(series=ROLE, row=rows["role"].map(titles))
        for heading, rows in drawn.items()
        if rows["value"].any()
    }
    if not panels:
        return None
    return Figure(
        "delay-by-role",
        f"{bottleneck(run)}{_busiest(busy, titles)}",
        f"{words.of_run(run)} · whiskers: middle 80%",
        "A delay is attributed to the role that finishes, or becomes free, last. Near 100% work queues up; far below"
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
    after = whole[[run.scenario.procedure.stages[stage].resolved for stage in wide["stage"]]].sum() / whole.sum()
    said = f" {words.share(after)} of it comes after resolution." if after else ""
    most = [
        f"{words.share(whole[place] / whole.sum())} in {wide.loc[place, 'row']}"
        for place in whole.sort_values(ascending=False).index[:2]
    ]
    return Figure(
        "work",
        f"Work on cases by stage: {words.listing(most)}",
        f"{words.of_run(run)} · whiskers: middle 80%",
        f"Work on cases takes {words.number(whole.sum())} full-time staff on average.{said} The cost of juggling"
        " several cases, and idle time, are not shown.",
        stacked(
            wide.assign(low=wide["q10"], high=wide["q90"], text=[words.number(fte) for fte in whole]),
            looks(chosen, SLATE),
            axis="full-time staff at work on average",
        ),
        as_shown(
            wide.assign(whole=whole),
            {"row": "stage"} | {role: f"{title}, FTE" for role, title in chosen.items()} | WHOLE,
            2,
        ),
        numbers="fte_days",
    )


def staff_over_time(run: Run) -> Figure:
    """The full-time staff and what of it is available for cases, on the same time axis as the cases in progress."""
    backlog, staff = run.table("backlog"), run.table("staff")
    table = backlog[backlog["series"] == HEADLINE].reset_index(drop=True)
    whole = staff[staff["role"] == ALL_ROLES].reset_index(drop=True)
    day, heading = days(run.scenario.start, table["time"]), subject(run)
    cases, people, fte = (
        pd.DataFrame({"series": name, "x": day, "y": values, "low": np.nan, "high": np.nan,
                      "end": values.map(words.whole)})
        for name, values in (("cases", table["mean"]), ("people", whole["people"]), ("fte", whole["fte"]))
    )  # fmt: skip
    panels = {
        f"{heading} in progress": cases.assign(low=table["q10"], high=table["q90"]),
        "Staff": pd.concat([people, fte], ignore_index=True),
    }
    by_role = staff[staff["role"] != ALL_ROLES].pivot_table("people", "time", "role", sort=False)
    data = table.assign(day=day, people=whole["people"], fte=whole["fte"]).join(by_role.add_prefix(ROLE), on="time")
    called = {"day": "day", "mean": cases_of(run.scenario), **BOUNDS, "people": "full-time staff"}
    called["fte"] = "full-time staff available for cases"
    called |= {f"{ROLE}{role}": title for role, title in role_titles(run).items()}
    first, last = people["y"].iloc[0], people["y"].iloc[-1]
    return Figure(
        "staff-over-time",
        f"Until {words.month_of(run.scenario.horizon)} the number of full-time staff {change(first, last)}, and"
        f" {headline_change(run)}",
        f"{words.of_run(run)} · line: mean; band: middle 80%",
        _staff_caption(run.scenario, people["y"].mean(), fte["y"].mean()),
        curves(panels, OVER_TIME),
        as_shown(data, called),
        numbers="headcount",
    )


def _staff_caption(scenario: Scenario, people: float, fte: float) -> str:
    """How many of the staff are left for cases on average, and what takes the rest."""
    expected, left = words.whole(people), words.whole(fte)
    if left == expected:
        return f"All {expected} full-time staff on average are available for cases."
    pools, time = scenario.staffing.values(), np.arange(scenario.horizon_days, dtype=np.float64)
    others = {
        "other work": any(min(pool.casework_share.values()) < 1 for pool in pools),
        "slow seasons": bool(scenario.calendar.slow),
        "the first months of new staff": sum(
            (headcount(pool, scenario.start, time) - productive(pool, scenario.start, time)).mean() for pool in pools
        )
        >= words.HALF,
    }
    rest = words.listing(what for what, takes in others.items() if takes)
    goes = f" The rest goes to {rest}." if rest else ""
    return f"Of {expected} full-time staff on average, {left} are available for cases.{goes}"
