"""The base of all that a file may contain: frozen, no unknown settings, a suggestion for a misspelt one."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from sim.dates import parse_day
from sim.errors import UserError, suggestion
from sim.scenario import bounds
from sim.scenario.yaml_nodes import parse, plain, split

LONGEST_QUOTE = 100
"""Characters of a wrong value that a message quotes."""
MOST_PROBLEMS = 100
"""Problems of the shape of a file that are told; who has more has one of them many times."""


def as_written(value: Any) -> str:
    """A value as it is written in a file; of a long one the beginning."""
    written = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return written if len(written) <= LONGEST_QUOTE else f"{written[:LONGEST_QUOTE]}..."


def _number(value: Any) -> Any:
    """A value that is neither true or false, which Python would take for 1 and 0, nor the text of a number."""
    if isinstance(value, bool):
        raise PydanticCustomError("boolean", f"must be a number, not {as_written(value)}")
    if isinstance(value, str) and _reads_as_number(value):
        raise PydanticCustomError("text", f"must be a number, not the text {as_written(value)}")
    return value


def no_speck(value: float) -> float:
    """A number above zero that is large enough to divide by."""
    if value < bounds.SMALLEST:
        raise PydanticCustomError("speck", f"must be at least {bounds.SMALLEST:g}, not {as_written(value)}")
    return value


def _reads_as_number(written: str) -> bool:
    try:
        float(written)
    except ValueError:
        return False
    return True


def _day(value: Any) -> Any:
    """A date, or one that is written year-month-day: no number of seconds, no time of day, no other form."""
    if type(value) is not date:
        try:
            return parse_day(value)
        except (TypeError, ValueError):
            raise PydanticCustomError("day", f"must be a date such as 2024-03-14, not {as_written(value)}") from None
    return value


def _distinct_keys(value: Any) -> Any:
    """A mapping whose keys are different numbers, however they are written: 0.5 and 0.50 are one."""
    first: dict[float, Any] = {}
    for key in value if isinstance(value, dict) else ():
        if isinstance(key, str) and not _reads_as_number(key):
            continue  # told as no number
        other = first.setdefault(float(key), key)
        if other is not key:
            raise PydanticCustomError("keys", f"{other} and {key} are the same number; give it once")
    return value


NOT_BOOLEAN = BeforeValidator(_number)
"""Stands last in the type of every number that is a value; keys of mappings are read from text."""
DISTINCT = BeforeValidator(_distinct_keys)
"""Stands last in the type of every mapping from numbers."""
Day = Annotated[date, BeforeValidator(_day)]
Flag = Annotated[bool, Field(strict=True)]
Probability = Annotated[float, Field(ge=0, le=1), NOT_BOOLEAN]
Share = Annotated[float, Field(ge=0, le=1), NOT_BOOLEAN]
Positive = Annotated[
    float, Field(gt=0, le=bounds.NUMBER.most, allow_inf_nan=False), NOT_BOOLEAN, AfterValidator(no_speck)
]
NotNegative = Annotated[float, Field(ge=0, le=bounds.NUMBER.most, allow_inf_nan=False), NOT_BOOLEAN]
Count = Annotated[int, Field(ge=1, le=bounds.NUMBER.count), NOT_BOOLEAN]
Rank = Annotated[int, Field(ge=0, le=bounds.PRIORITY.count), NOT_BOOLEAN]


REQUIRED = {
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:,.12g}",
    "literal_error": "{expected}",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "text",
    "string_pattern_mismatch": "letters, digits, '.', '_' and '-' only",
    "list_type": "a list",
    "dict_type": "a mapping, such as {{name: value}}",
    "model_type": "a mapping of settings",
    "model_attributes_type": "a mapping of settings",
}
"""What a value must be, by pydantic's kind of error."""


def worded(error: Any) -> str:
    """A pydantic error in terms of scenario files: what the value must be, and what it is."""
    kind, context, value = error["type"], error.get("ctx", {}), error.get("input")
    actual = f", not {as_written(value)}"
    if kind == "union_tag_not_found":
        return f"{context['discriminator']} is missing, which says what kind it is"
    if kind in REQUIRED:
        return f"must be {REQUIRED[kind].format(**context)}" + (actual if isinstance(value, (str, int, float)) else "")
    if kind.startswith("date_"):
        return f"must be a date such as 2024-03-14{actual}"
    if kind == "too_long":
        return f"must not have more than {context['max_length']:,} entries"
    return "must not be empty" if kind == "too_short" else str(error["msg"])


def parse_settings(texts: Iterable[str]) -> dict[str, Any]:
    """The settings that `--set PATH=VALUE` gives, by path; values are read as YAML.

    Raises
    ------
    UserError
        If a text is no PATH=VALUE, or its value is no YAML.
    """
    found: dict[str, Any] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals or not split(path.strip()):
            raise UserError(f"--set {text}: must be PATH=VALUE, for example staffing.case_handlers.headcount=120")
        path = path.strip()
        given = plain(parse(f"value: {value}", f"--set {text}"))
        if len(given) > 1:
            raise UserError(f"--set {text}: must be one value; write others with --set of their own")
        for other in [other for other in found if split(other) == split(path)]:
            del found[other]  # the last of several counts, in its order
        found[path] = given["value"]
    return found


class Settings(BaseModel):
    """A group of settings. Frozen; equal settings compare equal; unknown keys are errors."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True, allow_inf_nan=False
    )

    @model_validator(mode="wrap")
    @classmethod
    def _suggest(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Replace pydantic's 'extra inputs are not permitted' by the setting that was probably meant."""
        try:
            return handler(data)
        except ValidationError as error:
            raise ValidationError.from_exception_data(
                error.title, [cls._worded(e, data) for e in error.errors(include_url=False)[:MOST_PROBLEMS]]
            ) from None

    @classmethod
    def _worded(cls, error: Any, data: Any) -> InitErrorDetails:
        """One error as pydantic takes it back, reworded if it is an unknown setting of this very class."""
        kind, message, loc = error["type"], error["msg"], error["loc"]
        if kind == "extra_forbidden" and len(error["loc"]) == 1:
            names = [field.alias or name for name, field in cls.model_fields.items()]
            word = str(error["loc"][0])
            # Most likely meant is a similar name that is not given yet; or else one that an extended file gives.
            free = [name for name in names if name not in data]
            known = free if suggestion(word, free, listed=0) else names
            kind, message = "unknown_setting", f"unknown setting {word!r}{suggestion(word, known)}"
        elif kind == "union_tag_invalid":
            tags = [tag.strip(" '") for tag in error["ctx"]["expected_tags"].split(",")]
            word, what = error["ctx"]["tag"], error["ctx"]["discriminator"].strip("'")
            loc = (*loc, what)
            kind, message = "worded", f"unknown {what} {word!r}{suggestion(word, tags)}"
        elif kind != "missing":
            kind, message = "worded" if kind != "unknown_setting" else kind, worded(error)
        return InitErrorDetails(type=PydanticCustomError(kind, message), loc=loc, input=error["input"])
