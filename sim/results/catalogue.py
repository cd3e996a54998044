"""The catalogue of indicators: each number that anybody sees of a run is declared here once.

A declaration is a formula over the summary (`sim.results.summary`) with a name, title, unit, direction and source. The
same few lines of generic code (`sim.results.estimates`) make any of them a point estimate with a confidence interval
and the central 80% of single replications. Terminal, comparison, sweep, sensitivity analysis, precision and backtest
take them from it by name and have no formula of their own; docs/indicators.md is written from it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.dates import YEAR_DAYS
from sim.results.summary import HEADLINE, Layout

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    Formula = Callable[["xr.Dataset"], Any]

CEPEJ = "CEPEJ, Revised guidelines on backlog reduction"
PRODUCT_LIMIT = "Kaplan and Meier (1958); with late entry, Tsai, Jewell and Wang (1987)"
COMPETING = "Aalen and Johansen (1978), with late entry"


@dataclass(frozen=True)
class CurveStatistic:
    """What is read off the survival curve of some durations.

    `curve`: which, of `Layout.curves`. `quantile`: the age by which this share has ended. `within`: or else the share
    that has ended as meant within so many days.
    """

    curve: str
    quantile: float | None = None
    within: float | None = None


@dataclass(frozen=True)
class Indicator:
    """What a number means, and how it is computed from the summary.

    Attributes
    ----------
    name, title, unit : what it is called; a key behind a colon says of which stage, role, case, ... it is.
    formula : the formula in words, for readers.
    over, per : the quantity, or numerator and denominator of a ratio: arrays over replications and the dimensions `of`.
        A ratio is estimated as the ratio of the means over replications.
    curve : instead of these, what is read off the survival curve of the durations of a key.
    of : dimensions beside replications. Those with two are tables only and have no name for each cell.
    keys : labels of the dimension for which a scenario has the indicator; all of them if not given.
    better : 1 if more of it is better, -1 if less is, 0 if neither.
    source : where the definition comes from.
    is_share : whether it is a share of something, so that neither it nor its interval is less than 0 or more than 1.
    """

    name: str
    title: str
    unit: str
    formula: str
    over: "Formula | None" = None
    per: "Formula | None" = None
    curve: Callable[[Layout, str], CurveStatistic] | None = None
    of: tuple[str, ...] = ()
    keys: Callable[[Layout], Sequence[str]] | None = None
    better: int = 0
    source: str = ""
    is_share: bool = False

    def keys_in(self, layout: Layout) -> list[str]:
        """The keys for which a scenario has the indicator; the empty one if it is of the run as a whole."""
        if self.keys:
            return list(self.keys(layout))
        return list(layout.labels()[self.of[0]]) if self.of else [""]

    def label(self, key: str) -> str:
        """The name by which people ask for it; of headline cases the bare name."""
        return self.name if key in {"", HEADLINE} else f"{self.name}:{key}"


def _resolved_stages(layout: Layout) -> list[str]:
    return [stage for stage in layout.stages if stage in layout.resolving]


def _limited_stages(layout: Layout) -> list[str]:
    return [name for name, stage in layout.scenario.procedure.stages.items() if stage.limit]


def _fined(layout: Layout) -> list[str]:
    return [""] if any(stage.fine for stage in layout.scenario.procedure.stages.values()) else []


def _cases(d: "xr.Dataset") -> Any:
    """Cases that were in progress on the first day or came later."""
    return d.pending_start + d.incoming


def _headline_delay(d: "xr.Dataset") -> Any:
    """Days of delay charged to each role, over the stages in which headline cases are in progress."""
    return d.delay.where(d.in_headline).sum("stage")


def _fte_years(d: "xr.Dataset") -> Any:
    return d.effort.sum(["stage", "role"]) * d.years / d.working_days


def _comes_up(d: "xr.Dataset") -> Any:
    """1 in the replications in which a tracked case is in progress on the first day or comes later, else 0.

    A request may have been closed before the first day without anybody outside knowing; strands need not come up.
    """
    return ((d.first_reached < float("inf")).any("state") | d.open_at_end).astype(float)


def _resolution(d: "xr.Dataset") -> Any:
    """Days until each tracked case is resolved, whichever way; infinite if it is not."""
    return d.first_reached.sel(state=d.resolving).min("state").astype(float)


def _ends_by(d: "xr.Dataset") -> Any:
    """1 where a tracked case has been resolved by a date by coming to a state, else 0.

    A case that comes to several at once, as one after another without a day between, is resolved by the first of them.
    """
    first = d.first_reached.sel(state=d.resolving)
    how = (first == first.min("state")) & (first < float("inf"))
    how &= how.cumsum("state") == 1  # what follows on the same day, such as an appeal, is not how it was resolved
    return (how & (first <= d.date)).astype(float)


def _goes_on_by(d: "xr.Dataset") -> Any:
    """1 where a tracked case has gone on by a date as strands, which are cases of their own, else 0."""
    forked = (_comes_up(d) > 0) & ~d.open_at_end & (_resolution(d) == float("inf"))
    last = d.first_reached.where(d.first_reached < float("inf")).max("state")
    return (forked & (last <= d.date)).astype(float)


def _open_on(d: "xr.Dataset") -> Any:
    """1 where a tracked case is in progress on a date, or still to come, else 0."""
    return _comes_up(d) - (_resolution(d) <= d.date) - _goes_on_by(d)


def _within(layout: Layout, target: str) -> float:
    return layout.scenario.targets[layout.targets.index(target)].within_days


_POPULATION, _STAGE, _ROLE, _TARGET, _CASE = ("population",), ("stage",), ("role",), ("target",), ("case",)
_I = Indicator
INDICATORS = (
    # Flow and stock of cases: CEPEJ's indicators.
    _I("incoming", "new cases a year", "a year", "cases that came / years",
       lambda d: d.incoming / d.years, of=_POPULATION, source=CEPEJ),
    _I("resolved", "cases resolved a year", "a year", "cases that left / years",
       lambda d: d.resolved / d.years, of=_POPULATION, better=1, source=CEPEJ),
    _I("clearance_rate", "clearance rate", "", "resolved / incoming",
       lambda d: d.resolved, lambda d: d.incoming, of=_POPULATION, better=1, source=CEPEJ),
    _I("disposition_time", "disposition time", "days", "365 x in progress at the horizon / resolved a year",
       lambda d: YEAR_DAYS * d.pending_end, lambda d: d.resolved / d.years, of=_POPULATION, better=-1, source=CEPEJ),
    _I("pending_start", "cases in progress on the first day", "cases", "in progress on the first day",
       lambda d: d.pending_start, of=_POPULATION, source=CEPEJ),
    _I("pending_end", "cases in progress at the horizon", "cases", "in progress at the horizon",
       lambda d: d.pending_end, of=_POPULATION, better=-1, source=CEPEJ),
    _I("pending_mean", "cases in progress on average", "cases", "days that cases were in progress / days",
       lambda d: d.pending_days / d.horizon_days, of=_POPULATION, better=-1),
    _I("age_end", "age of cases in progress", "days", "days since they came / cases in progress, at the horizon",
       lambda d: d.age_end, lambda d: d.pending_end, of=_POPULATION, better=-1, source=CEPEJ),
    _I("backlog", "backlog", "cases", "cases in progress at the horizon for longer than the target allows",
       lambda d: d.overdue, of=_TARGET, better=-1, source=CEPEJ),
    # Durations.
    _I("days_to_resolution", "days to resolution", "days", "days since they came, over cases resolved",
       lambda d: d.resolved_days, lambda d: d.resolved, of=_POPULATION, better=-1),
    _I("days_to", "days to the milestone", "days", "days since they came, over headline cases that reach it",
       lambda d: d.days_to, lambda d: d.reached, of=("state",), keys=lambda x: x.resolving, better=-1),
    _I("stage_days", "median days in the stage", "days",
       "age by which half of the visits have ended, those not ended by the horizon counted as far as they were seen",
       curve=lambda _, stage: CurveStatistic(stage, quantile=0.5), of=_STAGE, better=-1, source=PRODUCT_LIMIT),
    _I("target_met", "share that meets the target", "",
       "share that reaches the milestone in time, those who may still make it at the horizon counted until then",
       curve=lambda layout, key: CurveStatistic(key, within=_within(layout, key)), of=_TARGET, better=1,
       source=COMPETING, is_share=True),
    _I("resolution", "days to resolution", "days",
       "days since the start, at most until the horizon / replications in which it comes up",
       lambda d: _resolution(d).clip(max=d.horizon_days) * _comes_up(d), _comes_up, of=_CASE, better=-1),
    _I("resolved_by_horizon", "probability of resolution by the horizon", "",
       "replications in which it is resolved / in which it comes up",
       lambda d: (_resolution(d) <= d.horizon_days).astype(float), _comes_up, of=_CASE, better=1, is_share=True),
    # What cases wait for.
    _I("milestones", "times that cases come to the stage", "a year",
       "visits begun / years; a case that comes again counts again",
       lambda d: d.entered / d.years, of=_STAGE),
    _I("staff_delay", "delay due to staffing", "days", "days beyond those with unlimited staff / visits to the stage",
       lambda d: d.days.sel(part="staff"), lambda d: d.visits, of=_STAGE, better=-1),
    _I("queue", "queue at the limit", "days", "days between asking to enter and entering / visits",
       lambda d: d.days.sel(part="queue"), lambda d: d.visits, of=_STAGE, keys=_limited_stages, better=-1),
    _I("delay_per_case", "delay due to staffing per case", "days",
       "days beyond those with unlimited staff / cases in progress on the first day or coming later",
       lambda d: d.days.sel(part="staff").dot(d.stage_population, "stage"), _cases, of=_POPULATION, better=-1),
    _I("role_delay", "delay due to a role per case", "days",
       "days of delay of headline cases charged to the role, the last to be done or free / such cases",
       _headline_delay, lambda d: _cases(d).sel(population=HEADLINE), of=_ROLE, better=-1),
    # Staff.
    _I("utilisation", "utilisation", "", "FTE-days of work / FTE-days that the staff could work on cases",
       lambda d: d.effort.sum("stage"), lambda d: d.available, of=_ROLE),
    _I("fte", "people at work on cases", "FTE", "FTE-days of work / working days of a person until the horizon",
       lambda d: d.effort.sum(["stage", "role"]) / d.working_days),
    _I("fte_years", "staff cost of a resolution", "FTE-years", "FTE-years of all work / headline cases resolved",
       _fte_years, lambda d: d.resolved.sel(population=HEADLINE), better=-1),
    _I("fte_years_per", "staff cost of the milestone", "FTE-years", "FTE-years of all work / cases that reach it",
       _fte_years, lambda d: d.reached, of=("state",), keys=_resolved_stages, better=-1),
    # Fines.
    _I("fines", "fines", "EUR million", "sum of the fines set until the horizon", lambda d: d.fines, keys=_fined),
    _I("fined_share", "share of resolutions with a fine", "", "fines set / headline cases resolved",
       lambda d: d.fined, lambda d: d.resolved.sel(population=HEADLINE), keys=_fined),
    _I("fine", "fine", "EUR million", "sum of the fines set / their number", lambda d: d.fines, lambda d: d.fined,
       keys=_fined),
    _I("fine_per_resolution", "fine per resolution", "EUR million", "sum of the fines set / headline cases resolved",
       lambda d: d.fines, lambda d: d.resolved.sel(population=HEADLINE), keys=_fined),
)  # fmt: skip
"""Every indicator. Those of headline cases have the bare name; those of cases before, say, `incoming:before`."""


def indicators() -> "pd.DataFrame":
    """The catalogue of indicators, for people.

    Returns
    -------
    Columns: name, title, unit, formula, of (the dimension of which there is one for each label, as in
    `stage_days:rfi`; of population the bare name is of headline cases), better ('more', 'less' or ''), source.
    """
    import pandas as pd

    better = {1: "more", -1: "less", 0: ""}
    rows = [(i.name, i.title, i.unit, i.formula, "".join(i.of), better[i.better], i.source) for i in INDICATORS]
    return pd.DataFrame(rows, columns=["name", "title", "unit", "formula", "of", "better", "source"])


_BY_NAME = {indicator.name: indicator for indicator in INDICATORS}


def by_label(label: str) -> Indicator:
    """The declaration behind a label such as `stage_days:rfi`. Raises KeyError if there is none."""
    return _BY_NAME[label.partition(":")[0]]


CELLS = {
    "effort": _I("effort", "people at work", "FTE", "FTE-days of work / working days of a person until the horizon",
                 lambda d: d.effort / d.working_days, of=("stage", "role")),
    "effort_share": _I("effort_share", "share of the role's work", "", "FTE-days of work in the stage / in all stages",
                       lambda d: d.effort, lambda d: d.effort.sum("stage"), of=("stage", "role"), is_share=True),
    "effort_in_stage": _I("effort_in_stage", "people at work", "FTE", "FTE-days of work of all roles / working days",
                          lambda d: d.effort.sum("role") / d.working_days, of=("stage",)),
    "effort_by_ending": _I("effort_by_ending", "share of the work on resolved cases", "",
                           "FTE-days on cases resolved by this route / on all that were resolved",
                           lambda d: d.effort_of, lambda d: d.effort_of.sum(["stage", "state"]), of=("stage", "state"),
                           is_share=True),
    "delay": _I("delay", "days of a visit", "days", "days so spent / visits, those not ended as far as they have gone",
                lambda d: d.days, lambda d: d.visits, of=("stage", "part")),
    "visit_days": _I("visit_days", "days of a visit", "days", "days of a visit and of the queue before it / visits",
                     lambda d: d.days.sum("part"), lambda d: d.visits, of=("stage",)),
    "share_of_days": _I("share_of_days", "share of the days", "", "days of headline cases so spent / all their days",
                        lambda d: d.days.where(d.in_headline).sum("stage"),
                        lambda d: d.days.where(d.in_headline).sum(["stage", "part"]), of=("part",), is_share=True),
    "delay_by_role": _I("delay_by_role", "delay due to a role", "days",
                        "days of delay charged to the role, the last to be done or free / visits",
                        lambda d: d.delay, lambda d: d.visits, of=("stage", "role"), better=-1),
    "came": _I("came", "cases that came", "cases", "cases that came to the stage from outside",
               lambda d: d.came, of=("source", "stage")),
    "went": _I("went", "cases that went", "cases", "cases that went from the stage to the stage or exit",
               lambda d: d.went, of=("stage", "state")),
    "remaining": _I("remaining", "cases that remain", "cases", "cases in the stage at the horizon",
                    lambda d: d.remaining, of=("stage",)),
    "endings": _I("endings", "how cases end", "", "headline cases so resolved by the date / all come by then",
                  lambda d: d.ended_by, lambda d: d.ended_by.sum("state") + d.open_on, of=("state", "date"),
                  is_share=True),
    "still_in_progress": _I("still_in_progress", "cases still in progress", "",
                            "headline cases in progress on the date / all come by then",
                            lambda d: d.open_on, lambda d: d.ended_by.sum("state") + d.open_on, of=("date",),
                            is_share=True),
    "endings_of_cases": _I("endings_of_cases", "how tracked cases end", "",
                           "replications in which it is so resolved by the date / in which it comes up",
                           _ends_by, _comes_up, of=("case", "state", "date"), is_share=True),
    "goes_on": _I("goes_on", "probability that a tracked case has gone on as strands", "",
                  "replications in which it has gone on as strands by the date / in which it comes up",
                  _goes_on_by, _comes_up, of=("case", "date"), is_share=True),
    "open_cases": _I("open_cases", "probability that a tracked case is still in progress", "",
                     "replications in which it is in progress on the date, or to come / in which it comes up",
                     _open_on, _comes_up, of=("case", "date"), is_share=True),
}  # fmt: skip
"""What tables give for each cell of two or more dimensions; see `sim.results.tables`."""
