"""The first screen of a run on a terminal: the answer, a line for each tracked case, and what else matters."""

from calendar import month_abbr
from collections.abc import Iterator, Mapping
from math import isfinite
from string import ascii_uppercase

import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from sim.dates import date_after
from sim.results.run import Run
from sim.results.summary import IN_PROGRESS, YEARS
from sim.scenario.schema import Scenario
from sim.view.answers import caseload
from sim.view.brief import Brief
from sim.view.figures import listed, staffing
from sim.view.figures.durations import why_so_long
from sim.view.findings import findings
from sim.view.terminal.run import all_tables
from sim.view.terminal.tables import bullets, columns, sections, table
from sim.view.titles import cases_of
from sim.view.words import blocked, listing, month_of, plural, share

INDENT = "  "
"""Before a strand below another one of the same service."""
HAPPENED = "came:"
"""Before what the record says of a case."""
LATER = "later"
STRAND = "(separate grievances in each)"
"""Said below the heading where the cases are called strands, a word that few people know."""


def summary(run: Run, brief: Brief, full: bool = False) -> RenderableType:
    """What `sim run` prints of a finished run; `full`: all of its tables too."""
    parts: list[RenderableType] = [Group(_heading(run), answer(brief))]
    parts += [Text(sentence, style="bold") for sentence in blocked(run)]
    also = bullets(_all_that_is_found(run, brief) if full else _also(run, brief))
    if len(brief.cases):
        also = Group(_cases(run, brief.cases), also)
    parts += (
        [also, all_tables(run), _closing(run, full)] if full and run.has_cases else [Group(also, _closing(run, full))]
    )
    return sections(parts)


def _heading(run: Run) -> Text:
    text = Text(run.scenario.title or run.scenario.name, style="bold")
    return text.append(f" ({plural(run.replications, 'simulation')})", style="not bold dim")


def answer(brief: Brief) -> Text:
    """The question, the answer and its numbers."""
    text = Text(brief.question, style="italic")
    text.append(f"\n{brief.answer}", style="not italic")
    for number in brief.numbers:
        text.append(f"\n{number.value}", style="not italic bold")
        text.append(f" · {number.meaning}", style="not italic")
    return text


def _cases(run: Run, cases: pd.DataFrame) -> RenderableType:
    """How all end, and a line for each tracked case: when it is resolved, and how; what the record says below it."""
    ends = _ends(run, cases)
    rows = cases.assign(
        shown=list(_short_names(run, cases)),
        since=[f"{HAPPENED} {said}" if said else "" for said in cases["happened"]],
        **{time: [_month(run.scenario, days) for days in cases[time]] for time in ("median", "low", "high")},
        **{letter: [row.get(title, 0.0) for row in cases["ends"]] for letter, title in ends.items()},
    )
    within = [years for years in YEARS if cases[f"within_{years}y"].notna().any()]
    shown = columns({"shown": _tracked(run)}) | columns({"median": "median"}, over="resolved")
    shown |= columns({"low": "between", "high": "and"}, over="in 8 of 10")
    shown |= columns({f"within_{years}y": f"{years}y" for years in within}, _percent, over="% within")
    shown |= columns(dict(zip(ends, ends, strict=True)), _percent, over="% end as")
    return Group(Text(_legend(run, rows, ends)), table(rows, shown, below="since"))


def _legend(run: Run, rows: pd.DataFrame, ends: Mapping[str, str]) -> str:
    """How all of them end on average, by the letters of the columns."""
    means = {letter: float(rows[letter].mean()) for letter in ends}
    ways = [f"{letter}: {title[0].lower()}{title[1:]} {share(means[letter])}" for letter, title in ends.items()]
    ways.append(f"{IN_PROGRESS} {share(max(1 - sum(means.values()), 0.0))}")
    return f"On average by {month_of(run.scenario.horizon)}, {listing(ways)}."


def _tracked(run: Run) -> str:
    """What the tracked cases are called that have a line of their own."""
    in_headline = {run.layout.present_stage(case)[0] for case in run.layout.open_cases} <= {*run.layout.headline_stages}
    called = cases_of(run.scenario) if in_headline else "cases"
    return f"{called}\n{STRAND}" if "strand" in called else called


def _ends(run: Run, cases: pd.DataFrame) -> dict[str, str]:
    """The ways to end by the letters that stand for them, in the procedure's order."""
    found = {title for ends in cases["ends"] for title in ends} - {IN_PROGRESS}
    ordered = [title for title in dict.fromkeys(listed.place_titles(run).values()) if title in found]
    others = sorted(found.difference(ordered))
    return dict(zip(ascii_uppercase, [*ordered, *others], strict=False))


def _short_names(run: Run, cases: pd.DataFrame) -> Iterator[str]:
    """The names of cases; of the same service as the line above only the strand."""
    called, before = listed.names(run), ""
    for case in cases["case"]:
        name = called[case]
        again = bool(name.strand) and name.service == before and name.whole.endswith(f": {name.strand}")
        yield f"{INDENT}{name.strand}" if again else name.whole
        before = name.service


def _month(scenario: Scenario, days: float) -> str:
    """A month as short as possible, such as 'Jun 2028'."""
    if not isfinite(days):
        return LATER if days > 0 else "-"
    day = date_after(scenario.start, days)
    return f"{month_abbr[day.month]} {day.year}"


def _percent(value: float) -> str:
    return share(value).removesuffix("%")


def _also(run: Run, brief: Brief) -> Iterator[str]:
    """What else matters, in sentences: the most important first."""
    ends = "" if len(brief.cases) else brief.ends  # of tracked cases it stands below their table
    happened = brief.happened if brief.cases["happened"].any() else ""
    yield from (sentence for sentence in (ends, happened, brief.fared) if sentence)
    if run.has_cases:
        coming, _ = caseload(run)
        if coming != brief.answer:
            yield coming
        waits = staffing.bottleneck(run) if len(staffing.delays(run)) else ""
        if reasons := [f"{said}." for said in (why_so_long(run), waits) if said]:
            yield " ".join(reasons)
    yield brief.assumptions


def _all_that_is_found(run: Run, brief: Brief) -> list[str]:
    found = findings(run) if run.has_cases else []
    worth = (brief.ends, brief.happened, brief.fared, *found, brief.assumptions)
    return [said for said in worth if said]


def _closing(run: Run, full: bool) -> Text:
    """Where the run is, and what more there is to see of it."""
    more = "sim show RUN WORD, sim compare, sim report"
    stored = f"Stored: {run.folder}. " if run.folder else ""
    return Text(f"{stored}More: {'' if full else '--full, '}{more}.", style="dim")
