"""What the tests in a browser share: pages that are watched, the check of accessibility, sizes of screens.

The fixtures in conftest.py are made of these; a test imports the sizes: `from frame import PHONE`.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, expect

PHONE = {"width": 360, "height": 740}
LAPTOP = {"width": 1366, "height": 768}
PROJECTOR = {"width": 1920, "height": 1080}
PATIENCE = 60_000
"""Milliseconds after which a test gives up waiting: long, as other tests may use the machine, too."""
expect.set_options(timeout=PATIENCE)

FOREIGN = "attacker.example"
"""The host name of another site, which leads to this machine."""
EXECUTABLES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # A foreign request is seen, and leads nowhere; but one site has pointed its name at this machine.
    f"--host-resolver-rules=MAP {FOREIGN} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
OWN = ("file://", "data:", "blob:")
"""Where a page may get its parts from in any case."""
GRAVE = ("serious", "critical")


def executable() -> str | None:
    """The browser of this machine, if it has one."""
    return next((found for name in EXECUTABLES if (found := shutil.which(name))), None)


def browser_is_required() -> bool:
    """In CI a test that was skipped would pass unseen."""
    return os.environ.get("CI") == "true"


Opening = Callable[..., BrowserContext]


@contextmanager
def watching(browser: Browser) -> Iterator[Opening]:
    """A function that opens browser contexts; at the end it is an AssertionError if any page of them had a fault.

    `open_context(allowed, size=LAPTOP, **options)`: `allowed` is the address that pages may talk to beside files, such
    as http://127.0.0.1:8050; `options` are Playwright's. Faults are messages of level error in the console, exceptions
    that nobody caught, and requests (WebSockets too) to anywhere else.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_context(allowed: str = "", size: dict[str, int] = LAPTOP, **options: Any) -> BrowserContext:
        def asked(url: str) -> None:
            own = (*OWN, f"{allowed.rstrip('/')}/", f"{allowed.rstrip('/')}?") if allowed else OWN
            if not url.replace("ws://", "http://").startswith(own):
                faults.append(f"request to {url}")

        context = browser.new_context(viewport=size, **options)
        context.on("console", lambda told: faults.append(f"console: {told.text}") if told.type == "error" else None)
        context.on("weberror", lambda error: faults.append(f"page error: {error.error}"))
        context.on("request", lambda request: asked(request.url))
        context.on("page", lambda page: page.on("websocket", lambda socket: asked(socket.url)))
        contexts.append(context)
        return context

    try:
        yield open_context
        for page in [page for context in contexts for page in context.pages]:
            page.evaluate("0")  # what the page has sent before this answer is heard now
    finally:
        for context in contexts:
            context.close()
    assert not faults, "\n".join(faults)


def grave_violations(page: Page) -> list[str]:
    """The serious and critical violations that axe-core finds on the page as it is now: rule, impact and places.

    Through the developer tools, so that the page's content security policy is left as it is.
    """
    tools = page.context.new_cdp_session(page)
    tools.send("Runtime.evaluate", {"expression": AXE_SCRIPT})
    asked = {"expression": "axe.run()", "awaitPromise": True, "returnByValue": True}
    answer = tools.send("Runtime.evaluate", asked)
    tools.detach()
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return [
        f"{found['id']} ({found['impact']}): {', '.join(str(node['target']) for node in found['nodes'])}"
        for found in answer["result"]["value"]["violations"]
        if found["impact"] in GRAVE
    ]
