"""The base of everything a file may say: frozen, no unknown settings, a suggestion for each misspelt one."""

from difflib import get_close_matches
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

Probability = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def suggestion(word: str, known: list[str]) -> str:
    """'; did you mean …?' for a misspelt word, or else the list of what is known there."""
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return "; known here: " + ", ".join(known) if known else ""


class Settings(BaseModel):
    """A group of settings. Frozen; equal settings are equal values; unknown keys are mistakes."""

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
                error.title, [cls._worded(e) for e in error.errors(include_url=False)]
            ) from None

    @classmethod
    def _worded(cls, error: Any) -> InitErrorDetails:
        """One error as pydantic takes it back, reworded if it is an unknown setting of this very class."""
        kind, message = error["type"], error["msg"]
        if kind == "extra_forbidden" and len(error["loc"]) == 1:
            known = [field.alias or name for name, field in cls.model_fields.items()]
            word = str(error["loc"][0])
            kind, message = "unknown_setting", f"unknown setting {word!r}{suggestion(word, known)}"
        elif kind == "union_tag_invalid":
            tags = [tag.strip(" '") for tag in error["ctx"]["expected_tags"].split(",")]
            word, what = error["ctx"]["tag"], error["ctx"]["discriminator"].strip("'")
            message = f"unknown {what} {word!r}{suggestion(word, tags)}"
        return InitErrorDetails(type=PydanticCustomError(kind, message), loc=error["loc"], input=error["input"])
