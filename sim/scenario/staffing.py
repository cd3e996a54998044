"""Staff over time: dated headcounts, growth, recruits' first months and slow seasons give each pool's capacity."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, field_validator
from pydantic_core import PydanticCustomError

from sim.dates import YEAR_DAYS, days_between
from sim.scenario import bounds
from sim.scenario.settings import NOT_BOOLEAN, Day, NotNegative, Settings, Share, no_speck

CURVE_STEP = 91
"""Days between the steps by which a gradual change of capacity is followed."""
FIRST_DAY = -100_000
"""Days since the start that stand for "always before"."""
DAYS_OF_ALL_SEASONS = 366
Floats = NDArray[np.float64]
MICRO = 1_000_000
"""Teams and capacities are counted in millionths of an FTE, see `millionths`."""


def millionths(fte: float) -> int:
    """People as a whole number of millionths of an FTE, as they are counted wherever teams are seized.

    With whole numbers exactly as many people are free after any number of starts and ends as before. With floats
    0.1 + 0.2 FTE would not fit into 0.3, and a team might never start.
    """
    return round(fte * MICRO)


def _dated(value: Any) -> Any:
    return value if isinstance(value, dict) else {date.min: value}


def _written(value: dict[date, float]) -> Any:
    return value[date.min] if list(value) == [date.min] else {f"{day}": v for day, v in sorted(value.items())}


Dated = Annotated[
    dict[Day, NotNegative],
    BeforeValidator(_dated, json_schema_input_type=NotNegative | dict[Day, NotNegative]),
    PlainSerializer(_written, when_used="json"),
    Field(min_length=1),
]
"""A number that changes in time: one number, or a mapping from the date of each change to the number from then on."""


class RampUp(Settings):
    """How recruits become productive: they start at `from_share` of full speed and reach it after `days`."""

    days: Annotated[
        float, Field(gt=0, le=bounds.RAMP_UP.most, allow_inf_nan=False), NOT_BOOLEAN, AfterValidator(no_speck)
    ]
    "days until a recruit works at full speed"
    from_share: Share = 0.0
    "share of full speed on the first day, 0 to 1"


class Multitasking(Settings):
    """What multitasking costs: `loss` of a pool's output for each concurrent case per head above one, down to `floor`.

    Concurrent cases per head: the people whom the active effort could use (its `most_fte`), over the headcount.
    """

    loss: Share
    "share of the output lost, 0 to 1, for each concurrent case per head above one"
    floor: Annotated[float, Field(ge=bounds.FLOOR, le=1), NOT_BOOLEAN]
    "share of the output that remains at worst, 0.01 to 1: at 0 an overloaded pool would never recover"


class Pool(Settings):
    """The staff of one role: how many, when, and how much of their time goes to cases."""

    headcount: Dated
    "people (FTE) by date; before the first date, the first value holds"
    title: str = ""
    "what people call the role"
    between: Literal["step", "linear"] = "step"
    "whether headcount steps on each date or moves evenly towards the next"
    casework_share: Dated = Field(default_factory=lambda: {date.min: 1.0}, validate_default=True)
    "share of working time that is available for cases"
    ramp_up: RampUp | None = None
    "how recruits become productive; at full speed at once if not given"
    multitasking: Multitasking | None = None
    "what shared work loses by multitasking; nothing if not given"

    @field_validator("casework_share")
    @classmethod
    def _shares(cls, value: dict[date, float]) -> dict[date, float]:
        if any(share > 1 for share in value.values()):
            raise PydanticCustomError("share", "must be at most 1, as a share of working time")
        return value


def _month_day(value: Any) -> Any:
    try:
        if len(value) != len("08-31"):
            raise ValueError
        date.fromisoformat(f"2024-{value}")
    except (TypeError, ValueError):
        raise PydanticCustomError("month_day", f"must be a month and day such as 08-31, not {value!r}") from None
    return value


MonthDay = Annotated[str, BeforeValidator(_month_day), Field(pattern=r"^\d\d-\d\d$")]


class SlowSeason(Settings):
    """A part of every year in which less work is done, such as August."""

    first: MonthDay
    "first day, as month-day, for example 08-01; a season may span the new year"
    last: MonthDay
    "last day, as month-day, inclusive"
    share: Share
    "share of the usual capacity"


class Calendar(Settings):
    """How much of a year is worked."""

    working_days_per_year: Annotated[float, Field(ge=1, le=YEAR_DAYS), NOT_BOOLEAN] = YEAR_DAYS
    "FTE-days that one full-time person delivers in a year; 365 means one FTE-day a day"
    holidays: list[Day] = []
    "days other than Saturdays and Sundays that are not working days, for waits counted in working days"
    slow: list[SlowSeason] = []
    "parts of every year in which less work is done; where they overlap, the slowest counts"


@dataclass(frozen=True)
class Capacity:
    """A pool's capacity as a piecewise-constant function of time.

    `times`: days since the start at which it changes (the first is 0); `fte`: people available for cases from then
    on; `heads`: productive people, whatever share of their time goes to cases.
    """

    times: tuple[float, ...]
    fte: tuple[float, ...]
    heads: tuple[float, ...]

    def fte_days(self, until: float, since: float = 0.0) -> float:
        """FTE times calendar days available between `since` and `until` (days since the start)."""
        ends = (*self.times[1:], np.inf)
        spans = [max(min(e, until) - max(b, since), 0.0) for b, e in zip(self.times, ends, strict=True)]
        return float(np.dot(spans, self.fte))


def headcount(pool: Pool, start: date, days: Floats) -> Floats:
    """People in the pool on each of the days (since the start), productive or not."""
    dates = sorted(pool.headcount)
    times = np.array([max(days_between(start, day), FIRST_DAY) for day in dates], dtype=float)
    people = np.array([pool.headcount[day] for day in dates])
    if pool.between == "linear":
        between: Floats = np.interp(days, times, people)
        return between
    found: Floats = people[np.maximum(np.searchsorted(times, days, side="right") - 1, 0)]
    return found


def productive(pool: Pool, start: date, days: Floats) -> Floats:
    """People in the pool on each day (one after the other), recruits counted by how much they can do yet.

    Whoever joined within the ramp-up counts for `from_share`, and evenly more until its end. Who leaves is taken to be
    experienced.
    """
    if pool.ramp_up is None:
        return headcount(pool, start, days)
    ages = np.arange(int(np.ceil(pool.ramp_up.days)))
    since = np.arange(days[0] - len(ages), days[-1] + 1)
    heads = headcount(pool, start, since)
    joined = np.maximum(np.diff(heads, prepend=heads[0]), 0.0)
    lack = (1 - pool.ramp_up.from_share) * np.clip(1 - (ages + 0.5) / pool.ramp_up.days, 0, 1)
    missing = np.convolve(joined, lack)[len(ages) : len(ages) + len(days)]
    return np.maximum(heads[len(ages) :] - missing, 0.0)


def season_share(calendar: Calendar, start: date, days: Floats) -> Floats:
    """Share of the usual capacity on each day; the least if seasons overlap."""
    share = np.ones(len(days))
    if calendar.slow:
        dates = np.datetime64(start) + days.astype("timedelta64[D]")
        months = dates.astype("datetime64[M]")
        month_days = (months.astype(int) % 12 + 1) * 100 + (dates - months).astype(int) + 1
        for season in calendar.slow:
            first, last = (int(word.replace("-", "")) for word in (season.first, season.last))
            inside = (month_days >= first) & (month_days <= last)
            if first > last:
                inside = (month_days >= first) | (month_days <= last)
            share = np.where(inside, np.minimum(share, season.share), share)
    return share


def most_from(pool: Pool, calendar: Calendar, start: date, days: float) -> float:
    """People that the pool may at most have for cases at a time (days since the start) or ever after.

    Beyond it a headcount and a share keep their last values, and slow seasons come round each year.
    """
    time, later = np.array([days]), start + timedelta(int(days))
    heads = max([float(headcount(pool, start, time)[0]), *(n for day, n in pool.headcount.items() if day > later)])
    dates = sorted(pool.casework_share)
    in_force = max(sum(day <= later for day in dates) - 1, 0)
    share = max(pool.casework_share[day] for day in dates[in_force:])
    seasons = season_share(calendar, start, np.arange(days, days + DAYS_OF_ALL_SEASONS, dtype=np.float64))
    return float(heads * share * seasons.max())


def capacity(pool: Pool, calendar: Calendar, start: date, horizon_days: float) -> Capacity:
    """The capacity curve from the start to the horizon: headcount x casework share x season.

    What changes gradually is followed in steps of `CURVE_STEP` days, each with the mean of its days, so that no FTE-day
    is lost; what changes on a date changes on that date.
    """
    days = np.arange(max(int(np.ceil(horizon_days)), 1), dtype=float)
    heads = productive(pool, start, days)
    season = season_share(calendar, start, days)
    dates = sorted(pool.casework_share)
    since = np.array([max(days_between(start, day), FIRST_DAY) for day in dates], dtype=float)
    casework = np.array([pool.casework_share[day] for day in dates])
    share = casework[np.maximum(np.searchsorted(since, days, side="right") - 1, 0)] * season
    gradual = pool.between == "linear" or pool.ramp_up is not None
    dated = [days_between(start, day) for day in pool.headcount]
    breaks = {0, *(day for day in dated if 0 < day < len(days)), *(np.flatnonzero(np.diff(share)) + 1).tolist()}
    if gradual:
        breaks.update(range(0, len(days), CURVE_STEP))
    times = np.array(sorted(breaks))
    counts = np.diff(np.append(times, len(days)))
    mean_heads = np.add.reduceat(heads, times) / counts
    fte = np.add.reduceat(heads * share, times) / counts
    keep = np.append(True, (np.abs(np.diff(fte)) > 1e-9) | (np.abs(np.diff(mean_heads)) > 1e-9))
    return Capacity(*(tuple(column[keep].tolist()) for column in (times.astype(float), fte, mean_heads)))
