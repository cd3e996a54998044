"""Writes docs/scenarios.md, docs/event-log.md and docs/indicators.md from the code that they describe.

python docs/reference.py
"""

import types
from datetime import date
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from sim.experiments import compare as comparison
from sim.results import events
from sim.results.catalogue import CELLS, INDICATORS, Indicator
from sim.results.summary import VARIABLES
from sim.results.tables import TABLES, RunTable
from sim.scenario import bounds, distributions, schema, sources, staffing
from sim.scenario.joint_draws import JointDraws
from sim.scenario.settings import Settings

DOCS = Path(__file__).resolve().parent
INTRODUCTION = """\
# The language of scenario files

Written by `python docs/reference.py` from the code. Do not edit.

A scenario is a YAML file, read as YAML 1.2: `no` and `12:30` are words, `1e3` is a number, and a key given twice is an error.
Times are in days and efforts in FTE-days unless a name says otherwise. A table of dates gives a value from each date on. The
files in [scenarios](../scenarios) are the examples.

## Building on other files

`extends:` names the file on which a scenario is built. Mappings are combined key by key, and `null` removes a key; an
empty mapping would change nothing and is an error. Lists, distributions and tables of dates are replaced as a whole. The order of
steps (and of stages and routes) is that of the file that extends if it lists all of them; if it lists only some, new ones come last, and
another order is an error. `procedure:` names a file in the folder `procedures` beside the scenario, or is a mapping that extends
one. At most 20 files are built one on another.

A file may also be a pipe: `cat my.yaml | sim run /dev/stdin`. It is UTF-8, has at most 16 MB and, with what its aliases stand
for, 100,000 values.

`--set PATH=VALUE` changes any setting for one run, as does a dict in Python:
`load_scenario(file, {"staffing.legal.headcount": 16})` reads the file with other settings, and `scenario.replace(...)` changes
a scenario that has been loaded. Part of a path that contains dots stands in quotes. A dict or list replaces the one at its path.

## Shares of routes

`next` gives the routes out of a stage with their shares of cases: `{fined: 0.3, closed: rest}`. A `probability`, or a bare number, is
of all cases; `of_rest` is of those that take none of the routes with a number before it; and one route may have neither, or `rest`,
and takes what all others leave, wherever it is written. So

    next:
      findings: 0.8
      commitments: {of_rest: 0.5}
      closed: {of_rest: 0.5}
      shelved: {to: closed}

are 0.8, 0.1, 0.05 and 0.05. Where several shares are uncertain, `of_rest` is what keeps their sum at 1: with Beta(a1, a2 + a3) for the
first and Beta(a2, a3) for the second, and the last as the rest, the three are a Dirichlet(a1, a2, a3) (Connor and Mosimann, 1969). A
probability is refused where it may take more than is left. The order of routes means something, so a file that extends another one
keeps it or lists all of them, as with steps.

## Priors and posteriors

Every uncertain parameter has a `value`: its prior, from which it is drawn once for each replication, or for `replications_per_draw` of
them. `posterior: FILE.csv` names a table of joint draws that take the place of the `value` of its parameters, such as
`sim calibrate -o FILE.csv` writes:

    # as_of: 2026-10-08
    effort,findings
    1.0126,0.71466
    0.7461,0.61693

The header has names of `uncertain` parameters, of which there may be others, drawn from their priors. Each row is a draw, all are equally
likely and in random order: a run takes them one after the other from one that its seed decides, so that none comes twice before all have
come. Lines with `#` before the header say where the table comes from; the day of knowledge, `as_of`, is shown in results. A path is seen from
the file that says it. A loaded scenario holds the table itself, and `sim show` prints it in the place of the name, so that a run can be
repeated from its manifest, and another table is another run.

`posterior: null` in a file that extends another, `--set posterior=null` and the option `--priors` of the commands that run scenarios go back
to the priors. A parameter that an extending file takes away (`null`) has no draws any more. A `value` that is written after the posterior
that takes its place, in an extending file or with `--set`, is an error, since it would do nothing; so are draws outside of what the
`value` can be, or at which the scenario would be wrong. Morris and Sobol designs vary parameters by themselves: with a posterior each
has the quantiles of its column, without the correlations. `sim calibrate` and `sim backtest` always begin with the priors.

## Names

A case takes the name of its probe, or that of its stream with a number; a strand, and a case of a wave, adds `/` and its own name.
So the names of probes, streams and strands contain no `/`, and no name from which a random draw is derived contains a `|`.
`sources` is never a name.

A name is there, and is seen: it is not empty, has no spaces at its ends and no signs that nobody sees, and no `"`. Of two roles, stages,
platforms, topics and the like no two names differ in capitals or spaces only. No stage, exit, role or probe has a name by which tables
call something of their own: `all`, `headline`, `before`, `new`, `in progress`, `further strands`, `goes on as strands`,
`still in progress`, `still there`; and no uncertain parameter is called `replication`. Stages and exits have titles that differ, as have
roles, uncertain parameters and targets, or readers could not tell them apart.

A name that refers to nothing is an error wherever it is written, in files and with `--set`: a role that no step asks for; in conditions
and in `complexity` a platform, provider, topic or origin that no case can have, or a second visit to a stage to which no route leads back;
a weight of a priority that no stage or case has; a target whose milestone no route leads to from the stage where counting begins. The
file of a procedure may be meant for several scenarios, so it may name platforms, providers, topics, origins and priorities that one of
them lacks; there, and where a procedure is `shared: true` as `sim show` prints it, only a name that is nearly a known one is an error.
`platforms` may list services on which there are no cases, unless their name is nearly that of one that is not listed.

## What is hardly meant

What is legal but hardly meant is told in a line that begins with `note:`, by `sim validate` and by every command that runs a scenario;
in Python `Scenario.notes` has these lines. They are of

- a table of dates that begins after the first day: its first value holds before its date, too, so that "two more from July 2028" needs
  both values, `headcount: {2026-01-01: 2, 2028-07-01: 4}`, also in a file that extends another;
- a team that cannot start from some day on, since its people are too few until the horizon. If one waits for them at the horizon and no
  later change of the headcount or of the share brings them, the results say so, and in how many replications;
- a step whose effort is 0 for all roles, and that takes no time;
- a probe that arrives after the horizon;
- cases in progress that began longer ago than the steps of their stage can last, and so leave it on the first day. Effort without
  `most_fte` takes no time before the first day, since nobody knows how many people worked on it;
- random waves whose size is not between 1 and the number of their platforms, and a fork to which only strands come;
- a posterior of a later day than the first one;
- a number of replications that is no multiple of `replications_per_draw`. Fewer than that share one draw are an error, unless it is one.

## Where numbers come from

Any block may have `sources`, which say where its numbers come from: by the name of a setting, a dotted path below it, or `all` for
the numbers of the block that have none of their own. Each is a basis and a reason; one that has an address is written out in full.

    casework_share: 0.35
    headcount: 13
    sources:
      casework_share: assumption; requests, planning and the rest of the team take most
      headcount: {basis: source, reason: annual report, url: https://example.eu/report}

| basis | meaning |
|---|---|
{bases}

A number has the source that names it most closely, in the file in which the number is written; an alias (`*name`) has that of the
place where the value is written out. So whoever changes a number changes its source with it: a number that a file overrides
without a source has none. A misspelt basis and a source of something that the block does not say are errors. A number may have
no source: `sim show SCENARIO WORD...` prints the numbers with words that begin like these in name, path, value or source, each with what it is
based on, whether it is varied and in which line it stands; `--sources` all of them, with how many have none, and
`sim validate --sources` reports these as errors. Sources change no result, and a stored run is found again when only they have
changed. (An uncertain parameter may also give its source in words, as `source`.)

## The headline population

A procedure may name the stage from which on a case counts as what people mean by a case. Headline indicators are of the cases in
this stage or one after it, in the order of the file; cases before it are counted by themselves, under the title `before`.

    headline:
      stage: proceedings
      title: strands in formal proceedings
      before: requests for information

## How much there may be

What is beyond these bounds cannot be meant, or could not be computed, and is refused before anything runs. Numbers above zero are
at least {smallest}. A case may go round between stages if time passes there, or if it is likely enough to leave; how often it does
until the horizon is estimated before the run, at the best pace of the staff, for each kind of case that a `when` tells apart.

| at most | of | why |
|---|---|---|
{bounds}
"""
RESULTS = """\
# Indicators and tables

Written by `python docs/reference.py` from the code. Do not edit.

A case is in progress from when it asks to enter its first stage until it is resolved. A case that forks into k strands counts as k from
then on. If the procedure names a headline stage, the indicators with the bare name are of the cases from there on (in the DSA:
strands in formal proceedings), and those of the cases before have `:before` after their name.

Two ranges stand beside each value. The confidence interval (`ci_low` to `ci_high`) says how well the simulation knows the value, and
more replications narrow it. The central 80% of single replications (`q10` to `q90`) says how far one future may be from it, and they do
not.

## Indicators

`run.summary()` gives all of them; `sim compare`, `sim sweep`, `sim sensitivity` and `--precision` take them by name. What stands in
capitals is replaced by the name of a stage, role, case and so on. A ratio is estimated as the ratio of the means over replications.

| indicator | what it is | unit | formula | better | source |
|---|---|---|---|---|---|
{indicators}

`days_to_resolution` and `days_to` are of the cases that got there by the horizon, and so of the quicker ones. `stage_days` and
`target_met` are free of that: they count a case that was in progress on the first day from the age that it had then, and one that is in
progress at the horizon until then.

## Tables of a run

`run.table("endings")` gives one of them as a pandas DataFrame.

{tables}

## Quantities in tables

Tables with two or more dimensions give one of these for each cell that occurs.

| quantity | of each | what it is | unit | formula |
|---|---|---|---|---|
{cells}

## A comparison

`sim.compare(runs)` gives one row for each scenario but the first and each indicator:

| column | meaning |
|---|---|
{compared}

## What they are computed from

`run.data` holds these arrays as an `xarray.Dataset` with named dimensions; they are made from the [event log](event-log.md).

| array | dimensions | meaning |
|---|---|---|
{arrays}
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
        (
            schema.Procedure,
            schema.Headline,
            schema.Complexity,
            schema.Stage,
            schema.Effort,
            schema.Team,
            schema.Wait,
            schema.Route,
        )
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
    if annotation is JointDraws:
        return "name of a file"
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
    bases = "\n".join(f"| `{basis}` | {meaning} |" for basis, meaning in sources.BASES.items())
    limits = [limit for limit in vars(bounds).values() if isinstance(limit, bounds.Bound)]
    rows = "\n".join(row(f"{limit.most:,.0f}", limit.what, limit.why) for limit in limits)
    introduction = INTRODUCTION.replace("{bases}", bases).replace("{bounds}", rows)
    parts = [introduction.replace("{smallest}", f"{bounds.SMALLEST:.0e}".replace("e-0", "e-"))]
    for title, models in GROUPS:
        parts += [f"## {title}\n", *(table(model) for model in models)]
    return "\n".join(parts)


def event_log() -> str:
    """docs/event-log.md."""
    rows = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in events.columns(["<role>"]).items())
    text = " ".join((events.__doc__ or "").split())
    return f"# The event log\n\nWritten by `python docs/reference.py` from the code. Do not edit.\n\n{text}\n\n| column | meaning |\n|---|---|\n{rows}\n"


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"


def indicator_row(indicator: Indicator) -> str:
    """A row of the table of indicators."""
    key = "".join(f":{dimension.upper()}" for dimension in indicator.of if dimension != "population")
    better = {1: "more", -1: "less", 0: ""}[indicator.better]
    name = f"`{indicator.name}{key}`"
    return row(name, indicator.title, indicator.unit, indicator.formula, better, indicator.source)


def run_table(name: str, declared: RunTable) -> str:
    """What a table of a run is, and its columns."""
    common = TABLES["indicators"].columns if name != "indicators" else {}
    own = {column: meaning for column, meaning in declared.columns.items() if common.get(column) != meaning}
    others = ", ".join(f"`{column}`" for column in declared.columns if column not in own)
    columns = "\n".join(f"- `{column}`: {meaning}" for column, meaning in own.items())
    columns += f"\n- {others}: as in `indicators`" if others else ""
    note = f"\n\n{declared.note}" if declared.note else ""
    return f"### `{name}`: {declared.title[0].lower()}{declared.title[1:]}{note}\n\n{columns}"


def indicator_page() -> str:
    """docs/indicators.md."""
    cells = (row(f"`{c.name}`", ", ".join(c.of), c.title, c.unit, c.formula) for c in CELLS.values())
    arrays = (row(f"`{name}`", ", ".join(dims), meaning) for name, (dims, meaning) in VARIABLES.items())
    return RESULTS.format(
        indicators="\n".join(map(indicator_row, INDICATORS)),
        tables="\n\n".join(run_table(name, declared) for name, declared in TABLES.items()),
        cells="\n".join(cells),
        compared="\n".join(row(f"`{name}`", meaning) for name, meaning in comparison.COLUMNS.items()),
        arrays="\n".join(arrays),
    )


PAGES = {"scenarios.md": scenarios, "event-log.md": event_log, "indicators.md": indicator_page}


def main() -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
