"""What the dashboard holds in memory: the stored runs, also seen through one platform, and the tabs made of them."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from sim.record.files import load_record
from sim.record.model import Record
from sim.results.manifest import Manifest
from sim.results.run import Run
from sim.results.store import list_runs, load_run
from sim.scenario.schema import Scenario

T = TypeVar("T")

RUNS, TABS = 24, 200
"""Runs and tabs in memory at most: up to 20 MB for a run or its part on one platform, 1 MB for a tab."""


class LRUCache:
    """The values used last, each made when it is first asked for; safe to share between threads."""

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, Lock()
        self._values: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key. Two threads that ask for a new one at the same time may both make it."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                value: T = self._values[key]
                return value
        value = make()  # outside the lock, so that nobody waits for what somebody else asked for
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._size:
                self._values.popitem(last=False)
        return value


class RunCache:
    """The runs of a results folder, and those named beside it, which are shown at the beginning.

    Attributes
    ----------
    results : the results folder.
    record : the public record to show beside all runs in place of those that their scenarios name, if one is given.
    tabs : what was made of runs, by tab and the choices that it depends on.
    """

    def __init__(self, results: Path, named: Sequence[Path] = (), record: Record | None = None) -> None:
        self.results, self.record, self.tabs = results, record, LRUCache(TABS)
        self._named = {folder.name: folder for folder in named}
        self._runs, self._records = LRUCache(RUNS), LRUCache(RUNS)

    def labels(self) -> dict[str, str]:
        """The runs by name, with a label for people; without the points of sweeps and what cannot be read."""
        labels = {name: name for name in self._named}
        for parent in dict.fromkeys([*(folder.parent for folder in self._named.values()), self.results]):
            for folder, manifest in list_runs(parent, lambda problem: None):
                if folder.name in self._named or (parent == self.results and manifest.event_files):
                    labels[folder.name] = _label(manifest)
        shared = {label for label in labels.values() if list(labels.values()).count(label) > 1}
        return {
            name: f"{label} · {name.rpartition('-')[2]}" if label in shared else label for name, label in labels.items()
        }

    def default(self) -> list[str]:
        """The runs to show at the beginning: those named on the command line, or else the first of the folder."""
        return list(self._named) or list(self.labels())[:1]

    def run(self, name: str, platform: str = "") -> Run:
        """A run by its name, or its part on one platform, summed up from its events when it is first asked for.

        Raises UserError if it cannot be read, or has no events or no such platform.
        """
        if platform:
            return self._runs.get((name, platform), lambda: self.run(name).filter(platform=platform))
        return self._runs.get(name, lambda: load_run(self._named.get(name, self.results / name)))

    def record_of(self, scenario: Scenario) -> Record | None:
        """The public record to show beside a scenario: the one given, or the one that it names, if that is there.

        Raises UserError for a record with errors.
        """
        folder = scenario.record_folder
        if self.record is not None or folder is None or not folder.is_dir():
            return self.record
        return self._records.get(folder, lambda: load_record(folder))


def _label(manifest: Manifest) -> str:
    return f"{manifest.title} · {manifest.replications:,} replications"
