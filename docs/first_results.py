"""Writes docs/first-results.md: a forecast of 14 March 2024 beside what happened, and what is expected from now on.

python docs/first_results.py
"""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from textwrap import fill

import numpy as np
import pandas as pd

from sim import Record, Run, Scenario, load_record, load_scenario, simulate
from sim.dates import date_after
from sim.inference.as_of import load_basis, past_scenario
from sim.inference.baselines import durations as durations_of
from sim.inference.baselines import kaplan_meier_forecast
from sim.inference.scores import quantile
from sim.record.spans import OPENED

ROOT = Path(__file__).resolve().parent.parent
SCENARIO = ROOT / "scenarios" / "three-probes.yaml"
RECORD = ROOT / "scenarios" / "record"
PAGE = ROOT / "docs" / "first-results.md"
STATUS_QUO = ROOT / "scenarios" / "status-quo.yaml"
LATER = date(2026, 10, 8)
"""The end of the record."""
WHEN = f"{LATER.day} {LATER:%B %Y}"
PAST_REPLICATIONS = 500
"""Of the past with the posterior: enough for a mean."""
RESOLVED = ("decision", "commitments", "closed")
INTERVAL = (0.1, 0.9)
WIDTH = 130
LONGEST = 3650
"""Days that the curve of the record is followed at most."""


def first_times(run: Run, states: tuple[str, ...]) -> pd.DataFrame:
    """Days until each tracked strand first reached one of these states: rows replications, columns strands."""
    cases = [case for case in run.layout.tracked if "/" in case]
    return pd.DataFrame({case: run.first_reached(case, states) for case in cases})


def day(run: Run, days: float) -> str:
    """A date, or that it lies beyond the horizon or never comes."""
    return "later or never" if np.isinf(days) else str(date_after(run.scenario.start, days))


def milestone_date(record: Record, case: str, milestone: str) -> date | None:
    """The day on which a strand reached a milestone, by the record."""
    proceeding, name = case.split("/")
    strand = next(s for s in record.strands if (s.proceeding, s.strand) == (proceeding, name))
    return strand.preliminary_findings if milestone == "preliminary_findings" else strand.outcome_date


def rows(run: Run, record: Record, times: pd.DataFrame, milestone: str) -> Iterator[str]:
    """A line for each strand: probability by the end of the record, median and 80% interval, and the truth."""
    until = (LATER - run.scenario.start).days
    for case in times.columns:
        time = np.sort(times[case].to_numpy())
        low, median, high = (time[int(np.ceil(p * len(time))) - 1] for p in (INTERVAL[0], 0.5, INTERVAL[1]))
        truth = milestone_date(record, case, milestone)
        inside = "" if truth is None else ("yes" if low <= (truth - run.scenario.start).days <= high else "no")
        yield (
            f"| {case} | {(time <= until).mean():.0%} | {day(run, median)} | {day(run, low)} to {day(run, high)} "
            f"| {truth or f'not by {WHEN}'} | {inside} |"
        )


def total(run: Run, record: Record, times: pd.DataFrame, milestone: str, what: str) -> str:
    """A sentence on how many strands reach a milestone by the end of the record."""
    until = (LATER - run.scenario.start).days
    counts = (times <= until).sum(axis=1).to_numpy()
    low, high = np.quantile(counts, INTERVAL)
    true = sum(milestone_date(record, case, milestone) is not None for case in times.columns)
    chances = (times <= until).mean().to_numpy()
    truth = np.array([milestone_date(record, case, milestone) is not None for case in times.columns], dtype=float)
    brier = float(np.mean((chances - truth) ** 2))
    return (
        f"Of these {len(times.columns)} strands the model expected {counts.mean():.1f} {what} by {WHEN} "
        f"(80% between {low:.0f} and {high:.0f}); it was {true}. Brier score {brier:.2f} (0.25 for a coin)."
    )


def openings(run: Run, record: Record) -> str:
    """A sentence on how many proceedings were opened."""
    until, start = (LATER - run.scenario.start).days, run.scenario.start
    events = run.events
    new = events[(events["stage"] == "proceedings") & (events["entered"] > 0) & (events["entered"] <= until)]
    counts = new.groupby("replication")["parent"].nunique().reindex(range(run.replications), fill_value=0)
    low, high = np.quantile(counts, INTERVAL)
    true = {act.proceeding for act in record.acts if act.event == "proceedings_opened" and act.date > start}
    days = {act.date for act in record.acts if act.proceeding in true and act.event == "proceedings_opened"}
    return (
        f"After that day the model expected {counts.mean():.0f} new proceedings by {WHEN} (80% between "
        f"{low:.0f} and {high:.0f}); the record has {len(true)}, opened on {len(days)} days."
    )


def words(days: float) -> str:
    """A number of days, or that it is longer than was observed."""
    return f"{days:.0f}" if np.isfinite(days) else "more than was observed"


def in_days(delay: pd.DataFrame, stage: str) -> str:
    """Where the days of a stage go, in words."""
    row = delay.loc[stage]
    others = row["party"] + row["procedure"] + row["hold"] + row["dormancy"]
    return f"{row['work']:.0f} days of work, {row['staff']:.0f} waiting for staff, {others:.0f} for the party, the procedure and holds"


def from_now_on(future: Run, past: Run, record: Record) -> str:
    """How long formal proceedings take from now on, beside the record, and why."""
    durations = future.table("durations").set_index("stage").loc["proceedings"]
    ended = kaplan_meier_forecast(durations_of(record, OPENED, None), 0.0, LONGEST)
    low, median, high = (words(quantile(ended, p)) for p in (INTERVAL[0], 0.5, INTERVAL[1]))
    span = " and ".join(words(durations[name]) for name in ("q10", "q90"))
    then, now = (run.table("delay").set_index("stage") for run in (past, future))
    text = (
        f"From {future.scenario.start} on a strand is in formal proceedings for {durations['median']:.0f} days at the median (80% between"
        f" {span}), with the posterior of the whole record and the staff reached by then. In the record it took {median} days"
        f" from the opening to preliminary findings or another end (80% between {low} and {high}). The work is the same; the"
        " wait for staff is not: simulated with the staff of the time, strands had on average"
        f" {in_days(then, 'proceedings')}; from now on they have {in_days(now, 'proceedings')}."
    )
    return fill(text, WIDTH)


def page(run: Run, future: Run, past: Run, record: Record) -> str:
    """The whole page."""
    scenario = run.scenario
    head = f"| strand | probability by {WHEN} | median | 80% interval | what happened | inside the interval |\n|---|---|---|---|---|---|"
    findings, ends = first_times(run, ("preliminary_findings",)), first_times(run, RESOLVED)
    delay = run.table("delay").set_index("stage")
    return f"""\
# First results: the forecast of 14 March 2024

Written by `python docs/first_results.py` from `scenarios/three-probes.yaml`: {run.replications:,} replications, seed
{scenario.seed}. Do not edit.

On 14 March 2024 the Commission had three probes open under the Digital Services Act: X (opened on 18 December 2023), TikTok
(19 February 2024) and AliExpress (that day). The simulator starts from what was public on that day; whatever the record
says of later days is used on this page alone, to compare. Two things are known with hindsight: the strands into which the
grievances were to split (their topics are named in the openings), and the staff that was to come. The default parameters are
assumptions with their reasons ([procedures/dsa.yaml](../scenarios/procedures/dsa.yaml)), not fitted to what followed.

An interval holds the central 80% of the replications: stochastic variation, and the uncertainty of {len(scenario.uncertain)} parameters.
"Later or never": not by the horizon, {scenario.horizon}, or the strand took another route.

## Preliminary findings

{head}
{chr(10).join(rows(run, record, findings, "preliminary_findings"))}

{total(run, record, findings, "preliminary_findings", "with preliminary findings")}

## Decision, commitments or closure

{head}
{chr(10).join(rows(run, record, ends, "outcome"))}

{total(run, record, ends, "outcome", "resolved")}

## The caseload around them

{openings(run, record)}

A strand in formal proceedings spends {delay.loc["proceedings", "days"]:.0f} days there on average (as far as the horizon shows):
{in_days(delay, "proceedings")}.
After the findings it is {delay.loc["preliminary_findings", "days"]:.0f} days:
{in_days(delay, "preliminary_findings")}.

## How to read this

Eight strands of three proceedings, worked on by the same people, are not eight independent trials: that the totals lie within
their intervals says little, and the intervals are wide because little was known. What the page does show is whether the
assumptions are of the right order of magnitude.

## From now on

{from_now_on(future, past, record)}
"""


def past_with_posterior(replications: int) -> Scenario:
    """The record's past with its openings and the staff of the time, on the posterior of the status quo."""
    past = past_scenario(load_basis(STATUS_QUO), LATER, replications)
    return past.model_copy(update={"posterior": load_scenario(STATUS_QUO).posterior})


def main() -> None:
    """Run the scenario, or load the stored run, and write the page."""
    common = {"jobs": os.cpu_count() or 1, "results": ROOT / "results"}
    run, future = simulate(SCENARIO, **common), simulate(STATUS_QUO, **common)
    past = simulate(past_with_posterior(PAST_REPLICATIONS), **common)
    PAGE.write_text(page(run, future, past, load_record(RECORD)), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
