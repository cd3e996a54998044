"""What the dashboard has at hand: the stored runs, their slices by platform, and what was made of them."""

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from sim.errors import UserError
from sim.record.model import Record
from sim.results.run import Run
from sim.results.slices import FOLDER as SLICES
from sim.results.slices import all_kept, kept_slice, make_slices
from sim.results.store import FORMAT, load_run
from sim.view.dashboard.helper import Helper

T = TypeVar("T")

RUNS, MADE = 24, 1000
"""Runs and slices, and what was made of them, that are kept in memory: up to 20 MB for a run, 0.2 MB for a picture."""


class Kept:
    """The values last used, each made when it is first asked for: a bounded memory that several people share."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._values: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key. Two who ask for a new one at the same time may both make it; it is the same."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                known: T = self._values[key]
                return known
        value = make()
        self.put(key, value)
        return value

    def put(self, key: Hashable, value: Any) -> None:
        """Keep a value that was made elsewhere."""
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)

    def all(self) -> list[tuple[Hashable, Any]]:
        """The keys and values that are kept."""
        with self._lock:
            return list(self._values.items())


class Library:
    """The runs of a results folder, and those named beside it, which are shown at the beginning.

    `record`: the public record to show beside the runs, if there is one. `helper`: makes slices, and works ahead.
    `made`: the pictures and sentences that were made of runs, by what they are and what they are of.
    """

    def __init__(self, results: Path, named: Sequence[Path] = (), record: Record | None = None) -> None:
        self.results, self.record, self.helper = results, record, Helper()
        self.made = Kept(MADE)
        self._named = {folder.name: folder for folder in named}
        self._runs = Kept(RUNS)
        self._slices: dict[str, Future[None] | None] = {}
        self._lock = Lock()

    def labels(self) -> dict[str, str]:
        """The runs that there are, by name, with what people call them; the points of sweeps are left out."""
        stored = {path.parent.name: path.parent for path in sorted(self.results.glob("*/manifest.json"))}
        found = {name: _label(folder, name in self._named) for name, folder in {**self._named, **stored}.items()}
        labels = [label for label in found.values() if label]
        return {
            name: f"{label} · {name.rpartition('-')[2]}" if labels.count(label) > 1 else label
            for name, label in found.items()
            if label
        }

    def first(self) -> list[str]:
        """The runs to show at the beginning: those named on the command line, or else the first that there is."""
        return list(self._named) or list(self.labels())[:1]

    def folder(self, name: str) -> Path:
        """Where a run is stored."""
        return self._named.get(name, self.results / name)

    def run(self, name: str) -> Run:
        """A run by its name. Raises UserError if it cannot be read."""
        return self._runs.get(name, lambda: load_run(self.folder(name)))

    def slice(self, name: str, platform: str) -> Run:
        """The slice of a run that has its slices. Raises UserError if it cannot be read."""
        return self._runs.get((name, platform), lambda: _kept(self.run(name), platform))

    def sliced(self, name: str) -> bool:
        """Whether the slices of a run are there; they are made ahead, once, when it is first asked.

        Raises UserError if they could not be made.
        """
        making = self.making(name)
        if making is None:
            return True
        if not making.done():
            return False
        error = making.exception()
        if isinstance(error, UserError):
            raise error
        if error is not None:
            raise UserError(f"{self.folder(name)}: its parts on single platforms could not be made: {error}")
        return True

    def making(self, name: str) -> "Future[None] | None":
        """The making of a run's slices; None if they were there before."""
        with self._lock:
            if name not in self._slices:
                run = self.run(name)
                self._slices[name] = None if all_kept(run) else self.helper.submit(_make, self.folder(name))
            return self._slices[name]


def _make(folder: Path) -> None:
    """Make the slices of a stored run. Raises UserError if they cannot be made or kept."""
    run = load_run(folder)
    try:
        make_slices(run)
    except OSError as error:
        raise UserError(f"{folder}: its events cannot be read: {error.strerror or error}") from None
    if not all_kept(run):
        raise UserError(f"{folder.parent / SLICES}: cannot be written, so that single platforms cannot be shown")


def _kept(run: Run, platform: str) -> Run:
    found = kept_slice(run, platform)
    if found is None:
        raise UserError(f"{run.folder}: its part on {platform} cannot be read; delete {SLICES} beside it")
    return found


def _label(folder: Path, named: bool) -> str:
    """What people call a run; empty, unless it was named, for a point of a sweep and for what cannot be read."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        scenario, events = manifest["scenario"], any(n.startswith("events/") for n in manifest["content"])
        words = f"{scenario['title'] or scenario['name']} · {manifest['replications']:,} replications"
        known = manifest["format"] == FORMAT and events
    except (OSError, ValueError, KeyError, TypeError):
        return folder.name if named else ""
    return words if known or named else ""
