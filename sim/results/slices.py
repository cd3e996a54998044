"""A run seen through the cases of one platform only, kept beside the results once it was summed up.

A slice is a run with the summary of those rows of the event log that are on the platform, so that every indicator and
picture works on it. What a slice says of staff is the share of their capacity that went to the platform.
"""

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from zipfile import BadZipFile

from sim.files import atomic_write
from sim.results.run import Run
from sim.results.store import code_digest
from sim.results.summarise import summarise
from sim.results.summary import Summary, together
from sim.scenario.schema import Scenario

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = ".slices"
"""Beside the runs, in their results folder."""
AT_ONCE = 500
"""Replications whose events are in memory at a time: some 30 MB, and less work than many small parts are."""

Progress = Callable[[int, int], None]
"""Called with the replications read and their total."""


def platforms(scenario: Scenario) -> list[str]:
    """The services that cases of a scenario can be on, in the order of the alphabet."""
    named = [probe.platform for probe in scenario.probes.values()]
    named += [platform for stream in scenario.arrivals.values() for platform in stream.platforms]
    return sorted({service for name in named for service in services(name)}, key=str.casefold)


def services(platform: str) -> list[str]:
    """The services of a case: several stand with `;` between them, none is the empty name."""
    return [name for name in platform.split(";") if name]


def platform_slice(run: Run, platform: str) -> Run:
    """The run seen through the cases of one platform; a case on several services is on each of them.

    Read where it was kept, or summed up from the event log, together with the slices of all other platforms. Raises
    UserError if there is no event log.
    """
    return kept_slice(run, platform) or make_slices(run, [platform])[platform]


def kept_slice(run: Run, platform: str) -> Run | None:
    """The slice if it is kept beside the run's results and can be read."""
    path = _path(run, platform)
    if path is None:
        return None
    try:
        return _sliced(run, platform, Summary.from_bytes(run.summary.layout, path.read_bytes()))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error):  # not there, cut short, something else
        return None


def all_kept(run: Run) -> bool:
    """Whether the slices of all platforms are kept beside the run's results."""
    return all((path := _path(run, name)) is not None and path.is_file() for name in platforms(run.scenario))


def make_slices(run: Run, wanted: Sequence[str] = (), progress: Progress | None = None) -> dict[str, Run]:
    """The slices of all platforms of a run and those wanted, in one pass over its event log; kept if the run is.

    Raises UserError if there is no event log.
    """
    names = list(dict.fromkeys([*platforms(run.scenario), *wanted]))
    layout, so_far = run.summary.layout, dict[str, Summary]()
    for numbers, events in _parts(run):
        drawn = run.summary.drawn[numbers.start : numbers.stop]
        for name, rows in _by_platform(events, names):
            part = summarise(layout, rows, numbers, drawn)
            before = so_far.get(name)
            so_far[name] = together(layout, iter((before, part)), numbers.stop) if before else part
        if progress:
            progress(numbers.stop, run.replications)
    for name, summary in so_far.items():
        _keep(_path(run, name), summary)
    return {name: _sliced(run, name, summary) for name, summary in so_far.items()}


def _sliced(run: Run, platform: str, summary: Summary) -> Run:
    """The slice as a run, whose title says what it is."""
    title = f"{run.scenario.title or run.scenario.name}, cases on {platform}"
    return Run(run.scenario.model_copy(update={"title": title}), summary, run.read_events, run.folder)


def _by_platform(events: "pa.Table", names: Sequence[str]) -> "Iterator[tuple[str, pa.Table]]":
    """The rows of each platform."""
    import numpy as np
    import pyarrow as pa

    column = events.column("platform").unify_dictionaries().combine_chunks()
    codes = column.indices.to_numpy(zero_copy_only=False)
    there = [set(services(name)) for name in column.dictionary.to_pylist()]
    for name in names:
        mine = np.array([name in found for found in there], dtype=bool)
        yield name, events.filter(pa.array(mine[codes] if len(mine) else np.zeros(len(codes), dtype=bool)))


def _parts(run: Run) -> "Iterator[tuple[range, pa.Table]]":
    """The event log in parts that follow one another, each of so many replications as are in memory at a time."""
    import pyarrow as pa
    from pyarrow.parquet import read_table

    files = sorted((run.folder / "events").glob("part-*.parquet")) if run.folder else []
    if not files:
        yield range(run.replications), pa.Table.from_pandas(run.events, preserve_index=False)
        return
    first, held = 0, []
    for file in files:
        last = int(re.findall(r"\d+", file.stem)[-1])
        held.append(read_table(file))
        if last + 1 - first >= AT_ONCE or file == files[-1]:
            yield range(first, last + 1), pa.concat_tables(held).unify_dictionaries().combine_chunks()
            first, held = last + 1, []


def _path(run: Run, platform: str) -> Path | None:
    """Where the slice is kept: named after all that determines it, so that it is never that of another run or code."""
    if run.folder is None:
        return None
    key = blake2b(f"{_content(run.folder)} {code_digest()} {platform}".encode(), digest_size=6).hexdigest()
    return run.folder.parent / FOLDER / run.folder.name / f"{quote(platform, safe=' ')}-{key}.npz"


def _content(folder: Path) -> str:
    """The hash of a run's manifest, which holds those of its files; a run that is stored does not change."""
    return blake2b((folder / "manifest.json").read_bytes(), digest_size=6).hexdigest()


def _keep(path: Path | None, summary: Summary) -> None:
    """Write the slice, whole or not at all; where the folder cannot be written it is made anew the next time."""
    if path is None:
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary:
            temporary.write_bytes(summary.to_bytes())
