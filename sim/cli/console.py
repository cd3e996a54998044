"""A console that prints text as it is, but for what a terminal would obey. Apart, because rich is slow to load."""

import os
from collections.abc import Iterable
from itertools import accumulate
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Span, Text

from sim.characters import legible
from sim.cli.encoding import LIKE

HEIGHT = 25
"""Lines, for what asks: not what LINES says, which may be no number."""


class LegibleConsole(Console):
    """Brackets are no markup here, words between colons no figures, and numbers are not coloured.

    What a terminal would obey, and what the encoding lacks, is replaced before lines and columns are measured.
    """

    def __init__(self, columns: int, file: IO[str] | None = None) -> None:
        colourless = True if os.environ.get("CLICOLOR") == "0" else None  # None: as NO_COLOR says
        super().__init__(
            file=file, width=columns, height=HEIGHT, markup=False, emoji=False, highlight=False, no_color=colourless
        )

    def render_str(self, text: str, **how: Any) -> Text:
        """A text that is plain, see `rich.console.Console.render_str`."""
        return super().render_str(self._shown(text), **how)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Anything in pieces of a line, see `rich.console.Console.render`."""
        return super().render(self._legible(renderable) if isinstance(renderable, Text) else renderable, options)

    def _shown(self, text: str) -> str:
        return legible(text).encode(self.encoding, LIKE).decode(self.encoding)

    def _legible(self, text: Text) -> Text:
        """The text with its styles where they were."""
        signs = [self._shown(sign) for sign in text.plain]
        places = list(accumulate(map(len, signs), initial=0))
        shown = text.blank_copy("".join(signs))
        shown.spans = [Span(places[span.start], places[span.end], span.style) for span in text.spans]
        return shown
