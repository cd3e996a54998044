"""Where results that can be drawn find what draws them.

A run, a comparison or a sweep has a method `plot`, as analysts expect, but results know neither figures nor plotly. So
the package that draws is asked for by its name when somebody draws, as pandas does with its plotting backend.
"""

from importlib import import_module
from typing import Any

BACKEND = "sim.view.api"


def views() -> Any:
    """The module that draws: `plot(result, name)`, `names(result)`, `to_html(results, path)`."""
    return import_module(BACKEND)
