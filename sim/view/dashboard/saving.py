"""A what-if as a scenario file that extends its baseline's, sets only what differs, and means what was run."""

import re
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Any

from sim.characters import one_line
from sim.errors import UserError
from sim.results.identity import settings_digest
from sim.scenario.loading import load_scenario
from sim.scenario.paths import Keys, part
from sim.scenario.schema import Scenario
from sim.scenario.yaml_nodes import text
from sim.view.dashboard.origin import origin_of

COMMENT = (
    "# A what-if of the dashboard; `sim validate {file}` checks this file, `sim run {file}` answers its question.\n"
)
DATE = re.compile(r"\d{4}-\d\d-\d\d")
LONGEST_NAME = 100
"""Characters of a name: the folder of the run is named after it."""


def save(scenario: Scenario, name: str, folder: Path) -> Path:
    """Write a what-if to `<name>.yaml` in a folder of scenarios; gives the file.

    It extends the file of the baseline if that is in the folder, and is a whole scenario otherwise. Raises UserError if
    there is such a file already, it cannot be written, it would not mean the same, or the name cannot be one.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or len(name) > LONGEST_NAME:
        raise UserError(
            f"The name may have letters, digits, '.', '_' and '-' only, at most {LONGEST_NAME}; it begins with a letter"
            " or digit."
        )
    file, named = folder / f"{name}.yaml", scenario.model_copy(update={"name": name})
    origin = origin_of(scenario, folder)
    settings = part(named, "")
    if origin:
        settings = {"extends": origin.file.name, "name": name, "title": named.title, "description": named.description}
        settings |= _nested(
            {keys: value for keys, value in origin.settings.items() if keys != ("name",)}, part(named, "")
        )
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(COMMENT.format(file=one_line(quote(str(file)))) + text(settings))
    except FileExistsError:
        raise UserError(f"{file}: exists already; give the what-if another name") from None
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from None
    try:
        if settings_digest(load_scenario(file)) == settings_digest(named):
            return file
        why = "on top of its baseline's file it would mean another scenario than the one that was run"
    except UserError as error:
        why = str(error)
    file.unlink()
    raise UserError(f"{file}: was not written: {why}")


def _nested(settings: Mapping[Keys, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by place as a tree; tables by date are `whole`, as a file that extends another one has them."""
    tree: dict[str, Any] = {}
    for keys, value in settings.items():
        place, source = tree, whole
        *above, last = keys[:-1] if DATE.fullmatch(keys[-1]) else keys
        for key in above:
            place, source = place.setdefault(key, {}), source.get(key, {})
        place[last] = source[last] if DATE.fullmatch(keys[-1]) else value
    return tree
