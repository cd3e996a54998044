"""A figure with its words and the data behind it: what every place that shows figures is given."""

import json
from textwrap import wrap
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from sim.view.figures.style import CONFIG, HEIGHT, INK

LINE = 95
"""Characters of a subtitle in one line of a figure that has its words inside."""
TITLE_LINE = 70
"""The same of a title, which is larger."""


class Picture(NamedTuple):
    """A figure as it is presented.

    `name`: its key, in addresses and file names: lower case with hyphens, unique among the pictures of a page.
    `title`: the finding in one sentence, computed from the data. `subtitle`: the scenario, its replications and what
    the uncertainty is. `caption`: what is to be seen, in sentences computed from the data; also read to those who
    cannot see the figure. `figure`: without title and subtitle inside, as pages have them as text. `table`: the tidy
    data behind it, as it is shown and downloaded: dates as dates, titles beside keys, few digits.
    """

    name: str
    title: str
    subtitle: str
    caption: str
    figure: go.Figure
    table: pd.DataFrame

    def whole(self) -> go.Figure:
        """The figure with its title and subtitle inside: for image files and notebooks."""
        title, subtitle = wrap(self.title, TITLE_LINE), wrap(self.subtitle, LINE)
        words = f"<b>{'<br>'.join(title)}</b>"
        small = f"<span style='font-size:13px'>{'<br>'.join(subtitle)}</span>"
        figure = go.Figure(self.figure)
        before = figure.layout.margin.t or 0
        room = 24 + 22 * len(title) + 17 * len(subtitle)
        figure.update_layout(
            title={
                "text": f"{words}<br>{small}",
                "font": {"size": 17, "color": INK},
                **{"xref": "container", "x": 0, "xanchor": "left"},
                **{"yref": "container", "y": 1, "yanchor": "top"},
                "pad": {"l": 12, "t": 12},
            },
            margin={"t": before + room},
            height=(figure.layout.height or HEIGHT) + room,
        )
        return figure

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """How notebooks show it: plotly's own format, with the upload button off, and the caption as text."""
        shown = {**json.loads(self.whole().to_json()), "config": CONFIG}
        return {"application/vnd.plotly.v1+json": shown, "text/plain": f"{self.title}\n{self.caption}"}
