"""What a browser sends, checked before it is used: whoever reaches the dashboard can send anything.

A page of the dashboard sends nothing that is refused here. What is refused gets one line that says which part it was.
"""

import json
from typing import Annotated, Any, TypeVar

from dash import Dash
from flask import Flask, abort, request
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from sim.errors import UserError

T = TypeVar("T")

Name = Annotated[str, StringConstraints(max_length=300)]
"""Of a run, a tab, a platform, a stage, a role, a case, an input."""
Text = Annotated[str, StringConstraints(max_length=10_000)]
Inputs = dict[Name, Text]
"""The inputs of a what-if by name, as the page keeps them and as its address holds them."""
NAME = TypeAdapter[str](Name)
NAMES = TypeAdapter[list[str]](list[Name])
INPUTS = TypeAdapter[dict[str, str]](Annotated[Inputs, Field(max_length=2_000)])
VALUES = TypeAdapter[list[Any]](list[Text | float | list[Name] | None])
"""The values of a form."""


class FormInput(BaseModel):
    """The id of an input of the form."""

    model_config = ConfigDict(extra="forbid")
    input: Name


class Preset(BaseModel):
    """The id of a button that fills in a usual change, in percent."""

    preset: int


class _Point(BaseModel):
    y: FiniteFloat


class Click(BaseModel):
    """A click on a figure."""

    points: Annotated[list[_Point], Field(min_length=1)]

    @property
    def row(self) -> int:
        """The row of a figure that has a case in each row."""
        return round(self.points[0].y)


class Address(BaseModel):
    """An address that is to be opened; `at` tells it from itself at another time, `write` how it is taken down."""

    search: str
    at: FiniteFloat = 0
    write: Name = ""


class Button(BaseModel):
    """A part of a figure that was clicked."""

    figure: Name
    part: Name


class _Value(BaseModel):
    """An input or a state of a callback; what it may be is checked by the callback."""

    id: Name | dict[Name, Name | int | float]
    property: Name
    value: Any = None


def _property_of(changed: str) -> str:
    """What has changed, as `id.property`; an id that is not a name is JSON. Raises ValueError if it is not."""
    part = changed.rpartition(".")[0]
    if part.startswith("{"):
        json.loads(part)
    return changed


class _Payload(BaseModel):
    """A request for a callback, as Dash's pages send it."""

    output: Text
    outputs: Any = None
    inputs: list[_Value | list[_Value]]
    state: list[_Value | list[_Value]] = []
    changedPropIds: list[Annotated[Text, AfterValidator(_property_of)]] = []  # noqa: N815  Dash's own name


IDS = TypeAdapter(list[FormInput])
PRESET = TypeAdapter(Preset)
TEXT = TypeAdapter[str](Text)
ADDRESS = TypeAdapter(Address)
CLICK = TypeAdapter(Click)
BUTTON = TypeAdapter(Button)
_PAYLOAD = TypeAdapter(_Payload)


def received(what: str, kind: TypeAdapter[T], value: Any) -> T:
    """The value, if it is of its kind. Raises UserError that says in which part, `what`, it is not."""
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        raise UserError(*unusable(what, error)) from None


def unusable(what: str, error: ValidationError) -> list[str]:
    """A line for each part that cannot be used, at most three."""
    found = error.errors(include_url=False, include_input=False)[:3]
    return [f"{'.'.join([what, *map(str, one['loc'])])}: cannot be used: {one['msg']}" for one in found]


def check_payloads(app: Dash) -> None:
    """Refuse requests for callbacks that Dash could not read, and those of pages that another version made."""

    server: Flask = app.server

    @server.before_request
    def _check() -> None:
        if request.path != "/_dash-update-component" or request.method != "POST":
            return
        try:
            payload = received("the request", _PAYLOAD, request.get_json())
        except (UserError, RecursionError) as error:
            abort(400, f"{'; '.join(str(error).splitlines())}; load the page again.")
        if payload.output not in app.callback_map:
            abort(400, "This page was made by another version of the dashboard; load it again.")
