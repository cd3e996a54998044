"""`sim report`: runs as one page that can be presented, printed and mailed."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.app import app, cores, load_all, resumable
from sim.cli.forecasts import track_record
from sim.cli.options import Jobs, Priors, Replications, Results
from sim.cli.output import tell
from sim.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.record.model import Record
    from sim.results.run import Run


class Images(StrEnum):
    """Formats of images."""

    svg = "svg"
    png = "png"
    pdf = "pdf"


@app.command()
def report(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Folders of stored runs, or scenario files to run.")
    ],
    out: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.html", help="The page; with --images a folder.")],
    record: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Public record to show beside the runs; default: the one a scenario names."
        ),
    ] = None,
    with_: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="FOLDER", help="Figures that another command wrote with --figures; repeatable."),
    ] = None,
    forecasts: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Kept forecasts whose scores to show; default: the folder forecasts beside the record.",
        ),
    ] = None,
    images: Annotated[Images | None, typer.Option(help="Write each figure as a file instead of a page.")] = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="Instead of the scenarios' own.")] = "",
    replications: Replications = None,
    priors: Priors = False,
    jobs: Jobs = None,
    results: Results = Path("results"),
) -> None:
    """Write runs as one offline page: findings, figures with their data, method, parameters and their sources.

    The first run is the baseline of the others. Scenario files are run with its seed and number of replications, or
    loaded if they are stored. The page needs no network; the key P in a browser presents it.

    Example: sim report scenarios/status-quo.yaml scenarios/more-staff.yaml -n 200 -o staffing.html
    """
    from sim.view.figures.files import read_figures
    from sim.view.report import content, page
    from sim.view.report import images as image_files

    image_files.check_image_folder(out) if images else page.check_page_path(out)
    given = _read_once([record] if record else [])
    analyses = [read_figures(folder) for folder in with_ or ()]
    loaded_runs = _runs(runs, replications, priors, jobs, results)
    folders = {run.scenario.name: record or _from_here(run.scenario.record_folder) for run in loaded_runs}
    public = given or _read_once([folder for folder in folders.values() if folder and folder.is_dir()])
    note = _note(folders, public)
    records = {name: public[folder] for name, folder in folders.items() if folder in public}
    kept = track_record(forecasts, record, beside=next(iter(folders.values())))
    made = content.report(loaded_runs, records, analyses, title=title, record_note=note, track_record=kept)
    for why in made.notes:
        tell(why)
    if images:
        files = image_files.write(made.figures(), out, images.value)
        tell(f"{len(files)} figures in {out}")
    else:
        page.write(page.html(made), out)
        tell(f"{out}: {len(made.figures())} figures, {out.stat().st_size / 1e6:.1f} MB; {note}")


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
    from sim.experiments.pairing import pairable
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
    for path in files:
        with resumable(loaded[path].name) as progress:
            scenario = pairable(loaded[path], scenarios[0])
            stored[path] = simulate(scenario, jobs=jobs or cores(), results=results, progress=progress)
    return [stored[path] for path in paths]
