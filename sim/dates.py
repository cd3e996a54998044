"""Dates at the edge, days since the start inside; working days for waits that the law counts in them."""

import re
from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np

YEAR_DAYS = 365.0
"""Days in a year wherever a rate or a share is given per year (the convention of CEPEJ's indicators)."""


def days_between(start: date, day: date) -> int:
    """Days from `start` to `day`; negative before the start."""
    return (day - start).days


def date_after(start: date, days: float) -> date:
    """The calendar day on which `days` since the start fall."""
    return start + timedelta(days=int(np.floor(days)))


def parse_day(written: str) -> date:
    """A day written year-month-day. Raises ValueError for anything else, also for other forms of ISO 8601."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", written, re.ASCII):
        raise ValueError(written)
    return date.fromisoformat(written)


class WorkingDays:
    """Working days (Monday to Friday but for holidays) over a range of days since the start.

    A table made once; `after(t, n)` says at what time n working days beginning at time t have passed, in days since
    the start, with the hour of the day kept: 10 working days from a Tuesday end on a Tuesday a fortnight later.
    """

    def __init__(self, start: date, first: int, last: int, holidays: Iterable[date] = ()) -> None:
        days = np.arange(first, last + 1)
        dates = np.datetime64(start) + days
        working = np.is_busday(dates, holidays=np.array(list(holidays), dtype="datetime64[D]"))
        self._first = first
        self._before: list[int] = [0, *np.cumsum(working).tolist()]
        self._day_of: list[int] = days[working].tolist()

    def between(self, begin: float, end: float) -> float:
        """The working days from one time to a later one, in days since the start: `after(begin, ...)` is then `end`."""
        return self._passed(end) - self._passed(begin)

    def _passed(self, time: float) -> float:
        """Working days from the first day of the table to a time; beyond its end five last a week."""
        day = int(time // 1)
        index = day - self._first
        last = len(self._before) - 1
        if index >= last:
            return self._before[last] + (time - (self._first + last)) * 5.0 / 7.0
        begun = self._before[max(index, 0)]
        on_working_day = begun < len(self._day_of) and self._day_of[begun] == day
        return begun + (time - day if on_working_day else 0.0)

    def after(self, time: float, working_days: float) -> float:
        """The time, in days since the start, at which `working_days` from `time` on have passed.

        Beyond the end of the table five working days are taken to last a week.
        """
        day = int(time // 1)
        index = min(max(day - self._first, 0), len(self._before) - 1)
        begun = self._before[index]
        on_working_day = begun < len(self._day_of) and self._day_of[begun] == day
        target = begun + (time - day if on_working_day else 0.0) + working_days
        whole = int(target // 1)
        if whole >= len(self._day_of):
            return max(time, float(self._first + len(self._before) - 1)) + working_days * 7.0 / 5.0
        return max(time, self._day_of[whole] + (target - whole))
