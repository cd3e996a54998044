"""Slides: the answer first, then what becomes of each case, five figures, and what the numbers rest on."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import count
from math import ceil
from textwrap import wrap
from typing import Any, NamedTuple

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from sim.view.answers import Number
from sim.view.colophon import PROJECT
from sim.view.figures.figure import Figure
from sim.view.office.contents import Contents, table_widths
from sim.view.office.drawings import Drawing, draw, height_of
from sim.view.tables import Table

TEXT, PICTURE, TABLE = "Title and Content", "Picture with Caption", "Title Only"
"""The layouts that are used, as the template calls them."""
FOOTER, NUMBER = 11, 12
"""Placeholders of every layout of the template."""
LETTER, TITLE_LETTER, LINE = 0.57, 0.68, 1.22
"""Width of a letter on average, in text and in titles, and height of a line, as shares of the size: of the widest fonts
that may take the place of those named."""
TITLE_PT, ANSWER_PT, NUMBER_PT, TEXT_PT, LEAST_PT, FOOTER_PT = 28, 26, 54, 20, 14, 10
PIXELS = 84
"""Of a drawing to an inch, at least: its letters are 12 points high then."""
TALL = 390
"""A figure of more pixels than this has its words beside it, and not above and below."""
MOST_NUMBERS = 3
"""That stand large on the first slide."""
INK, SOFT, ACCENT = RGBColor(0x1B, 0x1F, 0x24), RGBColor(0x56, 0x5E, 0x68), RGBColor(0x0B, 0x4F, 0x7D)
SHADE, WHITE = RGBColor(0xF5, 0xF6, 0xF8), RGBColor(0xFF, 0xFF, 0xFF)
CELL = 0.12
"""Inches between the lines of a table and its words, left and right together with some air."""


class Area(NamedTuple):
    """A place on a slide, in inches."""

    left: float
    top: float
    width: float
    height: float

    def place(self, shape: Any) -> None:
        """Put a shape there."""
        shape.left, shape.top, shape.width, shape.height = (Inches(side) for side in self)


SLIDE = Area(0, 0, 13.333, 7.5)
TITLE = Area(0.6, 0.4, 12.13, 1.2)
BODY = Area(0.6, 1.75, 12.13, 5.05)
CAVEATS = BODY._replace(top=5.55, height=1.3)
FOOT = Area(0.6, 6.98, 11.2, 0.32)
PAGE = Area(12.0, 6.98, 0.73, 0.32)
BESIDE_TITLE, BESIDE_WORDS, BESIDE_PICTURE = (
    Area(0.6, 0.4, 3.9, 2.7),
    Area(0.6, 3.1, 3.9, 3.8),
    Area(4.7, 0.4, 8.2, 6.4),
)
WIDE_PICTURE, WIDE_WORDS = Area(0.6, 1.65, 12.13, 4.1), Area(0.6, 5.75, 12.13, 1.15)


def deck(contents: Contents) -> Any:
    """The slides, as a presentation of python-pptx."""
    return _Deck(contents).presentation


def lines(text: str, size: float, width: float, letter: float = LETTER) -> int:
    """How many lines a text of so many points takes in so many inches, at most."""
    return max(1, len(wrap(text, max(1, int(width * 72 / (size * letter))))))


def fitting(texts: Sequence[str], box: Area, most: int, letter: float = LETTER) -> int:
    """The largest size in points at which paragraphs fit into a box; the least that can be read if none does."""
    return next((size for size in range(most, LEAST_PT, -1) if fits(texts, box, size, letter)), LEAST_PT)


def fits(texts: Sequence[str], box: Area, size: int, letter: float = LETTER) -> bool:
    """Whether paragraphs of so many points fit into a box."""
    height = sum(lines(text, size, box.width - 2 * CELL, letter) + 0.4 for text in texts) * size * LINE / 72
    return height <= box.height - CELL


class _Deck:
    """Makes the slides one after the other."""

    def __init__(self, contents: Contents) -> None:
        self.presentation = Presentation()
        self._footer = contents.source
        _shape(self.presentation)
        _describe(self.presentation, contents)
        self._opening(contents)
        self._text("What is known so far", contents.said)
        if contents.cases:
            self._table(contents.cases)
        boxes = [_box(figure) for figure in contents.figures]
        sizes = [_pixels(figure, box) for figure, box in zip(contents.figures, boxes, strict=True)]
        for figure, box, drawing in zip(contents.figures, boxes, draw(contents.figures, sizes), strict=True):
            self._figure(figure, box, drawing)
        self._text("What the numbers rest on", contents.rests)
        self._text("How to cite", contents.cite)

    def _slide(self, layout: str, title: str, notes: str, box: Area = TITLE) -> Any:
        """A new slide with its title, footer, number and notes."""
        made = self.presentation.slides.add_slide(self.presentation.slide_layouts.get_by_name(layout))
        box.place(made.shapes.title)
        _write(made.shapes.title, [[(title, {})]], fitting([title], box, TITLE_PT, TITLE_LETTER))
        for shape in made.slide_layout.placeholders:
            if shape.placeholder_format.idx in (FOOTER, NUMBER):
                made.shapes._spTree.append(deepcopy(shape._element))  # a new slide has all placeholders but these
        for shape in made.placeholders:
            if shape.placeholder_format.idx == FOOTER:
                shape.text_frame.text = self._footer
        made.notes_slide.notes_text_frame.text = notes
        return made

    def _opening(self, contents: Contents) -> None:
        """The question, the answer, its numbers, and what they are worth."""
        slide = self._slide(TEXT, contents.question, f"{contents.title}. {contents.answer}")
        shown = contents.numbers[:MOST_NUMBERS]
        body = BODY._replace(height=BODY.height - CAVEATS.height - (2.2 if shown else 0))
        body.place(slide.placeholders[1])
        _write(slide.placeholders[1], [[(contents.answer, {})]], fitting([contents.answer], body, ANSWER_PT))
        for place, number in enumerate(shown):
            width = BODY.width / len(shown)
            self._number(slide, number, Area(BODY.left + place * width, BODY.top + body.height, width - 0.2, 2.1))
        _write_terms(slide.shapes.add_textbox(*map(Inches, CAVEATS)), contents.caveats, CAVEATS, LEAST_PT)

    def _number(self, slide: Any, number: Number, box: Area) -> None:
        """A large number with what it is."""
        shape = slide.shapes.add_textbox(*map(Inches, box))
        large = {
            "size": fitting([number.value], box._replace(height=1.3), NUMBER_PT, TITLE_LETTER),
            "bold": True,
            "color": ACCENT,
        }
        small = {"size": fitting([number.meaning], box._replace(height=0.9), TEXT_PT - 2), "color": SOFT}
        _write(shape, [[(number.value, large)], [(number.meaning, small)]])

    def _text(self, title: str, said: Sequence[tuple[str, str]]) -> None:
        """Headings, each with what there is to say; nothing without any."""
        if not said:
            return
        slide = self._slide(TEXT, title, "\n".join(f"{heading}: {text}" for heading, text in said))
        _write_terms(slide.placeholders[1], said, BODY, TEXT_PT)

    def _table(self, table: Table) -> None:
        """A table, on as many slides as it takes."""
        widths = table_widths(table, BODY.width)
        pages = list(_pages(table, widths))
        for number, rows in enumerate(pages, 1):
            more = f" ({number} of {len(pages)})" if len(pages) > 1 else ""
            slide = self._slide(TABLE, f"{table.title}{more}", table.title)
            place = BODY._replace(height=0.4 * (len(rows) + 1))
            frame = slide.shapes.add_table(len(rows) + 1, len(widths), *(Inches(side) for side in place))
            frame.name = table.title
            for column, width in zip(frame.table.columns, widths, strict=True):
                column.width = Inches(width)
            for line, cells in enumerate([table.columns, *rows]):
                for cell, text in zip(frame.table.rows[line].cells, cells, strict=True):
                    _write_cell(cell, str(text), head=line == 0)

    def _figure(self, figure: Figure, box: Area, drawing: Drawing) -> None:
        """A figure with its finding as title, its caption, and its source."""
        beside = box is BESIDE_PICTURE
        notes = f"{figure.caption}\n{figure.subtitle}"
        slide = self._slide(PICTURE, figure.title, notes, BESIDE_TITLE if beside else TITLE)
        picture, caption = slide.placeholders[1], slide.placeholders[2]
        shown = picture.insert_picture(drawing.file())
        shown.crop_left = shown.crop_right = shown.crop_top = shown.crop_bottom = 0  # it has the shape of its place
        box.place(shown)
        shown._element.nvPicPr.cNvPr.set("descr", drawing.alt)
        words = BESIDE_WORDS if beside else WIDE_WORDS
        words.place(caption)
        said = [figure.caption, figure.subtitle]
        if not fits(said, words, LEAST_PT):  # the notes have both
            said.pop()
        _write(caption, [[(text, {})] for text in said], fitting(said, words, TEXT_PT - 4))


def _box(figure: Figure) -> Area:
    """Where a figure stands."""
    return BESIDE_PICTURE if height_of(figure) > TALL else WIDE_PICTURE


def _pixels(figure: Figure, box: Area) -> tuple[int, int]:
    """How large a figure is drawn to fill its place: no flatter than it is, or labels of its rows would meet."""
    each = max(PIXELS, height_of(figure) / box.height)
    return round(box.width * each), round(box.height * each)


def _shape(presentation: Any) -> None:
    """Make the template one of 16:9 with titles at the left, and leave only what is used of it."""
    presentation.slide_width, presentation.slide_height = Inches(SLIDE.width), Inches(SLIDE.height)
    for layout in list(presentation.slide_layouts):
        if layout.name not in (TEXT, PICTURE, TABLE):
            presentation.slide_layouts.remove(layout)
    boxes = {0: TITLE, 1: BODY, 2: WIDE_WORDS, FOOTER: FOOT, NUMBER: PAGE}
    for page in (presentation.slide_master, *presentation.slide_layouts):
        for shape in list(page.placeholders):
            index = shape.placeholder_format.idx
            if index in boxes:
                boxes[index].place(shape)
            elif page is not presentation.slide_master:
                shape._element.getparent().remove(shape._element)  # the date: the footer has it
    _style(presentation.slide_master)


def _style(master: Any) -> None:
    """Titles at the left in a serif, bold; text without bullets."""
    title, body = (master.element.find(f".//{qn(name)}/{qn('a:lvl1pPr')}") for name in ("p:titleStyle", "p:bodyStyle"))
    title.set("algn", "l")
    letters = title.find(qn("a:defRPr"))
    letters.set("b", "1")
    letters.find(qn("a:latin")).set("typeface", "Georgia")
    for bullet in body.findall(qn("a:buChar")):
        bullet.addprevious(body.makeelement(qn("a:buNone"), {}))
        body.remove(bullet)
    body.set("marL", "0")
    body.set("indent", "0")


def _describe(presentation: Any, contents: Contents) -> None:
    """What the file says of itself: with the day of the run, so that the same run gives the same file."""
    about = presentation.core_properties
    about.title, about.subject = contents.title, contents.question
    about.author = about.last_modified_by = PROJECT
    about.created = about.modified = contents.day
    about.revision = 1


def _write(shape: Any, paragraphs: Sequence[Sequence[tuple[str, dict[str, Any]]]], size: int = LEAST_PT) -> None:
    """Write paragraphs of runs, each with its own letters, in place of what a shape says."""
    frame = shape.text_frame
    frame.word_wrap, frame.auto_size, frame.vertical_anchor = True, MSO_AUTO_SIZE.NONE, MSO_ANCHOR.TOP
    for place, runs in zip(count(), paragraphs):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        paragraph.space_before = Pt(0 if place == 0 else size * 0.4)
        for text, how in runs:
            run = paragraph.add_run()
            run.text = text
            run.font.size = Pt(how.get("size", size))
            run.font.color.rgb = how.get("color", INK)
            if "bold" in how:
                run.font.bold = how["bold"]


def _write_terms(shape: Any, said: Sequence[tuple[str, str]], box: Area, most: int) -> None:
    """Write a paragraph for each heading, in letters of at most so many points."""
    paragraphs = [[(f"{heading}. ", {"bold": True}), (text, {})] for heading, text in said]
    _write(shape, paragraphs, fitting([f"{heading}. {text}" for heading, text in said], box, most))


def _write_cell(cell: Any, text: str, *, head: bool) -> None:
    cell.fill.solid()
    cell.fill.fore_color.rgb = ACCENT if head else SHADE
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    run = cell.text_frame.paragraphs[0].add_run()
    run.text = text
    run.font.size, run.font.bold = Pt(LEAST_PT), head
    run.font.color.rgb = WHITE if head else INK


def _pages(table: Table, widths: Sequence[float]) -> Iterator[list[Sequence[Any]]]:
    """The rows by slide: as many as there is room for beside the head, as evenly as that allows."""
    heights = [_row_height(row, widths) for row in table.rows]
    room = BODY.height - _row_height(table.columns, widths)
    slides = max(1, ceil(sum(heights) / (room - max(heights, default=0) / 2)))
    each = ceil(len(heights) / slides)
    for first in range(0, len(heights), each):
        yield list(table.rows[first : first + each])


def _row_height(row: Sequence[Any], widths: Sequence[float]) -> float:
    """Inches that a row is high."""
    most = max(lines(str(text), LEAST_PT, width - 2 * CELL) for text, width in zip(row, widths, strict=True))
    return most * LEAST_PT * LINE / 72 + CELL
