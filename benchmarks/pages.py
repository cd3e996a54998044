"""How fast the report and the dashboard are in a browser, on a stored run.

python benchmarks/pages.py RUN [--record scenarios/record] [--rounds 3]

RUN is the folder of a stored run, such as results/status-quo-*. Needs Chromium on the PATH, and the extras `dashboard`
and `dev`. Of the report: its size, and the milliseconds until it has loaded and until its first figure is drawn. Of the
dashboard: for each tab the milliseconds from the click that sets a filter until the first figure is drawn, and until
the last change on the page: for the first time, when the figures are made (and on the first tab the run is filtered),
and again, when all is in memory. `run.filter` is timed by itself, too. Printed are the median and the greatest.
"""

import argparse
import logging
import shutil
import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import perf_counter

from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from sim import load_record, load_run
from sim.record.model import Record
from sim.results.run import platforms
from sim.view.dashboard.app import make_app
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.jobs import Jobs
from sim.view.dashboard.tabs import OF_ONE_RUN
from sim.view.report import content, page

SCREEN = {"width": 1366, "height": 768}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PLATFORMS = 4
"""How many of them the filter is tried on."""
LOADED = """() => new Promise(found => {
    document.querySelector('figure.figure').scrollIntoView();
    const drawn = () => {
        if (!document.querySelector('figure.drawn .main-svg')) return requestAnimationFrame(drawn);
        const { loadEventEnd } = performance.getEntriesByType('navigation')[0];
        found([loadEventEnd, performance.now()]);
    };
    drawn();
})"""
CHOSEN = """async option => {
    let last = performance.now(), first = 0;
    const began = last;
    const drawn = (one) => one.target.closest('.main-svg') !== null;
    const seen = new MutationObserver((changes) => {
        last = performance.now();
        first ||= changes.some(drawn) ? last : 0;
    });
    const what = { subtree: true, childList: true, attributes: true };
    document.querySelectorAll('.view').forEach(view => seen.observe(view, what));
    performance.clearResourceTimings();
    const options = [...document.querySelectorAll('[role=option]')];
    options.find(one => one.checkVisibility() && one.textContent === option).click();
    const busy = () => document.querySelector('.view[data-dash-is-loading="true"]') || performance.now() - last < 1000;
    while (busy()) await new Promise(later => setTimeout(later, 50));
    seen.disconnect();
    return [first - began, last - began];
}"""
"""Chooses an option; gives the milliseconds until a figure is drawn anew, and until the page stands still."""
Times = dict[str, list[tuple[float, float]]]


def show(name: str, times: list[tuple[float, ...]], *what: str) -> None:
    """Print a line: the median and the greatest of each of some times."""
    parts = [
        f"{label} {statistics.median(values):5.0f} ms (at most {max(values):.0f})"
        for label, values in zip(what, zip(*times, strict=True), strict=True)
    ]
    print(f"{name:<28}{', '.join(parts)}")


def report(browser: Browser, folder: Path, record: Record, rounds: int) -> None:
    """The report of the run."""
    with TemporaryDirectory() as where:
        path = Path(where) / "report.html"
        run = load_run(folder)
        page.write(page.html(content.report([run], {run.scenario.name: record})), path)
        times = []
        for _ in range(rounds):
            tab = browser.new_page(viewport=SCREEN)
            tab.goto(path.as_uri())
            times.append(tab.evaluate(LOADED))
            tab.close()
        show(f"report, {path.stat().st_size / 1e6:.1f} MB", times, "loaded", "first figure")


def filtering(folder: Path, known: list[str], rounds: int) -> None:
    """The run seen through one platform, from its stored events."""
    run, times = load_run(folder), []
    run.filter(platform=known[0])  # the first reads and checks the file
    for platform in known * rounds:
        began = perf_counter()
        run.filter(platform=platform)
        times.append((1000 * (perf_counter() - began),))
    show("run.filter(platform)", times, "took")


@contextmanager
def dashboard(cache: RunCache) -> Iterator[str]:
    """The address of a dashboard."""
    with TemporaryDirectory() as scenarios:
        cache.scenarios, jobs = Path(scenarios), Jobs(cache.results, processes=1)
        server = make_server("127.0.0.1", 0, make_app(cache, jobs).server, threaded=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            jobs.close()


def choose(tab: Page, label: str, option: str) -> tuple[float, float]:
    """Set a filter."""
    tab.get_by_label(label, exact=True).first.click()
    tab.get_by_role("option", name=option, exact=True).wait_for()
    drawn, still = tab.evaluate(CHOSEN, option)
    tab.keyboard.press("Escape")
    return drawn, still


def filters(browser: Browser, address: str, known: list[str], rounds: int) -> Times:
    """Each filter on each tab that it concerns, by what was chosen."""
    tab, found = browser.new_page(viewport=SCREEN), defaultdict(list)
    for number in range(rounds):
        when = "again" if number else "first"
        for name in OF_ONE_RUN:
            tab.goto(f"{address}/?tab={name}")
            tab.locator(".view .main-svg").first.wait_for()
            tab.wait_for_timeout(2000)
            found[f"{name}, platform, {when}"] += [choose(tab, "Platform", platform) for platform in known]
        for name, label, options in (
            ("durations", "Stages", ("Formal proceedings", "Preliminary findings")),
            ("caseload", "Stages", ("Formal proceedings", "Preliminary findings")),
            ("staff", "Roles", ("Case handlers", "Legal Service")),
        ):
            tab.goto(f"{address}/?tab={name}")
            tab.locator(".view .main-svg").first.wait_for()
            tab.wait_for_timeout(2000)
            found[f"{name}, {label.lower()}, {when}"] += [choose(tab, label, option) for option in options]
    return found


def main() -> None:
    """Measure, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--record", type=Path, default=Path("scenarios/record"))
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    folder, record = asked.run.resolve(), load_record(asked.record)
    known = platforms(load_run(folder).scenario)[:PLATFORMS]
    filtering(folder, known, asked.rounds)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line for each request
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        report(browser, folder, record, asked.rounds)
        with dashboard(RunCache(folder.parent, [folder], record)) as address:
            for name, times in filters(browser, address, known, asked.rounds).items():
                show(name, times, "first figure", "stands still")
        browser.close()


if __name__ == "__main__":
    main()
