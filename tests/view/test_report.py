"""The one-file report: what it says, that it is safe and whole, and how mistakes are told."""

import gzip
import json
import os
import re
import tomllib
from base64 import b64decode, b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import pytest
import yaml
from markupsafe import Markup

from sim import __version__ as sim_version
from sim.errors import RunFailed, UserError
from sim.record.files import load_record
from sim.results.run import Run
from sim.scenario.parameters import with_sums
from sim.view import colophon, provenance
from sim.view.figures import gallery
from sim.view.figures.figure import Figure
from sim.view.figures.files import Analysis
from sim.view.report import content, embed, images, page
from sim.view.report.chapters import OPEN_OF_RECORD, Shown
from sim.view.report.glossary import Linked
from sim.view.tables import cell, rows

ROOT = Path(__file__).parents[2]
LIMIT = 2_500_000
LINK = re.compile(r'<a href="(https?://[^"]+)" rel="noopener noreferrer">')


def called(run: Run, **changes) -> Run:
    """The same run of a scenario that is said otherwise."""
    return replace(run, scenario=run.scenario.model_copy(update=changes))


def unpacked(text: str) -> str:
    """What the page unpacks in a browser."""
    return gzip.decompress(b64decode(text)).decode()


def written(text: str) -> str:
    """The page as people read it: without what is packed and without tags."""
    return unescape(re.sub(r"<[^>]+>", "", re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL)))


def policy(text: str) -> str:
    """The content security policy of a page."""
    return unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1])


@pytest.fixture(scope="module")
def one(small_run):
    """The report of one run."""
    return content.report([small_run])


@pytest.fixture(scope="module")
def html(one):
    """Its page."""
    return page.html(one)


def test_it_holds_every_picture_of_the_gallery_in_order(one, small_run):
    """The figures of the run stand in the gallery's order, numbered from 1, under keys of their own."""
    names = [figure.name for figure in gallery.flat(gallery.of_run(small_run))]
    assert [shown.figure.name for shown in one.figures()] == names
    assert [shown.number for shown in one.figures()] == list(range(1, len(names) + 1))
    assert len({shown.key for shown in one.figures()}) == len(names)


def test_figures_and_tables_are_packed_whole(one, html):
    """What the page unpacks is each figure's figure and table, to the last digit."""
    packed = re.findall(r'<script type="text/plain" class="packed">(.+?)</script>\n</figure>', html)
    drawings = [json.loads(unpacked(text)) for text in packed]
    for shown, drawing in zip(one.figures(), drawings, strict=True):
        assert drawing["figure"]["data"] == json.loads(shown.figure.chart.to_json())["data"]
        assert drawing["table"]["columns"] == list(shown.figure.table.columns)
        assert drawing["table"]["rows"] == rows(shown.figure.table)
        assert drawing["words"]["source"] == shown.source
        assert colophon.MADE_WITH in drawing["whole"]["title"]["text"].replace("<br>", " ")


def test_the_answer_and_the_first_figure_come_before_all_else(one, html):
    """Title, question, answer, number, figure 1 and what the answer rests on, and the figure does not come again."""
    opening = written(html.partition('<header class="opening')[2].partition("</header>")[0])
    said = one.brief
    figure = one.figures()[0].figure
    words = (one.title, said.question, said.answer, said.numbers[0].value, figure.title, said.ends, said.assumptions)
    places = [opening.index(text) for text in words]
    assert places == sorted(places)
    assert html.count(f'id="{one.figures()[0].key}"') == 1


def test_every_link_leads_somewhere(html):
    """Links within the page lead to something in it; those to figures, parameters and words too."""
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    wanted = set(re.findall(r'href="#([^"]+)"', html))
    assert wanted <= ids
    assert {"parameters", "findings"} <= wanted
    assert any(name.startswith("word-") for name in wanted)


def test_a_word_is_linked_where_a_chapter_first_uses_it():
    """Once a chapter, also in the plural; never within a tag, and only words of the glossary."""
    linked = Linked(["case", "delay due to staffing", "Decision"])
    assert linked(Markup('Cases <span class="case">wait</span>: a case.')) == (
        '<a class="term" href="#word-case">Cases</a> <span class="case">wait</span>: a case.'
    )
    assert "#word-delay-due-to-staffing" in linked(Markup("Delay due to staffing, by decision"))
    assert linked(Markup("a case")) == "a case"


def test_addresses_are_links_that_tell_nothing_of_the_page():
    """The address is whole, without the full stop after it; what is around it is text."""
    said = page.words("assumption <b> https://a.example/x?y=1&z=2. See (http://www.b.example).")
    assert said == (
        "assumption &lt;b&gt; "
        '<a href="https://a.example/x?y=1&amp;z=2" rel="noopener noreferrer">a.example</a>. See '
        '(<a href="http://www.b.example" rel="noopener noreferrer">b.example</a>).'
    )


def test_nothing_is_asked_of_any_other_place(html):
    """There is no address in the page but of places in itself and of links to sources, which nobody follows unasked."""
    assert "default-src 'none'" in policy(html)
    without_links = LINK.sub("", html)
    assert not [at for at in re.findall(r'\b(?:src|href|action)="([^"]*)"', without_links) if not at.startswith("#")]
    assert "url(" not in html.partition("<style>")[2].partition("</style>")[0]
    assert "@import" not in html


def test_only_its_own_scripts_may_run(html):
    """The policy names the page's script and plotly's library by their hashes, and allows no others."""
    script = html.rpartition("<script>")[2].partition("</script>")[0]
    library = unpacked(re.search(r'id="plotly">(.+?)</script>', html)[1])
    hashes = [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in (library, script)]
    assert f"script-src {' '.join(hashes)};" in policy(html)
    assert "unsafe-eval" not in policy(html)


def test_words_of_a_scenario_cannot_break_the_page(small_run):
    """Tags, comments and line separators in titles and descriptions come out as text."""
    evil = "</script><script>alert(1)</script><!-- \u2028 & \"'"
    text = page.html(content.report([called(small_run, title=evil, description=evil)]))
    assert "<script>alert" not in text
    assert text.count("<!--") == 0
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in text


def test_the_same_runs_give_the_same_bytes(small_run, html):
    """There is no time of making in the page."""
    assert page.html(content.report([small_run])) == html


def test_it_says_findings_method_parameters_and_what_made_the_run(html, small_run):
    """The words of all parts stand in the page."""
    said = written(html)
    for words in (
        "Findings",
        "40 times",
        "Effort of all work",
        "A separate group of grievances",
        small_run.folder.name,
    ):
        assert words in said
    assert "Begins with: Request sent. Art. 1" in said


def test_the_numbers_of_the_scenario_stand_in_one_table(small_run):
    """Each by its name, with its place, its source and how it is used."""
    found = content.report([small_run])
    text = page.html(found)
    table = text[text.index('<table id="numbers">') :].partition("</table>")[0]
    assert table.count("<tr>") == 1 + len(found.numbers) == 1 + len(with_sums(small_run.scenario))
    effort = next(one for one in found.numbers if one.path == "uncertain.effort.value")
    row = written(next(row for row in table.split("<tr>") if effort.path in written(row)))
    for said in (effort.name, effort.quantity, effort.reason, "assumption", "assumed; sets procedure.complexity."):
        assert said in row


def test_of_a_second_scenario_only_what_differs_is_shown_and_folded(small_run):
    """The comparison comes first, then the whole baseline; of the other only when its cases are resolved."""
    found = content.report([small_run, called(small_run, name="other", title="The other")])
    assert [chapter.key for chapter in found.chapters] == ["comparison", "of-small", "of-other"]
    _, first, other = found.chapters
    assert len(list(first.figures())) > 1
    assert not first.folded
    assert other.folded
    assert [shown.figure.name for shown in other.figures()] == ["timelines"]
    assert other.findings
    assert found.title == "A small authority, compared with The other"
    assert re.search(r'<details class="fold" id="of-other">', page.html(found))


def test_what_a_scenario_changes_is_told_setting_by_setting(small_run):
    """Numbers are told in words, once for each setting; the other settings as they are."""
    scenario = small_run.scenario
    staffing = scenario.staffing["lawyers"].model_copy(update={"title": "Lawyers", "headcount": {scenario.start: 2.0}})
    other = scenario.model_copy(update={"name": "b", "staffing": {**scenario.staffing, "lawyers": staffing}})
    assert provenance.changed_settings(scenario, other).rows == [
        ("staffing.lawyers.headcount", "1", "2 on 2024-01-01"),
        ("staffing.lawyers.title", "Legal service", "Lawyers"),
    ]


def test_runs_that_cannot_be_paired_are_shown_and_not_compared(small_run, bare_run):
    """The page says in a sentence why there is no comparison, and shows both."""
    found = content.report([small_run, bare_run])
    assert [chapter.key for chapter in found.chapters] == ["of-small", "of-bare"]
    assert "not compared: bare cannot be compared with small: its horizon is" in found.brief.not_compared
    assert len(list(found.chapters[1].figures())) > 1
    said = written(page.html(found))
    assert said.count(found.brief.not_compared) == 1
    assert found.chapters[1].brief.answer in said


def test_a_run_without_probes_targets_or_titles_has_a_report(bare_run):
    """A bare queue is a page, too."""
    found = content.report([bare_run])
    assert found.title == "bare"
    assert "bare" in written(page.html(found))


def test_two_scenarios_of_one_name_are_refused(small_run):
    """Their figures could not be told apart."""
    with pytest.raises(UserError, match="two of the runs are of a scenario named small"):
        content.report([small_run, small_run])


def test_the_record_and_other_analyses_have_their_chapters(small_run):
    """Chapters of the record and of figures that another command wrote come last."""
    figure = Figure("curve", "It bends", "sub", "caption", go.Figure(), pd.DataFrame({"x": [1]}))
    analysis = Analysis("Where help stops", {"seed": 7}, [figure])
    record = load_record(ROOT / "docs" / "example-record")
    found = content.report([small_run], {small_run.scenario.name: record}, [analysis])
    assert [chapter.key for chapter in found.chapters] == ["simulation", "record", "analysis-1"]
    assert "seed 7" in found.chapters[-1].lead
    assert found.facts.endswith(colophon.record_to(record))
    sources = {act.source for act in record.acts if act.source.startswith("http")}
    assert sources <= {row[-1] for row in found.chapters[1].acts.rows}


def test_of_the_record_few_figures_are_open(small_run):
    """The others are an appendix; every figure is there."""
    record = load_record(ROOT / "docs" / "example-record")
    chapter = content.report([small_run], {small_run.scenario.name: record}).chapters[-1]
    assert [shown.figure.name for shown in chapter.figures()] == [
        figure.name for figure in gallery.flat(gallery.of_record(record))
    ]
    assert sum(len(part.figures) for part in chapter.parts if not part.folded) <= OPEN_OF_RECORD


def test_whatever_leaves_the_page_says_where_it_comes_from(one, html, small_run):
    """The page and each figure: project, version, run, first day and licence; files are called after the run."""
    for part in (colophon.PROJECT, sim_version, small_run.folder.name, "1 January 2024", colophon.LICENCE):
        assert part in one.source
        assert all(part in shown.source for shown in one.figures())
    foot = written(html.partition("<footer>")[2].partition("</footer>")[0])
    assert one.source in foot
    assert one.citation in foot
    assert all(shown.stem.startswith(small_run.folder.name) for shown in one.figures())


def test_the_citation_file_is_of_this_version():
    """CITATION.cff has what the format asks for, and says of the project what the package says."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert (cited["title"], cited["license"]) == (project["name"], project["license"])
    assert (project["name"], project["license"]) == (colophon.PROJECT, colophon.LICENCE)
    assert cited["version"] == sim_version
    assert cited["authors"] == [{"name": colophon.AUTHORS}]


def test_one_figure_is_a_page_of_its_own(one, html):
    """It has its words, its source, plotly's library and the drawing of the report, under a policy as strict."""
    shown = embed.find("timelines", one.figures())
    text = embed.html(shown)
    assert "default-src 'none'" in policy(text)
    assert not re.search(r"@\w+@", text.replace("@media", ""))
    said = written(text)
    for words in (shown.figure.title, shown.figure.caption, shown.source):
        assert words in said
    assert re.search(r'id="figure">(.+?)</script>', text)[1] in html
    assert embed.find(shown.key, one.figures()) is shown


def test_the_command_writes_one_figure(small_run, sim, tmp_path, monkeypatch):
    """An unknown name is one line that says what was meant."""
    monkeypatch.chdir(tmp_path)
    code, _, told = sim("report", small_run.folder, "--embed", "timelines", "-o", "one.html")
    assert code == 0
    assert "one.html: " in told
    code, _, told = sim("report", small_run.folder, "--embed", "timeline", "-o", "two.html")
    assert (code, told.count("\n")) == (2, 1)
    assert "--embed timeline: there is no such figure; did you mean 'timelines'?" in told
    assert not Path("two.html").exists()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (pd.Timestamp("2024-03-14"), "2024-03-14"),
        (pd.Timestamp("2024-03-14 12:30"), "2024-03-14 12:30:00"),
        (float("nan"), None),
        (pd.NaT, None),
        (float("inf"), "inf"),
        (0.1 + 0.2, 0.3),
        (3.0, 3),
        (1234567.8, 1234568),
        (True, "True"),
    ],
)
def test_cells_are_what_json_and_people_can_read(value, shown):
    """Days without hours, nothing where nothing is known, no binary fractions."""
    assert cell(value) == shown


def test_a_page_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    """If it cannot take its place, the older page stays as it was and nothing is left beside it."""
    path = tmp_path / "report.html"
    path.write_text("older", encoding="utf-8")

    def full(self, _target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RunFailed, match="cannot be written: No space left"):
        page.write("newer", path)
    assert [file.read_text(encoding="utf-8") for file in tmp_path.iterdir()] == ["older"]


def test_the_command_writes_a_page_of_a_stored_run(small_run, sim, tmp_path, monkeypatch):
    """It says how many figures there are and which record stands beside them; the page is small."""
    monkeypatch.chdir(tmp_path)
    code, _, told = sim("report", small_run.folder, "-o", "out.html", "--title", "Mine")
    assert code == 0
    assert re.search(r"out\.html: \d+ figures, 2\.\d MB; no public record beside it", told)
    assert "<title>Mine</title>" in Path("out.html").read_text(encoding="utf-8")
    assert Path("out.html").stat().st_size < LIMIT


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["RUN", "-o", "."], ".: is a folder; name a file, such as report.html"),
        (["RUN", "-o", "report.pdf"], "report.pdf: a report is a page; name it .html, such as report.html"),
        (["RUN", "-o", "none/report.html"], "none/report.html: there is no folder none; make it first"),
        (["RUN", "-o", "a.html", "-n", "9"], "--replications is for scenario files; RUN is a stored run"),
        (["RUN", "RUN", "-o", "a.html"], "two of the runs are of a scenario named small"),
        (["RUN", "-o", "a.html", "--record", "none"], "none: there is no such folder"),
        (["RUN", "-o", "a", "--images", "svg", "--embed", "timelines"], "--images and --embed exclude each other"),
        (["RUN", "-o", "a.html", "--with", "none"], "none: is no folder of figures"),
        (["empty", "-o", "a.html"], "empty: holds no finished run"),
        (["none.yaml", "-o", "a.html"], "none.yaml"),
    ],
)
def test_mistakes_are_told_in_one_line(words, told, small_run, sim, tmp_path, monkeypatch):
    """A wrong call gives exit code 2, one line that says what would be right, and no file."""
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    words = [word.replace("RUN", str(small_run.folder)) for word in words]
    code, _, error = sim("report", *words)
    assert code == 2
    assert told.replace("RUN", str(small_run.folder)) in error
    assert error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_images_without_kaleido_or_a_browser_say_what_to_install(tmp_path, monkeypatch):
    """One line for each that is missing."""
    monkeypatch.setattr(images, "browser", lambda: None)
    with pytest.raises(UserError, match="needs a browser"):
        images.check_image_folder(tmp_path)
    monkeypatch.setattr(images, "find_spec", lambda _name: None)
    with pytest.raises(UserError, match="needs kaleido"):
        images.check_image_folder(tmp_path)


@pytest.mark.skipif(
    os.environ.get("CI") != "true" and (images.find_spec("kaleido") is None or images.browser() is None),
    reason="no browser to draw with; in CI its absence is a failure",
)
def test_images_are_files_with_the_words_inside(one, tmp_path):
    """A figure as SVG has its number in the name, and the title in it."""
    shown: Shown = one.figures()[0]
    (path,) = images.write([shown], tmp_path / "new", "svg")
    assert path.name == f"01-{shown.stem}.svg"
    text = re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8"))
    assert shown.figure.title.split()[0] in text
    assert colophon.MADE_WITH in text


def test_runs_that_other_software_made_are_told(small_run):
    """On the page, above what differs: a part of it may come from the software."""
    old = replace(small_run, made_by={**small_run.made_by, "numpy": "1.0"}, scenario=named(small_run, "older"))
    (note,) = content.report([small_run, old]).notes
    assert "was made with numpy 1.0 instead of" in note
    assert "Run both again" in page.html(content.report([small_run, old]))
    assert content.report([small_run, replace(small_run, scenario=named(small_run, "same"))]).notes == []


def named(run, name):
    """The scenario of a run under another name."""
    return run.scenario.model_copy(update={"name": name})
