"""What a page that asks nothing of any other place holds: its scripts, plotly's library and figures, packed."""

import json
from base64 import b64encode
from functools import lru_cache
from gzip import compress
from hashlib import sha256
from importlib.resources import files
from typing import Any

from plotly.offline import get_plotlyjs

from sim.view.charts.style import CONFIG
from sim.view.report.chapters import Shown
from sim.view.tables import rows

HERE: dict[str, Any] = {**CONFIG, "modeBarButtonsToRemove": [*CONFIG["modeBarButtonsToRemove"], "toImage"]}
"""Settings of plotly in pages: images are saved by buttons of the page, with the words and the source of the figure."""


def own(*names: str) -> str:
    """The text of files of this package, one after the other."""
    return "\n".join((files("sim.view.report") / name).read_text(encoding="utf-8") for name in names)


def settings() -> str:
    """The settings of plotly in pages, as JSON."""
    return json.dumps(HERE)


def policy(script: str, *, shared: bool = False) -> str:
    """The content security policy: nothing from anywhere; this script and plotly's alone; styles, as plotly sets them.

    `shared`: also scripts and styles of the site that the page belongs to. Links can be followed: that is no request of
    the page.
    """
    scripts = (get_plotlyjs(), script)
    hashes = " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in scripts)
    own = "'self' " if shared else ""
    return (
        f"default-src 'none'; script-src {own}{hashes}; style-src {own}'unsafe-inline'; img-src data: blob:;"
        " base-uri 'none'; form-action 'none'"
    )


def drawing(shown: Shown) -> str:
    """What a page needs to draw a figure, to show and save its table, and to save it as an image, as JSON."""
    one = shown.figure
    figure: dict[str, Any] = json.loads(one.chart.to_json())
    figure["layout"]["height"] = shown.height
    whole = json.loads(one.whole(source=shown.source).to_json())["layout"]
    return json.dumps(
        {
            "figure": figure,
            "whole": {name: whole[name] for name in one.heading()},
            "table": {"columns": [str(name) for name in one.table], "rows": rows(one.table)},
            "words": {
                "title": one.title, "subtitle": one.subtitle, "caption": one.caption, "source": shown.source,
                "stem": shown.stem,
            },
        },
        separators=(",", ":"), ensure_ascii=False, sort_keys=True,  # plotly changes the order when a figure is copied
    )  # fmt: skip


def packed(text: str) -> str:
    """Text as a browser can unpack it; the same text gives the same bytes, as it holds no time of compression."""
    return b64encode(compress(text.encode(), 9, mtime=0)).decode()


@lru_cache(1)
def library() -> str:
    """Plotly's library, packed."""
    return packed(get_plotlyjs())
