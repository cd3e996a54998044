"""The page around the tabs: the header with the runs chosen, the filters, the places of what callbacks make."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

import dash_mantine_components as dmc
from dash import Input, State, dcc, html
from dash.development.base_component import Component

from sim.results.run import Run, platforms
from sim.view.dashboard.address import MAX_RUNS, TABS, ViewState, cases
from sim.view.figures.listed import names
from sim.view.figures.staffing import short

THEME = {"primaryColor": "blue", "primaryShade": 8, "fontFamily": "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"}
POLL = 1000
"""Milliseconds between two looks at a what-if that is running."""
LOOK = 5000
"""Milliseconds between two looks at the runs that there are."""
TROUBLE = "trouble"
"""Where the page says what went wrong; page.js writes there, too."""
Options = list[dict[str, str]]


def shell() -> Component:
    """What the page is before its address has been read: everything else comes into it."""
    parts = [
        dcc.Store(id="address"),
        dcc.Store(id="went-back"),
        dcc.Store(id="opened"),
        html.Div(id=TROUBLE, role="alert"),
        html.Div(id="page"),
        html.Div(id="written"),
    ]
    provider: Component = dmc.MantineProvider(parts, theme=THEME, forceColorScheme="light")
    return provider


def page(
    state: ViewState, labels: dict[str, str], run: Run | None, messages: list[str], versions: dict[str, str]
) -> Component:
    """The page of a state.

    `run`: the baseline, if there is one. `messages`: what is wrong with the address. `versions`: of the runs shown.
    """
    return html.Div(
        [
            dcc.Store(id="session", data=uuid4().hex),
            dcc.Store(id="query"),
            dcc.Store(id="what-if", data=dict(state.what_if)),
            dcc.Interval(id="poll", interval=POLL, disabled=True),
            dcc.Interval(id="look", interval=LOOK),
            dcc.Store(id="versions", data=versions),
            dcc.Store(id="changed", data=0),
            dcc.Store(id="to-compare", data=[0, 0]),
            dcc.Store(id="compared", data=[0, 0]),
            html.Header(_header(state, labels)),
            html.Main(
                [
                    html.Div(message(messages) if messages else [], id="messages"),
                    html.Div(id="notices", role="status"),
                    html.Div(_filters(state, run), className="filters"),
                    dmc.Tabs(
                        [
                            dmc.TabsList([dmc.TabsTab(title, value=key) for key, title in TABS.items()]),
                            *(dmc.TabsPanel(_panel(key), value=key) for key in TABS),
                        ],
                        id="tab",
                        value=state.tab,
                    ),
                ]
            ),
        ]
    )


def _panel(tab: str) -> list[Component]:
    """What a tab is made of; a what-if goes on, and its result stays, while people look at other tabs."""
    view = html.Div(id={"view": tab}, className="view")
    if tab != "what-if":
        return [view]
    results = [html.Div(id="saved"), html.Div(_INVITATION, id="progress"), html.Div(id="result")]
    return [html.Div([view, html.Div(results)], className="what-if")]


_INVITATION = [
    html.P(
        "Change something in the form and run it: what differs from the baseline is shown below as results come in."
        " Both have the same cases with common random numbers, so that differences are due to the change.",
        className="invitation",
    )
]


def message(text: str | list[str], colour: str = "yellow", closable: bool = False) -> Component:
    """A line or several that say what is wrong, or what to do; `closable` with a button, if they are read once."""
    lines = text if isinstance(text, str) else [html.Div(line) for line in text]
    alert: Component = dmc.Alert(lines, color=colour, variant="light", className="message", withCloseButton=closable)
    return alert


def _header(state: ViewState, labels: dict[str, str]) -> list[Component]:
    runs = options(labels)
    return [
        html.H1("Enforcement simulation"),
        dmc.Select(id="base", label="Baseline", data=runs, value=state.base or None, allowDeselect=False),
        dmc.MultiSelect(
            id="others",
            label="Compared with it",
            data=options(labels, without=state.base),
            value=list(state.runs[1:]),
            maxValues=MAX_RUNS - 1,
            placeholder="" if state.runs[1:] else "other scenarios",
            clearable=True,
        ),
    ]


def options(labels: Mapping[str, str], shown: Iterable[str] = (), without: str = "") -> Options:
    """The runs to choose from; one that is `shown` and gone stays, and says so."""
    gone = {name: f"{name} (gone)" for name in shown if name not in labels}
    return [{"value": name, "label": label} for name, label in {**labels, **gone}.items() if name != without]


FILTERS = ("platform", "stages", "roles", "case")
CONTROLS = ("base", "others", "tab", *FILTERS)
"""The parts of the page that say what a view shows."""


def controls(of: type[Input] | type[State]) -> list[Any]:
    """The controls as inputs or states of a callback."""
    return [of(name, "value") for name in CONTROLS]


def _filters(state: ViewState, run: Run | None) -> list[Component]:
    options = filter_options(run, state.platform) if run else {name: [] for name in FILTERS}
    controls = []
    for name in FILTERS:
        value, many = getattr(state, name), name in ("stages", "roles")
        control = dmc.MultiSelect if many else dmc.Select
        controls.append(
            control(
                id=name,
                label=name.capitalize(),
                data=options[name],
                value=list(value) if many else value or None,
                placeholder="" if many and value else "all",
                clearable=True,
                searchable=not many,
            )
        )
    return controls


def filter_options(run: Run, platform: str) -> dict[str, Options]:
    """What the filters can be set to for a baseline; cases are those on the platform."""
    scenario, name_of = run.scenario, names(run)
    titles = {
        "platform": {name: name for name in platforms(scenario)},
        "stages": {name: stage.title for name, stage in scenario.procedure.stages.items()},
        "roles": {name: short(pool.title or name) for name, pool in scenario.staffing.items()},
        "case": {name: name_of[name].whole for name in cases(scenario, platform)},
    }
    return {key: [{"value": name, "label": title} for name, title in known.items()] for key, known in titles.items()}
