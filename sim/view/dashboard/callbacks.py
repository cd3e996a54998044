"""What happens when somebody opens an address, chooses runs, sets a filter or turns to another tab."""

from collections.abc import Sequence
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update
from dash.development.base_component import Component

from sim.errors import UserError
from sim.view.dashboard import address, layout, panels
from sim.view.dashboard.ahead import Ahead
from sim.view.dashboard.library import Library
from sim.view.dashboard.shown import part_of
from sim.view.dashboard.tabs import View
from sim.view.dashboard.whatif import defaults
from sim.view.pictures.listed import chosen

PREPARING = "The parts of these runs on single platforms are being prepared: some seconds for each, and once for all."
CONTROLS = ("base", "others", "tab", *layout.FILTERS)


def controls(of: type[Input] | type[State]) -> list[Any]:
    """The controls that say what a view shows, as inputs or states of a callback."""
    return [of(name, "value") for name in CONTROLS]


def state_of(values: Sequence[Any], what_if: dict[str, str] | None = None) -> address.State:
    """The state that the controls say."""
    base, others, tab, platform, stages, roles, case = values
    runs = [name for name in (base, *(others or ())) if name]
    return address.State(
        tuple(dict.fromkeys(runs)), tab, platform or "", tuple(stages or ()), tuple(roles or ()), case or "",
        what_if or {},
    )  # fmt: skip


def register(app: Dash, library: Library, ahead: Ahead) -> None:
    """Add the callbacks of the page to the application."""
    _opening(app, library)
    _choices(app, library)
    _views(app, library, ahead)
    _addresses(app)


def _opening(app: Dash, library: Library) -> None:
    """An address is opened: the page as it says."""

    @app.callback(Output("page", "children"), Input("address", "search"))
    def _open(search: str | None) -> Component:
        labels = library.labels()
        try:
            state, told = address.read(
                search or "", list(labels), lambda name: library.run(name).scenario, library.first()
            )
            run = library.run(state.base) if state.base else None
            usual = defaults(run.scenario) if run else state.what_if
            told += [
                f"The what-if in the address sets {name!r}, which is nothing here."
                for name in state.what_if
                if name not in usual
            ]
        except UserError as error:
            state, run, told = address.State(), None, [str(error)]
        if not labels:
            told.append(f"There are no stored runs in {library.results}: `sim run SCENARIO` makes one.")
        return layout.page(state, labels, run, told)


def _choices(app: Dash, library: Library) -> None:
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
        options = layout.filter_options(library.run(base), "")
        there = {key: [option["value"] for option in options[key]] for key in options}
        runs = [{"value": name, "label": label} for name, label in library.labels().items() if name != base]
        return (
            runs,
            [name for name in others or () if name != base],
            *[options[name] for name in layout.FILTERS[:-1]],
            platform if platform in there["platform"] else None,
            [name for name in stages or () if name in there["stages"]],
            [name for name in roles or () if name in there["roles"]],
            case if case in there["case"] else None,
        )

    @app.callback(Output("case", "data"), Input("platform", "value"), Input("base", "value"), prevent_initial_call=True)
    def _cases(platform: str | None, base: str) -> Any:
        """The cases on the platform; the view does not wait for them."""
        return layout.filter_options(library.run(base), platform or "")["case"]

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
        view = View(address.State(runs=(base,), platform=platform or ""), library)
        rows, place = chosen(view.base, view.cases), round(clicked["points"][0]["y"])
        return rows[place] if 0 <= place < len(rows) else no_update


def _views(app: Dash, library: Library, ahead: Ahead) -> None:
    """The tab that is turned to is shown, as soon as what it needs is there."""

    @app.callback(
        *[Output({"view": tab}, "children") for tab in address.TABS],
        Output("again", "disabled"),
        *controls(Input),
        Input("ready", "data"),
        State("what-if", "data"),
    )
    def _show(*values: Any) -> list[Any]:
        """The tab that is turned to; the others are empty."""
        state = state_of(values[: len(CONTROLS)], values[-1])
        ready, content = True, []
        if not state.runs:
            return [*([] for _ in address.TABS), ready]
        try:
            ready = _ready(library, state)
            content = panels.content(View(state, library)) if ready else []
            ahead.begin(state.base)
        except UserError as error:
            content = [layout.message(str(error), "red")]
        return [*(content if tab == state.tab else [] for tab in address.TABS), ready]

    @app.callback(
        Output("preparing", "children"),
        Output("ready", "data"),
        Output("again", "disabled", allow_duplicate=True),
        Input("again", "n_intervals"),
        *controls(State),
        prevent_initial_call=True,
    )
    def _prepare(ticks: int, *values: Any) -> Any:
        """Quick, as it is asked again and again: an answer that comes after the next question is never shown."""
        try:
            ready = _ready(library, state_of(values))
        except UserError:  # the view tells it
            ready = True
        return ([], ticks, True) if ready else ([layout.message(PREPARING, "blue")], no_update, False)


def _addresses(app: Dash) -> None:
    """The address follows what is shown."""

    @app.callback(Output("said", "data"), *controls(Input), Input("what-if", "data"))
    def _say(*values: Any) -> str:
        return address.written(state_of(values[:-1], values[-1]))

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("page", "write"), Output("written", "children"), Input("said", "data")
    )


def _ready(library: Library, state: address.State) -> bool:
    """Whether the runs of a view can be shown as it asks for them. Raises UserError if they never can.

    What single platforms need is begun in any case, so that it is there when one is asked for.
    """
    for name in state.runs:
        library.making(name)
    return not state.platform or not [name for name in state.runs if not library.sliced(name)]
