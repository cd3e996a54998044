"""Figures of staffing: utilisation, delay due to staffing, and the staff beside the caseload in time."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sim.results.run import Run
from sim.results.summary import HEADLINE
from sim.results.tables import ALL_ROLES, ALL_STAGES
from sim.scenario.expected_staff import expected_staffing
from sim.scenario.staffing import capacity, headcount
from sim.view import words
from sim.view.charts import staffing as charts
from sim.view.charts.style import days
from sim.view.figures.figure import Figure
from sim.view.titles import cases_of

ROLE = "role "
"""Before the name of a role as a column."""
WHISKERS = "whiskers hold the central 80% of the replications"


def role_titles(run: Run) -> dict[str, str]:
    """What people call the roles."""
    return {role: pool.title or role for role, pool in run.scenario.staffing.items()}


def short(title: str) -> str:
    """A title without what stands behind its first comma, for sentences."""
    return title.partition(",")[0]


def short_titles(run: Run) -> dict[str, str]:
    """The same, short enough for axes and sentences."""
    return {role: short(title) for role, title in role_titles(run).items()}


def utilisation(run: Run, roles: Sequence[str] | None = None) -> Figure | None:
    """How busy each role is: work done as a share of the work that its people could have done on cases."""
    table = run.table("utilisation")
    table = table[(table["fte_days_available"] > 0) & table["role"].isin(_chosen(run, roles))]
    if table.empty or not table["value"].any():  # nobody has anything to do: nobody is the busiest
        return None
    titles, table = role_titles(run), table.sort_values("value", ascending=False, ignore_index=True)
    first = table.iloc[0]
    rest = [f"{short(titles[row['role']])} {words.share(row['value'])}" for row in table.iloc[1:].to_dict("records")]
    others = f"; then {words.listing(rest)}" if rest else ""
    return Figure(
        "utilisation",
        f"Busiest: {short(titles[first['role']])}, at {words.share(first['value'])} of the work possible{others}",
        f"{words.of_run(run)} · {WHISKERS}",
        f"The busiest role works at between {words.share(first['q10'])} and {words.share(first['q90'])} of what it"
        " could in eight of ten replications. Nearer to 100%, work queues up and every case slows down; far below it,"
        f" people of that role are not what cases wait for.{_juggling(run)}",
        charts.utilisation(table, short_titles(run)),
        pd.DataFrame(
            {
                "role": table["role"].map(titles),
                "FTE-days possible": table["fte_days_available"].round(0),
                "utilisation": table["value"].round(3),
                "80% from": table["q10"].round(3),
                "80% to": table["q90"].round(3),
            }
        ),
    )


def _juggling(run: Run) -> str:
    """What keeps some roles below 100% although they are fully taken."""
    losing = [role for role, pool in run.scenario.staffing.items() if pool.multitasking and pool.multitasking.loss]
    return (
        " What juggling several cases at once costs counts as not done, so that nobody gets to 100%." if losing else ""
    )


def _chosen(run: Run, roles: Sequence[str] | None) -> list[str]:
    return [role for role in run.scenario.staffing if roles is None or role in roles]


def delay_by_role(run: Run, roles: Sequence[str] | None = None) -> Figure | None:
    """For whom cases wait: the days of delay due to staffing, by the role that they are due to."""
    table = delays(run)
    table = table[table["role"].isin(_chosen(run, roles))]
    if table.empty or not table["value"].any():  # nobody has anything to do: nobody is the busiest
        return None
    titles, table = role_titles(run), table.sort_values("value", ascending=False, ignore_index=True)
    return Figure(
        "delay-by-role",
        bottleneck(run),
        f"{words.of_run(run)} · {WHISKERS}",
        "Delay is what a case takes beyond the time that it would take with unlimited staff; it is due to the role that"
        f" is done, or free, last. {_late(run)}More people shorten cases only where cases wait for them.",
        charts.delay_by_role(table, short_titles(run)),
        pd.DataFrame(
            {
                "role": table["role"].map(titles),
                "days of delay per case": table["value"].round(2),
                "share of the delay": table["share"].round(3),
                "80% from": table["q10"].round(2),
                "80% to": table["q90"].round(2),
            }
        ),
    )


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
    stages = {name: stage.title for name, stage in run.scenario.procedure.stages.items()}
    whole = wide[list(chosen)].sum(axis=1)
    most = [
        f"{words.share(whole[place] / whole.sum())} in {stages[str(wide.loc[place, 'stage'])]}"
        for place in whole.sort_values(ascending=False).index[:2]
    ]
    return Figure(
        "work",
        f"Of the work on cases, {words.listing(most)}",
        f"{words.of_run(run)} · {WHISKERS}",
        f"On average until {run.scenario.horizon} the work of {words.number(whole.sum())} people is done on cases:"
        f" each bar is what one stage takes.{_after(run, wide, whole)} What juggling several cases at once costs, and"
        " time that nobody needed, are in no bar.",
        charts.work(wide, stages, chosen),
        pd.DataFrame(
            {
                "stage": wide["stage"].map(stages),
                **{f"{title}, FTE": wide[role].round(2) for role, title in chosen.items()},
                "in all, FTE": whole.round(2),
                "80% from": wide["q10"].round(2),
                "80% to": wide["q90"].round(2),
            }
        ),
    )


def _after(run: Run, wide: pd.DataFrame, whole: pd.Series) -> str:
    """The share of the work in stages in which a case counts as resolved."""
    after = whole[[run.scenario.procedure.stages[str(stage)].resolved for stage in wide["stage"]]].sum() / whole.sum()
    return f" After the resolution comes {words.share(after)} of it." if after else ""


def staff_over_time(run: Run) -> Figure:
    """The staff by role on the same time axis as the cases in progress."""
    scenario, backlog = run.scenario, run.table("backlog")
    pending = backlog[backlog["series"] == HEADLINE]
    times = np.floor(pending["time"].to_numpy())
    staff = pd.concat(
        [
            pd.DataFrame({"role": role, "time": times, "heads": headcount(pool, scenario.start, times)})
            for role, pool in expected_staffing(scenario).items()
        ],
        ignore_index=True,
    )
    total = staff.groupby("time")["heads"].sum()
    first, last = pending.iloc[0], pending.iloc[-1]
    people = _change("Staff", total.iloc[0], total.iloc[-1], "FTE")
    cases = _change(cases_of(scenario), first["mean"], last["mean"], "")
    joint = "while" if (total.iloc[-1] - total.iloc[0]) * (last["mean"] - first["mean"]) >= 0 else "and"
    return Figure(
        "staff-over-time",
        f"{people} by {scenario.horizon}, {joint} {cases}",
        f"{words.of_run(run)} · the band holds the central 80% of the replications",
        f"Above, the cases in progress; below, on the same time axis, the headcount. {_for_cases(run)}",
        charts.staff_over_time(staff, pending, scenario.start, short_titles(run)),
        _staff_table(run, staff, pending),
    )


def _change(what: str, before: float, after: float, unit: str) -> str:
    """From what to what something changes, as it is printed."""
    old, new = words.count(before), words.count(after)
    unit = f" {unit}" if unit else ""
    plural = what.endswith("s")
    if old == new:
        return f"{what} {'stay' if plural else 'stays'} at {new}{unit}"
    verb = "grow" if after > before else "fall"
    return f"{what} {verb if plural else f'{verb}s'} from {old} to {new}{unit}"


def _for_cases(run: Run) -> str:
    """How much of the staff is available for cases, on average until the horizon."""
    scenario, horizon = run.scenario, run.scenario.horizon_days
    every, pools = np.arange(int(horizon), dtype=float), expected_staffing(scenario).values()
    heads = sum(float(headcount(pool, scenario.start, every).mean()) for pool in pools)
    fte = sum(capacity(pool, scenario.calendar, scenario.start, horizon).fte_days(horizon) / horizon for pool in pools)
    return (
        f"Of {words.count(heads)} people on average {words.count(fte)} FTE are available for cases; other work, slow"
        " seasons and recruits' first months take the rest."
    )


def _staff_table(run: Run, staff: pd.DataFrame, pending: pd.DataFrame) -> pd.DataFrame:
    titles = role_titles(run)
    heads = {titles[str(role)]: rows["heads"].round(1).tolist() for role, rows in staff.groupby("role", sort=False)}
    return pd.DataFrame(
        {
            "day": pd.to_datetime(days(run.scenario.start, pending["time"].tolist())),
            cases_of(run.scenario): pending["mean"].round(1).tolist(),
            "80% from": pending["q10"].tolist(),
            "80% to": pending["q90"].tolist(),
            **heads,
        }
    )
