"""One figure as a page of its own, to be put into other pages: `<iframe src="FILE.html">`.

The browser makes the same file of a figure of a report, from the same form: see save.js.
"""

import re
from collections.abc import Sequence

from markupsafe import escape

from sim.errors import UserError, suggestion
from sim.view.report.chapters import Shown
from sim.view.report.packing import drawing, library, own, packed, policy, settings

SLOT = re.compile(r"@(\w+)@")


def form() -> str:
    """The page without its figure: with slots, such as @title@, for its words, itself and plotly's library."""
    script = own("draw.js", "layout.js", "embed.js")
    filled = {"policy": policy(script), "config": escape(settings()), "script": script, "style": own("embed.css")}
    return SLOT.sub(lambda slot: filled.get(slot[1], slot[0]), own("embed.html"))


def html(shown: Shown) -> str:
    """The page of one figure."""
    one = shown.figure
    words = {"title": one.title, "subtitle": one.subtitle, "caption": one.caption, "source": shown.source}
    filled = {name: str(escape(text)) for name, text in words.items()}
    filled |= {"plotly": library(), "figure": packed(drawing(shown))}
    return SLOT.sub(lambda slot: filled[slot[1]], form())


def find(name: str, figures: Sequence[Shown]) -> Shown:
    """The figure of a name: its key in addresses of the report, or the first whose own name it is.

    Raises UserError if there is none.
    """
    keys: dict[str, Shown] = {shown.figure.name: shown for shown in reversed(figures)} | {
        shown.key: shown for shown in figures
    }
    if name in keys:
        return keys[name]
    known = list(dict.fromkeys(shown.figure.name for shown in figures))
    raise UserError(f"--embed {name}: there is no such figure{suggestion(name, known, len(known))}")
