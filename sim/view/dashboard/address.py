"""The state of a view as the query of its address, so that opening the address elsewhere shows the same view."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field, replace
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from pydantic import AfterValidator, Field, ValidationError
from pydantic.dataclasses import dataclass

from sim.errors import UserError, suggestion
from sim.results.run import platforms, services
from sim.scenario.schema import Scenario
from sim.view.dashboard.received import Inputs, Name, unusable

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
MANY = {"run": "runs", "stage": "stages", "role": "roles"}
"""Parts of an address that may stand in it several times, and what they are of a state."""
ONE = ("tab", "platform", "case")
WHAT_IF = "if."
"""Prefix of the inputs of a what-if."""
MAX_RUNS = 6
"""Runs that one view can show side by side: nobody tells more colours and patterns apart."""


MAX_LENGTH = 20_000
"""Characters of an address that is read: some four times what the largest form makes."""
MAX_MESSAGES = 8
"""How many things an address can be told to be wrong in."""

Names = Annotated[tuple[Name, ...], AfterValidator(lambda names: tuple(dict.fromkeys(names)))]
"""Names, each once."""


@dataclass(frozen=True)
class ViewState:
    """What a view shows, as its address or the controls of its page say; `unknown` says what of it there is not.

    Attributes
    ----------
    runs : names of stored runs, the baseline first.
    tab : a key of `TABS`.
    platform, case : empty for all.
    stages, roles : empty for all.
    what_if : the inputs of the what-if that differ from the baseline, by name.
    """

    runs: Annotated[Names, Field(max_length=MAX_RUNS)] = ()
    tab: Name = "overview"
    platform: Name = ""
    stages: Names = ()
    roles: Names = ()
    case: Name = ""
    what_if: Inputs = field(default_factory=dict)

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
    messages: list[str] = []
    if len(query) > MAX_LENGTH:
        query, messages = "", [f"The address is longer than {MAX_LENGTH:,} characters, and is not read."]
    asked = _state(query, messages)
    runs = _known(asked.runs, known, "run", messages)[:MAX_RUNS] or tuple(default)
    if not runs:
        tab = next(iter(_known([asked.tab], list(TABS), "tab", messages)), "overview")
        return ViewState(tab=tab), _first(messages)
    state, unknown = usable(replace(asked, runs=runs), scenario_of(runs[0]))
    return state, _first([*messages, *unknown])


def _state(query: str, messages: list[str]) -> ViewState:
    """What a query says, whether there is such a thing or not."""
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.removeprefix("?")):
        values.setdefault(name, []).append(value)
    fields: dict[str, Any] = {"what_if": {}}
    for name, given in values.items():
        if name in MANY:
            fields[MANY[name]] = given
        elif name in ONE:
            fields[name] = given[0]
        elif name.startswith(WHAT_IF):
            fields["what_if"][name.removeprefix(WHAT_IF)] = given[-1]
        else:
            messages.append(f"The address has a part {name[:40]!r} that means nothing.")
    try:
        return ViewState(**fields | {"runs": fields.get("runs", [])[:MAX_RUNS]})
    except ValidationError as error:
        messages += unusable("the address", error)
        return ViewState()


def usable(state: ViewState, scenario: Scenario) -> tuple[ViewState, list[str]]:
    """The state without what its baseline does not have, and a message for each such thing."""
    messages: list[str] = []

    def one(what: str, value: str, options: Iterable[str]) -> str:
        return next(iter(_known([value], list(options), what, messages)), "")

    known = replace(
        state,
        tab=one("tab", state.tab, TABS) or ViewState.tab,
        platform=one("platform", state.platform, ["", *platforms(scenario)]),
        stages=_known(state.stages, list(scenario.procedure.stages), "stage", messages),
        roles=_known(state.roles, list(scenario.staffing), "role", messages),
        case=one("case", state.case, ["", *cases(scenario)]),
    )
    return known, messages


def of_controls(
    values: Sequence[Any], scenario_of: Callable[[str], Scenario] | None = None, what_if: Any = None
) -> ViewState:
    """The state of the controls of a page, whose values come from the browser; UserError if it cannot be shown.

    `values`: of the baseline, the other runs, the tab, the platform, the stages, the roles and the case. Without
    `scenario_of` it is not asked whether the baseline has what is chosen.
    """
    base, others, tab, platform, stages, roles, case = values
    fields = {
        "runs": [*_many(base), *(one for one in _many(others) if one != base)],
        "tab": tab, "platform": platform or "", "stages": _many(stages),
        "roles": _many(roles), "case": case or "", "what_if": what_if or {},
    }  # fmt: skip
    try:
        state = ViewState(**fields)
    except ValidationError as error:
        raise UserError(*unusable("the page", error)) from None
    if state.runs and scenario_of:
        _, unknown = usable(state, scenario_of(state.base))
        if unknown:
            raise UserError(*unknown)
    return state


def _many(value: Any) -> list[Any]:
    """The values of a control of which there may be none, one or several."""
    return value if isinstance(value, list) else [value] if value else []


def _first(messages: list[str]) -> list[str]:
    more = len(messages) - MAX_MESSAGES
    return [*messages[:MAX_MESSAGES], f"The address has {more} further mistakes."] if more > 0 else messages


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
