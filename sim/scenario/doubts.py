"""What is legal in a scenario but hardly meant. No errors: a what-if may ask for each of these things.

The command line tells them as notes, and `Scenario.notes` gives them.
"""

from collections.abc import Iterator, Mapping, Set
from datetime import date
from math import inf

import numpy as np

from sim.dates import YEAR_DAYS, days_between
from sim.scenario.cycles import targets_of
from sim.scenario.distributions import Distribution
from sim.scenario.feasible import last_days
from sim.scenario.findings import Finding, Path_
from sim.scenario.names import all_steps
from sim.scenario.schema import AnyStep, Effort, RandomArrivals, RandomWaves, Scenario, Stage, Team

WEEK = 7
"""Days by which working days may be longer than their share of the year, as weekends and holidays fall."""


def doubts(scenario: Scenario) -> list[Finding]:
    """All that is legal in a scenario but hardly meant, in no particular order."""
    return [
        *_teams_that_cannot_start(scenario),
        *_without_work(scenario),
        *_tables_that_begin_later(scenario),
        *_arrivals_after_the_horizon(scenario),
        *_waves_of_another_size(scenario),
        *_forks_of_strands(scenario),
        *_last_draw(scenario),
        *_hindsight(scenario),
        *_stages_that_end_at_once(scenario),
    ]


def _teams_that_cannot_start(scenario: Scenario) -> Iterator[Finding]:
    """Teams that from some day on cannot be complete until the horizon: nobody may ask for them from then on."""
    for path, _, _, last in last_days(scenario):
        if last is not None:
            yield Finding(
                (*path, "fte"),
                f"the team cannot start after {last}, since its people are too few from then on: a case that needs it"
                " waits until the horizon, and so do those behind it who need the same people",
            )


def _without_work(scenario: Scenario) -> Iterator[Finding]:
    """Steps of effort that ask nobody for anything and take no time."""
    for stage_name, stage in scenario.procedure.stages.items():
        for path, steps in all_steps(stage, ("procedure", "stages", stage_name)):
            for name, step in steps.items():
                if not isinstance(step, Effort) or step.at_least:
                    continue
                if not any(value.mean_value() for value in step.fte_days.values()):
                    yield Finding((*path, name, "fte_days"), "is 0 for all roles, and so the step does nothing")


def _tables_that_begin_later(scenario: Scenario) -> Iterator[Finding]:
    """Dated numbers whose first date lies after the first day: the first number holds before it, too.

    Meant is probably a change on that date, from what another file says; but a table replaces the whole table.
    """
    for path, table in _dated(scenario):
        first = min(table)
        if first > scenario.start:
            number = f"{table[first]:.9g}"
            until = "0" if path[0] == "arrivals" else "..."
            yield Finding(
                path,
                f"begins on {first}, after the first day: {number} holds from the first day on; to change it then,"
                f" write what holds until then too, as {{{scenario.start}: {until}, {first}: {number}}}",
            )


def _dated(scenario: Scenario) -> Iterator[tuple[Path_, Mapping[date, float]]]:
    """The numbers by date, each with its path."""
    for role, pool in scenario.staffing.items():
        yield ("staffing", role, "headcount"), pool.headcount
        yield ("staffing", role, "casework_share"), pool.casework_share
    for name, stream in scenario.arrivals.items():
        if isinstance(stream, RandomArrivals | RandomWaves):
            yield ("arrivals", name, "per_year"), stream.per_year


def _arrivals_after_the_horizon(scenario: Scenario) -> Iterator[Finding]:
    for name, probe in scenario.probes.items():
        if probe.arrives and probe.arrives > scenario.horizon:
            yield Finding(
                ("probes", name, "arrives"),
                f"{probe.arrives} is after the horizon, {scenario.horizon}: the case never comes",
            )


def _waves_of_another_size(scenario: Scenario) -> Iterator[Finding]:
    """Waves whose size is on average more than there are platforms, or less than one."""
    for name, stream in scenario.arrivals.items():
        if isinstance(stream, RandomWaves) and not 1 <= (size := stream.size.mean_value()) <= len(stream.platforms):
            most = len(stream.platforms)
            message = f"is {size:.3g} on average; but a wave has at least one case, and at most one on each of {most}"
            yield Finding(("arrivals", name, "size"), f"{message} platform{'s' * (most > 1)}")


def _forks_of_strands(scenario: Scenario) -> Iterator[Finding]:
    """Forks to which only strands come, which do not fork again."""
    stages = scenario.procedure.stages
    entries = {stream.stage for stream in scenario.arrivals.values()}
    entries |= {probe.stage for probe in scenario.probes.values() if probe.arrives or not probe.strands}
    whole = _reached(stages, entries, through_forks=False)
    forks = [stages[name] for name in whole if stages[name].fork]
    for name in sorted(_reached(stages, {to for stage in forks for to in targets_of(stage)}) - whole):
        if stages[name].fork:
            yield Finding(
                ("procedure", "stages", name, "fork"),
                f"does nothing: only strands come to {name!r}, and a strand does not fork again",
            )


def _reached(stages: Mapping[str, Stage], entries: Set[str], through_forks: bool = True) -> set[str]:
    """The stages that a case reaches from any of these, and if not `through_forks` before it forks."""
    reached: set[str] = set()
    waiting = entries & stages.keys()
    while waiting:
        reached |= waiting
        onward = [stages[name] for name in waiting if through_forks or not stages[name].fork]
        waiting = ({to for stage in onward for to in targets_of(stage)} & stages.keys()) - reached
    return reached


def _last_draw(scenario: Scenario) -> Iterator[Finding]:
    """That fewer replications share the last draw of the uncertain parameters than share the others."""
    each, left = scenario.replications_per_draw, scenario.replications % scenario.replications_per_draw
    if scenario.uncertain and 0 < left < scenario.replications:
        yield Finding(
            ("replications_per_draw",),
            f"the number of replications, {scenario.replications:,}, is no multiple of {each}: the last draw of the"
            f" uncertain parameters has only {left}",
        )


def _hindsight(scenario: Scenario) -> Iterator[Finding]:
    """That the parameters are drawn from what was known later than the first day."""
    known = scenario.posterior.as_of if scenario.posterior else None
    if known and known > scenario.start:
        yield Finding(
            ("posterior",),
            f"is what was known on {known}, after the first day, {scenario.start}: what the run says of the days"
            " between is no forecast",
        )


def _stages_that_end_at_once(scenario: Scenario) -> Iterator[Finding]:
    """Stages that cases in progress entered longer ago than their steps can take: all of these end on the first day."""
    ages: dict[str, list[int]] = {}
    for probe in scenario.probes.values():
        for part in probe.strands.values() if probe.strands else (None,):
            since = (part and part.since) or probe.since
            if since:
                ages.setdefault((part and part.stage) or probe.stage, []).append(days_between(since, scenario.start))
    for name, days in ages.items():
        stage = scenario.procedure.stages[name]
        most = _longest_visit(scenario, stage)
        old = [age for age in days if age > most]
        if old and not stage.resolved:  # of what is resolved no step need be left
            yield Finding(
                ("procedure", "stages", name, "steps"),
                f"last {most:,.0f} days at most; {len(old)} of {len(days)} cases in progress there began {min(old):,}"
                " or more days ago, and so leave on the first day (before it, effort takes time only with most_fte)",
            )


def _longest_visit(scenario: Scenario, stage: Stage) -> float:
    """The most days that a visit can take that began before the first day, or infinity; as the model draws it."""
    calendar = YEAR_DAYS / scenario.calendar.working_days_per_year
    own = sum(_longest(step, calendar) for step in stage.steps.values())
    routes = [route for group in (stage.next, *(other.next for other in stage.next_when)) for route in group.values()]
    return own + max(sum(_longest(step, calendar) for step in route.steps.values()) for route in routes)


def _longest(step: AnyStep, calendar: float) -> float:
    """The most days that a step can take: effort with a cap is not looked into, without one it takes no time."""
    if isinstance(step, Effort):
        if any(step.most_fte.get(role) and amount.mean_value() for role, amount in step.fte_days.items()):
            return inf
        return _most(step.at_least) if step.at_least else 0.0
    if isinstance(step, Team) or step.days:
        return _most(step.days)
    return _most(step.working_days) * calendar + WEEK


def _most(value: Distribution | None) -> float:
    """The end of a distribution; infinite if it has none."""
    if value is None:
        return 0.0
    with np.errstate(all="ignore"):  # of the logarithm of 0, which is what an endless one takes
        most = float(value.quantile(np.array([1.0]))[0])
    return inf if np.isnan(most) else most
