"""What happens in the form of a what-if: reading it, running it, watching it, cancelling it, saving it."""

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from sim.errors import UserError
from sim.scenario.schema import Scenario
from sim.view.dashboard import form, layout, whatif
from sim.view.dashboard.address import ViewState, to_query
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.jobs import STEP, Jobs, WhatIfJob
from sim.view.dashboard.received import IDS, INPUTS, NAME, PRESET, TEXT, VALUES, received
from sim.view.dashboard.saving import save
from sim.view.dashboard.tabs import View, changes, tab_of

LINES = 5
"""Lines about a what-if that cannot be run, at most: each also stands beside its input."""


class WhatIfs:
    """What-ifs of a page: read from what its browser sent, run, and their results shown."""

    def __init__(self, cache: RunCache, jobs: Jobs) -> None:
        self.cache, self.jobs = cache, jobs

    def read(self, base: Any, inputs: Any) -> whatif.WhatIf:
        """The what-if of a baseline and inputs; once, because its checks take half a second. Raises UserError."""
        name, texts = received("baseline", NAME, base), received("the what-if", INPUTS, inputs)
        key = name, self.cache.version(name), tuple(sorted(texts.items()))
        return self.cache.what_ifs.get(key, lambda: whatif.read(self.cache.scenario(name), texts))

    def asked(self, base: Any, inputs: Any) -> Scenario:
        """Its scenario. Raises UserError if there is anything wrong with it."""
        result = self.read(base, inputs)
        if result.scenario is None:
            lines = [*(f"{name}: {message}" for name, message in result.errors.items()), *result.messages]
            raise UserError(*lines[:LINES])
        return result.scenario

    def result(self, base: str, scenario: Scenario, stored: str) -> list[Component]:
        """What differs from the baseline, as the tab that compares them shows it, and what to do with it."""
        both = ViewState(runs=(base, stored), tab="compare")
        links = {
            "Compare it with others": to_query(both),
            "See it in all figures": to_query(ViewState(runs=(stored, base))),
        }
        name = dmc.TextInput(id="name", value=scenario.name, **{"aria-label": "Name of the scenario"})
        buttons = [
            *(html.A(title, href=f"/{query}") for title, query in links.items()),
            name,
            dmc.Button("Save as scenario", id="save", n_clicks=0, variant="default"),
        ]
        under = html.Section([html.Div(buttons, className="buttons"), html.Div(id="saved")], className="card wide")
        head, *figures = tab_of(View(both, self.cache)).content
        return [head, under, *figures]


def register(app: Dash, cache: RunCache, jobs: Jobs) -> None:
    """Add the callbacks of what-ifs to the application."""
    what_ifs = WhatIfs(cache, jobs)
    _reading(app, what_ifs)
    _running(app, what_ifs)
    _watching(app, what_ifs)
    _saving(app, what_ifs)


def _reading(app: Dash, what_ifs: WhatIfs) -> None:
    """The form is filled in, or reset."""

    @app.callback(
        Output("what-if", "data"),
        Output("asked", "data"),
        Output("summary", "children"),
        Output("run", "disabled"),
        Output("read", "data"),
        Output({"input": ALL}, "error"),
        Input({"input": ALL}, "value"),
        Input("again", "data"),
        State({"input": ALL}, "id"),
        layout.BASE,
    )
    def _read(values: Any, _again: Any, ids: Any, base: Any) -> Any:
        names = [one.input for one in received("the form", IDS, ids)]
        texts = received("the form", VALUES, values)
        if not len(names) == len(texts) == len(ctx.outputs_list[-1]):
            raise UserError("The form is not complete; load the page again.")
        scenario = what_ifs.cache.scenario(received("baseline", NAME, base))
        what_ifs.jobs.warm(scenario)
        inputs = form.changed_inputs(scenario, dict(zip(names, texts, strict=True)))
        result = what_ifs.read(base, inputs)
        errors = [result.errors.get(name, "") for name in names]
        return inputs, inputs, _summary(result), result.scenario is None, values, errors

    # Of two answers that come within a millisecond, Dash may show the older one.
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("page", "again"),
        Output("again", "data"),
        Input("read", "data"),
        State({"input": ALL}, "value"),
        prevent_initial_call=True,
    )

    @app.callback(Output({"input": "staff"}, "value"), Input({"preset": ALL}, "n_clicks"), prevent_initial_call=True)
    def _choose(clicks: Any) -> Any:
        return (
            received("the change", PRESET, ctx.triggered_id).preset
            if isinstance(clicks, list) and any(clicks)
            else no_update
        )

    @app.callback(
        Output({"view": "what-if"}, "children", allow_duplicate=True),
        Input("reset", "n_clicks"),
        layout.BASE,
        prevent_initial_call=True,
    )
    def _reset(clicks: int, base: Any) -> Any:
        return form.form(what_ifs.cache.scenario(received("baseline", NAME, base)), {}) if clicks else no_update


def _running(app: Dash, what_ifs: WhatIfs) -> None:
    """What the form says is run, or no more."""

    @app.callback(
        Output("poll", "disabled"), Input("run", "n_clicks"), State("what-if", "data"), layout.BASE,
        prevent_initial_call=True,
    )  # fmt: skip
    def _run(clicks: int, inputs: Any, base: Any) -> Any:
        if not clicks:
            return no_update
        scenario = what_ifs.asked(base, inputs)
        what_ifs.jobs.start(scenario)
        what_ifs.cache.run(base, first=min(STEP, scenario.replications))  # meanwhile: what the first ones are beside
        return False

    @app.callback(
        Output("progress", "children", allow_duplicate=True),
        Input("cancel", "n_clicks"),
        State("what-if", "data"),
        layout.BASE,
        prevent_initial_call=True,
    )
    def _cancel(clicks: int, inputs: Any, base: Any) -> Any:
        if clicks:
            what_ifs.jobs.cancel(what_ifs.asked(base, inputs))
        return no_update


def _watching(app: Dash, what_ifs: WhatIfs) -> None:
    """How far it is, and what differs so far; of one that is stored at once all."""

    @app.callback(
        Output("progress", "children"),
        Output("result", "children"),
        Output("watched", "data"),
        Output("poll", "disabled", allow_duplicate=True),
        Input("asked", "data"),
        Input("poll", "n_intervals"),
        State("watched", "data"),
        layout.BASE,
        prevent_initial_call=True,
    )
    def _watch(inputs: Any, _ticks: Any, watched: Any, base: Any) -> Any:
        """A result is sent once: a page that draws it anew several times a second cannot be read."""
        scenario = what_ifs.read(base, inputs).scenario
        if scenario is None:
            return _INVITATION, [], None, True
        job = what_ifs.jobs.of(scenario)
        going_on = job is not None and job.going_on  # before what is stored: it may be finished in between
        stored = what_ifs.jobs.stored(scenario)
        if stored:
            now: list[Any] = [scenario.name, "done"]
            shown = what_ifs.result(base, scenario, stored) if now != watched else no_update
            return [], shown, now, True
        if job is None:
            return _INVITATION, [], None, True
        so_far, shown = job.run, no_update
        now = [scenario.name, so_far.replications if so_far else 0]
        if so_far and now != watched:
            both = [what_ifs.cache.run(base, first=so_far.replications), so_far]
            shown = [changes(both, scenario.replications)]
        return progress(job), shown if so_far else [], now, not going_on


def _saving(app: Dash, what_ifs: WhatIfs) -> None:
    """What the form says becomes a scenario file."""

    @app.callback(
        Output("saved", "children"),
        Input("save", "n_clicks"),
        State("name", "value"),
        State("what-if", "data"),
        layout.BASE,
        prevent_initial_call=True,
    )
    def _save(clicks: int, name: Any, inputs: Any, base: Any) -> Any:
        if not clicks:
            return no_update
        try:
            scenario = what_ifs.asked(base, inputs)
            file = save(scenario, received("the name", TEXT, name).strip(), what_ifs.cache.scenarios)
        except UserError as error:
            return layout.message(str(error), "red")
        return layout.message(f"Saved as {file}. `sim run {file}` answers the same question.", "green")


def _summary(result: whatif.WhatIf) -> list[Component]:
    """What differs from the baseline, and what is wrong with it as a whole."""
    parts: list[Component] = [layout.message(text, "red") for text in result.messages if result.changes]
    if result.errors:
        parts.append(layout.message("Some of the inputs cannot be used yet.", "red"))
    if result.changes:
        parts.append(html.Ul([html.Li(text) for text in result.changes], className="changes"))
    return parts


_INVITATION = [
    html.P(
        "Choose a change and press Run: within seconds you see what it does to the cases. Both sides get the same cases"
        " and the same luck, so any difference is due to the change.",
        className="invitation",
    )
]


def progress(job: WhatIfJob) -> list[Component]:
    """How far a what-if is, and a button that cancels it."""
    total = job.scenario.replications
    words = {
        "waiting": "Waiting for another what-if to finish.",
        "running": f"{job.done:,} of {total:,} simulations",
        "done": f"All {total:,} simulations are done.",
        "cancelled": f"Cancelled after {job.done:,} of {total:,} simulations, which are stored.",
        "failed": f"It failed: {job.message}",
    }
    bar = dmc.ProgressRoot(
        dmc.ProgressSection(value=100 * job.done / max(total, 1), **{"aria-label": "Simulations done"}), size="lg"
    )
    cancel = dmc.Button("Cancel", id="cancel", n_clicks=0, variant="default", size="xs") if job.going_on else None
    return [html.Section([html.P(words[job.status], role="status"), bar, cancel], className="card wide")]
