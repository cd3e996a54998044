"""The form of a what-if: an input for whatever can be changed, with the baseline's own numbers in it."""

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from sim.results.slices import services
from sim.scenario.schema import Scenario
from sim.view.dashboard.changes import BETWEEN, by_weight, routes, years
from sim.view.dashboard.whatif import defaults, staff_input
from sim.view.pictures.staffing import short
from sim.view.words import listing

OPEN = "open"
"""The input of the probes that are open; those that are not ticked are the what-if's `without`."""
DEBOUNCE = 400
"""Milliseconds after the last key until a number is read."""


def form(base: Scenario, said: Mapping[str, str]) -> Component:
    """The form with what was said in it, and the baseline's own numbers elsewhere."""
    values = {**defaults(base), **said}
    return html.Section(
        [
            html.H2("What if …"),
            html.Div(id="whole", children=[]),
            _part("Staff, from 1 January of each year", _staff(base, values)),
            _part("Where strands go", _route(base, values)),
            _part("A wave of requests", _wave(base, values)),
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
        inputs = [_number(staff_input(role, year), values, of=f"{title}, {year}") for year in years(base)]
        lines.append(html.Div([html.Span(title), *inputs], className="staff"))
    head = [html.Span("people (FTE)"), *(html.Span(str(year)) for year in years(base))]
    return [html.Div([html.Div(head, className="staff"), *lines])]


def _route(base: Scenario, values: Mapping[str, str]) -> list[Component]:
    known = routes(base.procedure)
    data = [{"value": key, "label": f"{title} (now {share:.0%})"} for key, (title, share) in known.items()]
    if not data:
        return [html.P("No stage of this procedure splits cases into strands that can end there.")]
    return [
        dmc.Select(id={"input": "route"}, label="Route", data=data, value=values["route"] or None, clearable=True),
        _number("share", values, "Percent of strands", suffix="%"),
    ]


def _wave(base: Scenario, values: Mapping[str, str]) -> list[Component]:
    return [
        _text_input("wave_on", values, "Date", placeholder=f"{base.start}"),
        _number("wave_services", values, f"Services, at most {len(by_weight(base))}"),
    ]  # fmt: skip


def _open(base: Scenario, values: Mapping[str, str]) -> Component:
    without = values["without"].split(BETWEEN)
    stages = {name: [p for p, probe in base.probes.items() if probe.stage == name] for name in base.procedure.stages}
    groups = [
        html.Div([html.H3(base.procedure.stages[stage].title), *(_tick(base, name) for name in names)])
        for stage, names in stages.items()
        if names
    ]
    aria: dict[str, Any] = {"aria-label": "Cases that are open"}
    found: Component = dmc.CheckboxGroup(
        html.Div(groups, className="open", tabIndex=0, role="group", **aria),
        id={"input": OPEN},
        description="Those not ticked are left out.",
        value=[name for name in base.probes if name not in without],
    )
    return found


def _tick(base: Scenario, name: str) -> Component:
    probe = base.probes[name]
    when = f"since {probe.since}" if probe.since else f"from {probe.arrives}"
    words = [listing(services(probe.platform)) or name, probe.topic.replace("_", " "), when]
    found: Component = dmc.Checkbox(label=", ".join(word for word in words if word), value=name)
    return found


def _run(base: Scenario, values: Mapping[str, str]) -> list[Component]:
    return [
        _text_input("name", values, "Name of the scenario"),
        _number("replications", values, f"Replications, at most {base.replications:,}"),
    ]


def _text_input(name: str, values: Mapping[str, str], label: str, placeholder: str = "") -> Component:
    found: Component = dmc.TextInput(
        id={"input": name}, label=label, value=values[name], debounce=DEBOUNCE, placeholder=placeholder
    )
    return found


def _number(name: str, values: Mapping[str, str], label: str = "", suffix: str = "", of: str = "") -> Component:
    value = values[name]
    found: Component = dmc.NumberInput(
        id={"input": name}, value=float(value) if _is_number(value) else value, suffix=suffix, debounce=DEBOUNCE,
        decimalScale=2, clampBehavior="none", hideControls=True, **({"aria-label": of} if of else {"label": label}),
    )  # fmt: skip
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def said(base: Scenario, inputs: Mapping[str, Any]) -> dict[str, str]:
    """What the inputs of the form say beyond the baseline, as texts."""
    usual = defaults(base)
    texts = {name: _text(value) for name, value in inputs.items() if name in usual}
    still_open = inputs.get(OPEN)
    if still_open is not None:
        texts["without"] = BETWEEN.join(name for name in base.probes if name not in still_open)
    return {name: text for name, text in texts.items() if text != usual[name]}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, (int, float)) else str(value).strip()
