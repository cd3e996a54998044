"""The flow of cases through the stages, as a Sankey diagram."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from sim.view.charts.labels import lines
from sim.view.charts.looks import looks
from sim.view.charts.style import INK, blank, pale, styled

OUTSIDE = "#8a8a8a"
"""Colour of where cases come from and end."""


def flow(table: pd.DataFrame, titles: Mapping[str, str], stages: Mapping[str, str]) -> go.Figure:
    """How many cases go from where to where: the wider a band, the more.

    `table`: columns source, target, value, q10, q90 (cases per replication; the bounds of the central 80%), no row of
    which goes from a stage to itself. `titles`: of all places; `stages`: of all stages, which have their colours.
    """
    look = looks(stages)
    places = list(dict.fromkeys([*table["source"], *table["target"]]))
    number = {place: position for position, place in enumerate(places)}
    colours = [look[place].colour if place in look else OUTSIDE for place in places]
    figure = blank(
        go.Sankey(
            arrangement="snap",
            node={
                "label": [lines(titles[place], 17) for place in places],
                "color": colours,
                "line": {"color": INK, "width": 0.5},
                "pad": 30,
                "thickness": 14,
                "hovertemplate": "%{label}: %{value:.1f}<extra></extra>",
            },
            link={
                "source": table["source"].map(number).tolist(),
                "target": table["target"].map(number).tolist(),
                "value": table["value"].round(2).tolist(),
                "color": [pale(colours[number[source]], 0.4) for source in table["source"]],
                "customdata": table[["q10", "q90"]].round(1).to_numpy().tolist(),
                "hovertemplate": "%{source.label} → %{target.label}: %{value:.1f},"
                " 80% between %{customdata[0]:.0f} and %{customdata[1]:.0f}<extra></extra>",
            },
            textfont={"size": 12, "color": INK},
        )
    )
    styled(figure, height=560)
    return figure.update_layout(margin={"l": 10, "r": 10, "t": 10, "b": 16})
