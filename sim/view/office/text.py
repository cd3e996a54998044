"""A text: the answer first, then what becomes of each case, five figures, and what the numbers rest on."""

from collections.abc import Sequence
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from sim.view.colophon import PROJECT
from sim.view.figures.figure import Figure
from sim.view.office.contents import Contents, table_widths
from sim.view.office.drawings import Drawing, draw, height_of
from sim.view.tables import Table

PAGE, MARGIN = (21.0, 29.7), 2.2
"""Centimetres of a page, A4, and of its margins."""
INSIDE = PAGE[0] - 2 * MARGIN
TALLEST = 17.0
"""Centimetres that a figure may be high, so that it stands on one page with its caption."""
PIXELS = 720
"""That a figure is drawn wide: its letters are 9 points high then."""
TEXT_PT, TABLE_PT, NUMBER_PT = 11, 9, 28
INK, SOFT, ACCENT, WHITE = (RGBColor.from_string(colour) for colour in ("1B1F24", "565E68", "0B4F7D", "FFFFFF"))
FONT = "Calibri"


def text(contents: Contents) -> Any:
    """The text, as a document of python-docx."""
    document = Document()
    _style(document)
    _describe(document, contents)
    _footer(document, contents.source)
    document.add_heading(contents.question, 0)
    document.add_paragraph(contents.answer, style="Subtitle")
    for value, meaning in contents.numbers:
        paragraph = document.add_paragraph()
        large = paragraph.add_run(value)
        large.bold, large.font.size, large.font.color.rgb = True, Pt(NUMBER_PT), ACCENT
        paragraph.add_run(f"  {meaning}")
    _terms(document, [*contents.said, *contents.caveats])
    if contents.cases:
        document.add_heading(contents.cases.title, 1)
        _table(document, contents.cases)
    drawings = draw(contents.figures, [_pixels(figure) for figure in contents.figures])
    for number, (figure, drawing) in enumerate(zip(contents.figures, drawings, strict=True), 1):
        _figure(document, number, figure, drawing)
    document.add_heading("What the numbers rest on", 1)
    _terms(document, contents.rests)
    document.add_heading("How to cite", 1)
    _terms(document, contents.cite)
    return document


def _pixels(figure: Figure) -> tuple[int, int]:
    """How large a figure is drawn: a high one wider, so that it takes the whole width of the text."""
    height = height_of(figure)
    return max(PIXELS, round(height * INSIDE / TALLEST)), height


def _style(document: Any) -> None:
    """A4, and letters that can be read on paper."""
    (section,) = document.sections
    section.page_width, section.page_height = (Cm(side) for side in PAGE)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(MARGIN)
    styles = document.styles
    for name, size, colour in (
        ("Normal", TEXT_PT, INK),
        ("Title", 24, INK),
        ("Subtitle", 15, INK),
        ("Heading 1", 15, ACCENT),
        ("Caption", 10, SOFT),
        ("Footer", 8, SOFT),
    ):
        font = styles[name].font
        font.size, font.color.rgb, font.italic, font.name = Pt(size), colour, False, FONT
        fonts = styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        for theme in [key for key in fonts.attrib if "Theme" in key]:  # would take the place of the font that is named
            del fonts.attrib[theme]
    for spacing in styles["Subtitle"].element.rPr.findall(qn("w:spacing")):
        styles["Subtitle"].element.rPr.remove(spacing)
    styles["Caption"].font.bold = False
    styles["Caption"].paragraph_format.keep_together = True


def _describe(document: Any, contents: Contents) -> None:
    """What the file says of itself: with the day of the run, so that the same run gives the same file."""
    about = document.core_properties
    about.title, about.subject, about.comments = contents.title, contents.question, ""
    about.author = about.last_modified_by = PROJECT
    about.revision, about.language = 1, "en"
    about.created = about.modified = contents.day


def _footer(document: Any, words: str) -> None:
    """A line at the foot of each page, with its number."""
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.add_run("Page ")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)
    paragraph.add_run(f" \N{MIDDLE DOT} {words}")


def _terms(document: Any, said: Sequence[tuple[str, str]]) -> None:
    """A paragraph for each term with its explanation."""
    for term, explanation in said:
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{term}. ").bold = True
        paragraph.add_run(explanation)


def _table(document: Any, table: Table) -> None:
    """A table whose head stands on every page that it comes to."""
    widths = table_widths(table, INSIDE)
    made = document.add_table(rows=0, cols=len(table.columns), style="Light List Accent 1")
    made.autofit = False
    for column, width in zip(made.columns, widths, strict=True):
        column.width = Cm(width)
    for line, cells in enumerate([table.columns, *table.rows]):
        row = made.add_row()
        for cell, said, width in zip(row.cells, cells, widths, strict=True):
            cell.width = Cm(width)
            run = cell.paragraphs[0].add_run(str(said))
            run.font.size, run.font.bold = Pt(TABLE_PT), line == 0
            run.font.color.rgb = WHITE if line == 0 else INK
            cell.paragraphs[0].paragraph_format.space_after = Pt(1)
        _whole(row, head=line == 0)
    document.add_paragraph()


def _whole(row: Any, *, head: bool) -> None:
    """Keep a row on one page; the head is repeated."""
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))


def _figure(document: Any, number: int, figure: Figure, drawing: Drawing) -> None:
    """A figure under its finding, over its caption and source."""
    document.add_heading(figure.title, 1)
    paragraph = document.add_paragraph()
    paragraph.alignment, paragraph.paragraph_format.keep_with_next = WD_ALIGN_PARAGRAPH.CENTER, True
    shown = paragraph.add_run().add_picture(drawing.file(), width=Cm(INSIDE))
    shown._inline.docPr.set("descr", drawing.alt)
    caption = document.add_paragraph(style="Caption")
    caption.add_run(f"Figure {number}. ").bold = True
    caption.add_run(f"{figure.caption} {figure.subtitle}.")
