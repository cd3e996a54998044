"""Where a run is stored, and its finished parts while it is going on: whole and checked, or not there."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from sim.errors import Problem, UserError
from sim.files import atomic_write
from sim.results.identity import differences, digest, environment, settings_digest
from sim.results.manifest import AGAIN, NAME, read_manifest
from sim.scenario.schema import Scenario

LONGEST_NAME = 100
"""Characters of a scenario's name in the name of its folder: systems take 255 bytes, and the hash is of all of it."""
ENVIRONMENT = "environment.json"
"""What computes the parts beside it, and what they are parts of."""
FAULTS = (OSError, ValueError, KeyError, TypeError, RecursionError)
"""What reading a file of JSON raises that is missing or damaged."""


@dataclass(frozen=True)
class RunLocation:
    """Where a run is, or will be, stored.

    Attributes
    ----------
    folder, partial : of the finished run, and of the one that is going on.
    settings : hash of what is asked for, see `sim.results.identity`.
    """

    folder: Path
    partial: Path
    settings: str
    _whole: set[Path] = field(default_factory=set, compare=False, repr=False)

    @property
    def finished(self) -> bool:
        """Whether the whole run is stored."""
        return (self.folder / NAME).is_file()

    def check(self) -> None:
        """Raise UserError if the finished run is another one than the name of its folder says: somebody renamed it."""
        manifest = read_manifest(self.folder)
        if (manifest.settings, manifest.environment) != (self.settings, environment()):
            message = f"holds another run than its name says; {AGAIN}"
            raise UserError(Problem(str(self.folder), message=message))

    @property
    def blocked(self) -> bool:
        """Whether something that is no run stands where it belongs."""
        return not self.finished and self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir()))

    @property
    def parts(self) -> Path:
        """The folder with the finished chunks of a run that is going on."""
        return self.partial / "parts"

    def prepare(self) -> None:
        """Make the folder of a run that is going on."""
        self.parts.mkdir(parents=True, exist_ok=True)

    def clean_up(self) -> None:
        """Remove what processes left behind that were killed, or slower than another one; once the run is finished."""
        shutil.rmtree(self.partial, ignore_errors=True)
        shutil.rmtree(self.folder / "parts", ignore_errors=True)
        for left_over in [*self.folder.glob(".*"), *self.folder.glob("events/.*")]:
            with suppress(OSError):
                left_over.unlink()

    def _summary_part(self, numbers: range) -> Path:
        return self.parts / f"part-{numbers.start:06d}-{numbers.stop - 1:06d}.npz"

    def events_part(self, numbers: range) -> Path:
        """The file with the events of a chunk while the run is going on."""
        return self._summary_part(numbers).with_suffix(".parquet")

    def has(self, numbers: range, events: bool) -> bool:
        """Whether a chunk is finished, with its events if they are wanted; one that was damaged since is not."""
        summary = self._summary_part(numbers)
        return self._is_whole(summary) and (not events or self.events_part(numbers).is_file())

    def write(self, numbers: range, events: bytes | None, summary: bytes) -> None:
        """Store a chunk, whole or not at all: it is finished once its summary exists."""
        path = self._summary_part(numbers)
        written = {path.with_suffix(".parquet"): events} if events is not None else {}
        hashes = {each.name: _hash(content) for each, content in [*written.items(), (path, summary)]}
        written[path.with_suffix(".json")] = json.dumps(hashes).encode()
        if not (self.parts / ENVIRONMENT).is_file():
            made_by = {"settings": self.settings, "environment": environment()}
            written[self.parts / ENVIRONMENT] = json.dumps(made_by).encode()
        written[path] = summary
        for each, content in written.items():
            write(each, content)
        self._whole.add(path)

    def _is_whole(self, summary: Path) -> bool:
        """Whether a part is there as it was written; it is read once to see that."""
        if not summary.is_file():
            return False
        if summary not in self._whole:
            try:
                hashes = json.loads(summary.with_suffix(".json").read_text(encoding="utf-8"))
                whole = summary.name in hashes and all(
                    _hash((self.parts / Path(name).name).read_bytes()) == hashed for name, hashed in hashes.items()
                )
            except FAULTS:
                whole = False
            if not whole:
                return False
            self._whole.add(summary)
        return True

    def read_summary(self, numbers: range) -> bytes:
        """The summary of a chunk."""
        return self._summary_part(numbers).read_bytes()

    def count_parts(self) -> int:
        """How many chunks of an unfinished run are finished."""
        return sum(map(self._is_whole, self.parts.glob("part-*.npz")))

    def made_otherwise(self) -> "Iterator[MadeOtherwise]":
        """Runs of the same settings, finished or not, that other software or another processor made."""
        name, _, _ = self.folder.name.rpartition("-")
        for folder in sorted(self.folder.parent.glob(f"{name}-*")):
            with suppress(UserError):
                manifest = read_manifest(folder)
                if manifest.settings == self.settings and folder != self.folder:
                    yield MadeOtherwise(folder, True, differences(manifest.environment, environment()))
        for path in sorted(self.folder.parent.glob(f".{name}-*.partial/parts/{ENVIRONMENT}")):
            with suppress(*FAULTS):
                made_by = json.loads(path.read_text(encoding="utf-8"))
                if made_by["settings"] == self.settings and path.parents[1] != self.partial:
                    yield MadeOtherwise(path.parents[1], False, differences(made_by["environment"], environment()))


class MadeOtherwise(NamedTuple):
    """A run of the same settings that is not the same run, because something else computed it.

    `difference`: in what that differs, in words; nothing if it was stored under another name.
    """

    folder: Path
    finished: bool
    difference: str


def locate(
    results: Path, scenario: Scenario, more: Mapping[str, Any] | None = None, judged: bool = False
) -> RunLocation:
    """Where the run of a scenario belongs; `more` and `judged` as of `sim.results.identity.digest`."""
    name = f"{scenario.name[:LONGEST_NAME]}-{digest(scenario, more, judged)}"
    return RunLocation(results / name, results / f".{name}.partial", settings_digest(scenario, more))


def file_hash(path: Path) -> str:
    """The hash of a file's content. Raises OSError if it cannot be read."""
    return _hash(path.read_bytes())


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def _hash(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()
