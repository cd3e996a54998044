"""`sim sweep`: a scenario at many settings."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sim.cli.app import (
    AsJson,
    Cluster,
    Figures,
    Indicators,
    Jobs,
    Replications,
    Results,
    Seed,
    app,
    check_figures,
    console,
    cores,
    keep_figures,
    progress_bar,
    tell,
)
from sim.cli.runs import going_on
from sim.errors import UserError

if TYPE_CHECKING:
    from sim.experiments.sweep import Sweep


@app.command()
def sweep(
    scenario: Annotated[Path, typer.Argument(help="A scenario file.", metavar="SCENARIO")],
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=A,B,C",
            help="Values of a setting, also as low:high:step; several: all combinations. One value: for all points.",
        ),
    ] = None,
    scale: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH=0.8,1,1.2", help="Factors of a number, or of every number of a dated table."),
    ] = None,
    range_: Annotated[
        list[str] | None,
        typer.Option("--range", metavar="PATH=LOW:HIGH", help="Take --samples points from here; may be given again."),
    ] = None,
    samples: Annotated[int | None, typer.Option(min=1, help="Points of the --range options.")] = None,
    method: Annotated[
        Literal["lhs", "sobol"], typer.Option(help="Latin hypercube or Sobol points (powers of two).")
    ] = "lhs",
    indicator: Indicators = None,
    replications: Replications = None,
    seed: Seed = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    results: Results = Path("results"),
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the table there, too.")] = None,
    figures: Figures = None,
    as_json: AsJson = False,
) -> None:
    """Run a scenario at many settings: what the indicators are at each, and where one more FTE stops helping.

    Every point is a stored run, found again next time; all have the same luck, so that differences are of the settings.

    Example: sim sweep scenarios/three-probes.yaml --set staffing.case_handlers.headcount=40,80,120 -n 100
    """
    from sim.experiments.design import designed, varies
    from sim.experiments.sweep import INDICATORS, sweep_points

    if csv and (csv.is_dir() or not csv.parent.is_dir()):  # before hours of work
        raise UserError(f"{csv}: is a folder" if csv.is_dir() else f"{csv}: there is no folder {csv.parent}")
    check_figures(figures)
    grid = [said for said in set_ or () if varies(said)]
    fixed = [said for said in set_ or () if not varies(said)]
    design = designed(scenario, grid, scale or (), range_ or (), samples, method, fixed, replications, seed)
    count, each = len(design.points), design.written.replications
    tell(f"{scenario.stem}: {count:,} points of {each:,} replications, {count * each:,} in all, but for those stored")
    with going_on(), progress_bar(f"{scenario.stem}, sweep") as progress:
        found = sweep_points(
            design,
            indicators=indicator or INDICATORS,
            jobs=jobs or cores(),
            cluster=cluster,
            results=results,
            progress=progress,
        )
    if csv:
        _write(found, csv)
    if as_json:
        print(json.dumps(_as_data(found)))
    else:
        from sim.view.terminal.sweep import report

        console().print(report(found))
    if figures:
        _keep(found, figures)


def _keep(found: "Sweep", file: Path) -> None:
    from sim.view.pictures.gallery import of_sweep
    from sim.view.pictures.kept import provenance

    model = found.scenario
    title = f"{model.title or model.name}, swept over {' and '.join(found.axes)}"
    made = provenance(model, points=len(found.points), replications=found.replications)
    keep_figures(file, title, of_sweep(found), made)


def _write(found: "Sweep", file: Path) -> None:
    try:
        found.table.to_csv(file, index=False, lineterminator="\n")
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from None


def _as_data(found: "Sweep") -> dict[str, Any]:
    """A sweep as JSON takes it: missing numbers become null."""
    from sim.view.verdicts import sentences

    tables = {"points": found.points, "table": found.table, "steps": found.steps}
    rows = {name: json.loads(table.to_json(orient="records", double_precision=10)) for name, table in tables.items()}
    return {
        "scenario": found.scenario.name,
        "seed": found.scenario.seed,
        "replications": found.replications,
        "level": found.level,
        "axes": found.axes,
        "base": found.base,
        **rows,
        "findings": list(sentences(found)),
    }
