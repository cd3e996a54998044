"""The JSON Schema of scenario and procedure files, with which editors complete and check them.

A file that extends another one gives only what differs; so every definition appears twice, the second time with nothing
required and with `null` to remove a key.
"""

from typing import Any

from pydantic import TypeAdapter

from sim.scenario.schema import Procedure, Scenario
from sim.scenario.sources import AnySources

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXTENDS = {
    "type": "string",
    "description": "the file on which this one is built, or its name",
}


def scenario_schema() -> dict[str, Any]:
    """The schema of scenario files."""
    schema = _file_schema(Scenario, "A scenario of the simulator")
    for name in ("Scenario", "ScenarioPartial"):
        properties = schema["$defs"][name]["properties"]
        whole = "Procedure" if name == "Scenario" else "ProcedurePartial"
        properties["procedure"] = {
            "description": "the name of a procedure, or one built on it with `extends`, or a whole one",
            "anyOf": [{"type": "string"}, {"$ref": "#/$defs/ProcedurePartial"}, {"$ref": f"#/$defs/{whole}"}],
        }
    return schema


def procedure_schema() -> dict[str, Any]:
    """The schema of procedure files."""
    return _file_schema(Procedure, "A procedure: stages, steps and routes")


def _file_schema(model: type[Scenario] | type[Procedure], title: str) -> dict[str, Any]:
    schema = model.model_json_schema(mode="validation")
    definitions = schema.pop("$defs")
    sources = TypeAdapter(AnySources).json_schema(mode="validation")
    definitions |= {model.__name__: schema, "Source": sources.pop("$defs")["Source"]}
    definitions = {name: _with_sources(one) if name != "Source" else one for name, one in definitions.items()}
    partial = {f"{name}Partial": _partial(definition) for name, definition in definitions.items()}
    for name in {f"{model.__name__}Partial", "ProcedurePartial"} & set(partial):
        partial[name]["properties"]["extends"] = EXTENDS
    return {
        "$schema": DIALECT,
        "title": title,
        "if": {"required": ["extends"]},
        "then": {"$ref": f"#/$defs/{model.__name__}Partial"},
        "else": {"$ref": f"#/$defs/{model.__name__}"},
        "$defs": {**definitions, **partial, "Sources": sources, "SourcesPartial": sources},
    }


def _with_sources(node: Any) -> Any:
    """The same with `sources` allowed in every mapping, but for those that have names of their own kind."""
    if isinstance(node, list):
        return [_with_sources(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: _with_sources(value) for key, value in node.items()}
    if node.get("type") == "object" and "propertyNames" not in node:
        result["properties"] = {**result.get("properties", {}), "sources": {"$ref": "#/$defs/Sources"}}
    return result


def _partial(node: Any) -> Any:
    """The same with nothing required, references to partial definitions, and any kind of a union allowed."""
    if isinstance(node, list):
        return [_partial(item) for item in node]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for key, value in node.items():
        if key in ("required", "discriminator", "minProperties", "maxProperties", "maxItems"):
            continue
        if key == "$ref":
            result[key] = f"{value}Partial"
        elif key in ("properties", "patternProperties"):
            result[key] = {name: {"anyOf": [_partial(schema), {"type": "null"}]} for name, schema in value.items()}
        elif key == "additionalProperties" and isinstance(value, dict):
            result[key] = {"anyOf": [_partial(value), {"type": "null"}]}
        else:
            result["anyOf" if key == "oneOf" else key] = _partial(value)
    return result
