"""Runs that are made, deleted or changed elsewhere while a page is open: its lists follow, and it says so."""

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, State, no_update

from sim.view.dashboard import layout
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.received import INPUTS, NAME, NAMES, received


def register(app: Dash, cache: RunCache) -> None:
    """Add the callback to the application."""

    @app.callback(
        Output("base", "data"),
        Output("others", "data", allow_duplicate=True),
        Output("versions", "data"),
        Output("changed", "data"),
        Output("notices", "children"),
        Input("look", "n_intervals"),
        State("base", "value"),
        State("others", "value"),
        State("base", "data"),
        State("versions", "data"),
        prevent_initial_call=True,
    )
    def _look(ticks: int, base: Any, others: Any, offered: Any, before: Any) -> Any:
        """Nothing is touched unless something has changed: a list that is open would close."""
        base, others = received("baseline", NAME, base or ""), received("other runs", NAMES, others or [])
        listing, runs = cache.listing(), [name for name in (base, *others) if name]
        choices, now = layout.options(listing, runs), cache.versions(runs)
        before = received("versions", INPUTS, before)
        changed = [name for name in runs if before.get(name, now[name]) != now[name]]
        lists = (choices, layout.options(listing, runs, without=base)) if choices != offered else (no_update, no_update)
        notices = layout.message([_changed(name, now[name], listing.labels, cache) for name in changed], closable=True)
        return (
            *lists,
            now if now != before else no_update,
            ticks if changed else no_update,
            notices if changed else no_update,
        )


def _changed(name: str, version: str, labels: Mapping[str, str], cache: RunCache) -> str:
    """What has happened to a run that is shown."""
    label = labels.get(name, name)
    if version:
        return f"The files of {label} have changed since this page was opened; it shows what they hold now."
    return f"The run {label} is not in {cache.results} any more: choose another one above, or run its scenario again."
