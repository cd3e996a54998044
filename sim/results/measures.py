"""Indicators as one number a replication: what can be compared, swept, and known to a precision.

Each is a total over a replication, or a ratio of two. A ratio is estimated as the ratio of the means, and a
replication's value is its linearisation (Law, section 9.4; Cochran, Sampling Techniques, ch. 6), so that the mean over
replications is the estimate, and their variance, and that of paired differences, the estimate's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from sim.dates import YEAR_DAYS
from sim.errors import UserError, suggestion
from sim.results.intervals import LEVEL, mean_interval
from sim.results.run import Run
from sim.results.summary import Floats, Layout, Summary, blank
from sim.scenario.schema import Scenario
from sim.scenario.staffing import capacity

if TYPE_CHECKING:
    import pandas as pd


class Definition(NamedTuple):
    """What an indicator means.

    `of`: what there is one of it for each of, if any. `better`: 1 if more of it is better, -1 if less is, 0 if neither.
    """

    title: str
    unit: str
    formula: str
    better: int = 0
    of: Literal["", "stage", "place", "role", "target", "case"] = ""
    source: str = ""


CEPEJ = "CEPEJ, Revised guidelines on backlog reduction"
EXPOSURE = "occurrence-exposure rate; Andersen, Borgan, Gill and Keiding (1993), section IV.1"
_D = Definition
DEFINITIONS = {
    "incoming": _D("new cases a year", "a year", "incoming / years", source=CEPEJ),
    "resolved": _D("cases resolved a year", "a year", "resolved / years", 1, source=CEPEJ),
    "clearance_rate": _D("clearance rate", "", "resolved / incoming", 1, source=CEPEJ),
    "disposition_time": _D(
        "disposition time", "days", "365 x pending at the horizon / resolved a year", -1, source=CEPEJ
    ),
    "days_to_resolution": _D(
        "days to resolution", "days", "days from the first act, over the cases resolved before the horizon", -1
    ),
    "days_to": _D(
        "days to the milestone",
        "days",
        "days from the first act, over the cases that reach it by the horizon",
        -1,
        "place",
    ),
    "pending_end": _D("pending cases at the horizon", "cases", "pending at the horizon", -1, source=CEPEJ),
    "pending_mean": _D("pending cases on average", "cases", "days that cases were pending / days", -1),
    "age_end": _D("age of the pending", "days", "days since the first act / pending, at the horizon", -1, source=CEPEJ),
    "backlog": _D(
        "backlog", "cases", "cases older than the target allows, pending at the horizon", -1, "target", CEPEJ
    ),
    "target_met": _D(
        "share that meets the target", "", "in time / begun so early that the horizon shows it", 1, "target"
    ),
    "milestones": _D("cases that come to the stage", "a year", "stages begun / years", 0, "stage"),
    "stage_days": _D(
        "days in the stage", "days", "days spent in it within the horizon / stages ended", -1, "stage", EXPOSURE
    ),
    "staff_delay": _D(
        "delay due to staffing", "days", "days beyond those with unlimited staff / visits to the stage", -1, "stage"
    ),
    "queue": _D("queue at the limit", "days", "days between asking to enter and entering / visits", -1, "stage"),
    "delay_per_case": _D(
        "delay due to staffing per case", "days", "days beyond those with unlimited staff / cases pending or new", -1
    ),
    "role_delay": _D(
        "delay due to a role per case",
        "days",
        "days of delay charged to the role, the last to be done or free / cases pending or new",
        -1,
        "role",
    ),
    "utilisation": _D("utilisation", "", "FTE-days of work / FTE-days that the staff could work on cases", 0, "role"),
    "fte": _D("people at work on cases", "FTE", "FTE-days of work / (working days of an FTE a year x years)"),
    "fte_years": _D("staff cost of a resolution", "FTE-years", "FTE-years of all work / cases resolved", -1),
    "fte_years_per": _D(
        "staff cost of the milestone", "FTE-years", "FTE-years of all work / cases that reach it", -1, "stage"
    ),
    "fines": _D("fines", "EUR million", "sum of the fines set until the horizon"),
    "resolution": _D("days to resolution", "days", "days since the start, at most until the horizon", -1, "case"),
    "resolved_by_horizon": _D(
        "chance of resolution by the horizon", "", "replications in which it is resolved / all", 1, "case"
    ),
}
"""All indicators by name; those of a stage, role, target or case have its name behind a colon."""


@dataclass(frozen=True)
class Measure:
    """An indicator in each replication: the numerators, and the denominators if it is a ratio."""

    name: str
    key: str
    over: Floats
    per: Floats | None = None
    subject: str = ""
    """what the key stands for, in words"""

    @property
    def label(self) -> str:
        """The name by which people ask for it."""
        return f"{self.name}:{self.key}" if self.key else self.name

    @property
    def definition(self) -> Definition:
        """What it means."""
        return DEFINITIONS[self.name]

    @property
    def title(self) -> str:
        """What it is, with the stage, role, target or case that it is of."""
        return f"{self.definition.title}, {self.subject}" if self.subject else self.definition.title

    def values(self) -> Floats:
        """One value a replication, whose mean is the estimate; all NaN for a ratio to nothing."""
        if self.per is None:
            return self.over
        mean = self.per.mean()
        if mean == 0:
            return np.full(len(self.over), np.nan)
        ratio = self.over.mean() / mean
        found: Floats = ratio + (self.over - ratio * self.per) / mean
        return found

    def first(self, replications: int) -> "Measure":
        """The indicator in the first so many replications."""
        per = None if self.per is None else self.per[:replications]
        return replace(self, over=self.over[:replications], per=per)

    def spread(self) -> Floats:
        """The indicator of each replication by itself, where it has one."""
        if self.per is None:
            return self.over
        there = self.per > 0
        found: Floats = self.over[there] / self.per[there]
        return found


def measures(summary: Summary) -> dict[str, Measure]:
    """All indicators of a run by label, those whose stage, role or case never comes up included."""
    words = _subjects(summary.layout)
    return {m.label: replace(m, subject=words.get(m.key, m.key)) for part in _PARTS for m in part(summary)}


def _subjects(layout: Layout) -> dict[str, str]:
    """What the keys of indicators stand for, in words."""
    procedure, scenario = layout.scenario.procedure, layout.scenario
    words = {name: stage.title for name, stage in procedure.stages.items()} | procedure.exits
    words |= {role: pool.title or role for role, pool in scenario.staffing.items()}
    return words | {key: t.title or key for key, t in zip(layout.targets, scenario.targets, strict=True)}


def _flow(s: Summary) -> Iterator[Measure]:
    years = s.layout.scenario.horizon_days / YEAR_DAYS
    incoming, resolved, pending = map(s.total, ("incoming", "resolved", "pending_end"))
    yield Measure("incoming", "", incoming / years)
    yield Measure("resolved", "", resolved / years)
    yield Measure("clearance_rate", "", resolved, incoming)
    yield Measure("disposition_time", "", YEAR_DAYS * pending, resolved / years)
    yield Measure("days_to_resolution", "", s.total("resolved_days"), resolved)
    yield Measure("pending_end", "", pending)
    yield Measure("pending_mean", "", s.total("pending_days") / s.layout.scenario.horizon_days)
    yield Measure("age_end", "", s.total("age_end"), pending)
    for place in s.layout.resolving:
        yield Measure("days_to", place, s.total(f"days_to:{place}"), s.total(f"reached:{place}"))
    if any(stage.fine for stage in s.layout.scenario.procedure.stages.values()):
        yield Measure("fines", "", s.total("fines"))


def _targets(s: Summary) -> Iterator[Measure]:
    for key in s.layout.targets:
        yield Measure("target_met", key, s.total(f"met:{key}"), s.total(f"followed:{key}"))
        yield Measure("backlog", key, s.total(f"overdue:{key}"))


def _delays(s: Summary) -> Iterator[Measure]:
    stages, cases = s.layout.open_stages, s.total("pending_start") + s.total("incoming")
    yield Measure("delay_per_case", "", np.sum([s.total(f"staff_days:{stage}") for stage in stages], axis=0), cases)
    for role in s.layout.scenario.staffing:
        delayed = np.sum([s.total(f"delay:{stage}|{role}") for stage in stages], axis=0)
        yield Measure("role_delay", role, delayed, cases)


def _stages(s: Summary) -> Iterator[Measure]:
    years = s.layout.scenario.horizon_days / YEAR_DAYS
    for stage in s.layout.stages:
        visits = s.total(f"visits:{stage}")
        yield Measure("milestones", stage, s.total(f"entered:{stage}") / years)
        yield Measure("stage_days", stage, s.total(f"open_days:{stage}"), s.total(f"ended:{stage}"))
        yield Measure("staff_delay", stage, s.total(f"staff_days:{stage}"), visits)
        if s.layout.scenario.procedure.stages[stage].limit:
            yield Measure("queue", stage, s.total(f"queue_days:{stage}"), visits)


def _staff(s: Summary) -> Iterator[Measure]:
    scenario = s.layout.scenario
    for role, available in available_fte_days(scenario).items():
        if available:
            yield Measure("utilisation", role, effort_of_role(s, role) / available)
    done = np.sum([effort_of_role(s, role) for role in scenario.staffing], axis=0)
    done = done / scenario.calendar.working_days_per_year
    yield Measure("fte", "", done / (scenario.horizon_days / YEAR_DAYS))
    yield Measure("fte_years", "", done, s.total("resolved"))
    for stage in s.layout.stages:
        if stage in s.layout.resolving:
            yield Measure("fte_years_per", stage, done, s.total(f"reached:{stage}"))


def _listed(s: Summary) -> Iterator[Measure]:
    horizon = s.layout.scenario.horizon_days
    for case in s.layout.listed:
        first = s.first(case, s.layout.resolving)
        if np.isinf(s.first(case, s.layout.places)).all():
            continue
        yield Measure("resolution", case, np.minimum(first, horizon))
        yield Measure("resolved_by_horizon", case, (first <= horizon).astype(np.float64))


def check_label(scenario: Scenario, label: str) -> None:
    """Raise UserError, with a suggestion, unless a run of the scenario has such an indicator."""
    known = measures(blank(Layout(scenario)))
    if label not in known:
        hint = suggestion(label, known, listed=0)
        raise UserError(f"{scenario.name}: there is no indicator {label!r}{hint}; `sim indicators` says what there is")


def working_days(scenario: Scenario) -> float:
    """Working days of one person until the horizon; FTE-days divided by them are people at work on average."""
    return scenario.calendar.working_days_per_year * scenario.horizon_days / YEAR_DAYS


def effort_of_role(summary: Summary, role: str) -> Floats:
    """FTE-days of work of a role in each replication, over all stages."""
    found: Floats = np.sum([summary.total(f"effort:{stage}|{role}") for stage in summary.layout.stages], axis=0)
    return found


_PARTS = (_flow, _targets, _delays, _stages, _staff, _listed)


def available_fte_days(scenario: Scenario) -> dict[str, float]:
    """The FTE-days that each role could work on cases: its capacity times the working days of an FTE."""
    speed = scenario.calendar.working_days_per_year / YEAR_DAYS
    horizon = scenario.horizon_days
    return {
        role: capacity(pool, scenario.calendar, scenario.start, horizon).fte_days(horizon) * speed
        for role, pool in scenario.staffing.items()
    }


def indicators() -> "pd.DataFrame":
    """The indicators that runs are measured by.

    Returns
    -------
    Columns: name, of (what there is one of it for each of: its name stands behind a colon), title, unit, formula,
    better (1 if more of it is better, -1 if less is, 0 if neither), source.
    """
    import pandas as pd

    rows = [{"name": name, **definition._asdict()} for name, definition in DEFINITIONS.items()]
    return pd.DataFrame(rows)[["name", "of", "title", "unit", "formula", "better", "source"]]


def estimates(run: Run, level: float = LEVEL) -> "pd.DataFrame":
    """All indicators of a run, and how sure each is.

    Columns: indicator (its label), title, unit, value, low, high (confidence interval of the value at `level`: what
    more replications would narrow), spread_low, spread_high (central 80% of single replications: what they would not).
    """
    import pandas as pd

    rows = []
    for label, measure in measures(run.summary).items():
        values, spread = measure.values(), measure.spread()
        if np.isnan(values).any():
            continue
        found = mean_interval(values, run.scenario.replications_per_draw, level)
        low, high = np.quantile(spread, (0.1, 0.9)) if len(spread) else (np.nan, np.nan)
        rows.append((label, measure.title, measure.definition.unit, found.value, found.low, found.high, low, high))
    columns = ["indicator", "title", "unit", "value", "low", "high", "spread_low", "spread_high"]
    return pd.DataFrame(rows, columns=columns)


def per_replication(run: Run) -> "pd.DataFrame":
    """All indicators in each replication: column `replication`, then one per indicator, see `Measure.values`."""
    import pandas as pd

    table = {label: measure.values() for label, measure in measures(run.summary).items()}
    return pd.DataFrame({"replication": np.arange(run.replications), **table})
