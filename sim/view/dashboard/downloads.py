"""Saving what is shown: the data of a picture as CSV or Excel; its figure as SVG or PNG is made by the browser."""

from base64 import b64encode
from io import BytesIO
from typing import Any

import pandas as pd
from dash import MATCH, ClientsideFunction, Dash, Input, Output, State, ctx, no_update

from sim.errors import UserError
from sim.view.dashboard.callbacks import controls, state_of
from sim.view.dashboard.jobs import Jobs
from sim.view.dashboard.library import Library
from sim.view.dashboard.shown import part_of, table
from sim.view.dashboard.tabs import View, pictures
from sim.view.dashboard.whatif_callbacks import what_if_picture
from sim.view.figures.picture import Picture


def register(app: Dash, library: Library, jobs: Jobs) -> None:
    """Add the callbacks of downloads to the application."""

    def find(name: str, values: list[Any], session: str) -> Picture | None:
        """The picture of that name in the view, or of the session's what-if."""
        try:
            shown_now = [one.picture for one in pictures(View(state_of(values), library))]
            job = jobs.of(session)
            of_what_if = what_if_picture(library, job) if job else None
        except UserError:  # the view tells it
            return None
        return next((one for one in (*shown_now, of_what_if) if one is not None and one.name == name), None)

    @app.callback(
        Output(part_of(MATCH, "file"), "data"),
        Input(part_of(MATCH, "csv"), "n_clicks"),
        Input(part_of(MATCH, "xlsx"), "n_clicks"),
        State("session", "data"),
        *controls(State),
        prevent_initial_call=True,
    )
    def _save(csv: int, xlsx: int, session: str, *values: Any) -> Any:
        asked = ctx.triggered_id
        found = find(asked["picture"], list(values), session) if csv or xlsx else None
        return file_of(found, asked["part"]) if found else no_update

    @app.callback(
        Output(part_of(MATCH, "rows"), "children"),
        Input(part_of(MATCH, "data"), "n_clicks"),
        State("session", "data"),
        *controls(State),
        prevent_initial_call=True,
    )
    def _rows(clicks: int, session: str, *values: Any) -> Any:
        found = find(ctx.triggered_id["picture"], list(values), session) if clicks else None
        return table(found.table) if found else no_update

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("page", "image"),
        Output(part_of(MATCH, "words"), "modified_timestamp"),
        Input(part_of(MATCH, "svg"), "n_clicks"),
        Input(part_of(MATCH, "png"), "n_clicks"),
        State(part_of(MATCH, "words"), "data"),
        prevent_initial_call=True,
    )


def file_of(found: Picture, kind: str) -> dict[str, Any]:
    """The data of a picture as a file that the browser saves."""
    if kind == "csv":
        return {"content": found.table.to_csv(index=False), "filename": f"{found.name}.csv"}
    return {"content": b64encode(excel(found)).decode(), "filename": f"{found.name}.xlsx", "base64": True}


def excel(found: Picture) -> bytes:
    """The data of a picture as an Excel file: one sheet with the table, one that says what it is."""
    about = pd.DataFrame({"": [found.title, found.subtitle, found.caption]})
    buffer = BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl") as book:
        found.table.to_excel(book, sheet_name="data", index=False)
        about.to_excel(book, sheet_name="about", index=False, header=False)
    return buffer.getvalue()
