"""The HTTP server: a thread for each request, so many at a time, and none that waits for a slow client for ever."""

import io
import socket
from contextlib import suppress
from threading import BoundedSemaphore
from time import monotonic
from typing import Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

PATIENCE = 20.0
"""Seconds that a client has to send its whole request."""
AT_ONCE = 100
"""Requests that are read or answered at the same time; a browser sends six."""
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: 5\r\nConnection: close\r\n\r\n"
    b"The dashboard is busy; try again in a few seconds.\n"
)


class _UntilDeadline(io.RawIOBase):
    """What a client sends, until it has taken too long: however often a byte comes, the deadline stays."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._deadline = connection, monotonic() + PATIENCE

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has come. Raises TimeoutError if the time is over."""
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError("the client took too long to send its request")
        before = self._connection.gettimeout()
        self._connection.settimeout(left)
        try:
            return self._connection.recv_into(buffer)
        finally:
            self._connection.settimeout(before)


class _Handler(WSGIRequestHandler):
    """Reads one request and answers it."""

    timeout = PATIENCE  # of each write to a client that does not read
    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(message)s.\n"  # of what is no request at all, or too long

    def setup(self) -> None:
        """Read with a deadline."""
        super().setup()
        self.rfile = io.BufferedReader(_UntilDeadline(self.connection))

    def log_error(self, *_: object) -> None:
        """What anybody may send is nothing to tell on the terminal; whoever sent it is told."""

    def version_string(self) -> str:
        """Versions of what serves the pages are nobody's business."""
        return "sim"


class Server(ThreadedWSGIServer):
    """Serves an application on a socket that is bound already."""

    def __init__(self, host: str, port: int, app: Flask, bound: socket.socket) -> None:
        super().__init__(host, port, app, _Handler, fd=bound.fileno())
        self._free = BoundedSemaphore(AT_ONCE)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own; say at once if there are too many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            request.settimeout(1)
            with suppress(OSError):
                request.sendall(BUSY)
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one request."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()
