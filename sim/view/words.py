"""How numbers, dates and names are written for readers: the same in tables, sentences, captions and axes."""

from calendar import month_name
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from itertools import pairwise
from math import isfinite, isinf, isnan
from typing import Any

from sim.dates import date_after
from sim.inference.checks import COUNT, RATE, SHARE
from sim.results.run import Run
from sim.scenario.schema import Scenario

BARS = "▁▂▃▄▅▆▇█"
"""Of a series in one line of text, from nothing to all."""


CHANCES = ((1, 10), (1, 5), (1, 4), (1, 3), (2, 5), (1, 2), (3, 5), (2, 3), (3, 4), (4, 5), (9, 10))
"""What probabilities are rounded to in sentences, the figure beside it."""
LEAST_CHANCE = 0.075
"""Nearer to 0 or 1 than this, a probability is less than 1 in 10, or more than 9."""
HALF = 0.5
"""Below this a number of cases is not rounded to one."""


def day(scenario: Scenario, days: float) -> str:
    """A time as a date; 'later' beyond the horizon, a dash where it is not known."""
    return "later" if isinf(days) else "-" if isnan(days) else f"{date_after(scenario.start, days)}"


def date_of(day: date) -> str:
    """A date as sentences have it: '8 October 2026'."""
    return f"{day.day} {month_of(day)}"


def month_of(day: date) -> str:
    """A date as a month, where the day would be false precision: 'June 2028'."""
    return f"{month_name[day.month]} {day.year}"


def month(scenario: Scenario, days: float) -> str:
    """A time as a month; 'after October 2029' beyond a horizon in that month, a dash where it is not known."""
    if isnan(days):
        return "-"
    return f"after {month_of(scenario.horizon)}" if isinf(days) else month_of(date_after(scenario.start, days))


def chance(value: float) -> str:
    """A probability in the words and the figures that people read: 'about 1 in 4 (27%)'."""
    if isnan(value):
        return "not known"
    if value < LEAST_CHANCE:
        return f"less than 1 in 10 ({share(value)})"
    if value > 1 - LEAST_CHANCE:
        return f"more than 9 in 10 ({share(value)})"
    some, of = min(CHANCES, key=lambda one: abs(one[0] / one[1] - value))
    return f"about {some} in {of} ({share(value)})"


def whole(value: float) -> str:
    """A number of cases as people count them: whole, and 'fewer than 1' for what is not nothing."""
    if not isfinite(value):
        return "-"
    return "fewer than 1" if 0 < value < HALF else f"{value:,.0f}"


def share(value: float) -> str:
    """A share as a percentage; a dash where it is not known."""
    if isnan(value):
        return "-"
    return "<1%" if 0 < value < 0.01 else ">99%" if 0.99 < value < 1 else f"{value:.0%}"


def count(value: float) -> str:
    """A count or a number of days: whole from 10 on; 'later' if it is infinite."""
    if not isfinite(value):
        return "later" if value > 0 else "-"
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.1f}"


def number(value: float) -> str:
    """A number with the digits that people read: three that count, all before the point."""
    if isnan(value):
        return "-"
    if abs(value) >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"


def interval(value: float, low: float, high: float, written: Callable[[float], str] = number) -> str:
    """A value with its interval behind it: '40.0 (38.0 to 42.0)'."""
    return f"{written(value)} ({written(low)} to {written(high)})"


def measured(value: float, unit: str) -> str:
    """A statistic of a record in its unit (`sim.inference.checks`): a share in per cent, a count whole, or a rate."""
    return share(value) if unit == SHARE else f"{value:,.0f}" if unit == COUNT else number(value)


def statistic(row: Mapping[Hashable, Any]) -> str:
    """The name of a statistic, with the unit of a rate; a row of `sim.inference.checks.compared`."""
    return f"{row['statistic']} ({row['unit']})" if row["unit"] == RATE else str(row["statistic"])


def decimals(values: Iterable[float]) -> int:
    """With how many decimals values are written, at most four, so that the steps from each to the next can be read."""
    ordered = sorted(set(values))
    steps = [(low, high) for low, high in pairwise(ordered) if high - low > 1e-9]
    for digits in range(4):
        if all(abs(round(b, digits) - round(a, digits) - (b - a)) <= (b - a) / 10 for a, b in steps):
            return digits
    return 4


def sentence(text: str) -> str:
    """Text that begins with a capital letter, the rest of it as it is."""
    return f"{text[:1].upper()}{text[1:]}"


def plural(number: int, what: str) -> str:
    """A number with what is counted: 1 strand, 2 strands."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def quoted(text: str) -> str:
    """Words of a scenario in quotation marks."""
    return f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}"


def listing(names: Iterable[str]) -> str:
    """Names as a sentence has them: one, two and three."""
    *before, last = list(names) or [""]
    return f"{', '.join(before)} and {last}" if before else last


def called(scenario: Scenario) -> str:
    """What people call a scenario."""
    return scenario.title or scenario.name


def of_parameters(scenario: Scenario) -> str:
    """How many uncertain parameters there are, and from what they are drawn: their priors, or a posterior of a day."""
    number, draws = len(scenario.uncertain), scenario.posterior
    count = plural(number, "uncertain parameter")
    if draws is None:
        return f"{count}, drawn from {'its prior' if number == 1 else 'their priors'}"
    posterior = "the posterior" + (f" of {draws.as_of}" if draws.as_of else "")
    rest = number - len(draws.columns)
    if not rest:
        return f"{count}, drawn together from {posterior}"
    return (
        f"{count}, {len(draws.columns)} drawn from {posterior} and {rest} from {'its prior' if rest == 1 else 'priors'}"
    )


def without_correlations(scenario: Scenario) -> str:
    """That a design takes the parameters of a posterior one by one, as a further sentence; nothing without one."""
    draws = scenario.posterior
    if draws is None:
        return ""
    return " Parameters of the posterior vary one by one: its correlations are left out."


def of_run(run: Run) -> str:
    """How the subtitle of a figure of one run begins: the scenario, and how often it was simulated."""
    return f"{called(run.scenario)} · {plural(run.replications, 'simulation')}"


def blocked(run: Run) -> list[str]:
    """A sentence for each role that a team waits for in vain at the horizon, which blocks all who need its people."""
    return [
        f"In {replications:,} of {run.replications:,} simulations a team that needs {needed:.9g} {role} staff still"
        f" waits in"
        f" vain on {date_of(run.scenario.horizon)}: at most {people:.9g} are available from then on. It blocks all"
        f" cases behind it that"
        " need the same people."
        for role, replications, needed, people in run.table("blocked").to_numpy()
    ]


def no_cases(run: Run) -> str:
    """What there is to say of a run without cases."""
    which = f" on {run.filtered_by}" if run.filtered_by else ""
    return f"No case{which} is in progress or comes in during any of the {plural(run.replications, 'simulation')}."


def quantity(value: float, unit: str) -> str:
    """A number to its significant digits; a share, which has no unit, in hundredths."""
    value = value if unit else 100 * value
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 1 else 2
    return f"{value:,.{digits}f}"


def spark(values: list[float], top: float) -> str:
    """A series as bars, `top` the full height."""
    if top <= 0:
        return BARS[0] * len(values)
    return "".join(BARS[min(int(v / top * len(BARS)), len(BARS) - 1)] for v in values)
