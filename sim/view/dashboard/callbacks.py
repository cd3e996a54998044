"""What happens when somebody sets a filter, turns to another tab, or asks how a view is reproduced."""

from typing import Any

from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component

from sim.errors import UserError
from sim.view.dashboard import address, failures, layout, panels
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.card import part_of
from sim.view.dashboard.received import CLICK, NAME, received
from sim.view.dashboard.reproduce import recipe
from sim.view.dashboard.tabs import Tab, View, tab_of
from sim.view.dashboard.whatif import read
from sim.view.figures.listed import in_order
from sim.view.findings import findings, findings_of_comparison
from sim.view.questions import answers


def register(app: Dash, cache: RunCache) -> None:
    """Add these callbacks to the application."""
    _choices(app, cache)
    _tabs(app, cache)
    _sentences(app, cache)
    _numbers(app)
    _recipes(app, cache)


def _choices(app: Dash, cache: RunCache) -> None:
    """What can be chosen follows from what is chosen: a platform, a row of the timelines."""

    @app.callback(Output("case", "data"), Input("platform", "value"), layout.BASE, prevent_initial_call=True)
    def _cases(platform: Any, base: Any) -> Any:
        """The cases on the platform."""
        run = cache.run(received("baseline", NAME, base))
        return layout.filter_options(run, received("platform", NAME, platform or ""))["case"]

    @app.callback(
        Output("case", "value"),
        Input(part_of("timelines", "graph"), "clickData"),
        State("platform", "value"),
        layout.BASE,
        prevent_initial_call=True,
    )
    def _choose(clicked: Any, platform: Any, base: Any) -> Any:
        """A click on a row of the timelines chooses its case."""
        if not clicked or not base:
            return no_update
        view = View(address.of_controls([base, None, "overview", platform, None, None, None], cache.scenario), cache)
        cases, row = in_order(view.base, view.record, view.cases), received("the click", CLICK, clicked).row
        return cases[row] if 0 <= row < len(cases) else no_update


def _tabs(app: Dash, cache: RunCache) -> None:
    """The tab that is turned to is shown."""

    @app.callback(
        *[Output({"view": tab}, "children") for tab in address.TABS],
        *layout.controls(Input),
        Input("changed", "data"),
        State("what-if", "data"),
        layout.BASE,
    )
    def _show(*values: Any) -> list[Any]:
        """The tab that is turned to; the others are empty, and so is it if it cannot be made, but for a line."""
        *chosen, _, what_if, base = values
        tab = chosen[layout.CONTROLS.index("tab") - 1]
        try:
            state = address.of_controls([base, *chosen], cache.scenario, what_if)
            begun = tab_of(View(state, cache), figures=1) if state.runs else Tab([], [])
            content = [*begun.content, *([_rest(tab)] if begun.more else [])]
        except Exception as error:  # whatever it is, what was shown before would be taken for the answer
            content = [layout.message(failures.told(error), "red")]
        shown = tab if tab in list(address.TABS) else next(iter(address.TABS))
        return [content if name == shown else [] for name in address.TABS]

    @app.callback(
        Output({"rest": MATCH}, "children"),
        Input({"rest": MATCH}, "id"),
        *layout.controls(State),
        layout.BASE,
    )
    def _go_on(_: Any, *values: Any) -> list[Component]:
        """What follows the first figure of a tab, which is shown as soon as it is drawn."""
        *chosen, base = values
        view = View(address.of_controls([base, *chosen], cache.scenario), cache)
        return tab_of(view).content[len(tab_of(view, figures=1).content) :] if view.state.runs else []


def _numbers(app: Dash) -> None:
    """Where a number comes from: the ways from the answer to other tabs, and the search in the table of all numbers."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("page", "turn"),
        Output("tab", "value", allow_duplicate=True),
        Input({"turn": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("page", "search"),
        Output("found", "children"),
        Input("wanted", "value"),
        Input("all-numbers", "data"),
    )


def _rest(tab: str) -> Component:
    """The place of what follows the first figure of a tab."""
    return html.Div(id={"rest": tab}, className="rest")


def _sentences(app: Dash, cache: RunCache) -> None:
    """Further findings and answers, once somebody opens them: they take as long as all figures together."""

    @app.callback(
        Output("more-words", "children"),
        Input("more", "n_clicks"),
        *layout.controls(State),
        layout.BASE,
        prevent_initial_call=True,
    )
    def _more(clicks: Any, *values: Any) -> Any:
        if not clicks:
            return no_update
        *chosen, base = values
        view = View(address.of_controls([base, *chosen], cache.scenario), cache)
        if not view.state.runs:
            return []
        if view.state.tab == "compare":
            return panels.in_words(findings_of_comparison(view.paired), answers(view.paired))
        return panels.in_words(findings(view.base), [] if view.state.platform else answers([view.base]))


def _recipes(app: Dash, cache: RunCache) -> None:
    """How a view is made again without the dashboard, once somebody asks."""

    @app.callback(
        Output("recipe", "children"),
        Input("reproduce", "n_clicks"),
        Input("what-if", "data"),
        *layout.controls(Input),
        layout.BASE,
        prevent_initial_call=True,
    )
    def _recipe(clicks: Any, what_if: Any, *values: Any) -> list[Component]:
        if not isinstance(clicks, int) or not clicks % 2:
            return []
        *chosen, base = values
        state = address.of_controls([base, *chosen], cache.scenario, what_if)
        shown = state.runs if state.tab in ("compare", "method") else state.runs[:1]
        scenarios = [cache.run(name).scenario for name in shown]
        asked = read(scenarios[0], state.what_if).scenario if state.tab == "what-if" and scenarios else None
        try:
            made = recipe([*scenarios, *([asked] if asked else [])], cache.scenarios, state.platform)
        except UserError as error:
            return [layout.message(str(error))]
        return [*_code("In a shell", "command", made.command), *_code("In Python", "python", made.python)]

    for what in ("command", "python"):
        app.clientside_callback(  # type: ignore[no-untyped-call]
            ClientsideFunction("page", "copy"),
            Output(f"copy-{what}", "children"),
            Input(f"copy-{what}", "n_clicks"),
            State(f"code-{what}", "children"),
            prevent_initial_call=True,
        )


def _code(title: str, what: str, code: str) -> list[Component]:
    """Some code under a title, and a button that copies it."""
    copy = html.Button("Copy", id=f"copy-{what}", n_clicks=0, **{"aria-label": f"Copy: {title}"})  # type: ignore[arg-type]
    return [html.Div([html.H3(title), copy], className="save"), html.Pre(code, id=f"code-{what}", tabIndex=0)]
