"""Writes the section "Track record" of README.md: how the forecasts in scenarios/forecasts fared.

python docs/track_record.py
"""

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill

import pandas as pd

from sim import TrackRecord, score
from sim.view.titles import SHORT
from sim.view.verdicts import fared
from sim.view.words import share

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
FORECASTS = ROOT / "scenarios" / "forecasts"
HEADING = "## Track record"
INTRODUCTION = (
    "Forecasts are kept in [scenarios/forecasts](scenarios/forecasts) when they are made, and are never changed. `sim score` scores them on"
    " what the record says by now, beside forecasts that need no model ([docs/forecasts.md](docs/forecasts.md))."
)
WIDTH = 140


def section(record: TrackRecord) -> str:
    """The section, from its heading up to the next."""
    head = [
        "forecast of",
        "scored on",
        "milestones",
        "came",
        *(f"CRPS: {n}" for n in SHORT.values()),
        "80% hold",
        "totals inside",
    ]
    lines = [
        HEADING,
        "",
        fill(INTRODUCTION, WIDTH),
        "",
        fill(" ".join(fared(record)), WIDTH, break_on_hyphens=False),
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(row)} |" for row in _rows(record)),
        "",
    ]
    return "\n".join(lines) + "\n"


def _rows(record: TrackRecord) -> Iterator[list[str]]:
    for row in record.by_file.to_dict("records"):
        scored = not pd.isna(row["scored_on"])
        yield [
            f"[{row['made']}](scenarios/forecasts/{row['file']})",
            f"{row['scored_on']}" if scored else "not yet",
            f"{row['forecasts']}" if scored else "",
            f"{row['happened']}" if scored else "",
            *(f"{row[name]:.3f}" if row["forecasts"] else "" for name in SHORT),
            share(row["cover80"]) if row["forecasts"] else "",
            f"{row['inside80']} of {row['totals']}" if row["totals"] else "",
        ]


def written(readme: str, new: str) -> str:
    """The README with the section instead of the one that it has."""
    return re.sub(rf"{HEADING}\n.*?(?=^## )", lambda _: new, readme, count=1, flags=re.DOTALL | re.MULTILINE)


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8"), section(score(FORECASTS))), encoding="utf-8")
