"""A figure with its words and the data behind it: what every place that shows figures is given."""

from textwrap import wrap
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import label
from sim.view.charts.style import HEIGHT, INK

WIDTH = 1000
"""Pixels: of figures that have their words inside."""
WIDE, NARROW = 11.0, 7.2
"""Pixels of a character, at most on average: of titles and of subtitles."""
TOP = 24
"""Pixels above the words."""


class Figure(NamedTuple):
    """A figure as it is presented.

    `name`: its key, in addresses and file names: lower case with hyphens, unique among the figures of a page.
    `title`: the finding in one sentence, computed from the data. `subtitle`: the scenario, its replications and what
    the uncertainty is. `caption`: what is to be seen, in sentences computed from the data; also read to those who
    cannot see the figure. `figure`: without title and subtitle inside, as pages have them as text. `table`: the tidy
    data behind it, as it is shown and downloaded: dates as dates, titles beside keys, few digits. `numbers`: what finds
    the scenario's numbers on which it rests (`sim.scenario.parameters.matching`), if they are few.
    """

    name: str
    title: str
    subtitle: str
    caption: str
    chart: go.Figure
    table: pd.DataFrame
    numbers: str = ""

    def whole(self, width: int = WIDTH, source: str = "") -> go.Figure:
        """The figure with its words inside, for so many pixels: for image files and notebooks; see `heading`."""
        return go.Figure(self.chart).update_layout(self.heading(width, source))

    def heading(self, width: int = WIDTH, source: str = "") -> dict[str, Any]:
        """What a figure of so many pixels has in its layout for its words: title, subtitle, and the room for them.

        `source`: the line that says where it comes from, if it leaves the page that says so. It is under the subtitle,
        as how far legends and axes reach down is known to plotly alone.
        """
        title, subtitle, origin = (
            wrap(text, int(width / each))
            for text, each in ((self.title, WIDE), (self.subtitle, NARROW), (source, NARROW))
        )
        small = f"<span style='font-size:13px'>{'<br>'.join(map(label, [*subtitle, *origin]))}</span>"
        layout = self.chart.layout
        room = 30 + 22 * (len(title) + len(subtitle) + len(origin))
        height = (layout.height or HEIGHT) + room
        return {
            "title": {
                "text": f"<b>{'<br>'.join(map(label, title))}</b><br>{small}",
                "font": {"size": 17, "color": INK},
                **{"xref": "container", "x": 0, "xanchor": "left", "pad": {"l": 12}},
                **{"yref": "container", "y": 1 - TOP / height, "yanchor": "top"},
            },
            "margin": {**layout.margin.to_plotly_json(), "t": (layout.margin.t or 0) + room},
            "height": height,
        }


def of_indicator(figure: str, indicator: str) -> str:
    """The name of a figure of which there is one for each indicator."""
    return f"{figure}-{indicator.replace(':', '-').replace('_', '-').lower()}"
