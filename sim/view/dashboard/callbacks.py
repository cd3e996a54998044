"""What happens when somebody opens an address, chooses runs, sets a filter or turns to another tab."""

from collections.abc import Sequence
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update
from dash.development.base_component import Component

from sim.errors import UserError
from sim.view.dashboard import address, layout
from sim.view.dashboard.address import ViewState
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.card import part_of
from sim.view.dashboard.tabs import View, tab_of
from sim.view.dashboard.whatif import defaults
from sim.view.pictures.listed import chosen

CONTROLS = ("base", "others", "tab", *layout.FILTERS)


def controls(of: type[Input] | type[State]) -> list[Any]:
    """The controls that say what a view shows, as inputs or states of a callback."""
    return [of(name, "value") for name in CONTROLS]


def state_of(values: Sequence[Any], what_if: dict[str, str] | None = None) -> ViewState:
    """The state of the controls."""
    base, others, tab, platform, stages, roles, case = values
    runs = [name for name in (base, *(others or ())) if name]
    return ViewState(
        tuple(dict.fromkeys(runs)), tab, platform or "", tuple(stages or ()), tuple(roles or ()), case or "",
        what_if or {},
    )  # fmt: skip


def register(app: Dash, cache: RunCache) -> None:
    """Add the callbacks of the page to the application."""
    _opening(app, cache)
    _choices(app, cache)
    _tabs(app, cache)
    _addresses(app)


def _opening(app: Dash, cache: RunCache) -> None:
    """An address is opened: the page of its state."""

    @app.callback(Output("page", "children"), Input("address", "search"))
    def _open(search: str | None) -> Component:
        labels = cache.labels()
        try:
            state, messages = address.from_query(
                search or "", list(labels), lambda name: cache.run(name).scenario, cache.default()
            )
            run = cache.run(state.base) if state.base else None
            inputs = defaults(run.scenario) if run else state.what_if
            messages += [
                f"The what-if in the address sets {name!r}, which this baseline does not have."
                for name in state.what_if
                if name not in inputs
            ]
        except UserError as error:
            state, run, messages = ViewState(), None, [str(error)]
        if not labels:
            messages.append(f"There are no stored runs in {cache.results}: `sim run SCENARIO` makes one.")
        return layout.page(state, labels, run, messages)


def _choices(app: Dash, cache: RunCache) -> None:
    """What can be chosen follows from what is chosen: a baseline, a platform, a row of the timelines."""

    @app.callback(
        Output("others", "data"),
        Output("others", "value"),
        *[Output(name, "data") for name in layout.FILTERS[:-1]],
        *[Output(name, "value") for name in layout.FILTERS],
        Input("base", "value"),
        *[State(name, "value") for name in ("others", *layout.FILTERS)],
        prevent_initial_call=True,
    )
    def _options(
        base: str, others: list[str], platform: str | None, stages: list[str], roles: list[str], case: str | None
    ) -> Any:
        """Another baseline has other platforms, stages, roles and cases; those chosen stay if it has them."""
        options = layout.filter_options(cache.run(base), "")
        values = {key: [option["value"] for option in options[key]] for key in options}
        runs = [{"value": name, "label": label} for name, label in cache.labels().items() if name != base]
        return (
            runs,
            [name for name in others or () if name != base],
            *[options[name] for name in layout.FILTERS[:-1]],
            platform if platform in values["platform"] else None,
            [name for name in stages or () if name in values["stages"]],
            [name for name in roles or () if name in values["roles"]],
            case if case in values["case"] else None,
        )

    @app.callback(Output("case", "data"), Input("platform", "value"), Input("base", "value"), prevent_initial_call=True)
    def _cases(platform: str | None, base: str) -> Any:
        """The cases on the platform."""
        return layout.filter_options(cache.run(base), platform or "")["case"]

    @app.callback(
        Output("case", "value", allow_duplicate=True),
        Input(part_of("timelines", "graph"), "clickData"),
        State("base", "value"),
        State("platform", "value"),
        prevent_initial_call=True,
    )
    def _choose(clicked: Any, base: str, platform: str | None) -> Any:
        """A click on a row of the timelines chooses its case."""
        if not clicked:
            return no_update
        view = View(ViewState(runs=(base,), platform=platform or ""), cache)
        cases, row = chosen(view.base, view.cases), round(clicked["points"][0]["y"])
        return cases[row] if 0 <= row < len(cases) else no_update


def _tabs(app: Dash, cache: RunCache) -> None:
    """The tab that is turned to is shown."""

    @app.callback(
        *[Output({"view": tab}, "children") for tab in address.TABS], *controls(Input), State("what-if", "data")
    )
    def _show(*values: Any) -> list[Any]:
        """The tab that is turned to; the others are empty."""
        state = state_of(values[:-1], values[-1])
        try:
            content = tab_of(View(state, cache)).content if state.runs else []
        except UserError as error:
            content = [layout.message(str(error), "red")]
        return [content if tab == state.tab else [] for tab in address.TABS]


def _addresses(app: Dash) -> None:
    """The address follows what is shown."""

    @app.callback(Output("query", "data"), *controls(Input), Input("what-if", "data"))
    def _query(*values: Any) -> str:
        return address.to_query(state_of(values[:-1], values[-1]))

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("page", "write"), Output("written", "children"), Input("query", "data")
    )
