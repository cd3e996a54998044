"""The application, and how it is served: on this machine, with nothing loaded from elsewhere."""

import errno
import logging
import signal
import socket
from collections.abc import Callable
from threading import current_thread, main_thread

from dash import Dash
from flask import Flask
from waitress.server import BaseWSGIServer, create_server

from sim.errors import UserError
from sim.view.dashboard import callbacks, downloads, failures, layout, looking, opening, received, whatif_callbacks
from sim.view.dashboard.access import MAX_BODY, Names, restrict
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.headers import add_headers
from sim.view.dashboard.jobs import Jobs

THREADS = 8
"""Requests that are answered at the same time; a browser sends six. What is read or waits holds no thread."""
PATIENCE = 20
"""Seconds after which a client that has stopped sending is given up."""
MAX_ANSWER = 64_000_000
"""Bytes of an answer that are held in memory until they are sent; the rest would go through a file."""
INDEX = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""


def make_app(cache: RunCache, jobs: Jobs, names: Names | None = None) -> Dash:
    """The dashboard of some runs; what-ifs are run by `jobs`.

    `names`: the host names under which it answers; without any, those of this machine itself.
    """
    app = Dash(
        __name__,
        title="Enforcement simulation",
        update_title="",
        serve_locally=True,
        compress=False,
        suppress_callback_exceptions=True,
        index_string=INDEX,
        on_error=failures.show,
    )
    restrict(app.server, names or Names())
    failures.answer_with_lines(app)
    received.check_payloads(app)
    app.layout = layout.shell
    opening.register(app, cache)
    callbacks.register(app, cache)
    looking.register(app, cache)
    whatif_callbacks.register(app, cache, jobs)
    downloads.register(app, cache, jobs)
    add_headers(app.server, app.csp_hashes())
    return app


def serve(app: Dash, jobs: Jobs, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve the dashboard until Ctrl-C, which ends its `jobs` too; `ready` is called with its address.

    Raises UserError if the port is taken, or is no port of this machine.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that a request waits for a thread is nothing to tell
    if current_thread() is main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service manager ends it as Ctrl-C does
    with _bound(host, port) as bound:
        server = listening(app.server, bound)
        try:
            ready(f"http://{f'[{host}]' if ':' in host else host}:{bound.getsockname()[1]}/")
            server.run()
        except KeyboardInterrupt:  # before it runs
            pass
        finally:
            server.close()
            jobs.close()


def listening(app: Flask, bound: socket.socket) -> BaseWSGIServer:
    """The server of an application on a socket that is bound already."""
    return create_server(
        app, sockets=[bound], threads=THREADS, channel_timeout=PATIENCE, max_request_body_size=MAX_BODY, ident="sim",
        clear_untrusted_proxy_headers=True, inbuf_overflow=MAX_BODY, outbuf_overflow=MAX_ANSWER,
    )  # fmt: skip


def _bound(host: str, port: int) -> socket.socket:
    """A socket that is bound to the address. Raises UserError if it cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "the port is in use; choose another --port" if taken else error.strerror or str(error)
        raise UserError(f"{host}:{port}: cannot be served from: {why}") from None
