"""The page around the pictures: the header with the runs chosen, the filters, the tabs."""

from uuid import uuid4

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from sim.results.run import Run
from sim.results.slices import platforms
from sim.view.dashboard.address import MOST_RUNS, TABS, State, cases
from sim.view.pictures.listed import names
from sim.view.pictures.staffing import short

THEME = {"primaryColor": "blue", "primaryShade": 8, "fontFamily": "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"}
POLL, AGAIN = 1000, 500
"""Milliseconds between two looks at what goes on in the background: a what-if, and slices that are made."""
Options = list[dict[str, str]]


def shell() -> Component:
    """What is there before the address has been read: everything else comes into it."""
    parts = [dcc.Location(id="address", refresh=False), html.Div(id="page"), html.Div(id="written")]
    found: Component = dmc.MantineProvider(parts, theme=THEME, forceColorScheme="light")
    return found


def page(state: State, labels: dict[str, str], run: Run | None, told: list[str]) -> Component:
    """The page of a state; `told`: what is wrong with its address. `run`: the baseline, if there is one."""
    return html.Div(
        [
            dcc.Store(id="session", data=uuid4().hex),
            dcc.Store(id="said"),
            dcc.Store(id="ready"),
            dcc.Store(id="what-if", data=dict(state.what_if)),
            dcc.Interval(id="again", interval=AGAIN, disabled=True),
            dcc.Interval(id="poll", interval=POLL, disabled=True),
            dcc.Store(id="seen", data=[0, 0]),
            html.Header(_header(state, labels)),
            html.Main(
                [
                    html.Div(message(told) if told else [], id="told"),
                    html.Div(_filters(state, run), className="filters"),
                    html.Div(id="preparing"),
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
    return [
        html.Div(
            [view, html.Div([html.Div(id="saved"), html.Div(_INVITATION, id="progress"), html.Div(id="result")])],
            className="what-if",
        )
    ]


_INVITATION = [
    html.P(
        "Change something in the form and run it: what differs from the baseline is shown here as it comes in."
        " Both have the same cases with the same luck, so that differences are due to the change.",
        className="invitation",
    )
]


def message(text: str | list[str], kind: str = "yellow") -> Component:
    """A line, or several, that tell what is otherwise than asked, or what is going on."""
    lines = text if isinstance(text, str) else [html.Div(line) for line in text]
    found: Component = dmc.Alert(lines, color=kind, variant="light", className="message")
    return found


def _header(state: State, labels: dict[str, str]) -> list[Component]:
    runs = [{"value": name, "label": label} for name, label in labels.items()]
    return [
        html.H1("Enforcement simulation"),
        dmc.Select(id="base", label="Baseline", data=runs, value=state.base or None, allowDeselect=False),
        dmc.MultiSelect(
            id="others",
            label="Compared with it",
            data=[run for run in runs if run["value"] != state.base],
            value=list(state.runs[1:]),
            maxValues=MOST_RUNS - 1,
            placeholder="" if state.runs[1:] else "other scenarios",
            clearable=True,
        ),
    ]


def _filters(state: State, run: Run | None) -> list[Component]:
    options = filter_options(run, state.platform) if run else {name: [] for name in FILTERS}
    return [
        dmc.Select(
            id="platform", label="Platform", placeholder="all", data=options["platform"], value=state.platform or None,
            clearable=True, searchable=True,
        ),
        dmc.MultiSelect(
            id="stages", label="Stages", placeholder="" if state.stages else "all", data=options["stages"],
            value=list(state.stages), clearable=True,
        ),
        dmc.MultiSelect(
            id="roles", label="Roles", placeholder="" if state.roles else "all", data=options["roles"],
            value=list(state.roles), clearable=True,
        ),
        dmc.Select(
            id="case", label="Case", placeholder="all", data=options["case"], value=state.case or None,
            clearable=True, searchable=True,
        ),
    ]  # fmt: skip


FILTERS = ("platform", "stages", "roles", "case")


def filter_options(run: Run, platform: str) -> dict[str, Options]:
    """What the filters can be set to for a baseline; cases are those on the platform."""
    scenario, called = run.scenario, names(run)
    stages = {name: stage.title for name, stage in scenario.procedure.stages.items()}
    roles = {name: short(pool.title or name) for name, pool in scenario.staffing.items()}
    found = {
        "platform": {name: name for name in platforms(scenario)},
        "stages": stages,
        "roles": roles,
        "case": {name: called[name].whole for name in cases(scenario, platform)},
    }
    return {key: [{"value": name, "label": title} for name, title in known.items()] for key, known in found.items()}
