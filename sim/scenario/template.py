"""The text of a new scenario file."""

import re
from os.path import relpath
from pathlib import Path

from sim.scenario.schema import Scenario

TEXT = """\
# yaml-language-server: $schema={schema}
#
# Built on {base}: give only what differs. `sim show {base}` prints everything that can be changed,
# `sim validate {file}` checks this file, and `sim run {file}` answers its question.
extends: {base}
name: {name}
title: {name}
description: >
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
    """A commented scenario that extends `base`, to be written to `file`."""
    role, pool = next(iter(scenario.staffing.items()))
    folder = file.parent
    return TEXT.format(
        schema=relpath(base.parent / "scenario.schema.json", folder),
        base=relpath(base, folder),
        file=file,
        name=re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem).lstrip("._-") or "scenario",
        horizon=scenario.horizon,
        replications=scenario.replications,
        role=role,
        start=scenario.start,
        headcount=list(pool.headcount.values())[-1],
    )
