"""What the dashboard holds in memory: the stored runs, also seen through one platform, and the tabs made of them."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from hashlib import blake2b
from pathlib import Path, PurePath
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from sim.errors import Problem, UserError, suggestion
from sim.record.files import load_record
from sim.record.model import Record
from sim.results.manifest import EVENTS, NAME, SUMMARY, Manifest
from sim.results.run import Run
from sim.results.store import list_runs, load_run
from sim.scenario.schema import Scenario
from sim.view.words import plural

T = TypeVar("T")

RUNS, TABS = 24, 200
"""Runs and tabs in memory at most: up to 20 MB for a run or its part on one platform, 1 MB for a tab."""


class LRUCache:
    """The values used last, each made when it is first asked for, and once; safe to share between threads."""

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, Lock()
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key. Who asks for one that somebody else is making waits for it; nobody else waits."""
        with self._lock:
            if key in self._values:
                used: T = self._used(key)
                return used
            making = self._making.setdefault(key, Lock())
        with making:
            with self._lock:
                if key in self._values:
                    made: T = self._used(key)
                    return made
            try:
                value = make()
                with self._lock:
                    self._values[key] = value
                    while len(self._values) > self._size:
                        self._values.popitem(last=False)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return value

    def _used(self, key: Hashable) -> Any:
        self._values.move_to_end(key)
        return self._values[key]


class Listing(NamedTuple):
    """The runs by name, with a label for people, and what is wrong with those that cannot be read."""

    labels: dict[str, str]
    problems: list[Problem]


class RunCache:
    """The runs of a results folder, and those named beside it, which are shown at the beginning.

    What is on disk counts: a run that was deleted since it was read is gone here, too, and one that was written anew is
    read anew.

    Attributes
    ----------
    results : the results folder.
    record : the public record to show beside all runs in place of those that their scenarios name, if one is given.
    tabs : what was made of runs, by tab and the choices that it depends on.
    """

    def __init__(self, results: Path, named: Sequence[Path] = (), record: Record | None = None) -> None:
        self.results, self.record, self.tabs = results, record, LRUCache(TABS)
        self._named = {folder.name: folder for folder in named}
        for folder in named:
            if self._named[folder.name] != folder:
                twice = f"has the name of {self._named[folder.name]}, by which they are told apart; rename one of them"
                raise UserError(Problem(str(folder), message=twice))
        self._runs, self._records, self._listings = LRUCache(RUNS), LRUCache(RUNS), LRUCache(1)

    def labels(self) -> dict[str, str]:
        """The runs by name, with a label for people; without the points of sweeps and what cannot be read."""
        return self.listing().labels

    def listing(self) -> Listing:
        """The runs that there are now. Manifests are read again only if one has changed."""
        parents = list(dict.fromkeys([*(folder.parent for folder in self._named.values()), self.results]))
        manifests = [path for parent in parents for path in parent.glob(f"*/{NAME}")]
        return self._listings.get(tuple(map(_stamp, manifests)), lambda: self._listed(parents))

    def _listed(self, parents: Sequence[Path]) -> Listing:
        labels = {name: name for name in self._named}
        problems: list[Problem] = []
        for parent in parents:
            own: list[Problem] = []
            for folder, manifest in list_runs(parent, own.append):
                named = self._named.get(folder.name)
                if folder == named or (named is None and parent == self.results and manifest.event_files):
                    labels[folder.name] = _label(manifest)
            problems += own if parent == self.results else []
        shared = {label for label in labels.values() if list(labels.values()).count(label) > 1}
        unique = {
            name: f"{label} · {name.rpartition('-')[2]}" if label in shared else label for name, label in labels.items()
        }
        return Listing(unique, problems)

    def default(self) -> list[str]:
        """The runs to show at the beginning: those named on the command line, or else the first of the folder."""
        return list(self._named) or list(self.labels())[:1]

    def run(self, name: str, platform: str = "") -> Run:
        """A run by its name, or its part on one platform, summed up from its events when it is first asked for.

        Raises UserError if there is no such run (any more), it cannot be read, or has no events or no such platform.
        """
        key = name, self.version(name), platform
        if platform:
            return self._runs.get(key, lambda: self.run(name).filter(platform=platform))
        return self._runs.get(key, lambda: load_run(self._folder(name)))

    def scenario(self, name: str) -> Scenario:
        """The scenario of a run. Raises UserError as `run` does."""
        return self.run(name).scenario

    def record_of(self, scenario: Scenario) -> Record | None:
        """The public record to show beside a scenario: the one given, or the one that it names, if that is there.

        Raises UserError for a record with errors.
        """
        folder = scenario.record_folder
        if self.record is not None or folder is None or not folder.is_dir():
            return self.record
        return self._records.get(folder, lambda: load_record(folder))

    def version(self, name: str) -> str:
        """What changes when the files of a run do. Raises UserError if there is no such run (any more)."""
        folder = self._folder(name)
        files = [folder / NAME, folder / SUMMARY, *sorted(folder.glob(f"{EVENTS}*.parquet"))]
        return blake2b(repr([_stamp(file) for file in files]).encode(), digest_size=8).hexdigest()

    def versions(self, names: Sequence[str]) -> dict[str, str]:
        """The versions of some runs by name; empty for those that are gone."""
        return {name: self.version(name) if self._is_there(name) else "" for name in names}

    def _folder(self, name: str) -> Path:
        """The folder of a run. Raises UserError if there is none (any more); no other folder can be named."""
        if not self._is_there(name):
            similar = suggestion(name, self.labels(), listed=0)
            remedy = similar or ": choose another one at the top, or run its scenario again."
            raise UserError(f"There is no run {name!r} in {self.results} (any more){remedy}")
        return self._named.get(name, self.results / name)

    def _is_there(self, name: str) -> bool:
        if name in self._named:
            return (self._named[name] / NAME).is_file()
        plain = name.isprintable() and PurePath(name).name == name and not name.startswith(".")
        try:
            return bool(name) and plain and (self.results / name / NAME).is_file()
        except OSError:  # no folder can have the name, because it is too long
            return False


def _stamp(file: Path) -> tuple[str, int, int, int]:
    """What tells a file from one that takes its place; zeros if it is missing."""
    try:
        found = file.stat()
    except OSError:
        return str(file), 0, 0, 0
    return str(file), found.st_mtime_ns, found.st_size, found.st_ino


def _label(manifest: Manifest) -> str:
    return f"{manifest.title} · {plural(manifest.replications, 'replication')}"
