"""The text of a new scenario file."""

from os.path import relpath
from pathlib import Path
from shlex import quote

from sim.characters import file_name, one_line
from sim.errors import UserError
from sim.scenario.schema import Scenario
from sim.scenario.yaml_nodes import text

TEXT = """\
# yaml-language-server: $schema={schema}
#
# Built on {base}: give only what differs. `sim show {base}` prints everything that can be changed,
# `sim validate {file}` checks this file, and `sim run {file}` answers its question.
{words}description: >
  What differs, and why?
question: What changes?  # `sim report` and `sim dashboard` answer it beside {base}

# Single settings:
# horizon: {horizon}
# replications: {replications}

# More or fewer people from a date on (a table of dates replaces the whole table that it overrides):
# staffing:
#   {role}:
#     headcount: {{{start}: {headcount:g}}}
#     sources:
#       headcount: assumption; why this number
"""


def new_scenario(file: Path, base: Path, scenario: Scenario) -> str:
    """A commented scenario that extends `base`, to be written to `file`. Raises UserError if none can name `base`."""
    role, pool = next(iter(scenario.staffing.items()))
    folder, beside = file.parent, relpath(base, file.parent)
    if beside.encode("utf-8", "ignore").decode() != beside:
        raise UserError(f"{base}: no file can name it, because its name is not in UTF-8; rename it")
    name = file_name(file.stem).lstrip("._-") or "scenario"
    return TEXT.format(
        schema=one_line(relpath(base.parent / "scenario.schema.json", folder)),
        base=_typed(beside),
        file=_typed(str(file)),
        words=text({"extends": beside, "name": name, "title": name}),
        horizon=scenario.horizon,
        replications=scenario.replications,
        role=text({role: 0}).removesuffix(": 0\n"),
        start=scenario.start,
        headcount=list(pool.headcount.values())[-1],
    )


def _typed(path: str) -> str:
    """A path as one types it, on the line of a comment."""
    return one_line(quote(path))
