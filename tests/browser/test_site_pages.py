"""The site in a browser, from a host of files under a folder, and from the disk: it asks nothing of anybody."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from frame import LAPTOP, PATIENCE, PROJECTOR
from playwright.sync_api import expect
from small_scenarios import SMALL

from sim import simulate
from sim.inference.track_record import score
from sim.record.files import load_record
from sim.scenario.loading import load_scenario
from sim.view.site import folder, pages

ROOT = Path(__file__).parents[2]
PHONE = {"width": 390, "height": 844}
PAGES = ("index.html", "record.html", "scores.html", "reports/small.html")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A site in a folder of a host."""
    host = tmp_path_factory.mktemp("host")
    (host / "scenario.yaml").write_text(SMALL, encoding="utf-8")
    run = simulate(load_scenario(host / "scenario.yaml"), results=host / "results")
    record, kept = load_record(ROOT / "scenarios" / "record"), score(ROOT / "scenarios" / "forecasts")
    folder.write(pages.pages([run], {"small": record}, kept), host / "site")
    return host / "site"


@pytest.fixture(scope="module")
def host(site) -> Iterator[str]:
    """The address of a host of files that has the site in a folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_args) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site.parent))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("size", [PHONE, LAPTOP, PROJECTOR], ids=["phone", "laptop", "projector"])
def test_pages_fit_and_are_accessible(watched, axe, host, size):
    context = watched(host, size)
    for path in PAGES:
        page = context.new_page()
        page.goto(f"{host}/site/{path}")
        if path != "index.html":
            expect(page.locator("figure.drawn").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        assert axe(page) == [], path


def test_keys_lead_from_the_first_page_to_a_report_and_back(watched, host):
    page = watched(host).new_page()
    page.goto(f"{host}/site/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_role("link", name="The report").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/small.html", timeout=PATIENCE)
    page.get_by_role("link", name="All scenarios").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/site/index.html", timeout=PATIENCE)


def test_it_works_as_files(watched, site):
    context = watched()
    for path in PAGES[1:]:
        page = context.new_page()
        page.goto((site / path).as_uri())
        expect(page.locator("figure.drawn").first).to_be_visible()


def test_figures_of_the_record_can_be_presented(watched, host):
    page = watched(host).new_page()
    page.goto(f"{host}/site/record.html")
    expect(page.locator("figure.drawn").first).to_be_visible()
    page.keyboard.press("p")
    expect(page.locator("#slide-number")).to_contain_text("/")
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
