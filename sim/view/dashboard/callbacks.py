"""What happens when somebody chooses runs, sets a filter or turns to another tab."""

from typing import Any

from dash import Dash, Input, Output, State, no_update

from sim.view.dashboard import address, failures, layout
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.card import part_of
from sim.view.dashboard.received import CLICK, NAME, NAMES, received
from sim.view.dashboard.tabs import View, tab_of
from sim.view.figures.listed import chosen


def register(app: Dash, cache: RunCache) -> None:
    """Add these callbacks to the application."""
    _choices(app, cache)
    _tabs(app, cache)


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
    def _options(base: Any, others: Any, platform: Any, stages: Any, roles: Any, case: Any) -> Any:
        """Another baseline has other platforms, stages, roles and cases; those chosen stay if it has them."""
        options = layout.filter_options(cache.run(received("baseline", NAME, base)), "")
        values = {key: [option["value"] for option in options[key]] for key in options}
        others = received("other runs", NAMES, others or [])
        return (
            layout.options(cache.labels(), others, without=base),
            [name for name in others if name != base],
            *[options[name] for name in layout.FILTERS[:-1]],
            platform if platform in values["platform"] else None,
            [name for name in received("stages", NAMES, stages or []) if name in values["stages"]],
            [name for name in received("roles", NAMES, roles or []) if name in values["roles"]],
            case if case in values["case"] else None,
        )

    @app.callback(Output("case", "data"), Input("platform", "value"), Input("base", "value"), prevent_initial_call=True)
    def _cases(platform: Any, base: Any) -> Any:
        """The cases on the platform."""
        run = cache.run(received("baseline", NAME, base))
        return layout.filter_options(run, received("platform", NAME, platform or ""))["case"]

    @app.callback(
        Output("case", "value", allow_duplicate=True),
        Input(part_of("timelines", "graph"), "clickData"),
        State("base", "value"),
        State("platform", "value"),
        prevent_initial_call=True,
    )
    def _choose(clicked: Any, base: Any, platform: Any) -> Any:
        """A click on a row of the timelines chooses its case."""
        if not clicked or not base:
            return no_update
        view = View(address.of_controls([base, None, "overview", platform, None, None, None], cache.scenario), cache)
        cases, row = chosen(view.base, view.cases), received("the click", CLICK, clicked).row
        return cases[row] if 0 <= row < len(cases) else no_update


def _tabs(app: Dash, cache: RunCache) -> None:
    """The tab that is turned to is shown."""

    @app.callback(
        *[Output({"view": tab}, "children") for tab in address.TABS],
        *layout.controls(Input),
        Input("changed", "data"),
        State("what-if", "data"),
    )
    def _show(*values: Any) -> list[Any]:
        """The tab that is turned to; the others are empty, and so is it if it cannot be made, but for a line."""
        *chosen, _, what_if = values
        tab = chosen[layout.CONTROLS.index("tab")]
        try:
            state = address.of_controls(chosen, cache.scenario, what_if)
            content = tab_of(View(state, cache)).content if state.runs else []
        except Exception as error:  # whatever it is, what was shown before would be taken for the answer
            content = [layout.message(failures.told(error), "red")]
        shown = tab if tab in list(address.TABS) else next(iter(address.TABS))
        return [content if name == shown else [] for name in address.TABS]
