"""`sim sensitivity`: what is stochastic and what is parameter uncertainty, and which parameters matter."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sim.cli.app import EXPLORE, app, check_figures, cores, load_all, resumable, write_figures
from sim.cli.options import AsJson, Cluster, Figures, Jobs, Priors, Results, ScenarioFile, Seed, Sets
from sim.cli.output import display, say_json, tell

if TYPE_CHECKING:
    from sim.experiments.sensitivity import Method, Sensitivity
    from sim.scenario.schema import Scenario


How = Annotated[
    Literal["split", "morris", "sobol"] | None,
    typer.Option(
        help="split: how much of the variance is stochastic, how much parameter uncertainty. morris: which parameters"
        " matter. sobol: the share of each, at some four times the cost. Default: split, then morris."
    ),
]
OfWhat = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME", help="See `sim indicators`; repeatable. Default: pending_end and delay_per_case; split: many."
    ),
]
Points = Annotated[
    int | None,
    typer.Option(min=2, help="Steps along each parameter (morris, 16) or pairs of points (sobol, 64, powers of 2)."),
]
AtEach = Annotated[
    int | None, typer.Option("--replications", "-n", min=2, help="At each point [25]; with --method split, in all.")
]


@app.command(rich_help_panel=EXPLORE)
def sensitivity(
    scenario: ScenarioFile,
    method: How = None,
    indicator: OfWhat = None,
    points: Points = None,
    replications: AtEach = None,
    seed: Seed = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    set_: Sets = None,
    priors: Priors = False,
    results: Results = Path("results"),
    figures: Figures = None,
    as_json: AsJson = False,
) -> None:
    """Show how much of a forecast's variance is parameter uncertainty, and which parameters it comes from.

    Every point of a design is a stored run: an interrupted analysis resumes, and later points or indicators use what is
    stored. With both methods, -n is for the points of morris; the split takes the file's number of replications.

    Example: sim sensitivity scenarios/three-probes.yaml --indicator pending_end --points 8
    """
    from sim.experiments import sensitivity as api
    from sim.view.as_json import of_sensitivity as as_json_of
    from sim.view.terminal.sensitivity import summary

    check_figures(figures)
    (loaded,) = load_all([scenario], set_, None, seed, priors)
    api.check_analysis(loaded, indicator or ())
    methods: list[Method] = [method] if method else ["split", "morris"]
    if "split" in methods:
        api.draws_of_split(loaded.model_copy(update={"replications": (method and replications) or loaded.replications}))
    options: dict[str, Any] = {"jobs": jobs or cores(), "cluster": cluster, "results": results}
    analyses = []
    for each in methods:
        size: dict[str, Any] = {} if each == "split" else {"points": _points(each, points)}
        if each != "split" or method:
            size["replications"] = replications
        _tell_amount(loaded, each, **size)
        with resumable(f"{loaded.name}, {each}") as progress:
            analyses.append(api.sensitivity(loaded, indicator, method=each, progress=progress, **size, **options))
        if not as_json:
            display(summary(analyses[-1]))
    if as_json:
        say_json([as_json_of(each) for each in analyses])
    if figures:
        _write_figures(analyses, figures)


def _points(method: "Method", points: int | None) -> int:
    """The number of points, for sobol rounded up to a power of two."""
    from sim.experiments.indices import power_of_two
    from sim.experiments.sensitivity import POINTS

    wanted = points or POINTS[method]
    if method == "sobol" and wanted != power_of_two(wanted):
        tell(f"sobol: {wanted} points are rounded up to {power_of_two(wanted)}, a power of two")
        return power_of_two(wanted)
    return wanted


def _tell_amount(scenario: "Scenario", method: "Method", points: int = 0, replications: int | None = None) -> None:
    """Print how many runs and replications an analysis needs."""
    from sim.experiments.sensitivity import REPLICATIONS, number_of_runs

    runs = number_of_runs(scenario, method, points)
    if method == "split":
        amount = f"1 run of {replications or scenario.replications:,} replications, unless it is stored"
    else:
        each = replications or REPLICATIONS
        amount = f"{runs:,} runs of {each:,} replications, {runs * each:,} in all, except those stored"
    tell(f"{scenario.name}: {method}: {amount}")


def _write_figures(analyses: "list[Sensitivity]", folder: Path) -> None:
    from sim.view.figures.files import made_by
    from sim.view.figures.gallery import of_sensitivity

    model, methods = analyses[0].scenario, " and ".join(each.method for each in analyses)
    sections = [section for each in analyses for section in of_sensitivity(each)]
    title = f"What the forecasts of {model.title or model.name} are sensitive to"
    write_figures(folder, title, sections, made_by(model, method=methods))
