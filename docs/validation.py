"""Writes docs/validation.md: what the model is held to, by theory and by the record, with the figures of this code.

python docs/validation.py [FOLDER OF STORED RUNS]
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from sim.dates import date_after
from sim.inference.backtest import FORECASTERS, MODEL, PRIORS, Backtest, Scored, backtest
from sim.inference.calibrate import ROUNDS, WIDER, calibrate
from sim.inference.histories import MILESTONES, RESOLUTION
from sim.inference.leave_one_out import LeaveOneOut, leave_one_out
from sim.inference.posterior import Posterior
from sim.inference.regression import CalibrationCheck
from sim.inference.statistics import FINDINGS_AGES, OPENED_AGES
from sim.inference.track_record import TrackRecord, score
from sim.record.files import load_record
from sim.record.model import Record
from sim.record.spans import FINDINGS, OPENED
from sim.view.titles import NAMES, SHORT, TITLES
from sim.view.verdicts import MIN_DIFFERENCE, conclusion, listed, worth
from sim.view.words import listing, measured, statistic

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "validation.md"
SCENARIO = ROOT / "scenarios" / "status-quo.yaml"
FIRST = ROOT / "scenarios" / "three-probes.yaml"
ALTERNATIVES = ROOT / "docs" / "alternatives"
RECORD = ROOT / "scenarios" / "record"
EXAMPLE = ROOT / "docs" / "example-record"
AS_OF = date(2024, 3, 14)
EXAMPLE_AS_OF = date(2021, 12, 31)
DRAWS = 1000
FEWER = 500
"""Draws with which alternatives are compared: they need be no better than the differences."""
CURVES = {OPENED: "formal proceedings", FINDINGS: "the time since findings"}
"""What is still pending in the curves, by the event with which it begins."""
COIN = 0.25
"""The Brier score of a coin."""
WELL_INSIDE = 0.9
"""Share of ages at which a curve of the record is asked to lie inside the simulated ones."""
ORIGINS_HELD = 0.8
"""Share of the days of forecasts on which a total is asked to lie inside its interval."""
SYNTHETIC = DRAWS
"""Synthetic records from which known parameters are inferred."""
BATCH, BATCHES = 200, 5
"""Fewer of them, to see how much they vary."""
SEED = 20251231
ASKED = (0.72, 0.88)
"""What pooled 80% intervals are asked to hold."""
HELD = (0.85, 0.95)
"""What 90% intervals are asked to hold in synthetic records."""


@dataclass(frozen=True)
class Queue:
    """A queue of theory beside the engine: the mean over replications and the half width of its 99.9% interval."""

    name: str
    theory: float
    mean: float
    half: float


def queues() -> list[Queue]:
    """Some of the systems of tests/theory, measured."""
    sys.path.insert(0, str(ROOT / "tests" / "theory"))
    import formulas  # type: ignore[import-not-found]
    import measured  # type: ignore[import-not-found]

    def one(name: str, theory: float, what: str, *settings: str) -> Queue:
        made = measured.scenario(what, *settings)
        value = measured.time_in_stage if what == "processor-sharing" else measured.waiting
        values = measured.means(measured.settled(measured.events(made, 16), made), value)
        half = float(stats.t.ppf((1 + measured.LEVEL) / 2, len(values) - 1) * stats.sem(values))
        return Queue(name, theory, float(values.mean()), half)

    servers, load = 3, 0.8
    settings = (f"arrivals.cases.per_year={servers * load * 365}", f"staffing.server.headcount={servers}")
    gamma = "procedure.stages.service.steps.serve.days={distribution: gamma, mean: 1, cv: 0.5}"
    heavy = "procedure.stages.service.steps.serve.fte_days.server={distribution: lognormal, mean: 1, cv: 2}"
    mmc, mg1 = formulas.mmc_wait(servers, load), formulas.pollaczek_khinchine(0.7, 0.5)
    return [
        one("M/M/3 at load 0.8, mean wait (Erlang C)", mmc, "mmc", *settings, "horizon=2028-01-01"),
        one("M/G/1 at load 0.7, mean wait (Pollaczek-Khinchine)", mg1, "mg1", "arrivals.cases.per_year=255.5",
            "horizon=2071-01-01", gamma),
        one("processor sharing at load 0.7, mean time, heavy-tailed work", formulas.processor_sharing(0.7),
            "processor-sharing", heavy),
    ]  # fmt: skip


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table in Markdown."""
    names = list(head)
    lines = [names, ["---"] * len(names), *[[str(cell) for cell in row] for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def day(origin: date, days: float) -> str:
    """A date, or that it lies beyond what was looked at."""
    return "later or never" if np.isinf(days) else str(date_after(origin, days))


def bounds(low: float, high: float, form: str = ".3f") -> str:
    """An interval, or that there are too few proceedings for one."""
    return f"{low:{form}} to {high:{form}}" if np.isfinite(low) else "too few to tell"


def verdict(yes: bool) -> str:
    """A verdict."""
    return "met" if yes else "NOT met"


def theory(systems: list[Queue]) -> str:
    """The engine against queueing theory."""
    rows = [
        (q.name, f"{q.theory:.4f}", f"{q.mean:.4f} ± {q.half:.4f}", verdict(abs(q.mean - q.theory) < q.half))
        for q in systems
    ]
    return table(("system", "theory", "engine, 99.9% interval", "inside"), rows)


def parameters(posterior: Posterior) -> str:
    """What the record says of each parameter."""
    rows = []
    for row in posterior.table.itertuples(index=False):
        how = f"{row.explained:.0%} of its variance explained" if row.informed else "keeps its prior"
        spans = (f"{m:.3g} ({low:.3g} to {high:.3g})" for m, low, high in
                 ((row.prior_median, row.prior_q10, row.prior_q90), (row.median, row.q10, row.q90)))  # fmt: skip
        rows.append((row.title, *spans, how))
    return table(("parameter", "prior: median (80%)", "now", "by such a record"), rows)


def compared(posterior: Posterior) -> str:
    """The statistics of the record beside the simulated ones."""
    rows = []
    columns = ("record", "prior_median", "prior_q05", "prior_q95", "median", "q10", "q90")
    for row in posterior.checks.to_dict("records"):
        record, *spans = (measured(row[column], row["unit"]) for column in columns)
        before, now = (f"{m} ({low} to {high})" for m, low, high in (spans[:3], spans[3:]))
        rows.append((statistic(row), record, before, now))
    return table(("statistic", "the record", "before (90%)", "now (80%)"), rows)


def inferred(posterior: Posterior, check: CalibrationCheck) -> str:
    """Known parameters inferred from synthetic records."""
    assert posterior.reference is not None
    rows = []
    for column, parameter in enumerate(posterior.reference.past.uncertain.values()):
        held, p = check.inside[:, column].mean(), stats.kstest(check.ranks[:, column], "uniform").pvalue
        rows.append((parameter.title, f"{held:.1%}", f"{p:.2f}", f"{check.width[:, column].mean():.2f}"))
    head = ("parameter", "90% intervals that hold it", "ranks uniform, p", "width, of the prior's")
    return table(head, rows)


def batches(posterior: Posterior) -> str:
    """How much fewer synthetic records would vary."""
    assert posterior.reference is not None
    held = np.array(
        [posterior.reference.simulation_based_calibration(BATCH, SEED + k).inside.mean(axis=0) for k in range(BATCHES)]
    )
    outside = int(((held < HELD[0]) | (held > HELD[1])).sum())
    return f"""\
With {BATCH} records only, drawn {BATCHES} times at random, single parameters have {held.min():.1%} to {held.max():.1%}, and {outside} of these {held.size} figures lie outside
{HELD[0]:.0%} to {HELD[1]:.0%}; all parameters together have {held.mean(axis=1).min():.1%} to {held.mean(axis=1).max():.1%}."""


def single(backtested: Backtest, milestone: str) -> str:
    """Each forecast of one day beside what happened."""
    own = backtested.table[backtested.table["milestone"] == milestone]
    given = own.pivot_table(index="strand", columns="forecaster", values="probability", sort=False)
    rows = []
    for row in own[own["forecaster"] == MODEL].itertuples():
        happened = "not by then" if pd.isna(row.truth) else str(row.truth)
        inside = {0.0: "no", 1.0: "yes"}.get(row.cover80, "") if not pd.isna(row.truth) else ""
        others = (f"{given.loc[row.strand, name]:.0%}" for name in FORECASTERS if name != MODEL)
        span = f"{day(row.origin, row.q10)} to {day(row.origin, row.q90)}"
        rows.append(
            (row.strand, f"{row.probability:.0%}", day(row.origin, row.median), span, happened, inside, *others)
        )
    head = ["strand", f"probability by {backtested.truth}", "median", "80% interval", "what happened", "inside"]
    return table([*head, *(NAMES[name] for name in FORECASTERS if name != MODEL)], rows)


def scores(backtested: Scored, milestone: str | None = None) -> str:
    """The pooled scores of all forecasters."""
    rows = []
    for row in backtested.scores_of(milestone).itertuples():
        gain = (
            "" if row.forecaster == MODEL else f"{row.gain:+.3f} ({bounds(row.gain_ci_low, row.gain_ci_high, '+.3f')})"
        )
        rows.append(
            (NAMES[row.forecaster], f"{row.crps:.3f} ({bounds(row.crps_ci_low, row.crps_ci_high)})", gain, f"{row.brier:.3f}",
             f"{row.cover50:.0%}", f"{row.cover80:.0%} ({bounds(row.cover80_ci_low, row.cover80_ci_high, '.0%')})",
             f"{row.cover95:.0%}", f"{row.came80:.0%} ({row.came80_expected:.0%})", f"{row.given80:.0%}")
        )  # fmt: skip
    head = (
        "forecast by",
        "CRPS",
        "the model better by",
        "Brier",
        "50%",
        "80%",
        "95%",
        "80% of what came (expected)",
        "80%, given that it came",
    )
    return table(head, rows)


def totals(backtested: Backtest) -> str:
    """Counts beside what they were."""
    rows = [
        (row.origin, row.what, f"{row.median:.0f} ({row.q10:.0f} to {row.q90:.0f})", f"{row.truth:.0f}",
         "yes" if row.q10 <= row.truth <= row.q90 else "no")
        for row in backtested.totals[backtested.totals["forecaster"] == MODEL].itertuples()
    ]  # fmt: skip
    return table(("forecast of", "what", "median (80%)", "what happened", "inside"), rows)


def held(backtested: Backtest) -> str:
    """How often each count lies in its interval."""
    rows = backtested.totals_held[backtested.totals_held["forecaster"] == MODEL].itertuples()
    return (
        f"Inside their 80% intervals: {listing(f'{row.what} at {row.inside} of {row.origins} days' for row in rows)}."
    )


def origins(backtested: Backtest) -> str:
    """Scores day by day."""
    rows = [
        (row["origin"], row["strands"], f"{row['happened']} of {row['forecasts']}", f"{row['effective_draws']:,.0f}",
         f"{row['prior_predictive_p']:.0%}", *(f"{row[name]:.3f}" for name in FORECASTERS))
        for row in backtested.by_origin.to_dict("records")
    ]  # fmt: skip
    head = (
        "forecast of",
        "strands",
        "happened",
        "draws worth",
        "prior predictive p",
        *(NAMES[name] for name in FORECASTERS),
    )
    return table(head, rows)


def histogram(backtested: Backtest) -> str:
    """The PIT histogram."""
    shares = {name: backtested.pit_histogram(name) for name in (MODEL, PRIORS)}
    head = ("forecast by", *(f"{k * 10}-{k * 10 + 10}%" for k in range(10)))
    return table(head, [(NAMES[name], *(f"{share:.0%}" for share in row)) for name, row in shares.items()])


def plainly(backtested: Backtest) -> str:
    """The scores in words, milestone by milestone."""
    lines = []
    for milestone in MILESTONES:
        rows = backtested.scores_of(milestone)
        others = rows[rows["forecaster"] != MODEL]
        groups = {
            "better than": others[others["gain"] >= MIN_DIFFERENCE],
            "as good as": others[others["gain"].abs() < MIN_DIFFERENCE],
            "worse than": others[others["gain"] <= -MIN_DIFFERENCE],
        }
        comparison = "; ".join(
            f"{words} {listed(group['forecaster'])}" for words, group in groups.items() if len(group)
        )
        lines.append(f"- {TITLES[milestone]}: on average {comparison}.")
    return "\n".join(lines)


def why(backtested: Backtest) -> str:
    """Why the margin is what it is, with the figures behind it."""
    rows = backtested.scores.set_index("forecaster")
    resolution = backtested.scores_of(RESOLUTION).set_index("forecaster")
    share = resolution.loc[MODEL, "happened"] / resolution.loc[MODEL, "forecasts"]
    means = backtested.table[backtested.table["milestone"] == RESOLUTION].groupby("forecaster")["probability"].mean()
    model = backtested.table[backtested.table["forecaster"] == MODEL]
    came = model[model["truth"].notna()]
    briers = ", ".join(f"{NAMES[name]} {resolution.loc[name, 'brier']:.3f}" for name in FORECASTERS)
    return f"""\
- The calibration adds {rows.loc[PRIORS, "gain"]:+.3f} ({bounds(rows.loc[PRIORS, "gain_ci_low"], rows.loc[PRIORS, "gain_ci_high"], "+.3f")}) to the priors. The record informs mostly effort (section 2), and the
  priors were written down by people who knew the record (see Limits): a larger gain was not to be expected.
- Of the resolutions forecast, {share:.0%} came. The model had given them {means[MODEL]:.0%} on average, constant rates {means["exponential"]:.0%},
  Kaplan-Meier {means["kaplan-meier"]:.0%}. The CRPS counts each day: as long as hardly anything is resolved, it favours forecasts that say "hardly
  ever". The Brier score counts the last day alone: {briers}.
- By the Brier score, all together, the calibrated model has {rows.loc[MODEL, "brier"]:.3f} and the priors {rows.loc[PRIORS, "brier"]:.3f}.
- Of the {len(came)} truths that came, {int((came["pit_high"] < 0.1).sum())} came before the model's 80% interval and {int((came["pit_low"] > 0.9).sum())} after it: what is late has not come yet, and can
  hardly be missed."""


def reached(met: bool, gain: float, low: float) -> str:
    """A verdict on a gain, with how sure it is."""
    sure = ", with 95% confidence" if low > 0 else ", but not significantly" if gain >= MIN_DIFFERENCE else ""
    return verdict(met) + sure


def asked_of_theory(systems: list[Queue], check: CalibrationCheck) -> list[tuple[str, str, str]]:
    """What is asked of the engine and of the inference."""
    held = check.inside.mean(axis=0)
    return [
        ("the engine gives theory's numbers (99.9% intervals)", f"{len(systems)} systems below, more in the tests",
         verdict(all(abs(q.mean - q.theory) < q.half for q in systems))),
        (f"90% intervals hold known parameters in {HELD[0]:.0%} to {HELD[1]:.0%} of {SYNTHETIC:,} synthetic records",
         f"{held.min():.1%} to {held.max():.1%} by parameter, {check.inside.mean():.1%} in all",
         verdict(bool(((held >= HELD[0]) & (held <= HELD[1])).all()))),
    ]  # fmt: skip


def asked_of_fit(end: Posterior) -> list[tuple[str, str, str]]:
    """What is asked of the model beside the record on which it is calibrated."""
    checks, rows = end.checks, []
    rows.append((
        "each statistic of the record lies inside 90% of what the priors make",
        f"{checks['inside90'].sum()} of {len(checks)}", verdict(bool(checks["inside90"].all())),
    ))  # fmt: skip
    rows.append((
        "and inside 80% of what the posterior makes", f"{checks['inside80'].sum()} of {len(checks)}",
        verdict(bool(checks["inside80"].all())),
    ))  # fmt: skip
    for stage, own in end.curves.groupby("stage", sort=False):
        inside = ((own["q10"] <= own["record"]) & (own["record"] <= own["q90"])).mean()
        above, below = (own["record"] > own["median"]).mean(), (own["record"] < own["median"]).mean()
        rows.append((
            f"the record's curve of {CURVES[str(stage)]} lies inside the simulated 80% at {WELL_INSIDE:.0%} of ages,"
            " on both sides of their median",
            f"inside at {inside:.0%}, above the median at {above:.0%}, below at {below:.0%}",
            verdict(bool(inside >= WELL_INSIDE and min(above, below) > 0)),
        ))  # fmt: skip
    return rows


def asked_of_forecasts(tested: Backtest | LeaveOneOut, how: str) -> list[tuple[str, str, str]]:
    """What is asked of forecasts of what was not used."""
    rows = tested.scores.set_index("forecaster")
    came = rows.loc[MODEL]
    low, high = ASKED
    asked = [
        (f"{how}: 80% intervals hold {low:.0%} to {high:.0%} of all truths, later ones counted by what is left for later",
         f"{came.cover80:.0%} ({bounds(came.cover80_ci_low, came.cover80_ci_high, '.0%')})", verdict(low <= came.cover80 <= high)),
    ]  # fmt: skip
    for name in (one for one in FORECASTERS if one != MODEL):
        gain = rows.loc[name]
        by = (tested.scores_of(milestone).set_index("forecaster").loc[name, "gain"] for milestone in MILESTONES)
        shown = f"{gain.gain:+.3f} ({bounds(gain.gain_ci_low, gain.gain_ci_high, '+.3f')})"
        parts = ", ".join(f"{value:+.3f}" for value in by)
        asked.append((
            f"{how}: a better CRPS than {NAMES[name]} (findings, outcomes by themselves)", f"{shown} ({parts})",
            reached(bool(gain.gain >= MIN_DIFFERENCE), gain.gain, gain.gain_ci_low),
        ))  # fmt: skip
    brier = tested.scores_of(FINDINGS).set_index("forecaster").loc[MODEL, "brier"]
    return [*asked, (f"{how}: a Brier score of findings below a coin's {COIN}", f"{brier:.3f}", verdict(brier < COIN))]


def asked_of_totals(rolling: Backtest) -> list[tuple[str, str, str]]:
    """What is asked of totals."""
    held = rolling.totals_held
    return [
        (f"rolling: {row.what} inside their 80% interval on {ORIGINS_HELD:.0%} of the days", f"{row.inside} of {row.origins}",
         verdict(row.inside >= ORIGINS_HELD * row.origins))
        for row in held[held["forecaster"] == MODEL].itertuples()
    ]  # fmt: skip


def verdicts(
    systems: list[Queue], rolling: Backtest, end: Posterior, check: CalibrationCheck, apart: LeaveOneOut
) -> str:
    """What was asked of the model, and whether it was met."""
    asked = [
        *asked_of_theory(systems, check),
        *asked_of_fit(end),
        *asked_of_forecasts(rolling, "rolling"),
        *asked_of_totals(rolling),
        *asked_of_forecasts(apart, "left out"),
    ]
    return table(("what is asked", "figure", "verdict"), asked)


def section_theory(systems: list[Queue]) -> str:
    """The engine beside queueing theory."""
    return f"""\
## 1. Theory: does the engine compute what it says?

{theory(systems)}

`tests/theory/` has more of them, and can fail; [method.md](method.md) says how each part of the model is tested."""


def section_calibration(end: Posterior, check: CalibrationCheck) -> str:
    """How the record is read, and whether that recovers known parameters."""
    names, strength = end.strongest_correlation
    return f"""\
## 2. Calibration: how the record is read

`sim calibrate SCENARIO --as-of DAY -o FILE.csv` gives the posterior of a scenario's uncertain parameters: 1,000 joint draws, which a scenario names
as its `posterior` (`-o FILE.yaml` writes one that does).

- **The past is simulated** from the first request for information to the day, once for each draw of the parameters from their priors: with
  every opening of the record on its day, requests arriving at random beside them, and the staff of the time. Headcounts and rates
  dated after the day are dropped; the last one before it continues to hold.
- **It is compared with the record as it was known on the day**: the rates of findings (in each half of the past too, as staff grows), of
  outcomes without and after them, and of openings; the shares of strands still in proceedings {", ".join(map(str, OPENED_AGES))} days after
  the opening, and still without an outcome {", ".join(map(str, FINDINGS_AGES))} days after findings; and how many ended in each way
  ({len(end.reference.names)} statistics). A strand in progress in the record is observed for as long in the simulated one, so that censoring needs no
  correction.
- **Regression**: the normal scores of the parameters on the statistics of their simulated records, and their squares, give the posterior mean, the
  errors at draws left out the covariance (Beaumont, Zhang and Balding 2002; Fearnhead and Prangle 2012; Li, Nott, Fan and Sisson 2017).
  Slopes are shrunk as much as predicts draws best that are left out (ridge regression, Hoerl and Kennard 1970), so that many statistics of
  few draws do no harm. A parameter that is not predicted better than by its mean (p < 0.001) keeps its prior.
- **Rounds**: with so many parameters few draws from the priors make such a record. So up to {ROUNDS} rounds are made: each draws from near the
  posterior of the last ({WIDER} times its variance), and the posterior under that proposal is turned into the one under the prior (Papamakarios and
  Murray 2016), until draws weighted by posterior over proposal are worth a third of their number.
- **Modules**: the number of openings informs only what leads up to openings, what strands do after it only the rest ("cut" inference,
  Plummer 2015), so that an error about requests, most of which are not public, does not spoil the effort of the work on strands.
- **Posteriors are joint**: the draws that are written come from the fitted normal posterior of the scores, with its correlations (the
  strongest is {strength:.2f}, {" with ".join(names)}). Backtests forecast with such draws.

What the whole record, to {end.as_of}, says:

{parameters(end)}

{compared(end)}

Rates are logarithms of acts a year at risk, half an act added. The prior predictive p-value (Box 1980) is {end.prior_predictive_p:.0%}: that share of the simulated
records is more extreme than the observed one (Mahalanobis distance); near 0 the model could not have produced it. There were {worth(end)}.

### Does the calibration recover known parameters?

Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari and Gelman 2018): {SYNTHETIC:,} of the last round's draws, which are near the posterior, serve as the truth, one after
the other; their simulated records, of the size of the real one, go through the same regression with the other draws. If posteriors mean what they
say, the ranks of the truth are uniform (Kolmogorov-Smirnov) and 90% intervals hold 90%, with sampling error between
{stats.binom.ppf(0.025, SYNTHETIC, 0.9) / SYNTHETIC:.1%} and {stats.binom.ppf(0.975, SYNTHETIC, 0.9) / SYNTHETIC:.1%} in 19 of 20 parameters.

{inferred(end, check)}

{batches(end)}

The width is that of the interval over what it is without the record, in that round: near 1, a record of this size says next to nothing more."""


def section_one(one: Backtest) -> str:
    """The forecast of one day."""
    first = one.posteriors[AS_OF]
    return f"""\
## 3. The forecast of {AS_OF}

`sim backtest --scenario scenarios/three-probes.yaml --as-of {AS_OF}`: calibrated on what was public then, started from what was in progress then, scored on {one.truth}.
The prior predictive p-value of the record of that day is {first.prior_predictive_p:.0%}; there were {worth(first)}.

### {TITLES[FINDINGS]}

{single(one, FINDINGS)}

### {TITLES[RESOLUTION]}

{single(one, RESOLUTION)}

The last columns: the probability by {one.truth} that the others gave. "Later or never": beyond three years, or the strand goes another way.

{scores(one)}"""


def section_rolling(rolling: Backtest) -> str:
    """Forecasts of many days, and their scores together."""
    rows = rolling.scores.set_index("forecaster")
    return f"""\
## 4. Rolling forecasts: {len(rolling.origins)} days, {rolling.origins[0]} to {rolling.origins[-1]}

`sim backtest --scenario scenarios/status-quo.yaml --rolling 3M`. {conclusion(rolling)}
{plainly(rolling)}

### All {rows.loc[MODEL, "forecasts"]} forecasts ({rows.loc[MODEL, "happened"]} came)

{scores(rolling)}

### {TITLES[FINDINGS]}

{scores(rolling, FINDINGS)}

### {TITLES[RESOLUTION]}

{scores(rolling, RESOLUTION)}

- **CRPS**: the continuous ranked probability score for censored times: the squared error of the probability that it has come, averaged over the
  days up to the last (Avati et al. 2020; with one last day for all it is the threshold-weighted CRPS, which is proper, Gneiting and Ranjan
  2011). 0 is best. **Brier**: the same on the last day alone; a coin has 0.25.
- **50%, 80%, 95%**: how much of the truth such central intervals hold. A truth beyond the last day counts for the share of what the
  forecast leaves for later that lies inside (the expectation of the randomised PIT, Czado, Gneiting and Held 2009). **Of what came**:
  among the truths that came by the last day alone; in brackets what true forecasts would hold of them, less than 80% because only
  early ones can have come. **Given that it came**: the same for the intervals of the forecast given that it comes by then, of which 80% is
  expected; a forecast of "never" holds nothing.
- **Baselines**: Kaplan-Meier (Aalen-Johansen where ends compete) and constant rates by maximum likelihood with censoring, both of the
  record as known on the day, given the age of the strand. As long as nothing has happened both say "never"; so there is a third with half
  an act added (Jeffreys), which does not.

### Why

{why(rolling)}

### Day by day, mean CRPS

{origins(rolling)}

"Prior predictive p": the share of simulated records that are more extreme than the observed one. Where it is near 0 the model does not produce such a
record: the first openings came sooner after the first requests than in the model.

### Where the truth lay in the forecasts (PIT)

{histogram(rolling)}

Flat is right; much at the left means that it came earlier than forecast, much at the right later.

### Totals

{totals(rolling)}

{held(rolling)}

Pending (in progress): in formal proceedings, without decision, commitments or closure, old and new strands."""


def left_out(analysis: LeaveOneOut) -> str:
    """Scores group by group."""
    rows = [
        (row["group"], row["opened"], row["strands"], f"{row['happened']} of {row['forecasts']}",
         f"{row['effective_draws']:,.0f}", *(f"{row[name]:.3f}" for name in FORECASTERS))
        for row in analysis.by_group.to_dict("records")
    ]  # fmt: skip
    names = (NAMES[name] for name in FORECASTERS)
    return table(("left out", "opened", "strands", "happened", "draws worth", *names), rows)


def section_left_out(analysis: LeaveOneOut) -> str:
    """Each proceeding forecast from what all the others say."""
    return f"""\
## 5. Each proceeding from all others

`sim backtest --scenario scenarios/status-quo.yaml --leave-one-out`. {conclusion(analysis)}
Each proceeding is left out of the record, and of the simulated ones, and forecast from the day of its opening by what is left;
proceedings that were opened on one day for the same topics are left out together ({analysis.moving_apart} groups, which are resampled for the
intervals). This judges every proceeding with nearly the whole record behind it, but uses what happened to others later. The priors were
written by people who knew the record, with what is left out: both forecasts of the model are judged a little too kindly beside the others.

{scores(analysis)}

### {TITLES[FINDINGS]}

{scores(analysis, FINDINGS)}

### {TITLES[RESOLUTION]}

{scores(analysis, RESOLUTION)}

### Group by group, mean CRPS

{left_out(analysis)}"""


def section_alternatives(apart: LeaveOneOut, alternatives: dict[str, LeaveOneOut]) -> str:
    """Other mechanisms, each scored as the model is."""
    rows = []
    for name, one in {"": apart, **alternatives}.items():
        own = one.scores.set_index("forecaster").loc[MODEL]
        parts = (one.scores_of(milestone).set_index("forecaster").loc[MODEL, "crps"] for milestone in MILESTONES)
        inside = one.whole.checks["inside80"]
        title = f"[{one.basis.given.title}](alternatives/{name}.yaml)" if name else "the model as shipped"
        scores_ = (f"{own.crps:.4f}", *(f"{part:.4f}" for part in parts), f"{own.brier:.3f}")
        rows.append((title, *scores_, f"{inside.sum()} of {len(inside)}"))
    head = ("model", "CRPS", "findings", "outcomes", "Brier", "statistics inside 80%")
    return f"""\
## 6. Alternatives that were tried

Each is a scenario that changes one thing; `sim backtest --leave-one-out` gives its score, here with {FEWER:,} draws in a round. Differences of
a few thousandths are within what the {apart.moving_apart} groups of proceedings and so many draws tell: they speak against effort by topic and number of
obligations (which sets strands apart that the record does not set apart), and decide little else. Dormancy was part of the first model; since
forecasts are as good without it, and the record's curve lies as well inside the simulated ones, it was taken out.

{table(head, rows)}"""


def section_kept(track: TrackRecord, rolling: Backtest) -> str:
    """Forecasts that were made before the fact, as they were."""
    rows = [
        (row["made"], row["forecasts"], row["happened"], *(f"{row[name]:.3f}" for name in SHORT),
         f"{row['inside80']} of {row['totals']}")
        for row in track.by_file.to_dict("records") if row["forecasts"]
    ]  # fmt: skip
    days = rolling.by_origin.set_index("origin")
    beside = [
        f"On the record to {made} this page's model, which was built with the rest known, has {days.loc[made, MODEL]:.3f}."
        for made in (row[0] for row in rows) if made in days.index
    ]  # fmt: skip
    head = ("forecast of", "milestones", "came", *(NAMES[name] for name in SHORT), "totals inside 80%")
    return f"""\
## 7. Forecasts made before the fact

`sim score` scores every forecast in scenarios/forecasts as it was written, with the model of its day (mean CRPS):

{table(head, rows)}

{" ".join(beside)}"""


def section_another(other: Backtest) -> str:
    """The same commands on another record."""
    return f"""\
## 8. Another record

`sim backtest --as-of {EXAMPLE_AS_OF} --record docs/example-record --scenario scenarios/three-probes.yaml` runs the same commands on an invented authority with other services, topics
and years. Its figures mean nothing; that there are any shows that nothing of the Commission's record is built in.

{scores(other)}"""


def section_limits(record: Record) -> str:
    """What none of this shows."""
    return f"""\
## Limits

- **Nothing after a day enters its forecast**: a test removes the later rows of the record and the later headcounts, and not a bit of
  calibration and forecast changes (`tests/inference/`).
- **Three things are known with hindsight all the same.** The split of a proceeding into strands has no date in the record: a proceeding is
  forecast in the strands into which it was to split. The procedure and the priors were written by people who had seen the record to its
  end, so that "priors only" is not what somebody would have written in {AS_OF.year}. And some headcounts of a day were derived from later ones.
- **The shape of the model was chosen with 2026 known.** The first forecast made before the fact (section 7) showed the first model to be wrong: it
  ended many strands early and let the rest lie. Effort before and after findings, least times and the ways in which strands end became
  uncertain by themselves, dormancy and effort by topic went, and effort became more uneven; the alternatives are in section 6. The forecasts of sections 3 to 5 use only
  what was public on their day, but their model does not: only what comes after {record.last_day} judges it.
- **Priors are judged with the record known, too.** Whoever wrote them had seen it, so that the posterior can gain little on them: both are
  judged a little too kindly beside the baselines.
- **Future staff is taken to be the staff of the day.** In fact it grew. A known hiring plan belongs in the scenario.
- **Small sample**: {len(record.strands)} strands, {sum(s.outcome is not None for s in record.strands)} outcomes, {sum(s.preliminary_findings is not None for s in record.strands)} preliminary findings, in
  {len({s.proceeding for s in record.strands})} proceedings; strands of one proceeding, and proceedings opened on one day, move together, and one strand is
  forecast from several days. Resampling proceedings allows for the second and third, not for all being the work of one team.
- **The work before the first day** is not simulated strand by strand: the progress of a strand follows from its age and one uncertain speed.
- **The regression is a regression**: one shape of the posterior, moved to where the record says. The synthetic records above say that this
  is right on average over records, not for each of them."""


def page(
    systems: list[Queue],
    one: Backtest,
    rolling: Backtest,
    end: Posterior,
    check: CalibrationCheck,
    apart: LeaveOneOut,
    alternatives: dict[str, LeaveOneOut],
    track: TrackRecord,
    other: Backtest,
    record: Record,
) -> str:
    """The whole page."""
    intro = f"""\
# Validation: theory, record, limits

Written by `python docs/validation.py` from the code, the shipped assumptions and the shipped record, to {rolling.truth}. Do not edit;
no number here is typed by hand. {DRAWS:,} draws of the {len(end.basis.scenario.uncertain)} uncertain parameters on each day, in each round.

{verdicts(systems, rolling, end, check, apart)}

In brackets: 95% confidence, whole proceedings resampled. {rolling.table["proceeding"].nunique()} proceedings, worked on by the same people, are few: the
intervals are too narrow rather than too wide, and one more act may change a verdict whose interval is wide."""
    sections = (
        section_theory(systems),
        section_calibration(end, check),
        section_one(one),
        section_rolling(rolling),
        section_left_out(apart),
        section_alternatives(apart, alternatives),
        section_kept(track, rolling),
        section_another(other),
        section_limits(record),
    )
    return "\n\n".join((intro, *sections)) + "\n"


def main(folder: Path) -> None:
    """Run everything (or take it from the stored runs) and write the page."""
    jobs = os.cpu_count() or 1
    common = {"draws": DRAWS, "jobs": jobs, "results": folder}
    one = backtest(FIRST, as_of=AS_OF, **common)
    rolling = backtest(SCENARIO, rolling_months=3, **common)
    other = backtest(FIRST, as_of=EXAMPLE_AS_OF, record=EXAMPLE, **common)
    end = calibrate(SCENARIO, as_of=rolling.truth, **common)
    apart = leave_one_out(SCENARIO, rolling.truth, **common)
    fewer = common | {"draws": FEWER}
    alternatives = {
        file.stem: leave_one_out(file, rolling.truth, **fewer) for file in sorted(ALTERNATIVES.glob("*.yaml"))
    }
    assert end.reference is not None
    check = end.reference.simulation_based_calibration(SYNTHETIC, SEED)
    record, track = load_record(RECORD), score()
    text = page(queues(), one, rolling, end, check, apart, alternatives, track, other, record)
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "results")
