"""`sim site`: reports, the record and the track record as a static site."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.app import SHARE, app
from sim.cli.material import gather
from sim.cli.options import Jobs, KeptForecasts, Priors, RecordBeside, Replications, Results
from sim.cli.output import tell


@app.command(rich_help_panel=SHARE)
def site(
    scenarios: Annotated[
        list[Path], typer.Argument(metavar="SCENARIO...", help="Scenario files to run, or folders of stored runs.")
    ],
    out: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="An older site in it is replaced.")],
    record: RecordBeside = None,
    forecasts: KeptForecasts = None,
    notebooks: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Executed notebooks to show as pages; default: none.")
    ] = None,
    title: Annotated[str, typer.Option(metavar="TEXT", help="Of the first page; default: of the procedure.")] = "",
    replications: Replications = None,
    priors: Priors = False,
    jobs: Jobs = None,
    results: Results = Path("results"),
) -> None:
    """Write scenarios as a static site for any web host: the answer of each, its report, the record, past forecasts.

    Scenario files are run with the seed and number of replications of the first, or loaded if they are stored. What-ifs
    are compared with the baseline that they can be paired with. The site asks nothing of any other place.

    Example: sim site scenarios/status-quo.yaml scenarios/more-staff.yaml -n 200 -o public
    """
    from sim.view.site import folder, pages
    from sim.view.site import notebooks as books

    folder.check_folder(out)
    shown = []
    if notebooks is not None:
        books.paths_in(notebooks)
        if books.can_convert():
            shown = books.read(notebooks)
        else:
            tell(f"note: {books.MISSING}")
    found = gather(
        scenarios,
        record=record,
        forecasts=forecasts,
        replications=replications,
        priors=priors,
        jobs=jobs,
        results=results,
    )
    made = pages.pages(found.runs, found.records, found.track_record, shown, title=title)
    folder.write(made, out)
    size = sum(map(len, made.values())) / 1e6
    tell(f"{out}: {len(made)} files, {size:.1f} MB; {found.note}; open {out / 'index.html'}")
