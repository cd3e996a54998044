"""`sim calibrate`: what the public record says of a scenario's uncertain parameters."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.app import (
    AsJson,
    Draws,
    Figures,
    Jobs,
    KeptRuns,
    RecordFolder,
    app,
    check_figures,
    console,
    cores,
    day_of,
    keep_figures,
    progress_bar,
    tell,
)
from sim.cli.runs import going_on


@app.command()
def calibrate(
    scenario: Annotated[Path, typer.Argument(help="A scenario file that names a record.", metavar="SCENARIO")],
    until: Annotated[str, typer.Option(metavar="DATE", help="Only what was public at the end of this day.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the posterior as a scenario file.")
    ] = None,
    record: RecordFolder = None,
    draws: Draws = 1000,
    jobs: Jobs = None,
    results: KeptRuns = None,
    figures: Figures = None,
    as_json: AsJson = False,
) -> None:
    """Fit a scenario's uncertain parameters to what was public on a day; the result is a scenario file.

    The record's past is simulated from draws of the parameters, and compared with what it really was; see
    docs/validation.md.

    Example: sim calibrate scenarios/three-probes.yaml --until 2024-03-14 -o scenarios/calibrated.yaml
    """
    from sim.inference.posterior import calibrate as calibrated
    from sim.inference.scenario_file import check_file, write_scenario
    from sim.view.terminal.calibration import as_data, show

    day = day_of("--until", until)
    check_figures(figures)
    if output:
        check_file(output)
    with going_on(), progress_bar("calibrate") as progress:
        found = calibrated(
            scenario, day, record=record, draws=draws, jobs=jobs or cores(), results=results, progress=progress
        )
    if output:
        write_scenario(found, output)
    if as_json:
        print(json.dumps(as_data(found, output)))
    else:
        console().print(show(found))
        if output:
            tell(f"wrote {output}; try: sim run {output}")
    if figures:
        from sim.view.pictures.gallery import of_calibration
        from sim.view.pictures.kept import provenance

        model = found.basis.scenario
        title = f"Calibration of {model.title or model.name} on what was public on {day}"
        made = provenance(model, record=found.basis.folder.resolve().name, until=str(day), draws=draws)
        keep_figures(figures, title, of_calibration(found), made)
