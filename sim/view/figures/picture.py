"""A figure with its words and the data behind it: what every place that shows figures is given."""

from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go


class Picture(NamedTuple):
    """A figure as it is presented.

    `name`: its key, in addresses and file names. `title`: the finding in one sentence. `subtitle`: the scenario, its
    replications and what the uncertainty is. `caption`: what is to be seen, in sentences computed from the data; also
    read to those who cannot see the figure. `figure`: without title and subtitle inside where the page has them as
    text. `table`: the tidy data behind it, as it is shown and downloaded.
    """

    name: str
    title: str
    subtitle: str
    caption: str
    figure: go.Figure
    table: pd.DataFrame
