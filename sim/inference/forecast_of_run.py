"""From a run to a forecast: when each case in progress comes to its milestones, how it ends, and how many do what when.

By the end of a day means at a time not later than so many days after the start.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from sim.dates import date_after, days_between
from sim.inference.as_of import stages_from, stages_of
from sim.inference.backtest import forecast_curve
from sim.inference.forecast_file import (
    GRID_DAYS,
    LEVELS,
    PLACES,
    TOTAL_LEVELS,
    CaseForecast,
    CountQuantiles,
    DayQuantiles,
    Floats,
    MilestoneForecast,
    Total,
)
from sim.inference.histories import RESOLUTION
from sim.inference.scores import quantile
from sim.record.spans import FINDINGS, OPENED
from sim.results.run import Run
from sim.scenario.schema import Scenario

PROCEEDINGS, STRANDS, FINDINGS_SENT, OUTCOMES, IN_PROGRESS = (
    "proceedings opened",
    "strands opened",
    "findings",
    "outcomes",
    "strands in progress",
)
COUNTS = (PROCEEDINGS, STRANDS, FINDINGS_SENT, OUTCOMES, IN_PROGRESS)
"""What is counted: since the day of the forecast, of old and new strands; the last on the day itself."""
QUARTER_MONTHS = 3


def dates_of(start: date, horizon: date) -> list[date]:
    """The ends of the quarters after a day, up to the horizon, and the horizon."""
    number = start.year * 12 + (start.month - 1) // QUARTER_MONTHS * QUARTER_MONTHS + QUARTER_MONTHS
    ends: list[date] = []
    while (end := date(number // 12, number % 12 + 1, 1) - timedelta(days=1)) < horizon:
        ends += [end] if end > start else []
        number += QUARTER_MONTHS
    return [*ends, horizon]


def grid_of(scenario: Scenario) -> list[int]:
    """The days at which curves are given: every `GRID_DAYS`, and the horizon."""
    last = int(scenario.horizon_days)
    return [*range(GRID_DAYS, last, GRID_DAYS), last]


def cases_of(run: Run) -> dict[str, CaseForecast]:
    """The forecast of every tracked case that is in progress on the first day, from the opening on."""
    pursued = _pursued_stages(run)
    return {
        case: _case(run, case, stage, since)
        for case in run.layout.tracked
        for stage, since in [run.layout.present_stage(case)]
        if since is not None and stage in pursued
    }


def _pursued_stages(run: Run) -> list[str]:
    """The stages in which cases are in progress, from the opening on; without one, those of headline cases."""
    opened = stages_of(run.scenario).get(OPENED)
    stages = stages_from(run.scenario, opened) if opened else run.layout.headline_stages
    return [stage for stage in run.layout.open_stages if stage in stages]


def _case(run: Run, case: str, stage: str, since: date) -> CaseForecast:
    findings = stages_of(run.scenario).get(FINDINGS)
    to_come = findings != stage and findings in stages_from(run.scenario, stage)
    name, strand_name = run.layout.probe_of(case)
    probe = run.scenario.probes[name]
    strand = probe.strands.get(strand_name)
    return CaseForecast(
        platform=probe.platform,
        topic=(strand.topic if strand else "") or probe.topic,
        stage=stage,
        since=since,
        milestones={name: _milestone(run, case, name) for name in ([FINDINGS] if to_come else []) + [RESOLUTION]},
        ends=_ends(run, case),
    )


def _milestone(run: Run, case: str, milestone: str) -> MilestoneForecast:
    start = run.scenario.start
    curve = forecast_curve(run, case, milestone)
    by = {day: _rounded(curve[days_between(start, day) - 1]) for day in dates_of(start, run.scenario.horizon)}
    days = {name: quantile(curve, level) for name, level in LEVELS.items()}
    return MilestoneForecast(
        by=by,
        quantiles=DayQuantiles(
            **{name: date_after(start, day) if np.isfinite(day) else None for name, day in days.items()}
        ),
        curve=[_rounded(curve[day - 1]) for day in grid_of(run.scenario)],
    )


def _rounded(probability: float) -> float:
    return round(float(probability), PLACES)


def _ends(run: Run, case: str) -> dict[str, float]:
    """The probability of each state in which a case is first resolved by the horizon, if it has any."""
    times = np.array([run.first_reached(case, [state]) for state in run.layout.resolving])
    resolved = times.min(axis=0) <= run.scenario.horizon_days
    first = np.bincount(times.argmin(axis=0)[resolved], minlength=len(times)) / run.replications
    return {state: _rounded(p) for state, p in zip(run.layout.resolving, first, strict=True) if p > 0}


def totals_of(run: Run) -> dict[str, dict[date, Total]]:
    """Each of `COUNTS` that the procedure has, by the end of each quarter and on the horizon."""
    dates = dates_of(run.scenario.start, run.scenario.horizon)
    days = [days_between(run.scenario.start, day) for day in dates]
    return {
        what: {day: _total(row) for day, row in zip(dates, counts, strict=True)}
        for what, counts in _counts(run, days).items()
    }


def _counts(run: Run, days: Sequence[int]) -> dict[str, Floats]:
    """Each of `COUNTS` in each replication by the end of these days: (days, replications)."""
    stages, pursued = stages_of(run.scenario), _pursued_stages(run)
    visits = _visits(run, [*pursued, *(stages[event] for event in (OPENED, FINDINGS) if event in stages)])
    replication = visits["replication"].to_numpy()

    def by(times: Floats) -> Floats:
        """How many of these times, of the rows of the log, have passed."""
        passed = [np.bincount(replication[times <= day], minlength=run.replications) for day in days]
        return np.array(passed, dtype=float)

    new = visits["entered"] > 0
    counts: dict[str, Floats] = {}
    if OPENED in stages:
        opened = visits["entered"].where(new & (visits["stage"] == stages[OPENED]))
        counts |= {PROCEEDINGS: by(_first(visits, "proceeding", opened)), STRANDS: by(_first(visits, "case", opened))}
    if FINDINGS in stages:
        sent = visits["entered"].where(new & (visits["stage"] == stages[FINDINGS]))
        counts[FINDINGS_SENT] = by(_first(visits, "case", sent))
    here = visits["stage"].isin(pursued)
    resolved = visits["left"].where(here & visits["outcome"].isin(run.layout.resolving))
    counts[OUTCOMES] = by(_first(visits, "case", resolved))
    in_and_out = (visits[name].where(here).to_numpy() for name in ("requested", "left"))
    came, left = map(by, in_and_out)
    return {**counts, IN_PROGRESS: came - left}


def _visits(run: Run, stages: Sequence[str]) -> pd.DataFrame:
    """The visits of all cases to these stages, with the proceeding of each: the case that forked, or the case."""
    from pyarrow.compute import field as column

    rows = run.read_events(column("stage").isin(list(dict.fromkeys(stages))))
    names = ["replication", "case", "parent", "stage", "requested", "entered", "left", "outcome"]
    visits: pd.DataFrame = rows.select(names).to_pandas()
    for name in ("case", "parent", "stage", "outcome"):  # as text: categories would be multiplied by grouping
        visits[name] = visits[name].astype(object)
    visits["proceeding"] = visits["parent"].where(visits["parent"] != "", visits["case"])
    return visits


def _first(visits: pd.DataFrame, of: str, times: "pd.Series[float]") -> Floats:
    """The times without those after the first of the same case or proceeding, which become NaN."""
    earliest = times.groupby([visits["replication"], visits[of]]).rank(method="first")
    return np.asarray(times.where(earliest == 1), dtype=np.float64)


def _total(counts: Floats) -> Total:
    """The distribution of a count over replications."""
    least = int(counts.min())
    shares = np.bincount((counts - least).astype(int)) / len(counts)
    levels = np.quantile(counts, list(TOTAL_LEVELS.values()), method="inverted_cdf")
    return Total(
        mean=float(f"{counts.mean():.4g}"),
        quantiles=CountQuantiles(**{name: int(level) for name, level in zip(TOTAL_LEVELS, levels, strict=True)}),
        least=least,
        probabilities=[_rounded(share) for share in shares],
    )
