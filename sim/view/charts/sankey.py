"""Flows: how much goes from where to where, as a Sankey diagram."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import hovers, lines
from sim.view.charts.looks import Look
from sim.view.charts.style import INK, blank, pale, plain, styled


def sankey(table: pd.DataFrame, places: Mapping[str, Look]) -> go.Figure:
    """The wider a band, the more takes that way.

    `table`: columns source, target (keys of `places`), value, hover (words); no row goes from a place to itself.
    `places`: their looks, also of those not drawn.
    """
    keys = list(dict.fromkeys([*table["source"], *table["target"]]))
    number = {key: position for position, key in enumerate(keys)}
    node = {
        "label": [lines(places[key].title, 17) for key in keys], "color": [places[key].colour for key in keys],
        "line": {"color": INK, "width": 0.5}, "pad": 30, "thickness": 14,
        "hovertemplate": "%{label}: %{value:.1f}<extra></extra>",
    }  # fmt: skip
    link = {
        "source": table["source"].map(number).tolist(), "target": table["target"].map(number).tolist(),
        "value": plain(table["value"]), "color": [pale(places[source].colour, 0.4) for source in table["source"]],
        "customdata": hovers(table["hover"]), "hovertemplate": "%{customdata}<extra></extra>",
    }  # fmt: skip
    figure = blank(go.Sankey(arrangement="snap", node=node, link=link, textfont={"size": 12, "color": INK}))
    return styled(figure, height=480).update_layout(margin={"l": 10, "r": 10, "t": 10, "b": 16})
