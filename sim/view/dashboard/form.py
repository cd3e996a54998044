"""The form of a what-if: an input for whatever can be changed, with the baseline's own numbers in it."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from sim.results.run import services
from sim.scenario.schema import Scenario
from sim.view.dashboard.headcounts import years
from sim.view.dashboard.whatif import BETWEEN, defaults, staff_input
from sim.view.figures.staffing import short
from sim.view.words import listing

OPEN = "open"
"""The input of the probes that are open; those not ticked are the what-if's `without`."""
DEBOUNCE = 400
"""Milliseconds after the last key until a number is read."""


def form(base: Scenario, inputs: Mapping[str, str]) -> Component:
    """The form with these inputs, and the baseline's own numbers elsewhere."""
    values = {**defaults(base), **inputs}
    return html.Section(
        [
            html.H2("What if …"),
            html.Div(id="summary", children=[]),
            _part("Staff, from 1 January of each year", _staff(base, values)),
            _part("Open cases", [_open(base, values)]),
            _part("Run", _run(base, values)),
            html.Div(
                [
                    dmc.Button("Run", id="run", n_clicks=0),
                    dmc.Button("Save as scenario", id="save", n_clicks=0, variant="default"),
                    dmc.Button("Reset", id="reset", n_clicks=0, variant="subtle"),
                ],
                className="buttons",
            ),
        ],
        className="card form wide",
    )


def _part(title: str, parts: list[Component]) -> Component:
    return html.Fieldset([html.Legend(title), *parts])


def _staff(base: Scenario, values: Mapping[str, str]) -> list[Component]:
    """A line for each role, a column for each year."""
    lines = []
    for role, pool in base.staffing.items():
        title = short(pool.title or role)
        inputs = [
            _number(staff_input(role, year), values, **{"aria-label": f"{title}, {year}"}) for year in years(base)
        ]
        lines.append(html.Div([html.Span(title), *inputs], className="staff"))
    head = [html.Span("people (FTE)"), *(html.Span(str(year)) for year in years(base))]
    return [html.Div([html.Div(head, className="staff"), *lines])]


def _open(base: Scenario, values: Mapping[str, str]) -> Component:
    without = values["without"].split(BETWEEN)
    stages = {name: [p for p, probe in base.probes.items() if probe.stage == name] for name in base.procedure.stages}
    groups = [
        html.Div([html.H3(base.procedure.stages[stage].title), *(_tick(base, name) for name in names)])
        for stage, names in stages.items()
        if names
    ]
    aria: dict[str, Any] = {"aria-label": "Cases that are open"}
    group: Component = dmc.CheckboxGroup(
        html.Div(groups, className="open", tabIndex=0, role="group", **aria),
        id={"input": OPEN},
        description="Those not ticked are left out.",
        value=[name for name in base.probes if name not in without],
    )
    return group


def _tick(base: Scenario, name: str) -> Component:
    probe = base.probes[name]
    when = f"since {probe.since}" if probe.since else f"from {probe.arrives}"
    words = [listing(services(probe.platform)) or name, probe.topic.replace("_", " "), when]
    box: Component = dmc.Checkbox(label=", ".join(word for word in words if word), value=name)
    return box


def _run(base: Scenario, values: Mapping[str, str]) -> list[Component]:
    return [
        dmc.TextInput(id={"input": "name"}, label="Name of the scenario", value=values["name"], debounce=DEBOUNCE),
        _number("replications", values, label=f"Replications, at most {base.replications:,}"),
    ]


def _number(name: str, values: Mapping[str, str], **labelled: str) -> Component:
    """An input of a number, with a visible `label` or an `aria-label`."""
    value: float | str = values[name]
    with suppress(ValueError):
        value = float(value)
    number: Component = dmc.NumberInput(
        id={"input": name}, value=value, debounce=DEBOUNCE, decimalScale=2, clampBehavior="none", hideControls=True,
        **labelled,
    )  # fmt: skip
    return number


def changed_inputs(base: Scenario, values: Mapping[str, Any]) -> dict[str, str]:
    """The inputs of the form that differ from the baseline, as texts."""
    usual = defaults(base)
    texts = {name: _text(value) for name, value in values.items() if name in usual}
    ticked = values.get(OPEN)
    if isinstance(ticked, list):
        texts["without"] = BETWEEN.join(name for name in base.probes if name not in ticked)
    return {name: text for name, text in texts.items() if text != usual[name]}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, (int, float)) else str(value).strip()
