"""A report as one HTML file that asks nothing of any other place."""

import re
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from sim import __version__
from sim.errors import RunFailed, UserError
from sim.files import atomic_write
from sim.view.provenance import LEGEND, NUMBERS
from sim.view.report import embed
from sim.view.report.content import Report
from sim.view.report.glossary import WORDS, Linked, slug
from sim.view.report.packing import drawing, library, own, packed, policy, settings

SUFFIXES = (".html", ".htm")
SCRIPTS = ("draw.js", "layout.js", "save.js", "report.js")
"""Of pages with figures."""
DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
DOT = re.compile(r"(?<=[a-z_])\.(?=[a-z_])")
ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:)\]]")
SETTING = re.compile(r"^(?=\w)", re.MULTILINE)
"""Where a setting of a scenario file begins that is not below another one."""
SITE = re.compile(r"https?://(?:www\.)?([^/]+)")


def html(report: Report, *, shared: str = "", home: str = "") -> str:
    """The page. The same report gives the same text.

    The figures, their tables and plotly's library are packed (gzip in base64), which the page unpacks when it loads.
    `shared`: the address of a script beside the page that gives it the library, as the pages of a site have one in
    common; `home`: the address of the site's first page.
    """
    rules = environment("sim.view.report")
    script = own(*SCRIPTS)
    blocks = list(dict.fromkeys(block for _, yaml in report.scenarios for block in settings_of(yaml)))
    return rules.get_template("page.html.j2").render(
        report=report,
        version=__version__,
        policy=policy(script, shared=bool(shared)),
        style=Markup(own("report.css")),
        script=Markup(script),
        config=settings(),
        plotly="" if shared else library(),
        shared=shared,
        home=home,
        embed=packed(embed.form()),
        packed=packed,
        blocks=blocks,
        blocks_of=lambda yaml: " ".join(str(blocks.index(block)) for block in settings_of(yaml)),
        drawing=drawing,
        known=WORDS,
        headings=NUMBERS,
        legend=LEGEND,
        linked=lambda: Linked([term for term, _ in report.glossary]),
    )


def settings_of(yaml: str) -> list[str]:
    """The settings of a scenario file one after the other: those that scenarios share are on the page once."""
    return [block for block in SETTING.split(yaml) if block]


def environment(*packages: str) -> Environment:
    """The rules by which pages are made of the templates in packages, the first that has one of that name."""
    loader = ChoiceLoader([PackageLoader(package, "") for package in packages])
    rules = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    rules.filters |= {"words": words, "slug": slug}
    return rules


def words(text: str) -> Markup:
    """Text as HTML: addresses are links; days (2024-03-14) are never broken, paths of settings at their dots."""
    written, last = [], 0
    for found in ADDRESS.finditer(text):
        written += [_plain(text[last : found.start()]), link(found[0])]
        last = found.end()
    return Markup("").join([*written, _plain(text[last:])])


def link(address: str) -> Markup:
    """An address as a link that tells its site nothing of this page; shown is the site."""
    site = SITE.match(address)
    shown = site[1] if site else address
    return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(address, shown)


def _plain(text: str) -> Markup:
    whole = DAY.sub(r'<span class="day">\g<0></span>', str(escape(text)))
    return Markup(DOT.sub(r"\g<0><wbr>", whole))


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
