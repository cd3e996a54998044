"""`sim sensitivity`: chance against not-knowing, and which parameters matter."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sim.cli.app import (
    AsJson,
    Cluster,
    Figures,
    Jobs,
    Results,
    Seed,
    Sets,
    app,
    check_figures,
    console,
    cores,
    keep_figures,
    progress_bar,
    tell,
)
from sim.cli.runs import going_on, load_all

if TYPE_CHECKING:
    from sim.experiments.sensitivity import Sensitivity
    from sim.scenario.schema import Scenario


@app.command()
def sensitivity(
    scenario: Annotated[Path, typer.Argument(help="A scenario file with uncertain parameters.", metavar="SCENARIO")],
    method: Annotated[
        Literal["split", "morris", "sobol"] | None,
        typer.Option(
            help="split: how much of the variance is chance and how much not-knowing. morris: which parameters matter."
            " sobol: the share of each, at some four times the cost. Default: split, then morris."
        ),
    ] = None,
    indicator: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="See `sim indicators`; may be given again. Default: pending_end and delay_per_case; split: many.",
        ),
    ] = None,
    points: Annotated[
        int | None,
        typer.Option(
            min=2, help="Steps along each parameter (morris, 16) or pairs of points (sobol, 64, powers of 2)."
        ),
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option("--replications", "-n", min=2, help="At each point [25]; with --method split, in all."),
    ] = None,
    seed: Seed = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    set_: Sets = None,
    results: Results = Path("results"),
    figures: Figures = None,
    as_json: AsJson = False,
) -> None:
    """Say how much of a forecast is not known, and which uncertain parameters that comes from.

    Every point of a design is a stored run: what was interrupted goes on, and more points or indicators later use what
    is there. With both methods, -n is of the points of morris; the split takes as many replications as the file says.

    Example: sim sensitivity scenarios/three-probes.yaml --indicator pending_end --points 8
    """
    from sim.experiments.sensitivity import MORRIS_POINTS, REPLICATIONS, SOBOL_POINTS, check

    check_figures(figures)
    in_all = replications if method == "split" else None
    (loaded,) = load_all([scenario], set_, in_all, seed)
    check(loaded, indicator or ())
    defaults = {"split": 0, "morris": MORRIS_POINTS, "sobol": SOBOL_POINTS}
    common = {"jobs": jobs or cores(), "cluster": cluster, "results": results}
    found = []
    for each in [method] if method else ["split", "morris"]:
        found.append(_analyse(loaded, each, indicator, points or defaults[each], replications or REPLICATIONS, common))
        if not as_json:
            _print(found[-1])
    if as_json:
        print(json.dumps([_as_data(each) for each in found]))
    if figures:
        _keep(found, figures)


def _keep(found: "list[Sensitivity]", file: Path) -> None:
    from sim.view.pictures.gallery import of_sensitivity
    from sim.view.pictures.kept import provenance

    model, methods = found[0].scenario, " and ".join(each.method for each in found)
    sections = [section for each in found for section in of_sensitivity(each)]
    title = f"What the forecasts of {model.title or model.name} are sensitive to"
    keep_figures(file, title, sections, provenance(model, method=methods))


def _print(found: "Sensitivity") -> None:
    from sim.view.terminal.sensitivity import report

    console().print(report(found))


def _analyse(
    scenario: "Scenario",
    method: str,
    indicators: list[str] | None,
    points: int,
    replications: int,
    common: dict[str, Any],
) -> "Sensitivity":
    """Tell what it takes, and do it."""
    from sim.experiments import sensitivity as api
    from sim.experiments.indices import power_of_two

    if method == "sobol" and points != power_of_two(points):
        tell(f"sobol: {points} points are rounded up to {power_of_two(points)}, a power of two")
        points = power_of_two(points)
    if method == "split":
        tell(f"{scenario.name}: split: {_amount(1, scenario.replications)}")
        with going_on(), progress_bar(f"{scenario.name}, split") as progress:
            return api.split(scenario, indicators, progress=progress, **common)
    runs = api.runs_of(scenario, method, points)
    tell(f"{scenario.name}: {method}: {_amount(runs, replications)}")
    analysis = api.screen if method == "morris" else api.sobol
    with going_on(), progress_bar(f"{scenario.name}, {method}") as progress:
        return analysis(
            scenario,
            indicators or api.INDICATORS,
            points=points,
            replications=replications,
            progress=progress,
            **common,
        )


def _amount(runs: int, replications: int) -> str:
    if runs == 1:
        return f"1 run of {replications:,} replications, unless it is stored"
    return f"{runs:,} runs of {replications:,} replications, {runs * replications:,} in all, but for those stored"


def _as_data(found: "Sensitivity") -> dict[str, Any]:
    """An analysis as JSON takes it: missing numbers become null."""
    return {
        "scenario": found.scenario.name,
        "seed": found.scenario.seed,
        "method": found.method,
        "points": found.points,
        "replications": found.replications,
        "level": found.level,
        "table": json.loads(found.table.to_json(orient="records", double_precision=10)),
    }
