"""What answers tell browsers to refuse: scripts of others, frames, guesses at content, copies on disk."""

from collections.abc import Collection
from typing import Final

from flask import Flask, Response, request

ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FILES = ("/_dash-component-suites/", "/assets/")
"""Where scripts and styles are: the same for everybody, and named by their version."""


def policy(script_hashes: Collection[str]) -> str:
    """The content security policy: scripts of the dashboard alone; styles also inside a page, as plotly sets them."""
    return (
        f"default-src 'none'; script-src 'self' {' '.join(script_hashes)}; style-src 'self' 'unsafe-inline';"
        " img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def add_headers(server: Flask, script_hashes: Collection[str]) -> None:
    """Send them with every answer; `script_hashes`: those of the scripts inside the page."""
    content_policy = policy(script_hashes)

    @server.after_request
    def _add(response: Response) -> Response:
        response.headers.update(ALWAYS)
        response.headers["Content-Security-Policy"] = content_policy
        if not request.path.startswith(FILES):
            response.headers["Cache-Control"] = "no-store"
        return response
