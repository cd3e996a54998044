"""Figures of the caseload: pending cases by stage, and how they grow old."""

from collections.abc import Mapping
from datetime import date

import pandas as pd
import plotly.graph_objects as go

from sim.view.figures.style import DASHES, PALETTE, band, days, styled


def pending_by_stage(table: pd.DataFrame, start: date, titles: Mapping[str, str]) -> go.Figure:
    """Pending cases by stage over time: means, with the central 80% of the replications as bands.

    `table`: as `sim.indicators.pending` gives it; `titles`: of the stages.
    """
    figure = go.Figure()
    for number, (stage, rows) in enumerate(table.groupby("stage", sort=False)):
        x, colour = days(start, rows["time"].tolist()), PALETTE[number % len(PALETTE)]
        band(figure, x, rows["low"].tolist(), rows["high"].tolist(), colour)
        figure.add_scatter(
            x=x,
            y=rows["mean"].round(2).tolist(),
            name=titles[str(stage)],
            line={"color": colour, "dash": DASHES[number % len(DASHES)]},
            hovertemplate="%{y:.1f}",
        )
    return styled(figure, y="pending cases")


def backlog(table: pd.DataFrame, start: date, titles: Mapping[str, str]) -> go.Figure:
    """All pending cases and those beyond a target's time: means with bands; `table`: of `sim.indicators.backlog`."""
    figure = go.Figure()
    for number, (series, rows) in enumerate(table.groupby("series", sort=False)):
        x, colour = days(start, rows["time"].tolist()), PALETTE[number % len(PALETTE)]
        band(figure, x, rows["low"].tolist(), rows["high"].tolist(), colour)
        figure.add_scatter(
            x=x,
            y=rows["mean"].round(2).tolist(),
            name=titles[str(series)],
            line={"color": colour, "dash": DASHES[number % len(DASHES)]},
            customdata=rows["age"].round(0).tolist(),
            hovertemplate="%{y:.1f}, %{customdata:.0f} days old on average",
        )
    return styled(figure, y="cases")
