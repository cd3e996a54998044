"""Serves a Dash or WSGI application as `sim dashboard` does, in a thread."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from waitress.wasyncore import close_all


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve it on a free port of this machine, until the end; gives its address."""
    from sim.view.dashboard.app import listening  # takes seconds

    with socket.create_server(("127.0.0.1", 0)) as bound:
        server = listening(getattr(app, "server", app), bound)
        thread = Thread(target=server.run)
        thread.start()
        try:
            yield "http://{}:{}".format(*bound.getsockname())
        finally:
            server.trigger.pull_trigger(lambda: close_all(server._map))
            thread.join()
            server.task_dispatcher.shutdown()
