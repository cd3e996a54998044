"""Executed notebooks as pages: nothing in them runs, and nothing is fetched."""

import re
from base64 import b64encode
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from sim.errors import Problem, UserError

MISSING = "notebooks are left out: their pages need nbconvert, pip install 'dsa-enforcement-sim[notebooks]'"
RUNS = ("application/javascript", "application/vnd.jupyter.widget-view+json", "text/latex")
"""What needs a script of another place to show."""
LINK = re.compile(r'<a href="(?![a-z]+:|#)([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)
PICTURES = ("image/svg+xml", "image/png", "image/jpeg")
UNDESCRIBED = re.compile(r'alt="No description has been provided for this image"([^>]*base64,([^"]+)")')
"""How nbconvert shows a picture that has no words of its own."""
WIDE = '<div class="output_html '
"""How an output begins that may be wider than the page, such as a table: keys must reach it to scroll it."""
ANCHOR = re.compile(r'<a class="anchor-link"[^>]*>.*?</a>')


class Notebook(NamedTuple):
    """A notebook: its name, its title, and what it holds as HTML."""

    name: str
    title: str
    body: Markup


def can_convert() -> bool:
    """Whether notebooks can be made pages here."""
    return find_spec("nbconvert") is not None


def paths_in(folder: Path) -> list[Path]:
    """The notebooks in a folder. Raises UserError if there is none."""
    found = sorted(folder.glob("*.ipynb"))
    if not found:
        raise UserError(Problem(str(folder), message="holds no notebook (no .ipynb)"))
    return found


def read(folder: Path) -> list[Notebook]:
    """The notebooks in a folder as pages. Raises UserError for one that cannot be read."""
    paths = paths_in(folder)
    names = {path.name: f"{path.stem}.html" for path in paths}
    return [_read(path, names) for path in paths]


def _read(path: Path, names: Mapping[str, str]) -> Notebook:
    import nbformat
    from nbconvert import HTMLExporter

    try:
        book = nbformat.read(path, as_version=4)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        reason = " ".join(str(error).split())[:100]
        raise UserError(Problem(str(path), message=f"is no notebook that can be read: {reason}")) from None
    described: dict[str, str] = {}
    for cell in book.cells:
        for output in cell.get("outputs", ()):
            _still(output.get("data", {}))
            described |= _described(output.get("data", {}))
    exporter = HTMLExporter(template_name="basic")
    exporter.log.setLevel("ERROR")  # it warns of pictures without words, which get theirs below
    body, _ = exporter.from_notebook_node(book)
    title = next((line[2:].strip() for line in _lines(book) if line.startswith("# ")), path.stem)
    whole = LINK.sub(lambda link: _link(link, names), ANCHOR.sub("", body))
    whole = UNDESCRIBED.sub(lambda it: f'alt="{escape(described.get(it[2].strip(), ""))}"{it[1]}', whole)
    whole = whole.replace(WIDE, f'<div tabindex="0" role="region" aria-label="Output" {WIDE[5:]}')
    return Notebook(path.stem, title, Markup(whole))


def _lines(book: Any) -> list[str]:
    return [line for cell in book.cells if cell.cell_type == "markdown" for line in cell.source.splitlines()]


def _still(data: dict[str, str]) -> None:
    """Leave of an output what shows without a script."""
    for kind in RUNS:
        data.pop(kind, None)
    if "<script" in data.get("text/html", ""):
        del data["text/html"]


def _described(data: dict[str, str]) -> dict[str, str]:
    """The words of an output for those who cannot see its picture, by the picture as it stands in a page."""
    words = " ".join(data.get("text/plain", "").split())
    shown = ((kind, data[kind]) for kind in PICTURES if kind in data)
    packed = (b64encode(text.encode()).decode() if kind.endswith("xml") else text.strip() for kind, text in shown)
    return dict.fromkeys(packed, words)


def _link(link: re.Match[str], names: Mapping[str, str]) -> str:
    """A link to another notebook leads to its page; what is not in the site is no link."""
    name, _, place = link[1].partition("#")
    if name not in names:
        return link[3]
    return f'<a href="{names[name]}{"#" + place if place else ""}"{link[2]}>{link[3]}</a>'
