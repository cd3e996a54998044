"""A what-if as a scenario file that extends its baseline's, says only what differs, and means what was run."""

import re
from os.path import relpath
from pathlib import Path
from typing import Any

from yaml import MappingNode, ScalarNode

from sim.errors import Problem, UserError
from sim.record.files import load_record
from sim.results.store import digest
from sim.scenario.loading import load_scenario, load_undated, pending_probes
from sim.scenario.paths import part
from sim.scenario.schema import Scenario
from sim.scenario.yaml_nodes import KINDS, find, read, text

COMMENT = (
    "# A what-if of the dashboard; `sim validate {file}` checks this file, `sim run {file}` answers its question.\n"
)
AS_RUN = ("replications", "seed")
"""Settings that the command line may have changed for the baseline's run."""


def save(scenario: Scenario, base: Scenario, folder: Path) -> Path:
    """Write a what-if to `<name>.yaml` in a folder of scenarios; gives the file.

    It extends the file of the baseline if that is in the folder, and is a whole scenario otherwise. Raises UserError if
    there is such a file already, it cannot be written, or it would not mean the same.
    """
    file = folder / f"{scenario.name}.yaml"
    origin = file_of(base, folder)
    said = whole(scenario) if origin is None else extending(scenario, origin, folder)
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(COMMENT.format(file=file) + text(said))
    except FileExistsError:
        raise UserError(f"{file}: exists already; give the what-if another name") from None
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from None
    try:
        if digest(load_scenario(file)) == digest(scenario):
            return file
        why = "what was run cannot be said on top of its baseline's file"
    except UserError as error:
        why = str(error)
    file.unlink()
    raise UserError(f"{file}: was not written: {why}")


def file_of(base: Scenario, folder: Path) -> Path | None:
    """The scenario file of a baseline, whatever number of replications and seed it was run with."""
    for file in sorted(folder.glob("*.yaml")):
        try:
            name = find(read(file), "name")
            if isinstance(name, ScalarNode) and name.value == base.name and same(load_scenario(file), base):
                return file
        except UserError:  # not a scenario, or one with mistakes
            continue
    return None


def same(found: Scenario, base: Scenario) -> bool:
    """Whether two scenarios are the same question."""
    return digest(found.model_copy(update={name: getattr(base, name) for name in AS_RUN})) == digest(base)


def whole(scenario: Scenario) -> dict[str, Any]:
    """All that the scenario says."""
    said: dict[str, Any] = part(scenario, "")
    return said


def extending(scenario: Scenario, origin: Path, folder: Path) -> dict[str, Any]:
    """What the scenario says beyond the file of its baseline."""
    before = whole(load_scenario(origin))
    first: dict[str, Any] = {"extends": relpath(origin, folder), "name": scenario.name}
    gone = [name for name in _pending(origin) if name not in scenario.probes]
    if any(name in before["probes"] for name in gone):
        first["in_flight"] = {"without": gone}
        before["probes"] = {name: probe for name, probe in before["probes"].items() if name not in gone}
    differs = difference(before, whole(scenario)) or {}
    if "procedure" in differs:
        named = procedure_of(origin)
        if named is not None:
            differs["procedure"] = {"extends": relpath(named, folder), **differs["procedure"]}
    return {**first, **{key: value for key, value in differs.items() if key not in first}}


def _pending(origin: Path) -> list[str]:
    """The cases that a scenario file takes from its record, and those that it leaves out; not those that it lists."""
    scenario, record = load_undated(origin)
    if record is None:
        return []
    found = pending_probes(scenario, load_record(record).known_on(scenario.start))
    return [name for name in found if name not in scenario.probes]


def difference(before: Any, after: Any) -> Any:
    """What is to be laid on `before` so that it says `after`; see `sim.scenario.yaml_nodes.merge` for what replaces."""
    if not (isinstance(before, dict) and isinstance(after, dict)) or _whole(before, after):
        return after
    gone = {key: None for key in before if key not in after}
    changed = {
        key: difference(before[key], value) if key in before else value
        for key, value in after.items()
        if key not in before or before[key] != value
    }
    return {**changed, **gone}


def _whole(before: dict[Any, Any], after: dict[Any, Any]) -> bool:
    """Whether a mapping replaces another one as a whole."""
    dated = all(re.fullmatch(r"\d{4}-\d\d-\d\d", str(key)) for key in after)
    return "distribution" in after or dated or any(after.get(kind) != before.get(kind) for kind in KINDS)


def procedure_of(file: Path) -> Path | None:
    """The file of the procedure that a scenario names; None if it has one of its own to be laid on."""
    tree = read(file)
    said, base = find(tree, "procedure"), find(tree, "extends")
    if isinstance(said, MappingNode):
        return None
    if isinstance(said, ScalarNode):
        return _beside(file, str(said.value), "procedures")
    if isinstance(base, ScalarNode):
        return procedure_of(_beside(file, str(base.value), "."))
    raise UserError(Problem(str(file), message="names no procedure"))


def _beside(file: Path, name: str, folder: str) -> Path:
    """The file that a name in a scenario means: a path beside it, or a name in its folder."""
    is_path = name.endswith((".yaml", ".yml"))
    return file.parent / name if is_path else file.parent / folder / f"{name}.yaml"
