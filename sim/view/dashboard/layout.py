"""The page around the tabs: the header with the runs chosen, the filters, the places of what callbacks make."""

from collections.abc import Iterable
from typing import Any

import dash_mantine_components as dmc
from dash import Input, State, dcc, html
from dash.development.base_component import Component

from sim.results.run import Run, platforms
from sim.scenario.wording import short
from sim.view.dashboard.address import MAX_RUNS, TABS, ViewState, cases, to_query
from sim.view.dashboard.cache import Listing
from sim.view.figures.listed import names

THEME = {"primaryColor": "blue", "primaryShade": 8, "fontFamily": "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"}
LOOK = 5000
"""Milliseconds between two looks at the runs that there are."""
TROUBLE = "trouble"
"""Where the page says what went wrong; page.js writes there, too."""
Options = list[dict[str, str]]


def shell() -> Component:
    """What the page is before its address has been read: everything else comes into it."""
    parts = [
        dcc.Store(id="address"),
        html.Div(id=TROUBLE, role="alert"),
        html.Div(html.P("Opening the runs …", className="waiting", role="status"), id="page"),
        html.Div(id="written"),
    ]
    provider: Component = dmc.MantineProvider(parts, theme=THEME, forceColorScheme="light")
    return provider


def page(
    state: ViewState, listing: Listing, run: Run | None, messages: list[str], versions: dict[str, str], write: str = ""
) -> Component:
    """The page of a state.

    `run`: the baseline, if there is one. `messages`: what is wrong with the address. `versions`: of the runs shown.
    `write`: how the browser takes down the address of the state, if it does not have it: `pushState` or `replaceState`.
    """
    tabs = [
        dmc.TabsList([dmc.TabsTab(title, value=key) for key, title in TABS.items()]),
        *(dmc.TabsPanel(_view(key, run), value=key) for key in TABS),
    ]
    reproduce = [html.Summary("Reproduce this", id="reproduce", n_clicks=0), html.Div(id="recipe")]
    return html.Div(
        [
            dcc.Store(id="opened", data={"search": to_query(state), "write": write}),
            dcc.Store(id="query"),
            dcc.Store(id="what-if", data=dict(state.what_if)),
            dcc.Interval(id="look", interval=LOOK),
            dcc.Store(id="versions", data=versions),
            dcc.Store(id="changed", data=0),
            html.Header(_header(state, listing)),
            html.Main(
                [
                    html.Div(message(messages) if messages else [], id="messages"),
                    html.Div(id="notices", role="status"),
                    html.Div(_filters(state, run), className="filters"),
                    dmc.Tabs(tabs, id="tab", value=state.tab),
                    html.Details(reproduce, className="card reproduce"),
                ]
            ),
        ]
    )


def _view(tab: str, run: Run | None) -> Component:
    """The place of a tab; it says what is being done as long as that takes."""
    waits = f"Drawing what {run.replications:,} simulations say …" if run else "…"
    data: Any = {"data-waits": waits}
    return html.Div(id={"view": tab}, className="what-if" if tab == "what-if" else "view", **data)


def message(text: str | list[str], colour: str = "yellow", closable: bool = False) -> Component:
    """A line or several that say what is wrong, or what to do; `closable` with a button, if they are read once."""
    lines = text if isinstance(text, str) else [html.Div(line) for line in text]
    alert: Component = dmc.Alert(lines, color=colour, variant="light", className="message", withCloseButton=closable)
    return alert


def _header(state: ViewState, listing: Listing) -> list[Component]:
    title = [
        html.H1("Enforcement simulation"),
        html.P("What may become of a regulator's cases: how they end, when, and what difference staffing makes."),
    ]
    return [
        html.Div(title, className="about"),
        dmc.Select(id="base", label="Baseline", data=options(listing), value=state.base or None, allowDeselect=False),
        dmc.MultiSelect(
            id="others",
            label="Compared with it",
            data=options(listing, without=state.base),
            value=list(state.runs[1:]),
            maxValues=MAX_RUNS - 1,
            placeholder="" if state.runs[1:] else "other scenarios",
            clearable=True,
        ),
    ]


def options(listing: Listing, shown: Iterable[str] = (), without: str = "") -> list[Any]:
    """The runs to choose from, what-ifs by themselves; one that is `shown` and gone stays, and says so."""
    gone = {name: f"{name} (gone)" for name in shown if name not in listing.labels}
    groups: dict[str, Options] = {"Stored runs": [], "What-ifs": []}
    for name, label in {**listing.labels, **gone}.items():
        if name != without:
            groups["What-ifs" if name in listing.what_ifs else "Stored runs"].append({"value": name, "label": label})
    if not listing.what_ifs:
        return groups["Stored runs"]
    return [{"group": title, "items": items} for title, items in groups.items() if items]


FILTERS = ("platform", "stages", "roles", "case")
CONTROLS = ("base", "others", "tab", *FILTERS)
"""The parts of the page that say what a view shows."""


BASE = State("base", "value")
"""The baseline, for callbacks; another one opens another page, and is nothing to follow within one."""


def controls(of: type[Input] | type[State]) -> list[Any]:
    """The controls but for the baseline as inputs or states of a callback."""
    return [of(name, "value") for name in CONTROLS[1:]]


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
