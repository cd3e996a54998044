"""What happens in the form of a what-if: reading it, running it, watching it, cancelling it, saving it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from sim.errors import UserError
from sim.experiments.compare import compare_shared
from sim.experiments.pairing import made_otherwise
from sim.scenario.schema import Scenario
from sim.view.dashboard import form, layout, whatif
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.card import card
from sim.view.dashboard.jobs import Jobs, WhatIfProgress
from sim.view.dashboard.received import IDS, INPUTS, NAME, SESSION, VALUES, received
from sim.view.dashboard.saving import save
from sim.view.figures.comparison import differences
from sim.view.figures.figure import Figure

Bases = Callable[[Any], Scenario]
"""Gives the scenario of a baseline by the name of its run, as the browser sent it; UserError if there is none."""

Asked = Callable[[Any, Any], Scenario]
"""Gives the what-if of a baseline and inputs, as the browser sent them; UserError if there is anything wrong."""
LINES = 5
"""Lines about a what-if that cannot be run, at most: each also stands beside its input."""
FORGOTTEN = (
    "This what-if is not known any more; the dashboard was probably started again. Run it again: what it had finished"
    " is stored."
)


def register(app: Dash, cache: RunCache, jobs: Jobs, scenarios: Path) -> None:
    """Add the callbacks of what-ifs to the application; `scenarios`: the folder to save them in."""

    def base_scenario(name: Any) -> Scenario:
        return cache.scenario(received("baseline", NAME, name))

    def asked(base: Any, inputs: Any) -> Scenario:
        texts = received("the what-if", INPUTS, inputs)
        result = whatif.read(base_scenario(base), texts)
        if result.scenario is None:
            lines = [*(f"{name}: {message}" for name, message in result.errors.items()), *result.messages]
            raise UserError(*lines[:LINES])
        return result.scenario

    _reading(app, base_scenario)
    _running(app, asked, jobs)
    _watching(app, cache, jobs)
    _saving(app, asked, base_scenario, scenarios)


def _reading(app: Dash, base_scenario: Bases) -> None:
    """The form is filled in, or reset."""

    @app.callback(
        Output("what-if", "data"),
        Output("summary", "children"),
        Output("run", "disabled"),
        Output("save", "disabled"),
        Output({"input": ALL}, "error"),
        Input({"input": ALL}, "value"),
        State({"input": ALL}, "id"),
        State("base", "value"),
    )
    def _read(values: Any, ids: Any, base: Any) -> Any:
        names = [one.input for one in received("the form", IDS, ids)]
        texts = received("the form", VALUES, values)
        if not len(names) == len(texts) == len(ctx.outputs_list[-1]):
            raise UserError("The form is not complete; load the page again.")
        inputs = form.changed_inputs(base_scenario(base), dict(zip(names, texts, strict=True)))
        result = whatif.read(base_scenario(base), inputs)
        errors = [result.errors.get("without" if name == form.OPEN else name, "") for name in names]
        bad = result.scenario is None
        return inputs, _summary(result), bad, bad, errors

    @app.callback(
        Output({"view": "what-if"}, "children", allow_duplicate=True),
        Input("reset", "n_clicks"),
        State("base", "value"),
        prevent_initial_call=True,
    )
    def _reset(clicks: int, base: Any) -> Any:
        return [form.form(base_scenario(base), {})] if clicks else no_update


def _running(app: Dash, asked: Asked, jobs: Jobs) -> None:
    """What the form says is run, or no more."""

    @app.callback(
        Output("poll", "disabled"),
        Output("saved", "children", allow_duplicate=True),
        Input("run", "n_clicks"),
        State("what-if", "data"),
        State("base", "value"),
        State("session", "data"),
        prevent_initial_call=True,
    )
    def _run(clicks: int, inputs: Any, base: Any, session: Any) -> Any:
        if not clicks:
            return no_update, no_update
        jobs.start(received("the session", SESSION, session), asked(base, inputs), base)
        return False, []

    @app.callback(
        Output("progress", "children", allow_duplicate=True),
        Input("cancel", "n_clicks"),
        State("session", "data"),
        prevent_initial_call=True,
    )
    def _cancel(clicks: int, session: Any) -> Any:
        if clicks:
            jobs.cancel(received("the session", SESSION, session))
        return no_update


def _watching(app: Dash, cache: RunCache, jobs: Jobs) -> None:
    """How far it is, and what differs so far."""

    @app.callback(
        Output("progress", "children"),
        Output("to-compare", "data"),
        Output("poll", "disabled", allow_duplicate=True),
        Input("poll", "n_intervals"),
        State("session", "data"),
        State("to-compare", "data"),
        State("compared", "data"),
        prevent_initial_call=True,
    )
    def _watch(ticks: int, session: Any, to_compare: Any, compared: Any) -> Any:
        """Asks for a comparison only when the one before is shown, because browsers drop answers that are overtaken."""
        job = jobs.of(received("the session", SESSION, session))
        if job is None:
            return layout.message(FORGOTTEN, "red"), no_update, True
        now = [job.number, job.run.replications if job.run else 0]
        free = compared == to_compare
        return progress(job), now if free and now != to_compare else no_update, free and not job.going_on

    @app.callback(
        Output("result", "children"),
        Output("compared", "data"),
        Input("to-compare", "data"),
        State("session", "data"),
        prevent_initial_call=True,
    )
    def _result(to_compare: Any, session: Any) -> Any:
        job = jobs.of(received("the session", SESSION, session))
        return differences_so_far(cache, job) if job and job.run else [], to_compare


def _saving(app: Dash, asked: Asked, base_scenario: Bases, scenarios: Path) -> None:
    """What the form says becomes a scenario file."""

    @app.callback(
        Output("saved", "children"),
        Input("save", "n_clicks"),
        State("what-if", "data"),
        State("base", "value"),
        prevent_initial_call=True,
    )
    def _save(clicks: int, inputs: Any, base: Any) -> Any:
        if not clicks:
            return no_update
        try:
            file = save(asked(base, inputs), base_scenario(base), scenarios)
        except UserError as error:
            return layout.message(str(error), "red")
        return layout.message(f"Saved as {file}. `sim run {file}` answers the same question.", "green")


def _summary(result: whatif.WhatIf) -> Sequence[Component]:
    """What differs from the baseline, and what is wrong with it as a whole."""
    parts: list[Component] = [layout.message(text, "red" if result.changes else "gray") for text in result.messages]
    if result.errors:
        parts.append(layout.message("Some of the inputs below cannot be used yet.", "red"))
    if result.changes:
        parts.append(html.Ul([html.Li(text) for text in result.changes], className="changes"))
    return parts


def progress(job: WhatIfProgress) -> list[Component]:
    """How far a what-if is, and a button that cancels it."""
    words = {
        "waiting": "Waiting for another what-if to end.",
        "running": f"{job.done:,} of {job.total:,} replications",
        "done": f"All {job.total:,} replications are done.",
        "cancelled": f"Cancelled after {job.done:,} of {job.total:,} replications, which are stored.",
        "failed": f"It failed: {job.message}",
    }
    parts: list[Component] = [html.P(words[job.status], role="status")]
    parts.append(
        dmc.ProgressRoot(
            dmc.ProgressSection(value=100 * job.done / max(job.total, 1), **{"aria-label": "Replications done"}),
            size="lg",
        )
    )
    if job.going_on:
        parts.append(dmc.Button("Cancel", id="cancel", n_clicks=0, variant="default", size="xs"))
    return [html.Section([html.H2(job.scenario.title), *parts], className="card")]


def differences_so_far(cache: RunCache, job: WhatIfProgress) -> Any:
    """The differences from the baseline over the replications that are done."""
    try:
        figure = what_if_picture(cache, job)
        made = made_otherwise([cache.run(job.base), job.run]) if job.run else []
    except UserError as error:
        return layout.message(str(error), "red")
    shown = card(figure).part if figure else layout.message("So far nothing differs.", "gray")
    return [*([layout.message(made)] if made else []), shown]


def what_if_picture(cache: RunCache, job: WhatIfProgress) -> Figure | None:
    """How a what-if differs from its baseline so far; None if it does not. Raises UserError."""
    if job.run is None:
        return None
    base = cache.run(job.base)
    what_if = replace(job.run, scenario=job.run.scenario.model_copy(update={"title": "the what-if"}))
    figure = differences([base, what_if], compare_shared(base, what_if).table)
    if figure is None:
        return None
    both = min(base.replications, what_if.replications)
    subtitle = (
        f"The what-if beside {base.scenario.title or base.scenario.name} · the first {both:,} replications of each,"
        " with common random numbers · whiskers are 95% confidence intervals of the mean difference"
    )
    return figure._replace(name="what-if-differences", subtitle=subtitle)
