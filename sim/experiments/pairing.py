"""What can be compared: scenarios with the same days, the same procedure and common random numbers; runs made alike."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from sim.errors import UserError
from sim.results.identity import differences
from sim.results.run import Run
from sim.results.summary import Layout
from sim.scenario.schema import Scenario

PAIRED = ("seed", "replications", "replications_per_draw")
"""What runs must have in common so that the same replication of each has common random numbers."""
COMPARED = "only scenarios with the same first day, horizon and procedure can be compared"
Names = Mapping[str, str]
"""Names with their titles."""


def pairable(scenario: Scenario, first: Scenario) -> Scenario:
    """A scenario with the seed and the numbers of replications of the one that it is to be compared with."""
    return scenario.model_copy(update={name: getattr(first, name) for name in PAIRED})


def taken_over(scenario: Scenario, first: Scenario) -> str:
    """What `pairable` changes of a scenario, in a sentence; nothing where it changes nothing."""
    if not (other := [name for name in PAIRED if getattr(scenario, name) != getattr(first, name)]):
        return ""
    own, theirs = (" and ".join(f"{name} {getattr(one, name)}" for name in other) for one in (scenario, first))
    run = f"{scenario.name} is run with {theirs}, as {first.name}, not with its own {own}"
    return f"{run}: only equal ones can be paired"


def check_comparable(scenarios: Sequence[Scenario]) -> None:
    """Raise UserError, in one line, for the first scenario that cannot be compared with the first of all.

    They must have the same first day and horizon, because results are of days since the first and until the last; and
    the same procedure up to its numbers: stages, exits, roles and their titles, and the routes between stages.
    """
    first, *others = scenarios
    for other in others:
        difference = next(_differences(first, other), "")
        if difference:
            raise UserError(f"{other.name} cannot be compared with {first.name}: {difference}; {COMPARED}")


def check_paired(scenarios: Sequence[Scenario], equal: Sequence[str] = PAIRED) -> None:
    """Raise UserError for scenarios that cannot be compared replication by replication; `equal`: of `PAIRED`."""
    check_comparable(scenarios)
    first, *others = scenarios
    for scenario in others:
        for name in equal:
            expected, value = getattr(first, name), getattr(scenario, name)
            if expected != value:
                message = f"{scenario.name} has {name} {value} and {first.name} has {expected}"
                raise UserError(f"{message}: only equal ones can be paired")


def made_otherwise(runs: Sequence[Run]) -> list[str]:
    """A sentence for each run that other software or another processor made than the first: they may differ by that."""
    first, *others = runs
    return [
        f"{_called(run)} was made with {difference}, unlike {_called(first)}: part of what differs between them may"
        " come from that. Run both again to compare them."
        for run in others
        if (difference := differences(run.made_by, first.made_by))
    ]


def _called(run: Run) -> str:
    """The name of a run's folder, which no other run of its scenario has, or that of its scenario."""
    return run.folder.name if run.folder else run.scenario.name


def _differences(first: Scenario, other: Scenario) -> Iterator[str]:
    """In what a scenario differs from the first one so that they cannot be compared, in words."""
    for what, day in _DAYS.items():
        if day(first) != day(other):
            yield f"{what} is {day(other)} and not {day(first)}"
    for what, names in _NAMES.items():
        yield from _other_names(what, names(first), names(other))
    if list(first.procedure.stages) != list(other.procedure.stages):
        yield "its stages stand in another order"
    routes, theirs = (set(Layout(scenario).routes) for scenario in (first, other))
    for stage, to in sorted(routes ^ theirs):
        has = "no route" if (stage, to) in routes else "a route"
        yield f"it has {has} from the stage {stage!r} to {to!r} (a route that is never taken has the probability 0)"
    if first.procedure.headline_stages() != other.procedure.headline_stages():
        yield "its headline cases begin in another stage"
    resolved, theirs_resolved = (Layout(scenario).open_stages for scenario in (first, other))
    if resolved != theirs_resolved:
        yield "cases count as resolved in other stages"


def _other_names(what: str, ours: Names, theirs: Names) -> Iterator[str]:
    for name in theirs:
        if name not in ours:
            yield f"it has the {what} {name!r}"
    for name in ours:
        if name not in theirs:
            yield f"it lacks the {what} {name!r}"
        elif theirs[name] != ours[name]:
            yield f"its {what} {name!r} is called {theirs[name]!r} and not {ours[name]!r}"


_DAYS: dict[str, Callable[[Scenario], date]] = {
    "its first day": lambda scenario: scenario.start,
    "its horizon": lambda scenario: scenario.horizon,
}
_NAMES: dict[str, Callable[[Scenario], Names]] = {
    "stage": lambda scenario: {name: stage.title for name, stage in scenario.procedure.stages.items()},
    "exit": lambda scenario: scenario.procedure.exits,
    "role": lambda scenario: {name: pool.title for name, pool in scenario.staffing.items()},
}
