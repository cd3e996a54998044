"""The dashboard in a browser: tabs at all sizes, filters, addresses, clicks, what-ifs, downloads."""

import re
import shutil
import time
from pathlib import Path

import pytest
from frame import FOREIGN, LAPTOP, PATIENCE, PHONE, PROJECTOR
from playwright.sync_api import Page, expect
from serving import serving
from small_scenarios import SMALL

from sim import simulate
from sim.results.identity import settings_digest
from sim.results.store import load_run
from sim.scenario.loading import load_scenario
from sim.view.dashboard import layout, whatif
from sim.view.dashboard.address import TABS
from sim.view.dashboard.app import make_app
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.jobs import Jobs

MORE = """
extends: small.yaml
name: more
title: More handlers
staffing: {handlers: {headcount: {2023-01-01: 5, 2024-07-01: 9}}}
"""


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory) -> Path:
    """Two scenario files, the second built on the first."""
    folder = tmp_path_factory.mktemp("scenarios")
    (folder / "small.yaml").write_text(SMALL.replace("replications: 40", "replications: 300"), encoding="utf-8")
    (folder / "more.yaml").write_text(MORE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def results(scenarios) -> Path:
    """Their stored runs."""
    for name in ("small", "more"):
        simulate(load_scenario(scenarios / f"{name}.yaml"), jobs=2, results=scenarios / "results")
    return scenarios / "results"


@pytest.fixture
def address(results, scenarios, served):
    """The address of a dashboard that begins with both runs."""
    named = sorted(results.glob("small-*")) + sorted(results.glob("more-*"))
    cache, jobs = RunCache(results, named, scenarios=scenarios), Jobs(results, processes=2)
    yield served(make_app(cache, jobs))
    jobs.close()


@pytest.fixture
def opened(address, watched):
    """`opened(query, size)`: the page of a view, once it shows something, in a browser of its own."""

    def open_page(query: str = "", size=LAPTOP) -> Page:
        page = watched(address, size).new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{address}/{query}")
        shown(page)
        return page

    return open_page


def shown(page: Page) -> None:
    """Wait until the tab shows something, and every graph of it is drawn."""
    page.locator(".view > *:visible, .what-if > *:visible").first.wait_for()
    expect(page.locator(".figure .graph:not(:has(.main-svg))")).to_have_count(0)


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a list."""
    page.get_by_label(label, exact=True).first.click()
    page.get_by_role("option", name=option, exact=True).click()


@pytest.mark.parametrize(
    "size", [pytest.param(PHONE, marks=pytest.mark.slow), LAPTOP, pytest.param(PROJECTOR, marks=pytest.mark.slow)]
)
def test_every_tab_at_every_size(opened, axe, size):
    """All show something, in accessible words, and no wider than the screen; figures hold data."""
    page = opened(size=size)
    for title in TABS.values():
        page.get_by_role("tab", name=title).click()
        shown(page)
        expect(page.locator("[data-dash-is-loading=true]")).to_have_count(0)
        assert axe(page) == [], title
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"], title
        empty = "[...document.querySelectorAll('.js-plotly-plot')].filter(graph => !graph.data.length).length"
        assert page.evaluate(empty) == 0, title


def test_a_filter_shows_its_part_and_stands_in_the_address(opened):
    """The figures are those of the platform; benchmarks/pages.py says how fast they come."""
    page = opened("?tab=staff")
    for platform in ("Agora", "Babel", "Corso"):
        choose(page, "Platform", platform)
        expect(page.locator(".subtitle").first).to_contain_text(f"cases on {platform}")
        expect(page).to_have_url(re.compile(f"platform={platform}"))


def test_numbers_are_found_by_what_they_are_called(opened):
    """The line on assumptions leads to the table of all numbers, which a field searches."""
    page = opened()
    page.get_by_role("button", name="Where each comes from").click()
    rows = page.locator("#numbers tr")
    expect(rows.first).to_contain_text("staffing.")
    page.get_by_label("Search the numbers").fill("HEADCOUNT lawyers")
    expect(rows.locator("visible=true")).to_have_count(1)
    expect(page.locator("#found")).to_have_text(re.compile(r"^1 of \d+ numbers$"))
    page.get_by_label("Search the numbers").fill("zzz")
    expect(page.locator("#found")).to_contain_text("No number has all of these words")


@pytest.mark.slow
def test_two_people_see_their_own(opened):
    """What one chooses, the other does not see; the address of the one shows the same to the other."""
    ann, bob = opened("?tab=staff"), opened("?tab=caseload")
    choose(ann, "Roles", "Legal service")
    expect(ann).to_have_url(re.compile("role=lawyers"))
    choose(bob, "Platform", "Babel")
    expect(bob.locator(".subtitle").first).to_contain_text("cases on Babel")
    assert "role=" not in bob.url
    assert "platform=" not in ann.url
    again = opened(bob.url.partition("/?")[2].join(["?", ""]))
    expect(again.locator(".subtitle").first).to_contain_text("cases on Babel")
    expect(again.get_by_role("tab", name="Caseload")).to_have_attribute("aria-selected", "true")


@pytest.mark.slow
def test_another_baseline_keeps_what_it_has_too(opened):
    """The filters stay; the runs change places."""
    page = opened("?tab=caseload&platform=Agora")
    choose(page, "Baseline", "More handlers · 300 simulations")
    expect(page.locator(".subtitle").first).to_contain_text("More handlers, cases on Agora")
    expect(page).to_have_url(re.compile(r"\?run=more-[0-9a-f]+&tab"))


@pytest.mark.slow
def test_a_bad_address_is_told_and_shows_what_is_usual(opened):
    """Each bad part in a line; no crash."""
    page = opened("?tab=nothing&platform=Agorra&run=gone&if.staff.judges=3")
    for word in ("tab 'nothing'", "did you mean 'Agora'", "run 'gone'", "'staff.judges'"):
        expect(page.locator("#messages")).to_contain_text(word)
    expect(page.locator(".brief .answer")).to_be_visible()


@pytest.mark.slow
def test_a_click_on_a_case_opens_it(opened):
    """The row of the timelines that is clicked gives the figure of that case across replications."""
    page = opened()
    bar = page.locator("#figure-timelines .barlayer .point path").first
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.locator("#figure-timelines .hoverlayer .hovertext").first.wait_for()
    page.mouse.click(*middle)
    page.locator("#figure-one-case .main-svg").first.wait_for()
    expect(page).to_have_url(re.compile("case=agora-2023-06"))


@pytest.mark.slow
def test_data_and_figures_are_saved(opened):
    """As CSV, Excel, SVG and PNG; the table can be read on the page."""
    page = opened("?tab=caseload")
    figure = page.locator("#figure-pending")
    begins = {"CSV": b"", "Excel": b"PK", "SVG": b"<svg", "PNG": b"\x89PNG"}
    for kind, start in begins.items():
        with page.expect_download() as download:
            figure.get_by_role("button", name=f"Save as {kind}").click()
        content = Path(download.value.path()).read_bytes()
        assert content.startswith(start)
        assert len(content) > 500
        if kind == "SVG":
            assert figure.locator("h3").inner_text()[:20].encode() in content
    figure.get_by_text("Data behind the figure").click()
    expect(figure.locator("tbody tr").nth(3)).to_be_visible()


@pytest.mark.slow
def test_a_bad_what_if_is_told_beside_its_input(opened):
    """It cannot be run, and nothing crashes."""
    page = opened("?tab=what-if")
    page.get_by_text("Single roles").click()
    handlers = page.get_by_label("Case handlers (7)")
    handlers.fill("-60")
    expect(page.get_by_text("must be a percentage from -50 to 100, not '-60'")).to_be_visible()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    handlers.fill("9")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()


def test_what_is_filled_in_while_the_page_opens_is_in_its_address(opened, monkeypatch):
    """Also where the answers to what was filled in come late, and the page hears of all of it at once."""
    read = whatif.read

    def slowly(*given):
        time.sleep(0.6)
        return read(*given)

    monkeypatch.setattr(whatif, "read", slowly)
    page = opened("?tab=what-if")
    page.get_by_text("Single roles").click()
    page.get_by_label("Case handlers (7)").fill("30")
    page.get_by_label("Legal service (1)").fill("40")
    expect(page).to_have_url(re.compile("if.staff.handlers=30"))
    expect(page).to_have_url(re.compile("if.staff.lawyers=40"))


def test_a_what_if_is_run_and_stays(opened, scenarios):
    """A usual change; the answer comes before the end; a shared address has the result; it is a run as all others."""
    page = opened("?tab=what-if")
    expect(page.locator("#progress")).to_contain_text("Choose a change and press Run")
    page.get_by_role("button", name="+50%: 12").click()
    expect(page.get_by_text("People +50%: 12 instead of 8 from 1 January 2025")).to_be_visible()
    expect(page).to_have_url(re.compile("if.staff=50"))
    page.get_by_role("button", name="Run", exact=True).click()
    answer = page.locator("#result .answer")
    expect(page.get_by_text(re.compile(r"^\d+ of 200 simulations$"))).to_be_visible()
    expect(page.locator("#result .provisional .answer")).to_contain_text(
        re.compile("^Provisional, after (25|50|75|100|125|150|175) of 200 simulations: 4 more people")
    )
    expect(answer).to_contain_text("4 more people from January 2025")
    expect(page.locator("#result .subtitle").first).to_contain_text("200 simulations of each")
    expect(page.locator("#result .provisional")).to_have_count(0)
    expect(page.locator("#result .main-svg").first).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    shared = opened(page.url.partition("/?")[2].join(["?", ""]))
    expect(shared.locator("#result .answer")).to_have_text(answer.inner_text())
    with page.expect_download() as download:
        page.locator("#figure-differences").get_by_role("button", name="Save as CSV").click()
    assert b"4 more people" in Path(download.value.path()).read_bytes()
    page.get_by_role("link", name="See it in all figures").click()
    shown(page)
    expect(page.locator(".subtitle").first).to_contain_text("4 more people from January 2025")
    choose(page, "Platform", "Agora")
    expect(page.locator("#figure-timelines .subtitle")).to_contain_text(
        "4 more people from January 2025, cases on Agora"
    )
    page.go_back()
    expect(page.get_by_label("Platform", exact=True).first).to_have_value("")
    page.go_back()
    expect(page.locator("#result .answer")).to_have_text(answer.inner_text())


def test_a_what_if_is_saved(opened, scenarios, results):
    """The file is the scenario that was run; nothing is overwritten; what makes the view again can be copied."""
    page = opened("?tab=what-if&if.staff=-20")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_label("Name of the scenario").fill("mine")
    page.get_by_role("button", name="Save as scenario").click()
    expect(page.get_by_text("Saved as")).to_be_visible()
    saved = load_scenario(scenarios / "mine.yaml")
    [run] = [load_run(path.parent) for path in (results / ".what-if").glob("*/manifest.json")
             if "fewer" in path.read_text("utf-8")]  # fmt: skip
    assert settings_digest(saved.model_copy(update={"name": run.scenario.name})) == settings_digest(run.scenario)
    page.get_by_role("button", name="Save as scenario").click()
    expect(page.get_by_text("exists already")).to_be_visible()
    (scenarios / "mine.yaml").unlink()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_text("Reproduce this").click()
    page.get_by_role("button", name="Copy: In a shell").click()
    expect(page.get_by_role("button", name="Copy: In a shell")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"sim run {scenarios}/small.yaml --replications 300 --seed 7\nsim run ")
    assert "--set staffing.handlers.headcount.2025-01-01=5.6" in copied
    expect(page.locator("#code-python")).to_contain_text("from sim import load_scenario, simulate")


@pytest.mark.slow
def test_a_what_if_can_be_cancelled(opened):
    """Before its end; another page that shows the same hears of it, and can go on."""
    page, other = (opened("?tab=what-if&if.staff.lawyers=90") for _ in range(2))
    page.get_by_role("button", name="Run", exact=True).click()
    other.get_by_role("button", name="Run", exact=True).click()
    other.get_by_role("button", name="Cancel").click()
    for one in (page, other):
        expect(one.get_by_text(re.compile("^Cancelled after"))).to_be_visible()
        expect(one.get_by_role("button", name="Cancel")).to_be_hidden()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#result .subtitle").first).to_contain_text("200 simulations of each")


SAVE = """async address => {
    const value = (id, property, value) => ({ id, property, value });
    const answer = await fetch(address + "/_dash-update-component", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
            output: "saved.children",
            outputs: { id: "saved", property: "children" },
            inputs: [value("save", "n_clicks", 1)],
            state: [
                value("name", "value", "foreign"),
                value("what-if", "data", { without: "babel-2023-09" }),
                value("base", "value", RUN),
            ],
            changedPropIds: ["save.n_clicks"],
        }),
    }).catch(error => ({ status: String(error) }));
    return answer.status;
}"""


def test_a_name_that_another_site_points_here_is_refused(browser, opened, address, results, scenarios):
    """Nothing is shown under it, and neither its pages nor those of other sites save a scenario; one's own page can."""
    [name] = [folder.name for folder in results.glob("small-*")]
    script = SAVE.replace("RUN", f"{name!r}")
    place = address.replace("127.0.0.1", FOREIGN)
    foreign = browser.new_context().new_page()
    assert foreign.goto(f"{place}/?tab=what-if").status == 403
    assert foreign.locator("body").inner_text().startswith("The dashboard is not served under the name")
    assert foreign.evaluate(script, "") == 403
    assert "Failed to fetch" in foreign.evaluate(script, address)  # the browser itself keeps the answer from it
    foreign.context.close()
    assert not (scenarios / "foreign.yaml").exists()
    assert opened().evaluate(script, "") == 200
    (scenarios / "foreign.yaml").unlink()


def test_back_shows_the_view_before(opened):
    """Each view has an address of its own; Forward goes on again; what is typed makes none."""
    page = opened()
    page.get_by_role("tab", name="Caseload").click()
    shown(page)
    choose(page, "Platform", "Agora")
    expect(page.locator(".subtitle").first).to_contain_text("cases on Agora")
    page.get_by_role("tab", name="What-if").click()
    page.get_by_role("button", name="+20%: 10").click()
    expect(page).to_have_url(re.compile("if.staff=20"))
    page.go_back()
    expect(page.get_by_role("tab", name="Caseload")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".subtitle").first).to_contain_text("cases on Agora")
    page.go_back()
    expect(page.locator("#figure-pending .subtitle")).not_to_contain_text("cases on Agora")
    expect(page.get_by_label("Platform", exact=True).first).to_have_value("")
    page.go_back()
    expect(page.locator(".brief .answer")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?run=small-[0-9a-f]+&run=more-[0-9a-f]+$"))
    for _ in range(3):
        page.go_forward()
    expect(page.get_by_text("People +20%: 10 instead of 8 from 1 January 2025")).to_be_visible()
    expect(page).to_have_url(re.compile("tab=what-if&platform=Agora&if.staff=20"))


@pytest.mark.slow
def test_runs_come_and_go(results, scenarios, served, watched, tmp_path, monkeypatch):
    """A run that is made elsewhere can be chosen, one that is deleted or damaged is told, and nothing else is shown."""
    monkeypatch.setattr(layout, "LOOK", 300)
    small, more = (next(iter(results.glob(f"{name}-*"))) for name in ("small", "more"))
    shutil.copytree(small, tmp_path / small.name)
    place = served(make_app(RunCache(tmp_path), Jobs(tmp_path, 1)))
    page = watched(place).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{place}/?tab=caseload")
    shown(page)
    shutil.copytree(more, tmp_path / more.name)
    page.get_by_label("Baseline", exact=True).first.click()
    page.get_by_role("option", name=re.compile("More handlers")).click()
    expect(page.locator(".subtitle").first).to_contain_text("More handlers")
    [events] = (tmp_path / more.name / "events").iterdir()
    events.write_bytes(b"damaged")
    expect(page.locator("#notices")).to_contain_text("The files of More handlers")
    choose(page, "Platform", "Agora")
    expect(page.locator(".view")).to_contain_text(["is missing or was changed; delete the folder and run again"])
    shutil.rmtree(tmp_path / more.name)
    expect(page.locator("#notices")).to_contain_text(f"The run {more.name} is not in")
    expect(page.locator(".view")).to_contain_text([f"There is no run '{more.name}'"])
    expect(page.locator(".figure")).to_have_count(0)
    shutil.rmtree(tmp_path / small.name)
    page.goto(f"{place}/")
    expect(page.locator("#messages")).to_contain_text("There are no stored runs in")
    tmp_path.rmdir()
    page.goto(f"{place}/")
    expect(page.locator("#messages")).to_contain_text("is not there (any more)")
    tmp_path.mkdir()


@pytest.mark.slow
def test_an_answer_that_does_not_come_is_told(results, scenarios, browser, monkeypatch):
    """A line at the top, until it answers again."""
    monkeypatch.setattr(layout, "LOOK", 300)
    app = make_app(RunCache(results), Jobs(results, 1))
    context = browser.new_context()
    page = context.new_page()
    with serving(app) as place:
        page.goto(place)
        shown(page)
        page.route("**/_dash-update-component*", lambda route: route.abort())
        expect(page.locator("#trouble")).to_contain_text("The dashboard does not answer.")
        page.unroute("**/_dash-update-component*")
        expect(page.locator("#trouble")).to_be_empty()
        monkeypatch.setattr("sim.view.dashboard.looking.received", lambda *_: 1 / 0)
        expect(page.locator("#trouble")).to_contain_text("Something went wrong in the program: ZeroDivisionError")
    context.close()
