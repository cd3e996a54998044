"""The application, and how it is served: on this machine, with all that it needs from here."""

import errno
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import current_thread, main_thread
from typing import Protocol

from dash import Dash
from werkzeug.serving import make_server

from sim.errors import UserError
from sim.view.dashboard import callbacks, downloads, layout, whatif_callbacks
from sim.view.dashboard.ahead import Ahead
from sim.view.dashboard.jobs import Jobs
from sim.view.dashboard.library import Library

INDEX = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""


def make_app(library: Library, jobs: Jobs, scenarios: Path, ahead: Ahead) -> Dash:
    """The dashboard over a library of runs, which `ahead` works ahead for.

    What-ifs are run by `jobs`, and saved in the folder `scenarios`.
    """
    app = Dash(
        __name__,
        title="Enforcement simulation",
        update_title="",
        serve_locally=True,
        compress=False,
        suppress_callback_exceptions=True,
        index_string=INDEX,
    )
    app.layout = layout.shell
    callbacks.register(app, library, ahead)
    whatif_callbacks.register(app, library, jobs, scenarios)
    downloads.register(app, library, jobs)
    return app


class Closing(Protocol):
    """Something with work in the background."""

    def close(self) -> None:
        """End it."""


def serve(app: Dash, closing: Sequence[Closing], host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve the dashboard until Ctrl-C; `ready` is called with its address. `closing`: what ends with it.

    Raises UserError if the port is taken, or is no port of this machine.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request is for developers
    if current_thread() is main_thread():
        signal.signal(
            signal.SIGTERM, signal.default_int_handler
        )  # a service is told to end as people do it with Ctrl-C
    with _listening(host, port) as listening:
        server = make_server(host, port, app.server, threaded=True, fd=listening.fileno())
        try:
            ready(f"http://{host}:{listening.getsockname()[1]}/")
            server.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            server.server_close()
            for part in closing:
                part.close()


def _listening(host: str, port: int) -> socket.socket:
    """A socket that is bound to the address. Raises UserError if it cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "something else is served there; choose another --port" if taken else error.strerror or str(error)
        raise UserError(f"{host}:{port}: cannot be served from: {why}") from None
