"""A figure as notebooks and scripts show it."""

import re
from html import unescape
from typing import Any

import plotly.graph_objects as go
import plotly.io

from sim.view.charts.style import CONFIG

WIDTH = 830
"""Pixels: of a notebook's outputs."""
HOW: dict[str, Any] = {"config": CONFIG, "width": WIDTH, "scale": 2}
"""For plotly's renderers, each of which takes what concerns it: the last two are for those that make images."""
BREAK, TAG = re.compile(r"<br\s*/?>"), re.compile(r"</?(b|span)\b[^<>]*>")


class PlottedFigure(go.Figure):  # type: ignore[misc]  # plotly has no types
    """A figure of plotly that has no button to upload it, and whose images are described by its title.

    Which of plotly's renderers show it is the user's choice, as for all figures of plotly (`PLOTLY_RENDERER`).
    """

    def show(self, *args: Any, **how: Any) -> None:
        """Show it, as plotly does; `how`: what plotly's `show` takes."""
        super().show(*args, **HOW | how)

    def _ipython_display_(self) -> None:
        """What a notebook shows of a cell that ends in it."""
        bundle = self._repr_mimebundle_(**HOW) if plotly.io.renderers.default else {}
        if not bundle:  # in a browser, or not at all
            super()._ipython_display_()
            return
        from IPython.display import display

        words = unescape(TAG.sub("", BREAK.sub(" ", self.layout.title.text or "")))
        images = {kind: {"alt": words, "width": WIDTH} for kind in bundle if kind.startswith("image/")}
        display({"text/plain": words, **bundle}, metadata=images, raw=True)  # type: ignore[no-untyped-call]
