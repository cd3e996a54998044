"""The report in a browser: it draws, presents, prints, gives its data, and asks nothing of anybody."""

import csv
import re
from pathlib import Path

import pytest
from frame import LAPTOP, PATIENCE, PHONE, PROJECTOR
from playwright.sync_api import expect

from sim.experiments.simulate import simulate
from sim.record.files import load_record
from sim.scenario.loading import load_scenario
from sim.view import colophon
from sim.view.report import content, embed, page
from sim.view.tables import rows

SCENARIOS = Path(__file__).parents[2] / "scenarios"
REPLICATIONS = 8
LARGEST = 2_500_000
"""Bytes of a report, at most."""
TABLET = {"width": 768, "height": 1024}
A4 = (595, 842)
"""Points."""
TEXT = (665, 994)
"""What the margins leave of A4, in pixels of a page."""
MAILED = 10_000_000
"""Bytes of a file that can be mailed."""


@pytest.fixture(scope="module")
def report():
    """Two scenarios compared, with the public record beside them."""
    names = ("status-quo", "more-staff")
    few = [
        load_scenario(SCENARIOS / f"{name}.yaml").model_copy(update={"replications": REPLICATIONS}) for name in names
    ]
    record = load_record(SCENARIOS / "record")
    return content.report([simulate(scenario) for scenario in few], {scenario.name: record for scenario in few})


@pytest.fixture(scope="module")
def path(report, tmp_path_factory):
    """Its page."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    page.write(page.html(report), path)
    return path


@pytest.fixture
def opened(watched, path):
    """Opens the page at a size of screen; `opened(size, at)` with `at` the part of the address after #."""

    def at_size(size=LAPTOP, at="", **options):
        tab = watched(size=size, **options).new_page()
        tab.set_default_timeout(PATIENCE)
        tab.goto(f"{path.as_uri()}{at}")
        tab.wait_for_selector("html[data-ready]")
        return tab

    return at_size


def walk(tab) -> None:
    """Look at every figure, as somebody who opens all that is folded and scrolls through the page."""
    tab.evaluate("document.querySelectorAll('details.fold').forEach(one => { one.open = true; })")
    for figure in tab.locator("figure.figure").all():
        figure.scroll_into_view_if_needed()
        figure.locator(".main-svg").first.wait_for(state="attached")


def expect_slide(tab, number: int, last: int) -> None:
    """The slide of that number is shown, of so many."""
    expect(tab.locator("#slide-number")).to_have_text(f"{number} / {last}")


def width(size) -> str:
    """The name of a size in the tests' names."""
    return str(size["width"])


def slides(report) -> int:
    """How many there are: the answer comes before the first figure, the findings after it."""
    return len(report.figures()) + 2


def folded(report) -> list[str]:
    """The keys of the figures that are not seen at once."""
    parts = [(chapter.folded or part.folded, part) for chapter in report.chapters for part in chapter.parts]
    return [shown.key for closed, part in parts if closed for shown in part.figures]


def test_every_figure_draws_with_data(opened, report):
    """Each has its drawing with marks in it, and none is drawn before it comes near."""
    tab = opened()
    assert 0 < tab.locator("figure.drawn").count() < len(report.figures())
    walk(tab)
    marked = tab.locator("figure.figure", has=tab.locator(".trace path, .shapelayer path, .heatmaplayer image"))
    expect(marked).to_have_count(len(report.figures()))


def test_it_is_small(path):
    """The size does not hinder anybody from loading it; how long that takes is in benchmarks/pages.py."""
    assert path.stat().st_size < LARGEST


def test_other_scripts_and_requests_are_forbidden(browser, path):
    """The page's policy stops a script that is not its own, and a request."""
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(path.as_uri())
    tab.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.evil = 1'}))"
    )
    assert tab.evaluate("window.evil") is None
    assert tab.evaluate("fetch('data:text/plain,x').then(() => 'sent', () => 'stopped')") == "stopped"
    context.close()


@pytest.mark.parametrize(
    "size", [PHONE, *(pytest.param(size, marks=pytest.mark.slow) for size in (TABLET, LAPTOP, PROJECTOR))], ids=width
)
def test_nothing_is_wider_than_the_screen(opened, size):
    """At no width does the page have to be moved sideways, and no drawing is wider than its place."""
    tab = opened(size)
    walk(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]
    wide = "plots => plots.filter(p => p.querySelector('.main-svg').clientWidth > p.parentElement.clientWidth).length"
    assert tab.locator(".js-plotly-plot").evaluate_all(wide) == 0


@pytest.mark.slow
def test_figures_follow_the_window(opened):
    """A figure that was drawn for a wide window is drawn anew in a narrow one."""
    tab = opened(PROJECTOR)
    walk(tab)
    drawing = tab.locator("figure.figure .main-svg").first
    assert drawing.bounding_box()["width"] > PHONE["width"]
    tab.set_viewport_size(PHONE)
    drawing.scroll_into_view_if_needed()
    tab.wait_for_function(f"() => document.querySelector('figure .main-svg').clientWidth < {PHONE['width']}")
    assert drawing.bounding_box()["width"] < PHONE["width"]


def test_keys_present_one_figure_a_page(opened, report):
    """P begins, arrows and page keys turn, Home and End go to the ends, Escape leaves where one is."""
    tab = opened()
    last = slides(report)
    tab.keyboard.press("p")
    expect_slide(tab, 1, last)
    for key, number in [
        ("ArrowRight", 2), ("PageDown", 3), (" ", 4), ("ArrowLeft", 3), ("PageUp", 2), ("End", last),
        ("ArrowRight", last), ("Home", 1), ("ArrowLeft", 1), ("ArrowDown", 2), ("ArrowDown", 3),
    ]:  # fmt: skip
        tab.keyboard.press(key)
        expect_slide(tab, number, last)
    expect(tab).to_have_url(re.compile("#slide-3$"))
    expect(tab.locator("h2:visible, h3:visible")).to_have_text(["Findings"])
    tab.keyboard.press("ArrowLeft")
    first = report.figures()[0]
    expect(tab.locator(f"#{first.key}")).to_be_focused()
    expect(tab.locator("h2:visible, h3:visible")).to_have_text([first.figure.title])
    tab.keyboard.press("Escape")
    expect(tab.locator("#findings")).to_be_visible()
    expect(tab).to_have_url(re.compile(f"#{first.key}$"))


def test_slides_unfold_what_they_show_and_fold_it_again(opened, report):
    """A folded figure is a slide like any other; who leaves there goes on reading there."""
    tab = opened()
    key = folded(report)[0]
    number = [shown.key for shown in report.figures()].index(key) + 3
    figure = tab.locator(f"#{key}")
    expect(figure).to_be_hidden()
    tab.keyboard.press("p")
    tab.evaluate(f"location.hash = '#slide-{number}'")
    expect_slide(tab, number, slides(report))
    expect(figure.locator(".main-svg").first).to_be_visible()
    tab.keyboard.press("Home")
    expect_slide(tab, 1, slides(report))
    expect(tab.locator("details.fold[open]")).to_have_count(0)
    tab.evaluate(f"location.hash = '#slide-{number}'")
    expect_slide(tab, number, slides(report))
    tab.keyboard.press("Escape")
    expect(figure).to_be_in_viewport()


def test_links_open_what_is_folded(opened, report):
    """A link to a figure, a chapter or a word leads to it, also if it is folded, and also in an address."""
    tab = opened()
    tab.locator(".background a[href='#parameters']").click()
    expect(tab.locator("#wanted")).to_be_in_viewport()
    tab.locator("a.term").first.click()
    word = tab.locator(tab.locator("a.term").first.get_attribute("href"))
    expect(word).to_be_in_viewport()
    key = folded(report)[-1]
    other = opened(at=f"#{key}")
    expect(other.locator(f"#{key}")).to_be_in_viewport()
    expect(other.locator(f"#{key} .main-svg").first).to_be_visible()


def test_the_first_screen_has_the_answer(opened, report):
    """Without scrolling a laptop shows the question, the answer, a number for each scenario, and figure 1."""
    tab = opened()
    tab.locator(".opening .main-svg").first.wait_for()
    for part in (".question", ".answer", ".numbers", ".opening h3"):
        box = tab.locator(part).first.bounding_box()
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= LAPTOP["height"], part
    drawing = tab.locator(".opening .plot").bounding_box()
    assert drawing["y"] + drawing["height"] / 2 <= LAPTOP["height"]
    assert tab.locator(".opening .number-large").count() == len(report.brief.numbers)


@pytest.mark.slow
@pytest.mark.parametrize("size", [{"width": 1280, "height": 720}, PROJECTOR], ids=width)
def test_a_link_to_a_slide_opens_it_whole(opened, report, size):
    """Each slide fits on the screen with its title, its figure and its caption."""
    tab = opened(size)
    for number, shown in enumerate(report.figures(), 3):
        slide = 2 if number == 3 else number
        tab.evaluate(f"location.hash = '#slide-{slide}'")
        expect_slide(tab, slide, slides(report))
        figure = tab.locator(f"#{shown.key}")
        figure.locator(".main-svg").first.wait_for()
        for part in ("h3", ".stage", "figcaption"):
            box = figure.locator(part).bounding_box()
            assert box["y"] >= 0, (shown.key, part)
            assert box["y"] + box["height"] <= size["height"] + 1, (shown.key, part)
        drawing = figure.locator(".main-svg").first.bounding_box()
        stage = figure.locator(".stage").bounding_box()
        assert drawing["width"] <= stage["width"] + 1
        assert drawing["height"] > 0.9 * stage["height"]


@pytest.mark.slow
def test_the_buttons_present_too(opened, report):
    """What keys do, buttons do."""
    tab = opened()
    tab.get_by_role("button", name="Present").click()
    tab.get_by_role("button", name="Next").click()
    expect_slide(tab, 2, slides(report))
    tab.get_by_role("button", name="Previous").click()
    expect_slide(tab, 1, slides(report))
    tab.get_by_role("button", name="Leave").click()
    expect(tab.locator("#presenter")).to_be_hidden()


@pytest.mark.slow
def test_the_data_of_a_figure_are_shown_and_downloaded(opened, report):
    """The table has a row for each of the figure's, and the file has the same cells."""
    tab = opened()
    shown = report.figures()[0]
    figure = tab.locator(f"#{shown.key}")
    figure.locator("summary").click()
    expect(figure.locator("tbody tr")).to_have_count(len(shown.figure.table))
    expect(figure.locator("thead th")).to_have_text(list(shown.figure.table.columns))
    with tab.expect_download() as download:
        figure.get_by_role("button", name="Download as CSV").click()
    assert download.value.suggested_filename == f"{shown.stem}.csv"
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        header, *cells, last = csv.reader(file)
    assert last == [f"# {shown.source}"]
    assert header == list(shown.figure.table.columns)
    assert cells == [["" if value is None else str(value) for value in row] for row in rows(shown.figure.table)]


@pytest.mark.slow
def test_a_figure_is_saved_as_image_and_as_a_page_of_its_own(opened, report):
    """The image has its words and its source inside; the page is the one that the command writes."""
    tab = opened()
    shown = report.figures()[0]
    figure = tab.locator(f"#{shown.key}")
    with tab.expect_download() as download:
        figure.get_by_role("button", name="SVG").click()
    assert download.value.suggested_filename == f"{shown.stem}.svg"
    text = re.sub(r"<[^>]+>", " ", Path(download.value.path()).read_text(encoding="utf-8"))
    assert colophon.MADE_WITH in text
    with tab.expect_download() as download:
        figure.get_by_role("button", name="Embed").click()
    assert download.value.suggested_filename == f"{shown.stem}.html"
    assert Path(download.value.path()).read_text(encoding="utf-8") == embed.html(shown)


@pytest.mark.slow
def test_a_figure_is_copied_as_an_image(browser, path, report):
    """To the clipboard where that is allowed; as a file where it is not."""
    for allowed in (["clipboard-read", "clipboard-write"], []):
        context = browser.new_context(permissions=allowed)
        tab = context.new_page()
        tab.goto(path.as_uri())
        tab.wait_for_selector("html[data-ready]")
        if not allowed:
            tab.evaluate("() => { navigator.clipboard.write = () => Promise.reject(new Error('no')); }")
        button = tab.locator(f"#{report.figures()[0].key}").get_by_role("button", name="Copy as image")
        if allowed:
            button.click()
            expect(tab.locator("#told")).to_have_text("Copied as an image, with its source.")
            types = "navigator.clipboard.read().then((items) => items[0].types[0])"
            assert tab.evaluate(types) == "image/png"
        else:
            with tab.expect_download() as download:
                button.click()
            assert download.value.suggested_filename == f"{report.figures()[0].stem}.png"
            assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
        context.close()


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=width)
def test_a_figure_by_itself_draws(watched, axe, report, tmp_path, size):
    """It is as wide as its frame, asks nothing of anybody, and is accessible."""
    file = tmp_path / "one.html"
    page.write(embed.html(report.figures()[-1]), file)
    tab = watched(size=size).new_page()
    tab.set_default_timeout(PATIENCE)
    tab.goto(file.as_uri())
    tab.locator(".main-svg").first.wait_for()
    assert tab.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert axe(tab) == []


@pytest.mark.slow
def test_the_record_has_its_sources(opened, report):
    """Each act has a link that tells its site nothing of the page."""
    tab = opened()
    acts = tab.locator("details.acts")
    acts.locator("summary").click()
    (chapter,) = [one for one in report.chapters if one.acts]
    expect(acts.locator("tbody tr")).to_have_count(len(chapter.acts.rows))
    links = acts.locator("tbody a")
    assert links.count() == sum(row[-1].startswith("http") for row in chapter.acts.rows)
    assert links.first.get_attribute("rel") == "noopener noreferrer"


def test_numbers_are_found_by_what_they_are_called(opened, report):
    """An address, a field and the keyboard find them; how many there are is announced, and print has all of them."""
    tab, number = opened(at="#parameters=headcount"), len(report.numbers)
    hits = [one for one in report.numbers if "headcount" in f"{one.path} {one.used}"]
    rows = tab.locator("#numbers tbody tr")
    expect(rows.locator("visible=true")).to_have_count(len(hits))
    expect(tab.get_by_role("status").filter(has_text="numbers")).to_have_text(f"{len(hits)} of {number} numbers")
    expect(tab.locator("#wanted")).to_be_focused()
    tab.locator("#wanted").fill("")
    tab.keyboard.type(f"CHANCE {report.numbers[-1].path}")
    expect(rows.locator("visible=true")).to_have_count(0)
    tab.locator("#wanted").fill(report.numbers[-1].path)
    expect(rows.locator("visible=true")).to_have_count(1)
    link = tab.locator("a[data-wanted]").first
    link.dispatch_event("click")
    expect(tab.locator("#wanted")).to_have_value(link.get_attribute("data-wanted"))
    tab.keyboard.type("zzz")
    expect(tab.locator("#found")).to_contain_text("No number has all of these words")
    tab.emulate_media(media="print")
    expect(rows.locator("visible=true")).to_have_count(number)


@pytest.mark.slow
def test_the_scenario_is_there_in_full(opened, report):
    """Opened, it is the file that `sim show` writes."""
    tab = opened(at="#provenance")
    details = tab.locator("details.full").first
    details.locator("summary").click()
    tab.wait_for_function("() => document.querySelector('details.full pre').textContent")
    assert details.locator("pre").text_content() == report.scenarios[0][1]


@pytest.mark.slow
def test_it_is_accessible(opened, axe):
    """axe finds nothing serious, neither on the page with data and sources open nor on a slide."""
    tab = opened()
    walk(tab)
    tab.locator("#parameters summary").click()
    for details in ("figure details", "details.acts", "details.full"):
        tab.locator(f"{details} summary").first.click()
    tab.locator("figure tbody").first.wait_for()
    assert axe(tab) == []
    tab.keyboard.press("p")
    tab.keyboard.press("End")
    assert axe(tab) == []


def test_who_prints_at_once_prints_every_open_figure(watched, path, report):
    """Printed as soon as it has loaded, figures that are not folded are drawn, and the file can be mailed."""
    tab = watched().new_page()
    tab.set_default_timeout(PATIENCE)
    tab.goto(path.as_uri())
    printed = tab.pdf(prefer_css_page_size=True)
    assert tab.locator("figure.drawn").count() == len(report.figures()) - len(folded(report))
    boxes = [[round(float(side)) for side in box.split()] for box in re.findall(rb"/MediaBox \[([\d. ]+)\]", printed)]
    assert len(boxes) >= tab.locator("figure.drawn").count() / 2
    assert all(box == [0, 0, *A4] for box in boxes)
    assert len(printed) < MAILED


@pytest.mark.slow
def test_figures_in_print_are_as_wide_as_the_text(opened, report):
    """No figure is higher than a page leaves room for, nor wider than the text."""
    tab = opened()
    tab.evaluate("document.querySelectorAll('details.fold').forEach(one => { one.open = true; })")
    tab.emulate_media(media="print")
    expect(tab.locator("figure.drawn")).to_have_count(len(report.figures()))
    sizes = "all => all.map(one => { const box = one.getBoundingClientRect(); return [box.width, box.height]; })"
    for width, height in tab.locator(".main-svg:first-child").evaluate_all(sizes):
        assert width == pytest.approx(TEXT[0], abs=2)
        assert height < TEXT[1]
    tab.emulate_media(media="screen")
    first = tab.locator("figure.figure").first
    first.scroll_into_view_if_needed()
    tab.wait_for_function(f"() => document.querySelector('figure .main-svg').clientWidth > {TEXT[0]}")


def test_without_scripts_the_words_are_there(watched, path, report):
    """Titles and captions need no script, and the page says what does."""
    tab = watched(java_script_enabled=False).new_page()
    tab.goto(path.as_uri())
    assert "this browser does not run" in tab.locator("noscript").text_content()
    assert report.figures()[0].figure.caption in tab.locator("figcaption").first.inner_text()
