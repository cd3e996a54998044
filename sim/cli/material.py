"""What a report, documents and a site are made of: runs, stored or made now, the record beside each, kept forecasts."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sim.cli.app import cores, load_all, resumable
from sim.cli.forecasts import track_record
from sim.cli.output import tell
from sim.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.inference.track_record import TrackRecord
    from sim.record.model import Record
    from sim.results.run import Run


class Material(NamedTuple):
    """`runs` in the order given; `records` by the scenario's name; `note`: which records these are, in words."""

    runs: "list[Run]"
    records: "dict[str, Record]"
    track_record: "TrackRecord | None"
    note: str


def gather(
    paths: list[Path],
    *,
    record: Path | None,
    forecasts: Path | None,
    replications: int | None,
    priors: bool,
    jobs: int | None,
    results: Path,
) -> Material:
    """Read everything that was named, and run what is not stored.

    `record`, `forecasts`: folders instead of the record that each scenario names, and of the forecasts beside the first
    one. Raises UserError before anything runs.
    """
    given = _read_once([record] if record else [])
    runs = _runs(paths, replications, priors, jobs, results)
    folders = {run.scenario.name: record or _from_here(run.scenario.record_folder) for run in runs}
    public = given or _read_once([folder for folder in folders.values() if folder and folder.is_dir()])
    records = {name: public[folder] for name, folder in folders.items() if folder in public}
    kept = track_record(forecasts, record, beside=next(iter(folders.values())))
    return Material(runs, records, kept, _note(folders, public))


def beside(run: "Run") -> "tuple[Record | None, TrackRecord | None]":
    """The record that the scenario of a run names, and how the forecasts kept beside it fared.

    What cannot be read is told and left out: no run is lost for it.
    """
    from sim.record.files import load_record

    folder = run.scenario.record_folder
    if folder is None:
        return None, None
    try:
        return load_record(folder), track_record(None, None, beside=folder)
    except UserError as error:
        first, *others = error.problems
        tell(f"note: no public record beside the run: {first}" + f" (and {len(others)} more)" * bool(others))
        return None, None


def _read_once(folders: "Sequence[Path]") -> "dict[Path, Record]":
    """The records in folders, each read once."""
    from sim.record.files import load_record

    return {folder: load_record(folder) for folder in dict.fromkeys(folders)}


def _from_here(folder: Path | None) -> Path | None:
    """A folder as it is called from the working directory, if it is in that."""
    whole = folder.resolve() if folder else None
    return whole.relative_to(Path.cwd()) if whole and whole.is_relative_to(Path.cwd()) else whole


def _note(folders: "Mapping[str, Path | None]", public: "Mapping[Path, Record]") -> str:
    """Which records stand beside the scenarios; `folders`: the one of each scenario by its name."""
    notes = [f"public record {folder}" + (f" to {one.until}" if one.until else "") for folder, one in public.items()]
    for name, folder in folders.items():
        if folder not in public:
            beside = "it" if len(folders) == 1 else name
            notes.append(f"no public record beside {beside}" + (f": {folder} is not there any more" if folder else ""))
    return "; ".join(notes)


def _runs(paths: list[Path], replications: int | None, priors: bool, jobs: int | None, results: Path) -> "list[Run]":
    """The runs, stored or made now; files are run with the seed and replications of what comes first.

    All of them are read before anything runs.
    """
    from sim.experiments.pairing import pairable, taken_over
    from sim.experiments.simulate import simulate
    from sim.results.store import load_run
    from sim.view.report.content import check_names

    stored = {path: load_run(path) for path in paths if path.is_dir()}
    for option, given in (("--replications", replications is not None), ("--priors", priors)):
        if given and stored:
            raise UserError(f"{option} is for scenario files; {next(iter(stored))} is a stored run and has its own")
    files = [path for path in paths if path not in stored]
    loaded = dict(zip(files, load_all(files, None, replications, None, priors), strict=True))
    scenarios = [stored[path].scenario if path in stored else loaded[path] for path in paths]
    check_names([scenario.name for scenario in scenarios])
    for note in filter(None, (taken_over(loaded[path], scenarios[0]) for path in files)):
        tell(f"note: {note}")
    for path in files:
        with resumable(loaded[path].name) as progress:
            scenario = pairable(loaded[path], scenarios[0])
            stored[path] = simulate(scenario, jobs=jobs or cores(), results=results, progress=progress)
    return [stored[path] for path in paths]
