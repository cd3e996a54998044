"""The file of a forecast: what it holds, how it is written once, and how it is read and checked.

A forecast is kept as it was made, so that it can be scored when more is known; docs/forecasts.md says what each entry
means. The same forecast gives the same bytes, since nothing in it is of the hour or the machine where it was written.
"""

import json
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from sim.errors import Problem, UserError
from sim.files import read_text
from sim.scenario.settings import worded

Floats = NDArray[np.float64]
Model = TypeVar("Model", bound=BaseModel)

FORMAT = 1
"""Of forecast files; readers refuse what they do not know."""
GRID_DAYS = 7
"""Days between the points at which a file gives a probability."""
PLACES = 4
"""Decimals of a probability in a file."""
ROUNDING = 10.0**-PLACES
LEVELS = {"q10": 0.1, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q90": 0.9}
"""The quantiles of a day that a file gives."""
TOTAL_LEVELS = {"q05": 0.05, **LEVELS, "q95": 0.95}
"""The quantiles of a total that a file gives."""
READING = (
    "A curve is the probability that a milestone has come by the end of so many days after `made`, at each of"
    " `grid_days`; between them, and from 0 on the day itself, it is linear. A missing quantile is later than the last"
    " day, or never. A total's probabilities are of `least`, of one more, and so on."
)
"""Stands in every file: what its numbers mean."""

Probability = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    """A part of the file: nothing that is not known, and nothing of another kind."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class ForecastOf(_Part):
    """What was forecast: a scenario, and the state of knowledge."""

    name: str
    "of the scenario"
    title: str
    settings: str
    "hash of all settings of the scenario that change a number"
    parameters: Literal["posterior", "priors", "fixed"]
    "what the uncertain parameters were drawn from; fixed: there are none"
    posterior_as_of: date | None
    "the day up to which the posterior knows the record, if it says so"
    record: str
    "the folder of the record that the scenario names, seen from that of this file; empty if it names none"
    record_until: date | None
    "the last day of that record as known on the day of the forecast"


class MadeWith(_Part):
    """What made the forecast."""

    version: str
    "of the program"
    commit: str
    "of the program, if it was in a git checkout; with + if files differed from it"
    code: str
    "hash of the code that computed it"
    seed: int
    replications: int


class DayQuantiles(_Part):
    """The first day by which the probability is at least so much; missing: later than the last day, or never."""

    q10: date | None
    q25: date | None
    q50: date | None
    q75: date | None
    q90: date | None


class MilestoneForecast(_Part):
    """When a case comes to a milestone."""

    by: dict[date, Probability]
    "the probability that it has come by the end of a day: of each quarter, and of the last day"
    quantiles: DayQuantiles
    curve: list[Probability]
    "the probability at each of `grid_days`"


class CaseForecast(_Part):
    """What becomes of a case that was in progress."""

    platform: str
    topic: str
    stage: str
    "in which it was"
    since: date
    "when that stage began"
    milestones: dict[str, MilestoneForecast]
    "those that it had not reached"
    ends: dict[str, Probability]
    "the probability of being resolved by the last day in this way; the rest: not resolved by then"


class CountQuantiles(_Part):
    """The smallest count that a replication has with at least this probability."""

    q05: int
    q10: int
    q25: int
    q50: int
    q75: int
    q90: int
    q95: int


class Total(_Part):
    """A count by the end of a day: its distribution over replications."""

    mean: float
    quantiles: CountQuantiles
    least: Annotated[int, Field(ge=0)]
    "the smallest count of any replication"
    probabilities: Annotated[list[Probability], Field(min_length=1)]
    "of the smallest count, of one more, and so on"

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if abs(sum(self.probabilities) - 1) > ROUNDING * len(self.probabilities):
            raise PydanticCustomError("total", "probabilities must add to 1")
        return self

    def below(self, count: float) -> float:
        """The probability of fewer."""
        places = int(np.clip(np.ceil(count) - self.least, 0, len(self.probabilities)))
        return min(float(sum(self.probabilities[:places])), 1.0)


class ForecastFile(_Part):
    """Everything that stands in the file."""

    format: int
    reading: str
    "what the numbers mean, for whoever opens the file"
    made: date
    "the day of knowledge: nothing later was used"
    horizon: date
    "the last day of the forecast"
    of: ForecastOf
    made_with: MadeWith
    grid_days: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]
    "days after `made` at which curves are given"
    cases: dict[str, CaseForecast]
    "by name: proceeding/strand as in the record"
    totals: dict[str, dict[date, Total]]
    "by what is counted, then by the day"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Days and probabilities that only grow, over the whole time."""
        if np.any(np.diff(self.grid_days) <= 0) or self.grid_days[-1] != (self.horizon - self.made).days:
            raise PydanticCustomError("grid", "grid_days must grow, and end on the horizon")
        for name, case in self.cases.items():
            for milestone, forecast in case.milestones.items():
                if len(forecast.curve) != len(self.grid_days) or np.any(np.diff(forecast.curve) < 0):
                    which = f"{name}, {milestone}"
                    raise PydanticCustomError(
                        "curve", "{which}: the curve must grow, with a value for each of grid_days", {"which": which}
                    )
        return self

    def daily(self, forecast: MilestoneForecast) -> Floats:
        """The probability that a milestone has come by each day from 1 to the horizon."""
        return daily(self.grid_days, forecast.curve)

    def to_bytes(self) -> bytes:
        """The file's content: indented JSON with lists of numbers on one line."""
        text = json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False)
        numbers = re.compile(r"\[\n[\d\s.,e-]*\]")  # no text of JSON holds the end of a line
        return (numbers.sub(lambda found: "".join(found[0].split()).replace(",", ", "), text) + "\n").encode()


def daily(grid_days: list[int], curve: list[float]) -> Floats:
    """A curve on a grid as the probability by each day from 1 to the last of the grid; linear between its points."""
    return np.interp(np.arange(1, grid_days[-1] + 1), [0, *grid_days], [0.0, *curve])


def read_content(path: Path) -> dict[str, Any]:
    """The JSON of a file. Raises UserError, in one line with its location, if it is none."""
    try:
        content = json.loads(read_text(path))
    except FileNotFoundError:
        raise UserError(Problem(str(path), message="there is no such file")) from None
    except json.JSONDecodeError as error:
        message = f"is damaged: no JSON from here on ({error.msg})"
        raise UserError(Problem(str(path), error.lineno, error.colno, message)) from None
    except (ValueError, RecursionError):
        raise UserError(Problem(str(path), message="is damaged: no JSON that can be read")) from None
    if not isinstance(content, dict):
        raise UserError(Problem(str(path), message="is no forecast: `sim forecast` writes a JSON object"))
    return content


def checked(path: Path, content: dict[str, Any], model: type[Model]) -> Model:
    """The content of a file as a model. Raises UserError with the first thing that is wrong, in one line."""
    try:
        return model.model_validate_json(json.dumps(content))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        what = "is missing" if first["type"] == "missing" else worded(first)
        message = f"{where}: {what}" if where else what
        raise UserError(Problem(str(path), message=f"{message}; a forecast is kept as it was written")) from None


def parsed(path: Path, content: dict[str, Any]) -> ForecastFile:
    """The forecast that a file's JSON is. Raises UserError, in one line, for another format and for what is wrong."""
    if content.get("format") != FORMAT:
        found = f"format {content['format']!r}" if "format" in content else "no format"
        message = f"has {found}; this version reads forecasts of format {FORMAT} and the first one, of 2025-12-31"
        raise UserError(Problem(str(path), message=message))
    forecast = checked(path, content, ForecastFile)
    if not path.name.startswith(f"{forecast.made}"):
        message = f"was made on {forecast.made}, as it says, and must be named {forecast.made}.json"
        raise UserError(Problem(str(path), message=message))
    return forecast
