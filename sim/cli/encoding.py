"""Output whose encoding lacks signs, as on Windows in a file or with LC_ALL=POSIX: something like them is written."""

import codecs

LIKE = "sim.like"
"""Name of the handler of encoding errors that does so."""
LOOKALIKES = {
    **dict(zip("▁▂▃▄▅▆▇█", "_.:-=+*#", strict=True)),
    **dict.fromkeys("\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}", "-"),
    **dict.fromkeys("\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}", "'"),
    **dict.fromkeys("\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}", '"'),
    **dict.fromkeys("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}", " "),
    **{"…": "...", "·": "|", "•": "*", "→": "->", "≤": "<=", "≥": ">="},
}
"""Signs in ASCII. Letters that are lacking are written as their numbers instead, such as `\\xfc`: nothing is lost."""


def _like(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters of an encoding error, and where to go on: see `codecs.register_error`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(LOOKALIKES.get(sign) or ascii(sign)[1:-1] for sign in lacking), error.end


codecs.register_error(LIKE, _like)
