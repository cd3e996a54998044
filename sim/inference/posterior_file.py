"""A posterior as files: a table of joint draws, and a scenario that names it and extends the calibrated one."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from os.path import relpath
from pathlib import Path
from typing import Any

import pandas as pd

from sim.errors import UserError
from sim.files import atomic_write
from sim.inference.as_of import Basis
from sim.scenario.joint_draws import AS_OF, table_text
from sim.scenario.loading import load_scenario
from sim.scenario.yaml_nodes import text

MARK = "# Written by `sim calibrate`."
"""A line at the beginning of a file, by which it is known as an output and may be overwritten."""
TABLE, SCENARIO = ".csv", (".yaml", ".yml")
"""Endings of the names of files."""


@dataclass(frozen=True)
class Outcome:
    """What files say of a posterior.

    `table`: equally likely joint draws, a column for each parameter that the record informs; it rests on so many
    `rounds` of so many `draws`, the last of which are worth `effective`.
    """

    basis: Basis
    as_of: date
    rounds: int
    draws: int
    effective: float
    table: pd.DataFrame


def write(outcome: Outcome, file: Path) -> None:
    """Write the table, and the scenario that names it if the file is one.

    Raises UserError if that cannot be done, or if the scenario would not be valid.
    """
    table = file.with_suffix(TABLE)
    with _written(table, draws_text(outcome)) as temporary:
        _load(outcome.basis, temporary)
    if file.suffix in SCENARIO:
        with _written(file, scenario_text(outcome, file)) as temporary:
            load_scenario(temporary)


@contextmanager
def _written(file: Path, content: str) -> Iterator[Path]:
    """A file with its text under a temporary name, which becomes its own if what is done meanwhile raises nothing.

    Messages about the temporary file are about the one that it would be.
    """
    try:
        with atomic_write(file) as temporary:
            temporary.write_text(content, encoding="utf-8")
            try:
                yield temporary
            except UserError as error:
                named = [replace(p, file=p.file.replace(str(temporary), str(file))) for p in error.problems]
                raise UserError(*named) from None
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from None


def _load(basis: Basis, table: Path) -> None:
    """Raise UserError if the calibrated scenario is not valid with these draws."""
    settings = {"posterior": str(table.resolve())}
    if basis.file:
        load_scenario(basis.file, settings)
    else:
        basis.given.replace(settings)


def draws_text(outcome: Outcome) -> str:
    """The text of the table: where it comes from, then the draws."""
    scenario, columns = outcome.basis.scenario, [str(name) for name in outcome.table]
    comments = [
        MARK,
        f"{AS_OF}{outcome.as_of}",
        f"# scenario: {scenario.name}",
        f"# rounds: {outcome.rounds} of {outcome.draws:,} draws, the last worth {outcome.effective:,.0f}",
    ]
    if uninformed := [name for name in scenario.uncertain if name not in columns]:
        comments.append(f"# drawn from their priors, since the record does not inform them: {', '.join(uninformed)}")
    return table_text(columns, outcome.table.to_numpy(dtype=float).tolist(), comments)


def scenario_text(outcome: Outcome, file: Path) -> str:
    """The text of the scenario file `file`: the calibrated scenario with its posterior."""
    base, scenario = outcome.basis.file, outcome.basis.scenario
    changed = {
        "name": re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem).lstrip("._-") or "calibrated",
        "title": f"{scenario.title or scenario.name}, calibrated on what was public on {outcome.as_of}",
        "posterior": file.with_suffix(TABLE).name,
    }
    if base:
        content: dict[str, Any] = {"extends": relpath(base, file.parent), **changed}
    else:
        content = outcome.basis.given.model_dump(mode="json", exclude_defaults=True) | changed
    return "\n".join([*_schema_line(base, file), MARK, text(content)])


def _schema_line(base: Path | None, file: Path) -> Iterable[str]:
    """The line by which editors find the schema, if it stands beside the calibrated scenario."""
    if base is None or not (schema := base.parent / "scenario.schema.json").is_file():
        return []
    return [f"# yaml-language-server: $schema={relpath(schema, file.parent)}"]


def check_output(file: Path) -> None:
    """Raise UserError if a posterior cannot be written to a file, because of its name or of what is there."""
    if file.suffix not in (TABLE, *SCENARIO):
        raise UserError(f"{file}: name a table of draws, FILE.csv, or a scenario that has it, FILE.yaml")
    if not file.parent.is_dir():
        raise UserError(f"{file}: there is no folder {file.parent}")
    for written in dict.fromkeys((file, file.with_suffix(TABLE))):
        try:
            if written.exists() and MARK not in written.read_text(encoding="utf-8").splitlines()[:2]:
                raise UserError(f"{written}: exists already and was not written by sim calibrate; choose another name")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{written}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
