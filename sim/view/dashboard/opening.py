"""What happens when somebody opens an address, goes back to one, or chooses another baseline: the page of a state.

The address holds all that a view shows. What makes a view of another kind writes an address and opens that, so that
there is one way only from an address to a page.
"""

from dataclasses import replace
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State
from dash.development.base_component import Component

from sim.errors import UserError
from sim.results.run import Run
from sim.view.dashboard import address, layout
from sim.view.dashboard.address import ViewState
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.received import ADDRESS, received
from sim.view.dashboard.whatif import defaults


def register(app: Dash, cache: RunCache) -> None:
    """Add these callbacks to the application."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("page", "address"), Output("address", "data"), Input("page", "id")
    )

    @app.callback(Output("page", "children"), Input("address", "data"), prevent_initial_call=True)
    def _open(asked: Any) -> Component:
        listing = cache.listing()
        given = received("the address", ADDRESS, asked)
        state, run, messages = opened(cache, given.search)
        if not listing.labels:
            messages.append(_no_runs(cache))
        if problems := listing.problems:
            messages.append(f"{len(problems)} stored in {cache.results} cannot be shown; the first: {problems[0]}")
        return layout.page(state, listing, run, messages, cache.versions(state.runs), given.write)

    @app.callback(
        Output("address", "data", allow_duplicate=True),
        Input("base", "value"),
        *[State(name, "value") for name in layout.CONTROLS[1:]],
        prevent_initial_call=True,
    )
    def _rebase(base: Any, *others: Any) -> dict[str, str]:
        """Another baseline has other platforms, stages, roles and cases; those chosen stay if it has them."""
        state = address.of_controls([base, *others])
        scenario = cache.scenario(state.base)
        search = address.to_query(address.usable(replace(state, what_if={}), scenario)[0])
        return {"search": search, "write": "pushState"}

    @app.callback(Output("query", "data"), *layout.controls(Input), Input("what-if", "data"), layout.BASE)
    def _query(*values: Any) -> str:
        *chosen, what_if, base = values
        return address.to_query(address.of_controls([base, *chosen], cache.scenario, what_if))

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("page", "write"),
        Output("written", "children"),
        Input("query", "data"),
        Input("opened", "data"),
    )


def opened(cache: RunCache, search: str) -> tuple[ViewState, Run | None, list[str]]:
    """The state of an address, its baseline, if there is one, and what is wrong with the address."""
    listing = cache.listing()
    try:
        state, messages = address.from_query(search, list(listing.labels), cache.scenario, listing.default)
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
