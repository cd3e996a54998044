"""`sim calibrate`: what the public record says about a scenario's uncertain parameters."""

from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.app import INFER, app, check_figures, cores, day_of, resumable, write_figures
from sim.cli.options import AsJson, Draws, Figures, Jobs, RecordFolder, StoredRuns, renamed_option
from sim.cli.output import display, say_json, tell
from sim.errors import UserError

if TYPE_CHECKING:
    from sim.inference.posterior import Posterior


AsOf = Annotated[
    str, typer.Option(metavar="DAY", help="The day of knowledge: only what was public at its end is used.")
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the posterior: FILE.csv, a table of joint draws for a scenario's `posterior`; or FILE.yaml, a"
        " scenario that has it, with its table beside it.",
    ),
]


@app.command(rich_help_panel=INFER)
def calibrate(
    scenario: Annotated[Path, typer.Argument(help="A scenario file that names a record.", metavar="SCENARIO")],
    as_of: AsOf,
    output: Output = None,
    record: RecordFolder = None,
    draws: Draws = 1000,
    jobs: Jobs = None,
    results: StoredRuns = None,
    figures: Figures = None,
    as_json: AsJson = False,
    until: Annotated[str, renamed_option("--until", "--as-of")] = "",
) -> None:
    """Fit a scenario's uncertain parameters to what was public on a day; the result is a posterior.

    The record's past is simulated from draws of the parameters, and compared with the actual one; see
    docs/validation.md.

    Example: sim calibrate scenarios/three-probes.yaml --as-of 2025-12-31 -o scenarios/calibrated.yaml
    """
    from sim.inference.calibrate import calibrate as calibrated
    from sim.inference.posterior_file import check_output
    from sim.view.as_json import of_calibration as as_json_of
    from sim.view.terminal.calibration import summary

    day = day_of("--as-of", as_of)
    check_figures(figures)
    if output:
        check_output(output)
    with resumable("calibrate") as progress:
        posterior = calibrated(
            scenario, day, record=record, draws=draws, jobs=jobs or cores(), results=results, progress=progress
        )
    refused: UserError | None = None
    if output:
        try:
            posterior.save(output)
        except UserError as error:  # told at the end: what the calibration says is not lost with it
            refused = error
    if as_json:
        say_json(as_json_of(posterior, output if not refused else None))
    else:
        display(summary(posterior))
        if output and not refused:
            named = f"{scenario.name} may name it: `posterior: {relpath(output, scenario.parent)}`"
            tell(f"wrote {output}; {named if output.suffix == '.csv' else f'try: sim run {output}'}")
    if figures:
        _write_figures(posterior, figures)
    if refused:
        raise refused


def _write_figures(posterior: "Posterior", folder: Path) -> None:
    from sim.view.figures.files import made_by
    from sim.view.figures.gallery import of_calibration

    model, day = posterior.basis.scenario, posterior.as_of
    title = f"Calibration of {model.title or model.name} on what was public on {day}"
    made = made_by(model, record=posterior.basis.folder.resolve().name, until=str(day), draws=posterior.count)
    write_figures(folder, title, of_calibration(posterior), made)
