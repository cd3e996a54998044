"""A what-if as a scenario file that extends its baseline's, sets only what differs, and means what was run."""

from collections.abc import Mapping
from os.path import relpath
from pathlib import Path
from shlex import quote
from typing import Any

from yaml import ScalarNode

from sim.characters import one_line
from sim.errors import UserError
from sim.record.files import load_record
from sim.results.identity import settings_digest
from sim.scenario.loading import load_scenario, load_undated, pending_names
from sim.scenario.paths import part
from sim.scenario.schema import Scenario
from sim.scenario.yaml_nodes import find, read, text

COMMENT = (
    "# A what-if of the dashboard; `sim validate {file}` checks this file, `sim run {file}` answers its question.\n"
)
WORDS = ("name", "title", "description")
AS_RUN = ("replications", "seed")
"""Settings that the command line may have changed for the baseline's run."""


def save(scenario: Scenario, base: Scenario, folder: Path) -> Path:
    """Write a what-if to `<name>.yaml` in a folder of scenarios; gives the file.

    It extends the file of the baseline if that is in the folder, and is a whole scenario otherwise. Raises UserError if
    there is such a file already, it cannot be written, or it would not mean the same.
    """
    file = folder / f"{scenario.name}.yaml"
    origin = file_of(base, folder)
    settings = part(scenario, "") if origin is None else extending(scenario, origin, folder)
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(COMMENT.format(file=one_line(quote(str(file)))) + text(settings))
    except FileExistsError:
        raise UserError(f"{file}: exists already; give the what-if another name") from None
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from None
    try:
        if settings_digest(load_scenario(file)) == settings_digest(scenario):
            return file
        why = "on top of its baseline's file it would mean another scenario than the one that was run"
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


def same(scenario: Scenario, base: Scenario) -> bool:
    """Whether two scenarios differ in replications and seed at most."""
    as_run = scenario.model_copy(update={name: getattr(base, name) for name in AS_RUN})
    return settings_digest(as_run) == settings_digest(base)


def extending(scenario: Scenario, origin: Path, folder: Path) -> dict[str, Any]:
    """What the scenario sets beyond the file of its baseline.

    Words, replications and seed, people and what is uncertain about them, probes left out.
    """
    before = load_scenario(origin)
    settings, former = part(scenario, ""), part(before, "")
    result: dict[str, Any] = {"extends": relpath(origin, folder)}
    result |= {name: settings[name] for name in (*WORDS, *AS_RUN) if settings[name] != former.get(name)}
    staffing = {
        role: {"headcount": settings["staffing"][role]["headcount"]}
        for role, pool in scenario.staffing.items()
        if pool != before.staffing[role]
    }
    if staffing:
        result["staffing"] = staffing
    uncertain = {
        name: _changed(former["uncertain"][name], settings["uncertain"][name]) if name in scenario.uncertain else None
        for name, parameter in before.uncertain.items()
        if scenario.uncertain.get(name) != parameter
    }
    if uncertain:
        result["uncertain"] = uncertain
    without = [name for name in _pending(origin) if name not in scenario.probes]
    gone = [name for name in before.probes if name not in scenario.probes]
    if set(gone) & set(without):
        result["in_flight"] = {"without": without}
    listed = [name for name in gone if name not in without]
    if listed:
        result["probes"] = dict.fromkeys(listed)
    return result


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """What makes one group of settings of another; null for what is gone."""
    different = {name: value for name, value in now.items() if value != before.get(name)}
    return {**{name: None for name in before if name not in now}, **different}


def _pending(origin: Path) -> list[str]:
    """The cases that a scenario file takes from its record, and those that it leaves out; not those that it lists."""
    scenario, record = load_undated(origin)
    if record is None:
        return []
    pending = pending_names(load_record(record).known_on(scenario.start), scenario.start)
    return [name for name in pending if name not in scenario.probes]
