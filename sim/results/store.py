"""The results folder: whole runs or none, found again by what determines them, going on after an interruption.

    results/<scenario>-<hash>/manifest.json         the scenario in full, versions, hashes of content
                             /replications.parquet  the uncertain parameters drawn in each replication
                             /summary.npz           what the indicators need, see `sim.results.summary`
                             /events/part-*.parquet the event log, one part per chunk; a point of a sweep has none

While a run is going on its parts stand in results/.<scenario>-<hash>.partial, with their summaries beside them; each
is written under another name and renamed, and so is the folder when it is complete. Readers see a whole run or none.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from subprocess import DEVNULL, SubprocessError, check_output
from typing import TYPE_CHECKING, Any

from sim.errors import Problem, UserError
from sim.files import atomic_write
from sim.results.run import Run
from sim.results.summary import Layout, Summary
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 4
"""Of the folder; readers refuse what they do not know."""
NOT_DETERMINING = {"title", "description", "question", "costs", "sources"}
"""Settings of a scenario that change no number of its run."""
DETERMINING = ("dates.py", "results/events.py", "results/summary.py", "results/summarise.py", "experiments/chunks.py")
"""Modules beside the scenario language and the model that determine the numbers of a run."""
HASH_BYTES = 6
SUMMARY, PARAMETERS = "summary.npz", "replications.parquet"


@dataclass(frozen=True)
class Place:
    """Where a run is, or will be, stored."""

    folder: Path
    partial: Path

    @property
    def finished(self) -> bool:
        """Whether the whole run is there."""
        return (self.folder / "manifest.json").is_file()

    def prepare(self, events: bool) -> None:
        """Make the folders of a run that is going on."""
        (self.partial / "parts").mkdir(parents=True, exist_ok=True)
        if events:
            (self.partial / "events").mkdir(exist_ok=True)

    def events_part(self, numbers: range) -> str:
        """The name of the file with the events of these replications."""
        return f"events/part-{numbers.start:06d}-{numbers.stop - 1:06d}.parquet"

    def _summary_part(self, numbers: range) -> Path:
        return self.partial / "parts" / f"part-{numbers.start:06d}-{numbers.stop - 1:06d}.npz"

    def has(self, numbers: range, events: bool) -> bool:
        """Whether a chunk of a run that is going on is there, with its events if they are wanted."""
        there = self._summary_part(numbers).is_file()
        return there and (not events or (self.partial / self.events_part(numbers)).is_file())

    def write(self, numbers: range, events: bytes | None, summary: bytes) -> None:
        """Store a chunk, whole or not at all: it is there when its summary is."""
        if events is not None:
            _write(self.partial / self.events_part(numbers), events)
        _write(self._summary_part(numbers), summary)

    def read_summary(self, numbers: range) -> bytes:
        """The summary of a chunk."""
        return self._summary_part(numbers).read_bytes()

    def parts(self) -> int:
        """How many chunks of an unfinished run are there."""
        return len(list((self.partial / "parts").glob("part-*.npz")))


def place(results: Path, scenario: Scenario, more: Mapping[str, Any] | None = None) -> Place:
    """Where the run of a scenario belongs; `more`: what determines the run beside the scenario."""
    name = f"{scenario.name}-{digest(scenario, more)}"
    return Place(results / name, results / f".{name}.partial")


def digest(scenario: Scenario, more: Mapping[str, Any] | None = None) -> str:
    """The hash of everything that determines a run: the scenario in full and the model's own code."""
    said = scenario.model_dump(mode="json", exclude=NOT_DETERMINING)
    text = json.dumps([said, dict(more or {}), FORMAT, code_digest()], sort_keys=True)
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


def publish(where: Place, scenario: Scenario, summary: Summary, chunks: Sequence[range]) -> None:
    """Complete a run whose parts are all there: add what describes it, then give it its name at one stroke.

    `chunks`: the replications of the parts that hold events. If another process was faster its run is the same, and
    this one is dropped.
    """
    _write(where.partial / SUMMARY, summary.to_bytes())
    with atomic_write(where.partial / PARAMETERS) as temporary:
        summary.parameters().to_parquet(temporary, compression="zstd", index=False)
    manifest = {
        "format": FORMAT,
        "name": scenario.name,
        "scenario": scenario.model_dump(mode="json"),
        "replications": scenario.replications,
        "seed": scenario.seed,
        "versions": {name: version(name) for name in ("numpy", "scipy", "simpy", "pandas", "pyarrow")},
        "code": code_digest(),
        "commit": _commit(),
        "content": _content(where.partial, [where.events_part(numbers) for numbers in chunks]),
    }
    with atomic_write(where.partial / "manifest.json") as temporary:
        temporary.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    try:
        where.partial.rename(where.folder)
    except OSError:
        if not where.finished:
            raise
        shutil.rmtree(where.partial, ignore_errors=True)
    shutil.rmtree(where.folder / "parts", ignore_errors=True)  # only now: until then they are what is kept
    for left_over in where.folder.rglob(".*"):  # of processes that were killed while they wrote
        left_over.unlink(missing_ok=True)


def retell(folder: Path, scenario: Scenario) -> None:
    """Store what the scenario says for readers (`NOT_DETERMINING`) with a finished run of it, if that is not there.

    Where the folder cannot be written to, it keeps the words that it has.
    """
    manifest = _manifest(folder)
    words = scenario.model_dump(mode="json", include=NOT_DETERMINING)
    if any(manifest["scenario"].get(name) != said for name, said in words.items()):
        manifest["scenario"] |= words
        with suppress(OSError), atomic_write(folder / "manifest.json") as temporary:
            temporary.write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _content(folder: Path, parts: list[str]) -> dict[str, str]:
    """The hashes of the files that make the run."""
    return {name: _hash(folder / name) for name in (SUMMARY, PARAMETERS, *parts)}


def _hash(path: Path) -> str:
    return blake2b(path.read_bytes(), digest_size=16).hexdigest() if path.is_file() else "missing"


def _commit() -> str:
    """The git commit of the code, if it is in a checkout; '+' if files differ from it."""
    here = Path(__file__).parent
    try:
        commit = check_output(["git", "rev-parse", "HEAD"], cwd=here, text=True, stderr=DEVNULL, timeout=5).strip()
        changed = check_output(["git", "status", "--porcelain", "."], cwd=here, stderr=DEVNULL, timeout=5)
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
    for name in (SUMMARY, PARAMETERS):
        _check(folder, manifest, name)
    scenario = Scenario.model_validate(manifest["scenario"])
    summary = Summary.from_bytes(Layout(scenario), (folder / SUMMARY).read_bytes())
    return Run(scenario, summary, lambda: _read_events(folder, manifest), folder)


def has_events(run: Run) -> bool:
    """Whether a run has its event log; the points of a sweep are stored without."""
    return run.folder is None or bool(_event_parts(_manifest(run.folder)))


def case_events(run: Run, case: str, replications: int) -> "pd.DataFrame":
    """The visits of one case in the first replications, with those of the case it forked from and of its strands.

    Columns and order as in the event log, see `sim.results.events`. Of a stored run only the parts that hold these
    replications are read. Raises UserError if they were changed, or if the run was stored without its events.
    """
    from pyarrow.compute import field

    names = [case, case.rpartition("/")[0] or case]
    if run.folder is None:
        events = run.events
        related = events["case"].isin(names) | (events["parent"] == case)
        return events[related & (events["replication"] < replications)].reset_index(drop=True)
    related = field("case").isin(names) | (field("parent") == case)
    first = field("replication") < replications
    return _read_events(run.folder, _manifest(run.folder), replications, related & first)


def _read_events(folder: Path, manifest: Any, replications: int | None = None, rows: Any = None) -> "pd.DataFrame":
    """The event log of a stored run, or those of its rows that a filter keeps, up to a number of replications."""
    import pyarrow as pa
    from pyarrow.parquet import read_table

    names = [n for n in _event_parts(manifest) if replications is None or _first_replication(n) < replications]
    if not names:
        message = "was stored without its events, as a point of a sweep; run its scenario by itself to have them"
        raise UserError(Problem(str(folder), message=message))
    for name in names:
        _check(folder, manifest, name)
    parts = [read_table(folder / name, filters=rows) for name in names]
    frame: pd.DataFrame = pa.concat_tables(parts).unify_dictionaries().to_pandas()
    return frame


def _event_parts(manifest: Any) -> list[str]:
    """The files with the events of a stored run, in the order of their replications."""
    return [name for name in manifest["content"] if name.startswith("events/")]


def _first_replication(part: str) -> int:
    """The first replication whose events are in a part, see `Place.events_part`."""
    return int(part.split("-")[1])


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


def list_runs(results: Path, told: Callable[[Problem], None] | None = None) -> list[tuple[Path, Any]]:
    """The finished runs in a results folder with their manifests, by name.

    `told` is called for each that cannot be read, such as one of another version; without it UserError is raised.
    """
    found = []
    for path in sorted(results.glob("*/manifest.json")):
        try:
            found.append((path.parent, _manifest(path.parent)))
        except UserError as error:
            if told is None:
                raise
            told(error.problems[0])
    return found
