"""What went wrong, told: a line on the page for whoever looks at it, the traceback in the log."""

import logging

from dash import Dash, set_props
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from sim.errors import UserError
from sim.view.dashboard import layout

LOG = logging.getLogger(__name__)


def told(error: Exception) -> str:
    """An error in a line: a user's own in its words; of any other its traceback goes to the log."""
    if isinstance(error, UserError):
        return str(error)
    LOG.error("the dashboard could not answer", exc_info=error)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"Something went wrong in the program: {what}. The log, where `sim dashboard` was started, has the details."


def show(error: Exception) -> None:
    """Put the line at the top of the page, in place of the answer of a callback."""
    set_props(layout.TROUBLE, {"children": layout.message(told(error), "red", closable=True)})


def answer_with_lines(app: Dash) -> None:
    """Answer what cannot be answered with one plain line, which the page shows; never with a page of HTML."""
    server: Flask = app.server

    @server.errorhandler(HTTPException)
    def _refused(error: HTTPException) -> Response:
        response = Response(f"{error.description}\n", error.code, mimetype="text/plain")
        response.headers.extend([pair for pair in error.get_headers() if pair[0] == "Allow"])
        return response

    @server.errorhandler(Exception)
    def _failed(error: Exception) -> Response:
        return Response(f"{told(error)}\n", 400 if isinstance(error, UserError) else 500, mimetype="text/plain")
