"""The form of a what-if: one control for all people, those of each role below it, with the baseline's own numbers."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from sim.results.run import services
from sim.scenario.schema import Scenario
from sim.scenario.wording import short
from sim.view import words
from sim.view.dashboard.headcounts import people_on
from sim.view.dashboard.whatif import BETWEEN, LEAST, MOST, PRESETS, days, defaults, staff_input

POLL = 400
"""Milliseconds between two looks at a what-if that is running."""
DEBOUNCE = 400
"""Milliseconds after the last key until a number is read."""


def form(base: Scenario, inputs: Mapping[str, str]) -> list[Component]:
    """The form with these inputs, and the baseline's own numbers elsewhere; below it the place of the result."""
    values = {**defaults(base), **inputs}
    changed_roles = any(values[staff_input(role)] for role in base.staffing)
    people = people_on(base, _day(base, values["from"]))
    parts = [
        html.H2("What if there were more people, or fewer?"),
        *_all(sum(people.values()), values),
        dmc.Select(
            id={"input": "from"}, label="From", value=values["from"], allowDeselect=False, w=240,
            data=[{"value": str(day), "label": words.date_of(day)} for day in days(base)],
        ),
        html.Details(
            [html.Summary("Single roles"), html.Div(_roles(base, people, values), className="roles")],
            open=changed_roles,
        ),
        html.Details([html.Summary("Cases left out"), _without(base, values)], open=bool(values["without"])),
        html.Div(id="summary"),
        html.Div(
            [
                dmc.Button("Run", id="run", n_clicks=0),
                dmc.Button("Reset", id="reset", n_clicks=0, variant="subtle"),
            ],
            className="buttons",
        ),
    ]  # fmt: skip
    result = [
        *(dcc.Store(id=name) for name in ("read", "again", "asked")),
        dcc.Store(id="watched"),
        dcc.Interval(id="poll", interval=POLL, disabled=True),
        html.Div(id="progress"),
        html.Div(id="result", className="view"),
    ]
    return [html.Section(parts, className="card form"), html.Div(result)]


def _day(base: Scenario, text: str) -> date:
    return next((day for day in days(base) if str(day) == text), base.start)


def _all(people: float, values: Mapping[str, str]) -> list[Component]:
    """The control for all people, and the usual changes to choose from."""
    marks = [{"value": percent, "label": f"{percent:+d}%" if percent else "0"} for percent in (LEAST, 0, 50, MOST)]
    slider = dmc.Slider(
        id={"input": "staff"}, value=_number(values["staff"]) or 0, min=LEAST, max=MOST, step=5, marks=marks,
        updatemode="mouseup", labelAlwaysOn=True, label={"function": "percent"},
        thumbLabel="All staff, per cent more or fewer",
    )  # fmt: skip
    presets = [
        dmc.Button(
            f"{'double' if percent == MOST else f'{percent:+d}%'}: {people * (1 + percent / 100):,.0f}",
            id={"preset": percent}, n_clicks=0, variant="default", size="xs",
        )
        for percent in PRESETS
    ]  # fmt: skip
    now = html.Span(f"{people:,.0f} people expected", className="subtitle")
    return [html.Div(slider, className="slider"), html.Div([now, *presets], className="buttons presets")]


def _roles(base: Scenario, people: Mapping[str, float], values: Mapping[str, str]) -> list[Component]:
    """A percentage for each role; empty as all. Its people have a decimal, so that all of them add up."""
    return [
        dmc.NumberInput(
            id={"input": staff_input(role)}, label=f"{short(pool.title or role)} ({_exact(people[role])})",
            value=_number(values[staff_input(role)]), placeholder="as all", suffix="%", debounce=DEBOUNCE,
            clampBehavior="none", hideControls=True,
        )
        for role, pool in base.staffing.items()
    ]  # fmt: skip


def _exact(people: float) -> str:
    return f"{people:,.1f}".removesuffix(".0")


def _number(text: str) -> float | str:
    with suppress(ValueError):
        return float(text)
    return text


def _without(base: Scenario, values: Mapping[str, str]) -> Component:
    chosen: Component = dmc.MultiSelect(
        id={"input": "without"}, label="Open cases to leave out", searchable=True, clearable=True,
        data=[{"value": name, "label": _called(base, name)} for name in base.probes],
        value=[name for name in values["without"].split(BETWEEN) if name in base.probes],
    )  # fmt: skip
    return chosen


def _called(base: Scenario, name: str) -> str:
    """A case by its services, its topic and since when; its name tells those that would be called the same."""
    probe = base.probes[name]
    kind, day = ("since", probe.since) if probe.since else ("from", probe.arrives)
    when = f"{kind} {words.date_of(day)}" if day else ""
    parts = [words.listing(services(probe.platform)) or name, probe.topic.replace("_", " "), when]
    return f"{', '.join(part for part in parts if part)} ({name})"


def changed_inputs(base: Scenario, values: Mapping[str, Any]) -> dict[str, str]:
    """The inputs of the form that differ from the baseline, as texts."""
    usual = defaults(base)
    texts = {name: _text(value) for name, value in values.items() if name in usual}
    return {name: text for name, text in texts.items() if text != usual[name]}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return BETWEEN.join(value)
    return "" if value is None else f"{value:g}" if isinstance(value, (int, float)) else str(value).strip()
