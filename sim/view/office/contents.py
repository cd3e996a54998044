"""What slides and texts say of a report: the answer, what becomes of each case, five figures, what they rest on."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import pandas as pd

from sim.results.run import Run
from sim.scenario.schema import Scenario
from sim.view import words
from sim.view.answers import Number
from sim.view.figures.figure import Figure
from sim.view.report.content import Report
from sim.view.tables import Table
from sim.view.titles import cases_of

FIGURES = (
    "timelines",
    "differences",
    "probabilities",
    "where-days-go",
    "pending-by-scenario",
    "pending",
    "track-record-forecasts",
    "delay-by-role",
    "durations",
)
"""The figures that tell most, by name, in the order in which they are shown."""
MOST_FIGURES = 5
NARROWEST, WIDEST = 16, 38
"""Letters in a column of a table, by which its width is measured."""
METHOD = ("What was done", "Intervals", "What the model is not")
"""Of what a report says of the method, the terms that readers of slides must know."""


class Contents(NamedTuple):
    """What slides and texts say; pairs are headings with sentences.

    `said`: what there is to say beside the answer. `caveats`: what it is worth, for the first page. `figures`: at most
    `MOST_FIGURES`. `cases`: None without tracked ones. `rests`: what the numbers rest on. `source`: the line at
    the foot. `day`: what the file has as its own, the first simulated, so that the same runs give the same file.
    """

    title: str
    question: str
    answer: str
    numbers: tuple[Number, ...]
    said: list[tuple[str, str]]
    caveats: list[tuple[str, str]]
    figures: list[Figure]
    cases: Table | None
    rests: list[tuple[str, str]]
    cite: list[tuple[str, str]]
    source: str
    day: datetime


def contents(report: Report, run: Run) -> Contents:
    """What slides and texts say of a report, the first run of which is given."""
    brief, scenario = report.brief, run.scenario
    said = [
        ("How cases end", brief.ends),
        ("What happened", brief.happened),
        ("Not compared", brief.not_compared),
    ]
    caveats = [("Track record", brief.fared), ("Assumptions", brief.assumptions)]
    return Contents(
        title=report.title,
        question=brief.question,
        answer=brief.answer,
        numbers=brief.numbers,
        said=[(heading, text) for heading, text in said if text],
        caveats=[(heading, text) for heading, text in caveats if text],
        figures=_chosen([shown.figure for shown in report.figures()]),
        cases=_cases(scenario, brief.cases) if len(brief.cases) else None,
        rests=[term for term in report.method if term[0] in METHOD],
        cite=[("Cite as", report.citation), ("What was run", report.facts)],
        source=report.source,
        day=datetime(scenario.start.year, scenario.start.month, scenario.start.day),
    )


def _chosen(figures: Sequence[Figure]) -> list[Figure]:
    """Those that tell most, each once: of several scenarios the first one's."""
    named: dict[str, Figure] = {}
    for figure in figures:
        named.setdefault(figure.name, figure)
    return [named[name] for name in FIGURES if name in named][:MOST_FIGURES]


def _cases(scenario: Scenario, cases: pd.DataFrame) -> Table:
    """A row for each tracked case: when it is resolved, how, and what happened if anything did."""
    known = cases["happened"].any()
    rows = [
        (
            row["name"],
            words.month(scenario, row["median"]),
            f"{words.month(scenario, row['low'])} to {words.month(scenario, row['high'])}",
            _end(row["ends"]),
            *([row["happened"] or "nothing yet"] if known else []),
        )
        for row in cases.to_dict("records")
    ]
    columns = ("case", "median", "in eight of ten simulations", "most likely end")
    title = f"When each of the {len(rows)} {cases_of(scenario)} is resolved, and how"
    return Table(title, (*columns, *(["what happened"] if known else [])), rows)


def _end(ends: dict[str, float]) -> str:
    """The likeliest way to end, with its probability."""
    title, value = max(ends.items(), key=lambda pair: pair[1])
    return f"{words.share(value)} {title[0].lower()}{title[1:]}"


def table_widths(table: Table, inside: float) -> list[float]:
    """How wide each column is, of so much in all: by the longest of its texts, within limits."""
    cells = [[len(str(text)) for text in column] for column in zip(table.columns, *table.rows, strict=True)]
    weights = [min(max(NARROWEST, *letters), WIDEST) for letters in cells]
    return [inside * weight / sum(weights) for weight in weights]
