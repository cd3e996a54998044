"""A report as one HTML file that asks nothing of any other place."""

import json
import re
from base64 import b64encode
from functools import lru_cache
from gzip import compress
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from sim import __version__
from sim.errors import RunFailed, UserError
from sim.files import atomic_write
from sim.view.charts.style import CONFIG
from sim.view.report.chapters import Shown
from sim.view.report.content import Report
from sim.view.tables import rows

SUFFIXES = (".html", ".htm")
DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
DOT = re.compile(r"(?<=[a-z_])\.(?=[a-z_])")


def html(report: Report) -> str:
    """The page. The same report gives the same text.

    The figures, their tables and plotly's library are packed (gzip in base64), which the page unpacks when it loads.
    """
    rules = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    rules.filters["words"] = words
    library, script = get_plotlyjs(), _own("report.js")
    return rules.from_string(_own("page.html.j2")).render(
        report=report,
        version=__version__,
        policy=policy(library, script),
        style=Markup(_own("report.css")),
        script=Markup(script),
        config=json.dumps(CONFIG),
        plotly=_packed_once(library),
        packed=packed,
        drawing=drawing,
    )


def _own(name: str) -> str:
    return (files("sim.view.report") / name).read_text(encoding="utf-8")


def policy(*scripts: str) -> str:
    """The content security policy: nothing from anywhere; these scripts alone; styles, as plotly sets them."""
    hashes = " ".join(f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:;"
        " base-uri 'none'; form-action 'none'"
    )


def words(text: str) -> Markup:
    """Text as HTML that is broken into lines where people would: days (2024-03-14) never, paths of settings at dots."""
    whole = DAY.sub(r'<span class="day">\g<0></span>', str(escape(text)))
    return Markup(DOT.sub(r"\g<0><wbr>", whole))


def drawing(shown: Shown) -> str:
    """What the page needs to draw a figure and to show its table, as JSON."""
    figure: dict[str, Any] = json.loads(shown.figure.chart.to_json())
    figure["layout"]["height"] = shown.height
    table = {"columns": [str(name) for name in shown.figure.table], "rows": rows(shown.figure.table)}
    return json.dumps({"figure": figure, "table": table}, separators=(",", ":"), ensure_ascii=False)


def packed(text: str) -> str:
    """Text as a browser can unpack it; the same text gives the same bytes, as it holds no time of compression."""
    return b64encode(compress(text.encode(), 9, mtime=0)).decode()


_packed_once = lru_cache(1)(packed)


def check_page_path(path: Path) -> None:
    """Raise UserError if a page cannot be written there: before the work, not after it."""
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a file, such as {path / 'report.html'}")
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path}: a report is a page; name it .html, such as {path.with_suffix('.html')}")
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent}; make it first")


def write(text: str, path: Path) -> None:
    """Write a page, whole or not at all; an older one is replaced.

    Raises UserError for a bad path, RunFailed where the page cannot be written.
    """
    check_page_path(path)
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RunFailed(f"{path}: cannot be written: {error.strerror or error}") from None
