"""Fixtures of the tests in a browser: Debian's Chromium, driven by Playwright."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from frame import EXECUTABLES, FLAGS, Opening, browser_is_required, executable, grave_violations, watching
from playwright.sync_api import Browser, Page, sync_playwright
from serving import serving


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser with a profile of its own. Without one the tests are skipped, but fail in CI.

    One a module, not one a session: as long as Playwright is open, its event loop counts as running, and nothing else
    in the process (nbclient, kaleido) could start one.
    """
    path = executable()
    if path is None:
        reason = f"there is no browser: none of {', '.join(EXECUTABLES)} is on the PATH"
        pytest.fail(reason) if browser_is_required() else pytest.skip(reason)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Opening]:
    """Opens browser contexts, `watched(allowed, size)`; the test fails at its end on any fault of their pages.

    See `frame.watching`.
    """
    with watching(browser) as open_context:
        yield open_context


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """`axe(page)`: the serious and critical violations of accessibility on it, see `frame.grave_violations`."""
    return grave_violations


@pytest.fixture
def served() -> Iterator[Callable[[Any], str]]:
    """`served(app)`: the address at which a Dash or WSGI application answers until the test ends."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(serving(app))
