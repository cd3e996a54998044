"""The results folder: whole runs or none, identified by what determines them, resumed after an interruption.

    results/<scenario>-<hash>/manifest.json         the scenario in full, versions, hashes of content
                             /summary.npz           what every result is computed from, see `sim.results.summary`
                             /events/*.parquet      the event log, sorted by platform within a thousand replications

A point of a sweep has no event log. While a run is in progress its chunks stand in
results/.<scenario>-<hash>.partial/parts; each file is written under another name and renamed, and so is the folder when
it is complete. Readers see a whole run or none. Events are sorted by platform because that is what people filter by:
the rows of one are read without those of the others.
"""

import json
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from itertools import pairwise
from os.path import normpath, relpath
from pathlib import Path
from subprocess import DEVNULL, SubprocessError, check_output
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sim.errors import Problem, UserError
from sim.files import atomic_write
from sim.results.run import Run
from sim.results.summary import Arrays, from_bytes, to_bytes
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 5
"""Of the folder; readers refuse what they do not know."""
NOT_DETERMINING = {"title", "description", "question", "costs", "sources"}
"""Settings of a scenario that change no number of its run."""
DETERMINING = ("dates.py", "results/events.py", "results/summary.py", "results/summarise.py", "experiments/chunks.py")
"""Modules beside the scenario language and the model that determine the numbers of a run."""
HASH_BYTES = 6
SUMMARY = "summary.npz"
AT_ONCE = 1000
"""Replications in a file of events: some 60 MB of memory when it is written or read."""
RECORD = "record"
"""In the manifest: the folder of the record that the scenario names, relative to that of the run. Changes no number."""
ROW = "row"
"""A column of stored events: the row's number in the order of the log, by which it is restored."""


@dataclass(frozen=True)
class Place:
    """Where a run is, or will be, stored."""

    folder: Path
    partial: Path

    @property
    def finished(self) -> bool:
        """Whether the whole run is stored."""
        return (self.folder / "manifest.json").is_file()

    def prepare(self) -> None:
        """Make the folder of a run that is going on."""
        self.parts.mkdir(parents=True, exist_ok=True)

    @property
    def parts(self) -> Path:
        """The folder with the finished chunks of a run that is going on."""
        return self.partial / "parts"

    def _summary_part(self, numbers: range) -> Path:
        return self.parts / f"part-{numbers.start:06d}-{numbers.stop - 1:06d}.npz"

    def events_part(self, numbers: range) -> Path:
        """The file with the events of a chunk while the run is going on."""
        return self._summary_part(numbers).with_suffix(".parquet")

    def has(self, numbers: range, events: bool) -> bool:
        """Whether a chunk is finished, with its events if they are wanted."""
        return self._summary_part(numbers).is_file() and (not events or self.events_part(numbers).is_file())

    def write(self, numbers: range, events: bytes | None, summary: bytes) -> None:
        """Store a chunk, whole or not at all: it is finished once its summary exists."""
        if events is not None:
            _write(self.events_part(numbers), events)
        _write(self._summary_part(numbers), summary)

    def read_summary(self, numbers: range) -> bytes:
        """The summary of a chunk."""
        return self._summary_part(numbers).read_bytes()

    def count_parts(self) -> int:
        """How many chunks of an unfinished run are finished."""
        return len(list(self.parts.glob("part-*.npz")))


def place(results: Path, scenario: Scenario, more: Mapping[str, Any] | None = None) -> Place:
    """Where the run of a scenario belongs; `more`: what determines the run beside the scenario."""
    name = f"{scenario.name}-{digest(scenario, more)}"
    return Place(results / name, results / f".{name}.partial")


def digest(scenario: Scenario, more: Mapping[str, Any] | None = None) -> str:
    """The hash of everything that determines a run: the scenario in full and the model's own code."""
    content = scenario.model_dump(mode="json", exclude=NOT_DETERMINING)
    text = json.dumps([content, dict(more or {}), FORMAT, code_digest()], sort_keys=True)
    return blake2b(text.encode(), digest_size=HASH_BYTES).hexdigest()


@lru_cache
def code_digest() -> str:
    """The hash of the code that turns a scenario into events and their summary."""
    package = Path(__file__).parent.parent
    files = [*sorted((package / "model").glob("*.py")), *sorted((package / "scenario").glob("*.py"))]
    files += [package / name for name in DETERMINING]
    hashed = blake2b(digest_size=HASH_BYTES)
    for path in files:
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def publish(where: Place, scenario: Scenario, summary: Arrays, chunks: Sequence[range]) -> None:
    """Complete a run whose chunks are all finished: add what describes it, then give it its name at one stroke.

    `chunks`: those that have events. If another process was faster its run is the same, and this one is dropped.
    """
    _write(where.partial / SUMMARY, to_bytes(summary))
    names = [SUMMARY]
    for some in _in_files(chunks):
        name = f"events/{some[0].start:06d}-{some[-1].stop - 1:06d}.parquet"
        (where.partial / "events").mkdir(exist_ok=True)
        with atomic_write(where.partial / name) as temporary:
            _write_sorted(temporary, [where.events_part(numbers) for numbers in some])
        names.append(name)
    manifest = {
        "format": FORMAT,
        "name": scenario.name,
        "scenario": scenario.model_dump(mode="json"),
        "replications": scenario.replications,
        "seed": scenario.seed,
        "versions": {name: version(name) for name in ("numpy", "scipy", "simpy", "pandas", "pyarrow")},
        "code": code_digest(),
        "commit": _commit(),
        "content": {name: _hash(where.partial / name) for name in names},
        **_record_of(where.folder, scenario),
    }
    with atomic_write(where.partial / "manifest.json") as temporary:
        temporary.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    try:
        where.partial.rename(where.folder)
    except OSError:
        if not where.finished:
            raise
        shutil.rmtree(where.partial, ignore_errors=True)
    shutil.rmtree(where.folder / "parts", ignore_errors=True)  # only now: until then a killed run goes on from them
    for left_over in where.folder.rglob(".*"):  # of processes that were killed while they wrote
        left_over.unlink(missing_ok=True)


def _record_of(folder: Path, scenario: Scenario) -> dict[str, str]:
    """Where the record lies that the scenario names, seen from the folder of its run; nothing if it names none."""
    record = scenario.record_folder
    return {RECORD: Path(relpath(record, folder)).as_posix()} if record else {}


def _in_files(chunks: Sequence[range]) -> Iterator[Sequence[range]]:
    """The chunks whose events share a file: as many as are in memory at once."""
    start = 0
    for end in range(1, len(chunks) + 1):
        if end == len(chunks) or chunks[end].stop - chunks[start].start > AT_ONCE:
            yield chunks[start:end]
            start = end


def _write_sorted(path: Path, parts: Sequence[Path]) -> None:
    """Write the events of some chunks to one file, sorted by platform, each platform a row group of its own."""
    import numpy as np
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter, read_table

    table = pa.concat_tables([read_table(part) for part in parts]).unify_dictionaries().combine_chunks()
    table = table.append_column(ROW, pa.array(np.arange(len(table), dtype=np.int32)))
    platforms = table.column("platform").combine_chunks().indices.to_numpy()
    order = np.argsort(platforms, kind="stable")
    bounds = [*np.nonzero(np.diff(platforms[order], prepend=-1))[0], len(table)]
    table = table.take(pa.array(order))
    with ParquetWriter(path, table.schema, compression="zstd") as writer:
        for first, after in pairwise(bounds):
            writer.write_table(table.slice(first, after - first))
        if not len(table):
            writer.write_table(table)


def update_metadata(folder: Path, scenario: Scenario) -> None:
    """Store what the scenario says for readers (`NOT_DETERMINING`) with a finished run of it, if that is not there.

    Where the folder cannot be written to, it keeps the words that it has.
    """
    manifest = _manifest(folder)
    words, record = scenario.model_dump(mode="json", include=NOT_DETERMINING), _record_of(folder, scenario)
    same_record = manifest.get(RECORD) == record.get(RECORD)
    if not same_record or any(manifest["scenario"].get(name) != value for name, value in words.items()):
        manifest["scenario"] |= words
        manifest = {name: value for name, value in manifest.items() if name != RECORD} | record
        with suppress(OSError), atomic_write(folder / "manifest.json") as temporary:
            temporary.write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _hash(path: Path) -> str:
    return blake2b(path.read_bytes(), digest_size=16).hexdigest() if path.is_file() else "missing"


def _commit() -> str:
    """The git commit of the code, if it is in a checkout; '+' if files differ from it."""
    package = Path(__file__).parent
    try:
        commit = check_output(["git", "rev-parse", "HEAD"], cwd=package, text=True, stderr=DEVNULL, timeout=5).strip()
        changed = check_output(["git", "status", "--porcelain", "."], cwd=package, stderr=DEVNULL, timeout=5)
    except (OSError, SubprocessError):
        return ""
    return commit + ("+" if changed else "")


def load_run(folder: Path | str) -> Run:
    """A stored run.

    Its events are read when they are asked for. Raises UserError for a folder that holds none, or one that another
    version wrote or that was changed since.
    """
    folder = Path(folder)
    manifest = _manifest(folder)
    _check(folder, manifest, SUMMARY)
    scenario = _scenario(folder, manifest)
    return Run(scenario, from_bytes((folder / SUMMARY).read_bytes()), _EventReader(folder, manifest), folder)


def _scenario(folder: Path, manifest: Any) -> Scenario:
    """The scenario of a stored run. Raises UserError if this version cannot read it."""
    try:
        scenario = Scenario.model_validate(manifest["scenario"])
    except (KeyError, ValidationError):
        message = "holds a scenario that this version cannot read; run its file again"
        raise UserError(Problem(str(folder / "manifest.json"), message=message)) from None
    record = manifest.get(RECORD)
    return scenario.with_record_folder(Path(normpath(folder / record)) if record else None)


def has_events(run: Run) -> bool:
    """Whether a run has its event log; the points of a sweep are stored without."""
    return run.folder is None or bool(_event_files(_manifest(run.folder)))


@dataclass
class _EventReader:
    """Reads the event log of a stored run; each file is checked against its hash once."""

    folder: Path
    manifest: Any
    checked: set[str] = field(default_factory=set)

    def __call__(self, condition: Any, platforms: Collection[str] = ()) -> "pa.Table":
        """The rows that satisfy a condition, in the order of the log. Raises UserError without an event log."""
        import numpy as np
        import pyarrow as pa

        names = _event_files(self.manifest)
        if not names:
            message = "was stored without its events, as a point of a sweep; run its scenario by itself to have them"
            raise UserError(Problem(str(self.folder), message=message))
        parts = []
        for name in names:
            if name not in self.checked:
                _check(self.folder, self.manifest, name)
                self.checked.add(name)
            table = _read_rows(self.folder / name, condition, platforms)
            order = np.argsort(table.column(ROW).to_numpy(), kind="stable")
            parts.append(table.drop_columns([ROW]).take(pa.array(order)))
        return pa.concat_tables(parts).unify_dictionaries()


def _read_rows(path: Path, condition: Any, platforms: Collection[str]) -> "pa.Table":
    """The rows of a file that satisfy a condition.

    The row groups of other platforms are left out by hand, because pyarrow reads all of them when a condition is on a
    column of categories, which takes ten times as long.
    """
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        column, groups = file.schema.names.index("platform"), list(range(file.num_row_groups))
        if platforms:  # each row group is of one of them, see `_write_sorted`
            of = [file.metadata.row_group(number).column(column).statistics for number in groups]
            groups = [number for number in groups if not of[number].has_min_max or of[number].min in platforms]
        table: pa.Table = file.read_row_groups(groups)
    return table if condition is None else table.filter(condition)


def _event_files(manifest: Any) -> list[str]:
    """The files with the events of a stored run, in the order of their replications."""
    return [name for name in manifest["content"] if name.startswith("events/")]


def _check(folder: Path, manifest: Any, name: str) -> None:
    """Raise UserError if a file of a stored run is not what it was."""
    if _hash(folder / name) != manifest["content"][name]:
        raise UserError(
            Problem(str(folder / name), message="is missing or was changed; delete the folder and run again")
        )


def _manifest(folder: Path) -> Any:
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(Problem(str(folder), message="holds no finished run (no readable manifest.json)")) from None
    if manifest.get("format") != FORMAT:
        raise UserError(Problem(str(path), message=f"has format {manifest.get('format')}, not {FORMAT}; run it again"))
    return manifest


def list_runs(results: Path, on_problem: Callable[[Problem], None] | None = None) -> list[tuple[Path, Any]]:
    """The finished runs in a results folder with their manifests, by name.

    `on_problem` is called for each that cannot be read, such as one of another version; without it UserError is raised.
    """
    runs = []
    for path in sorted(results.glob("*/manifest.json")):
        try:
            runs.append((path.parent, _manifest(path.parent)))
        except UserError as error:
            if on_problem is None:
                raise
            on_problem(error.problems[0])
    return runs
