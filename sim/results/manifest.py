"""The manifest of a stored run: what was run, with what, and the hashes of its files; checked when it is read."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from sim.errors import Problem, UserError
from sim.files import atomic_write
from sim.results.identity import CODE, FORMAT, ROUNDING, Environment
from sim.scenario.settings import worded

NAME = "manifest.json"
SUMMARY = "summary.npz"
EVENTS = "events/"
AGAIN = "delete the folder and run again"

FileName = Annotated[str, StringConstraints(pattern=r"^(summary\.npz|events/\d+-\d+\.parquet)$")]


class Manifest(BaseModel):
    """What stands in `manifest.json`."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", use_attribute_docstrings=True)

    format: int
    "of the folder"
    name: str
    "of the scenario"
    settings: str
    "hash of what was asked for, whatever computed it"
    scenario: dict[str, Any]
    "the scenario in full"
    replications: Annotated[int, Field(ge=1)]
    "how many there are"
    seed: Annotated[int, Field(ge=0)]
    "of all random numbers"
    versions: dict[str, str]
    "of Python and the packages that computed it"
    code: str
    "hash of the code that computed it"
    rounding: str
    "hash of how the processor and its libraries rounded"
    commit: str
    "of the code, if it was in a checkout; with + if files differed from it"
    content: dict[FileName, str]
    "hashes of the files by name"
    record: str = ""
    "the folder of the record that the scenario names, relative to that of the run; it changes no number"
    seal: str
    "hash of all that stands above: whoever changes a setting by hand makes no other run of it"

    @property
    def environment(self) -> Environment:
        """What computed the run."""
        return {CODE: self.code, **self.versions, ROUNDING: self.rounding}

    @property
    def title(self) -> str:
        """What people call the scenario."""
        return str(self.scenario.get("title") or self.name)

    @property
    def event_files(self) -> list[str]:
        """The files with the events, in the order of their replications; none for a point of a sweep."""
        return [name for name in self.content if name.startswith(EVENTS)]

    def with_words(self, words: Mapping[str, Any], record: str) -> "Manifest":
        """The manifest with some other settings of its scenario and another folder of the record, sealed again."""
        return sealed(self.model_dump() | {"scenario": {**self.scenario, **words}, "record": record})


def sealed(content: Mapping[str, Any]) -> Manifest:
    """The manifest with this content."""
    content = {"record": "", **content}
    return Manifest.model_validate({**content, "seal": _seal(content)})


def _seal(content: Mapping[str, Any]) -> str:
    text = json.dumps(sorted((name, value) for name, value in content.items() if name != "seal"))
    return blake2b(text.encode(), digest_size=16).hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, whole or not at all."""
    with atomic_write(folder / NAME) as temporary:
        temporary.write_text(json.dumps(manifest.model_dump(), indent=1), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a stored run.

    Raises UserError, in one line, if the folder holds none, or one of another format, or one that was changed since.
    """
    path = folder / NAME
    try:
        if not path.is_file():  # a pipe would let the reader wait for ever
            raise FileNotFoundError
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        remedy = f"; {AGAIN}" if path.exists() else ""
        message = f"holds no finished run (no readable {NAME}){remedy}"
        raise UserError(Problem(str(folder), message=message)) from None
    if not isinstance(content, dict) or not isinstance(content.get("format"), int):
        raise UserError(Problem(str(path), message=f"is not the manifest of a run; {AGAIN}"))
    if content["format"] != FORMAT:
        raise UserError(Problem(str(path), message=f"has format {content['format']}, not {FORMAT}; run it again"))
    try:
        manifest = Manifest.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        what = "is missing" if first["type"] == "missing" else worded(first)
        raise UserError(Problem(str(path), message=f"{where}: {what}; {AGAIN}")) from None
    stated = {name: getattr(manifest, name) for name in ("name", "replications", "seed")}
    if manifest.seal != _seal(content) or any(manifest.scenario.get(name) != value for name, value in stated.items()):
        raise UserError(Problem(str(path), message=f"was changed since the run was stored; {AGAIN}"))
    return manifest
