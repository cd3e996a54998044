"""`sim compare`: scenarios side by side."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.app import EXPLORE, app, cores, load_all, resumable
from sim.cli.options import (
    AsJson,
    Cluster,
    Indicators,
    Jobs,
    Priors,
    Replications,
    Results,
    ScenarioFiles,
    Seed,
    Sets,
    removed_option,
)
from sim.cli.output import display, say_json, tell

HOLM = "p-values are always adjusted by Holm's method, which is never less powerful than Bonferroni's; leave it out"
PAIRED = "differences are paired by common random numbers alone now; leave it out"


@app.command(rich_help_panel=EXPLORE)
def compare(
    scenarios: ScenarioFiles,
    replications: Replications = None,
    seed: Seed = None,
    indicator: Indicators = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also show indicators that do not differ significantly.")
    ] = False,
    jobs: Jobs = None,
    cluster: Cluster = None,
    set_: Sets = None,
    priors: Priors = False,
    results: Results = Path("results"),
    as_json: AsJson = False,
    adjust: Annotated[str, removed_option("--adjust", HOLM)] = "",
    control_variates: Annotated[bool, removed_option("--control-variates", PAIRED)] = False,
) -> None:
    """Compare scenarios with the first one: paired differences with confidence intervals.

    All run with the seed and the number of replications of the first, or those given; a note says whose own differ.

    Example: sim compare scenarios/status-quo.yaml scenarios/more-staff.yaml --replications 100
    """
    from sim.experiments.compare import compare as compared
    from sim.experiments.pairing import check_comparable, taken_over
    from sim.view.as_json import records
    from sim.view.brief import brief
    from sim.view.terminal.comparison import summary

    loaded = load_all(scenarios, set_, replications, seed, priors)
    check_comparable(loaded)
    for note in filter(None, (taken_over(scenario, loaded[0]) for scenario in loaded)):
        tell(f"note: {note}")
    with resumable("comparison") as progress:
        comparison = compared(
            loaded, indicator, jobs=jobs or cores(), cluster=cluster, results=results, progress=progress
        )
    if as_json:
        say_json(records(comparison.table))
    else:
        display(summary(comparison, brief(comparison.runs), every))
