"""Saving what is shown: the data of a picture as CSV or Excel; its figure as SVG or PNG is made by the browser."""

from base64 import b64encode
from io import BytesIO
from typing import Any

import pandas as pd
from dash import MATCH, ClientsideFunction, Dash, Input, Output, State, ctx, no_update

from sim.errors import UserError
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.callbacks import controls, state_of
from sim.view.dashboard.card import data_table, part_of
from sim.view.dashboard.jobs import Jobs
from sim.view.dashboard.tabs import View, tab_of
from sim.view.dashboard.whatif_callbacks import what_if_picture
from sim.view.figures.picture import Picture


def register(app: Dash, cache: RunCache, jobs: Jobs) -> None:
    """Add the callbacks of downloads to the application."""

    def picture_of(name: str, values: list[Any], session: str) -> Picture | None:
        """The picture of that name in the view, or of the session's what-if."""
        try:
            pictures = tab_of(View(state_of(values), cache)).pictures
            job = jobs.of(session)
            of_what_if = what_if_picture(cache, job) if job else None
        except UserError:  # the view says it
            return None
        return next((one for one in (*pictures, of_what_if) if one is not None and one.name == name), None)

    @app.callback(
        Output(part_of(MATCH, "file"), "data"),
        Input(part_of(MATCH, "csv"), "n_clicks"),
        Input(part_of(MATCH, "xlsx"), "n_clicks"),
        State("session", "data"),
        *controls(State),
        prevent_initial_call=True,
    )
    def _save(csv: int, xlsx: int, session: str, *values: Any) -> Any:
        button = ctx.triggered_id
        picture = picture_of(button["picture"], list(values), session) if csv or xlsx else None
        return file_of(picture, button["part"]) if picture else no_update

    @app.callback(
        Output(part_of(MATCH, "rows"), "children"),
        Input(part_of(MATCH, "data"), "n_clicks"),
        State("session", "data"),
        *controls(State),
        prevent_initial_call=True,
    )
    def _rows(clicks: int, session: str, *values: Any) -> Any:
        picture = picture_of(ctx.triggered_id["picture"], list(values), session) if clicks else None
        return data_table(picture.table) if picture else no_update

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("page", "image"),
        Output(part_of(MATCH, "words"), "modified_timestamp"),
        Input(part_of(MATCH, "svg"), "n_clicks"),
        Input(part_of(MATCH, "png"), "n_clicks"),
        State(part_of(MATCH, "words"), "data"),
        prevent_initial_call=True,
    )


def file_of(picture: Picture, kind: str) -> dict[str, Any]:
    """The data of a picture as a file that the browser saves."""
    if kind == "csv":
        return {"content": picture.table.to_csv(index=False), "filename": f"{picture.name}.csv"}
    return {"content": b64encode(excel(picture)).decode(), "filename": f"{picture.name}.xlsx", "base64": True}


def excel(picture: Picture) -> bytes:
    """The data of a picture as an Excel file: one sheet with the table, one that says what it is."""
    about = pd.DataFrame({"": [picture.title, picture.subtitle, picture.caption]})
    buffer = BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl") as book:
        picture.table.to_excel(book, sheet_name="data", index=False)
        about.to_excel(book, sheet_name="about", index=False, header=False)
    return buffer.getvalue()
