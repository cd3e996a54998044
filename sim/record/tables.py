"""The public record -> tables: proceedings, strands, durations with their censoring, requests, pending, clearance.

Every function takes a record and a day, and reads nothing that was not public by the end of that day; the default is
the last day that the record covers. All return tidy pandas tables: days as datetime64, durations in days. The column
`rows` names the rows of the record behind each number as file:line, with ';' between them; `sources` says what each of
those rows rests on. What is pending on the day is right-censored then.
"""

import warnings
from calendar import isleap
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import CensoredData, ecdf

from sim.dates import YEAR_DAYS
from sim.record.model import OUTCOMES, Record, Strand
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

LEVELS = (0.8, 0.95)
"""Confidence levels of the bands and intervals."""
BANDS = ("low80", "high80", "low95", "high95")


def _known(record: Record, until: date | None) -> tuple[Record, date]:
    """The record as known on a day, and that day: never later than the last that the record covers."""
    known = record.known_on(until or record.last_day)
    return known, known.last_day


def _frame(rows: Iterable[dict[str, object]], columns: dict[str, str]) -> pd.DataFrame:
    """A table with these columns and types, also if it has no rows."""
    return pd.DataFrame(list(rows), columns=list(columns)).astype(columns)


DAY, TEXT, WHOLE, NUMBER = "datetime64[us]", "str", "int64", "float64"


def proceedings(record: Record, until: date | None = None) -> pd.DataFrame:
    """One row for each formal proceeding, in the order of opening.

    Columns: proceeding, platforms (with ';' between several), provider, opened, requests (sent before the opening and
    tied to it, one for each service), first_request, strands, resolved (strands with an outcome), findings (first
    preliminary findings), ended (day of the last strand's outcome; missing while any is pending), days (from the
    opening to that day or to `until`), fine_eur, rows.
    """
    known, day = _known(record, until)
    return _frame(
        (_proceeding(known, name, [s for s in known.strands if s.proceeding == name], day) for name in _opened(known)),
        {
            **dict.fromkeys(("proceeding", "platforms", "provider"), TEXT), "opened": DAY, "requests": WHOLE,
            "first_request": DAY, "strands": WHOLE, "resolved": WHOLE, "findings": DAY, "ended": DAY, "days": WHOLE,
            "fine_eur": NUMBER, "rows": TEXT,
        },
    )  # fmt: skip


def _opened(known: Record) -> list[str]:
    openings = sorted((act for act in known.acts if act.event == OPENED), key=lambda act: act.date)
    return list(dict.fromkeys(act.proceeding for act in openings))


def _proceeding(known: Record, name: str, strands: list[Strand], day: date) -> dict[str, object]:
    acts = [act for act in known.acts if act.proceeding == name]
    opened = min(act.date for act in acts if act.event == OPENED)
    requests = [act for act in acts if act.event == REQUEST and act.date < opened]
    milestones = [act for act in acts if act.event in (OPENED, FINDINGS, *OUTCOMES.values(), "fine")]
    outcomes = [strand.outcome_date for strand in strands if strand.outcome_date]
    ended = max(outcomes) if len(outcomes) == len(strands) else None
    return {
        "proceeding": name,
        "platforms": ";".join(dict.fromkeys(act.platform for act in acts if act.event == OPENED)),
        "provider": acts[0].provider,
        "opened": opened,
        "requests": len(requests),
        "first_request": min((act.date for act in requests), default=None),
        "strands": len(strands),
        "resolved": len(outcomes),
        "findings": min((act.date for act in acts if act.event == FINDINGS), default=None),
        "ended": ended,
        "days": ((ended or day) - opened).days,
        "fine_eur": sum(strand.fine_eur or 0.0 for strand in strands),
        "rows": ";".join(rows_of([*requests, *milestones, *strands])),
    }


def strands(record: Record, until: date | None = None) -> pd.DataFrame:
    """One row for each strand, the group of grievances that moves on its own, in the order of the file.

    Columns: strand (proceeding/strand), platforms, topics, articles (each with ';' between several), opened, findings,
    outcome (commitments_binding, non_compliance_decision, closed; empty: pending), ended, fine_eur, stage (the
    milestone that it is at) and since, days_in_stage and days (since the opening), both to the outcome or to `until`;
    days_in_stage is missing once there is an outcome; rows.
    """
    known, day = _known(record, until)
    return _frame(
        (_strand(known, strand, day) for strand in known.strands),
        {
            **dict.fromkeys(("strand", "platforms", "topics", "articles"), TEXT), "opened": DAY, "findings": DAY,
            "outcome": TEXT, "ended": DAY, "fine_eur": NUMBER, "stage": TEXT, "since": DAY, "days_in_stage": NUMBER,
            "days": WHOLE, "rows": TEXT,
        },
    )  # fmt: skip


def _strand(known: Record, strand: Strand, day: date) -> dict[str, object]:
    outcome = OUTCOMES[strand.outcome] if strand.outcome else ""
    reached = [(OPENED, strand.opened), (FINDINGS, strand.preliminary_findings), (outcome, strand.outcome_date)]
    milestones = [(event, when) for event, when in reached if when]
    if strand.fine_eur and strand.outcome_date:
        milestones.insert(-1, ("fine", strand.outcome_date))
    stage, since = milestones[-1]
    return {
        "strand": f"{strand.proceeding}/{strand.strand}",
        "platforms": strand.platform,
        "topics": ";".join(strand.topics),
        "articles": ";".join(strand.articles),
        "opened": strand.opened,
        "findings": strand.preliminary_findings,
        "outcome": outcome,
        "ended": strand.outcome_date,
        "fine_eur": strand.fine_eur,
        "stage": stage,
        "since": since,
        "days_in_stage": None if outcome else (day - since).days,
        "days": ((strand.outcome_date or day) - strand.opened).days,
        "rows": _joined([rows_of([*(a for m in milestones for a in strand_acts(known, strand, *m)), strand])]),
    }


def durations(record: Record, until: date | None = None) -> pd.DataFrame:
    """Days in each stage of each case: one row for each visit, pending ones as far as they have gone.

    Columns: stage (rfi, proceedings_opened, preliminary_findings: from that milestone to the next one; and
    opening_to_outcome, which holds the last two), case, proceeding, platforms, since, ended (missing: pending), outcome
    (the event that ended it), days, observed (whether the end was seen), rows. Requests are counted by service and
    topic from the first on; hardly any is ever said to be closed, so that most stay pending.
    """
    known, day = _known(record, until)
    columns = {
        **dict.fromkeys(("stage", "case", "proceeding", "platforms"), TEXT), "since": DAY, "ended": DAY,
        "outcome": TEXT, "days": WHOLE, "observed": "bool", "rows": TEXT,
    }  # fmt: skip
    return _frame(
        (
            {
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
            for span in _spans(known)
        ),
        columns,
    )


def _spans(known: Record) -> list[Span]:
    order = [*STAGES, TOTAL]
    spans = [*request_spans(known), *strand_spans(known)]
    return sorted(spans, key=lambda span: (order.index(span.stage), span.since, span.case))


def _joined(rows: Iterable[Sequence[str]]) -> str:
    """Rows as a cell, each once, in the order of the files."""
    distinct = {row for group in rows for row in group}
    return ";".join(sorted(distinct, key=lambda row: (row.split(":")[0], int(row.split(":")[1]))))


def _joined_cells(cells: Iterable[str]) -> str:
    return _joined(cell.split(";") for cell in cells)


def survival(record: Record, until: date | None = None) -> pd.DataFrame:
    """The Kaplan-Meier curve of each stage: the share still in it after so many days, at each step and each censoring.

    Columns: stage, days, at_risk (visits observed at least so long), ended (of them, on that day), survival (after it),
    low80, high80, low95, high95 (pointwise confidence bands, Greenwood's variance on the log-log scale; missing before
    the first end and if all end at once; where the curve has come down to 0 they are 0 and the last upper one), rows
    (of the visits that ended or were censored at that step). The bands take visits as independent; strands of one
    proceeding and proceedings opened together are not, so that the truth is wider.
    """
    parts = [_curve(str(stage), visits) for stage, visits in durations(record, until).groupby("stage", sort=False)]
    columns = {"stage": TEXT, "days": NUMBER, "at_risk": WHOLE, "ended": WHOLE}
    columns |= {**dict.fromkeys(("survival", *BANDS), NUMBER), "rows": TEXT}
    return pd.concat(parts, ignore_index=True) if parts else _frame([], columns)


def _curve(stage: str, visits: pd.DataFrame) -> pd.DataFrame:
    days, observed = visits["days"].to_numpy(dtype=float), visits["observed"].to_numpy(dtype=bool)
    estimate = ecdf(CensoredData(uncensored=days[observed], right=days[~observed])).sf
    times, share = np.asarray(estimate.quantiles, dtype=float), np.asarray(estimate.probabilities, dtype=float)
    curve: dict[str, object] = {
        "stage": stage,
        "days": times,
        "at_risk": [int((days >= time).sum()) for time in times],
        "ended": [int((days[observed] == time).sum()) for time in times],
        "survival": share,
    }
    for level in LEVELS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # it is undefined where the share is 1 or 0
            band: Any = estimate.confidence_interval(level, method="log-log")
        low, high = (np.asarray(side.probabilities, dtype=float) for side in (band.low, band.high))
        gone = (share <= 0.0) & np.isfinite(high).any()
        curve[f"low{level * 100:.0f}"] = np.where(gone, 0.0, low)
        curve[f"high{level * 100:.0f}"] = np.where(gone, np.nanmin(high, initial=1.0), high)
    curve["rows"] = [_joined_cells(visits["rows"][days == time]) for time in times]
    return pd.DataFrame(curve)


def stages(record: Record, until: date | None = None) -> pd.DataFrame:
    """How long each stage takes, by Kaplan-Meier, and how old what is pending in it has become.

    Columns: stage, cases, proceedings (distinct ones among the strands, or that took up the requests), ended, pending,
    median (infinite: fewer than half are estimated to have ended), low80, high80, low95, high95 (the days at which the
    confidence bands of the curve pass one half: Brookmeyer and Crowley 1982), pending_median and pending_oldest (days,
    of the pending ones; missing if there are none), oldest (the case that has been pending longest), rows.
    """
    visits, curves = durations(record, until), survival(record, until)
    columns = {"stage": TEXT, "cases": WHOLE, "proceedings": WHOLE, "ended": WHOLE, "pending": WHOLE}
    columns |= dict.fromkeys(("median", *BANDS, "pending_median", "pending_oldest"), NUMBER)
    found = [
        _stage(stage, group, curves[curves["stage"] == stage]) for stage, group in visits.groupby("stage", sort=False)
    ]
    return _frame(found, {**columns, "oldest": TEXT, "rows": TEXT})


def _stage(stage: Hashable, visits: pd.DataFrame, curve: pd.DataFrame) -> dict[str, object]:
    waiting = visits[~visits["observed"]].sort_values("days", ascending=False, kind="stable")
    return {
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


def requests(record: Record, until: date | None = None) -> pd.DataFrame:
    """Requests for information by month, from the record's first act on, months without any as well.

    Columns: month (its first day), services (asked, each once a day), letters (one for each company and day: a letter
    to Meta about Facebook and Instagram is one), rows. Requests need not be published: these are the least there were.
    """
    known, day = _known(record, until)
    acts = [act for act in known.acts if act.event == REQUEST]
    found = []
    for month in _months(known, day):
        here = [act for act in acts if act.date.replace(day=1) == month]
        services, letters = ({(getattr(a, who), a.date) for a in here} for who in ("platform", "provider"))
        found.append(
            {"month": month, "services": len(services), "letters": len(letters), "rows": ";".join(rows_of(here))}
        )
    return _frame(found, {"month": DAY, "services": WHOLE, "letters": WHOLE, "rows": TEXT})


def _months(known: Record, day: date) -> list[date]:
    """The first days of the months from the first act to a day."""
    if not known.acts:
        return []
    first = min(act.date for act in known.acts)
    numbers = range(first.year * 12 + first.month - 1, day.year * 12 + day.month)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def pending(record: Record, until: date | None = None) -> pd.DataFrame:
    """How many cases were pending in each stage at the end of each month, and of the last day.

    Columns: day, stage (rfi, proceedings_opened, preliminary_findings), cases, rows. Requests count once for each
    service and topic, strands once each; a decision, commitments or closure end the wait, and so does the opening for
    the requests that led to it. The same numbers as `sim.record.model.in_flight` gives for that day.
    """
    known, day = _known(record, until)
    spans, found = _spans(known), []
    for end in [*(month - timedelta(days=1) for month in _months(known, day)[1:]), day]:
        for stage in STAGES:
            here = [span for span in spans if span.stage == stage and span.pending_on(end)]
            cases = len({span.case for span in here})
            found.append({"day": end, "stage": stage, "cases": cases, "rows": _joined(span.rows for span in here)})
    return _frame(found, {"day": DAY, "stage": TEXT, "cases": WHOLE, "rows": TEXT})


def clearance(record: Record, until: date | None = None) -> pd.DataFrame:
    """What came in, was resolved and stayed pending, each year and in total: CEPEJ's indicators.

    Columns: unit (request, strand, proceeding), period (a year, or 'total'), first_day (the first case's in the first
    year) and last_day, incoming, resolved, pending (at the end of the last day), clearance_rate (resolved over
    incoming; missing if none came in), disposition_time (days: 365 times pending over resolved per year, infinite if
    none was resolved), rows. A request is resolved by the opening of proceedings or its closing, a strand by a
    decision, commitments or closure, a proceeding with the last of its strands.
    """
    known, day = _known(record, until)
    spans, found = _spans(known), []
    units = {
        "request": [span for span in spans if span.stage == REQUEST],
        "strand": (whole := [span for span in spans if span.stage == TOTAL]),
        "proceeding": _whole_proceedings(whole),
    }
    for unit, cases in units.items():
        if cases:
            first = min(span.since for span in cases)
            starts = [first, *(date(year, 1, 1) for year in range(first.year + 1, day.year + 1))]
            for start in starts:
                end = min(date(start.year, 12, 31), day)
                found.append({"unit": unit, "period": str(start.year), **_flow(cases, start, end)})
            found.append({"unit": unit, "period": "total", **_flow(cases, first, day)})
    columns = {"unit": TEXT, "period": TEXT, "first_day": DAY, "last_day": DAY}
    columns |= {**dict.fromkeys(("incoming", "resolved", "pending"), WHOLE), "clearance_rate": NUMBER}
    return _frame(found, {**columns, "disposition_time": NUMBER, "rows": TEXT})


def _whole_proceedings(whole: list[Span]) -> list[Span]:
    """One span for each proceeding: from its first opening to the outcome of its last strand."""
    found = []
    for name, group in groupby(sorted(whole, key=lambda span: span.proceeding), key=lambda span: span.proceeding):
        spans = list(group)
        ends = [span.ended for span in spans if span.ended]
        last = max(ends) if len(ends) == len(spans) else None
        since = min(span.since for span in spans)
        rows = tuple(row for span in spans for row in span.rows)
        found.append(Span(TOTAL, name, name, "", since, last, "", rows))
    return found


def _flow(cases: list[Span], start: date, end: date) -> dict[str, object]:
    """The flow from one day to another, both included."""
    incoming = sum(start <= span.since <= end for span in cases)
    resolved = sum(span.ended is not None and start <= span.ended <= end for span in cases)
    waiting = sum(span.pending_on(end) for span in cases)
    touched = [s for s in cases if s.since <= end and (s.ended is None or s.ended >= start)]
    return {
        "first_day": start,
        "last_day": end,
        "incoming": incoming,
        "resolved": resolved,
        "pending": waiting,
        "clearance_rate": resolved / incoming if incoming else np.nan,
        "disposition_time": YEAR_DAYS * waiting / (resolved / _years(start, end)) if resolved else np.inf,
        "rows": _joined(span.rows for span in touched),
    }


def _years(start: date, end: date) -> float:
    """Years from one day to another, both included: a calendar year is one, leap or not."""
    years = range(start.year, end.year + 1)
    inside = (min(end, date(year, 12, 31)) - max(start, date(year, 1, 1)) for year in years)
    return sum((days.days + 1) / (366 if isleap(year) else 365) for year, days in zip(years, inside, strict=True))


def sources(record: Record, until: date | None = None) -> pd.DataFrame:
    """What each row behind the other tables rests on.

    Columns: row (file:line), day, platforms, event (`strand` for a row of strands.csv, which groups acts and has its
    days from them), topic, confidence, source (an address, or words; of a strand, the rows of its acts).
    """
    known, _ = _known(record, until)
    found: list[dict[str, object]] = [
        {
            "row": row_of(act),
            "day": act.date,
            "platforms": act.platform,
            "event": act.event,
            "topic": act.topic,
            "confidence": act.confidence,
            "source": act.source,
        }
        for act in known.acts
    ]
    for strand in known.strands:
        acts = _strand(known, strand, strand.opened)["rows"]
        found.append(
            {
                "row": row_of(strand),
                "day": strand.opened,
                "platforms": strand.platform,
                "event": "strand",
                "topic": ";".join(strand.topics),
                "confidence": "",
                "source": ";".join(row for row in str(acts).split(";") if not row.startswith("strands.csv")),
            }
        )
    columns = {"row": TEXT, "day": DAY, "platforms": TEXT, "event": TEXT, "topic": TEXT}
    return _frame(found, {**columns, "confidence": TEXT, "source": TEXT})


TABLES: dict[str, Callable[[Record, date | None], pd.DataFrame]] = {
    "proceedings": proceedings,
    "strands": strands,
    "durations": durations,
    "stages": stages,
    "survival": survival,
    "requests": requests,
    "pending": pending,
    "clearance": clearance,
    "sources": sources,
}
"""The tables by the names that the command knows."""
