"""Tables in spreadsheets: text is text, numbers are numbers, and everything comes back."""

import csv as csv_files
from base64 import b64decode
from datetime import date
from io import BytesIO, StringIO

import openpyxl
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_cells import FORMULAS, HARMLESS

from sim.view.dashboard.downloads import file_of
from sim.view.figures.figure import Figure
from sim.view.figures.files import made_by, read_figures, write_figures
from sim.view.spreadsheets import csv, csv_download, from_csv
from sim.view.tables import rows

ERRORS = ["#N/A", "#REF!", "#DIV/0!"]


def figure(words):
    """A figure with these words in its first column, in a heading and in its own words."""
    table = pd.DataFrame(
        {
            "words": words,
            words[0]: pd.Categorical(words),
            "value": [-1.5] * len(words),
            "day": pd.to_datetime(["2024-01-02"] * len(words)),
            "or day": pd.Series([date(2024, 1, 2)] * len(words), dtype=object),
        }
    )
    return Figure("odd", words[0], words[-1], words[0], go.Figure(), table)


def saved_csv(words):
    """The cells of the first column of a saved CSV file."""
    text = file_of(figure(words), "csv")["content"]
    assert text.startswith("\ufeff")
    heading, *lines = csv_files.reader(StringIO(text[1:], newline=""))
    assert {line[2] for line in lines} == {"-1.5"}
    assert {line[3] for line in lines} == {"2024-01-02"}
    return heading, [line[0] for line in lines], [line[1] for line in lines]


def test_text_in_csv_is_no_formula():
    """Text that begins like a formula has an apostrophe before it, in headings and cells; nothing else changes."""
    words = [text for text in FORMULAS if text not in ("-",)]
    heading, cells, same = saved_csv([*words, *HARMLESS])
    assert cells == same
    assert heading[1][0] == "'"
    for text in cells[: len(words)]:
        assert text[0] in "'\\"
    assert cells[len(words) :] == HARMLESS


def test_text_in_excel_is_text():
    """No cell of an Excel file is a formula or an error; numbers are numbers, days are days."""
    words = [*FORMULAS, *HARMLESS, *ERRORS]
    book = openpyxl.load_workbook(BytesIO(b64decode(file_of(figure(words), "xlsx")["content"])))
    assert book.sheetnames == ["data", "about"]
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "inlineStr", "n", "d"}  # n: also of empty cells
    first, *lines = book["data"].iter_rows(values_only=True)
    assert first[1] == FORMULAS[0]
    assert [line[0] or "" for line in lines] == [text.replace("\r", r"\r") for text in words]
    assert {line[2] for line in lines} == {-1.5}
    assert book["about"]["A1"].value == FORMULAS[0]


@pytest.mark.parametrize("odd", ["bell \x07", "\x1b[31m", "none \ufffe", "null\x00"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_control_characters_do_no_harm(odd, kind):
    """They are written out."""
    content = file_of(figure([odd, "plain"]), kind)["content"]
    if kind == "csv":
        content.encode()
        assert odd not in content
        assert "plain" in content
    else:
        assert openpyxl.load_workbook(BytesIO(b64decode(content)))["data"]["A3"].value == "plain"


def test_figures_keep_their_words(tmp_path):
    """The data of figures that are written to a folder comes back as it was, whatever it begins with."""
    one = figure([*FORMULAS, *HARMLESS[:-3]])
    write_figures(tmp_path / "figures", "=1", [one], made_by())
    [back] = read_figures(tmp_path / "figures").figures
    texts = [[cell.replace("\r", "\n") if isinstance(cell, str) else cell for cell in row] for row in rows(one.table)]
    shown = [[cell.replace("\r", "\n") if isinstance(cell, str) else cell for cell in row] for row in rows(back.table)]
    assert [[cell or None for cell in row] for row in texts] == shown  # empty text is nothing
    assert list(back.table) == list(one.table)
    written = (tmp_path / "figures" / "001-odd.csv").read_text("utf-8")
    first, *lines = csv_files.reader(StringIO(written, newline=""))
    assert first[1][0] == lines[0][0][0] == "'"


@given(st.lists(st.text("'=+-@ \tax1", min_size=1), min_size=2))
def test_what_is_written_can_be_read(words):
    """Whatever text is written comes back; nothing but numbers begins with a sign."""
    read = pd.read_csv(StringIO(csv(pd.DataFrame({"a": [*words, "x"], "b": ""}))), dtype=str, keep_default_na=False)
    assert from_csv(read)["a"].tolist() == [*words, "x"]
    for text in read["a"]:
        assert text.lstrip()[:1] not in {"=", "@"}


def test_dashes_stay():
    """A dash where there is no number is no formula."""
    assert csv_download(pd.DataFrame({"a": ["-", "+"]})) == "\ufeffa\n-\n+\n"
