"""`sim report`: runs as one page that can be presented, printed and mailed."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.app import SHARE, app
from sim.cli.material import Material, gather
from sim.cli.options import Jobs, KeptForecasts, Priors, RecordBeside, Replications, Results
from sim.cli.output import tell
from sim.errors import UserError

if TYPE_CHECKING:
    from sim.view.report.content import Report


class Images(StrEnum):
    """Formats of images."""

    svg = "svg"
    png = "png"
    pdf = "pdf"


Runs = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of stored runs, or scenario files to run.")]
Out = Annotated[
    Path,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="FILE.html, a page; FILE.pptx, slides; FILE.docx, a text. With --images a folder.",
    ),
]
With = Annotated[
    list[Path] | None,
    typer.Option("--with", metavar="FOLDER", help="Figures that another command wrote with --figures; repeatable."),
]
AsImages = Annotated[Images | None, typer.Option(help="Write each figure as a file instead of a page.")]
Embed = Annotated[
    str, typer.Option(metavar="FIGURE", help="Write one figure, such as timelines, as a page for an <iframe>.")
]
Title = Annotated[str, typer.Option(metavar="TEXT", help="Instead of the scenarios' own.")]


@app.command(rich_help_panel=SHARE)
def report(
    runs: Runs,
    out: Out,
    record: RecordBeside = None,
    with_: With = None,
    forecasts: KeptForecasts = None,
    images: AsImages = None,
    embed: Embed = "",
    title: Title = "",
    replications: Replications = None,
    priors: Priors = False,
    jobs: Jobs = None,
    results: Results = Path("results"),
) -> None:
    """Write runs as one offline page, or as slides or a text: the answer, figures, method, and where numbers come from.

    The first run is the baseline of the others. Scenario files are run with its seed and number of replications, or
    loaded if they are stored. The page needs no network; the key P in a browser presents it.

    Example: sim report scenarios/status-quo.yaml scenarios/more-staff.yaml -n 200 -o staffing.html
    """
    from sim.view.figures.files import read_figures
    from sim.view.report import content

    _check(out, images, embed, bool(with_))
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
    made = content.report(found.runs, found.records, analyses, title=title, track_record=found.track_record)
    for why in filter(None, [made.brief.not_compared, *made.notes]):
        tell(why)
    tell(_write(made, found, out, images, embed))


def _check(out: Path, images: Images | None, embed: str, analyses: bool) -> None:
    """Raise UserError if what is asked for cannot be written there: before the work, not after it."""
    from sim.view.office import packing
    from sim.view.report import images as image_files
    from sim.view.report import page

    if images and embed:
        raise UserError("--images and --embed exclude each other: all figures as images, or one as a page")
    if images:
        image_files.check_image_folder(out)
    elif not packing.is_office(out):
        page.check_page_path(out)
    elif embed or analyses:
        raise UserError(f"{'--embed' if embed else '--with'} is for a page; name it .html")
    else:
        packing.check_office(out)


def _write(report: "Report", found: Material, out: Path, images: Images | None, embed: str) -> str:
    """Write what is asked for; gives what to tell of it."""
    from sim.view.office import contents, packing
    from sim.view.report import embed as one_figure
    from sim.view.report import images as image_files
    from sim.view.report import page

    if images:
        return f"{len(image_files.write(report.figures(), out, images.value))} figures in {out}"
    if packing.is_office(out):
        packing.write(contents.contents(report, found.runs[0]), out)
        what = ""
    elif embed:
        shown = one_figure.find(embed, report.figures())
        page.write(one_figure.html(shown), out)
        return f"{out}: {shown.figure.title} ({_size(out)})"
    else:
        page.write(page.html(report), out)
        what = f"{len(report.figures())} figures, "
    return f"{out}: {what}{_size(out)}; {found.note}"


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.1f} MB"
