"""The results folder: whole runs or none, identified by what determines them, resumed after an interruption.

    results/<scenario>-<hash>/manifest.json         the scenario in full, versions, hashes of content
                             /summary.npz           what every result is computed from, see `sim.results.summary`
                             /events/*.parquet      the event log, sorted by platform within a thousand replications

A point of a sweep has no event log. While a run is in progress its chunks stand in
results/.<scenario>-<hash>.partial/parts; each file is written under another name and renamed, and so is the folder when
it is complete. Readers see a whole run or none. Events are sorted by platform because that is what people filter by:
the rows of one are read without those of the others.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from os.path import normpath, relpath
from pathlib import Path
from subprocess import DEVNULL, SubprocessError, check_output
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from pydantic import ValidationError

from sim.errors import Problem, UserError
from sim.files import atomic_write
from sim.results.identity import CODE, FORMAT, NOT_DETERMINING, PACKAGE, ROUNDING, environment
from sim.results.location import RunLocation, file_hash, write
from sim.results.manifest import AGAIN, EVENTS, NAME, SUMMARY, Manifest, read_manifest, sealed, write_manifest
from sim.results.run import Run
from sim.results.summary import Arrays, Layout, from_bytes, misshapen, to_bytes
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pyarrow as pa

AT_ONCE = 1000
"""Replications in a file of events: some 60 MB of memory when it is written or read."""
ROW = "row"
"""A column of stored events: the row's number in the order of the log, by which it is restored."""


def publish(location: RunLocation, scenario: Scenario, summary: Arrays, chunks: Sequence[range]) -> None:
    """Complete a run whose chunks are all finished: add what describes it, then give it its name at one stroke.

    `chunks`: those that have events. If another process was faster its run is the same, and this one is dropped.
    """
    partial = location.partial
    write(partial / SUMMARY, to_bytes(summary))
    names = [SUMMARY]
    for some in _in_files(chunks):
        name = f"{EVENTS}{some[0].start:06d}-{some[-1].stop - 1:06d}.parquet"
        (partial / EVENTS).mkdir(exist_ok=True)
        with atomic_write(partial / name) as temporary:
            _write_sorted(temporary, [location.events_part(numbers) for numbers in some])
        names.append(name)
    write_manifest(partial, _manifest(location, scenario, {name: file_hash(partial / name) for name in names}))
    try:
        partial.rename(location.folder)
    except OSError:
        if not location.finished:
            raise
    location.clean_up()  # only now: until then a killed run goes on from its parts


def _manifest(location: RunLocation, scenario: Scenario, content: dict[str, str]) -> Manifest:
    made_by = dict(environment())
    return sealed(
        {
            "format": FORMAT,
            "name": scenario.name,
            "settings": location.settings,
            "scenario": scenario.model_dump(mode="json"),
            "replications": scenario.replications,
            "seed": scenario.seed,
            "code": made_by.pop(CODE),
            "rounding": made_by.pop(ROUNDING),
            "versions": made_by,
            "commit": commit(),
            "content": content,
            "record": _record_of(location.folder, scenario),
        }
    )


def _record_of(folder: Path, scenario: Scenario) -> str:
    """Where the record lies that the scenario names, seen from the folder of its run; empty if it names none."""
    record = scenario.record_folder
    return Path(relpath(record, folder)).as_posix() if record else ""


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
    manifest = read_manifest(folder)
    words, record = scenario.model_dump(mode="json", include=NOT_DETERMINING), _record_of(folder, scenario)
    changed = manifest.with_words(words, record)
    if changed != manifest:
        with suppress(OSError):
            write_manifest(folder, changed)


def commit() -> str:
    """The git commit of the code, if it is in a checkout; '+' if files differ from it."""
    try:
        head = check_output(["git", "rev-parse", "HEAD"], cwd=PACKAGE, text=True, stderr=DEVNULL, timeout=5).strip()
        changed = check_output(["git", "status", "--porcelain", "."], cwd=PACKAGE, stderr=DEVNULL, timeout=5)
    except (OSError, SubprocessError):
        return ""
    return head + ("+" if changed else "")


def load_run(folder: Path | str) -> Run:
    """A stored run.

    Its events are read when they are asked for. Raises UserError for a folder that holds none, or one that another
    version wrote or that was changed since.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    _check(folder, manifest, SUMMARY)
    scenario = _scenario(folder, manifest)
    arrays, events = _summary(folder / SUMMARY, scenario), _EventReader(folder, manifest)
    return Run(scenario, arrays, events, folder, made_by=manifest.environment)


def _scenario(folder: Path, manifest: Manifest) -> Scenario:
    """The scenario of a stored run. Raises UserError if this version cannot read it."""
    try:
        scenario = Scenario.model_validate(manifest.scenario)
    except ValidationError:
        message = "holds a scenario that this version cannot read; run its file again"
        raise UserError(Problem(str(folder / NAME), message=message)) from None
    return scenario.with_record_folder(Path(normpath(folder / manifest.record)) if manifest.record else None)


def _summary(path: Path, scenario: Scenario) -> Arrays:
    """The arrays of a run. Raises UserError if they are not those that its scenario has."""
    try:
        arrays = from_bytes(path.read_bytes())
        wrong = misshapen(arrays, Layout(scenario))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise UserError(Problem(str(path), message=f"is no summary of a run ({_line(error)}); {AGAIN}")) from None
    if wrong:
        raise UserError(Problem(str(path), message=f"is not of this scenario: {wrong}; {AGAIN}"))
    return arrays


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__


def has_events(run: Run) -> bool:
    """Whether a run has its event log; the points of a sweep are stored without."""
    return run.folder is None or bool(read_manifest(run.folder).event_files)


@dataclass
class _EventReader:
    """Reads the event log of a stored run; each file is checked against its hash once."""

    folder: Path
    manifest: Manifest
    checked: set[str] = field(default_factory=set)

    def __call__(self, condition: Any, platforms: Collection[str] = ()) -> "pa.Table":
        """The rows that satisfy a condition, in the order of the log. Raises UserError without an event log."""
        import numpy as np
        import pyarrow as pa

        if not self.manifest.event_files:
            message = "was stored without its events, as a point of a sweep; run its scenario by itself to have them"
            raise UserError(Problem(str(self.folder), message=message))
        parts = []
        for name in self.manifest.event_files:
            if name not in self.checked:
                _check(self.folder, self.manifest, name)
                self.checked.add(name)
            try:
                table = _read_rows(self.folder / name, condition, platforms)
            except (OSError, pa.ArrowException) as error:  # deleted or overwritten since it was checked
                message = f"cannot be read ({_line(error)}); {AGAIN}"
                raise UserError(Problem(str(self.folder / name), message=message)) from None
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
        if platforms:  # each is of one of them, see `_write_sorted`; one without rows of none
            of = [file.metadata.row_group(number).column(column).statistics for number in groups]
            groups = [
                number
                for number in groups
                if of[number] is None or not of[number].has_min_max or of[number].min in platforms
            ]
        table: pa.Table = file.read_row_groups(groups)
    return table if condition is None else table.filter(condition)


def _check(folder: Path, manifest: Manifest, name: str) -> None:
    """Raise UserError if a file of a stored run is not what it was."""
    message = f"is missing or was changed; {AGAIN}"
    try:
        if name in manifest.content and file_hash(folder / name) == manifest.content[name]:
            return
    except PermissionError as error:
        message = f"cannot be read: {error.strerror}"
    except OSError:
        pass
    raise UserError(Problem(str(folder / name), message=message))


def list_runs(results: Path, on_problem: Callable[[Problem], None] | None = None) -> list[tuple[Path, Manifest]]:
    """The finished runs in a results folder with their manifests, by name.

    `on_problem` is called for each that cannot be read, such as one of another version; without it UserError is raised.
    """
    runs = []
    for path in sorted(results.glob(f"*/{NAME}")):
        try:
            runs.append((path.parent, read_manifest(path.parent)))
        except UserError as error:
            if on_problem is None:
                raise
            on_problem(error.problems[0])
    return runs
