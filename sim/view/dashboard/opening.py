"""What happens when somebody opens an address, or goes back to one; and how the address follows what is shown."""

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output
from dash.development.base_component import Component

from sim.errors import UserError
from sim.results.run import Run
from sim.view.dashboard import address, layout
from sim.view.dashboard.address import ViewState
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.whatif import defaults


def register(app: Dash, cache: RunCache) -> None:
    """Add these callbacks to the application."""
    _opening(app, cache)
    _going_back(app, cache)
    _addresses(app, cache)


def _opening(app: Dash, cache: RunCache) -> None:
    """An address is opened: the page of its state."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("page", "address"), Output("address", "data"), Input("page", "id")
    )

    @app.callback(
        Output("page", "children"), Output("opened", "data"), Input("address", "data"), prevent_initial_call=True
    )
    def _open(search: Any) -> tuple[Component, str]:
        labels, problems = cache.listing()
        state, run, messages = _opened(cache, search)
        if not labels:
            messages.append(_no_runs(cache))
        if problems:
            messages.append(f"{len(problems)} stored in {cache.results} cannot be shown; the first: {problems[0]}")
        return layout.page(state, labels, run, messages, cache.versions(state.runs)), address.to_query(state)


def _opened(cache: RunCache, search: Any) -> tuple[ViewState, Run | None, list[str]]:
    """The state of an address, its baseline, if there is one, and what is wrong with the address."""
    try:
        state, messages = address.from_query(str(search or ""), list(cache.labels()), cache.scenario, cache.default())
        run = cache.run(state.base) if state.base else None
    except UserError as error:
        return ViewState(), None, [str(error)]
    inputs = defaults(run.scenario) if run else state.what_if
    messages += [
        f"The what-if in the address sets {name!r}, which this baseline does not have."
        for name in state.what_if
        if name not in inputs
    ]
    return state, run, messages


def _no_runs(cache: RunCache) -> str:
    if not cache.results.is_dir():
        return f"The folder {cache.results} is not there (any more): `sim run SCENARIO --results FOLDER` makes one."
    return f"There are no stored runs in {cache.results}: `sim run SCENARIO` makes one."


def _going_back(app: Dash, cache: RunCache) -> None:
    """Back or Forward: the controls are set to what they were, and all else follows from them."""

    @app.callback(
        *[Output(name, "value", allow_duplicate=True) for name in layout.CONTROLS],
        Output("others", "data", allow_duplicate=True),
        *[Output(name, "data", allow_duplicate=True) for name in layout.FILTERS],
        Output("what-if", "data", allow_duplicate=True),
        Output("messages", "children"),
        Output("opened", "data", allow_duplicate=True),
        Input("went-back", "data"),
        prevent_initial_call=True,
    )
    def _back(went: Any) -> Any:
        search = went.get("search") if isinstance(went, dict) else ""
        state, run, messages = _opened(cache, search)
        choices = layout.filter_options(run, state.platform) if run else {name: [] for name in layout.FILTERS}
        return (
            state.base or None,
            list(state.runs[1:]),
            state.tab,
            state.platform or None,
            list(state.stages),
            list(state.roles),
            state.case or None,
            layout.options(cache.labels(), state.runs, without=state.base),
            *[choices[name] for name in layout.FILTERS],
            dict(state.what_if),
            layout.message(messages) if messages else [],
            address.to_query(state),
        )


def _addresses(app: Dash, cache: RunCache) -> None:
    """The address follows what is shown."""

    @app.callback(Output("query", "data"), *layout.controls(Input), Input("what-if", "data"))
    def _query(*values: Any) -> str:
        *chosen, what_if = values
        return address.to_query(address.of_controls(chosen, cache.scenario, what_if))

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("page", "write"),
        Output("written", "children"),
        Input("query", "data"),
        Input("opened", "data"),
    )
