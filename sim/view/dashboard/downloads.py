"""Saving what is shown: the data of a figure as CSV or Excel; its figure as SVG or PNG is made by the browser."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import pandas as pd
from dash import MATCH, ClientsideFunction, Dash, Input, Output, State, ctx, no_update

from sim.characters import file_name
from sim.errors import UserError
from sim.view.dashboard import address, layout
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.card import data_table, part_of
from sim.view.dashboard.jobs import Jobs
from sim.view.dashboard.received import BUTTON, SESSION, received
from sim.view.dashboard.tabs import View, tab_of
from sim.view.dashboard.whatif_callbacks import what_if_picture
from sim.view.figures.figure import Figure
from sim.view.spreadsheets import csv_download, workbook


def register(app: Dash, cache: RunCache, jobs: Jobs) -> None:
    """Add the callbacks of downloads to the application."""

    def pressed(values: Sequence[Any], session: Any) -> tuple[Figure, str]:
        """The figure, in the view or of the session's what-if, a part of which was clicked, and the part.

        Raises UserError if it is not there any more.
        """
        button = received("the button", BUTTON, ctx.triggered_id)
        state = address.of_controls(values, cache.scenario)
        figures = tab_of(View(state, cache)).figures if state.runs else []
        job = jobs.of(received("the session", SESSION, session))
        of_what_if = what_if_picture(cache, job) if job else None
        for one in (*figures, of_what_if):
            if one is not None and one.name == button.figure:
                return one, button.part
        raise UserError(f"The figure {button.figure!r} is not shown any more; load the page again.")

    @app.callback(
        Output(part_of(MATCH, "file"), "data"),
        Input(part_of(MATCH, "csv"), "n_clicks"),
        Input(part_of(MATCH, "xlsx"), "n_clicks"),
        State("session", "data"),
        *layout.controls(State),
        prevent_initial_call=True,
    )
    def _save(csv: int, xlsx: int, session: Any, *values: Any) -> Any:
        return file_of(*pressed(values, session)) if csv or xlsx else no_update

    @app.callback(
        Output(part_of(MATCH, "rows"), "children"),
        Input(part_of(MATCH, "data"), "n_clicks"),
        State("session", "data"),
        *layout.controls(State),
        prevent_initial_call=True,
    )
    def _rows(clicks: int, session: Any, *values: Any) -> Any:
        return data_table(pressed(values, session)[0].table) if clicks else no_update

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
