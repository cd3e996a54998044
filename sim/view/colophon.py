"""Who made a figure or a page, with what, from which run, and how to cite it: the line below everything that is shown.

It holds no date of making, so that the same run gives the same bytes; a run is named by its folder, which has the hash
of all that made it, and by the day from which it simulates.
"""

from collections.abc import Mapping, Sequence

from sim import __version__
from sim.characters import file_name
from sim.record.model import Record
from sim.results.manifest import read_manifest
from sim.results.run import Run
from sim.view import words

PROJECT = "dsa-enforcement-sim"
AUTHORS = f"The authors of {PROJECT}"
LICENCE = "MIT"
"""As in pyproject.toml and CITATION.cff."""
MADE_WITH = f"{PROJECT} {__version__}"


def called(run: Run) -> str:
    """The name of a run, which is that of its folder; of one that is not stored, the scenario's. For file names too."""
    return run.folder.name if run.folder else file_name(run.scenario.name)


def of_runs(runs: Sequence[Run]) -> str:
    """Where a figure or table of runs comes from, in a line."""
    names = words.listing(called(run) for run in runs)
    start = words.date_of(runs[0].scenario.start)
    return _line(f"{'run' if len(runs) == 1 else 'runs'} {names}, simulated from {start}")


def of_record(record: Record) -> str:
    """Where a figure or table of a public record comes from, in a line."""
    return _line(record_to(record))


def record_to(record: Record) -> str:
    """A public record by the last day that it knows of."""
    return "public record" + (f" to {words.date_of(record.last_day)}" if record.until or record.acts else "")


def of_analysis(title: str, made_by: Mapping[str, str | int] | None = None) -> str:
    """Where a figure of an analysis comes from, in a line; `made_by`: its scenario, its seed, ... by their names."""
    made = [f"{name} {value}" for name, value in (made_by or {}).items() if name != "versions"]
    return _line(", ".join([title, *made]))


def _line(what: str) -> str:
    return f"Source: {MADE_WITH}, {what}. Licence: {LICENCE}"


def citation(runs: Sequence[Run]) -> str:
    """How to cite runs: the authors, the software with its version and commit, and the runs."""
    manifests = [read_manifest(run.folder) for run in runs if run.folder]
    commits = dict.fromkeys(manifest.commit for manifest in manifests if manifest.commit)
    of_commit = f", commit {words.listing(commits)}" if commits else ""
    names = words.listing(called(run) for run in runs)
    return f"{AUTHORS}: {PROJECT}, version {__version__}{of_commit}. {'Run' if len(runs) == 1 else 'Runs'} {names}."
