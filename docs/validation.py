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
from sim.inference.calibrate import Posterior, calibrate
from sim.inference.histories import MILESTONES, RESOLUTION
from sim.inference.leave_one_out import LeaveOneOut, leave_one_out
from sim.inference.regression import CalibrationCheck
from sim.inference.statistics import FINDINGS_AGES, OPENED_AGES
from sim.record.files import load_record
from sim.record.model import Record
from sim.record.spans import FINDINGS
from sim.view.titles import NAMES, TITLES
from sim.view.verdicts import MIN_DIFFERENCE, conclusion, listed
from sim.view.words import listing, measured, statistic

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "validation.md"
SCENARIO = ROOT / "scenarios" / "three-probes.yaml"
RECORD = ROOT / "scenarios" / "record"
EXAMPLE = ROOT / "docs" / "example-record"
AS_OF = date(2024, 3, 14)
EXAMPLE_AS_OF = date(2021, 12, 31)
DRAWS = 1000
SYNTHETIC = DRAWS
"""Synthetic records from which known parameters are inferred."""
BATCH, BATCHES = 200, 5
"""Fewer of them, to see how much they vary."""
SEED = 20251231
ASKED = (0.7, 0.9)
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


def verdicts(systems: list[Queue], rolling: Backtest, check: CalibrationCheck) -> str:
    """What was asked of the model, and whether it was met."""
    rows = rolling.scores.set_index("forecaster")
    held, gains = rows.loc[MODEL, "cover80"], {n: rows.loc[n] for n in FORECASTERS if n != MODEL}
    inside_all, came = check.inside.mean(axis=0), rows.loc[MODEL]
    theory_met = all(abs(q.mean - q.theory) < q.half for q in systems)
    asked = [
        ("the engine gives theory's numbers (99.9% intervals)", f"{len(systems)} systems below, more in the tests", verdict(theory_met)),
        (f"90% intervals hold known parameters in {HELD[0]:.0%} to {HELD[1]:.0%} of {SYNTHETIC:,} synthetic records",
         f"{inside_all.min():.1%} to {inside_all.max():.1%} by parameter, {check.inside.mean():.1%} in all",
         verdict(bool(((inside_all >= HELD[0]) & (inside_all <= HELD[1])).all()))),
        (f"pooled 80% intervals hold {ASKED[0]:.0%} to {ASKED[1]:.0%} of all truths, later ones counted by what is left for later",
         f"{held:.0%} ({bounds(came.cover80_ci_low, came.cover80_ci_high, '.0%')})", verdict(ASKED[0] <= held <= ASKED[1])),
        (f"and as much of the {came.happened:.0f} that came by the last day",
         f"{came.came80:.0%} ({bounds(came.came80_ci_low, came.came80_ci_high, '.0%')}); expected {came.came80_expected:.0%} if the forecasts were true",
         verdict(ASKED[0] <= came.came80 <= ASKED[1])),
        ("and of these, given that they came by then",
         f"{came.given80:.0%} ({bounds(came.given80_ci_low, came.given80_ci_high, '.0%')})", verdict(ASKED[0] <= came.given80 <= ASKED[1])),
        *((f"a better pooled CRPS than {NAMES[name]}", f"{g.gain:+.3f} ({bounds(g.gain_ci_low, g.gain_ci_high, '+.3f')})",
           verdict(g.gain >= MIN_DIFFERENCE) + (", with 95% confidence" if g.gain_ci_low > 0 else ", but not significantly" if g.gain >= MIN_DIFFERENCE else "")) for name, g in gains.items()),
    ]  # fmt: skip
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
  errors at draws left out the covariance (Beaumont, Zhang and Balding 2002; Fearnhead and Prangle 2012; Li, Nott, Fan and Sisson 2017), and
  the draws are weighted by posterior over prior. Slopes are shrunk as much as predicts draws best that are left out (ridge regression, Hoerl
  and Kennard 1970), so that many statistics of few draws do no harm. A parameter that is not predicted better than by its mean (p < 0.001)
  keeps its prior.
- **Modules**: the number of openings informs only what leads up to openings, what strands do after it only the rest ("cut" inference,
  Plummer 2015), so that an error about requests, most of which are not public, does not spoil the effort of the work on strands.
- **Posteriors are joint**: the draws that are written come from the fitted normal posterior of the scores, with its correlations (the
  strongest is {strength:.2f}, {" with ".join(names)}). Backtests forecast with such draws.

What the whole record, to {end.as_of}, says:

{parameters(end)}

{compared(end)}

Rates are logarithms of acts a year at risk, half an act added. The prior predictive p-value (Box 1980) is {end.prior_predictive_p:.0%}: that share of the simulated
records is more extreme than the observed one (Mahalanobis distance); near 0 the model could not have produced it. The {len(end.weights):,} draws are worth {end.effective_draws:,.0f}.

### Does the calibration recover known parameters?

Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari and Gelman 2018): {SYNTHETIC:,} of the draws serve as the truth, one after the other;
their simulated records, of the size of the real one, go through the same calibration with the other draws. If posteriors mean what they
say, the ranks of the truth are uniform (Kolmogorov-Smirnov) and 90% intervals hold 90%, with sampling error between
{stats.binom.ppf(0.025, SYNTHETIC, 0.9) / SYNTHETIC:.1%} and {stats.binom.ppf(0.975, SYNTHETIC, 0.9) / SYNTHETIC:.1%} in 19 of 20 parameters.

{inferred(end, check)}

{batches(end)}

A width near 1 means that a record of this size says next to nothing about the parameter: its interval is right because its prior is."""


def section_one(one: Backtest) -> str:
    """The forecast of one day."""
    first = one.posteriors[AS_OF]
    return f"""\
## 3. The forecast of {AS_OF}

`sim backtest --as-of {AS_OF}`: calibrated on what was public then, started from what was in progress then, scored on {one.truth}.
The prior predictive p-value of the record of that day is {first.prior_predictive_p:.0%}; the draws are worth {first.effective_draws:,.0f}.

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

`sim backtest --rolling 3M`. {conclusion(rolling)}
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

`sim backtest --leave-one-out`. {conclusion(analysis)}
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


def section_another(other: Backtest) -> str:
    """The same commands on another record."""
    return f"""\
## 6. Another record

`sim backtest --as-of {EXAMPLE_AS_OF} --record docs/example-record --scenario scenarios/three-probes.yaml` runs the same commands on an invented authority with other services, topics
and years. Its figures mean nothing; that there are any shows that nothing of the Commission's record is built in.

{scores(other)}"""


def section_limits(record: Record, first: Posterior) -> str:
    """What none of this shows; `first`: the posterior on the day of the one forecast."""
    return f"""\
## Limits

- **Nothing after a day enters its forecast**: a test removes the later rows of the record and the later headcounts, and not a bit of
  calibration and forecast changes (`tests/inference/`).
- **Three things are known with hindsight all the same.** The split of a proceeding into strands has no date in the record: a proceeding is
  forecast in the strands into which it was to split. The procedure and the priors were written by people who had seen the record to its
  end, so that "priors only" is not what somebody would have written in {AS_OF.year}. And some headcounts of a day were derived from later ones.
- **No parameter was tuned on later rows or on scores, but three choices of method came after scores had been seen.** A first version took openings to inform
  effort as well, and began the past with the first opening; it scored worse than its priors on {AS_OF}. What was wrong could be
  seen on that day (a prior predictive p-value of {first.prior_predictive_p:.0%}, because the first openings came so early), and modules and a past
  that begins with the first request are the remedy. The squares in the regression came after the rolling scores without them: the reason was
  that ranks in synthetic records are more uniform with them, and the scores became a little better too. Before, the model was no better
  than its priors, and its advantage over Kaplan-Meier was within its interval: whoever wants to discount that verdict may. The statistics of the
  shape (shares by age, halves of the past, kinds of ends) came after the first ten months of 2026 had shown the shape to be wrong.
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
    other: Backtest,
    record: Record,
) -> str:
    """The whole page."""
    intro = f"""\
# Validation: theory, record, limits

Written by `python docs/validation.py` from the code, the shipped assumptions and the shipped record, to {rolling.truth}. Do not edit;
no number here is typed by hand. {DRAWS:,} draws of the {len(end.basis.scenario.uncertain)} uncertain parameters on each day.

{verdicts(systems, rolling, check)}

In brackets: 95% confidence, whole proceedings resampled. {rolling.table["proceeding"].nunique()} proceedings, worked on by the same people, are few: the
intervals are too narrow rather than too wide, and one more act may change a verdict whose interval is wide."""
    sections = (
        section_theory(systems),
        section_calibration(end, check),
        section_one(one),
        section_rolling(rolling),
        section_left_out(apart),
        section_another(other),
        section_limits(record, one.posteriors[AS_OF]),
    )
    return "\n\n".join((intro, *sections)) + "\n"


def main(folder: Path) -> None:
    """Run everything (or take it from the stored runs) and write the page."""
    jobs = os.cpu_count() or 1
    common = {"draws": DRAWS, "jobs": jobs, "results": folder}
    one = backtest(SCENARIO, as_of=AS_OF, **common)
    rolling = backtest(SCENARIO, rolling_months=3, **common)
    other = backtest(SCENARIO, as_of=EXAMPLE_AS_OF, record=EXAMPLE, **common)
    end = calibrate(SCENARIO, as_of=rolling.truth, **common)
    apart = leave_one_out(SCENARIO, rolling.truth, **common)
    assert end.reference is not None
    check = end.reference.simulation_based_calibration(SYNTHETIC, SEED)
    PAGE.write_text(page(queues(), one, rolling, end, check, apart, other, load_record(RECORD)), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "results")
