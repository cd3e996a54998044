"""The frame finds what it is there to find."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from frame import LAPTOP, PHONE, PROJECTOR, watching
from playwright.sync_api import Error

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
PAGE = """<!doctype html>
<html lang="en"><head><title>Page</title>{}</head><body><main><h1>Page</h1>{}</main></body></html>"""


@pytest.fixture
def written(tmp_path):
    """`written(body, policy)`: the address of a file that is a page with that body."""

    def write(body: str, policy: str = "") -> str:
        path: Path = tmp_path / "page.html"
        head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
        path.write_text(PAGE.format(head, body), encoding="utf-8")
        return path.as_uri()

    return write


def app(environ, start_response):
    """A page that asks its own server once more."""
    start_response("200 OK", [("Content-Type", "text/html")])
    return [PAGE.format("", "<script>fetch('/again')</script>").encode()]


def test_a_page_without_fault_passes_at_every_size(watched, written):
    """Files, data and blobs are its own; each size is the size of the window."""
    body = "<img alt='' src='data:image/gif;base64,R0lGODlhAQABAAAAACw='><script>fetch(URL.createObjectURL(new Blob()))"
    for size in (PHONE, LAPTOP, PROJECTOR):
        page = watched(size=size).new_page()
        page.goto(written(body + "</script>"))
        assert page.evaluate("innerWidth") == size["width"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<script>console.error('planted')</script>", "console: planted"),
        ("<script>throw new Error('planted')</script>", "page error: .*planted"),
        ("<script>Promise.reject(new Error('planted'))</script>", "page error: .*planted"),
        ("<img alt='' src='http://planted.example/i.png'>", "request to http://planted.example/i.png"),
        ("<script>fetch('http://127.0.0.1:9/')</script>", "request to http://127.0.0.1:9/"),
        ("<script>new WebSocket('ws://planted.example/')</script>", "request to ws://planted.example/"),
        ("<script>open('').console.error('planted')</script>", "console: planted"),
    ],
)
def test_each_fault_of_a_page_is_told(browser, written, body, told):
    """What the console, an exception or a foreign request tells fails the test, though nobody waited for it."""
    with pytest.raises(AssertionError, match=told), watching(browser) as open_context:
        open_context().new_page().goto(written(body))


def test_a_warning_in_the_console_is_no_fault(watched, written):
    """Only errors are."""
    page = watched().new_page()
    with page.expect_console_message() as told:
        page.goto(written("<script>console.warn('fine')</script>"))
    assert (told.value.type, told.value.text) == ("warning", "fine")


def test_an_application_may_talk_to_its_own_address_only(browser, served):
    """The served address is allowed where the test says so, and a fault where it does not; ports are told apart."""
    address, other = served(app), served(app)
    with watching(browser) as open_context:
        page = open_context(address).new_page()
        page.goto(address)
        page.wait_for_load_state("networkidle")
    with pytest.raises(AssertionError, match=f"request to {other}/"), watching(browser) as open_context:
        open_context(address).new_page().goto(other)


def test_a_test_that_fails_is_told_before_the_faults_of_its_page(browser, written):
    """The first failure is the one that is shown."""

    def fail(open_context):
        page = open_context().new_page()
        page.goto(written("<script>console.error('planted')</script>"))
        page.evaluate("undefined_name")

    with pytest.raises(Error, match="undefined_name"), watching(browser) as open_context:
        fail(open_context)


@pytest.mark.parametrize("policy", ["", POLICY])
def test_axe_finds_what_is_planted(watched, axe, written, policy):
    """A text of little contrast and an image without words, whatever the page's policy forbids; else nothing."""
    page = watched().new_page()
    page.goto(written("<p>Readable</p>", policy))
    assert axe(page) == []
    page.goto(written("<p style='color:#ccc;background:#fff'>Pale</p><img src='data:image/gif;base64,R0lG'>", policy))
    contrast, image = sorted(axe(page))
    assert contrast == "color-contrast (serious): ['p']"
    assert image == "image-alt (critical): ['img']"


@pytest.mark.parametrize(("ci", "outcome", "code"), [("true", "1 error", 1), ("", "1 skipped", 0)])
def test_without_a_browser_tests_are_skipped_but_fail_in_ci(ci, outcome, code):
    """A machine without a browser may run the other tests; CI may not pass without these."""
    test = f"{__file__}::{test_a_warning_in_the_console_is_no_fault.__name__}"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", test],
        env=os.environ | {"CI": ci, "PATH": ""},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == code
    assert outcome in done.stdout
    assert "there is no browser: none of chromium, " in done.stdout
