"""What happens in the form of a what-if: reading it, running it, watching it, cancelling it, saving it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component

from sim.errors import UserError
from sim.experiments.compare import compare_shared
from sim.scenario.schema import Scenario
from sim.view.dashboard import form, layout, whatif
from sim.view.dashboard.jobs import Jobs, Progress
from sim.view.dashboard.library import Library
from sim.view.dashboard.saving import save
from sim.view.dashboard.shown import shown
from sim.view.figures.picture import Picture
from sim.view.pictures.comparison import differences

Bases = Callable[[str], Scenario]
"""Gives the scenario of a baseline by the name of its run."""


def register(app: Dash, library: Library, jobs: Jobs, scenarios: Path) -> None:
    """Add the callbacks of what-ifs to the application; `scenarios`: the folder to save them in."""

    def base_scenario(name: str) -> Scenario:
        return library.run(name).scenario

    _reading(app, base_scenario)
    _running(app, base_scenario, jobs)
    _watching(app, library, jobs)
    _saving(app, base_scenario, scenarios)


def _reading(app: Dash, base_scenario: Bases) -> None:
    """The form is filled in, or reset."""

    @app.callback(
        Output("what-if", "data"),
        Output("whole", "children"),
        Output("run", "disabled"),
        Output("save", "disabled"),
        Output({"input": ALL}, "error"),
        Input({"input": ALL}, "value"),
        State({"input": ALL}, "id"),
        State("base", "value"),
    )
    def _read(values: list[Any], ids: list[dict[str, str]], base: str) -> Any:
        names = [one["input"] for one in ids]
        said = form.said(base_scenario(base), dict(zip(names, values, strict=True)))
        found = whatif.read(base_scenario(base), said)
        errors = [found.beside.get("without" if name == form.OPEN else name, "") for name in names]
        bad = found.scenario is None
        return said, _summary(found), bad, bad, errors

    @app.callback(
        Output({"view": "what-if"}, "children", allow_duplicate=True),
        Input("reset", "n_clicks"),
        State("base", "value"),
        prevent_initial_call=True,
    )
    def _reset(clicks: int, base: str) -> Any:
        return [form.form(base_scenario(base), {})] if clicks else no_update


def _running(app: Dash, base_scenario: Bases, jobs: Jobs) -> None:
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
    def _run(clicks: int, said: dict[str, str], base: str, session: str) -> Any:
        found = whatif.read(base_scenario(base), said)
        if not clicks or found.scenario is None:
            return no_update, no_update
        jobs.start(session, found.scenario, base)
        return False, []

    @app.callback(
        Output("progress", "children", allow_duplicate=True),
        Input("cancel", "n_clicks"),
        State("session", "data"),
        prevent_initial_call=True,
    )
    def _cancel(clicks: int, session: str) -> Any:
        if clicks:
            jobs.cancel(session)
        return no_update


def _watching(app: Dash, library: Library, jobs: Jobs) -> None:
    """How far it is, and what differs so far."""

    @app.callback(
        Output("progress", "children"),
        Output("seen", "data"),
        Output("poll", "disabled", allow_duplicate=True),
        Input("poll", "n_intervals"),
        State("session", "data"),
        State("seen", "data"),
        prevent_initial_call=True,
    )
    def _watch(ticks: int, session: str, seen: list[int]) -> Any:
        """Quick, as it is asked again and again: an answer that comes after the next question is never shown."""
        job = jobs.of(session)
        if job is None:
            return [], no_update, True
        now = [job.number, job.run.replications if job.run else 0]
        return progress(job), no_update if now == seen else now, not job.going_on

    @app.callback(
        Output("result", "children"), Input("seen", "data"), State("session", "data"), prevent_initial_call=True
    )
    def _result(seen: list[int], session: str) -> Any:
        job = jobs.of(session)
        return differences_so_far(library, job) if job and job.run else []


def _saving(app: Dash, base_scenario: Bases, scenarios: Path) -> None:
    """What the form says becomes a scenario file."""

    @app.callback(
        Output("saved", "children"),
        Input("save", "n_clicks"),
        State("what-if", "data"),
        State("base", "value"),
        prevent_initial_call=True,
    )
    def _save(clicks: int, said: dict[str, str], base: str) -> Any:
        found = whatif.read(base_scenario(base), said)
        if not clicks or found.scenario is None:
            return no_update
        try:
            file = save(found.scenario, base_scenario(base), scenarios)
        except UserError as error:
            return layout.message(str(error), "red")
        return layout.message(f"Saved as {file}. `sim run {file}` answers the same question.", "green")


def _summary(found: whatif.Read) -> Sequence[Component]:
    """What differs from the baseline, and what is wrong with it as a whole."""
    parts: list[Component] = [layout.message(text, "red" if found.changes else "gray") for text in found.messages]
    if found.beside:
        parts.append(layout.message("Some of the inputs below cannot be used yet.", "red"))
    if found.changes:
        parts.append(html.Ul([html.Li(text) for text in found.changes], className="changes"))
    return parts


def progress(job: Progress) -> list[Component]:
    """How far a what-if is, and a button that cancels it."""
    words = {
        "waiting": "Waiting: other what-ifs are being run. This one begins when there is a place.",
        "running": f"{job.done:,} of {job.total:,} replications",
        "done": f"All {job.total:,} replications are there.",
        "cancelled": f"Cancelled after {job.done:,} of {job.total:,} replications; they are kept.",
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


def differences_so_far(library: Library, job: Progress) -> Any:
    """The differences to the baseline over the replications that are there."""
    try:
        found = what_if_picture(library, job)
    except UserError as error:
        return layout.message(str(error), "red")
    return [shown(found).part] if found else layout.message("So far nothing differs.", "gray")


def what_if_picture(library: Library, job: Progress) -> Picture | None:
    """The differences of what is there of a what-if to its baseline; None if there are none. Raises UserError."""
    if job.run is None:
        return None
    base = library.run(job.base)
    called = replace(job.run, scenario=job.run.scenario.model_copy(update={"title": "the what-if"}))
    found = differences([base, called], compare_shared(base, called).table)
    if found is None:
        return None
    both = min(base.replications, called.replications)
    subtitle = (
        f"The what-if beside {base.scenario.title or base.scenario.name} · the first {both:,} replications of each,"
        " with the same luck · whiskers are 95% confidence intervals of the mean difference"
    )
    return found._replace(name="what-if-differences", subtitle=subtitle)
