"""Where results that can be drawn find what draws them.

A run, a comparison or a sweep has a method `plot`, as analysts expect, but results know neither figures nor plotly. So
the package that draws is asked for by its name when somebody draws, as pandas does with its plotting backend.
"""

from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

BACKEND = "sim.view.api"
MOST_ROWS = 12
"""Of a table that a notebook shows of a result."""


def views() -> Any:
    """The module that draws: `plot(result, name)`, `names(result)`, `to_html(results, path)`."""
    return import_module(BACKEND)


class Drawable:
    """A result that can be drawn, and shown in a notebook by one line and a short table."""

    def plot(self, name: str | None = None) -> Any:
        """One of the figures named in `plots`, by default the first, as a plotly figure."""
        return views().plot(self, name)

    @property
    def plots(self) -> list[str]:
        """The names of the figures, for `plot`."""
        names: list[str] = views().names(self)
        return names

    def html(self, table: "pd.DataFrame") -> str:
        """What a notebook shows: one line and the beginning of a table."""
        rows = table.head(MOST_ROWS).to_html(index=False, float_format="{:,.4g}".format)
        return f"<p>{escape(repr(self))}</p>{rows}"
