"""`sim report`: runs as one page that can be presented, printed and mailed."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.app import SHARE, app
from sim.cli.material import gather
from sim.cli.options import Jobs, Priors, Replications, Results
from sim.cli.output import tell
from sim.errors import UserError


class Images(StrEnum):
    """Formats of images."""

    svg = "svg"
    png = "png"
    pdf = "pdf"


@app.command(rich_help_panel=SHARE)
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
    embed: Annotated[
        str, typer.Option(metavar="FIGURE", help="Write one figure, such as timelines, as a page for an <iframe>.")
    ] = "",
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
    from sim.view.report import embed as one_figure
    from sim.view.report import images as image_files

    if images and embed:
        raise UserError("--images and --embed exclude each other: all figures as images, or one as a page")
    image_files.check_image_folder(out) if images else page.check_page_path(out)
    analyses = [read_figures(folder) for folder in with_ or ()]
    found = gather(
        runs,
        record=record,
        forecasts=forecasts,
        replications=replications,
        priors=priors,
        jobs=jobs,
        results=results,
    )
    made = content.report(
        found.runs, found.records, analyses, title=title, record_note=found.note, track_record=found.track_record
    )
    for why in filter(None, [made.brief.not_compared, *made.notes]):
        tell(why)
    if images:
        files = image_files.write(made.figures(), out, images.value)
        tell(f"{len(files)} figures in {out}")
    elif embed:
        shown = one_figure.find(embed, made.figures())
        page.write(one_figure.html(shown), out)
        tell(f"{out}: {shown.figure.title} ({out.stat().st_size / 1e6:.1f} MB)")
    else:
        page.write(page.html(made), out)
        tell(f"{out}: {len(made.figures())} figures, {out.stat().st_size / 1e6:.1f} MB; {found.note}")
