"""Saving what is shown: the data of a figure as CSV or Excel; its figure as SVG or PNG is made by the browser."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from dash import MATCH, ClientsideFunction, Dash, Input, Output, State, ctx, no_update

from sim.characters import file_name
from sim.errors import UserError
from sim.view.dashboard import address, layout
from sim.view.dashboard.address import ViewState
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.card import data_table, part_of
from sim.view.dashboard.jobs import Jobs
from sim.view.dashboard.received import BUTTON, received
from sim.view.dashboard.tabs import View, tab_of
from sim.view.dashboard.whatif import read
from sim.view.figures.figure import Figure
from sim.view.spreadsheets import csv_download, workbook


def register(app: Dash, cache: RunCache, jobs: Jobs) -> None:
    """Add the callbacks of downloads to the application."""

    def pressed(values: Sequence[Any]) -> tuple[Figure, str]:
        """The figure a part of which was clicked, and the part. Raises UserError if it is not there any more."""
        button = received("the button", BUTTON, ctx.triggered_id)
        *chosen, what_if, base = values
        state = address.of_controls([base, *chosen], cache.scenario, what_if)
        if state.tab == "what-if" and state.runs:
            state = _of_what_if(state)
        for one in tab_of(View(state, cache)).figures if state.runs else []:
            if one.name == button.figure:
                return one, button.part
        raise UserError(f"The figure {button.figure!r} is not shown any more; load the page again.")

    def _of_what_if(state: ViewState) -> ViewState:
        """The view that shows the result of the what-if: its comparison with the baseline."""
        asked = read(cache.scenario(state.base), state.what_if).scenario
        stored = jobs.stored(asked) if asked else ""
        return replace(state, runs=(state.base, *([stored] if stored else [])), tab="compare", platform="")

    shown = [*layout.controls(State), State("what-if", "data"), layout.BASE]

    @app.callback(
        Output(part_of(MATCH, "file"), "data"),
        Input(part_of(MATCH, "csv"), "n_clicks"),
        Input(part_of(MATCH, "xlsx"), "n_clicks"),
        *shown,
        prevent_initial_call=True,
    )
    def _save(csv: int, xlsx: int, *values: Any) -> Any:
        return file_of(*pressed(values)) if csv or xlsx else no_update

    @app.callback(
        Output(part_of(MATCH, "rows"), "children"),
        Input(part_of(MATCH, "data"), "n_clicks"),
        *shown,
        prevent_initial_call=True,
    )
    def _rows(clicks: int, *values: Any) -> Any:
        return data_table(pressed(values)[0].table) if clicks else no_update

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("page", "image"),
        Output(part_of(MATCH, "words"), "modified_timestamp"),
        Input(part_of(MATCH, "svg"), "n_clicks"),
        Input(part_of(MATCH, "png"), "n_clicks"),
        State(part_of(MATCH, "words"), "data"),
        prevent_initial_call=True,
    )


def file_of(figure: Figure, kind: str) -> dict[str, Any]:
    """The data of a figure as a file that the browser saves. Raises UserError for a kind that is not made here."""
    if kind == "csv":
        return {"content": csv_download(figure.table), "filename": f"{file_name(figure.name)}.csv"}
    if kind != "xlsx":
        raise UserError(f"There are no files of the kind {kind!r}.")
    return {
        "content": b64encode(excel(figure)).decode(),
        "filename": f"{file_name(figure.name)}.xlsx",
        "base64": True,
    }


def excel(figure: Figure) -> bytes:
    """The data of a figure as an Excel file: one sheet with the table, one that says what it is."""
    about = pd.DataFrame({"": [figure.title, figure.subtitle, figure.caption]})
    return workbook({"data": (figure.table, True), "about": (about, False)})
