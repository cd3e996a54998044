"""What makes the view on screen again without the dashboard: a command for the shell, and a script."""

import json
from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import Any, NamedTuple

from sim.errors import UserError
from sim.scenario.paths import joined
from sim.scenario.schema import Scenario
from sim.view.dashboard.origin import FileWithSettings, origin_of

AS_RUN = {("replications",), ("seed",)}
"""Settings that have options of their own."""


class Recipe(NamedTuple):
    """A command, and a script that does the same."""

    command: str
    python: str


def recipe(scenarios: Sequence[Scenario], folder: Path, platform: str = "") -> Recipe:
    """What runs these scenarios, the first of which is the baseline; `platform`: shown of them.

    Raises UserError if a scenario is in no file of the folder, or differs from its file in what is no setting.
    """
    found = [(scenario, _origin(scenario, folder)) for scenario in scenarios]
    of_platform = f".filter(platform={platform!r})" if platform else ""
    runs = [f"{_simulated(scenario, origin)}{of_platform}" for scenario, origin in found]
    alike = len({scenario.replications for scenario in scenarios}) == 1
    names, lines = ["load_scenario", "simulate"], [f"run = {runs[0]}", "print(run.summary())"]
    if len(runs) > 1:
        lines = ["runs = [", *(f"    {run}," for run in runs), "]"]
    if len(runs) > 1 and alike:
        names, lines = ["compare", *names], [*lines, "print(compare(runs).table)"]
    body = "".join(f"    {line}\n" for line in lines)
    script = f'from sim import {", ".join(names)}\n\nif __name__ == "__main__":\n{body}'
    return Recipe("\n".join(_command(*one) for one in found), script)


def _origin(scenario: Scenario, folder: Path) -> FileWithSettings:
    origin = origin_of(scenario, folder)
    if origin is None:
        raise UserError(f"No file in {folder} is the scenario {scenario.name!r}, from which it could be run again.")
    origin = origin._replace(settings={keys: value for keys, value in origin.settings.items() if keys not in AS_RUN})
    if None in origin.settings.values():
        raise UserError(
            f"{scenario.name!r} lacks what {origin.file} has, which no setting says: save it as a scenario first."
        )
    return origin


def _command(scenario: Scenario, origin: FileWithSettings) -> str:
    sets = [f"--set {quote(f'{joined(keys)}={_yaml(value)}')}" for keys, value in origin.settings.items()]
    number = f"--replications {scenario.replications} --seed {scenario.seed}"
    return " \\\n  ".join([f"sim run {quote(str(origin.file))} {number}", *sets])


def _yaml(value: Any) -> str:
    """A value as YAML in one line: JSON, or the text itself where it means itself."""
    return value if isinstance(value, str) and value.replace("-", "").isalnum() else json.dumps(value)


def _simulated(scenario: Scenario, origin: FileWithSettings) -> str:
    settings = {joined(keys): value for keys, value in origin.settings.items()}
    given = f", {settings!r}" if settings else ""
    loaded = f"load_scenario({str(origin.file)!r}{given})"
    return f"simulate({loaded}, replications={scenario.replications}, seed={scenario.seed})"
