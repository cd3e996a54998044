"""The state of a view as the query of its address, so that opening the address elsewhere shows the same view."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from sim.errors import suggestion
from sim.results.run import platforms, services
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
"""The titles of the tabs, in their order."""
WHAT_IF = "if."
"""Prefix of the inputs of a what-if."""
MAX_RUNS = 6
"""Runs that one view can show side by side: nobody tells more colours and patterns apart."""


@dataclass(frozen=True)
class ViewState:
    """What a view shows.

    Attributes
    ----------
    runs : names of stored runs, the baseline first.
    tab : a key of `TABS`.
    platform, case : empty for all.
    stages, roles : empty for all.
    what_if : the inputs of the what-if that differ from the baseline, by name.
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


def to_query(state: ViewState) -> str:
    """The query of a state, with its question mark; defaults are left out."""
    pairs = [("run", name) for name in state.runs]
    pairs += [("tab", state.tab)] if state.tab != ViewState.tab else []
    pairs += [(name, value) for name, value in (("platform", state.platform), ("case", state.case)) if value]
    pairs += [("stage", name) for name in state.stages] + [("role", name) for name in state.roles]
    pairs += [(f"{WHAT_IF}{name}", value) for name, value in state.what_if.items()]
    return f"?{urlencode(pairs)}" if pairs else ""


def from_query(
    query: str, known: Sequence[str], scenario_of: Callable[[str], Scenario], default: Sequence[str]
) -> tuple[ViewState, list[str]]:
    """The state of a query, and a message for each part of it that cannot be shown and is left out.

    Parameters
    ----------
    query : of the address.
    known : names of the runs that can be shown.
    scenario_of : gives the scenario of a run by name.
    default : the runs to show if the query names none.
    """
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.removeprefix("?")):
        values.setdefault(name, []).append(value)
    messages: list[str] = []

    def chosen(name: str, options: Iterable[str]) -> tuple[str, ...]:
        return _known(values.pop(name, []), list(options), name, messages)

    runs = chosen("run", known)[:MAX_RUNS] or tuple(default)
    tab = next(iter(chosen("tab", TABS)), ViewState.tab)
    what_if = {name.removeprefix(WHAT_IF): values.pop(name)[-1] for name in list(values) if name.startswith(WHAT_IF)}
    if not runs:
        return ViewState(tab=tab), messages
    scenario = scenario_of(runs[0])
    state = ViewState(
        runs=runs,
        tab=tab,
        platform=next(iter(chosen("platform", platforms(scenario))), ""),
        stages=chosen("stage", scenario.procedure.stages),
        roles=chosen("role", scenario.staffing),
        case=next(iter(chosen("case", cases(scenario))), ""),
        what_if=what_if,
    )
    return state, messages + [f"The address has a part {name!r} that means nothing." for name in values]


def cases(scenario: Scenario, platform: str = "") -> list[str]:
    """The tracked cases of a scenario, or those of them on a platform."""
    return [
        f"{name}/{strand}" if strand else name
        for name, probe in scenario.probes.items()
        for strand in (probe.strands or [""])
        if not platform or platform in services(probe.platform)
    ]


def _known(values: Iterable[str], options: Sequence[str], what: str, messages: list[str]) -> tuple[str, ...]:
    """Those of the values that are options, each once; a message for each other."""
    distinct = list(dict.fromkeys(values))
    for value in distinct:
        if value not in options:
            messages.append(f"There is no {what} {value!r}{suggestion(value, options, listed=0) or '.'}")
    return tuple(value for value in distinct if value in options)
