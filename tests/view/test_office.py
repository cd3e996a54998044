"""Slides and texts: whole, readable, the same from the same run, and refused in one line where they cannot be made."""

import os
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import docx
import pptx
import pytest
from PIL import Image
from pptx.util import Pt

from sim.errors import UserError
from sim.view.method import method
from sim.view.office import contents, drawings, packing, slides, text
from sim.view.office.drawings import Drawing
from sim.view.report import content, images

needs_browser = pytest.mark.skipif(
    os.environ.get("CI") != "true" and images.browser() is None,
    reason="no browser to draw with; in CI its absence is a failure",
)


@pytest.fixture(scope="module")
def made(small_run):
    """What slides and texts say of the small run."""
    return contents.contents(content.report([small_run]), small_run)


@pytest.fixture
def undrawn(monkeypatch):
    """Pictures without a browser: white ones of the size asked for."""

    def draw(figures, sizes):
        pictures = []
        for figure, (width, height) in zip(figures, sizes, strict=True):
            file = BytesIO()
            Image.new("RGB", (width, height), "white").save(file, "PNG")
            pictures.append(Drawing(file.getvalue(), height / width, f"{figure.title}. {figure.caption}"))
        return pictures

    monkeypatch.setattr(slides, "draw", draw)
    monkeypatch.setattr(text, "draw", draw)


def opened(document):
    """A presentation as it is read again."""
    return pptx.Presentation(BytesIO(packing.packed(document)))


def words(slide):
    """All words of a slide."""
    return [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]


def test_the_first_slide_has_question_answer_and_number(made, undrawn):
    first = opened(slides.deck(made)).slides[0]
    assert first.shapes.title.text == made.question
    said = "\n".join(words(first))
    assert made.answer in said
    assert made.numbers[0].value in said
    assert [heading for heading, _ in made.caveats] == ["Assumptions"]
    assert made.caveats[0][1] in said
    assert made.source in said


def test_each_figure_has_its_finding_as_title_and_its_words_for_those_who_do_not_see_it(made, undrawn):
    deck = opened(slides.deck(made))
    by_title = {slide.shapes.title.text: slide for slide in deck.slides}
    assert 3 <= len(made.figures) <= contents.MOST_FIGURES
    for figure in made.figures:
        slide = by_title[figure.title]
        (picture,) = [shape for shape in slide.shapes if shape._element.tag.endswith("}pic")]
        assert picture._element.nvPicPr.cNvPr.get("descr") == f"{figure.title}. {figure.caption}"
        assert figure.caption in slide.notes_slide.notes_text_frame.text
        assert picture.left >= 0
        assert picture.left + picture.width <= deck.slide_width
        assert picture.top + picture.height <= deck.slide_height


def test_slides_are_wide_and_their_letters_can_be_read(made, undrawn):
    deck = opened(slides.deck(made))
    assert deck.slide_width / deck.slide_height == pytest.approx(16 / 9, abs=0.001)
    sizes = [
        run.font.size
        for slide in deck.slides
        for shape in slide.shapes
        if shape.has_text_frame
        for paragraph in shape.text_frame.paragraphs
        for run in paragraph.runs
        if run.font.size is not None  # the footer has that of its layout
    ]
    assert min(sizes) >= Pt(14)


def test_every_tracked_case_has_a_row_in_a_table_on_slides_and_in_the_text(made, undrawn):
    deck = opened(slides.deck(made))
    tables = [shape.table for slide in deck.slides for shape in slide.shapes if shape.has_table]
    rows = [[cell.text for cell in row.cells] for table in tables for row in list(table.rows)[1:]]
    wanted = [list(row) for row in made.cases.rows]
    assert wanted
    assert rows == wanted
    (table,) = text.text(made).tables
    assert [[cell.text for cell in row.cells] for row in list(table.rows)[1:]] == wanted


def test_a_long_table_takes_more_slides(made, undrawn):
    many = made._replace(cases=made.cases._replace(rows=[made.cases.rows[0]] * 40))
    shown = [slide for slide in opened(slides.deck(many)).slides if any(shape.has_table for shape in slide.shapes)]
    assert len(shown) > 2
    assert shown[0].shapes.title.text.endswith(f"(1 of {len(shown)})")


def test_the_text_has_headings_captions_alt_texts_and_page_numbers(made, undrawn):
    document = docx.Document(BytesIO(packing.packed(text.text(made))))
    styled = {}
    for paragraph in document.paragraphs:
        styled.setdefault(paragraph.style.name, []).append(paragraph.text)
    assert styled["Title"] == [made.question]
    assert styled["Subtitle"] == [made.answer]
    assert {figure.title for figure in made.figures} < set(styled["Heading 1"])
    assert [caption.partition(". ")[0] for caption in styled["Caption"]] == [
        f"Figure {number}" for number in range(1, len(made.figures) + 1)
    ]
    alts = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert alts == [f"{figure.title}. {figure.caption}" for figure in made.figures]
    assert 'w:instr="PAGE"' in document.sections[0].footer._element.xml


def test_the_same_run_gives_the_same_bytes(made, undrawn):
    for make in (slides.deck, text.text):
        first, second = (packing.packed(make(made)) for _ in range(2))
        assert first == second
        with ZipFile(BytesIO(first)) as archive:
            core = archive.read("docProps/core.xml").decode()
            assert {info.date_time[0] for info in archive.infolist()} == {1980}
        assert set(re.findall(r">(\d{4}-\d\d-\d\d)T", core)) == {f"{made.day:%Y-%m-%d}"}


def test_a_run_without_tracked_cases_has_slides_and_a_text(bare_run, undrawn):
    of_bare = contents.contents(content.report([bare_run]), bare_run)
    assert of_bare.cases is None
    assert len(opened(slides.deck(of_bare)).slides) >= 5
    assert not text.text(of_bare).tables


def test_odd_names_show_as_they_are(small_run, undrawn):
    odd = "<b> & $x$ %{y} \N{RIGHTWARDS ARROW}"
    run = replace(small_run, scenario=small_run.scenario.model_copy(update={"question": odd, "title": odd}))
    of_odd = contents.contents(content.report([run]), run)
    assert opened(slides.deck(of_odd)).slides[0].shapes.title.text == odd
    assert text.text(of_odd).paragraphs[0].text == odd


def test_what_is_said_of_the_method_is_what_the_report_says(small_run):
    assert set(contents.METHOD) < {term for term, _ in method(small_run)}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["-o", "none/a.pptx"], "none/a.pptx: there is no folder none; make it first"),
        (["-o", "a.docx", "--with", "figures"], "--with is for a page; name it .html"),
    ],
)
def test_mistakes_are_told_in_one_line(words, told, small_run, sim, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(packing, "browser", lambda: "one")
    code, _, error = sim("report", small_run.folder, *words)
    assert (code, error.count("\n")) == (2, 1)
    assert told in error
    assert not list(tmp_path.iterdir())


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(packing, "browser", lambda: None)
    with pytest.raises(UserError, match="needs a browser"):
        packing.check_office(Path("a.pptx"))
    monkeypatch.setattr(packing, "find_spec", lambda _name: None)
    with pytest.raises(UserError, match=r"'dsa-enforcement-sim\[office\]'"):
        packing.check_office(Path("a.pptx"))


@needs_browser
def test_the_command_writes_slides_with_pictures_twice_as_sharp(small_run, sim, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, told = sim("report", small_run.folder, "-o", "out.pptx")
    assert code == 0
    assert re.search(r"out\.pptx: \d\.\d MB; no public record beside it", told)
    with ZipFile("out.pptx") as archive:
        names = [name for name in archive.namelist() if name.startswith("ppt/media/")]
        widths = [Image.open(BytesIO(archive.read(name))).width for name in names]
    assert min(widths) >= drawings.SCALE * slides.PIXELS * slides.BESIDE_PICTURE.width - 2
