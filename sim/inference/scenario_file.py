"""A posterior as the text of a scenario file, which extends the calibrated one and runs like any other."""

import re
from os.path import relpath
from pathlib import Path
from typing import Any

from sim.errors import UserError
from sim.files import whole
from sim.inference.posterior import Posterior, correlation, margins
from sim.scenario.loading import load_scenario
from sim.scenario.yaml_nodes import text

MARK = "# Written by `sim calibrate`."
"""A line at the beginning of such a file, by which it is known and may be written again."""


def scenario_text(found: Posterior, file: Path) -> str:
    """The text of the scenario file `file`: parameters of which the record says anything; the rest is the base's."""
    base, scenario = found.basis.file, found.basis.scenario
    said: dict[str, Any] = {
        "extends": relpath(base, file.parent),
        "name": re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem).lstrip("._-") or "calibrated",
        "title": f"{scenario.title or scenario.name}, calibrated on what was public on {found.day}",
    }
    posteriors = margins(found)
    if posteriors:
        source = f"calibrated on what was public until {found.day}"
        said["uncertain"] = {
            name: {"value": value.model_dump(mode="json", exclude_none=True), "source": source}
            for name, value in posteriors.items()
        }
    return "\n".join([*_schema(base, file), *_comment(found, list(posteriors)), text(said)])


def _schema(base: Path, file: Path) -> list[str]:
    """The line by which editors find the schema, if it stands beside the calibrated scenario."""
    schema = base.parent / "scenario.schema.json"
    return [f"# yaml-language-server: $schema={relpath(schema, file.parent)}"] if schema.is_file() else []


def _comment(found: Posterior, told: list[str]) -> list[str]:
    draws = f"{len(found.weight):,} draws from the priors, worth {found.effective_draws:,.0f}"
    untold = [name for name in found.basis.scenario.uncertain if name not in told]
    lines = [MARK, f"# What was public until {found.day} says of the uncertain parameters: {draws}."]
    if untold:
        lines.append(f"# It says nothing of {', '.join(untold)}: as before.")
    names, strength = correlation(found)
    if names:
        lines.append(
            f"# Each parameter is told by itself; the strongest correlation left out is {strength:.2f}"
            f" ({' with '.join(names)})."
        )
    return lines


def check_file(file: Path) -> None:
    """Raises UserError if a scenario cannot be written there: another file stands there, or the name is none."""
    if file.suffix not in (".yaml", ".yml"):
        raise UserError(f"{file}: a scenario file ends in .yaml")
    if not file.parent.is_dir():
        raise UserError(f"{file}: there is no folder {file.parent}")
    try:
        if file.exists() and MARK not in file.read_text(encoding="utf-8").splitlines()[:2]:
            raise UserError(f"{file}: exists already and is no output of sim calibrate; choose another name")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def write_scenario(found: Posterior, file: Path) -> None:
    """Write the scenario file and see that it loads. Raises UserError where that cannot be done."""
    check_file(file)
    if file.resolve() == found.basis.file.resolve():
        raise UserError(f"{file}: would extend itself; choose another name")
    try:
        with whole(file) as temporary:
            temporary.write_text(scenario_text(found, file), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from None
    load_scenario(file)
