"""What the dashboard holds in memory: the stored runs, also seen through one platform, and the tabs made of them."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path, PurePath
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from pyarrow.compute import field as column

from sim.errors import Problem, UserError, suggestion
from sim.inference.forecasts import FOLDER as FORECASTS
from sim.inference.track_record import TrackRecord, score
from sim.record.files import load_record
from sim.record.model import Record
from sim.results.manifest import EVENTS, NAME, SUMMARY
from sim.results.run import Run
from sim.results.store import list_runs, load_run
from sim.results.summarise import summarise
from sim.results.summary import GIVEN
from sim.scenario.schema import Scenario
from sim.view import words
from sim.view.dashboard.baseline import Stored, first_shown, stored
from sim.view.dashboard.storage import FOLDER

T = TypeVar("T")

RUNS, PARTS = 24, 600
"""Runs and parts of tabs in memory at most: up to 20 MB for a run or what is on one platform, 0.3 MB for a part."""


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
    """The runs by name, with a label for people.

    `what_ifs`: those of them that are. `problems`: what is wrong with runs that cannot be read. `default`: the runs to
    show at the beginning.
    """

    labels: dict[str, str]
    what_ifs: set[str]
    problems: list[Problem]
    default: list[str]


class RunCache:
    """The runs of a results folder, and those named beside it, which are shown at the beginning.

    What is on disk counts: a run that was deleted since it was read is gone here, too, and one that was written anew is
    read anew.

    Attributes
    ----------
    results : the results folder; in it, in a folder of their own, are the what-ifs.
    scenarios : the folder of scenario files.
    record : the public record to show beside all runs in place of those that their scenarios name, if one is given.
    tabs : what was made of runs, by tab and the choices that it depends on.
    what_ifs : what-ifs that were read, by baseline and inputs.
    """

    def __init__(
        self,
        results: Path,
        named: Sequence[Path] = (),
        record: Record | None = None,
        scenarios: Path = Path("scenarios"),
    ) -> None:
        self.results, self.scenarios, self.record = results, scenarios, record
        self.tabs, self.what_ifs = LRUCache(PARTS), LRUCache(PARTS)
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
        parents = [*(folder.parent for folder in self._named.values()), self.results, self.results / FOLDER]
        manifests = [path for parent in dict.fromkeys(parents) for path in parent.glob(f"*/{NAME}")]
        return self._listings.get(tuple(map(_stamp, manifests)), lambda: self._listed(dict.fromkeys(parents)))

    def _listed(self, parents: Iterable[Path]) -> Listing:
        found: dict[str, Stored] = {}
        problems: list[Problem] = []
        for parent in parents:
            own: list[Problem] = []
            for folder, manifest in list_runs(parent, own.append):
                named = self._named.get(folder.name)
                if folder == named or (named is None and parent in self._own() and manifest.event_files):
                    found[folder.name] = stored(manifest, folder)
            problems += own if parent == self.results else []
        labels = {**{name: name for name in self._named}, **_labels(found)}
        what_ifs = {name for name, one in found.items() if one.folder == self.results / FOLDER}
        others = {name: one for name, one in found.items() if name not in what_ifs}
        return Listing(labels, what_ifs, problems, list(self._named) or first_shown(others, self.scenarios))

    def _own(self) -> tuple[Path, Path]:
        """The folders in which all runs are shown, not only those that were named."""
        return self.results, self.results / FOLDER

    def run(self, name: str, platform: str = "", first: int = 0) -> Run:
        """A run by its name, its `first` replications, or its part on one platform, summed up from its events.

        Each is made when it is first asked for. Raises UserError if there is no such run (any more), it cannot be read,
        or has no events or no such platform.
        """
        key = name, self.version(name), platform, first
        if platform:
            return self._runs.get(key, lambda: self.run(name, first=first).filter(platform=platform))
        if first:
            return self._runs.get(key, lambda: first_of(self.run(name), first))
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

    def track_record(self, scenario: Scenario) -> TrackRecord | None:
        """How the forecasts fared that are kept beside a scenario's record, if there are any that can be read."""
        record, kept = scenario.record_folder, self.kept(scenario)
        return self._records.get(kept, lambda: _scored(record.parent / FORECASTS)) if record and kept else None

    def kept(self, scenario: Scenario) -> tuple[Hashable, ...]:
        """What changes when the forecasts do that are kept beside a scenario's record; empty if there are none."""
        record = scenario.record_folder
        return tuple(map(_stamp, sorted((record.parent / FORECASTS).glob("*.json")))) if record else ()

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
        return self._folders(name)[0]

    def _folders(self, name: str) -> list[Path]:
        """The folders of this name that hold a run."""
        folders = [self._named[name]] if name in self._named else [parent / name for parent in self._own()]
        return [folder for folder in folders if (folder / NAME).is_file()]

    def _is_there(self, name: str) -> bool:
        plain = name.isprintable() and PurePath(name).name == name and not name.startswith(".")
        try:
            return bool(name) and (plain or name in self._named) and bool(self._folders(name))
        except OSError:  # no folder can have the name, because it is too long
            return False


def first_of(run: Run, replications: int) -> Run:
    """The run of the first replications, summed up from their events: to be paired with a run that has no more."""
    if replications == run.replications:
        return run
    events = run.read_events(column("replication") < replications)
    given = {name: run.arrays[name][:replications] for name in GIVEN}
    return replace(
        run,
        scenario=run.scenario.model_copy(update={"replications": replications}),
        arrays=summarise(run.layout, events, range(replications), given),
        read_events=lambda condition, platforms=(): events if condition is None else events.filter(condition),
    )


def _scored(folder: Path) -> TrackRecord | None:
    try:
        return score(folder)
    except UserError:  # nobody asked for it: `sim track-record` tells
        return None


def _stamp(file: Path) -> tuple[str, int, int, int]:
    """What tells a file from one that takes its place; zeros if it is missing."""
    try:
        found = file.stat()
    except OSError:
        return str(file), 0, 0, 0
    return str(file), found.st_mtime_ns, found.st_size, found.st_ino


def _labels(found: Mapping[str, Stored]) -> dict[str, str]:
    """What people call the runs: by title and simulations; those called the same by when they were made, too.

    Copies of one run were made at the same time: they have their hash, too.
    """
    labels = {name: f"{one.title} · {one.replications:,} simulations" for name, one in found.items()}
    often = Counter(labels.values())
    for name in [name for name, label in labels.items() if often[label] > 1]:
        one, made = found[name], datetime.fromtimestamp(found[name].made)
        labels[name] = f"{one.title} · {words.date_of(made.date())}, {made:%H:%M} · {one.replications:,} simulations"
    often = Counter(labels.values())
    return {
        name: f"{label} · {name.rpartition('-')[2]}" if often[label] > 1 else label for name, label in labels.items()
    }
