"""The state of a view as the query of its address, so that opening the address elsewhere shows the same view."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from sim.errors import suggestion
from sim.results.slices import platforms
from sim.scenario.schema import Scenario

TABS = {
    "overview": "Overview",
    "caseload": "Caseload",
    "durations": "Durations",
    "staff": "Staff",
    "compare": "Compare",
    "what-if": "What-if",
    "record": "Record and analyses",
    "method": "Data and method",
}
"""The tabs in their order, with what people call them."""
WHAT_IF = "if."
"""Begins the names of the inputs of a what-if."""
MOST_RUNS = 6
"""Runs that one view can hold side by side: more colours and patterns nobody tells apart."""


@dataclass(frozen=True)
class State:
    """What a view shows.

    `runs`: names of stored runs, the baseline first. `platform`, `case`: empty for all of them. `stages`, `roles`: none
    for all of them. `what_if`: the inputs of the what-if that differ from the baseline, by name.
    """

    runs: tuple[str, ...] = ()
    tab: str = "overview"
    platform: str = ""
    stages: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    case: str = ""
    what_if: Mapping[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The name of the baseline."""
        return self.runs[0] if self.runs else ""


def written(state: State) -> str:
    """The query that says the state, with its question mark; what is as by default is left out."""
    pairs = [("run", name) for name in state.runs]
    pairs += [("tab", state.tab)] if state.tab != State.tab else []
    pairs += [(name, value) for name, value in (("platform", state.platform), ("case", state.case)) if value]
    pairs += [("stage", name) for name in state.stages] + [("role", name) for name in state.roles]
    pairs += [(f"{WHAT_IF}{name}", value) for name, value in state.what_if.items()]
    return f"?{urlencode(pairs)}" if pairs else ""


def read(
    query: str, known: Sequence[str], scenario_of: Callable[[str], Scenario], default: Sequence[str]
) -> tuple[State, list[str]]:
    """The state that a query says, and a message for each part of it that cannot be shown, which is left out.

    `known`: the runs that there are; `default`: those to show if the query names none.
    """
    said: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.removeprefix("?")):
        said.setdefault(name, []).append(value)
    told: list[str] = []
    runs = _known(said.pop("run", []), known, "run", told)[:MOST_RUNS] or list(default)
    tab = _known(said.pop("tab", []), TABS, "tab", told)
    what_if = {name.removeprefix(WHAT_IF): said.pop(name)[-1] for name in list(said) if name.startswith(WHAT_IF)}
    if not runs:
        return State(tab=tab[0] if tab else State.tab), told
    scenario = scenario_of(runs[0])
    found = {
        name: _known(said.pop(name, []), there, name, told)
        for name, there in (
            ("platform", platforms(scenario)),
            ("stage", scenario.procedure.stages),
            ("role", scenario.staffing),
            ("case", cases(scenario)),
        )
    }
    told += [f"The address says {name!r}, which means nothing here." for name in said]
    state = State(
        runs=tuple(runs),
        tab=tab[0] if tab else State.tab,
        platform=next(iter(found["platform"]), ""),
        stages=tuple(found["stage"]),
        roles=tuple(found["role"]),
        case=next(iter(found["case"]), ""),
        what_if=what_if,
    )
    return state, told


def cases(scenario: Scenario, platform: str = "") -> list[str]:
    """The listed cases of a scenario, or those of them on a platform."""
    return [
        f"{name}/{strand}" if strand else name
        for name, probe in scenario.probes.items()
        for strand in (probe.strands or [""])
        if not platform or platform in probe.platform.split(";")
    ]


def _known(said: Iterable[str], known: Iterable[str], what: str, told: list[str]) -> list[str]:
    """Those of the names said that are known, each once; a message for each other."""
    there = list(known)
    for name in dict.fromkeys(said):
        if name not in there:
            told.append(f"There is no {what} {name!r} here{suggestion(name, there, listed=0) or '.'}")
    return [name for name in dict.fromkeys(said) if name in there]
