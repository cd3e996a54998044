"""Writes docs/scenarios.md, docs/event-log.md and docs/indicators.md from the code that they describe.

python docs/reference.py
"""

import types
from datetime import date
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from sim.experiments import compare as comparison
from sim.results import events, indicators, measures
from sim.scenario import distributions, schema, sources, staffing
from sim.scenario.settings import Settings

DOCS = Path(__file__).resolve().parent
INTRODUCTION = """\
# The language of scenario files

Written by `python docs/reference.py` from the code. Do not edit.

A scenario is a YAML file, read as YAML 1.2 (`no` is a word, `12:30` is a word, `1e3` is a number; a key given twice is a mistake).
`extends:` names a file on which it is built: mappings are combined key by key, `null` takes a key away; lists, distributions and
tables of dates are replaced as a whole. `procedure:` names a file in the folder `procedures` beside it, or is a mapping that
extends one. `--set PATH=VALUE` sets anything from the command line; a part of a path with dots of its own stands in quotes.

A case is called as its probe, or as its stream with a number; a strand and a case of a wave have a `/` and their own name after that.
So the names of probes, streams and strands hold no `/`, and none that a draw is keyed by holds a `|`.

A comment says where a number comes from. It belongs to the value in whose line it ends; where there is none, to the key directly
below it at the same indentation; or to the key directly above it, if it is indented deeper. A number without one has that of the
nearest setting above it, in the same file, that has one; an alias (`*name`) has the comment of the place where the value is written
out. What stands above the first key of a file is about the file. Tags in the comment say how well the number is founded; if there
are several, the weakest counts:

| tag | meaning |
|---|---|
{tags}

    casework_share: 0.35  # [X] requests, planning and the rest of the team take most

So whoever changes a number changes the comment beside it: a number that a file overrides without a comment has no source. `--set`
is its own source; an uncertain parameter has its `source`, and what the comment of its value adds. `sim show SCENARIO --sources`
prints every parameter with its source, and stored runs keep them. Comments determine no result: a run is found again when only they
have changed.

Times are in days, efforts in FTE-days, unless a name says otherwise. A table of dates gives a value from each date on. The shipped
files in [scenarios](../scenarios) are the examples.
"""
INDICATORS = """\
# Indicators

Written by `python docs/reference.py` from the code. Do not edit.

## One number a replication

These can be compared, swept, known to a precision (`--indicator`). Each is a total over a replication or a ratio of two; a ratio
is estimated as the ratio of the means over replications. A case here is a strand, or a case that never forked. "Better" says whether
more or less of it is, where that is clear.

| indicator | what it is | unit | formula | better | source |
|---|---|---|---|---|---|
{rows}

`days_to_resolution` and `days_to` are of the cases that got there before the horizon, and so of the quicker ones; `stage_days` is not,
but takes the chance of ending as constant. Durations free of both are the Kaplan-Meier estimates of `stage_durations`.

## Tables of a run

Each takes a run and gives a pandas table.

| function | what it gives |
|---|---|
{tables}

## A comparison

`sim.compare(runs)` gives one row for each scenario but the first and each indicator:

| column | meaning |
|---|---|
{compared}
"""
GROUPS: tuple[tuple[str, tuple[type[Settings], ...]], ...] = (
    (
        "Scenario",
        (
            schema.Scenario,
            schema.Uncertain,
            schema.Target,
            schema.Costs,
            schema.InFlight,
            schema.Platform,
            sources.Source,
        ),
    ),
    ("Staff", (staffing.Pool, staffing.RampUp, staffing.Multitasking, staffing.Calendar, staffing.SlowSeason)),
    ("Cases", (schema.Probe, schema.Strand, schema.RandomArrivals, schema.Wave, schema.RandomWaves)),
    (
        "Procedure",
        (schema.Procedure, schema.Complexity, schema.Stage, schema.Effort, schema.Team, schema.Wait, schema.Route)
        + (schema.RoutesFor, schema.When, schema.Limit, schema.Fork, schema.Fine),
    ),
    (
        "Distributions",
        (distributions.Constant, distributions.Exponential, distributions.Uniform, distributions.Triangular)
        + (distributions.Pert, distributions.Beta, distributions.Empirical, distributions.Lognormal)
        + (distributions.Gamma, distributions.Weibull),
    ),
)


def kind(annotation: Any) -> str:
    """A type in words."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation in distributions.Distribution.__subclasses__() or "Distribution" in str(annotation)[:40]:
        return "number or distribution"
    if origin is Literal:
        return " or ".join(f"`{word}`" for word in inner)
    if origin in (Union, types.UnionType):
        named = [kind(part) for part in inner if part is not type(None)]
        if any("distribution" in name for name in named):
            return "number or distribution"
        return " or ".join(dict.fromkeys(named))
    if origin is dict:
        return "dated numbers, or a number" if inner[0] is date else f"mapping of {kind(inner[1])}"
    if origin is list:
        return f"list of {kind(inner[0])}"
    if origin is not None and inner:
        return kind(inner[0])
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return "number or distribution" if issubclass(annotation, distributions.Distribution) else annotation.__name__
    return {"float": "number", "int": "whole number", "str": "text", "bool": "true or false"}.get(
        getattr(annotation, "__name__", ""), getattr(annotation, "__name__", str(annotation))
    )


def default(field: FieldInfo) -> str:
    """What holds if a setting is not given."""
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ({}, [], ""):
        return ""
    if isinstance(value, Settings):
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{v:g}" if isinstance(k, date) else f"`{k}`: {v:g}" for k, v in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def table(model: type[Settings]) -> str:
    """The settings of a group."""
    rows = [
        f"| `{name}` | {kind(field.annotation)} | {default(field)} | {' '.join((field.description or '').split())} |"
        for name, field in model.model_fields.items()
    ]
    head = f"### {model.__name__}\n\n{' '.join((model.__doc__ or '').split())}\n\n"
    return head + "| setting | kind | default | meaning |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def scenarios() -> str:
    """docs/scenarios.md."""
    tags = "\n".join(f"| `[{tag}]` | {meaning} |" for tag, meaning in sources.TAGS.items())
    parts = [INTRODUCTION.replace("{tags}", tags)]
    for title, models in GROUPS:
        parts += [f"## {title}\n", *(table(model) for model in models)]
    return "\n".join(parts)


def event_log() -> str:
    """docs/event-log.md."""
    rows = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in events.columns(["<role>"]).items())
    text = " ".join((events.__doc__ or "").split())
    return f"# The event log\n\nWritten by `python docs/reference.py` from the code. Do not edit.\n\n{text}\n\n| column | meaning |\n|---|---|\n{rows}\n"


def indicator_page() -> str:
    """docs/indicators.md."""
    rows = []
    for name, definition in measures.DEFINITIONS.items():
        of = f":{definition.of.upper()}" if definition.of else ""
        better = {1: "more", -1: "less", 0: ""}[definition.better]
        rows.append(
            f"| `{name}{of}` | {definition.title} | {definition.unit} | {definition.formula} | {better} | {definition.source} |"
        )
    tables = []
    for function in (
        (indicators.resolutions, indicators.milestones, indicators.resolution_splits, indicators.stage_durations)
        + (indicators.survival_curves, indicators.delay, indicators.delay_by_role, indicators.flows)
        + (indicators.effort, indicators.effort_by_ending)
        + (indicators.pending, indicators.backlog, indicators.throughput, indicators.utilisation)
        + (indicators.targets, indicators.fines, measures.estimates, measures.per_replication)
    ):
        tables.append(f"| `{function.__module__}.{function.__name__}` | {' '.join((function.__doc__ or '').split())} |")
    compared = [f"| `{name}` | {meaning} |" for name, meaning in comparison.COLUMNS.items()]
    return INDICATORS.format(rows="\n".join(rows), tables="\n".join(tables), compared="\n".join(compared))


PAGES = {"scenarios.md": scenarios, "event-log.md": event_log, "indicators.md": indicator_page}


def main() -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
