"""The results folder: whole runs or none, found again by what determines them, going on after an interruption.

    results/<scenario>-<hash>/manifest.json         the scenario in full, versions, hashes of content
                             /replications.parquet  the uncertain parameters drawn in each replication
                             /events/part-*.parquet the event log, one part per chunk of replications

While a run is going on its parts stand in results/.<scenario>-<hash>.partial; each is written under another name and
renamed, and so is the folder when it is complete. Readers see a whole run or none.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from subprocess import DEVNULL, SubprocessError, check_output
from typing import TYPE_CHECKING, Any

from sim.errors import Problem, UserError
from sim.run import Run
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FORMAT = 1
"""Of the folder; readers refuse what they do not know."""
NOT_DETERMINING = {"title", "description", "targets"}
"""Settings of a scenario that change no number of its events."""
HASH_BYTES = 6


@dataclass(frozen=True)
class Place:
    """Where a run is, or will be, stored."""

    folder: Path
    partial: Path

    @property
    def finished(self) -> bool:
        """Whether the whole run is there."""
        return (self.folder / "manifest.json").is_file()

    def part(self, chunk: int) -> Path:
        """The file of a chunk of a run that is going on."""
        return self.partial / "events" / f"part-{chunk:05d}.parquet"

    def parts(self) -> int:
        """How many chunks of an unfinished run are there."""
        return len(list((self.partial / "events").glob("part-*.parquet")))


def place(results: Path, scenario: Scenario) -> Place:
    """Where the run of a scenario belongs."""
    name = f"{scenario.name}-{digest(scenario)}"
    return Place(results / name, results / f".{name}.partial")


def digest(scenario: Scenario) -> str:
    """The hash of everything that determines a run: the scenario in full and the model's own code."""
    said = scenario.model_dump(mode="json", exclude=NOT_DETERMINING)
    text = json.dumps([said, FORMAT, code_digest()], sort_keys=True)
    return blake2b(text.encode(), digest_size=HASH_BYTES).hexdigest()


@lru_cache
def code_digest() -> str:
    """The hash of the code that turns a scenario into events."""
    package = Path(__file__).parent
    files = [*sorted((package / "model").glob("*.py")), *sorted((package / "scenario").glob("*.py"))]
    files += [package / "dates.py", package / "events.py", package / "experiment.py"]
    hashed = blake2b(digest_size=HASH_BYTES)
    for path in files:
        hashed.update(path.read_bytes())
    return hashed.hexdigest()


def write_part(events: "pa.Table", path: Path) -> None:
    """Write a chunk's events, whole or not at all."""
    from pyarrow.parquet import write_table

    path.parent.mkdir(parents=True, exist_ok=True)
    with _whole(path) as temporary:
        write_table(events, temporary, compression="zstd")


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place at the end."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def publish(where: Place, scenario: Scenario, parameters: "pd.DataFrame") -> None:
    """Complete a run whose parts are all there: add what describes it, then give it its name at one stroke.

    If another process was faster its run is the same, and this one is dropped.
    """
    with _whole(where.partial / "replications.parquet") as temporary:
        parameters.to_parquet(temporary, compression="zstd", index=False)
    manifest = {
        "format": FORMAT,
        "name": scenario.name,
        "scenario": scenario.model_dump(mode="json"),
        "replications": scenario.replications,
        "seed": scenario.seed,
        "versions": {name: version(name) for name in ("numpy", "scipy", "simpy", "pandas", "pyarrow")},
        "code": code_digest(),
        "commit": _commit(),
        "content": _content(where.partial),
    }
    with _whole(where.partial / "manifest.json") as temporary:
        temporary.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    try:
        where.partial.rename(where.folder)
    except OSError:
        if not where.finished:
            raise
        shutil.rmtree(where.partial, ignore_errors=True)
    for left_over in where.folder.rglob(".*"):  # of processes that were killed while they wrote
        left_over.unlink(missing_ok=True)


def _content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): blake2b(path.read_bytes(), digest_size=16).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
    }


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

    Raises UserError for a folder that holds none, or one that another version wrote or that was changed since.
    """
    import pandas as pd
    import pyarrow as pa
    from pyarrow.parquet import read_table

    folder = Path(folder)
    manifest = _manifest(folder)
    scenario = Scenario.model_validate(manifest["scenario"])
    for name, expected in manifest["content"].items():
        path = folder / name
        found = blake2b(path.read_bytes(), digest_size=16).hexdigest() if path.is_file() else "missing"
        if found != expected:
            raise UserError(Problem(str(path), message="is missing or was changed; delete the folder and run again"))
    parts = [read_table(folder / name) for name in sorted(manifest["content"]) if name.startswith("events/")]
    events = pa.concat_tables(parts).unify_dictionaries().to_pandas()
    return Run(scenario, events, pd.read_parquet(folder / "replications.parquet"), folder)


def _manifest(folder: Path) -> Any:
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(Problem(str(folder), message="holds no finished run (no readable manifest.json)")) from None
    if manifest.get("format") != FORMAT:
        raise UserError(Problem(str(path), message=f"has format {manifest.get('format')}, not {FORMAT}; run it again"))
    return manifest


def list_runs(results: Path) -> list[tuple[Path, Any]]:
    """The finished runs in a results folder with their manifests, by name."""
    return [(path.parent, _manifest(path.parent)) for path in sorted(results.glob("*/manifest.json"))]
