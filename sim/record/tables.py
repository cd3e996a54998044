"""The public record -> tables: proceedings, strands, durations with their censoring, requests, pending, clearance.

Every function takes a record and a day of knowledge, and reads nothing that was not public by the end of that day; the
default is the last day that the record covers. All return tidy pandas tables: days as datetime64, durations in days.
The column `rows` names the rows of the record behind each number as file:line, with ';' between them; `sources` says
what each of those rows rests on. What is pending on the day is right-censored then.
"""

import warnings
from calendar import isleap
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import CensoredData, ecdf

from sim.dates import YEAR_DAYS
from sim.errors import renamed_arguments
from sim.record.model import OUTCOMES, Record, RecordedStrand
from sim.record.spans import (
    FINDINGS,
    OPENED,
    REQUEST,
    STAGES,
    TOTAL,
    Span,
    request_spans,
    row_of,
    rows_of,
    strand_acts,
    strand_spans,
)

Floats = NDArray[np.float64]
Rows = Iterator[dict[str, object]]

LEVELS = (0.8, 0.95)
"""Confidence levels of the bands and intervals."""
BANDS = ("low80", "high80", "low95", "high95")
TYPES = {"text": "str", "day": "datetime64[us]", "whole": "int64", "number": "float64", "yes": "bool"}


class RecordTable(Protocol):
    """A table of a record as it was known on a day; the last day that the record covers if none is given."""

    def __call__(self, record: Record, as_of: date | None = None) -> pd.DataFrame:
        """Make the table."""


TABLES: dict[str, RecordTable] = {}
"""The tables by the names that the command knows."""


def table(columns: str) -> Callable[[Callable[[Record, date], Rows]], RecordTable]:
    """Decorate what yields the rows of a table, from the record as known on a day and that day.

    `columns`: the columns in their order, `name:type` with a key of `TYPES`; text without a type. A table without rows
    has them, too.
    """
    types = {name: TYPES[kind or "text"] for name, _, kind in (column.partition(":") for column in columns.split())}

    def decorate(rows: Callable[[Record, date], Rows]) -> RecordTable:
        def made(record: Record, as_of: date | None = None) -> pd.DataFrame:
            known = record.known_on(as_of or record.last_day)
            return pd.DataFrame(list(rows(known, known.last_day)), columns=list(types)).astype(types)

        made.__name__ = made.__qualname__ = rows.__name__
        made.__doc__ = rows.__doc__
        return TABLES.setdefault(rows.__name__, renamed_arguments(until="as_of")(made))

    return decorate


@table(
    "proceeding platforms provider opened:day requests:whole first_request:day strands:whole resolved:whole"
    " findings:day ended:day days:whole fine_eur:number rows"
)
def proceedings(known: Record, day: date) -> Rows:
    """One row for each formal proceeding, in the order of opening.

    Columns: proceeding, platforms (with ';' between several), provider, opened, requests (sent before the opening and
    tied to it, one for each service), first_request, strands, resolved (strands with an outcome), findings (first
    preliminary findings), ended (day of the last strand's outcome; missing while any is pending), days (from the
    opening to that day or to the day of knowledge), fine_eur, rows.
    """
    openings = sorted((act for act in known.acts if act.event == OPENED), key=lambda act: act.date)
    for name in dict.fromkeys(act.proceeding for act in openings):
        acts = [act for act in known.acts if act.proceeding == name]
        own = [strand for strand in known.strands if strand.proceeding == name]
        opened = min(act.date for act in acts if act.event == OPENED)
        before = [act for act in acts if act.event == REQUEST and act.date < opened]
        milestones = [act for act in acts if act.event in (OPENED, FINDINGS, *OUTCOMES.values(), "fine")]
        outcomes = [strand.outcome_date for strand in own if strand.outcome_date]
        ended = max(outcomes) if len(outcomes) == len(own) else None
        yield {
            "proceeding": name,
            "platforms": ";".join(dict.fromkeys(act.platform for act in acts if act.event == OPENED)),
            "provider": acts[0].provider,
            "opened": opened,
            "requests": len(before),
            "first_request": min((act.date for act in before), default=None),
            "strands": len(own),
            "resolved": len(outcomes),
            "findings": min((act.date for act in acts if act.event == FINDINGS), default=None),
            "ended": ended,
            "days": ((ended or day) - opened).days,
            "fine_eur": sum(strand.fine_eur or 0.0 for strand in own),
            "rows": ";".join(rows_of([*before, *milestones, *own])),
        }


@table(
    "strand platforms topics articles opened:day findings:day outcome ended:day fine_eur:number stage since:day"
    " days_in_stage:number days:whole rows"
)
def strands(known: Record, day: date) -> Rows:
    """One row for each strand, the group of grievances that moves on its own, in the order of the file.

    Columns: strand (proceeding/strand), platforms, topics, articles (each with ';' between several), opened, findings,
    outcome (commitments_binding, non_compliance_decision, closed; empty: pending), ended, fine_eur, stage (the
    milestone that it is at) and since, days_in_stage and days (since the opening), both to the outcome or to the day of
    knowledge; days_in_stage is missing once there is an outcome; rows.
    """
    for strand in known.strands:
        milestones = _milestones(strand)
        stage, since = milestones[-1]
        yield {
            "strand": f"{strand.proceeding}/{strand.strand}",
            "platforms": strand.platform,
            "topics": ";".join(strand.topics),
            "articles": ";".join(strand.articles),
            "opened": strand.opened,
            "findings": strand.preliminary_findings,
            "outcome": stage if strand.outcome else "",
            "ended": strand.outcome_date,
            "fine_eur": strand.fine_eur,
            "stage": stage,
            "since": since,
            "days_in_stage": None if strand.outcome else (day - since).days,
            "days": ((strand.outcome_date or day) - strand.opened).days,
            "rows": _joined([_rows_of_strand(known, strand)]),
        }


def _milestones(strand: RecordedStrand) -> list[tuple[str, date]]:
    """The events that a strand came to, with their days; its stage begins with the last one."""
    outcome = OUTCOMES[strand.outcome] if strand.outcome else ""
    events = [(OPENED, strand.opened), (FINDINGS, strand.preliminary_findings), (outcome, strand.outcome_date)]
    reached = [(event, when) for event, when in events if when]
    if strand.fine_eur and strand.outcome_date:
        reached.insert(-1, ("fine", strand.outcome_date))
    return reached


def _rows_of_strand(known: Record, strand: RecordedStrand) -> tuple[str, ...]:
    acts = [act for event, when in _milestones(strand) for act in strand_acts(known, strand, event, when)]
    return rows_of([*acts, strand])


def _joined(rows: Iterable[Sequence[str]]) -> str:
    """Rows as a cell, each once, in the order of the files."""
    distinct = {row for group in rows for row in group}
    return ";".join(sorted(distinct, key=lambda row: (row.split(":")[0], int(row.split(":")[1]))))


def _joined_cells(cells: Iterable[str]) -> str:
    return _joined(cell.split(";") for cell in cells)


@table("stage case proceeding platforms since:day ended:day outcome days:whole observed:yes rows")
def durations(known: Record, day: date) -> Rows:
    """Days in each stage of each case: one row for each visit, pending ones as far as they have gone.

    Columns: stage (rfi, proceedings_opened, preliminary_findings: from that milestone to the next one; and
    opening_to_outcome, which holds the last two), case, proceeding, platforms, since, ended (missing: pending), outcome
    (the event that ended it), days, observed (whether the end was seen), rows. Requests are counted by service and
    topic from the first on; hardly any is ever publicly closed, so that most stay pending.
    """
    for span in _spans(known):
        yield {
            "stage": span.stage,
            "case": span.case,
            "proceeding": span.proceeding,
            "platforms": span.platform,
            "since": span.since,
            "ended": span.ended,
            "outcome": span.outcome,
            "days": ((span.ended or day) - span.since).days,
            "observed": span.ended is not None,
            "rows": _joined([span.rows]),
        }


def _spans(known: Record) -> list[Span]:
    order = [*STAGES, TOTAL]
    spans = [*request_spans(known), *strand_spans(known)]
    return sorted(spans, key=lambda span: (order.index(span.stage), span.since, span.case))


@table(
    "stage cases:whole proceedings:whole ended:whole pending:whole median:number low80:number high80:number"
    " low95:number high95:number pending_median:number pending_oldest:number oldest rows"
)
def stages(known: Record, day: date) -> Rows:
    """How long each stage takes, by Kaplan-Meier, and how old what is pending in it has become.

    Columns: stage, cases, proceedings (distinct ones among the strands, or that took up the requests), ended, pending,
    median (infinite: fewer than half are estimated to have ended), low80, high80, low95, high95 (the days at which the
    confidence bands of the curve pass one half: Brookmeyer and Crowley 1982), pending_median and pending_oldest (days,
    of the pending ones; missing if there are none), oldest (the case that has been pending longest), rows.
    """
    curves = survival(known, day)
    for stage, visits in durations(known, day).groupby("stage", sort=False):
        curve = curves[curves["stage"] == stage]
        waiting = visits[~visits["observed"]].sort_values("days", ascending=False, kind="stable")
        yield {
            "stage": stage,
            "cases": len(visits),
            "proceedings": visits.loc[visits["proceeding"] != "", "proceeding"].nunique(),
            "ended": int(visits["observed"].sum()),
            "pending": len(waiting),
            "median": _half_time(curve, "survival"),
            **{name: _half_time(curve, name) for name in BANDS},
            "pending_median": waiting["days"].median(),
            "pending_oldest": waiting["days"].max() if len(waiting) else np.nan,
            "oldest": waiting["case"].iloc[0] if len(waiting) else "",
            "rows": _joined_cells(visits["rows"]),
        }


def _half_time(curve: pd.DataFrame, column: str) -> float:
    """The first day on which a curve is at most one half; infinite if it does not come down so far."""
    reached = curve.loc[curve[column] <= 0.5 + 1e-12, "days"]
    return float(reached.iloc[0]) if len(reached) else np.inf


@table(
    "stage days:number at_risk:whole ended:whole survival:number low80:number high80:number low95:number"
    " high95:number rows"
)
def survival(known: Record, day: date) -> Rows:
    """The Kaplan-Meier curve of each stage: the share still in it after so many days, at each step and each censoring.

    Columns: stage, days, at_risk (visits observed at least so long), ended (of them, on that day), survival (after it),
    low80, high80, low95, high95 (pointwise confidence bands, Greenwood's variance on the log-log scale; missing before
    the first end and if all end at once; where the curve has come down to 0 they are 0 and the last upper one), rows
    (of the visits that ended or were censored at that step). The bands take visits as independent; strands of one
    proceeding and proceedings opened together are not, so that the truth is wider.
    """
    for stage, visits in durations(known, day).groupby("stage", sort=False):
        days, observed = visits["days"].to_numpy(dtype=float), visits["observed"].to_numpy(dtype=bool)
        estimate = ecdf(CensoredData(uncensored=days[observed], right=days[~observed])).sf
        bands = _bands(estimate)
        for number, (time, share) in enumerate(zip(estimate.quantiles, estimate.probabilities, strict=True)):
            yield {
                "stage": stage,
                "days": time,
                "at_risk": (days >= time).sum(),
                "ended": (days[observed] == time).sum(),
                "survival": share,
                **{name: band[number] for name, band in bands.items()},
                "rows": _joined_cells(visits["rows"][days == time]),
            }


def _bands(estimate: Any) -> dict[str, Floats]:
    share, bands = np.asarray(estimate.probabilities, dtype=float), {}
    for level in LEVELS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # it is undefined where the share is 1 or 0
            band = estimate.confidence_interval(level, method="log-log")
        low, high = (np.asarray(side.probabilities, dtype=float) for side in (band.low, band.high))
        down = (share <= 0.0) & np.isfinite(high).any()
        bands[f"low{level * 100:.0f}"] = np.where(down, 0.0, low)
        bands[f"high{level * 100:.0f}"] = np.where(down, np.nanmin(high, initial=1.0), high)
    return bands


@table("month:day services:whole letters:whole rows")
def requests(known: Record, day: date) -> Rows:
    """Requests for information by month, from the record's first act on, months without any as well.

    Columns: month (its first day), services (asked, each once a day), letters (one for each company and day: a letter
    to Meta about Facebook and Instagram is one), rows. Requests need not be published: these are a lower bound.
    """
    for month in _months(known, day):
        acts = [act for act in known.acts if act.event == REQUEST and act.date.replace(day=1) == month]
        services, letters = ({(getattr(act, who), act.date) for act in acts} for who in ("platform", "provider"))
        yield {"month": month, "services": len(services), "letters": len(letters), "rows": ";".join(rows_of(acts))}


def _months(known: Record, day: date) -> list[date]:
    """The first days of the months from the first act to a day."""
    if not known.acts:
        return []
    first = min(act.date for act in known.acts)
    numbers = range(first.year * 12 + first.month - 1, day.year * 12 + day.month)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


@table("day:day stage cases:whole rows")
def pending(known: Record, day: date) -> Rows:
    """How many cases were pending in each stage at the end of each month, and of the last day.

    Columns: day, stage (rfi, proceedings_opened, preliminary_findings), cases, rows. Requests count once for each
    service and topic, strands once each; a decision, commitments or closure end the wait, and so does the opening for
    the requests that led to it. The same numbers as `sim.record.model.in_progress` gives for that day.
    """
    spans = _spans(known)
    for end in [*(month - timedelta(days=1) for month in _months(known, day)[1:]), day]:
        for stage in STAGES:
            waiting = [span for span in spans if span.stage == stage and span.pending_on(end)]
            rows = _joined(span.rows for span in waiting)
            yield {"day": end, "stage": stage, "cases": len({span.case for span in waiting}), "rows": rows}


@table(
    "unit period first_day:day last_day:day incoming:whole resolved:whole pending:whole clearance_rate:number"
    " disposition_time:number rows"
)
def clearance(known: Record, day: date) -> Rows:
    """What came in, was resolved and stayed pending, each year and in total: CEPEJ's indicators.

    Columns: unit (request, strand, proceeding), period (a year, or 'total'), first_day (the first case's in the first
    year) and last_day, incoming, resolved, pending (at the end of the last day), clearance_rate (resolved over
    incoming; missing if none came in), disposition_time (days: 365 times pending over resolved per year, infinite if
    none was resolved), rows. A request is resolved by the opening of proceedings or its closing, a strand by a
    decision, commitments or closure, a proceeding with the last of its strands.
    """
    spans = _spans(known)
    whole = [span for span in spans if span.stage == TOTAL]
    units = {
        "request": [span for span in spans if span.stage == REQUEST],
        "strand": whole,
        "proceeding": _whole_proceedings(whole),
    }
    for unit, cases in units.items():
        if not cases:
            continue
        first = min(span.since for span in cases)
        for start in [first, *(date(year, 1, 1) for year in range(first.year + 1, day.year + 1))]:
            yield {"unit": unit, "period": str(start.year), **_flow(cases, start, min(date(start.year, 12, 31), day))}
        yield {"unit": unit, "period": "total", **_flow(cases, first, day)}


def _whole_proceedings(whole: list[Span]) -> list[Span]:
    """One span for each proceeding: from its first opening to the outcome of its last strand."""
    proceedings = []
    for name, group in groupby(sorted(whole, key=lambda span: span.proceeding), key=lambda span: span.proceeding):
        spans = list(group)
        ends = [span.ended for span in spans if span.ended]
        last = max(ends) if len(ends) == len(spans) else None
        since = min(span.since for span in spans)
        rows = tuple(row for span in spans for row in span.rows)
        proceedings.append(Span(TOTAL, name, name, "", since, last, "", rows))
    return proceedings


def _flow(cases: list[Span], start: date, end: date) -> dict[str, object]:
    """The flow from one day to another, both included."""
    incoming = sum(start <= span.since <= end for span in cases)
    resolved = sum(span.ended is not None and start <= span.ended <= end for span in cases)
    waiting = sum(span.pending_on(end) for span in cases)
    concerned = [span for span in cases if span.since <= end and (span.ended is None or span.ended >= start)]
    return {
        "first_day": start,
        "last_day": end,
        "incoming": incoming,
        "resolved": resolved,
        "pending": waiting,
        "clearance_rate": resolved / incoming if incoming else np.nan,
        "disposition_time": YEAR_DAYS * waiting / (resolved / _years(start, end)) if resolved else np.inf,
        "rows": _joined(span.rows for span in concerned),
    }


def _years(start: date, end: date) -> float:
    """Years from one day to another, both included: a calendar year is one, leap or not."""
    years = range(start.year, end.year + 1)
    inside = (min(end, date(year, 12, 31)) - max(start, date(year, 1, 1)) for year in years)
    return sum((days.days + 1) / (366 if isleap(year) else 365) for year, days in zip(years, inside, strict=True))


@table("row day:day platforms event topic confidence source")
def sources(known: Record, day: date) -> Rows:
    """What each row behind the other tables rests on.

    Columns: row (file:line), day, platforms, event (`strand` for a row of strands.csv, which groups acts and has its
    days from them), topic, confidence, source (an address, or words; of a strand, the rows of its acts).
    """
    for act in known.acts:
        yield {
            "row": row_of(act),
            "day": act.date,
            "platforms": act.platform,
            "event": act.event,
            "topic": act.topic,
            "confidence": act.confidence,
            "source": act.source,
        }
    for strand in known.strands:
        rows = _rows_of_strand(known, strand)
        yield {
            "row": row_of(strand),
            "day": strand.opened,
            "platforms": strand.platform,
            "event": "strand",
            "topic": ";".join(strand.topics),
            "confidence": "",
            "source": _joined([[row for row in rows if row != row_of(strand)]]),
        }
